/* common/model/kernel_avx_vnni.c - 256-bit dot products (Alder Lake, Zen 5). */
#include "common/model/kernel_paths.h"

#ifdef __x86_64__
#define ONR_KERNEL      onr_kernel_avx_vnni
#define ONR_KERNEL_NAME "avx-vnni"
#include "common/model/kernel_body.h"
#endif
