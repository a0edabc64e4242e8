/* common/stmtlog/bytes.h - big-endian integers in byte layouts. */
#ifndef ONR_STMTLOG_BYTES_H
#define ONR_STMTLOG_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Write the low n bytes of v. Returns the place behind them. */
static inline uint8_t *
onr_put_be(uint8_t *p, uint64_t v, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        p[i] = (uint8_t) (v >> (8 * (n - 1 - i)));
    return p + n;
}

static inline uint64_t
onr_get_be(const uint8_t *p, unsigned n)
{
    uint64_t v = 0;

    for (unsigned i = 0; i < n; i++)
        v = v << 8 | p[i];
    return v;
}

static inline bool
onr_all_zero(const uint8_t *p, size_t n)
{
    uint8_t any = 0;

    for (size_t i = 0; i < n; i++)
        any |= p[i];
    return any == 0;
}

#endif
