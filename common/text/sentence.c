/* common/text/sentence.c - see sentence.h. */
#include "common/text/sentence.h"

#include "common/base/utf8.h"
#include "common/text/chars.h"
#include "common/text/lexicon.h"
#include "common/text/quotations.h"

#define TOKEN_MAX        24  /* bytes looked at before a stop; no abbreviation is longer */
#define ABBREVIATION_MAX 8   /* bytes of an abbreviation without inner dots */
#define APPOSITION_MAX   120 /* bytes between a name and its verb */

/* Stops of other scripts end a sentence wherever they stand. */
static bool
is_full_stop(uint32_t cp)
{
    switch (cp) {
    case 0x3002: /* ideographic */
    case 0xff01: /* full-width ! . ? and half-width ideographic */
    case 0xff0e:
    case 0xff1f:
    case 0xff61:
    case 0x0589: /* Armenian */
    case 0x061f: /* Arabic */
    case 0x06d4:
    case 0x0964: /* Devanagari */
    case 0x0965:
    case 0x104b: /* Myanmar */
    case 0x1362: /* Ethiopic */
    case 0x17d4: /* Khmer */
        return true;
    default:
        return false;
    }
}

static bool
is_mark(uint32_t cp)
{
    return cp == '!' || cp == '?' || cp == 0x203c || (cp >= 0x2047 && cp <= 0x2049) || cp == 0x203d;
}

/* ". . ." and ". …": the blank belongs to the run if another stop follows that starts no number or name. */
static bool
dot_after_blank(struct onr_span s, size_t pos)
{
    uint32_t blank = onr_cp_at(s, pos), cp;

    if (blank != ' ' && blank != 0xa0)
        return false;
    pos += onr_utf8_len((uint8_t) s.ptr[pos]);
    cp = onr_cp_at(s, pos);
    return cp == 0x2026 || (cp == '.' && !onr_cp_is_word(onr_cp_at(s, pos + 1)));
}

struct onr_stop
onr_stop_at(struct onr_span s, size_t pos)
{
    struct onr_stop stop = { ONR_STOP_NONE, pos, pos };
    unsigned dots = 0, marks = 0, full = 0;

    for (;;) {
        uint32_t cp = onr_cp_at(s, stop.end);

        if (cp == '.')
            dots++;
        else if (cp == 0x2026)
            dots += 3;
        else if (cp >= 0x80 && is_full_stop(cp))
            full++;
        else if (is_mark(cp))
            marks++;
        else if (dots > 0 && dot_after_blank(s, stop.end))
            ;
        else
            break;
        stop.end += onr_utf8_len((uint8_t) s.ptr[stop.end]);
    }
    if (full > 0 || dots > 3)
        stop.kind = ONR_STOP_FULL;
    else if (marks > 0)
        stop.kind = ONR_STOP_MARK;
    else if (dots == 3)
        stop.kind = ONR_STOP_ELLIPSIS;
    else if (dots > 0)
        stop.kind = ONR_STOP_DOT;
    return stop;
}

/* The letters, digits and inner dots just before `end`, not before `begin`. */
static struct onr_span
token_before(struct onr_span s, size_t begin, size_t end)
{
    size_t pos = end;

    while (pos > begin && end - pos < TOKEN_MAX
           && (onr_ch_wordy(s.ptr[pos - 1]) || s.ptr[pos - 1] == '.' || s.ptr[pos - 1] == '&'))
        pos--;
    while (pos < end && ((uint8_t) s.ptr[pos] & 0xc0) == 0x80)
        pos++;
    /* Curly marks and dashes are not ASCII either: the token begins behind them. */
    for (size_t i = pos; i < end; i += onr_utf8_len((uint8_t) s.ptr[i])) {
        uint32_t cp = onr_cp_at(s, i);

        if (cp >= 0x80 && !onr_cp_is_word(cp))
            pos = i + onr_utf8_len((uint8_t) s.ptr[i]);
    }
    return onr_span_sub(s, pos, end);
}

