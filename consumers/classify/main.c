/* consumers/classify/main.c - `onrecord classify`: settings, start, loop, stop, log lines. What it does is in classify.h. */
#include "consumers/classify/classify.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/file.h"
#include "common/base/log.h"
#include "common/line/config_hash.h"
#include "common/line/key.h"
#include "common/line/program.h"
#include "common/line/schema_folder.h"

#define GROUP        "classify"
#define REPORT_MS    10000 /* between two lines with lag and rate */
#define KEYS_MS      2000 /* between two looks at the key log: how long a revoked key may go on here */
#define POLL_MS      100  /* longest wait between two looks at the stop flag */
#define FAILURES_MAX 12   /* transactions that may fail in a row: about half a minute of trying */
#define HOLD_MS      2000 /* before a record that cannot be processed now is tried again */
#define COMMIT_BYTES (16 * 1024)
#define ARENA_BYTES  (256 * 1024)

static const struct onr_setting settings[] = {
    { .name = "", .type = ONR_SET_GROUP, .help = "Classify" },
    { .name = "key",
      .letter = 'k',
      .type = ONR_SET_TEXT,
      .arg = "FILE",
      .help = "this worker's secret key, made with `onrecord keys generate` (required); "
              "credential:NAME for one that systemd passes on" },
    { .name = "instance",
      .type = ONR_SET_TEXT,
      .arg = "NAME",
      .fallback = "1",
      .help = "name of this worker in its group, another one for each: a restarted worker gets its "
              "partitions "
              "back at once, a second one under the same name stops the first" },
    { .name = "group",
      .type = ONR_SET_TEXT,
      .arg = "NAME",
      .help = "consumer group; its workers share the partitions (default: the prefix and "
              "\"" GROUP "\", as " ONR_TOPIC_PREFIX GROUP ")" },
    { .name = "commit-ms",
      .type = ONR_SET_MS,
      .arg = "TIME",
      .fallback = "100ms",
      .min = 5,
      .max = 10000,
      .help
      = "time from one commit to the next: what a result waits for at most, and the cost of a "
        "COMMIT is shared by all records in between; longer while commits take more than half "
        "of it" },
    { .name = "heartbeat",
      .type = ONR_SET_MS,
      .arg = "TIME",
      .fallback = "50s",
      .min = 100,
      .max = ONR_HEARTBEAT_MS,
      .help = "a lane without records gets a COMMIT this often, so that a stale head is visible" },
    { .name = "transaction-timeout",
      .type = ONR_SET_MS,
      .arg = "TIME",
      .fallback = "12s",
      .min = 1000,
      .max = 900000,
      .help = "after this time without a commit the broker gives a dead worker's transaction up; "
              "until then "
              "its lanes wait, unless it comes back under the same --instance" },
    { .name = NULL },
};

static const struct onr_setting *const tables[] = { onr_settings_kafka_common, onr_settings_schemas,
                                                    onr_settings_model,        settings,
                                                    onr_settings_key,          NULL };

static const struct onr_program program = {
    .verb = "classify",
    .summary = "find speaker, target and stance; sign the answers, exactly once",
    .usage = "[OPTIONS]",
    .description
    = "Reads statements, says for each who speaks, what about and with what stance, "
      "and writes one signed record "
      "for it to the lane of its partition, and what cannot be read to the rejects "
      "with its reason. Results, "
      "rejects, the signed COMMIT and the input's position are one Kafka transaction: "
      "whatever happens to the "
      "worker, each statement has exactly one outcome.\n"
      "\n"
      "Several workers share the partitions when each has an --instance of its own; "
      "they may come and go at any "
      "moment.\n"
      "\n"
      "SIGHUP: the key is read again, and signs from the next COMMIT on if the key log allows it; "
      "else the old one goes on and a log line says why.\n"
      "\n"
      "Exit codes: 0 stopped as asked; 1 failed; 2 wrong usage; 78 the key, the trust "
      "file, the topics or the "
      "lane's configuration do not allow this worker to sign.",
    .examples = "  onrecord classify --brokers localhost:9092 --key worker.key --trust trust.txt\n"
                "  onrecord classify -b localhost:9092 -k w2.key --trust trust.txt --instance 2 "
                "--commit-ms 50\n",
    .tables = tables,
    .kafka = true,
};

