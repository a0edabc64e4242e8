/* tests/unit/test_text_measure.c - words and code points, eight bytes at a time, against a count one by one. */
#include "tests/unit/guard.h"

#include "common/base/utf8.h"
#include "common/text/measure.h"
#include "tests/unit/cmocka_all.h"

static uint32_t
words_one_by_one(struct onr_span s)
{
    uint32_t n = 0;
    bool after_space = true;
    size_t i;

    for (i = 0; i < s.len; i++) {
        uint8_t c = (uint8_t) s.ptr[i];
        bool space = c == ' ' || (c >= 9 && c <= 13);

        n += (after_space && !space) || (c >= 0xe3 && c <= 0xe9);
        after_space = space;
    }
    return n;
}

static void
every_byte_counts_as_it_would_alone(void **state)
{
    static const char *const parts[] = { " ",
                                         "\t",
                                         "\n",
                                         "\r",
                                         "\x08",
                                         "\x0e",
                                         "!",
                                         "a",
                                         "bc",
                                         "word",
                                         "\x7f",
                                         "\x1f",
                                         "\xc3\xa9",
                                         "\xe4\xb8\xad",
                                         "\xe2\x80\x9c",
                                         "\xf0\x9f\x98\x80",
                                         "  ",
                                         "averylongword" };
    char text[512];
    uint32_t x = 7, words, cps;
    size_t round;

    (void) state;
    for (round = 0; round < 20000; round++) {
        size_t len = 0, want = round % 200;
        struct guarded g;

        while (len < want) {
            const char *p;

            x = x * 1664525 + 1013904223;
            p = parts[(x >> 16) % (round & 1 ? 12 : sizeof parts / sizeof parts[0])];
            memcpy(text + len, p, strlen(p));
            len += strlen(p);
        }
        g = guarded_new(onr_span_of(text, len));
        onr_measure(g.span, 0, len, &words, &cps);
        assert_int_equal(words, words_one_by_one(g.span));
        assert_int_equal(cps, onr_utf8_count(g.span));
        guarded_free(&g);
    }
}

static void
han_counts_by_the_character(void **state)
{
    uint32_t words, cps;

    (void) state;
    onr_measure(ONR_SPAN("two words \xe4\xb8\xad\xe6\x96\x87"), 0, 16, &words, &cps);
    assert_int_equal(words, 4);
    assert_int_equal(cps, 12);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_byte_counts_as_it_would_alone),
        cmocka_unit_test(han_counts_by_the_character),
    };

    return cmocka_run_group_tests_name("text: measure", tests, NULL, NULL);
}
