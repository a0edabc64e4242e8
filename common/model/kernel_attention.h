/* common/model/kernel_attention.h - one attention head over one window, in integers.
 *
 * Included by the kernel_PATH.c files only. Queries and keys become s16 of 12 bits and sign, values s16 of 9, each by the largest
 * magnitude of the head: scores are exact s32. Softmax turns a row of scores into weights of 0..8191 and their exact sum; weights
 * times values is exact again, and one division by the sum ends it. 32 rows of queries at a time keep the scores in the first cache.
 *
 * Packed operands of the s16 products are [n / 16][k / 2][16][2]: 16 columns by 2 of the summed dimension.
 */
#ifndef ONR_MODEL_KERNEL_ATTENTION_H
#define ONR_MODEL_KERNEL_ATTENTION_H

#include "common/model/kernel.h"
#include "common/model/kernel_product.h"

#define QUERY_MAX  4095.0f /* of queries and keys: 4095 * 4095 * 32 < 2^30 */
#define VALUE_MAX  511.0f
#define WEIGHT_MAX 8191.0f
#define SMALLEST   1e-20f /* a head that is all zero is scaled as if this were its largest */
#define QUERY_ROWS 32
/* Softmax is computed as 2^(x * log2 e); scores are divided by the root of the head's 32 values. */
#define SCORE_FACTOR (0.17677669f * 1.44269504f)

#if VECTOR == 64
#define S16_ROWS 8
typedef __m512i v16;
#define V16_LOAD(p)     _mm512_load_si512(p)
#define V16_STORE(p, v) _mm512_storeu_si512(p, v)
#define V16_SPLAT(x)    _mm512_set1_epi32(x)
#ifdef __AVX512VNNI__
#define V16_DOT_2(c, a, b) _mm512_dpwssd_epi32(c, a, b)
#else
#define V16_DOT_2(c, a, b) _mm512_add_epi32(c, _mm512_madd_epi16(a, b))
#endif
#elif VECTOR == 32
#define S16_ROWS        4
typedef __m256i v16;
#define V16_LOAD(p)     _mm256_load_si256((const __m256i *) (p))
#define V16_STORE(p, v) _mm256_storeu_si256((__m256i *) (p), v)
#define V16_SPLAT(x)    _mm256_set1_epi32(x)
#ifdef __AVXVNNI__
#define V16_DOT_2(c, a, b) _mm256_dpwssd_avx_epi32(c, a, b)
#else
#define V16_DOT_2(c, a, b) _mm256_add_epi32(c, _mm256_madd_epi16(a, b))
#endif
#endif

#if VECTOR > 16
ALWAYS_INLINE int32_t
two_s16(const int16_t *p)
{
    int32_t x;

    memcpy(&x, p, sizeof x);
    return x;
}

/* Two registers of columns at a time (`wide`), or one; `apart` s16 from the first's operand to the second's. */
ALWAYS_INLINE void
product_s16_columns(const int wide, size_t apart, const int16_t *a, size_t ld_a, size_t rows,
                    const int16_t *b, size_t k, int32_t *ret, size_t ld)
{
    for (size_t m = 0; m < rows; m += S16_ROWS) {
        const int16_t *row[S16_ROWS];
        v16 sum[S16_ROWS][2];

        UNROLL for (size_t i = 0; i < S16_ROWS; i++)
        {
            row[i] = a + (m + i < rows ? m + i : m) * ld_a;
            sum[i][0] = sum[i][1] = V16_SPLAT(0);
        }
        for (size_t j = 0; j < k; j += 2) {
            v16 b0 = V16_LOAD(b + 16 * j), b1 = wide ? V16_LOAD(b + 16 * j + apart) : b0;

            UNROLL for (size_t i = 0; i < S16_ROWS; i++)
            {
                v16 x = V16_SPLAT(two_s16(row[i] + j));

                sum[i][0] = V16_DOT_2(sum[i][0], x, b0);
                if (wide)
                    sum[i][1] = V16_DOT_2(sum[i][1], x, b1);
            }
        }
        UNROLL for (size_t i = 0; i < S16_ROWS; i++) if (m + i < rows)
        {
            V16_STORE(ret + (m + i) * ld, sum[i][0]);
            if (wide)
                V16_STORE(ret + (m + i) * ld + LANES, sum[i][1]);
        }
    }
}

/* a [rows][k] times packed b [k][n] into ret [rows][n]; k even, n a multiple of 16. */
NOT_INLINE void
product_s16(const int16_t *a, size_t ld_a, size_t rows, const int16_t *b, size_t k, size_t n,
            int32_t *ret, size_t ld)
{
    const size_t step = 2 * LANES; /* two panels (AVX-512), or both halves of one (AVX2) */
    const size_t apart = VECTOR == 64 ? 16 * k : 16;
    size_t j = 0;

    for (; j + step <= n; j += step)
        product_s16_columns(1, apart, a, ld_a, rows, b + j * k, k, ret + j, ld);
    if (j < n)
        product_s16_columns(0, apart, a, ld_a, rows, b + j * k, k, ret + j, ld);
}
#else
NOT_INLINE void
product_s16(const int16_t *a, size_t ld_a, size_t rows, const int16_t *b, size_t k, size_t n,
            int32_t *ret, size_t ld)
{
    for (size_t j = 0; j < n; j += 16, b += 16 * k)
        for (size_t m = 0; m < rows; m++) {
            const int16_t *row = a + m * ld_a;
            int32_t sum[16] = { 0 };

            for (size_t i = 0; i < k; i += 2)
                for (size_t c = 0; c < 16; c++)
                    sum[c] += row[i] * b[16 * i + 2 * c] + row[i + 1] * b[16 * i + 2 * c + 1];
            memcpy(ret + m * ld + j, sum, sizeof sum);
        }
}
#endif