static const char *const event_name[] = {
    [ONR_ENGINE_ASSIGNED] = "lane.assigned",
    [ONR_ENGINE_OPENED] = "lane.open",
    [ONR_ENGINE_WAITING] = "lane.wait",
    [ONR_ENGINE_REVOKED] = "group.revoked",
    [ONR_ENGINE_HELD] = "lane.alarm",
    [ONR_ENGINE_ABORTED] = "transaction.aborted",
    [ONR_ENGINE_UNCLEAR] = "transaction.unclear",
    [ONR_ENGINE_COMMITTED] = "lane.commit",
};

static enum onr_level
event_level(enum onr_engine_event e)
{
    switch (e) {
    case ONR_ENGINE_HELD:
    case ONR_ENGINE_ABORTED:
    case ONR_ENGINE_UNCLEAR:
        return ONR_LOG_WARN;
    case ONR_ENGINE_ASSIGNED:
    case ONR_ENGINE_COMMITTED:
        return ONR_LOG_DEBUG;
    default:
        return ONR_LOG_INFO;
    }
}

static void
on_event(void *ctx, enum onr_engine_event e, int32_t partition, const char *text)
{
    struct classify *c = ctx;
    const struct lane *l = partition >= 0 ? classify_lane(c, partition) : NULL;
    const struct onr_head *h = l ? &l->state.head : NULL;

    if (h)
        onr_log(event_level(e), event_name[e],
                "partition=%" PRId32 " size=%" PRIu64 " commit=%" PRId64 " in_next=%" PRId64
                " text=%s",
                partition, h->tree.size, h->started ? (int64_t) h->commit_no : -1,
                onr_lane_in_next(&l->state), onr_log_q(text));
    else
        onr_log(event_level(e), event_name[e], "partition=%" PRId32 " text=%s", partition,
                onr_log_q(text));
}

/* --- start --- */

static int
open_model(struct classify *c, const struct onr_settings *s, struct onr_error *err)
{
    int rc;

    if ((rc = onr_codec_new(&c->codec, err)) < 0
        || (rc = onr_schema_folder_load(c->codec, s, err)) < 0
        || (rc = onr_model_choose(s, &c->chosen, err)) < 0)
        return rc;
    if (!c->chosen.model)
        onr_log(ONR_LOG_WARN, "model.noop", "text=\"every statement becomes narration\"");
    onr_line_config_hash(c->codec, c->chosen.model, c->chosen.people, c->config_hash);
    return onr_outcome_maker_new(c->codec, c->chosen.model, &c->maker, err);
}

static int
read_key(struct classify *c, const struct onr_settings *s, struct onr_error *err)
{
    const char *path = onr_set_text(s, "key");

    if (!path)
        return onr_fail(err, ONR_EUSAGE,
                        "no key: set --key FILE (make one with `onrecord keys generate`)");
    if (!onr_set_text(s, "trust"))
        return onr_fail(err, ONR_EUSAGE, "no trust file: set --trust FILE");
    return onr_key_read(s, path, &c->signer, err);
}

/* A key that may sign nothing is refused before the group is joined. */
static int
check_key(const struct classify *c, struct onr_error *err)
{
    const struct onr_keylog_key *k = onr_keylog_find(onr_keyring_log(c->keys), c->signer.key.id);

    if (!k)
        return onr_fail(err, ONR_EKEY,
                        "key %s is not in the key log: add it with `onrecord keys add`",
                        c->signer.key.name);
    if (k->role != ONR_ROLE_WORKER)
        return onr_fail(err, ONR_EKEY, "key %s is in the key log as %s, not as worker",
                        c->signer.key.name, onr_key_role_name(k->role));
    if (k->revoked || k->retired)
        return onr_fail(err, ONR_EKEY,
                        "key %s was %s: it signs nothing more; give this worker another one",
                        c->signer.key.name, k->revoked ? "revoked" : "retired");
    return 0;
}

/* Input and outputs must be equally wide: output partition = input partition. */
static int
check_topics(struct classify *c, struct onr_error *err)
{
    const char *const output[] = { c->attributions, c->rejects };
    int32_t in, out;
    int rc = onr_broker_wait(&c->broker, c->reader, c->statements, &in, err);

    for (size_t i = 0; rc == 0 && i < sizeof output / sizeof output[0]; i++) {
        rc = onr_broker_wait(&c->broker, c->reader, output[i], &out, err);
        if (rc == 0 && out != in)
            rc = onr_fail(err, ONR_ECONFIG,
                          "topic %s has %" PRId32 " partitions, %s has %" PRId32
                          ": they must have the same number; see `onrecord topics check`",
                          output[i], out, c->statements, in);
    }
    return rc;
}

