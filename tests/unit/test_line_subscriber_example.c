/* tests/unit/test_line_subscriber_example.c - the example of docs/subscriber.md compiles, believes what is signed and nothing else. */
#include "tests/unit/cmocka_all.h"

#include "docs/examples/verify.c" /* as a subscriber would copy it */
#include "tests/line_lane.h"

static void
the_example_believes_signed_records_and_refuses_changed_ones(void **state)
{
    struct test_lane *t = lane_new();

    (void) state;
    lane_block(t, 8);
    for (size_t i = 0; i < 8; i++) {
        struct onr_message *m = &t->m[i];
        struct onr_span leaf = lane_header(m, ONR_HEADER_LEAF)->value;
        struct onr_span sig = lane_header(m, ONR_HEADER_SIG)->value;

        assert_true(verify_record(t->codec, t->keys, LANE_ORIGIN, m->value, leaf, sig));
        assert_false(verify_record(t->codec, t->keys, "news.example/stance/v1/statements/8/1",
                                   m->value, leaf, sig));
        for (size_t at = 0; at < sig.len; at++)
            assert_false(verify_record(t->codec, t->keys, LANE_ORIGIN, m->value, leaf,
                                       lane_flip(t, sig, at, 1)));
        for (size_t at = 0; at < leaf.len; at++)
            assert_false(verify_record(t->codec, t->keys, LANE_ORIGIN, m->value,
                                       lane_flip(t, leaf, at, 1), sig));
        for (size_t at = ONR_FRAME_LEN; at < m->value.len; at += 11)
            assert_false(verify_record(t->codec, t->keys, LANE_ORIGIN,
                                       lane_flip(t, m->value, at, 1), leaf, sig));
    }
    lane_free(t);
}

int
main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_example_believes_signed_records_and_refuses_changed_ones),
    };

    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
