/* common/text/split.c - one pass over the body, byte class by byte class.
 *
 * Runs of ordinary bytes are skipped by a table. At a stop the sentence rules are asked (sentence.h), at a quotation mark
 * the quotation stack (quotations.h), at a line break the paragraph rules (paragraphs.h). The result is a row of atoms:
 * sentences, those inside an open quotation marked as glued to what follows. A glued row becomes one statement; when it
 * would get longer than a statement may be, it is cut at its last paragraph end within the limit, else at its last
 * sentence, and an atom that is too long by itself at the limit. Pending atoms never exceed the limit, so they live in a
 * fixed array.
 */
#include "common/text/split.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/limits.h"
#include "common/base/sha256.h"
#include "common/base/utf8.h"
#include "common/text/chars.h"
#include "common/text/lexicon.h"
#include "common/text/measure.h"
#include "common/text/paragraphs.h"
#include "common/text/quotations.h"
#include "common/text/sentence.h"

#define PAREN_MAX                                                                                  \
    400 /* bytes between brackets inside a sentence; wider ones hold sentences of their own */

enum { SEEN_INSIDE = 1, SEEN_OUTSIDE = 2 };

struct atom {
    struct onr_piece piece;
    uint8_t seen; /* words inside and outside of quotation marks */
    bool ends_paragraph;
};

/* At most ONR_STATEMENT_WORDS atoms of a word each are within the limit, and one more overflows it. */
#define PENDING_MAX (ONR_STATEMENT_WORDS + 2)

struct cutter {
    struct onr_span text;
    struct onr_pieces *out;
    struct onr_paragraphs paragraphs;
    struct onr_quotes quotes;
    size_t begin;      /* of the atom being read */
    size_t segment;    /* where the part inside or outside of quotation marks began */
    size_t paren_end;  /* no sentence ends before here: brackets inside a sentence */
    size_t paren_none; /* no closing bracket before here */
    uint32_t cp;       /* code points before `begin` */
    uint8_t seen;
    bool paragraph_start;
    uint32_t words, bytes; /* of all pending atoms */
    size_t n_pending;
    struct atom pending[PENDING_MAX];
};

static int
emit(struct cutter *c, const struct onr_piece *piece, uint8_t seen, struct onr_error *err)
{
    struct onr_pieces *out = c->out;

    if (out->n == ONR_STATEMENTS_MAX)
        return onr_fail(err, ONR_ELIMIT,
                        "the body has more than %d statements; split it into several articles",
                        ONR_STATEMENTS_MAX);
    if (out->n == out->cap) {
        size_t cap = out->cap ? out->cap * 2 : 64;
        struct onr_piece *grown = realloc(out->piece, cap * sizeof *grown);

        if (!grown)
            return onr_fail(err, ONR_ENOMEM, "no memory for %zu statements", cap);
        out->piece = grown;
        out->cap = cap;
    }
    out->piece[out->n] = *piece;
    out->piece[out->n].quoted = seen == SEEN_INSIDE                    ? ONR_PIECE_QUOTED_WHOLE
                                : seen == (SEEN_INSIDE | SEEN_OUTSIDE) ? ONR_PIECE_QUOTED_PART
                                                                       : ONR_PIECE_QUOTED_NONE;
    out->n++;
    return 0;
}

/* The first n pending atoms become one statement. */
static int
emit_pending(struct cutter *c, size_t n, struct onr_error *err)
{
    struct onr_piece joined = c->pending[0].piece;
    uint8_t seen = 0;
    size_t i;

    joined.words = 0;
    for (i = 0; i < n; i++) {
        seen |= c->pending[i].seen;
        joined.words += c->pending[i].piece.words;
        joined.end = c->pending[i].piece.end;
        joined.cp_end = c->pending[i].piece.cp_end;
    }
    c->words -= joined.words;
    c->bytes -= joined.end - joined.begin;
    c->n_pending -= n;
    memmove(c->pending, c->pending + n, c->n_pending * sizeof c->pending[0]);
    return emit(c, &joined, seen, err);
}

static int
flush(struct cutter *c, struct onr_error *err)
{
    return c->n_pending > 0 ? emit_pending(c, c->n_pending, err) : 0;
}

