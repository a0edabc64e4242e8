/* consumers/topics/topics.c - `onrecord topics`: create, check and list the topics of the line.
 *
 * What is right stands in common/line/topics.c, what is wrong is found by common/line/topics_check.c; this program asks the
 * broker, makes what is missing and shows the rest. It changes nothing that is there: a wrong topic is the operator's to mend.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/json.h"
#include "common/base/log.h"
#include "common/line/broker.h"
#include "common/line/program.h"
#include "common/line/table.h"
#include "consumers/topics/admin.h"
#include "consumers/topics/grant.h"

#define REPORT_MAX     (256 * 1024) /* bytes of any report: six topics, some dozen lines */
#define REPLICAS_AIM   3            /* copies of each record where there are as many brokers */
#define SETTLE_MS      50           /* a broker hears of a new topic within some of these */
#define FIRST_LOOK_MS  1000         /* one try to reach a broker, so that we can say that we wait */
#define DAY_MS         ((int64_t) 86400000)
#define RETENTION_DAYS 36500

static const struct onr_setting settings[] = {
    { .name = "", .type = ONR_SET_GROUP, .help = "Topics" },
    { .name = "partitions",
      .letter = 'n',
      .type = ONR_SET_INT,
      .arg = "N",
      .min = 1,
      .max = ONR_TOPIC_PARTITIONS_MAX,
      .help = "partitions of statements, attributions and rejects: how many workers can share the "
              "work, for the "
              "life of the line; create: 4 if not given, check: any number if not given" },
    { .name = "replication",
      .letter = 'r',
      .type = ONR_SET_INT,
      .arg = "N",
      .min = 1,
      .max = 7,
      .help = "copies of every record; create: 3 if there are as many brokers, else 1; check: any "
              "number if not given" },
    { .name = "retention-days",
      .type = ONR_SET_INT,
      .arg = "DAYS",
      .fallback = "0",
      .min = 0,
      .max = RETENTION_DAYS,
      .help = "how long statements and attributions are kept; 0 is for ever, which audits need" },
    { .name = "acl",
      .type = ONR_SET_FLAG,
      .help = "the rights of the line's programs instead of its topics: list shows them, create "
              "grants them" },
    { .name = "json",
      .type = ONR_SET_FLAG,
      .help = "one JSON object for each topic or right on standard output" },
    { .name = NULL },
};

struct run {
    const struct onr_settings *settings;
    struct onr_broker broker;
    struct onr_admin admin;
    struct onr_topic_plan plan;
    struct onr_topic_state state[ONR_TOPICS];
    struct onr_topic_finding finding[ONR_TOPIC_FINDINGS];
    size_t n_findings;
    bool made[ONR_TOPICS];
    bool json;
    struct onr_buf out;
};

static const char *
name_of(const struct run *r, int t)
{
    return r->broker.settings.topics.name[t];
}

/* A moment between two questions; true when asked to stop. */
static bool
pause_ms(int ms)
{
    struct pollfd stop = { .fd = onr_program_stop_fd(), .events = POLLIN };

    return poll(&stop, 1, ms) > 0 || onr_program_stopping();
}

static int
add_json(struct run *r, int t, struct onr_error *err)
{
    const struct onr_topic_state *s = &r->state[t];
    struct onr_json j = ONR_JSON_INIT(&r->out);
    size_t i;
    int c;

    onr_json_open(&j, '{');
    onr_json_key(&j, "topic");
    onr_json_z(&j, name_of(r, t));
    onr_json_key(&j, "exists");
    onr_json_bool(&j, s->exists);
    onr_json_key(&j, "created");
    onr_json_bool(&j, r->made[t]);
    onr_json_key(&j, "partitions");
    onr_json_int(&j, s->partitions);
    onr_json_key(&j, "replication");
    onr_json_int(&j, s->replication);
    onr_json_key(&j, "settings");
    onr_json_open(&j, '{');
    for (c = 0; c < ONR_TOPIC_CONFIGS && s->exists; c++) {
        onr_json_key(&j, onr_topic_config_name((enum onr_topic_config) c));
        onr_json_z(&j, s->config[c]);
    }
    onr_json_close(&j, '}');
    onr_json_key(&j, "findings");
    onr_json_open(&j, '[');
    for (i = 0; i < r->n_findings; i++)
        if ((int) r->finding[i].topic == t) {
            onr_json_open(&j, '{');
            onr_json_key(&j, "what");
            onr_json_z(&j, r->finding[i].what);
            onr_json_key(&j, "error");
            onr_json_bool(&j, r->finding[i].error);
            onr_json_key(&j, "text");
            onr_json_z(&j, r->finding[i].text);
            onr_json_close(&j, '}');
        }
    onr_json_close(&j, ']');
    onr_json_close(&j, '}');
    return onr_json_end_line(&j) < 0 ? onr_fail(err, ONR_ENOMEM, "no memory for the report") : 0;
}

