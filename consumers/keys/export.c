/* consumers/keys/export.c - what others check with tools of their own: public keys and detached signatures.
 *
 * A public key goes out as a verifier key, which names what it belongs to, or in minisign's format. A file is signed in
 * minisign's format with any key at hand; minisign itself can check it (tests/kafka/test_keys.py does).
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/line/key.h"
#include "common/line/keyring.h"
#include "common/stmtlog/minisign.h"
#include "consumers/keys/keys.h"

#define SIGNED_SUFFIX ".minisig"
#define EXPORT_MAX    (1024 * 1024) /* bytes: every key that a key log may hold */

/* The key of this name; one that still counts goes before those that do not. */
static int
find_by_name(const struct onr_keylog *log, const char *name, const struct onr_keylog_key **ret,
             struct onr_error *err)
{
    const struct onr_keylog_key *best = NULL;
    bool twice = false;

    for (size_t i = 0; i < onr_keylog_keys(log); i++) {
        const struct onr_keylog_key *k = onr_keylog_key(log, i);
        bool dead = k->retired || k->revoked;

        if (strcmp(k->key.name, name) != 0)
            continue;
        if (best && dead == (best->retired || best->revoked))
            twice = true;
        else if (best && dead)
            continue;
        else
            twice = false;
        best = k;
    }
    if (twice)
        return onr_fail(err, ONR_EKEY,
                        "the key log holds several keys named %s: name the one you mean by its id "
                        "(keys list)",
                        name);
    *ret = best;
    return 0;
}

int
onr_keys_find(const struct onr_keylog *log, const char *text, const struct onr_keylog_key **ret,
              struct onr_error *err)
{
    const struct onr_keylog_key *found = NULL;
    uint8_t id[ONR_KEY_ID_LEN];
    struct onr_public_key key;
    int rc;

    if (onr_unhex(onr_span_z(text), id, sizeof id) == 0)
        found = onr_keylog_find(log, id);
    if (!found && (rc = find_by_name(log, text, &found, err)) < 0)
        return rc;
    if (!found && (strchr(text, '+') || access(text, F_OK) == 0)) {
        if ((rc = onr_keys_verifier(onr_span_z(text), &key, err)) < 0)
            return rc;
        found = onr_keylog_find(log, key.id);
    }
    if (!found)
        return onr_fail(
            err, ONR_EKEY,
            "'%.200s' is no key of the key log: name it by its name, id or verifier key "
            "as keys list shows them",
            text);
    *ret = found;
    return 0;
}

static int
print_key(const struct onr_settings *s, const struct onr_public_key *key, struct onr_buf *out,
          struct onr_error *err)
{
    char verifier[ONR_VERIFIER_MAX + 1];
    int rc;

    if (onr_set_flag(s, "minisign"))
        return onr_minisign_key(key, out, err);
    rc = onr_buf_printf(out, "%s\n", onr_verifier_print(key, verifier));
    return rc < 0 ? onr_fail(err, -rc, "no memory for the keys") : 0;
}

/* The key log, read when the first operand needs it. */
static int
open_log(const struct onr_settings *s, struct onr_broker *broker, struct onr_keyring **ring,
         struct onr_error *err)
{
    const char *path;
    int rc;

    if (*ring)
        return 0;
    if ((rc = onr_keys_need(s, "trust", "trust.txt", &path, err)) < 0
        || (rc = onr_broker_init(broker, s, "keys", err)) < 0)
        return rc;
    return onr_keys_open_ring(broker, path, ring, err);
}

/* Every key that still counts without a limit. */
static int
print_all(const struct onr_settings *s, const struct onr_keylog *log, struct onr_buf *out,
          struct onr_error *err)
{
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < onr_keylog_keys(log); i++) {
        const struct onr_keylog_key *k = onr_keylog_key(log, i);

        if (!k->retired && !k->revoked)
            rc = print_key(s, &k->key, out, err);
    }
    return rc;
}

