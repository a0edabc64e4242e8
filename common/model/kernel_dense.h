/* common/model/kernel_dense.h - products of one row of floats with many: what the heads are made of.
 *
 * Included by the kernel_PATH.c files only. A head reads a few states of a window, so that there is nothing to gain by making its
 * inputs integers; its weights are s8, which is a quarter of the memory to stream. Each sum is one of 16 lanes, as everywhere; some
 * outputs at a time, since one sum alone waits for its own additions.
 */
#ifndef ONR_MODEL_KERNEL_DENSE_H
#define ONR_MODEL_KERNEL_DENSE_H

#include "common/model/kernel.h"
#include "common/model/kernel_vector.h"

#define DENSE_ROWS (VECTOR / 8) /* sums that fit the registers */
#define BLEND      4            /* registers of a row that are summed at a time */

/* LANES values of a row at i; a row is of s8 or of floats. */
ALWAYS_INLINE vf
load_row(const int is_s8, const void *row, size_t i)
{
    return is_s8 ? load_s8((const int8_t *) row + i) : load((const float *) row + i);
}

/* Sums of x times rows first to first + DENSE_ROWS - 1; those behind the last repeat the first, so that the loop has no remainder. */
ALWAYS_INLINE void
dot_rows(const int is_s8, const float *x, const void *rows, size_t first, size_t n, size_t k,
         float ret[DENSE_ROWS])
{
    const void *row[DENSE_ROWS];
    vf sum[DENSE_ROWS][LANES_16];

    UNROLL for (size_t r = 0; r < DENSE_ROWS; r++)
    {
        size_t at = (first + r < n ? first + r : first) * k;

        row[r] = is_s8 ? (const void *) ((const int8_t *) rows + at)
                       : (const void *) ((const float *) rows + at);
        UNROLL for (int j = 0; j < LANES_16; j++) sum[r][j] = splat(0.0f);
    }
    for (size_t i = 0; i < k; i += 16)
        UNROLL for (int j = 0; j < LANES_16; j++)
        {
            vf v = load(x + i + (size_t) j * LANES);

            UNROLL for (size_t r = 0; r < DENSE_ROWS; r++) sum[r][j]
                = sum[r][j] + v * load_row(is_s8, row[r], i + (size_t) j * LANES);
        }
    UNROLL for (size_t r = 0; r < DENSE_ROWS; r++) ret[r] = sum_16(sum[r]);
}

static inline void
dense(const float *x, const struct onr_dense *w, float *out)
{
    float sum[DENSE_ROWS];

    for (size_t n = 0; n < w->n; n += DENSE_ROWS) {
        dot_rows(1, x, w->weight, n, w->n, w->k, sum);
        for (size_t r = 0; r < DENSE_ROWS && n + r < w->n; r++)
            out[n + r] = sum[r] * w->scale[n + r] + w->bias[n + r];
    }
}

static inline void
dot(const float *x, const float *rows, size_t n, size_t k, float *out)
{
    float sum[DENSE_ROWS];

    for (size_t i = 0; i < n; i += DENSE_ROWS) {
        dot_rows(0, x, rows, i, n, k, sum);
        for (size_t r = 0; r < DENSE_ROWS && i + r < n; r++)
            out[i + r] = sum[r];
    }
}

static inline void
blend(const float *weight, const float *rows, size_t n, size_t k, float *out)
{
    for (size_t j = 0; j < k; j += BLEND * LANES) {
        vf sum[BLEND];

        UNROLL for (int b = 0; b < BLEND; b++) sum[b] = splat(0.0f);
        for (size_t i = 0; i < n; i++)
            UNROLL for (int b = 0; b < BLEND; b++) sum[b]
                = sum[b] + splat(weight[i]) * load(rows + i * k + j + (size_t) b * LANES);
        UNROLL for (int b = 0; b < BLEND; b++) store(out + j + (size_t) b * LANES, sum[b]);
    }
}

#endif
