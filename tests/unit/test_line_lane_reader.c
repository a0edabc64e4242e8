/* tests/unit/test_line_lane_reader.c - lanes whole, torn, changed, cut and forged, as a reader meets them. */
#include "tests/unit/cmocka_all.h"

#include "tests/line_changes.h"

struct got {
    uint64_t records, blocks;
    uint64_t next; /* position that the next record must have */
    bool in_order;
    enum onr_verdict verdict;
    uint64_t refused[ONR_CHECKS];
    uint64_t found[ONR_FINDINGS];
};

/* What is handed out must be what was classified: decode it and look at whose statement it is. */
static void
look(struct test_lane *t, struct onr_lane_reader *r, const struct onr_range_block *b,
     struct got *got)
{
    struct onr_arena arena = ONR_ARENA_INIT(1 << 20);

    for (size_t i = 0; i < b->n; i++) {
        struct onr_lane_record rec;
        struct onr_lane_payload p;
        char id[64];

        if (b->seq + i < got->next) /* a repair of what was seen */
            continue;
        assert_int_equal(onr_lane_reader_at(r, i, &rec, NULL), 0);
        got->in_order = got->in_order && rec.leaf->seq == got->next;
        got->next = rec.leaf->seq + 1;
        assert_memory_equal(rec.key_id, t->worker.key.id, ONR_KEY_ID_LEN);
        assert_int_equal(onr_lane_payload_decode(t->codec, rec.schema_id, rec.type, rec.payload,
                                                 &arena, &p, NULL),
                         0);
        snprintf(id, sizeof id, "https://news.example/%lld", (long long) rec.leaf->in_offset);
        assert_int_equal(p.rejected, rec.leaf->in_offset % 7 == 3);
        if (!p.rejected)
            assert_span_equal(p.result.article.id, onr_span_z(id));
        else
            assert_int_equal(p.reject, ONR_REJECT_FRAME);
        onr_arena_reset(&arena);
        got->records++;
    }
    onr_arena_release(&arena);
}

static struct got
read_lane(struct test_lane *t, const struct onr_head *from, size_t first)
{
    struct onr_lane_reader_spec spec = { .codec = t->codec,
                                         .keylog = t->keys,
                                         .head = from,
                                         .signatures = true,
                                         .hints = true,
                                         .keep = true };
    struct got got = { .in_order = true, .next = from->tree.size };
    const struct onr_range_block *block;
    struct onr_lane_reader *r;

    assert_int_equal(onr_lane_reader_new(&spec, &r, NULL), 0);
    for (size_t i = first; i < t->n; i++) {
        int rc = onr_lane_reader_feed(r, &t->m[i], false, &block, NULL);

        if (rc == -ONR_EKEY)
            rc = onr_lane_reader_feed(r, &t->m[i], true, &block, NULL);
        assert_int_equal(rc, 0);
        got.blocks += block != NULL;
        if (block)
            look(t, r, block, &got);
    }
    assert_int_equal(onr_lane_reader_finish(r, &got.verdict, NULL), 0);
    memcpy(got.refused, onr_lane_reader_refused(r), sizeof got.refused);
    memcpy(got.found, onr_lane_reader_range(r)->counts, sizeof got.found);
    onr_lane_reader_free(r);
    return got;
}

static struct got
read_all(struct test_lane *t)
{
    struct onr_head head;

    assert_int_equal(onr_head_init(&head, ONR_SPAN(LANE_ORIGIN), NULL), 0);
    return read_lane(t, &head, 0);
}

static uint64_t
refused(const struct got *got)
{
    uint64_t n = 0;

    for (int i = 0; i < ONR_CHECKS; i++)
        n += got->refused[i];
    return n;
}

static int
setup(void **state)
{
    *state = lane_new();
    return 0;
}

static int
teardown(void **state)
{
    lane_free(*state);
    return 0;
}

static void
blocks_come_out_with_their_payloads_once_their_commit_was_seen(void **state)
{
    struct test_lane *t = *state;
    struct got got;

    lane_block(t, 0);
    for (size_t n = 1; n < 40; n += 7)
        lane_block(t, n);
    got = read_all(t);
    assert_int_equal(got.verdict, ONR_VERDICT_VALID);
    assert_int_equal(got.blocks, 7);
    assert_int_equal(got.records, 1 + 8 + 15 + 22 + 29 + 36);
    assert_true(got.in_order);
    assert_int_equal(refused(&got), 0);
}

static void
records_without_their_commit_are_not_handed_out(void **state)
{
    struct test_lane *t = *state;
    struct got got;

    lane_block(t, 5);
    lane_torn(t, 4);
    got = read_all(t);
    assert_int_equal(got.records, 5);
    assert_int_equal(got.verdict, ONR_VERDICT_VALID);
}

