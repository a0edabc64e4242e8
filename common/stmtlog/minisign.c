/* common/stmtlog/minisign.c - see minisign.h.
 *
 *   untrusted comment: ...                         untrusted comment: ...
 *   base64("Ed" || key id || public key)           base64("ED" || key id || signature of the hash)
 *                                                  trusted comment: ...
 *                                                  base64(signature of (signature || trusted comment))
 */
#include "common/stmtlog/minisign.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>
#include <unistd.h>

#include "common/base/utf8.h"
#include "common/stmtlog/base64.h"

#define HEAD_LEN (2 + ONR_KEY_ID_LEN)
#define READ_LEN (64 * 1024)

_Static_assert(crypto_generichash_blake2b_BYTES_MAX == ONR_MINISIGN_HASH_LEN, "BLAKE2b-512");

static int
check_key(const struct onr_public_key *k, struct onr_error *err)
{
    if (k->type != ONR_KEY_ED25519)
        return onr_fail(err, ONR_EKEY,
                        "'%s' is a cosigner's key: it signs cosignatures and nothing else",
                        k->name);
    return 0;
}

/* minisign shows a key id as a number, its last byte first. */
static const char *
shown_id(const struct onr_public_key *k, char ret[2 * ONR_KEY_ID_LEN + 1])
{
    static const char digits[] = "0123456789ABCDEF";

    for (size_t i = 0; i < ONR_KEY_ID_LEN; i++) {
        uint8_t b = k->id[ONR_KEY_ID_LEN - 1 - i];

        ret[2 * i] = digits[b >> 4];
        ret[2 * i + 1] = digits[b & 15];
    }
    ret[2 * ONR_KEY_ID_LEN] = '\0';
    return ret;
}

int
onr_minisign_key(const struct onr_public_key *k, struct onr_buf *out, struct onr_error *err)
{
    uint8_t bytes[HEAD_LEN + ONR_PK_LEN] = { 'E', 'd' };
    char b64[ONR_BASE64_LEN(sizeof bytes)], id[2 * ONR_KEY_ID_LEN + 1];
    int rc = check_key(k, err);

    if (rc < 0)
        return rc;
    memcpy(bytes + 2, k->id, ONR_KEY_ID_LEN);
    memcpy(bytes + HEAD_LEN, k->pk, ONR_PK_LEN);
    rc = onr_buf_printf(out, "untrusted comment: minisign public key %s of %s\n%s\n",
                        shown_id(k, id), k->name, onr_base64(bytes, sizeof bytes, b64));
    return rc < 0 ? onr_fail(err, -rc, "no room for a key") : 0;
}

int
onr_minisign_hash(int fd, const char *name, uint8_t ret[ONR_MINISIGN_HASH_LEN],
                  struct onr_error *err)
{
    crypto_generichash_blake2b_state state;
    uint8_t bytes[READ_LEN];
    ssize_t n;

    crypto_generichash_blake2b_init(&state, NULL, 0, ONR_MINISIGN_HASH_LEN);
    while ((n = read(fd, bytes, sizeof bytes)) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return onr_fail(err, ONR_EIO, "cannot read %s: %s", name, strerror(errno));
        crypto_generichash_blake2b_update(&state, bytes, (size_t) n);
    }
    crypto_generichash_blake2b_final(&state, ret, ONR_MINISIGN_HASH_LEN);
    return 0;
}

static bool
comment_ok(struct onr_span comment)
{
    if (comment.len == 0 || comment.len > ONR_MINISIGN_COMMENT_MAX
        || !onr_utf8_check(comment, NULL))
        return false;
    for (size_t i = 0; i < comment.len; i++)
        if (((unsigned char) comment.ptr[i] < 0x20 && comment.ptr[i] != '\t')
            || comment.ptr[i] == 0x7f)
            return false;
    return true;
}

int
onr_minisign_sign(const struct onr_signer *s, const uint8_t hash[ONR_MINISIGN_HASH_LEN],
                  struct onr_span comment, struct onr_buf *out, struct onr_error *err)
{
    uint8_t sig[HEAD_LEN + ONR_SIG_LEN] = { 'E', 'D' }, global[ONR_SIG_LEN];
    uint8_t both[ONR_SIG_LEN + ONR_MINISIGN_COMMENT_MAX];
    struct onr_span message = onr_span_of(hash, ONR_MINISIGN_HASH_LEN), with_comment;
    char b64[ONR_BASE64_LEN(sizeof sig)], b64_global[ONR_BASE64_LEN(sizeof global)];
    int rc = check_key(&s->key, err);

    if (rc < 0)
        return rc;
    if (!comment_ok(comment))
        return onr_fail(err, ONR_EINPUT, "a trusted comment is one line of 1 to %d bytes of text",
                        ONR_MINISIGN_COMMENT_MAX);
    memcpy(sig + 2, s->key.id, ONR_KEY_ID_LEN);
    onr_sign(s, message, sig + HEAD_LEN);
    memcpy(both, sig + HEAD_LEN, ONR_SIG_LEN);
    memcpy(both + ONR_SIG_LEN, comment.ptr, comment.len);
    with_comment = onr_span_of(both, ONR_SIG_LEN + comment.len);
    onr_sign(s, with_comment, global);
    if (!onr_signature_ok(&s->key, message, sig + HEAD_LEN)
        || !onr_signature_ok(&s->key, with_comment, global))
        return onr_fail(err, ONR_EKEY, "key '%s': its own signature does not verify", s->key.name);
    rc = onr_buf_printf(
        out, "untrusted comment: signature of %s\n%s\ntrusted comment: " ONR_SPAN_FMT "\n%s\n",
        s->key.name, onr_base64(sig, sizeof sig, b64), ONR_SPAN_ARG(comment),
        onr_base64(global, sizeof global, b64_global));
    return rc < 0 ? onr_fail(err, -rc, "no room for a signature") : 0;
}
