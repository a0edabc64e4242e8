/* common/model/grammar.c - see grammar.h. */
#include "common/model/grammar.h"

#define CLOSED                                                                                     \
    (ONR_W_DET | ONR_W_PREP | ONR_W_HE | ONR_W_SHE | ONR_W_THEY | ONR_W_OTHER | ONR_W_BE           \
     | ONR_W_AUX | ONR_W_NOT | ONR_W_CONJ | ONR_W_TIME | ONR_W_ADV)

struct onr_span
onr_lower(const struct onr_sentence *s, size_t i, char buf[ONR_WORD_MAX + 1])
{
    const struct onr_token *t = onr_at(s, i);

    if (t->kind != ONR_TOK_WORD)
        return ONR_SPAN("");
    return onr_span_of(buf, onr_token_lower(s->r->text, t, buf));
}

bool
onr_is_word(const struct onr_sentence *s, size_t i, const char *list)
{
    char buf[ONR_WORD_MAX + 1];

    return onr_word_listed(list, onr_lower(s, i, buf));
}

bool
onr_is_name(const struct onr_token *t)
{
    return t->kind == ONR_TOK_WORD && t->capital && !(t->classes & CLOSED);
}

bool
onr_is_adverb(const struct onr_sentence *s, size_t i)
{
    char buf[ONR_WORD_MAX + 1];
    struct onr_span w = onr_lower(s, i, buf);

    return onr_has(s, i, ONR_W_ADV)
           || (w.len > 4 && onr_span_ends(w, ONR_SPAN("ly")) && !onr_at(s, i)->capital);
}

bool
onr_is_mark(const struct onr_sentence *s, size_t i, char c)
{
    const struct onr_token *t = onr_at(s, i);

    return t->kind == ONR_TOK_MARK && s->r->text.ptr[t->begin] == c;
}

bool
onr_is_possessive(const struct onr_sentence *s, size_t i)
{
    const struct onr_token *t = onr_at(s, i);

    return t->kind == ONR_TOK_WORD && onr_token_word(s->r->text, t).len < t->end - t->begin;
}

/* --- noun phrases --------------------------------------------------------------------------------------------------- */

static bool
ends_phrase(const struct onr_sentence *s, size_t i)
{
    const struct onr_token *t = onr_at(s, i);

    return (t->kind != ONR_TOK_WORD && t->kind != ONR_TOK_NUMBER) || t->quoted
           || onr_has(s, i, ONR_W_BE | ONR_W_AUX | ONR_W_SUBJECT);
}

/* "Obama and Clinton": a conjunction inside a phrase. */
static bool
joins_names(const struct onr_sentence *s, size_t i)
{
    return onr_is_word(s, i, "and &") && onr_is_name(onr_at(s, i - 1))
           && onr_is_name(onr_at(s, i + 1));
}

static const struct onr_verb_entry *
speech_verb(const struct onr_sentence *s, size_t i, enum onr_verb_form *ret_form)
{
    char buf[ONR_WORD_MAX + 1];
    const struct onr_verb_entry *v = onr_at(s, i)->capital
                                         ? NULL
                                         : onr_verb_find(onr_lower(s, i, buf), ret_form);

    if (!v || !(v->frames & (ONR_V_SAY | ONR_V_THAT)) || i <= s->first
        || onr_has(s, i - 1, ONR_W_DET | ONR_W_PREP))
        return NULL;
    return v;
}

/* "critics say | Trump": a verb that a clause without "that" hangs on. */
static bool
is_speech(const struct onr_sentence *s, size_t i)
{
    enum onr_verb_form form;

    return speech_verb(s, i, &form) && form != ONR_FORM_ING;
}

static bool
is_past_speech(const struct onr_sentence *s, size_t i)
{
    enum onr_verb_form form;

    return speech_verb(s, i, &form) && form == ONR_FORM_PAST;
}

/* The noun phrase that ends at token `last`; empty when none does. */
struct onr_tokens_range
onr_phrase_before(const struct onr_sentence *s, size_t last)
{
    size_t first = last + 1, simple = last + 1;

    if (is_past_speech(s, last)) /* "denied | reports" */
        return (struct onr_tokens_range){ 0, 0 };
    while (first > s->first && last - first + 1 < ONR_LOOK && !ends_phrase(s, first - 1)
           && (!onr_has(s, first - 1, ONR_W_CONJ) || joins_names(s, first - 1))
           && (first > last || !is_speech(s, first - 1))) {
        first--;
        if (simple == first + 1 && !onr_has(s, first, ONR_W_PREP | ONR_W_TIME | ONR_W_ADV))
            simple = first;
    }
    while (first <= last && onr_has(s, first, ONR_W_TIME | ONR_W_ADV | ONR_W_CONJ)
           && !onr_has(s, first, ONR_W_DET))
        first++;
    if (first <= last && onr_has(s, first, ONR_W_PREP))
        first = simple;
    return (struct onr_tokens_range){ first, last + 1 };
}

