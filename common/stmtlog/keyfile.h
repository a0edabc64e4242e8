/* common/stmtlog/keyfile.h - a secret key in a file of its own.
 *
 * Text, four lines: version, cipher, public part, secret. The cipher is "none" for now; a reader refuses one that it does
 * not know, so that encrypted files can come without a change of the rest. The file must be a regular file of this user
 * that nobody else may read; a link is not followed. Writing never replaces a file. Every error names path and remedy.
 */
#ifndef ONR_STMTLOG_KEYFILE_H
#define ONR_STMTLOG_KEYFILE_H

#include "common/stmtlog/signer.h"

#define ONR_KEYFILE_MAX 4096 /* bytes */

/** Keep this process out of core dumps and debuggers of the same user: call it before the first key is read. */
void onr_keyfile_guard(void);

/** Make a new key and write it to `path` (mode 0600, durable, never over an existing file), read it back and test it.
 *  Errors: -ONR_EKEY (name, file exists), -ONR_EIO, -ONR_ENOMEM. Release *ret. */
ONR_MUST_USE int onr_keyfile_create(const char *path, struct onr_span name, enum onr_key_type type,
                                    struct onr_signer *ret, struct onr_error *err);

/** Read a key and test it by signing. Errors: -ONR_EKEY (missing, link, owner, mode, content), -ONR_EIO, -ONR_ENOMEM.
 *  Release *ret. */
ONR_MUST_USE int onr_keyfile_read(const char *path, struct onr_signer *ret, struct onr_error *err);

#endif
