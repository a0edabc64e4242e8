/* common/model/stance.h - support, oppose or neutral, by the verb's leaning and words of praise and blame with negation. */
#ifndef ONR_MODEL_STANCE_H
#define ONR_MODEL_STANCE_H

#include "common/model/cues.h"

struct onr_stance_reading {
    enum onr_stance stance;
    int16_t confidence; /* thousandths */
    int weight;         /* > 0 for, < 0 against */
};

/** leaning: of the cue (+1, 0, -1), its negation applied; range: the content. */
struct onr_stance_reading onr_stance_read(const struct onr_reading *r,
                                          struct onr_tokens_range range, int leaning);

#endif
