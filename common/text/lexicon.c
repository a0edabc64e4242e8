/* common/text/lexicon.c - see lexicon.h. */
#include "common/text/lexicon.h"

#include "common/base/sha256.h"

#define WORD_MAX 20 /* longest word in the table */

/* The table's word against w, by bytes, shorter first. */
static int
compare(const char *word, struct onr_span w)
{
    size_t i;

    for (i = 0; i < w.len; i++) {
        int d = (uint8_t) word[i] - (uint8_t) w.ptr[i];

        if (d != 0) /* also at the word's end: its NUL is smaller than any byte */
            return d;
    }
    return word[w.len] != 0;
}

uint32_t
onr_lexicon_flags(struct onr_span word)
{
    size_t low = 0, high = onr_lex_rows;

    if (word.len == 0 || word.len > WORD_MAX)
        return 0;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        int d = compare(onr_lex_table[mid].word, word);

        if (d == 0)
            return onr_lex_table[mid].flags;
        if (d < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return 0;
}

void
onr_lexicon_fingerprint(uint8_t ret[32])
{
    uint8_t sum[ONR_SHA256_LEN] = { 0 }; /* chained row by row: no copy of the table needed */
    size_t i;

    for (i = 0; i < onr_lex_rows; i++) {
        uint32_t f = onr_lex_table[i].flags;
        uint8_t flags[4] = { (uint8_t) (f >> 24), (uint8_t) (f >> 16), (uint8_t) (f >> 8),
                             (uint8_t) f };
        struct onr_span parts[3] = { onr_span_of(sum, ONR_SHA256_LEN),
                                     onr_span_of(onr_lex_table[i].word,
                                                 strlen(onr_lex_table[i].word) + 1),
                                     onr_span_of(flags, 4) };

        onr_sha256_parts(parts, 3, sum);
    }
    memcpy(ret, sum, ONR_SHA256_LEN);
}
