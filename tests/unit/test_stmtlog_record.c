/* tests/unit/test_stmtlog_record.c - lanes, leaves, COMMIT bodies and the check of one record: what is taken, what is refused. */
#include "tests/unit/cmocka_all.h"

#include "common/stmtlog/commit.h"
#include "common/stmtlog/offsetmeta.h"
#include "common/stmtlog/record_check.h"
#include "tests/property/stmtlog_world.h"

static struct world *w;

static void
origins_are_written_and_read_back(void **state)
{
    struct onr_lane_name n = { ONR_SPAN("news.example"), ONR_SPAN("onrecord.attributions"),
                               ONR_SPAN("onrecord.statements"), 47, 2 },
                         back;
    char text[ONR_ORIGIN_MAX + 1];

    (void) state;
    assert_int_equal(onr_origin_print(&n, text, NULL), 0);
    assert_string_equal(text, "news.example/onrecord.attributions/v1/onrecord.statements/47/2");
    assert_int_equal(onr_origin_parse(onr_span_z(text), &back, NULL), 0);
    assert_span_equal(back.org, n.org);
    assert_span_equal(back.output, n.output);
    assert_span_equal(back.input, n.input);
    assert_int_equal(back.partition, 47);
    assert_int_equal(back.epoch, 2);
    n.epoch = 0;
    assert_int_equal(onr_origin_print(&n, text, NULL), -ONR_ECONFIG);
    n.epoch = 1;
    n.org = ONR_SPAN("a/b");
    assert_int_equal(onr_origin_print(&n, text, NULL), -ONR_ECONFIG);
}

static void
what_is_not_an_origin_is_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "a",
        "a/b/v1/c/0",
        "a/b/v1/c/0/1/",
        "a/b/v1/c/0/1/2",
        "a/b/v2/c/0/1",
        "/b/v1/c/0/1",
        "a/b/v1/c//1",
        "a/b/v1/c/-1/1",
        "a/b/v1/c/01/1",
        "a/b/v1/c/0/0",
        "a/b/v1/c/2147483648/1",
        "a/b/v1/c/0/4294967296",
        "a b/b/v1/c/0/1",
        "a/b/v1/c/*/1",
    };
    struct onr_lane_name n;

    (void) state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (onr_origin_parse(onr_span_z(bad[i]), &n, NULL) != -ONR_EINPUT)
            fail_msg("'%s' was taken", bad[i]);
    assert_int_equal(onr_origin_parse(ONR_SPAN_NULL, &n, NULL), -ONR_EINPUT);
}

static void
a_pattern_means_any_partition_or_epoch_and_nothing_else(void **state)
{
    static const struct {
        const char *pattern, *origin;
        bool match;
    } t[] = {
        { "a/b/v1/c/0/1", "a/b/v1/c/0/1", true },  { "a/b/v1/c/*/1", "a/b/v1/c/7/1", true },
        { "a/b/v1/c/*/*", "a/b/v1/c/7/3", true },  { "a/b/v1/c/*/1", "a/b/v1/c/7/2", false },
        { "a/b/v1/c/0/1", "a/b/v1/c/1/1", false }, { "a/b/v1/c/*/*", "a/x/v1/c/7/3", false },
        { "*/b/v1/c/0/1", "a/b/v1/c/0/1", false }, { "a/*/v1/c/0/1", "a/b/v1/c/0/1", false },
        { "a/b/v1/c/0/1", "a/b/v1/c/*/1", false },
    };

    (void) state;
    for (size_t i = 0; i < sizeof t / sizeof *t; i++)
        if (onr_origin_match(onr_span_z(t[i].pattern), onr_span_z(t[i].origin)) != t[i].match)
            fail_msg("'%s' and '%s'", t[i].pattern, t[i].origin);
    assert_true(onr_origin_pattern_ok(ONR_SPAN("a/b/v1/c/*/*")));
    assert_false(onr_origin_pattern_ok(ONR_SPAN("a/b/v1/*/0/1")));
    assert_false(onr_origin_pattern_ok(ONR_SPAN("*")));
}

