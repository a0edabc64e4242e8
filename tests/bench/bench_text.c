/* tests/bench/bench_text.c - how fast the text core is, in MB of body a second on one core.
 *
 *   bench_text FILE [SECONDS]
 *
 * FILE holds bodies with a NUL between them (JSON is not measured here). Prints split alone, split with windows, the
 * collection of names alone, and all of it with the casts of all windows; each the best of its rounds, in processor time, so that a busy machine
 * does not spoil it.
 */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "common/base/buf.h"
#include "common/base/file.h"
#include "common/base/limits.h"
#include "common/base/utf8.h"
#include "common/text/cast.h"
#include "common/text/split.h"
#include "common/text/window.h"

#define FILE_MAX ((size_t) 1 << 30)

struct work {
    struct onr_pieces pieces;
    struct onr_windows windows;
    size_t statements, n_windows, names;
};

typedef int step(struct work *w, struct onr_span body, struct onr_error *err);

static int
split_only(struct work *w, struct onr_span body, struct onr_error *err)
{
    int rc = onr_split(body, &w->pieces, err);

    w->statements += w->pieces.n;
    return rc;
}

static int
split_and_windows(struct work *w, struct onr_span body, struct onr_error *err)
{
    int rc = split_only(w, body, err);

    if (rc == 0 && (rc = onr_windows_make(&w->pieces, &w->windows, err)) == 0)
        w->n_windows += w->windows.n;
    return rc;
}

static int
names_only(struct work *w, struct onr_span body, struct onr_error *err)
{
    struct onr_names *names;
    int rc = onr_names_collect(ONR_SPAN(""), body, &names, err);

    (void) w;
    if (rc == 0)
        onr_names_free(names);
    return rc;
}

static int
everything(struct work *w, struct onr_span body, struct onr_error *err)
{
    struct onr_name cast[ONR_CAST_MAX];
    struct onr_names *names;
    size_t k;
    int rc = split_and_windows(w, body, err);

    if (rc < 0 || (rc = onr_names_collect(ONR_SPAN(""), body, &names, err)) < 0)
        return rc;
    for (k = 0; k < w->windows.n; k++)
        w->names += onr_names_cast(names, w->pieces.piece[w->windows.window[k].last - 1].end, cast);
    onr_names_free(names);
    return 0;
}

static int64_t
cpu_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (int64_t) t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* Best round within the time; megabytes a second. */
static int
measure(const char *name, step *fn, struct onr_span all, int64_t ms, struct onr_error *err)
{
    struct work w = { { NULL, 0, 0 }, { NULL, 0, 0, NULL, 0 }, 0, 0, 0 };
    int64_t began = onr_now_ms(), best = 0;
    int rc = 0;

    do {
        struct onr_span rest = all, body;
        int64_t start = cpu_us(), took;

        w.statements = w.n_windows = w.names = 0;
        while (rc == 0 && onr_span_next(&rest, '\0', &body)) {
            if (body.len > 0 && body.len <= ONR_ARTICLE_MAX)
                rc = fn(&w, body, err);
        }
        took = cpu_us() - start;
        if (best == 0 || took < best)
            best = took > 0 ? took : 1;
    } while (rc == 0 && onr_now_ms() - began < ms);
    if (rc == 0)
        printf("%-28s %8.1f MB/s  (%zu statements, %zu windows, %zu cast entries)\n", name,
               (double) all.len / (double) best, w.statements, w.n_windows, w.names);
    onr_windows_release(&w.windows);
    onr_pieces_release(&w.pieces);
    return rc;
}

int
main(int argc, char **argv)
{
    struct onr_buf file = ONR_BUF_INIT(FILE_MAX);
    struct onr_error err = ONR_ERROR_INIT;
    int64_t ms = argc > 2 ? 1000 * (int64_t) strtol(argv[2], NULL, 10) : 2000;
    struct onr_span all;
    int rc;

    if (argc < 2) {
        fprintf(stderr, "usage: bench_text FILE [SECONDS]\n");
        return 2;
    }
    if ((rc = onr_file_read(argv[1], &file, &err)) == 0) {
        all = onr_buf_span(&file);
        if ((rc = measure("split", split_only, all, ms, &err)) == 0
            && (rc = measure("split and windows", split_and_windows, all, ms, &err)) == 0
            && (rc = measure("names", names_only, all, ms, &err)) == 0)
            rc = measure("split, windows and casts", everything, all, ms, &err);
    }
    if (rc < 0)
        fprintf(stderr, "bench_text: %s\n", err.text);
    onr_buf_release(&file);
    return rc < 0;
}
