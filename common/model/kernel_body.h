/* common/model/kernel_body.h - the operations of one path; each kernel_PATH.c names the path and includes this.
 *
 * ONR_KERNEL is the name of the table to define, ONR_KERNEL_NAME the path's name for people. Which instructions are used is decided
 * by the flags that the Makefile gives the file.
 */
#ifndef ONR_MODEL_KERNEL_BODY_H
#define ONR_MODEL_KERNEL_BODY_H

#include "common/model/kernel.h"
#include "common/model/kernel_attention.h"
#include "common/model/kernel_dense.h"
#include "common/model/kernel_product.h"
#include "common/model/kernel_vector.h"

#define NORM_EPSILON 1e-12f

/* -- linear layers */

/* Sums to values, for a tile of products at (row, column). Inlined for each `then`, so that the loop has no branch. */
ALWAYS_INLINE void
finish_tile(const enum onr_then then, const int32_t *tile, const struct onr_quantised *a,
            const struct onr_matrix *w, size_t row, size_t rows, size_t column, float *out,
            size_t ld)
{
    for (size_t n = 0; n < TILE_COLUMNS; n += LANES) {
        vi colsum = load_int(w->colsum + column + n);
        vf scale = load(w->scale + column + n), bias = load(w->bias + column + n);

        for (size_t m = 0; m < rows; m++) {
            float *to = out + (row + m) * ld + column + n;
            vi sum = load_int(tile + m * TILE_COLUMNS + n) - splat_int(a->zero[row + m]) * colsum;
            vf v = to_float(sum) * splat(a->scale[row + m]);

            v = v * scale + bias;
            if (then == ONR_THEN_GELU)
                v = gelu(v);
            if (then == ONR_THEN_ADD)
                v = v + load(to);
            store(to, v);
        }
    }
}

ALWAYS_INLINE void
linear_then(const enum onr_then then, const struct onr_quantised *a, size_t rows,
            const struct onr_matrix *w, float *out, size_t ld)
{
    _Alignas(ONR_ALIGN) int32_t tile[TILE_ROWS * TILE_COLUMNS];

    products_begin();
    for (size_t n = 0; n < w->n; n += TILE_COLUMNS)
        for (size_t m = 0; m < rows; m += TILE_ROWS) {
            size_t some = rows - m < TILE_ROWS ? rows - m : TILE_ROWS;

            product_tile(a->q + m * w->k, w->k, some, w->packed + n * w->k, tile);
            finish_tile(then, tile, a, w, m, some, n, out, ld);
        }
    products_end();
}

static inline void
linear(const struct onr_quantised *a, size_t rows, const struct onr_matrix *w, enum onr_then then,
       float *out, size_t ld)
{
    if (then == ONR_THEN_GELU)
        linear_then(ONR_THEN_GELU, a, rows, w, out, ld);
    else if (then == ONR_THEN_ADD)
        linear_then(ONR_THEN_ADD, a, rows, w, out, ld);
    else
        linear_then(ONR_THEN_STORE, a, rows, w, out, ld);
}

/* -- rows */

/* 0 always lies within the range of a row, so that a zero is exact. */
ALWAYS_INLINE void
range_of(const float *x, size_t n, float *ret_low, float *ret_high)
{
    vf low[LANES_16], high[LANES_16];
    float l[16], h[16];

    for (int j = 0; j < LANES_16; j++)
        low[j] = high[j] = splat(0.0f);
    for (size_t i = 0; i < n; i += 16)
        for (int j = 0; j < LANES_16; j++) {
            vf v = load(x + i + (size_t) j * LANES);

            low[j] = smaller(low[j], v);
            high[j] = larger(high[j], v);
        }
    memcpy(l, low, sizeof l);
    memcpy(h, high, sizeof h);
    *ret_low = *ret_high = 0.0f;
    for (int i = 0; i < 16; i++) {
        *ret_low = l[i] < *ret_low ? l[i] : *ret_low;
        *ret_high = h[i] > *ret_high ? h[i] : *ret_high;
    }
}

static inline void
quantise(const float *x, size_t rows, size_t k, struct onr_quantised *ret)
{
    uint8_t *q = ret->q;

    for (size_t m = 0; m < rows; m++, x += k, q += k) {
        float low, high, range, factor, zero;

        range_of(x, k, &low, &high);
        range = high - low > SMALLEST ? high - low : SMALLEST;
        factor = 127.0f / range;
        zero = (-low * factor + ROUND_MAGIC) - ROUND_MAGIC;
        ret->scale[m] = range / 127.0f;
        ret->zero[m] = (int32_t) zero;
        for (size_t i = 0; i < k; i += LANES) {
            vf v = load(x + i) * splat(factor) + splat(zero);

            store_u8(q + i, round_int(smaller(larger(v, splat(0.0f)), splat(127.0f))));
        }
    }
}

static inline void
norm(float *x, size_t rows, size_t n, const float *gain, const float *bias)
{
    for (size_t m = 0; m < rows; m++, x += n) {
        vf sum[LANES_16], mean, factor;

        for (int j = 0; j < LANES_16; j++)
            sum[j] = splat(0.0f);
        for (size_t i = 0; i < n; i += 16)
            for (int j = 0; j < LANES_16; j++)
                sum[j] = sum[j] + load(x + i + (size_t) j * LANES);
        mean = splat(sum_16(sum) / (float) n);
        for (int j = 0; j < LANES_16; j++)
            sum[j] = splat(0.0f);
        for (size_t i = 0; i < n; i += 16)
            for (int j = 0; j < LANES_16; j++) {
                vf d = load(x + i + (size_t) j * LANES) - mean;

                sum[j] = sum[j] + d * d;
            }
        /* The square root is one instruction and rounded correctly everywhere; -fno-math-errno keeps the call away. */
        factor = splat(1.0f / __builtin_sqrtf(sum_16(sum) / (float) n + NORM_EPSILON));
        for (size_t i = 0; i < n; i += LANES)
            store(x + i, (load(x + i) - mean) * factor * load(gain + i) + load(bias + i));
    }
}

#ifdef ONR_KERNEL
const struct onr_kernel ONR_KERNEL = { ONR_KERNEL_NAME, quantise, linear, norm,
                                       attend,          dense,    dot,    blend };
#endif

#endif
