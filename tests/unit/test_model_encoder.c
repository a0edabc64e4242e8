/* tests/unit/test_model_encoder.c - the same bits from every path, in any order, in any mode of the processor: states, and what the
 * heads answer to questions about them.
 *
 * The expected hashes are constants: every machine, compiler and level that passes this test agrees with every other.
 * tests/equal does it for compilers and architectures that are not the one at hand.
 */
#define _DEFAULT_SOURCE
#include "tests/unit/cmocka_all.h"

#ifdef __x86_64__
#include <xmmintrin.h>
#endif

#include "tests/model_random_heads.h"

#ifdef __SANITIZE_ADDRESS__
#define WINDOWS  40 /* a sanitizer's vectors are slow */
#define PORTABLE 4
#else
#define WINDOWS  2000
#define PORTABLE 32
#endif
#define LAYERS 2
#define PIECES 1000

/* What one window gives. */
struct hashes {
    uint64_t states, answers;
};

/* Of so many windows, each added to all before it; tests/equal/run expects the same. */
static const struct {
    size_t windows;
    struct hashes all;
} expected[] = { { 8, { 0xb2b79b651e649dfe, 0x636eac04dcd59a45 } },
                 { 32, { 0x54f93874b1f5b06e, 0xa3f7737b3c8c97b5 } },
                 { 200, { 0x6f3d05c0f739c5f1, 0x96f71532930cc0c6 } },
                 { 2000, { 0xffecc8497df37624, 0xbe3b8fd75cf0e4d0 } } };

static struct random_model model, head_memory;
static struct onr_heads_weights head_weights;
static struct hashes window_hashes[WINDOWS];

/* The whole network on one path. */
struct network {
    struct onr_encoder *encoder;
    struct onr_heads *heads;
};

static int
setup(void **state)
{
    (void) state;
    random_model_init(&model, 4, LAYERS, PIECES);
    head_weights = random_heads(&head_memory, 4);
    return 0;
}

static int
teardown(void **state)
{
    (void) state;
    random_model_release(&model);
    random_model_release(&head_memory);
    return 0;
}

static struct network
network_on(const struct onr_kernel *kernel)
{
    struct onr_error err = ONR_ERROR_INIT;
    struct network n = { NULL, NULL };

    assert_int_equal(onr_encoder_new(&model.w, kernel, &n.encoder, &err), 0);
    assert_int_equal(onr_heads_over(&head_weights, &model.w, kernel, &n.heads, &err), 0);
    return n;
}

static void
network_free(struct network *n)
{
    onr_encoder_free(n->encoder);
    onr_heads_free(n->heads);
}

static struct hashes
hashes_of(struct network *network, size_t window)
{
    static uint32_t piece[ONR_WINDOW_MAX_PIECES];
    static uint8_t case_class[ONR_WINDOW_MAX_PIECES];
    struct onr_error err = ONR_ERROR_INIT;
    const float *states = NULL;
    size_t n = random_window(&model.w, window, piece, case_class);

    assert_int_equal(onr_encode(network->encoder, piece, case_class, n, &states, &err), 0);
    return (struct hashes){ hash_states(states, n * model.w.width),
                            random_answers(network->heads, window, states, n) };
}

static bool
same(struct hashes a, struct hashes b)
{
    return a.states == b.states && a.answers == b.answers;
}

static void
best_path_gives_the_expected_hashes(void **state)
{
    struct network network = network_on(onr_kernel_at(0));
    struct hashes all = { 0, 0 };
    size_t next = 0;

    (void) state;
    for (size_t i = 0; i < WINDOWS; i++) {
        window_hashes[i] = hashes_of(&network, i);
        all.states = all.states * 31 + window_hashes[i].states;
        all.answers = all.answers * 31 + window_hashes[i].answers;
        if (i + 1 == expected[next].windows) {
            print_message("%s, %zu windows: %016llx %016llx\n", onr_kernel_at(0)->name, i + 1,
                          (unsigned long long) all.states, (unsigned long long) all.answers);
            assert_true(same(all, expected[next++].all));
        }
    }
    network_free(&network);
}

