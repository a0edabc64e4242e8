/* common/model/wordpiece_table.h - what the tokenizer must know of every code point.
 *
 * Made by wordpiece_table.py, which also says how it differs from today's Unicode. Flags are stored in blocks of 256 code points
 * (equal blocks once); what a code point becomes, where that is not itself, in a sorted list.
 */
#ifndef ONR_MODEL_WORDPIECE_TABLE_H
#define ONR_MODEL_WORDPIECE_TABLE_H

#include <stddef.h>
#include <stdint.h>

enum onr_wp_flag {
    ONR_WP_DROP = 1,   /* control and format characters: as if they were not there */
    ONR_WP_SPACE = 2,  /* between words */
    ONR_WP_PUNCT = 4,  /* a word of its own */
    ONR_WP_CJK = 8,    /* likewise */
    ONR_WP_MAPS = 16,  /* onr_wp_maps says to what */
    ONR_WP_UPPER = 32, /* for the case class */
    ONR_WP_LOWER = 64, /* lower or title case */
    ONR_WP_DIGIT = 128
};

#define ONR_WP_MAP_MAX 3

/* Decomposed, accents gone, in lower case; ends at the first 0 or after three. */
struct onr_wp_map {
    uint32_t from;
    uint32_t to[ONR_WP_MAP_MAX];
};

extern const uint8_t onr_wp_block[4352];
extern const uint8_t onr_wp_flags[][256];
extern const struct onr_wp_map onr_wp_maps[];
extern const size_t onr_wp_maps_n;

/** Flags of a code point up to U+10FFFF. */
static inline unsigned
onr_wp_flags_of(uint32_t c)
{
    return onr_wp_flags[onr_wp_block[c >> 8]][c & 255];
}

#endif
