/* common/model/kernel_amx.c - matrix tiles (Sapphire Rapids); the rest as AVX512-VNNI. */
#include "common/model/kernel_paths.h"

#ifdef __x86_64__
#define ONR_KERNEL      onr_kernel_amx
#define ONR_KERNEL_NAME "amx"
#include "common/model/kernel_body.h"
#endif