static int
add_row(const struct run *r, struct onr_table *table, int t, struct onr_error *err)
{
    const struct onr_topic_state *s = &r->state[t];
    char partitions[16], replicas[16], kept[32];
    const char *retention = s->config[ONR_TC_RETENTION_MS];

    snprintf(partitions, sizeof(partitions), "%d", s->partitions);
    snprintf(replicas, sizeof(replicas), "%d", s->replication);
    if (onr_topic_rules[t].compact || !*retention)
        snprintf(kept, sizeof(kept), "%s", *retention ? "compacted" : "?");
    else
        onr_retention_text(strtoll(retention, NULL, 10), kept);
    struct onr_span cells[] = { onr_span_z(name_of(r, t)), onr_span_z(s->exists ? partitions : "-"),
                                onr_span_z(s->exists ? replicas : "-"),
                                onr_span_z(s->exists ? kept : "not there"),
                                onr_span_z(onr_topic_rules[t].holds) };

    return onr_table_add(table, cells, err);
}

static int
show_table(struct run *r, struct onr_error *err)
{
    static const struct onr_column columns[] = {
        { .title = "TOPIC" },
        { .title = "PARTITIONS", .right = true },
        { .title = "COPIES", .right = true },
        { .title = "KEPT" },
        { .title = "HOLDS", .stretch = true },
    };
    struct onr_table *table = NULL;
    int rc, t;

    rc = onr_table_new(columns, sizeof(columns) / sizeof(*columns),
                       isatty(STDOUT_FILENO) ? onr_terminal_width(STDOUT_FILENO) : 0, false, &table,
                       err);
    if (rc < 0)
        return rc;
    for (t = 0; t < ONR_TOPICS && rc == 0; t++)
        rc = add_row(r, table, t, err);
    if (rc == 0)
        rc = onr_table_flush(table, onr_colour(STDOUT_FILENO), &r->out, err);
    onr_table_free(table);
    return rc;
}

/* What was made and what was found, a line each. */
static int
show_findings(struct run *r, struct onr_error *err)
{
    int rc = 0, t;
    size_t i;
    char kept[32];

    for (t = 0; t < ONR_TOPICS && rc == 0; t++)
        if (r->made[t])
            rc = onr_buf_printf(
                &r->out, "created  %s: %d partition%s, %d cop%s, %s%s\n", name_of(r, t),
                r->state[t].partitions, r->state[t].partitions == 1 ? "" : "s",
                r->state[t].replication, r->state[t].replication == 1 ? "y" : "ies",
                onr_topic_rules[t].compact ? "" : "kept ",
                onr_topic_rules[t].compact
                    ? "compacted"
                    : onr_retention_text(strtoll(r->state[t].config[ONR_TC_RETENTION_MS], NULL, 10),
                                         kept));
    for (i = 0; i < r->n_findings && rc == 0; i++) {
        const struct onr_topic_finding *f = &r->finding[i];
        bool setting = strchr(f->what, '.') != NULL;

        rc = onr_buf_printf(&r->out, "%s  %s: %s%s%s\n", f->error ? "wrong  " : "warning",
                            name_of(r, (int) f->topic), setting ? f->what : "", setting ? " " : "",
                            f->text);
    }
    return rc < 0 ? onr_fail(err, -rc, "no memory for the report") : 0;
}

