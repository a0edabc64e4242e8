/* common/line/program.h - how every verb starts and ends.
 *
 *     int main(int argc, char **argv) { return onr_program_main(&program, run, argc, argv); }
 *
 * reads the settings, sets the log level, initialises libsodium, ignores SIGPIPE, turns SIGTERM and SIGINT into a flag, runs,
 * prints the error sentence ("onrecord split: ...") and returns the exit code (STYLE: 0, 1, 2, 3-6, 65, 78).
 */
#ifndef ONR_LINE_PROGRAM_H
#define ONR_LINE_PROGRAM_H

#include "common/base/settings.h"

/** Returns 0, -ONR_E... with err filled, or a positive exit code of its own (audit's verdicts); err is printed whenever it
 *  is filled and the code is not 0. */
typedef int onr_program_run(const struct onr_settings *s, struct onr_error *err);

int onr_program_main(const struct onr_program *p, onr_program_run *run, int argc, char **argv);

/** True once SIGTERM or SIGINT came. Loops look at it at least every 100 ms. A second signal ends the process at once;
 *  so does the deadline (setting stop-deadline, default 10 s) after the first. */
bool onr_program_stopping(void);
/** Readable when a stop was asked for: for poll(2). */
int onr_program_stop_fd(void);

/** From now on SIGHUP does not end this program. */
void onr_program_catch_hangup(void);
/** True once after SIGHUP: read again what may have changed. */
bool onr_program_hung_up(void);

/* Progress on stderr: a bar-less line "split 812 of 1,000 articles, 143/s" rewritten in place on a terminal at most twice a
 * second, one log line every ten seconds otherwise; nothing in runs shorter than two seconds. */
struct onr_progress {
    const char *what;     /* "articles" */
    uint64_t done, total; /* total 0 = unknown */
    int64_t began_ms, shown_ms;
    bool terminal, shown;
};
void onr_progress_begin(struct onr_progress *p, const char *what, uint64_t total);
void onr_progress_step(struct onr_progress *p, uint64_t done);
/** Take the line away before something else goes to stderr; the next step brings it back. */
void onr_progress_clear(struct onr_progress *p);
void onr_progress_end(struct onr_progress *p);

/** True when colour may be used on this descriptor: a terminal, TERM not dumb, NO_COLOR unset. */
bool onr_colour(int fd);

/** "onrecord 0.1.0 (librdkafka 2.0.2, Avro C 1.11.1, libsodium 1.0.18)". */
const char *onr_version_line(void);

#endif
