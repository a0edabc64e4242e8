/* tests/unit/test_event_schema.c - schemas: what is refused, canonical form, fingerprints, the built-in files. */
#define _DEFAULT_SOURCE
#include <string.h>

#include "tests/unit/cmocka_all.h"
#include "tests/unit/guard.h"

#include "common/base/sha256.h"
#include "common/event/avro_walk.h"
#include "common/event/fingerprint.h"
#include "common/event/schema_data.h"

#define ARRAY(items)   "{\"type\":\"array\",\"items\":" items "}"
#define ARRAYS4(items) ARRAY(ARRAY(ARRAY(ARRAY(items))))
#define WRAPPED4(type) "{\"type\":{\"type\":{\"type\":{\"type\":" type "}}}}"

static void
dangerous_and_wrong_schemas_are_refused_with_a_reason(void **state)
{
    static const struct {
        const char *json;
        int rc;
        const char *says;
    } cases[] = {
        { "", -ONR_ECONFIG, "line 1" },
        { "{", -ONR_ECONFIG, "line 1" },
        { "\"nope\"", -ONR_ECONFIG, "not defined" },
        { "7", -ONR_ECONFIG, "neither a name" },
        { "{}", -ONR_ECONFIG, "without \"type\"" },
        { "[]", -ONR_ECONFIG, "no branches" },
        { "[[\"null\"]]", -ONR_ECONFIG, "directly in a union" },
        { "[\"int\", \"int\"]", -ONR_ECONFIG, "twice" },
        { "{\"type\":\"record\",\"fields\":[]}", -ONR_ECONFIG, "has no name" },
        { "{\"type\":\"record\",\"name\":\"R\"}", -ONR_ECONFIG, "no fields" },
        { "{\"type\":\"record\",\"name\":\"1R\",\"fields\":[]}", -ONR_ECONFIG, "not an Avro name" },
        { "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"a\"}]}", -ONR_ECONFIG,
          "neither a name" },
        { "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"type\":\"int\"}]}", -ONR_ECONFIG,
          "has no name" },
        { "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"a\",\"type\":\"int\"},"
          "{\"name\":\"a\",\"type\":\"int\"}]}",
          -ONR_ECONFIG, "twice" },
        { "{\"type\":\"record\",\"name\":\"R\",\"name\":\"S\",\"fields\":[]}", -ONR_ECONFIG,
          "duplicate" },
        { "{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[]}", -ONR_ECONFIG, "no symbols" },
        { "{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"a\",\"a\"]}", -ONR_ECONFIG, "twice" },
        { "{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"a-b\"]}", -ONR_ECONFIG,
          "not an Avro name" },
        { "{\"type\":\"fixed\",\"name\":\"F\",\"size\":0}", -ONR_ECONFIG, "size" },
        { "{\"type\":\"fixed\",\"name\":\"F\"}", -ONR_ECONFIG, "size" },
        { "[{\"type\":\"fixed\",\"name\":\"F\",\"size\":1},"
          "{\"type\":\"enum\",\"name\":\"F\",\"symbols\":[\"a\"]}]",
          -ONR_ECONFIG, "defined twice" },
        /* items without bytes: five bytes would be millions of items */
        { "{\"type\":\"array\",\"items\":\"null\"}", -ONR_ECONFIG, "take no bytes" },
        { "{\"type\":\"array\",\"items\":{\"type\":\"record\",\"name\":\"R\",\"fields\":[]}}",
          -ONR_ECONFIG, "take no bytes" },
        { "{\"type\":\"map\",\"values\":\"null\"}", -ONR_ECONFIG, "take no bytes" },
        { "{\"type\":\"array\"}", -ONR_ECONFIG, "neither a name" },
        /* recursion: Avro C's stack */
        { "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"r\",\"type\":[\"null\","
          "\"R\"]}]}",
          -ONR_ECONFIG, "contains itself" },
        { "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"r\",\"type\":{\"type\":"
          "\"array\",\"items\":\"R\"}}]}",
          -ONR_ECONFIG, "contains itself" },
        { ARRAYS4("\"int\""), 0, "" },
        { ARRAYS4(ARRAYS4("\"int\"")), 0, "" },
        { ARRAYS4(ARRAYS4("{\"type\":\"array\",\"items\":\"int\"}")), -ONR_ELIMIT,
          "deeper than 8" },
        /* nesting by name counts like nesting in place */
        { "[{\"type\":\"record\",\"name\":\"A\",\"fields\":[{\"name\":\"x\",\"type\":" ARRAYS4(
              "\"int\"") "}]},"
                         "{\"type\":\"record\",\"name\":\"B\",\"fields\":[{\"name\":\"x\",\"type\":"
                         "\"A\"}]},"
                         "{\"type\":\"record\",\"name\":\"C\",\"fields\":[{\"name\":\"x\",\"type\":"
                         "[\"B\"]}]}]",
          -ONR_ELIMIT, "deeper than 8" },
        { WRAPPED4(WRAPPED4("{\"type\":\"int\"}")), 0, "" },
        { WRAPPED4(WRAPPED4(WRAPPED4("\"int\""))), -ONR_ELIMIT, "deeper than 8" },
    };

    (void) state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct onr_avro_schema s = { .root = NULL };
        struct onr_error err = ONR_ERROR_INIT;
        struct guarded g = guarded_new(onr_span_z(cases[i].json));
        int rc = onr_avro_schema_parse(g.span, &s, &err);

        if (rc != cases[i].rc || !strstr(err.text, cases[i].says) || (rc < 0 && s.root))
            fail_msg("%s: %d \"%s\"", cases[i].json, rc, err.text);
        if (rc == 0)
            onr_avro_schema_release(&s);
        guarded_free(&g);
    }
}

