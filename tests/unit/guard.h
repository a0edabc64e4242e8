/* tests/unit/guard.h - inputs that end at an unmapped page: reading one byte too far is a crash, not luck. */
#ifndef ONR_TESTS_GUARD_H
#define ONR_TESTS_GUARD_H

#ifndef _DEFAULT_SOURCE
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#endif
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/base/span.h"

struct guarded {
    char *map;
    size_t map_len;
    struct onr_span span; /* the copy, its end at the guard page */
};

/* Copy s so that it ends at a page that cannot be read. Aborts without memory: it is a test. */
static inline struct guarded
guarded_new(struct onr_span s)
{
    size_t page = (size_t) sysconf(_SC_PAGESIZE);
    size_t body = (s.len + page - 1) / page * page;
    struct guarded g = { .map_len = body + page };

    g.map = mmap(NULL, g.map_len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (g.map == MAP_FAILED || mprotect(g.map + body, page, PROT_NONE) < 0)
        abort();
    g.span = onr_span_of(g.map + body - s.len, s.len);
    if (s.len)
        memcpy(g.map + body - s.len, s.ptr, s.len);
    return g;
}

static inline void
guarded_free(struct guarded *g)
{
    munmap(g->map, g->map_len);
}

#endif
