/* tests/bench/bench_line.c - what reading a lane costs once it was fetched: roots only, every signature, and follow's work.
 *
 * Prints one line a figure: name, value, unit. One core, CPU time of this thread, real results of real statement records.
 */
#include <time.h>

#include "common/line/result_json.h"
#include "tests/line_lane.h"

#define BLOCKS 4
#define BLOCK  1000

static double
cpu_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double) t.tv_sec * 1e6 + (double) t.tv_nsec / 1e3;
}

static void
figure(const char *name, double value, const char *unit)
{
    printf("%-44s %12.2f %s\n", name, value, unit);
}

/* A block's records as follow prints them. */
static void
print_block(struct test_lane *t, struct onr_lane_reader *r, const struct onr_range_block *b,
            struct onr_arena *arena, struct onr_buf *out)
{
    struct onr_json j = ONR_JSON_INIT(out);

    onr_buf_clear(out);
    for (size_t i = 0; i < b->n; i++) {
        struct onr_lane_record rec;
        struct onr_lane_payload p;

        onr_arena_reset(arena);
        must(onr_lane_reader_at(r, i, &rec, NULL));
        must(onr_lane_payload_decode(t->codec, rec.schema_id, rec.type, rec.payload, arena, &p,
                                     NULL));
        onr_json_open(&j, '{');
        if (p.rejected)
            onr_reject_json(&j, p.reject);
        else
            onr_result_json(&j, &p.result);
        onr_json_close(&j, '}');
        must(onr_json_end_line(&j));
    }
}

/* Microseconds a record of reading the lane `passes` times. */
static double
read_lane(struct test_lane *t, const struct onr_lane_reader_spec *spec, bool print, int passes)
{
    struct onr_arena arena = ONR_ARENA_INIT((size_t) 1 << 24);
    struct onr_buf out = ONR_BUF_INIT((size_t) 64 << 20);
    uint64_t records = 0;
    double began = cpu_us(), us;

    for (int pass = 0; pass < passes; pass++) {
        const struct onr_range_block *block;
        struct onr_lane_reader *r;
        enum onr_verdict v;

        must(onr_lane_reader_new(spec, &r, NULL));
        for (size_t i = 0; i < t->n; i++) {
            must(onr_lane_reader_feed(r, &t->m[i], false, &block, NULL));
            if (block && print)
                print_block(t, r, block, &arena, &out);
        }
        must(onr_lane_reader_finish(r, &v, NULL));
        must(v == ONR_VERDICT_VALID ? 0 : -1);
        records += onr_lane_reader_range(r)->n_records;
        onr_lane_reader_free(r);
    }
    us = (cpu_us() - began) / (double) records;
    onr_arena_release(&arena);
    onr_buf_release(&out);
    return us;
}

int
main(void)
{
    struct test_lane *t = lane_new();
    struct onr_head head;
    struct onr_lane_reader_spec spec = { .codec = t->codec, .keylog = t->keys, .head = &head };
    double roots, hints, signatures, follow;

    for (int i = 0; i < BLOCKS; i++)
        lane_block(t, BLOCK);
    must(onr_head_init(&head, ONR_SPAN(LANE_ORIGIN), NULL));
    roots = read_lane(t, &spec, false, 10);
    spec.hints = true;
    hints = read_lane(t, &spec, false, 10);
    spec.signatures = true;
    signatures = read_lane(t, &spec, false, 2);
    spec.keep = true;
    follow = read_lane(t, &spec, true, 2);
    figure("lane: COMMITs and roots", roots, "us a record");
    figure("lane: and hints (audit)", hints, "us a record");
    figure("lane: and every signature (audit)", signatures, "us a record");
    figure("lane: verified, decoded, as JSON (follow)", follow, "us a record");
    figure("audit", 1e6 / hints, "records a second and core");
    figure("audit --signatures", 1e6 / signatures, "records a second and core");
    figure("follow", 1e6 / follow, "records a second and core");
    lane_free(t);
    return 0;
}
