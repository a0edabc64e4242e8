/* common/line/source.c - see source.h.
 *
 * The queue of files (source_folder) gives paths, an open input (source_input) gives lines or a whole body, event/article
 * makes an article of them. Plain text with metadata is written as JSON and read back, so that one set of rules decides
 * what an article may be.
 */
#include "common/line/source.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/json.h"
#include "common/line/source_folder.h"
#include "common/line/source_input.h"

#define ARENA_MAX                                                                                  \
    (16 * ONR_ARTICLE_MAX) /* one article: its body, and the object it was read from */
#define ORIGIN_MAX 4352    /* a path (PATH_MAX) and a line number */

static const char stdin_name[] = "standard input";

struct onr_source {
    struct onr_source_spec spec;
    struct onr_folders files;
    bool stdin_due; /* standard input is one of the paths and not read yet */
    bool open;      /* input is being read */
    bool decided;   /* its format is known */
    bool whole;     /* it is one article */
    bool text;      /* plain text, else JSON */
    const char *name;
    struct onr_input input;
    struct onr_arena arena;
    struct onr_buf json; /* plain text with its metadata */
    char origin[ORIGIN_MAX];
};

int
onr_source_format_parse(const char *name, enum onr_source_format *ret)
{
    static const char *const names[] = {
        [ONR_FORMAT_AUTO] = "auto", [ONR_FORMAT_TEXT] = "text", [ONR_FORMAT_JSONL] = "jsonl"
    };
    size_t i;

    for (i = 0; i < sizeof(names) / sizeof(*names); i++)
        if (strcmp(names[i], name) == 0) {
            *ret = (enum onr_source_format) i;
            return 0;
        }
    return -ONR_EINPUT;
}

/* --- plain text with metadata --- */

static void
put_field(struct onr_json *j, const char *key, struct onr_span value)
{
    if (!value.ptr)
        return;
    onr_json_key(j, key);
    onr_json_str(j, value);
}

static int
text_with_meta(struct onr_source *s, struct onr_span text, struct onr_article_text *ret,
               const char **ret_reason, struct onr_error *err)
{
    const struct onr_article *m = s->spec.text_meta;
    struct onr_json j = ONR_JSON_INIT(&s->json);
    int rc = onr_article_from_text(text, &s->arena, ret, ret_reason, err);

    if (rc < 0 || !m)
        return rc;
    onr_arena_reset(&s->arena);
    onr_buf_clear(&s->json);
    onr_json_open(&j, '{');
    put_field(&j, "id", m->id);
    put_field(&j, "headline", m->headline);
    put_field(&j, "outlet", m->outlet);
    put_field(&j, "url", m->url);
    put_field(&j, "date", m->published);
    put_field(&j, "language", m->language);
    put_field(&j, "text", text);
    onr_json_close(&j, '}');
    if (j.rc < 0)
        return onr_fail(err, ONR_ENOMEM, "no memory for an article");
    return onr_article_from_json(onr_buf_span(&s->json), &s->arena, ret, ret_reason, err);
}

static int
check_meta(struct onr_source *s, struct onr_error *err)
{
    struct onr_article_text article;
    int rc = text_with_meta(s, ONR_SPAN("Metadata."), &article, NULL, err);

    onr_arena_reset(&s->arena);
    if (rc == 0 || rc == -ONR_ENOMEM)
        return rc;
    (void) onr_fail_in(err, "metadata of plain text: ");
    if (err)
        err->code = ONR_EUSAGE;
    return -ONR_EUSAGE;
}

/* --- open and close --- */

static int
add_path(struct onr_source *s, const char *path, struct onr_error *err)
{
    struct stat st;

    if (strcmp(path, "-") == 0) {
        s->stdin_due = true;
        return s->spec.watch ? onr_fail(err, ONR_EUSAGE,
                                        "--watch needs folders; standard input "
                                        "is followed to its end anyway")
                             : 0;
    }
    if (stat(path, &st) < 0)
        return onr_fail(err, errno == ENOENT ? ONR_ENOTFOUND : ONR_EIO, "cannot read %s: %s", path,
                        strerror(errno));
    if (S_ISDIR(st.st_mode))
        return onr_folders_add(&s->files, path, err);
    if (s->spec.watch)
        return onr_fail(err, ONR_EUSAGE, "--watch needs folders, and %s is none", path);
    return onr_folders_add_file(&s->files, path, err);
}

