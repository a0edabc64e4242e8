/* common/model/speaker.c - see speaker.h.
 *
 * Order of the rules: pronoun; full name in the mention; last name; role; a name that the cast does not know; nobody.
 * A possessive is never the speaker ("Trump's lawyer"), nor a name behind "spokesman for".
 */
#include "common/model/speaker.h"

#include <stdio.h>

#include "common/base/utf8.h"
#include "common/model/name.h"
#include "common/model/people.h"
#include "common/model/same.h"

#define LAST_TOKENS                                                                                \
    120               /* how far behind who spoke last a pronoun still means them: two paragraphs */
#define LIKELY  0.05f /* what "it" or "the committee" means is at least this probable; */
#define CLEARLY 1.3f  /* and so many times as probable as the next */

/* Thousandths, by rule, times how sure the link to the mention is: as right as they were on the development data (docs/model-report.md). */
enum {
    SURE_NAMED = 865,
    SURE_LAST = 970,
    SURE_OWN = 700,
    SURE_ROLE = 830,
    SURE_ASKED = 755,
    SURE_LAST_SPEAKER = 755,
    SURE_NOBODY = 500
};

static const struct onr_token *
tok(const struct onr_naming *n, size_t i)
{
    return &n->r->tok[i];
}

static struct onr_span
word(const struct onr_naming *n, size_t i)
{
    return onr_token_word(n->r->text, tok(n, i));
}

bool
onr_naming_possessive(const struct onr_naming *n, size_t i)
{
    return word(n, i).len < tok(n, i)->end - tok(n, i)->begin;
}

/* --- names among the tokens ----------------------------------------------------------------------------------------- */

/* Is the word before token i the first word of this cast name (or of its middle)? */
static bool
first_name_stands_before(const struct onr_naming *n, size_t i, const struct onr_cast_entry *c)
{
    for (size_t back = 1; back <= 3 && back <= i; back++) {
        if (tok(n, i - back)->kind != ONR_TOK_WORD || !tok(n, i - back)->capital)
            return false;
        if (onr_span_eq(word(n, i - back), onr_name_first(c->name)))
            return true;
    }
    return false;
}

static bool
much_oftener(const struct onr_cast_entry *a, const struct onr_cast_entry *b)
{
    return a->n_mentions >= 2 * b->n_mentions && a->n_mentions > b->n_mentions;
}

/* Does the whole name stand in the text and end with token i? */
static bool
whole_name_at(const struct onr_naming *n, size_t i, struct onr_span name)
{
    struct onr_span w = word(n, i);
    size_t end = (size_t) (w.ptr - n->r->text.ptr) + w.len;

    return name.len > 0 && name.len <= end
           && onr_span_eq(onr_span_sub(n->r->text, end - name.len, end), name)
           && (end == name.len || n->r->text.ptr[end - name.len - 1] == ' '
               || end - name.len == tok(n, i)->begin);
}

/* The longest name of the cast that stands at token i. */
static int
longest_name_at(const struct onr_naming *n, size_t i)
{
    int found = ONR_NOBODY;

    for (size_t k = 0; k < n->n_cast; k++)
        if (whole_name_at(n, i, n->cast[k].name)
            && (found == ONR_NOBODY || n->cast[k].name.len > n->cast[found].name.len))
            found = (int) k;
    return found;
}

/* Whose name ends at token i. */
static int16_t
name_at(const struct onr_naming *n, size_t i)
{
    uint32_t title = i > 0 ? tok(n, i - 1)->classes & (ONR_W_MALE | ONR_W_FEMALE) : 0;
    int found = longest_name_at(n, i);

    if (found >= 0)
        return (int16_t) found;
    for (size_t k = 0; k < n->n_cast; k++) {
        const struct onr_cast_entry *c = &n->cast[k];

        if (c->name.len == 0 || !onr_span_eq(word(n, i), onr_name_last(c->name)))
            continue;
        if (first_name_stands_before(n, i, c))
            return (int16_t) k;
        if (title && onr_name_gender(onr_name_first(c->name))
            && !(onr_name_gender(onr_name_first(c->name)) & title))
            continue;
        if (found == ONR_NOBODY || (found >= 0 && much_oftener(c, &n->cast[found])))
            found = (int) k;
        else if (found >= 0 && !much_oftener(&n->cast[found], c)
                 && !onr_span_eq(n->cast[found].name, c->name)
                 && !(n->entry[k] && n->entry[k] == n->entry[found]))
            found = ONR_UNCLEAR;
    }
    return (int16_t) found;
}

