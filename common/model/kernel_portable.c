/* common/model/kernel_portable.c - plain C, what the others must equal. */
#include "common/model/kernel_paths.h"

#define ONR_KERNEL_PORTABLE 1
#define ONR_KERNEL          onr_kernel_portable
#define ONR_KERNEL_NAME     "portable"
#include "common/model/kernel_body.h"
