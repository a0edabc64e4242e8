/* tests/unit/test_line_table.c - tables for people: widths, wrapping, and nothing that steers a terminal. */
#define _DEFAULT_SOURCE
#include "tests/unit/cmocka_all.h"

#include <stdlib.h>

#include "common/line/table.h"

static const struct onr_column columns[] = {
    { .title = "Statement", .stretch = true, .wrap = true },
    { .title = "Speaker", .width = 8 },
    { .title = "Sure", .right = true },
};

static const struct onr_column counted[] = { { .title = "#", .right = true },
                                             { .title = "Text", .stretch = true, .wrap = true } };

static void
add(struct onr_table *t, const char *a, const char *b, const char *c)
{
    struct onr_span row[] = { onr_span_z(a), onr_span_z(b), onr_span_z(c) };

    assert_int_equal(onr_table_add(t, row, NULL), 0);
}

static void
flushes_to(struct onr_table *t, bool colour, const char *want)
{
    struct onr_buf out = ONR_BUF_INIT(65536);

    assert_int_equal(onr_table_flush(t, colour, &out, NULL), 0);
    assert_span_equal(onr_buf_span(&out), onr_span_z(want));
    onr_buf_release(&out);
}

static struct onr_table *
new_table(unsigned line, bool live)
{
    struct onr_table *t;

    assert_int_equal(onr_table_new(columns, 3, line, live, &t, NULL), 0);
    return t;
}

static void
columns_are_as_wide_as_their_cells(void **state)
{
    struct onr_table *t = new_table(0, false);

    (void) state;
    add(t, "We go.", "Lee", "90 %");
    add(t, "No.", "Somebody Else", "5 %");
    flushes_to(t, false,
               "Statement  Speaker   Sure\n"
               "-------------------------\n"
               "We go.     Lee       90 %\n"
               "No.        Somebod…   5 %\n");
    onr_table_free(t);
}

static void
a_long_cell_wraps_at_blanks_where_the_line_is_narrow(void **state)
{
    struct onr_table *t = new_table(32, false);

    (void) state;
    add(t, "We will go tomorrow, she said to them.", "Lee", "9 %");
    flushes_to(t, false,
               "Statement          Speaker  Sure\n"
               "--------------------------------\n"
               "We will go         Lee       9 %\n"
               "tomorrow, she\n"
               "said to them.\n");
    onr_table_free(t);
}

static void
continued_lines_stay_under_their_column(void **state)
{
    struct onr_span row[] = { ONR_SPAN("10"), ONR_SPAN("aaaa bbbb cccc dddd eeee") };
    struct onr_table *t;

    (void) state;
    assert_int_equal(onr_table_new(counted, 2, 20, false, &t, NULL), 0);
    assert_int_equal(onr_table_add(t, row, NULL), 0);
    flushes_to(t, true, "\033[1m #  Text\n\033[0m10  aaaa bbbb cccc\n    dddd eeee\n");
    onr_table_free(t);
}

static void
a_live_table_keeps_its_widths_and_prints_its_head_once(void **state)
{
    struct onr_table *t = new_table(40, true);

    (void) state;
    add(t, "a", "b", "c");
    flushes_to(t, false,
               "Statement                 Speaker   Sure\n"
               "----------------------------------------\n"
               "a                         b            c\n");
    add(t, "x", "a long speaker", "100 %");
    flushes_to(t, false, "x                         a long…   100…\n");
    flushes_to(t, false, "");
    onr_table_free(t);
}

static void
nothing_in_a_cell_can_steer_a_terminal(void **state)
{
    static const struct {
        const char *cell, *shown;
        unsigned width;
    } cases[] = {
        { "a\x1b[31mb", "a\xef\xbf\xbd[31mb", 7 },
        { "a\n\n b\tc ", "a b c", 5 },
        { "a\xe2\x80\xae"
          "b",
          "a\xef\xbf\xbd"
          "b",
          3 }, /* right-to-left override */
        { "a\xc2\x9b"
          "b",
          "a\xef\xbf\xbd"
          "b",
          3 }, /* C1: CSI */
        { "a\xff\xc0"
          "b",
          "a\xef\xbf\xbd\xef\xbf\xbd"
          "b",
          4 },                             /* not UTF-8 */
        { "e\xcc\x81t", "e\xcc\x81t", 2 }, /* combining accent */
        { "\xe6\x97\xa5\xe6\x9c\xac", "\xe6\x97\xa5\xe6\x9c\xac", 4 },
        { "", "", 0 },
    };

    (void) state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct onr_buf out = ONR_BUF_INIT(256);

        assert_int_equal(onr_text_show(&out, onr_span_z(cases[i].cell)), 0);
        assert_span_equal(onr_buf_span(&out), onr_span_z(cases[i].shown));
        assert_int_equal(onr_text_width(onr_span_z(cases[i].cell)), cases[i].width);
        onr_buf_release(&out);
    }
}

static void
wide_letters_are_never_cut_in_half(void **state)
{
    static const char day[] = "\xe6\x97\xa5";
    struct onr_table *t = new_table(0, false);
    char cell[64] = "";

    (void) state;
    for (int i = 0; i < 6; i++)
        strcat(cell, day);
    add(t, "x", cell, "1");
    flushes_to(t, false,
               "Statement  Speaker   Sure\n"
               "-------------------------\n"
               "x          \xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5…      1\n");
    onr_table_free(t);
}

static void
a_table_that_is_too_large_is_refused_and_stays_usable(void **state)
{
    struct onr_table *t = new_table(80, false);
    struct onr_span row[3] = { { NULL, 0 }, { NULL, 0 }, { NULL, 0 } };
    struct onr_error err = ONR_ERROR_INIT;
    char *large = malloc(ONR_TABLE_BYTES);

    (void) state;
    assert_non_null(large);
    memset(large, 'x', ONR_TABLE_BYTES);
    row[0] = onr_span_of(large, ONR_TABLE_BYTES);
    assert_int_equal(onr_table_add(t, row, &err), -ONR_ELIMIT);
    row[0] = ONR_SPAN("fits");
    assert_int_equal(onr_table_add(t, row, &err), 0);
    flushes_to(t, false, "Statement  Speaker  Sure\n------------------------\nfits\n");
    onr_table_free(t);
    free(large);
}

static void
the_width_of_a_terminal_may_be_given(void **state)
{
    (void) state;
    setenv("COLUMNS", "132", 1);
    assert_int_equal(onr_terminal_width(-1), 132);
    setenv("COLUMNS", "wide", 1);
    assert_int_equal(onr_terminal_width(-1), 80);
    unsetenv("COLUMNS");
    assert_int_equal(onr_terminal_width(-1), 80);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_are_as_wide_as_their_cells),
        cmocka_unit_test(a_long_cell_wraps_at_blanks_where_the_line_is_narrow),
        cmocka_unit_test(continued_lines_stay_under_their_column),
        cmocka_unit_test(a_live_table_keeps_its_widths_and_prints_its_head_once),
        cmocka_unit_test(nothing_in_a_cell_can_steer_a_terminal),
        cmocka_unit_test(wide_letters_are_never_cut_in_half),
        cmocka_unit_test(a_table_that_is_too_large_is_refused_and_stays_usable),
        cmocka_unit_test(the_width_of_a_terminal_may_be_given),
    };

    return cmocka_run_group_tests_name("table", tests, NULL, NULL);
}
