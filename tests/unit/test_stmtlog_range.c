/* tests/unit/test_stmtlog_range.c - single cases of verification that random schedules do not reach, and heads as text. */
#include "tests/unit/cmocka_all.h"

#include "tests/property/stmtlog_world.h"

static struct world *w;

/* Three blocks of two records, nothing disturbed. */
static void
three_blocks(void)
{
    world_reset(w, 7);
    for (int b = 0; b < 3; b++) {
        must(onr_lane_begin(&w->lane, NULL));
        world_records(w, &w->lane, &w->signer[0], w->done, 2, 2, b);
        w->done += 2;
        world_commit(w, &w->lane, &w->signer[0], w->input[w->done - 1] + 1, 0, b);
        must(onr_lane_promote(&w->lane, (int64_t) w->n - 1, NULL));
        w->blocks++;
    }
}

/* Verdict of the topic from its beginning, with the number of one finding. */
static enum onr_verdict
verdict(enum onr_finding f, uint64_t *ret_n)
{
    struct onr_range r;
    struct onr_head start;
    struct seen seen = { 0 };
    enum onr_verdict v;

    must(onr_head_init(&start, ONR_SPAN(WORLD_ORIGIN), NULL));
    onr_range_init(&r, &start, w->keys, world_note, &seen);
    world_read(w, &r, 0, &seen);
    v = onr_range_finish(&r);
    *ret_n = r.counts[f];
    onr_range_release(&r);
    return v;
}

static void
records_are_handed_out_in_order_with_their_offsets(void **state)
{
    struct onr_record_expect e = { .origin = ONR_SPAN(WORLD_ORIGIN), .keylog = w->keys };
    struct onr_range_block b;
    struct onr_head start;
    struct onr_range r;
    uint64_t seq = 0;

    (void) state;
    three_blocks();
    must(onr_head_init(&start, ONR_SPAN(WORLD_ORIGIN), NULL));
    onr_range_init(&r, &start, w->keys, NULL, NULL);
    memcpy(e.lane_id, r.lane_id, ONR_SHA256_LEN);
    for (size_t i = 0; i < w->n; i++) {
        struct onr_range_record rec = { .out_offset = 1000 + (int64_t) i };
        const struct msg *m = &w->msg[i];
        struct onr_leaf leaf;

        if (!m->commit) {
            must((int) onr_record_check(&e, onr_span_z(m->payload), onr_span_of(m->leaf, 152),
                                        onr_span_of(m->sig, 76), &leaf, rec.leaf));
            rec.seq = leaf.seq;
            rec.in_offset = leaf.in_offset;
            must(onr_range_data(&r, &rec));
            continue;
        }
        must(onr_range_commit(&r, 1000 + (int64_t) i, onr_span_of(m->body, 256),
                              onr_span_of(m->csig, 64), ONR_HASHES(m->frontier), m->n_frontier,
                              &b));
        assert_true(b.accepted);
        assert_int_equal(b.n, 2);
        assert_int_equal(b.seq, seq);
        for (size_t k = 0; k < b.n; k++, seq++) {
            assert_int_equal(onr_range_at(&r, k)->seq, seq);
            assert_int_equal(onr_range_at(&r, k)->in_offset, w->input[seq]);
            assert_int_equal(onr_range_at(&r, k)->out_offset, 1000 + (int64_t) (i - 2 + k));
        }
    }
    assert_int_equal(r.n_records, 6);
    onr_range_release(&r);
}

static void
a_lane_that_the_key_log_does_not_know_is_an_alarm(void **state)
{
    struct onr_trust trust = *onr_keylog_trust(w->keys);
    struct onr_keylog *known = w->keys;
    uint64_t n;

    (void) state;
    three_blocks();
    must(onr_keylog_new(&trust, &w->keys, NULL));
    world_add(w, &w->signer[0]); /* the key, but no GENESIS */
    assert_int_equal(verdict(ONR_FOUND_NO_GENESIS, &n), ONR_VERDICT_INVALID);
    assert_int_equal(n, 1);
    onr_keylog_free(w->keys);
    w->keys = known;
}

