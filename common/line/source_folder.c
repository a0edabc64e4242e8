/* common/line/source_folder.c - see source_folder.h. */
#include "common/line/source_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/line/source.h"

#define WATCHED      (IN_CLOSE_WRITE | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR)
#define EVENTS_BYTES (64 * 1024) /* read from the kernel at once */

int
onr_folders_init(struct onr_folders *f, bool any_name, bool watch, struct onr_error *err)
{
    memset(f, 0, sizeof(*f));
    f->any_name = any_name;
    f->watch_fd = -1;
    if (watch && (f->watch_fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) < 0)
        return onr_fail(err, ONR_EIO, "cannot watch folders: %s", strerror(errno));
    return 0;
}

void
onr_folders_release(struct onr_folders *f)
{
    size_t i;

    for (i = 0; i < f->n; i++)
        free(f->file[i]);
    free(f->file);
    if (f->watch_fd >= 0)
        close(f->watch_fd);
    memset(f, 0, sizeof(*f));
    f->watch_fd = -1;
}

/* Make room for one more: first the places of files that were read, then memory. */
static int
make_room(struct onr_folders *f, struct onr_error *err)
{
    size_t read = f->next > 0 ? f->next - 1 : 0; /* the last one handed out is still in use */
    size_t cap = f->cap ? 2 * f->cap : 64;
    char **file;

    if (f->n < f->cap)
        return 0;
    if (read > 0) {
        memmove(f->file, f->file + read, (f->n - read) * sizeof(*f->file));
        f->n -= read;
        f->next -= read;
        return 0;
    }
    if (f->n >= ONR_SOURCE_FILES_MAX)
        return onr_fail(err, ONR_ELIMIT, "more than %d files at once; give fewer folders",
                        ONR_SOURCE_FILES_MAX);
    file = realloc(f->file, cap * sizeof(*file));
    if (!file)
        return onr_fail(err, ONR_ENOMEM, "no memory for the names of files");
    f->file = file;
    f->cap = cap;
    return 0;
}

/* Takes path, which may be NULL: no memory. */
static int
enqueue(struct onr_folders *f, char *path, struct onr_error *err)
{
    int rc = path ? make_room(f, err)
                  : onr_fail(err, ONR_ENOMEM, "no memory for the names of files");

    if (rc < 0)
        free(path);
    else
        f->file[f->n++] = path;
    return rc;
}

int
onr_folders_add_file(struct onr_folders *f, const char *path, struct onr_error *err)
{
    return enqueue(f, strdup(path), err);
}

static char *
join(const char *folder, const char *name)
{
    size_t len = strlen(folder) + strlen(name) + 2;
    char *path = malloc(len);

    if (path)
        snprintf(path, len, "%s%s%s", folder, folder[strlen(folder) - 1] == '/' ? "" : "/", name);
    return path;
}

/* May a file of this name hold articles? */
static bool
wanted(const struct onr_folders *f, const char *name)
{
    static const char *const endings[] = { ".txt", ".jsonl", ".ndjson", ".json" };
    const char *dot = strrchr(name, '.');
    size_t i;

    if (name[0] == '.')
        return false;
    for (i = 0; i < sizeof(endings) / sizeof(*endings); i++)
        if (dot && strcmp(dot, endings[i]) == 0)
            return true;
    return f->any_name;
}

static int
by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *) a, *(char *const *) b);
}

static int
list(struct onr_folders *f, const char *folder, struct onr_error *err)
{
    DIR *dir = opendir(folder);
    size_t first = f->n;
    struct dirent *entry;
    struct stat st;
    int rc = 0;

    if (!dir)
        return onr_fail(err, ONR_EIO, "cannot list folder %s: %s", folder, strerror(errno));
    while (rc == 0 && (errno = 0, entry = readdir(dir)) != NULL) {
        char *path = NULL;

        if (!wanted(f, entry->d_name))
            continue;
        path = join(folder, entry->d_name);
        if (path && (stat(path, &st) < 0 || !S_ISREG(st.st_mode))) {
            free(path);
            continue;
        }
        rc = enqueue(f, path, err);
    }
    if (rc == 0 && errno != 0)
        rc = onr_fail(err, ONR_EIO, "cannot list folder %s: %s", folder, strerror(errno));
    closedir(dir);
    if (f->n > first)
        qsort(f->file + first, f->n - first, sizeof(*f->file), by_name);
    return rc;
}

int
onr_folders_add(struct onr_folders *f, const char *path, struct onr_error *err)
{
    int watch = -1;

    if (f->n_folders == ONR_FOLDERS_MAX)
        return onr_fail(err, ONR_ELIMIT, "more than %d folders", ONR_FOLDERS_MAX);
    if (f->watch_fd >= 0 && (watch = inotify_add_watch(f->watch_fd, path, WATCHED)) < 0)
        return onr_fail(err, ONR_EIO, "cannot watch folder %s: %s%s", path, strerror(errno),
                        errno == ENOSPC ? " (raise fs.inotify.max_user_watches)" : "");
    f->folder[f->n_folders].path = path;
    f->folder[f->n_folders++].watch = watch;
    return list(f, path, err);
}

const char *
onr_folders_next(struct onr_folders *f)
{
    if (f->next > 0) { /* the one handed out before */
        free(f->file[f->next - 1]);
        f->file[f->next - 1] = NULL;
    }
    if (f->next == f->n) {
        f->next = f->n = 0;
        return NULL;
    }
    return f->file[f->next++];
}

static int
take_event(struct onr_folders *f, const struct inotify_event *e, struct onr_error *err)
{
    size_t i;
    int rc = 0;

    if (e->mask & IN_Q_OVERFLOW) {
        for (i = 0; i < f->n_folders && rc == 0; i++)
            rc = list(f, f->folder[i].path, err);
        return rc;
    }
    for (i = 0; i < f->n_folders && f->folder[i].watch != e->wd; i++)
        ;
    if (i == f->n_folders)
        return 0;
    if (e->mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED | IN_UNMOUNT))
        return onr_fail(err, ONR_EIO, "the watched folder %s is gone", f->folder[i].path);
    if ((e->mask & IN_ISDIR) || e->len == 0 || !wanted(f, e->name))
        return 0;
    return enqueue(f, join(f->folder[i].path, e->name), err);
}

int
onr_folders_news(struct onr_folders *f, struct onr_error *err)
{
    alignas(struct inotify_event) char events[EVENTS_BYTES];
    ssize_t n, at;
    int rc = 0;

    while (rc == 0 && (n = read(f->watch_fd, events, sizeof(events))) > 0)
        for (at = 0; at < n && rc == 0;) {
            const struct inotify_event *e = (const struct inotify_event *) (events + at);

            rc = take_event(f, e, err);
            at += (ssize_t) (sizeof(*e) + e->len);
        }
    if (rc == 0 && n < 0 && errno != EAGAIN && errno != EINTR)
        rc = onr_fail(err, ONR_EIO, "cannot watch folders: %s", strerror(errno));
    return rc;
}
