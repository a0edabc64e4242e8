/* common/base/error.h - how a function says that it failed.
 *
 * A fallible function returns 0 (or a count) or -ONR_E...; the sentence for people goes into the caller's
 * struct onr_error, always the last parameter, which may be NULL when nobody will read it.
 * Codes are stable: they are what programs turn into exit codes (onr_exit_code) and log fields (onr_code_name).
 */
#ifndef ONR_BASE_ERROR_H
#define ONR_BASE_ERROR_H

#include <stdarg.h>

#define ONR_MUST_USE          __attribute__((warn_unused_result))
#define ONR_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

enum onr_code {
    ONR_OK = 0,
    ONR_ENOMEM = 1,  /* the system gave no memory: try again later */
    ONR_ELIMIT = 2,  /* a named limit (limits.h) was reached */
    ONR_EINPUT = 3,  /* input data are malformed: the same bytes will always fail */
    ONR_EUSAGE = 4,  /* wrong command line */
    ONR_ECONFIG = 5, /* wrong setting, topic shape or model */
    ONR_EKEY = 6,    /* key missing, readable by others, unknown or not allowed */
    ONR_EIO = 7,     /* the operating system refused: file, disk, socket */
    ONR_ENOTFOUND = 8,
    ONR_EBROKER = 9,  /* Kafka did not answer or answered "later": retry is right */
    ONR_EFENCED = 10, /* another instance took over: stop */
    ONR_ESTATE = 11,  /* what is stored contradicts itself: refuse and alarm */
    ONR_EVERIFY = 12, /* a signature, hash, root or sequence does not match */
    ONR_ESTOP = 13,   /* asked to stop */
    ONR_CODES
};

#define ONR_ERROR_TEXT_MAX 512 /* bytes, a sentence or two; longer text is cut at a code point */

struct onr_error {
    int code; /* enum onr_code, 0 while nothing failed */
    char text[ONR_ERROR_TEXT_MAX];
};

#define ONR_ERROR_INIT                                                                             \
    {                                                                                              \
        ONR_OK, ""                                                                                 \
    }

/** Record a failure: sets code and text when err is not NULL. Returns -code, so `return onr_fail(...)`. */
int onr_fail(struct onr_error *err, int code, const char *fmt, ...) ONR_PRINTF(3, 4);

/** Put context before the text already in err ("config.conf line 3: " + text). Keeps the code; returns -err->code. */
int onr_fail_in(struct onr_error *err, const char *fmt, ...) ONR_PRINTF(2, 3);

/** Stable lower-case name of a code ("input", "limit", ...), "unknown" for others. Never NULL. */
const char *onr_code_name(int code);

/** Exit code of a program that ends with this error: 1, 2, 65 or 78 (STYLE: 0 done, 1 failed, 2 usage, 65 data, 78 config). */
int onr_exit_code(int code);

#endif
