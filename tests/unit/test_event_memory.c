/* tests/unit/test_event_memory.c - every allocation fails once: the answer is -ONR_ENOMEM, nothing leaks, the next try works.
 *
 * Counts our own allocations (the linker wraps them, Makefile: WRAP.test_event_memory). Not jansson's, which calls some of them
 * a fault of the text, nor Avro C's, which crashes without memory (avro_generic_array_append): a worker that dies
 * of that is one of the deaths that its recovery is made for.
 */
#include <stdlib.h>

#include "tests/unit/cmocka_all.h"
#include "tests/unit/failing_malloc.h"

#include "common/event/article.h"
#include "common/event/codec.h"
#include "tests/event_records.h"

/* Run `step` with the n-th allocation failing, for n = 0, 1, ... until it succeeds. Returns how often it failed. */
static int
until_it_succeeds(int (*step)(void *), void *with)
{
    for (int n = 0; n < 100000; n++) {
        int rc;

        countdown = n;
        rc = step(with);
        if (rc == 0 && countdown >= 0) {
            countdown = -1;
            return n;
        }
        countdown = -1;
        if (rc != 0 && rc != -ONR_ENOMEM)
            fail_msg("allocation %d failed, and the answer was %d", n, rc);
    }
    fail_msg("it never succeeds");
    return 0;
}

static int
make_a_codec(void *with)
{
    struct onr_codec *c;
    int rc = onr_codec_new(&c, NULL);

    (void) with;
    if (rc == 0)
        onr_codec_free(c);
    return rc;
}

static int
add_a_schema(void *with)
{
    static const char json[]
        = "{\"type\":\"record\",\"name\":\"org.onrecord.v1.Reject\",\"fields\":[{\"name\":\"code\","
          "\"type\":{\"type\":\"enum\",\"name\":\"C\",\"symbols\":[\"avro\"]}},{\"name\":"
          "\"sentence\",\"type\":\"string\"}]}";

    return onr_codec_add_schema(with, 77, onr_span_of(json, sizeof json - 1), NULL);
}

static int
encode_and_decode_a_result(void *with)
{
    struct onr_arena arena = ONR_ARENA_INIT(ONR_DECODE_ARENA_MAX);
    struct onr_buf buf = ONR_BUF_INIT(ONR_MESSAGE_MAX);
    struct onr_attribution attributions[2];
    struct onr_text_span content[2];
    struct onr_result r, q;
    int rc;

    sample_result(&r, attributions, content);
    if ((rc = onr_result_encode(with, &r, false, &buf, NULL)) == 0)
        rc = onr_result_decode(with, 3, onr_buf_span(&buf), &arena, &q, NULL, NULL);
    onr_arena_release(&arena);
    onr_buf_release(&buf);
    return rc;
}

static int
encode_and_decode_a_statement(void *with)
{
    struct onr_arena arena = ONR_ARENA_INIT(ONR_DECODE_ARENA_MAX);
    struct onr_buf buf = ONR_BUF_INIT(ONR_MESSAGE_MAX);
    struct onr_header headers[ONR_CE_HEADERS];
    struct onr_statement s, t;
    int rc;

    sample_statement(&s);
    if ((rc = onr_statement_encode(with, &s, false, &buf, NULL)) == 0
        && (rc = onr_statement_decode(with, 2, onr_buf_span(&buf), &arena, &t, NULL, NULL)) == 0)
        rc = onr_statement_headers(&t, &arena, headers, NULL);
    onr_arena_release(&arena);
    onr_buf_release(&buf);
    return rc;
}

static int
read_an_article(void *with)
{
    struct onr_arena arena = ONR_ARENA_INIT(ONR_DECODE_ARENA_MAX);
    struct onr_article_text a;
    const char *reason = NULL;
    int rc = onr_article_from_json(
        ONR_SPAN(
            "{\"text\":\"He said so.\",\"headline\":\"A\",\"outlet\":\"B\",\"x\":[{\"y\":1}]}"),
        &arena, &a, &reason, NULL);

    (void) with;
    if (rc != 0 && reason)
        fail_msg("missing memory was told as \"%s\"", reason);
    onr_arena_release(&arena);
    return rc;
}

static void
a_codec_is_made_or_not_at_all(void **state)
{
    (void) state;
    assert_true(until_it_succeeds(make_a_codec, NULL) > 5);
}

static void
records_are_encoded_and_decoded_or_memory_is_missed(void **state)
{
    struct onr_codec *c;

    (void) state;
    assert_int_equal(onr_codec_new(&c, NULL), 0);
    assert_true(until_it_succeeds(add_a_schema, c) > 3);
    assert_true(until_it_succeeds(encode_and_decode_a_result, c) > 1);
    assert_true(until_it_succeeds(encode_and_decode_a_statement, c) > 1);
    onr_codec_free(c);
}

static void
an_article_is_read_or_memory_is_missed(void **state)
{
    (void) state;
    assert_true(until_it_succeeds(read_an_article, NULL) > 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_codec_is_made_or_not_at_all),
        cmocka_unit_test(records_are_encoded_and_decoded_or_memory_is_missed),
        cmocka_unit_test(an_article_is_read_or_memory_is_missed),
    };

    return cmocka_run_group_tests_name("event memory", tests, NULL, NULL);
}