static void
every_other_path_agrees_in_another_order(void **state)
{
    const struct onr_kernel *kernel;

    (void) state;
    for (size_t p = 1; (kernel = onr_kernel_at(p)); p++) {
        struct network network = network_on(kernel);
        size_t windows = strcmp(kernel->name, "portable") == 0 ? PORTABLE : WINDOWS;

        for (size_t i = windows; i-- > 0;)
            if (!same(hashes_of(&network, i), window_hashes[i]))
                fail_msg("window %zu differs on %s", i, kernel->name);
        print_message("%s: %zu windows are equal\n", kernel->name, windows);
        network_free(&network);
    }
}

static void
the_mode_of_the_processor_has_no_say_and_is_left_alone(void **state)
{
#ifdef __x86_64__
    const unsigned flush_and_round_up = 0x1f80 | 0x8000 | 0x40 | 0x4000;
    struct network network = network_on(onr_kernel_at(0));
    unsigned before = _mm_getcsr(), after;
    struct hashes hashes;

    (void) state;
    _mm_setcsr(flush_and_round_up);
    hashes = hashes_of(&network, 3);
    after = _mm_getcsr();
    _mm_setcsr(before);
    assert_true(same(hashes, window_hashes[3]));
    assert_int_equal(after & ~0x3fu, flush_and_round_up);
    network_free(&network);
#else
    (void) state;
    skip();
#endif
}

static void
what_the_model_lacks_is_refused(void **state)
{
    struct network network = network_on(onr_kernel_at(0));
    struct onr_error err = ONR_ERROR_INIT;
    uint32_t piece[ONR_WINDOW_MAX_PIECES + 1] = { 0 };
    uint8_t case_class[ONR_WINDOW_MAX_PIECES + 1] = { 0 };
    const float *states = NULL;

    (void) state;
    assert_int_equal(onr_encode(network.encoder, piece, case_class, 0, &states, &err), -ONR_ELIMIT);
    assert_int_equal(
        onr_encode(network.encoder, piece, case_class, ONR_WINDOW_MAX_PIECES + 1, &states, &err),
        -ONR_ELIMIT);
    piece[1] = PIECES;
    assert_int_equal(onr_encode(network.encoder, piece, case_class, 2, &states, &err), -ONR_EINPUT);
    assert_int_equal(onr_encode(network.encoder, piece, case_class, 1, &states, &err), 0);
    case_class[0] = RANDOM_CASES;
    assert_int_equal(onr_encode(network.encoder, piece, case_class, 1, &states, &err), -ONR_EINPUT);
    network_free(&network);
}

/* The lowest bit of one weight in 97; a single one of the heads can lie behind a ReLU that is 0. */
static void
flip(const int8_t *weight, size_t n)
{
    for (size_t i = 0; i < n; i += 97)
        ((int8_t *) (uintptr_t) weight)[i] ^= 1;
}

static void
a_bit_of_a_few_weights_changes_the_hashes(void **state)
{
    struct network network = network_on(onr_kernel_at(0));
    const struct {
        const int8_t *weight;
        size_t n;
        bool of_encoder;
    } cases[] = {
        { model.w.layer[LAYERS - 1].down.packed, 1, true },
        { head_weights.stance.mix.weight, 32768, false },
        { head_weights.stance.key[7].weight, 4096, false },
        { head_weights.stance.name.weight, 4096, false },
        { head_weights.link[ONR_LINK_SAME].form.weight, 8192, false },
        { (const int8_t *) head_weights.tags.emit, 1, false },
    };

    (void) state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bool states = false, answers = false;

        flip(cases[i].weight, cases[i].n);
        for (size_t w = 0; w < 8; w++) {
            struct hashes changed = hashes_of(&network, w);

            states |= changed.states != window_hashes[w].states;
            answers |= changed.answers != window_hashes[w].answers;
        }
        flip(cases[i].weight, cases[i].n);
        assert_true(answers);
        assert_true(states == cases[i].of_encoder);
    }
    assert_true(same(hashes_of(&network, 7), window_hashes[7]));
    network_free(&network);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(best_path_gives_the_expected_hashes),
        cmocka_unit_test(every_other_path_agrees_in_another_order),
        cmocka_unit_test(the_mode_of_the_processor_has_no_say_and_is_left_alone),
        cmocka_unit_test(what_the_model_lacks_is_refused),
        cmocka_unit_test(a_bit_of_a_few_weights_changes_the_hashes),
    };

    return cmocka_run_group_tests_name("encoder", tests, setup, teardown);
}
