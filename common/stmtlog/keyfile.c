/* common/stmtlog/keyfile.c - see keyfile.h.
 *
 *   onrecord secret key v1
 *   cipher none
 *   key w0.news.example+5f14e86a+ATz5RpIFuo3fzP1gbDXu5w7...
 *   secret <base64 of the 32-byte seed>
 *
 * The file's text lives in guarded memory only, never on the stack or the heap.
 */
#include "common/stmtlog/keyfile.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/stmtlog/base64.h"

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
parse(const char *path, struct onr_span text, uint8_t *seed, struct onr_signer *ret,
      struct onr_error *err)
{
    struct onr_span version, cipher, verifier, secret;
    struct onr_public_key k;
    int rc;

    if (!take_line(&text, "onrecord secret key ", &version))
        return onr_fail(err, ONR_EKEY, "%s is not a secret key of onrecord", path);
    if (!onr_span_eq_z(version, "v1"))
        return onr_fail(err, ONR_EKEY,
                        "%s: key file version '" ONR_SPAN_FMT
                        "' is not known to this program; a newer onrecord may read it",
                        path, (int) (version.len < 40 ? version.len : 40), version.ptr);
    if (!take_line(&text, "cipher ", &cipher))
        return onr_fail(err, ONR_EKEY, "%s: the second line should name the cipher", path);
    if (!onr_span_eq_z(cipher, "none"))
        return onr_fail(err, ONR_EKEY,
                        "%s: cipher '" ONR_SPAN_FMT
                        "' is not known to this program; a newer onrecord may read it",
                        path, (int) (cipher.len < 40 ? cipher.len : 40), cipher.ptr);
    if (!take_line(&text, "key ", &verifier) || !take_line(&text, "secret ", &secret)
        || text.len != 0 || onr_unbase64_exact(secret, seed, ONR_SEED_LEN) < 0)
        return onr_fail(err, ONR_EKEY, "%s is damaged: put back a copy or make a new key", path);
    if ((rc = onr_verifier_parse(verifier, &k, err)) < 0
        || (rc = onr_signer_init(ret, onr_span_z(k.name), (enum onr_key_type) k.type, seed, err))
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

static int
check_file(int fd, const char *path, struct onr_error *err)
{
    struct stat st;

    if (fstat(fd, &st) < 0)
        return onr_fail(err, ONR_EIO, "cannot look at %s: %s", path, strerror(errno));
    if (!S_ISREG(st.st_mode))
        return onr_fail(err, ONR_EKEY, "%s is not a regular file", path);
    if (st.st_uid != geteuid())
        return onr_fail(err, ONR_EKEY,
                        "%s belongs to user %ld, this program runs as user %ld: a key belongs to "
                        "the user who signs with it",
                        path, (long) st.st_uid, (long) geteuid());
    if (st.st_mode & 077)
        return onr_fail(err, ONR_EKEY,
                        "%s may be used by others (mode %04o): run chmod 600 on it, and think "
                        "about who may have read it",
                        path, (unsigned) st.st_mode & 07777);
    if (st.st_size > ONR_KEYFILE_MAX)
        return onr_fail(err, ONR_EKEY, "%s is too large for a key", path);
    return 0;
}

static int
read_file(const char *path, char *text, size_t *ret_len, struct onr_error *err)
{
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    size_t len = 0;
    ssize_t n = 0;
    int rc;

    if (fd < 0 && errno == ELOOP)
        return onr_fail(err, ONR_EKEY, "%s is a link: name the key file itself", path);
    if (fd < 0)
        return onr_fail(err, ONR_EKEY, "cannot open key file %s: %s", path, strerror(errno));
    if ((rc = check_file(fd, path, err)) < 0)
        goto out;
    while (len < ONR_KEYFILE_MAX && (n = read(fd, text + len, ONR_KEYFILE_MAX - len)) != 0) {
        if (n < 0 && errno != EINTR)
            break;
        len += n > 0 ? (size_t) n : 0;
    }
    if (n < 0)
        rc = onr_fail(err, ONR_EIO, "cannot read %s: %s", path, strerror(errno));
    *ret_len = len;
out:
    close(fd);
    return rc;
}

int
onr_keyfile_read(const char *path, struct onr_signer *ret, struct onr_error *err)
{
    char *text = sodium_malloc(ONR_KEYFILE_MAX);
    uint8_t *seed = sodium_malloc(ONR_SEED_LEN);
    struct onr_signer s = { .secret = NULL };
    size_t len = 0;
    int rc;

    if (!text || !seed)
        rc = onr_fail(err, ONR_ENOMEM, "no locked memory for a key (see ulimit -l)");
    else if ((rc = read_file(path, text, &len, err)) == 0)
        rc = parse(path, onr_span_of(text, len), seed, &s, err);
    sodium_free(seed);
    sodium_free(text);
    if (rc == 0)
        *ret = s;
    return rc;
}

/* Write a file beside path and give it its name only when it is whole; link(2) refuses to replace, unlike rename(2). */
static int
write_new(const char *path, struct onr_span text, struct onr_error *err)
{
    struct onr_buf tmp = ONR_BUF_INIT(strlen(path) + 16);
    struct onr_buf folder = ONR_BUF_INIT(strlen(path) + 16);
    const char *slash = strrchr(path, '/');
    int fd = -1, dir = -1, rc;

    if (onr_buf_printf(&tmp, "%s.XXXXXX", path) < 0
        || onr_buf_printf(&folder, "%.*s", slash ? (int) (slash - path) + 1 : 1, slash ? path : ".")
               < 0) {
        rc = onr_fail(err, ONR_ENOMEM, "no memory to write %s", path);
        goto out;
    }
    if ((dir = open(folder.ptr, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0
        || (fd = mkstemp(tmp.ptr)) < 0) { /* O_EXCL, mode 0600 */
        rc = onr_fail(err, ONR_EIO, "cannot create %s: %s", path, strerror(errno));
        goto out;
    }
    if ((rc = onr_fd_write(fd, text, path, err)) < 0)
        goto undo;
    if (fsync(fd) == 0 && link(tmp.ptr, path) == 0 && fsync(dir) == 0)
        rc = 0;
    else if (errno == EEXIST)
        rc = onr_fail(
            err, ONR_EKEY,
            "%s exists: a key file is never replaced; choose another name or move it away", path);
    else
        rc = onr_fail(err, ONR_EIO, "cannot write %s: %s", path, strerror(errno));
undo:
    unlink(tmp.ptr);
out:
    if (fd >= 0)
        close(fd);
    if (dir >= 0)
        close(dir);
    onr_buf_release(&folder);
    onr_buf_release(&tmp);
    return rc;
}

int
onr_keyfile_create(const char *path, struct onr_span name, enum onr_key_type type,
                   struct onr_signer *ret, struct onr_error *err)
{
    char *text = sodium_malloc(ONR_KEYFILE_MAX);
    uint8_t *seed = sodium_malloc(ONR_SEED_LEN);
    char *b64 = sodium_malloc(ONR_BASE64_LEN(ONR_SEED_LEN));
    char verifier[ONR_VERIFIER_MAX + 1];
    struct onr_signer s = { .secret = NULL };
    int rc, n;

    if (!text || !seed || !b64) {
        rc = onr_fail(err, ONR_ENOMEM, "no locked memory for a key (see ulimit -l)");
        goto out;
    }
    randombytes_buf(seed, ONR_SEED_LEN);
    if ((rc = onr_signer_init(&s, name, type, seed, err)) < 0)
        goto out;
    n = snprintf(text, ONR_KEYFILE_MAX, "onrecord secret key v1\ncipher none\nkey %s\nsecret %s\n",
                 onr_verifier_print(&s.key, verifier), onr_base64(seed, ONR_SEED_LEN, b64));
    onr_signer_release(&s);
    if ((rc = write_new(path, onr_span_of(text, (size_t) n), err)) < 0)
        goto out;
    rc = onr_keyfile_read(path, ret, err);
out:
    sodium_free(b64);
    sodium_free(seed);
    sodium_free(text);
    return rc;
}
