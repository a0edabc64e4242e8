/* common/stmtlog/range.h - is this stretch of a lane whole and unchanged? (verification (b))
 *
 * A state machine without I/O: give it the records of one output partition in order, each already looked at by
 * onr_record_check; it collects data records until a COMMIT and says whether the block is final. The same machine serves
 * follow, audit, a worker's read-back and its resume.
 *
 *   onr_range_init(&r, &head, ...)
 *   for each message of the partition:
 *       data record that passed its check  -> onr_range_data
 *       data record that failed its check  -> onr_range_foreign
 *       COMMIT                             -> onr_range_commit: block.accepted? its records are final now
 *   onr_range_finish(&r)                   -> verdict
 *
 * The head moves past what is wrong, so that the rest can be looked at: save it, and act on blocks, only as long as
 * onr_range_verdict is what you can live with.
 *
 * What it buffers: at most ONR_BLOCK_LEAVES records of the block to come (torn attempts included) and as many of a repair
 * of the block before; memory grows with the blocks met. Notes go to a callback as they are found, in order.
 * A foreign record alone never changes the verdict; but where something is missing, a record that failed its check in that
 * place counts as the changed original: invalid instead of gap.
 */
#ifndef ONR_STMTLOG_RANGE_H
#define ONR_STMTLOG_RANGE_H

#include "common/stmtlog/head.h"
#include "common/stmtlog/keylog.h"
#include "common/stmtlog/record_check.h"

/* Verdicts are exit codes of audit. */
enum onr_verdict {
    ONR_VERDICT_VALID = 0,
    ONR_VERDICT_INVALID = 3,    /* bytes, signature, key, root or re-run disagree */
    ONR_VERDICT_GAP = 4,        /* records between two COMMITs are not there */
    ONR_VERDICT_MISSING = 5,    /* shorter than a trusted head, or its beginning is gone */
    ONR_VERDICT_NOT_COVERED = 6 /* nothing trusted to compare with */
};
const char *onr_verdict_name(enum onr_verdict v); /* "not covered" */
/** The worse of two: invalid, missing, gap, not covered, valid. */
enum onr_verdict onr_verdict_worse(enum onr_verdict a, enum onr_verdict b);

/* What was found. Append only; names are stable. */
enum onr_finding {
    ONR_FOUND_FOREIGN,      /* noted: failed its own check, or a COMMIT that is not this lane's */
    ONR_FOUND_TORN,         /* noted: data records of an attempt that has no COMMIT */
    ONR_FOUND_REPAIRED,     /* noted: the damaged block before is whole again */
    ONR_FOUND_NO_ANCHOR,    /* not covered: the first COMMIT met was taken on trust */
    ONR_FOUND_RETENTION,    /* noted: begins after a beginning that a RETENTION entry gave up */
    ONR_FOUND_NO_GENESIS,   /* invalid: a lane begins that the key log does not know */
    ONR_FOUND_NO_BEGINNING, /* missing: begins after number 0 without a RETENTION entry */
    ONR_FOUND_SHORT,        /* missing: ends before the trusted head */
    ONR_FOUND_COMMIT_GAP,   /* gap: COMMITs are not there */
    ONR_FOUND_RECORD_GAP,   /* gap until repaired: records of a block are not there */
    ONR_FOUND_CHANGED,      /* invalid: a record in that place fails its check */
    ONR_FOUND_REPLAY,       /* invalid: a committed position or COMMIT again */
    ONR_FOUND_EQUIVOCATION, /* invalid: two records signed for one position, two COMMITs for one number */
    ONR_FOUND_ORDER,        /* invalid: a block's records are not in order */
    ONR_FOUND_CHAIN,        /* invalid: prev, sizes or input positions do not continue */
    ONR_FOUND_ROOT,         /* invalid: the records do not hash to the signed root */
    ONR_FOUND_HEAD,         /* invalid: another tree than the trusted head's */
    ONR_FOUND_INPUT,        /* invalid: input offsets not increasing inside the COMMIT's range */
    ONR_FOUND_CONFIG,       /* invalid: configuration changed without flag or CONFIG entry */
    ONR_FOUND_SEALED,       /* invalid: goes on after the epoch was sealed */
    ONR_FINDINGS
};
const char *onr_finding_name(enum onr_finding f); /* "record-gap" */
/** What it does to the verdict: ONR_VERDICT_VALID for what is only noted. */
enum onr_verdict onr_finding_verdict(enum onr_finding f);

struct onr_note_found {
    enum onr_finding finding;
    int64_t out_offset;   /* where it was seen */
    uint64_t seq;         /* first position concerned; UINT64_MAX when none */
    enum onr_check check; /* ONR_FOUND_FOREIGN and ONR_FOUND_CHANGED: why */
    char text[256];       /* a sentence */
};
typedef void onr_range_report(void *ctx, const struct onr_note_found *note);

/* One data record that passed its check. */
struct onr_range_record {
    int64_t out_offset;
    uint64_t seq;
    int64_t in_offset;
    uint8_t type;                 /* enum onr_leaf_type */
    uint8_t leaf[ONR_SHA256_LEN]; /* its hash in the tree */
    uint8_t in_hash[ONR_SHA256_LEN];
};

