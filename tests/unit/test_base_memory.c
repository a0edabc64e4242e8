/* tests/unit/test_base_memory.c - buffers and arenas: they grow, and they stop growing. */
#include "tests/unit/cmocka_all.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/arena.h"
#include "common/base/buf.h"

static void
a_buffer_holds_exactly_its_maximum_and_not_a_byte_more(void **state)
{
    struct onr_buf b = ONR_BUF_INIT(1000);

    (void) state;
    for (int i = 0; i < 1000; i++)
        assert_int_equal(onr_buf_add_byte(&b, 'x'), 0);
    assert_int_equal(onr_buf_add_byte(&b, 'y'), -ONR_ELIMIT);
    assert_int_equal(b.len, 1000);
    assert_int_equal(strlen(b.ptr), 1000);
    assert_int_equal(onr_buf_add(&b, "", 0), 0);
    onr_buf_clear(&b);
    assert_int_equal(onr_buf_printf(&b, "%0*d", 1000, 7), 0);
    assert_int_equal(onr_buf_printf(&b, "%d", 7), -ONR_ELIMIT);
    assert_int_equal(b.len, 1000);
    onr_buf_release(&b);
}

static void
a_refused_append_leaves_the_buffer_as_it_was(void **state)
{
    struct onr_buf b = ONR_BUF_INIT(8);

    (void) state;
    assert_int_equal(onr_buf_add_z(&b, "abc"), 0);
    assert_int_equal(onr_buf_add_z(&b, "toolong"), -ONR_ELIMIT);
    assert_span_equal(onr_buf_span(&b), ONR_SPAN("abc"));
    onr_buf_release(&b);
    assert_span_equal(onr_buf_span(&b), ONR_SPAN(""));
    assert_int_equal(onr_buf_add_z(&b, "again"), 0);
    onr_buf_release(&b);
}

static void
taken_bytes_belong_to_the_caller_and_the_buffer_starts_anew(void **state)
{
    struct onr_buf b = ONR_BUF_INIT(100);
    size_t len = 0;
    char *mine;

    (void) state;
    assert_int_equal(onr_buf_printf(&b, "%s-%d", "x", 12), 0);
    mine = onr_buf_take(&b, &len);
    assert_string_equal(mine, "x-12");
    assert_int_equal(len, 4);
    assert_int_equal(b.len, 0);
    assert_int_equal(onr_buf_add_z(&b, "new"), 0);
    assert_string_equal(mine, "x-12");
    free(mine);
    onr_buf_release(&b);
}

static void
an_arena_hands_out_zeroed_aligned_memory_up_to_its_maximum(void **state)
{
    struct onr_arena a = ONR_ARENA_INIT(100000);
    size_t total = 0;
    char *p;

    (void) state;
    while ((p = onr_arena_alloc(&a, 333))) {
        assert_int_equal((uintptr_t) p % _Alignof(max_align_t), 0);
        for (int i = 0; i < 333; i++)
            assert_int_equal(p[i], 0);
        memset(p, 0xee, 333);
        total += 333;
    }
    assert_true(total > 90000 && total <= 100000);
    onr_arena_reset(&a);
    p = onr_arena_alloc(&a, 333);
    assert_non_null(p);
    assert_int_equal(p[0], 0);
    assert_null(onr_arena_array(&a, SIZE_MAX / 2, 4));
    assert_null(onr_arena_alloc(&a, SIZE_MAX));
    onr_arena_release(&a);
}

static void
a_span_copied_into_an_arena_outlives_its_source(void **state)
{
    struct onr_arena a = ONR_ARENA_INIT(64);
    char source[] = "text";
    struct onr_span copy = onr_arena_span(&a, onr_span_z(source));

    (void) state;
    source[0] = 'n';
    assert_span_equal(copy, ONR_SPAN("text"));
    assert_int_equal(copy.ptr[4], 0);
    assert_null(onr_arena_span(&a, ONR_SPAN_NULL).ptr);
    assert_non_null(onr_arena_span(&a, ONR_SPAN("")).ptr);
    onr_arena_release(&a);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_buffer_holds_exactly_its_maximum_and_not_a_byte_more),
        cmocka_unit_test(a_refused_append_leaves_the_buffer_as_it_was),
        cmocka_unit_test(taken_bytes_belong_to_the_caller_and_the_buffer_starts_anew),
        cmocka_unit_test(an_arena_hands_out_zeroed_aligned_memory_up_to_its_maximum),
        cmocka_unit_test(a_span_copied_into_an_arena_outlives_its_source),
    };

    return cmocka_run_group_tests_name("base memory", tests, NULL, NULL) != 0;
}
