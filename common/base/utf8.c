/* common/base/utf8.c - see utf8.h. ASCII runs are skipped eight bytes at a time. */
#include "common/base/utf8.h"

#define HIGH_BITS 0x8080808080808080u
#define LOW_BITS  0x0101010101010101u

/* True when 8 bytes at p are ASCII and none is NUL. */
static bool
plain8(const uint8_t *p)
{
    uint64_t v;

    memcpy(&v, p, sizeof v);
    return !((v | (v - LOW_BITS)) & HIGH_BITS);
}

/* Length of the well-formed sequence at p (Unicode table 3-7), 0 if there is none in n bytes. */
static size_t
sequence(const uint8_t *p, size_t n)
{
    uint8_t a = p[0];

    if (a == 0)
        return 0;
    if (a < 0x80)
        return 1;
    if (a < 0xc2 || a > 0xf4 || n < 2 || (p[1] & 0xc0) != 0x80)
        return 0;
    if (a < 0xe0)
        return 2;
    if (n < 3 || (p[2] & 0xc0) != 0x80)
        return 0;
    if (a < 0xf0)
        return (a == 0xe0 && p[1] < 0xa0) || (a == 0xed && p[1] > 0x9f) ? 0 : 3;
    if (n < 4 || (p[3] & 0xc0) != 0x80)
        return 0;
    return (a == 0xf0 && p[1] < 0x90) || (a == 0xf4 && p[1] > 0x8f) ? 0 : 4;
}

bool
onr_utf8_check(struct onr_span s, size_t *ret_bad)
{
    const uint8_t *p = (const uint8_t *) s.ptr;
    size_t i = 0;

    while (i < s.len) {
        size_t n;

        if (s.len - i >= 8 && plain8(p + i)) {
            i += 8;
            continue;
        }
        if (!(n = sequence(p + i, s.len - i))) {
            if (ret_bad)
                *ret_bad = i;
            return false;
        }
        i += n;
    }
    return true;
}

/* How many of 8 bytes go on with a code point: bit 7 set, bit 6 not. */
static size_t
continued8(const char *p)
{
    uint64_t x;

    memcpy(&x, p, sizeof x);
    x = (x & ~(x << 1) & UINT64_C(0x8080808080808080)) >> 7;
    return (size_t) (x * UINT64_C(0x0101010101010101) >> 56);
}

size_t
onr_utf8_count(struct onr_span s)
{
    size_t n = s.len, i = 0;

    for (; s.len - i >= 8; i += 8)
        n -= continued8(s.ptr + i);
    for (; i < s.len; i++)
        n -= ((uint8_t) s.ptr[i] & 0xc0) == 0x80;
    return n;
}

uint32_t
onr_utf8_next(struct onr_span s, size_t *pos)
{
    const uint8_t *p = (const uint8_t *) s.ptr + *pos;
    size_t n = onr_utf8_len(*p);

    *pos += n;
    switch (n) {
    case 1:
        return p[0];
    case 2:
        return (uint32_t) (p[0] & 0x1f) << 6 | (p[1] & 0x3f);
    case 3:
        return (uint32_t) (p[0] & 0x0f) << 12 | (uint32_t) (p[1] & 0x3f) << 6 | (p[2] & 0x3f);
    default:
        return (uint32_t) (p[0] & 0x07) << 18 | (uint32_t) (p[1] & 0x3f) << 12
               | (uint32_t) (p[2] & 0x3f) << 6 | (p[3] & 0x3f);
    }
}

uint32_t
onr_utf8_prev(struct onr_span s, size_t *pos)
{
    size_t at;

    do
        (*pos)--;
    while (*pos > 0 && ((uint8_t) s.ptr[*pos] & 0xc0) == 0x80);
    at = *pos;
    return onr_utf8_next(s, &at);
}

size_t
onr_utf8_cut(struct onr_span s, size_t max)
{
    if (s.len <= max)
        return s.len;
    while (max > 0 && ((uint8_t) s.ptr[max] & 0xc0) == 0x80)
        max--;
    return max;
}
