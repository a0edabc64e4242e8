/* common/model/people.c - see people.h. */
#include "common/model/people.h"

#include "common/model/name.h"

/* Thousandths, times how sure the link to the mention is. */
enum {
    SURE_WORDS = 990, /* the register's own words */
    SURE_ROLE = 900   /* a register can be younger or older than the article */
};

static const struct onr_token *
tok(const struct onr_naming *n, size_t i)
{
    return &n->r->tok[i];
}

static struct onr_span
words(const struct onr_naming *n, size_t first, size_t end)
{
    struct onr_span last = onr_token_word(n->r->text, tok(n, end - 1));

    return onr_span_sub(n->r->text, tok(n, first)->begin,
                        (size_t) (last.ptr - n->r->text.ptr) + last.len);
}

/* --- the cast ------------------------------------------------------------------------------------------------------- */

static uint32_t
gender_of(const struct onr_register_entry *e)
{
    return onr_name_gender(onr_name_first(e->name));
}

void
onr_people_know_cast(struct onr_naming *n)
{
    for (size_t k = 0; k < n->n_cast; k++) {
        n->entry[k] = onr_register_named(n->people, n->cast[k].name, NULL);
        if (n->entry[k] && gender_of(n->entry[k]))
            n->gender[k] = gender_of(n->entry[k]);
    }
}

/* Who of the cast the entry is: with the register's name, else under the first alias. */
static int
cast_of(const struct onr_naming *n, const struct onr_register_entry *e)
{
    int found = ONR_NOBODY;

    for (size_t k = 0; k < n->n_cast; k++) {
        bool alias = false;

        if (n->entry[k] != e)
            continue;
        if (found == ONR_NOBODY)
            found = (int) k;
        (void) onr_register_named(n->people, n->cast[k].name, &alias);
        if (!alias)
            return (int) k;
    }
    return found;
}

size_t
onr_people_one(const struct onr_naming *n, size_t k)
{
    return n->entry[k] ? (size_t) cast_of(n, n->entry[k]) : k;
}

/* --- words of a mention --------------------------------------------------------------------------------------------- */

/* No title of a man before the name of a woman, or the other way round: "Mrs. Lind" is not her husband. */
static bool
titles_fit(const struct onr_naming *n, size_t first, size_t end, const struct onr_register_entry *e)
{
    uint32_t gender = gender_of(e);

    for (size_t i = first; gender && i < end; i++) {
        uint32_t title = tok(n, i)->classes & (ONR_W_TITLE | ONR_W_PEOPLE)
                             ? tok(n, i)->classes & (ONR_W_MALE | ONR_W_FEMALE)
                             : 0;

        if (title && !(title & gender))
            return false;
    }
    return true;
}

/* May a name begin with token i: behind a title ("President") or what somebody is ("congresswoman", "spokesman")? */
static bool
begins_name(const struct onr_naming *n, size_t first, size_t i)
{
    const struct onr_token *before;

    if (i == first)
        return true;
    before = tok(n, i - 1);
    return (before->classes & (ONR_W_TITLE | ONR_W_PEOPLE)) && !onr_naming_possessive(n, i - 1);
}

/* What a name does not reach over: "spokesman for Lind", "Berg and Lind", "the man who beat Lind". */
#define STOPS                                                                                      \
    (ONR_W_PREP | ONR_W_CONJ | ONR_W_OTHER | ONR_W_SUBJECT | ONR_W_BE | ONR_W_AUX | ONR_W_NOT)

/* The entry whose name or alias ends tokens [first, end), the longest. */
static const struct onr_register_entry *
name_in(const struct onr_naming *n, size_t first, size_t end, bool *ret_alias)
{
    for (size_t i = first; i < end; i++) {
        const struct onr_register_entry *e;

        if (i > first && (tok(n, i - 1)->classes & STOPS))
            return NULL;
        if (!begins_name(n, first, i))
            continue;
        e = onr_register_named(n->people, words(n, i, end), ret_alias);
        if (e && titles_fit(n, first, i, e))
            return e;
    }
    return NULL;
}

/* A person before "of Ohio"; a body's name goes on there ("the Party of Ohio"). */
static const struct onr_register_entry *
person_of(const struct onr_naming *n, size_t first, size_t core, bool *ret_alias)
{
    for (size_t end = core; end > first + 1; end--) {
        const struct onr_register_entry *e = NULL;

        if ((tok(n, end - 1)->classes & ONR_W_PREP) && !onr_naming_possessive(n, end - 2))
            e = name_in(n, first, end - 1, ret_alias);
        if (e && e->is_person)
            return e;
    }
    return NULL;
}

