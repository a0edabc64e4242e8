/* common/model/lexicon.c - looking words up. See lexicon.h; the words are in lexicon_table.c. */
#include "common/model/lexicon.h"

#include "common/model/lexicon_table.h"

uint32_t
onr_word_classes(struct onr_span lower)
{
    size_t low = 0, high = onr_word_rows;

    while (low < high) {
        size_t mid = low + (high - low) / 2;
        int order = onr_span_cmp(lower, onr_span_z(onr_word_table[mid].word));

        if (order == 0)
            return onr_word_table[mid].classes;
        if (order < 0)
            high = mid;
        else
            low = mid + 1;
    }
    return 0;
}

bool
onr_word_listed(const char *list, struct onr_span word)
{
    struct onr_span rest = onr_span_z(list), part;

    while (onr_span_next(&rest, ' ', &part))
        if (part.len > 0 && onr_span_eq(part, word))
            return true;
    return false;
}

int
onr_lexicon_manifest(struct onr_buf *out)
{
    int rc = 0;

    for (size_t i = 0; i < onr_word_rows && rc == 0; i++)
        rc = onr_buf_printf(out, "w %s %u\n", onr_word_table[i].word,
                            (unsigned) onr_word_table[i].classes);
    return rc;
}
