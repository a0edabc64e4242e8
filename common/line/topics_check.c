/* common/line/topics_check.c - see topics_check.h. One function a rule; each adds at most one finding. */
#include "common/line/topics_check.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/limits.h"

#define DAY_MS ((int64_t) 86400000)

struct check {
    const struct onr_topic_state *state;
    const struct onr_topic_names *names;
    const struct onr_topic_plan *plan;
    struct onr_topic_finding *out;
    size_t n;
};

#define BROKER_TIME "LogAppendTime"

static const char *const config_names[ONR_TOPIC_CONFIGS] = {
    [ONR_TC_CLEANUP] = "cleanup.policy",
    [ONR_TC_RETENTION_MS] = "retention.ms",
    [ONR_TC_RETENTION_BYTES] = "retention.bytes",
    [ONR_TC_MAX_MESSAGE] = "max.message.bytes",
    [ONR_TC_COMPRESSION] = "compression.type",
    [ONR_TC_MIN_INSYNC] = "min.insync.replicas",
    [ONR_TC_UNCLEAN] = "unclean.leader.election.enable",
    [ONR_TC_TIMESTAMP] = "message.timestamp.type",
};

const char *
onr_topic_config_name(enum onr_topic_config c)
{
    return config_names[c];
}

const char *
onr_retention_text(int64_t ms, char *buf)
{
    if (ms < 0)
        snprintf(buf, 32, "for ever");
    else if (ms >= DAY_MS && ms % DAY_MS == 0)
        snprintf(buf, 32, "%" PRId64 " day%s", ms / DAY_MS, ms == DAY_MS ? "" : "s");
    else if (ms % 1000 == 0)
        snprintf(buf, 32, "%" PRId64 " s", ms / 1000);
    else
        snprintf(buf, 32, "%" PRId64 " ms", ms);
    return buf;
}

static int64_t
retention_of(enum onr_topic t, const struct onr_topic_plan *plan)
{
    int64_t ms = onr_topic_rules[t].retention_ms;

    return ms == ONR_RETENTION_LINE ? plan->retention_ms : ms;
}

const char *
onr_topic_config_value(enum onr_topic t, enum onr_topic_config c, const struct onr_topic_plan *plan,
                       int replication, char *buf)
{
    switch (c) {
    case ONR_TC_CLEANUP:
        return strcpy(buf, onr_topic_rules[t].compact ? "compact" : "delete");
    case ONR_TC_RETENTION_MS:
        snprintf(buf, 64, "%" PRId64, retention_of(t, plan));
        return buf;
    case ONR_TC_RETENTION_BYTES:
        return strcpy(buf, "-1");
    case ONR_TC_MAX_MESSAGE:
        snprintf(buf, 64, "%" PRId32, onr_topic_rules[t].max_message_bytes);
        return buf;
    case ONR_TC_COMPRESSION:
        return strcpy(buf, ONR_TOPIC_COMPRESSION);
    case ONR_TC_MIN_INSYNC:
        snprintf(buf, 64, "%d", onr_topic_min_insync(replication));
        return buf;
    case ONR_TC_UNCLEAN:
        return strcpy(buf, "false");
    case ONR_TC_TIMESTAMP:
        return strcpy(buf, onr_topic_rules[t].broker_time ? BROKER_TIME : "CreateTime");
    case ONR_TOPIC_CONFIGS:
        break;
    }
    return strcpy(buf, "");
}

static void add(struct check *c, enum onr_topic t, bool error, const char *what, const char *fmt,
                ...) ONR_PRINTF(5, 6);

static void
add(struct check *c, enum onr_topic t, bool error, const char *what, const char *fmt, ...)
{
    struct onr_topic_finding *f = &c->out[c->n++];
    va_list args;

    f->topic = t;
    f->error = error;
    f->what = what;
    va_start(args, fmt);
    vsnprintf(f->text, sizeof(f->text), fmt, args);
    va_end(args);
}

