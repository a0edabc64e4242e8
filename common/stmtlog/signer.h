/* common/stmtlog/signer.h - keys and the signature of one record.
 *
 * Ed25519 as libsodium does it: pure, single verification, strict about small-order keys and non-canonical S. A key is
 * known by name and 8-byte id = SHA-256(name || "\n" || type || public key)[:8]; its first 4 bytes are the C2SP key id.
 * The key id is compared before any signature is, so that a wrong key is told from a wrong signature. Callers have run
 * sodium_init (programs do so in onr_program_main).
 */
#ifndef ONR_STMTLOG_SIGNER_H
#define ONR_STMTLOG_SIGNER_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/error.h"
#include "common/base/limits.h"
#include "common/base/sha256.h"
#include "common/base/span.h"

#define ONR_PK_LEN         32
#define ONR_SEED_LEN       32
#define ONR_SIG_LEN        64
#define ONR_KEY_ID_LEN     8
#define ONR_RECORD_SIG_LEN 76 /* version, algorithm, two zeros, key id, signature */

/* The type byte of C2SP signed notes. */
enum onr_key_type { ONR_KEY_ED25519 = 0x01, ONR_KEY_COSIGNER = 0x04 };

struct onr_public_key {
    char name[ONR_KEY_NAME_MAX + 1];
    uint8_t type; /* enum onr_key_type */
    uint8_t id[ONR_KEY_ID_LEN];
    uint8_t pk[ONR_PK_LEN];
};

/** Fill in a key and its id. Errors: -ONR_EKEY: a name that is empty, too long, no UTF-8, or holds a blank, plus or control. */
ONR_MUST_USE int onr_public_key_init(struct onr_public_key *k, struct onr_span name,
                                     enum onr_key_type type, const uint8_t pk[ONR_PK_LEN],
                                     struct onr_error *err);

#define ONR_VERIFIER_MAX (ONR_KEY_NAME_MAX + 1 + 8 + 1 + 44) /* bytes of a verifier key's text */

/** C2SP verifier key: name+<first 4 id bytes in hex>+base64(type || pk), with a NUL. Returns ret. */
char *onr_verifier_print(const struct onr_public_key *k, char ret[ONR_VERIFIER_MAX + 1]);

/** Read a verifier key; its id must fit. Errors: -ONR_EKEY with what is wrong. */
ONR_MUST_USE int onr_verifier_parse(struct onr_span text, struct onr_public_key *ret,
                                    struct onr_error *err);

/* A secret key. The 64 bytes lie in guarded memory that is locked, read-only and left out of core dumps. */
struct onr_signer {
    struct onr_public_key key;
    unsigned char *secret; /* owned; NULL in a zeroed signer */
};

/** Signer from a seed, tested by signing and verifying once. Errors: -ONR_EKEY, -ONR_ENOMEM. Release it after use. */
ONR_MUST_USE int onr_signer_init(struct onr_signer *s, struct onr_span name, enum onr_key_type type,
                                 const uint8_t seed[ONR_SEED_LEN], struct onr_error *err);
/** Wipe and free the secret; the signer is zeroed and may be released again. */
void onr_signer_release(struct onr_signer *s);

/** Plain Ed25519 over a message. */
void onr_sign(const struct onr_signer *s, struct onr_span message, uint8_t ret_sig[ONR_SIG_LEN]);
bool onr_signature_ok(const struct onr_public_key *k, struct onr_span message,
                      const uint8_t sig[ONR_SIG_LEN]);

/** Signature of a record's leaf hash, as it stands in the header onr-sig. About 17 us. */
void onr_record_sign(const struct onr_signer *s, const uint8_t leaf[ONR_SHA256_LEN],
                     uint8_t ret[ONR_RECORD_SIG_LEN]);

/** Key id inside an onr-sig header. Errors: -ONR_EINPUT: length or reserved bytes; -ONR_EVERIFY: another version or algorithm. */
ONR_MUST_USE int onr_record_sig_key(struct onr_span sig, uint8_t ret_id[ONR_KEY_ID_LEN],
                                    struct onr_error *err);

/** Errors: those of onr_record_sig_key; -ONR_EKEY: made by another key; -ONR_EVERIFY: does not verify. About 45 us. */
ONR_MUST_USE int onr_record_verify(const struct onr_public_key *k,
                                   const uint8_t leaf[ONR_SHA256_LEN], struct onr_span sig,
                                   struct onr_error *err);

#endif
