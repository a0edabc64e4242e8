/* common/model/encoder.h - a BERT-shaped encoder over one window: pieces in, a state for each piece out.
 *
 * Pure: states depend on the pieces, their case classes and the weights, not on the path (kernel.h), on what was encoded before, on
 * other threads or on the rounding mode the process happens to be in, which is set and put back here. An encoder is scratch memory
 * over borrowed weights, allocated once (onr_encoder_bytes), for one thread at a time; several may share the weights.
 */
#ifndef ONR_MODEL_ENCODER_H
#define ONR_MODEL_ENCODER_H

#include "common/model/kernel.h"

#define ONR_LAYERS_MAX 24

/* Post-norm, as BERT's: x = norm1(x + out(attention(x))); x = norm2(x + down(GELU(up(x)))). */
struct onr_encoder_layer {
    struct onr_matrix qkv;  /* width -> 3 * width: queries, keys, values, each head by head */
    struct onr_matrix out;  /* width -> width */
    struct onr_matrix up;   /* width -> hidden */
    struct onr_matrix down; /* hidden -> width */
    const float *norm1_gain, *norm1_bias, *norm2_gain, *norm2_bias; /* [width] */
};

struct onr_encoder_weights {
    uint32_t
        width; /* values of a state: a multiple of ONR_WIDTH_STEP; one attention head for each ONR_HEAD of them */
    uint32_t hidden; /* likewise */
    uint32_t n_layers;
    uint32_t n_pieces;  /* rows of `piece` */
    uint32_t n_classes; /* rows of `case_class` */
    uint32_t
        n_positions;     /* rows of `position`: the longest window, at most ONR_WINDOW_MAX_PIECES */
    const int8_t *piece; /* [n_pieces][width] */
    const float *piece_scale; /* [n_pieces] */
    const float *position;    /* [n_positions][width], the one token type added to it */
    const float *case_class;  /* [n_classes][width] */
    const float *norm_gain, *norm_bias;
    struct onr_encoder_layer layer[ONR_LAYERS_MAX];
};

struct onr_encoder;

/** Borrows weights (which must be checked: model_file.h does) and kernel. Returns owned. Errors: -ONR_ENOMEM. */
ONR_MUST_USE int onr_encoder_new(const struct onr_encoder_weights *w,
                                 const struct onr_kernel *kernel, struct onr_encoder **ret,
                                 struct onr_error *err);
void onr_encoder_free(struct onr_encoder *e);
/** Bytes of scratch memory of one encoder. */
size_t onr_encoder_bytes(const struct onr_encoder_weights *w);

/** States of n pieces, markers at both ends among them: *ret_states is [n][width], valid until the next call. Errors: -ONR_ELIMIT
 *  (n is 0 or above n_positions), -ONR_EINPUT (a piece or case class without a row). */
ONR_MUST_USE int onr_encode(struct onr_encoder *e, const uint32_t *piece, const uint8_t *case_class,
                            size_t n, const float **ret_states, struct onr_error *err);

#endif
