/* common/stream/conf.c - librdkafka configurations: our defaults, the user's properties, what the engine depends on (conf.h). */
#include "common/stream/conf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/limits.h"
#include "common/stream/access.h"

#define TRANSACTION_TIMEOUT_MS 15000 /* a dead worker's lanes wait this long for a successor */

struct property {
    const char *name, *value;
};

/* librdkafka 2.0.2 leaves these at values that lose or delay data. A user may change any of them. */
static const struct property common_defaults[] = {
    { "socket.nagle.disable", "true" }, /* #4986 */
    { "socket.keepalive.enable", "true" },
    { "reconnect.backoff.ms", "50" },
    { "reconnect.backoff.max.ms", "2000" },
    { "log.connection.close", "false" }, /* a broker closes idle connections */
    { "broker.address.ttl", "1000" },
    { NULL, NULL },
};
static const struct property consumer_defaults[] = {
    { "check.crcs", "true" },
    { "queued.max.messages.kbytes", "49152" }, /* far less meets a one-second fetch back-off */
    { "receive.message.max.bytes", "67108864" },
    { "fetch.max.bytes", "52428800" },
    /* Articles compress thirty times and more, so what is fetched at once must be small for what it becomes to be. */
    { "fetch.message.max.bytes", "262144" },
    { "fetch.error.backoff.ms", "100" },
    { "topic.metadata.refresh.interval.ms", "60000" },
    { NULL, NULL },
};
static const struct property reader_defaults[] = {
    { "fetch.wait.max.ms", "50" }, /* the end of a partition shows after this wait only */
    { NULL, NULL },
};
static const struct property worker_defaults[] = {
    { "fetch.wait.max.ms", "100" },
    { "session.timeout.ms", "10000" },
    { "heartbeat.interval.ms", "1000" }, /* so that a fenced twin learns of it within a second */
    { "max.poll.interval.ms", "60000" },
    { "partition.assignment.strategy",
      "range" }, /* the cooperative one has five open bugs in 2.0.2 */
    { NULL, NULL },
};
static const struct property txn_defaults[] = {
    { "retry.backoff.ms", "5" }, /* 2.6 to 4.5 times the commits a second of the default 100 */
    { "linger.ms", "5" },        /* 0 was slower */
    { "compression.codec", "zstd" },
    { "compression.level", "1" }, /* as small as 3 on shared windows, a third of its time */
    { "batch.size", "1000000" },
    { "batch.num.messages", "10000" },
    { "queue.buffering.max.kbytes", "16384" }, /* a full queue is the back-pressure */
    { "queue.buffering.max.messages", "100000" },
    { "partitioner", "murmur2_random" }, /* as Java clients do */
    { NULL, NULL },
};

/* What the engine or the checks of a reader depend on, and what would load or run foreign code. */
static const struct property forbidden[] = {
    { "bootstrap.servers", "set --brokers" },
    { "metadata.broker.list", "set --brokers" },
    { "enable.auto.commit", "offsets are committed with the results, in one transaction" },
    { "auto.commit.interval.ms", "offsets are committed with the results, in one transaction" },
    { "enable.auto.offset.store", "the program keeps its own ledger of what it processed" },
    { "auto.offset.reset", "a lane starts where its last COMMIT says, never elsewhere" },
    { "isolation.level", "only committed records may be read" },
    { "enable.idempotence", "exactly-once needs it" },
    { "acks", "exactly-once needs acks=all" },
    { "request.required.acks", "exactly-once needs acks=all" },
    { "enable.gapless.guarantee", "exactly-once sets it" },
    { "max.in.flight.requests.per.connection", "exactly-once sets it" },
    { "max.in.flight", "exactly-once sets it" },
    { "transactional.id", "it follows from --instance" },
    { "transaction.timeout.ms",
      "it decides how long a lane waits for a dead worker; the program sets it" },
    { "message.max.bytes", "it follows from the limit on records" },
    { "group.id", "set --group" },
    { "group.instance.id", "set --instance" },
    { "enable.partition.eof", "the program needs to see the end of a partition" },
    { "allow.auto.create.topics", "topics are made by `onrecord topics`" },
    { "plugin.library.paths", "it loads foreign code into the process that holds the key" },
    { "sasl.kerberos.kinit.cmd", "it runs a shell command" },
    { "enable.sasl.oauthbearer.unsecure.jwt", "unsigned tokens prove nothing" },
    { "ssl.engine.location", "it loads foreign code into the process that holds the key" },
    { "delivery.report.only.error", "the offset of every COMMIT is needed" },
    { "test.mock.num.brokers", "it replaces the cluster by a mock" },
    { NULL, NULL },
};