/* A valid leaf and its signature, as bytes to spoil. */
static void
make_record(struct msg *m, const struct onr_signer *s)
{
    uint8_t hash[ONR_SHA256_LEN];
    struct onr_lane lane;

    world_reset(w, 1);
    must(onr_lane_init(&lane, ONR_SPAN(WORLD_ORIGIN), 0, NULL));
    must(onr_lane_begin(&lane, NULL));
    world_leaf(&lane, w, 0, m, hash);
    onr_record_sign(s, hash, m->sig);
}

static bool
schema_ok(void *ctx, enum onr_leaf_type type, const uint8_t fp[ONR_SHA256_LEN])
{
    uint8_t want[ONR_SHA256_LEN];

    (void) ctx;
    (void) type;
    world_schema(want);
    return memcmp(fp, want, sizeof want) == 0;
}

static enum onr_check
check(const struct msg *m, size_t leaf_len, size_t sig_len, const struct onr_keylog *keys)
{
    struct onr_record_expect e = { .origin = ONR_SPAN(WORLD_ORIGIN),
                                   .keylog = keys,
                                   .schema_ok = schema_ok };
    uint8_t hash[ONR_SHA256_LEN];
    struct onr_leaf leaf;

    onr_lane_id(e.origin, e.lane_id);
    return onr_record_check(&e, onr_span_z(m->payload),
                            leaf_len ? onr_span_of(m->leaf, leaf_len) : ONR_SPAN_NULL,
                            sig_len ? onr_span_of(m->sig, sig_len) : ONR_SPAN_NULL, &leaf, hash);
}

static void
a_record_is_refused_with_the_reason(void **state)
{
    static const struct {
        const char *name;
        size_t leaf_len, sig_len;
        size_t
            at; /* byte of leaf (below 152) or signature (from 152) that is changed; 999 = none */
        uint8_t to;
        enum onr_check want;
    } t[] = {
        { "as it was", 152, 76, 999, 0, ONR_CHECK_OK },
        { "no leaf", 0, 76, 999, 0, ONR_CHECK_STRIPPED },
        { "no signature", 152, 0, 999, 0, ONR_CHECK_STRIPPED },
        { "short leaf", 151, 76, 999, 0, ONR_CHECK_MALFORMED },
        { "short signature", 152, 75, 999, 0, ONR_CHECK_MALFORMED },
        { "leaf of version 2", 152, 76, 0, 2, ONR_CHECK_DOWNGRADED },
        { "leaf of version 0", 152, 76, 0, 0, ONR_CHECK_DOWNGRADED },
        { "leaf of type 0", 152, 76, 1, 0, ONR_CHECK_MALFORMED },
        { "leaf of the reserved type", 152, 76, 1, 3, ONR_CHECK_MALFORMED },
        { "reserved byte of the leaf", 152, 76, 3, 1, ONR_CHECK_MALFORMED },
        { "sequence above 2^63", 152, 76, 8, 0x80, ONR_CHECK_MALFORMED },
        { "input offset above 2^63", 152, 76, 16, 0x80, ONR_CHECK_MALFORMED },
        { "payload length", 152, 76, 7, 99, ONR_CHECK_ALTERED },
        { "payload hash", 152, 76, 151, 1, ONR_CHECK_ALTERED },
        { "another lane", 152, 76, 24, 1, ONR_CHECK_WRONG_LANE },
        { "another schema", 152, 76, 88, 1, ONR_CHECK_SCHEMA },
        { "another input", 152, 76, 56, 1, ONR_CHECK_FORGED },
        { "another type that is known", 152, 76, 1, 2, ONR_CHECK_FORGED },
        { "signature of version 2", 152, 76, 152, 2, ONR_CHECK_DOWNGRADED },
        { "another algorithm", 152, 76, 153, 0, ONR_CHECK_DOWNGRADED },
        { "reserved byte of the signature", 152, 76, 154, 1, ONR_CHECK_MALFORMED },
        { "another key id", 152, 76, 156, 1, ONR_CHECK_UNKNOWN_KEY },
        { "signature bytes", 152, 76, 170, 1, ONR_CHECK_FORGED },
        { "S not reduced", 152, 76, 227, 0xff, ONR_CHECK_FORGED },
    };

    (void) state;
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        enum onr_check got;
        struct msg m;

        make_record(&m, &w->signer[0]);
        if (t[i].at < 152)
            m.leaf[t[i].at] = t[i].to;
        else if (t[i].at < 999)
            m.sig[t[i].at - 152] = t[i].to;
        got = check(&m, t[i].leaf_len, t[i].sig_len, w->keys);
        if (got != t[i].want)
            fail_msg("%s: %s, not %s", t[i].name, onr_check_name(got), onr_check_name(t[i].want));
    }
}

