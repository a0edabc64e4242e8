/* common/text/chars.c - see chars.h. */
#include "common/text/chars.h"

#include "common/base/utf8.h"

#define SP ONR_CH_SPACE
#define NL (ONR_CH_SPACE | ONR_CH_LINE | ONR_CH_EVENT)
#define UP ONR_CH_UPPER
#define LO ONR_CH_LOWER
#define DI ONR_CH_DIGIT
#define EV ONR_CH_EVENT
#define HI ONR_CH_HIGH
#define HE (ONR_CH_HIGH | ONR_CH_EVENT)

/* Lead bytes that are events: C2 (guillemets), D6 D8 DB (Armenian and Arabic full stops), E0-E3 (Indic, Khmer, general
 * punctuation, CJK punctuation), EF (full-width forms). */
// clang-format off
const uint8_t onr_char_class[256] = {
    0,  0,  0,  0,  0,  0,  0,  0,  0,  SP, NL, NL, NL, NL, 0,  0,
    0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,
    SP, EV, EV, 0,  0,  0,  0,  EV, EV, 0,  0,  0,  0,  0,  EV, 0,
    DI, DI, DI, DI, DI, DI, DI, DI, DI, DI, 0,  0,  0,  0,  0,  EV,
    0,  UP, UP, UP, UP, UP, UP, UP, UP, UP, UP, UP, UP, UP, UP, UP,
    UP, UP, UP, UP, UP, UP, UP, UP, UP, UP, UP, 0,  0,  0,  0,  0,
    EV, LO, LO, LO, LO, LO, LO, LO, LO, LO, LO, LO, LO, LO, LO, LO,
    LO, LO, LO, LO, LO, LO, LO, LO, LO, LO, LO, 0,  0,  0,  0,  0,
    HI, HI, HI, HI, HI, HI, HI, HI, HI, HI, HI, HI, HI, HI, HI, HI,
    HI, HI, HI, HI, HI, HI, HI, HI, HI, HI, HI, HI, HI, HI, HI, HI,
    HI, HI, HI, HI, HI, HI, HI, HI, HI, HI, HI, HI, HI, HI, HI, HI,
    HI, HI, HI, HI, HI, HI, HI, HI, HI, HI, HI, HI, HI, HI, HI, HI,
    HI, HI, HE, HI, HI, HI, HI, HI, HI, HI, HI, HI, HI, HI, HI, HI,
    HI, HI, HI, HI, HI, HI, HE, HI, HE, HI, HI, HE, HI, HI, HI, HI,
    HE, HE, HE, HE, HI, HI, HI, HI, HI, HI, HI, HI, HI, HI, HI, HE,
    HI, HI, HI, HI, HI, HI, HI, HI, HI, HI, HI, HI, HI, HI, HI, HI,
};
// clang-format on

bool
onr_cp_is_space(uint32_t cp)
{
    if (cp < 0x80)
        return onr_ch_is((char) cp, ONR_CH_SPACE);
    return cp == 0x85 || cp == 0xa0 || (cp >= 0x2000 && cp <= 0x200b) || cp == 0x2028
           || cp == 0x2029 || cp == 0x202f || cp == 0x205f || cp == 0x3000 || cp == 0xfeff;
}

/* Blocks in which upper and lower case alternate, upper first on even (or odd) code points. */
static bool
alternating_upper(uint32_t cp)
{
    if ((cp >= 0x139 && cp <= 0x148) || (cp >= 0x179 && cp <= 0x17e))
        return cp & 1;
    return !(cp & 1);
}

static bool
in_alternating(uint32_t cp)
{
    return (cp >= 0x100 && cp <= 0x177) || (cp >= 0x179 && cp <= 0x17e)
           || (cp >= 0x1de && cp <= 0x233) || (cp >= 0x460 && cp <= 0x481)
           || (cp >= 0x48a && cp <= 0x4bf) || (cp >= 0x1e00 && cp <= 0x1eff);
}

bool
onr_cp_is_upper(uint32_t cp)
{
    if (cp < 0x80)
        return onr_ch_is((char) cp, ONR_CH_UPPER);
    if (in_alternating(cp))
        return alternating_upper(cp);
    return (cp >= 0xc0 && cp <= 0xde && cp != 0xd7) || cp == 0x178 || (cp >= 0x386 && cp <= 0x3ab)
           || (cp >= 0x400 && cp <= 0x42f) || (cp >= 0x531 && cp <= 0x556);
}

bool
onr_cp_is_lower(uint32_t cp)
{
    if (cp < 0x80)
        return onr_ch_is((char) cp, ONR_CH_LOWER);
    if (in_alternating(cp))
        return !alternating_upper(cp);
    return (cp >= 0xdf && cp <= 0xff && cp != 0xf7) || (cp >= 0x17f && cp <= 0x18f)
           || (cp >= 0x3ac && cp <= 0x3ce) || (cp >= 0x430 && cp <= 0x45f)
           || (cp >= 0x561 && cp <= 0x587);
}

bool
onr_cp_is_word(uint32_t cp)
{
    if (cp < 0x80)
        return onr_ch_is((char) cp, ONR_CH_UPPER | ONR_CH_LOWER | ONR_CH_DIGIT);
    if (cp < 0xc0)
        return cp == 0xaa || cp == 0xb5 || cp == 0xba;
    return cp != 0xd7 && cp != 0xf7 && !(cp >= 0x2000 && cp <= 0x2bff)
           && !(cp >= 0x3000 && cp <= 0x303f) && !(cp >= 0xfe10 && cp <= 0xfe6f)
           && !(cp >= 0xff00 && cp <= 0xff0f) && !(cp >= 0xff1a && cp <= 0xff20)
           && !(cp >= 0xff3b && cp <= 0xff40) && !(cp >= 0xff5b && cp <= 0xff65) && cp != 0xfeff;
}

uint32_t
onr_cp_at(struct onr_span s, size_t pos)
{
    if (pos >= s.len)
        return 0;
    if ((uint8_t) s.ptr[pos] < 0x80)
        return (uint8_t) s.ptr[pos];
    return onr_utf8_next(s, &pos);
}

uint32_t
onr_cp_before(struct onr_span s, size_t pos)
{
    if (pos == 0)
        return 0;
    if ((uint8_t) s.ptr[pos - 1] < 0x80)
        return (uint8_t) s.ptr[pos - 1];
    return onr_utf8_prev(s, &pos);
}

size_t
onr_skip_space(struct onr_span s, size_t pos)
{
    while (pos < s.len) {
        size_t next = pos;

        if ((uint8_t) s.ptr[pos] < 0x80) {
            if (!onr_ch_is(s.ptr[pos], ONR_CH_SPACE))
                return pos;
            pos++;
            continue;
        }
        if (!onr_cp_is_space(onr_utf8_next(s, &next)))
            return pos;
        pos = next;
    }
    return pos;
}

bool
onr_has_word(struct onr_span s, size_t begin, size_t end)
{
    while (begin < end) {
        if (onr_cp_is_word(onr_cp_at(s, begin)))
            return true;
        begin += onr_utf8_len((uint8_t) s.ptr[begin]);
    }
    return false;
}
