/* tests/property/test_classify_simulation.c - thousands of schedules of faults: every input has one outcome, every lane is the same.
 *
 * Three workers, three partitions and a broker in memory (tests/simulation). The workers are the real ones: engine, lanes, leaves, COMMITs,
 * resume, repair and read-back as they stand in common/ and consumers/classify, signing with real keys. A schedule, drawn from a seed, has
 * records come, time pass, partitions move with and without the old owner's knowledge, calls refused, EndTxn requests lost, repeated and late,
 * workers stopped, and killed between any two calls to Kafka, blocks torn, the group's position moved or forgotten, strangers' bytes in the lanes. Then the
 * faults end, the rest is processed, and the real verifier reads each lane from its beginning: valid, every input once and in order, and the
 * root that the inputs alone give. ONR_SEED=N begins with another seed (and shows the workers' warnings), ONR_SCHEDULES=N runs more of them; a
 * failure prints its seed.
 *
 * Each guard of the design is switched off once, and its absence must be found.
 */
#include "tests/unit/cmocka_all.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "common/base/log.h"
#include "tests/event_records.h"
#include "tests/property/stmtlog_world.h"
#include "tests/simulation/worker.h"

#define INPUTS  24 /* of a partition */
#define STEPS   700
#define SETTLED 60000 /* actions without faults after which everything must be done */
#ifdef __SANITIZE_ADDRESS__
#define SCHEDULES 60
#else
#define SCHEDULES 600
#endif
#define HUNT 600 /* schedules in which a missing guard must show */

struct schedule {
    struct sim_broker b;
    struct sim_office *office;
    struct onr_worker w[SIM_WORKERS];
    int64_t input[SIM_PARTITIONS][INPUTS];
    struct onr_buf value[SIM_PARTITIONS][INPUTS];
    char why[ONR_ERROR_TEXT_MAX]; /* what is wrong; empty: nothing */
    char note[320];               /* what the verifier noted last against the lane that it reads */
};

static struct sim_office *office;
static uint64_t seed_now;

/* --- inputs --- */

/* Every seventh is no statement and becomes a reject. */
static void
make_value(struct schedule *s, int p, int i)
{
    struct onr_buf *value = &s->value[p][i];
    struct onr_statement st;
    char id[64];

    onr_buf_init(value, ONR_MESSAGE_MAX);
    if (i % 7 == 3) {
        must(onr_buf_printf(value, "not a frame %d/%d", p, i));
        return;
    }
    sample_statement(&st);
    snprintf(id, sizeof id, "https://news.example/%d/%d", p, i);
    st.article.id = onr_span_z(id);
    must(onr_statement_encode(sim_office_codec(office), &st, true, value, NULL));
}

static void
fill_inputs(struct schedule *s)
{
    for (int p = 0; p < SIM_PARTITIONS; p++) {
        for (int i = 0; i < INPUTS; i++) {
            struct onr_message m = { .timestamp_ms = -1 };

            make_value(s, p, i);
            m.value = onr_buf_span(&s->value[p][i]);
            for (uint64_t gap = sim_draw(&s->b, 3); gap > 0; gap--)
                sim_append(&s->b, SIM_STATEMENTS, p, 0, NULL);
            s->input[p][i] = sim_append(&s->b, SIM_STATEMENTS, p, 0, &m);
        }
        s->b.log[SIM_STATEMENTS][p].shown = 0;
    }
}

static void
show_more(struct schedule *s, int p)
{
    struct sim_log *l = &s->b.log[SIM_STATEMENTS][p];

    l->shown += sim_draw(&s->b, 8);
    if (l->shown > l->n)
        l->shown = l->n;
}

/* --- the schedule --- */

static void
give(struct schedule *s, int id)
{
    if (sim_worker_give(&s->w[id], NULL) < 0)
        snprintf(s->why, sizeof s->why, "partitions cannot be given");
}