void
onr_naming_build(struct onr_naming *n)
{
    for (size_t k = 0; k < n->n_cast; k++)
        n->gender[k] = onr_name_gender(onr_name_first(n->cast[k].name));
    onr_people_know_cast(n);
    for (size_t i = 0; i < n->r->n; i++) {
        n->of[i] = ONR_NOBODY;
        if (tok(n, i)->kind != ONR_TOK_WORD || !tok(n, i)->capital)
            continue;
        n->of[i] = name_at(n, i);
        if (n->of[i] >= 0)
            n->of[i] = (int16_t) onr_people_one(n, (size_t) n->of[i]);
        if (n->of[i] >= 0 && !n->gender[n->of[i]] && i > 0)
            n->gender[n->of[i]] = tok(n, i - 1)->classes & (ONR_W_MALE | ONR_W_FEMALE);
    }
}

enum onr_speaker_type
onr_naming_type(const struct onr_naming *n, size_t k)
{
    return n->entry[k] && n->entry[k]->is_person ? ONR_PERSON : n->cast[k].type;
}

struct onr_tokens_range
onr_naming_words(const struct onr_naming *n, size_t least, size_t i)
{
    size_t first = i;

    while (first > least && onr_is_name(tok(n, first - 1)) && n->of[first - 1] < 0)
        first--;
    return (struct onr_tokens_range){ first, i + 1 };
}

struct onr_piece_span
onr_naming_pieces(const struct onr_naming *n, struct onr_tokens_range r)
{
    return onr_view_pieces(n->view, tok(n, r.first)->begin, tok(n, r.end - 1)->end);
}

/* --- answers -------------------------------------------------------------------------------------------------------- */

static void
answer_cast(const struct onr_naming *n, int k, enum onr_how how, int16_t confidence,
            struct onr_speaker *ret)
{
    ret->name = n->cast[k].name;
    ret->type = onr_naming_type(n, (size_t) k);
    ret->how = how;
    ret->confidence = confidence;
    ret->cast = k;
}

static int
abstain(const struct onr_naming *n, struct onr_tokens_range m, int a, int b,
        struct onr_arena *arena, struct onr_speaker *ret)
{
    struct onr_span mention = onr_span_sub(n->r->text, tok(n, m.first)->begin,
                                           tok(n, m.end - 1)->end);
    char reason[640];

    mention.len = onr_utf8_cut(mention, 80);
    if (a >= 0 && b >= 0)
        snprintf(reason, sizeof reason, "\"%.*s\" could be %.*s or %.*s", ONR_SPAN_ARG(mention),
                 (int) onr_utf8_cut(n->cast[a].name, ONR_NAME_MAX), n->cast[a].name.ptr,
                 (int) onr_utf8_cut(n->cast[b].name, ONR_NAME_MAX), n->cast[b].name.ptr);
    else
        snprintf(reason, sizeof reason, "nobody in the cast fits \"%.*s\"", ONR_SPAN_ARG(mention));
    ret->reason = onr_arena_span(arena, onr_span_z(reason));
    return ret->reason.ptr ? 0 : -ONR_ENOMEM;
}

/* --- pronouns ------------------------------------------------------------------------------------------------------- */

/* Whom a mention without a name can stand for. */
struct fitting {
    enum onr_speaker_type type;
    uint32_t gender; /* ONR_W_MALE, ONR_W_FEMALE, or 0 for either */
    bool or_group;   /* a group does, too */
    float least;     /* probability that the likeliest must have */
};

static bool
fits(const struct onr_naming *n, size_t k, const struct fitting *f)
{
    enum onr_speaker_type type = onr_naming_type(n, k);

    return (type == f->type || (f->or_group && type == ONR_GROUP))
           && (f->gender == 0 || n->gender[k] == 0 || n->gender[k] == f->gender);
}

/* The two of the cast that the network holds for the likeliest, of those that fit. */
static void
likeliest(const struct onr_naming *n, struct onr_tokens_range m, const struct fitting *f,
          int ret[2], float ret_probability[2])
{
    float probability[ONR_CAST_MAX];

    ret[0] = ret[1] = ONR_NOBODY;
    ret_probability[0] = ret_probability[1] = 0;
    onr_same_probabilities(n, m, probability);
    for (size_t k = 0; k < n->n_cast; k++) {
        size_t at = probability[k] > ret_probability[0] ? 0 : 1;

        if (!fits(n, k, f) || probability[k] <= ret_probability[at])
            continue;
        if (at == 0) {
            ret[1] = ret[0];
            ret_probability[1] = ret_probability[0];
        }
        ret[at] = (int) k;
        ret_probability[at] = probability[k];
    }
}