/* The entry that a mention names: all of it, before its apposition, before "of Ohio". */
static const struct onr_register_entry *
mentioned(const struct onr_naming *n, struct onr_tokens_range m, bool *ret_alias)
{
    size_t core = onr_naming_core(n, m);
    const struct onr_register_entry *e = onr_register_named(n->people, words(n, m.first, m.end),
                                                            ret_alias);

    if (!e && core > m.first && (core == m.end || !onr_naming_possessive(n, core - 1)))
        e = name_in(n, m.first, core, ret_alias);
    return e ? e : person_of(n, m.first, core, ret_alias);
}

/* "Mayor Berg" in the article is its mayor, whoever the register's may be. */
static bool
is_role_here(const struct onr_naming *n, struct onr_span role, const struct onr_register_entry *e)
{
    for (size_t k = 0; k < n->n_cast; k++)
        if (n->entry[k] != e && onr_register_same_role(n->cast[k].role, role))
            return true;
    return false;
}

/* "the defence secretary", "Defence Secretary Lind": a role of the register, with the surname of who has it or without one. */
static const struct onr_register_entry *
in_role(const struct onr_naming *n, struct onr_tokens_range m)
{
    size_t end = onr_naming_core(n, m);

    if (end == m.end && end < n->r->n && onr_is_name(tok(n, end)))
        return NULL; /* a mention that was cut before a name: "Defence Secretary" of "Defence Secretary Noll" */
    for (size_t i = end; i > m.first; i--) {
        struct onr_span role = words(n, m.first, i);
        const struct onr_register_entry *e = onr_register_in_role(n->people, role);

        if (e && (i == end || onr_span_eq(words(n, i, end), onr_name_last(e->name))))
            return is_role_here(n, role, e) ? NULL : e;
    }
    return NULL;
}

static bool
found_name(const struct onr_speaker *who)
{
    return who->cast >= 0 && (who->how == ONR_HOW_NAMED || who->how == ONR_HOW_LAST_NAME);
}

static void
take(const struct onr_naming *n, const struct onr_register_entry *e, enum onr_how how,
     int16_t confidence, struct onr_speaker *who)
{
    int k = cast_of(n, e);

    if (e->is_person || (k < 0 && who->type == ONR_UNNAMED))
        who->type = ONR_PERSON;
    else if (k >= 0)
        who->type = n->cast[k].type;
    who->name = e->name;
    who->entry = e;
    who->how = how;
    who->confidence = confidence;
    who->cast = k;
    who->reason = ONR_SPAN("");
}

bool
onr_people_mentioned(const struct onr_naming *n, struct onr_tokens_range m, struct onr_speaker *who)
{
    const struct onr_register_entry *e;
    bool alias = false;

    if (!n->people)
        return false;
    if ((e = mentioned(n, m, &alias))) {
        bool here = !alias && who->how == ONR_HOW_NAMED && who->cast >= 0
                    && n->entry[who->cast] == e;

        take(n, e, here ? ONR_HOW_NAMED : ONR_HOW_REGISTER, SURE_WORDS, who);
        return true;
    }
    if (found_name(who) || !(e = in_role(n, m)))
        return false;
    take(n, e, ONR_HOW_REGISTER, SURE_ROLE, who);
    return true;
}

bool
onr_people_answer(const struct onr_naming *n, const struct onr_register_entry *e, uint32_t gender,
                  int16_t confidence, struct onr_speaker *who)
{
    if (!e || (gender && gender_of(e) && !(gender & gender_of(e))))
        return false;
    take(n, e, ONR_HOW_PRONOUN, confidence, who);
    return true;
}

bool
onr_people_named(const struct onr_naming *n, struct onr_tokens_range m, struct onr_speaker *who)
{
    bool alias = false;
    const struct onr_register_entry *e = onr_register_named(n->people, who->name, &alias);

    if (!e || !titles_fit(n, m.first, onr_naming_core(n, m), e))
        return false;
    take(n, e, alias && who->how != ONR_HOW_PRONOUN ? ONR_HOW_REGISTER : who->how, who->confidence,
         who);
    return true;
}

struct onr_span
onr_people_target(const struct onr_naming *n, struct onr_tokens_range r, int cast,
                  struct onr_span text)
{
    struct onr_span name = cast >= 0 ? n->cast[cast].name : text;
    const struct onr_register_entry *e = name_in(n, r.first, r.end, NULL);

    if (!e)
        e = onr_register_named(n->people, name, NULL);
    if (!e) {
        name = onr_known_name(n->known, name);
        e = onr_register_named(n->people, name, NULL);
    }
    return e ? e->name : name;
}
