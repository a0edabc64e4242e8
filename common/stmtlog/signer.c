/* common/stmtlog/signer.c - see signer.h. */
#include "common/stmtlog/signer.h"

#include <sodium.h>
#include <stdio.h>

#include "common/base/utf8.h"
#include "common/stmtlog/base64.h"
#include "common/stmtlog/bytes.h"

_Static_assert(crypto_sign_SEEDBYTES == ONR_SEED_LEN && crypto_sign_PUBLICKEYBYTES == ONR_PK_LEN
                   && crypto_sign_BYTES == ONR_SIG_LEN,
               "Ed25519");

#define RECORD_SIG_VERSION 1
#define RECORD_SIG_ED25519 1
#define RECORD_MESSAGE_LEN (16 + ONR_KEY_ID_LEN + ONR_SHA256_LEN)

/* White space by Unicode, which C2SP keeps out of names. */
static bool
is_space(uint32_t cp)
{
    return cp == ' ' || cp == 0x85 || cp == 0xa0 || cp == 0x1680 || (cp >= 0x2000 && cp <= 0x200a)
           || cp == 0x2028 || cp == 0x2029 || cp == 0x202f || cp == 0x205f || cp == 0x3000;
}

static bool
key_name_ok(struct onr_span name)
{
    if (name.len == 0 || name.len > ONR_KEY_NAME_MAX || !onr_utf8_check(name, NULL))
        return false;
    for (size_t pos = 0; pos < name.len;) {
        uint32_t cp = onr_utf8_next(name, &pos);

        if (cp < 0x20 || cp == 0x7f || cp == '+' || is_space(cp))
            return false;
    }
    return true;
}

int
onr_public_key_init(struct onr_public_key *k, struct onr_span name, enum onr_key_type type,
                    const uint8_t pk[ONR_PK_LEN], struct onr_error *err)
{
    uint8_t hash[ONR_SHA256_LEN], tail[2] = { '\n', (uint8_t) type };
    struct onr_span parts[] = { name, onr_span_of(tail, 2), onr_span_of(pk, ONR_PK_LEN) };

    if (!key_name_ok(name))
        return onr_fail(err, ONR_EKEY,
                        "'" ONR_SPAN_FMT "' cannot be a key's name: use 1 to %d bytes of text "
                        "without blanks and '+' (w0.news.example)",
                        (int) (name.len < 160 ? name.len : 160), name.ptr ? name.ptr : "",
                        ONR_KEY_NAME_MAX);
    if (type != ONR_KEY_ED25519 && type != ONR_KEY_COSIGNER)
        return onr_fail(err, ONR_EKEY,
                        "key of type 0x%02x: only Ed25519 (0x01) and "
                        "cosigners (0x04) are known",
                        (unsigned) type);
    memset(k, 0, sizeof *k);
    memcpy(k->name, name.ptr, name.len);
    k->type = (uint8_t) type;
    memcpy(k->pk, pk, ONR_PK_LEN);
    onr_sha256_parts(parts, 3, hash);
    memcpy(k->id, hash, ONR_KEY_ID_LEN);
    return 0;
}

char *
onr_verifier_print(const struct onr_public_key *k, char ret[ONR_VERIFIER_MAX + 1])
{
    uint8_t bytes[1 + ONR_PK_LEN] = { k->type };
    char b64[ONR_BASE64_LEN(1 + ONR_PK_LEN)], hex[ONR_HEX_LEN(4)];

    memcpy(bytes + 1, k->pk, ONR_PK_LEN);
    snprintf(ret, ONR_VERIFIER_MAX + 1, "%s+%s+%s", k->name, onr_hex(k->id, 4, hex),
             onr_base64(bytes, sizeof bytes, b64));
    return ret;
}

int
onr_verifier_parse(struct onr_span text, struct onr_public_key *ret, struct onr_error *err)
{
    struct onr_span rest = text, name, id, b64;
    uint8_t bytes[1 + ONR_PK_LEN], id_bytes[4];
    struct onr_public_key k;
    int rc;

    /* base64 may hold '+' too: only the first two are separators */
    if (!onr_span_next(&rest, '+', &name) || !onr_span_next(&rest, '+', &id) || !rest.ptr)
        return onr_fail(err, ONR_EKEY,
                        "'" ONR_SPAN_FMT "' is not a verifier key: it reads "
                        "name+8 hex digits+base64, as keys generate prints it",
                        (int) (text.len < 160 ? text.len : 160), text.ptr ? text.ptr : "");
    b64 = rest;
    if (onr_unbase64_exact(b64, bytes, sizeof bytes) < 0 || onr_unhex(id, id_bytes, 4) < 0)
        return onr_fail(err, ONR_EKEY, "verifier key '" ONR_SPAN_FMT "': the part after the %s",
                        (int) (name.len < 160 ? name.len : 160), name.ptr,
                        "name is damaged; copy the whole line again");
    if ((rc = onr_public_key_init(&k, name, (enum onr_key_type) bytes[0], bytes + 1, err)) < 0)
        return rc;
    if (memcmp(id_bytes, k.id, 4) != 0)
        return onr_fail(err, ONR_EKEY,
                        "verifier key '%s': its key id does not belong to name and key; "
                        "copy the whole line again",
                        k.name);
    *ret = k;
    return 0;
}

