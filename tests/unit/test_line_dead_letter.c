/* tests/unit/test_line_dead_letter.c - what goes to the rejects: everything, or what a producer can send of it. */
#include "tests/unit/cmocka_all.h"

#include <stdlib.h>
#include <string.h>

#include "common/line/dead_letter.h"

static char *bytes; /* of any length below */
#define BYTES ((size_t) 4 * 1024 * 1024)

static struct onr_message
input(size_t key, size_t value, size_t n_headers, size_t header)
{
    struct onr_message m = { .topic = "onrecord.statements",
                             .partition = 3,
                             .offset = 42,
                             .key = onr_span_of(bytes, key),
                             .value = onr_span_of(bytes, value),
                             .n_headers = n_headers };

    for (size_t i = 0; i < n_headers && i < ONR_MESSAGE_HEADERS; i++)
        m.header[i] = (struct onr_kafka_header){ "theirs", onr_span_of(bytes, header) };
    return m;
}

/* The letter as a reader of the rejects gets it. */
static struct onr_message
read_back(const struct onr_dead_letter *l)
{
    struct onr_message m = {
        .topic = "onrecord.rejects", .key = l->key, .value = l->value, .n_headers = l->n_headers
    };

    assert_in_range(l->n_headers, 1, ONR_MESSAGE_HEADERS);
    memcpy(m.header, l->header, l->n_headers * sizeof l->header[0]);
    return m;
}

static size_t
size_of(const struct onr_dead_letter *l)
{
    size_t size = l->key.len + l->value.len;

    for (size_t i = 0; i < l->n_headers; i++)
        size += strlen(l->header[i].name) + l->header[i].value.len + 10;
    return size;
}

static void
a_letter_can_be_sent_and_only_the_largest_part_is_left_out(void **state)
{
    static const struct {
        size_t key, value, n_headers, header;
        const char *value_cut, *key_cut, *headers_cut; /* NULL: not cut */
    } table[] = {
        { 10, 100, 2, 5, NULL, NULL, NULL },
        { 0, 0, 0, 0, NULL, NULL, NULL },
        { 0, ONR_LETTER_MAX, 0, 0, NULL, NULL, NULL },
        { 0, ONR_LETTER_MAX + 1, 0, 0, "1110017", NULL, NULL },
        { 10, 3000000, 2, 5, "3000000", NULL, NULL },
        { 3000000, 10, 2, 5, NULL, "3000000", NULL },
        { 3000000, 3000000, 0, 0, "3000000", "3000000", NULL },
        { 10, 100, 3, 1000000, NULL, NULL, "3" },
        { 600000, 600000, 0, 0, "600000", NULL, NULL },
        { 2000000, 3000000, 60, 100000, "3000000", "2000000", "60" },
        { 10, 100, 60, 5, NULL, NULL,
          "8" }, /* a reader sees 64 headers, and ours must be among them */
        { 10, 100, 500, 5, NULL, NULL, "448" },
    };

    (void) state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct onr_message m = input(table[i].key, table[i].value, table[i].n_headers,
                                     table[i].header),
                           back;
        struct onr_dead_letter l;

        onr_dead_letter_make(&m, ONR_REJECT_FRAME, 7, &l);
        back = read_back(&l);
        assert_in_range(size_of(&l), 0, ONR_REJECT_MESSAGE_MAX - 1024);
        assert_span_equal(onr_message_header(&back, ONR_HEADER_VALUE_CUT, NULL),
                          onr_span_z(table[i].value_cut));
        assert_span_equal(onr_message_header(&back, ONR_HEADER_KEY_CUT, NULL),
                          onr_span_z(table[i].key_cut));
        assert_span_equal(onr_message_header(&back, ONR_HEADER_HEADERS_CUT, NULL),
                          onr_span_z(table[i].headers_cut));
        assert_int_equal(l.value.len, table[i].value_cut ? 0 : table[i].value);
        assert_int_equal(l.value.ptr == NULL, table[i].value_cut != NULL);
        assert_int_equal(l.key.ptr == NULL, table[i].key_cut != NULL);
        assert_int_equal(onr_dead_letter_cut(&back), table[i].value_cut || table[i].key_cut);
        assert_span_equal(onr_message_header(&back, ONR_HEADER_REASON, NULL), ONR_SPAN("frame"));
        assert_span_equal(onr_message_header(&back, ONR_HEADER_SEQ, NULL), ONR_SPAN("7"));
        assert_span_equal(onr_message_header(&back, ONR_HEADER_OFFSET, NULL), ONR_SPAN("42"));
    }
}

static void
a_letter_that_need_not_have_been_cut_does_not_count_as_cut(void **state)
{
    static const struct {
        const char *name, *value;
        bool null, cut;
    } table[] = {
        { ONR_HEADER_VALUE_CUT, "3000000", true, true },
        { ONR_HEADER_VALUE_CUT, "3000000", false, false }, /* but the value is there */
        { ONR_HEADER_VALUE_CUT, "5000", true, false },
        { ONR_HEADER_VALUE_CUT, "3000000x", true, false },
        { "theirs", "3000000", true, false },
    };

    (void) state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct onr_message m = input(5, 5, 0, 0);

        m.n_headers = 1;
        m.header[0] = (struct onr_kafka_header){ table[i].name, onr_span_z(table[i].value) };
        if (table[i].null)
            m.value = ONR_SPAN_NULL;
        assert_int_equal(onr_dead_letter_cut(&m), table[i].cut);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_letter_can_be_sent_and_only_the_largest_part_is_left_out),
        cmocka_unit_test(a_letter_that_need_not_have_been_cut_does_not_count_as_cut),
    };
    int rc;

    if (!(bytes = calloc(1, BYTES)))
        return 1;
    rc = cmocka_run_group_tests(tests, NULL, NULL);
    free(bytes);
    return rc;
}
