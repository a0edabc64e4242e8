/* tests/unit/test_event_article.c - articles from JSON and plain text: what is taken, and how the rest is refused. */
#define _DEFAULT_SOURCE
#include <string.h>

#include "tests/unit/cmocka_all.h"
#include "tests/unit/guard.h"

#include "common/base/buf.h"
#include "common/base/sha256.h"
#include "common/event/article.h"

#define Z(literal) (literal), sizeof(literal) - 1 /* with the NULs in it */
#define ARENA_MAX  (16 * 1024 * 1024)

static void
all_fields_are_read(void **state)
{
    struct onr_arena arena = ONR_ARENA_INIT(ARENA_MAX);
    struct onr_article_text a;
    struct onr_error err = ONR_ERROR_INIT;
    uint8_t hash[32];

    (void) state;
    if (onr_article_from_json(
            ONR_SPAN("{\"id\":\"tag:x,2031:9\",\"text\":\"Caf\\u00e9 \\ud83d\\ude00 said.\\n\","
                     "\"headline\":\"A \\\"line\\\"\",\"date\":\"2031-05-06\",\"outlet\":\"The C\","
                     "\"url\":\"https://news.example/1\",\"language\":\"en-GB\",\"version\":3,"
                     "\"state\":\"corrected\",\"author\":{\"x\":[1,2.5,null,true]}}"),
            &arena, &a, NULL, &err)
        < 0)
        fail_msg("%s", err.text);
    assert_span_equal(a.body, ONR_SPAN("Caf\xc3\xa9 \xf0\x9f\x98\x80 said.\n"));
    assert_span_equal(a.meta.id, ONR_SPAN("tag:x,2031:9"));
    assert_span_equal(a.meta.headline, ONR_SPAN("A \"line\""));
    assert_span_equal(a.meta.published, ONR_SPAN("2031-05-06"));
    assert_span_equal(a.meta.outlet, ONR_SPAN("The C"));
    assert_span_equal(a.meta.url, ONR_SPAN("https://news.example/1"));
    assert_span_equal(a.meta.language, ONR_SPAN("en-GB"));
    assert_int_equal(a.meta.version, 3);
    assert_int_equal(a.meta.state, ONR_CORRECTED);
    assert_int_equal(a.meta.body_bytes, a.body.len);
    onr_sha256(a.body.ptr, a.body.len, hash);
    assert_memory_equal(a.meta.body_sha256, hash, 32);
    onr_arena_release(&arena);
}

