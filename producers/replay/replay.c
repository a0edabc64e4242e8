/* producers/replay/replay.c - `onrecord replay`: send a range of a topic on to another topic.
 *
 * plan.c finds the range and how far an earlier run came, copier.c copies. This file holds the settings and tells people.
 */
#include <inttypes.h>
#include <stdio.h>

#include "common/base/file.h"
#include "common/base/log.h"
#include "common/line/program.h"
#include "common/line/when.h"
#include "producers/replay/copier.h"

#define RATE_MAX 10000000 /* records a second: above what any broker takes */

static const struct onr_setting settings[] = {
    { .name = "", .type = ONR_SET_GROUP, .help = "What is sent where" },
    { .name = "topic",
      .letter = 't',
      .type = ONR_SET_TEXT,
      .arg = "TOPIC",
      .help = "full name of the topic to read; required" },
    { .name = "to",
      .type = ONR_SET_TEXT,
      .arg = "TOPIC",
      .help = "full name of the topic to write, which has as many partitions; required" },
    { .name = "partition",
      .letter = 'p',
      .type = ONR_SET_INT,
      .arg = "N",
      .max = 1000000,
      .help = "this partition only" },
    { .name = "from-offset",
      .type = ONR_SET_INT,
      .arg = "N",
      .max = INT64_MAX,
      .help = "first offset, in every partition" },
    { .name = "to-offset",
      .type = ONR_SET_INT,
      .arg = "N",
      .max = INT64_MAX,
      .help = "offset behind the last one" },
    { .name = "from-time",
      .type = ONR_SET_TEXT,
      .arg = "TIME",
      .help
      = "first record written at this time or later: 2031-05-06T07:30:00Z, or ms since 1970" },
    { .name = "to-time",
      .type = ONR_SET_TEXT,
      .arg = "TIME",
      .help = "only records written before this time" },
    { .name = "article",
      .type = ONR_SET_TEXT,
      .arg = "ID",
      .help = "records of this article only" },
    { .name = "", .type = ONR_SET_GROUP, .help = "How" },
    { .name = "rate",
      .type = ONR_SET_INT,
      .arg = "N",
      .fallback = "0",
      .max = RATE_MAX,
      .help = "records a second; 0 is as fast as Kafka takes them" },
    { .name = "name",
      .type = ONR_SET_TEXT,
      .arg = "NAME",
      .fallback = "1",
      .help = "what was sent under a name is not sent again to the same topic; give another name "
              "to send it once more" },
    { .name = NULL },
};

struct run {
    struct onr_broker broker;
    struct onr_replay_spec spec;
    struct onr_copier_spec copier;
    struct onr_progress progress;
};

/* --- settings --- */

static int
take_time(const struct onr_settings *s, const char *name, int64_t *ret, struct onr_error *err)
{
    const char *text = onr_set_text(s, name);

    *ret = -1;
    if (text && onr_when_parse(text, ret) < 0)
        return onr_fail(err, ONR_EUSAGE,
                        "%s: \"%s\" is no time such as 2031-05-06, 2031-05-06T07:30:00Z or ms "
                        "since 1970",
                        onr_set_where(s, name), text);
    return 0;
}

static int64_t
int_or_none(const struct onr_settings *s, const char *name)
{
    return onr_set_is(s, name) ? onr_set_int(s, name) : -1;
}

static int
check_name(const char *name, struct onr_error *err)
{
    size_t len = strlen(name);

    if (len == 0 || len > ONR_REPLAY_NAME || strpbrk(name, " \t\r\n"))
        return onr_fail(err, ONR_EUSAGE, "--name has 1 to %d bytes and no blanks", ONR_REPLAY_NAME);
    return 0;
}

static int
check_range(const struct onr_replay_spec *spec, struct onr_error *err)
{
    if ((spec->from_offset >= 0 && spec->from_time >= 0)
        || (spec->to_offset >= 0 && spec->to_time >= 0))
        return onr_fail(err, ONR_EUSAGE,
                        "a range begins (and ends) at an offset or at a time, not "
                        "at both");
    if (spec->to_offset >= 0 && spec->to_offset < spec->from_offset)
        return onr_fail(err, ONR_EUSAGE, "--to-offset %" PRId64 " is before --from-offset %" PRId64,
                        spec->to_offset, spec->from_offset);
    if (spec->to_time >= 0 && spec->to_time < spec->from_time)
        return onr_fail(err, ONR_EUSAGE, "--to-time is before --from-time");
    return 0;
}

