/* common/stmtlog/commit.h - the COMMIT: one signed record that makes a block of a lane final.
 *
 * A body of 256 bytes that begins with its own domain tag, an Ed25519 signature over all of it, and beside them the
 * frontier of the tree after it. Each body holds the hash of the one before. Byte layout: docs/stmtlog.md. The Avro record
 * around it is event/codec.h's. Nothing here allocates.
 */
#ifndef ONR_STMTLOG_COMMIT_H
#define ONR_STMTLOG_COMMIT_H

#include "common/stmtlog/signer.h"

#define ONR_COMMIT_LEN     256
#define ONR_COMMIT_VERSION 1
#define ONR_ATTEMPT_LEN    16

enum onr_commit_flag {
    ONR_COMMIT_HEARTBEAT = 1, /* no leaves */
    ONR_COMMIT_REPAIR = 2,    /* the block before, again, because some of its records were lost */
    ONR_COMMIT_RECOVERED = 4, /* first COMMIT after recovery */
    ONR_COMMIT_SEALED = 8,    /* last COMMIT of this epoch */
    ONR_COMMIT_CONFIG = 16,   /* config_hash differs from the COMMIT before */
    ONR_COMMIT_FLAGS = 31     /* all that are known */
};

struct onr_commit {
    uint16_t flags;
    uint32_t n_leaves;
    uint8_t key_id[ONR_KEY_ID_LEN];
    uint8_t lane_id[ONR_SHA256_LEN];
    uint64_t commit_no;
    uint8_t prev[ONR_SHA256_LEN]; /* onr_commit_hash of the body before; zeros for number 0 */
    uint64_t size_before, size_after;
    uint8_t root_after[ONR_SHA256_LEN];
    int64_t in_from,
        in_next; /* input positions: no visible record lies between the last leaf's and in_next */
    uint8_t in_root[ONR_SHA256_LEN]; /* zeros in v1 */
    uint8_t config_hash[ONR_SHA256_LEN];
    int64_t time_ms; /* informative */
    uint8_t attempt[ONR_ATTEMPT_LEN];
};

void onr_commit_encode(const struct onr_commit *c, uint8_t ret_body[ONR_COMMIT_LEN]);

/** Errors: -ONR_EINPUT: length, tag, unknown flags, sizes that contradict each other; -ONR_EVERIFY: another version. */
ONR_MUST_USE int onr_commit_decode(struct onr_span body, struct onr_commit *ret,
                                   struct onr_error *err);

/** Set key_id, encode, sign, and verify what was signed (a fault in the sum would give away the key).
 *  Errors: -ONR_EKEY when the signature does not verify. */
ONR_MUST_USE int onr_commit_sign(struct onr_commit *c, const struct onr_signer *s,
                                 uint8_t ret_body[ONR_COMMIT_LEN], uint8_t ret_sig[ONR_SIG_LEN],
                                 struct onr_error *err);

/** Errors: -ONR_EINPUT: lengths; -ONR_EKEY: body names another key; -ONR_EVERIFY: does not verify. */
ONR_MUST_USE int onr_commit_verify(const struct onr_public_key *k, struct onr_span body,
                                   struct onr_span sig, struct onr_error *err);

/** SHA-256 of a body: what the next COMMIT holds as `prev`. */
void onr_commit_hash(const uint8_t body[ONR_COMMIT_LEN], uint8_t ret[ONR_SHA256_LEN]);

/** Hash of everything that decides the answer: SHA-256("stmtlog/config/v1\n\0" || model || people || manifest || schemas).
 *  All parts are SHA-256 hashes: of the model file, the register of people, the manifest of rules and limits, and the
 *  fingerprints of the schemas written. */
void onr_config_hash(const uint8_t model[ONR_SHA256_LEN], const uint8_t people[ONR_SHA256_LEN],
                     const uint8_t manifest[ONR_SHA256_LEN],
                     const uint8_t (*schema_fp)[ONR_SHA256_LEN], size_t n_schemas,
                     uint8_t ret[ONR_SHA256_LEN]);

#endif
