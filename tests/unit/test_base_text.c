/* tests/unit/test_base_text.c - spans and UTF-8. */
#define _DEFAULT_SOURCE
#include "tests/unit/cmocka_all.h"
#include "tests/unit/guard.h"

#include "common/base/utf8.h"

static void
a_span_is_cut_at_separators_and_the_last_part_ends_it(void **state)
{
    static const char *const want[] = { "a", "", "bc", "" };
    struct onr_span rest = ONR_SPAN("a,,bc,"), part;
    size_t n = 0;

    (void) state;
    while (onr_span_next(&rest, ',', &part)) {
        assert_true(n < 4);
        assert_span_equal(part, onr_span_z(want[n++]));
    }
    assert_int_equal(n, 4);
}

static void
decimal_numbers_are_read_strictly(void **state)
{
    static const struct {
        const char *text;
        int rc;
        unsigned long long value;
    } cases[] = {
        { "0", 0, 0 },
        { "42", 0, 42 },
        { "18446744073709551615", 0, 18446744073709551615u },
        { "18446744073709551616", -ONR_EINPUT, 0 },
        { "99999999999999999999", -ONR_EINPUT, 0 },
        { "", -ONR_EINPUT, 0 },
        { "00", -ONR_EINPUT, 0 },
        { "+1", -ONR_EINPUT, 0 },
        { "1 ", -ONR_EINPUT, 0 },
    };

    (void) state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        unsigned long long v = 7;

        assert_int_equal(onr_span_u64(onr_span_z(cases[i].text), &v), cases[i].rc);
        assert_true(v == (cases[i].rc ? 7 : cases[i].value));
    }
}

static void
spans_are_ordered_by_bytes_then_by_length(void **state)
{
    (void) state;
    assert_true(onr_span_cmp(ONR_SPAN("a"), ONR_SPAN("b")) < 0);
    assert_true(onr_span_cmp(ONR_SPAN("a"), ONR_SPAN("ab")) < 0);
    assert_true(onr_span_cmp(ONR_SPAN("\xc3\xa9"), ONR_SPAN("z")) > 0);
    assert_true(onr_span_cmp(ONR_SPAN(""), ONR_SPAN_NULL) == 0);
    assert_span_equal(onr_span_trim(ONR_SPAN(" \t a b\n")), ONR_SPAN("a b"));
    assert_span_equal(onr_span_trim(ONR_SPAN(" \r\n ")), ONR_SPAN(""));
}

static void
only_well_formed_utf8_passes_and_the_first_wrong_byte_is_named(void **state)
{
    static const struct {
        const char *bytes;
        size_t len;
        long bad; /* -1: fine */
    } cases[] = {
        { "plain text, long enough for the eight byte steps", 48, -1 },
        { "caf\xc3\xa9", 5, -1 },
        { "\xe2\x80\x9cquoted\xe2\x80\x9d", 12, -1 },
        { "\xf0\x9f\x98\x80", 4, -1 },
        { "\xf4\x8f\xbf\xbf", 4, -1 },
        { "\xed\x9f\xbf\xee\x80\x80", 6, -1 },
        { "a\0b", 3, 1 },
        { "12345678\0", 9, 8 },
        { "1234\0"
          "678",
          8, 4 },
        { "\xc0\x80", 2, 0 },         /* overlong NUL */
        { "ab\xc1\xbf", 4, 2 },       /* overlong */
        { "\xe0\x9f\xbf", 3, 0 },     /* overlong */
        { "\xf0\x8f\xbf\xbf", 4, 0 }, /* overlong */
        { "\xed\xa0\x80", 3, 0 },     /* surrogate */
        { "\xf4\x90\x80\x80", 4, 0 }, /* above U+10FFFF */
        { "\xf5\x80\x80\x80", 4, 0 },
        { "x\x80", 2, 1 }, /* lone continuation */
        { "\xc3", 1, 0 },  /* truncated */
        { "\xe2\x80", 2, 0 },
        { "\xf0\x9f\x98", 3, 0 },
        { "12345678\xff", 9, 8 },
    };

    (void) state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct guarded g = guarded_new(onr_span_of(cases[i].bytes, cases[i].len));
        size_t bad = 999;

        if (cases[i].bad < 0) {
            assert_true(onr_utf8_check(g.span, &bad));
            assert_int_equal(bad, 999);
        } else {
            assert_false(onr_utf8_check(g.span, &bad));
            assert_int_equal(bad, cases[i].bad);
        }
        guarded_free(&g);
    }
}

static void
every_code_point_survives_walking_forth_and_back(void **state)
{
    struct onr_span s = ONR_SPAN("a\xc3\xa9\xe2\x80\x9c\xf0\x9f\x98\x80z");
    static const uint32_t want[] = { 'a', 0xe9, 0x201c, 0x1f600, 'z' };
    size_t pos = 0;

    (void) state;
    assert_int_equal(onr_utf8_count(s), 5);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(onr_utf8_next(s, &pos), want[i]);
    assert_int_equal(pos, s.len);
    for (size_t i = 5; i-- > 0;)
        assert_int_equal(onr_utf8_prev(s, &pos), want[i]);
    assert_int_equal(pos, 0);
}

static void
a_cut_never_splits_a_code_point(void **state)
{
    struct onr_span s = ONR_SPAN("a\xe2\x80\x9cz");

    (void) state;
    assert_int_equal(onr_utf8_cut(s, 0), 0);
    assert_int_equal(onr_utf8_cut(s, 1), 1);
    assert_int_equal(onr_utf8_cut(s, 2), 1);
    assert_int_equal(onr_utf8_cut(s, 3), 1);
    assert_int_equal(onr_utf8_cut(s, 4), 4);
    assert_int_equal(onr_utf8_cut(s, 9), 5);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_span_is_cut_at_separators_and_the_last_part_ends_it),
        cmocka_unit_test(decimal_numbers_are_read_strictly),
        cmocka_unit_test(spans_are_ordered_by_bytes_then_by_length),
        cmocka_unit_test(only_well_formed_utf8_passes_and_the_first_wrong_byte_is_named),
        cmocka_unit_test(every_code_point_survives_walking_forth_and_back),
        cmocka_unit_test(a_cut_never_splits_a_code_point),
    };

    return cmocka_run_group_tests_name("base text", tests, NULL, NULL) != 0;
}
