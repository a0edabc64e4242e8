/* common/text/roles.c - see roles.h. */
#include "common/text/roles.h"

#include "common/base/utf8.h"
#include "common/text/chars.h"
#include "common/text/lexicon.h"
#include "common/text/phrase.h"

#define WORDS_BEFORE 5

/* The letters, hyphens and full stops before `end`. */
static struct onr_span
word_ending_at(struct onr_span s, size_t end)
{
    size_t begin = end;

    while (begin > 0 && end - begin < 32
           && (onr_ch_wordy(s.ptr[begin - 1]) || s.ptr[begin - 1] == '-'
               || (s.ptr[begin - 1] == '.' && begin < end)))
        begin--;
    while (begin < end && ((uint8_t) s.ptr[begin] & 0xc0) == 0x80)
        begin++;
    return onr_span_sub(s, begin, end);
}

/* The word before the blank before pos; empty when something else than one blank is between. */
static struct onr_span
word_before(struct onr_span s, size_t pos)
{
    if (pos < 2 || (s.ptr[pos - 1] != ' ' && s.ptr[pos - 1] != '\n'))
        return ONR_SPAN_NULL;
    return word_ending_at(s, pos - 1);
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

/* The role whose last word is `head`, with the words before it that belong to it, up to `end`. */
static struct onr_span
role_around(struct onr_span s, struct onr_span head, size_t end)
{
    size_t begin = (size_t) (head.ptr - s.ptr);
    unsigned n;

    for (n = 1; n < WORDS_BEFORE; n++) {
        struct onr_span w = word_before(s, begin);

        if (!is_modifier(w))
            break;
        begin = (size_t) (w.ptr - s.ptr);
    }
    return onr_span_sub(s, begin, end);
}

static bool
is_one_of(struct onr_span w, const char *const *list, size_t n)
{
    while (n > 0) {
        if (onr_span_eq_z(w, list[--n]))
            return true;
    }
    return false;
}

#define IS_ONE_OF(w, list) is_one_of((w), (list), sizeof(list) / sizeof((list)[0]))

/* "A spokeswoman for the council, Ruth Vance, said": the role ends at the comma before the name that ends at name_end. */
static struct onr_span
role_before_comma(struct onr_span s, size_t pos, size_t name_end)
{
    static const char *const joints[] = { "at", "for", "from", "in", "of", "to", "with" };
    size_t comma = pos - 2, at = comma + 1;
    bool joined = true; /* the words behind the head begin with a preposition */
    unsigned n;

    if (name_end >= s.len || s.ptr[name_end] != ',')
        return ONR_SPAN("");
    for (n = 0; n < 2 * WORDS_BEFORE; n++) {
        struct onr_span w = n == 0 ? word_ending_at(s, comma) : word_before(s, at);

        if (w.len == 0 || (flags_of(w) & ONR_LEX_SAYS))
            break;
        if (joined && (flags_of(w) & ONR_LEX_ROLE))
            return role_around(s, w, comma);
        joined = IS_ONE_OF(w, joints);
        at = (size_t) (w.ptr - s.ptr);
    }
    return ONR_SPAN("");
}

struct onr_span
onr_role_before(struct onr_span s, size_t pos, size_t name_end)
{
    struct onr_span w = word_before(s, pos);

    if (pos >= 2 && s.ptr[pos - 1] == ' ' && s.ptr[pos - 2] == ',')
        return role_before_comma(s, pos, name_end);
    if (!(flags_of(w) & ONR_LEX_ROLE))
        return ONR_SPAN("");
    return role_around(s, w, (size_t) (w.ptr - s.ptr) + w.len);
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
    static const char *const relatives[] = { "and",   "but",  "whose", "who",     "whom", "which",
                                             "where", "when", "while", "because", "as",   "in",
                                             "at",    "on",   "with",  "for",     "to" };
    size_t begin, i, word;
    unsigned n = 0;
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
        if (!role && n++ > WORDS_BEFORE)
            return ONR_SPAN("");
        role |= (flags & ONR_LEX_ROLE) != 0
                || ((flags & ONR_LEX_TITLE) && onr_ch_is(s.ptr[word], ONR_CH_UPPER));
        if (word == begin && IS_ONE_OF(onr_span_sub(s, word, i), relatives))
            return ONR_SPAN("");
        if (s.ptr[i] == '.' && (flags & (ONR_LEX_ABBR_ALWAYS | ONR_LEX_ABBR_MAYBE)))
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
onr_beside_person(struct onr_span s, size_t begin, size_t end)
{
    static const char *const before[] = { "against", "by", "named", "told" };
    size_t i = end + 2;

    if (IS_ONE_OF(word_before(s, begin), before))
        return true;
    if (end + 4 >= s.len || s.ptr[end] != ',' || s.ptr[end + 1] != ' ')
        return false;
    if (memcmp(s.ptr + i, "who", 3) == 0)
        return true;
    while (i < s.len && i - end < 5 && onr_ch_is(s.ptr[i], ONR_CH_DIGIT))
        i++;
    return i == end + 4 && i < s.len && s.ptr[i] == ','; /* ", 45," */
}

bool
onr_before_is_place(struct onr_span s, size_t begin)
{
    static const char *const before[] = { "across", "at", "in", "into", "near", "outside", "the" };

    return IS_ONE_OF(word_before(s, begin), before);
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