static struct onr_span
word_at(struct onr_span s, size_t pos)
{
    size_t end = pos;

    while (end < s.len && end - pos < TOKEN_MAX
           && onr_ch_is(s.ptr[end], ONR_CH_UPPER | ONR_CH_LOWER))
        end++;
    return onr_span_sub(s, pos, end);
}

static bool
all_in(struct onr_span s, unsigned mask)
{
    size_t i;

    for (i = 0; i < s.len; i++) {
        if (!onr_ch_is(s.ptr[i], mask))
            return false;
    }
    return s.len > 0;
}

/* What stands behind the stop. */
struct follower {
    size_t pos;
    uint32_t cp;
    struct onr_span word;
    bool quote;
};

static struct follower
follower_at(struct onr_span s, size_t pos)
{
    struct follower f = { pos, 0, ONR_SPAN_NULL, false };
    size_t len = 0;

    while (pos < s.len && pos - f.pos < 16) {
        enum onr_mark mark = onr_mark_at(s, pos, &len);

        if (mark == ONR_MARK_NONE
            || (mark == ONR_MARK_RIGHT1
                && onr_ch_is(s.ptr[pos + len < s.len ? pos + len : pos],
                             ONR_CH_LOWER | ONR_CH_DIGIT)))
            break;
        f.quote = true;
        pos += len;
    }
    while (pos < s.len && (s.ptr[pos] == '(' || s.ptr[pos] == '['))
        pos++;
    f.cp = onr_cp_at(s, pos);
    f.word = word_at(s, pos);
    return f;
}

static bool
is_starter(const struct follower *f)
{
    return (onr_lexicon_flags(f->word) & ONR_LEX_STARTER) != 0;
}

static bool
begins_sentence(const struct follower *f)
{
    if (f->cp == 0)
        return f->quote;
    if (f->cp < 0x80)
        return onr_ch_is((char) f->cp, ONR_CH_UPPER | ONR_CH_DIGIT)
               || memchr("#@$*-<", (int) f->cp, 6) != NULL
               || (f->quote && onr_ch_is((char) f->cp, ONR_CH_LOWER));
    return !onr_cp_is_lower(f->cp) && f->cp != 0x2013 && f->cp != 0x2014 && f->cp != 0x2026;
}

/* 1. a. iv. (2.) at the start of a sentence or behind a colon: a list item, not a sentence. */
static bool
is_list_marker(struct onr_span s, size_t begin, struct onr_span token)
{
    size_t start = (size_t) (token.ptr - s.ptr), pos = start;
    bool number = token.len <= 3 && all_in(token, ONR_CH_DIGIT);

    if (!number && !(token.len == 1 && onr_ch_is(token.ptr[0], ONR_CH_UPPER | ONR_CH_LOWER))
        && (token.len > 4 || !(onr_lexicon_flags(token) & ONR_LEX_ROMAN)))
        return false;
    while (pos > begin
           && (s.ptr[pos - 1] == ' ' || s.ptr[pos - 1] == '(' || s.ptr[pos - 1] == '['
               || s.ptr[pos - 1] == '\t'))
        pos--;
    if (pos > begin && pos < start && number && (s.ptr[pos - 1] == ':' || s.ptr[pos - 1] == ';'))
        return true;
    return !onr_has_word_or_is_long(s, begin, start);
}

/* What an abbreviation lets follow. */
enum abbreviation {
    NOT_ABBREVIATED,
    ABBREVIATED_ALWAYS, /* Mr. vs. e.g.: the sentence goes on */
    ABBREVIATED_DIGIT,  /* No. p. Sec.: goes on before a number */
    ABBREVIATED_MAYBE   /* Inc. U.S. Jan. J.: goes on unless a typical first word follows */
};