/* Add an atom; when the row gets too long, cut it after its last paragraph end, else before the new atom. */
static int
add_atom(struct cutter *c, const struct atom *a, struct onr_error *err)
{
    uint32_t bytes = a->piece.end - a->piece.begin;
    int rc;

    while (c->n_pending > 0
           && (c->words + a->piece.words > ONR_STATEMENT_WORDS
               || c->bytes + bytes > ONR_STATEMENT_MAX || c->n_pending == PENDING_MAX)) {
        size_t n = c->n_pending;

        while (n > 0 && !c->pending[n - 1].ends_paragraph)
            n--;
        if ((rc = emit_pending(c, n > 0 ? n : c->n_pending, err)) < 0)
            return rc;
    }
    c->pending[c->n_pending++] = *a;
    c->words += a->piece.words;
    c->bytes += bytes;
    return 0;
}

/* Where to cut [begin, end), which is too long: behind the white space after the last word that fits, or in the word. */
static size_t
hard_cut(struct onr_span s, size_t begin, size_t end)
{
    size_t pos = begin, words = 0, fit = begin;
    size_t max = onr_utf8_cut(onr_span_sub(s, begin, end), ONR_STATEMENT_MAX);
    bool after_space = true;

    for (; pos < end && pos - begin <= max; pos++) {
        bool space = onr_ch_is(s.ptr[pos], ONR_CH_SPACE);
        bool han = (uint8_t) ((uint8_t) s.ptr[pos] - 0xe3) <= 0xe9 - 0xe3;

        if ((after_space && !space) || han) {
            if (pos > begin)
                fit = pos;
            if (words++ == ONR_STATEMENT_WORDS)
                return pos;
        }
        after_space = space;
    }
    return fit > begin && begin + max - fit < max / 2 ? fit : begin + max;
}

/* The atom being read ends at `end`. */
static int
end_atom(struct cutter *c, size_t end, bool ends_paragraph, struct onr_error *err)
{
    struct atom a = { .seen = c->seen };
    int rc;

    if (end == c->begin)
        return 0;
    if (onr_has_word(c->text, c->segment, end))
        a.seen |= c->quotes.depth > 0 ? SEEN_INSIDE : SEEN_OUTSIDE;
    while (c->begin < end) {
        size_t cut = end;
        uint32_t cps;

        if (end - c->begin > ONR_STATEMENT_MAX)
            cut = hard_cut(c->text, c->begin, end);
        onr_measure(c->text, c->begin, cut, &a.piece.words, &cps);
        if (a.piece.words > ONR_STATEMENT_WORDS) {
            cut = hard_cut(c->text, c->begin, end);
            onr_measure(c->text, c->begin, cut, &a.piece.words, &cps);
        }
        a.piece.begin = (uint32_t) c->begin;
        a.piece.end = (uint32_t) cut;
        a.piece.cp_begin = c->cp;
        a.piece.cp_end = c->cp += cps;
        a.piece.paragraph_start = c->paragraph_start;
        a.ends_paragraph = ends_paragraph && cut == end;
        if ((rc = add_atom(c, &a, err)) < 0)
            return rc;
        c->begin = cut;
        c->paragraph_start = false;
    }
    c->segment = end;
    c->seen = 0;
    c->paragraph_start = ends_paragraph;
    return 0;
}

static int
end_statement(struct cutter *c, size_t end, bool ends_paragraph, struct onr_error *err)
{
    int rc = end_atom(c, end, ends_paragraph, err);

    return rc < 0 ? rc : flush(c, err);
}

static enum onr_mark_effect
take_mark(struct cutter *c, enum onr_mark mark, size_t pos, size_t len)
{
    unsigned before = c->quotes.depth;
    enum onr_mark_effect effect = onr_quotes_take(&c->quotes, mark, pos, len);

    if ((before == 0) != (c->quotes.depth == 0)) {
        if (onr_has_word(c->text, c->segment, pos))
            c->seen |= before > 0 ? SEEN_INSIDE : SEEN_OUTSIDE;
        c->segment = pos + len;
    }
    return effect;
}

/* Brackets that open inside a sentence and close soon: what is between them ends no sentence. */
static void
take_paren(struct cutter *c, size_t pos)
{
    size_t end = pos + PAREN_MAX < c->text.len ? pos + PAREN_MAX : c->text.len;
    const char *close;

    if (pos < c->paren_end || pos < c->paren_none
        || !onr_has_word_or_is_long(c->text, c->begin, pos))
        return;
    close = memchr(c->text.ptr + pos, ')', end - pos);
    if (!close)
        c->paren_none = end;
    else if (memchr(c->text.ptr + pos, '\n', (size_t) (close - c->text.ptr) - pos) == NULL)
        c->paren_end = (size_t) (close - c->text.ptr);
}

