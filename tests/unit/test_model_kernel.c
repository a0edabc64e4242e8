/* tests/unit/test_model_kernel.c - each operation of each path beside plain arithmetic in 64 bits. */
#define _DEFAULT_SOURCE
#include "tests/unit/cmocka_all.h"

#include "common/model/kernel.h"
#include "tests/model_random.h"
#include "tests/unit/guard.h"

#define ROWS 130
#define K    192
#define N    128

static uint8_t *
aligned(size_t bytes)
{
    uint8_t *p = aligned_alloc(ONR_ALIGN, (bytes + ONR_ALIGN - 1) / ONR_ALIGN * ONR_ALIGN);

    assert_non_null(p);
    memset(p, 0x5a, bytes);
    return p;
}

static double
magnitude(double x)
{
    return x < 0 ? -x : x;
}

static double
exponential(double x)
{
    double sum = 1, term = 1;

    x /= 1024;
    for (int i = 1; i < 16; i++)
        sum += term *= x / i;
    for (int i = 0; i < 10; i++)
        sum *= sum;
    return sum;
}

/* Phi by its series, good to 1e-9 up to 5. */
static double
normal_distribution(double x)
{
    double term = x, sum = x;

    for (int i = 1; i < 100; i++) {
        term *= -x * x / (2 * i);
        sum += term / (2 * i + 1);
    }
    return 0.5 + sum * 0.3989422804014327;
}

/* Weight of output n for input k, out of the packing. */
static int
unpacked(const struct onr_matrix *w, size_t n, size_t k)
{
    return w->packed[n / 16 * 16 * w->k + k / 4 * 64 + n % 16 * 4 + k % 4];
}

struct layer {
    struct random_model memory;
    struct onr_matrix w;
    struct onr_quantised a;
};

static void
layer_init(struct layer *l, bool extreme)
{
    uint64_t seed = 11;

    memset(l, 0, sizeof *l);
    l->memory.size = 1 << 20;
    l->memory.block = (char *) aligned(l->memory.size);
    l->w = random_matrix(&l->memory, &seed, K, N, 0.05f);
    l->a = (struct onr_quantised){ random_take(&l->memory, (ROWS + ONR_ROWS_PAD) * K),
                                   random_take(&l->memory, ROWS * 4),
                                   random_take(&l->memory, ROWS * 4) };
    if (extreme) { /* what saturates 16 bits where activations have 8 */
        memset((void *) (uintptr_t) l->w.packed, -128, (size_t) K * N);
        for (size_t n = 0; n < N; n++)
            ((int32_t *) (uintptr_t) l->w.colsum)[n] = -128 * K;
    }
    for (size_t i = 0; i < ROWS * K; i++)
        l->a.q[i] = extreme ? 127 : random_next(&seed) & 127;
    for (size_t m = 0; m < ROWS; m++) {
        l->a.scale[m] = 0.01f + random_float(&seed, 0.001f);
        l->a.zero[m] = (int32_t) (random_next(&seed) & 127);
    }
}

static double
linear_expected(const struct layer *l, size_t m, size_t n, enum onr_then then, double before,
                double *ret_allowed)
{
    int64_t sum = 0;
    double v;

    for (size_t k = 0; k < K; k++)
        sum += (l->a.q[m * K + k] - l->a.zero[m]) * unpacked(&l->w, n, k);
    v = (double) sum * l->a.scale[m] * l->w.scale[n] + l->w.bias[n];
    /* GELU's polynomial is off by 3e-5 and stops at 3.9, both times x. */
    *ret_allowed = (then == ONR_THEN_GELU ? 6e-5 : 2e-6) * (1 + magnitude(v));
    if (then == ONR_THEN_GELU)
        v = v < -5 ? 0 : v > 5 ? v : v * normal_distribution(v);
    return then == ONR_THEN_ADD ? v + before : v;
}

