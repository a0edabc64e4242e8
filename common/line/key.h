/* common/line/key.h - a program's secret key: where it lies and who knows its passphrase.
 *
 * A key is named by its path, or as credential:NAME, the file NAME of $CREDENTIALS_DIRECTORY, where a service manager puts what
 * one unit may read (systemd's LoadCredential= and LoadCredentialEncrypted=). A key that is encrypted wants a passphrase: from
 * --passphrase-file, which may be a file of this user that nobody else can read, credential:NAME, or fd:N, an open descriptor;
 * else from the terminal, unseen. Neither key nor passphrase is ever in an argument or in the environment.
 */
#ifndef ONR_LINE_KEY_H
#define ONR_LINE_KEY_H

#include "common/base/settings.h"
#include "common/stmtlog/keyfile.h"

/** The setting passphrase-file; list it beside the table that has the key. */
extern const struct onr_setting onr_settings_key[];

#define ONR_PASSPHRASE_MIN 12 /* bytes of a new one: a few words */

/** Read a key and keep this process out of core dumps. Errors: -ONR_EKEY (file, owner, mode, content, passphrase), -ONR_EIO,
 *  -ONR_ENOMEM, -ONR_ESTOP while asking. Release *ret. */
ONR_MUST_USE int onr_key_read(const struct onr_settings *s, const char *name,
                              struct onr_signer *ret, struct onr_error *err);

/** The same for a program at work: nobody is asked on a terminal. */
ONR_MUST_USE int onr_key_reread(const struct onr_settings *s, const char *name,
                                struct onr_signer *ret, struct onr_error *err);

/** Make a key at `path`; `encrypt`: under a passphrase, asked for twice on a terminal. Errors as above. Release *ret. */
ONR_MUST_USE int onr_key_create(const struct onr_settings *s, const char *path,
                                struct onr_span name, enum onr_key_type type, bool encrypt,
                                struct onr_signer *ret, struct onr_error *err);

#endif
