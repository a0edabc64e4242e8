/* tests/unit/test_stream_pace.c - when the engine commits: at a steady pace, and records have their share of the time. */
#include "tests/unit/cmocka_all.h"

#include <stdlib.h>

#include "common/stream/engine.h"

#define COMMIT_MS 100

/* A clock, and a Kafka that needs `cost` for a commit. */
struct world {
    struct onr_engine *engine;
    int64_t now, cost, opening;      /* opening: what a lane needs for that */
    int64_t opened_at, committed_at; /* when the last transaction and the last commit began */
    unsigned commits;
    int64_t next; /* offset */
};

static int64_t
now_ms(void *ctx)
{
    return ((struct world *) ctx)->now;
}

static int
begin(void *ctx, struct onr_error *err)
{
    struct world *w = ctx;

    (void) err;
    w->opened_at = w->now;
    return 0;
}

static int
nothing(void *ctx, struct onr_error *err)
{
    (void) ctx, (void) err;
    return 0;
}

static int
offsets(void *ctx, const struct onr_offset *o, size_t n, struct onr_error *err)
{
    (void) o, (void) n;
    return nothing(ctx, err);
}

static int
commit(void *ctx, struct onr_error *err)
{
    struct world *w = ctx;

    (void) err;
    w->committed_at = w->now;
    w->commits++;
    w->now += w->cost;
    return 0;
}

static int
flow(void *ctx, const struct onr_flow *f, size_t n, struct onr_error *err)
{
    (void) f, (void) n;
    return nothing(ctx, err);
}

static int
open_lane(void *ctx, int32_t partition, int64_t *ret_next, bool *ret_fresh, struct onr_error *err)
{
    (void) partition;
    ((struct world *) ctx)->now += ((struct world *) ctx)->opening;
    *ret_next = 0;
    *ret_fresh = false;
    return nothing(ctx, err);
}

static int
process(void *ctx, const struct onr_message *m, struct onr_error *err)
{
    (void) m;
    return nothing(ctx, err) == 0 ? ONR_PROCESS_TOOK : -ONR_EBROKER;
}

static int
seal(void *ctx, int32_t partition, int64_t in_next, struct onr_error *err)
{
    (void) partition, (void) in_next;
    return nothing(ctx, err);
}

static const char *
metadata(void *ctx, int32_t partition)
{
    (void) ctx, (void) partition;
    return "";
}

static int
keep(void *ctx, int32_t partition, struct onr_error *err)
{
    (void) partition;
    return nothing(ctx, err);
}

static void
drop(void *ctx, int32_t partition)
{
    (void) ctx, (void) partition;
}

static const struct onr_engine_host host = {
    now_ms, begin, nothing, offsets, commit, nothing, flow
};
static const struct onr_engine_lanes lanes = { open_lane, process, seal, metadata,
                                               keep,      drop,    drop, NULL };

static int
start(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    const struct onr_engine_spec spec = { .host = &host,
                                          .host_ctx = w,
                                          .lanes = &lanes,
                                          .lanes_ctx = w,
                                          .topic = "in",
                                          .commit_ms = COMMIT_MS,
                                          .heartbeat_ms = 1000000,
                                          .hold_ms = 1000,
                                          .max_failures = 1 };
    const int32_t partition = 0;

    w->now = 5000;
    *state = w;
    return onr_engine_new(&spec, &w->engine, NULL) < 0
           || onr_engine_assign(w->engine, &partition, 1, NULL) < 0
           || onr_engine_step(w->engine, NULL) < 0;
}

static int
end(void **state)
{
    struct world *w = *state;

    onr_engine_free(w->engine);
    free(w);
    return 0;
}

static void
record(struct world *w)
{
    const struct onr_message m = { .topic = "in", .offset = w->next++ };

    assert_int_equal(onr_engine_message(w->engine, &m, NULL), 0);
}

/* A record every millisecond until one more commit was done. Returns when that one began. */
static int64_t
until_commit(struct world *w)
{
    unsigned before = w->commits;

    for (int i = 0; w->commits == before; i++) {
        assert_true(i < 10 * COMMIT_MS);
        record(w);
        w->now++;
        assert_int_equal(onr_engine_step(w->engine, NULL), 0);
    }
    return w->committed_at;
}

static void
commits_begin_one_interval_apart_whatever_they_cost(void **state)
{
    struct world *w = *state;
    int64_t last, costs[] = { 0, 15, 40, 50 };

    last = until_commit(w);
    assert_int_equal(last, 5000 + COMMIT_MS);
    for (size_t i = 0; i < sizeof costs / sizeof *costs; i++) {
        w->cost = costs[i];
        until_commit(w); /* the first one of this cost */
        last = w->committed_at;
        assert_int_equal(until_commit(w), last + COMMIT_MS);
    }
}

static void
slow_commits_leave_records_as_much_time(void **state)
{
    struct world *w = *state;
    int64_t costs[] = { 70, 100, 5000 }, share[] = { 70, 100, 100 };

    for (size_t i = 0; i < sizeof costs / sizeof *costs; i++) {
        w->cost = costs[i];
        until_commit(w);
        assert_int_equal(until_commit(w) - w->opened_at, share[i]);
    }
}

static void
after_a_pause_a_record_waits_no_interval(void **state)
{
    struct world *w = *state;

    w->cost = 15;
    until_commit(w);
    w->now += 10 * COMMIT_MS;
    assert_int_equal(until_commit(w) - w->opened_at, 15);
}

static void
the_engine_asks_to_be_woken_when_a_commit_is_due(void **state)
{
    struct world *w = *state;

    w->cost = 15;
    until_commit(w);
    record(w);
    assert_int_equal(onr_engine_wait_ms(w->engine), COMMIT_MS - 15);
}

/* Between two lanes that open slowly the group has to be polled, or it takes the worker for dead. */
static void
a_step_opens_one_slow_lane(void **state)
{
    struct world *w = *state;
    const int32_t more[] = { 1, 2 };
    size_t assigned, running;

    w->opening = 30000;
    assert_int_equal(onr_engine_assign(w->engine, more, 2, NULL), 0);
    for (size_t open = 2; open <= 3; open++) {
        assert_int_equal(onr_engine_wait_ms(w->engine), 0);
        assert_int_equal(onr_engine_step(w->engine, NULL), 0);
        onr_engine_partitions(w->engine, &assigned, &running);
        assert_int_equal(assigned, 3);
        assert_int_equal(running, open);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(commits_begin_one_interval_apart_whatever_they_cost, start,
                                        end),
        cmocka_unit_test_setup_teardown(slow_commits_leave_records_as_much_time, start, end),
        cmocka_unit_test_setup_teardown(a_step_opens_one_slow_lane, start, end),
        cmocka_unit_test_setup_teardown(after_a_pause_a_record_waits_no_interval, start, end),
        cmocka_unit_test_setup_teardown(the_engine_asks_to_be_woken_when_a_commit_is_due, start,
                                        end),
    };

    return cmocka_run_group_tests_name("stream pace", tests, NULL, NULL) != 0;
}
