/* tests/simulation/worker.c - see worker.h. */
#include "tests/simulation/worker.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/property/stmtlog_world.h"

#define ORG     "news.example"
#define PATTERN ORG "/onrecord.attributions/v1/onrecord.statements/*/*"

struct onr_worker *sim_caller;

bool
sim_alive(void)
{
    struct onr_worker *w = sim_caller;

    if (!w)
        return true;
    if (w->calls_left > 0 && --w->calls_left == 0) {
        w->crashed = true;
        sim->hits[SIM_HIT_CRASH]++;
    }
    return !w->crashed;
}

static int
dead(struct onr_error *err)
{
    return onr_fail(err, ONR_EFENCED, "this worker was killed");
}

static int
refuse(struct onr_error *err, const char *what)
{
    sim->hits[SIM_HIT_REFUSED]++;
    return onr_fail(err, ONR_EBROKER, "%s: the simulation says no", what);
}

/* --- what the engine asks of Kafka --- */

static int64_t
host_now(void *host)
{
    (void) host;
    return sim->now;
}

static int
host_begin(void *host, struct onr_error *err)
{
    struct onr_worker *w = host;

    if (!sim_alive())
        return dead(err);
    if (sim_chance(sim, 120))
        return refuse(err, "begin");
    memset(w->txn.announced, 0, sizeof w->txn.announced);
    w->txn.open = true;
    return 0;
}

static int
host_flush(void *host, struct onr_error *err)
{
    (void) host;
    if (!sim_alive())
        return dead(err);
    sim_pass(sim, (int64_t) sim_draw(sim, 4));
    return sim_chance(sim, 60) ? refuse(err, "flush") : 0;
}

static int
host_offsets(void *host, const struct onr_offset *o, size_t n, struct onr_error *err)
{
    struct onr_worker *w = host;
    struct sim_txn *x;
    unsigned number;

    if (!sim_alive())
        return dead(err);
    if (w->generation != sim->generation) {
        sim->hits[SIM_HIT_ZOMBIE]++;
        if (sim->off != SIM_NO_GENERATIONS)
            return onr_fail(err, ONR_EBROKER, "offsets of an old generation");
    }
    if (sim_chance(sim, 80))
        return refuse(err, "offsets");
    x = sim_txn_of(sim, w->id, w->txn.epoch, SIM_STATEMENTS, 0, false, &number);
    if (!x) {
        w->txn.unclear = true;
        return onr_fail(err, ONR_EFENCED, "fenced");
    }
    for (size_t i = 0; i < n; i++) {
        struct sim_position *at = &x->offset[o[i].partition];

        at->set = true;
        at->next = o[i].next;
        snprintf(at->metadata, sizeof at->metadata, "%s", o[i].metadata);
    }
    return 0;
}

/* How EndTxn fares: *ret_sent requests, of which one or none has arrived by now. False: nobody answered. */
static bool
end_txn(struct onr_worker *w, bool commit, unsigned *ret_sent, bool *ret_fenced)
{
    unsigned how = sim->faults ? (unsigned) sim_draw(sim, 16) : 15;

    *ret_fenced = false;
    *ret_sent = how < 5 ? 2 : 1;
    if (how
        < 4) /* the answer or the request is late, the library asks again: a twin is under way */
        sim_end_later(sim, w->id, w->txn.epoch, commit);
    if (how < 4)
        sim->hits[SIM_HIT_TWIN]++;
    if (how == 5) { /* nobody hears of it in time */
        if (sim_draw(sim, 2))
            sim_end_later(sim, w->id, w->txn.epoch, commit);
        return false;
    }
    *ret_fenced = !sim_end(sim, w->id, w->txn.epoch, commit);
    return true;
}

