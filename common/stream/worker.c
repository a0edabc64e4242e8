/* common/stream/worker.c - a member of a consumer group that drives the engine (worker.h). */
#include "common/stream/worker.h"

#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/failpoint.h"
#include "common/base/file.h"
#include "common/stream/access.h"
#include "common/stream/kafka_error.h"
#include "common/stream/message_in.h"
#include "common/stream/slices.h"

#define FLUSH_MS      15000 /* longest wait for acknowledgements before a transaction is given up */
#define FIRST_MS      3000  /* longest first wait for an answer */
#define FENCE_MS      3000 /* a fenced member hears of it with its next heartbeat, one second at most */
#define FENCE_LOOK_MS 20
#define DRAIN_LOOK    64 /* records between two looks at the clock */
#define CLOSE_MS      3000

struct onr_worker {
    const struct onr_kafka *kafka; /* first: log callback (conf.h) */
    struct onr_worker_spec spec;
    rd_kafka_t *rk;
    struct onr_engine *engine;
    rd_kafka_consumer_group_metadata_t *group; /* captured at assignment */
    struct onr_message message;
    bool txn_fenced;
    bool closing;
    int failed; /* -ONR_E... found inside a callback */
    struct onr_error failed_error;
    struct onr_worker_state state;
    char last_error[ONR_ERROR_TEXT_MAX];
};

/* --- what the engine asks of Kafka --- */

static int64_t
host_now(void *host)
{
    (void) host;
    return onr_now_ms();
}

/* Remember whether the producer was fenced: undo has to find out by whom. */
static int
noted(struct onr_worker *w, int rc)
{
    if (rc == -ONR_EFENCED)
        w->txn_fenced = true;
    return rc;
}

static int
host_begin(void *host, struct onr_error *err)
{
    struct onr_worker *w = host;

    return noted(w, onr_txn_begin(w->spec.txn, err));
}

static int
host_flush(void *host, struct onr_error *err)
{
    struct onr_worker *w = host;

    return noted(w, onr_txn_flush(w->spec.txn, FLUSH_MS, err));
}

static int
host_offsets(void *host, const struct onr_offset *o, size_t n, struct onr_error *err)
{
    struct onr_worker *w = host;

    if (!w->group)
        return onr_fail(err, ONR_EBROKER, "this worker is no member of its group right now");
    return noted(w, onr_txn_offsets(w->spec.txn, o, n, w->group, err));
}

static int
host_commit(void *host, struct onr_error *err)
{
    struct onr_worker *w = host;

    return noted(w, onr_txn_commit(w->spec.txn, err));
}

static int
fatal(struct onr_worker *w, struct onr_error *err)
{
    char why[256];
    rd_kafka_resp_err_t e = rd_kafka_fatal_error(w->rk, why, sizeof why);

    if (!e)
        return 0;
    if (onr_kafka_class_code(e) == ONR_KAFKA_FENCED)
        return onr_fail(
            err, ONR_EFENCED,
            "another worker runs with --instance %s in group %s: give each worker its own",
            w->spec.instance ? w->spec.instance : "(none)", w->spec.group);
    return onr_kafka_fail(err, e, "the consumer failed: %s", why);
}

/* A fenced producer has two possible reasons: its transaction timed out, or another worker has our name. The second also
 * fences our place in the group, which shows at the next heartbeat. Fighting back would fence the other one in turn. */
static int
fenced_by_another(struct onr_worker *w, struct onr_error *err)
{
    int64_t deadline = onr_now_ms() + FENCE_MS;
    int rc;

    /* librdkafka's own thread notes it. Its queue must not be served here: that could call back for a rebalance in the middle
     * of the undo. */
    while ((rc = fatal(w, err)) == 0 && onr_now_ms() < deadline)
        poll(NULL, 0, FENCE_LOOK_MS);
    return rc;
}

static int
host_undo(void *host, struct onr_error *err)
{
    struct onr_worker *w = host;
    bool unclear = onr_txn_unclear(w->spec.txn);
    struct onr_txn_counts before, after;
    int rc;

    if (w->txn_fenced && !w->closing && w->spec.instance && (rc = fenced_by_another(w, err)) < 0)
        return rc;
    onr_txn_counts(w->spec.txn, &before);
    if ((rc = onr_txn_undo(w->spec.txn, err)) < 0)
        return rc;
    w->txn_fenced = false;
    onr_txn_counts(w->spec.txn, &after);
    return unclear || after.recycled > before.recycled ? 1 : 0;
}