static void
what_is_absent_or_null_has_its_default(void **state)
{
    static const char *const cases[] = {
        "{\"text\":\"abc\"}",
        ("{\"text\":\"abc\",\"id\":null,\"headline\":null,\"date\":null,\"outlet\":null,"
         "\"url\":null,\"language\":null,\"version\":null,\"state\":null}"),
        "{\"text\":\"abc\",\"id\":\"\",\"url\":\"\",\"date\":\"\"}",
    };

    (void) state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct onr_arena arena = ONR_ARENA_INIT(ARENA_MAX);
        struct onr_article_text a;

        assert_int_equal(onr_article_from_json(onr_span_z(cases[i]), &arena, &a, NULL, NULL), 0);
        assert_span_equal(
            a.meta.id,
            ONR_SPAN("sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
        assert_span_equal(a.meta.language, ONR_SPAN("en"));
        assert_int_equal(a.meta.version, 0);
        assert_int_equal(a.meta.state, ONR_PUBLISHED);
        assert_int_equal(
            a.meta.headline.len + a.meta.outlet.len + a.meta.url.len + a.meta.published.len, 0);
        onr_arena_release(&arena);
    }
}

static void
the_url_is_the_id_when_there_is_none(void **state)
{
    struct onr_arena arena = ONR_ARENA_INIT(ARENA_MAX);
    struct onr_article_text a;

    (void) state;
    assert_int_equal(onr_article_from_json(ONR_SPAN("{\"text\":\"abc\",\"url\":\"http://x/1\"}"),
                                           &arena, &a, NULL, NULL),
                     0);
    assert_span_equal(a.meta.id, ONR_SPAN("http://x/1"));
    onr_arena_release(&arena);
}

static void
a_withdrawn_article_needs_no_text_but_an_identity(void **state)
{
    struct onr_arena arena = ONR_ARENA_INIT(ARENA_MAX);
    const char *reason = NULL;
    struct onr_article_text a;

    (void) state;
    assert_int_equal(
        onr_article_from_json(ONR_SPAN("{\"id\":\"x\",\"state\":\"withdrawn\",\"version\":2}"),
                              &arena, &a, NULL, NULL),
        0);
    assert_int_equal(a.meta.state, ONR_WITHDRAWN);
    assert_int_equal(a.body.len, 0);
    assert_non_null(a.body.ptr);
    assert_int_equal(
        onr_article_from_json(ONR_SPAN("{\"state\":\"withdrawn\"}"), &arena, &a, &reason, NULL),
        -ONR_EINPUT);
    assert_string_equal(reason, "field");
    onr_arena_release(&arena);
}

static void
bad_json_is_refused_with_a_stable_reason_and_a_sentence(void **state)
{
    static const struct {
        struct onr_span json;
        const char *reason;
        const char *says;
    } cases[] = {
        { { Z("") }, "json", "line 1" },
        { { Z("{\"text\":\"a\"") }, "json", "line 1" },
        { { Z("{\n\"text\": tru }") }, "json", "line 2" },
        { { Z("[1]") }, "json", "object" },
        { { Z("\"text\"") }, "json", "object" },
        { { Z("null") }, "json", "object" },
        { { Z("{\"text\":\"a\"} x") }, "json", "line 1" },
        { { Z("{\"text\":\"a\",\"text\":\"b\"}") }, "json", "twice" },
        { { Z("{\"text\":\"a\xff\"}") }, "utf8", "byte 10 (0xff)" },
        { { Z("{\"text\":\"\xed\xa0\x80\"}") }, "utf8", "byte 9" },
        { { Z("{\"text\":\"a\0b\"}") }, "nul", "byte 10" },
        { { Z("{\"text\":\"a\\u0000b\"}") }, "nul", "\\u0000" },
        { { Z("{\"text\":\"\\ud800\"}") }, "json", "line 1" },
        { { Z("{}") }, "field", "\"text\" is missing" },
        { { Z("{\"text\":null}") }, "field", "\"text\" is missing" },
        { { Z("{\"text\":7}") }, "field", "\"text\" is not a string" },
        { { Z("{\"text\":\"\"}") }, "empty", "empty" },
        { { Z("{\"text\":\" \\n\\t\\u00a0\\u2003\"}") }, "empty", "white space" },
        { { Z("{\"text\":\"a\",\"id\":7}") }, "field", "\"id\"" },
        { { Z("{\"text\":\"a\",\"id\":\"a\\nb\"}") }, "field", "control character 0x0a" },
        { { Z("{\"text\":\"a\",\"url\":\"\\u007f\"}") }, "field", "\"url\"" },
        { { Z("{\"text\":\"a\",\"headline\":[]}") }, "field", "\"headline\"" },
        { { Z("{\"text\":\"a\",\"version\":0}") }, "field", "\"version\"" },
        { { Z("{\"text\":\"a\",\"version\":-1}") }, "field", "\"version\"" },
        { { Z("{\"text\":\"a\",\"version\":1.0}") }, "field", "\"version\"" },
        { { Z("{\"text\":\"a\",\"version\":\"1\"}") }, "field", "\"version\"" },
        { { Z("{\"text\":\"a\",\"version\":9007199254740992}") }, "field", "\"version\"" },
        { { Z("{\"text\":\"a\",\"version\":9223372036854775807}") }, "field", "\"version\"" },
        { { Z("{\"text\":\"a\",\"version\":99999999999999999999}") }, "json", "line 1" },
        { { Z("{\"text\":\"a\",\"state\":\"killed\"}") }, "field", "\"state\"" },
        { { Z("{\"text\":\"a\",\"state\":2}") }, "field", "\"state\"" },
        { { Z("{\"text\":\"a\",\"date\":\"2031-02-30\"}") }, "date", "2031-02-30" },
        { { Z("{\"text\":\"a\",\"date\":\"yesterday\"}") }, "date", "yesterday" },
        { { Z("{\"text\":\"a\",\"date\":20310506}") }, "field", "\"date\"" },
    };

    (void) state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct onr_arena arena = ONR_ARENA_INIT(ARENA_MAX);
        struct guarded g = guarded_new(cases[i].json);
        struct onr_article_text a = { .meta.version = 77 };
        struct onr_error err = ONR_ERROR_INIT;
        const char *reason = "none";
        int rc = onr_article_from_json(g.span, &arena, &a, &reason, &err);

        if (rc != -ONR_EINPUT || strcmp(reason, cases[i].reason) != 0
            || !strstr(err.text, cases[i].says) || a.meta.version != 77)
            fail_msg("case %zu: %d %s \"%s\"", i, rc, reason, err.text);
        guarded_free(&g);
        onr_arena_release(&arena);
    }
}

/* {"text": "aaa...", FIELD: "bbb..."} */
static void
make_json(struct onr_buf *b, size_t text, const char *field, size_t len)
{
    onr_buf_clear(b);
    assert_int_equal(onr_buf_add_z(b, "{\"text\":\""), 0);
    for (size_t i = 0; i < text; i++)
        assert_int_equal(onr_buf_add_byte(b, 'a'), 0);
    assert_int_equal(onr_buf_add_z(b, "\""), 0);
    if (field) {
        assert_int_equal(onr_buf_printf(b, ",\"%s\":\"", field), 0);
        for (size_t i = 0; i < len; i++)
            assert_int_equal(onr_buf_add_byte(b, 'b'), 0);
        assert_int_equal(onr_buf_add_z(b, "\""), 0);
    }
    assert_int_equal(onr_buf_add_z(b, "}"), 0);
}

