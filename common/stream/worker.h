/* common/stream/worker.h - a member of a consumer group that drives the engine: librdkafka's side of exactly once.
 *
 * It joins the group, hands records to the engine, and does in Kafka what the engine asks: transactions through a producer
 * of its own, and the flow of records by assigning partitions at explicit offsets. Partitions given by the group are not
 * assigned before their lanes are open. Inside the rebalance callback a revoke undoes the open transaction; everything slow
 * (looking for a lane's end) happens outside of it. Offsets go with a transaction under the group metadata that was
 * captured when the partitions were assigned, so that a member that lost them is fenced.
 */
#ifndef ONR_STREAM_WORKER_H
#define ONR_STREAM_WORKER_H

#include "common/stream/engine.h"

struct onr_worker;

struct onr_worker_spec {
    const struct onr_kafka *kafka; /* all borrowed for the life of the worker */
    struct onr_txn *txn;
    const char *topic; /* input */
    const char *group;
    const char *instance; /* static membership; NULL = dynamic */
    const struct onr_engine_lanes *lanes;
    void *lanes_ctx;
    int commit_ms, heartbeat_ms, hold_ms;
    unsigned max_failures;
    void (*event)(void *ctx, enum onr_engine_event e, int32_t partition, const char *text);
    void *event_ctx;
};

/** Join the group. Returns owned. Errors: -ONR_ECONFIG, -ONR_EBROKER, -ONR_ENOMEM. */
ONR_MUST_USE int onr_worker_open(const struct onr_worker_spec *spec, struct onr_worker **ret,
                                 struct onr_error *err);

/** Wait for records up to timeout_ms, process what is there, commit what is due. Errors end the worker: see
 *  onr_engine_message; -ONR_EFENCED: another worker runs under the same --instance. */
ONR_MUST_USE int onr_worker_run(struct onr_worker *w, int timeout_ms, struct onr_error *err);

/** Commit what is open, before close. */
ONR_MUST_USE int onr_worker_finish(struct onr_worker *w, struct onr_error *err);
/** Leave; what is open is undone. A static member keeps its place in the group for the session's time. */
void onr_worker_close(struct onr_worker *w);

#define ONR_WORKER_METADATA 512

/** The group's committed position of an input partition, and the text kept with it ("" if none); -1 if there is none. Waits
 *  for pending transactions. Errors: -ONR_EBROKER, -ONR_EFENCED, -ONR_ESTOP. */
ONR_MUST_USE int onr_worker_committed(struct onr_worker *w, int32_t partition, int timeout_ms,
                                      int64_t *ret_next, char ret_metadata[ONR_WORKER_METADATA],
                                      struct onr_error *err);

struct onr_worker_state {
    struct onr_engine_counts counts;
    size_t assigned, running;
    int64_t lag; /* visible and invisible records behind the end, as last heard; -1 = not known */
    uint64_t rebalances;
    uint64_t errors;   /* of the client: connections, time-outs */
    const char *error; /* the last of them, "" if none */
};
void onr_worker_state(const struct onr_worker *w, struct onr_worker_state *ret);

#endif
