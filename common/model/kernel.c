/* common/model/kernel.c - see kernel.h: which paths this machine can run. */
#define _GNU_SOURCE /* syscall, for the kernel's leave to use AMX */
#include "common/model/kernel.h"

#include <stdbool.h>
#include <string.h>

#include "common/model/kernel_paths.h"

#ifdef __x86_64__
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ARCH_REQ_XCOMP_PERM 0x1023
#define XFEATURE_XTILEDATA  18

static bool
always(void)
{
    return true;
}

static bool
has_avx2(void)
{
    return __builtin_cpu_supports("avx2");
}

static bool
has_avx_vnni(void)
{
    unsigned a, b, c, d;

    return has_avx2() && __get_cpuid_count(7, 1, &a, &b, &c, &d) && (a >> 4 & 1);
}

static bool
has_avx512(void)
{
    return has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
           && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
}

static bool
has_avx512_vnni(void)
{
    return has_avx512() && __builtin_cpu_supports("avx512vnni");
}

/* Tiles are 8 KiB of state that Linux saves only for a process that asked; asking twice does no harm. */
static bool
has_amx(void)
{
    unsigned a, b, c, d;

    return has_avx512_vnni() && __get_cpuid_count(7, 0, &a, &b, &c, &d) && (d >> 24 & 3) == 3
           && syscall(SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA) == 0;
}

static const struct {
    const struct onr_kernel *kernel;
    bool (*here)(void);
} paths[] = {
    { &onr_kernel_amx, has_amx },           { &onr_kernel_avx512_vnni, has_avx512_vnni },
    { &onr_kernel_avx_vnni, has_avx_vnni }, { &onr_kernel_avx512, has_avx512 },
    { &onr_kernel_avx2, has_avx2 },         { &onr_kernel_portable, always },
};
#else
static bool
always(void)
{
    return true;
}

#ifdef __aarch64__
#include <sys/auxv.h>

#define DOT_PRODUCTS (1ul << 20) /* HWCAP_ASIMDDP */

static bool
has_dot_products(void)
{
    return getauxval(AT_HWCAP) & DOT_PRODUCTS;
}
#endif

static const struct {
    const struct onr_kernel *kernel;
    bool (*here)(void);
} paths[] = {
#ifdef __aarch64__
    { &onr_kernel_neon, has_dot_products },
#endif
    { &onr_kernel_portable, always },
};
#endif

#define PATHS (sizeof paths / sizeof *paths)

const struct onr_kernel *
onr_kernel_at(size_t i)
{
    for (size_t p = 0; p < PATHS; p++)
        if (paths[p].here() && i-- == 0)
            return paths[p].kernel;
    return NULL;
}

int
onr_kernel_find(const char *name, const struct onr_kernel **ret, struct onr_error *err)
{
    for (size_t p = 0; p < PATHS; p++)
        if ((!name || strcmp(name, paths[p].kernel->name) == 0) && paths[p].here()) {
            *ret = paths[p].kernel;
            return 0;
        }
    return onr_fail(err, ONR_ENOTFOUND, "this machine has no path '%s' for the model's arithmetic",
                    name);
}