static void
deep_json_and_long_json_are_refused(void **state)
{
    static char deep[200000], text[ONR_SCHEMA_MAX + 1];
    struct onr_avro_schema s;

    (void) state;
    memset(deep, '[', sizeof deep);
    assert_int_equal(onr_avro_schema_parse(onr_span_of(deep, sizeof deep), &s, NULL), -ONR_ECONFIG);
    memset(text, ' ', sizeof text);
    assert_int_equal(onr_avro_schema_parse(onr_span_of(text, sizeof text), &s, NULL), -ONR_ELIMIT);
}

/* Left: schemas as in the Avro project's schema-tests.txt; right: the canonical form that the specification asks for. */
static void
canonical_form_follows_the_specification(void **state)
{
    static const char *const cases[][2] = {
        { "\"null\"", "\"null\"" },
        { "{\"type\":\"null\"}", "\"null\"" },
        { "{\"type\":\"string\",\"logicalType\":\"uuid\"}", "\"string\"" },
        { "[  \"int\"  ]", "[\"int\"]" },
        { "[\"null\", {\"type\":\"long\"}]", "[\"null\",\"long\"]" },
        { "{\"fields\":[], \"type\":\"record\", \"name\":\"foo\"}",
          "{\"name\":\"foo\",\"type\":\"record\",\"fields\":[]}" },
        { "{\"fields\":[], \"type\":\"record\", \"name\":\"foo\", \"namespace\":\"x.y\"}",
          "{\"name\":\"x.y.foo\",\"type\":\"record\",\"fields\":[]}" },
        { "{\"fields\":[], \"type\":\"record\", \"name\":\"a.b.foo\", \"namespace\":\"x.y\"}",
          "{\"name\":\"a.b.foo\",\"type\":\"record\",\"fields\":[]}" },
        { "{\"fields\":[], \"type\":\"record\", \"name\":\"foo\", \"doc\":\"Useful info\"}",
          "{\"name\":\"foo\",\"type\":\"record\",\"fields\":[]}" },
        { "{\"fields\":[{\"type\":{\"type\":\"boolean\"}, \"name\":\"f1\", \"default\":true}, "
          "{\"order\":\"ignore\", \"name\":\"f2\", \"type\":\"int\"}], "
          "\"type\":\"record\", \"name\":\"foo\", \"aliases\":[\"bar\"]}",
          "{\"name\":\"foo\",\"type\":\"record\",\"fields\":[{\"name\":\"f1\",\"type\":"
          "\"boolean\"},{\"name\":\"f2\",\"type\":\"int\"}]}" },
        { "{\"symbols\":[\"A1\",\"A2\"], \"name\":\"foo\", \"type\":\"enum\", \"default\":\"A1\"}",
          "{\"name\":\"foo\",\"type\":\"enum\",\"symbols\":[\"A1\",\"A2\"]}" },
        { "{\"name\":\"foo\",\"type\":\"fixed\",\"namespace\":\"x.y.z\",\"doc\":\"foo\",\"size\":"
          "32}",
          "{\"name\":\"x.y.z.foo\",\"type\":\"fixed\",\"size\":32}" },
        { "{ \"items\":{\"type\":\"boolean\"}, \"type\":\"array\"}",
          "{\"type\":\"array\",\"items\":\"boolean\"}" },
        { "{ \"values\":{\"type\":\"array\",\"items\":[\"int\"]}, \"type\":\"map\"}",
          "{\"type\":\"map\",\"values\":{\"type\":\"array\",\"items\":[\"int\"]}}" },
        /* a reference takes the namespace of the record around it; the second use is the name alone */
        { "{\"type\":\"record\",\"name\":\"R\",\"namespace\":\"n\",\"fields\":["
          "{\"name\":\"a\",\"type\":{\"type\":\"fixed\",\"name\":\"F\",\"size\":2}},"
          "{\"name\":\"b\",\"type\":\"F\"},{\"name\":\"c\",\"type\":\"n.F\"},"
          "{\"name\":\"d\",\"type\":{\"type\":\"enum\",\"name\":\"E\",\"namespace\":\"m\","
          "\"symbols\":[\"x\"]}},{\"name\":\"e\",\"type\":\"m.E\"}]}",
          "{\"name\":\"n.R\",\"type\":\"record\",\"fields\":[{\"name\":\"a\",\"type\":{\"name\":"
          "\"n.F\",\"type\":\"fixed\",\"size\":2}},{\"name\":\"b\",\"type\":\"n.F\"},{\"name\":"
          "\"c\",\"type\":\"n.F\"},{\"name\":\"d\",\"type\":{\"name\":\"m.E\",\"type\":\"enum\","
          "\"symbols\":[\"x\"]}},{\"name\":\"e\",\"type\":\"m.E\"}]}" },
        /* escapes in names are replaced by what they stand for */
        { "{\"type\":\"fixed\",\"name\":\"\\u0066oo\",\"size\":1}",
          "{\"name\":\"foo\",\"type\":\"fixed\",\"size\":1}" },
    };

    (void) state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct onr_buf form = ONR_BUF_INIT(4096);
        struct onr_avro_schema s;
        struct onr_error err = ONR_ERROR_INIT;

        if (onr_avro_schema_parse(onr_span_z(cases[i][0]), &s, &err) < 0
            || onr_avro_canonical(&s, &form, &err) < 0)
            fail_msg("%s: %s", cases[i][0], err.text);
        assert_string_equal(form.ptr, cases[i][1]);
        onr_buf_release(&form);
        onr_avro_schema_release(&s);
    }
}

