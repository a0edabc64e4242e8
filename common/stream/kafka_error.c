/* common/stream/kafka_error.c - Kafka's error codes sorted by what to do about them (kafka_error.h). */
#include "common/stream/kafka_error.h"

#include <stdarg.h>
#include <stdio.h>

/* Codes that say who or what is refused for good, or that somebody else has our name. Everything else that carries no flag of
 * librdkafka's is fatal, as its documentation of the transactional API asks. */
static enum onr_kafka_class
named_class(rd_kafka_resp_err_t e)
{
    switch (e) {
    case RD_KAFKA_RESP_ERR_NO_ERROR:
        return ONR_KAFKA_OK;
    case RD_KAFKA_RESP_ERR__FENCED:
    case RD_KAFKA_RESP_ERR_PRODUCER_FENCED:
    case RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH:
    case RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID:
        return ONR_KAFKA_FENCED;
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
    case RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION:
    case RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE:
    case RD_KAFKA_RESP_ERR_INVALID_TRANSACTION_TIMEOUT:
        return ONR_KAFKA_DENIED;
    default:
        return ONR_KAFKA_FATAL;
    }
}

enum onr_kafka_class
onr_kafka_class_of(const rd_kafka_error_t *e)
{
    enum onr_kafka_class c = named_class(rd_kafka_error_code(e));

    if (!e || c == ONR_KAFKA_OK)
        return ONR_KAFKA_OK;
    if (c == ONR_KAFKA_FENCED)
        return c;
    if (rd_kafka_error_txn_requires_abort(e))
        return ONR_KAFKA_ABORT;
    if (rd_kafka_error_is_retriable(e))
        return ONR_KAFKA_RETRY;
    return c;
}

enum onr_kafka_class
onr_kafka_class_code(rd_kafka_resp_err_t e)
{
    switch (e) {
    case RD_KAFKA_RESP_ERR__TIMED_OUT:
    case RD_KAFKA_RESP_ERR__TRANSPORT:
    case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
    case RD_KAFKA_RESP_ERR__RESOLVE:
    case RD_KAFKA_RESP_ERR__WAIT_COORD:
    case RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED:
    case RD_KAFKA_RESP_ERR__ASSIGNMENT_LOST:
    case RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT:
    case RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION:
    case RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION:
    case RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS:
    case RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_NOT_COORDINATOR:
    case RD_KAFKA_RESP_ERR_UNSTABLE_OFFSET_COMMIT:
    case RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS:
    case RD_KAFKA_RESP_ERR_OFFSET_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS:
    case RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND:
    case RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR:
        return ONR_KAFKA_RETRY;
    default:
        return named_class(e);
    }
}

static int
our_code(rd_kafka_resp_err_t e)
{
    switch (e) {
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
        return ONR_ELIMIT;
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
    case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
        return ONR_ENOTFOUND;
    case RD_KAFKA_RESP_ERR__BAD_MSG:
    case RD_KAFKA_RESP_ERR__BAD_COMPRESSION:
    case RD_KAFKA_RESP_ERR__UNDERFLOW:
    case RD_KAFKA_RESP_ERR_INVALID_MSG:
        return ONR_EVERIFY;
    default:
        break;
    }
    switch (named_class(e)) {
    case ONR_KAFKA_FENCED:
        return ONR_EFENCED;
    case ONR_KAFKA_DENIED:
        return ONR_ECONFIG;
    default:
        return ONR_EBROKER;
    }
}

/* For people: librdkafka's own words, but for what an operator has to allow. */
static int
say(struct onr_error *err, rd_kafka_resp_err_t e, const char *what, const char *text)
{
    switch (e) {
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
        return onr_fail(
            err, our_code(e),
            "%s: not allowed to this user (%s); `onrecord topics list --acl` shows what "
            "each program needs",
            what, rd_kafka_err2name(e));
    default:
        return onr_fail(err, our_code(e), "%s: %s (%s)", what, text, rd_kafka_err2name(e));
    }
}

int
onr_kafka_fail(struct onr_error *err, rd_kafka_resp_err_t e, const char *fmt, ...)
{
    char what[ONR_ERROR_TEXT_MAX];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(what, sizeof what, fmt, ap);
    va_end(ap);
    return say(err, e, what, rd_kafka_err2str(e));
}

int
onr_kafka_fail_error(struct onr_error *err, rd_kafka_error_t *e, const char *fmt, ...)
{
    char what[ONR_ERROR_TEXT_MAX];
    va_list ap;
    int rc;

    va_start(ap, fmt);
    vsnprintf(what, sizeof what, fmt, ap);
    va_end(ap);
    rc = say(err, rd_kafka_error_code(e), what, rd_kafka_error_string(e));
    rd_kafka_error_destroy(e);
    return rc;
}
