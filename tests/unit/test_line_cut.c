/* tests/unit/test_line_cut.c - an article becomes statement records: offsets, windows, cast, withdrawals. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/sha256.h"
#include "common/base/utf8.h"
#include "common/line/cut.h"
#include "common/text/split.h"
#include "tests/unit/cmocka_all.h"

static struct onr_article_text
article(struct onr_span headline, struct onr_span body)
{
    struct onr_article_text a = { .body = body };

    a.meta.id = ONR_SPAN("urn:example:1");
    a.meta.version = 1;
    a.meta.headline = headline;
    a.meta.language = ONR_SPAN("en");
    a.meta.body_bytes = (int64_t) body.len;
    return a;
}

/* A body of n paragraphs with marks of two and three bytes in them. */
static struct onr_span
long_body(size_t n)
{
    static char text[1 << 16];
    size_t i, len = 0;

    for (i = 0; i < n; i++)
        len += (size_t) sprintf(
            text + len,
            "\xe2\x80\x9cWe are \xc3\xa9lated. It is day %zu,\xe2\x80\x9d said Mayor Anna "
            "Bell. The council did not agree with Bell at all.\n\n",
            i);
    return onr_span_of(text, len);
}

static void
records_tile_the_body_and_lie_in_their_windows(void **state)
{
    struct onr_article_text a = article(ONR_SPAN("Day by day"), long_body(40));
    struct onr_cut *c = NULL;
    struct onr_statement s;
    uint32_t at = 0, cp = 0;
    const char *window = NULL;
    size_t shared = 0;
    uint8_t hash[ONR_SHA256_LEN], fp[32];
    int32_t i;

    (void) state;
    assert_int_equal(onr_cut_new(&c, NULL), 0);
    assert_int_equal(onr_cut_article(c, &a, NULL), 0);
    assert_int_equal(a.meta.statements, 80);
    onr_sha256(a.body.ptr, a.body.len, hash);
    assert_memory_equal(a.meta.body_sha256, hash, sizeof hash); /* was not set: made here */
    onr_splitter_fingerprint(fp);
    assert_memory_equal(a.meta.splitter_fp, fp, sizeof fp);
    for (i = 0; i < a.meta.statements; i++) {
        assert_int_equal(onr_cut_statement(c, i, &s, NULL), 0);
        assert_int_equal(s.index, i);
        assert_int_equal(s.article.statements, a.meta.statements);
        assert_int_equal(s.begin, at);
        assert_int_equal(s.cp_begin, cp);
        at = s.end;
        cp += (uint32_t) onr_utf8_count(s.text);
        assert_int_equal(s.cp_end, cp);
        assert_span_equal(s.text, onr_span_sub(a.body, s.begin, s.end));
        assert_true(s.window_begin <= s.begin && s.end <= s.window_begin + s.window.len);
        assert_span_equal(s.text,
                          onr_span_sub(s.window, s.begin - s.window_begin, s.end - s.window_begin));
        assert_int_equal(s.window_cp_begin,
                         onr_utf8_count(onr_span_sub(a.body, 0, s.window_begin)));
        assert_int_equal(s.quoted, i % 2 ? ONR_QUOTED_NONE : ONR_QUOTED_PART);
        shared += window == s.window.ptr;
        window = s.window.ptr;
    }
    assert_int_equal(at, a.body.len);
    assert_true(shared > 60); /* neighbours share */
    assert_int_equal(onr_cut_statement(c, i, &s, NULL), -ONR_ENOTFOUND);
    assert_int_equal(onr_cut_statement(c, -1, &s, NULL), -ONR_ENOTFOUND);
    onr_cut_free(c);
}

static void
the_cast_is_the_one_at_the_windows_end(void **state)
{
    struct onr_article_text a = article(ONR_SPAN("Day by day"), long_body(40));
    struct onr_cut *c = NULL;
    struct onr_statement s;
    size_t k;

    (void) state;
    assert_int_equal(onr_cut_new(&c, NULL), 0);
    assert_int_equal(onr_cut_article(c, &a, NULL), 0);
    assert_int_equal(onr_cut_statement(c, 79, &s, NULL), 0);
    assert_int_equal(s.n_cast, 1);
    assert_span_equal(s.cast[0].name, ONR_SPAN("Anna Bell"));
    assert_span_equal(s.cast[0].role, ONR_SPAN("Mayor"));
    assert_int_equal(s.cast[0].type, ONR_PERSON);
    assert_int_equal(s.cast[0].n_mentions, ONR_CAST_MENTIONS); /* the first, and the last ones */
    assert_true(s.cast[0].mention[0] < 100);
    assert_true(s.cast[0].mention[1] > a.body.len / 2);
    for (k = 0; k < s.cast[0].n_mentions; k++)
        assert_memory_equal(a.body.ptr + s.cast[0].mention[k],
                            k == 0  ? "Anna"
                            : k % 2 ? "Bell"
                                    : "Anna",
                            4);
    assert_int_equal(onr_cut_statement(c, 0, &s, NULL), 0);
    for (k = 0; k < s.cast[0].n_mentions; k++)
        assert_true(s.cast[0].mention[k] < s.window_begin + s.window.len);
    onr_cut_free(c);
}