/* Ask the network whom of those that fit the mention stands for. */
static int
ask(const struct onr_naming *n, struct onr_tokens_range m, const struct fitting *f,
    enum onr_how how, struct onr_arena *arena, struct onr_speaker *ret)
{
    float probability[2];
    int who[2];

    likeliest(n, m, f, who, probability);
    if (who[0] < 0 || probability[0] < f->least)
        return abstain(n, m, ONR_NOBODY, ONR_NOBODY, arena, ret);
    if (probability[0] < CLEARLY * probability[1])
        return abstain(n, m, who[0], who[1], arena, ret);
    answer_cast(n, who[0], how,
                (int16_t) (probability[0] / (probability[0] + probability[1]) * SURE_ASKED), ret);
    return 0;
}

static bool
spoke_last(const struct onr_naming *n, struct onr_tokens_range m, const struct fitting *f,
           struct onr_speaker *ret)
{
    if (m.first <= n->last_at || m.first - n->last_at > LAST_TOKENS)
        return false;
    if (n->last >= 0 && fits(n, (size_t) n->last, f)) {
        answer_cast(n, n->last, ONR_HOW_PRONOUN, SURE_LAST_SPEAKER, ret);
        return true;
    }
    return n->last < 0 && f->type == ONR_PERSON
           && onr_people_answer(n, n->last_entry, f->gender, SURE_LAST_SPEAKER, ret);
}

static int
pronoun(const struct onr_naming *n, struct onr_tokens_range m, struct onr_arena *arena,
        struct onr_speaker *ret)
{
    uint32_t classes = tok(n, m.first)->classes;
    /* no least probability: however unsure the network is, "she" is the one woman named */
    struct fitting f = { .type = ONR_PERSON };

    if (classes & (ONR_W_HE | ONR_W_SHE))
        f.gender = classes & ONR_W_HE ? ONR_W_MALE : ONR_W_FEMALE;
    else if (onr_word_listed("it It they They", word(n, m.first)))
        f = (struct fitting){ .type = ONR_ORGANISATION, .or_group = true, .least = LIKELY };
    else
        return abstain(n, m, ONR_NOBODY, ONR_NOBODY, arena, ret);
    if (spoke_last(n, m, &f, ret))
        return 0;
    return ask(n, m, &f, ONR_HOW_PRONOUN, arena, ret);
}

/* --- names and roles ------------------------------------------------------------------------------------------------ */

size_t
onr_naming_core(const struct onr_naming *n, struct onr_tokens_range m)
{
    size_t i = m.first;

    while (i < m.end && (tok(n, i)->kind == ONR_TOK_WORD || tok(n, i)->kind == ONR_TOK_NUMBER))
        i++;
    return i;
}

/* A lower-case "spokesman", "lawyers", "ministry" before token i makes what follows it part of a description. */
static bool
described_by(const struct onr_naming *n, size_t first, size_t i)
{
    for (; first < i; first++)
        if (!tok(n, first)->capital && (tok(n, first)->classes & (ONR_W_PEOPLE | ONR_W_BODY))
            && first + 1 < i && (tok(n, first + 1)->classes & ONR_W_PREP))
            return true;
    return false;
}

/* A name that ends the phrase [first, end). */
static bool
named_phrase(const struct onr_naming *n, size_t first, size_t end, struct onr_speaker *ret)
{
    int k = end > first ? n->of[end - 1] : ONR_NOBODY;
    const struct onr_cast_entry *c;

    if (k < 0 || described_by(n, first, end - 1))
        return false;
    c = &n->cast[k];
    if (whole_name_at(n, end - 1, c->name)
        || (end - first > 1 && first_name_stands_before(n, end - 1, c)))
        answer_cast(n, k, ONR_HOW_NAMED, SURE_NAMED, ret);
    else
        answer_cast(n, k, ONR_HOW_LAST_NAME, SURE_LAST, ret);
    return true;
}

static bool
role_has(struct onr_span role, struct onr_span w)
{
    for (size_t i = 0; w.len > 2 && i + w.len <= role.len; i++) {
        size_t same = 0;

        while (same < w.len && (role.ptr[i + same] | 0x20) == (w.ptr[same] | 0x20))
            same++;
        if (same == w.len && (i == 0 || role.ptr[i - 1] == ' ')
            && (i + same == role.len || role.ptr[i + same] == ' '))
            return true;
    }
    return false;
}

