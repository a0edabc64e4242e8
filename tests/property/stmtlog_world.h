/* tests/property/stmtlog_world.h - a small newsroom in memory: keys, inputs, workers that write lanes, a topic to verify.
 *
 * Everything follows from a seed. The workers use the real lane state, signatures and key log; the topic is a list of
 * messages as Kafka would show them to a read_committed reader. Header-only, for the property tests and the bench.
 */
#ifndef ONR_TESTS_STMTLOG_WORLD_H
#define ONR_TESTS_STMTLOG_WORLD_H

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/stmtlog/lane_state.h"
#include "common/stmtlog/range.h"

#define WORLD_ORIGIN  "news.example/stance/v1/statements/7/1"
#define WORLD_SIGNERS 3
#define WORLD_MAX     4096 /* messages */
#define WORLD_INPUTS  8192
#define WORLD_PAYLOAD 32

struct msg {
    bool commit;
    bool strange; /* put there by somebody else */
    int block;    /* which block it belongs to, -1 for torn records */
    uint8_t leaf[ONR_LEAF_LEN];
    uint8_t sig[ONR_RECORD_SIG_LEN];
    char payload[WORLD_PAYLOAD];
    uint8_t body[ONR_COMMIT_LEN];
    uint8_t csig[ONR_SIG_LEN];
    size_t n_frontier;
    uint8_t frontier[ONR_FRONTIER_MAX][ONR_SHA256_LEN];
};

struct world {
    uint64_t random;
    struct onr_signer root, signer[WORLD_SIGNERS], stranger;
    struct onr_keylog *keys;
    int64_t
        input[WORLD_INPUTS]; /* offsets of visible inputs: with holes, as transactions leave them */
    struct onr_lane lane;
    uint8_t config[ONR_SHA256_LEN];
    size_t n;
    struct msg *msg; /* WORLD_MAX */
    int blocks;
    size_t done; /* inputs committed */
};

static inline uint64_t
world_random(struct world *w, uint64_t below)
{
    uint64_t z = w->random += 0x9e3779b97f4a7c15u; /* splitmix64 */

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (z ^ (z >> 31)) % below;
}

/* For what can only fail when the test itself is wrong. */
static inline void
must(int rc)
{
    if (rc < 0) {
        fprintf(stderr, "the test's own world failed: %d\n", rc);
        abort();
    }
}

static inline void
world_signer(struct onr_signer *s, const char *name)
{
    uint8_t seed[ONR_SEED_LEN];

    onr_sha256(name, strlen(name), seed);
    must(onr_signer_init(s, onr_span_z(name), ONR_KEY_ED25519, seed, NULL));
}

/* Feed one entry, signed by the root. */
static inline void
world_entry(struct onr_keylog *log, const struct onr_signer *root, struct onr_keylog_entry *e)
{
    struct onr_buf text = ONR_BUF_INIT(ONR_NOTE_MAX), note = ONR_BUF_INIT(ONR_NOTE_MAX);
    const struct onr_signer *signers[] = { root };
    enum onr_keylog_outcome outcome;

    e->no = onr_keylog_size(log);
    onr_keylog_head(log, e->prev);
    must(onr_keylog_entry_print(e, &text, NULL));
    must(onr_note_sign(onr_buf_span(&text), signers, 1, &note, NULL));
    must(onr_keylog_feed(log, onr_buf_span(&note), &outcome, NULL));
    must(outcome == ONR_KEYLOG_TAKEN ? 0 : -1);
    onr_buf_release(&text);
    onr_buf_release(&note);
}

static inline void
world_add(struct world *w, const struct onr_signer *s)
{
    struct onr_keylog_entry e = { .kind = ONR_KEYLOG_ADD, .key = s->key, .n_lanes = 1 };

    e.lane[0].origin = ONR_SPAN("news.example/stance/v1/statements/*/*");
    world_entry(w->keys, &w->root, &e);
}

static inline void
world_config_of(int i, uint8_t ret[ONR_SHA256_LEN])
{
    onr_sha256(&i, sizeof i, ret);
}

static inline void
world_config(struct world *w, int i)
{
    struct onr_keylog_entry e = { .kind = ONR_KEYLOG_CONFIG, .n_lanes = 1 };

    e.lane[0].origin = ONR_SPAN(WORLD_ORIGIN);
    world_config_of(i, e.config_hash);
    world_entry(w->keys, &w->root, &e);
}

