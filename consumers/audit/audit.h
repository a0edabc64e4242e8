/* consumers/audit/audit.h - what an audit of one lane found, and how it is made.
 *
 * lane.c reads the lane and lets common/line and stmtlog judge COMMITs, roots and, if asked, every signature. inputs.c walks
 * the input topic beside it: each visible input has exactly one outcome, made from its bytes; statements of an article are
 * complete and join to the body they carry; the model, if asked, gives the same leaf again. rejects.c looks for the dead letter
 * of each reject. report.c says it to people or to programs.
 */
#ifndef ONR_AUDIT_H
#define ONR_AUDIT_H

#include "common/line/head_store.h"
#include "common/line/keyring.h"
#include "common/line/lane_reader.h"

#define ONR_AUDIT_PROBLEMS 200 /* kept of one lane for the report; more are only counted */

struct onr_audit_problem {
    enum onr_verdict verdict; /* ONR_VERDICT_VALID: only noted */
    char name[24];            /* stable: "record-gap", "input-lost" */
    const char *topic;        /* where the offset counts: "lane", "input" or "rejects" */
    int64_t offset;           /* -1 = none */
    uint64_t seq;             /* UINT64_MAX = none */
    char text[256];
};

struct onr_audit_lane {
    int32_t partition;
    char origin[ONR_ORIGIN_MAX + 1];
    bool superseded;  /* the key log has a later epoch: this one must end with its seal */
    int64_t answered; /* inputs before it have their outcome in the epoch before, too */
    enum onr_verdict verdict;
    struct onr_head head; /* verified up to here; not started: nothing was */
    uint64_t from_size;   /* position at which the audit began */
    bool signatures;      /* every record's was checked */
    uint64_t records, results, rejects, commits, heartbeats; /* accepted */
    uint64_t torn, foreign;
    uint64_t refused[ONR_CHECKS];
    int64_t commit_time_ms; /* of the last COMMIT; its signer's clock */
    /* --inputs */
    uint64_t inputs, inputs_waiting; /* with an outcome; visible behind in_next */
    uint64_t inputs_skipped;         /* of blocks that are not there: not judged */
    uint64_t articles, dead_letters; /* complete; found */
    /* --rerun */
    uint64_t rerun, rerun_differs;
    bool has_expected_root;
    uint8_t expected_root[ONR_SHA256_LEN];
    uint64_t expected_size;
    uint64_t n_problems;               /* all, noted ones too */
    struct onr_audit_problem *problem; /* the first ONR_AUDIT_PROBLEMS */
};

struct onr_audit {
    const struct onr_broker *broker;
    struct onr_keyring *keyring;
    struct onr_reader *lane_reader, *input_reader;
    struct onr_codec *codec;
    struct onr_outcome_maker *maker; /* --rerun, else NULL */
    uint8_t config_hash
        [ONR_SHA256_LEN]; /* --rerun: of model and register here, with rules, limits, schemas */
    const struct onr_head_store *begin;  /* --from-head, else NULL */
    const struct onr_head_store *expect; /* --expect, else NULL */
    bool signatures, inputs;
    int32_t partitions, input_partitions; /* of attributions; of statements, 0: not to be seen */
    void (*progress)(void *ctx, uint64_t messages);
    void *progress_ctx;
};

/** Make *ret ready for an audit or for notes. -ONR_ENOMEM. Release it. */
ONR_MUST_USE int onr_audit_lane_init(struct onr_audit_lane *ret, int32_t partition,
                                     const char *origin, struct onr_error *err);
void onr_audit_lane_release(struct onr_audit_lane *l);

/** Audit the lane that *l names. Verdicts are in *l, errors are the machine's: -ONR_EBROKER, -ONR_ENOMEM, -ONR_ESTOP, ... */
ONR_MUST_USE int onr_audit_lane(struct onr_audit *a, struct onr_audit_lane *l,
                                struct onr_error *err);

/** Note something about a lane; its verdict gets as bad as the problem's. */
void onr_audit_note(struct onr_audit_lane *l, enum onr_verdict v, const char *name,
                    const char *topic, int64_t offset, uint64_t seq, const char *fmt, ...)
    ONR_PRINTF(7, 8);

