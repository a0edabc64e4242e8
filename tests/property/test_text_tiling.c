/* tests/property/test_text_tiling.c - what holds for every text, tried on many.
 *
 * Random texts are put together from fragments that mean something to the splitter, from random code points, and from
 * real articles where ../shared/data is at hand. ONR_SEED=n repeats a run; the seed is printed when it fails.
 * Hostile texts of the largest size are cut too: a rule that rereads would need minutes there, which the test runner ends.
 */
#include "tests/unit/guard.h"

#include <jansson.h>
#include <stdio.h>

#include "common/base/file.h"
#include "tests/unit/cmocka_all.h"

#define ROUNDS    3000
#define TEXT_MAX  4000
#define REAL_DATA "../shared/data/polnear/dev.jsonl"

static uint64_t seed;

static uint32_t
draw(uint64_t *x, uint32_t below)
{
    *x ^= *x << 13;
    *x ^= *x >> 7;
    *x ^= *x << 17;
    return (uint32_t) ((*x >> 20) % below);
}

#define HOLDS(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            print_error("ONR_SEED=%llu: %s\ntext: " ONR_SPAN_FMT "\n", (unsigned long long) seed,  \
                        #condition,                                                                \
                        ONR_SPAN_ARG(onr_span_sub(text, 0, text.len < 2000 ? text.len : 2000)));   \
            fail();                                                                                \
        }                                                                                          \
    } while (0)

#include "tests/text_promises.h"

static void
check_guarded(struct onr_span text)
{
    struct guarded g = guarded_new(text);

    check_text(g.span);
    guarded_free(&g);
}

static const char *const fragments[] = {
    "He said",
    " ",
    " ",
    " ",
    " ",
    "\n",
    "\n\n",
    "\r\n",
    ".",
    ".",
    ". ",
    ". ",
    "?",
    "! ",
    "...",
    "\xe2\x80\xa6",
    ", ",
    "\"",
    "\"",
    "'",
    "'",
    "\xe2\x80\x9c",
    "\xe2\x80\x9d",
    "\xe2\x80\x98",
    "\xe2\x80\x99",
    "\xe2\x80\x9e",
    "\xc2\xab",
    "\xc2\xbb",
    "\xe2\x80\xba",
    "\xe3\x80\x8c",
    "\xe3\x80\x8d",
    "\xe3\x80\x82",
    "``",
    "''",
    "(",
    ")",
    "[1]",
    "\xe2\x80\x94",
    " - ",
    "* ",
    "\xe2\x80\xa2 ",
    "1. ",
    "Mr. ",
    "U.S. ",
    "a.m. ",
    "J. K. ",
    "No. 5",
    "the",
    "The ",
    "players' union",
    "'90s",
    "Senator Ann Bell",
    "Bell",
    "O'Dowd",
    ", the German chancellor,",
    "Ministry of ",
    "FBI",
    "(FBI)",
    "de la ",
    "Jr.",
    "\xc2\xa0",
    "\xe2\x80\xa9",
    "\xe3\x80\x80",
    "\xef\xbb\xbf",
    "\xe4\xb8\xad\xe6\x96\x87",
    "\xc3\x89mile",
    "said",
    "-",
    "3.5",
    "a",
    "B",
};

static void
texts_made_of_fragments_tile(void **state)
{
    static char text[TEXT_MAX + 64];
    uint64_t x = seed;
    size_t round;

    (void) state;
    for (round = 0; round < ROUNDS; round++) {
        size_t len = 0, want = 1 + draw(&x, round % 20 ? 200 : TEXT_MAX);
        bool spaced = draw(&x, 2);

        while (len < want) {
            const char *f = fragments[draw(&x, sizeof fragments / sizeof fragments[0])];

            memcpy(text + len, f, strlen(f));
            len += strlen(f);
            if (spaced)
                text[len++] = ' ';
        }
        check_guarded(onr_span_of(text, len));
    }
}

static size_t
put_code_point(char *p, uint32_t cp)
{
    if (cp < 0x80) {
        p[0] = (char) cp;
        return 1;
    }
    if (cp < 0x800) {
        p[0] = (char) (0xc0 | cp >> 6);
        p[1] = (char) (0x80 | (cp & 63));
        return 2;
    }
    if (cp < 0x10000) {
        p[0] = (char) (0xe0 | cp >> 12);
        p[1] = (char) (0x80 | (cp >> 6 & 63));
        p[2] = (char) (0x80 | (cp & 63));
        return 3;
    }
    p[0] = (char) (0xf0 | cp >> 18);
    p[1] = (char) (0x80 | (cp >> 12 & 63));
    p[2] = (char) (0x80 | (cp >> 6 & 63));
    p[3] = (char) (0x80 | (cp & 63));
    return 4;
}