/* French blanks stand before a closing guillemet: where it is, if one follows them, else pos. */
static size_t
skip_to_guillemet(struct onr_span s, size_t pos)
{
    uint32_t cp = onr_cp_at(s, pos);
    size_t len, next = pos;

    if (cp != ' ' && cp != 0xa0 && cp != 0x202f)
        return pos;
    next += onr_utf8_len((uint8_t) s.ptr[pos]);
    switch (onr_mark_at(s, next, &len)) {
    case ONR_MARK_RGUIL2:
    case ONR_MARK_RGUIL1:
        return next;
    default:
        return pos;
    }
}

/* Behind a stop: closing marks, closing brackets and a footnote number belong to the sentence. */
static size_t
skip_closers(struct cutter *c, size_t pos, bool *ret_closed)
{
    struct onr_span s = c->text;

    *ret_closed = false;
    if (c->quotes.depth > 0)
        pos = skip_to_guillemet(s, pos);
    while (pos < s.len) {
        size_t len, i = pos + 1;
        enum onr_mark mark = onr_mark_at(s, pos, &len);

        /* "end.“Next": a blank got lost before a quotation. */
        if (c->quotes.depth == 0
            && (mark == ONR_MARK_LEFT2 || mark == ONR_MARK_LEFT1
                || (mark == ONR_MARK_STRAIGHT2 && pos + len < s.len
                    && onr_ch_is(s.ptr[pos + len], ONR_CH_UPPER))))
            return pos;
        if (mark != ONR_MARK_NONE) {
            enum onr_mark_effect effect = take_mark(c, mark, pos, len);

            pos += len;
            if (effect == ONR_MARK_OPENED)
                return pos;
            *ret_closed |= effect == ONR_MARK_CLOSED;
            continue;
        }
        if (s.ptr[pos] == ')' || s.ptr[pos] == ']') {
            pos++;
            continue;
        }
        while (s.ptr[pos] == '[' && i < s.len && i - pos < 4 && onr_ch_is(s.ptr[i], ONR_CH_DIGIT))
            i++;
        if (i == pos + 1 || i == s.len || s.ptr[i] != ']')
            return pos;
        pos = i + 1;
    }
    return pos;
}

/* A run of stops at pos; returns where to read on. */
static size_t
take_stop(struct cutter *c, const struct onr_stop *stop, int *ret_rc, struct onr_error *err)
{
    unsigned depth = c->quotes.depth;
    bool closed;
    size_t after = skip_closers(c, stop->end, &closed), next;

    if (c->quotes.depth > depth || stop->begin < c->paren_end
        || !onr_stop_ends_sentence(c->text, c->begin, stop, after, closed))
        return after;
    /* The white space behind belongs to this sentence, unless a paragraph ends in it: that is the line break's business. */
    next = onr_skip_space(c->text, after);
    for (size_t i = after; i < next; i++) {
        if (onr_ch_is(c->text.ptr[i], ONR_CH_LINE)) {
            size_t behind = i;

            if (onr_paragraph_break(&c->paragraphs, &behind))
                return i;
            break;
        }
    }
    *ret_rc = c->quotes.depth > 0 ? end_atom(c, next, false, err)
                                  : end_statement(c, next, false, err);
    return next;
}

static size_t
take_line_break(struct cutter *c, size_t pos, int *ret_rc, struct onr_error *err)
{
    size_t next = pos;

    if (!onr_paragraph_break(&c->paragraphs, &next))
        return next > pos ? next : pos + 1;
    /* Before the first word there is nothing to end. */
    if (c->n_pending == 0 && onr_skip_space(c->text, c->begin) >= next)
        return next;
    if (next == c->text.len) {
        *ret_rc = end_statement(c, next, true, err);
        return next;
    }
    /* The words before the break count as inside before the stack forgets them. */
    if (onr_has_word(c->text, c->segment, pos))
        c->seen |= c->quotes.depth > 0 ? SEEN_INSIDE : SEEN_OUTSIDE;
    c->segment = next;
    *ret_rc = onr_quotes_end_paragraph(&c->quotes, next) ? end_atom(c, next, true, err)
                                                         : end_statement(c, next, true, err);
    return next;
}

