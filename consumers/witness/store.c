/* consumers/witness/store.c - the folder of a witness.
 *
 *   heads                 the last head of each lane that was cosigned (head_store)
 *   lane-P-E.note         the worker's signed note of partition P, epoch E that it came with: half of the proof of a fork
 *   refused-P-E.N.txt     evidence against a lane, N from 1
 *   lock                  held while a witness works here: two of them could take each other's state back
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/stmtlog/base64.h"
#include "common/stmtlog/note.h"
#include "consumers/witness/witness.h"

#define EVIDENCE_MAX   ((size_t) 4 * 1024 * 1024) /* two heads, two notes, one COMMIT */
#define EVIDENCE_FILES 10000

static int
path_in(const struct onr_witness *w, const char *name, char ret[ONR_WITNESS_PATH_MAX],
        struct onr_error *err)
{
    int n = snprintf(ret, ONR_WITNESS_PATH_MAX, "%s/%s", w->folder, name);

    return n < 0 || n >= ONR_WITNESS_PATH_MAX
               ? onr_fail(err, ONR_ECONFIG, "--state: the name of the folder is too long")
               : 0;
}

/* "lane-3-1.note" */
static int
lane_path(const struct onr_witness *w, const struct onr_witness_lane *l, const char *before,
          const char *after, char ret[ONR_WITNESS_PATH_MAX], struct onr_error *err)
{
    struct onr_lane_name name;
    char file[128];
    int rc;

    if ((rc = onr_origin_parse(onr_span_z(l->origin), &name, err)) < 0)
        return rc;
    snprintf(file, sizeof file, "%s-%" PRId32 "-%" PRIu32 "%s", before, name.partition, name.epoch,
             after);
    return path_in(w, file, ret, err);
}

static int
take_lock(struct onr_witness *w, struct onr_error *err)
{
    struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
    char path[ONR_WITNESS_PATH_MAX];
    int rc;

    if ((rc = path_in(w, "lock", path, err)) < 0)
        return rc;
    w->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (w->lock < 0)
        return onr_fail(err, ONR_EIO, "%s: %s", path, strerror(errno));
    if (fcntl(w->lock, F_SETLK, &lock) == 0)
        return 0;
    if (errno == EACCES || errno == EAGAIN)
        return onr_fail(err, ONR_ECONFIG,
                        "another witness works in %s: each needs a folder and a key of its own",
                        w->folder);
    return onr_fail(err, ONR_EIO, "%s: cannot be locked: %s", path, strerror(errno));
}

int
onr_witness_store_open(struct onr_witness *w, struct onr_error *err)
{
    char path[ONR_WITNESS_PATH_MAX];
    int rc;

    if (mkdir(w->folder, 0700) < 0 && errno != EEXIST)
        return onr_fail(err, ONR_EIO, "%s: cannot be made: %s", w->folder, strerror(errno));
    if ((rc = take_lock(w, err)) < 0 || (rc = onr_head_store_new(&w->heads, err)) < 0
        || (rc = path_in(w, "heads", path, err)) < 0)
        return rc;
    rc = onr_head_store_load(w->heads, path, err);
    if (rc < 0 && rc != -ONR_ENOTFOUND)
        return rc;
    /* Whether it can be written is better known now than after the first COMMIT. */
    return onr_head_store_save(w->heads, path, err);
}

void
onr_witness_store_close(struct onr_witness *w)
{
    onr_head_store_free(w->heads);
    if (w->lock >= 0)
        close(w->lock);
    w->lock = -1;
}

int
onr_witness_store_note(const struct onr_witness *w, const struct onr_witness_lane *l,
                       struct onr_error *err)
{
    char path[ONR_WITNESS_PATH_MAX];
    int rc = lane_path(w, l, "lane", ".note", path, err);

    return rc < 0 ? rc : onr_file_replace(path, onr_buf_span(&l->note), 0644, err);
}