static inline void
world_keys(struct world *w)
{
    struct onr_keylog_entry genesis = { .kind = ONR_KEYLOG_GENESIS, .n_lanes = 1 };
    struct onr_trust trust = { .k = 1, .n_topics = 1, .n_roots = 1 };
    char name[32];

    snprintf(trust.org, sizeof trust.org, "news.example");
    snprintf(trust.topic[0].output, sizeof trust.topic[0].output, "stance");
    snprintf(trust.topic[0].input, sizeof trust.topic[0].input, "statements");
    world_signer(&w->root, "root.news.example");
    world_signer(&w->stranger, "stranger.example");
    trust.root[0] = w->root.key;
    must(onr_keylog_new(&trust, &w->keys, NULL));
    genesis.lane[0].origin = ONR_SPAN(WORLD_ORIGIN);
    world_entry(w->keys, &w->root, &genesis);
    for (int i = 0; i < WORLD_SIGNERS; i++) {
        snprintf(name, sizeof name, "w%d.news.example", i);
        world_signer(&w->signer[i], name);
        world_add(w, &w->signer[i]);
    }
    world_config(w, 1);
}

/* Start over with another seed; keys stay. */
static inline void
world_reset(struct world *w, uint64_t seed)
{
    int64_t offset = 0;

    w->random = seed;
    w->n = 0;
    w->blocks = 0;
    w->done = 0;
    for (size_t i = 0; i < WORLD_INPUTS; i++) {
        offset += 1 + (int64_t) (world_random(w, 4) == 0);
        w->input[i] = offset;
    }
    must(onr_lane_init(&w->lane, ONR_SPAN(WORLD_ORIGIN), 0, NULL));
    world_config_of(0, w->config);
}

static inline struct world *
world_new(void)
{
    struct world *w = calloc(1, sizeof *w);

    must(w ? 0 : -1);
    must((w->msg = calloc(WORLD_MAX, sizeof *w->msg)) ? 0 : -1);
    must(sodium_init());
    world_keys(w);
    return w;
}

static inline void
world_free(struct world *w)
{
    onr_keylog_free(w->keys);
    onr_signer_release(&w->root);
    onr_signer_release(&w->stranger);
    for (int i = 0; i < WORLD_SIGNERS; i++)
        onr_signer_release(&w->signer[i]);
    free(w->msg);
    free(w);
}

static inline void
world_schema(uint8_t ret[ONR_SHA256_LEN])
{
    onr_sha256("schema-v1", 9, ret);
}

/* The answer of "the model" for input i: depends on the input alone. */
static inline void
world_leaf(struct onr_lane *lane, const struct world *w, size_t i, struct msg *m,
           uint8_t hash[ONR_SHA256_LEN])
{
    uint8_t in_hash[ONR_SHA256_LEN], fp[ONR_SHA256_LEN];
    enum onr_leaf_type type = i % 7 == 3 ? ONR_LEAF_REJECT : ONR_LEAF_RESULT;
    char value[32];

    memset(m, 0, sizeof *m);
    world_schema(fp);
    snprintf(value, sizeof value, "statement %zu", i);
    snprintf(m->payload, sizeof m->payload, "result of %zu", i);
    onr_input_hash(ONR_SPAN_NULL, onr_span_z(value), in_hash);
    must(onr_lane_append(lane, type, w->input[i], in_hash, fp, onr_span_z(m->payload), m->leaf,
                         hash, NULL));
}

/* Append records for inputs first..first+n-1 to the open attempt; into the topic when `visible`. */
static inline void
world_records(struct world *w, struct onr_lane *lane, const struct onr_signer *s, size_t first,
              size_t n, size_t visible, int block)
{
    for (size_t i = 0; i < n; i++) {
        uint8_t hash[ONR_SHA256_LEN];
        struct msg *m = &w->msg[w->n];

        must(w->n < WORLD_MAX ? 0 : -1);
        world_leaf(lane, w, first + i, m, hash);
        if (i >= visible)
            continue;
        onr_record_sign(s, hash, m->sig);
        m->block = block;
        w->n++;
    }
}

/* Sign the open attempt's COMMIT into the topic. */
static inline void
world_commit(struct world *w, struct onr_lane *lane, const struct onr_signer *s, int64_t in_next,
             uint16_t flags, int block)
{
    struct onr_lane_commit c = { .flags = flags, .in_next = in_next, .time_ms = (int64_t) w->n };
    struct msg *m = &w->msg[w->n];

    must(w->n < WORLD_MAX ? 0 : -1);
    memset(m, 0, sizeof *m);
    for (size_t i = 0; i < ONR_ATTEMPT_LEN; i++)
        c.attempt[i] = (uint8_t) world_random(w, 256);
    memcpy(c.config_hash, w->config, ONR_SHA256_LEN);
    must(onr_lane_commit(lane, &c, s, m->body, m->csig, NULL));
    m->commit = true;
    m->block = block;
    m->n_frontier = onr_frontier_count(lane->next.tree.size);
    memcpy(m->frontier, lane->next.tree.node, m->n_frontier * ONR_SHA256_LEN);
    w->n++;
}