static void
random_utf8_tiles(void **state)
{
    static const uint32_t ranges[][2] = { { 1, 0x7f },        { 0x20, 0x7e },
                                          { 0x80, 0x24f },    { 0x370, 0x5ff },
                                          { 0x600, 0x6ff },   { 0x2000, 0x206f },
                                          { 0x3000, 0x30ff }, { 0x4e00, 0x4fff },
                                          { 0xfe00, 0xffef }, { 0x10000, 0x10ffff } };
    static char text[TEXT_MAX + 8];
    uint64_t x = seed;
    size_t round;

    (void) state;
    for (round = 0; round < ROUNDS; round++) {
        size_t len = 0, want = 1 + draw(&x, 300), kinds = 1 + draw(&x, 10);

        while (len < want) {
            const uint32_t *r = ranges[draw(&x, (uint32_t) kinds)];

            len += put_code_point(text + len, r[0] + draw(&x, r[1] - r[0] + 1));
        }
        assert_true(onr_utf8_check(onr_span_of(text, len), NULL));
        check_guarded(onr_span_of(text, len));
    }
}

/* Each repeated to a megabyte. */
static const char *const things[] = {
    "\"",
    "'",
    "\xe2\x80\x9c",
    "\xe2\x80\x99",
    "\xe2\x80\x98",
    " '",
    " '\x61",
    "s' ",
    "\" a\"",
    "(",
    "( ",
    "A",
    "A ",
    "Aa ",
    "Aaa Bbb said. ",
    "ABC ",
    "A-",
    "A.",
    "A. ",
    "a.",
    ".",
    ". ",
    "...",
    "1. ",
    "1. a ",
    "\n",
    "\n ",
    "\n\"",
    "- ",
    "\n- ",
    "\xe2\x80\xa2 ",
    "\xc2\xab",
    " \xc2\xbb",
    "\xe3\x80\x8c",
    "\xe3\x80\x82",
    "President ",
    "of ",
    "Bank of ",
    "a, ",
    "Aaa, a, ",
    "\xe2\x80\x9c"
    "Aa?\xe2\x80\x9d Bb ",
    "``",
    "''",
    "Mr. ",
    "\xe2\x80\x9c\n\n",
    "x",
    " ",
    "\xe4\xb8\xad",
    "spokesman ",
    "Aa, the aa aa aa aa ",
    "Aa (AA) ",
    "Aa Bb Cc ",
};

static void
a_megabyte_of_one_thing_is_no_trap(void **state)
{
    static char text[ONR_ARTICLE_MAX];
    size_t i, len;

    (void) state;
    for (i = 0; i < sizeof things / sizeof things[0]; i++) {
        size_t n = strlen(things[i]);

        for (len = 0; len + n <= sizeof text; len += n)
            memcpy(text + len, things[i], n);
        check_text(onr_span_of(text, len));
        /* The same behind half a megabyte of marks that hold no word, and before half a megabyte of blanks. */
        memset(text, '"', sizeof text / 4);
        memset(text + len - len / 4 / n * n, ' ', len / 4 / n * n);
        check_text(onr_span_of(text, len));
    }
}

/* Different words all along: as many entities as there can be. */
static void
a_megabyte_of_names_is_no_trap(void **state)
{
    static char text[ONR_ARTICLE_MAX];
    uint64_t x = seed;
    size_t len = 0, kind;

    (void) state;
    for (kind = 0; kind < 3; kind++) {
        for (len = 0; len + 32 < sizeof text;) {
            size_t i, n = 3 + draw(&x, 5);

            for (i = 0; i < n; i++)
                text[len++] = (char) ((i == 0 || kind == 2 ? 'A' : 'a') + draw(&x, 26));
            text[len++] = ' ';
            if (kind != 0 && draw(&x, 3) == 0) {
                memcpy(text + len, "said. ", 6);
                len += 6;
            }
        }
        check_text(onr_span_of(text, len));
    }
}

static void
real_articles_tile(void **state)
{
    struct onr_buf file = ONR_BUF_INIT(64 << 20);
    struct onr_span rest, line;
    size_t n = 0;

    (void) state;
    if (onr_file_read(REAL_DATA, &file, NULL) < 0) {
        print_message("SKIPPED: %s is not there\n", REAL_DATA);
        onr_buf_release(&file);
        skip();
    }
    rest = onr_buf_span(&file);
    while (onr_span_next(&rest, '\n', &line)) {
        json_t *article = json_loadb(line.ptr, line.len, 0, NULL);
        json_t *text = json_object_get(article, "text");

        if (json_is_string(text) && json_string_length(text) > 0) {
            check_guarded(onr_span_of(json_string_value(text), json_string_length(text)));
            n++;
        }
        json_decref(article);
    }
    assert_true(n > 0);
    print_message("%zu real articles\n", n);
    onr_buf_release(&file);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_made_of_fragments_tile),
        cmocka_unit_test(random_utf8_tiles),
        cmocka_unit_test(a_megabyte_of_one_thing_is_no_trap),
        cmocka_unit_test(a_megabyte_of_names_is_no_trap),
        cmocka_unit_test(real_articles_tile),
    };
    const char *given = getenv("ONR_SEED");

    seed = given ? strtoull(given, NULL, 10) : 20161108;
    if (seed == 0)
        seed = 1;
    print_message("seed %llu\n", (unsigned long long) seed);
    return cmocka_run_group_tests_name("text: tiling", tests, NULL, NULL);
}