int
onr_source_open(const struct onr_source_spec *spec, struct onr_source **ret, struct onr_error *err)
{
    struct onr_source *s = calloc(1, sizeof(*s));
    size_t i;
    int rc;

    if (!s)
        return onr_fail(err, ONR_ENOMEM, "no memory for a source");
    s->spec = *spec;
    s->arena = (struct onr_arena) ONR_ARENA_INIT(ARENA_MAX);
    onr_buf_init(&s->json, ONR_SOURCE_LINE_MAX);
    if ((rc = onr_folders_init(&s->files, spec->format != ONR_FORMAT_AUTO, spec->watch, err)) < 0)
        goto out;
    if ((rc = check_meta(s, err)) < 0)
        goto out;
    if (spec->n_paths == 0)
        rc = add_path(s, "-", err);
    for (i = 0; i < spec->n_paths && rc == 0; i++)
        rc = add_path(s, spec->paths[i], err);
    if (rc == 0) {
        *ret = s;
        s = NULL;
    }
out:
    onr_source_close(s);
    return rc;
}

void
onr_source_close(struct onr_source *s)
{
    if (!s)
        return;
    if (s->open)
        onr_input_release(&s->input);
    onr_folders_release(&s->files);
    onr_arena_release(&s->arena);
    onr_buf_release(&s->json);
    free(s);
}

/* --- one input --- */

static void
set_origin(struct onr_source *s, bool line)
{
    if (line)
        snprintf(s->origin, sizeof(s->origin), "%s line %llu", s->name,
                 (unsigned long long) s->input.line);
    else
        snprintf(s->origin, sizeof(s->origin), "%s", s->name);
}

static int
bad(struct onr_source *s, const char *reason, struct onr_source_item *ret)
{
    ret->origin = s->origin;
    ret->reason = reason;
    return ONR_SOURCE_BAD;
}

static void
end_input(struct onr_source *s)
{
    onr_input_release(&s->input);
    s->open = false;
}

/* Open the next file of the queue. ARTICLE: it is open; BAD: it cannot be read; END: none is queued. */
static int
next_input(struct onr_source *s, struct onr_source_item *ret)
{
    int fd = STDIN_FILENO;

    s->name = onr_folders_next(&s->files);
    if (!s->name) {
        if (!s->stdin_due)
            return ONR_SOURCE_END;
        s->stdin_due = false;
        s->name = stdin_name;
    } else if ((fd = open(s->name, O_RDONLY | O_CLOEXEC | O_NOCTTY)) < 0) {
        set_origin(s, false);
        (void) onr_fail(&ret->why, ONR_EIO, "cannot read it: %s", strerror(errno));
        return bad(s, "file", ret);
    }
    onr_input_init(&s->input, fd, s->spec.stop_fd, ONR_SOURCE_LINE_MAX);
    s->open = true;
    s->decided = false;
    return ONR_SOURCE_ARTICLE;
}

static bool
named(const char *name, const char *ending)
{
    const char *dot = strrchr(name, '.');

    return dot && strcmp(dot, ending) == 0;
}

static struct onr_span
without_bom(struct onr_span s)
{
    struct onr_span bom = ONR_SPAN("\xef\xbb\xbf");

    return onr_span_starts(s, bom) ? onr_span_sub(s, bom.len, s.len) : s;
}

/* Does an object begin on this line that goes on in the next one? A cut-off line of JSON Lines does not look so. */
static bool
object_goes_on(struct onr_span line)
{
    return line.len > 0 && line.ptr[0] == '{' && strchr("{[,", line.ptr[line.len - 1]) != NULL;
}

/* Text or JSON, by lines or whole, from the name and the first line. DATA when decided, else as onr_input_line. */
static int
decide(struct onr_source *s, int timeout_ms, struct onr_error *err)
{
    bool lines = s->spec.format == ONR_FORMAT_JSONL || named(s->name, ".jsonl")
                 || named(s->name, ".ndjson");
    struct onr_span line = ONR_SPAN("");
    int rc = ONR_INPUT_DATA;

    s->text = s->spec.format == ONR_FORMAT_TEXT
              || (s->spec.format == ONR_FORMAT_AUTO && named(s->name, ".txt"));
    s->whole = s->text;
    if (!s->text && !lines) {
        rc = onr_input_peek(&s->input, timeout_ms, s->name, &line, err);
        if (rc < 0 || rc == ONR_INPUT_WAIT)
            return rc;
        line = onr_span_trim(without_bom(line));
        /* A first line over the limit can only be one of JSON Lines: no article is that long. */
        s->text = rc != ONR_INPUT_TOO_LONG && !named(s->name, ".json")
                  && !(line.len > 0 && line.ptr[0] == '{');
        s->whole = s->text || object_goes_on(line);
    }
    s->decided = true;
    return ONR_INPUT_DATA;
}

/* An article of the bytes, or why there is none. */
static int
make_article(struct onr_source *s, struct onr_span bytes, struct onr_source_item *ret,
             struct onr_error *err)
{
    int rc;

    onr_arena_reset(&s->arena);
    ret->origin = s->origin;
    if (s->text)
        rc = text_with_meta(s, bytes, &ret->article, &ret->reason, &ret->why);
    else
        rc = onr_article_from_json(without_bom(bytes), &s->arena, &ret->article, &ret->reason,
                                   &ret->why);
    if (rc == 0)
        return ONR_SOURCE_ARTICLE;
    if (rc == -ONR_ENOMEM)
        return onr_fail(err, ONR_ENOMEM, "%s: %s", s->origin, ret->why.text);
    return ONR_SOURCE_BAD;
}

