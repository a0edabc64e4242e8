/* tests/unit/test_stream_ledger.c - the book of what was processed, move by move. */
#include "tests/unit/cmocka_all.h"

#include "common/stream/ledger.h"

static struct onr_ledger_entry *
fresh(struct onr_ledger *l, int64_t next)
{
    assert_int_equal(onr_ledger_add(l, 3, next), 0);
    return onr_ledger_find(l, 3);
}

static void
what_was_taken_is_committed_or_forgotten_as_a_whole(void **state)
{
    struct onr_ledger l = { NULL, 0, 0 };
    struct onr_ledger_entry *e = fresh(&l, 10);

    (void) state;
    onr_ledger_took(e, 12);
    onr_ledger_took(e, 13);
    assert_int_equal(e->next, 14);
    assert_int_equal(e->committed, 10);
    onr_ledger_rollback(e);
    assert_int_equal(e->next, 10);
    assert_int_equal(e->taken, 0);
    onr_ledger_took(e, 12);
    onr_ledger_commit(e);
    assert_int_equal(e->committed, 13);
    onr_ledger_rollback(e);
    assert_int_equal(e->next, 13);
    onr_ledger_release(&l);
}

static void
a_record_is_taken_once_and_in_its_turn(void **state)
{
    struct onr_ledger l = { NULL, 0, 0 };
    struct onr_ledger_entry *e = fresh(&l, 10);

    (void) state;
    assert_int_equal(onr_ledger_ask(e, 9), ONR_LEDGER_SEEN);
    assert_int_equal(onr_ledger_ask(e, 15), ONR_LEDGER_TAKE); /* offsets are sparse */
    onr_ledger_took(e, 15);
    assert_int_equal(onr_ledger_ask(e, 15), ONR_LEDGER_SEEN);
    onr_ledger_rollback(e);
    assert_int_equal(onr_ledger_ask(e, 16), ONR_LEDGER_GAP); /* 15 is known to be there */
    onr_ledger_reached(e, 20);
    assert_int_equal(e->next, 10); /* an end beyond it comes from an older position */
    assert_int_equal(onr_ledger_ask(e, 15), ONR_LEDGER_TAKE);
    onr_ledger_took(e, 15);
    assert_int_equal(onr_ledger_ask(e, 16), ONR_LEDGER_TAKE);
    onr_ledger_release(&l);
}

static void
what_is_owed_comes_first(void **state)
{
    struct onr_ledger l = { NULL, 0, 0 };
    struct onr_ledger_entry *e = fresh(&l, 0);

    (void) state;
    onr_ledger_owes(e, 7);
    onr_ledger_owes(e, 9); /* the smaller one stays */
    assert_int_equal(onr_ledger_ask(e, 9), ONR_LEDGER_GAP);
    assert_int_equal(onr_ledger_ask(e, 7), ONR_LEDGER_TAKE);
    onr_ledger_took(e, 7);
    assert_int_equal(onr_ledger_ask(e, 9), ONR_LEDGER_TAKE);
    onr_ledger_owes(e, 3); /* was taken long ago */
    assert_int_equal(onr_ledger_ask(e, 9), ONR_LEDGER_TAKE);
    onr_ledger_release(&l);
}

static void
the_end_of_a_partition_moves_the_position_without_a_record(void **state)
{
    struct onr_ledger l = { NULL, 0, 0 };
    struct onr_ledger_entry *e = fresh(&l, 5);

    (void) state;
    onr_ledger_reached(e, 8);
    assert_int_equal(e->next, 8);
    onr_ledger_reached(e, 6);
    assert_int_equal(e->next, 8);
    assert_int_equal(e->taken, 0);
    onr_ledger_commit(e);
    assert_int_equal(e->committed, 8);
    onr_ledger_release(&l);
}

static void
partitions_come_and_go_in_any_order(void **state)
{
    static const int32_t order[] = { 5, 1, 9, 3, 7, 0, 2, 8, 6, 4 };
    struct onr_ledger l = { NULL, 0, 0 };

    (void) state;
    for (size_t i = 0; i < 10; i++)
        assert_int_equal(onr_ledger_add(&l, order[i], order[i] * 100), 0);
    assert_int_equal(onr_ledger_add(&l, 5, 0), -ONR_ESTATE);
    onr_ledger_remove(&l, 3);
    onr_ledger_remove(&l, 3);
    onr_ledger_remove(&l, 77);
    assert_int_equal(l.n, 9);
    assert_null(onr_ledger_find(&l, 3));
    for (int32_t p = 4; p < 10; p++)
        assert_int_equal(onr_ledger_find(&l, p)->next, p * 100);
    onr_ledger_release(&l);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_taken_is_committed_or_forgotten_as_a_whole),
        cmocka_unit_test(a_record_is_taken_once_and_in_its_turn),
        cmocka_unit_test(what_is_owed_comes_first),
        cmocka_unit_test(the_end_of_a_partition_moves_the_position_without_a_record),
        cmocka_unit_test(partitions_come_and_go_in_any_order),
    };

    return cmocka_run_group_tests_name("stream ledger", tests, NULL, NULL);
}
