/* consumers/witness/witness.h - what a witness of lanes is made of.
 *
 * lanes.c reads every lane, verifies its COMMITs from the head kept last and refuses a lane that was cut, forked or is not what
 * was signed. publish.c keeps the new heads durably, and only then cosigns them and writes the notes to the topic `witness`.
 * store.c is the folder behind it: heads, the notes they came with, a lock, and what was kept of a lane that was refused.
 */
#ifndef ONR_WITNESS_H
#define ONR_WITNESS_H

#include "common/line/head_store.h"
#include "common/line/keyring.h"
#include "common/line/lane_reader.h"
#include "common/stream/txn.h"

#define ONR_WITNESS_PATH_MAX 4096

struct onr_witness_lane {
    int32_t partition;
    char origin[ONR_ORIGIN_MAX + 1];
    struct onr_lane_reader *reader;
    int64_t low, end; /* of the partition, when reading began */
    /* the head in the store when reading began */
    bool has_kept;
    uint8_t kept_hash[ONR_SHA256_LEN]; /* of its COMMIT's body */
    uint64_t kept_size, kept_no;
    int64_t kept_offset;
    bool anchored; /* the first message must be the COMMIT of the kept head */
    bool again;    /* it was not: compare trees from the lane's beginning */
    bool refused;
    enum onr_verdict verdict; /* of a refused lane */
    char why[256];            /* the last finding that weighs */
    /* the last COMMIT met, whoever wrote it */
    struct onr_buf seen_note, seen_commit;
    uint8_t seen_key[ONR_KEY_ID_LEN];
    /* the last verified head that came with a good note */
    bool due; /* to be kept and cosigned */
    struct onr_head good;
    uint8_t good_key[ONR_KEY_ID_LEN]; /* that signed it */
    struct onr_buf note;
    bool noteless; /* a COMMIT without note was mentioned */
    uint64_t cosigned;
};

struct onr_witness {
    const struct onr_broker *broker;
    struct onr_keyring *keyring;
    struct onr_reader *reader;
    struct onr_codec *codec;
    struct onr_head_store *heads;
    struct onr_signer signer;
    struct onr_txn *txn;
    char txn_id[ONR_TOPIC_NAME_MAX + 2 * ONR_KEY_ID_LEN + 2];
    const char *topics[2];
    const char *folder;
    int lock; /* descriptor, -1 = not locked */
    int64_t interval_ms;
    bool once;
    int32_t partition; /* -1 = all */
    struct onr_witness_lane *lane;
    size_t n, n_refused;
};

/** Follow the lanes until asked to stop, or with `once` to their end. Returns the worst verdict (an exit code) or -ONR_E.... */
int onr_witness_run(struct onr_witness *w, struct onr_error *err);

/** Never cosign this lane again: alarm, and both heads to a file. Errors: -ONR_EIO, -ONR_ENOMEM. */
ONR_MUST_USE int onr_witness_refuse(struct onr_witness *w, struct onr_witness_lane *l,
                                    enum onr_verdict v, const char *why, struct onr_error *err);

/* --- publish.c --- */
/** Keep the heads of all lanes that are due, then cosign and send them. Broker trouble leaves them due and is only logged, unless
 *  `must`. Errors: -ONR_EIO, -ONR_EFENCED, ... */
ONR_MUST_USE int onr_witness_publish(struct onr_witness *w, bool must, struct onr_error *err);

/* --- store.c --- */
/** Make the folder if need be, take its lock, read the heads. -ONR_ECONFIG: another witness has it. */
ONR_MUST_USE int onr_witness_store_open(struct onr_witness *w, struct onr_error *err);
void onr_witness_store_close(struct onr_witness *w);
/** Keep the note of the lane's good head, durably. */
ONR_MUST_USE int onr_witness_store_note(const struct onr_witness *w,
                                        const struct onr_witness_lane *l, struct onr_error *err);
/** Keep all heads, durably. */
ONR_MUST_USE int onr_witness_store_heads(const struct onr_witness *w, struct onr_error *err);
/** Write what was kept and what was found of a refused lane to a file of its own; ret_path (ONR_WITNESS_PATH_MAX) is its name. The
 *  same evidence is not written twice, other evidence never over it. */
ONR_MUST_USE int onr_witness_store_evidence(const struct onr_witness *w,
                                            const struct onr_witness_lane *l, char *ret_path,
                                            struct onr_error *err);

#endif