int
onr_keys_export(const struct onr_settings *s, struct onr_error *err)
{
    struct onr_buf out = ONR_BUF_INIT(EXPORT_MAX);
    struct onr_keyring *ring = NULL;
    struct onr_broker broker;
    int rc = 0;

    if (onr_settings_argc(s) == 1 && (rc = open_log(s, &broker, &ring, err)) == 0)
        rc = print_all(s, onr_keyring_log(ring), &out, err);
    for (size_t i = 1; rc == 0 && i < onr_settings_argc(s); i++) {
        const char *text = onr_settings_arg(s, i);
        const struct onr_keylog_key *known;
        struct onr_public_key key;

        if (strchr(text, '+') || access(text, F_OK) == 0)
            rc = onr_keys_verifier(onr_span_z(text), &key, err);
        else if ((rc = open_log(s, &broker, &ring, err)) == 0
                 && (rc = onr_keys_find(onr_keyring_log(ring), text, &known, err)) == 0)
            key = known->key;
        if (rc == 0)
            rc = print_key(s, &key, &out, err);
    }
    if (rc == 0)
        rc = onr_fd_write(STDOUT_FILENO, onr_buf_span(&out), "standard output", err);
    onr_keyring_close(ring);
    onr_buf_release(&out);
    return rc;
}

static int
hash_file(const char *path, uint8_t ret[ONR_MINISIGN_HASH_LEN], struct onr_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC), rc;

    if (fd < 0)
        return onr_fail(err, ONR_EINPUT, "cannot open %s: %s", path, strerror(errno));
    rc = onr_minisign_hash(fd, path, ret, err);
    close(fd);
    return rc;
}

/* The trusted comment: --comment, or what minisign itself would write. */
static int
write_comment(const struct onr_settings *s, const char *path, struct onr_buf *out,
              struct onr_error *err)
{
    const char *text = onr_set_text(s, "comment"), *slash = strrchr(path, '/');
    int rc = text ? onr_buf_add_z(out, text)
                  : onr_buf_printf(out, "timestamp:%" PRId64 "\tfile:%s\thashed",
                                   onr_wall_ms() / 1000, slash ? slash + 1 : path);

    return rc < 0 ? onr_fail(err, ONR_EINPUT, "a trusted comment has at most %d bytes",
                             ONR_MINISIGN_COMMENT_MAX)
                  : 0;
}

static int
save(const struct onr_settings *s, const char *path, struct onr_span text, struct onr_error *err)
{
    const char *out = onr_set_text(s, "out");
    char beside[4096];

    if (!out && snprintf(beside, sizeof beside, "%s" SIGNED_SUFFIX, path) >= (int) sizeof beside)
        return onr_fail(err, ONR_EUSAGE, "the name of the file is too long; use --out");
    out = out ? out : beside;
    if (access(out, F_OK) == 0)
        return onr_fail(err, ONR_EUSAGE, "%s exists: a signature is not replaced; move it away",
                        out);
    return onr_file_replace(out, text, 0644, err);
}

int
onr_keys_sign(const struct onr_settings *s, struct onr_error *err)
{
    struct onr_buf text = ONR_BUF_INIT(ONR_MINISIGN_MAX);
    struct onr_buf comment = ONR_BUF_INIT(ONR_MINISIGN_COMMENT_MAX);
    uint8_t hash[ONR_MINISIGN_HASH_LEN];
    struct onr_signer signer = { .secret = NULL };
    const char *path, *key;
    int rc;

    if (onr_settings_argc(s) != 2)
        return onr_fail(err, ONR_EUSAGE,
                        "name one file: onrecord keys sign --minisign --key w0.key "
                        "heads.txt");
    if (!onr_set_flag(s, "minisign"))
        return onr_fail(err, ONR_EUSAGE, "say --minisign: it is the one format there is");
    path = onr_settings_arg(s, 1);
    if ((rc = onr_keys_need(s, "key", "w0.key", &key, err)) < 0
        || (rc = hash_file(path, hash, err)) < 0 || (rc = write_comment(s, path, &comment, err)) < 0
        || (rc = onr_key_read(s, key, &signer, err)) < 0
        || (rc = onr_minisign_sign(&signer, hash, onr_buf_span(&comment), &text, err)) < 0)
        goto out;
    rc = save(s, path, onr_buf_span(&text), err);
out:
    onr_signer_release(&signer);
    onr_buf_release(&comment);
    onr_buf_release(&text);
    return rc;
}
