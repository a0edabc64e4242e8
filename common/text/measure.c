/* common/text/measure.c - eight bytes at a time where they are ASCII, one at a time elsewhere.
 *
 * In a word of eight bytes below 0x80, adding 0x80 - k to every byte sets its top bit exactly where it is k or more,
 * and nothing carries into the next byte. That finds white space, and a byte that follows white space begins a word.
 */
#include "common/text/measure.h"

#include "common/text/chars.h"

#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))
#define TOPS       EACH(0x80)

/* Bytes in the order of the text, the first one lowest, whatever the machine's order is. */
static uint64_t
load(const uint8_t *p)
{
    uint64_t x;

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    memcpy(&x, p, sizeof x);
#else
    unsigned i;

    for (x = 0, i = 8; i > 0; i--)
        x = x << 8 | p[i - 1];
#endif
    return x;
}

/* Top bits of the bytes that are 9 to 13 or 32. All bytes must be ASCII. */
static uint64_t
spaces(uint64_t x)
{
    uint64_t blank = (x ^ EACH(0x20)) + EACH(0x7f); /* top bit unless the byte is a blank */
    uint64_t breaks = (x + EACH(0x80 - 9)) & ~(x + EACH(0x80 - 14));

    return (~blank | breaks) & TOPS;
}

static uint32_t
count_tops(uint64_t tops)
{
    return (uint32_t) (((tops >> 7) * EACH(1)) >> 56);
}

void
onr_measure(struct onr_span s, size_t begin, size_t end, uint32_t *ret_words, uint32_t *ret_cps)
{
    const uint8_t *p = (const uint8_t *) s.ptr + begin, *stop = (const uint8_t *) s.ptr + end;
    uint32_t words = 0, cps = 0, after_space = 1;

    while (p < stop) {
        uint32_t space, han;

        while (stop - p >= 8) {
            uint64_t x = load(p), s8;

            if (x & TOPS)
                break;
            s8 = spaces(x);
            words += count_tops(~s8 & (s8 << 8 | (uint64_t) after_space << 7) & TOPS);
            after_space = (uint32_t) (s8 >> 63);
            cps += 8;
            p += 8;
        }
        if (p == stop)
            break;
        space = onr_char_class[*p] & ONR_CH_SPACE;
        han = (uint8_t) (*p - 0xe3) <= 0xe9 - 0xe3;
        cps += (*p & 0xc0) != 0x80;
        words += (after_space & (space ^ 1)) | han;
        after_space = space;
        p++;
    }
    *ret_words = words;
    *ret_cps = cps;
}
