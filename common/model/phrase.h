/* common/model/phrase.h - the first noun phrase of a content: what it is about when nothing in it has a name. */
#ifndef ONR_MODEL_PHRASE_H
#define ONR_MODEL_PHRASE_H

#include "common/model/grammar.h"

#define ONR_PHRASE_WORDS 8 /* a longer phrase is cut */

/** Without its article; empty when there is none. */
struct onr_tokens_range onr_first_phrase(const struct onr_reading *r, struct onr_tokens_range in);

#endif