static void
what_a_torn_attempt_left_is_handed_out_once(void **state)
{
    struct test_lane *t = *state;
    struct got got;

    lane_torn(t, 9);
    lane_torn(t, 3);
    lane_block(t, 6);
    lane_torn(t, 2);
    lane_block(t, 8);
    got = read_all(t);
    assert_int_equal(got.verdict, ONR_VERDICT_VALID);
    assert_int_equal(got.records, 14);
    assert_true(got.in_order);
    assert_true(got.found[ONR_FOUND_TORN] > 0);
}

/* --- one record changed (tests/line_changes.h) ----------------------------------------------------------------------- */

static void
a_changed_record_stops_its_block_and_says_why(void **state)
{
    (void) state;
    for (size_t i = 0; i < CHANGES; i++) {
        /* Who a stranger is nobody knows: its record is not the changed original, which is then just missing. */
        enum onr_verdict want = changes[i].check == ONR_CHECK_UNKNOWN_KEY ? ONR_VERDICT_GAP
                                                                          : ONR_VERDICT_INVALID;
        struct test_lane *t = lane_new();
        struct got got;

        lane_block(t, 4);
        lane_block(t, 9);
        lane_block(t, 4);
        changes[i].change(t, &t->m[5 + 2]);
        got = read_all(t);
        if (got.refused[changes[i].check] != 1 || refused(&got) != 1 || got.verdict != want
            || got.records != 8 || got.in_order)
            fail_msg("%s: refused %u (%u in all), verdict %s, %u records", changes[i].name,
                     (unsigned) got.refused[changes[i].check], (unsigned) refused(&got),
                     onr_verdict_name(got.verdict), (unsigned) got.records);
        lane_free(t);
    }
}

/* Anybody with a Kafka credential can append such copies: they must not stop a lane. */
static void
a_changed_copy_beside_the_record_is_foreign_and_stops_nothing(void **state)
{
    (void) state;
    for (size_t i = 0; i < CHANGES; i++) {
        struct test_lane *t = lane_new();
        struct got got;

        lane_block(t, 4);
        lane_torn(t, 3);
        changes[i].change(t, &t->m[5 + 2]);
        lane_block(t, 9);
        got = read_all(t);
        if (got.refused[changes[i].check] != 1 || got.verdict != ONR_VERDICT_VALID
            || got.records != 13 || !got.in_order)
            fail_msg("%s: refused %u, verdict %s, %u records", changes[i].name,
                     (unsigned) got.refused[changes[i].check], onr_verdict_name(got.verdict),
                     (unsigned) got.records);
        lane_free(t);
    }
}

/* --- more than one record ---------------------------------------------------------------------------------------------- */

static void
a_deleted_record_or_commit_is_a_gap(void **state)
{
    (void) state;
    for (size_t i = 0; i < 10; i++) { /* 0 to 8: records; 9: the COMMIT */
        struct test_lane *t = lane_new();
        struct got got;

        lane_block(t, 4);
        lane_block(t, 9);
        lane_block(t, 4);
        lane_delete(t, 5 + i);
        got = read_all(t);
        assert_int_equal(got.verdict, ONR_VERDICT_GAP);
        assert_in_range(got.next, 4, i == 9 ? 17 : 4 + 9 + 4);
        lane_free(t);
    }
}

static void
swapped_records_are_invalid(void **state)
{
    struct test_lane *t = *state;
    struct onr_message swap;
    struct got got;

    lane_block(t, 4);
    lane_block(t, 9);
    swap = t->m[6];
    t->m[6] = t->m[7];
    t->m[7] = swap;
    t->m[6].offset = 6;
    t->m[7].offset = 7;
    got = read_all(t);
    assert_int_equal(got.verdict, ONR_VERDICT_INVALID);
    assert_int_equal(got.records, 4);
}

static void
a_damaged_block_waits_and_comes_out_whole_after_its_repair(void **state)
{
    struct test_lane *t = *state;
    struct got got;

    lane_block(t, 4);
    lane_damaged(t, 9, 3);
    got = read_all(t);
    assert_int_equal(got.verdict, ONR_VERDICT_GAP);
    assert_int_equal(got.records, 4);

    lane_block(t, 0); /* a heartbeat before somebody repairs */
    lane_repair(t, 9);
    lane_block(t, 5);
    got = read_all(t);
    assert_int_equal(got.verdict, ONR_VERDICT_VALID);
    assert_int_equal(got.records, 18);
    assert_true(got.in_order);
    assert_int_equal(got.found[ONR_FOUND_REPAIRED], 1);
}

