/* tests/property/test_stmtlog_lane.c - any interleaving of process, commit, abort and revoke gives the same tree.
 *
 * Several lanes, several workers that share them: each step a random worker begins, appends, commits, aborts, loses or takes
 * over a random lane. Whatever happened, the committed tree is the one computed from the inputs alone, every input has
 * exactly one position, and the COMMITs chain. Seeds as in test_stmtlog_range.c.
 */
#include "common/stmtlog/offsetmeta.h"
#include "tests/unit/cmocka_all.h"

#include "tests/property/stmtlog_world.h"

#define LANES 4

static struct world *w;

static unsigned
setting(const char *name, unsigned otherwise)
{
    const char *text = getenv(name);

    return text && atoi(text) > 0 ? (unsigned) atoi(text) : otherwise;
}

/* A lane and what the group knows of it: the last committed head. */
struct shared {
    struct onr_head head;
    struct onr_lane lane; /* of the worker that owns it now */
    size_t done;          /* inputs committed */
    size_t taken;         /* inputs in the open attempt */
    uint64_t commits;
    uint8_t last_body[ONR_COMMIT_LEN];
};

static void
append_some(struct shared *s)
{
    size_t n = 1 + world_random(w, 5);

    for (size_t i = 0; i < n; i++) {
        uint8_t hash[ONR_SHA256_LEN];
        struct msg m;

        assert_int_equal(onr_lane_seq(&s->lane), s->done + s->taken);
        world_leaf(&s->lane, w, s->done + s->taken, &m, hash);
        s->taken++;
    }
}

static void
close_attempt(struct shared *s, bool commit)
{
    struct onr_lane_commit c = { .in_next = s->done + s->taken
                                                ? w->input[s->done + s->taken - 1] + 1
                                                : onr_lane_in_next(&s->lane) };
    uint8_t body[ONR_COMMIT_LEN], sig[ONR_SIG_LEN];
    struct onr_commit decoded;

    memcpy(c.config_hash, w->config, ONR_SHA256_LEN);
    assert_int_equal(
        onr_lane_commit(&s->lane, &c, &w->signer[world_random(w, WORLD_SIGNERS)], body, sig, NULL),
        0);
    assert_int_equal(onr_lane_append(&s->lane, ONR_LEAF_RESULT, INT64_MAX, body, body,
                                     ONR_SPAN("x"), NULL, NULL, NULL),
                     -ONR_ESTATE);
    if (!commit) {
        onr_lane_drop(&s->lane);
        return;
    }
    assert_int_equal(onr_commit_decode(onr_span_of(body, sizeof body), &decoded, NULL), 0);
    assert_int_equal(decoded.commit_no, s->commits);
    assert_int_equal(decoded.n_leaves, s->taken);
    if (s->commits > 0) {
        uint8_t prev[ONR_SHA256_LEN];

        onr_commit_hash(s->last_body, prev);
        assert_memory_equal(decoded.prev, prev, sizeof prev);
    }
    assert_int_equal(onr_lane_promote(&s->lane, (int64_t) s->commits, NULL), 0);
    memcpy(s->last_body, body, sizeof body);
    s->commits++;
    s->done += s->taken;
    s->head = s->lane.head;
}

static void
step(struct shared *s)
{
    uint64_t what = world_random(w, 100);

    if (!s->lane.open) {
        assert_int_equal(onr_lane_begin(&s->lane, NULL), 0);
        s->taken = 0;
    }
    if (what < 50) {
        append_some(s);
    } else if (what < 75) {
        close_attempt(s, true);
    } else if (what < 85) { /* aborted before or after its COMMIT was signed */
        if (world_random(w, 2))
            close_attempt(s, false);
        else
            onr_lane_drop(&s->lane);
    } else if (what < 95) { /* revoked: the next owner knows the committed head only */
        assert_int_equal(onr_lane_resume(&s->lane, &s->head, NULL), 0);
    } else { /* restarted: the head came from the topic, by way of text */
        struct onr_buf line = ONR_BUF_INIT(ONR_HEAD_TEXT_MAX);
        struct onr_head head;

        assert_int_equal(onr_head_print(&s->head, &line), 0);
        assert_int_equal(onr_head_parse(onr_buf_span(&line), &head, NULL), 0);
        assert_int_equal(onr_lane_resume(&s->lane, &head, NULL), 0);
        onr_buf_release(&line);
    }
}

