/* common/model/phrase.c - see phrase.h. */
#include "common/model/phrase.h"

static bool
starts(const struct onr_token *t)
{
    return t->kind == ONR_TOK_WORD
           && !(t->classes
                & (ONR_W_PREP | ONR_W_CONJ | ONR_W_BE | ONR_W_AUX | ONR_W_TIME | ONR_W_ADV
                   | ONR_W_NOT));
}

static bool
is_to(const struct onr_reading *r, size_t i)
{
    return onr_span_eq_z(onr_token_word(r->text, &r->tok[i]), "to");
}

/* "the route closed": a small word in -ed behind a noun is a verb more often than not. */
static bool
is_past_form(const struct onr_reading *r, size_t i)
{
    return !r->tok[i].capital && onr_span_ends(onr_token_word(r->text, &r->tok[i]), ONR_SPAN("ed"));
}

static bool
goes_on(const struct onr_reading *r, size_t first, size_t i)
{
    const struct onr_token *t = &r->tok[i];

    return (t->kind == ONR_TOK_NUMBER || (t->kind == ONR_TOK_WORD && (starts(t) || onr_is_name(t))))
           && !(i > first && is_past_form(r, i));
}

struct onr_tokens_range
onr_first_phrase(const struct onr_reading *r, struct onr_tokens_range in)
{
    static const uint32_t pronouns = ONR_W_SUBJECT | ONR_W_HE | ONR_W_SHE | ONR_W_THEY
                                     | ONR_W_OTHER;
    size_t first = in.first, end;

    if (first + 1 < in.end && is_to(r, first))
        first += 2; /* "to overturn the decision" is about the decision */
    while (first < in.end && !starts(&r->tok[first]))
        first++;
    if (first < in.end && (r->tok[first].classes & ONR_W_DET))
        first++;
    for (end = first; end < in.end && end - first < ONR_PHRASE_WORDS && goes_on(r, first, end);)
        end++;
    if (first < end && (r->tok[first].classes & (pronouns | ONR_W_DET)))
        end = first;
    return (struct onr_tokens_range){ first, end };
}
