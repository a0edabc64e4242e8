/* common/stmtlog/keylog.h - the key log: which key may sign which lane, which lanes exist, which configurations are allowed.
 *
 * A chain of signed notes, each holding the hash of the one before it and signed by at least k roots of the trust file.
 * Feed the records of the keys topic in their order; the state then answers questions. What no k roots signed is foreign
 * and ignored; a correctly signed entry that does not continue the chain (the loser of two writers, a copy) is stale and
 * ignored: the first one in the topic's order counts, for every reader alike. Validity is by lane and size, never by time.
 * A key that signed more lanes than one entry names is ended by several in a row, parts of one act (docs/stmtlog.md).
 * Entry texts: docs/stmtlog.md.
 */
#ifndef ONR_STMTLOG_KEYLOG_H
#define ONR_STMTLOG_KEYLOG_H

#include "common/stmtlog/lane.h"
#include "common/stmtlog/note.h"
#include "common/stmtlog/trust.h"

#define ONR_KEYLOG_ENTRY_LANES 64  /* lanes (or patterns) named in one entry */
#define ONR_KEYLOG_REASON_MAX  200 /* bytes */
#define ONR_KEYLOG_ENTRIES_MAX 65536
#define ONR_KEYLOG_LANES_MAX   65536 /* lanes named in all entries together */

enum onr_keylog_kind {
    ONR_KEYLOG_GENESIS,   /* origins that may begin */
    ONR_KEYLOG_ADD,       /* a key, its role, and the lanes (patterns) it may sign */
    ONR_KEYLOG_RETIRE,    /* a key, and the last size it signed on each lane */
    ONR_KEYLOG_REVOKE,    /* a key, the last good size on each lane, a reason */
    ONR_KEYLOG_CONFIG,    /* a config_hash allowed on lanes (patterns) */
    ONR_KEYLOG_RETENTION, /* an origin and the first size that is kept */
    ONR_KEYLOG_KINDS
};

enum onr_key_role { ONR_ROLE_WORKER, ONR_ROLE_WITNESS };

/* One entry, to be written or as read. Spans borrow. */
struct onr_keylog_entry {
    uint64_t no;                  /* from 0 */
    uint8_t prev[ONR_SHA256_LEN]; /* onr_keylog_hash of the entry before; zeros for 0 */
    enum onr_keylog_kind kind;
    struct onr_public_key key;           /* ADD */
    enum onr_key_role role;              /* ADD */
    uint8_t key_id[ONR_KEY_ID_LEN];      /* RETIRE, REVOKE */
    uint8_t config_hash[ONR_SHA256_LEN]; /* CONFIG */
    struct onr_span reason;              /* REVOKE */
    uint64_t part; /* RETIRE, REVOKE: from 2 on it goes on with the entry before; else 0 */
    size_t n_lanes;
    struct {
        struct onr_span origin; /* pattern in ADD and CONFIG */
        uint64_t size;          /* RETIRE, REVOKE, RETENTION */
    } lane[ONR_KEYLOG_ENTRY_LANES];
};

const char *onr_keylog_kind_name(enum onr_keylog_kind k); /* "GENESIS" */
const char *onr_key_role_name(enum onr_key_role r);       /* "worker" */
ONR_MUST_USE int onr_key_role_parse(struct onr_span name, enum onr_key_role *ret);

/** Append the entry's note text (unsigned). Errors: -ONR_EINPUT (fields that the entry's kind needs), -ONR_ENOMEM, -ONR_ELIMIT. */
ONR_MUST_USE int onr_keylog_entry_print(const struct onr_keylog_entry *e, struct onr_buf *out,
                                        struct onr_error *err);
/** Read an entry's note text. Errors: -ONR_EINPUT. Spans borrow from text. */
ONR_MUST_USE int onr_keylog_entry_parse(struct onr_span text, struct onr_keylog_entry *ret,
                                        struct onr_error *err);
/** SHA-256("stmtlog/key/v1\n\0" || note text): what the next entry holds. Signatures are not in it. */
void onr_keylog_hash(struct onr_span text, uint8_t ret[ONR_SHA256_LEN]);

struct onr_keylog;

