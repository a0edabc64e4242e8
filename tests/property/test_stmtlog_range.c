/* tests/property/test_stmtlog_range.c - random lanes, one tampering of each kind, the verdict that docs/stmtlog.md names.
 *
 * Each row of the table is run over many seeds (ONR_SEEDS, 60 by default; the first is ONR_SEED, 1 by default); a failure
 * names its seed. A row counts how often its fault could be placed: a fault that never hit is a failure.
 */
#include "tests/unit/cmocka_all.h"

#include "tests/property/stmtlog_world.h"

static struct world *w;

static unsigned
setting(const char *name, unsigned otherwise)
{
    const char *text = getenv(name);

    return text && atoi(text) > 0 ? (unsigned) atoi(text) : otherwise;
}

/* --- what can be done to a topic --- */

static void delete (size_t i)
{
    memmove(&w->msg[i], &w->msg[i + 1], (w->n - i - 1) * sizeof *w->msg);
    w->n--;
}

static void
insert(size_t i, const struct msg *m)
{
    struct msg copy = *m;

    must(w->n < WORLD_MAX ? 0 : -1);
    memmove(&w->msg[i + 1], &w->msg[i], (w->n - i) * sizeof *w->msg);
    w->msg[i] = copy;
    w->n++;
}

/* First message and number of records of a block. */
static bool
find_block(int block, size_t *ret_first, size_t *ret_records)
{
    size_t i = 0, n = 0;

    while (i < w->n && w->msg[i].block != block)
        i++;
    if (i == w->n)
        return false;
    while (i + n < w->n && !w->msg[i + n].commit)
        n++;
    *ret_first = i;
    *ret_records = n;
    return true;
}

/* A random block that has at least `least` records. */
static bool
pick_block(size_t least, int *ret_block, size_t *ret_first, size_t *ret_records)
{
    for (int tries = 0; tries < 50 && w->blocks > 0; tries++) {
        int b = (int) world_random(w, (uint64_t) w->blocks);

        if (find_block(b, ret_first, ret_records) && *ret_records >= least) {
            *ret_block = b;
            return true;
        }
    }
    return false;
}

/* The same, and no torn records right before it: with those, what is lost may be there after all, byte for byte, and the
 * lane is as good as new. */
static bool
pick_lone_block(size_t least, int *ret_block, size_t *ret_first, size_t *ret_records)
{
    for (int tries = 0; tries < 50; tries++)
        if (pick_block(least, ret_block, ret_first, ret_records)
            && (*ret_first == 0 || w->msg[*ret_first - 1].block >= 0))
            return true;
    return false;
}

static void
flip(uint8_t *bytes, size_t from, size_t to)
{
    bytes[from + world_random(w, to - from)] ^= (uint8_t) (1u << world_random(w, 8));
}

static bool
flip_payload(void)
{
    size_t first, n;
    int b;

    if (!pick_lone_block(1, &b, &first, &n))
        return false;
    first += world_random(w, n);
    w->msg[first].payload[world_random(w, 6)] ^= 1;
    return true;
}

static bool
flip_leaf(void)
{
    size_t first, n;
    int b;

    if (!pick_lone_block(1, &b, &first, &n))
        return false;
    flip(w->msg[first + world_random(w, n)].leaf, 0, ONR_LEAF_LEN);
    return true;
}

static bool
flip_signature(void)
{
    size_t first, n;
    int b;

    if (!pick_lone_block(1, &b, &first, &n))
        return false;
    flip(w->msg[first + world_random(w, n)].sig, 12, ONR_RECORD_SIG_LEN);
    return true;
}

static bool
flip_commit(void)
{
    size_t first, n;
    int b;

    if (!pick_block(1, &b, &first, &n))
        return false;
    if (world_random(w, 2))
        flip(w->msg[first + n].body, 32, ONR_COMMIT_LEN);
    else
        flip(w->msg[first + n].csig, 0, ONR_SIG_LEN);
    return true;
}

static bool
flip_frontier(void)
{
    size_t first, n;
    int b;

    if (!pick_block(1, &b, &first, &n))
        return false;
    flip(w->msg[first + n].frontier[0], 0, ONR_SHA256_LEN);
    return true;
}

