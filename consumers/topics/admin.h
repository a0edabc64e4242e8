/* consumers/topics/admin.h - what `topics` asks of the broker: describe topics, create topics, grant rights.
 *
 * Wraps librdkafka's admin requests: one request, its answer waited for, every handle freed. All waits end with the timeout.
 */
#ifndef ONR_TOPICS_ADMIN_H
#define ONR_TOPICS_ADMIN_H

#include "common/line/topics_check.h"
#include "common/stream/conf.h"
#include "consumers/topics/rights.h"

struct onr_admin {
    const struct onr_kafka *kafka; /* first: log and refusals (conf.h) */
    rd_kafka_t *rk;
    rd_kafka_queue_t *queue;
    int timeout_ms;
};

ONR_MUST_USE int onr_admin_open(struct onr_admin *a, const struct onr_kafka *k, int timeout_ms,
                                struct onr_error *err);
void onr_admin_close(struct onr_admin *a);

/** Number of brokers of the cluster. -ONR_EBROKER. */
ONR_MUST_USE int onr_admin_brokers(struct onr_admin *a, int *ret_n, struct onr_error *err);

/** State of all topics of the line: which are there, and how they are set. */
ONR_MUST_USE int onr_admin_describe(struct onr_admin *a, const struct onr_topic_names *names,
                                    struct onr_topic_state ret[ONR_TOPICS], struct onr_error *err);

/** Create the topics for which wanted[t] is true, and wait until every broker knows them. One that another process made in
 *  the meantime is left alone. ret_made[t] says which ones we made. -ONR_ECONFIG with the broker's reason. */
ONR_MUST_USE int onr_admin_create(struct onr_admin *a, const struct onr_topic_names *names,
                                  const struct onr_topic_plan *plan, const bool wanted[ONR_TOPICS],
                                  bool ret_made[ONR_TOPICS], struct onr_error *err);

/** Wait until every partition of the topics that were made answers: a program started now finds its leaders. */
ONR_MUST_USE int onr_admin_wait_usable(struct onr_admin *a, const struct onr_topic_names *names,
                                       const struct onr_topic_state state[ONR_TOPICS],
                                       const bool made[ONR_TOPICS], struct onr_error *err);

/** Grant rights, as far as librdkafka can: ret_given[i] says which (2.0.2 knows no transactional ids). One that is there already is
 *  given. -ONR_ECONFIG with the broker's reason. */
ONR_MUST_USE int onr_admin_grant(struct onr_admin *a, const struct onr_right *right, size_t n,
                                 bool *ret_given, struct onr_error *err);

#endif
