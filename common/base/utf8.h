/* common/base/utf8.h - strict UTF-8 (RFC 3629): no surrogates, no overlong forms, nothing above U+10FFFF.
 *
 * Pure functions on spans. Text that passed onr_utf8_check may be walked with onr_utf8_next without further checks.
 */
#ifndef ONR_BASE_UTF8_H
#define ONR_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/error.h"
#include "common/base/span.h"

/** True when s is UTF-8 without NUL; else false and *ret_bad (may be NULL) is the offset of the first wrong byte. */
bool onr_utf8_check(struct onr_span s, size_t *ret_bad);

/** Number of code points in valid UTF-8. */
size_t onr_utf8_count(struct onr_span s);

/** Code point at *pos of valid UTF-8, *pos moved behind it. *pos must be < s.len and at a code point's start. */
uint32_t onr_utf8_next(struct onr_span s, size_t *pos);

/** Code point that ends just before *pos (> 0), *pos moved to its start. */
uint32_t onr_utf8_prev(struct onr_span s, size_t *pos);

/** Bytes of the code point that starts with this byte in valid UTF-8: 1 to 4. */
static inline size_t
onr_utf8_len(uint8_t first)
{
    return first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

/** Largest length <= max at which valid UTF-8 can be cut between code points. */
size_t onr_utf8_cut(struct onr_span s, size_t max);

#endif
