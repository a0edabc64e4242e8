/* tests/unit/test_text_split.c - where a body is cut, phenomenon by phenomenon.
 *
 * Each row is a text with a | at every place where a cut is expected. It is cut from a copy that ends at an unmapped page.
 */
#include "tests/unit/guard.h"

#include <stdio.h>

#include "common/base/limits.h"
#include "common/base/utf8.h"
#include "common/text/split.h"
#include "tests/unit/cmocka_all.h"

#define ROW_MAX 4096

/* The text of a row without its marks; where they stood. */
struct row {
    char text[ROW_MAX];
    size_t len, n_cuts, cut[64];
};

static void
read_row(const char *marked, struct row *ret)
{
    *ret = (struct row){ .len = 0 };
    for (; *marked; marked++) {
        if (*marked == '|')
            ret->cut[ret->n_cuts++] = ret->len;
        else
            ret->text[ret->len++] = *marked;
    }
}

/* The cut as a row would write it. */
static void
write_row(struct onr_span text, const struct onr_pieces *p, char *ret)
{
    size_t i, k;

    for (i = k = 0; i < text.len; i++) {
        if (k + 1 < p->n && p->piece[k + 1].begin == i) {
            *ret++ = '|';
            k++;
        }
        *ret++ = text.ptr[i];
    }
    *ret = 0;
}

static void
check_tiles(struct onr_span text, const struct onr_pieces *p)
{
    size_t i;

    assert_true(p->n > 0);
    assert_int_equal(p->piece[0].begin, 0);
    assert_int_equal(p->piece[0].cp_begin, 0);
    assert_int_equal(p->piece[p->n - 1].end, text.len);
    assert_int_equal(p->piece[p->n - 1].cp_end, onr_utf8_count(text));
    for (i = 0; i < p->n; i++) {
        const struct onr_piece *q = &p->piece[i];

        assert_true(q->begin < q->end);
        assert_int_equal(q->cp_end - q->cp_begin,
                         onr_utf8_count(onr_span_sub(text, q->begin, q->end)));
        if (i > 0) {
            assert_int_equal(q->begin, p->piece[i - 1].end);
            assert_int_equal(q->cp_begin, p->piece[i - 1].cp_end);
        }
    }
}

static void
check_row(const char *marked)
{
    static char got[ROW_MAX + 128];
    static struct row row;
    struct onr_pieces p = { NULL, 0, 0 };
    struct onr_error err = ONR_ERROR_INIT;
    struct guarded g;

    read_row(marked, &row);
    g = guarded_new(onr_span_of(row.text, row.len));
    assert_int_equal(onr_split(g.span, &p, &err), 0);
    check_tiles(g.span, &p);
    write_row(g.span, &p, got);
    assert_string_equal(got, marked);
    onr_pieces_release(&p);
    guarded_free(&g);
}

static void
check_rows(const char *const *marked, size_t n)
{
    size_t i;

    for (i = 0; i < n; i++)
        check_row(marked[i]);
}

#define CHECK(...)                                                                                 \
    do {                                                                                           \
        static const char *const rows_[] = { __VA_ARGS__ };                                        \
        check_rows(rows_, sizeof rows_ / sizeof rows_[0]);                                         \
    } while (0)

static void
white_space_belongs_to_the_statement_before_it(void **state)
{
    (void) state;
    CHECK("One here. |Two there.", "One here.  \t |Two there.\n", "One here.\n\n\n|Two there.\n\n",
          "  \n One here. |Two there. ", "One.\r\n\r\n|Two.\r\n", "x", " ", "\n\n",
          "One here.\xc2\xa0|Two there.", "One here.\xe3\x80\x80|Two there.",
          "\xef\xbb\xbfOne here. |Two there.", "One here.\xe2\x80\xa9|Two there.", "One\r|Two\r");
}

