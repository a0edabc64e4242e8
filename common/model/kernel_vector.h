/* common/model/kernel_vector.h - vectors of float and s32 as wide as the instruction set at hand, with one meaning everywhere.
 *
 * Included by the kernel_PATH.c files only. GCC's vector types give + - * and comparisons; what they lack is written here for each
 * width. Reductions are over 16 lanes whatever the width: LANES_16 vectors side by side.
 */
#ifndef ONR_MODEL_KERNEL_VECTOR_H
#define ONR_MODEL_KERNEL_VECTOR_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __FAST_MATH__
#error "fast-math changes the bits of the result"
#endif

#if defined(ONR_KERNEL_PORTABLE)
#define VECTOR 16
#elif defined(__AVX512BW__)
#include <immintrin.h>
#define VECTOR 64
#elif defined(__AVX2__)
#include <immintrin.h>
#define VECTOR 32
#else
#ifdef __ARM_FEATURE_DOTPROD
#include <arm_neon.h>
#endif
#define VECTOR 16
#endif

#define LANES    (VECTOR / 4)
#define LANES_16 (16 / LANES)

/* Loops whose accumulators must stay in registers: without it gcc spills them and VNNI runs at half its speed. */
#ifdef __clang__
#define UNROLL _Pragma("unroll")
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif
#define ALWAYS_INLINE static inline __attribute__((always_inline))

typedef float vf __attribute__((vector_size(VECTOR)));
typedef int32_t vi __attribute__((vector_size(VECTOR)));
typedef float vf_anywhere __attribute__((vector_size(VECTOR), aligned(4)));
typedef int32_t vi_anywhere __attribute__((vector_size(VECTOR), aligned(4)));

ALWAYS_INLINE vf
load(const float *p)
{
    return (vf) * (const vf_anywhere *) p;
}

ALWAYS_INLINE void
store(float *p, vf v)
{
    *(vf_anywhere *) p = (vf_anywhere) v;
}

ALWAYS_INLINE vi
load_int(const int32_t *p)
{
    return (vi) * (const vi_anywhere *) p;
}

ALWAYS_INLINE void
store_int(int32_t *p, vi v)
{
    *(vi_anywhere *) p = (vi_anywhere) v;
}

#if VECTOR == 64
ALWAYS_INLINE vf
splat(float x)
{
    return (vf) _mm512_set1_ps(x);
}

ALWAYS_INLINE vi
splat_int(int32_t x)
{
    return (vi) _mm512_set1_epi32(x);
}

ALWAYS_INLINE vf
larger(vf a, vf b)
{
    return (vf) _mm512_max_ps((__m512) a, (__m512) b);
}

ALWAYS_INLINE vf
smaller(vf a, vf b)
{
    return (vf) _mm512_min_ps((__m512) a, (__m512) b);
}

ALWAYS_INLINE vi
larger_int(vi a, vi b)
{
    return (vi) _mm512_max_epi32((__m512i) a, (__m512i) b);
}

/* The low 8 bits of each lane, which hold 0..127. */
ALWAYS_INLINE void
store_u8(uint8_t *q, vi v)
{
    _mm_storeu_si128((__m128i *) q, _mm512_cvtepi32_epi8((__m512i) v));
}

/* Lanes that fit s16. */
ALWAYS_INLINE void
store_s16(int16_t *q, vi v)
{
    _mm256_storeu_si256((__m256i *) q, _mm512_cvtepi32_epi16((__m512i) v));
}

ALWAYS_INLINE vi
widen_s8(const int8_t *p)
{
    return (vi) _mm512_cvtepi8_epi32(_mm_loadu_si128((const __m128i *) p));
}
#elif VECTOR == 32
ALWAYS_INLINE vf
splat(float x)
{
    return (vf) _mm256_set1_ps(x);
}

ALWAYS_INLINE vi
splat_int(int32_t x)
{
    return (vi) _mm256_set1_epi32(x);
}

ALWAYS_INLINE vf
larger(vf a, vf b)
{
    return (vf) _mm256_max_ps((__m256) a, (__m256) b);
}

ALWAYS_INLINE vf
smaller(vf a, vf b)
{
    return (vf) _mm256_min_ps((__m256) a, (__m256) b);
}

ALWAYS_INLINE vi
larger_int(vi a, vi b)
{
    return (vi) _mm256_max_epi32((__m256i) a, (__m256i) b);
}

/* Both halves as eight s16. */
ALWAYS_INLINE __m128i
narrow(vi v)
{
    return _mm_packs_epi32(_mm256_castsi256_si128((__m256i) v),
                           _mm256_extracti128_si256((__m256i) v, 1));
}

ALWAYS_INLINE void
store_u8(uint8_t *q, vi v)
{
    _mm_storel_epi64((__m128i *) q, _mm_packus_epi16(narrow(v), narrow(v)));
}

ALWAYS_INLINE void
store_s16(int16_t *q, vi v)
{
    _mm_storeu_si128((__m128i *) q, narrow(v));
}