/* What a COMMIT made final. */
struct onr_range_block {
    bool accepted; /* false: nothing may be acted on */
    bool
        repair; /* accepted as the repair of the block before: act on those of its records not seen then */
    struct onr_commit commit;
    uint64_t seq;       /* first position */
    size_t n;           /* records, see onr_range_at */
    int64_t out_offset; /* of the COMMIT */
};

/* A record as it is held: private to range.c and range_commit.c. */
struct onr_range_slot {
    struct onr_range_record rec; /* seq UINT64_MAX: empty */
    uint64_t arrival;            /* it was the n-th data record of the range, from 1 */
};

struct onr_range {
    struct onr_head
        head; /* where the range stands: verified, or taken over after what `verdict` counts */
    uint8_t lane_id[ONR_SHA256_LEN];
    const struct onr_keylog *keylog; /* borrowed; NULL: COMMIT signatures are not checked */
    bool anywhere;                   /* the first COMMIT met may be taken as the beginning */
    bool cut;                        /* what stood first in the partition is gone */
    onr_range_report *report;
    void *ctx;
    /* the block being collected */
    struct onr_range_slot *slot; /* owned ring by seq */
    size_t cap;                  /* a power of two or 0 */
    bool in_run; /* the last records were in order from head.tree.size to run_next - 1 */
    uint64_t run_next;
    uint64_t arrivals; /* data records so far, without foreign ones and those of committed blocks */
    uint64_t n_pending; /* of them, since the last COMMIT */
    int64_t pending_offset;
    uint64_t ahead_arrival; /* of the last record too far ahead to be held */
    bool saw_first;         /* position 0 was seen */
    /* the block before, once more */
    struct onr_range_slot *again; /* owned, in order from head.before.size */
    size_t n_again, again_cap;
    uint64_t again_seen; /* records of it, in order or not */
    int64_t again_offset;
    /* a record that failed its check since the last COMMIT, for another reason than an unknown key */
    bool suspect;
    enum onr_check suspect_check;
    int64_t suspect_offset;
    /* where onr_range_at looks */
    const struct onr_range_slot *block;
    uint64_t block_seq;
    size_t block_mask;
    /* a head known from elsewhere */
    bool has_expected;
    uint64_t expected_size;
    uint8_t expected_root[ONR_SHA256_LEN];
    /* result so far */
    bool damaged;             /* the last block has a gap that a repair may still close */
    enum onr_verdict verdict; /* without that damage */
    uint64_t counts[ONR_FINDINGS];
    uint64_t refused[ONR_CHECKS];                /* what was foreign, by reason */
    uint64_t n_records, n_commits, n_heartbeats; /* accepted */
    bool finished;
};

/** Begin after `head` (copied): an unstarted one for a lane from its beginning, else the last verified one. `keylog` is
 *  borrowed; NULL checks no COMMIT signature. `report` may be NULL. Release r after use. */
void onr_range_init(struct onr_range *r, const struct onr_head *head,
                    const struct onr_keylog *keylog, onr_range_report *report, void *ctx);
/** Allow the first COMMIT met to be the beginning: the verdict is then at best "not covered". Before any record. */
void onr_range_anywhere(struct onr_range *r);
/** A head from a witness or a state file that this range must reach and agree with. Before any record. */
void onr_range_expect(struct onr_range *r, uint64_t size, const uint8_t root[ONR_SHA256_LEN]);
/** The partition does not begin with its first message any more: a lane without COMMIT is then one whose COMMITs are gone,
 *  not one that has none yet. Before any record. */
void onr_range_cut(struct onr_range *r);
void onr_range_release(struct onr_range *r);

/** A data record that passed onr_record_check. Errors: -ONR_ENOMEM only: findings are reported, not returned. */
ONR_MUST_USE int onr_range_data(struct onr_range *r, const struct onr_range_record *rec);

/** A data record that failed it. `seq` is what its leaf says, UINT64_MAX when it has none. */
void onr_range_foreign(struct onr_range *r, int64_t out_offset, enum onr_check why, uint64_t seq);

/** What onr_range_commit would say of this COMMIT alone: ONR_CHECK_OK when it is one of this lane by a key that may sign it. */
enum onr_check onr_range_commit_check(const struct onr_range *r, struct onr_span body,
                                      struct onr_span sig);

/** A COMMIT record, taken from its Avro. Frontier nodes as found there. Errors: -ONR_ENOMEM only. */
ONR_MUST_USE int onr_range_commit(struct onr_range *r, int64_t out_offset, struct onr_span body,
                                  struct onr_span sig, const uint8_t (*frontier)[ONR_SHA256_LEN],
                                  size_t n_frontier, struct onr_range_block *ret);

/** A record of the block just accepted, i < block.n, in order; valid until the next call with r. */
const struct onr_range_record *onr_range_at(const struct onr_range *r, size_t i);

/** End of the range: notes what was left over and compares with the expected head. May be called once. */
enum onr_verdict onr_range_finish(struct onr_range *r);
/** Verdict as of now, an unrepaired gap counted. */
enum onr_verdict onr_range_verdict(const struct onr_range *r);

#endif
