/* common/stream/slices.h - one long wait for an answer as several shorter ones.
 *
 * Between two slices a program hears that it is to stop, was fenced or is not let in. The first is short; each next one is twice as
 * long, because a broker may be seconds away, and an answer that comes after its question was given up is lost.
 */
#ifndef ONR_STREAM_SLICES_H
#define ONR_STREAM_SLICES_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/file.h"

#define ONR_SLICE_MAX_MS 8000

struct onr_slices {
    int64_t until; /* by onr_now_ms */
    int64_t next;  /* milliseconds */
};

static inline struct onr_slices
onr_slices_of(int timeout_ms, int first_ms)
{
    return (struct onr_slices){ onr_now_ms() + timeout_ms, first_ms };
}

/** Milliseconds of the next slice: what is left at most, and 1 at least. */
static inline int
onr_slices_take(struct onr_slices *s)
{
    int64_t left = s->until - onr_now_ms(), ms = left < s->next ? left : s->next;

    s->next = s->next < ONR_SLICE_MAX_MS ? 2 * s->next : s->next;
    return ms > 1 ? (int) ms : 1;
}

static inline bool
onr_slices_over(const struct onr_slices *s)
{
    return onr_now_ms() >= s->until;
}

#endif
