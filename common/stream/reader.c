/* common/stream/reader.c - ranges of topic partitions, read without a group (reader.h).
 *
 * librdkafka's partition-wise consumer with one shared queue: unlike assign() it needs no consumer group, so a subscriber needs
 * no right on any group and no coordinator has to answer. Where a range ends is decided by positions: a record at or behind
 * `to`, or the report that the partition's end was reached at or behind `to`.
 */
#include "common/stream/reader.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/file.h"
#include "common/stream/access.h"
#include "common/stream/ask.h"
#include "common/stream/kafka_error.h"
#include "common/stream/message_in.h"

#define QUERY_MS 10000 /* for the bounds that assign has to ask for */

struct range {
    rd_kafka_topic_t *rkt;
    int32_t partition;
    int64_t to;       /* INT64_MAX = follow */
    int64_t position; /* next offset not yet seen */
    bool started, done, at_end;
};

struct onr_reader {
    const struct onr_kafka *kafka; /* first: log callback (conf.h) */
    rd_kafka_t *rk;
    rd_kafka_queue_t *queue;
    struct range *range;
    size_t n, n_done, last;
    rd_kafka_message_t *held;
    struct onr_message message;
};

static int
open_reader(const struct onr_kafka *k, bool uncommitted, bool quick, struct onr_reader **ret,
            struct onr_error *err)
{
    struct onr_reader *r = calloc(1, sizeof *r);
    const struct onr_client_spec spec = { .client = ONR_CLIENT_READER,
                                          .uncommitted = uncommitted,
                                          .eof = true,
                                          .quick = quick,
                                          .opaque = r };
    rd_kafka_conf_t *conf;
    int rc;

    if (!r)
        return onr_fail(err, ONR_ENOMEM, "no memory for a reader");
    r->kafka = k;
    if ((rc = onr_conf_new(k, &spec, &conf, err)) < 0
        || (rc = onr_client_new(RD_KAFKA_CONSUMER, conf, &r->rk, err)) < 0) {
        free(r);
        return rc;
    }
    r->queue = rd_kafka_queue_new(r->rk);
    *ret = r;
    return 0;
}

int
onr_reader_open(const struct onr_kafka *k, bool uncommitted, struct onr_reader **ret,
                struct onr_error *err)
{
    return open_reader(k, uncommitted, false, ret, err);
}

int
onr_reader_open_quick(const struct onr_kafka *k, bool uncommitted, struct onr_reader **ret,
                      struct onr_error *err)
{
    return open_reader(k, uncommitted, true, ret, err);
}

static void
stop_range(struct range *g)
{
    if (g->started)
        rd_kafka_consume_stop(g->rkt, g->partition);
    g->started = false;
}

static void
drop_held(struct onr_reader *r)
{
    if (r->held)
        rd_kafka_message_destroy(r->held);
    r->held = NULL;
}

static void
drop_ranges(struct onr_reader *r)
{
    drop_held(r);
    for (size_t i = 0; i < r->n; i++) {
        stop_range(&r->range[i]);
        if (r->range[i].rkt)
            rd_kafka_topic_destroy(r->range[i].rkt);
    }
    free(r->range);
    r->range = NULL;
    r->n = r->n_done = r->last = 0;
}

