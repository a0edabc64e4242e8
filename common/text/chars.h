/* common/text/chars.h - what a byte or a code point is, for the text core.
 *
 * ASCII is decided by one table look-up; everything else by ranges, without a locale. Only what cutting and naming need
 * to know: white space, letters, digits, case. Scripts without case (Han, Arabic, Hebrew ...) have letters that are
 * neither upper nor lower.
 */
#ifndef ONR_TEXT_CHARS_H
#define ONR_TEXT_CHARS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/span.h"

enum onr_char {
    ONR_CH_SPACE = 1,  /* blank, tab, line breaks */
    ONR_CH_LINE = 2,   /* line breaks */
    ONR_CH_UPPER = 4,  /* A-Z */
    ONR_CH_LOWER = 8,  /* a-z */
    ONR_CH_DIGIT = 16, /* 0-9 */
    ONR_CH_EVENT = 32, /* a byte that may end or quote something: the splitter stops at it */
    ONR_CH_HIGH = 64   /* not ASCII */
};

extern const uint8_t onr_char_class[256];

static inline bool
onr_ch_is(char c, unsigned mask)
{
    return (onr_char_class[(uint8_t) c] & mask) != 0;
}

/** ASCII letter or digit, or any byte of a code point that is not ASCII. */
static inline bool
onr_ch_wordy(char c)
{
    return onr_ch_is(c, ONR_CH_UPPER | ONR_CH_LOWER | ONR_CH_DIGIT | ONR_CH_HIGH);
}

bool onr_cp_is_space(uint32_t cp);
bool onr_cp_is_upper(uint32_t cp);
bool onr_cp_is_lower(uint32_t cp);
/** Letters and digits of any script. */
bool onr_cp_is_word(uint32_t cp);

/** Code point at pos (0 at the end of the text), and the one that ends at pos (0 at the start). */
uint32_t onr_cp_at(struct onr_span s, size_t pos);
uint32_t onr_cp_before(struct onr_span s, size_t pos);

/** First position >= pos that is not white space (of any script). */
size_t onr_skip_space(struct onr_span s, size_t pos);

/** True when [begin, end) holds a letter or digit. */
bool onr_has_word(struct onr_span s, size_t begin, size_t end);

/** The same, but a stretch over 64 bytes is not searched and taken to hold one: for rules asked again and again. */
static inline bool
onr_has_word_or_is_long(struct onr_span s, size_t begin, size_t end)
{
    return end - begin > 64 || onr_has_word(s, begin, end);
}

#endif
