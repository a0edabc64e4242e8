/* common/model/kernel_product.h - the innermost loop: a tile of TILE_ROWS x TILE_COLUMNS products of u7 rows and packed s8 weights.
 *
 * Included by the kernel_PATH.c files only. product_tile() is the one function that each instruction set writes for itself. `a` has
 * `rows` (1 to TILE_ROWS) rows, k apart; further rows repeat the first, so that the loop has no remainder. AMX alone reads beyond
 * (ONR_ROWS_PAD). `b` is the first of TILE_COLUMNS / 16 packed panels, each k * 16 bytes. Not inlined: gcc then gives every
 * accumulator its register.
 */
#ifndef ONR_MODEL_KERNEL_PRODUCT_H
#define ONR_MODEL_KERNEL_PRODUCT_H

#include "common/model/kernel_vector.h"

#define NOT_INLINE static __attribute__((noinline, unused))

/* Four activations as the 32 bits that are multiplied with each group of four weights. */
ALWAYS_INLINE int32_t
four_u8(const uint8_t *p)
{
    int32_t x;

    memcpy(&x, p, sizeof x);
    return x;
}

#if defined(__AMX_INT8__) && !defined(ONR_KERNEL_PORTABLE)
#define TILE_ROWS    32
#define TILE_COLUMNS 32

/* What LDTILECFG reads: palette 1, eight tiles of 16 rows of 64 bytes. */
struct tile_config {
    _Alignas(64) uint8_t palette;
    uint8_t start_row, reserved[14];
    uint16_t row_bytes[16];
    uint8_t rows[16];
};

ALWAYS_INLINE void
products_begin(void)
{
    struct tile_config c = { .palette = 1 };

    for (int i = 0; i < 8; i++) {
        c.rows[i] = 16;
        c.row_bytes[i] = 64;
    }
    _tile_loadconfig(&c);
}

ALWAYS_INLINE void
products_end(void)
{
    _tile_release();
}

/* Tiles 0 to 3 are the sums (two by two), 4 and 5 rows of a, 6 and 7 panels of b. */
NOT_INLINE void
product_tile(const uint8_t *a, size_t k, size_t rows, const int8_t *b, int32_t *ret)
{
    const int8_t *b1 = b + k * 16;

    (void) rows;
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
    for (size_t i = 0; i < k; i += 64) {
        _tile_loadd(4, a + i, k);
        _tile_loadd(6, b + i * 16, 64);
        _tile_dpbusd(0, 4, 6);
        _tile_loadd(7, b1 + i * 16, 64);
        _tile_dpbusd(1, 4, 7);
        _tile_loadd(5, a + 16 * k + i, k);
        _tile_dpbusd(2, 5, 6);
        _tile_dpbusd(3, 5, 7);
    }
    _tile_stored(0, ret, 128);
    _tile_stored(1, ret + 16, 128);
    _tile_stored(2, ret + 16 * 32, 128);
    _tile_stored(3, ret + 16 * 32 + 16, 128);
}
#else
ALWAYS_INLINE void
products_begin(void)
{
}

ALWAYS_INLINE void
products_end(void)
{
}

#if VECTOR == 64
#define TILE_ROWS 6
#ifdef __AVX512VNNI__
#define PANELS         4
#define DOT_4(c, a, b) _mm512_dpbusd_epi32(c, a, b)
#else
#define PANELS 2
/* Pairs of products fit s16, because activations are at most 127: 2 * 127 * 128 < 2^15. */
#define DOT_4(c, a, b)                                                                             \
    _mm512_add_epi32(c, _mm512_madd_epi16(_mm512_maddubs_epi16(a, b), _mm512_set1_epi16(1)))
#endif
#define TILE_COLUMNS (16 * PANELS)

