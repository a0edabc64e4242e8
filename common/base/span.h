/* common/base/span.h - a string that somebody else owns: pointer and length, passed by value, never NUL-terminated.
 *
 * ptr == NULL is "null" (Kafka's null key), len == 0 with ptr != NULL is the empty string.
 */
#ifndef ONR_BASE_SPAN_H
#define ONR_BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct onr_span {
    const char *ptr;
    size_t len;
};

#define ONR_SPAN(literal) ((struct onr_span){ ("" literal), sizeof(literal) - 1 })
#define ONR_SPAN_NULL     ((struct onr_span){ NULL, 0 })
#define ONR_SPAN_FMT      "%.*s"
#define ONR_SPAN_ARG(s)   (int) (s).len, ((s).ptr ? (s).ptr : "")

/** Span over a NUL-terminated string; null when z is NULL. Borrows. */
static inline struct onr_span
onr_span_z(const char *z)
{
    return (struct onr_span){ z, z ? strlen(z) : 0 };
}

static inline struct onr_span
onr_span_of(const void *ptr, size_t len)
{
    return (struct onr_span){ ptr, len };
}

/** Part [begin, end) of s; both must lie in it. */
static inline struct onr_span
onr_span_sub(struct onr_span s, size_t begin, size_t end)
{
    return (struct onr_span){ s.ptr + begin, end - begin };
}

static inline bool
onr_span_eq(struct onr_span a, struct onr_span b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static inline bool
onr_span_eq_z(struct onr_span a, const char *z)
{
    return onr_span_eq(a, onr_span_z(z));
}

static inline bool
onr_span_starts(struct onr_span s, struct onr_span prefix)
{
    return s.len >= prefix.len && (prefix.len == 0 || memcmp(s.ptr, prefix.ptr, prefix.len) == 0);
}

static inline bool
onr_span_ends(struct onr_span s, struct onr_span suffix)
{
    return s.len >= suffix.len
           && (suffix.len == 0 || memcmp(s.ptr + s.len - suffix.len, suffix.ptr, suffix.len) == 0);
}

/** memcmp order, shorter first on a tie: the one order used wherever output order matters. */
static inline int
onr_span_cmp(struct onr_span a, struct onr_span b)
{
    size_t n = a.len < b.len ? a.len : b.len;
    int c = n ? memcmp(a.ptr, b.ptr, n) : 0;

    return c ? c : (a.len > b.len) - (a.len < b.len);
}

/** s without ASCII white space at both ends. */
struct onr_span onr_span_trim(struct onr_span s);

/** Cut the part before the first `sep` off *rest (and the separator with it). False when *rest is used up (null). */
bool onr_span_next(struct onr_span *rest, char sep, struct onr_span *ret_part);

/** Decimal digits only, no sign, no leading zeros but "0" itself. Returns 0 or -ONR_EINPUT (overflow too). */
int onr_span_u64(struct onr_span s, unsigned long long *ret_value);

#endif