static void
abbreviations_end_no_sentence(void **state)
{
    (void) state;
    CHECK("Mr. Ames met Mrs. Bell and Dr. Cole. |They left.",
          "Then Sen. Dora Ek (D-Mass.) and Rep. Ives voted. |Gov. Orr did not.",
          "It moved to Acme Inc. Friday. |Shares of Acme Inc. fell.",
          "She works for Acme Inc. |The firm grew.",
          "The U.S. Senate met. |The U.N. Council did not.",
          "He came to the U.S. |He stayed in Washington, D.C. |They knew.",
          "It opens at 9 a.m. Monday. |It shuts at 5 p.m. |The guard leaves.",
          "See Baker v. Carr and Doe vs. Roe. |Both matter.",
          "St. Paul and Ft. Worth, e.g. Mt. Hood, i.e. Ore. |The rest is here.",
          "In Springfield, Mass. Ames spoke.", "It is No. 5 of 9. |No. |It is not.",
          "See p. 7, Sec. 3 and Fig. 2. |Read on.",
          "Gen. J. P. Stone and Lt. Col. Ray Voss agreed.", "Apples, pears, etc. |The end.",
          "ST. LOUIS is near. |MR. BELL left.", "Ames Jr. Won? |No, Ames Sr. |He won.",
          "He has a Ph.D. in law. |She has an M.D. |They met.");
}

static void
initials_end_no_sentence(void **state)
{
    (void) state;
    CHECK("J. K. Rowling and George W. Bush met J.R.R. Tolkien. |He said so.",
          "We chose plan B. |The mayor agreed.", "So do I. |They know.",
          "Robert E. Lee and \xc3\x89. Zola spoke.");
}

static void
numbers_and_dates_end_no_sentence(void **state)
{
    (void) state;
    CHECK("It cost $3.5 million on Jan. 5, 2016. |In Sept. 2017 it was 4.25 percent.",
          "Version 2.0.1 came in Dec. |The next followed.",
          "That was 2016. |45 people came in 2017.", "It rose .5 percent.",
          "Visit example.com or news.example.co.uk now. |Go.");
}

static void
ellipses(void **state)
{
    (void) state;
    CHECK("Well ... I do not know ... yet.", "Well\xe2\x80\xa6 I do not know\xe2\x80\xa6 yet.",
          "He trailed off ... |The room was silent.",
          "He trailed off\xe2\x80\xa6 |Everyone waited.", "He left. . . . |Nobody followed.",
          "He . . . waited . . . and left.", "It ended. ... |A new one began.",
          "... and so it went.", "It ended.... |Smith left.");
}

static void
questions_and_exclamations(void **state)
{
    (void) state;
    CHECK("Why? |Because! |Really?! |Yes.", "Who knows? not me.", "Stop!!! |Go.",
          "He read page?id=3 and left.", "Is it 5? |7 is more.");
}

static void
dashes_and_datelines(void **state)
{
    (void) state;
    CHECK("WASHINGTON (AP) \xe2\x80\x94 The bill passed. |It was close.",
          "NEW YORK, Jan. 5 (Reuters) - Stocks fell. |Bonds rose.",
          "ST. PAUL, Minn. -- The vote is on. |Nobody came.",
          "The plan \xe2\x80\x94 he wrote it \xe2\x80\x94 failed. |Then what?");
}

static void
headlines_and_paragraphs(void **state)
{
    (void) state;
    CHECK("Mayor Quits After Vote\n\n|The mayor quit. |He left.",
          "Mayor quits\n|The mayor quit.\n|He left.",
          "The mayor, who had held\n\n|office for years, quit.", "One:\n\n|Two.");
}

static void
hard_wrapped_lines_are_one_paragraph(void **state)
{
    (void) state;
    CHECK("The council of the town met on Monday to hear from the people who live\n"
          "by the river about the new bridge. |It will cost more than anybody had\n"
          "thought before the vote, the mayor said, and it will be late, too, by a\n"
          "year or two at the very least.\n"
          "|That was all that was said about it in the hall on this day, it seems to\n"
          "those who had come. |Nobody asked the mayor what he thought about the\n"
          "second bridge, which is not yet built.\n");
}

