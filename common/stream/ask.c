/* common/stream/ask.c - see ask.h.
 *
 * librdkafka 2.0.2 believes what it once heard about a partition's leader for three minutes (metadata.max.age.ms), even when that broker
 * says that it leads no more, or is gone: a question is then never answered. So the leader is asked for anew before a question
 * is repeated.
 */
#include "common/stream/ask.h"

#include <inttypes.h>

#include "common/stream/access.h"
#include "common/stream/kafka_error.h"
#include "common/stream/slices.h"

#define FIRST_MS 3000 /* longest first wait for an answer */
#define RETRY_MS 50   /* between two questions that a broker could not answer yet */
#define LEARN    100  /* times that a partition must be unknown to be so */

static int
partitions_of(const struct rd_kafka_metadata *md, const char *topic, int32_t *ret_n,
              struct onr_error *err)
{
    if (md->topic_cnt != 1)
        return onr_fail(err, ONR_EBROKER, "topic %s: the broker's answer does not name it", topic);
    switch (md->topics[0].err) {
    case RD_KAFKA_RESP_ERR_NO_ERROR:
    case RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE:
        break;
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
        return onr_fail(err, ONR_ENOTFOUND,
                        "topic %s does not exist: create it with `onrecord topics`", topic);
    default:
        return onr_kafka_fail(err, md->topics[0].err, "topic %s", topic);
    }
    if (md->topics[0].partition_cnt < 1)
        return onr_fail(err, ONR_EBROKER, "topic %s has no leader yet", topic);
    *ret_n = md->topics[0].partition_cnt;
    return 0;
}

int
onr_client_partitions(rd_kafka_t *rk, const char *topic, int timeout_ms, int32_t *ret_n,
                      struct onr_error *err)
{
    const struct rd_kafka_metadata *md = NULL;
    rd_kafka_topic_t *rkt = rd_kafka_topic_new(rk, topic, NULL);
    rd_kafka_resp_err_t e;
    int rc;

    if (!rkt)
        return onr_kafka_fail(err, rd_kafka_last_error(), "topic %s", topic);
    e = rd_kafka_metadata(rk, 0, rkt, &md, timeout_ms);
    rd_kafka_poll(rk, 0); /* what the brokers said besides */
    if (e && (rc = onr_access_refused(rk, err)) < 0)
        ;
    else if (e)
        rc = onr_kafka_fail(err, e, "topic %s: no answer from the brokers", topic);
    else
        rc = partitions_of(md, topic, ret_n, err);
    if (md)
        rd_kafka_metadata_destroy(md);
    rd_kafka_topic_destroy(rkt);
    return rc;
}

/* One partition, until it answers. */
struct question {
    rd_kafka_t *rk;
    const char *topic;
    int32_t partition;
    struct onr_slices slices;
    int unknown;
};

static bool
stopping(rd_kafka_t *rk)
{
    const struct onr_kafka *const *k = rd_kafka_opaque(rk);

    return k && (*k)->stopping && (*k)->stopping();
}

/* After no answer but e: is it worth another try? A leader that was just elected, or a topic just made, may be refused by a broker
 * that has not heard of it yet. That the partition is unknown is also what 2.0.2 says when the answer was lost. */
static int
again(struct question *q, rd_kafka_resp_err_t e, struct onr_error *err)
{
    struct onr_error why = ONR_ERROR_INIT;
    int32_t n;
    int rc;

    rd_kafka_poll(q->rk, RETRY_MS);
    if ((rc = onr_access_refused(q->rk, err)) < 0)
        return rc;
    if (stopping(q->rk))
        return onr_fail(err, ONR_ESTOP, "stopped while asking for %s[%" PRId32 "]", q->topic,
                        q->partition);
    if (!(onr_kafka_class_code(e) == ONR_KAFKA_RETRY
          || (e == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION && q->unknown++ < LEARN))
        || onr_slices_over(&q->slices))
        return onr_kafka_fail(err, e, "the bounds of %s[%" PRId32 "] cannot be read", q->topic,
                              q->partition);
    rc = onr_client_partitions(q->rk, q->topic, onr_slices_take(&q->slices), &n, &why);
    if (rc == -ONR_ECONFIG) /* not let in; else there may be an answer the next time */
        return onr_fail(err, ONR_ECONFIG, "%s", why.text);
    return 0;
}

static rd_kafka_resp_err_t
find(struct question *q, int64_t time, int64_t *ret)
{
    rd_kafka_topic_partition_list_t *l = rd_kafka_topic_partition_list_new(1);
    rd_kafka_resp_err_t e;

    rd_kafka_topic_partition_list_add(l, q->topic, q->partition)->offset = time;
    e = rd_kafka_offsets_for_times(q->rk, l, onr_slices_take(&q->slices));
    if (!e)
        e = l->elems[0].err;
    *ret = l->elems[0].offset;
    rd_kafka_topic_partition_list_destroy(l);
    return e;
}

/* BEGINNING and END mean the same to the broker as times do. */
static int
find_edge(struct question *q, int64_t which, int64_t *ret, struct onr_error *err)
{
    rd_kafka_resp_err_t e;
    int rc;

    while ((e = find(q, which, ret)) || *ret < 0) /* below 0: no answer came */
        if ((rc = again(q, e ? e : RD_KAFKA_RESP_ERR__TIMED_OUT, err)) < 0)
            return rc;
    return 0;
}

static struct question
question(rd_kafka_t *rk, const char *topic, int32_t partition, int timeout_ms)
{
    return (struct question){ rk, topic, partition, onr_slices_of(timeout_ms, FIRST_MS), 0 };
}

int
onr_client_bounds(rd_kafka_t *rk, const char *topic, int32_t partition, int timeout_ms,
                  int64_t *ret_low, int64_t *ret_end, struct onr_error *err)
{
    struct question q = question(rk, topic, partition, timeout_ms);
    int64_t low, end;
    int rc;

    if ((rc = find_edge(&q, RD_KAFKA_OFFSET_BEGINNING, &low, err)) < 0
        || (rc = find_edge(&q, RD_KAFKA_OFFSET_END, &end, err)) < 0)
        return rc;
    *ret_low = low;
    *ret_end = end;
    return 0;
}

int
onr_client_offset_at(rd_kafka_t *rk, const char *topic, int32_t partition, int64_t time_ms,
                     int timeout_ms, int64_t *ret, struct onr_error *err)
{
    struct question q = question(rk, topic, partition, timeout_ms);
    rd_kafka_resp_err_t e;
    int64_t found;
    int rc;

    while ((e = find(&q, time_ms, &found)))
        if ((rc = again(&q, e, err)) < 0)
            return rc;
    if (found < 0)
        return find_edge(&q, RD_KAFKA_OFFSET_END, ret, err);
    *ret = found;
    return 0;
}
