/* common/line/key.c - see key.h. */
#include "common/line/key.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/line/program.h"
#include "common/stmtlog/secretfile.h"

#define CREDENTIAL "credential:"
#define DESCRIPTOR "fd:"
#define NAME_LEN   4096 /* bytes of a path */

const struct onr_setting onr_settings_key[] = {
    { .name = "passphrase-file",
      .type = ONR_SET_TEXT,
      .arg = "FILE",
      .help = "where an encrypted key's passphrase is: a file that only this user can read, "
              "credential:NAME for one that systemd passes on, fd:N for an open descriptor (one "
              "line a key); asked for on the terminal if not given" },
    { .name = NULL },
};

/* credential:NAME to the path that the service manager gave it; any other name stays. */
static int
resolve(const char *name, char path[NAME_LEN], bool *ret_credential, struct onr_error *err)
{
    const char *folder = getenv("CREDENTIALS_DIRECTORY"), *file = name + sizeof CREDENTIAL - 1;

    *ret_credential = strncmp(name, CREDENTIAL, sizeof CREDENTIAL - 1) == 0;
    if (!*ret_credential) {
        if (strlen(name) >= NAME_LEN)
            return onr_fail(err, ONR_EKEY, "the name of a key file is too long");
        strcpy(path, name);
        return 0;
    }
    if (!folder || folder[0] != '/')
        return onr_fail(err, ONR_EKEY,
                        "%s: there is no $CREDENTIALS_DIRECTORY; systemd sets it for a unit with "
                        "LoadCredential=%s:/path/of/the/key",
                        name, file);
    if (!*file || *file == '.' || strchr(file, '/'))
        return onr_fail(err, ONR_EKEY, "'%s' is not the name of a credential", file);
    if (snprintf(path, NAME_LEN, "%s/%s", folder, file) >= NAME_LEN)
        return onr_fail(err, ONR_EKEY, "the name of a key file is too long");
    return 0;
}

/* --- passphrases ---------------------------------------------------------------------------------------------------- */

/* One line of a descriptor, byte by byte: what stands behind it is for the next one who asks. */
static int
read_line(int fd, const char *what, char *ret, size_t *ret_len, struct onr_error *err)
{
    size_t len = 0;
    ssize_t n;
    char c;

    while ((n = read(fd, &c, 1)) != 0) {
        if (n < 0 && errno == EINTR && !onr_program_stopping())
            continue;
        if (n < 0 && onr_program_stopping())
            return onr_fail(err, ONR_ESTOP, "stopped while asking for a passphrase");
        if (n < 0)
            return onr_fail(err, ONR_EKEY, "cannot read a passphrase from %s: %s", what,
                            strerror(errno));
        if (c == '\n')
            break;
        if (len == ONR_PASSPHRASE_MAX)
            return onr_fail(err, ONR_EKEY, "the passphrase from %s is longer than %d bytes", what,
                            ONR_PASSPHRASE_MAX);
        ret[len++] = c;
    }
    c = 0;
    if (len == 0)
        return onr_fail(err, ONR_EKEY, "no passphrase came from %s", what);
    *ret_len = len;
    return 0;
}

static int
ask_descriptor(const char *name, char *ret, size_t *ret_len, struct onr_error *err)
{
    unsigned long long fd;
    int rc;

    if (onr_span_u64(onr_span_z(name + sizeof DESCRIPTOR - 1), &fd) < 0 || fd > 1024 * 1024)
        return onr_fail(err, ONR_EKEY, "'%s': fd:N is the number of an open descriptor", name);
    if ((rc = onr_secretfile_check((int) fd, name, true, ONR_PASSPHRASE_MAX * 16, err)) < 0)
        return rc;
    return read_line((int) fd, name, ret, ret_len, err);
}

/* The first line of a file. */
static int
ask_file(const char *name, char *ret, size_t *ret_len, struct onr_error *err)
{
    char path[NAME_LEN], *end;
    bool credential;
    size_t len;
    int rc;

    if ((rc = resolve(name, path, &credential, err)) < 0
        || (rc = onr_secretfile_read(path, credential, ret, ONR_PASSPHRASE_MAX, &len, err)) < 0)
        return rc;
    if ((end = memchr(ret, '\n', len)))
        len = (size_t) (end - ret);
    if (len == 0)
        return onr_fail(err, ONR_EKEY, "%s holds no passphrase", path);
    *ret_len = len;
    return 0;
}

/* A line from the terminal, which does not show it. */
static int
ask_terminal(int tty, const char *path, const char *again, char *ret, size_t *ret_len,
             struct onr_error *err)
{
    struct termios was, quiet;
    int rc;

