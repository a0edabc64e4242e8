/* common/model/lexicon.c - looking words up, and the forms of a verb. See lexicon.h; the words are in lexicon_table.c. */
#include "common/model/lexicon.h"

#include <string.h>

#include "common/model/lexicon_table.h"

/* Binary search; entry i's key is the char pointer that begins it. */
static const void *
search(const void *table, size_t n, size_t size, struct onr_span key)
{
    size_t low = 0, high = n;

    while (low < high) {
        size_t mid = low + (high - low) / 2;
        const char *const *entry = (const void *) ((const char *) table + mid * size);
        int order = onr_span_cmp(key, onr_span_z(*entry));

        if (order == 0)
            return entry;
        if (order < 0)
            high = mid;
        else
            low = mid + 1;
    }
    return NULL;
}

uint32_t
onr_word_classes(struct onr_span lower)
{
    const struct onr_word_row *w = search(onr_word_table, onr_word_rows, sizeof *onr_word_table,
                                          lower);

    return w ? w->classes : 0;
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

static const struct onr_verb_entry *
find_lemma(const char *stem, size_t len, const char *tail)
{
    char lemma[64];
    size_t n = strlen(tail);

    if (len == 0 || len + n >= sizeof lemma)
        return NULL;
    memcpy(lemma, stem, len);
    memcpy(lemma + len, tail, n);
    return search(onr_verb_table, onr_verb_rows, sizeof *onr_verb_table,
                  onr_span_of(lemma, len + n));
}

/* Stem of "denied", "planned", "urging": with y for i, one letter of a doubled pair, or an e back. */
static const struct onr_verb_entry *
find_stem(const char *w, size_t len)
{
    const struct onr_verb_entry *v;

    if (len < 2)
        return NULL;
    if ((v = find_lemma(w, len, "")) || (v = find_lemma(w, len, "e")))
        return v;
    if (w[len - 1] == 'i')
        return find_lemma(w, len - 1, "y");
    return w[len - 1] == w[len - 2] ? find_lemma(w, len - 1, "") : NULL;
}

const struct onr_verb_entry *
onr_verb_find(struct onr_span lower, enum onr_verb_form *ret_form)
{
    const struct onr_irregular_row *irregular = search(onr_irregular_table, onr_irregular_rows,
                                                       sizeof *onr_irregular_table, lower);
    const struct onr_verb_entry *v;
    const char *w = lower.ptr;
    size_t n = lower.len;

    *ret_form = ONR_FORM_PAST;
    if (irregular)
        return search(onr_verb_table, onr_verb_rows, sizeof *onr_verb_table,
                      onr_span_z(irregular->lemma));
    if (n > 3 && w[n - 2] == 'e' && w[n - 1] == 'd' && (v = find_stem(w, n - 2)))
        return v;
    *ret_form = ONR_FORM_ING;
    if (n > 4 && memcmp(w + n - 3, "ing", 3) == 0 && (v = find_stem(w, n - 3)))
        return v;
    *ret_form = ONR_FORM_S;
    if (n > 2 && w[n - 1] == 's') {
        if ((v = find_lemma(w, n - 1, "")) || (w[n - 2] == 'e' && (v = find_stem(w, n - 2))))
            return v;
    }
    *ret_form = ONR_FORM_BASE;
    return find_lemma(w, n, "");
}

int
onr_lexicon_manifest(struct onr_buf *out)
{
    int rc = 0;

    for (size_t i = 0; i < onr_word_rows && rc == 0; i++)
        rc = onr_buf_printf(out, "w %s %u\n", onr_word_table[i].word,
                            (unsigned) onr_word_table[i].classes);
    for (size_t i = 0; i < onr_verb_rows && rc == 0; i++)
        rc = onr_buf_printf(out, "v %s [%s] %d %d %d\n", onr_verb_table[i].lemma,
                            onr_verb_table[i].particles, onr_verb_table[i].frames,
                            onr_verb_table[i].act, onr_verb_table[i].leaning);
    for (size_t i = 0; i < onr_irregular_rows && rc == 0; i++)
        rc = onr_buf_printf(out, "i %s %s\n", onr_irregular_table[i].form,
                            onr_irregular_table[i].lemma);
    return rc;
}