static int
take_spec(const struct onr_settings *s, struct onr_replay_spec *ret, struct onr_error *err)
{
    int rc;

    *ret = (struct onr_replay_spec){ .name = onr_set_text(s, "name"),
                                     .topic = onr_set_text(s, "topic"),
                                     .to = onr_set_text(s, "to"),
                                     .partition = (int32_t) int_or_none(s, "partition"),
                                     .from_offset = int_or_none(s, "from-offset"),
                                     .to_offset = int_or_none(s, "to-offset") };
    if (onr_settings_argc(s) > 0)
        return onr_fail(err, ONR_EUSAGE, "\"%s\": replay takes options only, as --topic and --to",
                        onr_settings_arg(s, 0));
    if (!ret->topic || !ret->to)
        return onr_fail(err, ONR_EUSAGE, "say what to read with --topic and where to with --to");
    if ((rc = onr_topic_name_check(ret->topic, err)) < 0
        || (rc = onr_topic_name_check(ret->to, err)) < 0 || (rc = check_name(ret->name, err)) < 0)
        return rc;
    if (strcmp(ret->topic, ret->to) == 0)
        return onr_fail(err, ONR_EUSAGE,
                        "--topic and --to are both %s; a topic cannot be replayed "
                        "into itself, it would never end",
                        ret->to);
    if ((rc = take_time(s, "from-time", &ret->from_time, err)) < 0
        || (rc = take_time(s, "to-time", &ret->to_time, err)) < 0)
        return rc;
    return check_range(ret, err);
}

/* --- run --- */

static void
on_progress(void *arg, const struct onr_copier_counts *c)
{
    struct run *r = arg;

    r->progress.total = c->total;
    onr_progress_step(&r->progress, c->done);
}

static int
run(const struct onr_settings *s, struct onr_error *err)
{
    struct run r = { 0 };
    struct onr_copier_counts c = { 0 };
    int64_t began = onr_now_ms();
    int rc;

    if ((rc = take_spec(s, &r.spec, err)) < 0
        || (rc = onr_broker_init(&r.broker, s, "replay", err)) < 0)
        return rc;
    r.copier = (struct onr_copier_spec){ .broker = &r.broker,
                                         .replay = &r.spec,
                                         .article = onr_span_z(onr_set_text(s, "article")),
                                         .rate = onr_set_int(s, "rate") };
    onr_progress_begin(&r.progress, "offsets", 0);
    rc = onr_copy(&r.copier, on_progress, &r, &c, err);
    onr_progress_end(&r.progress);
    if (rc == 0 || rc == -ONR_ESTOP)
        onr_log(ONR_LOG_INFO, "replay.done",
                "records=%" PRIu64 " bytes=%" PRIu64 " transactions=%" PRIu64 " retried=%" PRIu64
                " complete=%s ms=%" PRId64,
                c.records, c.bytes, c.transactions, c.retried, rc == 0 ? "yes" : "no",
                onr_now_ms() - began);
    if (rc == -ONR_ESTOP)
        return onr_fail(err, ONR_ESTOP,
                        "stopped before the end; start it again with the same settings and it goes "
                        "on where it was");
    return rc;
}

static const struct onr_setting *const tables[] = { settings, onr_settings_kafka_feed, NULL };

static const struct onr_program program = {
    .verb = "replay",
    .summary = "send a range of a topic on to another topic",
    .usage = "--topic TOPIC --to TOPIC [OPTIONS]",
    .description
    = "Copies every committed record of the range: key, value, headers and partition as they are, "
      "and two headers more: "
      "onr-first-timestamp, the time of the first record in a chain of copies, and onr-replay, the "
      "name of the replay and where "
      "the record came from. Without a range it copies all that is there when it starts.\n"
      "\n"
      "Each record is copied exactly once. A replay that was stopped or killed goes on where it "
      "was when it is started again "
      "with the same name: the last copy in the target tells where that is, so no other state has "
      "to be kept. A replay that "
      "has come to its end copies what is new since.",
    .examples
    = "  onrecord replay -b localhost:9092 --topic onrecord.statements --to scratch.statements\n"
      "  onrecord replay -b localhost:9092 -t onrecord.statements --to scratch.statements \\\n"
      "      --from-time 2031-05-06 --to-time 2031-05-07 --rate 500 --name may-6\n"
      "  onrecord replay -b localhost:9092 -t onrecord.statements --to scratch.statements \\\n"
      "      --article https://news.example/a1 --name a1\n",
    .tables = tables,
    .kafka = true,
};

int
main(int argc, char **argv)
{
    return onr_program_main(&program, run, argc, argv);
}
