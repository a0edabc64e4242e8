/* common/model/kernel_avx2.c - x86-64 since 2013 (Haswell, Zen). */
#include "common/model/kernel_paths.h"

#ifdef __x86_64__
#define ONR_KERNEL      onr_kernel_avx2
#define ONR_KERNEL_NAME "avx2"
#include "common/model/kernel_body.h"
#endif