static int
verdict(struct run *r, struct onr_error *err)
{
    size_t i, wrong = 0, settings_wrong = 0;

    for (i = 0; i < r->n_findings; i++)
        if (r->finding[i].error) {
            wrong++;
            settings_wrong += strchr(r->finding[i].what, '.') != NULL;
        }
    if (wrong == 0)
        return 0;
    return onr_fail(err, ONR_ECONFIG, "%zu thing%s wrong with the topics at %s%s", wrong,
                    wrong == 1 ? "" : "s", r->broker.settings.brokers,
                    settings_wrong
                        ? " (a setting is changed with kafka-configs --alter --entity-type topics "
                          "--entity-name TOPIC --add-config NAME=VALUE)"
                        : "");
}

static int
check(struct run *r, struct onr_error *err)
{
    int rc = onr_admin_describe(&r->admin, &r->broker.settings.topics, r->state, err);

    if (rc == 0)
        r->n_findings = onr_topics_check(r->state, &r->broker.settings.topics, &r->plan,
                                         r->finding);
    return rc;
}

static int
make_missing(struct run *r, struct onr_error *err)
{
    bool wanted[ONR_TOPICS];
    int64_t until = onr_now_ms() + r->broker.settings.timeout_ms;
    struct onr_topic_plan plan = r->plan;
    int rc, t, brokers;
    bool all;

    if ((rc = onr_admin_brokers(&r->admin, &brokers, err)) < 0)
        return rc;
    if (!plan.partitions)
        plan.partitions = r->state[ONR_TOPIC_STATEMENTS].exists
                              ? r->state[ONR_TOPIC_STATEMENTS].partitions
                              : ONR_TOPIC_PARTITIONS;
    if (!plan.replication)
        plan.replication = brokers >= REPLICAS_AIM ? REPLICAS_AIM : 1;
    for (t = 0; t < ONR_TOPICS; t++)
        wanted[t] = !r->state[t].exists;
    rc = onr_admin_create(&r->admin, &r->broker.settings.topics, &plan, wanted, r->made, err);
    if (rc < 0)
        return rc;
    do { /* the controller has them; the broker that answers us may hear of it a moment later */
        struct onr_error why = ONR_ERROR_INIT;

        if ((rc = check(r, &why)) < 0 && onr_now_ms() >= until)
            return onr_fail(err, why.code, "%s", why.text);
        for (t = 0, all = rc == 0; t < ONR_TOPICS; t++)
            all = all && r->state[t].exists;
    } while (!all && onr_now_ms() < until && !pause_ms(SETTLE_MS));
    if (rc < 0)
        return onr_fail(err, ONR_ESTOP, "stopped before the new topics were seen");
    return onr_admin_wait_usable(&r->admin, &r->broker.settings.topics, r->state, r->made, err);
}

static int
report(struct run *r, const char *command, struct onr_error *err)
{
    int rc = 0, t;

    if (r->json)
        for (t = 0; t < ONR_TOPICS && rc == 0; t++)
            rc = add_json(r, t, err);
    else if (strcmp(command, "list") == 0)
        rc = show_table(r, err);
    else
        rc = show_findings(r, err);
    if (rc == 0 && r->out.len)
        rc = onr_fd_write(STDOUT_FILENO, onr_buf_span(&r->out), "standard output", err);
    if (rc == 0 && strcmp(command, "list") != 0)
        rc = verdict(r, err);
    if (rc == 0 && strcmp(command, "check") == 0 && !r->json)
        fprintf(stderr, "%d topics of %s* are as the line needs them\n", ONR_TOPICS,
                r->broker.settings.prefix);
    return rc;
}

/* The first answer: waits for a broker as every program does. */
static int
first_look(struct run *r, struct onr_error *err)
{
    int64_t until = onr_now_ms() + r->broker.settings.timeout_ms;
    bool said = false;
    int rc;

    r->admin.timeout_ms = FIRST_LOOK_MS;
    while ((rc = check(r, err)) == -ONR_EBROKER && onr_now_ms() < until) {
        if (!said)
            onr_log(ONR_LOG_WARN, "broker.wait", "brokers=%s",
                    onr_log_q(r->broker.settings.brokers));
        said = true;
        if (pause_ms(SETTLE_MS))
            return onr_fail(err, ONR_ESTOP, "stopped while waiting for a broker");
    }
    r->admin.timeout_ms = r->broker.settings.timeout_ms;
    if (rc == -ONR_EBROKER)
        return onr_fail_in(
            err, "no broker answered at %s (--brokers, --timeout): ", r->broker.settings.brokers);
    return rc;
}

