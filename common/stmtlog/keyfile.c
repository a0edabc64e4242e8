/* common/stmtlog/keyfile.c - see keyfile.h.
 *
 *   onrecord secret key v1
 *   cipher none
 *   key w0.news.example+5f14e86a+ATz5RpIFuo3fzP1gbDXu5w7...
 *   secret <base64 of the 32-byte seed>
 *
 * or, under a passphrase, with everything before the last line sealed along with the seed:
 *
 *   cipher argon2id-xchacha20poly1305 3 268435456 <salt> <nonce>
 *   secret <base64 of the 48-byte box>
 *
 * The file's text, the passphrase and the seed live in guarded memory only, never on the stack or the heap.
 */
#include "common/stmtlog/keyfile.h"

#include <sodium.h>
#include <stdio.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif
#include <sys/resource.h>

#include "common/stmtlog/base64.h"
#include "common/stmtlog/seal.h"
#include "common/stmtlog/secretfile.h"

#define BOX_LEN (ONR_SEED_LEN + ONR_SEAL_TAG_LEN)

/* The four lines. */
struct lines {
    struct onr_span head; /* all before the last line: what a box is sealed with */
    struct onr_span cipher, verifier, secret;
};

/* What reading or making a key needs, in guarded memory. */
struct desk {
    char *text;       /* ONR_KEYFILE_MAX */
    char *passphrase; /* ONR_PASSPHRASE_MAX */
    char *b64;        /* of a box */
    uint8_t *seed, *box;
};

static void
desk_clear(struct desk *d)
{
    sodium_free(d->text);
    sodium_free(d->passphrase);
    sodium_free(d->b64);
    sodium_free(d->seed);
    sodium_free(d->box);
}

static int
desk_init(struct desk *d, struct onr_error *err)
{
    d->text = sodium_malloc(ONR_KEYFILE_MAX);
    d->passphrase = sodium_malloc(ONR_PASSPHRASE_MAX);
    d->b64 = sodium_malloc(ONR_BASE64_LEN(BOX_LEN));
    d->seed = sodium_malloc(ONR_SEED_LEN);
    d->box = sodium_malloc(BOX_LEN);
    if (d->text && d->passphrase && d->b64 && d->seed && d->box)
        return 0;
    desk_clear(d);
    return onr_fail(err, ONR_ENOMEM, "no locked memory for a key (see ulimit -l)");
}

void
onr_keyfile_guard(void)
{
    const struct rlimit none = { 0, 0 };

    setrlimit(RLIMIT_CORE, &none); /* the secret's pages are left out anyway, the stack is not */
#ifdef __linux__
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}

/* Take the line "word rest" off *text. */
static bool
take_line(struct onr_span *text, const char *word, struct onr_span *ret)
{
    struct onr_span line;
    size_t n = strlen(word);

    if (!onr_span_next(text, '\n', &line) || line.len < n || memcmp(line.ptr, word, n) != 0)
        return false;
    *ret = onr_span_sub(line, n, line.len);
    return true;
}

static int
damaged(const char *path, struct onr_error *err)
{
    return onr_fail(err, ONR_EKEY, "%s is damaged: put back a copy or make a new key", path);
}

static int
take_lines(const char *path, struct onr_span text, struct lines *ret, struct onr_error *err)
{
    struct onr_span rest = text, version;

    if (!take_line(&rest, "onrecord secret key ", &version))
        return onr_fail(err, ONR_EKEY, "%s is not a secret key of onrecord", path);
    if (!onr_span_eq_z(version, "v1"))
        return onr_fail(err, ONR_EKEY,
                        "%s: key file version '" ONR_SPAN_FMT
                        "' is not known to this program; a newer onrecord may read it",
                        path, (int) (version.len < 40 ? version.len : 40), version.ptr);
    if (!take_line(&rest, "cipher ", &ret->cipher))
        return onr_fail(err, ONR_EKEY, "%s: the second line should name the cipher", path);
    if (!take_line(&rest, "key ", &ret->verifier) || !rest.ptr)
        return damaged(path, err);
    ret->head = onr_span_of(text.ptr, (size_t) (rest.ptr - text.ptr));
    if (!take_line(&rest, "secret ", &ret->secret) || rest.len != 0)
        return damaged(path, err);
    return 0;
}

/* The seed out of its box. */
static int
unseal(const char *path, const struct lines *l, const struct onr_keyfile_how *how, struct desk *d,
       struct onr_error *err)
{
    struct onr_seal seal;
    size_t len = 0;
    int rc;

    if (onr_seal_parse(l->cipher, &seal, err) < 0) {
        onr_fail_in(err, "%s: ", path);
        if (err)
            err->code = ONR_EKEY; /* whatever is wrong with the line, this key cannot be used */
        return -ONR_EKEY;
    }
    if (onr_unbase64_exact(l->secret, d->box, BOX_LEN) < 0)
        return damaged(path, err);
    if (!how || !how->ask)
        return onr_fail(err, ONR_EKEY, "%s is encrypted, and nobody is here to give its passphrase",
                        path);
    if ((rc = how->ask(how->ctx, path, false, d->passphrase, &len, err)) < 0)
        return rc;
    rc = onr_seal_open(&seal, onr_span_of(d->passphrase, len), l->head,
                       onr_span_of(d->box, BOX_LEN), d->seed, err);
    sodium_memzero(d->passphrase, ONR_PASSPHRASE_MAX);
    if (rc < 0)
        onr_fail_in(err, "%s: ", path);
    return rc;
}

