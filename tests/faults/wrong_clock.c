/* tests/faults/wrong_clock.c - LD_PRELOAD: a wall clock that is wrong by the seconds that stand in a file, read at every look.
 *
 *     WRONG_CLOCK=/tmp/offset LD_PRELOAD=wrong_clock.so onrecord-classify ...
 *
 * What measures time is left alone: CLOCK_MONOTONIC, and timespec_get, by which librdkafka says how long most of its waits last.
 * cnd_timedwait_ms of librdkafka asks gettimeofday for the moment at which its wait ends, and the kernel knows only the right time:
 * such a wait would last hours, or no time. The moment is put right by whole hours, so the clock must be wrong by whole hours.
 * (libfaketime shifts the second without the wait itself, and every wait lasts an hour.)
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

#define HOUR 3600L

static long
wrong_by(void)
{
    const char *path = getenv("WRONG_CLOCK");
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    char text[32] = "";
    ssize_t n;

    if (fd < 0)
        return 0;
    n = read(fd, text, sizeof text - 1);
    close(fd);
    return n > 0 ? atol(text) : 0;
}

int
clock_gettime(clockid_t id, struct timespec *t)
{
    int rc = (int) syscall(SYS_clock_gettime, id, t);

    if (rc == 0 && id == CLOCK_REALTIME)
        t->tv_sec += wrong_by();
    return rc;
}

int
gettimeofday(struct timeval *restrict tv, void *restrict zone)
{
    struct timespec t;

    (void) zone;
    if (clock_gettime(CLOCK_REALTIME, &t) < 0)
        return -1;
    tv->tv_sec = t.tv_sec;
    tv->tv_usec = t.tv_nsec / 1000;
    return 0;
}

time_t
time(time_t *ret)
{
    struct timespec t;

    clock_gettime(CLOCK_REALTIME, &t);
    if (ret)
        *ret = t.tv_sec;
    return t.tv_sec;
}

int
cnd_timedwait(cnd_t *restrict c, mtx_t *restrict m, const struct timespec *restrict end)
{
    static int (*next)(cnd_t *, mtx_t *, const struct timespec *);
    struct timespec now, at = *end;
    long wait;

    if (!next)
        *(void **) &next = dlsym(RTLD_NEXT, "cnd_timedwait");
    syscall(SYS_clock_gettime, CLOCK_REALTIME, &now);
    wait = (long) (at.tv_sec - now.tv_sec);
    at.tv_sec -= HOUR * ((wait + (wait < 0 ? -HOUR : HOUR) / 2) / HOUR);
    return next(c, m, &at);
}
