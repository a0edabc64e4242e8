/* common/text/phrase.c - see phrase.h. */
#include "common/text/phrase.h"

#include "common/base/utf8.h"
#include "common/text/chars.h"
#include "common/text/lexicon.h"

#define WORD_BYTES_MAX 64 /* longer "words" are addresses or noise */

static bool
is_apostrophe(uint32_t cp)
{
    return cp == '\'' || cp == 0x2019;
}

/* pos is behind an apostrophe: is it the s of a possessive? */
static bool
is_possessive_s(struct onr_span s, size_t pos)
{
    return pos < s.len && (s.ptr[pos] == 's' || s.ptr[pos] == 'S')
           && !onr_cp_is_word(onr_cp_at(s, pos + 1));
}

/* The word so far, [begin, pos), goes on across the punctuation at pos, which ends at next. */
static bool
goes_on(struct onr_span s, size_t begin, size_t pos, uint32_t cp, size_t next)
{
    uint32_t behind = onr_cp_at(s, next);

    if (is_apostrophe(cp))
        return onr_cp_is_word(behind) && !is_possessive_s(s, next);
    if (cp == '-') {
        uint32_t flags = onr_lexicon_flags(onr_span_sub(s, begin, pos));

        return onr_cp_is_upper(behind) && !(flags & ONR_LEX_POWER)
               && !((flags & ONR_LEX_ADJ) && pos - begin <= 3);
    }
    if (cp == '.') /* U.S. J.K. */
        return onr_cp_is_upper(behind) && (pos - begin == 1 || s.ptr[pos - 2] == '.');
    return cp == '&' && pos > begin && onr_cp_is_word(behind);
}

size_t
onr_word_end(struct onr_span s, size_t pos)
{
    size_t begin = pos;

    while (pos < s.len && pos - begin <= WORD_BYTES_MAX) {
        uint32_t cp = onr_cp_at(s, pos);
        size_t next = pos + onr_utf8_len((uint8_t) s.ptr[pos]);

        if (!onr_cp_is_word(cp) && !goes_on(s, begin, pos, cp, next))
            break;
        pos = next;
    }
    return pos;
}

static bool
has_small_letter(struct onr_span w)
{
    size_t pos = 0;

    while (pos < w.len) {
        if (onr_cp_is_lower(onr_utf8_next(w, &pos)))
            return true;
    }
    return false;
}

static unsigned
count_letters(struct onr_span w)
{
    unsigned n = 0;
    size_t pos = 0;

    while (pos < w.len)
        n += onr_cp_is_upper(onr_utf8_next(w, &pos));
    return n;
}

/* What is known of a word by its parts: I'm by I, African-American by African, al-Qaeda by Qaeda. */
static uint32_t
flags_by_parts(struct onr_span w)
{
    size_t i, last = 0, first = 0;
    uint32_t flags;

    for (i = 1; i + 1 < w.len; i++) {
        if (((uint8_t) w.ptr[i] & 0xc0) == 0x80)
            continue;
        if (is_apostrophe(onr_cp_at(w, i)))
            return onr_lexicon_flags(onr_span_sub(w, 0, i)) & (ONR_LEX_STARTER | ONR_LEX_COMMON);
        if (w.ptr[i] == '-') {
            first = first ? first : i;
            last = i + 1;
        }
    }
    if (first == 0)
        return 0;
    flags = onr_lexicon_flags(onr_span_sub(w, last, w.len)) & (ONR_LEX_GROUP | ONR_LEX_KNOWN);
    return flags ? flags : onr_lexicon_flags(onr_span_sub(w, 0, first)) & ONR_LEX_ADJ;
}

size_t
onr_particle_len(struct onr_span w)
{
    size_t i;

    for (i = 0; i < w.len && i < 4 && onr_ch_is(w.ptr[i], ONR_CH_LOWER | ONR_CH_UPPER); i++)
        ;
    return i + 1 < w.len && w.ptr[i] == '-' && onr_ch_is(w.ptr[i + 1], ONR_CH_UPPER)
                   && (onr_lexicon_flags(onr_span_sub(w, 0, i)) & ONR_LEX_PARTICLE)
               ? i + 1
               : 0;
}

/* Read the word at pos; a full stop behind it is taken in where it is that of an abbreviation. */
static struct onr_word
read_word(struct onr_span s, size_t pos)
{
    size_t end = onr_word_end(s, pos);
    struct onr_span w = onr_span_sub(s, pos, end);
    struct onr_word word = { .begin = (uint32_t) pos, .end = (uint32_t) end };

    word.flags = onr_lexicon_flags(w);
    if (word.flags == 0)
        word.flags = flags_by_parts(w);
    word.capital = onr_cp_is_upper(onr_cp_at(s, pos)) || onr_particle_len(w) > 0;
    if (word.capital && !has_small_letter(w)) {
        word.initial = count_letters(w) == 1 && w.len <= 2;
        word.acronym = !word.initial && count_letters(w) >= 2;
    }
    if (word.initial && end < s.len && s.ptr[end] == '.')
        word.flags = 0; /* "A." is no article */
    if (end < s.len && s.ptr[end] == '.'
        && (word.initial || (word.acronym && memchr(w.ptr, '.', w.len) != NULL)
            || (word.flags && (word.flags & (ONR_LEX_ABBR_ALWAYS | ONR_LEX_ABBR_MAYBE))
                && !(word.flags & ONR_LEX_DATE))))
        word.end++;
    return word;
}

