/* common/stmtlog/keyfile.h - a secret key in a file of its own, as it is or under a passphrase.
 *
 * Text, four lines: version, cipher, public part, secret. A reader refuses a version or cipher that it does not know. The file
 * must be a regular file of this user that nobody else may read (secretfile.h). Writing never replaces a file. Every error names
 * path and remedy. Where a passphrase comes from is the caller's business: this layer asks no terminal.
 */
#ifndef ONR_STMTLOG_KEYFILE_H
#define ONR_STMTLOG_KEYFILE_H

#include "common/stmtlog/signer.h"

#define ONR_KEYFILE_MAX 4096 /* bytes */

/** Keep this process out of core dumps and debuggers of the same user: call it before the first key is read. */
void onr_keyfile_guard(void);

#define ONR_PASSPHRASE_MAX 1024 /* bytes */

/** Gives the passphrase of the key at `path`, or one for a key that is being made (`fresh`): 1 to ONR_PASSPHRASE_MAX bytes into ret,
 *  which is guarded memory. Negative with err filled: the file is not opened. */
typedef int onr_keyfile_ask(void *ctx, const char *path, bool fresh, char *ret, size_t *ret_len,
                            struct onr_error *err);

struct onr_keyfile_how {
    bool credential;      /* given by a service manager: see secretfile.h */
    onr_keyfile_ask *ask; /* asked once, when the file is encrypted; NULL: such a file is refused */
    void *ctx;
};

/** Make a new key and write it to `path` (mode 0600, durable, never over an existing file), read it back and test it.
 *  Errors: -ONR_EKEY (name, file exists), -ONR_EIO, -ONR_ENOMEM. Release *ret. */
ONR_MUST_USE int onr_keyfile_create(const char *path, struct onr_span name, enum onr_key_type type,
                                    struct onr_signer *ret, struct onr_error *err);

/** The same, encrypted under what how->ask says. Errors: those of ask, too. */
ONR_MUST_USE int onr_keyfile_create_sealed(const char *path, struct onr_span name,
                                           enum onr_key_type type,
                                           const struct onr_keyfile_how *how,
                                           struct onr_signer *ret, struct onr_error *err);

/** Read a key and test it by signing. `how` may be NULL. Errors: -ONR_EKEY (missing, link, owner, mode, content, passphrase),
 *  -ONR_EIO, -ONR_ENOMEM, those of ask. Release *ret. */
ONR_MUST_USE int onr_keyfile_unlock(const char *path, const struct onr_keyfile_how *how,
                                    struct onr_signer *ret, struct onr_error *err);

/** The same for a file of this user that is not encrypted. */
ONR_MUST_USE int onr_keyfile_read(const char *path, struct onr_signer *ret, struct onr_error *err);

#endif
