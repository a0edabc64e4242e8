/* tests/unit/test_model_encoder.c - the same bits from every path, in any order, in any mode of the processor.
 *
 * The expected hashes are constants: every machine, compiler and level that passes this test agrees with every other.
 * tests/equal does it for compilers and architectures that are not the one at hand.
 */
#define _DEFAULT_SOURCE
#include "tests/unit/cmocka_all.h"

#ifdef __x86_64__
#include <xmmintrin.h>
#endif

#include "tests/model_random.h"

#ifdef __SANITIZE_ADDRESS__
#define WINDOWS  40 /* a sanitizer's vectors are slow */
#define PORTABLE 4
#else
#define WINDOWS  2000
#define PORTABLE 32
#endif
#define LAYERS 2
#define PIECES 1000

/* Of so many windows, each added to all before it; tests/equal/run expects the same. */
static const struct {
    size_t windows;
    uint64_t hash;
} expected[] = { { 8, 0xb2b79b651e649dfe },
                 { 32, 0x54f93874b1f5b06e },
                 { 200, 0x6f3d05c0f739c5f1 },
                 { 2000, 0xffecc8497df37624 } };

static struct random_model model;
static uint64_t window_hash[WINDOWS];

static int
setup(void **state)
{
    (void) state;
    random_model_init(&model, 4, LAYERS, PIECES);
    return 0;
}

static int
teardown(void **state)
{
    (void) state;
    random_model_release(&model);
    return 0;
}

static struct onr_encoder *
encoder_on(const struct onr_kernel *kernel)
{
    struct onr_error err = ONR_ERROR_INIT;
    struct onr_encoder *e = NULL;

    assert_int_equal(onr_encoder_new(&model.w, kernel, &e, &err), 0);
    return e;
}

static uint64_t
hash_of(struct onr_encoder *e, size_t window)
{
    static uint32_t piece[ONR_WINDOW_MAX_PIECES];
    static uint8_t case_class[ONR_WINDOW_MAX_PIECES];
    struct onr_error err = ONR_ERROR_INIT;
    const float *states = NULL;
    size_t n = random_window(&model.w, window, piece, case_class);

    assert_int_equal(onr_encode(e, piece, case_class, n, &states, &err), 0);
    return hash_states(states, n * model.w.width);
}

static void
best_path_gives_the_expected_hashes(void **state)
{
    struct onr_encoder *e = encoder_on(onr_kernel_at(0));
    uint64_t all = 0;
    size_t next = 0;

    (void) state;
    for (size_t i = 0; i < WINDOWS; i++) {
        window_hash[i] = hash_of(e, i);
        all = all * 31 + window_hash[i];
        if (i + 1 == expected[next].windows) {
            print_message("%s, %zu windows: %016llx\n", onr_kernel_at(0)->name, i + 1,
                          (unsigned long long) all);
            assert_true(all == expected[next++].hash);
        }
    }
    onr_encoder_free(e);
}

static void
every_other_path_agrees_in_another_order(void **state)
{
    const struct onr_kernel *kernel;

    (void) state;
    for (size_t p = 1; (kernel = onr_kernel_at(p)); p++) {
        struct onr_encoder *e = encoder_on(kernel);
        size_t windows = strcmp(kernel->name, "portable") == 0 ? PORTABLE : WINDOWS;

        for (size_t i = windows; i-- > 0;)
            if (hash_of(e, i) != window_hash[i])
                fail_msg("window %zu differs on %s", i, kernel->name);
        print_message("%s: %zu windows are equal\n", kernel->name, windows);
        onr_encoder_free(e);
    }
}

static void
the_mode_of_the_processor_has_no_say_and_is_left_alone(void **state)
{
#ifdef __x86_64__
    const unsigned flush_and_round_up = 0x1f80 | 0x8000 | 0x40 | 0x4000;
    struct onr_encoder *e = encoder_on(onr_kernel_at(0));
    unsigned before = _mm_getcsr(), after;
    uint64_t hash;

    (void) state;
    _mm_setcsr(flush_and_round_up);
    hash = hash_of(e, 3);
    after = _mm_getcsr();
    _mm_setcsr(before);
    assert_true(hash == window_hash[3]);
    assert_int_equal(after & ~0x3fu, flush_and_round_up);
    onr_encoder_free(e);
#else
    (void) state;
    skip();
#endif
}

static void
what_the_model_lacks_is_refused(void **state)
{
    struct onr_encoder *e = encoder_on(onr_kernel_at(0));
    struct onr_error err = ONR_ERROR_INIT;
    uint32_t piece[ONR_WINDOW_MAX_PIECES + 1] = { 0 };
    uint8_t case_class[ONR_WINDOW_MAX_PIECES + 1] = { 0 };
    const float *states = NULL;

    (void) state;
    assert_int_equal(onr_encode(e, piece, case_class, 0, &states, &err), -ONR_ELIMIT);
    assert_int_equal(onr_encode(e, piece, case_class, ONR_WINDOW_MAX_PIECES + 1, &states, &err),
                     -ONR_ELIMIT);
    piece[1] = PIECES;
    assert_int_equal(onr_encode(e, piece, case_class, 2, &states, &err), -ONR_EINPUT);
    assert_int_equal(onr_encode(e, piece, case_class, 1, &states, &err), 0);
    case_class[0] = RANDOM_CASES;
    assert_int_equal(onr_encode(e, piece, case_class, 1, &states, &err), -ONR_EINPUT);
    onr_encoder_free(e);
}

static void
one_bit_of_one_weight_changes_the_hash(void **state)
{
    struct onr_encoder *e = encoder_on(onr_kernel_at(0));
    int8_t *weight = (int8_t *) (uintptr_t) model.w.layer[LAYERS - 1].down.packed;

    (void) state;
    weight[12345] ^= 1;
    assert_true(hash_of(e, 1) != window_hash[1]);
    weight[12345] ^= 1;
    assert_true(hash_of(e, 1) == window_hash[1]);
    onr_encoder_free(e);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(best_path_gives_the_expected_hashes),
        cmocka_unit_test(every_other_path_agrees_in_another_order),
        cmocka_unit_test(the_mode_of_the_processor_has_no_say_and_is_left_alone),
        cmocka_unit_test(what_the_model_lacks_is_refused),
        cmocka_unit_test(one_bit_of_one_weight_changes_the_hash),
    };

    return cmocka_run_group_tests_name("encoder", tests, setup, teardown);
}
