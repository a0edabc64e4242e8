/* common/model/stance.c - see stance.h. */
#include "common/model/stance.h"

#define NEGATION_REACH 3 /* words: "not a good idea" */
#define VERB_WEIGHT    3 /* the verb says it outright, words only colour it */

enum { SURE_VERB = 700, SURE_WORDS = 560, SURE_NEUTRAL = 480 };

static bool
is_negated(const struct onr_reading *r, size_t first, size_t i)
{
    for (size_t back = 1; back <= NEGATION_REACH && i >= first + back; back++) {
        const struct onr_token *t = &r->tok[i - back];

        if (t->classes & ONR_W_NOT)
            return true;
        if (t->kind == ONR_TOK_COMMA || t->kind == ONR_TOK_STOP)
            return false;
    }
    return false;
}

struct onr_stance_reading
onr_stance_read(const struct onr_reading *r, struct onr_tokens_range range, int leaning)
{
    struct onr_stance_reading s = { ONR_NEUTRAL, SURE_NEUTRAL, leaning * VERB_WEIGHT };

    for (size_t i = range.first; i < range.end; i++) {
        uint32_t c = r->tok[i].classes & (ONR_W_GOOD | ONR_W_BAD);
        int sign = c == ONR_W_GOOD ? 1 : c == ONR_W_BAD ? -1 : 0;

        s.weight += is_negated(r, range.first, i) ? -sign : sign;
    }
    if (s.weight != 0) {
        s.stance = s.weight > 0 ? ONR_SUPPORT : ONR_OPPOSE;
        s.confidence = leaning != 0 ? SURE_VERB : SURE_WORDS;
    }
    return s;
}
