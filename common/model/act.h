/* common/model/act.h - is it said, believed or intended: by the words of the cue. */
#ifndef ONR_MODEL_ACT_H
#define ONR_MODEL_ACT_H

#include "common/event/record.h"
#include "common/model/grammar.h"

/** The act of the first verb in the cue that the lexicon knows; said where it knows none. */
enum onr_act onr_act_of(const struct onr_reading *r, struct onr_tokens_range cue);

#endif