static void
check_linear(const struct onr_kernel *kernel, bool extreme, size_t rows, enum onr_then then)
{
    enum { LD = N + 16 };
    float *out = (float *) aligned(ONR_ROWS * LD * sizeof *out);
    struct layer l;

    layer_init(&l, extreme);
    for (size_t i = 0; i < ONR_ROWS * LD; i++)
        out[i] = (float) (i % 7);
    kernel->linear(&l.a, rows, &l.w, then, out, LD);
    for (size_t m = 0; m < ONR_ROWS; m++)
        for (size_t n = 0; n < LD; n++) {
            double before = (double) ((m * LD + n) % 7), got = out[m * LD + n], allowed = 0;
            double want = m < rows && n < N ? linear_expected(&l, m, n, then, before, &allowed)
                                            : before;

            if (!(magnitude(got - want) <= allowed)) /* a NaN too */
                fail_msg("%s, %zu rows, then %d: [%zu][%zu] is %g, not %g", kernel->name, rows,
                         (int) then, m, n, got, want);
        }
    free(l.memory.block);
    free(out);
}

static void
linear_layers_are_exact_products(void **state)
{
    static const size_t rows[] = { 1, 2, 5, 6, 7, 31, 32, 33, 128 };
    const struct onr_kernel *kernel;

    (void) state;
    for (size_t i = 0; (kernel = onr_kernel_at(i)); i++)
        for (size_t r = 0; r < sizeof rows / sizeof *rows; r++)
            for (int then = ONR_THEN_STORE; then <= ONR_THEN_ADD; then++) {
                check_linear(kernel, false, rows[r], (enum onr_then) then);
                check_linear(kernel, true, rows[r], (enum onr_then) then);
            }
}

static void
quantised_rows_are_within_half_a_step(void **state)
{
    const struct onr_kernel *kernel;
    float x[4][K];
    uint64_t seed = 3;

    (void) state;
    for (size_t i = 0; i < K; i++) {
        x[0][i] = random_float(&seed, 1);
        x[1][i] = 5 + random_float(&seed, 0.1f); /* far from 0, which stays in the range */
        x[2][i] = 0;
        x[3][i] = i ? -1e-3f : -900;
    }
    for (size_t p = 0; (kernel = onr_kernel_at(p)); p++) {
        uint8_t *q = aligned(4 * K);
        float scale[4];
        int32_t zero[4];
        struct onr_quantised a = { q, scale, zero };

        kernel->quantise(x[0], 4, K, &a);
        for (size_t m = 0; m < 4; m++)
            for (size_t i = 0; i < K; i++) {
                double back = (q[m * K + i] - zero[m]) * (double) scale[m];

                assert_true(q[m * K + i] <= 127 && zero[m] >= 0 && zero[m] <= 127);
                /* value and zero are both rounded */
                assert_true(magnitude(back - x[m][i]) <= 1.001 * scale[m]);
            }
        free(q);
    }
}

static void
normed_rows_have_mean_and_deviation(void **state)
{
    const struct onr_kernel *kernel;
    float x[3][K], gain[K], bias[K];
    uint64_t seed = 5;

    (void) state;
    for (size_t p = 0; (kernel = onr_kernel_at(p)); p++) {
        double sum = 0, squares = 0;

        for (size_t i = 0; i < K; i++) {
            x[0][i] = 3 + random_float(&seed, 2);
            x[1][i] = 7;                      /* no deviation: the bias comes out */
            x[2][i] = i % 2 ? 3e18f : -3e18f; /* squares overflow: the bias comes out, and no NaN */
            gain[i] = 2;
            bias[i] = 0.5f;
        }
        kernel->norm(x[0], 3, K, gain, bias);
        for (size_t i = 0; i < K; i++) {
            sum += x[0][i];
            squares += (x[0][i] - 0.5) * (x[0][i] - 0.5);
            assert_true(x[1][i] == 0.5f);
            assert_true(x[2][i] - x[2][i] == 0);
        }
        assert_true(magnitude(sum / K - 0.5) < 1e-5);
        assert_true(magnitude(squares / K - 4) < 1e-4);
    }
}

