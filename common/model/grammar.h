/* common/model/grammar.h - tokens as the rules look at them: ranges, and what can be a name. */
#ifndef ONR_MODEL_GRAMMAR_H
#define ONR_MODEL_GRAMMAR_H

#include "common/model/lexicon.h"
#include "common/model/tokens.h"

struct onr_reading {
    struct onr_span text;
    const struct onr_token *tok;
    size_t n;
};

struct onr_tokens_range {
    size_t first, end; /* tokens [first, end); empty = none */
};

/** A word that can be (part of) a name: a capital, in no closed class. */
bool onr_is_name(const struct onr_token *t);

#endif
