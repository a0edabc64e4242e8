/* common/base/file.h - files read whole and written whole.
 *
 * Errors name the path and the system's reason.
 */
#ifndef ONR_BASE_FILE_H
#define ONR_BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"

/** Append the whole file to out (whose maximum is the limit). Errors: -ONR_ENOTFOUND, -ONR_EIO, -ONR_ELIMIT, -ONR_ENOMEM. */
ONR_MUST_USE int onr_file_read(const char *path, struct onr_buf *out, struct onr_error *err);

/** Replace path atomically and durably: write a temporary beside it, fsync, rename, fsync the folder. mode as for open(2). */
ONR_MUST_USE int onr_file_replace(const char *path, struct onr_span content, unsigned mode,
                                  struct onr_error *err);

/** Write everything to fd, over partial writes and EINTR. -ONR_EIO with the reason (disk full, closed pipe). */
ONR_MUST_USE int onr_fd_write(int fd, struct onr_span content, const char *name,
                              struct onr_error *err);

/** Milliseconds of the monotonic clock: for time-outs and rates, never in a record. */
int64_t onr_now_ms(void);
/** Milliseconds since 1970 UTC: for log lines and COMMIT times only. */
int64_t onr_wall_ms(void);

#endif
