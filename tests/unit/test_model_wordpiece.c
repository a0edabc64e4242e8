/* tests/unit/test_model_wordpiece.c - tricky text to pieces, by table; the reference agrees (tests/golden/test_wordpiece.py). */
#define _DEFAULT_SOURCE
#include "tests/unit/cmocka_all.h"
#include "tests/unit/guard.h"

#include <stdio.h>

#include "common/base/utf8.h"
#include "common/model/wordpiece.h"

#define PIECES_MAX 256

/* A small vocabulary: the id of a piece is its place here. */
static const char *const vocabulary[] = {
    "[PAD]", "[UNK]", "[CLS]",  "[SEP]",      "[",        "]",      "a",        "b",
    "##a",   "##b",   "un",     "##aff",      "##able",   "the",    "cafe",     "##s",
    ".",     ",",     "'",      "$",          "-",        "|",      "se",       "sep",
    "2",     "##0",   "##2",    "\u6f22",     "\u5b57",   "\u1100", "##\u1161", "##\u11a8",
    "i",     "=",     "\u00df", "\u03c3",     "##\u03c3", "\u201c", "\u201d",   ";",
    "un##",  "1",     "\u2460", "\U0001f642",
};
#define VOCABULARY_N (sizeof vocabulary / sizeof *vocabulary)

static char bytes[1024];
static uint32_t offset[VOCABULARY_N + 1];

static struct onr_vocab *
open_vocabulary(void)
{
    struct onr_error err = ONR_ERROR_INIT;
    struct onr_vocab *v = NULL;
    uint32_t len = 0;

    for (size_t i = 0; i < VOCABULARY_N; i++) {
        memcpy(bytes + len, vocabulary[i], strlen(vocabulary[i]));
        offset[i + 1] = len += (uint32_t) strlen(vocabulary[i]);
    }
    if (onr_vocab_new(onr_span_of(bytes, len), offset, VOCABULARY_N, &v, &err) < 0)
        fail_msg("%s", err.text);
    return v;
}

/* Pieces as piece@begin-end, '/' before each new word, the case class behind the last of a word: l, f, u or d. */
static void
reads_as(const struct onr_vocab *v, struct onr_span text, const char *want)
{
    struct guarded g = guarded_new(text);
    struct onr_piece p[PIECES_MAX];
    int64_t n = onr_wordpiece_read(v, g.span, p, PIECES_MAX);
    char got[4096] = "";
    size_t len = 0;

    assert_true(n >= 0 && (size_t) n <= text.len);
    for (int64_t i = 0; i < n; i++) {
        bool last = i + 1 == n || p[i + 1].word != p[i].word;

        len += (size_t) snprintf(got + len, sizeof got - len, "%s%s@%u-%u%.*s",
                                 i && p[i].word != p[i - 1].word ? "/"
                                 : i                             ? " "
                                                                 : "",
                                 vocabulary[p[i].id], p[i].begin, p[i].end, last,
                                 "lfud" + p[i].case_class);
    }
    assert_string_equal(got, want);
    guarded_free(&g);
}

static void
words_are_cut_into_the_longest_pieces(void **state)
{
    static const struct {
        const char *text, *want;
    } cases[] = {
        { "", "" },
        { " \t\r\n\u00a0\u3000", "" },
        { "unaffable", "un@0-2 ##aff@2-5 ##able@5-9l" },
        { "Unaffable THE the The",
          "un@0-2 ##aff@2-5 ##able@5-9f/the@10-13u/the@14-17l/the@18-21f" },
        { "A a", "a@0-1f/a@2-3l" },
        { "abx ab", "[UNK]@0-3l/a@4-5 ##b@5-6l" },
        { "the.the", "the@0-3l/.@3-4l/the@4-7l" },
        { "$2.20", "$@0-1l/2@1-2d/.@2-3l/2@3-4 ##0@4-5d" },
        { "[SEP] sep", "[@0-1l/sep@1-4u/]@4-5l/sep@6-9l" },
        { "un##a", "un@0-2l/[UNK]@2-3l/[UNK]@3-4l/a@4-5l" },
        { "a|b-a", "a@0-1l/|@1-2l/b@2-3l/-@3-4l/a@4-5l" },
        { "\u201cthe\u201d", "\u201c@0-3l/the@3-6l/\u201d@6-9l" },
    };
    struct onr_vocab *v = open_vocabulary();

    (void) state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        reads_as(v, onr_span_z(cases[i].text), cases[i].want);
    onr_vocab_free(v);
}

static void
accents_go_and_offsets_stay_those_of_the_text(void **state)
{
    static const struct {
        const char *text, *want;
    } cases[] = {
        { "caf\u00e9s", "cafe@0-5 ##s@5-6l" },
        { "CAFE\u0301S", "cafe@0-4 ##s@6-7u" },
        { "cafe\u0301", "cafe@0-4l" },     /* the mark behind the last letter belongs to no piece */
        { "\u0301\u0302 a", "a@5-6l" },    /* marks alone are nothing */
        { "t\u200bh\u00ade", "the@0-8l" }, /* zero width space, soft hyphen */
        { "th\ufffde\x01", "the@0-6l" },   /* replacement character, control character */
        { "a\u6f22\u5b57b", "a@0-1l/\u6f22@1-4l/\u5b57@4-7l/b@7-8l" },
        { "\uac01", "\u1100@0-3 ##\u1161@0-3 ##\u11a8@0-3l" },
        { "\u0130", "i@0-2f" }, /* dotted capital I, whose dot is an accent */
        { "\u2260", "=@0-3l" }, /* decomposes to a mark of punctuation, and becomes one */
        { "\u037e", ";@0-2l" },
        { "\u00df\u1e9e", "[UNK]@0-5l" },
        { "\u03a3\u03c3", "\u03c3@0-2 ##\u03c3@2-4f" },
        { "\u2460", "\u2460@0-3d" }, /* a circled digit is a digit */
        { "\U0001f642a", "\U0001f642@0-4 ##a@4-5l" },
        { "\U0001f642", "\U0001f642@0-4l" },
        { "\u01c5", "[UNK]@0-2l" }, /* title case is not upper case */
    };
    struct onr_vocab *v = open_vocabulary();

    (void) state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        reads_as(v, onr_span_z(cases[i].text), cases[i].want);
    onr_vocab_free(v);
}