ALWAYS_INLINE vi
widen_s8(const int8_t *p)
{
    return (vi) _mm256_cvtepi8_epi32(_mm_loadl_epi64((const __m128i *) p));
}
#else
ALWAYS_INLINE vf
splat(float x)
{
    return (vf){ x, x, x, x };
}

ALWAYS_INLINE vi
splat_int(int32_t x)
{
    return (vi){ x, x, x, x };
}

ALWAYS_INLINE vi
either(vi mask, vi a, vi b)
{
    return (mask & a) | (~mask & b);
}

/* a > b ? a : b, as x86 does it: neither fmaxf nor NEON's maximum means the same for zeros. */
ALWAYS_INLINE vf
larger(vf a, vf b)
{
    return (vf) either((vi) (a > b), (vi) a, (vi) b);
}

ALWAYS_INLINE vf
smaller(vf a, vf b)
{
    return (vf) either((vi) (a < b), (vi) a, (vi) b);
}

ALWAYS_INLINE vi
larger_int(vi a, vi b)
{
    return either((vi) (a > b), a, b);
}

ALWAYS_INLINE void
store_u8(uint8_t *q, vi v)
{
    for (int i = 0; i < LANES; i++)
        q[i] = (uint8_t) v[i];
}

ALWAYS_INLINE void
store_s16(int16_t *q, vi v)
{
    for (int i = 0; i < LANES; i++)
        q[i] = (int16_t) v[i];
}

ALWAYS_INLINE vi
widen_s8(const int8_t *p)
{
#ifdef __ARM_FEATURE_DOTPROD
    int32_t four;

    memcpy(&four, p, sizeof four);
    return (vi) vmovl_s16(vget_low_s16(vmovl_s8(vreinterpret_s8_s32(vdup_n_s32(four)))));
#else
    return (vi){ p[0], p[1], p[2], p[3] };
#endif
}
#endif

ALWAYS_INLINE vf
to_float(vi v)
{
    return __builtin_convertvector(v, vf);
}

/* LANES of s8 as floats. */
ALWAYS_INLINE vf
load_s8(const int8_t *p)
{
    return to_float(widen_s8(p));
}

/* 1.5 * 2^23: adding it leaves the rounded integer in the low bits, ties to even, for |x| < 2^22. */
#define ROUND_MAGIC      12582912.0f
#define ROUND_MAGIC_BITS 0x4B400000

ALWAYS_INLINE vi
round_int(vf x)
{
    return (vi) (x + splat(ROUND_MAGIC)) - splat_int(ROUND_MAGIC_BITS);
}

/* Sum of 16 lanes as a tree, upper half to lower half: the order is the same for every width. */
#if VECTOR > 16
ALWAYS_INLINE float
sum_8(__m256 v)
{
    __m128 four = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));

    return _mm_cvtss_f32(_mm_add_ss(two, _mm_shuffle_ps(two, two, 1)));
}
#endif

ALWAYS_INLINE float
sum_16(const vf lanes[LANES_16])
{
#if VECTOR == 64
    __m512 v = (__m512) lanes[0];

    return sum_8(_mm256_add_ps(_mm512_castps512_ps256(v), _mm512_extractf32x8_ps(v, 1)));
#elif VECTOR == 32
    return sum_8((__m256) (lanes[0] + lanes[1]));
#else
    vf v = (lanes[0] + lanes[2]) + (lanes[1] + lanes[3]);

    return (v[0] + v[2]) + (v[1] + v[3]);
#endif
}

/* 2^x for x <= 0: the fraction by a polynomial of degree 4, the integer part straight into the exponent. */
ALWAYS_INLINE vf
exp2_below_0(vf x)
{
    vf f, p = splat(0.00957020878f);
    vi n;

    x = larger(x, splat(-100.0f)); /* 2^-100 counts for nothing, and is no denormal */
    n = round_int(x);
    f = x - to_float(n);
    p = p * f + splat(0.0559178779f);
    p = p * f + splat(0.240247423f);
    p = p * f + splat(0.693121812f);
    p = p * f + splat(0.999999262f);
    return (vf) ((vi) p + (n << 23));
}

/* x times the normal distribution's Phi(x), that by an odd polynomial of degree 15 on [-3.9, 3.9]; error 3e-5. */
ALWAYS_INLINE vf
gelu(vf x)
{
    vf c = smaller(larger(x, splat(-3.9f)), splat(3.9f));
    vf t = c * c * splat(0.0625f), p = splat(-0.405450955f);

    p = p * t + splat(1.94878755f);
    p = p * t + splat(-4.12350818f);
    p = p * t + splat(5.1194172f);
    p = p * t + splat(-4.20875523f);
    p = p * t + splat(2.45176324f);
    p = p * t + splat(-1.05603946f);
    p = p * t + splat(0.398734222f);
    return x * (p * c + splat(0.5f));
}

#endif
