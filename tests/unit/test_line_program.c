/* tests/unit/test_line_program.c - how every verb starts, stops and ends: exit codes, sentences, signals.
 *
 * Each case runs the frame in a child process whose output and error the test reads.
 */
#define _DEFAULT_SOURCE
#include "tests/unit/cmocka_all.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/line/program.h"

static const struct onr_program program = {
    .verb = "split",
    .summary = "Split.",
    .usage = "",
    .examples = "  onrecord split\n",
};

struct child {
    pid_t pid;
    int out, err; /* read ends */
};

static struct child
start(onr_program_run *run, const char *option)
{
    char name[] = "onrecord-split", value[64];
    char *argv[] = { name, value, NULL };
    int out[2], err[2];
    struct child c;

    snprintf(value, sizeof value, "%s", option ? option : "");
    assert_int_equal(pipe(out), 0);
    assert_int_equal(pipe(err), 0);
    fflush(NULL);
    c.pid = fork();
    assert_true(c.pid >= 0);
    if (c.pid == 0) {
        dup2(out[1], STDOUT_FILENO);
        dup2(err[1], STDERR_FILENO);
        close(out[0]); /* the test's ends: a reader that leaves has to be gone here too */
        close(err[0]);
        close(out[1]);
        close(err[1]);
        _exit(onr_program_main(&program, run, option ? 2 : 1, argv));
    }
    close(out[1]);
    close(err[1]);
    c.out = out[0];
    c.err = err[0];
    return c;
}

/* Everything the child says on fd, up to its end. */
static void
listen_to(int fd, char *ret, size_t room)
{
    size_t n = 0;
    ssize_t got;

    while (n + 1 < room && (got = read(fd, ret + n, room - n - 1)) > 0)
        n += (size_t) got;
    ret[n] = '\0';
    close(fd);
}