static void
a_retention_entry_explains_a_beginning_that_is_gone(void **state)
{
    struct onr_keylog_entry kept = { .kind = ONR_KEYLOG_RETENTION, .n_lanes = 1 };
    uint64_t n;

    (void) state;
    three_blocks();
    memmove(w->msg, w->msg + 5, (w->n - 5) * sizeof *w->msg); /* up to COMMIT 1, without it */
    w->n -= 5;
    assert_int_equal(verdict(ONR_FOUND_NO_BEGINNING, &n), ONR_VERDICT_MISSING);
    kept.lane[0].origin = ONR_SPAN(WORLD_ORIGIN);
    kept.lane[0].size = 1; /* less was given up than is gone */
    world_entry(w->keys, &w->root, &kept);
    assert_int_equal(verdict(ONR_FOUND_NO_BEGINNING, &n), ONR_VERDICT_MISSING);
    kept.lane[0].size = 4;
    world_entry(w->keys, &w->root, &kept);
    assert_int_equal(verdict(ONR_FOUND_RETENTION, &n), ONR_VERDICT_VALID);
    assert_int_equal(n, 1);
}

static void
a_lane_without_any_commit_is_empty_only_where_nothing_was_removed(void **state)
{
    struct onr_keylog_entry kept = { .kind = ONR_KEYLOG_RETENTION, .n_lanes = 1 };
    static const struct {
        bool cut, given_up;
        enum onr_verdict verdict;
        enum onr_finding finding;
    } cases[] = { { false, false, ONR_VERDICT_VALID, ONR_FINDINGS },
                  { true, false, ONR_VERDICT_MISSING, ONR_FOUND_NO_BEGINNING },
                  { false, true, ONR_VERDICT_VALID, ONR_FINDINGS },
                  { true, true, ONR_VERDICT_NOT_COVERED, ONR_FOUND_NO_ANCHOR } };
    struct onr_trust trust = *onr_keylog_trust(w->keys);
    struct onr_keylog *known = w->keys;
    struct onr_head start;

    (void) state;
    must(onr_keylog_new(&trust, &w->keys, NULL));
    kept.lane[0].origin = ONR_SPAN(WORLD_ORIGIN);
    kept.lane[0].size = 6;
    must(onr_head_init(&start, ONR_SPAN(WORLD_ORIGIN), NULL));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct onr_range r;

        if (i == 2)
            world_entry(w->keys, &w->root, &kept);
        onr_range_init(&r, &start, w->keys, NULL, NULL);
        if (cases[i].cut)
            onr_range_cut(&r);
        assert_int_equal(onr_range_finish(&r), cases[i].verdict);
        for (int f = 0; f < ONR_FINDINGS; f++)
            assert_int_equal(r.counts[f], f == (int) cases[i].finding);
        onr_range_release(&r);
    }
    onr_keylog_free(w->keys);
    w->keys = known;
}

static void
nothing_follows_a_sealed_lane(void **state)
{
    struct onr_lane later;
    uint64_t n;

    (void) state;
    three_blocks();
    must(onr_lane_begin(&w->lane, NULL));
    world_commit(w, &w->lane, &w->signer[0], onr_lane_in_next(&w->lane), ONR_COMMIT_SEALED, 3);
    must(onr_lane_promote(&w->lane, 0, NULL));
    assert_int_equal(verdict(ONR_FOUND_SEALED, &n), ONR_VERDICT_VALID);
    later = w->lane;
    later.head.sealed = later.next.sealed = false; /* a worker that does not care */
    must(onr_lane_begin(&later, NULL));
    world_commit(w, &later, &w->signer[0], onr_lane_in_next(&later), 0, 4);
    assert_int_equal(verdict(ONR_FOUND_SEALED, &n), ONR_VERDICT_INVALID);
    assert_int_equal(n, 1);
}

static void
another_tree_than_the_trusted_head_is_found_at_any_size(void **state)
{
    struct onr_head start;
    struct onr_range r;
    struct seen seen = { 0 };

    (void) state;
    three_blocks();
    must(onr_head_init(&start, ONR_SPAN(WORLD_ORIGIN), NULL));
    for (uint64_t size = 1; size <= 6; size++) /* also inside a block */
        for (int wrong = 0; wrong < 2; wrong++) {
            uint8_t root[ONR_SHA256_LEN];

            world_undisturbed(w, size, root);
            root[9] ^= (uint8_t) wrong;
            onr_range_init(&r, &start, w->keys, world_note, &seen);
            onr_range_expect(&r, size, root);
            world_read(w, &r, 0, &seen);
            assert_int_equal(onr_range_finish(&r), wrong ? ONR_VERDICT_INVALID : ONR_VERDICT_VALID);
            onr_range_release(&r);
        }
}

