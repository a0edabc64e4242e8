/* tests/unit/test_model_view.c - what the encoder sees of a text: markers, words, breaks, places, and the right part of a long one. */
#define _DEFAULT_SOURCE
#include "tests/unit/cmocka_all.h"

#include <stdio.h>

#include "common/model/view.h"
#include "tests/unit/guard.h"

#define LONG 4096

/* A small vocabulary: the id of a piece is its place here. */
static const char *const vocabulary[] = {
    "[PAD]",  "[UNK]", "[CLS]", "[SEP]", "[unused0]", "a",  "b", "##a", "##b", "un",
    "##able", ".",     ",",     "“",     "”",         "\"", "2", "'",   "the", "##2",
};
#define VOCABULARY_N (sizeof vocabulary / sizeof *vocabulary)

static char bytes[256];
static uint32_t offset[VOCABULARY_N + 1];
static struct onr_vocab *vocab;
static struct onr_view_markers markers;
static struct onr_view view;

static struct onr_vocab *
open_vocabulary(size_t n)
{
    struct onr_error err = ONR_ERROR_INIT;
    struct onr_vocab *v = NULL;
    uint32_t len = 0;

    for (size_t i = 0; i < n; i++) {
        memcpy(bytes + len, vocabulary[i], strlen(vocabulary[i]));
        offset[i + 1] = len += (uint32_t) strlen(vocabulary[i]);
    }
    if (onr_vocab_new(onr_span_of(bytes, len), offset, n, &v, &err) < 0)
        fail_msg("%s", err.text);
    return v;
}

static int
setup(void **state)
{
    (void) state;
    vocab = open_vocabulary(VOCABULARY_N);
    return onr_view_markers(vocab, &markers, NULL);
}

static int
teardown(void **state)
{
    (void) state;
    onr_vocab_free(vocab);
    return 0;
}

/* Read text, which ends at an unmapped page. */
static void
look(struct onr_span text, uint32_t focus_begin, uint32_t focus_end)
{
    static struct onr_token token[LONG];
    static struct onr_piece scratch[LONG];
    struct guarded g = guarded_new(text);

    assert_true(text.len <= LONG);
    memset(&view, 0x55, sizeof view);
    onr_view_read(vocab, &markers, g.span, token, onr_tokens_read(g.span, token, LONG), focus_begin,
                  focus_end, scratch, &view);
    guarded_free(&g);
}

/* '/' before the first piece of a word, '|' before a break; behind each its class, and its paragraph where it is not 0. */
static void
sees(struct onr_span text, const char *want)
{
    char got[1024] = "";
    size_t len = 0;

    look(text, 0, 0);
    for (size_t i = 0; i < view.n; i++) {
        len += (size_t) snprintf(got + len, sizeof got - len, "%s%s%s:%u", i ? " " : "",
                                 view.starts[i]   ? "/"
                                 : view.breaks[i] ? "|"
                                                  : "",
                                 vocabulary[view.id[i]], (unsigned) view.place_case[i]);
        if (view.paragraph[i])
            len += (size_t) snprintf(got + len, sizeof got - len, ".%u",
                                     (unsigned) view.paragraph[i]);
    }
    assert_string_equal(got, want);
    assert_true(view.whole);
}

static void
a_text_stands_between_markers(void **state)
{
    (void) state;
    sees(ONR_SPAN(""), "[CLS]:0 [SEP]:0");
    sees(ONR_SPAN(" \n\n "), "[CLS]:0 [SEP]:0");
    sees(ONR_SPAN("the unable a"), "[CLS]:0 /the:0 /un:0 ##able:0 /a:0 [SEP]:0");
    /* first letter, all letters, digit; and what is no word is of the first case */
    sees(ONR_SPAN("The AB 22."), "[CLS]:0 /the:1 /a:2 ##b:2 /2:3 ##2:3 /.:0 [SEP]:0");
    assert_true(view.word[2] == view.word[3] && view.word[1] != view.word[2]);
    assert_true(view.word[0] != view.word[1] && view.word[6] != view.word[7]);
}

static void
a_line_break_is_a_piece_between_paragraphs(void **state)
{
    (void) state;
    sees(ONR_SPAN("a\n\nb\na."), "[CLS]:0 /a:0 |[unused0]:0 /b:0.1 |[unused0]:0.1 /a:0.2 /.:0.2 "
                                 "[SEP]:0.2");
    assert_true(view.word[2] != view.word[1] && view.word[2] != view.word[3]);
    assert_true(view.begin[2] == 3 && view.end[2] == 3);
    sees(ONR_SPAN("\n\na\r\n \n b\n"), "[CLS]:0 /a:0 |[unused0]:0 /b:0.1 [SEP]:0.1");
}

static void
quotations_and_their_marks_are_places_of_their_own(void **state)
{
    (void) state;
    sees(ONR_SPAN("“The b,” a"), "[CLS]:0 /“:8 /the:5 /b:4 /,:4 /”:8 /a:0 [SEP]:0");
    sees(ONR_SPAN("a \"b\" a"), "[CLS]:0 /a:0 /\":8 /b:4 /\":8 /a:0 [SEP]:0");
    sees(ONR_SPAN("a'a"), "[CLS]:0 /a:0 /':0 /a:0 [SEP]:0"); /* an apostrophe quotes nothing */
}

static void
offsets_are_bytes_of_the_text(void **state)
{
    /* marker, mark of three bytes, un and able, mark, a word of four bytes that is unknown, marker */
    static const uint32_t begin[] = { 0, 0, 3, 5, 9, 13, 17 }, end[] = { 0, 3, 5, 9, 12, 17, 17 };

    (void) state;
    look(ONR_SPAN("“unable” ßß"), 0, 0);
    assert_int_equal(view.n, 7);
    assert_memory_equal(view.begin, begin, sizeof begin);
    assert_memory_equal(view.end, end, sizeof end);
    assert_string_equal(vocabulary[view.id[5]], "[UNK]");
}