/* "the defence secretary": the one cast member whose role has the head word. */
static int
role_phrase(const struct onr_naming *n, struct onr_tokens_range m, size_t end,
            struct onr_arena *arena, struct onr_speaker *ret)
{
    int found = ONR_NOBODY, second = ONR_NOBODY;

    if (end == m.first || !(tok(n, end - 1)->classes & (ONR_W_PEOPLE | ONR_W_TITLE)))
        return 0;
    for (size_t k = 0; k < n->n_cast; k++)
        if (onr_naming_type(n, k) == ONR_PERSON && role_has(n->cast[k].role, word(n, end - 1))) {
            if (found == ONR_NOBODY)
                found = (int) k;
            else
                second = (int) k;
        }
    if (found >= 0 && second >= 0)
        return abstain(n, m, found, second, arena, ret);
    if (found >= 0)
        answer_cast(n, found, ONR_HOW_ROLE, SURE_ROLE, ret);
    return 0;
}

/* "South Korean President Park Geun-hye", "Ms. Hill": a name begins behind its last title. "Justice Department" holds no title. */
static size_t
behind_titles(const struct onr_naming *n, size_t first, size_t end)
{
    size_t name = first;

    if (tok(n, end - 1)->classes & ONR_W_BODY)
        return first;
    for (size_t i = first; i + 1 < end; i++)
        if (tok(n, i)->classes & ONR_W_TITLE)
            name = i + 1;
    if (name + 1 == end && tok(n, name)->classes & ONR_W_TITLE) /* "Secretary General" */
        return first;
    return onr_is_name(tok(n, name)) ? name : first;
}

/* A name that the cast does not hold (a place that stands for its government, a cut cast). */
static bool
own_name(const struct onr_naming *n, size_t first, size_t end, struct onr_speaker *ret)
{
    size_t begin;

    if (first < end && described_by(n, first, end - 1))
        return false;
    while (first < end && !onr_is_name(tok(n, first)))
        first++;
    begin = first < end ? behind_titles(n, first, end) : first;
    if (first == end || !onr_is_name(tok(n, end - 1)) || onr_naming_possessive(n, end - 1)
        || (tok(n, end - 1)->classes & ONR_W_PEOPLE) || described_by(n, first, end - 1))
        return false;
    ret->name = onr_span_sub(n->r->text, tok(n, begin)->begin, tok(n, end - 1)->end);
    ret->type = (tok(n, first)->classes & (ONR_W_TITLE | ONR_W_MALE | ONR_W_FEMALE)
                 || begin > first)
                        && !(tok(n, end - 1)->classes & ONR_W_BODY)
                    ? ONR_PERSON
                    : ONR_ORGANISATION;
    ret->how = ONR_HOW_NAMED;
    ret->confidence = SURE_OWN;
    return true;
}

/* The first person named in tokens [first, m.end) who is neither a possessor nor somebody's office: "Another Republican, Sen. X of Ohio". */
static bool
named_inside(const struct onr_naming *n, struct onr_tokens_range m, size_t first,
             struct onr_speaker *ret)
{
    for (size_t i = first; i < m.end; i++) {
        size_t begin;

        if (n->of[i] < 0 || onr_naming_type(n, (size_t) n->of[i]) != ONR_PERSON
            || (onr_naming_possessive(n, i) && i + 1 < m.end))
            continue;
        begin = onr_naming_words(n, first, i).first;
        if (!(begin > m.first && (tok(n, begin - 1)->classes & ONR_W_PREP))
            && named_phrase(n, begin, i + 1, ret))
            return true;
    }
    return false;
}

/* "the Kentucky Republican", "the committee": somebody named before, whom the network may know. */
static int
description(const struct onr_naming *n, struct onr_tokens_range m, size_t core,
            struct onr_arena *arena, struct onr_speaker *ret)
{
    struct onr_span head = core > m.first ? word(n, core - 1) : ONR_SPAN("");
    uint32_t classes = core > m.first ? tok(n, core - 1)->classes : 0;
    struct fitting f = { .type = ONR_PERSON, .least = LIKELY };

    if (core < m.first + 2 || !onr_word_listed("the The this This", word(n, m.first))
        || onr_span_ends(head, ONR_SPAN("s")))
        return 0;
    if ((classes & ONR_W_BODY) && core == m.first + 2) /* "the city council" is another */
        f.type = ONR_ORGANISATION;
    else if (!(classes & (ONR_W_PEOPLE | ONR_W_TITLE))
             && !onr_word_listed("Republican Democrat", head))
        return 0;
    return ask(n, m, &f, ONR_HOW_ROLE, arena, ret);
}