static void
limits_hold_to_the_byte(void **state)
{
    static const struct {
        const char *field;
        size_t max;
    } cases[] = {
        { NULL, ONR_ARTICLE_MAX },        { "id", ONR_URL_MAX },      { "url", ONR_URL_MAX },
        { "headline", ONR_HEADLINE_MAX }, { "outlet", ONR_NAME_MAX }, { "language", ONR_NAME_MAX },
    };
    struct onr_buf b = ONR_BUF_INIT(ONR_ARTICLE_MAX * 2);

    (void) state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (size_t over = 0; over < 2; over++) {
            struct onr_arena arena = ONR_ARENA_INIT(ARENA_MAX);
            struct onr_article_text a;
            struct onr_error err = ONR_ERROR_INIT;
            const char *reason = "none";
            size_t n = cases[i].max + over;
            int rc;

            make_json(&b, cases[i].field ? 1 : n, cases[i].field, n);
            rc = onr_article_from_json(onr_buf_span(&b), &arena, &a, &reason, &err);
            if (rc != (over ? -ONR_ELIMIT : 0) || (over && strcmp(reason, "limit") != 0)
                || (over && !strstr(err.text, cases[i].field ? cases[i].field : "text")))
                fail_msg("%s of %zu: %d %s \"%s\"", cases[i].field ? cases[i].field : "text", n, rc,
                         reason, err.text);
            onr_arena_release(&arena);
        }
    onr_buf_release(&b);
}

static void
json_too_long_to_hold_an_article_is_not_parsed(void **state)
{
    struct onr_arena arena = ONR_ARENA_INIT(ARENA_MAX);
    size_t len = 7 * ONR_ARTICLE_MAX;
    char *spaces = malloc(len);
    struct onr_article_text a;
    const char *reason = "none";

    (void) state;
    assert_non_null(spaces);
    memset(spaces, ' ', len);
    assert_int_equal(onr_article_from_json(onr_span_of(spaces, len), &arena, &a, &reason, NULL),
                     -ONR_ELIMIT);
    assert_string_equal(reason, "limit");
    free(spaces);
    onr_arena_release(&arena);
}

static void
plain_text_is_taken_byte_for_byte(void **state)
{
    static const struct {
        struct onr_span text;
        const char *reason; /* NULL = taken */
    } cases[] = {
        { { Z("abc") }, NULL },
        { { Z("\xef\xbb\xbf \r\n a\t\r") }, NULL },
        { { Z("") }, "empty" },
        { { Z(" \n") }, "empty" },
        { { Z("\xef\xbb\xbf\n") }, "empty" },
        { { Z("a\0") }, "nul" },
        { { Z("a\x80") }, "utf8" },
    };

    (void) state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct onr_arena arena = ONR_ARENA_INIT(ARENA_MAX);
        struct guarded g = guarded_new(cases[i].text);
        struct onr_article_text a;
        const char *reason = NULL;
        int rc = onr_article_from_text(g.span, &arena, &a, &reason, NULL);

        guarded_free(&g); /* what was taken is a copy */
        assert_int_equal(rc, cases[i].reason ? -ONR_EINPUT : 0);
        if (cases[i].reason) {
            assert_string_equal(reason, cases[i].reason);
        } else {
            assert_span_equal(a.body, cases[i].text);
            assert_int_equal(a.meta.id.len, 7 + 64);
            assert_span_equal(a.meta.language, ONR_SPAN("en"));
        }
        onr_arena_release(&arena);
    }
}

static void
no_memory_is_neither_a_reason_nor_a_refusal(void **state)
{
    struct onr_arena arena = ONR_ARENA_INIT(2);
    struct onr_article_text a;
    const char *reason = NULL;

    (void) state;
    assert_int_equal(
        onr_article_from_json(ONR_SPAN("{\"text\":\"abc\"}"), &arena, &a, &reason, NULL),
        -ONR_ENOMEM);
    assert_int_equal(onr_article_from_text(ONR_SPAN("abc"), &arena, &a, &reason, NULL),
                     -ONR_ENOMEM);
    assert_null(reason);
    onr_arena_release(&arena);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_fields_are_read),
        cmocka_unit_test(what_is_absent_or_null_has_its_default),
        cmocka_unit_test(the_url_is_the_id_when_there_is_none),
        cmocka_unit_test(a_withdrawn_article_needs_no_text_but_an_identity),
        cmocka_unit_test(bad_json_is_refused_with_a_stable_reason_and_a_sentence),
        cmocka_unit_test(limits_hold_to_the_byte),
        cmocka_unit_test(json_too_long_to_hold_an_article_is_not_parsed),
        cmocka_unit_test(plain_text_is_taken_byte_for_byte),
        cmocka_unit_test(no_memory_is_neither_a_reason_nor_a_refusal),
    };

    return cmocka_run_group_tests_name("event article", tests, NULL, NULL);
}
