/* tests/bench/bench_stmtlog.c - what the log costs: a signed leaf, a verified one, a range of blocks.
 *
 * Prints one line a figure: name, value, unit. One core, CPU time of this thread, records of a real size.
 */
#include <time.h>

#include "tests/property/stmtlog_world.h"

#define RECORDS 100000
#define SIGNED  10000 /* records in the parts that sign or verify each one */
#define BLOCK   1000  /* leaves in a COMMIT */
#define PAYLOAD 700   /* bytes of a typical Result */

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

struct record {
    uint8_t leaf[ONR_LEAF_LEN], sig[ONR_RECORD_SIG_LEN];
    char payload[PAYLOAD];
};

struct block {
    uint8_t body[ONR_COMMIT_LEN], sig[ONR_SIG_LEN];
    size_t n;
    uint8_t frontier[ONR_FRONTIER_MAX][ONR_SHA256_LEN];
};

static struct record *record;
static struct block *block;

/* Write records from..to-1 in blocks, signed or not. Returns the CPU time. */
static double
write_lane(const struct world *w, size_t from, size_t to, struct onr_lane *lane, bool sign)
{
    uint8_t in_hash[ONR_SHA256_LEN] = { 1 }, fp[ONR_SHA256_LEN], hash[ONR_SHA256_LEN];
    struct onr_lane_commit c = { .time_ms = 1 };
    double began = cpu_us();

    world_schema(fp);
    memcpy(c.config_hash, w->config, ONR_SHA256_LEN);
    for (size_t i = from; i < to; i++) {
        struct block *b = &block[i / BLOCK];

        if (i % BLOCK == 0)
            must(onr_lane_begin(lane, NULL));
        must(onr_lane_append(lane, ONR_LEAF_RESULT, (int64_t) i, in_hash, fp,
                             onr_span_of(record[i].payload, PAYLOAD), record[i].leaf, hash, NULL));
        if (sign)
            onr_record_sign(&w->signer[0], hash, record[i].sig);
        if (i % BLOCK != BLOCK - 1)
            continue;
        c.in_next = (int64_t) i + 1;
        must(onr_lane_commit(lane, &c, &w->signer[0], b->body, b->sig, NULL));
        b->n = onr_frontier_count(lane->next.tree.size);
        memcpy(b->frontier, lane->next.tree.node, b->n * ONR_SHA256_LEN);
        must(onr_lane_promote(lane, 0, NULL));
    }
    return cpu_us() - began;
}

static double
read_lane(const struct world *w, size_t n, bool signatures)
{
    struct onr_record_expect e = { .origin = ONR_SPAN(WORLD_ORIGIN),
                                   .keylog = signatures ? w->keys : NULL };
    struct onr_range_block found;
    struct onr_head start;
    struct onr_range r;
    double began;

    must(onr_head_init(&start, ONR_SPAN(WORLD_ORIGIN), NULL));
    onr_range_init(&r, &start, w->keys, NULL, NULL);
    memcpy(e.lane_id, r.lane_id, ONR_SHA256_LEN);
    began = cpu_us();
    for (size_t i = 0; i < n; i++) {
        struct onr_range_record rec = { .out_offset = (int64_t) i };
        const struct block *b = &block[i / BLOCK];
        struct onr_leaf leaf;

        must(onr_record_check(&e, onr_span_of(record[i].payload, PAYLOAD),
                              onr_span_of(record[i].leaf, ONR_LEAF_LEN),
                              onr_span_of(record[i].sig, ONR_RECORD_SIG_LEN), &leaf, rec.leaf)
                     == ONR_CHECK_OK
                 ? 0
                 : -1);
        rec.seq = leaf.seq;
        rec.in_offset = leaf.in_offset;
        rec.type = leaf.type;
        memcpy(rec.in_hash, leaf.in_hash, ONR_SHA256_LEN);
        must(onr_range_data(&r, &rec));
        if (i % BLOCK == BLOCK - 1)
            must(onr_range_commit(&r, (int64_t) i, onr_span_of(b->body, ONR_COMMIT_LEN),
                                  onr_span_of(b->sig, ONR_SIG_LEN), ONR_HASHES(b->frontier), b->n,
                                  &found));
    }
    must(onr_range_finish(&r) == ONR_VERDICT_VALID && r.n_records == n ? 0 : -1);
    onr_range_release(&r);
    return cpu_us() - began;
}

static void
keys(const struct world *w)
{
    uint8_t hash[ONR_SHA256_LEN] = { 7 }, sig[ONR_RECORD_SIG_LEN];
    double began = cpu_us();

    for (int i = 0; i < 5000; i++) {
        hash[1] = (uint8_t) i;
        onr_record_sign(&w->signer[0], hash, sig);
    }
    figure("sign a record", (cpu_us() - began) / 5000, "us");
    began = cpu_us();
    for (int i = 0; i < 2000; i++)
        must(onr_record_verify(&w->signer[0].key, hash, onr_span_of(sig, sizeof sig), NULL));
    figure("verify a record's signature", (cpu_us() - began) / 2000, "us");
}

int
main(void)
{
    struct world *w = world_new();
    struct onr_lane lane, copy;
    double us;

    must((record = calloc(RECORDS, sizeof *record)) ? 0 : -1);
    must((block = calloc(RECORDS / BLOCK, sizeof *block)) ? 0 : -1);
    for (size_t i = 0; i < RECORDS; i++)
        snprintf(record[i].payload, PAYLOAD, "result of %zu", i);
    world_reset(w, 1);
    keys(w);
    must(onr_lane_init(&lane, ONR_SPAN(WORLD_ORIGIN), 0, NULL));
    us = write_lane(w, 0, SIGNED, &lane, true);
    figure("leaf, tree and signature, COMMIT each 1,000", us / SIGNED, "us a record");
    copy = lane;
    us = write_lane(w, SIGNED, RECORDS, &copy, false);
    figure("leaf and tree alone", us / (RECORDS - SIGNED), "us a record");
    us = read_lane(w, SIGNED, true);
    figure("verify a range, every signature", SIGNED / us * 1e6, "records/s");
    for (size_t i = SIGNED; i < RECORDS; i++) /* not looked at: form only */
        memcpy(record[i].sig, record[0].sig, ONR_RECORD_SIG_LEN);
    us = read_lane(w, RECORDS, false);
    figure("verify a range, COMMITs and roots", RECORDS / us * 1e6, "records/s");
    free(record);
    free(block);
    world_free(w);
    return 0;
}
