/* common/stream/conf.h - a librdkafka configuration that is safe before anybody touches it.
 *
 * librdkafka's defaults lose data (enable.auto.commit, auto.offset.reset=largest, check.crcs=false); ours are set first, the
 * user's -X properties over them, what the engine depends on last. A property that librdkafka does not know, a value it
 * refuses, and a property that would break a promise (isolation.level, enable.auto.commit, transactional.id), run foreign code
 * (plugin.library.paths, sasl.kerberos.kinit.cmd) or open the way to the broker (access.h) is refused with a sentence; nothing is
 * only logged. A secret is refused on the command line.
 */
#ifndef ONR_STREAM_CONF_H
#define ONR_STREAM_CONF_H

#include <librdkafka/rdkafka.h>
#include <pthread.h>
#include <stdbool.h>

#include "common/base/error.h"
#include "common/base/settings.h"

enum onr_client {
    ONR_CLIENT_READER, /* assigns partitions itself, commits nothing, needs no group */
    ONR_CLIENT_WORKER, /* member of a group; offsets are committed by a transaction only */
    ONR_CLIENT_TXN,    /* transactional producer */
    ONR_CLIENT_ADMIN   /* metadata and admin requests only */
};

/** Called from librdkafka's threads: must be thread-safe and must not call librdkafka. level is syslog's. */
typedef void onr_kafka_log_fn(void *arg, int level, const char *facility, const char *text);

/* Why Kafka let a client not in; clients of one program and librdkafka's threads share it (access.h). */
struct onr_refusal {
    pthread_mutex_t lock;
    bool noted; /* since it was asked for last */
    bool final; /* no other broker helps */
    char text[ONR_ERROR_TEXT_MAX];
};

/* What every client of one program shares, and what one of them adds. A zeroed field is "the default". Borrows everything;
 * must outlive the clients made from it. */
struct onr_kafka {
    const char *brokers;                 /* host:port,host:port; required */
    const char *client_id;               /* "onrecord-split"; default "onrecord" */
    const struct onr_settings *settings; /* its -X properties; NULL = none */
    onr_kafka_log_fn *log;               /* NULL = librdkafka's lines are dropped */
    void *log_arg;
    bool insecure_plaintext;     /* other machines may be talked to without TLS */
    struct onr_refusal *refusal; /* NULL = refusals are only logged */
    bool (*stopping)(void); /* NULL = never: long waits end early with -ONR_ESTOP when it says so */
};

struct onr_client_spec {
    enum onr_client client;
    const char *group;            /* WORKER: required */
    const char *instance;         /* WORKER: group.instance.id, NULL = dynamic member */
    const char *transactional_id; /* TXN: required */
    int transaction_timeout_ms;   /* TXN: default 15000 */
    bool uncommitted;             /* READER: sees open and aborted transactions too */
    bool quick;                   /* READER: no wait for records at the end of a partition */
    bool eof;                     /* READER, WORKER: report the end of a partition */
    void *
        opaque; /* for callbacks; points to a struct whose first member is the `const struct onr_kafka *`; NULL = no log */
};

/** New configuration. Returns owned: hand it to rd_kafka_new or rd_kafka_conf_destroy it.
 *  Errors: -ONR_ECONFIG (property unknown, wrong or forbidden: which, its value, why), -ONR_ENOMEM. */
ONR_MUST_USE int onr_conf_new(const struct onr_kafka *k, const struct onr_client_spec *spec,
                              rd_kafka_conf_t **ret, struct onr_error *err);

/** True with a reason when a user may not set this property at all. */
bool onr_conf_forbidden(const char *property, const char **ret_reason);

/** Turn a configuration into a client. Takes conf, on failure too. Errors: -ONR_ECONFIG. */
ONR_MUST_USE int onr_client_new(rd_kafka_type_t type, rd_kafka_conf_t *conf, rd_kafka_t **ret,
                                struct onr_error *err);

#endif
