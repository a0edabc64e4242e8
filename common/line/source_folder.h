/* common/line/source_folder.h - the queue of files of a source, fed by folders that are listed and then watched.
 *
 * The watch begins before the folder is listed, so a file that arrives in between is met at least once; a file may be met
 * twice, which the reader of the source must stand. When the kernel's queue overflows, the folders are listed again.
 */
#ifndef ONR_LINE_SOURCE_FOLDER_H
#define ONR_LINE_SOURCE_FOLDER_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/error.h"

#define ONR_FOLDERS_MAX 64 /* folders given to one source */

struct onr_folders {
    char **file; /* owned; [next, n) are still to be read */
    size_t next, n, cap;
    bool any_name; /* take every file, not only .txt, .jsonl, .ndjson and .json */
    int watch_fd;  /* -1 = not watching */
    size_t n_folders;
    struct {
        const char *path; /* borrowed */
        int watch;
    } folder[ONR_FOLDERS_MAX];
};

ONR_MUST_USE int onr_folders_init(struct onr_folders *f, bool any_name, bool watch,
                                  struct onr_error *err);
void onr_folders_release(struct onr_folders *f);

/** Queue one file, whatever its name. -ONR_ENOMEM, -ONR_ELIMIT. */
ONR_MUST_USE int onr_folders_add_file(struct onr_folders *f, const char *path,
                                      struct onr_error *err);

/** Watch the folder if asked to, and queue its files in the order of their names. Files that begin with a dot and folders in
 *  it are left out. Borrows path. -ONR_EIO, -ONR_ELIMIT, -ONR_ENOMEM. */
ONR_MUST_USE int onr_folders_add(struct onr_folders *f, const char *path, struct onr_error *err);

/** Next file to read, or NULL when none is queued now. Valid until the next call. */
const char *onr_folders_next(struct onr_folders *f);

/** Queue what was written or moved into the watched folders since. Does not wait: poll f->watch_fd for that.
 *  -ONR_EIO when a watched folder has gone. */
ONR_MUST_USE int onr_folders_news(struct onr_folders *f, struct onr_error *err);

#endif