/* Exit code; 1000 + signal where a signal ended it. */
static int
ended(struct child *c, char *err, size_t room)
{
    char out[1024];
    int status;

    listen_to(c->err, err, room);
    if (c->out >= 0)
        listen_to(c->out, out, sizeof out);
    assert_int_equal(waitpid(c->pid, &status, 0), c->pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

static int
succeeds(const struct onr_settings *s, struct onr_error *err)
{
    (void) s;
    (void) err;
    return 0;
}

static int
gives_a_verdict(const struct onr_settings *s, struct onr_error *err)
{
    (void) s;
    (void) onr_fail(err, ONR_EVERIFY, "a gap in lane 3");
    return 4;
}

static int
meets_bad_input(const struct onr_settings *s, struct onr_error *err)
{
    (void) s;
    return onr_fail(err, ONR_EINPUT, "article 3 is not UTF-8");
}

static int
fails_without_a_word(const struct onr_settings *s, struct onr_error *err)
{
    (void) s;
    (void) err;
    return -ONR_ENOMEM;
}

static int
has_a_bad_key(const struct onr_settings *s, struct onr_error *err)
{
    (void) s;
    return onr_fail(err, ONR_EKEY, "key.sec is readable by others");
}

static void
exit_codes_and_sentences_follow_from_the_error(void **state)
{
    static const struct {
        onr_program_run *run;
        const char *option;
        int code;
        const char *err;
    } cases[] = {
        { succeeds, NULL, 0, "" },
        { gives_a_verdict, NULL, 4, "onrecord split: a gap in lane 3\n" },
        { meets_bad_input, NULL, 65, "onrecord split: article 3 is not UTF-8\n" },
        { fails_without_a_word, NULL, 1, "onrecord split: failed: memory\n" },
        { has_a_bad_key, NULL, 78, "onrecord split: key.sec is readable by others\n" },
        { succeeds, "--hepl", 2,
          "onrecord split: --hepl: no such setting; did you mean --help?\n" },
        { meets_bad_input, "--version", 0, "" },
        { meets_bad_input, "--help", 0, "" },
    };

    (void) state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct child c = start(cases[i].run, cases[i].option);
        char err[2048];

        assert_int_equal(ended(&c, err, sizeof err), cases[i].code);
        assert_string_equal(err, cases[i].err);
    }
}

/* Say that the handlers stand, then wait for the stop. */
static int
waits_for_the_stop(const struct onr_settings *s, struct onr_error *err)
{
    struct pollfd p = { .fd = onr_program_stop_fd(), .events = POLLIN };

    (void) s;
    if (onr_program_stopping() || onr_fd_write(STDOUT_FILENO, ONR_SPAN("ready"), "out", err) < 0)
        return -ONR_ESTATE;
    while (!onr_program_stopping())
        (void) poll(&p, 1, -1);
    return poll(&p, 1, 0) == 1 ? 0 : -ONR_ESTATE;
}

/* Does not listen: only the second signal or the deadline ends it. */
static int
never_stops(const struct onr_settings *s, struct onr_error *err)
{
    struct pollfd p = { .fd = onr_program_stop_fd(), .events = POLLIN };

    (void) s;
    if (onr_fd_write(STDOUT_FILENO, ONR_SPAN("ready"), "out", err) < 0)
        return -ONR_ESTATE;
    while (!onr_program_stopping())
        (void) poll(&p, 1, -1);
    if (onr_fd_write(STDOUT_FILENO, ONR_SPAN("first"), "out", err) < 0)
        return -ONR_ESTATE;
    for (;;)
        pause();
}

static void
hear(struct child *c, const char *word)
{
    char got[16] = "";

    assert_int_equal(read(c->out, got, strlen(word)), (ssize_t) strlen(word));
    assert_string_equal(got, word);
}

static void
sigterm_and_sigint_end_a_program_that_listens(void **state)
{
    static const int signals[] = { SIGTERM, SIGINT };

    (void) state;
    for (size_t i = 0; i < 2; i++) {
        struct child c = start(waits_for_the_stop, NULL);
        char err[1024];

        hear(&c, "ready");
        kill(c.pid, signals[i]);
        assert_int_equal(ended(&c, err, sizeof err), 0);
        assert_string_equal(err, "");
    }
}

static void
a_second_signal_ends_it_at_once(void **state)
{
    struct child c = start(never_stops, NULL);
    char err[1024];

    (void) state;
    hear(&c, "ready");
    kill(c.pid, SIGINT);
    hear(&c, "first");
    kill(c.pid, SIGTERM);
    assert_int_equal(ended(&c, err, sizeof err), 128 + SIGTERM);
}

static void
the_deadline_ends_what_does_not_stop(void **state)
{
    struct child c = start(never_stops, "--stop-deadline=1s");
    int64_t began = onr_now_ms();
    char err[1024];

    (void) state;
    hear(&c, "ready");
    kill(c.pid, SIGTERM);
    assert_int_equal(ended(&c, err, sizeof err), 1);
    assert_non_null(strstr(err, "not stopped within the deadline"));
    assert_true(onr_now_ms() - began >= 900);
}

/* Writes until nobody reads any more. */
static int
writes_on_and_on(const struct onr_settings *s, struct onr_error *err)
{
    int rc;

    (void) s;
    do
        rc = onr_fd_write(STDOUT_FILENO, ONR_SPAN("ready"), "standard output", err);
    while (rc == 0);
    return rc;
}

static void
a_reader_that_has_seen_enough_is_no_error_to_talk_about(void **state)
{
    struct child c = start(writes_on_and_on, NULL);
    char err[1024];

    (void) state;
    hear(&c, "ready");
    close(c.out);
    c.out = -1;
    assert_int_equal(ended(&c, err, sizeof err), 1);
    assert_string_equal(err, "");
}

static void
the_version_names_the_libraries(void **state)
{
    (void) state;
    assert_non_null(strstr(onr_version_line(), "onrecord " ONR_VERSION " (librdkafka "));
    assert_non_null(strstr(onr_version_line(), ", Avro C 1."));
    assert_non_null(strstr(onr_version_line(), ", libsodium 1."));
}

static void
colour_needs_a_terminal_and_consent(void **state)
{
    int fds[2];

    (void) state;
    setenv("TERM", "xterm", 1);
    assert_int_equal(pipe(fds), 0);
    assert_false(onr_colour(fds[1]));
    close(fds[0]);
    close(fds[1]);
}

static void
short_work_shows_no_progress(void **state)
{
    struct onr_progress p;

    (void) state;
    onr_progress_begin(&p, "articles", 10);
    onr_progress_step(&p, 5);
    assert_false(p.shown);
    onr_progress_end(&p);
    assert_int_equal(p.done, 5);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exit_codes_and_sentences_follow_from_the_error),
        cmocka_unit_test(sigterm_and_sigint_end_a_program_that_listens),
        cmocka_unit_test(a_second_signal_ends_it_at_once),
        cmocka_unit_test(the_deadline_ends_what_does_not_stop),
        cmocka_unit_test(a_reader_that_has_seen_enough_is_no_error_to_talk_about),
        cmocka_unit_test(the_version_names_the_libraries),
        cmocka_unit_test(colour_needs_a_terminal_and_consent),
        cmocka_unit_test(short_work_shows_no_progress),
    };

    return cmocka_run_group_tests_name("program", tests, NULL, NULL);
}