/* Somebody's lane that nobody has open may lose the beginning of its last block. */
static void
perhaps_tear(struct schedule *s)
{
    for (int p = 0; p < SIM_PARTITIONS; p++) {
        bool open = false;

        for (int id = 0; id < SIM_WORKERS; id++)
            open = open || classify_lane(&s->w[id].c, p);
        if (!open && sim_chance(&s->b, 8))
            (void) sim_tear(&s->b, p);
    }
}

static void
restart(struct schedule *s, int id)
{
    sim_worker_free(&s->w[id]);
    sim_worker_start(&s->w[id], id, s->office);
}

static bool
asleep(const struct schedule *s, int id)
{
    return s->b.faults && s->b.now < s->w[id].asleep_until;
}

/* All but one hear of the new generation at once; that one, and who sleeps, goes on as if nothing had happened, until it hears of a
 * later one. */
static void
rebalance(struct schedule *s, bool all_know)
{
    int late = all_know ? -1 : (int) sim_draw(&s->b, SIM_WORKERS);

    s->b.generation++;
    for (int p = 0; p < SIM_PARTITIONS; p++)
        s->b.owner[p] = (int) sim_draw(&s->b, SIM_WORKERS);
    for (int id = 0; id < SIM_WORKERS; id++) {
        if (id == late || asleep(s, id))
            continue;
        sim_worker_take(&s->w[id]);
        if (s->w[id].crashed)
            restart(s, id);
    }
    perhaps_tear(s);
    for (int id = 0; id < SIM_WORKERS; id++)
        if (id != late && !asleep(s, id))
            give(s, id);
}

/* The process is gone. It comes back under its name: to its partitions at once, or to others. */
static void
come_back(struct schedule *s, int id)
{
    restart(s, id);
    perhaps_tear(s);
    if (sim_draw(&s->b, 2))
        give(s, id);
    else
        rebalance(s, true);
}

/* A worker called Kafka and got so far. Alarms are for damage that nobody did here; but one that does not know yet that its lanes are
 * another's may read what the other wrote, and takes it for a second writer: it ends, and no harm is done. */
static void
after(struct schedule *s, struct onr_worker *w, int rc, const struct onr_error *err)
{
    bool zombie = w->generation != s->b.generation;

    if (rc >= 0 && !w->crashed)
        return;
    if (!w->crashed && !zombie && rc != -ONR_EBROKER && rc != -ONR_EFENCED)
        snprintf(s->why, sizeof s->why, "worker %d stopped: %.400s", w->id, err->text);
    else
        come_back(s, w->id);
}

static void
move_position(struct schedule *s, int p)
{
    struct sim_position *at = &s->b.group[p];

    s->b.hits[SIM_HIT_MOVED]++;
    at->next = (int64_t) sim_draw(&s->b, 2 * INPUTS) - 1;
    if (sim_draw(&s->b, 2))
        at->metadata[0] = '\0';
}

static void
strange_bytes(struct schedule *s, int p)
{
    const struct onr_message m = { .timestamp_ms = -1, .value = ONR_SPAN("of nobody") };

    s->b.hits[SIM_HIT_FOREIGN]++;
    sim_append(&s->b, SIM_ATTRIBUTIONS, p, 0, &m);
}

static void
one_action(struct schedule *s)
{
    struct onr_worker *w = &s->w[sim_draw(&s->b, SIM_WORKERS)];
    int p = (int) sim_draw(&s->b, SIM_PARTITIONS);
    struct onr_error err = ONR_ERROR_INIT;
    uint64_t what = sim_draw(&s->b, 100);

    if (asleep(s, w->id))
        sim_pass(&s->b, 1);
    else if (what < 50)
        after(s, w, sim_worker_hear(w, p, &err), &err);
    else if (what < 84 || !s->b.faults)
        after(s, w, sim_worker_step(w, &err), &err);
    else if (what < 86)
        rebalance(s, sim_draw(&s->b, 2));
    else if (what < 87)
        come_back(s, w->id);
    else if (what < 88)
        move_position(s, p);
    else if (what < 89)
        strange_bytes(s, p);
    else if (what < 94)
        show_more(s, p);
    else if (what < 95)
        w->asleep_until = s->b.now + (int64_t) sim_draw(&s->b, 4 * SIM_TXN_TIMEOUT_MS);
    else
        sim_pass(&s->b, (int64_t) sim_draw(&s->b, 150));
    sim_pass(&s->b, sim_draw(&s->b, 3) == 0);
}