static int
next_whole(struct onr_source *s, int timeout_ms, struct onr_source_item *ret, struct onr_error *err)
{
    size_t max = s->text ? ONR_ARTICLE_MAX : ONR_SOURCE_LINE_MAX;
    struct onr_span bytes = ONR_SPAN("");
    int rc = onr_input_rest(&s->input, max, timeout_ms, s->name, &bytes, err);

    if (rc < 0)
        return rc;
    if (rc == ONR_INPUT_WAIT)
        return ONR_SOURCE_WAIT;
    set_origin(s, false);
    if (rc == ONR_INPUT_TOO_LONG) {
        (void) onr_fail(&ret->why, ONR_ELIMIT,
                        "it has more than %zu bytes; split it, or leave it out", max);
        rc = bad(s, "limit", ret);
    } else {
        rc = make_article(s, bytes, ret, err);
    }
    end_input(s);
    return rc;
}

/* Next line that is not blank. */
static int
next_line(struct onr_source *s, int timeout_ms, struct onr_source_item *ret, struct onr_error *err)
{
    struct onr_span line;
    int rc;

    do {
        rc = onr_input_line(&s->input, timeout_ms, s->name, &line, err);
        if (rc < 0)
            return rc;
        if (rc == ONR_INPUT_WAIT)
            return ONR_SOURCE_WAIT;
        if (rc == ONR_INPUT_END) {
            end_input(s);
            return ONR_SOURCE_END;
        }
    } while (rc == ONR_INPUT_DATA && onr_span_trim(without_bom(line)).len == 0);
    set_origin(s, true);
    if (rc == ONR_INPUT_TOO_LONG) {
        (void) onr_fail(&ret->why, ONR_ELIMIT, "the line has more than %d bytes",
                        ONR_SOURCE_LINE_MAX);
        return bad(s, "limit", ret);
    }
    return make_article(s, line, ret, err);
}

/* Something of the open input. END: it is used up, and closed. */
static int
from_input(struct onr_source *s, int timeout_ms, struct onr_source_item *ret, struct onr_error *err)
{
    int rc = s->decided ? ONR_INPUT_DATA : decide(s, timeout_ms, err);

    if (rc == ONR_INPUT_WAIT)
        return ONR_SOURCE_WAIT;
    if (rc >= 0)
        rc = s->whole ? next_whole(s, timeout_ms, ret, err) : next_line(s, timeout_ms, ret, err);
    if (rc == -ONR_EIO && s->name != stdin_name && err) { /* one file: go on without it */
        ret->why = *err;
        set_origin(s, false);
        end_input(s);
        rc = bad(s, "file", ret);
    }
    return rc;
}

/* Nothing is queued: wait for the folders. END when there is nothing to wait for. */
static int
wait_folders(struct onr_source *s, int timeout_ms, struct onr_error *err)
{
    struct pollfd p[2] = { { .fd = s->files.watch_fd, .events = POLLIN },
                           { .fd = s->spec.stop_fd, .events = POLLIN } };
    int rc;

    if (!s->spec.watch)
        return ONR_SOURCE_END;
    if (poll(p, 2, timeout_ms) < 0 && errno != EINTR)
        return onr_fail(err, ONR_EIO, "cannot wait for folders: %s", strerror(errno));
    if (p[1].revents)
        return onr_fail(err, ONR_ESTOP, "stopped");
    if ((rc = onr_folders_news(&s->files, err)) < 0)
        return rc;
    return ONR_SOURCE_WAIT;
}

int
onr_source_next(struct onr_source *s, int timeout_ms, struct onr_source_item *ret,
                struct onr_error *err)
{
    int64_t until = timeout_ms < 0 ? INT64_MAX : onr_now_ms() + timeout_ms;
    int rc;

    memset(ret, 0, sizeof(*ret));
    for (;;) {
        int64_t left = until - onr_now_ms();
        int wait = timeout_ms < 0 ? -1 : left > 0 ? (int) left : 0;

        if (!s->open) {
            rc = next_input(s, ret);
            if (rc == ONR_SOURCE_END) {
                rc = wait_folders(s, wait, err);
                if (rc != ONR_SOURCE_WAIT || (s->files.n == 0 && wait == 0))
                    return rc;
                continue;
            }
            if (rc == ONR_SOURCE_BAD)
                return rc;
        }
        rc = from_input(s, wait, ret, err);
        if (rc < 0 || rc == ONR_SOURCE_ARTICLE || rc == ONR_SOURCE_BAD)
            return rc;
        if (rc == ONR_SOURCE_WAIT && wait == 0)
            return rc;
    }
}