/* Value of a setting; false when the broker did not say or it is no number. */
static bool
number(const struct check *c, enum onr_topic t, enum onr_topic_config k, long long *ret)
{
    const char *text = c->state[t].config[k];
    char *end;

    if (!*text)
        return false;
    *ret = strtoll(text, &end, 10);
    return *end == 0;
}

/* How many partitions the line has: as planned, else as statements has (the others follow it). */
static int32_t
line_width(const struct check *c)
{
    static const enum onr_topic line[] = { ONR_TOPIC_STATEMENTS, ONR_TOPIC_ATTRIBUTIONS,
                                           ONR_TOPIC_REJECTS };
    size_t i;

    if (c->plan->partitions)
        return c->plan->partitions;
    for (i = 0; i < sizeof(line) / sizeof(*line); i++)
        if (c->state[line[i]].exists)
            return c->state[line[i]].partitions;
    return 0;
}

static void
check_partitions(struct check *c, enum onr_topic t)
{
    int32_t have = c->state[t].partitions, want = line_width(c);

    if (onr_topic_rules[t].width == ONR_WIDTH_ONE && have != 1)
        add(c, t, true, "partitions",
            "has %d partitions and must have one, because its order is its meaning; delete it if "
            "it is empty and create it again, or use another --prefix",
            have);
    if (onr_topic_rules[t].width != ONR_WIDTH_LINE || have == want)
        return;
    if (c->plan->partitions)
        add(c, t, true, "partitions",
            "has %d partitions, --partitions says %d; partitions cannot change under a lane, so "
            "give --partitions %d or use another --prefix",
            have, want, have);
    else
        add(c, t, true, "partitions",
            "has %d partitions and %s has %d; partition p of one is partition p of the other, so "
            "they must be equal: delete it if it is empty and create it again, or use another "
            "--prefix",
            have, c->names->name[ONR_TOPIC_STATEMENTS], want);
}

static void
check_replication(struct check *c, enum onr_topic t)
{
    const struct onr_topic_state *s = &c->state[t];
    long long insync;

    if (c->plan->replication && s->replication != c->plan->replication)
        add(c, t, true, "replication",
            "has %d replica%s, --replication says %d; move it with kafka-reassign-partitions, or "
            "give --replication %d",
            s->replication, s->replication == 1 ? "" : "s", c->plan->replication, s->replication);
    if (!number(c, t, ONR_TC_MIN_INSYNC, &insync))
        return;
    if (insync > s->replication)
        add(c, t, true, config_names[ONR_TC_MIN_INSYNC],
            "is %lld with %d replica%s, so nothing can be written; set it to %d", insync,
            s->replication, s->replication == 1 ? "" : "s", onr_topic_min_insync(s->replication));
    else if (insync < onr_topic_min_insync(s->replication))
        add(c, t, true, config_names[ONR_TC_MIN_INSYNC],
            "is %lld with %d replicas, so a record can be lost with one broker; set it to %d",
            insync, s->replication, onr_topic_min_insync(s->replication));
}

static void
check_cleanup(struct check *c, enum onr_topic t)
{
    const struct onr_topic_rule *rule = &onr_topic_rules[t];
    const char *policy = c->state[t].config[ONR_TC_CLEANUP];

    if (!*policy)
        return;
    if (rule->never_compact && strstr(policy, "compact"))
        add(c, t, true, config_names[ONR_TC_CLEANUP],
            "is %s: compaction would take records out of it for good; set it to delete at once",
            policy);
    else if (rule->compact && strcmp(policy, "compact") != 0)
        add(c, t, true, config_names[ONR_TC_CLEANUP],
            "is %s: split would forget what it has sent and send it again; set it to compact",
            policy);
}