static bool
all_done(const struct schedule *s)
{
    for (int p = 0; p < SIM_PARTITIONS; p++) {
        const struct onr_worker *w = &s->w[s->b.owner[p]];
        const struct lane *l = NULL;

        for (size_t i = 0; i < w->c.n; i++)
            if (w->c.lane[i]->partition == p)
                l = w->c.lane[i];
        if (!l || l->repair || !l->state.head.started
            || l->state.head.in_next <= s->input[p][INPUTS - 1] || l->n_behind > 0)
            return false;
    }
    return true;
}

static void
without_faults(struct schedule *s)
{
    s->b.faults = false;
    for (int id = 0; id < SIM_WORKERS; id++)
        s->w[id].calls_left = -1;
    for (int p = 0; p < SIM_PARTITIONS; p++)
        s->b.log[SIM_STATEMENTS][p].shown = s->b.log[SIM_STATEMENTS][p].n;
    rebalance(s, true);
    for (int i = 0; i < SETTLED && !s->why[0] && !all_done(s); i++) {
        one_action(s);
        sim_pass(&s->b, 2);
    }
    if (!s->why[0] && !all_done(s))
        snprintf(s->why, sizeof s->why, "the rest is never processed");
    sim_pass(&s->b, 2 * SIM_TXN_TIMEOUT_MS);
}

/* --- what must hold in the end --- */

/* The root that the inputs alone give: no worker, no broker. */
static void
undisturbed_root(struct schedule *s, int p, const char *origin, uint8_t ret[ONR_SHA256_LEN])
{
    uint8_t in_hash[ONR_SHA256_LEN], leaf[ONR_LEAF_LEN], hash[ONR_SHA256_LEN];
    struct onr_outcome o;
    struct onr_lane l;

    must(onr_lane_init(&l, onr_span_z(origin), 0, NULL));
    must(onr_lane_begin(&l, NULL));
    for (int i = 0; i < INPUTS; i++) {
        struct onr_span value = onr_buf_span(&s->value[p][i]);

        must(onr_outcome_make(sim_office_maker(office), value, &o, NULL));
        onr_input_hash(ONR_SPAN_NULL, value, in_hash);
        must(onr_lane_append(&l, o.rejected ? ONR_LEAF_REJECT : ONR_LEAF_RESULT, s->input[p][i],
                             in_hash, o.schema_fp, o.payload, leaf, hash, NULL));
    }
    onr_frontier_root(&l.tree, ret);
}

/* Records of an accepted block: the next inputs, in order, or those of a repair once more. */
static void
check_block(struct schedule *s, int p, struct onr_lane_reader *r, const struct onr_range_block *b,
            uint64_t *next)
{
    for (size_t i = 0; i < b->n; i++) {
        struct onr_lane_record rec;
        uint64_t seq = b->seq + i;

        must(onr_lane_reader_at(r, i, &rec, NULL));
        if (seq > *next || seq >= INPUTS || rec.leaf->in_offset != s->input[p][seq]
            || (rec.type == ONR_REC_REJECT) != (seq % 7 == 3))
            snprintf(s->why, sizeof s->why, "partition %d: record %" PRIu64 " is not of its input",
                     p, seq);
        if (seq == *next)
            ++*next;
    }
}

static void
note_found(void *ctx, const struct onr_note_found *note)
{
    struct schedule *s = ctx;

    if (onr_finding_verdict(note->finding) != ONR_VERDICT_VALID)
        snprintf(s->note, sizeof s->note, "%s at offset %" PRId64 ": %.200s",
                 onr_finding_name(note->finding), note->out_offset, note->text);
}

