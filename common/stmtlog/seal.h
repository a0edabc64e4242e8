/* common/stmtlog/seal.h - a few secret bytes under a passphrase.
 *
 * Argon2id (RFC 9106, as libsodium's crypto_pwhash) makes a key from the passphrase, XChaCha20-Poly1305 seals the bytes together
 * with the text that they stand in, so that nothing of it can be changed. The cost stands in the file, where others may have
 * written it: what is absurd is refused before anything is allocated.
 */
#ifndef ONR_STMTLOG_SEAL_H
#define ONR_STMTLOG_SEAL_H

#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/error.h"
#include "common/base/span.h"

#define ONR_SEAL_CIPHER    "argon2id-xchacha20poly1305"
#define ONR_SEAL_SALT_LEN  16
#define ONR_SEAL_NONCE_LEN 24
#define ONR_SEAL_TAG_LEN   16
#define ONR_SEAL_OPS       3                       /* libsodium's "moderate": about a second */
#define ONR_SEAL_MEM       (256ULL * 1024 * 1024)  /* bytes, likewise */
#define ONR_SEAL_OPS_MAX   16                      /* a start must not take minutes */
#define ONR_SEAL_MEM_MIN   (8ULL * 1024)           /* Argon2's own */
#define ONR_SEAL_MEM_MAX   (1024ULL * 1024 * 1024) /* bytes a start may need */
#define ONR_SEAL_TEXT_MAX  (sizeof ONR_SEAL_CIPHER + 96) /* bytes of the parameters as text */

struct onr_seal {
    uint64_t ops, mem;
    uint8_t salt[ONR_SEAL_SALT_LEN];
    uint8_t nonce[ONR_SEAL_NONCE_LEN];
};

/** Today's cost, fresh salt and nonce. */
void onr_seal_init(struct onr_seal *s);

/** "argon2id-xchacha20poly1305 <ops> <bytes> <salt> <nonce>", with a NUL. Returns ret. */
char *onr_seal_print(const struct onr_seal *s, char ret[ONR_SEAL_TEXT_MAX]);

/** Errors: -ONR_ENOTFOUND: another cipher; -ONR_EINPUT: damaged; -ONR_ELIMIT: costs more than a program should spend on it. */
ONR_MUST_USE int onr_seal_parse(struct onr_span text, struct onr_seal *ret, struct onr_error *err);

/** Seal `secret` together with `text`; box has secret.len + ONR_SEAL_TAG_LEN bytes. -ONR_ENOMEM. */
ONR_MUST_USE int onr_seal_close(const struct onr_seal *s, struct onr_span passphrase,
                                struct onr_span text, struct onr_span secret, uint8_t *box,
                                struct onr_error *err);

/** Open it into ret (box.len - ONR_SEAL_TAG_LEN bytes, guarded memory). -ONR_EKEY: another passphrase, or something was
 *  changed; -ONR_ENOMEM. */
ONR_MUST_USE int onr_seal_open(const struct onr_seal *s, struct onr_span passphrase,
                               struct onr_span text, struct onr_span box, uint8_t *ret,
                               struct onr_error *err);

#endif
