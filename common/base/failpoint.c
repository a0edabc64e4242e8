/* common/base/failpoint.c - named points at which a test kills, stops or holds the process (failpoint.h). */
#include "common/base/failpoint.h"

#ifdef ONR_FAILPOINTS
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Only async-signal-safe calls from here on: the process ends as if the power had gone. */
static void
act(const char *name, const char *how)
{
    char line[128] = "failpoint ", byte;

    strncat(line, name, 64);
    strncat(line, " hit\n", 8);
    if (write(STDERR_FILENO, line, strlen(line)) < 0)
        _exit(99);
    if (strstr(how, ":hold")) {
        if (read(STDIN_FILENO, &byte, 1) < 0)
            _exit(99);
        return;
    }
    kill(getpid(), strstr(how, ":stop") ? SIGSTOP : SIGKILL);
}

void
onr_failpoint(const char *name)
{
    static long left = -1; /* passes until the chosen point acts; 0 = it has acted */
    const char *want = getenv("ONR_FAILPOINT"), *rest;
    size_t len;

    if (!want || left == 0)
        return;
    len = strcspn(want, ":");
    if (strlen(name) != len || strncmp(name, want, len) != 0)
        return;
    rest = want + len;
    if (left < 0) {
        left = *rest == ':' ? strtol(rest + 1, NULL, 10) : 1;
        if (left < 1)
            left = 1;
    }
    if (--left == 0)
        act(name, rest);
}

bool
onr_unguarded(const char *name)
{
    const char *want = getenv("ONR_FAULT");

    return want && strcmp(name, want) == 0;
}
#else
extern int onr_failpoint_unused; /* an empty translation unit is not C */
#endif