static enum onr_verdict
read_lane(struct schedule *s, int p, const char *origin, uint64_t *ret_next, struct onr_head *ret)
{
    struct sim_log *l = &s->b.log[SIM_ATTRIBUTIONS][p];
    const struct onr_range_block *block;
    struct onr_lane_reader *r;
    enum onr_verdict verdict;
    struct onr_head head;

    must(onr_head_init(&head, onr_span_z(origin), NULL));
    const struct onr_lane_reader_spec spec = { .codec = sim_office_codec(office),
                                               .keylog = sim_office_keylog(office),
                                               .head = &head,
                                               .signatures = true,
                                               .keep = true,
                                               .report = note_found,
                                               .ctx = s };

    must(onr_lane_reader_new(&spec, &r, NULL));
    for (size_t i = 0; i < l->n; i++) {
        if (!sim_visible(&s->b, &l->r[i]))
            continue;
        must(onr_lane_reader_feed(r, l->r[i].m, true, &block, NULL));
        if (block)
            check_block(s, p, r, block, ret_next);
    }
    must(onr_lane_reader_finish(r, &verdict, NULL));
    *ret = onr_lane_reader_range(r)->head;
    onr_lane_reader_free(r);
    return verdict;
}

/* Each reject has its letter; a block that was torn and written again brings some of them twice. */
static bool
letters_complete(const struct schedule *s, int p)
{
    const struct sim_log *l = &s->b.log[SIM_REJECTS][p];
    int want = 0, seen = 0;

    for (int i = 0; i < INPUTS; i++)
        want += i % 7 == 3;
    for (size_t i = 0; i < l->n; i++)
        seen += sim_visible(&s->b, &l->r[i]);
    return seen == want || (seen > want && s->b.hits[SIM_HIT_TORN] > 0);
}

static void
check_lane(struct schedule *s, int p)
{
    uint8_t want[ONR_SHA256_LEN], got[ONR_SHA256_LEN];
    char origin[ONR_ORIGIN_MAX + 1];
    enum onr_verdict verdict;
    struct onr_head head;
    uint64_t next = 0;

    snprintf(origin, sizeof origin,
             "news.example/onrecord.attributions/v1/onrecord.statements/%d/1", p);
    verdict = read_lane(s, p, origin, &next, &head);
    if (verdict != ONR_VERDICT_VALID && !s->why[0])
        snprintf(s->why, sizeof s->why, "lane %d is %s: %s", p, onr_verdict_name(verdict), s->note);
    if (s->why[0])
        return;
    undisturbed_root(s, p, origin, want);
    onr_frontier_root(&head.tree, got);
    if (next != INPUTS || head.tree.size != INPUTS || memcmp(want, got, sizeof want) != 0)
        snprintf(s->why, sizeof s->why, "lane %d: %" PRIu64 " of %d records, or another root", p,
                 next, INPUTS);
    else if (s->b.group[p].next != head.in_next)
        snprintf(s->why, sizeof s->why, "lane %d ends at input %" PRId64 ", the group at %" PRId64,
                 p, head.in_next, s->b.group[p].next);
    else if (!letters_complete(s, p))
        snprintf(s->why, sizeof s->why, "partition %d: dead letters are lost or doubled", p);
}

/* --- many of them --- */

/* True when everything is as it must be; else why says what is not. */
static bool
run_schedule(struct schedule *s, uint64_t seed, enum sim_guard off, uint64_t hits[SIM_HITS])
{
    memset(s, 0, sizeof *s);
    seed_now = seed;
    s->office = office;
    sim = &s->b;
    sim_broker_init(&s->b, seed);
    s->b.off = off;
    sim_office_publish(office, &s->b);
    fill_inputs(s);
    s->b.faults = true;
    for (int id = 0; id < SIM_WORKERS; id++)
        sim_worker_start(&s->w[id], id, office);
    rebalance(s, true);
    for (int i = 0; i < STEPS && !s->why[0]; i++)
        one_action(s);
    if (!s->why[0])
        without_faults(s);
    for (int id = 0; id < SIM_WORKERS; id++)
        sim_worker_free(&s->w[id]);
    for (int p = 0; p < SIM_PARTITIONS && !s->why[0]; p++)
        check_lane(s, p);
    for (int k = 0; k < SIM_HITS && hits; k++)
        hits[k] += s->b.hits[k];
    for (int p = 0; p < SIM_PARTITIONS; p++)
        for (int i = 0; i < INPUTS; i++)
            onr_buf_release(&s->value[p][i]);
    sim_broker_release(&s->b);
    return s->why[0] == '\0';
}

