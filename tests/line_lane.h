/* tests/line_lane.h - a lane as Kafka would deliver it, in memory: real codec, real outcomes, real signatures, no broker.
 *
 * Messages are in order of their offsets; a test changes, drops, doubles or reorders them and looks at what a reader says.
 * Everything lives until lane_free.
 */
#ifndef ONR_TESTS_LINE_LANE_H
#define ONR_TESTS_LINE_LANE_H

#include <inttypes.h>

#include "common/line/lane_reader.h"
#include "tests/event_records.h"
#include "tests/property/stmtlog_world.h"

#define LANE_ORIGIN   "news.example/stance/v1/statements/7/1"
#define LANE_MESSAGES 4096

struct test_lane {
    struct onr_codec *codec;
    struct onr_outcome_maker *maker;
    struct onr_signer root, worker, stranger;
    struct onr_keylog *keys;
    struct onr_lane lane;
    struct onr_arena arena; /* whatever messages point to */
    int64_t next_input;
    size_t n;
    struct onr_message m[LANE_MESSAGES];
};

static inline struct onr_span
lane_copy(struct test_lane *t, struct onr_span s)
{
    struct onr_span copy = onr_arena_span(&t->arena, s);

    must(s.ptr && !copy.ptr ? -1 : 0);
    return copy;
}

static inline void
lane_keys(struct test_lane *t)
{
    struct onr_keylog_entry genesis = { .kind = ONR_KEYLOG_GENESIS, .n_lanes = 1 };
    struct onr_keylog_entry add = { .kind = ONR_KEYLOG_ADD, .n_lanes = 1 };
    struct onr_trust trust = { .k = 1, .n_topics = 1, .n_roots = 1 };

    snprintf(trust.org, sizeof trust.org, "news.example");
    snprintf(trust.topic[0].output, sizeof trust.topic[0].output, "stance");
    snprintf(trust.topic[0].input, sizeof trust.topic[0].input, "statements");
    world_signer(&t->root, "root.news.example");
    world_signer(&t->worker, "w0.news.example");
    world_signer(&t->stranger, "stranger.news.example");
    trust.root[0] = t->root.key;
    must(onr_keylog_new(&trust, &t->keys, NULL));
    genesis.lane[0].origin = ONR_SPAN(LANE_ORIGIN);
    world_entry(t->keys, &t->root, &genesis);
    add.key = t->worker.key;
    add.lane[0].origin = ONR_SPAN("news.example/stance/v1/statements/*/*");
    world_entry(t->keys, &t->root, &add);
}

static inline struct test_lane *
lane_new(void)
{
    struct test_lane *t = calloc(1, sizeof *t);

    must(t ? 0 : -1);
    must(sodium_init());
    t->arena = (struct onr_arena) ONR_ARENA_INIT((size_t) 256 * 1024 * 1024);
    must(onr_codec_new(&t->codec, NULL));
    must(onr_outcome_maker_new(t->codec, NULL, &t->maker, NULL));
    lane_keys(t);
    must(onr_lane_init(&t->lane, ONR_SPAN(LANE_ORIGIN), 0, NULL));
    return t;
}

static inline void
lane_free(struct test_lane *t)
{
    onr_outcome_maker_free(t->maker);
    onr_codec_free(t->codec);
    onr_keylog_free(t->keys);
    onr_signer_release(&t->root);
    onr_signer_release(&t->worker);
    onr_signer_release(&t->stranger);
    onr_arena_release(&t->arena);
    free(t);
}

/* Value of input i: a framed statement, or for every seventh one bytes that no worker can read. */
static inline void
lane_input(struct test_lane *t, int64_t i, struct onr_buf *value)
{
    struct onr_statement s;
    char id[64];

    if (i % 7 == 3) {
        must(onr_buf_printf(value, "not a frame %" PRId64, i));
        return;
    }
    sample_statement(&s);
    snprintf(id, sizeof id, "https://news.example/%" PRId64, i);
    s.article.id = onr_span_z(id);
    must(onr_statement_encode(t->codec, &s, true, value, NULL));
}

static inline struct onr_message *
lane_add(struct test_lane *t, struct onr_span key, struct onr_span value,
         const struct onr_kafka_header *header, size_t n)
{
    struct onr_message *m = &t->m[t->n];

    must(t->n < LANE_MESSAGES ? 0 : -1);
    *m = (struct onr_message){ .topic = "stance",
                               .partition = 7,
                               .offset = (int64_t) t->n,
                               .timestamp_ms = -1,
                               .key = lane_copy(t, key),
                               .value = lane_copy(t, value),
                               .n_headers = n };
    for (size_t i = 0; i < n; i++)
        m->header[i] = (struct onr_kafka_header){ lane_copy(t, onr_span_z(header[i].name)).ptr,
                                                  lane_copy(t, header[i].value) };
    t->n++;
    return m;
}