static void
a_withdrawal_is_one_empty_record(void **state)
{
    struct onr_article_text a = article(ONR_SPAN(""), ONR_SPAN(""));
    struct onr_cut *c = NULL;
    struct onr_statement s;

    (void) state;
    a.meta.state = ONR_WITHDRAWN;
    assert_int_equal(onr_cut_new(&c, NULL), 0);
    assert_int_equal(onr_cut_article(c, &a, NULL), 0);
    assert_int_equal(a.meta.statements, 0);
    assert_int_equal(onr_cut_statement(c, 0, &s, NULL), 0);
    assert_int_equal(s.index, 0);
    assert_int_equal(s.article.statements, 0);
    assert_int_equal(s.article.state, ONR_WITHDRAWN);
    assert_int_equal(s.text.len + s.window.len + s.n_cast + s.end + s.cp_end, 0);
    assert_int_equal(onr_cut_statement(c, 1, &s, NULL), -ONR_ENOTFOUND);
    onr_cut_free(c);
}

static void
what_cannot_be_cut_is_refused_and_forgotten(void **state)
{
    static char large[ONR_ARTICLE_MAX + 1];
    struct onr_article_text a = article(ONR_SPAN(""), ONR_SPAN("")),
                            good = article(ONR_SPAN(""), ONR_SPAN("One. Two."));
    struct onr_error err = ONR_ERROR_INIT;
    struct onr_statement s = { .index = 77 };
    struct onr_cut *c = NULL;

    (void) state;
    assert_int_equal(onr_cut_new(&c, NULL), 0);
    assert_int_equal(onr_cut_statement(c, 0, &s, &err), -ONR_ENOTFOUND); /* nothing was cut yet */
    assert_int_equal(onr_cut_article(c, &good, &err), 0);
    assert_int_equal(onr_cut_article(c, &a, &err), -ONR_EINPUT);
    assert_int_equal(onr_cut_statement(c, 0, &s, &err), -ONR_ENOTFOUND);
    memset(large, 'x', sizeof large);
    a = article(ONR_SPAN(""), onr_span_of(large, sizeof large));
    assert_int_equal(onr_cut_article(c, &a, &err), -ONR_ELIMIT);
    assert_non_null(strstr(err.text, "1048576"));
    assert_int_equal(s.index, 77); /* untouched on failure */
    assert_int_equal(onr_cut_article(c, &good, &err), 0);
    assert_int_equal(good.meta.statements, 2);
    onr_cut_free(c);
}

static void
another_language_is_cut_the_same(void **state)
{
    struct onr_article_text en = article(
                                ONR_SPAN(""),
                                ONR_SPAN("Das ist so. \xe2\x80\x9eNein. Nie.\xe2\x80\x9c")),
                            de = en;
    struct onr_cut *c = NULL;
    struct onr_statement s;

    (void) state;
    de.meta.language = ONR_SPAN("de");
    assert_int_equal(onr_cut_new(&c, NULL), 0);
    assert_int_equal(onr_cut_article(c, &en, NULL), 0);
    assert_int_equal(onr_cut_article(c, &de, NULL), 0);
    assert_int_equal(en.meta.statements, 2);
    assert_int_equal(de.meta.statements, 2);
    assert_int_equal(onr_cut_statement(c, 1, &s, NULL), 0);
    assert_span_equal(s.article.language, ONR_SPAN("de"));
    assert_int_equal(s.quoted, ONR_QUOTED_WHOLE);
    onr_cut_free(c);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_tile_the_body_and_lie_in_their_windows),
        cmocka_unit_test(the_cast_is_the_one_at_the_windows_end),
        cmocka_unit_test(a_withdrawal_is_one_empty_record),
        cmocka_unit_test(what_cannot_be_cut_is_refused_and_forgotten),
        cmocka_unit_test(another_language_is_cut_the_same),
    };

    return cmocka_run_group_tests_name("line: cut", tests, NULL, NULL);
}
