/* common/line/topics.c - the table itself, names and the shared settings. See topics.h. */
#include "common/line/topics.h"

#include <stdio.h>
#include <string.h>

#include "common/base/limits.h"

#define DAY_MS ((int64_t) 86400000)

const struct onr_topic_rule onr_topic_rules[ONR_TOPICS] = {
    [ONR_TOPIC_ARTICLES] = { .suffix = "articles",
                             .holds = "one record for each article version",
                             .width = ONR_WIDTH_FREE,
                             .compact = true,
                             .retention_ms = -1,
                             .max_message_bytes = ONR_MESSAGE_MAX },
    [ONR_TOPIC_STATEMENTS] = { .suffix = "statements",
                               .holds = "statements, the input of classify",
                               .width = ONR_WIDTH_LINE,
                               .never_compact = true,
                               .retention_ms = ONR_RETENTION_LINE,
                               .max_message_bytes = ONR_MESSAGE_MAX },
    [ONR_TOPIC_ATTRIBUTIONS] = { .suffix = "attributions",
                                 .holds = "signed results and COMMITs: the lanes",
                                 .width = ONR_WIDTH_LINE,
                                 .never_compact = true,
                                 .broker_time = true,
                                 .retention_ms = ONR_RETENTION_LINE,
                                 .max_message_bytes = ONR_MESSAGE_MAX },
    [ONR_TOPIC_REJECTS] = { .suffix = "rejects",
                            .holds = "records that could not be processed, untouched",
                            .width = ONR_WIDTH_LINE,
                            .never_compact = true,
                            .retention_ms = 30 * DAY_MS,
                            .max_message_bytes = ONR_REJECT_MESSAGE_MAX },
    [ONR_TOPIC_KEYS] = { .suffix = "keys",
                         .holds = "the key log",
                         .width = ONR_WIDTH_ONE,
                         .never_compact = true,
                         .retention_ms = -1,
                         .max_message_bytes = ONR_MESSAGE_MAX },
    [ONR_TOPIC_WITNESS] = { .suffix = "witness",
                            .holds = "cosignatures of lane heads",
                            .width = ONR_WIDTH_ONE,
                            .never_compact = true,
                            .retention_ms = -1,
                            .max_message_bytes = ONR_MESSAGE_MAX },
};

/* The rows of both tables: brokers, prefix, timeout, plaintext. */
#define SETTINGS_FEED                                                                              \
    { .name = "", .type = ONR_SET_GROUP, .help = "Kafka" },                                        \
        { .name = "brokers",                                                                       \
          .letter = 'b',                                                                           \
          .type = ONR_SET_TEXT,                                                                    \
          .arg = "HOST:PORT,...",                                                                  \
          .help = "bootstrap servers; required" },                                                 \
        { .name = "prefix",                                                                        \
          .type = ONR_SET_TEXT,                                                                    \
          .arg = "PREFIX",                                                                         \
          .fallback = ONR_TOPIC_PREFIX,                                                            \
          .help = "first part of every topic name" },                                              \
        { .name = "timeout",                                                                       \
          .type = ONR_SET_MS,                                                                      \
          .arg = "TIME",                                                                           \
          .fallback = "30s",                                                                       \
          .min = 100,                                                                              \
          .max = 3600000,                                                                          \
          .help = "wait this long for a broker before giving up" },                                \
    {                                                                                              \
        .name = "insecure-plaintext", .type = ONR_SET_FLAG,                                        \
        .help = "talk to brokers on other machines without TLS, where anybody between can read, "  \
                "hold back and drop; without this word plaintext goes to this machine only"        \
    }

const struct onr_setting onr_settings_kafka_feed[] = { SETTINGS_FEED, { .name = NULL } };

const struct onr_setting onr_settings_kafka_common[] = {
    SETTINGS_FEED,
    { .name = "", .type = ONR_SET_GROUP, .help = "Lanes" },
    { .name = "org",
      .type = ONR_SET_TEXT,
      .arg = "NAME",
      .help
      = "first part of every lane's origin, as news.example; from the trust file if not given" },
    { .name = "trust",
      .type = ONR_SET_TEXT,
      .arg = "FILE",
      .help = "trust file: the organisation, its topics and root keys" },
    { .name = NULL },
};

/* Offset of the first byte that a topic name may not have, strlen when there is none. */
static size_t
legal_length(const char *name)
{
    return strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");
}

int
onr_topic_name_check(const char *name, struct onr_error *err)
{
    size_t len = strlen(name);

    if (len == 0)
        return onr_fail(err, ONR_ECONFIG, "a topic name cannot be empty");
    if (len > ONR_TOPIC_NAME_MAX)
        return onr_fail(err, ONR_ECONFIG, "topic name \"%.40s...\" has %zu bytes; Kafka takes %d",
                        name, len, ONR_TOPIC_NAME_MAX);
    if (legal_length(name) != len)
        return onr_fail(err, ONR_ECONFIG,
                        "topic name \"%s\" has a character that Kafka does not take at byte %zu; "
                        "use letters, digits, '.', '_' and '-'",
                        name, legal_length(name) + 1);
    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return onr_fail(err, ONR_ECONFIG, "topic name \"%s\" is reserved; choose another", name);
    return 0;
}

int
onr_topic_names_make(const char *prefix, struct onr_topic_names *ret, struct onr_error *err)
{
    struct onr_topic_names names;
    size_t len = strlen(prefix);
    int i;

    memset(&names, 0, sizeof(names));
    if (legal_length(prefix) != len)
        return onr_fail(err, ONR_ECONFIG,
                        "topic prefix \"%.200s\" has a character that Kafka does not take at byte "
                        "%zu; use letters, digits, '.', '_' and '-'",
                        prefix, legal_length(prefix) + 1);
    for (i = 0; i < ONR_TOPICS; i++) {
        if (len + strlen(onr_topic_rules[i].suffix) > ONR_TOPIC_NAME_MAX)
            return onr_fail(err, ONR_ECONFIG,
                            "topic prefix \"%.40s...\" has %zu bytes; with \"%s\" behind it the "
                            "name passes Kafka's %d bytes, so choose a shorter one",
                            prefix, len, onr_topic_rules[i].suffix, ONR_TOPIC_NAME_MAX);
        memcpy(names.name[i], prefix, len);
        strcpy(names.name[i] + len, onr_topic_rules[i].suffix);
    }
    *ret = names;
    return 0;
}

int
onr_topic_min_insync(int replication)
{
    return replication >= 3 ? 2 : 1;
}

int
onr_kafka_settings_get(const struct onr_settings *s, struct onr_kafka_settings *ret,
                       struct onr_error *err)
{
    struct onr_kafka_settings k;
    int rc;

    k.brokers = onr_set_text(s, "brokers");
    k.prefix = onr_set_text(s, "prefix");
    k.timeout_ms = (int) onr_set_int(s, "timeout");
    if (!k.brokers || !*k.brokers)
        return onr_fail(err, ONR_EUSAGE,
                        "no broker given: say --brokers HOST:PORT, or set ONRECORD_BROKERS, or "
                        "brokers = HOST:PORT in the file of --config");
    if ((rc = onr_topic_names_make(k.prefix, &k.topics, err)) < 0)
        return rc;
    *ret = k;
    return 0;
}
