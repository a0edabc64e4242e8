/* common/base/arena.h - memory for one record's worth of small things, freed all at once.
 *
 * Bump allocation in chunks, a hard maximum for the sum. Reset keeps the largest chunk, so that a loop over records
 * allocates only while it meets a record larger than every one before.
 */
#ifndef ONR_BASE_ARENA_H
#define ONR_BASE_ARENA_H

#include <stddef.h>

#include "common/base/error.h"
#include "common/base/span.h"

struct onr_arena_chunk;

struct onr_arena {
    struct onr_arena_chunk *chunk; /* newest first */
    size_t used;                   /* bytes handed out since the last reset */
    size_t max;
};

#define ONR_ARENA_INIT(max_bytes)                                                                  \
    {                                                                                              \
        NULL, 0, (max_bytes)                                                                       \
    }

/** Returns `size` zeroed bytes aligned for any type, valid until reset or release; NULL past the maximum or without memory. */
void *onr_arena_alloc(struct onr_arena *a, size_t size);
/** Array of n zeroed elements; NULL too when n * size overflows. */
void *onr_arena_array(struct onr_arena *a, size_t n, size_t size);
/** Copy of s in the arena (NUL after it); null span when there is no room, also for a null span. */
struct onr_span onr_arena_span(struct onr_arena *a, struct onr_span s);
void onr_arena_reset(struct onr_arena *a);
void onr_arena_release(struct onr_arena *a);

#endif