/* One attempt by some worker: committed, aborted unseen, or torn (a beginning visible, no COMMIT). */
static inline void
world_step(struct world *w, size_t max_block)
{
    const struct onr_signer *s = &w->signer[world_random(w, WORLD_SIGNERS)];
    size_t n = world_random(w, 10) == 0 ? 0 : 1 + world_random(w, max_block);
    uint64_t fate = world_random(w, 100);
    int64_t next = n ? w->input[w->done + n - 1] + 1 : onr_lane_in_next(&w->lane);

    if (world_random(w, 5) == 0) { /* another worker takes over */
        struct onr_head head = w->lane.head;

        must(onr_lane_resume(&w->lane, &head, NULL));
    }
    if (w->blocks > 3 && world_random(w, 12) == 0)
        world_config_of(1, w->config); /* a model change that the key log allows */
    must(onr_lane_begin(&w->lane, NULL));
    if (fate < 35) {
        world_records(w, &w->lane, s, w->done, n, fate < 15 ? world_random(w, n + 1) : 0, -1);
        onr_lane_drop(&w->lane);
        return;
    }
    world_records(w, &w->lane, s, w->done, n, n, w->blocks);
    world_commit(w, &w->lane, s, next, 0, w->blocks);
    must(onr_lane_promote(&w->lane, (int64_t) w->n - 1, NULL));
    w->blocks++;
    w->done += n;
}

struct seen {
    uint64_t records, torn, foreign;
    char text[400]; /* of the first finding that is not only noted */
};

static inline void
world_note(void *ctx, const struct onr_note_found *n)
{
    struct seen *s = ctx;

    if (onr_finding_verdict(n->finding) != ONR_VERDICT_VALID && !s->text[0])
        snprintf(s->text, sizeof s->text, "offset %lld %s: %s", (long long) n->out_offset,
                 onr_finding_name(n->finding), n->text);
}

/* Read messages from `from` on as a verifier does. */
static inline void
world_read(const struct world *w, struct onr_range *r, size_t from, struct seen *seen)
{
    struct onr_record_expect expect = { .origin = ONR_SPAN(WORLD_ORIGIN), .keylog = r->keylog };

    memcpy(expect.lane_id, r->lane_id, ONR_SHA256_LEN);
    for (size_t i = from; i < w->n; i++) {
        const struct msg *m = &w->msg[i];
        struct onr_range_record rec = { .out_offset = (int64_t) i };
        struct onr_range_block block;
        struct onr_leaf leaf;
        enum onr_check c;

        if (m->commit) {
            must(onr_range_commit(r, (int64_t) i, onr_span_of(m->body, ONR_COMMIT_LEN),
                                  onr_span_of(m->csig, ONR_SIG_LEN), m->frontier, m->n_frontier,
                                  &block));
            seen->records += block.accepted && !block.repair ? block.n : 0;
            continue;
        }
        c = onr_record_check(&expect, onr_span_z(m->payload), onr_span_of(m->leaf, ONR_LEAF_LEN),
                             onr_span_of(m->sig, ONR_RECORD_SIG_LEN), &leaf, rec.leaf);
        if (c != ONR_CHECK_OK) {
            onr_range_foreign(r, (int64_t) i, c, UINT64_MAX);
            continue;
        }
        rec.seq = leaf.seq;
        rec.in_offset = leaf.in_offset;
        rec.type = leaf.type;
        memcpy(rec.in_hash, leaf.in_hash, ONR_SHA256_LEN);
        must(onr_range_data(r, &rec));
    }
    seen->torn += r->counts[ONR_FOUND_TORN];
    seen->foreign += r->counts[ONR_FOUND_FOREIGN];
}

/* Verdict on the whole topic from the lane's beginning, against a head from elsewhere when `expected` is given. */
static inline enum onr_verdict
world_verify(const struct world *w, const struct onr_head *expected, struct seen *seen,
             struct onr_head *ret_head)
{
    struct onr_range r;
    struct onr_head start;
    enum onr_verdict v;

    memset(seen, 0, sizeof *seen);
    must(onr_head_init(&start, ONR_SPAN(WORLD_ORIGIN), NULL));
    onr_range_init(&r, &start, w->keys, world_note, seen);
    if (expected)
        onr_range_expect(&r, expected->tree.size, expected->root);
    world_read(w, &r, 0, seen);
    v = onr_range_finish(&r);
    if (ret_head)
        *ret_head = r.head;
    onr_range_release(&r);
    return v;
}

/* Root of the first n outcomes, computed from the inputs alone: the undisturbed run. */
static inline void
world_undisturbed(const struct world *w, size_t n, uint8_t ret_root[ONR_SHA256_LEN])
{
    struct onr_lane lane;
    struct msg m;
    uint8_t hash[ONR_SHA256_LEN];

    must(onr_lane_init(&lane, ONR_SPAN(WORLD_ORIGIN), 0, NULL));
    must(onr_lane_begin(&lane, NULL));
    for (size_t i = 0; i < n; i++)
        world_leaf(&lane, w, i, &m, hash);
    onr_frontier_root(&lane.tree, ret_root);
}

#endif
