/* tests/golden/test_text_golden.c - whole articles and the statements that a copy editor would make of them.
 *
 * articles/NAME.txt is a body, expected/NAME.jsonl its statements, one JSON object a line: index, begin and end in code points
 * (half open), text, quoted. ONR_UPDATE_GOLDEN=1 writes the expected files anew: read the difference before keeping it.
 */
#include <dirent.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/file.h"
#include "common/base/json.h"
#include "common/base/limits.h"
#include "common/base/utf8.h"
#include "common/text/split.h"
#include "tests/unit/cmocka_all.h"

#define FOLDER     "tests/golden/"
#define FILE_LIMIT ((size_t) 4 << 20)

static const char *const quoted_names[] = { "none", "part", "whole" };

static struct onr_buf
read_file(const char *folder, const char *name, const char *suffix)
{
    struct onr_buf b = ONR_BUF_INIT(FILE_LIMIT);
    struct onr_error err = ONR_ERROR_INIT;
    char path[512];

    snprintf(path, sizeof path, FOLDER "%s/%s%s", folder, name, suffix);
    if (onr_file_read(path, &b, &err) < 0)
        fail_msg("%s", err.text);
    return b;
}

static void
write_expected(const char *name, struct onr_span body, const struct onr_pieces *p)
{
    struct onr_buf b = ONR_BUF_INIT(FILE_LIMIT);
    struct onr_json j = ONR_JSON_INIT(&b);
    struct onr_error err = ONR_ERROR_INIT;
    char path[512];
    size_t i;

    for (i = 0; i < p->n; i++) {
        const struct onr_piece *q = &p->piece[i];

        onr_json_open(&j, '{');
        onr_json_key(&j, "index");
        onr_json_int(&j, (int64_t) i);
        onr_json_key(&j, "begin");
        onr_json_int(&j, q->cp_begin);
        onr_json_key(&j, "end");
        onr_json_int(&j, q->cp_end);
        onr_json_key(&j, "text");
        onr_json_str(&j, onr_span_sub(body, q->begin, q->end));
        onr_json_key(&j, "quoted");
        onr_json_z(&j, quoted_names[q->quoted]);
        onr_json_close(&j, '}');
        assert_int_equal(onr_json_end_line(&j), 0);
    }
    snprintf(path, sizeof path, FOLDER "expected/%s.jsonl", name);
    if (onr_file_replace(path, onr_buf_span(&b), 0644, &err) < 0)
        fail_msg("%s", err.text);
    onr_buf_release(&b);
}

static void
check_line(const char *name, size_t i, json_t *want, struct onr_span body,
           const struct onr_piece *q)
{
    struct onr_span text = onr_span_sub(body, q->begin, q->end);
    const char *want_text = json_string_value(json_object_get(want, "text"));
    const char *want_quoted = json_string_value(json_object_get(want, "quoted"));

    assert_non_null(want_text);
    assert_non_null(want_quoted);
    if (!onr_span_eq_z(text, want_text))
        fail_msg("%s, statement %zu:\ngot  [" ONR_SPAN_FMT "]\nwant [%s]", name, i,
                 ONR_SPAN_ARG(text), want_text);
    assert_int_equal(json_integer_value(json_object_get(want, "index")), i);
    assert_int_equal(json_integer_value(json_object_get(want, "begin")), q->cp_begin);
    assert_int_equal(json_integer_value(json_object_get(want, "end")), q->cp_end);
    assert_string_equal(quoted_names[q->quoted], want_quoted);
}

static void
check_article(const char *name)
{
    struct onr_buf body = read_file("articles", name, ".txt"), expected;
    struct onr_pieces p = { NULL, 0, 0 };
    struct onr_span rest, line;
    size_t i = 0;

    assert_true(onr_utf8_check(onr_buf_span(&body), NULL));
    assert_int_equal(onr_split(onr_buf_span(&body), &p, NULL), 0);
    if (getenv("ONR_UPDATE_GOLDEN"))
        write_expected(name, onr_buf_span(&body), &p);
    expected = read_file("expected", name, ".jsonl");
    rest = onr_buf_span(&expected);
    while (onr_span_next(&rest, '\n', &line) && line.len > 0) {
        json_t *want = json_loadb(line.ptr, line.len, 0, NULL);

        assert_non_null(want);
        assert_true(i < p.n);
        check_line(name, i, want, onr_buf_span(&body), &p.piece[i]);
        json_decref(want);
        i++;
    }
    assert_int_equal(i, p.n);
    onr_buf_release(&expected);
    onr_buf_release(&body);
    onr_pieces_release(&p);
}

static void
every_article_is_cut_as_expected(void **state)
{
    DIR *d = opendir(FOLDER "articles");
    struct dirent *e;
    size_t n = 0;

    (void) state;
    if (!d)
        fail_msg("%sarticles cannot be opened: run the test in the repository's root", FOLDER);
    while ((e = readdir(d)) != NULL) {
        char name[256];
        char *dot;

        snprintf(name, sizeof name, "%s", e->d_name);
        dot = strstr(name, ".txt");
        if (!dot || dot[4] != 0)
            continue;
        *dot = 0;
        check_article(name);
        n++;
    }
    closedir(d);
    print_message("%zu articles\n", n);
    assert_true(n >= 8);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_article_is_cut_as_expected),
    };

    return cmocka_run_group_tests_name("text: golden articles", tests, NULL, NULL);
}
