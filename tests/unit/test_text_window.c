/* tests/unit/test_text_window.c - windows over rows of statements of given lengths. */
#include "common/base/limits.h"
#include "common/text/window.h"
#include "tests/unit/cmocka_all.h"

#include <stdlib.h>

#define ROWS_MAX 4096

/* Statements of these many words, `bytes` bytes a word. */
static void
make_pieces(struct onr_pieces *p, const uint32_t *words, size_t n, uint32_t bytes)
{
    static struct onr_piece piece[ROWS_MAX];
    uint32_t at = 0;
    size_t i;

    for (i = 0; i < n; i++) {
        piece[i] = (struct onr_piece){ .begin = at,
                                       .end = at + words[i] * bytes,
                                       .words = words[i] };
        at = piece[i].end;
    }
    *p = (struct onr_pieces){ piece, n, ROWS_MAX };
}

static void
check(const struct onr_pieces *p, const struct onr_windows *w)
{
    size_t i, k;

    for (k = 0; k < w->n; k++) {
        const struct onr_window *q = &w->window[k];
        uint32_t words = 0, bytes = p->piece[q->last - 1].end - p->piece[q->first].begin;

        assert_true(q->first < q->last && q->last <= p->n);
        for (i = q->first; i < q->last; i++)
            words += p->piece[i].words;
        assert_true(words <= ONR_WINDOW_WORDS && bytes <= ONR_WINDOW_MAX);
        if (k > 0) {
            assert_true(q->first > q[-1].first && q->last > q[-1].last);
            assert_true(q->first <= q[-1].last); /* no statement between two windows */
        }
    }
    assert_int_equal(w->window[0].first, 0);
    assert_int_equal(w->window[w->n - 1].last, p->n);
    for (i = 0; i < p->n; i++) {
        assert_true(w->of[i] < w->n);
        assert_true(w->window[w->of[i]].first <= i && i < w->window[w->of[i]].last);
        assert_true(i == 0 || w->of[i] >= w->of[i - 1]);
    }
}

static void
a_short_article_is_one_window(void **state)
{
    static const uint32_t words[] = { 60, 60, 60 };
    struct onr_windows w = { NULL, 0, 0, NULL, 0 };
    struct onr_pieces p;

    (void) state;
    make_pieces(&p, words, 3, 6);
    assert_int_equal(onr_windows_make(&p, &w, NULL), 0);
    assert_int_equal(w.n, 1);
    check(&p, &w);
    onr_windows_release(&w);
}

static void
windows_overlap_by_a_quarter_and_a_statement_takes_the_roomier_one(void **state)
{
    uint32_t words[36];
    struct onr_windows w = { NULL, 0, 0, NULL, 0 };
    struct onr_pieces p;
    size_t i;

    (void) state;
    for (i = 0; i < 36; i++)
        words[i] = 15; /* twelve a window, three of them shared */
    make_pieces(&p, words, 36, 6);
    assert_int_equal(onr_windows_make(&p, &w, NULL), 0);
    check(&p, &w);
    assert_int_equal(w.window[0].last, 12);
    assert_int_equal(w.window[1].first, 9);
    assert_int_equal(w.of[9],
                     0); /* 30 words behind it in the first, none before it in the second */
    assert_int_equal(w.of[10], 0); /* 15 on the poorer side in both: the earlier one */
    assert_int_equal(w.of[11], 1);
    onr_windows_release(&w);
}

static void
a_full_statement_has_a_window_of_its_own(void **state)
{
    static const uint32_t words[] = { 20, 180, 20, 170, 5, 5 };
    struct onr_windows w = { NULL, 0, 0, NULL, 0 };
    struct onr_pieces p;

    (void) state;
    make_pieces(&p, words, 6, 6);
    assert_int_equal(onr_windows_make(&p, &w, NULL), 0);
    check(&p, &w);
    assert_int_equal(w.window[w.of[1]].last - w.window[w.of[1]].first, 1);
    onr_windows_release(&w);
}

static void
long_words_fill_a_window_by_bytes(void **state)
{
    uint32_t words[40];
    struct onr_windows w = { NULL, 0, 0, NULL, 0 };
    struct onr_pieces p;
    size_t i;

    (void) state;
    for (i = 0; i < 40; i++)
        words[i] = 1;
    make_pieces(&p, words, 40, ONR_STATEMENT_MAX);
    assert_int_equal(onr_windows_make(&p, &w, NULL), 0);
    check(&p, &w);
    assert_int_equal(w.window[0].last, ONR_WINDOW_MAX / ONR_STATEMENT_MAX);
    onr_windows_release(&w);
}

static void
random_rows_keep_every_rule(void **state)
{
    struct onr_windows w = { NULL, 0, 0, NULL, 0 };
    static uint32_t words[ROWS_MAX];
    struct onr_pieces p;
    uint32_t x = 12345;
    size_t round, i;

    (void) state;
    for (round = 0; round < 200; round++) {
        size_t n = 1 + round * 7;

        for (i = 0; i < n; i++) {
            x = x * 1664525 + 1013904223;
            words[i] = (x >> 16) % (round % 3 ? 181 : 40);
        }
        make_pieces(&p, words, n, 1 + round % 80);
        assert_int_equal(onr_windows_make(&p, &w, NULL), 0);
        check(&p, &w);
    }
    onr_windows_release(&w);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_short_article_is_one_window),
        cmocka_unit_test(windows_overlap_by_a_quarter_and_a_statement_takes_the_roomier_one),
        cmocka_unit_test(a_full_statement_has_a_window_of_its_own),
        cmocka_unit_test(long_words_fill_a_window_by_bytes),
        cmocka_unit_test(random_rows_keep_every_rule),
    };

    return cmocka_run_group_tests_name("text: windows", tests, NULL, NULL);
}
