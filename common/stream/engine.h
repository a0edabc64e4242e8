/* common/stream/engine.h - exactly once: the state machine that turns input records into committed blocks.
 *
 * A pure machine: events go in (partitions assigned and revoked, records, ends, the passing of time), and what it wants done
 * it asks of two tables of functions. The *host* is Kafka: transactions, offsets, the flow of records. The *lanes* are what is
 * made of the records. Neither clock nor Kafka is known here, so that the same code runs under a simulation with seeds.
 *
 *   partition:   ASSIGNED --open--> RUNNING <--> HELD       (not yet settled: stays ASSIGNED and is tried again)
 *   transaction: none --first record or heartbeat--> open --time, size--> seal, flush, offsets, commit --> none
 *
 * There is one recovery path. Whatever goes wrong inside a transaction, the host undoes it; if it is certain that nothing was
 * committed, lanes drop their attempt and the input goes back to the last committed position; else every lane is opened
 * anew from what Kafka holds. A revoke undoes the transaction before the partitions are given up.
 */
#ifndef ONR_STREAM_ENGINE_H
#define ONR_STREAM_ENGINE_H

#include "common/stream/ledger.h"
#include "common/stream/message.h"
#include "common/stream/txn.h"

/* Where one input partition flows from. */
struct onr_flow {
    int32_t partition;
    int64_t from;
};

/* Kafka, or what plays its part. Functions return 0 or -ONR_E... */
struct onr_engine_host {
    int64_t (*now_ms)(void *host);
    int (*begin)(void *host, struct onr_error *err);
    int (*flush)(void *host, struct onr_error *err);
    /** Commit positions with the transaction, as the member that was assigned these partitions. */
    int (*offsets)(void *host, const struct onr_offset *o, size_t n, struct onr_error *err);
    int (*commit)(void *host, struct onr_error *err);
    /** End whatever transaction is open. 0: certain, it was not committed. 1: it may have been committed, but is settled
     *  now. -ONR_EBROKER: not yet possible, call again. -ONR_EFENCED: another instance took over. */
    int (*undo)(void *host, struct onr_error *err);
    /** From now on exactly these partitions flow, from these offsets; what is under way is discarded. */
    int (*flow)(void *host, const struct onr_flow *flow, size_t n, struct onr_error *err);
};

/* Answers of process(). */
enum onr_process {
    ONR_PROCESS_TOOK, /* its outcome is part of the transaction */
    ONR_PROCESS_FULL, /* the lane's block is full: commit, then offer it again */
    ONR_PROCESS_HOLD  /* cannot be processed now, through no fault of the record: err says why */
};

/* What is made of a partition's records. */
struct onr_engine_lanes {
    /** Find out from Kafka where this partition stands. 1: not settled yet (a transaction of a dead worker), call again.
     *  0: go on at *ret_next; *ret_fresh says that its first COMMIT is still to come. Other errors end the worker. */
    int (*open)(void *lanes, int32_t partition, int64_t *ret_next, bool *ret_fresh,
                struct onr_error *err);
    /** Process one record inside the open transaction: enum onr_process, or an error of the transaction. */
    int (*process)(void *lanes, const struct onr_message *m, struct onr_error *err);
    /** End the partition's block with its COMMIT; without records since the last one it is a heartbeat. */
    int (*seal)(void *lanes, int32_t partition, int64_t in_next, struct onr_error *err);
    /** After the flush: metadata that goes with the partition's offset; valid until keep or drop. */
    const char *(*metadata)(void *lanes, int32_t partition);
    /** The transaction was committed: the attempt is the truth now. */
    int (*keep)(void *lanes, int32_t partition, struct onr_error *err);
    /** It was not: forget the attempt. */
    void (*drop)(void *lanes, int32_t partition);
    /** The partition is not ours any more, or is going to be opened anew (its attempt was dropped). May come twice. */
    void (*close)(void *lanes, int32_t partition);
    /** May another transaction begin? False while what was committed has not been seen often enough. NULL: always. */
    bool (*may_begin)(void *lanes);
};

/* What a program may want to log. */
enum onr_engine_event {
    ONR_ENGINE_ASSIGNED,
    ONR_ENGINE_OPENED,
    ONR_ENGINE_WAITING, /* lane not settled yet */
    ONR_ENGINE_REVOKED,
    ONR_ENGINE_HELD,    /* alarm: a record cannot be processed now */
    ONR_ENGINE_ABORTED, /* undone for certain */
    ONR_ENGINE_UNCLEAR, /* undone or not: lanes are opened anew */
    ONR_ENGINE_COMMITTED
};

struct onr_engine_spec {
    const struct onr_engine_host *host;
    void *host_ctx;
    const struct onr_engine_lanes *lanes;
    void *lanes_ctx;
    const char *topic; /* input topic, borrowed */
    int commit_ms; /* commits begin this far apart; further where one takes more than half of it */
    int heartbeat_ms; /* age at which a lane gets a COMMIT without records */
    int hold_ms; /* wait before a held record or an unsettled lane is tried again: first 1/20 of it, then all */
    unsigned max_failures; /* transactions that may fail in a row before the worker gives up */
    void (*event)(void *ctx, enum onr_engine_event e, int32_t partition, const char *text);
    void *event_ctx; /* event may be NULL */
};

struct onr_engine_counts {
    uint64_t records, duplicates, transactions, heartbeats, aborted, unclear, held;
};

struct onr_engine;

ONR_MUST_USE int onr_engine_new(const struct onr_engine_spec *spec, struct onr_engine **ret,
                                struct onr_error *err);
/** The lanes are closed; the transaction must have been finished or undone. */
void onr_engine_free(struct onr_engine *e);

/** Partitions of the input topic are ours; nothing flows until onr_engine_step has opened their lanes. */
ONR_MUST_USE int onr_engine_assign(struct onr_engine *e, const int32_t *partition, size_t n,
                                   struct onr_error *err);
/** All partitions are given up: undoes what is open. To be called before the group is told. */
void onr_engine_revoke(struct onr_engine *e);

/** A record arrived. Errors end the worker: -ONR_EFENCED, -ONR_ECONFIG, -ONR_EKEY, -ONR_ELIMIT, -ONR_ESTATE, -ONR_EVERIFY. */
ONR_MUST_USE int onr_engine_message(struct onr_engine *e, const struct onr_message *m,
                                    struct onr_error *err);
/** The end of a partition was reached: no visible record before this offset. */
void onr_engine_end(struct onr_engine *e, int32_t partition, int64_t offset);

/** Time has passed: opens lanes, recovers, commits what is due. To be called often. Errors as onr_engine_message. */
ONR_MUST_USE int onr_engine_step(struct onr_engine *e, struct onr_error *err);
/** Milliseconds until step has something to do; 0 = now. */
int onr_engine_wait_ms(const struct onr_engine *e);

/** Commit what is open and end: the clean stop. */
ONR_MUST_USE int onr_engine_finish(struct onr_engine *e, struct onr_error *err);

/** Number of partitions assigned, and of those running. */
void onr_engine_partitions(const struct onr_engine *e, size_t *ret_assigned, size_t *ret_running);
const struct onr_ledger *onr_engine_ledger(const struct onr_engine *e);
void onr_engine_counts(const struct onr_engine *e, struct onr_engine_counts *ret);

#endif