static int
unclear_name(const struct onr_naming *n, struct onr_tokens_range m, size_t core,
             struct onr_arena *arena, struct onr_speaker *ret)
{
    int a = ONR_NOBODY, b = ONR_NOBODY;

    for (size_t k = 0; k < n->n_cast; k++)
        if (onr_span_eq(onr_name_last(n->cast[k].name), word(n, core - 1))) {
            b = a;
            a = (int) k;
        }
    return abstain(n, m, b, a, arena, ret);
}

static int
phrase(const struct onr_naming *n, struct onr_tokens_range m, struct onr_arena *arena,
       struct onr_speaker *ret)
{
    size_t core = onr_naming_core(n, m);
    int rc;

    if (named_phrase(n, m.first, core, ret))
        return 0;
    for (size_t i = core; i > m.first + 1; i--) /* "Macron of France", "Sen. X of Ohio" */
        if (tok(n, i - 1)->classes & ONR_W_PREP && named_phrase(n, m.first, i - 1, ret))
            return 0;
    if (named_inside(n, m, m.first, ret))
        return 0;
    if (core > m.first && n->of[core - 1] == ONR_UNCLEAR)
        return unclear_name(n, m, core, arena, ret);
    if ((rc = role_phrase(n, m, core, arena, ret)) < 0 || ret->name.len > 0)
        return rc;
    if (own_name(n, m.first, core, ret))
        return 0;
    if ((rc = description(n, m, core, arena, ret)) < 0 || ret->name.len > 0)
        return rc;
    ret->type = ONR_UNNAMED;
    if (ret->reason.len == 0)
        ret->reason = ONR_SPAN("the text gives no name");
    return 0;
}

/* "Rep. Kinzinger (R-Ill.), who called": the name before, brackets and comma apart. */
static bool
relative(const struct onr_naming *n, size_t who, struct onr_speaker *ret)
{
    size_t end = who, first;

    for (int back = 0; back < 8 && end > 0 && tok(n, end - 1)->kind != ONR_TOK_BREAK;
         back++, end--) {
        if (n->of[end - 1] < 0)
            continue;
        for (first = end; first > 0 && onr_is_name(tok(n, first - 1));)
            first--;
        return named_phrase(n, first, end, ret);
    }
    return false;
}

/* A mention that ends within a name goes on to its end. */
static struct onr_tokens_range
whole_mention(const struct onr_naming *n, struct onr_tokens_range m)
{
    while (m.first < m.end && m.end < n->r->n && onr_is_name(tok(n, m.end - 1))
           && n->of[m.end - 1] < 0 && onr_is_name(tok(n, m.end)) && n->of[m.end] >= 0)
        m.end++;
    return m;
}

static bool
is_pronoun(const struct onr_naming *n, struct onr_tokens_range m)
{
    return m.end - m.first == 1
           && (tok(n, m.first)->classes
               & (ONR_W_SUBJECT | ONR_W_HE | ONR_W_SHE | ONR_W_THEY | ONR_W_OTHER));
}

static int
find(const struct onr_naming *n, struct onr_tokens_range m, struct onr_arena *arena,
     struct onr_speaker *ret)
{
    if (m.first >= m.end)
        return 0;
    if (onr_word_listed("who", word(n, m.first)) && relative(n, m.first, ret))
        return 0;
    if (is_pronoun(n, m))
        return pronoun(n, m, arena, ret);
    return phrase(n, m, arena, ret);
}

int
onr_speaker_find(const struct onr_naming *n, struct onr_tokens_range mention,
                 struct onr_arena *arena, struct onr_speaker *ret)
{
    struct onr_tokens_range m = whole_mention(n, mention);
    int rc;

    *ret = (struct onr_speaker){ .name = ONR_SPAN(""),
                                 .type = ONR_UNNAMED,
                                 .how = ONR_HOW_NOBODY,
                                 .confidence = SURE_NOBODY,
                                 .cast = ONR_NOBODY,
                                 .reason = ONR_SPAN("") };
    if ((rc = find(n, m, arena, ret)) < 0)
        return rc;
    if ((m.first < m.end && !is_pronoun(n, m) && onr_people_mentioned(n, m, ret))
        || onr_people_named(n, m, ret))
        return 0;
    ret->name = onr_known_name(n->known, ret->name);
    (void) onr_people_named(n, m, ret); /* what the model knows, the register may know, too */
    return 0;
}
