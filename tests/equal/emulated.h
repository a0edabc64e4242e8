/* tests/equal/emulated.h - AMX tiles and AVX-VNNI in plain C, as Intel's manual defines them.
 *
 * Forced in before kernel_amx.c and kernel_avx_vnni.c, so that their layout and loops are run on machines without the instructions.
 * What remains to a machine that has them is that the instructions do what the manual says.
 */
#ifndef ONR_TESTS_EMULATED_H
#define ONR_TESTS_EMULATED_H

#include <immintrin.h>
#include <stdint.h>
#include <string.h>

static struct {
    uint8_t byte[16][64];
} emulated_tile[8];
static uint8_t emulated_config[64];

__attribute__((unused)) static void
emulated_zero(int t)
{
    memset(&emulated_tile[t], 0, sizeof emulated_tile[t]);
}

__attribute__((unused)) static void
emulated_load(int t, const void *p, size_t stride)
{
    for (int r = 0; r < 16; r++)
        memcpy(emulated_tile[t].byte[r], (const char *) p + (size_t) r * stride, 64);
}

__attribute__((unused)) static void
emulated_store(int t, void *p, size_t stride)
{
    for (int r = 0; r < 16; r++)
        memcpy((char *) p + (size_t) r * stride, emulated_tile[t].byte[r], 64);
}

/* TDPBUSD: rows of a (unsigned) by columns of b (signed), b with four of the summed dimension side by side. */
__attribute__((unused)) static void
emulated_dot(int c, int a, int b)
{
    for (int m = 0; m < 16; m++)
        for (int n = 0; n < 16; n++) {
            int32_t sum;

            memcpy(&sum, emulated_tile[c].byte[m] + 4 * n, 4);
            for (int k = 0; k < 64; k++)
                sum += emulated_tile[a].byte[m][k]
                       * (int8_t) emulated_tile[b].byte[k / 4][4 * n + k % 4];
            memcpy(emulated_tile[c].byte[m] + 4 * n, &sum, 4);
        }
}

/* LDTILECFG faults on anything but this, for these tiles. */
__attribute__((unused)) static void
emulated_configure(const void *p)
{
    memcpy(emulated_config, p, 64);
    for (int t = 0; t < 8; t++)
        if (emulated_config[0] != 1 || emulated_config[16 + 2 * t] != 64
            || emulated_config[48 + t] != 16)
            __builtin_trap();
}

#undef _tile_zero
#undef _tile_loadd
#undef _tile_stored
#undef _tile_dpbusd
#undef _tile_loadconfig
#undef _tile_release
#define _tile_zero(t)              emulated_zero(t)
#define _tile_loadd(t, p, stride)  emulated_load(t, p, stride)
#define _tile_stored(t, p, stride) emulated_store(t, p, stride)
#define _tile_dpbusd(c, a, b)      emulated_dot(c, a, b)
#define _tile_loadconfig(p)        emulated_configure(p)
#define _tile_release()            memset(emulated_config, 0, sizeof emulated_config)

__attribute__((unused, target("avx2"))) static __m256i
emulated_dpbusd(__m256i c, __m256i a, __m256i b)
{
    uint8_t x[32];
    int8_t y[32];
    int32_t sum[8];

    memcpy(x, &a, 32);
    memcpy(y, &b, 32);
    memcpy(sum, &c, 32);
    for (int i = 0; i < 32; i++)
        sum[i / 4] += x[i] * y[i];
    memcpy(&c, sum, 32);
    return c;
}

__attribute__((unused, target("avx2"))) static __m256i
emulated_dpwssd(__m256i c, __m256i a, __m256i b)
{
    int16_t x[16], y[16];
    int32_t sum[8];

    memcpy(x, &a, 32);
    memcpy(y, &b, 32);
    memcpy(sum, &c, 32);
    for (int i = 0; i < 16; i++)
        sum[i / 2] += x[i] * y[i];
    memcpy(&c, sum, 32);
    return c;
}

#undef _mm256_dpbusd_avx_epi32
#undef _mm256_dpwssd_avx_epi32
#define _mm256_dpbusd_avx_epi32(c, a, b) emulated_dpbusd(c, a, b)
#define _mm256_dpwssd_avx_epi32(c, a, b) emulated_dpwssd(c, a, b)

#endif
