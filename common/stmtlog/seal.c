/* common/stmtlog/seal.c - see seal.h. */
#include "common/stmtlog/seal.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>

#include "common/stmtlog/base64.h"

#define KEY_LEN crypto_aead_xchacha20poly1305_ietf_KEYBYTES

_Static_assert(crypto_pwhash_argon2id_SALTBYTES == ONR_SEAL_SALT_LEN
                   && crypto_aead_xchacha20poly1305_ietf_NPUBBYTES == ONR_SEAL_NONCE_LEN
                   && crypto_aead_xchacha20poly1305_ietf_ABYTES == ONR_SEAL_TAG_LEN
                   && crypto_pwhash_argon2id_OPSLIMIT_MODERATE == ONR_SEAL_OPS
                   && crypto_pwhash_argon2id_MEMLIMIT_MODERATE == ONR_SEAL_MEM
                   && crypto_pwhash_argon2id_MEMLIMIT_MIN == ONR_SEAL_MEM_MIN,
               "libsodium's Argon2id and XChaCha20-Poly1305");

void
onr_seal_init(struct onr_seal *s)
{
    s->ops = ONR_SEAL_OPS;
    s->mem = ONR_SEAL_MEM;
    randombytes_buf(s->salt, sizeof s->salt);
    randombytes_buf(s->nonce, sizeof s->nonce);
}

char *
onr_seal_print(const struct onr_seal *s, char ret[ONR_SEAL_TEXT_MAX])
{
    char salt[ONR_BASE64_LEN(ONR_SEAL_SALT_LEN)], nonce[ONR_BASE64_LEN(ONR_SEAL_NONCE_LEN)];

    snprintf(ret, ONR_SEAL_TEXT_MAX, ONR_SEAL_CIPHER " %" PRIu64 " %" PRIu64 " %s %s", s->ops,
             s->mem, onr_base64(s->salt, sizeof s->salt, salt),
             onr_base64(s->nonce, sizeof s->nonce, nonce));
    return ret;
}

int
onr_seal_parse(struct onr_span text, struct onr_seal *ret, struct onr_error *err)
{
    struct onr_span rest = text, name, ops, mem, salt;
    unsigned long long n_ops, n_mem;
    struct onr_seal s;

    if (!onr_span_next(&rest, ' ', &name) || !onr_span_eq_z(name, ONR_SEAL_CIPHER))
        return onr_fail(err, ONR_ENOTFOUND,
                        "cipher '" ONR_SPAN_FMT
                        "' is not known to this program; a newer onrecord may read it",
                        (int) (name.len < 40 ? name.len : 40), name.ptr ? name.ptr : "");
    if (!onr_span_next(&rest, ' ', &ops) || !onr_span_next(&rest, ' ', &mem)
        || !onr_span_next(&rest, ' ', &salt) || onr_span_u64(ops, &n_ops) < 0
        || onr_span_u64(mem, &n_mem) < 0 || onr_unbase64_exact(salt, s.salt, sizeof s.salt) < 0
        || onr_unbase64_exact(rest, s.nonce, sizeof s.nonce) < 0)
        return onr_fail(err, ONR_EINPUT, "the line of the cipher is damaged");
    if (n_ops < 1 || n_ops > ONR_SEAL_OPS_MAX || n_mem < ONR_SEAL_MEM_MIN
        || n_mem > ONR_SEAL_MEM_MAX)
        return onr_fail(err, ONR_ELIMIT,
                        "its cipher asks for %llu rounds over %llu bytes of memory; 1 to %d rounds "
                        "over %llu to %llu bytes are taken",
                        n_ops, n_mem, ONR_SEAL_OPS_MAX, ONR_SEAL_MEM_MIN, ONR_SEAL_MEM_MAX);
    s.ops = n_ops;
    s.mem = n_mem;
    *ret = s;
    return 0;
}

/* The key of a passphrase, in guarded memory of the caller. */
static int
derive(const struct onr_seal *s, struct onr_span passphrase, unsigned char **ret,
       struct onr_error *err)
{
    unsigned char *key = sodium_malloc(KEY_LEN);

    if (!key)
        return onr_fail(err, ONR_ENOMEM, "no locked memory for a key (see ulimit -l)");
    if (crypto_pwhash(key, KEY_LEN, passphrase.ptr, passphrase.len, s->salt, s->ops,
                      (size_t) s->mem, crypto_pwhash_ALG_ARGON2ID13)
        != 0) {
        sodium_free(key);
        return onr_fail(err, ONR_ENOMEM, "no memory to work a passphrase out: %" PRIu64 " MiB",
                        s->mem / (1024 * 1024));
    }
    *ret = key;
    return 0;
}

int
onr_seal_close(const struct onr_seal *s, struct onr_span passphrase, struct onr_span text,
               struct onr_span secret, uint8_t *box, struct onr_error *err)
{
    unsigned char *key;
    int rc = derive(s, passphrase, &key, err);

    if (rc < 0)
        return rc;
    crypto_aead_xchacha20poly1305_ietf_encrypt(box, NULL, (const unsigned char *) secret.ptr,
                                               secret.len, (const unsigned char *) text.ptr,
                                               text.len, NULL, s->nonce, key);
    sodium_free(key);
    return 0;
}

int
onr_seal_open(const struct onr_seal *s, struct onr_span passphrase, struct onr_span text,
              struct onr_span box, uint8_t *ret, struct onr_error *err)
{
    unsigned char *key;
    int rc = derive(s, passphrase, &key, err);

    if (rc < 0)
        return rc;
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(ret, NULL, NULL, (const unsigned char *) box.ptr,
                                                   box.len, (const unsigned char *) text.ptr,
                                                   text.len, s->nonce, key)
        != 0)
        rc = onr_fail(
            err, ONR_EKEY,
            "the passphrase does not open it: it is another one, or the file was changed");
    sodium_free(key);
    return rc;
}