static void
lists(void **state)
{
    (void) state;
    CHECK("1. First item\n|2. Second item. |It has two.\n|3) Third\n",
          "- One\n|- Two. |More.\n|* Three\n|\xe2\x80\xa2 Four\n",
          "a. Apples\n|b. Bread. |Fresh.\n|iv. Ivy\n", "We want: 1. Bread; 2. Work; 3. Peace.",
          "Read more here |\xe2\x80\xa2 Share this",
          "One \xe2\x80\xa2 \xe2\x80\xa2 |\xe2\x80\xa2 two.");
}

static void
quotations_are_kept_whole(void **state)
{
    (void) state;
    CHECK("\"We won. We are glad,\" she said. |\"It was hard.\" |He left.",
          "\xe2\x80\x9cWe won. We are glad,\xe2\x80\x9d she said. |\xe2\x80\x9cIt was "
          "hard.\xe2\x80\x9d |He left.",
          "She said: \xe2\x80\x9cWe won. We are glad. It was hard.\xe2\x80\x9d |He left.",
          "\xe2\x80\x9cWe won.\xe2\x80\x9d she said. |Then she left.",
          "He called it \xe2\x80\x9c"
          "a mess\xe2\x80\x9d and left. |She stayed.",
          "\"Is it true?\" Ames asked. |\"Why?\" |He said nothing.",
          "\xe2\x80\x9cIs it true?\xe2\x80\x9d asked Ames. |\xe2\x80\x9cNo!\xe2\x80\x9d Deputy "
          "Mayor Bell shouted.",
          "\xe2\x80\x9cIs it true?\xe2\x80\x9d Ames, a clerk, asked. |\xe2\x80\x9cIs "
          "it?\xe2\x80\x9d I asked him.",
          "``We won. We are glad,'' she said. |``Good.'' |He left.");
}

static void
american_and_british_punctuation(void **state)
{
    (void) state;
    CHECK("He said \xe2\x80\x9cno.\xe2\x80\x9d |She said \xe2\x80\x9cyes.\xe2\x80\x9d |They left.",
          "He said \xe2\x80\x98no\xe2\x80\x99. |She said \xe2\x80\x98yes\xe2\x80\x99. |They left.",
          "\xe2\x80\x98We won. We are glad,\xe2\x80\x99 she said. |\xe2\x80\x98It was "
          "hard.\xe2\x80\x99 |He left.",
          "'We won. We are glad,' she said. |'It was hard.' |He left.",
          "He said \"no\". |She said \"yes\". |They left.");
}

static void
apostrophes_are_no_quotation_marks(void **state)
{
    (void) state;
    CHECK("Don't go. |It's late. |They're here.", "Don\xe2\x80\x99t go. |It\xe2\x80\x99s late.",
          "The players' union met. |The workers' party won.",
          "The players\xe2\x80\x99 union met. |It won.",
          "In the '90s it rained. |In the \xe2\x80\x99"
          "80s too.",
          "Rock 'n' roll is here. |Get 'em. |Go.",
          "\xe2\x80\x98The players\xe2\x80\x99 union is angry. It will strike,\xe2\x80\x99 he "
          "said. |Good.",
          "\xe2\x80\x98I can\xe2\x80\x99t. I won\xe2\x80\x99t.\xe2\x80\x99 |He left.",
          "He is 6'2\" tall. |The pipe is 12\" wide. |It leaks.");
}

static void
quotations_in_quotations(void **state)
{
    (void) state;
    CHECK("\xe2\x80\x9cHe said \xe2\x80\x98no. Never.\xe2\x80\x99 I left. It was late,\xe2\x80\x9d "
          "she said. |Good.",
          "\xe2\x80\x98He said \xe2\x80\x9cno. Never.\xe2\x80\x9d I left. It was late,\xe2\x80\x99 "
          "she said. |Good.",
          "\"He said 'no. Never.' I left. It was late,\" she said. |Good.",
          "\"He told me \"no\" twice. I left. It was late,\" she said. |Good.",
          "\"He asked: \xe2\x80\x9c"
          "Can you come? Do you know?\xe2\x80\x9d Ten did. Two did not.\" |Good.");
}

