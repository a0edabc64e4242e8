/* tests/property/test_stmtlog_range.c - random lanes, one tampering of each kind, the verdict that docs/stmtlog.md names.
 *
 * Each row of the table is run over many seeds (ONR_SEEDS, 30 by default; the first is ONR_SEED, 1 by default); a failure
 * names its seed. A row counts how often its fault could be placed: a fault that never hit is a failure.
 */
#include "tests/unit/cmocka_all.h"

#include "tests/property/stmtlog_tamper.h"

static unsigned
setting(const char *name, unsigned otherwise)
{
    const char *text = getenv(name);

    return text && atoi(text) > 0 ? (unsigned) atoi(text) : otherwise;
}

#define V(verdict) (1u << ONR_VERDICT_##verdict)

static const struct {
    const char *name;
    bool (*tamper)(void);
    unsigned allowed;
    bool head;  /* compare with the head that the worker knows */
    bool noted; /* the finding is noted: foreign or torn records are counted */
} rows[] = {
    { "a bit of a payload flips", flip_payload, V(INVALID), true, false },
    { "a bit of a leaf flips", flip_leaf, V(INVALID), true, false },
    { "a bit of a signature flips", flip_signature, V(INVALID), true, false },
    { "a bit of a COMMIT flips", flip_commit, V(INVALID), true, false },
    { "a bit of a frontier flips", flip_frontier, V(INVALID), true, false },
    { "a record is deleted", delete_record, V(GAP), true, false },
    { "a block is deleted", delete_block, V(GAP), true, false },
    { "the first block is deleted", delete_beginning, V(MISSING), true, false },
    { "a COMMIT is deleted", delete_commit, V(GAP), true, false },
    { "two records change places", swap_records, V(INVALID), true, false },
    { "two blocks change places", swap_blocks, V(INVALID), true, false },
    { "a record is replayed", replay_record, V(INVALID), true, false },
    { "a record is copied before its block", early_copy, V(INVALID) | V(VALID), true, false },
    { "a COMMIT is replayed", replay_commit, V(INVALID), true, false },
    { "records by a key that nobody knows", strangers, V(VALID), true, true },
    { "two owners commit one range", two_owners, V(INVALID), true, false },
    { "one position is signed twice", equivocate, V(INVALID), true, false },
    { "the tail is cut", cut_tail, V(VALID), false, false },
    { "the tail is cut, a fresh head is known", cut_tail, V(MISSING), true, false },
    { "the model changes without an entry", silent_config, V(INVALID), true, false },
    { "the last block lost records", damage_without_repair, V(GAP), true, false },
    { "the last block lost records and was repaired", damage_and_repair, V(VALID), true, false },
    { "a block lost records and others followed", damage_and_go_on, V(GAP), true, false },
};

static void
run_world(unsigned seed)
{
    world_reset(w, seed);
    for (int i = 0; i < 24; i++)
        world_step(w, 8);
}

static void
lanes_are_valid_whatever_was_aborted_torn_or_taken_over(void **state)
{
    unsigned first = setting("ONR_SEED", 1), seeds = setting("ONR_SEEDS", 30), torn = 0;

    (void) state;
    for (unsigned seed = first; seed < first + seeds; seed++) {
        uint8_t root[ONR_SHA256_LEN];
        struct onr_head head;
        struct seen seen;

        run_world(seed);
        if (world_verify(w, &w->lane.head, &seen, &head) != ONR_VERDICT_VALID)
            fail_msg("seed %u: %s", seed, seen.text);
        world_undisturbed(w, w->done, root);
        if (head.tree.size != w->done || memcmp(head.root, root, sizeof root) != 0)
            fail_msg("seed %u: not the tree of an undisturbed run", seed);
        assert_int_equal(seen.records, w->done);
        assert_memory_equal(head.body_hash, w->lane.head.body_hash, ONR_SHA256_LEN);
        assert_int_equal(head.in_next, w->lane.head.in_next);
        torn += seen.torn > 0;
    }
    print_message("%u seeds valid, %u of them with torn attempts\n", seeds, torn);
    assert_true(torn > 0 || seeds < 10);
}

