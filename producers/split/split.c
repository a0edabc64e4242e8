/* producers/split/split.c - `onrecord split`: articles in, statements on a topic out.
 *
 * Articles come from common/line/source.c, one after the other; producers/split/sender.c sends each in its own transaction.
 * This file holds the settings and the loop between the two, and tells people what happened.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/log.h"
#include "common/line/program.h"
#include "common/line/source.h"
#include "producers/split/sender.h"

#define WAIT_MS      1000 /* one wait for an article; a stop ends it at once */
#define INSTANCE_MAX 100  /* bytes of --instance */

static const struct onr_setting settings[] = {
    { .name = "", .type = ONR_SET_GROUP, .help = "Articles" },
    { .name = "format",
      .type = ONR_SET_CHOICE,
      .arg = "FORMAT",
      .fallback = "auto",
      .choices = "auto|text|jsonl",
      .help = "text: a file is an article; jsonl: a line is an article; auto: by the name (.txt; "
              ".jsonl, .ndjson, "
              ".json), else jsonl where the first character is {" },
    { .name = "watch",
      .letter = 'w',
      .type = ONR_SET_FLAG,
      .help = "go on watching the folders; move files into them rather than writing them there" },
    { .name = "strict", .type = ONR_SET_FLAG, .help = "stop at the first article that is refused" },
    { .name = "instance",
      .type = ONR_SET_TEXT,
      .arg = "NAME",
      .fallback = "1",
      .help = "one split of this name runs at a time; a second one takes over from the first" },
    { .name = "", .type = ONR_SET_GROUP, .help = "Plain text has no metadata of its own" },
    { .name = "id",
      .type = ONR_SET_TEXT,
      .arg = "URI",
      .help = "its id, if it is one article; else the URL, else the hash of the text" },
    { .name = "url",
      .type = ONR_SET_TEXT,
      .arg = "URL",
      .help = "where it was published, if it is one article" },
    { .name = "headline",
      .type = ONR_SET_TEXT,
      .arg = "TEXT",
      .help = "its headline, if it is one article" },
    { .name = "outlet", .type = ONR_SET_TEXT, .arg = "NAME", .help = "who published it" },
    { .name = "published",
      .type = ONR_SET_TEXT,
      .arg = "DATE",
      .help = "when, as 2031-05-06 or 2031-05-06T07:30:00Z" },
    { .name = "language",
      .type = ONR_SET_TEXT,
      .arg = "TAG",
      .help = "its language as a BCP 47 tag; en if not given" },
    { .name = NULL },
};

struct run {
    const struct onr_settings *settings;
    struct onr_broker broker;
    struct onr_source *source;
    struct onr_sender *sender;
    struct onr_progress progress;
    const char **paths;
    uint64_t refused;
    int64_t began_ms;
};

/* --- the source --- */

static void
take_meta(const struct onr_settings *s, struct onr_article *ret)
{
    *ret = (struct onr_article){ .id = onr_span_z(onr_set_text(s, "id")),
                                 .url = onr_span_z(onr_set_text(s, "url")),
                                 .headline = onr_span_z(onr_set_text(s, "headline")),
                                 .outlet = onr_span_z(onr_set_text(s, "outlet")),
                                 .published = onr_span_z(onr_set_text(s, "published")),
                                 .language = onr_span_z(onr_set_text(s, "language")) };
}

static int
open_source(struct run *r, struct onr_article *meta, struct onr_error *err)
{
    size_t n = onr_settings_argc(r->settings), i;
    struct onr_source_spec spec = { .n_paths = n,
                                    .watch = onr_set_flag(r->settings, "watch"),
                                    .text_meta = meta,
                                    .stop_fd = onr_program_stop_fd() };

    take_meta(r->settings, meta);
    if ((meta->id.ptr || meta->url.ptr || meta->headline.ptr) && (n > 1 || spec.watch))
        return onr_fail(err, ONR_EUSAGE,
                        "--id, --url and --headline are for one article; give one file, or put "
                        "them into JSON");
    if (n == 0 && isatty(STDIN_FILENO))
        return onr_fail(err, ONR_EUSAGE,
                        "say which files or folders to read, or pipe an article in (- reads what "
                        "is typed)");
    if (onr_source_format_parse(onr_set_text(r->settings, "format"), &spec.format) < 0)
        return onr_fail(err, ONR_EUSAGE, "--format is auto, text or jsonl");
    if (!(r->paths = calloc(n + 1, sizeof(*r->paths))))
        return onr_fail(err, ONR_ENOMEM, "no memory for %zu paths", n);
    for (i = 0; i < n; i++)
        r->paths[i] = onr_settings_arg(r->settings, i);
    spec.paths = r->paths;
    return onr_source_open(&spec, &r->source, err);
}

/* --- the loop --- */

static int
refused(struct run *r, const char *origin, const char *reason, const struct onr_error *why,
        struct onr_error *err)
{
    r->refused++;
    onr_progress_clear(&r->progress);
    onr_log(ONR_LOG_WARN, "split.refused", "origin=%s reason=%s why=%s", onr_log_q(origin), reason,
            onr_log_q(why->text));
    if (onr_set_flag(r->settings, "strict"))
        return onr_fail(err, ONR_EINPUT, "%s: %s", origin, why->text);
    return 0;
}

static int
one_article(struct run *r, const struct onr_source_item *item, struct onr_error *err)
{
    struct onr_error why = ONR_ERROR_INIT;
    const char *reason = "field";
    int rc = onr_sender_put(r->sender, &item->article, &reason, &why, err);

    if (rc == ONR_SENDER_REFUSED)
        return refused(r, item->origin, reason, &why, err);
    return rc < 0 ? rc : 0;
}

