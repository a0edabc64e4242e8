/* common/base/log.c - see log.h. */
#include "common/base/log.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/utf8.h"

#define LINE_MAX_BYTES 2048
#define QUOTED_MAX     400

static atomic_int shown_level = ONR_LOG_INFO;
static atomic_uint lost; /* lines that could not be written since the last one that could */
static const char *const level_names[] = { "error", "warn", "info", "debug" };

void
onr_log_set_level(enum onr_level level)
{
    shown_level = (int) level;
}

int
onr_log_level_parse(const char *name, enum onr_level *ret_level)
{
    for (int i = 0; i < 4; i++)
        if (strcmp(name, level_names[i]) == 0) {
            *ret_level = (enum onr_level) i;
            return 0;
        }
    return -ONR_EINPUT;
}

static size_t
put_time(char *line)
{
    int64_t now = onr_wall_ms();
    time_t seconds = (time_t) (now / 1000);
    struct tm tm;
    size_t n;

    gmtime_r(&seconds, &tm);
    n = strftime(line, 32, "%Y-%m-%dT%H:%M:%S", &tm);
    return n + (size_t) snprintf(line + n, 8, ".%03dZ", (int) (now % 1000));
}

/* There is room again: how many lines are missing before the one just written. */
static void
tell_lost(void)
{
    unsigned n = atomic_exchange(&lost, 0);
    char line[128];
    size_t at = put_time(line);

    if (!n)
        return;
    at += (size_t) snprintf(line + at, sizeof line - at, " %-5s log.lost lines=%u\n",
                            level_names[ONR_LOG_WARN], n);
    if (onr_fd_write(STDERR_FILENO, onr_span_of(line, at), "standard error", NULL) < 0)
        atomic_fetch_add(&lost, n);
}

void
onr_log(enum onr_level level, const char *event, const char *fmt, ...)
{
    char line[LINE_MAX_BYTES];
    size_t n, room;
    va_list ap;
    int used;

    if ((int) level > shown_level)
        return;
    n = put_time(line);
    n += (size_t) snprintf(line + n, 128, " %-5s %.90s ", level_names[level], event);
    room = sizeof line - n - 1;
    va_start(ap, fmt);
    used = vsnprintf(line + n, room, fmt, ap);
    va_end(ap);
    if (used > 0)
        n += (size_t) used < room ? (size_t) used
                                  : onr_utf8_cut(onr_span_of(line + n, room), room - 1);
    line[n++] = '\n';
    if (onr_fd_write(STDERR_FILENO, onr_span_of(line, n), "standard error", NULL) < 0)
        atomic_fetch_add(&lost, 1);
    else if (atomic_load(&lost))
        tell_lost();
}

static bool
needs_quotes(struct onr_span s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char) s.ptr[i] <= ' ' || s.ptr[i] == '"' || s.ptr[i] == '\\'
            || s.ptr[i] == '=' || s.ptr[i] == 127)
            return true;
    return s.len == 0;
}

const char *
onr_log_q(const char *value)
{
    static _Thread_local char rotating[8][4 * QUOTED_MAX + 8];
    static _Thread_local unsigned turn;
    struct onr_span s = onr_span_z(value ? value : "");
    char *out = rotating[turn++ % 8], *p = out;

    s.len = onr_utf8_cut(s, QUOTED_MAX);
    if (!needs_quotes(s)) {
        memcpy(out, s.ptr, s.len);
        out[s.len] = '\0';
        return out;
    }
    *p++ = '"';
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char) s.ptr[i];

        if (c == '\n')
            p += sprintf(p, "\\n");
        else if (c < ' ' || c == 127)
            p += sprintf(p, "\\x%02x", c);
        else {
            if (c == '"' || c == '\\')
                *p++ = '\\';
            *p++ = (char) c;
        }
    }
    *p++ = '"';
    *p = '\0';
    return out;
}