static enum abbreviation
abbreviation_of(struct onr_span token)
{
    unsigned flags = token.len <= ABBREVIATION_MAX ? onr_lexicon_flags(token) : 0;
    size_t i;

    if (flags & ONR_LEX_ABBR_ALWAYS)
        return ABBREVIATED_ALWAYS;
    if (flags & ONR_LEX_ABBR_MAYBE)
        return ABBREVIATED_MAYBE;
    if (flags & ONR_LEX_ABBR_DIGIT)
        return ABBREVIATED_DIGIT;
    if (token.len == 0)
        return NOT_ABBREVIATED;
    if (onr_cp_is_upper(onr_cp_at(token, 0)) && token.len == onr_utf8_len((uint8_t) token.ptr[0]))
        return ABBREVIATED_MAYBE;     /* J. */
    for (i = 0; i < token.len; i++) { /* U.S. p.m. Ph.D.: dots inside, short letters between */
        if (token.ptr[i] != '.' || i == 0)
            continue;
        return i <= 2 && token.len <= 12 && onr_ch_is(token.ptr[0], ONR_CH_UPPER | ONR_CH_LOWER)
                   ? ABBREVIATED_MAYBE
                   : NOT_ABBREVIATED;
    }
    return NOT_ABBREVIATED;
}

static bool
dot_ends(struct onr_span s, size_t begin, const struct onr_stop *stop, const struct follower *f)
{
    struct onr_span token = token_before(s, begin, stop->begin);

    if (is_list_marker(s, begin, token))
        return false;
    switch (abbreviation_of(token)) {
    case ABBREVIATED_ALWAYS:
        return false;
    case ABBREVIATED_MAYBE:
        if (token.len == 1 && token.ptr[0] == 'I')
            break; /* "So do I. Smith ..." is as likely as an initial; "World War I." too */
        return f->quote ? onr_cp_is_upper(f->cp) && token.len > 1 : is_starter(f);
    case ABBREVIATED_DIGIT:
        if (f->cp < 0x80 && onr_ch_is((char) f->cp, ONR_CH_DIGIT))
            return false;
        break;
    case NOT_ABBREVIATED:
        break;
    }
    if (begins_sentence(f))
        return true;
    /* A small letter: a name that is written so (iPhone, de Blasio, al-Qaida), or careless typing after a real word. */
    return token.len >= 4 && all_in(token, ONR_CH_LOWER) && f->word.len > 0;
}

/* ", a spokesman for X, told reporters" at the comma: the words before the next comma are an apposition, then a verb. */
static bool
is_apposition_and_verb(struct onr_span s, size_t pos)
{
    size_t max = s.len - pos < APPOSITION_MAX ? s.len - pos : APPOSITION_MAX;
    const char *comma = max > 2 ? memchr(s.ptr + pos + 1, ',', max - 1) : NULL;
    size_t verb = comma ? (size_t) (comma - s.ptr) + 2 : 0;

    return verb > 0 && verb < s.len && memchr(s.ptr + pos, '.', verb - pos) == NULL
           && (onr_lexicon_flags(word_at(s, verb)) & ONR_LEX_SAYS);
}

/* Behind the closing mark of “...?” or “...!”: Smith said / I asked / Defense Secretary Hegseth, in Brussels, asked. */
static bool
is_attribution(struct onr_span s, size_t pos)
{
    unsigned n;

    for (n = 0; n < 8 && pos < s.len; n++) {
        struct onr_span w = word_at(s, pos);
        unsigned flags = onr_lexicon_flags(w);

        if (n > 0 && (flags & ONR_LEX_SAYS))
            return true;
        if (w.len == 0 || (n == 0 && (flags & ONR_LEX_STARTER) && !onr_span_eq_z(w, "I")))
            return false;
        if (!onr_ch_is(w.ptr[0], ONR_CH_UPPER) && !(flags & ONR_LEX_PARTICLE))
            return false;
        pos += w.len;
        if (pos < s.len && s.ptr[pos] == ',')
            return is_apposition_and_verb(s, pos);
        while (pos < s.len && (s.ptr[pos] == '.' || s.ptr[pos] == '-' || s.ptr[pos] == '\''))
            pos++;
        if (pos < s.len && s.ptr[pos] == ' ')
            pos++;
    }
    return false;
}

