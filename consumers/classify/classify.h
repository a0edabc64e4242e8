/* consumers/classify/classify.h - the worker: statements in, signed lanes out, exactly once.
 *
 *   main.c    settings, start and stop, log lines
 *   lanes.c   what the engine calls: open, process, seal, keep, drop, close
 *   resume.c  where a lane stands: its last COMMIT, the group's position, what does not fit together
 *   block.c   the last block: is it whole, and writing it again
 *   output.c  records, dead letters and COMMITs as Kafka messages
 *   rekey.c   another key without a restart
 *   seen.c    reads its own lanes back and compares them with what was committed
 *
 * The engine (common/stream/engine.h) decides when; these files decide what. Rules: docs/stmtlog.md.
 */
#ifndef ONR_CLASSIFY_CLASSIFY_H
#define ONR_CLASSIFY_CLASSIFY_H

#include "common/line/broker.h"
#include "common/line/keyring.h"
#include "common/line/lane_reader.h"
#include "common/line/model_choice.h"
#include "common/line/outcome.h"
#include "common/stmtlog/lane_state.h"
#include "common/stmtlog/offsetmeta.h"
#include "common/stream/worker.h"

#define LANES_MAX   ONR_LEDGER_MAX
#define BEHIND_MAX  32 /* blocks committed and not yet read back, at most */
#define BEHIND_STOP 16 /* blocks behind at which no further transaction begins */

/* A block that was committed and not yet seen in the topic. */
struct committed {
    uint64_t commit_no;
    uint8_t body_hash[ONR_SHA256_LEN];
};

struct lane {
    int32_t partition;
    char origin[ONR_ORIGIN_MAX + 1];
    struct onr_lane state;
    bool recovered;        /* the next COMMIT is the first after taking over */
    bool repair;           /* the next COMMIT repairs the last block */
    int64_t commit_offset; /* of the COMMIT in flight, filled in by its delivery report; -1 */
    char metadata[ONR_OFFSETMETA_MAX];
    /* read back */
    struct onr_lane_reader *back; /* owned */
    int64_t back_next;            /* output offset to read from */
    struct committed behind[BEHIND_MAX];
    size_t n_behind;
    uint64_t unseen;  /* oldest COMMIT among them at the last look, counted from 1; 0 = none */
    uint64_t replays; /* copies met when that was last said */
};

struct classify {
    struct onr_broker broker;
    const char *statements, *attributions, *rejects; /* topics */
    const char *group, *instance;
    char group_default[ONR_TOPIC_NAME_MAX + 16];
    struct onr_codec *codec;
    struct onr_chosen chosen; /* model, NULL = noop, and register of people */
    struct onr_outcome_maker *maker;
    struct onr_signer signer;
    struct onr_signer successor; /* read after SIGHUP; takes over when no block is open */
    struct onr_keyring *keys;
    int64_t keys_at; /* when the key log was last looked at */
    uint8_t config_hash[ONR_SHA256_LEN];
    struct onr_reader *ends;   /* quick: looks for the ends of lanes */
    struct onr_reader *reader; /* follows: reads back */
    struct onr_txn *txn;
    struct onr_worker *worker;
    struct onr_arena arena; /* one record or COMMIT being taken apart or built */
    struct onr_buf commit, note, text;
    uint8_t attempt[ONR_ATTEMPT_LEN]; /* random at start, counted up from COMMIT to COMMIT */
    struct lane **lane;               /* owned, in the order they were opened */
    size_t n, cap;
    bool seen_moved; /* lanes were opened or closed: the read-back has other ranges now */
    uint64_t rejected;
};

extern const struct onr_engine_lanes classify_lanes;
struct lane *classify_lane(struct classify *c, int32_t partition);

/** Find where the lane stands. 1: a transaction is still undecided. Errors: -ONR_EKEY, -ONR_ECONFIG, -ONR_ESTATE (refused),
 *  -ONR_EBROKER. */
ONR_MUST_USE int lane_resume(struct classify *c, struct lane *l, struct onr_error *err);

/** Is the block that ends at `h` there? Fills h up with the tree before it, and l->repair. Errors: -ONR_EVERIFY (its records are not
 *  what was signed), -ONR_ESTATE, -ONR_EBROKER, -ONR_ESTOP. */
ONR_MUST_USE int block_check(struct classify *c, struct lane *l, int64_t low, int64_t end,
                             struct onr_head *h, struct onr_error *err);
/** Begin the attempt that writes the last block again, with all its records. Errors: -ONR_ESTATE (its inputs are gone). */
ONR_MUST_USE int block_repair(struct classify *c, struct lane *l, struct onr_error *err);

/** The outcome of m becomes the next leaf of the open attempt, signed and produced. */
ONR_MUST_USE int append_record(struct classify *c, struct lane *l, const struct onr_message *m,
                               const struct onr_outcome *o, struct onr_error *err);
/** Produce a record of the lane and, for a reject, its dead letter. */
ONR_MUST_USE int send_record(struct classify *c, struct lane *l, const struct onr_message *m,
                             const struct onr_outcome *o, const uint8_t leaf[ONR_LEAF_LEN],
                             const uint8_t sig[ONR_RECORD_SIG_LEN], uint64_t seq,
                             struct onr_error *err);
/** Produce the COMMIT of the attempt with its frontier and signed note. */
ONR_MUST_USE int send_commit(struct classify *c, struct lane *l, const uint8_t body[ONR_COMMIT_LEN],
                             const uint8_t sig[ONR_SIG_LEN], struct onr_error *err);

/** After SIGHUP: read --key again. */
void rekey_look(struct classify *c, const struct onr_settings *s);
/** Sign with the new key from now on, if there is one and no block is open. Called before a block begins. */
void rekey_switch(struct classify *c);

/** Begin to read a lane back from its head. */
ONR_MUST_USE int seen_open(struct classify *c, struct lane *l, struct onr_error *err);
/** A block was committed: it has to appear. */
void seen_expect(struct lane *l);
/** Read what has appeared. Errors: -ONR_EVERIFY (something else appeared), -ONR_EBROKER, -ONR_ENOMEM. */
ONR_MUST_USE int seen_step(struct classify *c, struct onr_error *err);
/** Say which lanes have a block that is not seen since the last look: somebody's transaction hangs on them. */
void seen_report(struct classify *c);
/** Blocks of the lane that is furthest behind. */
size_t seen_behind(const struct classify *c);

#endif
