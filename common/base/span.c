/* common/base/span.c - see span.h. */
#include "common/base/span.h"

#include <limits.h>

#include "common/base/error.h"

static bool
is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

struct onr_span
onr_span_trim(struct onr_span s)
{
    while (s.len > 0 && is_blank(s.ptr[0])) {
        s.ptr++;
        s.len--;
    }
    while (s.len > 0 && is_blank(s.ptr[s.len - 1]))
        s.len--;
    return s;
}

bool
onr_span_next(struct onr_span *rest, char sep, struct onr_span *ret_part)
{
    const char *at;

    if (!rest->ptr)
        return false;
    at = rest->len ? memchr(rest->ptr, sep, rest->len) : NULL;
    if (!at) {
        *ret_part = *rest;
        *rest = ONR_SPAN_NULL;
        return true;
    }
    *ret_part = onr_span_of(rest->ptr, (size_t) (at - rest->ptr));
    *rest = onr_span_of(at + 1, rest->len - ret_part->len - 1);
    return true;
}

int
onr_span_u64(struct onr_span s, unsigned long long *ret_value)
{
    unsigned long long v = 0;

    if (s.len == 0 || s.len > 20 || (s.len > 1 && s.ptr[0] == '0'))
        return -ONR_EINPUT;
    for (size_t i = 0; i < s.len; i++) {
        unsigned d = (unsigned char) s.ptr[i] - '0';

        if (d > 9 || v > (ULLONG_MAX - d) / 10)
            return -ONR_EINPUT;
        v = v * 10 + d;
    }
    *ret_value = v;
    return 0;
}