int
onr_signer_init(struct onr_signer *s, struct onr_span name, enum onr_key_type type,
                const uint8_t seed[ONR_SEED_LEN], struct onr_error *err)
{
    const struct onr_span probe = ONR_SPAN("stmtlog/test/v1\n");
    struct onr_signer new = { .secret = NULL };
    uint8_t pk[ONR_PK_LEN], sig[ONR_SIG_LEN];
    int rc;

    if (!(new.secret = sodium_malloc(crypto_sign_SECRETKEYBYTES)))
        return onr_fail(err, ONR_ENOMEM, "no locked memory for a key (see ulimit -l)");
    crypto_sign_seed_keypair(pk, new.secret, seed);
    sodium_mprotect_readonly(new.secret);
    if ((rc = onr_public_key_init(&new.key, name, type, pk, err)) < 0)
        goto fail;
    onr_sign(&new, probe, sig);
    if (!onr_signature_ok(&new.key, probe, sig)) {
        rc = onr_fail(err, ONR_EKEY, "key '%s': its own signature does not verify", new.key.name);
        goto fail;
    }
    *s = new;
    return 0;
fail:
    onr_signer_release(&new);
    return rc;
}

void
onr_signer_release(struct onr_signer *s)
{
    sodium_free(s->secret); /* wipes; NULL is fine */
    memset(s, 0, sizeof *s);
}

void
onr_sign(const struct onr_signer *s, struct onr_span message, uint8_t ret_sig[ONR_SIG_LEN])
{
    crypto_sign_detached(ret_sig, NULL, (const unsigned char *) message.ptr, message.len,
                         s->secret);
}

bool
onr_signature_ok(const struct onr_public_key *k, struct onr_span message,
                 const uint8_t sig[ONR_SIG_LEN])
{
    return crypto_sign_verify_detached(sig, (const unsigned char *) message.ptr, message.len, k->pk)
           == 0;
}

static void
record_message(const uint8_t key_id[ONR_KEY_ID_LEN], const uint8_t leaf[ONR_SHA256_LEN],
               uint8_t ret[RECORD_MESSAGE_LEN])
{
    memcpy(ret, "stmtlog/rec/v1\n", 16); /* with its NUL */
    memcpy(ret + 16, key_id, ONR_KEY_ID_LEN);
    memcpy(ret + 16 + ONR_KEY_ID_LEN, leaf, ONR_SHA256_LEN);
}

void
onr_record_sign(const struct onr_signer *s, const uint8_t leaf[ONR_SHA256_LEN],
                uint8_t ret[ONR_RECORD_SIG_LEN])
{
    uint8_t message[RECORD_MESSAGE_LEN];

    record_message(s->key.id, leaf, message);
    ret[0] = RECORD_SIG_VERSION;
    ret[1] = RECORD_SIG_ED25519;
    ret[2] = ret[3] = 0;
    memcpy(ret + 4, s->key.id, ONR_KEY_ID_LEN);
    onr_sign(s, onr_span_of(message, sizeof message), ret + 12);
}

int
onr_record_sig_key(struct onr_span sig, uint8_t ret_id[ONR_KEY_ID_LEN], struct onr_error *err)
{
    const uint8_t *p = (const uint8_t *) sig.ptr;

    if (sig.len != ONR_RECORD_SIG_LEN)
        return onr_fail(err, ONR_EINPUT, "signature of %zu bytes, %d are due", sig.len,
                        ONR_RECORD_SIG_LEN);
    if (p[0] != RECORD_SIG_VERSION || p[1] != RECORD_SIG_ED25519)
        return onr_fail(err, ONR_EVERIFY,
                        "signature of version %u, algorithm %u: only 1, 1 (Ed25519) is accepted",
                        p[0], p[1]);
    if (!onr_all_zero(p + 2, 2))
        return onr_fail(err, ONR_EINPUT, "signature with reserved bytes set");
    memcpy(ret_id, p + 4, ONR_KEY_ID_LEN);
    return 0;
}

int
onr_record_verify(const struct onr_public_key *k, const uint8_t leaf[ONR_SHA256_LEN],
                  struct onr_span sig, struct onr_error *err)
{
    uint8_t id[ONR_KEY_ID_LEN], message[RECORD_MESSAGE_LEN];
    int rc;

    if ((rc = onr_record_sig_key(sig, id, err)) < 0)
        return rc;
    if (memcmp(id, k->id, ONR_KEY_ID_LEN) != 0)
        return onr_fail(err, ONR_EKEY, "signed by another key than '%s'", k->name);
    record_message(id, leaf, message);
    if (!onr_signature_ok(k, onr_span_of(message, sizeof message), (const uint8_t *) sig.ptr + 12))
        return onr_fail(err, ONR_EVERIFY, "signature by '%s' does not verify", k->name);
    return 0;
}
