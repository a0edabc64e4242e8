/* common/stream/txn.c - a transactional producer that knows when it does not know (txn.h).
 *
 * The rule of certainty: a transaction is committed when commit_transaction said so after one EndTxn request at most, on
 * connections that did not break; it is not committed when no EndTxn request was sent. Everything between is unclear.
 */
#include "common/stream/txn.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/failpoint.h"
#include "common/base/file.h"
#include "common/stream/access.h"
#include "common/stream/ask.h"
#include "common/stream/kafka_error.h"

#define REASON_MS       2000 /* for an answer that is there already: busy threads take a while */
#define API_END_TXN     26
#define INIT_TIMEOUT_MS 30000
#define TXN_TIMEOUT_MS  15000
#define SLICE_MS        250  /* longest wait between two looks at the stop flag */
#define ABORT_MS        5000 /* an abort that takes longer is replaced by a new producer */
#define TOPICS_MAX      16

struct onr_txn {
    const struct onr_kafka *kafka; /* first: log callback (conf.h) */
    struct onr_txn_spec spec;
    rd_kafka_t *rk;
    rd_kafka_topic_t *rkt[TOPICS_MAX]; /* kept, so that what the warm-up learned is kept */
    size_t n_rkt;
    bool open;
    bool unclear;
    bool dead;          /* only a new producer helps */
    atomic_uint endtxn; /* requests sent since begin; broker threads count */
    atomic_ullong endtxn_all;
    bool transport;             /* a connection broke since begin */
    rd_kafka_resp_err_t failed; /* first delivery that failed since begin */
    char last_error[ONR_ERROR_TEXT_MAX];
    struct onr_txn_counts counts;
};

/* Interceptor: runs on librdkafka's threads and must not call it. */
static rd_kafka_resp_err_t
on_request_sent(rd_kafka_t *rk, int sockfd, const char *broker, int32_t broker_id, int16_t api,
                int16_t version, int32_t corr, size_t size, void *opaque)
{
    struct onr_txn *t = opaque;

    (void) rk, (void) sockfd, (void) broker, (void) broker_id, (void) version, (void) corr;
    (void) size;
    if (api == API_END_TXN) {
        atomic_fetch_add(&t->endtxn, 1);
        atomic_fetch_add(&t->endtxn_all, 1);
        onr_failpoint("endtxn-sent");
    }
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

static rd_kafka_resp_err_t
on_new(rd_kafka_t *rk, const rd_kafka_conf_t *conf, void *opaque, char *why, size_t why_len)
{
    (void) conf, (void) why, (void) why_len;
    return rd_kafka_interceptor_add_on_request_sent(rk, "endtxn", on_request_sent, opaque);
}

static void
on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *m, void *opaque)
{
    struct onr_txn *t = opaque;

    (void) rk;
    if (m->err && !t->failed)
        t->failed = m->err;
    if (!m->err && m->_private && m->offset >= 0)
        *(int64_t *) m->_private = m->offset;
}

static void
on_error(rd_kafka_t *rk, int e, const char *reason, void *opaque)
{
    struct onr_txn *t = opaque;
    size_t len = strlen(reason);

    onr_access_note(rk, e, reason);
    if (onr_kafka_class_code(e) == ONR_KAFKA_RETRY)
        t->transport = true;
    if (len >= sizeof t->last_error)
        len = sizeof t->last_error - 1;
    memcpy(t->last_error, reason, len);
    t->last_error[len] = 0;
}

static bool
stopping(const struct onr_txn *t)
{
    return t->kafka->stopping && t->kafka->stopping();
}

/* Ready for transactions: the broker settled what an earlier producer of this id left behind. */
static int
init_transactions(struct onr_txn *t, int64_t deadline, struct onr_error *err)
{
    rd_kafka_error_t *e;
    int rc;

    while ((e = rd_kafka_init_transactions(t->rk, SLICE_MS))) {
        bool again = rd_kafka_error_is_retriable(e)
                     || rd_kafka_error_code(e) == RD_KAFKA_RESP_ERR__TIMED_OUT;

        rd_kafka_poll(t->rk, 0);
        if (again && (rc = onr_access_refused(t->rk, err)) < 0) {
            rd_kafka_error_destroy(e);
            return rc;
        }
        if (!again || onr_now_ms() >= deadline || stopping(t)) {
            rc = onr_kafka_fail_error(err, e, "transactional id %s cannot be opened",
                                      t->spec.transactional_id);
            if (again && stopping(t))
                return onr_fail(err, ONR_ESTOP, "stopped while waiting for the brokers at %s",
                                t->kafka->brokers);
            if (again && t->last_error[0])
                rc = onr_fail(err, err ? err->code : -rc, "%s; last: %s", err ? err->text : "",
                              t->last_error);
            return rc;
        }
        rd_kafka_error_destroy(e);
    }
    return 0;
}

