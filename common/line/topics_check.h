/* common/line/topics_check.h - what is wrong with a topic as it stands at the broker, and what to do about it.
 *
 * Pure: the table's rules (topics.h) and the operator's plan on one side, what the broker says on the other, findings out.
 * An error means that the line must not run so; a warning that it runs, but not as well as it could.
 */
#ifndef ONR_LINE_TOPICS_CHECK_H
#define ONR_LINE_TOPICS_CHECK_H

#include "common/line/topics.h"

/* How the operator wants the line. */
struct onr_topic_plan {
    int32_t partitions;   /* of the line's topics; 0 = any number, but the same on all */
    int replication;      /* 0 = any */
    int64_t retention_ms; /* of statements and attributions, -1 = for ever */
};

enum onr_topic_config {
    ONR_TC_CLEANUP,
    ONR_TC_RETENTION_MS,
    ONR_TC_RETENTION_BYTES,
    ONR_TC_MAX_MESSAGE,
    ONR_TC_COMPRESSION,
    ONR_TC_MIN_INSYNC,
    ONR_TC_UNCLEAN,
    ONR_TC_TIMESTAMP,
    ONR_TOPIC_CONFIGS
};

/* A topic as the broker describes it. */
struct onr_topic_state {
    bool exists;
    int32_t partitions;
    int replication;                    /* fewest replicas of any partition */
    char config[ONR_TOPIC_CONFIGS][64]; /* values as text; "" = the broker did not say */
};

/** Kafka's name of a topic setting: "cleanup.policy". */
const char *onr_topic_config_name(enum onr_topic_config c);

/** The value that `onrecord topics create` gives, as text in buf (room for 64); returns buf. replication is the one used. */
const char *onr_topic_config_value(enum onr_topic t, enum onr_topic_config c,
                                   const struct onr_topic_plan *plan, int replication, char *buf);

struct onr_topic_finding {
    enum onr_topic topic;
    bool error;       /* else a warning */
    const char *what; /* stable: "missing", "partitions", "replication" or the name of a setting */
    char text[320];   /* what is wrong and what to do */
};
#define ONR_TOPIC_FINDINGS (ONR_TOPICS * (ONR_TOPIC_CONFIGS + 3))

/** Compare all topics with the table. Fills ret (room for ONR_TOPIC_FINDINGS) in the order of the table, returns how many. */
size_t onr_topics_check(const struct onr_topic_state state[ONR_TOPICS],
                        const struct onr_topic_names *names, const struct onr_topic_plan *plan,
                        struct onr_topic_finding *ret);

/** "for ever", "30 days", "90 s": a retention for people, in buf (room for 32); returns buf. */
const char *onr_retention_text(int64_t ms, char *buf);

#endif
