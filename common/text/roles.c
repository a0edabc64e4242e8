/* common/text/roles.c - see roles.h. */
#include "common/text/roles.h"

#include "common/base/utf8.h"
#include "common/text/chars.h"
#include "common/text/lexicon.h"
#include "common/text/phrase.h"

#define WORDS_BEFORE 5

/* The word that ends just before the blank before pos; empty when something else than one blank is between. */
static struct onr_span
word_before(struct onr_span s, size_t pos)
{
    size_t end, begin;

    if (pos < 2 || (s.ptr[pos - 1] != ' ' && s.ptr[pos - 1] != '\n'))
        return ONR_SPAN_NULL;
    end = begin = pos - 1;
    while (begin > 0 && end - begin < 32
           && (onr_ch_wordy(s.ptr[begin - 1]) || s.ptr[begin - 1] == '-'
               || (s.ptr[begin - 1] == '.' && begin < end)))
        begin--;
    while (begin < end && ((uint8_t) s.ptr[begin] & 0xc0) == 0x80)
        begin++;
    return onr_span_sub(s, begin, end);
}

static uint32_t
flags_of(struct onr_span w)
{
    if (w.len > 0 && w.ptr[w.len - 1] == '.')
        w.len--;
    return onr_lexicon_flags(w);
}

/* Words that may stand in a role before its head: adjectives, organisations, "campaign", "state". */
static bool
is_modifier(struct onr_span w)
{
    uint32_t flags = flags_of(w);
    uint32_t cp = onr_cp_at(w, 0);

    if (w.len == 0 || (flags & (ONR_LEX_STARTER | ONR_LEX_SAYS | ONR_LEX_DATE)))
        return false;
    return (flags & (ONR_LEX_ADJ | ONR_LEX_ROLE | ONR_LEX_MODIFIER)) != 0 || onr_cp_is_upper(cp);
}

struct onr_span
onr_role_before(struct onr_span s, size_t pos)
{
    struct onr_span w = word_before(s, pos), head = w;
    size_t begin;
    unsigned n;

    if (!(flags_of(w) & ONR_LEX_ROLE))
        return ONR_SPAN("");
    begin = (size_t) (w.ptr - s.ptr);
    for (n = 1; n < WORDS_BEFORE; n++) {
        w = word_before(s, begin);
        if (!is_modifier(w))
            break;
        begin = (size_t) (w.ptr - s.ptr);
    }
    return onr_span_sub(s, begin, (size_t) (head.ptr - s.ptr) + head.len);
}

static size_t
skip_article(struct onr_span s, size_t pos)
{
    static const char *const article[] = { "the ", "a ", "an ", "who is the ", "who is a " };
    size_t i;

    for (i = 0; i < sizeof article / sizeof article[0]; i++) {
        if (onr_span_starts(onr_span_sub(s, pos, s.len), onr_span_z(article[i])))
            return pos + strlen(article[i]);
    }
    return pos;
}

/* The apposition holds the word of a role before any verb, relative or preposition; it ends at punctuation. */
struct onr_span
onr_role_behind(struct onr_span s, size_t pos)
{
    size_t begin, i, word;
    bool role = false;

    if (pos + 2 >= s.len || s.ptr[pos] != ',' || s.ptr[pos + 1] != ' ')
        return ONR_SPAN("");
    begin = skip_article(s, pos + 2);
    for (i = word = begin; i < s.len && i - begin <= ONR_ROLE_MAX; i++) {
        uint32_t flags;

        if (onr_ch_wordy(s.ptr[i]) || s.ptr[i] == '-' || s.ptr[i] == '\'')
            continue;
        flags = onr_lexicon_flags(onr_span_sub(s, word, i));
        if (flags & (ONR_LEX_SAYS | ONR_LEX_STARTER))
            return ONR_SPAN("");
        role |= (flags & ONR_LEX_ROLE) != 0
                || ((flags & ONR_LEX_TITLE) && onr_ch_is(s.ptr[word], ONR_CH_UPPER));
        if (!role && i - word == 3 && memcmp(s.ptr + word, "who", 3) == 0)
            return ONR_SPAN("");
        if (s.ptr[i] != ' ')
            break;
        word = i + 1;
    }
    if (!role || i >= s.len || i - begin > ONR_ROLE_MAX || i == begin
        || memchr(",.;)-", s.ptr[i], 5) == NULL)
        return ONR_SPAN("");
    return onr_span_sub(s, begin, i);
}

bool
onr_beside_speech(struct onr_span s, size_t begin, size_t end)
{
    size_t next = end;

    if (onr_lexicon_flags(word_before(s, begin)) & ONR_LEX_SAYS)
        return true;
    if (next >= s.len || s.ptr[next] != ' ')
        return false;
    next++;
    return (onr_lexicon_flags(onr_span_sub(s, next, onr_word_end(s, next))) & ONR_LEX_SAYS) != 0;
}