static void
quotation_marks_of_other_languages(void **state)
{
    (void) state;
    CHECK("\xc2\xab Non. Jamais. \xc2\xbb |Il est parti.",
          "Er sagte: \xe2\x80\x9eNein. Niemals.\xe2\x80\x9c |Dann ging er.",
          "Er sagte: \xc2\xbbNein. Niemals.\xc2\xab |Dann ging er.",
          "Han sade: \xe2\x80\x9dNej. Aldrig.\xe2\x80\x9d |Sedan gick han.",
          "Il dit \xe2\x80\xb9non. Jamais.\xe2\x80\xba |Bon.",
          "\xe5\xbd\xbc\xe3\x81\xaf\xe3\x80\x8c\xe3\x81\x84\xe3\x81\x84\xe3\x81\x88\xe3\x80\x82\xe3"
          "\x81\xa0\xe3\x82\x81\xe3\x80\x82\xe3\x80\x8d\xe3\x81\xa8\xe8\xa8\x80\xe3\x81\xa3\xe3\x81"
          "\x9f\xe3\x80\x82|\xe7\xb5\x82\xe3\x82\x8f\xe3\x82\x8a\xe3\x80\x82");
}

static void
other_scripts_end_sentences_too(void **state)
{
    (void) state;
    CHECK("\xe5\xa5\xbd\xe3\x80\x82|\xe4\xb8\x8d\xe5\xa5\xbd\xef\xbc\x81|"
          "\xe4\xbb\x80\xe4\xb9\x88\xef\xbc\x9f",
          "\xd0\x94\xd0\xb0. |\xd0\x9d\xd0\xb5\xd1\x82. |\xd0\x90 \xd0\xb8.",
          "\xe0\xa4\xb9\xe0\xa4\xbe\xe0\xa5\xa4 |\xe0\xa4\xa8\xe0\xa4\xbe\xe0\xa5\xa4",
          "\xd9\x84\xd8\xa7\xd8\x9f |\xd9\x86\xd8\xb9\xd9\x85.");
}

static void
a_quotation_reopened_at_each_paragraph_is_one_statement(void **state)
{
    (void) state;
    CHECK("\xe2\x80\x9c"
          "First. It goes on.\n\n\xe2\x80\x9cSecond. It ends.\xe2\x80\x9d |Then this.\n\n|Last.",
          "She said, \"First.\n\n\"Second.\n\n\"Third,\" and left. |Good.",
          "\xe2\x80\x98"
          "First. It goes on.\n\n\xe2\x80\x98Second,\xe2\x80\x99 he said. |Good.",
          "\xc2\xab Un. Deux.\n\n\xc2\xbb Trois. \xc2\xbb |Bon.");
}

static void
an_unclosed_quotation_ends_with_its_paragraph(void **state)
{
    (void) state;
    CHECK("He said \xe2\x80\x9cit is bad. It is.\n\n|The next day came. |It was fine.",
          "He said \"it is bad. It is.\n\n|The next day came. |It was fine.",
          "\xe2\x80\x9cIt is. \xe2\x80\x9cIt was,\xe2\x80\x9d he said. |She left.",
          "It is over.\xe2\x80\x9d |She left. |He stayed.");
}

static void
a_lost_blank_between_sentences_is_seen(void **state)
{
    (void) state;
    CHECK("This is the end.|The next one begins. |Visit example.Com now.",
          "This is the end.|\xe2\x80\x9cNow,\xe2\x80\x9d he said. |Read main.Py too.",
          "\"I work on it.\"|Others say nothing.|\"What is it?\" asked Ames.",
          "Mail a.Bell now. |Use p.Morgan too.", "The ratio is 6:1. |In this town it is more.");
}

static void
brackets(void **state)
{
    (void) state;
    CHECK("He left (it was late. Very late.) and slept. |Good.",
          "He left. |(It was late.) |She stayed.", "He left.[1] |She stayed.[12] |Good.",
          "He left (it was late. |Very late and so on. |Good.");
}