static int
parse(const char *path, size_t len, const struct onr_keyfile_how *how, struct desk *d,
      struct onr_signer *ret, struct onr_error *err)
{
    struct onr_public_key k;
    struct lines l;
    int rc;

    if ((rc = take_lines(path, onr_span_of(d->text, len), &l, err)) < 0)
        return rc;
    if ((rc = onr_verifier_parse(l.verifier, &k, err)) < 0) {
        onr_fail_in(err, "%s: ", path);
        return rc;
    }
    if (!onr_span_eq_z(l.cipher, "none")) {
        if ((rc = unseal(path, &l, how, d, err)) < 0)
            return rc;
    } else if (onr_unbase64_exact(l.secret, d->seed, ONR_SEED_LEN) < 0)
        return damaged(path, err);
    if ((rc = onr_signer_init(ret, onr_span_z(k.name), (enum onr_key_type) k.type, d->seed, err))
        < 0) {
        onr_fail_in(err, "%s: ", path);
        return rc;
    }
    if (memcmp(ret->key.pk, k.pk, ONR_PK_LEN) != 0) {
        onr_signer_release(ret);
        return onr_fail(err, ONR_EKEY,
                        "%s is damaged: secret and public part do not belong together", path);
    }
    return 0;
}

int
onr_keyfile_unlock(const char *path, const struct onr_keyfile_how *how, struct onr_signer *ret,
                   struct onr_error *err)
{
    struct onr_signer s = { .secret = NULL };
    struct desk d;
    size_t len = 0;
    int rc;

    if ((rc = desk_init(&d, err)) < 0)
        return rc;
    if ((rc = onr_secretfile_read(path, how && how->credential, d.text, ONR_KEYFILE_MAX, &len, err))
        == 0)
        rc = parse(path, len, how, &d, &s, err);
    desk_clear(&d);
    if (rc == 0)
        *ret = s;
    return rc;
}

int
onr_keyfile_read(const char *path, struct onr_signer *ret, struct onr_error *err)
{
    return onr_keyfile_unlock(path, NULL, ret, err);
}

/* The whole text of a new file into d->text. */
static int
compose(struct desk *d, const struct onr_public_key *key, size_t passphrase_len, size_t *ret_len,
        struct onr_error *err)
{
    char verifier[ONR_VERIFIER_MAX + 1], cipher[ONR_SEAL_TEXT_MAX] = "none";
    bool sealed = passphrase_len > 0;
    struct onr_seal seal;
    int n, rc;

    onr_seal_init(&seal);
    if (sealed)
        onr_seal_print(&seal, cipher);
    n = snprintf(d->text, ONR_KEYFILE_MAX, "onrecord secret key v1\ncipher %s\nkey %s\n", cipher,
                 onr_verifier_print(key, verifier));
    if (sealed
        && (rc = onr_seal_close(&seal, onr_span_of(d->passphrase, passphrase_len),
                                onr_span_of(d->text, (size_t) n),
                                onr_span_of(d->seed, ONR_SEED_LEN), d->box, err))
               < 0)
        return rc;
    n += snprintf(d->text + n, ONR_KEYFILE_MAX - (size_t) n, "secret %s\n",
                  sealed ? onr_base64(d->box, BOX_LEN, d->b64)
                         : onr_base64(d->seed, ONR_SEED_LEN, d->b64));
    *ret_len = (size_t) n;
    return 0;
}

/* Reading back a file that was just written: the passphrase is still here. */
struct again {
    const char *passphrase;
    size_t len;
};

static int
repeat(void *ctx, const char *path, bool fresh, char *ret, size_t *ret_len, struct onr_error *err)
{
    const struct again *a = ctx;

    (void) path, (void) fresh, (void) err;
    memcpy(ret, a->passphrase, a->len);
    *ret_len = a->len;
    return 0;
}

static int
create(const char *path, struct onr_span name, enum onr_key_type type,
       const struct onr_keyfile_how *how, struct onr_signer *ret, struct onr_error *err)
{
    struct onr_signer s = { .secret = NULL };
    struct again again = { NULL, 0 };
    struct onr_keyfile_how back = { .ask = repeat, .ctx = &again };
    struct desk d;
    size_t len;
    int rc;

    if ((rc = desk_init(&d, err)) < 0)
        return rc;
    randombytes_buf(d.seed, ONR_SEED_LEN);
    if ((rc = onr_signer_init(&s, name, type, d.seed, err)) < 0
        || (how && (rc = how->ask(how->ctx, path, true, d.passphrase, &again.len, err)) < 0)
        || (rc = compose(&d, &s.key, again.len, &len, err)) < 0
        || (rc = onr_secretfile_create(path, onr_span_of(d.text, len), err)) < 0)
        goto out;
    again.passphrase = d.passphrase;
    rc = onr_keyfile_unlock(path, &back, ret, err);
out:
    onr_signer_release(&s);
    desk_clear(&d);
    return rc;
}

int
onr_keyfile_create(const char *path, struct onr_span name, enum onr_key_type type,
                   struct onr_signer *ret, struct onr_error *err)
{
    return create(path, name, type, NULL, ret, err);
}

int
onr_keyfile_create_sealed(const char *path, struct onr_span name, enum onr_key_type type,
                          const struct onr_keyfile_how *how, struct onr_signer *ret,
                          struct onr_error *err)
{
    return create(path, name, type, how, ret, err);
}
