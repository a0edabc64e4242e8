/* common/model/kernel_paths.h - the tables of all paths; those of another architecture are not defined. Use onr_kernel_find. */
#ifndef ONR_MODEL_KERNEL_PATHS_H
#define ONR_MODEL_KERNEL_PATHS_H

#include "common/model/kernel.h"

extern const struct onr_kernel onr_kernel_portable;
extern const struct onr_kernel onr_kernel_avx2;
extern const struct onr_kernel onr_kernel_avx_vnni;
extern const struct onr_kernel onr_kernel_avx512;
extern const struct onr_kernel onr_kernel_avx512_vnni;
extern const struct onr_kernel onr_kernel_amx;
extern const struct onr_kernel onr_kernel_neon;

#endif