static void
keys_that_may_not_sign_here_are_told_apart(void **state)
{
    struct msg m;

    (void) state;
    make_record(&m, &w->stranger);
    assert_int_equal(check(&m, 152, 76, w->keys), ONR_CHECK_UNKNOWN_KEY);
    assert_int_equal(check(&m, 152, 76, NULL), ONR_CHECK_OK); /* signatures are not looked at */
    make_record(&m, &w->root);
    assert_int_equal(check(&m, 152, 76, w->keys), ONR_CHECK_UNKNOWN_KEY);
    for (int i = 0; i < ONR_CHECKS; i++) {
        assert_string_not_equal(onr_check_name((enum onr_check) i), "unknown");
        assert_string_not_equal(onr_check_sentence((enum onr_check) i), "Unknown reason.");
    }
}

static void
a_leaf_is_bound_to_its_input(void **state)
{
    struct onr_leaf leaf;
    struct msg m;

    (void) state;
    make_record(&m, &w->signer[0]);
    must(onr_leaf_decode(onr_span_of(m.leaf, ONR_LEAF_LEN), &leaf, NULL));
    assert_int_equal(
        onr_record_check_input(&leaf, w->input[0], ONR_SPAN_NULL, ONR_SPAN("statement 0")),
        ONR_CHECK_OK);
    assert_int_equal(
        onr_record_check_input(&leaf, w->input[0] + 1, ONR_SPAN_NULL, ONR_SPAN("statement 0")),
        ONR_CHECK_INPUT);
    assert_int_equal(
        onr_record_check_input(&leaf, w->input[0], ONR_SPAN(""), ONR_SPAN("statement 0")),
        ONR_CHECK_INPUT);
    assert_int_equal(
        onr_record_check_input(&leaf, w->input[0], ONR_SPAN_NULL, ONR_SPAN("statement 1")),
        ONR_CHECK_INPUT);
}

/* One COMMIT body and what is changed in it. */
static void
commit_bodies_that_contradict_themselves_are_refused(void **state)
{
    static const struct {
        const char *name;
        struct onr_commit c;
        int rc;
    } t[] = {
        { "a block", { .n_leaves = 3, .size_after = 3, .in_next = 5 }, 0 },
        { "a heartbeat", { .flags = 1, .in_next = 5 }, 0 },
        { "unknown flag",
          { .flags = 32, .n_leaves = 3, .size_after = 3, .in_next = 5 },
          -ONR_EINPUT },
        { "no leaves and no heartbeat", { .in_next = 5 }, -ONR_EINPUT },
        { "heartbeat with leaves", { .flags = 1, .n_leaves = 1, .size_after = 1 }, -ONR_EINPUT },
        { "count is not the sizes'", { .n_leaves = 2, .size_after = 3 }, -ONR_EINPUT },
        { "sizes run backwards",
          { .n_leaves = 1, .commit_no = 1, .size_before = 2, .size_after = 1 },
          -ONR_EINPUT },
        { "too many leaves",
          { .n_leaves = ONR_BLOCK_LEAVES + 1, .size_after = ONR_BLOCK_LEAVES + 1 },
          -ONR_EINPUT },
        { "input runs backwards",
          { .n_leaves = 1, .size_after = 1, .in_from = 5, .in_next = 4 },
          -ONR_EINPUT },
        { "negative input", { .n_leaves = 1, .size_after = 1, .in_from = -1 }, -ONR_EINPUT },
        { "number 0 after records",
          { .n_leaves = 1, .size_before = 1, .size_after = 2 },
          -ONR_EINPUT },
        { "number 0 that changes the configuration",
          { .flags = 16, .n_leaves = 1, .size_after = 1 },
          -ONR_EINPUT },
        { "number 0 that repairs", { .flags = 2, .n_leaves = 1, .size_after = 1 }, -ONR_EINPUT },
    };
    uint8_t body[ONR_COMMIT_LEN];
    struct onr_commit back;

    (void) state;
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        onr_commit_encode(&t[i].c, body);
        if (onr_commit_decode(onr_span_of(body, sizeof body), &back, NULL) != t[i].rc)
            fail_msg("%s", t[i].name);
    }
    onr_commit_encode(&t[0].c, body);
    assert_int_equal(onr_commit_decode(onr_span_of(body, 255), &back, NULL), -ONR_EINPUT);
    body[17] = 2;
    assert_int_equal(onr_commit_decode(onr_span_of(body, 256), &back, NULL), -ONR_EVERIFY);
    body[0] = 'S';
    assert_int_equal(onr_commit_decode(onr_span_of(body, 256), &back, NULL), -ONR_EINPUT);
}

