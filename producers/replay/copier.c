/* producers/replay/copier.c - see copier.h. */
#include "producers/replay/copier.h"

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>

#include "common/base/failpoint.h"
#include "common/base/file.h"
#include "common/line/program.h"

#define TXN_MS      100               /* KAFKA.md: transactions by time, with a cap */
#define TXN_RECORDS 10000             /* what one transaction may hold */
#define TXN_BYTES   (8 * 1024 * 1024) /* likewise: half of librdkafka's queue */
#define IDLE_MS     200               /* one wait for a record */
#define LATE_MS     1000              /* a rate is not caught up over more than this */

struct copier {
    const struct onr_copier_spec *spec;
    struct onr_reader *reader;
    struct onr_txn *txn;
    struct onr_replay_plan plan;
    struct onr_copier_counts counts;
    char id[ONR_TOPIC_NAME_MAX + ONR_REPLAY_NAME + 16]; /* transactional.id */
    const char *outputs[2];
    uint64_t records, bytes; /* in the open transaction */
    int64_t opened_ms;
    int64_t due_us; /* when the next record may go, at a rate */
    onr_copier_progress *progress;
    void *arg;
};

/* --- one record --- */

/* Is it of the article asked for? The key is the article's id; in the articles topic the version stands behind it. */
static bool
wanted(const struct onr_copier_spec *spec, const struct onr_message *m)
{
    size_t len = spec->article.len;

    return !spec->article.ptr
           || (m->key.ptr && onr_span_starts(m->key, spec->article)
               && (m->key.len == len || m->key.ptr[len] == '\n'));
}

/* Where the record came from, for people. */
static int
cannot_copy(const struct onr_message *m, struct onr_error *err)
{
    return onr_fail(err, ONR_ELIMIT,
                    "%s partition %d offset %" PRId64 " has %zu headers; at most %d can be copied "
                    "with ours beside them",
                    m->topic, m->partition, m->offset, m->n_headers, ONR_MESSAGE_HEADERS);
}

/* The copy: key, value, headers and partition as they are, and two headers more. */
static int
produce(struct copier *c, const struct onr_message *m, struct onr_error *err)
{
    struct onr_kafka_header header[ONR_MESSAGE_HEADERS + 2];
    char from[ONR_REPLAY_VALUE], first[24];
    size_t n = m->n_headers;

    if (n > ONR_MESSAGE_HEADERS)
        return cannot_copy(m, err);
    memcpy(header, m->header, n * sizeof(*header));
    if (m->timestamp_ms >= 0 && !onr_message_header(m, ONR_FIRST_HEADER, NULL).ptr) {
        snprintf(first, sizeof(first), "%" PRId64, m->timestamp_ms);
        header[n++] = (struct onr_kafka_header){ ONR_FIRST_HEADER, onr_span_z(first) };
    }
    snprintf(from, sizeof(from), "%s %s/%" PRId32 "/%" PRId64, c->spec->replay->name, m->topic,
             m->partition, m->offset);
    header[n++] = (struct onr_kafka_header){ ONR_REPLAY_HEADER, onr_span_z(from) };
    return onr_txn_produce(c->txn, c->spec->replay->to, m->partition, m->key, m->value, header, n,
                           err);
}

static int
take(struct copier *c, const struct onr_message *m, struct onr_error *err)
{
    int rc = 0;

    if (!wanted(c->spec, m))
        return 0;
    if (!onr_txn_is_open(c->txn)) {
        rc = onr_txn_begin(c->txn, err);
        c->opened_ms = onr_now_ms();
    }
    if (rc == 0)
        rc = produce(c, m, err);
    if (rc < 0)
        return rc;
    c->records++;
    c->bytes += m->value.len + m->key.len;
    return 0;
}

/* --- transactions --- */

static void
show(struct copier *c)
{
    size_t i;

    c->counts.done = c->plan.resumed;
    for (i = 0; i < c->plan.n; i++)
        c->counts.done += (uint64_t) (onr_reader_position(c->reader, i) - c->plan.range[i].from);
    c->progress(c->arg, &c->counts);
}

static int
commit(struct copier *c, struct onr_error *err)
{
    int rc = 0;

    if (onr_txn_is_open(c->txn)) {
        rc = onr_txn_commit(c->txn, err);
        if (rc < 0)
            return rc;
        onr_failpoint("replay-committed");
        c->counts.transactions++;
        c->counts.records += c->records;
        c->counts.bytes += c->bytes;
        c->records = c->bytes = 0;
    }
    show(c);
    return 0;
}

static bool
commit_due(const struct copier *c, int64_t now_ms)
{
    return onr_txn_is_open(c->txn)
           && (now_ms - c->opened_ms >= TXN_MS || c->records >= TXN_RECORDS
               || c->bytes >= TXN_BYTES);
}

/* Begin where the target says that we are. */
static int
restart(struct copier *c, struct onr_error *err)
{
    int rc = onr_replay_plan_resume(c->spec->broker, c->reader, c->spec->replay, &c->plan, err);

    return rc < 0 ? rc : onr_reader_assign(c->reader, c->plan.range, c->plan.n, err);
}

