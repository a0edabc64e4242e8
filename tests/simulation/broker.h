/* tests/simulation/broker.h - Kafka as a worker meets it, in memory: logs, transactions, a group, a network that is late.
 *
 * A log is a list of records and transaction markers; an offset is a place in it. Each producer has an epoch and at most one transaction
 * under way. EndTxn ends whatever transaction is under way, as brokers before KIP-890's second part do: a request that comes late can end
 * the next one. A transaction that was ended is decided at once and seen later, when its markers are written. One that takes too long is
 * aborted, and its producer fenced. What the group committed in it counts when it is seen.
 *
 * Time passes only here. Chance comes from a seed alone, so a schedule is repeated by its seed.
 */
#ifndef ONR_TESTS_SIMULATION_BROKER_H
#define ONR_TESTS_SIMULATION_BROKER_H

#include "common/base/arena.h"
#include "common/stream/message.h"
#include "common/stream/worker.h"

#define SIM_PARTITIONS     3
#define SIM_WORKERS        3
#define SIM_TXNS           2048
#define SIM_LATE           64 /* EndTxn requests under way at once */
#define SIM_TXN_TIMEOUT_MS 400

enum sim_topic { SIM_STATEMENTS, SIM_ATTRIBUTIONS, SIM_REJECTS, SIM_KEYS, SIM_TOPICS };
extern const char *const sim_topic_name[SIM_TOPICS];

enum sim_fate {
    SIM_OPEN,
    SIM_ENDED, /* decided; its markers are not written yet */
    SIM_DONE,
    SIM_GONE
};

struct sim_record {
    unsigned txn;          /* 0: written outside of any */
    struct onr_message *m; /* NULL: a marker */
};

struct sim_log {
    struct sim_record *r; /* owned */
    size_t n, cap;
    size_t shown;  /* records that are there by now */
    size_t stable; /* all before are decided */
};

struct sim_position {
    bool set;
    int64_t next; /* -1: none */
    char metadata[ONR_WORKER_METADATA];
};

struct sim_txn {
    enum sim_fate fate;
    bool commit;       /* ENDED: which way */
    int64_t settle_at; /* ENDED */
    int64_t began_at;
    bool touched[SIM_TOPICS][SIM_PARTITIONS];
    struct sim_position offset[SIM_PARTITIONS];
};

struct sim_producer {
    int epoch;
    unsigned txn;      /* under way, 0 = none */
    unsigned settling; /* the one before, while its markers are not written */
};

struct sim_late { /* an EndTxn request that is still on its way */
    int producer, epoch;
    bool commit;
    int64_t at;
};

/* What can be switched off, to see that it is needed. */
enum sim_guard {
    SIM_ALL_GUARDS,
    SIM_NO_TWINS,       /* a commit that was asked for twice counts as certain */
    SIM_NO_EPOCHS,      /* a new producer does not fence what the old one left under way */
    SIM_NO_GENERATIONS, /* a worker that lost its partitions may commit their positions */
    SIM_NO_UNDECIDED,   /* a lane is opened although a transaction on it is undecided */
    SIM_GUARDS
};

enum sim_hit { /* faults that happened */
               SIM_HIT_REFUSED,
               SIM_HIT_TWIN,
               SIM_HIT_LATE_END, /* an EndTxn came late and ended another transaction, or was fenced */
               SIM_HIT_TIMEOUT,
               SIM_HIT_CRASH,
               SIM_HIT_ZOMBIE,
               SIM_HIT_TORN,
               SIM_HIT_MOVED,
               SIM_HIT_FOREIGN,
               SIM_HITS
};

struct sim_broker {
    uint64_t random;
    bool faults;
    enum sim_guard off;
    int64_t now;
    struct onr_arena arena; /* what records point to */
    struct sim_log log[SIM_TOPICS][SIM_PARTITIONS];
    struct sim_txn txn[SIM_TXNS];
    unsigned n_txn;
    struct sim_producer producer[SIM_WORKERS];
    struct sim_position group[SIM_PARTITIONS];
    int generation, owner[SIM_PARTITIONS];
    struct sim_late late[SIM_LATE];
    size_t n_late;
    uint64_t hits[SIM_HITS];
};

/* The one that the calls in kafka.c mean. */
extern struct sim_broker *sim;

void sim_broker_init(struct sim_broker *b, uint64_t seed);
void sim_broker_release(struct sim_broker *b);

uint64_t sim_draw(struct sim_broker *b, uint64_t below);
/** True once in `one_in`, while there are faults. */
bool sim_chance(struct sim_broker *b, unsigned one_in);

/** Time goes on: what is late comes, what was ended is seen, what takes too long is aborted. */
void sim_pass(struct sim_broker *b, int64_t ms);

/** Append a record (copied); m NULL appends a marker. Returns its offset. */
int64_t sim_append(struct sim_broker *b, enum sim_topic t, int p, unsigned txn,
                   const struct onr_message *m);
bool sim_visible(const struct sim_broker *b, const struct sim_record *r);
/** End of what is decided, and of what is there. */
int64_t sim_stable(struct sim_broker *b, enum sim_topic t, int p);
int64_t sim_high(const struct sim_broker *b, enum sim_topic t, int p);

/** A producer of this name begins: what an earlier one left under way is aborted, and it is fenced. Returns the epoch. */
int sim_producer_init(struct sim_broker *b, int producer);
/** The transaction that a request of this producer belongs to, begun if need be. NULL: fenced. `known` says that the client has
 *  announced this partition in its transaction: NULL then also when the broker knows nothing of it (KIP-890, first part). */
struct sim_txn *sim_txn_of(struct sim_broker *b, int producer, int epoch, enum sim_topic t, int p,
                           bool known, unsigned *ret_number);
/** An EndTxn request arrives. False: fenced. */
bool sim_end(struct sim_broker *b, int producer, int epoch, bool commit);
/** It will, later. */
void sim_end_later(struct sim_broker *b, int producer, int epoch, bool commit);

/** The first records of the lane's last block are lost although its COMMIT is there, as a stray abort leaves it. False when the lane does
 *  not end with a block. */
bool sim_tear(struct sim_broker *b, int p);

#endif