static int
host_flow(void *host, const struct onr_flow *flow, size_t n, struct onr_error *err)
{
    struct onr_worker *w = host;
    rd_kafka_topic_partition_list_t *l = rd_kafka_topic_partition_list_new((int) n + 1);
    rd_kafka_resp_err_t e;

    for (size_t i = 0; i < n; i++)
        rd_kafka_topic_partition_list_add(l, w->spec.topic, flow[i].partition)->offset
            = flow[i].from;
    onr_failpoint("init-seek");
    e = rd_kafka_assign(w->rk, l);
    rd_kafka_topic_partition_list_destroy(l);
    return e ? onr_kafka_fail(err, e, "the input cannot be set to its position") : 0;
}

static const struct onr_engine_host host = { .now_ms = host_now,
                                             .begin = host_begin,
                                             .flush = host_flush,
                                             .offsets = host_offsets,
                                             .commit = host_commit,
                                             .undo = host_undo,
                                             .flow = host_flow };

/* --- the group --- */

static void
drop_group(struct onr_worker *w)
{
    if (w->group)
        rd_kafka_consumer_group_metadata_destroy(w->group);
    w->group = NULL;
}

static void
assigned(struct onr_worker *w, const rd_kafka_topic_partition_list_t *l)
{
    int32_t *partition = calloc((size_t) l->cnt + 1, sizeof *partition);
    rd_kafka_topic_partition_list_t *none = rd_kafka_topic_partition_list_new(1);

    for (int i = 0; partition && i < l->cnt; i++)
        partition[i] = l->elems[i].partition;
    /* The group's part is done; records flow when the lanes are open. */
    rd_kafka_assign(w->rk, none);
    rd_kafka_topic_partition_list_destroy(none);
    drop_group(w);
    w->group = rd_kafka_consumer_group_metadata(w->rk);
    if (!partition)
        w->failed = onr_fail(&w->failed_error, ONR_ENOMEM, "no memory for %d partitions", l->cnt);
    else if (!w->failed)
        w->failed = onr_engine_assign(w->engine, partition, (size_t) l->cnt, &w->failed_error);
    free(partition);
}

static void
on_rebalance(rd_kafka_t *rk, rd_kafka_resp_err_t e, rd_kafka_topic_partition_list_t *l,
             void *opaque)
{
    struct onr_worker *w = opaque;

    w->state.rebalances++;
    rd_kafka_yield(rk); /* the poll that called us returns: there is something to do */
    if (e == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
        assigned(w, l);
        return;
    }
    if (!onr_unguarded("revoke"))
        onr_engine_revoke(w->engine);
    drop_group(w);
    rd_kafka_assign(rk, NULL);
}

static void
on_error(rd_kafka_t *rk, int e, const char *reason, void *opaque)
{
    struct onr_worker *w = opaque;
    size_t len = strlen(reason);

    onr_access_note(rk, e, reason);
    if (len >= sizeof w->last_error)
        len = sizeof w->last_error - 1;
    memcpy(w->last_error, reason, len);
    w->last_error[len] = 0;
    w->state.errors++;
}

static int
make_consumer(struct onr_worker *w, struct onr_error *err)
{
    const struct onr_client_spec spec = { .client = ONR_CLIENT_WORKER,
                                          .group = w->spec.group,
                                          .instance = w->spec.instance,
                                          .eof = true,
                                          .opaque = w };
    rd_kafka_topic_partition_list_t *topics;
    rd_kafka_conf_t *conf;
    rd_kafka_resp_err_t e;
    int rc;

    if ((rc = onr_conf_new(w->kafka, &spec, &conf, err)) < 0)
        return rc;
    rd_kafka_conf_set_rebalance_cb(conf, on_rebalance);
    rd_kafka_conf_set_error_cb(conf, on_error);
    if ((rc = onr_client_new(RD_KAFKA_CONSUMER, conf, &w->rk, err)) < 0)
        return rc;
    rd_kafka_poll_set_consumer(w->rk);
    topics = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(topics, w->spec.topic, RD_KAFKA_PARTITION_UA);
    e = rd_kafka_subscribe(w->rk, topics);
    rd_kafka_topic_partition_list_destroy(topics);
    return e ? onr_kafka_fail(err, e, "topic %s cannot be subscribed", w->spec.topic) : 0;
}

