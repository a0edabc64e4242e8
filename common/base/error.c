/* common/base/error.c - see error.h. */
#include "common/base/error.h"

#include <stdio.h>
#include <string.h>

/* Cut text at a code point when vsnprintf had to cut it anywhere. */
static void
trim_partial_code_point(char *text)
{
    size_t n = strlen(text), i = n;

    while (i > 0 && n - i < 4 && ((unsigned char) text[i - 1] & 0xc0) == 0x80)
        i--;
    if (i > 0 && ((unsigned char) text[i - 1] & 0xc0) == 0xc0)
        text[i - 1] = '\0';
}

static void
set_text(struct onr_error *err, const char *fmt, va_list ap)
{
    int n = vsnprintf(err->text, sizeof err->text, fmt, ap);

    if (n < 0)
        err->text[0] = '\0';
    else if ((size_t) n >= sizeof err->text)
        trim_partial_code_point(err->text);
}

int
onr_fail(struct onr_error *err, int code, const char *fmt, ...)
{
    if (err) {
        va_list ap;

        err->code = code;
        va_start(ap, fmt);
        set_text(err, fmt, ap);
        va_end(ap);
    }
    return -code;
}

int
onr_fail_in(struct onr_error *err, const char *fmt, ...)
{
    char before[ONR_ERROR_TEXT_MAX];
    size_t used;
    va_list ap;

    if (!err)
        return -ONR_EIO;
    memcpy(before, err->text, sizeof before);
    va_start(ap, fmt);
    set_text(err, fmt, ap);
    va_end(ap);
    used = strlen(err->text);
    if (snprintf(err->text + used, sizeof err->text - used, "%s", before)
        >= (int) (sizeof err->text - used))
        trim_partial_code_point(err->text);
    return -err->code;
}

static const char *const code_names[ONR_CODES] = {
    [ONR_OK] = "ok",          [ONR_ENOMEM] = "memory",  [ONR_ELIMIT] = "limit",
    [ONR_EINPUT] = "input",   [ONR_EUSAGE] = "usage",   [ONR_ECONFIG] = "config",
    [ONR_EKEY] = "key",       [ONR_EIO] = "io",         [ONR_ENOTFOUND] = "not-found",
    [ONR_EBROKER] = "broker", [ONR_EFENCED] = "fenced", [ONR_ESTATE] = "state",
    [ONR_EVERIFY] = "verify", [ONR_ESTOP] = "stop",
};

const char *
onr_code_name(int code)
{
    if (code < 0)
        code = -code;
    return code < ONR_CODES ? code_names[code] : "unknown";
}

int
onr_exit_code(int code)
{
    switch (code < 0 ? -code : code) {
    case ONR_OK:
        return 0;
    case ONR_EUSAGE:
        return 2;
    case ONR_EINPUT:
        return 65;
    case ONR_ECONFIG:
    case ONR_EKEY:
        return 78;
    default:
        return 1;
    }
}
