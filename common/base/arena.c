/* common/base/arena.c - see arena.h. */
#include "common/base/arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_CHUNK 4096

struct onr_arena_chunk {
    struct onr_arena_chunk *older;
    size_t size, used;
    max_align_t data[];
};

static size_t
aligned(size_t n)
{
    size_t a = _Alignof(max_align_t);

    return (n + a - 1) / a * a;
}

static struct onr_arena_chunk *
new_chunk(struct onr_arena *a, size_t need)
{
    size_t size = a->chunk ? a->chunk->size * 2 : FIRST_CHUNK;
    struct onr_arena_chunk *c;

    if (size > a->max)
        size = a->max;
    if (size < need)
        size = need;
    if (!(c = malloc(sizeof *c + size)))
        return NULL;
    *c = (struct onr_arena_chunk){ .older = a->chunk, .size = size };
    return a->chunk = c;
}

void *
onr_arena_alloc(struct onr_arena *a, size_t size)
{
    struct onr_arena_chunk *c = a->chunk;
    size_t n;
    void *p;

    if (size > SIZE_MAX - _Alignof(max_align_t) || a->used > a->max)
        return NULL;
    n = aligned(size ? size : 1);
    if (n > a->max - a->used)
        return NULL;
    if ((!c || c->size - c->used < n) && !(c = new_chunk(a, n)))
        return NULL;
    p = (char *) c->data + c->used;
    c->used += n;
    a->used += n;
    return memset(p, 0, n);
}

void *
onr_arena_array(struct onr_arena *a, size_t n, size_t size)
{
    return size && n > SIZE_MAX / size ? NULL : onr_arena_alloc(a, n * size);
}

struct onr_span
onr_arena_span(struct onr_arena *a, struct onr_span s)
{
    char *p;

    if (!s.ptr || s.len == SIZE_MAX || !(p = onr_arena_alloc(a, s.len + 1)))
        return ONR_SPAN_NULL;
    if (s.len)
        memcpy(p, s.ptr, s.len);
    return onr_span_of(p, s.len);
}

/* The newest chunk is the largest: keep that one. */
void
onr_arena_reset(struct onr_arena *a)
{
    struct onr_arena_chunk *c = a->chunk;

    a->used = 0;
    if (!c)
        return;
    while (c->older) {
        struct onr_arena_chunk *older = c->older;

        c->older = older->older;
        free(older);
    }
    c->used = 0;
}

void
onr_arena_release(struct onr_arena *a)
{
    onr_arena_reset(a);
    free(a->chunk);
    a->chunk = NULL;
}
