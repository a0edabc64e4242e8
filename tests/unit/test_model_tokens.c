/* tests/unit/test_model_tokens.c - words, marks and quotations of a window. */
#define _DEFAULT_SOURCE
#include "tests/unit/cmocka_all.h"
#include "tests/unit/guard.h"

#include <stdio.h>

#include "common/model/act.h"
#include "common/model/tokens.h"

#define TOKENS_MAX 256

/* Tokens joined by '|', a quoted one in brackets, '/' behind one that ends a sentence. */
static void
reads_as(const char *text, const char *want)
{
    struct guarded g = guarded_new(onr_span_z(text));
    struct onr_token tok[TOKENS_MAX];
    size_t n = onr_tokens_read(g.span, tok, TOKENS_MAX);
    char got[1024];
    int len = 0;

    for (size_t i = 0; i < n; i++) {
        struct onr_span t = onr_span_sub(g.span, tok[i].begin, tok[i].end);

        if (tok[i].kind == ONR_TOK_BREAK)
            t = ONR_SPAN("BREAK");
        len += snprintf(got + len, sizeof got - (size_t) len, "%s%s" ONR_SPAN_FMT "%s%s",
                        i ? "|" : "", tok[i].quoted ? "[" : "", ONR_SPAN_ARG(t),
                        tok[i].quoted ? "]" : "", tok[i].ends ? "/" : "");
    }
    got[len] = '\0';
    assert_string_equal(got, want);
    guarded_free(&g);
}

static void
words_keep_what_belongs_to_them(void **state)
{
    static const struct {
        const char *text, *want;
    } cases[] = {
        { "Don’t go, O'Neil-Smith.", "Don’t|go|,|O'Neil-Smith|./" },
        { "Mr. Lee of the U.S. paid $1,234.50.", "Mr.|Lee|of|the|U.S.|paid|$|1,234.50|./" },
        { "J. K. Rowling asked why?", "J.|K.|Rowling|asked|why|?/" },
        { "Held on Oct. 3 by Ayer Inc., they say.", "Held|on|Oct|.|3|by|Ayer|Inc|.|,|they|say|./" },
        { "It costs 5.5 per cent... or so", "It|costs|5.5|per|cent|...|or|so" },
        { "the nurses’ union's boys' club", "the|nurses’|union's|boys'|club" },
        { "Über Zoë: naïve", "Über|Zoë|:|naïve" },
        { "", "" },
        { " ", "" },
        { ".", "./" },
    };

    (void) state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        reads_as(cases[i].text, cases[i].want);
}

static void
quotation_marks_are_paired(void **state)
{
    static const struct {
        const char *text, *want;
    } cases[] = {
        { "He said “no.” Then", "He|said|[“]|[no]|[.]/|[”]/|Then" },
        { "\"Ay,\" he said. \"No.\"", "[\"]|[Ay]|[,]|[\"]|he|said|./|[\"]|[No]|[.]/|[\"]/" },
        { "''If so,'' he", "['']|[If]|[so]|[,]|['']|he" },
        { "“Ay.\n\n“No.”", "[“]|[Ay]|[.]/|[BREAK]/|[“]|[No]|[.]/|[”]/" },
        { "“Ay.\n\nLee said.", "[“]|[Ay]|[.]/|BREAK/|Lee|said|./" },
        { "lost opening,” he said", "[lost]|[opening]|[,]|[”]|he|said" },
        { "‘The boys’ club,’ he said.", "[‘]|[The]|[boys’]|[club]|[,]|[’]|he|said|./" },
        { "a ‘dirty trick’ by them", "a|[‘]|[dirty]|[trick]|[’]|by|them" },
        { "“a ‘b’ c”", "[“]|[a]|[‘]|[b]|[’]|[c]|[”]" },
        { "a 6\" nail", "a|6|[\"]|nail" },
    };

    (void) state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        reads_as(cases[i].text, cases[i].want);
}

static void
no_more_tokens_are_written_than_there_is_room_for(void **state)
{
    struct onr_token tok[4];

    (void) state;
    memset(tok, 0x5a, sizeof tok);
    assert_int_equal(onr_tokens_read(ONR_SPAN("a b c d e f"), tok, 3), 3);
    assert_int_equal(tok[3].begin, 0x5a5a5a5a);
}

static void
lower_case_drops_possessives_and_stops(void **state)
{
    static const struct {
        const char *text, *want;
    } cases[] = {
        { "Trump’s", "trump" },
        { "nurses’", "nurses" },
        { "Trump's", "trump" },
        { "Mr.", "mr" },
        { "U.S.", "u.s." },
        { "DON’T", "don't" },
        { "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "" },
    };

    (void) state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct onr_token t = { .end = (uint32_t) strlen(cases[i].text) };
        char lower[ONR_WORD_MAX + 1];
        size_t n = onr_token_lower(onr_span_z(cases[i].text), &t, lower);

        assert_span_equal(onr_span_of(lower, n), onr_span_z(cases[i].want));
    }
}

/* The search in the table is binary: an entry out of order would never be found. */
static void
every_entry_of_the_lexicon_is_found(void **state)
{
    struct onr_buf manifest = ONR_BUF_INIT(1024 * 1024);
    struct onr_span rest, line, kind, word;
    unsigned n = 0;

    (void) state;
    assert_int_equal(onr_lexicon_manifest(&manifest), 0);
    rest = onr_buf_span(&manifest);
    while (onr_span_next(&rest, '\n', &line) && line.len > 0) {
        assert_true(onr_span_next(&line, ' ', &kind) && onr_span_next(&line, ' ', &word));
        assert_true(onr_word_classes(word) != 0);
        n++;
    }
    assert_true(n > 600);
    onr_buf_release(&manifest);
}

static void
acts_follow_the_words_of_the_cue(void **state)
{
    static const struct {
        const char *cue;
        enum onr_act want;
    } cases[] = { { "said", ONR_SAID },
                  { "did not believe", ONR_BELIEVED },
                  { "Hopes", ONR_BELIEVED },
                  { "wants to", ONR_INTENDED },
                  { "has no plans", ONR_INTENDED },
                  { "according to", ONR_SAID },
                  { ",", ONR_SAID } };

    (void) state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct onr_token tok[8];
        struct onr_reading r = { onr_span_z(cases[i].cue), tok, 0 };

        r.n = onr_tokens_read(r.text, tok, 8);
        assert_int_equal(onr_act_of(&r, (struct onr_tokens_range){ 0, r.n }), cases[i].want);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_keep_what_belongs_to_them),
        cmocka_unit_test(quotation_marks_are_paired),
        cmocka_unit_test(no_more_tokens_are_written_than_there_is_room_for),
        cmocka_unit_test(lower_case_drops_possessives_and_stops),
        cmocka_unit_test(every_entry_of_the_lexicon_is_found),
        cmocka_unit_test(acts_follow_the_words_of_the_cue),
    };

    return cmocka_run_group_tests_name("tokens", tests, NULL, NULL);
}