    if (tcgetattr(tty, &was) < 0)
        return onr_fail(err, ONR_EKEY, "cannot ask for a passphrase: %s", strerror(errno));
    quiet = was;
    quiet.c_lflag &= ~(tcflag_t) (ECHO | ECHONL);
    quiet.c_lflag |= ICANON | ISIG;
    if (tcsetattr(tty, TCSAFLUSH, &quiet) < 0)
        return onr_fail(err, ONR_EKEY, "cannot ask for a passphrase: %s", strerror(errno));
    dprintf(tty, "Passphrase of %s%s: ", path, again);
    rc = read_line(tty, "the terminal", ret, ret_len, err);
    if (tcsetattr(tty, TCSAFLUSH, &was) < 0 && rc == 0)
        rc = onr_fail(err, ONR_EIO, "cannot set the terminal back: %s", strerror(errno));
    dprintf(tty, "\n");
    return rc;
}

static int
ask_twice(int tty, const char *path, char *ret, size_t *ret_len, struct onr_error *err)
{
    char *again = sodium_malloc(ONR_PASSPHRASE_MAX);
    size_t len = 0;
    int rc;

    if (!again)
        return onr_fail(err, ONR_ENOMEM, "no locked memory for a passphrase (see ulimit -l)");
    if ((rc = ask_terminal(tty, path, "", ret, ret_len, err)) == 0
        && (rc = ask_terminal(tty, path, ", once more", again, &len, err)) == 0
        && (len != *ret_len || memcmp(again, ret, len) != 0))
        rc = onr_fail(err, ONR_EKEY, "the two passphrases differ; nothing was written");
    sodium_free(again);
    return rc;
}

/* What onr_keyfile_ask needs. */
struct asker {
    const struct onr_settings *settings;
    bool terminal; /* somebody may sit there */
};

static int
ask(void *ctx, const char *path, bool fresh, char *ret, size_t *ret_len, struct onr_error *err)
{
    const struct asker *a = ctx;
    const char *name = onr_set_text(a->settings, "passphrase-file");
    int tty, rc;

    if (name && strncmp(name, DESCRIPTOR, sizeof DESCRIPTOR - 1) == 0)
        rc = ask_descriptor(name, ret, ret_len, err);
    else if (name)
        rc = ask_file(name, ret, ret_len, err);
    else if (!a->terminal || (tty = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC)) < 0)
        return onr_fail(err, ONR_EKEY,
                        "%s wants a passphrase, and there is no terminal to ask on: name a file "
                        "with --passphrase-file",
                        path);
    else {
        rc = fresh ? ask_twice(tty, path, ret, ret_len, err)
                   : ask_terminal(tty, path, "", ret, ret_len, err);
        close(tty);
    }
    if (rc == 0 && fresh && *ret_len < ONR_PASSPHRASE_MIN)
        rc = onr_fail(err, ONR_EKEY,
                      "the passphrase is too short: use %d bytes at least, a few words that nobody "
                      "else would put together",
                      ONR_PASSPHRASE_MIN);
    return rc;
}

/* --- keys ----------------------------------------------------------------------------------------------------------- */

static int
read_key(const struct onr_settings *s, const char *name, bool terminal, struct onr_signer *ret,
         struct onr_error *err)
{
    struct asker a = { s, terminal };
    struct onr_keyfile_how how = { .ask = ask, .ctx = &a };
    char path[NAME_LEN];
    int rc;

    onr_keyfile_guard();
    if ((rc = resolve(name, path, &how.credential, err)) < 0)
        return rc;
    return onr_keyfile_unlock(path, &how, ret, err);
}

int
onr_key_read(const struct onr_settings *s, const char *name, struct onr_signer *ret,
             struct onr_error *err)
{
    return read_key(s, name, true, ret, err);
}

int
onr_key_reread(const struct onr_settings *s, const char *name, struct onr_signer *ret,
               struct onr_error *err)
{
    return read_key(s, name, false, ret, err);
}

int
onr_key_create(const struct onr_settings *s, const char *path, struct onr_span name,
               enum onr_key_type type, bool encrypt, struct onr_signer *ret, struct onr_error *err)
{
    struct asker a = { s, true };
    struct onr_keyfile_how how = { .ask = ask, .ctx = &a };

    onr_keyfile_guard();
    if (access(path, F_OK) == 0) /* before anybody thinks of a passphrase */
        return onr_fail(err, ONR_EKEY,
                        "%s exists: a key file is never replaced; choose another name or move it "
                        "away",
                        path);
    return encrypt ? onr_keyfile_create_sealed(path, name, type, &how, ret, err)
                   : onr_keyfile_create(path, name, type, ret, err);
}
