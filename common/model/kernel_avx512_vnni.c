/* common/model/kernel_avx512_vnni.c - 512-bit dot products (Cascade Lake, Zen 4). */
#include "common/model/kernel_paths.h"

#ifdef __x86_64__
#define ONR_KERNEL      onr_kernel_avx512_vnni
#define ONR_KERNEL_NAME "avx512-vnni"
#include "common/model/kernel_body.h"
#endif
