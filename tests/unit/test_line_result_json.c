/* tests/unit/test_line_result_json.c - results as JSON: every field under its name, words for codes, null for what is absent. */
#include "tests/unit/cmocka_all.h"

#include <jansson.h>

#include "common/line/result_json.h"
#include "tests/event_records.h"

static json_t *
printed(const struct onr_result *r)
{
    struct onr_buf out = ONR_BUF_INIT(1 << 20);
    struct onr_json j = ONR_JSON_INIT(&out);
    json_t *root;

    onr_json_open(&j, '{');
    onr_result_json(&j, r);
    onr_json_close(&j, '}');
    assert_int_equal(onr_json_end_line(&j), 0);
    assert_int_equal(strcspn(out.ptr, "\n"), out.len - 1);
    root = json_loadb(out.ptr, out.len, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(root);
    onr_buf_release(&out);
    return root;
}

static const char *
text(const json_t *o, const char *key)
{
    const char *s = json_string_value(json_object_get(o, key));

    assert_non_null(s);
    return s;
}

static json_int_t
number(const json_t *o, const char *key)
{
    assert_true(json_is_integer(json_object_get(o, key)));
    return json_integer_value(json_object_get(o, key));
}

static void
assert_span_is(const json_t *o, const struct onr_text_span *want)
{
    assert_int_equal(number(o, "begin"), want->begin);
    assert_int_equal(number(o, "end"), want->end);
    assert_span_equal(onr_span_z(text(o, "text")), want->text);
}

static void
a_result_has_all_its_fields(void **state)
{
    struct onr_attribution attributions[2];
    struct onr_text_span content[2];
    struct onr_result r;
    json_t *root;
    const json_t *a, *article;

    (void) state;
    sample_result(&r, attributions, content);
    root = printed(&r);
    article = json_object_get(root, "article");
    assert_string_equal(text(article, "outlet"), "The Ellery Courier");
    assert_string_equal(text(article, "state"), "published");
    assert_int_equal(number(article, "statements"), 40);
    assert_int_equal(strlen(text(article, "body_sha256")), 64);
    assert_int_equal(number(root, "index"), 7);
    assert_span_equal(onr_span_z(text(root, "text")), r.text);
    assert_string_equal(text(root, "kind"), "mixed");

    a = json_array_get(json_object_get(root, "attributions"), 0);
    assert_string_equal(text(json_object_get(a, "speaker"), "name"), "Ines Calloway");
    assert_string_equal(text(json_object_get(a, "speaker"), "type"), "person");
    assert_string_equal(text(json_object_get(a, "speaker"), "how"), "named");
    assert_span_is(json_object_get(json_object_get(a, "speaker"), "mention"),
                   &attributions[0].speaker.mention);
    assert_string_equal(text(a, "act"), "said");
    assert_string_equal(text(a, "stance"), "oppose");
    assert_span_is(json_object_get(a, "cue"), &attributions[0].cue);
    assert_span_is(json_array_get(json_object_get(a, "content"), 0), &content[0]);
    assert_span_is(json_object_get(json_object_get(a, "target"), "span"),
                   &attributions[0].target.span);
    assert_true(json_real_value(json_object_get(json_object_get(a, "confidence"), "speaker"))
                == 0.912);
    json_decref(root);
}

static void
what_is_absent_is_null_and_nothing_is_left_out(void **state)
{
    struct onr_attribution attributions[2];
    struct onr_text_span content[2];
    struct onr_result r;
    json_t *root;
    const json_t *a, *full;
    const char *key;
    json_t *value;

    (void) state;
    sample_result(&r, attributions, content);
    attributions[1].has_cue = false;
    attributions[1].speaker.has_mention = false;
    attributions[1].n_content = 0;
    root = printed(&r);
    full = json_array_get(json_object_get(root, "attributions"), 0);
    a = json_array_get(json_object_get(root, "attributions"), 1);
    json_object_foreach((json_t *) full, key, value) assert_non_null(json_object_get(a, key));
    assert_true(json_is_null(json_object_get(a, "cue")));
    assert_true(json_is_null(json_object_get(a, "target")));
    assert_true(json_is_null(json_object_get(json_object_get(a, "speaker"), "mention")));
    assert_int_equal(json_array_size(json_object_get(a, "content")), 0);
    json_decref(root);
}

static void
text_that_could_break_a_line_is_escaped(void **state)
{
    struct onr_attribution attributions[2];
    struct onr_text_span content[2];
    struct onr_result r;
    json_t *root;

    (void) state;
    sample_result(&r, attributions, content);
    r.text = ONR_SPAN("a \"b\"\n\t\\ \x01\x7f \xe2\x80\xa8 \xf0\x9f\x97\xb3");
    root = printed(&r);
    assert_span_equal(onr_span_z(text(root, "text")), r.text);
    json_decref(root);
}

int
main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_result_has_all_its_fields),
        cmocka_unit_test(what_is_absent_is_null_and_nothing_is_left_out),
        cmocka_unit_test(text_that_could_break_a_line_is_escaped),
    };

    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
