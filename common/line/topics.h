/* common/line/topics.h - the topics of the line, in one table, and the settings that every program at Kafka shares.
 *
 * `onrecord topics` creates and checks what this table says; every other program takes its names from here. A name is the
 * prefix and the table's suffix: "onrecord." + "statements". Nothing here talks to Kafka.
 */
#ifndef ONR_LINE_TOPICS_H
#define ONR_LINE_TOPICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/settings.h"

enum onr_topic {
    ONR_TOPIC_ARTICLES,
    ONR_TOPIC_STATEMENTS,
    ONR_TOPIC_ATTRIBUTIONS,
    ONR_TOPIC_REJECTS,
    ONR_TOPIC_KEYS,
    ONR_TOPIC_WITNESS,
    ONR_TOPICS
};

/* How many partitions a topic has. */
enum onr_topic_width {
    ONR_WIDTH_LINE, /* as many as the line is wide: the same on statements, attributions and rejects */
    ONR_WIDTH_FREE, /* made as wide as the line, any number is right */
    ONR_WIDTH_ONE   /* exactly one: its order is its meaning */
};

struct onr_topic_rule {
    const char *suffix; /* "statements" */
    const char *holds;  /* for people: "one Statement record for each statement" */
    enum onr_topic_width width;
    bool compact;         /* cleanup.policy: compact, else delete */
    bool never_compact;   /* compaction would destroy it: refused, whatever else is set */
    bool broker_time;     /* timestamps are the broker's: nobody's wrong clock keeps records out */
    int64_t retention_ms; /* -1 for ever; ONR_RETENTION_LINE: as the operator chose */
    int32_t max_message_bytes; /* max.message.bytes */
};

#define ONR_RETENTION_LINE       (-2)
#define ONR_TOPIC_PARTITIONS     4 /* default width of the line: two workers with two partitions each */
#define ONR_TOPIC_PARTITIONS_MAX 4096
#define ONR_TOPIC_COMPRESSION    "zstd" /* neighbours share a window byte for byte (DESIGN 5) */
#define ONR_TOPIC_NAME_MAX       249    /* Kafka's own limit, bytes */
#define ONR_TOPIC_PREFIX         "onrecord."

extern const struct onr_topic_rule onr_topic_rules[ONR_TOPICS];

/* The names of one line. names.name[ONR_TOPIC_STATEMENTS] is "onrecord.statements". */
struct onr_topic_names {
    char name[ONR_TOPICS][ONR_TOPIC_NAME_MAX + 1];
};

/** Names from a prefix: letters, digits, '.', '_' and '-', not so long that a name passes Kafka's limit; may be empty.
 *  -ONR_ECONFIG with a sentence else; *ret is then untouched. */
ONR_MUST_USE int onr_topic_names_make(const char *prefix, struct onr_topic_names *ret,
                                      struct onr_error *err);

/** -ONR_ECONFIG with a sentence unless `name` is a name that Kafka takes for a topic. */
ONR_MUST_USE int onr_topic_name_check(const char *name, struct onr_error *err);

/** Fewest in-sync replicas that must hold a record before it counts: one broker may be away from three replicas on. */
int onr_topic_min_insync(int replication);

/* Settings of every program at Kafka. The first table is for programs that only move records: brokers, prefix, timeout.
 * The second has these and what a lane needs: org, trust. List one of them, not both. */
extern const struct onr_setting onr_settings_kafka_feed[];
extern const struct onr_setting onr_settings_kafka_common[];

struct onr_kafka_settings {
    const char *brokers; /* valid while the settings are */
    const char *prefix;
    int timeout_ms; /* how long to wait for the broker before giving up */
    struct onr_topic_names topics;
};

/** Values of the shared settings, checked. -ONR_EUSAGE when --brokers is missing, -ONR_ECONFIG for a bad prefix. */
ONR_MUST_USE int onr_kafka_settings_get(const struct onr_settings *s,
                                        struct onr_kafka_settings *ret, struct onr_error *err);

#endif