/* Largest magnitude in x [rows][32], at least SMALLEST. Bits of positive floats are ordered as integers. */
NOT_INLINE float
largest(const float *x, size_t ld, size_t rows)
{
    vi all = splat_int(0), no_sign = splat_int(0x7fffffff);
    int32_t lane[LANES], top = 0;
    float ret;

    for (size_t m = 0; m < rows; m++, x += ld)
        for (int i = 0; i < ONR_HEAD; i += LANES)
            all = larger_int(all, (vi) load(x + i) & no_sign);
    memcpy(lane, &all, sizeof lane);
    for (int i = 0; i < LANES; i++)
        top = lane[i] > top ? lane[i] : top;
    memcpy(&ret, &top, sizeof ret);
    return ret > SMALLEST ? ret : SMALLEST;
}

NOT_INLINE void
pack_queries(const float *x, size_t ld, size_t rows, float factor, int16_t *ret)
{
    vf f = splat(factor);

    for (size_t m = 0; m < rows; m++, x += ld, ret += ONR_HEAD)
        for (int i = 0; i < ONR_HEAD; i += LANES)
            store_s16(ret + i, round_int(load(x + i) * f));
}

/* Keys are the columns of the first product: pairs of a key's values go 16 pairs apart. */
NOT_INLINE void
pack_keys(const float *x, size_t ld, size_t rows, float factor, int16_t *ret)
{
    vf f = splat(factor);

    for (size_t m = 0; m < rows; m++, x += ld) {
        int16_t key[ONR_HEAD];
        int16_t *to = ret + m / 16 * 16 * ONR_HEAD + m % 16 * 2;

        for (int i = 0; i < ONR_HEAD; i += LANES)
            store_s16(key + i, round_int(load(x + i) * f));
        for (int i = 0; i < ONR_HEAD / 2; i++)
            memcpy(to + 32 * i, key + 2 * i, 2 * sizeof *key);
    }
}

/* Values are summed over pieces: two rows interleave, the even one in the low half of 32 bits. */
NOT_INLINE void
pack_values(const float *x, size_t ld, size_t rows, float factor, int16_t *ret)
{
    vf f = splat(factor);
    vi low = splat_int(0xffff);

    for (size_t m = 0; m < rows; m += 2, x += 2 * ld)
        for (size_t half = 0; half < 2; half++)
            for (size_t i = 0; i < 16; i += LANES) {
                vi even = round_int(load(x + 16 * half + i) * f);
                vi odd = round_int(load(x + ld + 16 * half + i) * f);
                vi pair = (even & low) | (odd << 16);

                memcpy(ret + half * rows * 16 + m * 16 + 2 * i, &pair, sizeof pair);
            }
}

/* One row of scores to weights, and their sum. Behind `len` up to `padded` weights are 0, whatever the scores there were. */
ALWAYS_INLINE int32_t
softmax_row(int32_t *score, size_t len, size_t padded, float factor, int16_t *ret)
{
    int32_t lane[LANES], top, total = 0;
    vi highest, sum = splat_int(0);
    vf f = splat(factor), full = splat(WEIGHT_MAX);

    for (size_t i = len; i < padded; i++)
        score[i] = score[0];
    highest = load_int(score);
    for (size_t i = LANES; i < padded; i += LANES)
        highest = larger_int(highest, load_int(score + i));
    memcpy(lane, &highest, sizeof lane);
    top = lane[0];
    for (int i = 1; i < LANES; i++)
        top = lane[i] > top ? lane[i] : top;
    highest = splat_int(top);
    for (size_t i = 0; i < padded; i += LANES) {
        vi w = round_int(exp2_below_0(to_float(load_int(score + i) - highest) * f) * full);

        sum = sum + w;
        store_s16(ret + i, w);
    }
    memcpy(lane, &sum, sizeof lane);
    for (int i = 0; i < LANES; i++)
        total += lane[i];
    for (size_t i = len; i < padded; i++) {
        total -= ret[i];
        ret[i] = 0;
    }
    return total;
}

static inline void
attend(const float *q, const float *k, const float *v, size_t ld, size_t len, float *out,
       size_t ld_out, struct onr_head_scratch *s)
{
    size_t padded = (len + 15) / 16 * 16;
    float top_q = largest(q, ld, len), top_k = largest(k, ld, len), top_v = largest(v, ld, len);
    float factor = (top_q / QUERY_MAX) * (top_k / QUERY_MAX) * SCORE_FACTOR;
    float unit = top_v / VALUE_MAX;

    pack_queries(q, ld, len, QUERY_MAX / top_q, s->q);
    pack_keys(k, ld, padded, QUERY_MAX / top_k, s->k);
    pack_values(v, ld, padded, VALUE_MAX / top_v, s->v);
    for (size_t m = 0; m < len; m += QUERY_ROWS) {
        size_t rows = len - m < QUERY_ROWS ? len - m : QUERY_ROWS;

        product_s16(s->q + m * ONR_HEAD, ONR_HEAD, rows, s->k, ONR_HEAD, padded, s->score, padded);
        for (size_t i = 0; i < rows; i++)
            s->total[i] = softmax_row(s->score + i * padded, len, padded, factor,
                                      s->weight + i * padded);
        product_s16(s->weight, padded, rows, s->v, padded, ONR_HEAD, s->sum, ONR_HEAD);
        for (size_t i = 0; i < rows; i++) {
            vf f = splat(unit / (float) s->total[i]);

            for (int j = 0; j < ONR_HEAD; j += LANES)
                store(out + (m + i) * ld_out + j,
                      to_float(load_int(s->sum + i * ONR_HEAD + j)) * f);
        }
    }
}

#endif