static int
run(const struct onr_settings *s, struct onr_error *err)
{
    static const char usage[] = "say what to do: onrecord topics create, check or list";
    struct run r = { .settings = s, .out = ONR_BUF_INIT(REPORT_MAX) };
    bool acl = onr_set_flag(s, "acl");
    size_t argc = onr_settings_argc(s);
    const char *command = argc == 1 || (acl && argc > 1) ? onr_settings_arg(s, 0)
                          : acl                          ? "list"
                                                         : "";
    int rc;

    if (acl && (strcmp(command, "create") == 0 || strcmp(command, "list") == 0))
        return onr_topics_acl(s, command, err);
    if (acl)
        return onr_fail(err, ONR_EUSAGE,
                        "say what to do: onrecord topics list --acl [ROLE=PRINCIPAL ...] or create "
                        "--acl ROLE=PRINCIPAL ...");
    if (strcmp(command, "create") != 0 && strcmp(command, "check") != 0
        && strcmp(command, "list") != 0)
        return onr_fail(err, ONR_EUSAGE, "%s", usage);
    if ((rc = onr_broker_init(&r.broker, s, "topics", err)) < 0)
        return rc;
    r.json = onr_set_flag(s, "json");
    r.plan.partitions = onr_set_is(s, "partitions") ? (int32_t) onr_set_int(s, "partitions") : 0;
    r.plan.replication = onr_set_is(s, "replication") ? (int) onr_set_int(s, "replication") : 0;
    r.plan.retention_ms = onr_set_int(s, "retention-days") * DAY_MS;
    if (r.plan.retention_ms == 0)
        r.plan.retention_ms = -1;
    rc = onr_admin_open(&r.admin, &r.broker.kafka, r.broker.settings.timeout_ms, err);
    if (rc == 0)
        rc = first_look(&r, err);
    if (rc == 0 && strcmp(command, "create") == 0)
        rc = make_missing(&r, err);
    if (rc == 0)
        rc = report(&r, command, err);
    onr_admin_close(&r.admin);
    onr_buf_release(&r.out);
    return rc;
}

static const struct onr_setting *const tables[] = { settings, onr_settings_kafka_feed, NULL };

static const struct onr_program program = {
    .verb = "topics",
    .summary = "create and check the topics of the line",
    .usage = "[OPTIONS] create|check|list\n"
             "onrecord topics [OPTIONS] create|list --acl [ROLE[/INSTANCE]=PRINCIPAL ...]",
    .description
    = "create makes the topics that are missing and then checks all of them; it never "
      "changes one that is there. "
      "check says for each topic what is wrong and what to do, and ends with 78 when "
      "the line must not run so. "
      "list shows them.\n"
      "\n"
      "The number of partitions is for the life of the line: lanes are as many, and a "
      "lane cannot be split.\n"
      "\n"
      "--acl is for clusters with an authorizer: list --acl shows what each program must be "
      "allowed, create --acl grants it (as a user who may alter the cluster). Give every "
      "worker a user of its own: classify/2=User:w2 is the worker with --instance 2. A "
      "witness's instance is the id of its key. What librdkafka cannot grant, rights on "
      "transactional ids, is written to standard output as commands for Kafka's own "
      "kafka-acls.sh. Read and Write bring Describe with them.",
    .examples
    = "  onrecord topics create --brokers localhost:9092 --partitions 8\n"
      "  onrecord topics check --brokers localhost:9092 --json\n"
      "  onrecord topics create --brokers localhost:9092 --prefix scratch. --retention-days 7\n"
      "  onrecord topics list --acl\n"
      "  onrecord topics create --acl --config admin.conf split=User:desk classify/1=User:w1 "
      "classify/2=User:w2 follow=User:web >rest.sh\n",
    .tables = tables,
    .kafka = true,
};

int
main(int argc, char **argv)
{
    return onr_program_main(&program, run, argc, argv);
}
