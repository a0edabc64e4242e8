/* common/stmtlog/secretfile.c - see secretfile.h. */
#include "common/stmtlog/secretfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/buf.h"
#include "common/base/file.h"

#define OTHERS            077 /* mode bits that a secret must not have */
#define CREDENTIAL_OTHERS 037 /* its group's r is systemd's access list for the unit's user */

int
onr_secretfile_check(int fd, const char *name, bool credential, size_t max, struct onr_error *err)
{
    mode_t others = credential ? CREDENTIAL_OTHERS : OTHERS;
    struct stat st;

    if (fstat(fd, &st) < 0)
        return onr_fail(err, ONR_EIO, "cannot look at %s: %s", name, strerror(errno));
    if (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode))
        return 0;
    if (!S_ISREG(st.st_mode))
        return onr_fail(err, ONR_EKEY, "%s is not a regular file", name);
    if (st.st_uid != geteuid() && !(credential && st.st_uid == 0))
        return onr_fail(err, ONR_EKEY,
                        "%s belongs to user %ld, this program runs as user %ld: a key belongs to "
                        "the user who signs with it",
                        name, (long) st.st_uid, (long) geteuid());
    if (st.st_mode & others)
        return onr_fail(err, ONR_EKEY,
                        "%s may be used by others (mode %04o): run chmod 600 on it, and think "
                        "about who may have read it",
                        name, (unsigned) st.st_mode & 07777);
    if (st.st_size > (off_t) max)
        return onr_fail(err, ONR_EKEY, "%s is too large for a key", name);
    return 0;
}

/* A file has a name that others can open, so a pipe is none. */
static int
check_named(int fd, const char *path, bool credential, size_t max, struct onr_error *err)
{
    struct stat st;

    if (fstat(fd, &st) == 0 && !S_ISREG(st.st_mode))
        return onr_fail(err, ONR_EKEY, "%s is not a regular file", path);
    return onr_secretfile_check(fd, path, credential, max, err);
}

int
onr_secretfile_read(const char *path, bool credential, char *text, size_t max, size_t *ret_len,
                    struct onr_error *err)
{
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    size_t len = 0;
    ssize_t n = 0;
    int rc;

    if (fd < 0 && errno == ELOOP)
        return onr_fail(err, ONR_EKEY, "%s is a link: name the key file itself", path);
    if (fd < 0)
        return onr_fail(err, ONR_EKEY, "cannot open key file %s: %s", path, strerror(errno));
    if ((rc = check_named(fd, path, credential, max, err)) < 0)
        goto out;
    while (len < max && (n = read(fd, text + len, max - len)) != 0) {
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

/* Write a file beside path and give it its name only when it is whole; link(2) refuses to replace, unlike rename(2). */
int
onr_secretfile_create(const char *path, struct onr_span text, struct onr_error *err)
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
