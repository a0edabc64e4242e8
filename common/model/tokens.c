/* common/model/tokens.c - see tokens.h.
 *
 * Quotation marks are paired here once more, although the splitter has done it, because the rules need to know for every
 * word whether it is quoted, and a statement record says so only for the statement as a whole. A quotation that is open
 * at a paragraph break goes on only where the next paragraph opens it again.
 */
#include "common/model/tokens.h"

#include <string.h>

#include "common/base/utf8.h"
#include "common/model/lexicon.h"

enum mark { MARK_NONE, MARK_OPEN, MARK_CLOSE, MARK_STRAIGHT };

struct reader {
    struct onr_span text;
    size_t pos;
    struct onr_token *tok;
    size_t n, max;
    bool quote;  /* inside quotation marks */
    bool single; /* that were opened by a single one, the British way */
};

static bool
is_letter(uint32_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
           || (c >= 0xc0 && c != 0xd7 && c != 0xf7 && c < 0x2000) || (c >= 0x3040 && c < 0xfb00);
}

static bool
is_digit(uint32_t c)
{
    return c >= '0' && c <= '9';
}

static bool
is_space(uint32_t c)
{
    return c == ' ' || (c >= 9 && c <= 13) || c == 0xa0 || (c >= 0x2000 && c <= 0x200b)
           || c == 0x3000;
}

static bool
is_capital(uint32_t c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 0xc0 && c <= 0xde && c != 0xd7)
           || (c >= 0x100 && c <= 0x17f && (c & 1) == 0) || (c >= 0x391 && c <= 0x3a9)
           || (c >= 0x400 && c <= 0x42f);
}

static uint32_t
point_at(const struct reader *r, size_t pos)
{
    return pos < r->text.len ? onr_utf8_next(r->text, &pos) : 0;
}

static uint32_t
point_before(const struct reader *r, size_t pos)
{
    return pos > 0 ? onr_utf8_prev(r->text, &pos) : ' ';
}

/* Does the single mark at pos close a quotation? The apostrophe of "the travellers’ association" does not. */
static bool
single_closes(const struct reader *r, size_t pos)
{
    uint32_t before = point_before(r, pos), after = point_at(r, pos + 3);

    if (is_letter(after) || is_digit(after))
        return false;
    return before != 's' || !is_space(after) || !is_letter(point_at(r, pos + 4));
}

/* Length of the quotation mark at pos, 0 when there is none. Two apostrophes are one mark: wire services write so. */
static size_t
quotation_mark(const struct reader *r, size_t pos, enum mark *ret)
{
    uint32_t c = point_at(r, pos);

    if (c == 0x201c || c == 0xab || c == 0x201e)
        *ret = MARK_OPEN;
    else if (c == 0x201d || c == 0xbb)
        *ret = MARK_CLOSE;
    else if (c == 0x2018 && !r->quote && is_letter(point_at(r, pos + 3)))
        *ret = MARK_OPEN;
    else if (c == 0x2019 && r->single && single_closes(r, pos))
        *ret = MARK_CLOSE;
    else if (c == '"')
        *ret = MARK_STRAIGHT;
    else if (c == '\'' && point_at(r, pos + 1) == '\'')
        *ret = MARK_STRAIGHT;
    else
        *ret = MARK_NONE;
    if (*ret == MARK_NONE)
        return 0;
    return c == '\'' ? 2 : onr_utf8_len((uint8_t) r->text.ptr[pos]);
}

static struct onr_token *
push(struct reader *r, enum onr_token_kind kind, size_t begin, size_t end)
{
    struct onr_token *t = &r->tok[r->n++];

    *t = (struct onr_token){
        .begin = (uint32_t) begin, .end = (uint32_t) end, .kind = (uint8_t) kind, .quoted = r->quote
    };
    return t;
}

/* An apostrophe, hyphen or full stop that stands inside a word: don't, co-owner, U.S. */
static bool
joins(const struct reader *r, size_t begin, size_t pos, uint32_t c, bool number)
{
    size_t next = pos + (c ? onr_utf8_len((uint8_t) r->text.ptr[pos]) : 1);
    uint32_t after = point_at(r, next);

    if (c == '\'' || c == 0x2019 || c == '-' || c == 0x2010 || c == 0x2011 || c == '&')
        return is_letter(after) || is_digit(after);
    if (c == '.' && number)
        return is_digit(after);
    if (c == '.')
        return is_letter(after) && pos >= 1 && (pos - begin == 1 || r->text.ptr[pos - 2] == '.');
    return c == ',' && number && is_digit(after);
}

