/* common/model/act.h - is it said, believed or intended: by the words of the cue. */
#ifndef ONR_MODEL_ACT_H
#define ONR_MODEL_ACT_H

#include "common/event/record.h"
#include "common/model/grammar.h"

/** The act of the first word in the cue that is one of belief or of intention; said where there is none. */
enum onr_act onr_act_of(const struct onr_reading *r, struct onr_tokens_range cue);

#endif