static void
a_commit_signature_names_its_key(void **state)
{
    struct onr_commit c = { .n_leaves = 1, .size_after = 1, .in_next = 1 };
    uint8_t body[ONR_COMMIT_LEN] = { 0 }, sig[ONR_SIG_LEN] = { 0 };
    struct onr_span b = onr_span_of(body, sizeof body), s = onr_span_of(sig, sizeof sig);

    (void) state;
    must(onr_commit_sign(&c, &w->signer[0], body, sig, NULL));
    assert_int_equal(onr_commit_verify(&w->signer[0].key, b, s, NULL), 0);
    assert_int_equal(onr_commit_verify(&w->signer[1].key, b, s, NULL), -ONR_EKEY);
    assert_int_equal(onr_commit_verify(&w->signer[0].key, b, onr_span_of(sig, 63), NULL),
                     -ONR_EINPUT);
    body[100] ^= 1;
    assert_int_equal(onr_commit_verify(&w->signer[0].key, b, s, NULL), -ONR_EVERIFY);
}

static void
offset_metadata_of_others_is_refused(void **state)
{
    static const char *const bad[] = {
        "onr1",
        "onr1;1;2;0011223344556677",
        "onr1;1;2;0011223344556677;5;",
        "onr2;1;2;0011223344556677;5",
        "onr1;01;2;0011223344556677;5",
        "onr1;1;;0011223344556677;5",
        "onr1;1;2;00112233445566;5",
        "onr1;1;2;0011223344556677;-5",
        "onr1;1;2;0011223344556677;9223372036854775808",
        "connect-offset",
    };
    struct onr_offsetmeta m;

    (void) state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (onr_offsetmeta_parse(onr_span_z(bad[i]), &m, NULL) != -ONR_EINPUT)
            fail_msg("'%s' was taken", bad[i]);
    assert_int_equal(onr_offsetmeta_parse(ONR_SPAN(""), &m, NULL), -ONR_ENOTFOUND);
    assert_int_equal(onr_offsetmeta_parse(ONR_SPAN_NULL, &m, NULL), -ONR_ENOTFOUND);
}

static int
start(void **state)
{
    (void) state;
    w = world_new();
    return 0;
}

static int
end(void **state)
{
    (void) state;
    world_free(w);
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(origins_are_written_and_read_back),
        cmocka_unit_test(what_is_not_an_origin_is_refused),
        cmocka_unit_test(a_pattern_means_any_partition_or_epoch_and_nothing_else),
        cmocka_unit_test(a_record_is_refused_with_the_reason),
        cmocka_unit_test(keys_that_may_not_sign_here_are_told_apart),
        cmocka_unit_test(a_leaf_is_bound_to_its_input),
        cmocka_unit_test(commit_bodies_that_contradict_themselves_are_refused),
        cmocka_unit_test(a_commit_signature_names_its_key),
        cmocka_unit_test(offset_metadata_of_others_is_refused),
    };

    return cmocka_run_group_tests_name("stmtlog record", tests, start, end) != 0;
}
