/* common/base/buf.h - a byte buffer that grows up to a hard maximum.
 *
 * `struct onr_buf b = ONR_BUF_INIT(max)` needs no allocation; every append returns 0, -ONR_ENOMEM or -ONR_ELIMIT and
 * leaves the buffer as it was on failure. buf.ptr is NUL-terminated after every append (the NUL is not counted),
 * NULL while nothing was ever appended. Append may move the bytes: pointers into it are valid until the next append.
 */
#ifndef ONR_BASE_BUF_H
#define ONR_BASE_BUF_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/error.h"
#include "common/base/span.h"

struct onr_buf {
    char *ptr;
    size_t len;
    size_t cap;
    size_t max;
};

#define ONR_BUF_INIT(max_bytes)                                                                    \
    {                                                                                              \
        NULL, 0, 0, (max_bytes)                                                                    \
    }

void onr_buf_init(struct onr_buf *b, size_t max);
/** Free the bytes; the buffer can be used again with the same maximum. */
void onr_buf_release(struct onr_buf *b);
/** Forget the content, keep the memory. */
void onr_buf_clear(struct onr_buf *b);
/** Make room for `more` further bytes. */
ONR_MUST_USE int onr_buf_reserve(struct onr_buf *b, size_t more);
ONR_MUST_USE int onr_buf_add(struct onr_buf *b, const void *ptr, size_t len);
ONR_MUST_USE int onr_buf_add_span(struct onr_buf *b, struct onr_span s);
ONR_MUST_USE int onr_buf_add_z(struct onr_buf *b, const char *z);
ONR_MUST_USE int onr_buf_add_byte(struct onr_buf *b, uint8_t byte);
ONR_MUST_USE int onr_buf_printf(struct onr_buf *b, const char *fmt, ...) ONR_PRINTF(2, 3);
/** Give the bytes to the caller, who frees them with free(); the buffer is empty afterwards. */
char *onr_buf_take(struct onr_buf *b, size_t *ret_len);

static inline struct onr_span
onr_buf_span(const struct onr_buf *b)
{
    return (struct onr_span){ b->ptr ? b->ptr : "", b->len };
}

#endif