static void
an_unknown_key_is_asked_for_before_the_record_is_refused(void **state)
{
    struct test_lane *t = *state;
    struct onr_keylog_entry add = { .kind = ONR_KEYLOG_ADD, .n_lanes = 1 };
    struct onr_head head;
    struct onr_lane_reader_spec spec = {
        .codec = t->codec, .keylog = t->keys, .head = &head, .signatures = true
    };
    const struct onr_range_block *block;
    struct onr_lane_reader *r;
    enum onr_verdict verdict;

    lane_block(t, 1);
    signature_of_a_stranger(t, &t->m[0]);
    assert_int_equal(onr_head_init(&head, ONR_SPAN(LANE_ORIGIN), NULL), 0);
    assert_int_equal(onr_lane_reader_new(&spec, &r, NULL), 0);
    assert_int_equal(onr_lane_reader_feed(r, &t->m[0], false, &block, NULL), -ONR_EKEY);

    add.key = t->stranger.key;
    add.lane[0].origin = ONR_SPAN(LANE_ORIGIN);
    world_entry(t->keys, &t->root, &add);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(onr_lane_reader_feed(r, &t->m[i], false, &block, NULL), 0);
    assert_non_null(block);
    assert_int_equal(block->n, 1);
    assert_int_equal(onr_lane_reader_finish(r, &verdict, NULL), 0);
    assert_int_equal(verdict, ONR_VERDICT_VALID);
    onr_lane_reader_free(r);
}

static void
a_commit_by_an_unknown_key_is_asked_for_too_and_may_stay_foreign(void **state)
{
    struct test_lane *t = *state;
    struct onr_head head;
    struct onr_lane_reader_spec spec = { .codec = t->codec, .keylog = t->keys, .head = &head };
    struct onr_signer worker = t->worker;
    const struct onr_range_block *block;
    struct onr_lane_reader *r;

    t->worker = t->stranger;
    lane_block(t, 0);
    t->worker = worker;
    assert_int_equal(onr_head_init(&head, ONR_SPAN(LANE_ORIGIN), NULL), 0);
    assert_int_equal(onr_lane_reader_new(&spec, &r, NULL), 0);
    assert_int_equal(onr_lane_reader_feed(r, &t->m[0], false, &block, NULL), -ONR_EKEY);
    assert_int_equal(onr_lane_reader_feed(r, &t->m[0], true, &block, NULL), 0);
    assert_null(block);
    assert_int_equal(onr_lane_reader_range(r)->counts[ONR_FOUND_FOREIGN], 1);
    onr_lane_reader_free(r);
}

static void
reading_goes_on_from_a_kept_head_and_knows_its_commit(void **state)
{
    struct test_lane *t = *state;
    struct onr_head head;
    struct got got;

    lane_block(t, 4);
    lane_block(t, 9);
    head = t->lane.head;
    lane_block(t, 4);
    assert_true(onr_lane_reader_is_head(t->codec, &t->m[head.out_offset], &head));
    assert_false(onr_lane_reader_is_head(t->codec, &t->m[4], &head));
    assert_false(onr_lane_reader_is_head(t->codec, &t->m[6], &head));
    got = read_lane(t, &head, (size_t) head.out_offset + 1);
    assert_int_equal(got.verdict, ONR_VERDICT_VALID);
    assert_int_equal(got.records, 4);
    assert_int_equal(got.next, 17);
}

/* Read without record signatures: the verdict, and the positions handed out. */
static enum onr_verdict
read_quickly(struct test_lane *t, uint64_t *ret_records)
{
    struct onr_head head;
    struct onr_lane_reader_spec spec = { .codec = t->codec, .keylog = t->keys, .head = &head };
    const struct onr_range_block *block;
    struct onr_lane_reader *r;
    enum onr_verdict verdict;

    *ret_records = 0;
    assert_int_equal(onr_head_init(&head, ONR_SPAN(LANE_ORIGIN), NULL), 0);
    assert_int_equal(onr_lane_reader_new(&spec, &r, NULL), 0);
    for (size_t i = 0; i < t->n; i++) {
        assert_int_equal(onr_lane_reader_feed(r, &t->m[i], false, &block, NULL), 0);
        *ret_records += block ? block->n : 0;
    }
    assert_int_equal(onr_lane_reader_finish(r, &verdict, NULL), 0);
    onr_lane_reader_free(r);
    return verdict;
}

static void
without_record_signatures_the_root_still_finds_a_change(void **state)
{
    struct test_lane *t = *state;
    uint64_t n;

    lane_block(t, 9);
    assert_int_equal(read_quickly(t, &n), ONR_VERDICT_VALID);
    assert_int_equal(n, 9);
    leaf_input_offset(t, &t->m[2]);
    assert_int_equal(read_quickly(t, &n), ONR_VERDICT_INVALID);
    assert_int_equal(n, 0);
}