/* After a failure that passes: undo, find out where we are, begin there. Tries until it holds. */
static int
recover(struct copier *c, struct onr_error *why, struct onr_error *err)
{
    int64_t said = 0;
    int rc;

    c->records = c->bytes = 0;
    c->counts.retried++;
    do {
        if ((rc = onr_broker_patience(&said, "replay.retry", why, err)) < 0)
            return rc;
        rc = onr_txn_undo(c->txn, why);
        if (rc == 0)
            rc = restart(c, why);
    } while (rc == -ONR_EBROKER);
    return rc < 0 ? onr_fail(err, -rc, "%s", why->text) : 0;
}

/* --- the loop --- */

/* Milliseconds until the next record may go. */
static int
wait_for_rate(struct copier *c, int64_t now_ms)
{
    int64_t now_us = now_ms * 1000, wait_us = c->due_us - now_us;

    if (c->spec->rate == 0)
        return 0;
    if (-wait_us > LATE_MS * 1000)
        c->due_us = now_us - LATE_MS * 1000;
    return wait_us > 0 ? (int) ((wait_us + 999) / 1000) : 0;
}

/* How long to wait for the next record at most: the open transaction wants its commit. */
static int
patience(const struct copier *c, int64_t now_ms)
{
    int64_t left = c->opened_ms + TXN_MS - now_ms;

    if (!onr_txn_is_open(c->txn))
        return IDLE_MS;
    return left > 0 ? (int) left : 0;
}

/* One step. Returns 1 at the end of all ranges. */
static int
step(struct copier *c, struct onr_error *err)
{
    struct pollfd stop = { .fd = onr_program_stop_fd(), .events = POLLIN };
    int64_t now = onr_now_ms();
    const struct onr_message *m;
    int wait, rc;

    if (commit_due(c, now))
        return commit(c, err);
    if ((wait = wait_for_rate(c, now)) > 0) {
        if (wait > patience(c, now))
            wait = patience(c, now);
        return poll(&stop, 1, wait) > 0 ? -ONR_ESTOP : 0;
    }
    rc = onr_reader_next(c->reader, patience(c, now), &m, err);
    if (rc == ONR_READ_END) {
        rc = commit(c, err);
        return rc < 0 ? rc : 1;
    }
    if (rc == ONR_READ_MESSAGE) {
        bool counts = wanted(c->spec, m);

        if ((rc = take(c, m, err)) < 0)
            return rc;
        if (counts && c->spec->rate)
            c->due_us += 1000000 / c->spec->rate;
        return 0;
    }
    if (rc == ONR_READ_WAIT && !onr_txn_is_open(c->txn))
        show(c);
    return rc < 0 ? rc : 0;
}

static int
run_copy(struct copier *c, struct onr_error *err)
{
    struct onr_error why = ONR_ERROR_INIT;
    int rc = restart(c, &why);

    c->due_us = onr_now_ms() * 1000;
    for (;;) {
        if (rc == -ONR_EBROKER && (rc = recover(c, &why, err)) < 0)
            return rc;
        if (rc == -ONR_ESTOP || (rc == 0 && onr_program_stopping())) {
            rc = commit(c, &why);
            return rc < 0 ? onr_fail(err, -rc, "%s", why.text)
                          : onr_fail(err, ONR_ESTOP, "stopped");
        }
        if (rc < 0)
            return onr_fail(err, -rc, "%s", why.text);
        if (rc == 1)
            return 0;
        rc = step(c, &why);
    }
}

int
onr_copy(const struct onr_copier_spec *spec, onr_copier_progress *progress, void *arg,
         struct onr_copier_counts *ret, struct onr_error *err)
{
    struct copier c = { .spec = spec, .progress = progress, .arg = arg };
    struct onr_txn_spec txn = { .kafka = &spec->broker->kafka,
                                .transactional_id = c.id,
                                .init_timeout_ms = spec->broker->settings.timeout_ms,
                                .topics = c.outputs };
    int rc;

    /* A name is the target's own: the same name may stand for another replay into another topic. */
    snprintf(c.id, sizeof(c.id), "%s.replay.%s", spec->replay->to, spec->replay->name);
    c.outputs[0] = spec->replay->to;
    if ((rc = onr_reader_open(&spec->broker->kafka, false, &c.reader, err)) < 0)
        return rc;
    rc = onr_replay_plan_make(spec->broker, c.reader, spec->replay, &c.plan, err);
    if (rc == 0) /* settles what a killed run left open, before we look where it had come */
        rc = onr_txn_open(&txn, &c.txn, err);
    c.counts.total = c.plan.offsets;
    if (rc == 0)
        rc = run_copy(&c, err);
    *ret = c.counts;
    onr_txn_close(c.txn);
    onr_reader_close(c.reader);
    onr_replay_plan_release(&c.plan);
    return rc;
}