static void
a_word_of_101_code_points_is_unknown(void **state)
{
    struct onr_vocab *v = open_vocabulary();
    struct onr_piece p[PIECES_MAX];
    char text[404];

    (void) state;
    memset(text, 'a', sizeof text);
    assert_int_equal(onr_wordpiece_read(v, onr_span_of(text, 100), p, PIECES_MAX), 100);
    assert_int_equal(p[99].end, 100);
    assert_int_equal(onr_wordpiece_read(v, onr_span_of(text, 101), p, PIECES_MAX), 1);
    assert_int_equal(p[0].id, 1);
    assert_int_equal(p[0].end, 101);
    for (size_t i = 0; i < sizeof text; i += 4)
        memcpy(text + i, "\U0001f642", 4);
    assert_int_equal(onr_wordpiece_read(v, onr_span_of(text, 400), p, PIECES_MAX), 1);
    onr_vocab_free(v);
}

static void
too_many_pieces_are_refused_not_cut(void **state)
{
    struct onr_vocab *v = open_vocabulary();
    struct onr_piece p[PIECES_MAX];

    (void) state;
    assert_int_equal(onr_wordpiece_read(v, ONR_SPAN("a b a"), p, 3), 3);
    assert_int_equal(onr_wordpiece_read(v, ONR_SPAN("a b a"), p, 2), -ONR_ELIMIT);
    assert_int_equal(onr_wordpiece_read(v, ONR_SPAN("abx"), p, 0), -ONR_ELIMIT);
    onr_vocab_free(v);
}

static void
a_vocabulary_that_is_none_is_refused(void **state)
{
    static const struct {
        const char *bytes;
        uint32_t offset[4];
        size_t n;
    } cases[] = {
        { "[UNK]a", { 0, 5, 6 }, 0 },     /* nothing in it */
        { "[UNK]a", { 1, 5, 6 }, 2 },     /* does not begin at 0 */
        { "[UNK]a", { 0, 5, 7 }, 2 },     /* ends behind its bytes */
        { "[UNK]a", { 0, 9, 6 }, 2 },     /* a piece behind its bytes */
        { "[UNK]a", { 0, 5, 5, 6 }, 3 },  /* an empty piece */
        { "[UNK]\xc3", { 0, 5, 6 }, 2 },  /* not UTF-8 */
        { "[UNK]aa", { 0, 5, 6, 7 }, 3 }, /* a piece twice */
        { "[unk]a", { 0, 5, 6 }, 2 },     /* no [UNK] */
    };

    (void) state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct onr_error err = ONR_ERROR_INIT;
        struct onr_vocab *v = NULL;

        assert_int_equal(
            onr_vocab_new(onr_span_z(cases[i].bytes), cases[i].offset, cases[i].n, &v, &err),
            -ONR_ECONFIG);
        assert_null(v);
        assert_true(err.text[0]);
    }
}

static void
any_text_gives_pieces_in_order_inside_it(void **state)
{
    static const char *const stock[] = { "a",      "B",          "un",  "\u00e9", "e\u0301",
                                         " ",      "\n",         ".",   "\u6f22", "\uac01",
                                         "\u200b", "\U0001f642", "the", "9",      "\u2260" };
    struct onr_vocab *v = open_vocabulary();
    uint32_t seed = 7;

    (void) state;
    for (int round = 0; round < 2000; round++) {
        char text[256];
        struct onr_piece p[256];
        size_t len = 0;
        int64_t n;

        for (int i = 0; i < 40; i++) {
            const char *part
                = stock[(seed = seed * 1664525 + 1013904223) >> 16 & 15 ? (seed >> 20) % 15 : 0];

            memcpy(text + len, part, strlen(part));
            len += strlen(part);
        }
        n = onr_wordpiece_read(v, onr_span_of(text, len), p, len);
        assert_true(n >= 0);
        for (int64_t i = 0; i < n; i++) {
            assert_true(p[i].begin < p[i].end && p[i].end <= len && p[i].id < VOCABULARY_N);
            assert_true(i == 0 || (p[i].begin >= p[i - 1].begin && p[i].word - p[i - 1].word <= 1));
        }
    }
    onr_vocab_free(v);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_cut_into_the_longest_pieces),
        cmocka_unit_test(accents_go_and_offsets_stay_those_of_the_text),
        cmocka_unit_test(a_word_of_101_code_points_is_unknown),
        cmocka_unit_test(too_many_pieces_are_refused_not_cut),
        cmocka_unit_test(a_vocabulary_that_is_none_is_refused),
        cmocka_unit_test(any_text_gives_pieces_in_order_inside_it),
    };

    return cmocka_run_group_tests_name("wordpiece", tests, NULL, NULL);
}
