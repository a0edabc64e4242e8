/* common/line/source_input.c - see source_input.h. */
#include "common/line/source_input.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

#define CHUNK (64 * 1024) /* bytes asked of the system at once: what a pipe holds */

void
onr_input_init(struct onr_input *in, int fd, int stop_fd, size_t max)
{
    *in = (struct onr_input){ .fd = fd, .stop_fd = stop_fd };
    onr_buf_init(&in->buf, max + CHUNK + 1);
}

void
onr_input_release(struct onr_input *in)
{
    if (in->fd > STDIN_FILENO)
        close(in->fd);
    in->fd = -1;
    onr_buf_release(&in->buf);
}

static size_t
max_of(const struct onr_input *in)
{
    return in->buf.max - CHUNK - 1;
}

/* DATA when there is something to read (the end too), WAIT when nothing came in time. */
static int
wait_input(const struct onr_input *in, int timeout_ms, const char *name, struct onr_error *err)
{
    struct pollfd p[2] = { { .fd = in->fd, .events = POLLIN },
                           { .fd = in->stop_fd, .events = POLLIN } };
    int n = poll(p, 2, timeout_ms);

    if (p[1].revents)
        return onr_fail(err, ONR_ESTOP, "stopped while reading %s", name);
    if (n < 0 && errno != EINTR)
        return onr_fail(err, ONR_EIO, "cannot wait for %s: %s", name, strerror(errno));
    return n > 0 ? ONR_INPUT_DATA : ONR_INPUT_WAIT;
}

/* Read one chunk behind what is there. DATA, END, WAIT or an error. */
static int
fill(struct onr_input *in, int timeout_ms, const char *name, struct onr_error *err)
{
    ssize_t n;
    int rc;

    if (in->eof)
        return ONR_INPUT_END;
    if (in->pos > 0) { /* what was handed out makes room */
        memmove(in->buf.ptr, in->buf.ptr + in->pos, in->buf.len - in->pos);
        in->buf.len -= in->pos;
        in->pos = 0;
    }
    if (onr_buf_reserve(&in->buf, CHUNK) < 0)
        return onr_fail(err, ONR_ENOMEM, "no memory to read %s", name);
    if ((rc = wait_input(in, timeout_ms, name, err)) != ONR_INPUT_DATA)
        return rc;
    n = read(in->fd, in->buf.ptr + in->buf.len, CHUNK);
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return ONR_INPUT_WAIT;
    if (n < 0)
        return onr_fail(err, ONR_EIO, "cannot read %s: %s", name, strerror(errno));
    in->eof = n == 0;
    in->buf.len += (size_t) n;
    return n == 0 ? ONR_INPUT_END : ONR_INPUT_DATA;
}

/* Find the end of the line at pos: *ret_len bytes, *ret_end where the next one begins. Same returns as onr_input_line. */
static int
find_line(struct onr_input *in, int timeout_ms, const char *name, size_t *ret_len, size_t *ret_end,
          struct onr_error *err)
{
    int rc;

    for (;;) {
        size_t have = in->buf.len - in->pos;
        const char *begin = have ? in->buf.ptr + in->pos : NULL;
        const char *feed = have > in->looked ? memchr(begin + in->looked, '\n', have - in->looked)
                                             : NULL;

        *ret_len = feed ? (size_t) (feed - begin) : have;
        *ret_end = in->pos + *ret_len + (feed ? 1 : 0);
        if (feed || (in->eof && (have || in->skipping))) {
            bool too_long = in->skipping || *ret_len > max_of(in);

            return too_long ? ONR_INPUT_TOO_LONG : ONR_INPUT_DATA;
        }
        in->looked = have;
        if (have > max_of(in)) { /* forget it, go on to its end */
            in->skipping = true;
            in->pos = in->buf.len;
            in->looked = 0;
        }
        rc = fill(in, timeout_ms, name, err);
        if (rc < 0 || rc == ONR_INPUT_WAIT)
            return rc;
        if (rc == ONR_INPUT_END && in->buf.len == in->pos && !in->skipping)
            return ONR_INPUT_END;
    }
}

int
onr_input_line(struct onr_input *in, int timeout_ms, const char *name, struct onr_span *ret,
               struct onr_error *err)
{
    size_t len, end;
    int rc = find_line(in, timeout_ms, name, &len, &end, err);

    if (rc != ONR_INPUT_DATA && rc != ONR_INPUT_TOO_LONG)
        return rc;
    *ret = len ? onr_span_of(in->buf.ptr + in->pos, len) : ONR_SPAN("");
    in->pos = end;
    in->looked = 0;
    in->skipping = false;
    in->line++;
    return rc;
}

int
onr_input_peek(struct onr_input *in, int timeout_ms, const char *name, struct onr_span *ret,
               struct onr_error *err)
{
    for (;;) {
        size_t have = in->buf.len - in->pos, blank = 0;
        const char *begin = have ? in->buf.ptr + in->pos : "", *feed;
        int rc;

        while (blank < have && strchr(" \t\r\n", begin[blank]) && begin[blank])
            blank++;
        feed = have > blank ? memchr(begin + blank, '\n', have - blank) : NULL;
        if (feed || in->eof) {
            *ret = onr_span_of(begin + blank,
                               (size_t) ((feed ? feed : begin + have) - begin) - blank);
            return have > blank ? ONR_INPUT_DATA : ONR_INPUT_END;
        }
        if (have > max_of(in))
            return ONR_INPUT_TOO_LONG;
        rc = fill(in, timeout_ms, name, err);
        if (rc < 0 || rc == ONR_INPUT_WAIT)
            return rc;
    }
}

int
onr_input_rest(struct onr_input *in, size_t max, int timeout_ms, const char *name,
               struct onr_span *ret, struct onr_error *err)
{
    int rc;

    while (!in->eof && in->buf.len - in->pos <= max) {
        rc = fill(in, timeout_ms, name, err);
        if (rc < 0 || rc == ONR_INPUT_WAIT)
            return rc;
    }
    if (in->buf.len - in->pos > max)
        return ONR_INPUT_TOO_LONG;
    if (in->buf.len == in->pos)
        return ONR_INPUT_END;
    *ret = onr_span_of(in->buf.ptr + in->pos, in->buf.len - in->pos);
    in->pos = in->buf.len;
    return ONR_INPUT_DATA;
}