static int
host_commit(void *host, struct onr_error *err)
{
    struct onr_worker *w = host;
    bool answered, fenced;
    unsigned sent;

    if (!sim_alive())
        return dead(err);
    answered = end_txn(w, true, &sent, &fenced);
    if (!sim_alive())
        return dead(err);
    if (!answered || fenced) {
        w->txn.unclear = true;
        return onr_fail(err, fenced ? ONR_EFENCED : ONR_EBROKER, "the commit was not answered");
    }
    if (sent > 1 && sim->off != SIM_NO_TWINS) {
        w->txn.unclear = true;
        return onr_fail(err, ONR_EBROKER, "the commit is unclear: %u EndTxn requests sent", sent);
    }
    w->txn.open = false;
    return 0;
}

static int
recycle(struct onr_worker *w)
{
    w->txn.epoch = sim_producer_init(sim, w->id);
    w->txn.open = w->txn.unclear = false;
    return 1;
}

static int
host_undo(void *host, struct onr_error *err)
{
    struct onr_worker *w = host;
    bool fenced;
    unsigned sent;

    if (!sim_alive())
        return dead(err);
    if (sim_chance(sim, 12))
        return refuse(err, "undo");
    if (w->txn.unclear)
        return recycle(w);
    if (!w->txn.open)
        return 0;
    if (!end_txn(w, false, &sent, &fenced) || fenced || (sent > 1 && sim->off != SIM_NO_TWINS))
        return recycle(w);
    w->txn.open = false;
    return 0;
}

static int
host_flow(void *host, const struct onr_flow *flow, size_t n, struct onr_error *err)
{
    struct onr_worker *w = host;

    if (!sim_alive())
        return dead(err);
    for (int p = 0; p < SIM_PARTITIONS; p++)
        w->position[p] = -1;
    for (size_t i = 0; i < n; i++)
        w->position[flow[i].partition] = flow[i].from;
    return 0;
}

static const struct onr_engine_host host = { .now_ms = host_now,
                                             .begin = host_begin,
                                             .flush = host_flush,
                                             .offsets = host_offsets,
                                             .commit = host_commit,
                                             .undo = host_undo,
                                             .flow = host_flow };

/* --- what outlives a process --- */

struct sim_office {
    struct onr_codec *codec;
    struct onr_outcome_maker *maker;
    struct onr_signer root, signer[SIM_WORKERS];
    struct onr_keylog *keylog; /* the harness's own */
    struct onr_buf note[SIM_WORKERS + 1];
    size_t n_notes;
    struct onr_settings *settings; /* nothing set */
    char trust[64];                /* a file */
};

static void
add_entry(struct sim_office *o, struct onr_keylog_entry *e)
{
    struct onr_buf text = ONR_BUF_INIT(ONR_NOTE_MAX), *note = &o->note[o->n_notes++];
    const struct onr_signer *signers[] = { &o->root };
    enum onr_keylog_outcome outcome;

    onr_buf_init(note, ONR_NOTE_MAX);
    e->no = onr_keylog_size(o->keylog);
    onr_keylog_head(o->keylog, e->prev);
    must(onr_keylog_entry_print(e, &text, NULL));
    must(onr_note_sign(onr_buf_span(&text), signers, 1, note, NULL));
    must(onr_keylog_feed(o->keylog, onr_buf_span(note), &outcome, NULL));
    must(outcome == ONR_KEYLOG_TAKEN ? 0 : -1);
    onr_buf_release(&text);
}

static void
write_trust(struct sim_office *o, const struct onr_trust *trust)
{
    struct onr_buf text = ONR_BUF_INIT(ONR_TRUST_MAX);
    int fd;

    snprintf(o->trust, sizeof o->trust, "/tmp/onrecord-simulation-XXXXXX");
    must((fd = mkstemp(o->trust)));
    must(onr_trust_print(trust, &text));
    must(write(fd, text.ptr, text.len) == (ssize_t) text.len ? 0 : -1);
    close(fd);
    onr_buf_release(&text);
}