/* "a a a ...", n pieces: piece i is at byte 2 * i. */
static struct onr_span
many(size_t n)
{
    static char text[LONG];

    for (size_t i = 0; i < n; i++) {
        text[2 * i] = 'a';
        text[2 * i + 1] = ' ';
    }
    return onr_span_of(text, 2 * n);
}

static void
of_a_long_text_the_part_around_the_focus_is_seen(void **state)
{
    static const struct {
        size_t pieces;
        uint32_t focus, first; /* pieces of the text */
    } cases[] = {
        { 510, 300, 0 },    { 511, 0, 0 },       { 511, 510, 1 },    { 1200, 0, 0 },
        { 1200, 200, 0 },   { 1200, 254, 0 },    { 1200, 600, 346 }, { 1200, 940, 686 },
        { 1200, 950, 690 }, { 1200, 1199, 690 },
    };

    (void) state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint32_t at = 2 * cases[i].focus;

        look(many(cases[i].pieces), at, at + 1);
        assert_int_equal(view.n, ONR_VIEW_MAX);
        if (view.begin[1] != 2 * cases[i].first)
            fail_msg("case %zu begins at piece %u", i, (unsigned) view.begin[1] / 2);
        assert_int_equal(view.whole, cases[i].pieces <= ONR_VIEW_MAX - 2);
        assert_true(view.begin[1] <= at && view.end[view.n - 2] > at);
        assert_true(view.id[0] == markers.begin && view.id[view.n - 1] == markers.end);
        assert_int_equal(view.begin[0], view.begin[1]);
        assert_int_equal(view.end[view.n - 1], view.end[view.n - 2]);
    }
}

static void
a_focus_longer_than_the_room_is_seen_from_its_beginning(void **state)
{
    (void) state;
    look(many(1500), 400, 2400);
    assert_int_equal(view.begin[1], 400);
    assert_int_equal(view.n, ONR_VIEW_MAX);
}

static void
a_part_begins_with_a_word(void **state)
{
    char text[LONG];
    size_t n = 0;

    (void) state;
    while (n + 8 <= 3200) { /* words of seven pieces */
        memcpy(text + n, "abababa ", 8);
        n += 8;
    }
    for (uint32_t focus = 1600; focus < 1616; focus++) {
        look(onr_span_of(text, n), focus, focus + 1);
        assert_true(view.starts[1] && view.begin[1] % 8 == 0);
        assert_true(view.begin[1] <= focus && view.end[view.n - 2] >= focus);
    }
}

static void
breaks_take_room_and_the_focus_stays_within(void **state)
{
    char text[LONG];

    (void) state;
    for (size_t i = 0; i < LONG; i += 2)
        memcpy(text + i, "a\n", 2); /* each piece a paragraph */
    for (uint32_t focus = 0; focus < LONG; focus += 58) {
        look(onr_span_of(text, LONG), focus, focus + 1);
        assert_true(view.n <= ONR_VIEW_MAX && view.n > ONR_VIEW_MAX - 4);
        assert_true(view.begin[1] <= focus && view.end[view.n - 2] > focus);
        assert_true(view.breaks[2] && !view.breaks[1] && !view.breaks[view.n - 2]);
        assert_int_equal(view.paragraph[3], 1); /* counted from where the part begins */
    }
}

static void
is_pieces(uint32_t begin, uint32_t end, size_t first, size_t last)
{
    struct onr_piece_span s = onr_view_pieces(&view, begin, end);

    if (s.first == s.end && first == last)
        return;
    if (s.first != first || s.end != last)
        fail_msg("[%u, %u) is pieces [%u, %u)", (unsigned) begin, (unsigned) end,
                 (unsigned) s.first, (unsigned) s.end);
}

static void
bytes_are_found_as_pieces(void **state)
{
    (void) state;
    look(ONR_SPAN("the unable\n\na."), 0, 0);
    is_pieces(0, 3, 1, 2);
    is_pieces(2, 5, 1, 3); /* in part is enough */
    is_pieces(4, 10, 2, 4);
    is_pieces(3, 4, 0, 0); /* between words */
    is_pieces(10, 12, 0, 0);
    is_pieces(6, 13, 3, 6); /* over the break, which is no text */
    is_pieces(0, 14, 1, 7);
    is_pieces(14, 20, 0, 0);
}

static void
a_vocabulary_without_markers_is_refused(void **state)
{
    struct onr_error err = ONR_ERROR_INIT;
    struct onr_view_markers m;
    struct onr_vocab *v = open_vocabulary(4); /* all but [unused0] */

    (void) state;
    assert_int_equal(onr_view_markers(v, &m, &err), -ONR_ECONFIG);
    assert_non_null(strstr(err.text, "[unused0]"));
    onr_vocab_free(v);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_stands_between_markers),
        cmocka_unit_test(a_line_break_is_a_piece_between_paragraphs),
        cmocka_unit_test(quotations_and_their_marks_are_places_of_their_own),
        cmocka_unit_test(offsets_are_bytes_of_the_text),
        cmocka_unit_test(of_a_long_text_the_part_around_the_focus_is_seen),
        cmocka_unit_test(a_focus_longer_than_the_room_is_seen_from_its_beginning),
        cmocka_unit_test(a_part_begins_with_a_word),
        cmocka_unit_test(breaks_take_room_and_the_focus_stays_within),
        cmocka_unit_test(bytes_are_found_as_pieces),
        cmocka_unit_test(a_vocabulary_without_markers_is_refused),
    };

    return cmocka_run_group_tests_name("view", tests, setup, teardown);
}
