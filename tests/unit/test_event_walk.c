/* tests/unit/test_event_walk.c - hostile Avro bytes, each ending at an unmapped page, and the reject that each must give. */
#define _DEFAULT_SOURCE
#include <string.h>

#include "tests/unit/cmocka_all.h"
#include "tests/unit/guard.h"

#include "common/event/avro_walk.h"

#define ACCEPT ONR_REJECT_CODES

#define INT    "\"int\""
#define LONG   "\"long\""
#define STRING "\"string\""
#define INTS   "{\"type\":\"array\",\"items\":\"int\"}"
#define BLOBS  "{\"type\":\"array\",\"items\":\"bytes\"}"
#define MAP    "{\"type\":\"map\",\"values\":\"boolean\"}"
#define ENUM   "{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"a\",\"b\"]}"
#define UNION  "[\"null\",\"string\"]"
#define FIXED  "{\"type\":\"fixed\",\"name\":\"F\",\"size\":4}"
#define RECORD                                                                                     \
    "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"a\",\"type\":\"int\"},"           \
    "{\"name\":\"b\",\"type\":\"string\"}]}"

struct hostile {
    const char *schema;
    struct onr_span bytes;
    enum onr_reject_code want;
};

/* What FAULTS.md and LIBRARIES.md know of libavro 1.11.1, and the borders beside each. */
static const struct hostile table[] = {
    /* numbers */
    { INT, { "\x00", 1 }, ACCEPT },
    { INT, { "\xfe\xff\xff\xff\x0f", 5 }, ACCEPT },          /* INT32_MAX */
    { INT, { "\xff\xff\xff\xff\x0f", 5 }, ACCEPT },          /* INT32_MIN */
    { INT, { "\x80\x80\x80\x80\x10", 5 }, ONR_REJECT_AVRO }, /* one above */
    { INT, { "\x81\x80\x80\x80\x10", 5 }, ONR_REJECT_AVRO }, /* one below */
    { INT, { "", 0 }, ONR_REJECT_AVRO },
    { INT, { "\x80", 1 }, ONR_REJECT_AVRO },
    { INT, { "\x80\x00", 2 }, ONR_REJECT_AVRO }, /* zero in two bytes */
    { INT, { "\x82\x00", 2 }, ONR_REJECT_AVRO }, /* one in two bytes */
    { INT, { "\x80\x01", 2 }, ACCEPT },
    { INT, { "\x02\x00", 2 }, ONR_REJECT_AVRO }, /* trailing byte */
    { LONG, { "\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01", 10 }, ACCEPT },
    { LONG, { "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 10 }, ACCEPT },
    { LONG, { "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 10 }, ONR_REJECT_AVRO },
    { LONG, { "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x81\x00", 11 }, ONR_REJECT_AVRO },
    { LONG, { "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", 12 }, ONR_REJECT_AVRO },
    { LONG, { "\xff\xff\xff\xff\xff\xff\xff\xff\xff", 9 }, ONR_REJECT_AVRO },
    /* booleans, floats */
    { "\"boolean\"", { "\x01", 1 }, ACCEPT },
    { "\"boolean\"", { "\x05", 1 }, ONR_REJECT_AVRO },
    { "\"boolean\"", { "", 0 }, ONR_REJECT_AVRO },
    { "\"float\"", { "\xff\xff\xff\xff", 4 }, ACCEPT },
    { "\"float\"", { "\xff\xff\xff", 3 }, ONR_REJECT_AVRO },
    { "\"double\"", { "\1\2\3\4\5\6\7\x08", 8 }, ACCEPT },
    { "\"double\"", { "\1\2\3\4\5\6\7", 7 }, ONR_REJECT_AVRO },
    { "\"null\"", { "", 0 }, ACCEPT },
    { "\"null\"", { "\x00", 1 }, ONR_REJECT_AVRO },
    /* strings and bytes */
    { STRING, { "\x00", 1 }, ACCEPT },
    { STRING,
      { "\x06"
        "abc",
        4 },
      ACCEPT },
    { STRING,
      { "\x08"
        "abc",
        4 },
      ONR_REJECT_AVRO },
    { STRING, { "\x01", 1 }, ONR_REJECT_AVRO },                 /* -1 */
    { STRING, { "\xc7\x01", 2 }, ONR_REJECT_AVRO },             /* -100 */
    { STRING, { "\x80\x80\x80\x80\x10", 5 }, ONR_REJECT_AVRO }, /* 2^31 */
    { STRING, { "\x80\x80\x80\x01", 4 }, ONR_REJECT_AVRO },     /* 1 MiB in four bytes */
    { STRING, { "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 10 }, ONR_REJECT_AVRO },
    { STRING, { "\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01", 10 }, ONR_REJECT_AVRO },
    { STRING,
      { "\x06"
        "a\0b",
        4 },
      ONR_REJECT_UTF8 },
    { STRING, { "\x02\xff", 2 }, ONR_REJECT_UTF8 },
    { STRING, { "\x04\xc0\xaf", 3 }, ONR_REJECT_UTF8 },     /* overlong */
    { STRING, { "\x06\xed\xa0\x80", 4 }, ONR_REJECT_UTF8 }, /* surrogate */
    { STRING, { "\x04\xe2\x82", 3 }, ONR_REJECT_UTF8 },     /* cut within a character */
    { STRING, { "\x06\xe2\x82\xac", 4 }, ACCEPT },
    { "\"bytes\"", { "\x04\xff\x00", 3 }, ACCEPT },
    { "\"bytes\"", { "\x06\xff\x00", 3 }, ONR_REJECT_AVRO },
    { FIXED, { "\xff\0\0\0", 4 }, ACCEPT },
    { FIXED, { "\xff\0\0", 3 }, ONR_REJECT_AVRO },
    /* enums and unions */
    { ENUM, { "\x02", 1 }, ACCEPT },
    { ENUM, { "\x04", 1 }, ONR_REJECT_AVRO },
    { ENUM, { "\x9a\x01", 2 }, ONR_REJECT_AVRO }, /* 77 of 2 */
    { ENUM, { "\x01", 1 }, ONR_REJECT_AVRO },     /* -1 */
    { UNION, { "\x00", 1 }, ACCEPT },
    { UNION,
      { "\x02\x02"
        "a",
        3 },
      ACCEPT },
    { UNION, { "\x04", 1 }, ONR_REJECT_AVRO },
    { UNION, { "\x01", 1 }, ONR_REJECT_AVRO },
    { UNION, { "\x02", 1 }, ONR_REJECT_AVRO },
    /* arrays and maps */
    { INTS, { "\x00", 1 }, ACCEPT },
    { INTS, { "\x04\x02\x04\x00", 4 }, ACCEPT },
    { INTS, { "\x02\x02\x02\x04\x00", 5 }, ACCEPT },          /* two blocks */
    { INTS, { "\x03\x04\x02\x04\x00", 5 }, ACCEPT },          /* -2 items in 2 bytes */
    { INTS, { "\x03\x06\x02\x04\x00", 5 }, ONR_REJECT_AVRO }, /* the size is not theirs */
    { INTS, { "\x03\x02\x02\x04\x00", 5 }, ONR_REJECT_AVRO },
    { INTS, { "\x03\x7e\x02\x04\x00", 5 }, ONR_REJECT_AVRO }, /* a size beyond the end */
    { INTS, { "\x03\x01\x02\x04\x00", 5 }, ONR_REJECT_AVRO }, /* a negative size */
    { INTS, { "\x04\x02\x04", 3 }, ONR_REJECT_AVRO },         /* no end */
    { INTS, { "\x06\x02\x04\x00", 4 }, ONR_REJECT_AVRO },
    { INTS, { "\x80\xb4\x89\x13", 4 }, ONR_REJECT_AVRO }, /* 20 million items */
    { INTS, { "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x00", 11 }, ONR_REJECT_AVRO },
    { BLOBS, { "\x02\x02\xff\x00", 4 }, ACCEPT },
    { MAP, { "\x02\x02k\x01\x00", 5 }, ACCEPT },
    { MAP, { "\x02\x02k\x02\x00", 5 }, ONR_REJECT_AVRO },
    { MAP, { "\x02\x02\xff\x01\x00", 5 }, ONR_REJECT_UTF8 },
    { MAP, { "\x02\x02k", 3 }, ONR_REJECT_AVRO },
    /* records */
    { RECORD, { "\x02\x02z", 3 }, ACCEPT },
    { RECORD, { "\x02", 1 }, ONR_REJECT_AVRO },
    { RECORD, { "\x02\x02zz", 4 }, ONR_REJECT_AVRO },
};

static struct onr_avro_program *
program_for(const char *json, const struct onr_bind_record *to)
{
    struct onr_avro_program *p = NULL;
    struct onr_avro_schema s;
    struct onr_error err = ONR_ERROR_INIT;

    if (onr_avro_schema_parse(onr_span_z(json), &s, &err) < 0
        || onr_avro_compile(&s, to, &p, &err) < 0)
        fail_msg("%s: %s", json, err.text);
    onr_avro_schema_release(&s);
    return p;
}

static void
hostile_bytes_get_their_reject(void **state)
{
    (void) state;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct onr_avro_program *p = program_for(table[i].schema, NULL);
        struct guarded g = guarded_new(table[i].bytes);
        struct onr_error err = ONR_ERROR_INIT;
        enum onr_reject_code got = ACCEPT;
        int rc = onr_avro_walk(p, g.span, NULL, NULL, &got, &err);

        if (got != table[i].want || (rc == 0) != (got == ACCEPT))
            fail_msg("case %zu (%s): %d %s, \"%s\"", i, table[i].schema, rc, onr_reject_name(got),
                     err.text);
        guarded_free(&g);
        onr_avro_program_free(p);
    }
}

static void
a_refusal_says_where_and_why(void **state)
{
    struct onr_avro_program *p = program_for(RECORD, NULL);
    struct onr_error err = ONR_ERROR_INIT;
    enum onr_reject_code reject;

    (void) state;
    assert_int_equal(onr_avro_walk(p,
                                   onr_span_of("\x02\x06"
                                               "ab\xff",
                                               5),
                                   NULL, NULL, &reject, &err),
                     -ONR_EINPUT);
    assert_non_null(strstr(err.text, "byte 4"));
    assert_non_null(strstr(err.text, "UTF-8"));
    onr_avro_program_free(p);
}

static void
items_of_all_lists_together_are_limited(void **state)
{
    static const char schema[] = "{\"type\":\"array\",\"items\":" INTS "}";
    struct onr_avro_program *p = program_for(schema, NULL);
    struct onr_buf b = ONR_BUF_INIT(1 << 20);
    enum onr_reject_code reject = ACCEPT;

    (void) state;
    /* one outer block of n empty lists: n items */
    for (size_t n = ONR_AVRO_ITEMS; n <= ONR_AVRO_ITEMS + 1; n++) {
        uint64_t v = (uint64_t) n << 1;

        onr_buf_clear(&b);
        for (; v >= 0x80; v >>= 7)
            assert_int_equal(onr_buf_add_byte(&b, (uint8_t) (v | 0x80)), 0);
        assert_int_equal(onr_buf_add_byte(&b, (uint8_t) v), 0);
        for (size_t i = 0; i <= n; i++) /* the last zero ends the outer list */
            assert_int_equal(onr_buf_add_byte(&b, 0), 0);
        assert_int_equal(onr_avro_walk(p, onr_buf_span(&b), NULL, NULL, &reject, NULL),
                         n == ONR_AVRO_ITEMS ? 0 : -ONR_ELIMIT);
    }
    assert_int_equal(reject, ONR_REJECT_LIMIT);
    /* and in blocks that are each below it */
    onr_buf_clear(&b);
    for (int block = 0; block < 2; block++) {
        assert_int_equal(onr_buf_add(&b, "\x80\x80\x06", 3), 0); /* 49,152 items */
        for (size_t i = 0; i < 49152; i++)
            assert_int_equal(onr_buf_add_byte(&b, 0), 0);
    }
    assert_int_equal(onr_buf_add_byte(&b, 0), 0);
    reject = ACCEPT;
    assert_int_equal(onr_avro_walk(p, onr_buf_span(&b), NULL, NULL, &reject, NULL), -ONR_ELIMIT);
    assert_int_equal(reject, ONR_REJECT_LIMIT);
    onr_buf_release(&b);
    onr_avro_program_free(p);
}

struct thing {
    int32_t number;
    struct onr_span text;
    bool has_inner;
    struct {
        uint32_t n;
    } inner;
    size_t n_list;
    const uint32_t *list;
};

static const struct onr_bind number_item = { .name = "item", .kind = ONR_BIND_U32, .max = 100 };
static const struct onr_bind inner_field[] = {
    { .name = "n", .kind = ONR_BIND_U32, .required = true, .max = 100 }
};
static const struct onr_bind_record inner = { "Inner", 1, inner_field, 4 };
static const struct onr_bind thing_field[] = {
    { .name = "number",
      .kind = ONR_BIND_I32,
      .required = true,
      .offset = offsetof(struct thing, number),
      .max = 1000 },
    { .name = "text",
      .kind = ONR_BIND_TEXT,
      .offset = offsetof(struct thing, text),
      .max = 4,
      .fallback = "none" },
    { .name = "inner",
      .kind = ONR_BIND_OPTIONAL,
      .offset = offsetof(struct thing, inner),
      .flag = offsetof(struct thing, has_inner),
      .record = &inner },
    { .name = "list",
      .kind = ONR_BIND_LIST,
      .offset = offsetof(struct thing, list),
      .flag = offsetof(struct thing, n_list),
      .max = 4,
      .item = &number_item,
      .item_size = sizeof(uint32_t) },
};
static const struct onr_bind_record thing_bind = { "Thing", 4, thing_field, sizeof(struct thing) };

#define THING                                                                                      \
    "{\"type\":\"record\",\"name\":\"Thing\",\"fields\":["                                         \
    "{\"name\":\"extra\",\"type\":{\"type\":\"map\",\"values\":\"string\"}},"                      \
    "{\"name\":\"list\",\"type\":" INTS "},"                                                       \
    "{\"name\":\"inner\",\"type\":[\"null\",{\"type\":\"record\",\"name\":\"Inner\",\"fields\":["  \
    "{\"name\":\"m\",\"type\":\"string\"},{\"name\":\"n\",\"type\":\"long\"}]}]},"                 \
    "{\"name\":\"number\",\"type\":\"int\"}]}"

static void
fields_are_matched_by_name_into_the_struct(void **state)
{
    static const char bytes[]
        = "\x02\x02k\x02v\x00"           /* extra: one pair */
          "\x04\x02\x04\x01\x02\x06\x00" /* list: 1 2, then a sized block: 3 */
          "\x02\x02x\x0e"                /* inner: m "x", n 7 */
          "\x54";                        /* number 42 */
    struct onr_avro_program *p = program_for(THING, &thing_bind);
    struct onr_arena arena = ONR_ARENA_INIT(4096);
    struct onr_error err = ONR_ERROR_INIT;
    struct thing t = { 0 };

    (void) state;
    if (onr_avro_walk(p, onr_span_of(bytes, sizeof bytes - 1), &t, &arena, NULL, &err) < 0)
        fail_msg("%s", err.text);
    assert_int_equal(t.number, 42);
    assert_span_equal(t.text, ONR_SPAN("none")); /* the writer has no such field */
    assert_true(t.has_inner);
    assert_int_equal(t.inner.n, 7);
    assert_int_equal(t.n_list, 3);
    for (uint32_t i = 0; i < 3; i++)
        assert_int_equal(t.list[i], i + 1);
    onr_arena_release(&arena);
    onr_avro_program_free(p);
}

static void
limits_and_signs_of_bound_fields_are_checked(void **state)
{
    static const struct hostile cases[] = {
        { NULL, { "\x00\x00\x00\x54", 4 }, ACCEPT },
        { NULL, { "\x00\x00\x00\xd2\x0f", 5 }, ONR_REJECT_LIMIT }, /* 1001 */
        { NULL, { "\x00\x00\x00\x01", 4 }, ONR_REJECT_FIELDS },    /* -1 */
        { NULL, { "\x00\x08\x02\x02\x02\x02\x00\x00\x54", 9 }, ACCEPT },
        { NULL, { "\x00\x0a\x02\x02\x02\x02\x02\x00\x00\x54", 10 }, ONR_REJECT_LIMIT },
        { NULL, { "\x00\x08\x02\x02\x02\x02\x02\x02\x00\x00\x54", 11 }, ONR_REJECT_LIMIT },
        { NULL, { "\x00\x02\xca\x01\x00\x00\x54", 7 }, ONR_REJECT_LIMIT }, /* item 101 */
    };
    struct onr_avro_program *p = program_for(THING, &thing_bind);
    struct onr_arena arena = ONR_ARENA_INIT(4096);

    (void) state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct guarded g = guarded_new(cases[i].bytes);
        enum onr_reject_code got = ACCEPT;
        struct onr_error err = ONR_ERROR_INIT;
        struct thing t = { 0 };

        onr_arena_reset(&arena);
        if ((onr_avro_walk(p, g.span, &t, &arena, &got, &err) == 0) != (got == ACCEPT)
            || got != cases[i].want)
            fail_msg("case %zu: %s, \"%s\"", i, onr_reject_name(got), err.text);
        guarded_free(&g);
    }
    onr_arena_release(&arena);
    onr_avro_program_free(p);
}

static void
no_room_in_the_arena_is_no_reject(void **state)
{
    struct onr_avro_program *p = program_for(THING, &thing_bind);
    struct onr_arena arena = ONR_ARENA_INIT(4);
    enum onr_reject_code got = ACCEPT;
    struct thing t = { 0 };

    (void) state;
    assert_int_equal(
        onr_avro_walk(p, onr_span_of("\x00\x04\x02\x02\x00\x00\x54", 7), &t, &arena, &got, NULL),
        -ONR_ENOMEM);
    assert_int_equal(got, ACCEPT);
    onr_arena_release(&arena);
    onr_avro_program_free(p);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hostile_bytes_get_their_reject),
        cmocka_unit_test(a_refusal_says_where_and_why),
        cmocka_unit_test(items_of_all_lists_together_are_limited),
        cmocka_unit_test(fields_are_matched_by_name_into_the_struct),
        cmocka_unit_test(limits_and_signs_of_bound_fields_are_checked),
        cmocka_unit_test(no_room_in_the_arena_is_no_reject),
    };

    return cmocka_run_group_tests_name("event walk", tests, NULL, NULL);
}