bool
onr_conf_forbidden(const char *property, const char **ret_reason)
{
    for (const struct property *p = forbidden; p->name; p++)
        if (strcmp(p->name, property) == 0) {
            *ret_reason = p->value;
            return true;
        }
    return false;
}

static int
set(rd_kafka_conf_t *c, const char *name, const char *value, const char *where,
    struct onr_error *err)
{
    char why[256];

    switch (rd_kafka_conf_set(c, name, value, why, sizeof why)) {
    case RD_KAFKA_CONF_OK:
        return 0;
    case RD_KAFKA_CONF_UNKNOWN:
        return onr_fail(err, ONR_ECONFIG, "%s: librdkafka %s knows no property \"%s\"", where,
                        rd_kafka_version_str(), name);
    default:
        return onr_fail(err, ONR_ECONFIG, "%s: property %s=%s is refused: %s", where, name, value,
                        why);
    }
}

static int
set_all(rd_kafka_conf_t *c, const struct property *p, struct onr_error *err)
{
    int rc = 0;

    for (; rc == 0 && p->name; p++)
        rc = set(c, p->name, p->value, "built-in default", err);
    return rc;
}

static int
set_int(rd_kafka_conf_t *c, const char *name, long value, struct onr_error *err)
{
    char text[24];

    snprintf(text, sizeof text, "%ld", value);
    return set(c, name, text, "built-in", err);
}

static int
set_user(rd_kafka_conf_t *c, const struct onr_settings *s, struct onr_error *err)
{
    const char *name, *value, *reason;
    int rc;

    if (!s)
        return 0;
    for (size_t i = 0; onr_settings_kafka(s, i, &name, &value); i++) {
        const char *where = onr_settings_kafka_where(s, i);

        if (onr_conf_forbidden(name, &reason))
            return onr_fail(err, ONR_ECONFIG, "%s: property %s cannot be set: %s", where, name,
                            reason);
        if (strcmp(name, "partition.assignment.strategy") == 0 && strstr(value, "cooperative"))
            return onr_fail(err, ONR_ECONFIG,
                            "%s: %s=%s cannot be set: a worker gives all its partitions up at once "
                            "and takes them at once",
                            where, name, value);
        if (onr_access_is_secret(name) && strcmp(where, "-X") == 0)
            return onr_fail(err, ONR_ECONFIG,
                            "-X %s: every user of this machine could read it there; write "
                            "kafka.%s = ... into the file of --config, which only your user can "
                            "read",
                            name, name);
        if ((rc = set(c, name, value, where, err)) < 0)
            return rc;
    }
    return 0;
}

static int
set_defaults(rd_kafka_conf_t *c, enum onr_client client, struct onr_error *err)
{
    int rc;

    if ((rc = set_all(c, common_defaults, err)) < 0)
        return rc;
    switch (client) {
    case ONR_CLIENT_READER:
        if ((rc = set_all(c, consumer_defaults, err)) < 0)
            return rc;
        return set_all(c, reader_defaults, err);
    case ONR_CLIENT_WORKER:
        if ((rc = set_all(c, consumer_defaults, err)) < 0)
            return rc;
        return set_all(c, worker_defaults, err);
    case ONR_CLIENT_TXN:
        return set_all(c, txn_defaults, err);
    case ONR_CLIENT_ADMIN:
        break;
    }
    return 0;
}

/* Consumers of both kinds: nothing is stored or reset behind our back. */
static int
pin_consumer(rd_kafka_conf_t *c, const struct onr_client_spec *spec, struct onr_error *err)
{
    const struct property pins[] = {
        { "enable.auto.commit", "false" },
        { "enable.auto.offset.store", "false" },
        { "auto.offset.reset", "error" },
        { "allow.auto.create.topics", "false" },
        { "isolation.level", spec->uncommitted ? "read_uncommitted" : "read_committed" },
        { "enable.partition.eof", spec->eof ? "true" : "false" },
        { "group.id", spec->group ? spec->group : "onrecord-reader" }, /* librdkafka wants one */
        { NULL, NULL },
    };
    int rc = set_all(c, pins, err);

    if (rc == 0 && spec->quick)
        rc = set(c, "fetch.wait.max.ms", "1", "built-in", err);
    if (rc == 0 && spec->instance)
        rc = set(c, "group.instance.id", spec->instance, "--instance", err);
    return rc;
}