static bool
is_upper_case(struct onr_span word)
{
    for (size_t i = 0; i < word.len; i++)
        if (word.ptr[i] >= 'a' && word.ptr[i] <= 'z')
            return false;
    return word.len > 1;
}

/* The full stop of "Mr.", "U.S." and "J." belongs to the word. */
static bool
takes_stop(const struct reader *r, size_t begin, size_t pos)
{
    struct onr_token t = { .begin = (uint32_t) begin, .end = (uint32_t) pos };
    char lower[ONR_WORD_MAX + 1];

    if (!is_capital(point_at(r, begin)))
        return false;
    if (pos - begin == 1 || r->text.ptr[pos - 2] == '.')
        return true;
    return pos - begin < 5
           && (onr_word_classes(onr_span_of(lower, onr_token_lower(r->text, &t, lower)))
               & ONR_W_TITLE);
}

/* Length of the apostrophe at pos that no second one makes a quotation mark; 0 when there is none. */
static size_t
apostrophe(const struct reader *r, size_t pos)
{
    uint32_t c = point_at(r, pos);

    if (c == 0x2019)
        return r->single && single_closes(r, pos) ? 0 : 3;
    return c == '\'' && point_at(r, pos + 1) != '\'' ? 1 : 0;
}

static void
read_word(struct reader *r)
{
    size_t begin = r->pos, pos = begin;
    bool number = is_digit(point_at(r, begin));
    char lower[ONR_WORD_MAX + 1];
    struct onr_token *t;

    while (pos < r->text.len) {
        uint32_t c = point_at(r, pos);

        if (!is_letter(c) && !is_digit(c) && !joins(r, begin, pos, c, number))
            break;
        pos += onr_utf8_len((uint8_t) r->text.ptr[pos]);
    }
    if (point_at(r, pos) == '.' && takes_stop(r, begin, pos))
        pos++;
    else if (pos > begin && r->text.ptr[pos - 1] == 's' && !is_letter(point_at(r, pos)))
        pos += apostrophe(r, pos); /* "the nurses’ union" */
    t = push(r, number ? ONR_TOK_NUMBER : ONR_TOK_WORD, begin, pos);
    t->capital = is_capital(point_at(r, begin));
    if (!number && !(is_upper_case(onr_span_sub(r->text, begin, pos))))
        t->classes = onr_word_classes(onr_span_of(lower, onr_token_lower(r->text, t, lower)));
    r->pos = pos;
}

/* A full stop ends a sentence unless a small letter follows, a comma ("Hollis & Sons Inc., which"), or a number after an
 * abbreviation ("Oct. 3"). */
static bool
stop_ends(const struct reader *r, size_t end)
{
    const struct onr_token *before = r->n > 1 ? &r->tok[r->n - 2] : NULL;
    uint32_t c = point_at(r, end);
    size_t pos = end;

    if (c == ',' || c == ';' || c == ':')
        return false;
    while (pos < r->text.len && is_space(point_at(r, pos)))
        pos += onr_utf8_len((uint8_t) r->text.ptr[pos]);
    c = point_at(r, pos);
    if (is_digit(c) && before && before->capital && before->end - before->begin <= 4)
        return false;
    return pos >= r->text.len || !(c >= 'a' && c <= 'z');
}

/* A mark closes what was never opened: the quotation began before this text, or its opening mark was lost. All of the
 * paragraph up to here is quoted. */
static void
quote_back(struct reader *r)
{
    for (size_t i = r->n; i > 0 && !r->tok[i - 1].quoted && r->tok[i - 1].kind != ONR_TOK_BREAK;
         i--)
        r->tok[i - 1].quoted = true;
}

