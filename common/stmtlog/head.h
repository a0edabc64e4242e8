/* common/stmtlog/head.h - the verified end of a lane: all that is needed to go on from there, and one line of text for it.
 *
 * A worker resumes from a head, a follower and an auditor keep one for each lane in a state file and never go behind it.
 * `before` is the tree before the last block that has leaves: with it a repair of that block can be checked.
 */
#ifndef ONR_STMTLOG_HEAD_H
#define ONR_STMTLOG_HEAD_H

#include "common/base/buf.h"
#include "common/stmtlog/commit.h"
#include "common/stmtlog/lane.h"
#include "common/stmtlog/merkle.h"

struct onr_head {
    char origin[ONR_ORIGIN_MAX + 1];
    bool started;       /* false: nothing committed yet, all below is zero */
    bool sealed;        /* no COMMIT may follow */
    uint64_t commit_no; /* of the last COMMIT */
    uint8_t body_hash[ONR_SHA256_LEN];
    uint8_t root[ONR_SHA256_LEN];
    uint8_t config_hash[ONR_SHA256_LEN];
    int64_t in_from;    /* of the last block that has leaves */
    int64_t in_next;    /* of the last COMMIT */
    int64_t out_offset; /* of the last COMMIT in the output topic */
    struct onr_frontier tree;
    bool has_before;
    struct onr_frontier before; /* valid if has_before */
};

/** Head of a lane that has no COMMIT yet. Errors: -ONR_EINPUT: not an origin. */
ONR_MUST_USE int onr_head_init(struct onr_head *h, struct onr_span origin, struct onr_error *err);

/** Head right after a COMMIT, taken on trust from the COMMIT itself: its frontier must hash to its root. The signature
 *  must have been verified. Errors: -ONR_EINPUT, -ONR_EVERIFY, both with the head unchanged. */
ONR_MUST_USE int onr_head_from_commit(struct onr_head *h, struct onr_span origin,
                                      struct onr_span body,
                                      const uint8_t (*frontier)[ONR_SHA256_LEN], size_t n,
                                      int64_t out_offset, struct onr_error *err);

#define ONR_HEAD_TEXT_MAX 12288 /* bytes of the line */

/** Append the head as one line, newline included: "head1 <origin> ..." (docs/stmtlog.md). */
ONR_MUST_USE int onr_head_print(const struct onr_head *h, struct onr_buf *out);
/** Read such a line (with or without its newline). Errors: -ONR_EINPUT; -ONR_EVERIFY: nodes and root do not fit. */
ONR_MUST_USE int onr_head_parse(struct onr_span line, struct onr_head *ret, struct onr_error *err);

#endif