static void
quoted_tells_how_much_is_in_quotation_marks(void **state)
{
    static const struct {
        const char *text;
        enum onr_piece_quoted quoted;
    } rows[] = {
        { "Nobody spoke.", ONR_PIECE_QUOTED_NONE },
        { "He said \"no\" twice.", ONR_PIECE_QUOTED_PART },
        { "\"No. Never.\"", ONR_PIECE_QUOTED_WHOLE },
        { "\xe2\x80\x9cNo.\n\n\xe2\x80\x9cNever.\xe2\x80\x9d\n", ONR_PIECE_QUOTED_WHOLE },
        { "\xe2\x80\x9cNo,\xe2\x80\x9d he said.", ONR_PIECE_QUOTED_PART },
        { "The players' union won't.", ONR_PIECE_QUOTED_NONE },
        { "- \"Never\"", ONR_PIECE_QUOTED_WHOLE },
    };
    struct onr_pieces p = { NULL, 0, 0 };
    size_t i;

    (void) state;
    for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(onr_split(onr_span_z(rows[i].text), &p, NULL), 0);
        assert_int_equal(p.n, 1);
        assert_int_equal(p.piece[0].quoted, rows[i].quoted);
    }
    onr_pieces_release(&p);
}

/* n sentences of five words, every tenth at a paragraph's end when `paragraphs`. */
static size_t
long_quotation(char *ret, size_t n, bool paragraphs)
{
    size_t len = 0, i;

    len += (size_t) sprintf(ret + len, "\xe2\x80\x9c");
    for (i = 1; i <= n; i++)
        len += (size_t) sprintf(ret + len, "It was a long day.%s",
                                i == n                      ? "\xe2\x80\x9d"
                                : paragraphs && i % 10 == 0 ? "\n\n\xe2\x80\x9c"
                                                            : " ");
    return len;
}

static void
a_long_quotation_is_cut_at_a_paragraph_then_a_sentence_then_at_180_words(void **state)
{
    static char text[65536];
    struct onr_pieces p = { NULL, 0, 0 };
    size_t len, i;

    (void) state;
    len = long_quotation(text, 36, false);
    assert_int_equal(onr_split(onr_span_of(text, len), &p, NULL), 0);
    assert_int_equal(p.n, 1); /* 180 words are allowed */
    assert_int_equal(p.piece[0].words, 180);
    len = long_quotation(text, 100, true);
    assert_int_equal(onr_split(onr_span_of(text, len), &p, NULL), 0);
    assert_int_equal(p.n, 4); /* three paragraphs of 50 words each */
    for (i = 0; i < p.n; i++)
        assert_int_equal(p.piece[i].words, i < 3 ? 150 : 50);
    len = long_quotation(text, 100, false);
    assert_int_equal(onr_split(onr_span_of(text, len), &p, NULL), 0);
    assert_int_equal(p.n, 3);
    assert_int_equal(p.piece[0].words, 180);
    assert_int_equal(p.piece[2].words, 140);
    for (len = i = 0; i < 400; i++)
        len += (size_t) sprintf(text + len, "word ");
    assert_int_equal(onr_split(onr_span_of(text, len), &p, NULL), 0);
    assert_int_equal(p.n, 3);
    assert_int_equal(p.piece[0].end, 180 * 5);
    assert_int_equal(p.piece[1].end, 360 * 5);
    check_tiles(onr_span_of(text, len), &p);
    onr_pieces_release(&p);
}

static void
no_statement_is_larger_than_the_limit_in_bytes(void **state)
{
    static char text[3 * ONR_STATEMENT_MAX];
    struct onr_pieces p = { NULL, 0, 0 };
    size_t i, kind, len = sizeof text / 3 * 3;

    (void) state;
    for (kind = 0; kind < 2; kind++) {
        for (i = 0; i < len; i++)
            text[i] = kind == 0 ? 'x' : "\xe0\xb8\x81"[i % 3]; /* Thai has no blanks */
        assert_int_equal(onr_split(onr_span_of(text, len), &p, NULL), 0);
        check_tiles(onr_span_of(text, len), &p);
        assert_true(p.n >= 3);
        for (i = 0; i < p.n; i++)
            assert_true(p.piece[i].end - p.piece[i].begin <= ONR_STATEMENT_MAX);
    }
    onr_pieces_release(&p);
}

