/* common/stmtlog/lane_state.h - the worker's side of a lane: a committed tree and a tentative copy, no I/O, no clock.
 *
 *   onr_lane_init or onr_lane_resume
 *   onr_lane_begin -> onr_lane_append ... -> onr_lane_commit -> (transaction) -> onr_lane_promote, or onr_lane_drop
 *
 * Only promote changes the committed side; drop forgets an attempt completely. Any interleaving of blocks, drops and
 * resumes over the same inputs therefore gives the same tree. Misuse (append without begin) is -ONR_ESTATE.
 */
#ifndef ONR_STMTLOG_LANE_STATE_H
#define ONR_STMTLOG_LANE_STATE_H

#include "common/stmtlog/head.h"
#include "common/stmtlog/leaf.h"

struct onr_lane {
    struct onr_head head; /* committed */
    uint8_t lane_id[ONR_SHA256_LEN];
    /* the attempt */
    bool open;   /* between begin and promote or drop */
    bool closed; /* a COMMIT was built: only promote or drop may follow */
    bool repair;
    struct onr_frontier tree;
    uint32_t n_leaves;
    uint64_t n_bytes;     /* payload bytes of the attempt */
    int64_t last_input;   /* offset of the last leaf's input, -1 before the first */
    struct onr_head next; /* what promote makes of head */
};

/* What the worker adds to a COMMIT. */
struct onr_lane_commit {
    uint16_t flags; /* ONR_COMMIT_RECOVERED and ONR_COMMIT_SEALED; the others are set here */
    int64_t
        in_next; /* the consumer's position: no visible record lies between the last leaf's input and it */
    int64_t time_ms;
    uint8_t attempt[ONR_ATTEMPT_LEN];
    uint8_t config_hash[ONR_SHA256_LEN];
};

/** A lane without COMMITs, input from `in_start` on. Errors: -ONR_EINPUT: not an origin. */
ONR_MUST_USE int onr_lane_init(struct onr_lane *l, struct onr_span origin, int64_t in_start,
                               struct onr_error *err);
/** Go on after a verified head. Errors: -ONR_ESTATE: the lane is sealed. */
ONR_MUST_USE int onr_lane_resume(struct onr_lane *l, const struct onr_head *head,
                                 struct onr_error *err);

/** Input offset from which to read: in_next of the committed side. */
int64_t onr_lane_in_next(const struct onr_lane *l);
/** Position that the next leaf gets. */
uint64_t onr_lane_seq(const struct onr_lane *l);

/** Begin an attempt from the committed side. Errors: -ONR_ESTATE: one is open. */
ONR_MUST_USE int onr_lane_begin(struct onr_lane *l, struct onr_error *err);

/** Begin to write the last block again (ONR_COMMIT_REPAIR): append its leaves as they were, from head.in_from on.
 *  Errors: -ONR_ESTATE: no block, or the tree before it is not known. */
ONR_MUST_USE int onr_lane_begin_repair(struct onr_lane *l, struct onr_error *err);

/** True when one more leaf with a payload of this size has no place in the block. */
bool onr_lane_full(const struct onr_lane *l, size_t payload_len);

/** Append the outcome of one input record; gives the leaf and its hash, to be signed with onr_record_sign.
 *  Errors: -ONR_ESTATE: no attempt open, or in_offset is not above the one before; -ONR_ELIMIT: block is full. */
ONR_MUST_USE int onr_lane_append(struct onr_lane *l, enum onr_leaf_type type, int64_t in_offset,
                                 const uint8_t in_hash[ONR_SHA256_LEN],
                                 const uint8_t schema_fp[ONR_SHA256_LEN], struct onr_span payload,
                                 uint8_t ret_leaf[ONR_LEAF_LEN], uint8_t ret_hash[ONR_SHA256_LEN],
                                 struct onr_error *err);

/** Close the attempt with a signed COMMIT; without leaves it is a heartbeat. l->next holds the state that it leads to
 *  (its tree is the frontier to send along). Errors: -ONR_ESTATE, -ONR_EKEY; -ONR_EVERIFY: a repair has another root. */
ONR_MUST_USE int onr_lane_commit(struct onr_lane *l, const struct onr_lane_commit *c,
                                 const struct onr_signer *s, uint8_t ret_body[ONR_COMMIT_LEN],
                                 uint8_t ret_sig[ONR_SIG_LEN], struct onr_error *err);

/** The transaction is committed and its COMMIT stands at this output offset (-1 if nobody said where: the head
 *  keeps that of the last COMMIT whose place is known, so that it can always be said where to look). Errors: -ONR_ESTATE: no signed attempt. */
ONR_MUST_USE int onr_lane_promote(struct onr_lane *l, int64_t out_offset, struct onr_error *err);
/** The transaction was aborted, or nobody knows: forget the attempt. */
void onr_lane_drop(struct onr_lane *l);

#endif