/* The noun phrase that begins at token `first`. */
struct onr_tokens_range
onr_phrase_after(const struct onr_sentence *s, size_t first)
{
    size_t end = first;

    if (onr_has(s, first, ONR_W_SUBJECT))
        return (struct onr_tokens_range){ first, first + 1 };
    while (end - first < ONR_LOOK && !ends_phrase(s, end)) {
        if (onr_has(s, end, ONR_W_PREP) && !onr_is_word(s, end, "of for from at with"))
            break;
        if (end > first && onr_has(s, end, ONR_W_CONJ) && !joins_names(s, end))
            break;
        if (end > first && onr_has(s, end, ONR_W_TIME))
            break;
        if (end > first && onr_is_name(onr_at(s, end - 1)) && !onr_at(s, end)->capital
            && !onr_has(s, end, ONR_W_PREP | ONR_W_CONJ | ONR_W_PEOPLE | ONR_W_BODY)
            && !onr_is_name(onr_at(s, end + 1)))
            break; /* a verb, most likely */
        end++;
    }
    return (struct onr_tokens_range){ first, end };
}

/* ", a former federal prosecutor" behind a phrase: up to the next comma or the sentence's end. */
size_t
onr_apposition_end(const struct onr_sentence *s, size_t comma)
{
    size_t i = comma + 1;

    if (!onr_is_kind(s, comma, ONR_TOK_COMMA)
        || !(onr_is_name(onr_at(s, i)) || onr_has(s, i, ONR_W_DET | ONR_W_PEOPLE | ONR_W_BODY)))
        return comma;
    while (i - comma < ONR_LOOK && i < s->end && !onr_at(s, i)->quoted
           && !onr_is_kind(s, i, ONR_TOK_COMMA)
           && !onr_has(s, i, ONR_W_BE | ONR_W_AUX | ONR_W_SUBJECT))
        i++;
    return i >= s->end || onr_is_kind(s, i, ONR_TOK_COMMA) ? i : comma;
}

bool
onr_can_speak(const struct onr_sentence *s, struct onr_tokens_range p)
{
    for (size_t i = p.first; i < p.end; i++)
        if (onr_is_name(onr_at(s, i))
            || onr_has(s, i, ONR_W_PEOPLE | ONR_W_BODY | ONR_W_HE | ONR_W_SHE | ONR_W_SUBJECT))
            return true;
    return false;
}

/* --- the subject of a verb ------------------------------------------------------------------------------------------ */

/* "Sen. McCaskill (D-Mo.) said": the token before the bracket that ends at j. */
static size_t
before_bracket(const struct onr_sentence *s, size_t j)
{
    size_t i = j;

    if (!onr_is_mark(s, j, ')'))
        return j;
    while (i > s->first + 1 && j - i < 10 && !onr_is_mark(s, i, '('))
        i--;
    return onr_is_mark(s, i, '(') ? i - 1 : j;
}

/* "Hegseth, in an interview with the paper, warned": the phrase before the parenthesis that ends at `comma`. */
static struct onr_tokens_range
subject_before_parenthesis(const struct onr_sentence *s, size_t comma)
{
    size_t i = comma;
    struct onr_tokens_range p;

    while (i > s->first && comma - i < ONR_LOOK && !onr_at(s, i - 1)->quoted
           && !onr_is_kind(s, i - 1, ONR_TOK_COMMA))
        i--;
    if (i <= s->first + 1 || !onr_is_kind(s, i - 1, ONR_TOK_COMMA))
        return (struct onr_tokens_range){ 0, 0 };
    p = onr_phrase_before(s, before_bracket(s, i - 2));
    if (p.first < p.end && (onr_is_name(onr_at(s, i)) || onr_has(s, i, ONR_W_DET | ONR_W_PEOPLE)))
        p.end = comma;
    return p;
}

/* What stands before the verb at i, adverbs, auxiliaries and times apart. */
struct onr_subject
onr_subject_of(const struct onr_sentence *s, size_t i)
{
    struct onr_subject sub = { { 0, 0 }, i, false };
    size_t j = i;

    while (j > s->first && i - j < 8
           && (onr_has(s, j - 1, ONR_W_AUX | ONR_W_BE | ONR_W_NOT | ONR_W_TIME)
               || onr_is_adverb(s, j - 1)
               || (onr_has(s, j - 1, ONR_W_PREP) && onr_has(s, j, ONR_W_TIME)))) {
        j--;
        sub.negated = sub.negated || onr_has(s, j, ONR_W_NOT);
    }
    if (j == s->first)
        return sub;
    sub.last = --j;
    j = before_bracket(s, j);
    if (onr_is_kind(s, j, ONR_TOK_COMMA))
        sub.range = subject_before_parenthesis(s, j);
    else if (onr_has(s, j, ONR_W_SUBJECT))
        sub.range = (struct onr_tokens_range){ j, j + 1 };
    else if (!ends_phrase(s, j) && !onr_has(s, j, CLOSED & ~ONR_W_DET))
        sub.range = onr_phrase_before(s, j);
    if (sub.range.first > s->first + 1 && onr_is_word(s, sub.range.first - 1, "who which"))
        sub.range = onr_phrase_before(s, sub.range.first - 2); /* "the man who built it said" */
    if (sub.range.first < sub.range.end && onr_is_possessive(s, sub.range.end - 1))
        sub.range.end = sub.range.first;
    return sub;
}