static bool
ellipsis_ends(struct onr_span s, size_t begin, const struct onr_stop *stop,
              const struct follower *f)
{
    bool detached = stop->begin > begin && onr_cp_is_space(onr_cp_before(s, stop->begin));

    if (!onr_has_word_or_is_long(s, begin, stop->begin))
        return false; /* "... and so it went": it leads in */
    if (f->word.len == 1 && f->cp == 'I')
        return false;
    return f->quote || is_starter(f) || (!detached && begins_sentence(f));
}

/* A word of the kind that begins a sentence: a capital, small letters, then a blank, a comma or an apostrophe. */
static bool
is_first_word(struct onr_span s, struct onr_span w)
{
    const char *end = w.ptr + w.len;

    return w.len >= 2 && onr_ch_is(w.ptr[0], ONR_CH_UPPER) && onr_ch_is(w.ptr[1], ONR_CH_LOWER)
           && !(onr_lexicon_flags(w) & ONR_LEX_DOMAIN)
           && (end == s.ptr + s.len || onr_ch_is(*end, ONR_CH_SPACE) || *end == ',' || *end == '\''
               || (uint8_t) *end >= 0x80);
}

/* "end.The next", "end.”The next": a blank got lost. A small word before, a capitalised one behind, so that it is not a dot
 * of an address. */
static bool
blank_was_lost(struct onr_span s, const struct onr_stop *stop, size_t after, bool closed)
{
    struct onr_span token = token_before(s, 0, stop->begin);
    size_t len = 0;

    if (onr_mark_at(s, after, &len) != ONR_MARK_NONE)
        after += len;
    return stop->kind != ONR_STOP_ELLIPSIS && token.len >= (closed ? 1 : 3)
           && all_in(token, ONR_CH_LOWER) && is_first_word(s, word_at(s, after))
           && !(onr_lexicon_flags(token) & (ONR_LEX_ABBR_ALWAYS | ONR_LEX_ABBR_MAYBE));
}

/* A comma, or behind a closed quotation the Japanese particle that reports it. */
static bool
goes_on_after_full_stop(uint32_t next, bool closed)
{
    return next == ',' || next == 0xff0c || next == 0x3001
           || (closed && (next == 0x3068 || next == 0x3063));
}

bool
onr_stop_ends_sentence(struct onr_span s, size_t begin, const struct onr_stop *stop, size_t after,
                       bool closed)
{
    size_t next = onr_skip_space(s, after);
    struct follower f;

    if (next >= s.len)
        return true;
    if (stop->kind == ONR_STOP_FULL && is_full_stop(onr_cp_before(s, stop->end)))
        return !goes_on_after_full_stop(onr_cp_at(s, next), closed);
    if (next == after)
        return blank_was_lost(s, stop, after, closed);
    f = follower_at(s, next);
    switch (stop->kind) {
    case ONR_STOP_DOT:
        if (closed && !f.quote && f.cp < 0x80 && onr_ch_is((char) f.cp, ONR_CH_LOWER))
            return false;
        return dot_ends(s, begin, stop, &f);
    case ONR_STOP_MARK:
        return begins_sentence(&f) && !(closed && !f.quote && is_attribution(s, next));
    case ONR_STOP_ELLIPSIS:
        return ellipsis_ends(s, begin, stop, &f)
               && !(closed && !f.quote && is_attribution(s, next));
    case ONR_STOP_FULL:
        return begins_sentence(&f);
    case ONR_STOP_NONE:
        break;
    }
    return false;
}