/* Everything the source has. Nothing is left in flight while we wait for it. */
static int
pump(struct run *r, struct onr_error *err)
{
    struct onr_source_item item;
    int rc = 0, wait = 0;

    while (rc == 0) {
        const struct onr_sender_counts *c = onr_sender_counts(r->sender);
        int event = onr_program_stopping() ? -ONR_ESTOP
                                           : onr_source_next(r->source, wait, &item, err);

        wait = 0;
        switch (event) {
        case ONR_SOURCE_END:
            return onr_sender_finish(r->sender, err);
        case ONR_SOURCE_ARTICLE:
            rc = one_article(r, &item, err);
            break;
        case ONR_SOURCE_BAD:
            rc = refused(r, item.origin, item.reason, &item.why, err);
            break;
        case ONR_SOURCE_WAIT:
            rc = onr_sender_finish(r->sender, err);
            wait = WAIT_MS;
            break;
        default:
            rc = event;
        }
        onr_progress_step(&r->progress, c->articles + c->before + r->refused);
    }
    return rc;
}

/* What the run ends with: the article in flight is finished whatever ended it. */
static int
finish(struct run *r, int rc, struct onr_error *err)
{
    const struct onr_sender_counts *c = onr_sender_counts(r->sender);
    struct onr_error why = ONR_ERROR_INIT;
    bool strict = rc == -ONR_EINPUT, stopped = rc == -ONR_ESTOP;

    if ((strict || stopped) && onr_sender_finish(r->sender, &why) < 0)
        rc = onr_fail(err, why.code, "%s", why.text);
    onr_progress_end(&r->progress);
    onr_log(ONR_LOG_INFO, "split.done",
            "articles=%llu statements=%llu sent_before=%llu refused=%llu retried=%llu "
            "unclear=%llu ms=%lld",
            (unsigned long long) c->articles, (unsigned long long) c->statements,
            (unsigned long long) c->before, (unsigned long long) r->refused,
            (unsigned long long) c->retried, (unsigned long long) c->unclear,
            (long long) (onr_now_ms() - r->began_ms));
    if (rc == -ONR_ESTOP && !onr_set_flag(r->settings, "watch"))
        return onr_fail(err, ONR_ESTOP,
                        "stopped before the end of the input; start it again with the same input: "
                        "what was sent is not sent twice");
    if (rc == -ONR_ESTOP)
        rc = 0;
    if (rc == 0 && r->refused)
        rc = onr_fail(err, ONR_EINPUT, "%llu article%s refused (see above); all others are sent",
                      (unsigned long long) r->refused, r->refused == 1 ? " was" : "s were");
    return rc;
}

static int
run(const struct onr_settings *s, struct onr_error *err)
{
    struct run r = { .settings = s, .began_ms = onr_now_ms() };
    const char *instance = onr_set_text(s, "instance");
    struct onr_article meta;
    int rc;

    if (strlen(instance) == 0 || strlen(instance) > INSTANCE_MAX)
        return onr_fail(err, ONR_EUSAGE, "--instance has 1 to %d bytes", INSTANCE_MAX);
    if ((rc = onr_broker_init(&r.broker, s, "split", err)) < 0)
        return rc;
    if ((rc = open_source(&r, &meta, err)) < 0)
        goto out;
    if ((rc = onr_sender_open(&r.broker, instance, &r.sender, err)) < 0)
        goto out;
    onr_log(ONR_LOG_INFO, "split.ready", "statements=%s known=%zu ms=%lld",
            onr_log_q(r.broker.settings.topics.name[ONR_TOPIC_STATEMENTS]),
            onr_sender_known(r.sender), (long long) (onr_now_ms() - r.began_ms));
    onr_progress_begin(&r.progress, "articles", 0);
    rc = pump(&r, err);
    rc = finish(&r, rc, err);
out:
    onr_sender_close(r.sender);
    onr_source_close(r.source);
    free(r.paths);
    return rc;
}

static const struct onr_setting *const tables[] = { settings, onr_settings_kafka_feed, NULL };

static const struct onr_program program = {
    .verb = "split",
    .summary = "cut articles into statements and send them to the line",
    .usage = "[OPTIONS] [FILE|FOLDER|- ...]",
    .description
    = "Reads articles from files, folders (in the order of their names: .txt, .jsonl, .ndjson and "
      ".json) and standard "
      "input, as plain text or as JSON with the fields text, id, headline, date, outlet, url, "
      "language, version and state, "
      "of which only text is needed. Sends one record for each statement to the topic statements "
      "and one for the article "
      "to the topic articles, in one transaction: an article is sent wholly or not at all.\n"
      "\n"
      "What was sent is never sent again, so that a run can be repeated after a crash, or over a "
      "folder that has grown. A new "
      "text under a known id becomes the next version of the article; state withdrawn takes it "
      "back.\n"
      "\n"
      "An article that breaks a rule is refused with its place and the reason, the others go on; "
      "the exit code is then 65.",
    .examples
    = "  onrecord split --brokers localhost:9092 today.jsonl\n"
      "  onrecord split --brokers localhost:9092 --watch --outlet \"The Daily\" incoming/\n"
      "  fetch-article | onrecord split --brokers localhost:9092 --url https://news.example/a1\n",
    .tables = tables,
    .kafka = true,
};

int
main(int argc, char **argv)
{
    return onr_program_main(&program, run, argc, argv);
}