static void
a_revoked_key_makes_its_commits_foreign(void **state)
{
    struct onr_keylog_entry gone = { .kind = ONR_KEYLOG_REVOKE,
                                     .reason = ONR_SPAN("stolen"),
                                     .n_lanes = 1 };
    struct world *fresh = world_new();
    struct world *before = w;
    uint64_t n;

    (void) state;
    w = fresh;
    three_blocks();
    memcpy(gone.key_id, w->signer[0].key.id, ONR_KEY_ID_LEN);
    gone.lane[0].origin = ONR_SPAN(WORLD_ORIGIN);
    gone.lane[0].size = 4;
    world_entry(w->keys, &w->root, &gone);
    assert_int_equal(verdict(ONR_FOUND_FOREIGN, &n), ONR_VERDICT_VALID);
    assert_int_equal(n, 3); /* two records and the COMMIT after size 4 */
    w = before;
    world_free(fresh);
}

static void
foreign_noise_beside_a_whole_block_changes_nothing(void **state)
{
    struct onr_head start;
    struct onr_range r;
    struct seen seen = { 0 };

    (void) state;
    three_blocks();
    must(onr_head_init(&start, ONR_SPAN(WORLD_ORIGIN), NULL));
    onr_range_init(&r, &start, w->keys, world_note, &seen);
    for (int c = 1; c < ONR_CHECKS; c++)
        onr_range_foreign(&r, c, (enum onr_check) c, 0);
    world_read(w, &r, 0, &seen);
    onr_range_foreign(&r, 99, ONR_CHECK_FORGED, 6);
    assert_int_equal(onr_range_finish(&r), ONR_VERDICT_VALID);
    assert_int_equal(r.counts[ONR_FOUND_FOREIGN], ONR_CHECKS);
    onr_range_release(&r);
}

static void
a_position_far_ahead_is_not_held(void **state)
{
    struct onr_range_record rec = { .seq = ONR_BLOCK_LEAVES };
    struct onr_head start;
    struct onr_range r;

    (void) state;
    must(onr_head_init(&start, ONR_SPAN(WORLD_ORIGIN), NULL));
    onr_range_init(&r, &start, w->keys, NULL, NULL);
    assert_int_equal(onr_range_data(&r, &rec), 0);
    assert_int_equal(r.cap, 0);
    rec.seq = UINT64_MAX >> 1;
    assert_int_equal(onr_range_data(&r, &rec), 0);
    assert_int_equal(r.cap, 0);
    rec.seq = ONR_BLOCK_LEAVES - 1;
    assert_int_equal(onr_range_data(&r, &rec), 0);
    assert_true(r.cap >= ONR_BLOCK_LEAVES && r.cap < 2 * ONR_BLOCK_LEAVES);
    onr_range_release(&r);
}

/* --- a worker whose key is in the key log, and who lies --- */

static void
lie_prev(struct onr_commit *c, struct msg *m)
{
    (void) m;
    c->prev[0] ^= 1;
}

static void
lie_from(struct onr_commit *c, struct msg *m)
{
    (void) m;
    c->in_from -= 1; /* an input that the block before had already */
}

static void
lie_next(struct onr_commit *c, struct msg *m)
{
    (void) m;
    c->in_next -= 1; /* the last record's input would be read again */
}

/* Root and frontier of another tree, which fit each other. */
static void
lie_root(struct onr_commit *c, struct msg *m)
{
    struct onr_frontier f = { .size = 0 };

    for (uint64_t i = 0; i < c->size_after; i++)
        must(onr_frontier_append(&f, (const uint8_t[ONR_SHA256_LEN]){ 5 }));
    onr_frontier_root(&f, c->root_after);
    memcpy(m->frontier, f.node, sizeof f.node);
}

static void
lie_size(struct onr_commit *c, struct msg *m)
{
    (void) m;
    c->size_before--;
    c->n_leaves++;
}

static void
lie_config(struct onr_commit *c, struct msg *m)
{
    (void) m;
    c->flags |= ONR_COMMIT_CONFIG; /* though nothing changed */
}

static void
lie_repair(struct onr_commit *c, struct msg *m)
{
    (void) m;
    c->flags |= ONR_COMMIT_REPAIR; /* of a block that is none */
}

