/* common/stmtlog/record_check.h - is this one record what a worker signed for this place? (verification (a))
 *
 * Proves who said what about which input at which position of which lane. It is not yet final: that takes the COMMIT
 * (range.h). Anything but ONR_CHECK_OK makes a record foreign to its lane: reported, counted, never acted on. Pure.
 */
#ifndef ONR_STMTLOG_RECORD_CHECK_H
#define ONR_STMTLOG_RECORD_CHECK_H

#include "common/stmtlog/keylog.h"
#include "common/stmtlog/leaf.h"

/* Why a record is refused. Append only: names and numbers are what programs print and count. */
enum onr_check {
    ONR_CHECK_OK,
    ONR_CHECK_STRIPPED,    /* leaf or signature header is not there */
    ONR_CHECK_MALFORMED,   /* a header of the wrong length, type or with reserved bytes set */
    ONR_CHECK_DOWNGRADED,  /* another version or algorithm */
    ONR_CHECK_WRONG_LANE,  /* signed for another lane */
    ONR_CHECK_ALTERED,     /* payload does not have the length or hash that was signed */
    ONR_CHECK_SCHEMA,      /* written with a schema that is not on the list */
    ONR_CHECK_UNKNOWN_KEY, /* no key of the key log */
    ONR_CHECK_NOT_ALLOWED, /* key may not sign records of this lane */
    ONR_CHECK_RETIRED,     /* key was retired before this position */
    ONR_CHECK_REVOKED,     /* key was revoked before this position */
    ONR_CHECK_FORGED,      /* signature does not verify */
    ONR_CHECK_INPUT,       /* made from another input record */
    ONR_CHECK_HINTS,       /* key or ce_* headers are not those of the payload */
    ONR_CHECKS
};

/** Stable name ("unknown-key") and one sentence for people. Never NULL. */
const char *onr_check_name(enum onr_check c);
const char *onr_check_sentence(enum onr_check c);

/* What a record of one lane must be. Everything is borrowed. */
struct onr_record_expect {
    struct onr_span origin;
    uint8_t lane_id[ONR_SHA256_LEN];
    const struct onr_keylog
        *keylog; /* NULL: signatures and keys are not checked (the COMMIT's root still is) */
    /* Is this the fingerprint of a schema allowed for this type of leaf? NULL: any. */
    bool (*schema_ok)(void *ctx, enum onr_leaf_type type, const uint8_t fp[ONR_SHA256_LEN]);
    void *ctx;
};

/** Check one record: payload without its frame, headers onr-leaf and onr-sig (null spans where missing). On
 *  ONR_CHECK_OK fills ret_leaf and the hash it has in the tree. */
enum onr_check onr_record_check(const struct onr_record_expect *e, struct onr_span payload,
                                struct onr_span leaf, struct onr_span sig,
                                struct onr_leaf *ret_leaf, uint8_t ret_hash[ONR_SHA256_LEN]);

/** ONR_CHECK_INPUT unless the leaf was made from this input record. */
enum onr_check onr_record_check_input(const struct onr_leaf *leaf, int64_t in_offset,
                                      struct onr_span key, struct onr_span value);

#endif