static bool
delete_record(void)
{
    size_t first, n;
    int b;

    if (!pick_lone_block(1, &b, &first, &n))
        return false;
    delete (first + world_random(w, n));
    return true;
}

/* A block between two others. */
static bool
delete_block(void)
{
    size_t first, n;
    int b;

    if (!pick_block(0, &b, &first, &n) || b == 0 || b == w->blocks - 1)
        return false;
    for (size_t i = 0; i <= n; i++)
        delete (first);
    return true;
}

static bool
delete_beginning(void)
{
    size_t first, n;

    if (w->blocks < 2 || !find_block(0, &first, &n) || n == 0)
        return false;
    for (size_t i = 0; i <= first + n; i++)
        delete (0);
    return true;
}

static bool
delete_commit(void)
{
    size_t first, n;
    int b;

    if (!pick_block(1, &b, &first, &n) || b == w->blocks - 1)
        return false;
    delete (first + n);
    return true;
}

static bool
swap_records(void)
{
    size_t first, n, at;
    struct msg m;
    int b;

    if (!pick_block(2, &b, &first, &n))
        return false;
    at = first + world_random(w, n - 1);
    m = w->msg[at];
    w->msg[at] = w->msg[at + 1];
    w->msg[at + 1] = m;
    return true;
}

static bool
swap_blocks(void)
{
    size_t first, n;
    int b;

    if (!pick_block(1, &b, &first, &n) || b == w->blocks - 1)
        return false;
    for (size_t i = 0; i <= n; i++) { /* carry the block behind the COMMIT of the next one */
        struct msg m = w->msg[first];
        size_t to;

        delete (first);
        for (to = first; !(w->msg[to].commit && w->msg[to].block == b + 1); to++)
            ;
        insert(to + 1 + i, &m);
    }
    return true;
}

/* A copy of a record somewhere after it. */
static bool
replay_record(void)
{
    size_t first, n, from, to;
    int b;

    if (!pick_block(1, &b, &first, &n))
        return false;
    from = first + world_random(w, n);
    to = first + n + 1; /* behind its own COMMIT */
    insert(to + world_random(w, w->n - to + 1), &w->msg[from]);
    return true;
}

/* A copy of a record before its own block: nobody who only appends can do that, and it does no harm. */
static bool
early_copy(void)
{
    size_t first, n;
    int b;

    if (!pick_block(1, &b, &first, &n))
        return false;
    insert(world_random(w, first + 1), &w->msg[first + world_random(w, n)]);
    return true;
}

static bool
replay_commit(void)
{
    size_t first, n, to;
    int b;

    if (!pick_block(0, &b, &first, &n))
        return false;
    to = first + n + 1;
    insert(to + world_random(w, w->n - to + 1), &w->msg[first + n]);
    return true;
}

/* Anybody with a credential can append: a record and a COMMIT by a key that nobody added. */
static bool
strangers(void)
{
    struct onr_lane lane = w->lane;
    size_t n = w->n, end = w->n;

    must(onr_lane_begin(&lane, NULL));
    world_records(w, &lane, &w->stranger, w->done, 2, 2, -1);
    world_commit(w, &lane, &w->stranger, w->input[w->done + 1] + 1, 0, -1);
    for (size_t i = 0; i < 3; i++) { /* spread them over the topic */
        struct msg m = w->msg[end + i];

        delete (end + i);
        insert(world_random(w, n + 1), &m);
    }
    return true;
}

static bool
two_owners(void)
{
    struct onr_lane lane;
    size_t n = 1 + world_random(w, 5);

    must(onr_lane_resume(&lane, &w->lane.head, NULL));
    must(onr_lane_begin(&lane, NULL));
    world_records(w, &lane, &w->signer[0], w->done, n, n, w->blocks);
    world_commit(w, &lane, &w->signer[0], w->input[w->done + n - 1] + 1, 0, w->blocks);
    must(onr_lane_begin(&w->lane, NULL)); /* a worker that was not fenced */
    world_records(w, &w->lane, &w->signer[1], w->done, n, n, w->blocks);
    world_commit(w, &w->lane, &w->signer[1], w->input[w->done + n - 1] + 1, 0, w->blocks);
    must(onr_lane_promote(&w->lane, (int64_t) w->n - 1, NULL));
    w->blocks++;
    return true;
}