static void
tell_the_truth(struct onr_commit *c, struct msg *m)
{
    (void) c;
    (void) m;
}

static void
a_commit_that_lies_is_found_though_its_key_is_good(void **state)
{
    static const struct {
        const char *name;
        void (*lie)(struct onr_commit *c, struct msg *m);
        enum onr_finding finding;
        enum onr_verdict verdict;
    } t[] = {
        { "nothing", tell_the_truth, ONR_FOUND_CHAIN, ONR_VERDICT_VALID },
        { "the COMMIT before", lie_prev, ONR_FOUND_CHAIN, ONR_VERDICT_INVALID },
        { "where its input begins", lie_from, ONR_FOUND_CHAIN, ONR_VERDICT_INVALID },
        { "where its input ends", lie_next, ONR_FOUND_INPUT, ONR_VERDICT_INVALID },
        { "the tree", lie_root, ONR_FOUND_ROOT, ONR_VERDICT_INVALID },
        { "the size before", lie_size, ONR_FOUND_CHAIN, ONR_VERDICT_INVALID },
        { "a change of the model", lie_config, ONR_FOUND_CONFIG, ONR_VERDICT_INVALID },
        { "a repair", lie_repair, ONR_FOUND_CHAIN, ONR_VERDICT_INVALID },
    };

    (void) state;
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        enum onr_verdict v;
        struct onr_commit c;
        struct msg *m;
        uint64_t n;

        three_blocks();
        m = &w->msg[w->n - 1];
        must(onr_commit_decode(onr_span_of(m->body, ONR_COMMIT_LEN), &c, NULL));
        t[i].lie(&c, m);
        must(onr_commit_sign(&c, &w->signer[0], m->body, m->csig, NULL));
        v = verdict(t[i].finding, &n);
        if (v != t[i].verdict || (v != ONR_VERDICT_VALID && n == 0))
            fail_msg("%s: %s, found %llu times", t[i].name, onr_verdict_name(v),
                     (unsigned long long) n);
    }
}

/* Two records of a block that were made from one input, or in another order than the inputs. */
static void
inputs_of_a_block_only_go_up(void **state)
{
    (void) state;
    for (int step = -1; step <= 1; step++) {
        struct onr_range_record rec = { .type = ONR_LEAF_RESULT };
        struct onr_commit c = { .n_leaves = 2, .size_after = 2, .in_next = 100 };
        uint8_t body[ONR_COMMIT_LEN], sig[ONR_SIG_LEN];
        struct onr_frontier f = { .size = 0 };
        struct onr_range_block b;
        struct onr_head start;
        struct onr_range r;

        must(onr_head_init(&start, ONR_SPAN(WORLD_ORIGIN), NULL));
        onr_range_init(&r, &start, w->keys, NULL, NULL);
        for (uint64_t i = 0; i < 2; i++) {
            rec.seq = i;
            rec.in_offset = 50 + step * (int64_t) i;
            rec.leaf[0] = (uint8_t) i;
            must(onr_frontier_append(&f, rec.leaf));
            must(onr_range_data(&r, &rec));
        }
        onr_lane_id(ONR_SPAN(WORLD_ORIGIN), c.lane_id);
        onr_frontier_root(&f, c.root_after);
        must(onr_commit_sign(&c, &w->signer[0], body, sig, NULL));
        must(onr_range_commit(&r, 2, onr_span_of(body, sizeof body), onr_span_of(sig, sizeof sig),
                              ONR_HASHES(f.node), 1, &b));
        assert_int_equal(b.accepted, step == 1);
        assert_int_equal(r.counts[ONR_FOUND_INPUT], step == 1 ? 0 : 1);
        onr_range_release(&r);
    }
}

static void
a_repair_that_lacks_records_repairs_nothing(void **state)
{
    size_t before;
    uint64_t n;

    (void) state;
    for (size_t lost = 0; lost < 2; lost++) {
        three_blocks();
        memmove(&w->msg[6], &w->msg[7],
                2 * sizeof *w->msg); /* the first record of the last block */
        w->n--;
        assert_int_equal(verdict(ONR_FOUND_RECORD_GAP, &n), ONR_VERDICT_GAP);
        before = w->n;
        must(onr_lane_begin_repair(&w->lane, NULL));
        world_records(w, &w->lane, &w->signer[1], 4, 2, 2, 3);
        world_commit(w, &w->lane, &w->signer[1], 0, 0, 3);
        must(onr_lane_promote(&w->lane, 0, NULL));
        assert_int_equal(verdict(ONR_FOUND_REPAIRED, &n), ONR_VERDICT_VALID);
        assert_int_equal(n, 1);
        memmove(&w->msg[before + lost], &w->msg[before + lost + 1],
                (w->n - before - lost - 1) * sizeof *w->msg);
        w->n--;
        assert_int_equal(verdict(ONR_FOUND_REPAIRED, &n), ONR_VERDICT_GAP);
        assert_int_equal(n, 0);
    }
}

