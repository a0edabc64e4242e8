/* consumers/audit/checkpoints.h - the cosigned checkpoints of one lane, and the best of them.
 *
 * The topic `witness` holds many, each by one witness at one time; only the last ones that differ are kept. Cosignatures of the
 * same checkpoint by several witnesses are put together in one note.
 */
#ifndef ONR_AUDIT_CHECKPOINTS_H
#define ONR_AUDIT_CHECKPOINTS_H

#include "common/stmtlog/merkle.h"
#include "common/stmtlog/trust.h"

struct onr_checkpoints;

/** Checkpoints of trees of `least` to `most` records, cosigned by a witness of the trust file (borrowed). */
ONR_MUST_USE int onr_checkpoints_new(const struct onr_trust *trust, uint64_t least, uint64_t most,
                                     struct onr_checkpoints **ret, struct onr_error *err);
void onr_checkpoints_free(struct onr_checkpoints *c);

/** The next note of the lane, in the topic's order. What is no checkpoint, or not cosigned as it should be, is ignored. -ONR_ENOMEM. */
ONR_MUST_USE int onr_checkpoints_take(struct onr_checkpoints *c, struct onr_span note,
                                      struct onr_error *err);

/** The one that most witnesses cosigned, of several the newest; it must be of the tree of these leaves. Valid until free.
 *  -ONR_ENOTFOUND: there is none; -ONR_EVERIFY: a witness cosigned another tree of this size. */
ONR_MUST_USE int onr_checkpoints_best(const struct onr_checkpoints *c,
                                      const uint8_t (*leaf)[ONR_SHA256_LEN],
                                      struct onr_span *ret_note, uint64_t *ret_size,
                                      struct onr_error *err);

#endif
