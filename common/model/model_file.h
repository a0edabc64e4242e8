/* common/model/model_file.h - the model's one file: named arrays, mapped read-only, trusted in nothing.
 *
 *   0  "onrmodel"          8  version, 32 bits       12  number of sections, 32 bits
 *  16  size of the file, 64 bits                     24  zero, 64 bits
 *  32  SHA-256 of all that follows                   64  the sections, 64 bytes each:
 *                                                        name (32, ended and filled with zeros), type, rows, columns, zero
 *                                                        (32 bits each), offset, size (64 bits each)
 *
 * Numbers are little-endian. Sections lie in the order of their table, each at the next multiple of 64 behind the one before, the
 * last ends the file: for given arrays there is one file. Every float is finite and within ONR_MODEL_FLOAT_MAX, so that no sum of
 * the encoder can become infinite minus infinite: NaN has different bits on x86 and ARM.
 *
 * The file must not be cut short while it is mapped (replace it, as `install` does).
 */
#ifndef ONR_MODEL_MODEL_FILE_H
#define ONR_MODEL_MODEL_FILE_H

#include "common/base/error.h"
#include "common/base/sha256.h"

#define ONR_MODEL_VERSION      1
#define ONR_MODEL_FILE_MAX     (256u << 20) /* ten times the model that is meant to be */
#define ONR_MODEL_SECTIONS_MAX 1024
#define ONR_MODEL_NAME_MAX     32
#define ONR_MODEL_FLOAT_MAX    1024.0f /* no trained weight comes near */

enum onr_model_type { ONR_MODEL_U8 = 1, ONR_MODEL_S8 = 2, ONR_MODEL_U32 = 3, ONR_MODEL_F32 = 4 };

struct onr_model_file;

/** Map and check a file. Returns owned. Errors: -ONR_ENOTFOUND, -ONR_EIO, -ONR_ECONFIG (not a model, damaged, another version),
 *  -ONR_ENOMEM. */
ONR_MUST_USE int onr_model_file_open(const char *path, struct onr_model_file **ret,
                                     struct onr_error *err);
/** The same over bytes in memory, aligned to 64. Borrows them. */
ONR_MUST_USE int onr_model_file_over(struct onr_span bytes, struct onr_model_file **ret,
                                     struct onr_error *err);
void onr_model_file_free(struct onr_model_file *f);

/** SHA-256 over the whole file. Valid while f is. */
const uint8_t *onr_model_file_fingerprint(const struct onr_model_file *f);

/** The array `name` of this type and shape, aligned to 64, valid while f is. -ONR_ECONFIG when there is none such. */
ONR_MUST_USE int onr_model_file_array(const struct onr_model_file *f, const char *name,
                                      enum onr_model_type type, uint64_t rows, uint64_t columns,
                                      const void **ret, struct onr_error *err);
/** Shape of the array `name` of this type. -ONR_ECONFIG when there is none such. */
ONR_MUST_USE int onr_model_file_shape(const struct onr_model_file *f, const char *name,
                                      enum onr_model_type type, uint32_t *ret_rows,
                                      uint32_t *ret_columns, struct onr_error *err);

#endif
