/* tests/property/test_event_walk.c - what the walker accepts, Avro C reads to the last byte, and both read the same.
 *
 * Valid data are damaged at random: bytes changed, cut out, doubled, runs copied, lengths enlarged, list blocks given sizes.
 * Run under ASan this also shows that neither of the two reads or writes where it must not. ONR_SEED=N runs another sequence.
 */
#define _DEFAULT_SOURCE
#include "tests/unit/cmocka_all.h"
#include "tests/unit/guard.h"

#include "common/event/avro_walk.h"
#include "common/event/codec.h"
#include "tests/event_avro.h"
#include "tests/event_random.h"
#include "tests/event_zoo.h"

#define ROUNDS 20000

struct walked {
    struct onr_avro_program *program;
    avro_value_t oracle;
};

static struct walked
walked_new(struct onr_span json)
{
    struct onr_avro_schema s;
    struct walked w;
    struct onr_error err = ONR_ERROR_INIT;

    if (onr_avro_schema_parse(json, &s, &err) < 0
        || onr_avro_compile(&s, NULL, &w.program, &err) < 0)
        fail_msg("%s", err.text);
    onr_avro_schema_release(&s);
    oracle_new(json, &w.oracle);
    return w;
}

static void
walked_free(struct walked *w)
{
    onr_avro_program_free(w->program);
    avro_value_decref(&w->oracle);
}

/* Damage `bytes` in place; it keeps within `max`. Returns the new length. */
static size_t
damage(struct rng *r, char *bytes, size_t len, size_t max)
{
    static const uint8_t nasty[] = { 0x00, 0x01, 0x02, 0x03, 0x04, 0x7f, 0x80, 0xfe, 0xff };
    size_t at = len ? rng_below(r, (uint32_t) len) : 0, n, to;

    switch (rng_below(r, 6)) {
    case 0: /* a bit */
        if (len)
            bytes[at] = (char) (bytes[at] ^ 1 << rng_below(r, 8));
        return len;
    case 1: /* a byte that means something */
        if (len)
            bytes[at] = (char) nasty[rng_below(r, sizeof nasty)];
        return len;
    case 2: /* cut out */
        n = 1 + rng_below(r, 4);
        n = n > len - at ? len - at : n;
        memmove(bytes + at, bytes + at + n, len - at - n);
        return len - n;
    case 3: /* put in */
        if (len == max)
            return len;
        memmove(bytes + at + 1, bytes + at, len - at);
        bytes[at] = (char) nasty[rng_below(r, sizeof nasty)];
        return len + 1;
    case 4: /* copy a run elsewhere */
        n = len - at < 16 ? len - at : 16;
        to = len - n ? rng_below(r, (uint32_t) (len - n)) : 0;
        memmove(bytes + to, bytes + at, n);
        return len;
    default: /* cut the end off */
        return rng_below(r, 4) ? len : at;
    }
}

/* Both opinions about some bytes that end at an unmapped page. Returns whether the walker took them. */
static bool
check_both(struct walked *w, struct onr_span bytes, uint64_t seed)
{
    enum onr_reject_code reject = ONR_REJECT_CODES;
    struct guarded g = guarded_new(bytes);
    int rc = onr_avro_walk(w->program, g.span, NULL, NULL, &reject, NULL);

    if ((rc == 0) != (reject == ONR_REJECT_CODES))
        fail_msg("seed %llu: %d without its reject", (unsigned long long) seed, rc);
    if (rc == 0 && !oracle_reads(g.span, &w->oracle))
        fail_msg("seed %llu: the walker took %zu bytes that Avro C does not read: %s",
                 (unsigned long long) seed, bytes.len, avro_strerror());
    guarded_free(&g);
    return rc == 0;
}

static void
damaged_data_of_every_type_are_refused_or_readable(void **state)
{
    uint64_t seed = seed_of_this_run(1);
    struct walked w = walked_new(onr_span_of(zoo, sizeof zoo - 1));
    size_t taken = 0;

    (void) state;
    assert_true(check_both(&w, onr_span_of(zoo_bytes, sizeof zoo_bytes - 1), 0));
    for (int i = 0; i < 10 * ROUNDS; i++, seed++) {
        struct rng r = { seed };
        char bytes[256];
        size_t len = sizeof zoo_bytes - 1;

        memcpy(bytes, zoo_bytes, len);
        for (uint32_t k = 1 + rng_below(&r, 3); k > 0; k--)
            len = damage(&r, bytes, len, sizeof bytes);
        taken += check_both(&w, onr_span_of(bytes, len), seed);
    }
    assert_true(taken > ROUNDS / 10); /* else the damage is too coarse to say anything */
    walked_free(&w);
}