static void
any_interleaving_gives_the_tree_of_an_undisturbed_run(void **state)
{
    unsigned first = setting("ONR_SEED", 1), seeds = setting("ONR_SEEDS", 30);
    uint64_t leaves = 0;

    (void) state;
    for (unsigned seed = first; seed < first + seeds; seed++) {
        static struct shared lane[LANES];

        world_reset(w, seed);
        for (int i = 0; i < LANES; i++) {
            memset(&lane[i], 0, sizeof lane[i]);
            must(onr_lane_init(&lane[i].lane, ONR_SPAN(WORLD_ORIGIN), 0, NULL));
            lane[i].head = lane[i].lane.head;
        }
        for (int i = 0; i < 400; i++)
            step(&lane[world_random(w, LANES)]);
        for (int i = 0; i < LANES; i++) {
            uint8_t want[ONR_SHA256_LEN], got[ONR_SHA256_LEN];

            world_undisturbed(w, lane[i].done, want);
            onr_frontier_root(&lane[i].head.tree, got);
            if (lane[i].head.tree.size != lane[i].done || memcmp(want, got, sizeof want) != 0)
                fail_msg("seed %u: lane %d has another tree", seed, i);
            leaves += lane[i].done;
        }
    }
    print_message("%u seeds, %llu leaves\n", seeds, (unsigned long long) leaves);
    assert_true(leaves > 0);
}

/* The root that an aborted attempt signed is a root of the final tree, too: it cannot be held against the signer. */
static void
roots_signed_in_aborted_attempts_lie_on_the_final_tree(void **state)
{
    unsigned first = setting("ONR_SEED", 1), seeds = setting("ONR_SEEDS", 30);

    (void) state;
    for (unsigned seed = first; seed < first + seeds; seed++) {
        uint8_t root[ONR_SHA256_LEN], want[ONR_SHA256_LEN];
        uint64_t size;
        struct shared s = { .done = 0 };

        world_reset(w, seed);
        must(onr_lane_init(&s.lane, ONR_SPAN(WORLD_ORIGIN), 0, NULL));
        for (int i = 0; i < 10; i++) {
            must(onr_lane_begin(&s.lane, NULL));
            s.taken = 0;
            append_some(&s);
            size = s.lane.tree.size;
            onr_frontier_root(&s.lane.tree, root);
            close_attempt(&s, world_random(w, 2));
            world_undisturbed(w, size, want);
            assert_memory_equal(root, want, sizeof want);
        }
    }
}

static void
a_lane_refuses_what_would_break_it(void **state)
{
    struct onr_lane_commit c = { .in_next = 0 };
    uint8_t body[ONR_COMMIT_LEN], sig[ONR_SIG_LEN], hash[ONR_SHA256_LEN] = { 0 };
    uint8_t leaf[ONR_LEAF_LEN], out[ONR_SHA256_LEN];
    struct onr_lane l;

    (void) state;
    must(onr_lane_init(&l, ONR_SPAN(WORLD_ORIGIN), 10, NULL));
    assert_int_equal(onr_lane_init(&l, ONR_SPAN("no/origin"), 0, NULL), -ONR_EINPUT);
    assert_int_equal(
        onr_lane_append(&l, ONR_LEAF_RESULT, 10, hash, hash, ONR_SPAN("x"), leaf, out, NULL),
        -ONR_ESTATE);                                               /* nothing open */
    assert_int_equal(onr_lane_begin_repair(&l, NULL), -ONR_ESTATE); /* nothing to repair */
    must(onr_lane_begin(&l, NULL));
    assert_int_equal(onr_lane_begin(&l, NULL), -ONR_ESTATE);
    assert_int_equal(
        onr_lane_append(&l, ONR_LEAF_RESULT, 9, hash, hash, ONR_SPAN("x"), leaf, out, NULL),
        -ONR_ESTATE); /* before the lane's input */
    must(onr_lane_append(&l, ONR_LEAF_RESULT, 12, hash, hash, ONR_SPAN("x"), leaf, out, NULL));
    assert_int_equal(
        onr_lane_append(&l, ONR_LEAF_RESULT, 12, hash, hash, ONR_SPAN("x"), leaf, out, NULL),
        -ONR_ESTATE); /* an input twice */
    c.in_next = 12;
    assert_int_equal(onr_lane_commit(&l, &c, &w->signer[0], body, sig, NULL),
                     -ONR_ESTATE);                                /* would read input 12 again */
    assert_int_equal(onr_lane_promote(&l, 0, NULL), -ONR_ESTATE); /* not signed */
    c.in_next = 13;
    c.flags = ONR_COMMIT_SEALED;
    must(onr_lane_commit(&l, &c, &w->signer[0], body, sig, NULL));
    must(onr_lane_promote(&l, 0, NULL));
    assert_int_equal(onr_lane_begin(&l, NULL), -ONR_ESTATE); /* sealed */
    assert_int_equal(onr_lane_resume(&l, &l.head, NULL), -ONR_ESTATE);
}