/* The Avro project's own values for the primitives; the last by sha256sum of its canonical form. */
static void
fingerprints_are_sha_256_of_the_canonical_form(void **state)
{
    static const char *const cases[][2] = {
        { "\"null\"", "f072cbec3bf8841871d4284230c5e983dc211a56837aed862487148f947d1a1f" },
        { "{\"type\":\"boolean\"}",
          "a5b031ab62bc416d720c0410d802ea46b910c4fbe85c50a946ccc658b74e677e" },
        { "\"string\"", "e9e5c1c9e4f6277339d1bcde0733a59bd42f8731f449da6dc13010a916930d48" },
        { "{\"type\":\"fixed\",\"size\":32,\"namespace\":\"x.y.z\",\"name\":\"foo\",\"doc\":\"\"}",
          "b8198459e3381d2944ac890efdc06d71840f552ddced09f22b0b2ec3ab4e1e6b" },
    };

    (void) state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct onr_avro_schema s;
        uint8_t fp[32];
        char hex[ONR_HEX_LEN(32)];

        assert_int_equal(onr_avro_schema_parse(onr_span_z(cases[i][0]), &s, NULL), 0);
        assert_int_equal(onr_avro_fingerprint(&s, fp, NULL), 0);
        assert_string_equal(onr_hex(fp, 32, hex), cases[i][1]);
        onr_avro_schema_release(&s);
    }
}