static void
every_tampering_has_its_verdict(void **state)
{
    unsigned first = setting("ONR_SEED", 1), seeds = setting("ONR_SEEDS", 30);

    (void) state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        unsigned hit = 0, valid = 0;

        for (unsigned seed = first; seed < first + seeds; seed++) {
            struct seen seen;
            struct onr_head head;
            enum onr_verdict v;

            run_world(seed);
            head = w->lane.head;
            if (!rows[i].tamper())
                continue;
            if (w->lane.head.tree.size > head.tree.size)
                head = w->lane.head;
            hit++;
            v = world_verify(w, rows[i].head ? &head : NULL, &seen, NULL);
            valid += v == ONR_VERDICT_VALID;
            if (!(rows[i].allowed & 1u << v))
                fail_msg("%s, seed %u: verdict %s (%s)", rows[i].name, seed, onr_verdict_name(v),
                         seen.text);
            if (rows[i].noted && seen.foreign == 0)
                fail_msg("%s, seed %u: not noted", rows[i].name, seed);
        }
        print_message("%-46s hit %u of %u, valid %u\n", rows[i].name, hit, seeds, valid);
        if (hit == 0)
            fail_msg("%s: the fault was never placed", rows[i].name);
    }
}

static void
any_commit_is_a_place_to_start_from(void **state)
{
    unsigned first = setting("ONR_SEED", 1), seeds = setting("ONR_SEEDS", 30), started = 0;

    (void) state;
    for (unsigned seed = first; seed < first + seeds; seed++) {
        struct onr_buf line = ONR_BUF_INIT(ONR_HEAD_TEXT_MAX);
        struct onr_head head, back;
        struct onr_range r;
        struct seen seen = { 0 };
        size_t records, at;
        int b;

        run_world(seed);
        if (!pick_block(0, &b, &at, &records))
            continue;
        at += records;
        must(onr_head_from_commit(
            &head, ONR_SPAN(WORLD_ORIGIN), onr_span_of(w->msg[at].body, ONR_COMMIT_LEN),
            ONR_HASHES(w->msg[at].frontier), w->msg[at].n_frontier, (int64_t) at, NULL));
        must(onr_head_print(&head, &line)); /* through a state file and back */
        assert_int_equal(onr_head_parse(onr_buf_span(&line), &back, NULL), 0);
        onr_range_init(&r, &back, w->keys, world_note, &seen);
        onr_range_expect(&r, w->lane.head.tree.size, w->lane.head.root);
        world_read(w, &r, at + 1, &seen);
        if (onr_range_finish(&r) != ONR_VERDICT_VALID)
            fail_msg("seed %u: %s", seed, seen.text);
        assert_memory_equal(r.head.root, w->lane.head.root, ONR_SHA256_LEN);
        onr_range_release(&r);
        onr_buf_release(&line);
        started++;
    }
    assert_true(started > 0);
}

static void
a_pruned_beginning_needs_a_retention_entry_or_is_not_covered(void **state)
{
    struct onr_head start;
    struct onr_range r;
    struct seen seen = { 0 };
    size_t first, n, at;

    (void) state;
    run_world(setting("ONR_SEED", 1));
    assert_true(find_block(w->blocks / 2, &first, &n));
    at = first + n;
    must(onr_head_init(&start, ONR_SPAN(WORLD_ORIGIN), NULL));

    onr_range_init(&r, &start, w->keys, world_note, &seen);
    world_read(w, &r, at, &seen);
    assert_int_equal(onr_range_finish(&r), ONR_VERDICT_MISSING);
    onr_range_release(&r);

    onr_range_init(&r, &start, w->keys, world_note, &seen);
    onr_range_anywhere(&r);
    world_read(w, &r, at, &seen);
    assert_int_equal(onr_range_finish(&r), ONR_VERDICT_NOT_COVERED);
    onr_range_release(&r);
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
        cmocka_unit_test(lanes_are_valid_whatever_was_aborted_torn_or_taken_over),
        cmocka_unit_test(every_tampering_has_its_verdict),
        cmocka_unit_test(any_commit_is_a_place_to_start_from),
        cmocka_unit_test(a_pruned_beginning_needs_a_retention_entry_or_is_not_covered),
    };

    return cmocka_run_group_tests_name("stmtlog range", tests, start, end) != 0;
}