static int
open_txn(struct classify *c, const struct onr_settings *s, struct onr_error *err)
{
    static char id[512]; /* borrowed by the producer for its life */
    static const char *topics[3];
    const struct onr_txn_spec spec = { .kafka = &c->broker.kafka,
                                       .transactional_id = id,
                                       .transaction_timeout_ms = (int) onr_set_int(
                                           s, "transaction-timeout"),
                                       .init_timeout_ms = c->broker.settings.timeout_ms,
                                       .topics = topics };

    snprintf(id, sizeof id, "%sclassify.%s.%s", c->broker.settings.prefix, c->group, c->instance);
    topics[0] = c->attributions;
    topics[1] = c->rejects;
    return onr_txn_open(&spec, &c->txn, err);
}

static int
open_worker(struct classify *c, const struct onr_settings *s, struct onr_error *err)
{
    const struct onr_worker_spec spec = { .kafka = &c->broker.kafka,
                                          .txn = c->txn,
                                          .topic = c->statements,
                                          .group = c->group,
                                          .instance = c->instance,
                                          .lanes = &classify_lanes,
                                          .lanes_ctx = c,
                                          .commit_ms = (int) onr_set_int(s, "commit-ms"),
                                          .heartbeat_ms = (int) onr_set_int(s, "heartbeat"),
                                          .hold_ms = HOLD_MS,
                                          .max_failures = FAILURES_MAX,
                                          .event = on_event,
                                          .event_ctx = c };

    return onr_worker_open(&spec, &c->worker, err);
}

static int
start(struct classify *c, const struct onr_settings *s, struct onr_error *err)
{
    int rc;

    c->instance = onr_set_text(s, "instance");
    randombytes_buf(c->attempt, sizeof c->attempt);
    if ((rc = onr_broker_init(&c->broker, s, "classify", err)) < 0 || (rc = read_key(c, s, err)) < 0
        || (rc = open_model(c, s, err)) < 0)
        return rc;
    /* two lines on one cluster are two groups */
    snprintf(c->group_default, sizeof c->group_default, "%s" GROUP, c->broker.settings.prefix);
    c->group = onr_set_is(s, "group") ? onr_set_text(s, "group") : c->group_default;
    c->statements = c->broker.settings.topics.name[ONR_TOPIC_STATEMENTS];
    c->attributions = c->broker.settings.topics.name[ONR_TOPIC_ATTRIBUTIONS];
    c->rejects = c->broker.settings.topics.name[ONR_TOPIC_REJECTS];
    if ((rc = onr_reader_open(&c->broker.kafka, false, &c->reader, err)) < 0
        || (rc = onr_reader_open_quick(&c->broker.kafka, false, &c->ends, err)) < 0
        || (rc = check_topics(c, err)) < 0
        || (rc = onr_keyring_open(&c->broker, onr_set_text(s, "trust"), &c->keys, err)) < 0
        || (rc = check_key(c, err)) < 0 || (rc = open_txn(c, s, err)) < 0)
        return rc;
    return open_worker(c, s, err);
}

/* --- run --- */

struct report {
    int64_t began_ms, last_ms;
    uint64_t last_records;
    bool ready;
};

static void
report(struct classify *c, struct report *r, bool now)
{
    int64_t at = onr_now_ms();
    struct onr_worker_state state;
    struct onr_txn_counts txn;

    if (!now && at - r->last_ms < REPORT_MS)
        return;
    onr_worker_state(c->worker, &state);
    onr_txn_counts(c->txn, &txn);
    onr_log(ONR_LOG_INFO, "classify.state",
            "lanes=%zu running=%zu lag=%" PRId64 " rate=%.0f records=%" PRIu64 " rejects=%" PRIu64
            " transactions=%" PRIu64 " aborted=%" PRIu64 " unclear=%" PRIu64 " recycled=%" PRIu64
            " held=%" PRIu64 " behind=%zu rebalances=%" PRIu64 " errors=%" PRIu64 " last_error=%s",
            state.assigned, state.running, state.lag,
            at > r->last_ms ? (double) (state.counts.records - r->last_records) * 1000.0
                                  / (double) (at - r->last_ms)
                            : 0.0,
            state.counts.records, c->rejected, state.counts.transactions, state.counts.aborted,
            state.counts.unclear, txn.recycled, state.counts.held, seen_behind(c), state.rebalances,
            state.errors, onr_log_q(state.error));
    seen_report(c);
    r->last_ms = at;
    r->last_records = state.counts.records;
}