/* A changed fingerprint is a changed record format: then it gets a new file and id (schemas/README.md). */
static void
built_in_schemas_have_their_ids_and_fingerprints(void **state)
{
    static const char *const fps[ONR_REC_TYPES] = {
        "b1583025d0eaa66fad00b651e73cfc959a53b07d6ab8404cff7cd1bafb8e7966",
        "c2e1d69a26d446b24f63eac1f6877e71bfa1d840579e94b6012c705fc1f70d53",
        "feb096f64212f3ae5b9b0a68ecf64a6da9ff85cb8752d48d9588165360e5f6c4",
        "c18811371c8775f5f23c908a2e0415ad126d77f30f57f48b0f12b81004312f59",
        "0c3b3d4ce01ec9426e3faf2faff960b94517de0d5ce811333a061c84530930ae"
    };
    struct onr_codec *c;
    struct onr_error err = ONR_ERROR_INIT;

    (void) state;
    if (onr_codec_new(&c, &err) < 0)
        fail_msg("%s", err.text);
    for (int t = 0; t < ONR_REC_TYPES; t++) {
        char hex[ONR_HEX_LEN(32)];
        const uint8_t *fp = onr_codec_schema_fp(c, (enum onr_record_type) t);

        assert_int_equal(onr_codec_schema_id(c, (enum onr_record_type) t), t + 1);
        assert_string_equal(onr_hex(fp, 32, hex), fps[t]);
        assert_true(onr_codec_knows_fp(c, (enum onr_record_type) t, fp));
        assert_false(onr_codec_knows_fp(c, (enum onr_record_type)((t + 1) % ONR_REC_TYPES), fp));
    }
    onr_codec_free(c);
}

static void
added_schemas_are_checked_against_what_is_known(void **state)
{
    static const struct {
        uint32_t id;
        const char *json;
        int rc;
        const char *says;
    } cases[] = {
        { 9, "{\"type\":\"record\",\"name\":\"other.Thing\",\"fields\":[]}", -ONR_ECONFIG,
          "not one of onrecord's" },
        { 9, "\"int\"", -ONR_ECONFIG, "not one of onrecord's" },
        { 9,
          "{\"type\":\"record\",\"name\":\"org.onrecord.v1.Reject\",\"fields\":[{\"name\":"
          "\"sentence\",\"type\":\"string\"}]}",
          -ONR_ECONFIG, "no field \"code\"" },
        { 9,
          "{\"type\":\"record\",\"name\":\"org.onrecord.v1.Reject\",\"fields\":[{\"name\":"
          "\"code\",\"type\":\"int\"},{\"name\":\"sentence\",\"type\":\"string\"}]}",
          -ONR_ECONFIG, "\"code\" has type int" },
        { 9,
          "{\"type\":\"record\",\"name\":\"org.onrecord.v1.Reject\",\"fields\":[{\"name\":"
          "\"code\",\"type\":{\"type\":\"enum\",\"name\":\"C\",\"symbols\":[\"avro\",\"mood\"]}},"
          "{\"name\":\"sentence\",\"type\":\"string\"}]}",
          -ONR_ECONFIG, "symbol \"mood\"" },
        { 4,
          "{\"type\":\"record\",\"name\":\"org.onrecord.v1.Reject\",\"fields\":[{\"name\":"
          "\"code\",\"type\":{\"type\":\"enum\",\"name\":\"C\",\"symbols\":[\"avro\"]}},"
          "{\"name\":\"sentence\",\"type\":\"string\"}]}",
          -ONR_ECONFIG, "already stands for another" },
        { 9,
          "{\"type\":\"record\",\"name\":\"org.onrecord.v1.Reject\",\"fields\":[{\"name\":"
          "\"code\",\"type\":{\"type\":\"enum\",\"name\":\"C\",\"symbols\":[\"avro\"]}},"
          "{\"name\":\"sentence\",\"type\":\"string\"}]}",
          0, "" },
    };
    struct onr_codec *c;

    (void) state;
    assert_int_equal(onr_codec_new(&c, NULL), 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct onr_error err = ONR_ERROR_INIT;
        int rc = onr_codec_add_schema(c, cases[i].id, onr_span_z(cases[i].json), &err);

        if (rc != cases[i].rc || !strstr(err.text, cases[i].says))
            fail_msg("case %zu: %d \"%s\"", i, rc, err.text);
    }
    /* the same schema again is no contradiction, under another id neither */
    for (size_t i = 0; i < ONR_SCHEMA_FILES; i++) {
        struct onr_schema_file f = onr_schema_file(i);
        uint32_t id;

        assert_int_equal(onr_schema_builtin_id(f.name, &id), 0);
        assert_int_equal(onr_codec_add_schema(c, id, f.json, NULL), 0);
        assert_int_equal(onr_codec_add_schema(c, 100 + id, f.json, NULL), 0);
    }
    onr_codec_free(c);
}