void
onr_reader_close(struct onr_reader *r)
{
    if (!r)
        return;
    drop_ranges(r);
    rd_kafka_queue_destroy(r->queue);
    rd_kafka_destroy_flags(r->rk, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    free(r);
}

int
onr_reader_partitions(struct onr_reader *r, const char *topic, int timeout_ms, int32_t *ret_n,
                      struct onr_error *err)
{
    return onr_client_partitions(r->rk, topic, timeout_ms, ret_n, err);
}

int
onr_reader_bounds(struct onr_reader *r, const char *topic, int32_t partition, int timeout_ms,
                  int64_t *ret_low, int64_t *ret_end, struct onr_error *err)
{
    return onr_client_bounds(r->rk, topic, partition, timeout_ms, ret_low, ret_end, err);
}

int
onr_reader_offset_at(struct onr_reader *r, const char *topic, int32_t partition, int64_t time_ms,
                     int timeout_ms, int64_t *ret_offset, struct onr_error *err)
{
    return onr_client_offset_at(r->rk, topic, partition, time_ms, timeout_ms, ret_offset, err);
}

/* Replace the special values by offsets; asks the broker only where one is used. */
static int
resolve(struct onr_reader *r, const struct onr_topic_range *t, int64_t *ret_from, int64_t *ret_to,
        struct onr_error *err)
{
    int64_t low = 0, end = 0;
    int rc;

    if (t->from < 0 || t->to == ONR_RANGE_NOW)
        if ((rc = onr_reader_bounds(r, t->topic, t->partition, QUERY_MS, &low, &end, err)) < 0)
            return rc;
    *ret_from = t->from == ONR_RANGE_BEGIN ? low : t->from == ONR_RANGE_FOLLOW ? end : t->from;
    *ret_to = t->to == ONR_RANGE_FOLLOW ? INT64_MAX : t->to == ONR_RANGE_NOW ? end : t->to;
    return 0;
}

static int
start(struct onr_reader *r, const struct onr_topic_range *t, struct range *g, struct onr_error *err)
{
    int64_t from, to;
    int rc;

    if ((rc = resolve(r, t, &from, &to, err)) < 0)
        return rc;
    g->partition = t->partition;
    g->to = to;
    g->position = from;
    if (!(g->rkt = rd_kafka_topic_new(r->rk, t->topic, NULL)))
        return onr_kafka_fail(err, rd_kafka_last_error(), "topic %s", t->topic);
    if (from >= to) {
        g->done = g->at_end = true;
        r->n_done++;
        return 0;
    }
    if (rd_kafka_consume_start_queue(g->rkt, g->partition, from, r->queue) < 0)
        return onr_kafka_fail(err, rd_kafka_last_error(), "%s[%" PRId32 "] cannot be read",
                              t->topic, t->partition);
    g->started = true;
    return 0;
}

int
onr_reader_assign(struct onr_reader *r, const struct onr_topic_range *range, size_t n,
                  struct onr_error *err)
{
    int rc = 0;

    drop_ranges(r);
    if (!(r->range = calloc(n ? n : 1, sizeof *r->range)))
        return onr_fail(err, ONR_ENOMEM, "no memory for %zu ranges", n);
    r->n = n;
    for (size_t i = 0; rc == 0 && i < n; i++)
        rc = start(r, &range[i], &r->range[i], err);
    if (rc < 0)
        drop_ranges(r);
    return rc;
}

static struct range *
find_range(struct onr_reader *r, const rd_kafka_message_t *m)
{
    for (size_t i = 0; i < r->n; i++) {
        struct range *g = &r->range[(r->last + i) % r->n];

        /* librdkafka hands out one topic object a name, so the pointers can be compared by name only once they differ. */
        if (g->partition == m->partition
            && (g->rkt == m->rkt
                || strcmp(rd_kafka_topic_name(g->rkt), rd_kafka_topic_name(m->rkt)) == 0)) {
            r->last = (r->last + i) % r->n;
            return g;
        }
    }
    return NULL;
}

static void
finish(struct onr_reader *r, struct range *g)
{
    stop_range(g);
    g->done = true;
    g->at_end = true;
    r->n_done++;
}

/* What librdkafka says instead of a record. 0 = go on. */
static int
take_event(struct onr_reader *r, struct range *g, const rd_kafka_message_t *m,
           struct onr_error *err)
{
    const char *topic = rd_kafka_topic_name(m->rkt);
    int64_t low = 0, end = 0;

    switch (m->err) {
    case RD_KAFKA_RESP_ERR__PARTITION_EOF:
        if (m->offset > g->position)
            g->position = m->offset;
        g->at_end = true;
        if (g->position >= g->to)
            finish(r, g);
        return 0;
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
    case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
        if (onr_reader_bounds(r, topic, g->partition, QUERY_MS, &low, &end, NULL) < 0)
            low = end = -1;
        return onr_fail(err, ONR_ENOTFOUND,
                        "%s[%" PRId32 "]: offset %" PRId64 " is not there (kept: %" PRId64
                        " to %" PRId64 "); retention or a cut tail took it",
                        topic, g->partition, g->position, low, end);
    default:
        if (onr_kafka_class_code(m->err) == ONR_KAFKA_RETRY)
            return 0; /* librdkafka tries again by itself */
        return onr_kafka_fail(err, m->err, "%s[%" PRId32 "] at offset %" PRId64, topic,
                              m->partition, g->position);
    }
}

static int
take(struct onr_reader *r, rd_kafka_message_t *m, const struct onr_message **ret,
     struct onr_error *err)
{
    struct range *g = m->rkt ? find_range(r, m) : NULL;
    int rc = ONR_READ_WAIT;

    if (!g || g->done)
        goto drop;
    if (m->err) {
        rc = take_event(r, g, m, err);
        rc = rc < 0 ? rc : ONR_READ_WAIT;
        goto drop;
    }
    if (m->offset < g->position) /* 2.0.2 may deliver twice (#4261, #4636) */
        goto drop;
    if (m->offset >= g->to) {
        g->position = g->to;
        finish(r, g);
        goto drop;
    }
    g->position = m->offset + 1;
    g->at_end = false;
    r->held = m;
    onr_message_in(m, true, &r->message);
    *ret = &r->message;
    return ONR_READ_MESSAGE;
drop:
    rd_kafka_message_destroy(m);
    return rc;
}

/* A range that ends right behind the last record needs no further report. */
static void
settle(struct onr_reader *r)
{
    struct range *g = r->n ? &r->range[r->last] : NULL;

    if (g && !g->done && g->position >= g->to)
        finish(r, g);
}

static bool
all_caught_up(const struct onr_reader *r)
{
    for (size_t i = 0; i < r->n; i++)
        if (!r->range[i].at_end)
            return false;
    return true;
}

int
onr_reader_next(struct onr_reader *r, int timeout_ms, const struct onr_message **ret_message,
                struct onr_error *err)
{
    int64_t deadline = timeout_ms > 0 ? onr_now_ms() + timeout_ms : 0;

    drop_held(r);
    settle(r);
    for (;;) {
        rd_kafka_message_t *m;
        bool was_caught_up = all_caught_up(r);
        int rc;

        if (r->n_done == r->n)
            return ONR_READ_END;
        m = rd_kafka_consume_queue(r->queue, timeout_ms);
        if (!m) {
            rd_kafka_poll(r->rk, 0); /* errors of the client itself */
            return (rc = onr_access_refused(r->rk, err)) < 0 ? rc : ONR_READ_WAIT;
        }
        rc = take(r, m, ret_message, err);
        if (rc != ONR_READ_WAIT)
            return rc;
        if (r->n_done == r->n)
            return ONR_READ_END;
        if (!was_caught_up && all_caught_up(r))
            return ONR_READ_WAIT; /* followed ranges: the caller learns that this is the end for now */
        if (timeout_ms > 0 && (timeout_ms = (int) (deadline - onr_now_ms())) <= 0)
            return ONR_READ_WAIT;
    }
}

int64_t
onr_reader_position(const struct onr_reader *r, size_t i)
{
    return r->range[i].position;
}

bool
onr_reader_caught_up(const struct onr_reader *r, size_t i)
{
    return r->range[i].at_end;
}

rd_kafka_t *
onr_reader_handle(const struct onr_reader *r)
{
    return r->rk;
}
