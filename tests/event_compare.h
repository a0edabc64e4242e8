/* tests/event_compare.h - are two records the same? Field by field over the tables of common/event/bind.h. */
#ifndef ONR_TESTS_EVENT_COMPARE_H
#define ONR_TESTS_EVENT_COMPARE_H

#include <string.h>

#include "common/event/bind.h"

static inline const char *first_difference(const struct onr_bind_record *of, const void *a,
                                           const void *b);

static inline size_t
plain_size(enum onr_bind_kind kind)
{
    switch (kind) {
    case ONR_BIND_I16:
        return 2;
    case ONR_BIND_I64:
        return 8;
    case ONR_BIND_SHA256:
        return 32;
    default:
        return 4;
    }
}

static inline bool
lists_differ(const struct onr_bind *f, const char *a, const char *b)
{
    const char *x = a + f->offset, *y = b + f->offset;
    size_t n, m;

    memcpy(&n, a + f->flag, sizeof n);
    memcpy(&m, b + f->flag, sizeof m);
    if (f->kind == ONR_BIND_LIST) {
        memcpy(&x, a + f->offset, sizeof x);
        memcpy(&y, b + f->offset, sizeof y);
    }
    if (n != m)
        return true;
    for (size_t i = 0; i < n; i++, x += f->item_size, y += f->item_size)
        if (f->record ? first_difference(f->record, x, y) != NULL : memcmp(x, y, f->item_size) != 0)
            return true;
    return false;
}

static inline bool
fields_differ(const struct onr_bind *f, const char *a, const char *b)
{
    struct onr_span s, t;
    bool p, q;

    switch (f->kind) {
    case ONR_BIND_TEXT:
    case ONR_BIND_BYTES:
        memcpy(&s, a + f->offset, sizeof s);
        memcpy(&t, b + f->offset, sizeof t);
        return !onr_span_eq(s, t);
    case ONR_BIND_RECORD:
        return first_difference(f->record, a + f->offset, b + f->offset) != NULL;
    case ONR_BIND_OPTIONAL:
        memcpy(&p, a + f->flag, sizeof p);
        memcpy(&q, b + f->flag, sizeof q);
        return p != q || (p && first_difference(f->record, a + f->offset, b + f->offset));
    case ONR_BIND_LIST:
    case ONR_BIND_INLINE:
        return lists_differ(f, a, b);
    default:
        return memcmp(a + f->offset, b + f->offset, plain_size(f->kind)) != 0;
    }
}

/** Name of the first field that differs, NULL when the records are the same. */
static inline const char *
first_difference(const struct onr_bind_record *of, const void *a, const void *b)
{
    for (size_t i = 0; i < of->n; i++)
        if (fields_differ(&of->field[i], a, b))
            return of->field[i].name;
    return NULL;
}

#endif