/* Nobody who lacks a worker's key may make a lane look invalid to a worker's read-back or a quick audit. */
static void
without_record_signatures_strangers_still_stop_nothing(void **state)
{
    (void) state;
    for (size_t i = 0; i < CHANGES; i++)
        for (int before = 0; before < 2; before++) {
            struct test_lane *t = lane_new();
            uint64_t n;

            lane_block(t, 4);
            if (before) {
                lane_torn(t, 3);
                changes[i].change(t, &t->m[5 + 2]);
            }
            lane_block(t, 9);
            if (!before) { /* a copy of a committed record, changed, behind its COMMIT */
                t->m[t->n] = t->m[5 + 2];
                t->m[t->n].offset = (int64_t) t->n;
                changes[i].change(t, &t->m[t->n++]);
            }
            lane_block(t, 2);
            if (read_quickly(t, &n) != ONR_VERDICT_VALID || n != 15)
                fail_msg("%s %s its COMMIT: not valid, or %u records", changes[i].name,
                         before ? "before" : "behind", (unsigned) n);
            lane_free(t);
        }
}

/* COMMIT in its frame: length of the body (2 bytes), body, length of the signature (2 bytes), signature. */
#define OLD_LEAVES   30000 /* more than a reader holds */
#define SIGNATURE_AT (ONR_FRAME_LEN + 2 + ONR_COMMIT_LEN + 2)

static void
a_forged_commit_does_not_vouch_for_forged_records(void **state)
{
    struct test_lane *t = *state;
    struct onr_lane before;
    struct onr_message *m;
    struct got got;
    int64_t input;
    uint64_t n;

    lane_block(t, 4);
    before = t->lane;
    input = t->next_input;
    lane_block(t, 1); /* what a stranger makes of it: another record, a COMMIT that nobody signed */
    m = &t->m[t->n - 2];
    leaf_input_offset(t, &m[0]);
    m[1].value = lane_flip(t, m[1].value, SIGNATURE_AT + 10, 1);
    t->lane = before;
    t->next_input = input;
    lane_block(t, 9);
    assert_int_equal(read_quickly(t, &n), ONR_VERDICT_VALID);
    assert_int_equal(n, 13);
    got = read_all(t);
    assert_int_equal(got.refused[ONR_CHECK_FORGED], 2);
}

/* After a beginning that is not there any more, records are held from where the lane is taken over. */
static void
a_lane_without_its_beginning_hands_out_what_follows(void **state)
{
    struct test_lane *t = *state;
    struct onr_lane_reader_spec spec = { .codec = t->codec, .keylog = t->keys, .keep = true };
    const struct onr_range_block *block = NULL;
    struct onr_lane_record rec;
    struct onr_lane_reader *r;
    struct onr_head head;
    uint64_t records = 0;

    t->lane.head.started = true; /* a lane that is old: its tree is whatever it is */
    t->lane.head.commit_no = 7;
    for (size_t i = 0; i < OLD_LEAVES; i++)
        assert_int_equal(onr_frontier_append(&t->lane.head.tree, t->lane.lane_id), 0);
    lane_block(t, 2);
    lane_block(t, 3);
    assert_int_equal(onr_head_init(&head, ONR_SPAN(LANE_ORIGIN), NULL), 0);
    spec.head = &head;
    spec.anywhere = true;
    assert_int_equal(onr_lane_reader_new(&spec, &r, NULL), 0);
    for (size_t i = 1; i < t->n; i++) {
        assert_int_equal(onr_lane_reader_feed(r, &t->m[i], true, &block, NULL), 0);
        for (size_t k = 0; block && k < block->n; k++, records++)
            assert_int_equal(onr_lane_reader_at(r, k, &rec, NULL), 0);
    }
    assert_int_equal(records, 3);
    onr_lane_reader_free(r);
}

int
main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        T(blocks_come_out_with_their_payloads_once_their_commit_was_seen),
        T(records_without_their_commit_are_not_handed_out),
        T(what_a_torn_attempt_left_is_handed_out_once),
        cmocka_unit_test(a_changed_record_stops_its_block_and_says_why),
        cmocka_unit_test(a_changed_copy_beside_the_record_is_foreign_and_stops_nothing),
        cmocka_unit_test(a_deleted_record_or_commit_is_a_gap),
        T(swapped_records_are_invalid),
        T(a_damaged_block_waits_and_comes_out_whole_after_its_repair),
        T(an_unknown_key_is_asked_for_before_the_record_is_refused),
        T(a_commit_by_an_unknown_key_is_asked_for_too_and_may_stay_foreign),
        T(reading_goes_on_from_a_kept_head_and_knows_its_commit),
        T(without_record_signatures_the_root_still_finds_a_change),
        cmocka_unit_test(without_record_signatures_strangers_still_stop_nothing),
        T(a_forged_commit_does_not_vouch_for_forged_records),
        T(a_lane_without_its_beginning_hands_out_what_follows),
    };

    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