struct sim_office *
sim_office_new(void)
{
    static const struct onr_setting *const tables[] = { onr_settings_kafka_common, NULL };
    static const struct onr_program program = { .verb = "classify", .tables = tables };
    char verb[] = "classify", *argv[] = { verb, NULL };
    bool done;
    struct onr_keylog_entry genesis = { .kind = ONR_KEYLOG_GENESIS, .n_lanes = SIM_PARTITIONS };
    struct onr_trust trust = { .org = ORG, .k = 1, .n_topics = 1, .n_roots = 1 };
    struct sim_office *o = calloc(1, sizeof *o);
    char name[SIM_PARTITIONS][ONR_ORIGIN_MAX + 1];

    must(o ? sodium_init() : -1);
    must(onr_settings_read(&program, 1, argv, &o->settings, &done, NULL));
    must(onr_codec_new(&o->codec, NULL));
    must(onr_outcome_maker_new(o->codec, NULL, &o->maker, NULL));
    world_signer(&o->root, "root." ORG);
    trust.root[0] = o->root.key;
    snprintf(trust.topic[0].output, sizeof trust.topic[0].output, "onrecord.attributions");
    snprintf(trust.topic[0].input, sizeof trust.topic[0].input, "onrecord.statements");
    must(onr_keylog_new(&trust, &o->keylog, NULL));
    write_trust(o, &trust);
    for (int p = 0; p < SIM_PARTITIONS; p++) {
        snprintf(name[p], sizeof name[p], ORG "/onrecord.attributions/v1/onrecord.statements/%d/1",
                 p);
        genesis.lane[p].origin = onr_span_z(name[p]);
    }
    add_entry(o, &genesis);
    for (int i = 0; i < SIM_WORKERS; i++) {
        struct onr_keylog_entry add = { .kind = ONR_KEYLOG_ADD, .n_lanes = 1 };
        char who[32];

        snprintf(who, sizeof who, "w%d." ORG, i);
        world_signer(&o->signer[i], who);
        add.key = o->signer[i].key;
        add.lane[0].origin = ONR_SPAN(PATTERN);
        add_entry(o, &add);
    }
    return o;
}

void
sim_office_free(struct sim_office *o)
{
    unlink(o->trust);
    onr_settings_free(o->settings);
    onr_outcome_maker_free(o->maker);
    onr_codec_free(o->codec);
    onr_keylog_free(o->keylog);
    onr_signer_release(&o->root);
    for (int i = 0; i < SIM_WORKERS; i++)
        onr_signer_release(&o->signer[i]);
    for (size_t i = 0; i < o->n_notes; i++)
        onr_buf_release(&o->note[i]);
    free(o);
}

struct onr_codec *
sim_office_codec(struct sim_office *o)
{
    return o->codec;
}

struct onr_outcome_maker *
sim_office_maker(struct sim_office *o)
{
    return o->maker;
}

const struct onr_keylog *
sim_office_keylog(struct sim_office *o)
{
    return o->keylog;
}

void
sim_office_publish(struct sim_office *o, struct sim_broker *b)
{
    for (size_t i = 0; i < o->n_notes; i++) {
        struct onr_message m = { .value = onr_buf_span(&o->note[i]), .timestamp_ms = -1 };

        sim_append(b, SIM_KEYS, 0, 0, &m);
    }
}

/* --- a process --- */

