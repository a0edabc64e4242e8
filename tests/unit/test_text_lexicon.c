/* tests/unit/test_text_lexicon.c - the word list can be searched: it is sorted, and every word finds itself. */
#include "tests/unit/guard.h"

#include "common/text/lexicon.h"
#include "tests/unit/cmocka_all.h"

static void
the_table_is_sorted_and_holds_no_word_twice(void **state)
{
    size_t i;

    (void) state;
    for (i = 1; i < onr_lex_rows; i++) {
        if (strcmp(onr_lex_table[i - 1].word, onr_lex_table[i].word) >= 0)
            fail_msg("\"%s\" stands before \"%s\"", onr_lex_table[i - 1].word,
                     onr_lex_table[i].word);
    }
}

static void
every_word_finds_its_own_flags(void **state)
{
    size_t i;

    (void) state;
    for (i = 0; i < onr_lex_rows; i++) {
        assert_true(onr_lex_table[i].flags != 0);
        assert_int_equal(onr_lexicon_flags(onr_span_z(onr_lex_table[i].word)),
                         onr_lex_table[i].flags);
    }
}

static void
other_words_find_nothing(void **state)
{
    static const char *const words[] = { "",   "zzz",   "Mrx", "M",
                                         "mr", "A\x01", "~",   "AVeryLongWordThatIsInNoTable" };
    struct guarded g = guarded_new(ONR_SPAN("Spokesm"));
    size_t i;

    (void) state;
    for (i = 0; i < sizeof words / sizeof words[0]; i++)
        assert_int_equal(onr_lexicon_flags(onr_span_z(words[i])), 0);
    assert_int_equal(onr_lexicon_flags(g.span), 0);
    guarded_free(&g);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_is_sorted_and_holds_no_word_twice),
        cmocka_unit_test(every_word_finds_its_own_flags),
        cmocka_unit_test(other_words_find_nothing),
    };

    return cmocka_run_group_tests_name("text: lexicon", tests, NULL, NULL);
}