/* What is wrong at most by quantising to 12 and 9 bits. */
static void
check_attention(const struct onr_kernel *kernel, struct onr_head_scratch *s, size_t len)
{
    enum { LD = 3 * ONR_HEAD };
    static float qkv[(ONR_WINDOW_MAX_PIECES + 16) * LD], out[ONR_WINDOW_MAX_PIECES * ONR_HEAD];
    static double weight[ONR_WINDOW_MAX_PIECES];
    uint64_t seed = len;

    memset(qkv, 0, sizeof qkv);
    for (size_t i = 0; i < len * LD; i++)
        qkv[i] = random_float(&seed, 1.5f);
    kernel->attend(qkv, qkv + ONR_HEAD, qkv + 2 * ONR_HEAD, LD, len, out, ONR_HEAD, s);
    for (size_t m = 0; m < len; m += 1 + len / 8) {
        double total = 0;

        for (size_t j = 0; j < len; j++) {
            double score = 0;

            for (size_t i = 0; i < ONR_HEAD; i++)
                score += (double) qkv[m * LD + i] * qkv[j * LD + ONR_HEAD + i];
            total += weight[j] = exponential(score * 0.17677669529663687);
        }
        for (size_t i = 0; i < ONR_HEAD; i++) {
            double want = 0;

            for (size_t j = 0; j < len; j++)
                want += weight[j] / total * qkv[j * LD + 2 * ONR_HEAD + i];
            if (!(magnitude(out[m * ONR_HEAD + i] - want) <= 0.02))
                fail_msg("%s, %zu pieces: [%zu][%zu] is %g, not %g", kernel->name, len, m, i,
                         out[m * ONR_HEAD + i], want);
        }
    }
}

static void
attention_is_softmax_of_queries_and_keys_for_every_length(void **state)
{
    struct onr_head_scratch *s = (struct onr_head_scratch *) aligned(sizeof *s); /* garbage in it */
    const struct onr_kernel *kernel;

    (void) state;
    for (size_t p = 0; (kernel = onr_kernel_at(p)); p++)
        for (size_t len = 1; len <= ONR_WINDOW_MAX_PIECES; len += len < 70 ? 1 : 47)
            check_attention(kernel, s, len);
    free(s);
}

static void
attention_stays_within_32_bits(void **state)
{
    enum { LEN = ONR_WINDOW_MAX_PIECES, LD = 3 * ONR_HEAD };
    struct onr_head_scratch *s = (struct onr_head_scratch *) aligned(sizeof *s);
    float *qkv = (float *) aligned(LEN * LD * sizeof *qkv),
          *out = (float *) aligned(LEN * ONR_HEAD * sizeof *out);
    const struct onr_kernel *kernel;

    (void) state;
    for (size_t i = 0; i < LEN * LD; i++)
        qkv[i] = 1e6f; /* all the same and all the largest: every weight is 8191, every value 511 */
    for (size_t p = 0; (kernel = onr_kernel_at(p)); p++) {
        kernel->attend(qkv, qkv + ONR_HEAD, qkv + 2 * ONR_HEAD, LD, LEN, out, ONR_HEAD, s);
        for (size_t i = 0; i < LEN * ONR_HEAD; i++)
            assert_true(magnitude(out[i] - 1e6) < 1);
    }
    free(out);
    free(qkv);
    free(s);
}

/* Inputs, weights and outputs of the products with floats; outputs have a guard behind them. */
struct floats_of {
    float x[K], rows[N * K], out[N + 1];
    int8_t weight[N * K];
    float scale[N], bias[N];
};

static void
check_near(const char *kernel, const char *what, size_t n, size_t i, double got, double want)
{
    if (!(magnitude(got - want) <= 1e-5 * (1 + magnitude(want))))
        fail_msg("%s, %s of %zu: [%zu] is %g, not %g", kernel, what, n, i, got, want);
}