/** Empty key log for a trust file (copied). Returns owned; free with onr_keylog_free. */
ONR_MUST_USE int onr_keylog_new(const struct onr_trust *trust, struct onr_keylog **ret,
                                struct onr_error *err);
void onr_keylog_free(struct onr_keylog *k);

enum onr_keylog_outcome {
    ONR_KEYLOG_TAKEN,
    ONR_KEYLOG_STALE,  /* signed by the roots, but not the next entry */
    ONR_KEYLOG_FOREIGN /* not a note that k roots signed */
};

/** Take the next record of the keys topic. What happened is in *ret_outcome, why not taken in err (with return 0).
 *  Errors: -ONR_ESTATE: k roots signed an entry that this version does not understand or that contradicts the state: stop,
 *  do not go on with a part of the key log; -ONR_ELIMIT, -ONR_ENOMEM. */
ONR_MUST_USE int onr_keylog_feed(struct onr_keylog *k, struct onr_span note,
                                 enum onr_keylog_outcome *ret_outcome, struct onr_error *err);

/** Number of entries taken, and what the next entry has to hold. */
uint64_t onr_keylog_size(const struct onr_keylog *k);
void onr_keylog_head(const struct onr_keylog *k, uint8_t ret_prev[ONR_SHA256_LEN]);
/** Stale and foreign records met so far. */
uint64_t onr_keylog_stale(const struct onr_keylog *k);
uint64_t onr_keylog_foreign(const struct onr_keylog *k);
const struct onr_trust *onr_keylog_trust(const struct onr_keylog *k);

/* A key as the log knows it. */
struct onr_keylog_key {
    struct onr_public_key key;
    enum onr_key_role role;
    uint64_t added_no; /* entry */
    bool retired, revoked;
};
size_t onr_keylog_keys(const struct onr_keylog *k);
const struct onr_keylog_key *onr_keylog_key(const struct onr_keylog *k, size_t i);
/** NULL when the id is not in the log. */
const struct onr_keylog_key *onr_keylog_find(const struct onr_keylog *k,
                                             const uint8_t id[ONR_KEY_ID_LEN]);

enum onr_key_answer {
    ONR_KEY_OK,
    ONR_KEY_UNKNOWN,    /* not in the log */
    ONR_KEY_WRONG_ROLE, /* not a worker's key */
    ONR_KEY_WRONG_LANE, /* not for this lane */
    ONR_KEY_RETIRED,    /* past the last size that counts */
    ONR_KEY_REVOKED     /* likewise */
};
/** May this key sign a tree of `size` leaves of the lane (a record: size = seq + 1; a COMMIT: its size_after)? */
enum onr_key_answer onr_keylog_may_sign(const struct onr_keylog *k,
                                        const uint8_t id[ONR_KEY_ID_LEN], struct onr_span origin,
                                        uint64_t size);

/** Does a GENESIS entry for this lane exist? */
bool onr_keylog_genesis(const struct onr_keylog *k, struct onr_span origin);
/** Highest epoch that has a GENESIS for these topics and this partition; 0 when there is none. */
uint32_t onr_keylog_epoch(const struct onr_keylog *k, struct onr_span org, struct onr_span output,
                          struct onr_span input, int32_t partition);
/** Lowest epoch after `after` that has one; 0 when there is none. */
uint32_t onr_keylog_epoch_after(const struct onr_keylog *k, struct onr_span org,
                                struct onr_span output, struct onr_span input, int32_t partition,
                                uint32_t after);
/** One more than the highest partition that has a GENESIS for these topics; 0 when none has. */
int64_t onr_keylog_partitions(const struct onr_keylog *k, struct onr_span org,
                              struct onr_span output, struct onr_span input);
/** Is a change of this lane to the configuration allowed by a CONFIG entry? */
bool onr_keylog_config_allowed(const struct onr_keylog *k, struct onr_span origin,
                               const uint8_t config_hash[ONR_SHA256_LEN]);
/** True with the first size kept when a RETENTION entry says so for this lane. */
bool onr_keylog_retention(const struct onr_keylog *k, struct onr_span origin, uint64_t *ret_first);

/** Entries as text, for lists: the i-th taken entry's note text; valid until the log is freed. */
struct onr_span onr_keylog_text(const struct onr_keylog *k, uint64_t i);

#endif