/* The blank between two words of a phrase: one, or a soft line break. */
static size_t
skip_blank(struct onr_span s, size_t pos, bool wrapped)
{
    if (pos < s.len && (s.ptr[pos] == ' ' || (wrapped && s.ptr[pos] == '\n')))
        return pos + 1;
    return onr_cp_at(s, pos) == 0xa0 ? pos + 2 : 0;
}

/* Residents' Association, Nurses’ Union: behind the apostrophe of a plural, if an organisation's word follows. */
static size_t
skip_plural_apostrophe(struct onr_span s, size_t pos)
{
    size_t next;

    if (pos == 0 || pos >= s.len || s.ptr[pos - 1] != 's' || !is_apostrophe(onr_cp_at(s, pos)))
        return pos;
    next = pos + onr_utf8_len((uint8_t) s.ptr[pos]);
    if (next + 1 >= s.len || s.ptr[next] != ' ')
        return pos;
    return read_word(s, next + 1).flags & ONR_LEX_ORG ? next : pos;
}

static void
append(struct onr_phrase *p, struct onr_word word)
{
    p->word[p->n++] = word;
    p->end = word.end;
}

static bool
has_small_word(const struct onr_phrase *p)
{
    size_t i;

    for (i = 0; i < p->n; i++) {
        if (!p->word[i].capital)
            return true;
    }
    return false;
}

/* "of", "of the", "de", "van der", "and" at pos: may the phrase go on across them? Appends them and the next large word. */
static bool
append_across(struct onr_phrase *p, struct onr_span s, size_t pos, bool wrapped)
{
    struct onr_word small[3], next;
    uint32_t before = 0;
    size_t n = 0, i;

    for (i = 0; i < p->n; i++)
        before |= p->word[i].flags;
    for (;;) {
        struct onr_span w;

        next = read_word(s, pos);
        w = onr_span_sub(s, next.begin, next.end);
        if (next.capital && !(next.flags & ONR_LEX_STARTER))
            break;
        if (n == 3 || w.len == 0)
            return false;
        if (onr_span_eq_z(w, "of") || onr_span_eq_z(w, "for")) {
            if (n > 0
                || !(p->word[p->n - 1].flags
                     & (ONR_LEX_ORG | ONR_LEX_TITLE | ONR_LEX_GROUP | ONR_LEX_KNOWN)))
                return false;
        } else if (onr_span_eq_z(w, "and")) {
            if (n > 0 || !has_small_word(p) || !(before & ONR_LEX_ORG))
                return false; /* Department of Health and Human Services */
        } else if (onr_span_eq_z(w, "the")) {
            if (n != 1 || s.ptr[small[0].end - 1] == 'd') /* of the, for the, but not: and the */
                return false;
        } else if (!(next.flags & ONR_LEX_PARTICLE)) {
            return false;
        }
        small[n++] = next;
        pos = skip_blank(s, next.end, wrapped);
        if (pos == 0)
            return false;
    }
    if (n == 0 || p->n + n + 1 > ONR_PHRASE_WORDS)
        return false;
    for (i = 0; i < n; i++)
        append(p, small[i]);
    append(p, next);
    return true;
}

/* ", Jr." */
static void
append_suffix(struct onr_phrase *p, struct onr_span s)
{
    struct onr_word word;

    if (p->n == ONR_PHRASE_WORDS || p->end + 2 >= s.len || s.ptr[p->end] != ','
        || s.ptr[p->end + 1] != ' ')
        return;
    word = read_word(s, p->end + 2);
    if ((word.flags & ONR_LEX_SUFFIX) && !word.acronym)
        append(p, word);
}

void
onr_phrase_read(struct onr_span s, size_t pos, bool wrapped, struct onr_phrase *ret)
{
    uint32_t cp;

    *ret = (struct onr_phrase){ .n = 0 };
    append(ret, read_word(s, pos));
    while (ret->n < ONR_PHRASE_WORDS) {
        const struct onr_word *last = &ret->word[ret->n - 1];
        struct onr_word next;
        size_t blank = skip_blank(s, skip_plural_apostrophe(s, ret->end), wrapped);

        if (blank == 0 || blank >= s.len)
            break;
        if (!read_word(s, blank).capital) {
            if (!append_across(ret, s, blank, wrapped))
                break;
            continue;
        }
        next = read_word(s, blank);
        if ((next.flags & ONR_LEX_STARTER) && !(next.flags & ONR_LEX_FIRST))
            break;
        if (last->end > last->begin && s.ptr[last->end - 1] == '.'
            && (last->flags & ONR_LEX_SUFFIX))
            break;
        append(ret, next);
    }
    append_suffix(ret, s);
    cp = onr_cp_at(s, ret->end);
    if (is_apostrophe(cp))
        ret->possessive = is_possessive_s(s, ret->end + onr_utf8_len((uint8_t) s.ptr[ret->end]));
    ret->compound = cp == '-' && onr_cp_is_lower(onr_cp_at(s, ret->end + 1));
}
