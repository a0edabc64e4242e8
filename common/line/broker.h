/* common/line/broker.h - from a program's settings to Kafka, and patience with a broker that is away.
 *
 * A program at Kafka begins with onr_broker_init and onr_broker_wait: after it, a broker answers and the topics are known to
 * be there, or the program has a sentence for its user. librdkafka's own lines become log lines, the repeated ones left out.
 */
#ifndef ONR_LINE_BROKER_H
#define ONR_LINE_BROKER_H

#include <pthread.h>

#include "common/line/topics.h"
#include "common/stream/conf.h"
#include "common/stream/reader.h"

#define ONR_BROKER_LINES 16  /* different lines of librdkafka that are known again */
#define ONR_BROKER_HEAD  120 /* bytes by which one is: counters stand behind */

/* What librdkafka said lately; its threads share it. */
struct onr_broker_said {
    pthread_mutex_t lock;
    struct {
        char head[ONR_BROKER_HEAD];
        int64_t at_ms;
    } line[ONR_BROKER_LINES];
};

struct onr_broker {
    struct onr_kafka kafka; /* for readers and producers */
    struct onr_kafka_settings settings;
    char client_id[64]; /* "onrecord-split" */
    struct onr_broker_said said;
    struct onr_refusal refusal;
};

/** Fill b from the settings (which must outlive it). b must not move afterwards. -ONR_EUSAGE, -ONR_ECONFIG. */
ONR_MUST_USE int onr_broker_init(struct onr_broker *b, const struct onr_settings *s,
                                 const char *verb, struct onr_error *err);

/** Wait until a broker answers and `topic` is there: *ret_n (may be NULL) is its number of partitions. Says in the log that it
 *  waits; gives up after the setting timeout (-ONR_EBROKER), when asked to stop (-ONR_ESTOP), or at once when there is no such
 *  topic (-ONR_ECONFIG, and what to do). */
ONR_MUST_USE int onr_broker_wait(const struct onr_broker *b, struct onr_reader *r,
                                 const char *topic, int32_t *ret_n, struct onr_error *err);

/** Between two tries at a broker that fails: logs `event` with the reason, at first and every ten seconds, and waits a moment from
 *  the second time on. *said_ms is 0 before the first try. -ONR_ESTOP when asked to stop; err then holds the reason too. */
ONR_MUST_USE int onr_broker_patience(int64_t *said_ms, const char *event,
                                     const struct onr_error *why, struct onr_error *err);

/** For struct onr_kafka.log: librdkafka's lines as log events "kafka.FACILITY". arg is a struct onr_broker_said: the same line comes
 *  at most every ten seconds; NULL: all of them come. */
void onr_broker_log(void *arg, int level, const char *facility, const char *text);

#endif