static void
random_bytes_are_refused_or_readable(void **state)
{
    uint64_t seed = seed_of_this_run(2);
    struct walked w = walked_new(onr_span_of(zoo, sizeof zoo - 1));

    (void) state;
    for (int i = 0; i < ROUNDS; i++, seed++) {
        struct rng r = { seed };
        char bytes[64];
        size_t len = rng_below(&r, sizeof bytes + 1);

        for (size_t k = 0; k < len; k++)
            bytes[k] = (char) (rng_below(&r, 2) ? rng_below(&r, 5) : rng_next(&r));
        check_both(&w, onr_span_of(bytes, len), seed);
    }
    walked_free(&w);
}

/* The struct that the walker filled, encoded again, has the bytes that Avro C writes for what it read itself. */
static void
check_same(struct onr_codec *c, enum onr_record_type type, struct walked *w, struct onr_span bytes,
           struct onr_arena *arena, struct onr_buf *ours, struct onr_buf *theirs, uint64_t seed)
{
    struct onr_statement s;
    struct onr_result r;
    int rc;

    onr_arena_reset(arena);
    onr_buf_clear(ours);
    if (type == ONR_REC_STATEMENT) {
        if (onr_statement_decode(c, 2, bytes, arena, &s, NULL, NULL) < 0)
            return;
        rc = onr_statement_encode(c, &s, false, ours, NULL);
    } else {
        if (onr_result_decode(c, 3, bytes, arena, &r, NULL, NULL) < 0)
            return;
        rc = onr_result_encode(c, &r, false, ours, NULL);
    }
    if (rc < 0 || !oracle_reads(bytes, &w->oracle))
        fail_msg("seed %llu: decoded, but cannot be encoded again", (unsigned long long) seed);
    oracle_writes(&w->oracle, theirs);
    if (!onr_span_eq(onr_buf_span(ours), onr_buf_span(theirs)))
        fail_msg("seed %llu: the walker and Avro C read different records",
                 (unsigned long long) seed);
}

static void
damaged_records(enum onr_record_type type, uint64_t seed)
{
    struct onr_arena source = ONR_ARENA_INIT(1 << 22), decoded = ONR_ARENA_INIT(1 << 22);
    struct onr_buf bytes = ONR_BUF_INIT(ONR_MESSAGE_MAX), ours = ONR_BUF_INIT(ONR_MESSAGE_MAX),
                   theirs = ONR_BUF_INIT(ONR_MESSAGE_MAX);
    struct walked w = walked_new(builtin_json(type));
    struct onr_codec *c;

    assert_int_equal(onr_codec_new(&c, NULL), 0);
    for (int i = 0; i < ROUNDS / 2; i++, seed++) {
        struct rng r = { seed };
        struct onr_statement s;
        struct onr_result q;
        int rc;

        onr_arena_reset(&source);
        onr_buf_clear(&bytes);
        if (type == ONR_REC_STATEMENT) {
            random_statement(&r, &source, &s);
            rc = onr_statement_encode(c, &s, false, &bytes, NULL);
        } else {
            random_result(&r, &source, &q);
            rc = onr_result_encode(c, &q, false, &bytes, NULL);
        }
        if (rc < 0)
            continue;
        assert_int_equal(onr_buf_reserve(&bytes, 16), 0);
        for (uint32_t k = 1 + rng_below(&r, 2); k > 0; k--)
            bytes.len = damage(&r, bytes.ptr, bytes.len, bytes.len + 8);
        check_both(&w, onr_buf_span(&bytes), seed);
        check_same(c, type, &w, onr_buf_span(&bytes), &decoded, &ours, &theirs, seed);
    }
    onr_codec_free(c);
    walked_free(&w);
    onr_arena_release(&source);
    onr_arena_release(&decoded);
    onr_buf_release(&bytes);
    onr_buf_release(&ours);
    onr_buf_release(&theirs);
}

static void
damaged_statements_are_refused_or_the_same_to_both(void **state)
{
    (void) state;
    damaged_records(ONR_REC_STATEMENT, seed_of_this_run(3));
}

static void
damaged_results_are_refused_or_the_same_to_both(void **state)
{
    (void) state;
    damaged_records(ONR_REC_RESULT, seed_of_this_run(4));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(damaged_data_of_every_type_are_refused_or_readable),
        cmocka_unit_test(random_bytes_are_refused_or_readable),
        cmocka_unit_test(damaged_statements_are_refused_or_the_same_to_both),
        cmocka_unit_test(damaged_results_are_refused_or_the_same_to_both),
    };

    return cmocka_run_group_tests_name("event walk properties", tests, NULL, NULL);
}