static void
verdicts_and_findings_have_names_and_an_order(void **state)
{
    static const enum onr_verdict order[] = { ONR_VERDICT_VALID, ONR_VERDICT_NOT_COVERED,
                                              ONR_VERDICT_GAP, ONR_VERDICT_MISSING,
                                              ONR_VERDICT_INVALID };

    (void) state;
    for (size_t i = 0; i < 5; i++) {
        assert_string_not_equal(onr_verdict_name(order[i]), "unknown");
        for (size_t k = 0; k <= i; k++) {
            assert_int_equal(onr_verdict_worse(order[i], order[k]), order[i]);
            assert_int_equal(onr_verdict_worse(order[k], order[i]), order[i]);
        }
    }
    for (int f = 0; f < ONR_FINDINGS; f++)
        assert_string_not_equal(onr_finding_name((enum onr_finding) f), "unknown");
}

static void
a_damaged_head_in_a_state_file_is_refused(void **state)
{
    struct onr_buf line = ONR_BUF_INIT(ONR_HEAD_TEXT_MAX);
    struct onr_head head, back;

    (void) state;
    three_blocks();
    assert_int_equal(onr_head_print(&w->lane.head, &line), 0);
    assert_int_equal(onr_head_parse(onr_buf_span(&line), &back, NULL), 0);
    assert_int_equal(back.commit_no, 2);
    assert_true(onr_frontier_equal(&back.tree, &w->lane.head.tree));
    assert_true(back.has_before && onr_frontier_equal(&back.before, &w->lane.head.before));
    for (size_t i = 0; i < line.len - 1; i++) { /* every cut */
        assert_true(onr_head_parse(onr_span_of(line.ptr, i), &back, NULL) < 0);
    }
    for (size_t i = 0; i < line.len; i++) { /* a node or the root changed: does not fit any more */
        char was = line.ptr[i];
        struct onr_error err = ONR_ERROR_INIT;

        line.ptr[i] = was == '0' ? '1' : '0';
        if (onr_head_parse(onr_buf_span(&line), &back, &err) == 0)
            assert_true(memcmp(back.root, w->lane.head.root, 32) == 0);
        line.ptr[i] = was;
    }
    must(onr_head_init(&head, ONR_SPAN(WORLD_ORIGIN), NULL));
    onr_buf_clear(&line);
    assert_int_equal(onr_head_print(&head, &line), 0);
    assert_int_equal(onr_head_parse(onr_buf_span(&line), &back, NULL), 0);
    assert_false(back.started);
    onr_buf_release(&line);
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
        cmocka_unit_test(records_are_handed_out_in_order_with_their_offsets),
        cmocka_unit_test(a_lane_that_the_key_log_does_not_know_is_an_alarm),
        cmocka_unit_test(a_retention_entry_explains_a_beginning_that_is_gone),
        cmocka_unit_test(a_lane_without_any_commit_is_empty_only_where_nothing_was_removed),
        cmocka_unit_test(nothing_follows_a_sealed_lane),
        cmocka_unit_test(another_tree_than_the_trusted_head_is_found_at_any_size),
        cmocka_unit_test(a_revoked_key_makes_its_commits_foreign),
        cmocka_unit_test(foreign_noise_beside_a_whole_block_changes_nothing),
        cmocka_unit_test(a_position_far_ahead_is_not_held),
        cmocka_unit_test(a_commit_that_lies_is_found_though_its_key_is_good),
        cmocka_unit_test(inputs_of_a_block_only_go_up),
        cmocka_unit_test(a_repair_that_lacks_records_repairs_nothing),
        cmocka_unit_test(verdicts_and_findings_have_names_and_an_order),
        cmocka_unit_test(a_damaged_head_in_a_state_file_is_refused),
    };

    return cmocka_run_group_tests_name("stmtlog range", tests, start, end) != 0;
}
