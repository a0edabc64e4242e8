/* common/base/file.c - see file.h. */
#include "common/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define READ_STEP 65536

static int
io_error(struct onr_error *err, const char *doing, const char *path)
{
    return onr_fail(err, errno == ENOENT ? ONR_ENOTFOUND : ONR_EIO, "cannot %s %s: %s", doing, path,
                    strerror(errno));
}

static int
read_all(int fd, const char *path, struct onr_buf *out, struct onr_error *err)
{
    for (;;) {
        size_t room = out->max - out->len < READ_STEP ? out->max - out->len : READ_STEP;
        char extra;
        ssize_t n;
        int rc;

        if ((rc = onr_buf_reserve(out, room)) < 0)
            return onr_fail(err, -rc, "cannot read %s: no memory", path);
        n = room ? read(fd, out->ptr + out->len, room) : read(fd, &extra, 1);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return io_error(err, "read", path);
        if (n == 0)
            return 0;
        if (!room)
            return onr_fail(err, ONR_ELIMIT, "%s is larger than %zu bytes", path, out->max);
        out->len += (size_t) n;
        out->ptr[out->len] = '\0';
    }
}

int
onr_file_read(const char *path, struct onr_buf *out, struct onr_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    int rc;

    if (fd < 0)
        return io_error(err, "open", path);
    rc = read_all(fd, path, out, err);
    close(fd);
    return rc;
}

int
onr_fd_write(int fd, struct onr_span content, const char *name, struct onr_error *err)
{
    while (content.len) {
        ssize_t n = write(fd, content.ptr, content.len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return io_error(err, "write", name);
        content = onr_span_sub(content, (size_t) n, content.len);
    }
    return 0;
}

static int
sync_folder(const char *path, struct onr_error *err)
{
    const char *slash = strrchr(path, '/');
    char *folder = slash ? strndup(path, (size_t) (slash - path) + 1) : strdup(".");
    int rc = 0, fd;

    if (!folder)
        return onr_fail(err, ONR_ENOMEM, "cannot write %s: no memory", path);
    fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || fsync(fd) < 0)
        rc = io_error(err, "sync the folder of", path);
    if (fd >= 0)
        close(fd);
    free(folder);
    return rc;
}

int
onr_file_replace(const char *path, struct onr_span content, unsigned mode, struct onr_error *err)
{
    struct onr_buf tmp = ONR_BUF_INIT(strlen(path) + 16);
    int fd = -1, rc;

    if (onr_buf_printf(&tmp, "%s.XXXXXX", path) < 0)
        return onr_fail(err, ONR_ENOMEM, "cannot write %s: no memory", path);
    if ((fd = mkstemp(tmp.ptr)) < 0) {
        rc = io_error(err, "create a file beside", path);
        goto out;
    }
    if ((rc = onr_fd_write(fd, content, path, err)) < 0)
        goto undo;
    if (fchmod(fd, (mode_t) mode) < 0 || fsync(fd) < 0 || rename(tmp.ptr, path) < 0) {
        rc = io_error(err, "write", path);
        goto undo;
    }
    rc = sync_folder(path, err);
    goto out;
undo:
    unlink(tmp.ptr);
out:
    if (fd >= 0)
        close(fd);
    onr_buf_release(&tmp);
    return rc;
}

static int64_t
clock_ms(clockid_t id)
{
    struct timespec t;

    clock_gettime(id, &t);
    return (int64_t) t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t
onr_now_ms(void)
{
    return clock_ms(CLOCK_MONOTONIC);
}

int64_t
onr_wall_ms(void)
{
    return clock_ms(CLOCK_REALTIME);
}