/* Doublings nested in doublings would be 2^n values; the number of operations is limited. */
static void
a_schema_that_multiplies_is_refused(void **state)
{
    struct onr_buf json = ONR_BUF_INIT(ONR_SCHEMA_MAX);
    struct onr_avro_program *p;
    struct onr_avro_schema s;
    struct onr_error err = ONR_ERROR_INIT;

    (void) state;
    /* each record holds ten of the one before; defined in a flat row, so nesting in JSON stays low */
    assert_int_equal(onr_buf_add_z(&json, "{\"type\":\"record\",\"name\":\"Top\",\"fields\":["), 0);
    for (int i = 0; i < 6; i++) {
        assert_int_equal(onr_buf_printf(&json,
                                        "%s{\"name\":\"f%d\",\"type\":{\"type\":\"record\","
                                        "\"name\":\"R%d\",\"fields\":[",
                                        i ? "," : "", i, i),
                         0);
        for (int k = 0; k < 10; k++)
            assert_int_equal(
                i ? onr_buf_printf(&json, "%s{\"name\":\"g%d\",\"type\":\"R%d\"}", k ? "," : "", k,
                                   i - 1)
                  : onr_buf_printf(&json, "%s{\"name\":\"g%d\",\"type\":\"int\"}", k ? "," : "", k),
                0);
        assert_int_equal(onr_buf_add_z(&json, "]}}"), 0);
    }
    assert_int_equal(onr_buf_add_z(&json, "]}"), 0);
    assert_int_equal(onr_avro_schema_parse(onr_buf_span(&json), &s, &err), 0);
    assert_int_equal(onr_avro_compile(&s, NULL, &p, &err), -ONR_ELIMIT);
    assert_non_null(strstr(err.text, "4096"));
    onr_avro_schema_release(&s);
    onr_buf_release(&json);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dangerous_and_wrong_schemas_are_refused_with_a_reason),
        cmocka_unit_test(deep_json_and_long_json_are_refused),
        cmocka_unit_test(canonical_form_follows_the_specification),
        cmocka_unit_test(fingerprints_are_sha_256_of_the_canonical_form),
        cmocka_unit_test(built_in_schemas_have_their_ids_and_fingerprints),
        cmocka_unit_test(added_schemas_are_checked_against_what_is_known),
        cmocka_unit_test(a_schema_that_multiplies_is_refused),
    };

    return cmocka_run_group_tests_name("event schema", tests, NULL, NULL);
}
