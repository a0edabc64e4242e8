/* common/model/kernel_avx512.c - 512-bit vectors without dot products (Skylake server). */
#include "common/model/kernel_paths.h"

#ifdef __x86_64__
#define ONR_KERNEL      onr_kernel_avx512
#define ONR_KERNEL_NAME "avx512"
#include "common/model/kernel_body.h"
#endif