/* --- lanes.c --- */
struct onr_audit_lanes {
    struct onr_audit_lane *lane; /* owned */
    size_t n, cap;
};
/** How many partitions the lanes of the line have: the most that attributions, statements or the key log know of. */
ONR_MUST_USE int onr_audit_partitions(struct onr_audit *a, int32_t *ret, struct onr_error *err);
/** Audit every epoch of n partitions, or of the partition `only` (-1: all), and see that no trusted head was left aside. Release
 *  *l, on failure too. */
ONR_MUST_USE int onr_audit_lanes(struct onr_audit *a, int32_t n, int32_t only,
                                 struct onr_audit_lanes *l, struct onr_error *err);
void onr_audit_lanes_release(struct onr_audit_lanes *l);

/* --- inputs.c --- */
struct onr_audit_inputs;
/** Begin to walk the inputs of l's partition from `from` on; `head` is where the lane's audit begins. */
ONR_MUST_USE int onr_audit_inputs_open(struct onr_audit *a, struct onr_audit_lane *l,
                                       const struct onr_head *head, struct onr_audit_inputs **ret,
                                       struct onr_error *err);
/** The next record of the lane, in order, and the COMMIT it belongs to. */
ONR_MUST_USE int onr_audit_inputs_record(struct onr_audit_inputs *in,
                                         const struct onr_range_record *rec,
                                         const struct onr_commit *commit, struct onr_error *err);
/** The inputs before `to` have their outcome in the epoch before: this lane begins behind them. */
ONR_MUST_USE int onr_audit_inputs_answered(struct onr_audit_inputs *in, int64_t to,
                                           struct onr_error *err);
/** Blocks are not there, or cannot be judged: the inputs from `judged` to `to` were theirs. What comes before `judged` has no
 *  outcome. */
ONR_MUST_USE int onr_audit_inputs_skip(struct onr_audit_inputs *in, int64_t judged, int64_t to,
                                       struct onr_error *err);
/** The lane ends here: in_next of its last COMMIT. */
ONR_MUST_USE int onr_audit_inputs_finish(struct onr_audit_inputs *in, int64_t in_next,
                                         struct onr_error *err);
void onr_audit_inputs_close(struct onr_audit_inputs *in);

/* --- articles.c --- */
struct onr_audit_articles;
/** `begin`: the offset from which the inputs are read. */
ONR_MUST_USE int onr_audit_articles_new(struct onr_audit_lane *l, int64_t begin,
                                        struct onr_audit_articles **ret, struct onr_error *err);
/** The next statement of the input topic. Errors: -ONR_ENOMEM. */
ONR_MUST_USE int onr_audit_articles_take(struct onr_audit_articles *a,
                                         const struct onr_statement *s, int64_t offset,
                                         struct onr_error *err);
/** While quiet, articles are followed, but neither counted nor reported. */
void onr_audit_articles_quiet(struct onr_audit_articles *a, bool quiet);
/** No more inputs: what is still incomplete is a gap. */
void onr_audit_articles_finish(struct onr_audit_articles *a);
void onr_audit_articles_free(struct onr_audit_articles *a);

/* --- rejects.c --- */
struct onr_audit_letters;
/** Dead letters of l's partition; read when the first one is asked for. */
ONR_MUST_USE int onr_audit_letters_open(struct onr_audit *a, struct onr_audit_lane *l,
                                        struct onr_audit_letters **ret, struct onr_error *err);
/** A reject of the lane: is its dead letter there? */
ONR_MUST_USE int onr_audit_letters_check(struct onr_audit_letters *d,
                                         const struct onr_range_record *rec, struct onr_error *err);
void onr_audit_letters_close(struct onr_audit_letters *d);

/* --- report.c --- */
struct onr_audit_report {
    const struct onr_audit *audit;
    const struct onr_audit_lane *lane;
    size_t n;
    enum onr_verdict verdict; /* the worst */
};
/** For people, on standard output. */
ONR_MUST_USE int onr_audit_print(const struct onr_audit_report *r, struct onr_error *err);
/** One JSON object. */
ONR_MUST_USE int onr_audit_print_json(const struct onr_audit_report *r, struct onr_error *err);

#endif