static int
pin_txn(rd_kafka_conf_t *c, const struct onr_client_spec *spec, struct onr_error *err)
{
    long timeout = spec->transaction_timeout_ms ? spec->transaction_timeout_ms
                                                : TRANSACTION_TIMEOUT_MS;
    int rc;

    /* A property of consumers, but the watermark queries of this client follow it too: it is the one that sees the end of
     * undecided transactions. */
    if ((rc = set(c, "isolation.level", "read_uncommitted", "built-in", err)) < 0
        || (rc = set(c, "transactional.id", spec->transactional_id, "built-in", err)) < 0
        || (rc = set_int(c, "transaction.timeout.ms", timeout, err)) < 0
        || (rc = set_int(c, "message.timeout.ms", timeout, err)) < 0
        || (rc = set_int(c, "message.max.bytes", ONR_REJECT_MESSAGE_MAX, err)) < 0)
        return rc;
    return 0;
}

/* librdkafka's lines go to the program; what it says about properties of the other client kind is no news, as one set of
 * properties serves producers and consumers. */
static void
log_cb(const rd_kafka_t *rk, int level, const char *fac, const char *buf)
{
    const struct onr_kafka *const *k = rd_kafka_opaque(rk);

    if (k && (*k)->log && strcmp(fac, "CONFWARN") != 0)
        (*k)->log((*k)->log_arg, level, fac, buf);
}

static void
error_cb(rd_kafka_t *rk, int e, const char *reason, void *opaque)
{
    (void) opaque;
    onr_access_note(rk, e, reason);
}

static int
check_spec(const struct onr_kafka *k, const struct onr_client_spec *spec, struct onr_error *err)
{
    if (!k->brokers || !*k->brokers)
        return onr_fail(err, ONR_ECONFIG, "no brokers: set --brokers HOST:PORT");
    if (spec->client == ONR_CLIENT_WORKER && (!spec->group || !*spec->group))
        return onr_fail(err, ONR_ECONFIG, "no consumer group: set --group");
    if (spec->client == ONR_CLIENT_TXN && (!spec->transactional_id || !*spec->transactional_id))
        return onr_fail(err, ONR_ECONFIG, "a transactional producer needs an id");
    return 0;
}

int
onr_conf_new(const struct onr_kafka *k, const struct onr_client_spec *spec, rd_kafka_conf_t **ret,
             struct onr_error *err)
{
    rd_kafka_conf_t *c;
    int rc;

    if ((rc = check_spec(k, spec, err)) < 0)
        return rc;
    if (!(c = rd_kafka_conf_new()))
        return onr_fail(err, ONR_ENOMEM, "no memory for a Kafka configuration");
    if ((rc = set_defaults(c, spec->client, err)) < 0)
        goto out;
    if ((rc = set(c, "client.id", k->client_id ? k->client_id : "onrecord", "built-in", err)) < 0)
        goto out;
    if ((rc = set_user(c, k->settings, err)) < 0)
        goto out;
    if ((rc = set(c, "bootstrap.servers", k->brokers, "--brokers", err)) < 0)
        goto out;
    if ((spec->client == ONR_CLIENT_READER || spec->client == ONR_CLIENT_WORKER)
        && (rc = pin_consumer(c, spec, err)) < 0)
        goto out;
    if (spec->client == ONR_CLIENT_TXN && (rc = pin_txn(c, spec, err)) < 0)
        goto out;
    if ((rc = onr_access_check(k, c, err)) < 0)
        goto out;
    rd_kafka_conf_set_log_cb(c, log_cb);
    rd_kafka_conf_set_error_cb(c, error_cb);
    rd_kafka_conf_set_opaque(c, spec->opaque);
    *ret = c;
    c = NULL;
out:
    if (c)
        rd_kafka_conf_destroy(c);
    return rc;
}

int
onr_client_new(rd_kafka_type_t type, rd_kafka_conf_t *conf, rd_kafka_t **ret, struct onr_error *err)
{
    char why[256];
    rd_kafka_t *rk = rd_kafka_new(type, conf, why, sizeof why);

    /* librdkafka before 2.13 frees interceptors twice if a refused configuration is destroyed (#4142); a program that gets
     * here ends with this sentence, so the configuration is left alone. */
    if (!rk)
        return onr_fail(err, ONR_ECONFIG, "librdkafka refuses the configuration: %s", why);
    *ret = rk;
    return 0;
}
