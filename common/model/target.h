/* common/model/target.h - what a speaker's words are about, and the stance toward it.
 *
 * Candidates are the names in content and statement, pronouns and descriptions that stand for one of the cast, and the first noun
 * phrase of the content; the network says of each whether the speaker says anything about it, and what. One attribution is made for each that is chosen.
 */
#ifndef ONR_MODEL_TARGET_H
#define ONR_MODEL_TARGET_H

#include "common/model/model_private.h"

#define ONR_TARGETS_MAX 3 /* of one attribution in one statement */

struct onr_target {
    struct onr_tokens_range
        range; /* of the tokens that were read; empty = the words do not name it */
    int cast;  /* index, or ONR_NOBODY: the words stand for themselves */
    enum onr_stance stance;
    float sure_target, sure_stance;
};

/* The words that a stance is looked for in. */
struct onr_target_place {
    const struct onr_found *found;
    const struct onr_tokens_range *content; /* in this statement; all of them where it has none */
    size_t n_content;
    struct onr_tokens_range statement;
    const struct onr_speaker *speaker;
};

/** How many targets were chosen, the surest first; where there is none nobody takes a side. -ONR_ENOMEM. */
ONR_MUST_USE int onr_targets_find(struct onr_model *m, const struct onr_target_place *p,
                                  struct onr_arena *arena, struct onr_target ret[ONR_TARGETS_MAX]);

#endif
