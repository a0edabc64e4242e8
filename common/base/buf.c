/* common/base/buf.c - see buf.h. */
#include "common/base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_CAP 256

void
onr_buf_init(struct onr_buf *b, size_t max)
{
    *b = (struct onr_buf) ONR_BUF_INIT(max);
}

void
onr_buf_release(struct onr_buf *b)
{
    free(b->ptr);
    onr_buf_init(b, b->max);
}

void
onr_buf_clear(struct onr_buf *b)
{
    b->len = 0;
    if (b->ptr)
        b->ptr[0] = '\0';
}

int
onr_buf_reserve(struct onr_buf *b, size_t more)
{
    size_t want, cap;
    char *ptr;

    if (more > b->max - b->len)
        return -ONR_ELIMIT;
    want = b->len + more + 1; /* the NUL; max is never SIZE_MAX in practice, checked below */
    if (want <= b->cap)
        return 0;
    if (want == 0)
        return -ONR_ELIMIT;
    cap = b->cap ? b->cap : FIRST_CAP;
    while (cap < want)
        cap = cap > b->max / 2 ? b->max + 1 : cap * 2;
    if (!(ptr = realloc(b->ptr, cap)))
        return -ONR_ENOMEM;
    b->ptr = ptr;
    b->cap = cap;
    b->ptr[b->len] = '\0';
    return 0;
}

int
onr_buf_add(struct onr_buf *b, const void *ptr, size_t len)
{
    int rc = onr_buf_reserve(b, len);

    if (rc < 0)
        return rc;
    if (len)
        memcpy(b->ptr + b->len, ptr, len);
    b->len += len;
    b->ptr[b->len] = '\0';
    return 0;
}

int
onr_buf_add_span(struct onr_buf *b, struct onr_span s)
{
    return onr_buf_add(b, s.ptr, s.len);
}

int
onr_buf_add_z(struct onr_buf *b, const char *z)
{
    return onr_buf_add(b, z, strlen(z));
}

int
onr_buf_add_byte(struct onr_buf *b, uint8_t byte)
{
    return onr_buf_add(b, &byte, 1);
}

int
onr_buf_printf(struct onr_buf *b, const char *fmt, ...)
{
    va_list ap, again;
    int n, rc;

    va_start(ap, fmt);
    va_copy(again, ap);
    n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    rc = n < 0 ? -ONR_ELIMIT : onr_buf_reserve(b, (size_t) n);
    if (rc == 0) {
        vsnprintf(b->ptr + b->len, (size_t) n + 1, fmt, again);
        b->len += (size_t) n;
    }
    va_end(again);
    return rc;
}

char *
onr_buf_take(struct onr_buf *b, size_t *ret_len)
{
    char *ptr = b->ptr;

    if (ret_len)
        *ret_len = b->len;
    onr_buf_init(b, b->max);
    return ptr;
}