/* A byte that may mean something; returns where to read on. */
static size_t
take_event(struct cutter *c, size_t pos, int *ret_rc, struct onr_error *err)
{
    struct onr_span s = c->text;
    char byte = s.ptr[pos];
    enum onr_mark mark;
    struct onr_stop stop;
    uint32_t cp;
    size_t len = 1;

    if (onr_ch_is(byte, ONR_CH_LINE))
        return take_line_break(c, pos, ret_rc, err);
    if (byte == '(') {
        take_paren(c, pos);
        return pos + 1;
    }
    if (byte == '\'' && pos > 0 && pos + 1 < s.len && onr_ch_wordy(s.ptr[pos - 1])
        && onr_ch_is(s.ptr[pos + 1], ONR_CH_LOWER | ONR_CH_UPPER))
        return pos + 1;
    mark = onr_mark_at(s, pos, &len);
    if (mark != ONR_MARK_NONE) {
        take_mark(c, mark, pos, len);
        return pos + len;
    }
    stop = onr_stop_at(s, pos);
    if (stop.kind != ONR_STOP_NONE)
        return take_stop(c, &stop, ret_rc, err);
    cp = onr_cp_at(s, pos);
    if (cp == 0x2028 || cp == 0x2029)
        return take_line_break(c, pos, ret_rc, err);
    len = onr_utf8_len((uint8_t) byte);
    /* A bullet inside a line begins an item: "... here \u2022 Next item". */
    if ((cp == 0x2022 || cp == 0x25aa || cp == 0x25cf) && c->quotes.depth == 0 && pos > c->begin
        && onr_ch_is(s.ptr[pos - 1], ONR_CH_SPACE) && onr_bullet_len(s, pos) > 0
        && onr_cp_is_word(onr_cp_at(s, pos + onr_bullet_len(s, pos))))
        *ret_rc = end_statement(c, pos, false, err);
    return pos + len;
}

static int
cut(struct cutter *c, struct onr_error *err)
{
    const char *s = c->text.ptr;
    size_t pos = 0, n = c->text.len;
    int rc = 0;

    while (rc == 0) {
        while (pos < n && !onr_ch_is(s[pos], ONR_CH_EVENT))
            pos++;
        if (pos >= n)
            break;
        pos = take_event(c, pos, &rc, err);
    }
    return rc < 0 ? rc : end_statement(c, n, true, err);
}

int
onr_split(struct onr_span body, struct onr_pieces *ret, struct onr_error *err)
{
    struct cutter c = { .text = body, .out = ret, .paragraph_start = true };
    int rc;

    ret->n = 0;
    onr_paragraphs_init(&c.paragraphs, body);
    onr_quotes_init(&c.quotes, &c.paragraphs);
    if ((rc = cut(&c, err)) < 0)
        ret->n = 0;
    return rc;
}

void
onr_pieces_release(struct onr_pieces *p)
{
    free(p->piece);
    *p = (struct onr_pieces){ NULL, 0, 0 };
}

void
onr_splitter_fingerprint(uint8_t ret[32])
{
    static const uint32_t limits[] = { ONR_STATEMENT_WORDS, ONR_STATEMENT_MAX, ONR_WINDOW_WORDS,
                                       ONR_WINDOW_MAX,      ONR_CAST_MAX,      ONR_CAST_BYTES,
                                       ONR_CAST_MENTIONS,   ONR_STATEMENTS_MAX };
    uint8_t number[sizeof limits / sizeof limits[0]][4], words[ONR_SHA256_LEN];
    struct onr_span parts[3];
    size_t i;

    for (i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        number[i][0] = (uint8_t) (limits[i] >> 24);
        number[i][1] = (uint8_t) (limits[i] >> 16);
        number[i][2] = (uint8_t) (limits[i] >> 8);
        number[i][3] = (uint8_t) limits[i];
    }
    onr_lexicon_fingerprint(words);
    parts[0] = ONR_SPAN(ONR_SPLITTER_VERSION);
    parts[1] = onr_span_of(number, sizeof number);
    parts[2] = onr_span_of(words, sizeof words);
    onr_sha256_parts(parts, 3, ret);
}