int
onr_witness_store_heads(const struct onr_witness *w, struct onr_error *err)
{
    char path[ONR_WITNESS_PATH_MAX];
    int rc = path_in(w, "heads", path, err);

    return rc < 0 ? rc : onr_head_store_save(w->heads, path, err);
}

static int
add_base64(struct onr_buf *out, struct onr_span bytes)
{
    char *text = malloc(ONR_BASE64_LEN(bytes.len));
    int rc = text ? onr_buf_printf(out, "commit %s\n", onr_base64(bytes.ptr, bytes.len, text))
                  : -ONR_ENOMEM;

    free(text);
    return rc;
}

static int
add_kept(const struct onr_witness *w, const struct onr_witness_lane *l, struct onr_buf *out,
         struct onr_error *err)
{
    const struct onr_head *kept = onr_head_store_get(w->heads, l->origin);
    char path[ONR_WITNESS_PATH_MAX];
    int rc;

    if (!kept)
        return onr_buf_add_z(out, "none\n");
    if ((rc = onr_head_print(kept, out)) < 0
        || (rc = lane_path(w, l, "lane", ".note", path, err)) < 0)
        return rc;
    rc = onr_file_read(path, out, err);
    return rc == -ONR_ENOTFOUND ? 0 : rc;
}

/* Text for people and lawyers; every line of it can be checked against the keys. */
static int
print_evidence(const struct onr_witness *w, const struct onr_witness_lane *l, struct onr_buf *out,
               struct onr_error *err)
{
    const struct onr_head *found = &onr_lane_reader_range(l->reader)->head;
    int rc;

    if ((rc = onr_buf_printf(out,
                             "onrecord refused lane v1\nlane %s\nverdict %s\nwhy %s\n\n"
                             "kept by witness %s:\n",
                             l->origin, onr_verdict_name(l->verdict), l->why, w->signer.key.name))
            < 0
        || (rc = add_kept(w, l, out, err)) < 0 || (rc = onr_buf_add_z(out, "\nfound:\n")) < 0)
        return rc;
    if (found->started && (rc = onr_head_print(found, out)) < 0)
        return rc;
    if ((rc = onr_buf_add_span(out, onr_buf_span(&l->seen_note))) < 0)
        return rc;
    return l->seen_commit.len ? add_base64(out, onr_buf_span(&l->seen_commit)) : 0;
}

/* 1: another file has this name. */
static int
write_new(const char *path, struct onr_span text, struct onr_error *err)
{
    struct onr_buf there = ONR_BUF_INIT(EVIDENCE_MAX);
    int rc = onr_file_read(path, &there, err);

    if (rc == -ONR_ENOTFOUND)
        rc = onr_file_replace(path, text, 0644, err);
    else if (rc == 0 || rc == -ONR_ELIMIT)
        rc = rc == 0 && onr_span_eq(onr_buf_span(&there), text) ? 0 : 1;
    onr_buf_release(&there);
    return rc;
}

int
onr_witness_store_evidence(const struct onr_witness *w, const struct onr_witness_lane *l,
                           char *ret_path, struct onr_error *err)
{
    struct onr_buf text = ONR_BUF_INIT(EVIDENCE_MAX);
    char after[32];
    int rc;

    if ((rc = print_evidence(w, l, &text, err)) < 0) {
        rc = onr_fail(err, -rc, "no room for the evidence against %s", l->origin);
        goto out;
    }
    rc = 1;
    for (int n = 1; rc == 1 && n <= EVIDENCE_FILES; n++) {
        snprintf(after, sizeof after, ".%d.txt", n);
        if ((rc = lane_path(w, l, "refused", after, ret_path, err)) == 0)
            rc = write_new(ret_path, onr_buf_span(&text), err);
    }
    if (rc == 1)
        rc = onr_fail(err, ONR_ELIMIT, "%s: too much evidence: move it elsewhere", w->folder);
out:
    onr_buf_release(&text);
    return rc;
}
