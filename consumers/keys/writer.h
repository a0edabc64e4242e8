/* consumers/keys/writer.h - one run of a command that writes to the key log: read it to its end, append, read back.
 *
 *     writer_open -> look at the key log as long as need be -> writer_lock -> { fill entry -> writer_append } -> writer_close
 *
 * The producer is transactional, under one transactional.id for the whole line: a second `keys` that starts to write
 * meanwhile fences the first, so "read to the end, then append" cannot be overtaken unseen. The proof is the reading back:
 * an entry counts when the verified key log ends with it.
 */
#ifndef ONR_KEYS_WRITER_H
#define ONR_KEYS_WRITER_H

#include "common/stream/txn.h"
#include "consumers/keys/keys.h"

struct writer {
    const struct onr_settings *settings;
    struct onr_broker broker;
    struct onr_keyring *ring;
    struct onr_txn *txn; /* from writer_lock on */
    char id[300];        /* transactional.id */
    const char *topics[2];
    size_t n_roots;
    struct onr_signer root[ONR_TRUST_ROOTS];
    char all[ONR_ORIGIN_MAX + 8];  /* every lane of the prefix, as a pattern */
    struct onr_keylog_entry entry; /* being written */
    char origins[ONR_KEYLOG_ENTRY_LANES][ONR_ORIGIN_MAX + 1]; /* what entry.lane borrows */
};

/** Root keys and key log. Returns owned. -ONR_EUSAGE, -ONR_EKEY (too few roots, not roots of the trust file), -ONR_EBROKER. */
ONR_MUST_USE int writer_open(const struct onr_settings *s, struct writer **ret,
                             struct onr_error *err);
void writer_close(struct writer *w);

/** Begin to write: others who do are fenced, and the key log is read as it is under the lock. */
ONR_MUST_USE int writer_lock(struct writer *w, struct onr_error *err);

/** Forget the entry's lanes. */
void writer_clear_lanes(struct writer *w);
/** Add a lane (or pattern) to the entry, copied. -ONR_EUSAGE when the entry is full. */
ONR_MUST_USE int writer_add_lane(struct writer *w, struct onr_span origin, uint64_t size,
                                 struct onr_error *err);

/** Sign w->entry as the next one, append it, and see it at the end of the verified key log. -ONR_EFENCED, -ONR_ESTATE:
 *  somebody else wrote meanwhile; -ONR_EBROKER. */
ONR_MUST_USE int writer_append(struct writer *w, struct onr_error *err);

/** True when an entry of the kind of w->entry with the same key or configuration names all its lanes. */
bool writer_there_already(const struct writer *w);
void writer_nothing_to_do(const char *what);

/** Append an ADD of w->entry.key with the entry's role and lanes, if it may be added and does not stand there. -ONR_EKEY. */
ONR_MUST_USE int writer_add_key(struct writer *w, struct onr_error *err);

#endif
