/* common/model/heads_parts.h - the weights of the heads and the memory they compute in; for heads_*.c alone.
 *
 * The sections of the model file are listed in model_parts.h.
 */
#ifndef ONR_MODEL_HEADS_PARTS_H
#define ONR_MODEL_HEADS_PARTS_H

#include "common/model/heads.h"

#define ONR_LINK_RANK     128 /* values of a span when links are scored */
#define ONR_LINK_FEW      4   /* counts between two spans end here */
#define ONR_DISTANCES_MAX 64
#define ONR_STANCE_HEADS  8
#define ONR_STANCE_MIXED  256
#define ONR_STANCE_OUT    4 /* support, oppose, neutral; is a target */

struct onr_tag_weights {
    const float *emit, *emit_bias; /* [ONR_TAGS][width], [ONR_TAGS] */
    const float *move;             /* [from][to]; what is forbidden is far below 0 */
};

struct onr_link_weights {
    struct onr_dense query, candidate; /* 2 * width -> rank */
    struct onr_dense form;             /* rank -> rank */
    const float *none, *none_bias;     /* [rank], [1] */
    const float *distance;             /* [2][n_distances]: behind the query, before it */
    const float *paragraphs, *between; /* [ONR_LINK_FEW] */
};

struct onr_stance_weights {
    const float *absent;    /* [speaker, target][width] */
    struct onr_dense name;  /* width -> width */
    struct onr_dense query; /* 2 * width -> width */
    struct onr_dense key
        [ONR_STANCE_HEADS]; /* the key's weights of one head, turned: values of a head -> width */
    struct onr_dense value[ONR_STANCE_HEADS]; /* width -> values of a head */
    struct onr_dense mix;                     /* 4 * width -> ONR_STANCE_MIXED */
    const float *out, *out_bias;              /* [ONR_STANCE_OUT][ONR_STANCE_MIXED] */
};

/* Memory of one call. */
struct onr_heads_scratch {
    float *span;                /* [2 * width]: first and last state */
    float *rank;                /* [2][ONR_LINK_RANK] */
    float *candidate;           /* [ONR_LINK_SPANS_MAX][ONR_LINK_RANK] */
    float *name;                /* [width] */
    float *mixed;               /* [4 * width]: speaker, target, context, speaker times target */
    float *query;               /* [width] */
    float *folded, *average;    /* [width] */
    float weight[ONR_VIEW_MAX]; /* of the pieces of a reach */
    uint8_t back[ONR_VIEW_MAX][ONR_TAGS]; /* best tag before */
    uint16_t word[ONR_VIEW_MAX];          /* first pieces of the words that are tagged */
    float emit[ONR_VIEW_MAX][ONR_TAGS];
};

struct onr_heads_weights {
    uint32_t width; /* of a state: a multiple of 16 * ONR_STANCE_HEADS */
    struct onr_tag_weights tags;
    struct onr_link_weights link[ONR_LINKS];
    const uint32_t *distances; /* [n_distances], ascending from 0 */
    uint32_t n_distances;
    struct onr_stance_weights stance;
};

struct onr_heads {
    struct onr_heads_weights w;
    const struct onr_kernel *kernel;
    const struct onr_encoder_weights *encoder;
    struct onr_heads_scratch scratch;
    float *block; /* what the scratch lies in */
};

/** Heads over weights that need no check. Copies w; borrows what it points to, e and kernel. Returns owned. Errors: -ONR_ENOMEM. */
ONR_MUST_USE int onr_heads_over(const struct onr_heads_weights *w,
                                const struct onr_encoder_weights *e,
                                const struct onr_kernel *kernel, struct onr_heads **ret,
                                struct onr_error *err);
/** Matrix `of` in ONR_STANCE_HEADS parts of as many outputs. */
void onr_heads_cut(const struct onr_dense *of, struct onr_dense ret[ONR_STANCE_HEADS]);

/** ret[i] = e^x[i] / sum of e^x; n is at least 1. In place when ret is x. */
void onr_heads_softmax(const float *x, size_t n, float *ret);
/** 1 / (1 + e^-x). */
float onr_heads_sigmoid(float x);

#endif