static void
check_retention(struct check *c, enum onr_topic t)
{
    const struct onr_topic_rule *rule = &onr_topic_rules[t];
    char have[32], want[32];
    long long ms, bytes;

    if (rule->compact) /* nothing is deleted by time or size */
        return;
    if (number(c, t, ONR_TC_RETENTION_MS, &ms) && ms != retention_of(t, c->plan))
        add(c, t, rule->retention_ms <= -1, config_names[ONR_TC_RETENTION_MS],
            "keeps records %s, should be %s; set it to %" PRId64 "%s", onr_retention_text(ms, have),
            onr_retention_text(retention_of(t, c->plan), want), retention_of(t, c->plan),
            rule->retention_ms == ONR_RETENTION_LINE ? ", or say --retention-days" : "");
    if (number(c, t, ONR_TC_RETENTION_BYTES, &bytes) && bytes >= 0)
        add(c, t, true, config_names[ONR_TC_RETENTION_BYTES],
            "is %lld: records go when the topic grows, whatever their age; set it to -1", bytes);
}

static void
check_max_message(struct check *c, enum onr_topic t)
{
    long long have, statements;

    if (!number(c, t, ONR_TC_MAX_MESSAGE, &have))
        return;
    if (have < onr_topic_rules[t].max_message_bytes)
        add(c, t, true, config_names[ONR_TC_MAX_MESSAGE],
            "is %lld, needs %d at least: a record of the largest size would be refused for ever; "
            "set it to %d",
            have, onr_topic_rules[t].max_message_bytes, onr_topic_rules[t].max_message_bytes);
    else if (t == ONR_TOPIC_REJECTS
             && number(c, ONR_TOPIC_STATEMENTS, ONR_TC_MAX_MESSAGE, &statements)
             && have < statements + (ONR_REJECT_MESSAGE_MAX - ONR_MESSAGE_MAX))
        add(c, t, true, config_names[ONR_TC_MAX_MESSAGE],
            "is %lld and %s takes %lld: a bad record of the largest size could not be put aside "
            "and would block its lane; set it to %lld",
            have, c->names->name[ONR_TOPIC_STATEMENTS], statements,
            statements + (ONR_REJECT_MESSAGE_MAX - ONR_MESSAGE_MAX));
}

static void
check_rest(struct check *c, enum onr_topic t)
{
    const char *compression = c->state[t].config[ONR_TC_COMPRESSION];
    const char *unclean = c->state[t].config[ONR_TC_UNCLEAN];
    const char *timestamp = c->state[t].config[ONR_TC_TIMESTAMP];

    if (*compression && strcmp(compression, ONR_TOPIC_COMPRESSION) != 0)
        add(c, t, false, config_names[ONR_TC_COMPRESSION],
            "is %s; %s makes it several times smaller, because neighbours share a window",
            compression, ONR_TOPIC_COMPRESSION);
    if (strcmp(unclean, "true") == 0)
        add(c, t, true, config_names[ONR_TC_UNCLEAN],
            "is true: a broker that missed committed records could become leader and lose them; "
            "set it to false");
    if (onr_topic_rules[t].broker_time && *timestamp && strcmp(timestamp, BROKER_TIME) != 0)
        add(c, t, false, config_names[ONR_TC_TIMESTAMP],
            "is %s: brokers refuse what a worker writes whose clock is an hour fast; set it to %s",
            timestamp, BROKER_TIME);
}

size_t
onr_topics_check(const struct onr_topic_state state[ONR_TOPICS],
                 const struct onr_topic_names *names, const struct onr_topic_plan *plan,
                 struct onr_topic_finding *ret)
{
    struct check c = { state, names, plan, ret, 0 };
    int i;

    for (i = 0; i < ONR_TOPICS; i++) {
        enum onr_topic t = (enum onr_topic) i;

        if (!state[t].exists) {
            add(&c, t, true, "missing", "is not there; make it with: onrecord topics create");
            continue;
        }
        check_partitions(&c, t);
        check_replication(&c, t);
        check_cleanup(&c, t);
        check_retention(&c, t);
        check_max_message(&c, t);
        check_rest(&c, t);
    }
    return c.n;
}