int
onr_worker_open(const struct onr_worker_spec *spec, struct onr_worker **ret, struct onr_error *err)
{
    struct onr_worker *w = calloc(1, sizeof *w);
    int rc;

    if (!w)
        return onr_fail(err, ONR_ENOMEM, "no memory for a worker");
    w->kafka = spec->kafka;
    w->spec = *spec;
    const struct onr_engine_spec engine = { .host = &host,
                                            .host_ctx = w,
                                            .lanes = spec->lanes,
                                            .lanes_ctx = spec->lanes_ctx,
                                            .topic = spec->topic,
                                            .commit_ms = spec->commit_ms,
                                            .heartbeat_ms = spec->heartbeat_ms,
                                            .hold_ms = spec->hold_ms,
                                            .max_failures = spec->max_failures,
                                            .event = spec->event,
                                            .event_ctx = spec->event_ctx };

    if ((rc = onr_engine_new(&engine, &w->engine, err)) < 0 || (rc = make_consumer(w, err)) < 0) {
        onr_worker_close(w);
        return rc;
    }
    *ret = w;
    return 0;
}

void
onr_worker_close(struct onr_worker *w)
{
    if (!w)
        return;
    w->closing = true;
    if (w->rk) {
        /* close() calls the rebalance callback once more. It can hang in 2.0.2 (#4187, #4724): asked for and then waited
         * for, up to a bound; past it the process ends without it, which the group and the engine survive. */
        rd_kafka_queue_t *q = rd_kafka_queue_get_consumer(w->rk);
        rd_kafka_error_t *e = rd_kafka_consumer_close_queue(w->rk, q);
        int64_t deadline = onr_now_ms() + CLOSE_MS;

        if (e)
            rd_kafka_error_destroy(e);
        while (!rd_kafka_consumer_closed(w->rk) && onr_now_ms() < deadline) {
            rd_kafka_event_t *event = rd_kafka_queue_poll(q, 20);

            if (event && rd_kafka_event_type(event) == RD_KAFKA_EVENT_REBALANCE) {
                onr_engine_revoke(w->engine);
                rd_kafka_assign(w->rk, NULL);
            }
            rd_kafka_event_destroy(event);
        }
        rd_kafka_queue_destroy(q);
        if (rd_kafka_consumer_closed(w->rk))
            rd_kafka_destroy_flags(w->rk, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    }
    onr_engine_free(w->engine);
    drop_group(w);
    free(w);
}

/* --- running --- */

/* What the consumer says instead of a record. */
static int
take_event(struct onr_worker *w, const rd_kafka_message_t *m, struct onr_error *err)
{
    int rc;

    switch (m->err) {
    case RD_KAFKA_RESP_ERR__PARTITION_EOF:
        onr_engine_end(w->engine, m->partition, m->offset);
        return 0;
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
    case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
        return onr_fail(err, ONR_ESTATE,
                        "%s[%" PRId32 "]: offset %" PRId64
                        " is where the lane goes on and is not there: retention or "
                        "DeleteRecords overtook it; records are lost to this lane",
                        w->spec.topic, m->partition, m->offset);
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
        return onr_fail(err, ONR_ENOTFOUND,
                        "topic %s does not exist: create it with `onrecord topics`", w->spec.topic);
    default:
        break;
    }
    if ((rc = fatal(w, err)) < 0)
        return rc;
    if (onr_kafka_class_code(m->err) == ONR_KAFKA_DENIED)
        return onr_kafka_fail(err, m->err, "%s", rd_kafka_message_errstr(m));
    /* What a partition says and does not pass by itself is about records that cannot be read: a wrong checksum, a batch that
     * does not unpack. librdkafka goes on behind them; a lane that did would have lost them. */
    if (m->rkt && onr_kafka_class_code(m->err) != ONR_KAFKA_RETRY)
        return onr_kafka_fail(err, m->err,
                              "%s[%" PRId32 "]: records at offset %" PRId64 " cannot be read",
                              w->spec.topic, m->partition, m->offset);
    on_error(w->rk, m->err, rd_kafka_message_errstr(m), w);
    return 0;
}

static int
take(struct onr_worker *w, rd_kafka_message_t *m, struct onr_error *err)
{
    int rc;

    if (m->err) {
        rc = take_event(w, m, err);
    } else {
        onr_message_in(m, false, &w->message);
        rc = onr_engine_message(w->engine, &w->message, err);
    }
    rd_kafka_message_destroy(m);
    return rc;
}

/* Errors found inside a callback. */
static int
callback_failure(struct onr_worker *w, struct onr_error *err)
{
    if (w->failed && err)
        *err = w->failed_error;
    return w->failed;
}

int
onr_worker_run(struct onr_worker *w, int timeout_ms, struct onr_error *err)
{
    int wait = onr_engine_wait_ms(w->engine), rc;
    rd_kafka_message_t *m = rd_kafka_consumer_poll(w->rk, wait < timeout_ms ? wait : timeout_ms);

    for (unsigned n = 1; m; n++) {
        if ((rc = take(w, m, err)) < 0)
            return rc;
        if (n % DRAIN_LOOK == 0 && onr_engine_wait_ms(w->engine) == 0)
            break;
        m = rd_kafka_consumer_poll(w->rk, 0);
    }
    if ((rc = callback_failure(w, err)) < 0 || (rc = onr_access_refused(w->rk, err)) < 0)
        return rc;
    return onr_engine_step(w->engine, err);
}

int
onr_worker_finish(struct onr_worker *w, struct onr_error *err)
{
    return onr_engine_finish(w->engine, err);
}

int
onr_worker_committed(struct onr_worker *w, int32_t partition, int timeout_ms, int64_t *ret_next,
                     char ret_metadata[ONR_WORKER_METADATA], struct onr_error *err)
{
    rd_kafka_topic_partition_list_t *l = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_t *p = rd_kafka_topic_partition_list_add(l, w->spec.topic, partition);
    struct onr_slices slices = onr_slices_of(timeout_ms, FIRST_MS);
    rd_kafka_resp_err_t e;
    int rc;

    /* A member that was fenced meanwhile is never answered. */
    do {
        e = rd_kafka_committed(w->rk, l, onr_slices_take(&slices));
        if (!e)
            e = p->err;
        if ((rc = fatal(w, err)) == 0 && e && w->spec.kafka->stopping && w->spec.kafka->stopping())
            rc = onr_fail(err, ONR_ESTOP, "stopped while waiting for the group's coordinator");
    } while (rc == 0 && e && onr_kafka_class_code(e) == ONR_KAFKA_RETRY
             && !onr_slices_over(&slices));
    if (rc == 0 && e) {
        rc = onr_kafka_fail(err, e, "the group's position of %s[%" PRId32 "] cannot be read",
                            w->spec.topic, partition);
    } else if (rc == 0) {
        size_t len = p->metadata ? p->metadata_size : 0;

        if (len >= ONR_WORKER_METADATA)
            len = ONR_WORKER_METADATA - 1;
        if (len)
            memcpy(ret_metadata, p->metadata, len);
        ret_metadata[len] = 0;
        *ret_next = p->offset >= 0 ? p->offset : -1;
    }
    rd_kafka_topic_partition_list_destroy(l);
    return rc;
}

/* Records between what was processed and the end, as the last fetch answers told it. */
static int64_t
lag(const struct onr_worker *w)
{
    const struct onr_ledger *l = onr_engine_ledger(w->engine);
    int64_t sum = 0;

    if (l->n == 0)
        return -1;
    for (size_t i = 0; i < l->n; i++) {
        int64_t low, high;

        if (rd_kafka_get_watermark_offsets(w->rk, w->spec.topic, l->entry[i].partition, &low, &high)
            || high < 0)
            return -1;
        if (high > l->entry[i].next)
            sum += high - l->entry[i].next;
    }
    return sum;
}

void
onr_worker_state(const struct onr_worker *w, struct onr_worker_state *ret)
{
    *ret = w->state;
    onr_engine_counts(w->engine, &ret->counts);
    onr_engine_partitions(w->engine, &ret->assigned, &ret->running);
    ret->lag = lag(w);
    ret->error = w->last_error;
}
