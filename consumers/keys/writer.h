/* consumers/keys/writer.h - one run of a command that writes to the key log: read it to its end, append, read back.
 *
 *     writer_open -> look at the key log as long as need be -> writer_put(fill) ... -> writer_close
 *
 * The producer is transactional, under one transactional.id for the whole line: a second `keys` that starts to write
 * meanwhile fences the first, so "read to the end, then append" cannot be overtaken unseen. The proof is the reading back:
 * an entry counts when it stands in the verified key log. Who is fenced, or cannot tell whether the entry got there, begins
 * again: a new producer, the key log as it is by then, the question whether the entry is still needed, a new signature for its
 * new place. Pauses of random length in between let one of several writers through.
 */
#ifndef ONR_KEYS_WRITER_H
#define ONR_KEYS_WRITER_H

#include "common/base/arena.h"
#include "common/stream/txn.h"
#include "consumers/keys/keys.h"

struct writer_lane {
    struct onr_span origin; /* or pattern; in w->arena */
    uint64_t size;
    bool known; /* writer_there_already saw it named */
};

struct writer {
    const struct onr_settings *settings;
    struct onr_broker broker;
    struct onr_keyring *ring;
    struct onr_txn *txn; /* while the key log is ours to write */
    char id[300];        /* transactional.id */
    const char *topics[2];
    size_t n_roots;
    struct onr_signer root[ONR_TRUST_ROOTS];
    char all[ONR_ORIGIN_MAX + 8]; /* every lane of the prefix, as a pattern */
    struct onr_keylog_entry
        entry; /* being written; its lanes are those in `lane`, as many entries as they need */
    struct onr_arena arena;
    struct writer_lane *lane; /* owned: room for ONR_KEYLOG_LANES_MAX */
    size_t n_lanes;
    uint64_t first_no, n_sent;         /* entries that were sent and not seen yet */
    uint8_t sent_hash[ONR_SHA256_LEN]; /* of the last of them: it holds the hashes of all before */
};

/** Root keys and key log. Returns owned. -ONR_EUSAGE, -ONR_EKEY (too few roots, not roots of the trust file), -ONR_EBROKER. */
ONR_MUST_USE int writer_open(const struct onr_settings *s, struct writer **ret,
                             struct onr_error *err);
void writer_close(struct writer *w);

/** Says what is to be written, looking at the key log as it is: w->entry without its lanes, and the lanes by writer_add_lane.
 *  0, 1 when nothing is to be written (any more), or -ONR_E... */
typedef int writer_fill(struct writer *w, void *ctx, struct onr_error *err);

/** Write what `fill` says, in one transaction, and see it in the verified key log; `fill` is asked once more whenever another
 *  writer was faster. 0: it is there, once; 1: there was nothing to write. Tries until --timeout is over: -ONR_EFENCED or
 *  -ONR_EBROKER then, -ONR_ESTOP when stopped. */
ONR_MUST_USE int writer_put(struct writer *w, writer_fill *fill, void *ctx, struct onr_error *err);

/** Add a lane (or pattern) to what is being written, copied. */
ONR_MUST_USE int writer_add_lane(struct writer *w, struct onr_span origin, uint64_t size,
                                 struct onr_error *err);

/** True when entries of the kind of w->entry with the same key or configuration name all its lanes. */
bool writer_there_already(struct writer *w);
void writer_nothing_to_do(const char *what);

/** End of a `fill` that adds w->entry.key: 0 when it may be added and does not stand there, else 1. -ONR_EKEY. */
ONR_MUST_USE int writer_add_key(struct writer *w, struct onr_error *err);

#endif