/* Leaf and record for the next input; into the topic when `visible`. */
static inline void
lane_record(struct test_lane *t, bool visible)
{
    struct onr_kafka_header header[ONR_LANE_HEADERS];
    struct onr_buf value = ONR_BUF_INIT(ONR_MESSAGE_MAX);
    uint8_t in_hash[ONR_SHA256_LEN], leaf[ONR_LEAF_LEN], hash[ONR_SHA256_LEN];
    uint8_t sig[ONR_RECORD_SIG_LEN];
    struct onr_outcome o;

    lane_input(t, t->next_input, &value);
    must(onr_outcome_make(t->maker, onr_buf_span(&value), &o, NULL));
    onr_input_hash(ONR_SPAN_NULL, onr_buf_span(&value), in_hash);
    must(onr_lane_append(&t->lane, o.rejected ? ONR_LEAF_REJECT : ONR_LEAF_RESULT, t->next_input,
                         in_hash, o.schema_fp, o.payload, leaf, hash, NULL));
    onr_record_sign(&t->worker, hash, sig);
    if (visible)
        lane_add(t, o.key, o.message, header,
                 onr_lane_record_headers(onr_span_of(leaf, sizeof leaf),
                                         onr_span_of(sig, sizeof sig), &o, header));
    t->next_input++;
    onr_buf_release(&value);
}

static inline void
lane_commit(struct test_lane *t)
{
    struct onr_lane_commit c = { .in_next = t->next_input, .time_ms = 1 };
    struct onr_kafka_header header[ONR_COMMIT_HEADERS];
    struct onr_buf value = ONR_BUF_INIT(ONR_MESSAGE_MAX);
    uint8_t body[ONR_COMMIT_LEN], sig[ONR_SIG_LEN];
    struct onr_commit_record r;

    must(onr_lane_commit(&t->lane, &c, &t->worker, body, sig, NULL));
    r.body = onr_span_of(body, sizeof body);
    r.signature = onr_span_of(sig, sizeof sig);
    r.n_frontier = onr_frontier_count(t->lane.next.tree.size);
    memcpy(r.frontier, t->lane.next.tree.node, r.n_frontier * ONR_SHA256_LEN);
    must(onr_commit_record_encode(t->codec, &r, true, &value, NULL));
    lane_add(t, ONR_SPAN_NULL, onr_buf_span(&value), header,
             onr_lane_commit_headers(ONR_SPAN_NULL, header));
    must(onr_lane_promote(&t->lane, (int64_t) t->n - 1, NULL));
    onr_buf_release(&value);
}

/* n records and their COMMIT. */
static inline void
lane_block(struct test_lane *t, size_t n)
{
    must(onr_lane_begin(&t->lane, NULL));
    for (size_t i = 0; i < n; i++)
        lane_record(t, true);
    lane_commit(t);
}

/* n records of an attempt without COMMIT; the next block repeats them. */
static inline void
lane_torn(struct test_lane *t, size_t n)
{
    int64_t input = t->next_input;

    must(onr_lane_begin(&t->lane, NULL));
    for (size_t i = 0; i < n; i++)
        lane_record(t, true);
    onr_lane_drop(&t->lane);
    t->next_input = input;
}

/* A block whose first `lost` records nobody sees. */
static inline void
lane_damaged(struct test_lane *t, size_t n, size_t lost)
{
    must(onr_lane_begin(&t->lane, NULL));
    for (size_t i = 0; i < n; i++)
        lane_record(t, i >= lost);
    lane_commit(t);
}

/* The last block once more. */
static inline void
lane_repair(struct test_lane *t, size_t n)
{
    t->next_input -= (int64_t) n;
    must(onr_lane_begin_repair(&t->lane, NULL));
    for (size_t i = 0; i < n; i++)
        lane_record(t, true);
    lane_commit(t);
}

/* Message i taken away, later ones keep their offsets. */
static inline void
lane_delete(struct test_lane *t, size_t i)
{
    memmove(&t->m[i], &t->m[i + 1], (t->n - i - 1) * sizeof t->m[0]);
    t->n--;
}

static inline struct onr_kafka_header *
lane_header(struct onr_message *m, const char *name)
{
    for (size_t i = 0; i < m->n_headers; i++)
        if (strcmp(m->header[i].name, name) == 0)
            return &m->header[i];
    abort();
}

/* A copy of s with one byte changed. */
static inline struct onr_span
lane_flip(struct test_lane *t, struct onr_span s, size_t at, uint8_t with)
{
    char *copy = onr_arena_alloc(&t->arena, s.len);

    must(copy && at < s.len ? 0 : -1);
    memcpy(copy, s.ptr, s.len);
    copy[at] = (char) (copy[at] ^ with);
    return onr_span_of(copy, s.len);
}

#endif
