/* tests/unit/test_line_outcome.c - every input has an outcome: a result, a reject with its reason, or a pause that is not its fault. */
#include "tests/unit/guard.h" /* first: it asks for more than POSIX */

#include "tests/released_model.h"
#include "tests/unit/cmocka_all.h"

#include "common/line/outcome.h"

#include "tests/event_records.h"

struct makers {
    struct onr_codec *codec;
    struct onr_model *model;
    struct onr_outcome_maker *rules, *noop;
    struct onr_buf value; /* a good statement */
};

static int
setup(void **state)
{
    struct makers *m = calloc(1, sizeof *m);
    struct onr_statement s;

    assert_non_null(m);
    onr_buf_init(&m->value, ONR_MESSAGE_MAX);
    assert_int_equal(onr_codec_new(&m->codec, NULL), 0);
    assert_int_equal(onr_model_open(RELEASED_MODEL, NULL, &m->model, NULL), 0);
    assert_int_equal(onr_outcome_maker_new(m->codec, m->model, &m->rules, NULL), 0);
    assert_int_equal(onr_outcome_maker_new(m->codec, NULL, &m->noop, NULL), 0);
    sample_statement(&s);
    assert_int_equal(onr_statement_encode(m->codec, &s, true, &m->value, NULL), 0);
    *state = m;
    return 0;
}

static int
teardown(void **state)
{
    struct makers *m = *state;

    onr_outcome_maker_free(m->rules);
    onr_outcome_maker_free(m->noop);
    onr_model_free(m->model);
    onr_codec_free(m->codec);
    onr_buf_release(&m->value);
    free(m);
    return 0;
}

static void
assert_rejected(struct makers *m, struct onr_span value, enum onr_reject_code want)
{
    struct guarded g = guarded_new(value);
    enum onr_reject_code code;
    struct onr_outcome o;

    assert_int_equal(onr_outcome_make(m->rules, value.ptr ? g.span : value, &o, NULL), 0);
    assert_true(o.rejected);
    assert_string_equal(onr_reject_name(o.reject), onr_reject_name(want));
    assert_null(o.key.ptr);
    assert_int_equal(o.n_headers, 0);
    assert_int_equal(o.message.len, o.payload.len + ONR_FRAME_LEN);
    assert_int_equal(onr_reject_decode(m->codec, onr_codec_schema_id(m->codec, ONR_REC_REJECT),
                                       o.payload, &code, NULL),
                     0);
    assert_int_equal(code, want);
    assert_memory_equal(o.schema_fp, onr_codec_schema_fp(m->codec, ONR_REC_REJECT), 32);
    guarded_free(&g);
}

static void
a_statement_becomes_a_result_that_decodes_to_its_article(void **state)
{
    struct makers *m = *state;
    struct onr_outcome_maker *makers[] = { m->rules, m->noop };
    struct onr_arena arena = ONR_ARENA_INIT(1 << 20);

    for (int i = 0; i < 2; i++) {
        struct onr_outcome o;
        struct onr_result r;

        assert_int_equal(onr_outcome_make(makers[i], onr_buf_span(&m->value), &o, NULL), 0);
        assert_false(o.rejected);
        assert_int_equal(onr_result_decode(m->codec, onr_codec_schema_id(m->codec, ONR_REC_RESULT),
                                           o.payload, &arena, &r, NULL, NULL),
                         0);
        assert_span_equal(r.text, ONR_SPAN(SAMPLE_TEXT));
        assert_span_equal(o.key, r.article.id);
        assert_int_equal(r.index, 7);
        assert_int_equal(o.n_headers, ONR_CE_HEADERS);
        assert_memory_equal(o.schema_fp, onr_codec_schema_fp(m->codec, ONR_REC_RESULT), 32);
        assert_true(i == 1 ? r.n_attributions == 0 : r.n_attributions > 0);
    }
    onr_arena_release(&arena);
}

