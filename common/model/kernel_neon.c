/* common/model/kernel_neon.c - 64-bit ARM with dot products (ARMv8.2). */
#include "common/model/kernel_paths.h"

#ifdef __aarch64__
#define ONR_KERNEL      onr_kernel_neon
#define ONR_KERNEL_NAME "neon"
#include "common/model/kernel_body.h"
#endif
