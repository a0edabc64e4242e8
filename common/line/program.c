/* common/line/program.c - the frame of every verb. See program.h.
 *
 * The only state of the process that is not in a struct lives here: the stop flag and its pipe, because signal handlers
 * have no other way to reach them, and the verb's name for messages.
 */
#include "common/line/program.h"

#include <errno.h>
#include <fcntl.h>
#include <librdkafka/rdkafka.h>
#include <poll.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/log.h"

#define PROGRESS_QUIET_MS    2000  /* shorter runs show nothing */
#define PROGRESS_TERMINAL_MS 500   /* twice a second */
#define PROGRESS_LOG_MS      10000 /* a log line where nobody watches */

static volatile sig_atomic_t stopping, hung_up;
static int stop_pipe[2] = { -1, -1 };
static unsigned stop_seconds;
static const char *verb = "onrecord";

/* --- signals -------------------------------------------------------------------------------------------------------- */

/* Only async-signal-safe calls in the handlers. */
static void
on_stop(int sig)
{
    int saved = errno;

    if (stopping)
        _exit(128 + sig);
    stopping = 1;
    alarm(stop_seconds);
    if (write(stop_pipe[1], "", 1) < 0)
        stopping = 1; /* the pipe is full of earlier wake-ups: as good */
    errno = saved;
}

static void
on_deadline(int sig)
{
    static const char text[] = "onrecord: not stopped within the deadline: ended\n";

    (void) sig;
    if (write(STDERR_FILENO, text, sizeof text - 1) < 0)
        _exit(1);
    _exit(1);
}

static int
handle(int sig, void (*handler)(int))
{
    struct sigaction act = {
        .sa_handler = handler
    }; /* no SA_RESTART: a blocked read has to wake */

    sigemptyset(&act.sa_mask);
    return sigaction(sig, &act, NULL);
}

static int
prepare_signals(const struct onr_settings *s, struct onr_error *err)
{
    stop_seconds = (unsigned) ((onr_set_int(s, "stop-deadline") + 999) / 1000);
    if (pipe(stop_pipe) < 0)
        return onr_fail(err, ONR_EIO, "cannot make a pipe: %s", strerror(errno));
    for (int i = 0; i < 2; i++)
        if (fcntl(stop_pipe[i], F_SETFD, FD_CLOEXEC) < 0
            || fcntl(stop_pipe[i], F_SETFL, O_NONBLOCK) < 0)
            return onr_fail(err, ONR_EIO, "cannot prepare a pipe: %s", strerror(errno));
    if (handle(SIGPIPE, SIG_IGN) < 0 || handle(SIGTERM, on_stop) < 0 || handle(SIGINT, on_stop) < 0
        || handle(SIGALRM, on_deadline) < 0)
        return onr_fail(err, ONR_EIO, "cannot handle signals: %s", strerror(errno));
    return 0;
}

bool
onr_program_stopping(void)
{
    return stopping != 0;
}

int
onr_program_stop_fd(void)
{
    return stop_pipe[0];
}

static void
on_hangup(int sig)
{
    (void) sig;
    hung_up = 1;
}

void
onr_program_catch_hangup(void)
{
    if (handle(SIGHUP, on_hangup) < 0)
        onr_log(ONR_LOG_WARN, "program.signals", "text=%s", onr_log_q(strerror(errno)));
}

bool
onr_program_hung_up(void)
{
    bool was = hung_up != 0;

    hung_up = 0;
    return was;
}

/* --- start and end -------------------------------------------------------------------------------------------------- */

/* `onrecord annotate ... | head`: whoever read us has seen enough, which is nobody's failure to report. */
static bool
reader_left(void)
{
    struct pollfd p = { .fd = STDOUT_FILENO, .events = POLLOUT };

    return poll(&p, 1, 0) == 1 && (p.revents & POLLERR);
}

static int
finish(int rc, struct onr_error *err)
{
    if (fflush(stdout) == EOF && rc == 0)
        rc = onr_fail(err, ONR_EIO, "cannot write to standard output: %s", strerror(errno));
    if (rc < 0 && err->code == ONR_OK)
        (void) onr_fail(err, -rc, "failed: %s", onr_code_name(rc));
    if (err->code != ONR_OK && rc != 0 && !(rc == -ONR_EIO && reader_left()))
        fprintf(stderr, "onrecord %s: %s\n", verb, err->text);
    return rc < 0 ? onr_exit_code(rc) : rc;
}