static void
open_classify(struct classify *c, struct onr_worker *w, struct sim_office *o)
{
    memset(c, 0, sizeof *c);
    must(onr_topic_names_make("onrecord.", &c->broker.settings.topics, NULL));
    c->broker.settings.timeout_ms = 2000;
    c->broker.kafka.settings = o->settings;
    c->statements = sim_topic_name[SIM_STATEMENTS];
    c->attributions = sim_topic_name[SIM_ATTRIBUTIONS];
    c->rejects = sim_topic_name[SIM_REJECTS];
    c->codec = o->codec;
    c->maker = o->maker;
    c->signer = o->signer[w->id]; /* borrowed */
    c->attempt[0] = (uint8_t) w->id;
    for (int i = 1; i < ONR_ATTEMPT_LEN; i++)
        c->attempt[i] = (uint8_t) sim_draw(sim, 256);
    c->txn = &w->txn;
    c->worker = w;
    c->arena = (struct onr_arena) ONR_ARENA_INIT(1 << 20);
    onr_buf_init(&c->commit, 16384);
    onr_buf_init(&c->note, ONR_NOTE_MAX);
    onr_buf_init(&c->text, ONR_NOTE_MAX);
    must(onr_reader_open(&c->broker.kafka, false, &c->reader, NULL));
    must(onr_reader_open_quick(&c->broker.kafka, false, &c->ends, NULL));
    must(onr_keyring_open(&c->broker, o->trust, &c->keys, NULL));
}

void
sim_worker_start(struct onr_worker *w, int id, struct sim_office *o)
{
    const struct onr_engine_spec spec = { .host = &host,
                                          .host_ctx = w,
                                          .lanes = &classify_lanes,
                                          .lanes_ctx = &w->c,
                                          .topic = sim_topic_name[SIM_STATEMENTS],
                                          .commit_ms = 20,
                                          .heartbeat_ms = 300,
                                          .hold_ms = 40,
                                          .max_failures = 1000 };

    memset(w, 0, sizeof *w);
    w->id = w->txn.id = id;
    w->generation = -1;
    w->calls_left = -1;
    for (int p = 0; p < SIM_PARTITIONS; p++)
        w->position[p] = -1;
    sim_caller = NULL;
    open_classify(&w->c, w, o);
    w->txn.epoch = sim_producer_init(sim, id);
    must(onr_engine_new(&spec, &w->engine, NULL));
    if (sim->faults)
        w->calls_left = (int64_t) sim_draw(sim, 600);
}

void
sim_worker_free(struct onr_worker *w)
{
    struct classify *c = &w->c;

    sim_caller = NULL;
    onr_engine_free(w->engine);
    onr_reader_close(c->reader);
    onr_reader_close(c->ends);
    onr_keyring_close(c->keys);
    onr_arena_release(&c->arena);
    onr_buf_release(&c->commit);
    onr_buf_release(&c->note);
    onr_buf_release(&c->text);
    free(c->lane);
}

int
sim_worker_give(struct onr_worker *w, struct onr_error *err)
{
    int32_t mine[SIM_PARTITIONS];
    size_t n = 0;

    for (int p = 0; p < SIM_PARTITIONS; p++)
        if (sim->owner[p] == w->id)
            mine[n++] = p;
    w->generation = sim->generation;
    sim_caller = w;
    return onr_engine_assign(w->engine, mine, n, err);
}

void
sim_worker_take(struct onr_worker *w)
{
    sim_caller = w;
    onr_engine_revoke(w->engine);
    for (int p = 0; p < SIM_PARTITIONS; p++)
        w->position[p] = -1;
}

int
sim_worker_hear(struct onr_worker *w, int p, struct onr_error *err)
{
    const struct sim_log *l = &sim->log[SIM_STATEMENTS][p];

    sim_caller = w;
    if (w->position[p] < 0)
        return 0;
    if (sim_chance(sim, 40) && w->position[p] > 2)
        w->position[p] -= 2; /* delivered twice */
    while ((size_t) w->position[p] < l->shown) {
        const struct sim_record *r = &l->r[w->position[p]++];

        if (r->m)
            return onr_engine_message(w->engine, r->m, err);
    }
    onr_engine_end(w->engine, p, w->position[p]);
    return 0;
}

int
sim_worker_step(struct onr_worker *w, struct onr_error *err)
{
    int rc;

    sim_caller = w;
    if ((rc = onr_engine_step(w->engine, err)) < 0)
        return rc;
    rc = seen_step(&w->c, err);
    return rc == -ONR_EBROKER && !w->crashed ? 0 : rc;
}
