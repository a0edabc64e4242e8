/* common/model/model_parts.h - what a model file holds, and its encoder and vocabulary.
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
 *
 * and of the heads (heads.h), s8 as outputs x inputs in their natural order, each with _scale appended f32 2 x outputs, scale (0 to 1)
 * and bias; T tags, M distances, X each of source, cue, same:
 *
 *   tags.emit         f32 T x D   tags.emit_bias  f32 1 x T   tags.move  f32 T x T, from x to
 *   link.distances    u32 1 x M   where each bucket begins, ascending from 0
 *   link.X.query .candidate       s8 128 x 2 D                link.X.form  s8 128 x 128
 *   link.X.none       f32 1 x 128 link.X.none_bias  f32 1 x 1
 *   link.X.distance   f32 1 x 2 M behind the query, then before it
 *   link.X.paragraphs .between    f32 1 x 4
 *   stance.absent     f32 2 x D   speaker, target
 *   stance.name       s8  D x D   stance.query  s8 D x 2 D    stance.value  s8 D x D
 *   stance.key        s8  8 D x D / 8, the weights of each head turned: from a head's values to a state's
 *   stance.mix        s8  256 x 4 D, of speaker, target, context, speaker times target
 *   stance.out        f32 4 x 256 stance.out_bias  f32 1 x 4: support, oppose, neutral, is a target
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