static uint64_t
number(const char *variable, uint64_t fallback)
{
    const char *given = getenv(variable);

    return given ? strtoull(given, NULL, 10) : fallback;
}

/* Of the processor, so that a busy machine does not spoil the figure. */
static double
seconds_used(void)
{
    return (double) clock() / CLOCKS_PER_SEC;
}

static void
any_schedule_gives_every_input_one_outcome_and_every_lane_its_one_root(void **state)
{
    static const char *const name[SIM_HITS] = {
        "refused calls", "twin EndTxns", "late EndTxns",  "time-outs",      "crashes",
        "zombies",       "torn blocks",  "moved offsets", "foreign records"
    };
    uint64_t first = number("ONR_SEED", 20310506), n = number("ONR_SCHEDULES", SCHEDULES);
    struct schedule *s = malloc(sizeof *s);
    uint64_t hits[SIM_HITS] = { 0 };
    double began = seconds_used(), took;

    (void) state;
    assert_non_null(s);
    for (uint64_t i = 0; i < n; i++)
        if (!run_schedule(s, first + i, SIM_ALL_GUARDS, hits))
            fail_msg("ONR_SEED=%" PRIu64 ": %s", seed_now, s->why);
    took = seconds_used() - began;
    printf("%" PRIu64 " schedules, %.0f a minute and core;", n, (double) n * 60 / took);
    for (int k = 0; k < SIM_HITS; k++) {
        printf(" %s %" PRIu64 "%s", name[k], hits[k], k + 1 < SIM_HITS ? "," : "\n");
        assert_true(n < SCHEDULES || hits[k] > n / 20); /* what never happened was not tested */
    }
    free(s);
}

/* Without this guard something goes wrong within so many schedules, and is found. */
static void
hunt(enum sim_guard off, const char *what)
{
    struct schedule *s = malloc(sizeof *s);
    uint64_t i = 0;

    assert_non_null(s);
    while (i < HUNT && run_schedule(s, 1 + i, off, NULL))
        i++;
    if (i == HUNT)
        fail_msg("%s: not missed in %d schedules", what, HUNT);
    printf("%s: found by schedule %" PRIu64 ": %s\n", what, i + 1, s->why);
    free(s);
}

static void
a_commit_that_was_asked_for_twice_must_not_count_as_certain(void **state)
{
    (void) state;
    hunt(SIM_NO_TWINS, "twins of EndTxn believed");
}

static void
a_new_producer_must_fence_the_old_one(void **state)
{
    (void) state;
    hunt(SIM_NO_EPOCHS, "no fencing by epoch");
}

static void
a_worker_that_lost_its_partitions_must_not_commit(void **state)
{
    (void) state;
    hunt(SIM_NO_GENERATIONS, "no fencing by generation");
}

static void
a_lane_must_not_be_opened_over_an_undecided_transaction(void **state)
{
    (void) state;
    hunt(SIM_NO_UNDECIDED, "undecided transactions overlooked");
}

static int
open_office(void **state)
{
    (void) state;
    onr_log_set_level(getenv("ONR_SEED") ? ONR_LOG_WARN : ONR_LOG_ERROR);
    office = sim_office_new();
    return 0;
}

static int
close_office(void **state)
{
    (void) state;
    sim_office_free(office);
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_schedule_gives_every_input_one_outcome_and_every_lane_its_one_root),
        cmocka_unit_test(a_commit_that_was_asked_for_twice_must_not_count_as_certain),
        cmocka_unit_test(a_new_producer_must_fence_the_old_one),
        cmocka_unit_test(a_worker_that_lost_its_partitions_must_not_commit),
        cmocka_unit_test(a_lane_must_not_be_opened_over_an_undecided_transaction),
    };

    return cmocka_run_group_tests_name("classify simulation", tests, open_office, close_office);
}