static void
a_block_is_full_at_its_limits_and_never_for_a_single_record(void **state)
{
    uint8_t hash[ONR_SHA256_LEN] = { 0 }, leaf[ONR_LEAF_LEN], out[ONR_SHA256_LEN];
    char *large = calloc(1, ONR_BLOCK_BYTES + 1);
    struct onr_span whole = onr_span_of(large, ONR_BLOCK_BYTES + 1);
    struct onr_lane l;

    (void) state;
    must(large ? 0 : -1);
    must(onr_lane_init(&l, ONR_SPAN(WORLD_ORIGIN), 0, NULL));
    must(onr_lane_begin(&l, NULL));
    assert_false(onr_lane_full(&l, whole.len));
    must(onr_lane_append(&l, ONR_LEAF_RESULT, 0, hash, hash, whole, leaf, out, NULL));
    assert_true(onr_lane_full(&l, 0));
    onr_lane_drop(&l);
    must(onr_lane_begin(&l, NULL));
    for (int i = 0; i < ONR_BLOCK_LEAVES; i++)
        must(onr_lane_append(&l, ONR_LEAF_RESULT, i, hash, hash, ONR_SPAN("x"), leaf, out, NULL));
    assert_true(onr_lane_full(&l, 0));
    assert_int_equal(onr_lane_append(&l, ONR_LEAF_RESULT, ONR_BLOCK_LEAVES, hash, hash,
                                     ONR_SPAN("x"), leaf, out, NULL),
                     -ONR_ELIMIT);
    free(large);
}

static void
a_commit_whose_place_nobody_told_leaves_the_last_known_one(void **state)
{
    static const struct {
        int64_t told, known;
    } table[] = { { -1, -1 }, { 7, 7 }, { -1, 7 }, { -1, 7 }, { 12, 12 } };
    uint8_t body[ONR_COMMIT_LEN], sig[ONR_SIG_LEN];
    struct onr_lane_commit c = { .time_ms = 1 };
    struct onr_lane l;

    (void) state;
    must(onr_lane_init(&l, ONR_SPAN(WORLD_ORIGIN), 0, NULL));
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        char text[ONR_OFFSETMETA_MAX];
        struct onr_offsetmeta m = { 0 };

        must(onr_lane_begin(&l, NULL));
        must(onr_lane_commit(&l, &c, &w->signer[0], body, sig, NULL));
        must(onr_lane_promote(&l, table[i].told, NULL));
        assert_int_equal(l.head.out_offset, table[i].known);
        if (l.head.out_offset < 0)
            continue;
        m.out_offset = l.head.out_offset; /* as the group's hint it can be read again */
        must(onr_offsetmeta_parse(onr_span_z(onr_offsetmeta_print(&m, text)), &m, NULL));
    }
}

static int
start(void **state)
{
    (void) state;
    w = world_new();
    return 0;
}

static int
end(void **state)
{
    (void) state;
    world_free(w);
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_interleaving_gives_the_tree_of_an_undisturbed_run),
        cmocka_unit_test(roots_signed_in_aborted_attempts_lie_on_the_final_tree),
        cmocka_unit_test(a_lane_refuses_what_would_break_it),
        cmocka_unit_test(a_block_is_full_at_its_limits_and_never_for_a_single_record),
        cmocka_unit_test(a_commit_whose_place_nobody_told_leaves_the_last_known_one),
    };

    return cmocka_run_group_tests_name("stmtlog lane", tests, start, end) != 0;
}