/* librdkafka waits up to a second at the first record to a topic it does not know (#5032): ask before the first transaction. */
static int
warm_up(struct onr_txn *t, int64_t deadline, struct onr_error *err)
{
    for (size_t i = 0; t->spec.topics && t->spec.topics[i]; i++) {
        int64_t left = deadline - onr_now_ms();
        int32_t n;
        int rc;

        if (i == TOPICS_MAX)
            return onr_fail(err, ONR_ELIMIT, "more than %d output topics", TOPICS_MAX);
        if (!(t->rkt[i] = rd_kafka_topic_new(t->rk, t->spec.topics[i], NULL)))
            return onr_kafka_fail(err, rd_kafka_last_error(), "topic %s", t->spec.topics[i]);
        t->n_rkt = i + 1;
        if ((rc = onr_client_partitions(t->rk, t->spec.topics[i], left > 1000 ? (int) left : 1000,
                                        &n, err))
            < 0)
            return rc;
    }
    return 0;
}

static void
drop_client(struct onr_txn *t)
{
    for (size_t i = 0; i < t->n_rkt; i++)
        rd_kafka_topic_destroy(t->rkt[i]);
    t->n_rkt = 0;
    if (t->rk) {
        rd_kafka_purge(t->rk, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
        rd_kafka_poll(t->rk, 0);
        rd_kafka_destroy(t->rk);
    }
    t->rk = NULL;
}

static int
make_client(struct onr_txn *t, struct onr_error *err)
{
    const struct onr_client_spec spec = { .client = ONR_CLIENT_TXN,
                                          .transactional_id = t->spec.transactional_id,
                                          .transaction_timeout_ms = t->spec.transaction_timeout_ms,
                                          .opaque = t };
    int64_t deadline = onr_now_ms() + t->spec.init_timeout_ms;
    rd_kafka_conf_t *conf;
    int rc;

    if ((rc = onr_conf_new(t->kafka, &spec, &conf, err)) < 0)
        return rc;
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    rd_kafka_conf_set_error_cb(conf, on_error);
    rd_kafka_conf_interceptor_add_on_new(conf, "endtxn", on_new, t);
    if ((rc = onr_client_new(RD_KAFKA_PRODUCER, conf, &t->rk, err)) < 0)
        return rc;
    if ((rc = init_transactions(t, deadline, err)) < 0 || (rc = warm_up(t, deadline, err)) < 0) {
        drop_client(t);
        return rc;
    }
    t->open = t->unclear = t->dead = t->transport = false;
    t->failed = RD_KAFKA_RESP_ERR_NO_ERROR;
    return 0;
}

int
onr_txn_open(const struct onr_txn_spec *spec, struct onr_txn **ret, struct onr_error *err)
{
    struct onr_txn *t = calloc(1, sizeof *t);
    int rc;

    if (!t)
        return onr_fail(err, ONR_ENOMEM, "no memory for a producer");
    t->kafka = spec->kafka;
    t->spec = *spec;
    if (!t->spec.init_timeout_ms)
        t->spec.init_timeout_ms = INIT_TIMEOUT_MS;
    if (!t->spec.transaction_timeout_ms)
        t->spec.transaction_timeout_ms = TXN_TIMEOUT_MS;
    if ((rc = make_client(t, err)) < 0) {
        free(t);
        return rc;
    }
    *ret = t;
    return 0;
}

void
onr_txn_close(struct onr_txn *t)
{
    if (!t)
        return;
    if (t->open && t->rk && !t->dead) {
        rd_kafka_error_t *e = rd_kafka_abort_transaction(t->rk, 1000);

        if (e)
            rd_kafka_error_destroy(e); /* the broker aborts it when its time is over */
    }
    drop_client(t);
    free(t);
}

/* After a failed call: what is left of the producer. Takes e. */
static int
failed(struct onr_txn *t, rd_kafka_error_t *e, const char *what, struct onr_error *err)
{
    enum onr_kafka_class c = onr_kafka_class_of(e);

    if (c != ONR_KAFKA_ABORT && c != ONR_KAFKA_RETRY)
        t->dead = true;
    if (rd_kafka_error_is_fatal(e))
        t->dead = true;
    return onr_kafka_fail_error(err, e, "%s", what);
}

int
onr_txn_begin(struct onr_txn *t, struct onr_error *err)
{
    rd_kafka_error_t *e;

    onr_failpoint("before-begin");
    if (!t->rk)
        return onr_fail(err, ONR_EBROKER, "the producer is gone: recycle it first");
    rd_kafka_poll(t->rk, 0); /* what came before does not count against this transaction */
    t->transport = t->unclear = false;
    t->failed = RD_KAFKA_RESP_ERR_NO_ERROR;
    atomic_store(&t->endtxn, 0);
    if ((e = rd_kafka_begin_transaction(t->rk)))
        return failed(t, e, "a transaction cannot begin", err);
    t->open = true;
    t->counts.begun++;
    onr_failpoint("after-begin");
    return 0;
}

static rd_kafka_headers_t *
make_headers(const struct onr_kafka_header *header, size_t n)
{
    rd_kafka_headers_t *h = rd_kafka_headers_new(n);

    for (size_t i = 0; h && i < n; i++) {
        const struct onr_kafka_header *from = &header[i];

        if (rd_kafka_header_add(h, from->name, -1, from->value.ptr, (ssize_t) from->value.len)) {
            rd_kafka_headers_destroy(h);
            return NULL;
        }
    }
    return h;
}

static rd_kafka_topic_t *
find_topic(struct onr_txn *t, const char *topic)
{
    for (size_t i = 0; i < t->n_rkt; i++)
        if (t->spec.topics[i] == topic || strcmp(t->spec.topics[i], topic) == 0)
            return t->rkt[i];
    return NULL;
}

/* One record into librdkafka's queue; a full queue is served until there is room or the transaction's time is over. */
static int
enqueue(struct onr_txn *t, rd_kafka_topic_t *rkt, int32_t partition, int64_t time,
        struct onr_span key, struct onr_span value, rd_kafka_headers_t *headers, int64_t *mark,
        struct onr_error *err)
{
    int64_t deadline = 0;
    rd_kafka_resp_err_t e;

    for (;;) {
        e = rd_kafka_producev(
            t->rk, RD_KAFKA_V_RKT(rkt), RD_KAFKA_V_PARTITION(partition),
            RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY(key.ptr, key.len),
            RD_KAFKA_V_VALUE((void *) (uintptr_t) value.ptr, value.len), RD_KAFKA_V_TIMESTAMP(time),
            RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_OPAQUE(mark), RD_KAFKA_V_END);
        if (e != RD_KAFKA_RESP_ERR__QUEUE_FULL)
            break;
        if (!deadline)
            deadline = onr_now_ms() + t->spec.transaction_timeout_ms;
        else if (onr_now_ms() > deadline)
            break;
        rd_kafka_poll(t->rk, 10);
    }
    if (!e)
        return 0;
    rd_kafka_headers_destroy(headers); /* librdkafka takes them on success only */
    return onr_kafka_fail(err, e, "a record cannot be sent to topic %s", rd_kafka_topic_name(rkt));
}

static int
produce(struct onr_txn *t, const char *topic, int32_t partition, int64_t time, struct onr_span key,
        struct onr_span value, const struct onr_kafka_header *header, size_t n_headers,
        int64_t *mark, struct onr_error *err)
{
    rd_kafka_topic_t *rkt = find_topic(t, topic);
    rd_kafka_headers_t *headers;
    int rc;

    if (!rkt)
        return onr_fail(err, ONR_ENOTFOUND, "topic %s is not among the producer's topics", topic);
    if (!(headers = make_headers(header, n_headers)))
        return onr_fail(err, ONR_ENOMEM, "no memory for a record's headers");
    if ((rc = enqueue(t, rkt, partition, time, key, value, headers, mark, err)) < 0)
        return rc;
    t->counts.records++;
    t->counts.bytes += value.len;
    if (t->counts.records % 256 == 0)
        rd_kafka_poll(t->rk, 0);
    onr_failpoint("after-produce");
    return 0;
}

int
onr_txn_produce(struct onr_txn *t, const char *topic, int32_t partition, struct onr_span key,
                struct onr_span value, const struct onr_kafka_header *header, size_t n_headers,
                struct onr_error *err)
{
    return produce(t, topic, partition, 0, key, value, header, n_headers, NULL, err);
}

int
onr_txn_produce_at(struct onr_txn *t, const char *topic, int32_t partition, int64_t timestamp_ms,
                   struct onr_span key, struct onr_span value,
                   const struct onr_kafka_header *header, size_t n_headers, struct onr_error *err)
{
    return produce(t, topic, partition, timestamp_ms, key, value, header, n_headers, NULL, err);
}

int
onr_txn_produce_mark(struct onr_txn *t, const char *topic, int32_t partition, struct onr_span key,
                     struct onr_span value, const struct onr_kafka_header *header, size_t n_headers,
                     int64_t *offset, struct onr_error *err)
{
    return produce(t, topic, partition, 0, key, value, header, n_headers, offset, err);
}

/* A record that failed makes the transaction abortable; the reason why others were purged with it is told by a commit, which is
 * refused at once then. */
static int
why_undelivered(struct onr_txn *t, struct onr_error *err)
{
    bool purged = t->failed == RD_KAFKA_RESP_ERR__PURGE_QUEUE
                  || t->failed == RD_KAFKA_RESP_ERR__PURGE_INFLIGHT;
    rd_kafka_error_t *e = purged ? rd_kafka_commit_transaction(t->rk, REASON_MS) : NULL;

    if (e)
        return failed(t, e, "a record was not delivered", err);
    /* The sequence numbers have a hole now, which an abort alone does not always close. */
    t->dead = true;
    /* The broker got other bytes than were sent: they can be sent again. */
    if (t->failed == RD_KAFKA_RESP_ERR_INVALID_MSG)
        return onr_fail(err, ONR_EBROKER, "a record was corrupted on its way to the broker (%s)",
                        rd_kafka_err2name(t->failed));
    return onr_kafka_fail(err, t->failed, "a record was not delivered");
}

int
onr_txn_flush(struct onr_txn *t, int timeout_ms, struct onr_error *err)
{
    rd_kafka_resp_err_t e = rd_kafka_flush(t->rk, timeout_ms);

    if (e)
        return onr_kafka_fail(err, e, "the brokers did not acknowledge all records in time");
    if (t->failed)
        return why_undelivered(t, err);
    onr_failpoint("after-flush");
    return 0;
}

static rd_kafka_topic_partition_list_t *
make_offsets(const struct onr_offset *o, size_t n)
{
    rd_kafka_topic_partition_list_t *l = rd_kafka_topic_partition_list_new((int) n);

    for (size_t i = 0; l && i < n; i++) {
        rd_kafka_topic_partition_t *p = rd_kafka_topic_partition_list_add(l, o[i].topic,
                                                                          o[i].partition);

        p->offset = o[i].next;
        if (o[i].metadata) {
            p->metadata = strdup(o[i].metadata); /* the list frees it */
            p->metadata_size = p->metadata ? strlen(o[i].metadata) : 0;
        }
    }
    return l;
}

int
onr_txn_offsets(struct onr_txn *t, const struct onr_offset *o, size_t n,
                const rd_kafka_consumer_group_metadata_t *group, struct onr_error *err)
{
    rd_kafka_topic_partition_list_t *l = make_offsets(o, n);
    int64_t deadline = onr_now_ms() + t->spec.transaction_timeout_ms;
    rd_kafka_error_t *e;
    int rc = 0;

    if (!l)
        return onr_fail(err, ONR_ENOMEM, "no memory for offsets");
    while ((e = rd_kafka_send_offsets_to_transaction(t->rk, l, group,
                                                     t->spec.transaction_timeout_ms))) {
        if (onr_kafka_class_of(e) != ONR_KAFKA_RETRY || onr_now_ms() > deadline) {
            rc = failed(t, e, "the input's offsets cannot join the transaction", err);
            break;
        }
        rd_kafka_error_destroy(e);
    }
    rd_kafka_topic_partition_list_destroy(l);
    if (rc == 0)
        onr_failpoint("after-offsets");
    return rc;
}

/* Was one EndTxn sent at most, on connections that held? A late twin could end the next transaction (KIP-890). */
static bool
one_endtxn(const struct onr_txn *t)
{
    return (atomic_load(&t->endtxn) <= 1 && !t->transport) || onr_unguarded("endtxn");
}

int
onr_txn_commit(struct onr_txn *t, struct onr_error *err)
{
    int64_t deadline = onr_now_ms() + t->spec.transaction_timeout_ms;
    rd_kafka_error_t *e;

    while ((e = rd_kafka_commit_transaction(t->rk, t->spec.transaction_timeout_ms))) {
        if (onr_kafka_class_of(e) == ONR_KAFKA_RETRY && onr_now_ms() < deadline
            && rd_kafka_error_code(e) != RD_KAFKA_RESP_ERR__TIMED_OUT) {
            rd_kafka_error_destroy(e);
            continue;
        }
        if (atomic_load(&t->endtxn) > 0 || rd_kafka_error_code(e) == RD_KAFKA_RESP_ERR__TIMED_OUT)
            t->unclear = true;
        t->counts.unclear += t->unclear;
        return failed(t, e, "the transaction was not committed", err);
    }
    rd_kafka_poll(t->rk, 0);
    t->open = false;
    if (!one_endtxn(t)) { /* an empty transaction sends none */
        unsigned sent = atomic_load(&t->endtxn);

        t->unclear = true;
        t->counts.unclear++;
        return onr_fail(err, ONR_EBROKER, "the commit is unclear: %u EndTxn request%s sent%s%s",
                        sent, sent == 1 ? "" : "s", t->transport ? ", connection lost: " : "",
                        t->transport ? t->last_error : "");
    }
    t->counts.committed++;
    onr_failpoint("committed");
    return 0;
}

bool
onr_txn_unclear(const struct onr_txn *t)
{
    return t->unclear || t->dead || !t->rk;
}

bool
onr_txn_is_open(const struct onr_txn *t)
{
    return t->open;
}

int
onr_txn_recycle(struct onr_txn *t, struct onr_error *err)
{
    int rc;

    drop_client(t);
    t->open = false;
    if ((rc = make_client(t, err)) < 0)
        return rc;
    t->counts.recycled++;
    return 0;
}

int
onr_txn_undo(struct onr_txn *t, struct onr_error *err)
{
    int64_t deadline = onr_now_ms() + ABORT_MS;
    rd_kafka_error_t *e;

    if (onr_txn_unclear(t))
        return onr_txn_recycle(t, err);
    if (!t->open)
        return 0;
    atomic_store(&t->endtxn, 0);
    while ((e = rd_kafka_abort_transaction(t->rk, ABORT_MS))) {
        bool again = onr_kafka_class_of(e) == ONR_KAFKA_RETRY && onr_now_ms() < deadline;

        rd_kafka_error_destroy(e);
        if (!again)
            return onr_txn_recycle(t, err);
    }
    rd_kafka_poll(t->rk, 0);
    t->open = false;
    t->counts.aborted++;
    return one_endtxn(t) ? 0 : onr_txn_recycle(t, err);
}

void
onr_txn_counts(const struct onr_txn *t, struct onr_txn_counts *ret)
{
    *ret = t->counts;
    ret->endtxn = atomic_load(&t->endtxn_all);
}

int
onr_txn_high(struct onr_txn *t, const char *topic, int32_t partition, int timeout_ms,
             int64_t *ret_high, struct onr_error *err)
{
    int64_t low;

    if (!t->rk)
        return onr_fail(err, ONR_EBROKER, "the producer is gone: recycle it first");
    return onr_client_bounds(t->rk, topic, partition, timeout_ms, &low, ret_high, err);
}

rd_kafka_t *
onr_txn_handle(const struct onr_txn *t)
{
    return t->rk;
}