static int
start(const struct onr_settings *s, struct onr_error *err)
{
    enum onr_level level;

    if (onr_log_level_parse(onr_set_text(s, "log-level"), &level) == 0)
        onr_log_set_level(level);
    if (sodium_init() < 0)
        return onr_fail(err, ONR_EIO, "libsodium cannot start");
    return prepare_signals(s, err);
}

int
onr_program_main(const struct onr_program *p, onr_program_run *run, int argc, char **argv)
{
    struct onr_error err = ONR_ERROR_INIT;
    struct onr_settings *s = NULL;
    bool done = false;
    int rc;

    verb = p->verb;
    if ((rc = onr_settings_read(p, argc, argv, &s, &done, &err)) < 0)
        goto out;
    if (done) {
        if (onr_set_flag(s, "version"))
            puts(onr_version_line());
        goto out;
    }
    if ((rc = start(s, &err)) < 0)
        goto out;
    rc = run(s, &err);
out:
    rc = finish(rc, &err);
    onr_settings_free(s);
    return rc;
}

/* --- progress ------------------------------------------------------------------------------------------------------- */

/* 1234567 as "1,234,567". */
static const char *
grouped(uint64_t n, char ret[32])
{
    char digits[24];
    int len = snprintf(digits, sizeof digits, "%llu", (unsigned long long) n), out = 0;

    for (int i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0)
            ret[out++] = ',';
        ret[out++] = digits[i];
    }
    ret[out] = '\0';
    return ret;
}

void
onr_progress_begin(struct onr_progress *p, const char *what, uint64_t total)
{
    *p = (struct onr_progress){ .what = what,
                                .total = total,
                                .began_ms = onr_now_ms(),
                                .terminal = isatty(STDERR_FILENO) == 1 };
    p->shown_ms = p->began_ms;
}

static void
show_progress(struct onr_progress *p, int64_t now)
{
    char done[32], total[32], rate[32];
    int64_t elapsed = now > p->began_ms ? now - p->began_ms : 1;
    uint64_t a_second = (p->done * 1000) / (uint64_t) elapsed;

    p->shown_ms = now;
    p->shown = true;
    if (!p->terminal)
        onr_log(ONR_LOG_INFO, "progress", "verb=%s what=%s done=%llu total=%llu rate=%llu", verb,
                onr_log_q(p->what), (unsigned long long) p->done, (unsigned long long) p->total,
                (unsigned long long) a_second);
    else if (p->total > 0)
        fprintf(stderr, "\r%s: %s of %s %s, %s/s\033[K", verb, grouped(p->done, done),
                grouped(p->total, total), p->what, grouped(a_second, rate));
    else
        fprintf(stderr, "\r%s: %s %s, %s/s\033[K", verb, grouped(p->done, done), p->what,
                grouped(a_second, rate));
}

void
onr_progress_step(struct onr_progress *p, uint64_t done)
{
    int64_t now = onr_now_ms();
    int64_t pause = p->terminal ? PROGRESS_TERMINAL_MS : PROGRESS_LOG_MS;

    p->done = done;
    if (now - p->began_ms >= PROGRESS_QUIET_MS && now - p->shown_ms >= pause)
        show_progress(p, now);
}

void
onr_progress_clear(struct onr_progress *p)
{
    if (p->terminal && p->shown)
        fputs("\r\033[K", stderr);
}

void
onr_progress_end(struct onr_progress *p)
{
    if (!p->shown)
        return;
    show_progress(p, onr_now_ms());
    if (p->terminal)
        fputc('\n', stderr);
    p->shown = false;
}

/* --- what we are made of -------------------------------------------------------------------------------------------- */

bool
onr_colour(int fd)
{
    const char *term = getenv("TERM"), *no_colour = getenv("NO_COLOR");

    return isatty(fd) == 1 && term && strcmp(term, "dumb") != 0 && (!no_colour || !*no_colour);
}

const char *
onr_version_line(void)
{
    static char line[160];

    snprintf(line, sizeof line, "onrecord %s (librdkafka %s, Avro C %s, libsodium %s)", ONR_VERSION,
             rd_kafka_version_str(), ONR_AVRO_VERSION, sodium_version_string());
    return line;
}
