/* common/stmtlog/secretfile.h - files that hold a secret: read only when nobody else could, written once.
 *
 * A regular file of this user that nobody else may read, write or execute; a link is not followed. A credential (what a
 * service manager puts into $CREDENTIALS_DIRECTORY for one unit) may belong to root and be readable by its group, which is how
 * systemd hands it to the unit's user. Errors name path and remedy.
 */
#ifndef ONR_STMTLOG_SECRETFILE_H
#define ONR_STMTLOG_SECRETFILE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/error.h"
#include "common/base/span.h"

/** Read the file into guarded memory of `max` bytes. Errors: -ONR_EKEY (missing, link, owner, mode, too large), -ONR_EIO. */
ONR_MUST_USE int onr_secretfile_read(const char *path, bool credential, char *text, size_t max,
                                     size_t *ret_len, struct onr_error *err);

/** The same checks for a descriptor; pipes and sockets are nobody else's. */
ONR_MUST_USE int onr_secretfile_check(int fd, const char *name, bool credential, size_t max,
                                      struct onr_error *err);

/** Write a new file (mode 0600, durable), never over an existing one. -ONR_EKEY: it exists; -ONR_EIO, -ONR_ENOMEM. */
ONR_MUST_USE int onr_secretfile_create(const char *path, struct onr_span text,
                                       struct onr_error *err);

#endif
