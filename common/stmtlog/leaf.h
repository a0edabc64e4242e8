/* common/stmtlog/leaf.h - what is signed about one record: 152 bytes, without clock, signer or attempt.
 *
 * The same input record under the same model gives the same leaf, whoever classifies it and however often. The tree
 * holds SHA-256(0x00 || leaf). Byte layout: docs/stmtlog.md. Nothing here allocates.
 */
#ifndef ONR_STMTLOG_LEAF_H
#define ONR_STMTLOG_LEAF_H

#include <stdint.h>

#include "common/base/error.h"
#include "common/base/sha256.h"
#include "common/base/span.h"

#define ONR_LEAF_LEN     152
#define ONR_LEAF_VERSION 1

enum onr_leaf_type {
    ONR_LEAF_RESULT = 1,
    ONR_LEAF_REJECT = 2 /* for a reason that depends on the input's bytes only */
};

struct onr_leaf {
    uint8_t type; /* enum onr_leaf_type */
    uint32_t payload_len;
    uint64_t seq;      /* index in the lane, dense from 0 */
    int64_t in_offset; /* of the input record */
    uint8_t lane_id[ONR_SHA256_LEN];
    uint8_t in_hash[ONR_SHA256_LEN];      /* onr_input_hash */
    uint8_t schema_fp[ONR_SHA256_LEN];    /* of the payload's writer schema */
    uint8_t payload_hash[ONR_SHA256_LEN]; /* SHA-256 of the Avro bytes without their frame */
};

void onr_leaf_encode(const struct onr_leaf *l, uint8_t ret[ONR_LEAF_LEN]);

/** Errors: -ONR_EINPUT: length, type or a reserved field; -ONR_EVERIFY: another version. */
ONR_MUST_USE int onr_leaf_decode(struct onr_span bytes, struct onr_leaf *ret,
                                 struct onr_error *err);

/** Hash of the leaf in the tree. */
void onr_leaf_hash(const uint8_t leaf[ONR_LEAF_LEN], uint8_t ret[ONR_SHA256_LEN]);

/** Hash of an input record: SHA-256("stmtlog/input/v1\n\0" || len || key || len || value), null spans as null. */
void onr_input_hash(struct onr_span key, struct onr_span value, uint8_t ret[ONR_SHA256_LEN]);

#endif