/* One record is signed twice with different content, both by keys of the log. */
static bool
equivocate(void)
{
    struct onr_leaf leaf;
    uint8_t hash[ONR_SHA256_LEN];
    size_t first, n;
    struct msg m;
    int b;

    if (!pick_block(1, &b, &first, &n))
        return false;
    m = w->msg[first];
    must(onr_leaf_decode(onr_span_of(m.leaf, ONR_LEAF_LEN), &leaf, NULL));
    snprintf(m.payload, sizeof m.payload, "another result");
    leaf.payload_len = (uint32_t) strlen(m.payload);
    onr_sha256(m.payload, strlen(m.payload), leaf.payload_hash);
    onr_leaf_encode(&leaf, m.leaf);
    onr_leaf_hash(m.leaf, hash);
    onr_record_sign(&w->signer[1], hash, m.sig);
    insert(first, &m);
    return true;
}

static bool
cut_tail(void)
{
    size_t first, n;

    if (w->blocks < 2 || !find_block(w->blocks - 1 - (int) world_random(w, 2), &first, &n)
        || n == 0)
        return false;
    w->n = first;
    return true;
}

static bool
silent_config(void)
{
    must(onr_lane_begin(&w->lane, NULL));
    world_records(w, &w->lane, &w->signer[0], w->done, 1, 1, w->blocks);
    world_config_of(2, w->config); /* nobody allowed it */
    world_commit(w, &w->lane, &w->signer[0], w->input[w->done] + 1, 0, w->blocks);
    must(onr_lane_promote(&w->lane, (int64_t) w->n - 1, NULL));
    return true;
}

/* The stray abort: the first records of the last block are gone, its COMMIT is there. */
static bool
damage_last(void)
{
    size_t first, n, lost;

    for (int b = w->blocks - 1; b >= 0; b--) {
        if (!find_block(b, &first, &n) || n == 0)
            continue;
        if (first > 0 && w->msg[first - 1].block < 0)
            return false;
        lost = 1 + world_random(w, n);
        for (size_t i = 0; i < lost; i++)
            delete (first);
        return true;
    }
    return false;
}

/* Write the last block again, its first `n` records only when `torn`. */
static void
repair(bool torn)
{
    struct onr_lane *l = &w->lane;
    size_t n = (size_t) (l->head.tree.size - l->head.before.size);

    must(onr_lane_begin_repair(l, NULL));
    world_records(w, l, &w->signer[2], w->done - n, n, torn ? world_random(w, n) : n,
                  torn ? -1 : w->blocks);
    if (torn) {
        onr_lane_drop(l);
        return;
    }
    world_commit(w, l, &w->signer[2], 0, 0, w->blocks);
    must(onr_lane_promote(l, (int64_t) w->n - 1, NULL));
    w->blocks++;
}

static bool
damage_and_repair(void)
{
    if (!damage_last())
        return false;
    if (world_random(w, 2))
        repair(true);
    repair(false);
    if (world_random(w, 2))
        world_step(w, 8);
    return true;
}

static bool
damage_without_repair(void)
{
    if (!damage_last())
        return false;
    if (world_random(w, 2))
        repair(true);
    return true;
}

static bool
damage_and_go_on(void)
{
    size_t n = 1 + world_random(w, 4);

    if (!damage_last())
        return false;
    must(onr_lane_begin(&w->lane, NULL));
    world_records(w, &w->lane, &w->signer[0], w->done, n, n, w->blocks);
    world_commit(w, &w->lane, &w->signer[0], w->input[w->done + n - 1] + 1, 0, w->blocks);
    must(onr_lane_promote(&w->lane, (int64_t) w->n - 1, NULL));
    return true;
}

/* --- the table --- */

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
    unsigned first = setting("ONR_SEED", 1), seeds = setting("ONR_SEEDS", 60), torn = 0;

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
    unsigned first = setting("ONR_SEED", 1), seeds = setting("ONR_SEEDS", 60);

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
    unsigned first = setting("ONR_SEED", 1), seeds = setting("ONR_SEEDS", 60), started = 0;

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
