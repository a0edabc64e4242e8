/* tests/property/test_event_codec.c - random records come back as they were, and Avro C agrees about every byte.
 *
 * ONR_SEED=N runs another sequence; a failure prints the seed of its record.
 */
#include "tests/unit/cmocka_all.h"

#include "common/event/codec.h"
#include "tests/event_avro.h"
#include "tests/event_compare.h"
#include "tests/event_random.h"

#define ROUNDS 1500

struct tools {
    struct onr_codec *codec;
    struct onr_arena source, decoded;
    struct onr_buf bytes, again;
    avro_value_t oracle;
};

static struct tools
tools_new(enum onr_record_type type)
{
    struct tools t = { .source = ONR_ARENA_INIT(1 << 22),
                       .decoded = ONR_ARENA_INIT(ONR_DECODE_ARENA_MAX),
                       .bytes = ONR_BUF_INIT(ONR_MESSAGE_MAX),
                       .again = ONR_BUF_INIT(ONR_MESSAGE_MAX) };

    assert_int_equal(onr_codec_new(&t.codec, NULL), 0);
    oracle_new(builtin_json(type), &t.oracle);
    return t;
}

static void
tools_free(struct tools *t)
{
    onr_codec_free(t->codec);
    onr_arena_release(&t->source);
    onr_arena_release(&t->decoded);
    onr_buf_release(&t->bytes);
    onr_buf_release(&t->again);
    avro_value_decref(&t->oracle);
}

/* Avro C reads the bytes and writes the same ones. */
static void
check_oracle(struct tools *t, uint64_t seed)
{
    if (!oracle_reads(onr_buf_span(&t->bytes), &t->oracle))
        fail_msg("seed %llu: Avro C cannot read it: %s", (unsigned long long) seed,
                 avro_strerror());
    oracle_writes(&t->oracle, &t->again);
    if (!onr_span_eq(onr_buf_span(&t->bytes), onr_buf_span(&t->again)))
        fail_msg("seed %llu: Avro C writes other bytes", (unsigned long long) seed);
}

static void
random_statements_come_back(void **state)
{
    uint64_t seed = seed_of_this_run(20310506);
    struct tools t = tools_new(ONR_REC_STATEMENT);

    (void) state;
    for (int i = 0; i < ROUNDS; i++, seed++) {
        struct rng r = { seed };
        struct onr_error err = ONR_ERROR_INIT;
        struct onr_statement in, out;
        const char *differs;

        onr_arena_reset(&t.source);
        onr_arena_reset(&t.decoded);
        onr_buf_clear(&t.bytes);
        random_statement(&r, &t.source, &in);
        if (onr_statement_encode(t.codec, &in, false, &t.bytes, &err) < 0
            || onr_statement_decode(t.codec, 2, onr_buf_span(&t.bytes), &t.decoded, &out, NULL,
                                    &err)
                   < 0)
            fail_msg("seed %llu: %s", (unsigned long long) seed, err.text);
        if ((differs = first_difference(onr_bind_of(ONR_REC_STATEMENT), &in, &out)))
            fail_msg("seed %llu: %s differs", (unsigned long long) seed, differs);
        check_oracle(&t, seed);
    }
    tools_free(&t);
}

static void
random_results_come_back(void **state)
{
    uint64_t seed = seed_of_this_run(20310507);
    struct tools t = tools_new(ONR_REC_RESULT);
    int over = 0;

    (void) state;
    for (int i = 0; i < ROUNDS; i++, seed++) {
        struct rng r = { seed };
        struct onr_error err = ONR_ERROR_INIT;
        struct onr_result in, out;
        const char *differs;
        int rc;

        onr_arena_reset(&t.source);
        onr_arena_reset(&t.decoded);
        onr_buf_clear(&t.bytes);
        random_result(&r, &t.source, &in);
        rc = onr_result_encode(t.codec, &in, false, &t.bytes, &err);
        if (rc == -ONR_ELIMIT) { /* 64 attributions of 16 parts can be over the record's limit */
            over++;
            continue;
        }
        if (rc < 0
            || onr_result_decode(t.codec, 3, onr_buf_span(&t.bytes), &t.decoded, &out, NULL, &err)
                   < 0)
            fail_msg("seed %llu: %s", (unsigned long long) seed, err.text);
        if ((differs = first_difference(onr_bind_of(ONR_REC_RESULT), &in, &out)))
            fail_msg("seed %llu: %s differs", (unsigned long long) seed, differs);
        check_oracle(&t, seed);
    }
    assert_true(over < ROUNDS / 10);
    tools_free(&t);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_statements_come_back),
        cmocka_unit_test(random_results_come_back),
    };

    return cmocka_run_group_tests_name("event codec properties", tests, NULL, NULL);
}