static void
read_quotation_mark(struct reader *r, enum mark mark, size_t len)
{
    bool blank_before = is_space(point_before(r, r->pos)) || point_before(r, r->pos) == '('
                        || point_before(r, r->pos) == 0x2014;
    bool opens = mark == MARK_OPEN || (mark == MARK_STRAIGHT && !r->quote && blank_before);

    if (opens) {
        r->quote = true;
        r->single = point_at(r, r->pos) == 0x2018;
    } else if (!r->quote && r->n > 0 && r->tok[r->n - 1].kind != ONR_TOK_NUMBER)
        quote_back(r);
    push(r, opens ? ONR_TOK_OPEN : ONR_TOK_CLOSE, r->pos, r->pos + len)->quoted = true;
    if (!opens) {
        r->quote = r->single = false;
        if (r->n > 1 && r->tok[r->n - 2].kind == ONR_TOK_STOP)
            r->tok[r->n - 1].ends = r->tok[r->n - 2].ends;
    }
    r->pos += len;
}

static void
read_break(struct reader *r)
{
    size_t begin = r->pos, pos = begin;
    bool line = false;
    enum mark mark;

    while (pos < r->text.len && is_space(point_at(r, pos))) {
        line = line || r->text.ptr[pos] == '\n' || r->text.ptr[pos] == '\r';
        pos += onr_utf8_len((uint8_t) r->text.ptr[pos]);
    }
    r->pos = pos;
    if (!line)
        return;
    (void) quotation_mark(r, pos, &mark);
    if (mark != MARK_OPEN) /* a straight mark opens it again by itself */
        r->quote = r->single = false;
    push(r, ONR_TOK_BREAK, begin, pos)->ends = true;
}

static void
read_mark(struct reader *r)
{
    size_t len = onr_utf8_len((uint8_t) r->text.ptr[r->pos]);
    uint32_t c = point_at(r, r->pos);
    enum onr_token_kind kind = c == ','                                          ? ONR_TOK_COMMA
                               : c == ':'                                        ? ONR_TOK_COLON
                               : c == '.' || c == '?' || c == '!' || c == 0x2026 ? ONR_TOK_STOP
                                                                                 : ONR_TOK_MARK;
    size_t end = r->pos + len;
    struct onr_token *t;

    while (kind == ONR_TOK_STOP && end < r->text.len
           && (r->text.ptr[end] == '.' || r->text.ptr[end] == '?' || r->text.ptr[end] == '!'))
        end++;
    t = push(r, kind, r->pos, end);
    t->ends = kind == ONR_TOK_STOP && stop_ends(r, end);
    r->pos = end;
}

size_t
onr_tokens_read(struct onr_span text, struct onr_token *tok, size_t max)
{
    struct reader r = { .text = text, .tok = tok, .max = max };

    while (r.pos < text.len && r.n < r.max) {
        uint32_t c = point_at(&r, r.pos);
        enum mark mark;
        size_t len = quotation_mark(&r, r.pos, &mark);

        if (is_space(c))
            read_break(&r);
        else if (len > 0)
            read_quotation_mark(&r, mark, len);
        else if (is_letter(c) || is_digit(c))
            read_word(&r);
        else
            read_mark(&r);
    }
    return r.n;
}

struct onr_span
onr_token_word(struct onr_span text, const struct onr_token *t)
{
    struct onr_span w = onr_span_sub(text, t->begin, t->end);

    if (onr_span_ends(w, ONR_SPAN("\xe2\x80\x99s")))
        w.len -= 4;
    else if (onr_span_ends(w, ONR_SPAN("'s")))
        w.len -= 2;
    else if (onr_span_ends(w, ONR_SPAN("\xe2\x80\x99")))
        w.len -= 3;
    else if (onr_span_ends(w, ONR_SPAN("'")))
        w.len -= 1;
    return w;
}

size_t
onr_token_lower(struct onr_span text, const struct onr_token *t, char ret[ONR_WORD_MAX + 1])
{
    struct onr_span w = onr_token_word(text, t);
    size_t n = 0;

    ret[0] = '\0';
    for (size_t i = 0; i < w.len; i++) {
        if (n >= ONR_WORD_MAX)
            return 0;
        if (i + 2 < w.len && memcmp(w.ptr + i, "\xe2\x80\x99", 3) == 0) {
            ret[n++] = '\'';
            i += 2;
        } else {
            ret[n++] = w.ptr[i] >= 'A' && w.ptr[i] <= 'Z' ? (char) (w.ptr[i] - 'A' + 'a')
                                                          : w.ptr[i];
        }
    }
    if (n > 1 && ret[n - 1] == '.' && !memchr(ret, '.', n - 1))
        n--; /* "Mr." is "mr" */
    ret[n] = '\0';
    return n;
}
