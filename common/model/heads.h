/* common/model/heads.h - what is read from the encoder's states: tags, links, stances.
 *
 * The same network as model/train/network.py, which says why it is built so. Weights stay in the model file as s8 with one scale a row
 * (model_parts.h names the sections); every product is a sum of 16 fixed lanes (dense, dot and blend of onr_kernel), every exponential a
 * polynomial: the same bits on every path. Pure; nothing allocates after opening. A struct onr_heads is for one thread at a time.
 */
#ifndef ONR_MODEL_HEADS_H
#define ONR_MODEL_HEADS_H

#include "common/model/encoder.h"
#include "common/model/model_file.h"
#include "common/model/view.h"

/* Order is the order of training. */
enum onr_tag {
    ONR_TAG_O,
    ONR_TAG_B_SOURCE,
    ONR_TAG_I_SOURCE,
    ONR_TAG_B_CUE,
    ONR_TAG_I_CUE,
    ONR_TAG_B_CONTENT,
    ONR_TAG_I_CONTENT,
    ONR_TAGS
};

enum onr_link {
    ONR_LINK_SOURCE, /* of a cue: its source */
    ONR_LINK_CUE,    /* of a content: its cue */
    ONR_LINK_SAME,   /* of a mention: the name that it stands for */
    ONR_LINKS
};

#define ONR_LINK_SPANS_MAX  128 /* candidates of one link; further ones are not looked at */
#define ONR_NAME_PIECES_MAX 16  /* of a name given in words */

/* Whose stance toward what: spans where they have one here (of a piece at least), else the pieces of a name, else nothing (the author). */
struct onr_stance_pair {
    bool has_speaker, has_target;
    struct onr_piece_span speaker, target;
    struct onr_piece_span reach; /* what the stance is read from */
    const uint32_t *speaker_name, *target_name;
    size_t n_speaker_name, n_target_name; /* at most ONR_NAME_PIECES_MAX */
};

struct onr_stance_scores {
    float probability[3]; /* support, oppose, neutral */
    float is_target;      /* probability that the speaker says anything about the target at all */
};

struct onr_heads;

/** Read the heads of a model. `e` are the encoder's weights of the same file (names are read from its pieces). Borrows f, e and kernel.
 *  Returns owned. Errors: -ONR_ECONFIG, -ONR_ENOMEM. */
ONR_MUST_USE int onr_heads_new(const struct onr_model_file *f, const struct onr_encoder_weights *e,
                               const struct onr_kernel *kernel, struct onr_heads **ret,
                               struct onr_error *err);
void onr_heads_free(struct onr_heads *h);

/** The best sequence of tags, for each piece the tag of its word (markers and breaks: O); ret_sure[i] is the probability of that tag given
 *  the tags beside it. */
void onr_heads_tags(struct onr_heads *h, const float *states, const struct onr_view *v,
                    uint8_t ret_tag[ONR_VIEW_MAX], float ret_sure[ONR_VIEW_MAX]);

/** Scores of one query against n (<= ONR_LINK_SPANS_MAX) candidates, ascending, spans within the view: ret[0] of none, ret[1 + i] of
 *  candidate i. Probabilities: their sum is 1. */
void onr_heads_link(struct onr_heads *h, enum onr_link link, const float *states,
                    const struct onr_view *v, struct onr_piece_span query,
                    const struct onr_piece_span *candidate, size_t n,
                    float ret[ONR_LINK_SPANS_MAX + 1]);

void onr_heads_stance(struct onr_heads *h, const float *states, const struct onr_stance_pair *p,
                      struct onr_stance_scores *ret);

#endif
