/* common/model/same.h - whom of the cast a mention without a name stands for, as the network sees it. */
#ifndef ONR_MODEL_SAME_H
#define ONR_MODEL_SAME_H

#include "common/model/speaker.h"

/** For each of the cast the probability that the mention stands for it: that of all places of the window that name it, together. */
void onr_same_probabilities(const struct onr_naming *n, struct onr_tokens_range mention,
                            float ret[ONR_CAST_MAX]);

#endif