static void
too_many_statements_are_refused(void **state)
{
    static char text[ONR_ARTICLE_MAX];
    struct onr_pieces p = { NULL, 0, 0 };
    struct onr_error err = ONR_ERROR_INIT;
    size_t i;

    (void) state;
    for (i = 0; i < sizeof text; i++)
        text[i] = "Go! "[i % 4];
    assert_int_equal(onr_split(onr_span_of(text, sizeof text), &p, &err), -ONR_ELIMIT);
    assert_int_equal(p.n, 0);
    assert_non_null(strstr(err.text, "65536"));
    assert_int_equal(onr_split(onr_span_of(text, 4 * ONR_STATEMENTS_MAX), &p, &err), 0);
    assert_int_equal(p.n, ONR_STATEMENTS_MAX);
    onr_pieces_release(&p);
}

static void
paragraph_starts_are_marked(void **state)
{
    struct onr_pieces p = { NULL, 0, 0 };

    (void) state;
    assert_int_equal(onr_split(ONR_SPAN("One. Two.\n\nThree. Four.\nFive."), &p, NULL), 0);
    assert_int_equal(p.n, 5);
    assert_true(p.piece[0].paragraph_start && p.piece[2].paragraph_start
                && p.piece[4].paragraph_start);
    assert_false(p.piece[1].paragraph_start || p.piece[3].paragraph_start);
    onr_pieces_release(&p);
}

static void
the_fingerprint_is_the_same_every_time(void **state)
{
    uint8_t a[32] = { 0 }, b[32] = { 1 }, none[32] = { 0 };

    (void) state;
    onr_splitter_fingerprint(a);
    onr_splitter_fingerprint(b);
    assert_memory_equal(a, b, sizeof a);
    assert_memory_not_equal(a, none, sizeof a);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(white_space_belongs_to_the_statement_before_it),
        cmocka_unit_test(abbreviations_end_no_sentence),
        cmocka_unit_test(initials_end_no_sentence),
        cmocka_unit_test(numbers_and_dates_end_no_sentence),
        cmocka_unit_test(ellipses),
        cmocka_unit_test(questions_and_exclamations),
        cmocka_unit_test(dashes_and_datelines),
        cmocka_unit_test(headlines_and_paragraphs),
        cmocka_unit_test(hard_wrapped_lines_are_one_paragraph),
        cmocka_unit_test(lists),
        cmocka_unit_test(quotations_are_kept_whole),
        cmocka_unit_test(american_and_british_punctuation),
        cmocka_unit_test(apostrophes_are_no_quotation_marks),
        cmocka_unit_test(quotations_in_quotations),
        cmocka_unit_test(quotation_marks_of_other_languages),
        cmocka_unit_test(other_scripts_end_sentences_too),
        cmocka_unit_test(a_quotation_reopened_at_each_paragraph_is_one_statement),
        cmocka_unit_test(an_unclosed_quotation_ends_with_its_paragraph),
        cmocka_unit_test(a_lost_blank_between_sentences_is_seen),
        cmocka_unit_test(brackets),
        cmocka_unit_test(quoted_tells_how_much_is_in_quotation_marks),
        cmocka_unit_test(a_long_quotation_is_cut_at_a_paragraph_then_a_sentence_then_at_180_words),
        cmocka_unit_test(no_statement_is_larger_than_the_limit_in_bytes),
        cmocka_unit_test(too_many_statements_are_refused),
        cmocka_unit_test(paragraph_starts_are_marked),
        cmocka_unit_test(the_fingerprint_is_the_same_every_time),
    };

    return cmocka_run_group_tests_name("text: split", tests, NULL, NULL);
}
