/* common/model/model_parts.h - the encoder and the vocabulary of a model file.
 *
 * Sections, with D width, F hidden, P pieces, C case classes, L positions:
 *
 *   encoder.shape     u32 1 x 6   D, F, layers, P, C, L
 *   encoder.piece     s8  P x D   encoder.piece_scale  f32 1 x P
 *   encoder.position  f32 L x D   the one token type added to it
 *   encoder.case      f32 C x D
 *   encoder.norm      f32 2 x D   gain, bias
 *   encoder.I.qkv .out .up .down  s8 outputs x inputs, packed (kernel.h); with _scale appended f32 2 x outputs: scale, bias
 *   encoder.I.norm1 .norm2        f32 2 x D: gain, bias, behind attention and behind the feed-forward layer
 *   vocabulary.bytes  u8  1 x N   vocabulary.offset    u32 1 x P + 1
 */
#ifndef ONR_MODEL_MODEL_PARTS_H
#define ONR_MODEL_MODEL_PARTS_H

#include "common/model/encoder.h"
#include "common/model/model_file.h"
#include "common/model/wordpiece.h"

struct onr_model_parts {
    struct onr_encoder_weights encoder;
    struct onr_vocab *vocabulary;
    int32_t *colsum; /* of all matrices, which point into it */
};

/** Borrows f. On success *ret is to be released. Errors: -ONR_ECONFIG (a section is missing or does not fit), -ONR_ENOMEM. */
ONR_MUST_USE int onr_model_parts_init(struct onr_model_parts *ret, const struct onr_model_file *f,
                                      struct onr_error *err);
void onr_model_parts_release(struct onr_model_parts *p);

#endif