static void
look_ready(struct classify *c, struct report *r)
{
    struct onr_worker_state state;

    if (r->ready)
        return;
    onr_worker_state(c->worker, &state);
    if (!state.assigned || state.running < state.assigned)
        return;
    r->ready = true;
    onr_log(ONR_LOG_INFO, "classify.ready", "lanes=%zu ms=%" PRId64, state.assigned,
            onr_now_ms() - r->began_ms);
}

/* A key that was retired or revoked signs nothing more: the open transaction is given up. While the key log cannot be read the
 * worker goes on with what it knows; brokers that are away let it commit nothing either. */
static int
look_at_keys(struct classify *c, struct onr_error *err)
{
    struct onr_error why = ONR_ERROR_INIT;
    int64_t now = onr_now_ms();
    bool grew = false;
    int rc;

    if (now - c->keys_at < KEYS_MS)
        return 0;
    rc = onr_keyring_refresh(c->keys, &grew, &why);
    c->keys_at = onr_now_ms();
    if (rc == -ONR_EBROKER) {
        onr_log(ONR_LOG_WARN, "keys.unread", "text=%s", onr_log_q(why.text));
        return 0;
    }
    if (rc < 0)
        return onr_fail(err, -rc, "%s", why.text);
    return grew ? check_key(c, err) : 0;
}

static int
loop(struct classify *c, const struct onr_settings *s, struct report *r, struct onr_error *err)
{
    int rc;

    while (!onr_program_stopping()) {
        if ((rc = onr_worker_run(c->worker, POLL_MS, err)) < 0 || (rc = seen_step(c, err)) < 0
            || (rc = look_at_keys(c, err)) < 0)
            return rc;
        rekey_look(c, s);
        look_ready(c, r);
        report(c, r, false);
    }
    return onr_worker_finish(c->worker, err);
}

static void
stop(struct classify *c)
{
    onr_worker_close(c->worker);
    onr_txn_close(c->txn);
    onr_reader_close(c->reader);
    onr_reader_close(c->ends);
    onr_keyring_close(c->keys);
    onr_outcome_maker_free(c->maker);
    onr_chosen_release(&c->chosen);
    onr_codec_free(c->codec);
    onr_signer_release(&c->signer);
    onr_signer_release(&c->successor);
    onr_arena_release(&c->arena);
    onr_buf_release(&c->commit);
    onr_buf_release(&c->note);
    onr_buf_release(&c->text);
    free(c->lane);
    free(c);
}

static int
run(const struct onr_settings *s, struct onr_error *err)
{
    char config[ONR_HEX_LEN(ONR_SHA256_LEN)];
    struct report r = { .began_ms = onr_now_ms() };
    struct classify *c = calloc(1, sizeof *c);
    int rc;

    if (!c)
        return onr_fail(err, ONR_ENOMEM, "no memory");
    c->arena = (struct onr_arena) ONR_ARENA_INIT(ARENA_BYTES);
    onr_buf_init(&c->commit, COMMIT_BYTES);
    onr_buf_init(&c->note, ONR_NOTE_MAX);
    onr_buf_init(&c->text, ONR_NOTE_MAX);
    r.last_ms = r.began_ms;
    onr_program_catch_hangup();
    if ((rc = start(c, s, err)) == 0) {
        onr_log(ONR_LOG_INFO, "classify.start",
                "group=%s instance=%s key=%s model=%s people=%zu config=%s", c->group, c->instance,
                c->signer.key.name,
                onr_log_q(c->chosen.model ? onr_model_describe(c->chosen.model) : ONR_MODEL_NOOP),
                onr_register_size(c->chosen.people),
                onr_hex(c->config_hash, sizeof c->config_hash, config));
        rc = loop(c, s, &r, err);
        report(c, &r, true);
    }
    stop(c);
    return rc == -ONR_ESTOP ? 0 : rc;
}

int
main(int argc, char **argv)
{
    return onr_program_main(&program, run, argc, argv);
}