NOT_INLINE void
product_tile(const uint8_t *a, size_t k, size_t rows, const int8_t *b, int32_t *ret)
{
    const uint8_t *row[TILE_ROWS];
    __m512i sum[TILE_ROWS][PANELS];

    UNROLL for (size_t i = 0; i < TILE_ROWS; i++)
    {
        row[i] = a + (i < rows ? i : 0) * k;
        UNROLL for (size_t p = 0; p < PANELS; p++) sum[i][p] = _mm512_setzero_si512();
    }
    for (size_t j = 0; j < k; j += 4, b += 64) {
        __m512i panel[PANELS];

        UNROLL for (size_t p = 0; p < PANELS; p++) panel[p] = _mm512_load_si512(b + p * k * 16);
        UNROLL for (size_t i = 0; i < TILE_ROWS; i++)
        {
            __m512i x = _mm512_set1_epi32(four_u8(row[i] + j));

            UNROLL for (size_t p = 0; p < PANELS; p++) sum[i][p] = DOT_4(sum[i][p], x, panel[p]);
        }
    }
    UNROLL for (size_t i = 0; i < TILE_ROWS; i++)
    {
        UNROLL for (size_t p = 0; p < PANELS; p++)
            _mm512_store_si512(ret + i * TILE_COLUMNS + p * 16, sum[i][p]);
    }
}
#elif VECTOR == 32
#ifdef __AVXVNNI__
#define TILE_ROWS      6
#define DOT_4(c, a, b) _mm256_dpbusd_avx_epi32(c, a, b)
#else
#define TILE_ROWS 4
#define DOT_4(c, a, b)                                                                             \
    _mm256_add_epi32(c, _mm256_madd_epi16(_mm256_maddubs_epi16(a, b), _mm256_set1_epi16(1)))
#endif
#define TILE_COLUMNS 16

NOT_INLINE void
product_tile(const uint8_t *a, size_t k, size_t rows, const int8_t *b, int32_t *ret)
{
    const uint8_t *row[TILE_ROWS];
    __m256i sum[TILE_ROWS][2];

    UNROLL for (size_t i = 0; i < TILE_ROWS; i++)
    {
        row[i] = a + (i < rows ? i : 0) * k;
        sum[i][0] = sum[i][1] = _mm256_setzero_si256();
    }
    for (size_t j = 0; j < k; j += 4, b += 64) {
        __m256i b0 = _mm256_load_si256((const __m256i *) b);
        __m256i b1 = _mm256_load_si256((const __m256i *) (b + 32));

        UNROLL for (size_t i = 0; i < TILE_ROWS; i++)
        {
            __m256i x = _mm256_set1_epi32(four_u8(row[i] + j));

            sum[i][0] = DOT_4(sum[i][0], x, b0);
            sum[i][1] = DOT_4(sum[i][1], x, b1);
        }
    }
    UNROLL for (size_t i = 0; i < TILE_ROWS; i++)
    {
        _mm256_store_si256((__m256i *) (ret + i * 16), sum[i][0]);
        _mm256_store_si256((__m256i *) (ret + i * 16 + 8), sum[i][1]);
    }
}
#elif defined(__ARM_FEATURE_DOTPROD) && !defined(ONR_KERNEL_PORTABLE)
#define TILE_ROWS    4
#define TILE_COLUMNS 16

/* Activations up to 127 are the same signed, so that the signed dot product does. */
NOT_INLINE void
product_tile(const uint8_t *a, size_t k, size_t rows, const int8_t *b, int32_t *ret)
{
    int32x4_t sum[TILE_ROWS][4];

    UNROLL for (size_t i = 0; i < TILE_ROWS; i++)
    {
        UNROLL for (size_t p = 0; p < 4; p++) sum[i][p] = vdupq_n_s32(0);
    }
    for (size_t j = 0; j < k; j += 4, b += 64) {
        UNROLL for (size_t i = 0; i < TILE_ROWS; i++)
        {
            int8x16_t x = vreinterpretq_s8_s32(
                vdupq_n_s32(four_u8(a + (i < rows ? i : 0) * k + j)));

            UNROLL for (size_t p = 0; p < 4; p++) sum[i][p] = vdotq_s32(sum[i][p], x,
                                                                        vld1q_s8(b + 16 * p));
        }
    }
    UNROLL for (size_t i = 0; i < TILE_ROWS; i++)
    {
        UNROLL for (size_t p = 0; p < 4; p++) vst1q_s32(ret + i * 16 + 4 * p, sum[i][p]);
    }
}
#else
#define TILE_ROWS    1
#define TILE_COLUMNS 16

NOT_INLINE void
product_tile(const uint8_t *a, size_t k, size_t rows, const int8_t *b, int32_t *ret)
{
    int32_t sum[16] = { 0 };

    (void) rows;
    for (size_t j = 0; j < k; j += 4, b += 64)
        for (int i = 0; i < 16; i++)
            sum[i] += a[j] * b[4 * i] + a[j + 1] * b[4 * i + 1] + a[j + 2] * b[4 * i + 2]
                      + a[j + 3] * b[4 * i + 3];
    memcpy(ret, sum, sizeof sum);
}
#endif
#endif

#endif
