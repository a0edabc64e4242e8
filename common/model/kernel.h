/* common/model/kernel.h - the arithmetic of the encoder, once for each instruction set, the same bits from all.
 *
 * Equal by construction: products are of integers and exact (weights s8, activations 0..127, attention in s16, sums in s32, none can
 * overflow within the limits below); floating point is used for one element at a time, or in sums of 16 fixed lanes added as a fixed
 * tree; there is no fused multiply-add, no mathematics library, no reassociation (the Makefile compiles these files so).
 * tests/equal runs every path under every compiler, level and architecture at hand.
 *
 * One packing of the weights serves all: [n / 16][k / 4][16][4], 16 outputs by 4 inputs in 64 bytes, which is one register of
 * AVX-512 and one row of an AMX tile.
 */
#ifndef ONR_MODEL_KERNEL_H
#define ONR_MODEL_KERNEL_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/error.h"

#define ONR_ALIGN             64   /* of weights and scratch: a cache line, the widest register */
#define ONR_WINDOW_MAX_PIECES 512  /* P <= 8191 times V <= 511 times 512 fits s32 */
#define ONR_HEAD              32   /* values in one attention head */
#define ONR_WIDTH_STEP        64   /* every dimension is a multiple of it */
#define ONR_WIDTH_MAX         4096 /* 127 * 128 * 4096 fits s32 three times over */
#define ONR_ROWS              128 /* rows in one call: their hidden values stay in the second cache */
#define ONR_ROWS_PAD                                                                               \
    32 /* further rows that are read, though their products are thrown away (AMX) */

/* Weights of one linear layer: out[n] = sum over k of in[k] * weight + bias. Borrowed from the model file, but colsum. */
struct onr_matrix {
    uint32_t k, n;
    const int8_t *packed;  /* aligned to ONR_ALIGN */
    const float *scale;    /* [n]; weight = packed * scale */
    const float *bias;     /* [n] */
    const int32_t *colsum; /* [n] sum over k of packed */
};

/* The same for one row of floats: weights in their natural order, [n][k]; k a multiple of 16. Borrowed from the model file. */
struct onr_dense {
    uint32_t k, n;
    const int8_t *weight;
    const float *scale, *bias; /* [n] */
};

/* Rows of activations: value = (q - zero) * scale, each row with its own. */
struct onr_quantised {
    uint8_t *q; /* [rows + ONR_ROWS_PAD][k], 0..127 */
    float *scale;
    int32_t *zero;
};

enum onr_then {
    ONR_THEN_STORE, /* out = product */
    ONR_THEN_GELU,  /* out = GELU(product) */
    ONR_THEN_ADD    /* out = out + product */
};

/* What one attention head needs while it is computed. */
struct onr_head_scratch {
    _Alignas(ONR_ALIGN) int16_t q[ONR_WINDOW_MAX_PIECES * ONR_HEAD];
    _Alignas(ONR_ALIGN) int16_t k[ONR_WINDOW_MAX_PIECES * ONR_HEAD];
    _Alignas(ONR_ALIGN) int16_t v[ONR_WINDOW_MAX_PIECES * ONR_HEAD];
    _Alignas(ONR_ALIGN) int32_t score[32 * ONR_WINDOW_MAX_PIECES];
    _Alignas(ONR_ALIGN) int16_t weight[32 * ONR_WINDOW_MAX_PIECES];
    _Alignas(ONR_ALIGN) int32_t sum[32 * ONR_HEAD];
    int32_t total[32];
};

struct onr_kernel {
    const char *name;
    /** Rows of x [rows][k] to 0..127, each with its scale and zero. */
    void (*quantise)(const float *x, size_t rows, size_t k, struct onr_quantised *ret);
    /** Product of `rows` (<= ONR_ROWS) rows with w into out [rows][n], rows `ld` apart. */
    void (*linear)(const struct onr_quantised *a, size_t rows, const struct onr_matrix *w,
                   enum onr_then then, float *out, size_t ld);
    /** Layer norm of each row of x [rows][n], in place. */
    void (*norm)(float *x, size_t rows, size_t n, const float *gain, const float *bias);
    /** One head over a window of len pieces: q, k, v are [len rounded up to 16][32], rows ld apart, zero behind len;
     *  out [len][32], rows ld_out apart. */
    void (*attend)(const float *q, const float *k, const float *v, size_t ld, size_t len,
                   float *out, size_t ld_out, struct onr_head_scratch *s);
    /** out[n] = sum over k of x[k] * weight[n][k], times scale, plus bias. */
    void (*dense)(const float *x, const struct onr_dense *w, float *out);
    /** out[i] = sum over k of x[k] * rows[i][k]; rows [n][k], k a multiple of 16. */
    void (*dot)(const float *x, const float *rows, size_t n, size_t k, float *out);
    /** out[j] = sum over i, in their order, of weight[i] * rows[i][j]; rows [n][k], k a multiple of ONR_WIDTH_STEP. */
    void (*blend)(const float *weight, const float *rows, size_t n, size_t k, float *out);
};

/** Best path of this machine for name NULL, else the one of that name ("portable", "avx2", "avx-vnni", "avx512", "avx512-vnni",
 *  "amx", "neon"). -ONR_ENOTFOUND for a name that is none, or none here. */
ONR_MUST_USE int onr_kernel_find(const char *name, const struct onr_kernel **ret,
                                 struct onr_error *err);

/** i-th path that this machine can run, best first; NULL behind the last, which is portable C. */
const struct onr_kernel *onr_kernel_at(size_t i);

#endif