static void
the_same_input_gives_the_same_bytes_whatever_came_between(void **state)
{
    struct makers *m = *state;
    struct onr_buf first = ONR_BUF_INIT(ONR_MESSAGE_MAX);
    struct onr_outcome o;

    assert_int_equal(onr_outcome_make(m->rules, onr_buf_span(&m->value), &o, NULL), 0);
    assert_int_equal(onr_buf_add_span(&first, o.message), 0);
    assert_int_equal(onr_outcome_make(m->rules, ONR_SPAN("poison"), &o, NULL), 0);
    assert_int_equal(onr_outcome_make(m->rules, ONR_SPAN_NULL, &o, NULL), 0);
    assert_int_equal(onr_outcome_make(m->rules, onr_buf_span(&m->value), &o, NULL), 0);
    assert_span_equal(o.message, onr_buf_span(&first));
    onr_buf_release(&first);
}

static void
what_no_worker_can_read_is_rejected_for_its_reason(void **state)
{
    struct makers *m = *state;
    struct onr_span good = onr_buf_span(&m->value);
    struct onr_buf other = ONR_BUF_INIT(ONR_MESSAGE_MAX);

    assert_rejected(m, ONR_SPAN_NULL, ONR_REJECT_EMPTY);
    assert_rejected(m, ONR_SPAN(""), ONR_REJECT_EMPTY);
    assert_rejected(m, ONR_SPAN("\x01\0\0\0\x02"), ONR_REJECT_FRAME);
    assert_rejected(m, onr_span_sub(good, 0, 4), ONR_REJECT_FRAME);
    assert_rejected(m, onr_span_sub(good, 0, good.len - 1), ONR_REJECT_AVRO);
    assert_rejected(m, onr_span_sub(good, 0, ONR_FRAME_LEN), ONR_REJECT_AVRO);
    assert_int_equal(onr_reject_encode(m->codec, ONR_REJECT_AVRO, true, &other, NULL), 0);
    assert_rejected(m, onr_buf_span(&other), ONR_REJECT_SCHEMA);
    onr_buf_clear(&other);
    assert_int_equal(onr_buf_add_span(&other, good), 0);
    assert_int_equal(onr_buf_add_byte(&other, 0), 0);
    assert_rejected(m, onr_buf_span(&other), ONR_REJECT_AVRO);
    onr_buf_release(&other);
}

static char *
find(char *bytes, size_t len, const char *words)
{
    size_t n = strlen(words);

    for (size_t i = 0; i + n <= len; i++)
        if (memcmp(bytes + i, words, n) == 0)
            return bytes + i;
    return NULL;
}

static void
text_that_is_no_utf8_and_fields_that_contradict_are_rejected(void **state)
{
    struct makers *m = *state;
    struct onr_buf changed = ONR_BUF_INIT(ONR_MESSAGE_MAX);
    char *at;

    assert_int_equal(onr_buf_add_span(&changed, onr_buf_span(&m->value)), 0);
    at = find(changed.ptr, changed.len, "told reporters");
    assert_non_null(at);
    *at = (char) 0xff;
    assert_rejected(m, onr_buf_span(&changed), ONR_REJECT_UTF8);
    *at = 'T'; /* in the text only: the window says something else */
    assert_rejected(m, onr_buf_span(&changed), ONR_REJECT_FIELDS);
    onr_buf_release(&changed);
}

static void
an_unknown_schema_is_no_reject(void **state)
{
    struct makers *m = *state;
    struct onr_error err = ONR_ERROR_INIT;
    struct onr_outcome o;

    assert_int_equal(onr_outcome_make(m->rules, ONR_SPAN("\0\x7f\0\0\x01..."), &o, &err),
                     -ONR_ENOTFOUND);
    assert_non_null(strstr(err.text, "2130706433"));
}

int
main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        T(a_statement_becomes_a_result_that_decodes_to_its_article),
        T(the_same_input_gives_the_same_bytes_whatever_came_between),
        T(what_no_worker_can_read_is_rejected_for_its_reason),
        T(text_that_is_no_utf8_and_fields_that_contradict_are_rejected),
        T(an_unknown_schema_is_no_reject),
    };

    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