static void
check_products(const struct onr_kernel *kernel, struct floats_of *f, size_t n)
{
    struct guarded weight = guarded_new(onr_span_of((const char *) f->weight, n * K));
    struct guarded rows = guarded_new(onr_span_of((const char *) f->rows, n * K * sizeof(float)));
    struct onr_dense w = { K, (uint32_t) n, (const int8_t *) weight.span.ptr, f->scale, f->bias };

    f->out[n] = 77;
    kernel->dense(f->x, &w, f->out);
    for (size_t i = 0; i < n; i++) {
        double sum = 0;

        for (size_t k = 0; k < K; k++)
            sum += (double) f->x[k] * f->weight[i * K + k];
        check_near(kernel->name, "dense", n, i, f->out[i], sum * f->scale[i] + f->bias[i]);
    }
    kernel->dot(f->x, (const float *) (const void *) rows.span.ptr, n, K, f->out);
    for (size_t i = 0; i < n; i++) {
        double sum = 0;

        for (size_t k = 0; k < K; k++)
            sum += (double) f->x[k] * f->rows[i * K + k];
        check_near(kernel->name, "dot", n, i, f->out[i], sum);
    }
    assert_true(f->out[n] == 77);
    guarded_free(&weight);
    guarded_free(&rows);
}

static void
check_blend(const struct onr_kernel *kernel, struct floats_of *f, size_t n)
{
    enum { WIDE = ONR_WIDTH_STEP };

    f->out[WIDE] = 77;
    kernel->blend(f->x, f->rows, n, WIDE, f->out);
    for (size_t k = 0; k < WIDE; k++) {
        double sum = 0;

        for (size_t i = 0; i < n; i++)
            sum += (double) f->x[i] * f->rows[i * WIDE + k];
        check_near(kernel->name, "blend", n, k, f->out[k], sum);
    }
    assert_true(f->out[WIDE] == 77);
}

static void
products_with_floats_are_near_those_of_doubles(void **state)
{
    struct floats_of *f = (struct floats_of *) aligned(sizeof *f);
    const struct onr_kernel *kernel;
    uint64_t seed = 8;

    (void) state;
    for (size_t i = 0; i < N * K; i++) {
        f->rows[i] = random_float(&seed, 1);
        f->weight[i] = (int8_t) (random_next(&seed) % 256 - 128);
        f->x[i % K] = random_float(&seed, 1);
        f->scale[i % N] = 0.01f + random_float(&seed, 0.001f);
        f->bias[i % N] = random_float(&seed, 1);
    }
    for (size_t p = 0; (kernel = onr_kernel_at(p)); p++) {
        for (size_t n = 0; n < 20; n++)
            check_products(kernel, f, n);
        check_products(kernel, f, N);
        for (size_t n = 0; n < K; n += n < 5 ? 1 : 50)
            check_blend(kernel, f, n);
    }
    free(f);
}

static void
paths_are_found_by_name(void **state)
{
    struct onr_error err = ONR_ERROR_INIT;
    const struct onr_kernel *kernel = NULL, *best = onr_kernel_at(0);

    (void) state;
    assert_int_equal(onr_kernel_find(NULL, &kernel, &err), 0);
    assert_ptr_equal(kernel, best);
    assert_int_equal(onr_kernel_find("portable", &kernel, &err), 0);
    assert_string_equal(kernel->name, "portable");
    assert_int_equal(onr_kernel_find("mmx", &kernel, &err), -ONR_ENOTFOUND);
    assert_string_equal(kernel->name, "portable");
    for (size_t i = 0; (best = onr_kernel_at(i)); i++) {
        print_message("path %s\n", best->name);
        assert_int_equal(onr_kernel_find(best->name, &kernel, &err), 0);
        assert_ptr_equal(kernel, best);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_are_found_by_name),
        cmocka_unit_test(linear_layers_are_exact_products),
        cmocka_unit_test(quantised_rows_are_within_half_a_step),
        cmocka_unit_test(normed_rows_have_mean_and_deviation),
        cmocka_unit_test(attention_is_softmax_of_queries_and_keys_for_every_length),
        cmocka_unit_test(attention_stays_within_32_bits),
        cmocka_unit_test(products_with_floats_are_near_those_of_doubles),
    };

    return cmocka_run_group_tests_name("kernel", tests, NULL, NULL);
}
