/* common/text/quotations.c - see quotations.h. */
#include "common/text/quotations.h"

#include "common/base/utf8.h"
#include "common/text/chars.h"
#include "common/text/lexicon.h"

/* What is searched ahead of a single mark. */
enum { AHEAD_STRAIGHT_CLOSER, AHEAD_RIGHT_CLOSER, AHEAD_LEFT };

void
onr_quotes_init(struct onr_quotes *q, const struct onr_paragraphs *p)
{
    *q = (struct onr_quotes){
        .paragraphs = p, .text = p->text, .last_end = SIZE_MAX, .reopens_at = SIZE_MAX
    };
}

static enum onr_mark
mark_of_cp(uint32_t cp)
{
    switch (cp) {
    case '"':
        return ONR_MARK_STRAIGHT2;
    case '\'':
        return ONR_MARK_STRAIGHT1;
    case 0xab:
        return ONR_MARK_LGUIL2;
    case 0xbb:
        return ONR_MARK_RGUIL2;
    case 0x2018:
    case 0x201b:
        return ONR_MARK_LEFT1;
    case 0x2019:
        return ONR_MARK_RIGHT1;
    case 0x201a:
        return ONR_MARK_LOW1;
    case 0x201c:
    case 0x201f:
        return ONR_MARK_LEFT2;
    case 0x201d:
        return ONR_MARK_RIGHT2;
    case 0x201e:
        return ONR_MARK_LOW2;
    case 0x2039:
        return ONR_MARK_LGUIL1;
    case 0x203a:
        return ONR_MARK_RGUIL1;
    case 0x300c:
    case 0xff62:
        return ONR_MARK_LCORNER;
    case 0x300d:
    case 0xff63:
        return ONR_MARK_RCORNER;
    case 0x300e:
        return ONR_MARK_LCORNER2;
    case 0x300f:
        return ONR_MARK_RCORNER2;
    default:
        return ONR_MARK_NONE;
    }
}

enum onr_mark
onr_mark_at(struct onr_span s, size_t pos, size_t *ret_len)
{
    enum onr_mark mark;

    if (pos >= s.len)
        return ONR_MARK_NONE;
    if (s.ptr[pos] == '\'' || s.ptr[pos] == '`') {
        bool twice = pos + 1 < s.len && s.ptr[pos + 1] == s.ptr[pos];

        if (s.ptr[pos] == '`' && !twice)
            return ONR_MARK_NONE;
        *ret_len = twice ? 2 : 1;
        return !twice ? ONR_MARK_STRAIGHT1 : s.ptr[pos] == '`' ? ONR_MARK_LEFT2 : ONR_MARK_RIGHT2;
    }
    mark = mark_of_cp(onr_cp_at(s, pos));
    if (mark != ONR_MARK_NONE)
        *ret_len = onr_utf8_len((uint8_t) s.ptr[pos]);
    return mark;
}

static bool
is_dash(uint32_t cp)
{
    return cp == '-' || (cp >= 0x2010 && cp <= 0x2015);
}

/* A quotation could begin behind this code point: nothing, white space, a bracket, a dash, an opening mark. */
static bool
invites_opener(uint32_t cp)
{
    switch (mark_of_cp(cp)) {
    case ONR_MARK_LEFT2:
    case ONR_MARK_LOW2:
    case ONR_MARK_LEFT1:
    case ONR_MARK_LOW1:
    case ONR_MARK_LGUIL2:
    case ONR_MARK_LGUIL1:
        return true;
    default:
        return cp == 0 || onr_cp_is_space(cp) || cp == '(' || cp == '[' || cp == '{' || cp == '/'
               || cp == '*' || is_dash(cp);
    }
}

/* A quotation could end before this code point: nothing, white space, a stop, a bracket, another mark. */
static bool
invites_closer(uint32_t cp)
{
    if (cp == 0 || onr_cp_is_space(cp) || is_dash(cp) || mark_of_cp(cp) != ONR_MARK_NONE)
        return true;
    return cp < 0x80 ? memchr(",.;:!?)]}/", (int) cp, 10) != NULL
                     : cp == 0x2026 || (cp >= 0x3001 && cp <= 0x3002) || cp == 0xff0c;
}

struct context {
    uint32_t prev, next;
    bool opener, closer; /* both false: the neighbours do not say */
};

static struct context
context_of(const struct onr_quotes *q, size_t pos, size_t len)
{
    struct context c = { onr_cp_before(q->text, pos), onr_cp_at(q->text, pos + len), false, false };
    bool after = invites_opener(c.prev), before = invites_closer(c.next);

    if (pos > 0 && q->last_end == pos)
        after = q->last_effect == ONR_MARK_OPENED;
    c.opener = after && (!before || (mark_of_cp(c.next) != ONR_MARK_NONE) || c.next == 0x2026);
    c.closer = before && (!after || (is_dash(c.prev) && (c.next == 0 || onr_cp_is_space(c.next))));
    return c;
}

static size_t
paragraph_end(struct onr_quotes *q, size_t pos)
{
    size_t len;

    if (pos >= q->paragraph_end) {
        q->paragraph_end = onr_paragraph_end(q->paragraphs, pos);
        q->next_opens = onr_mark_at(q->text, onr_skip_space(q->text, q->paragraph_end), &len);
    }
    return q->paragraph_end;
}

/* Count the double marks of the rest of the paragraph, so that a mark can be judged by what is still to come. */
static void
count_ahead(struct onr_quotes *q, size_t pos)
{
    size_t end = paragraph_end(q, pos), len = 1;

    q->counted_end = end;
    q->straight_openers = q->straight_closers = q->left2 = q->right2 = 0;
    for (; pos < end; pos += len) {
        struct context c;

        len = 1;
        if (!onr_ch_is(q->text.ptr[pos], ONR_CH_EVENT))
            continue;
        switch (onr_mark_at(q->text, pos, &len)) {
        case ONR_MARK_STRAIGHT2:
            c = context_of(q, pos, len);
            q->straight_openers += c.opener;
            q->straight_closers += c.closer;
            break;
        case ONR_MARK_LEFT2:
            q->left2++;
            break;
        case ONR_MARK_RIGHT2:
            q->right2++;
            break;
        default:
            break;
        }
    }
}

static void
uncount(uint32_t *n)
{
    if (*n > 0)
        --*n;
}

/* Could the mark at pos close a single quotation, or (LEFT) open one? */
static bool
stands_there(const struct onr_quotes *q, int what, size_t pos, size_t *ret_len)
{
    enum onr_mark mark = onr_mark_at(q->text, pos, ret_len);

    if (what == AHEAD_LEFT)
        return mark == ONR_MARK_LEFT1;
    if (mark != (what == AHEAD_RIGHT_CLOSER ? ONR_MARK_RIGHT1 : ONR_MARK_STRAIGHT1))
        return false;
    return !invites_opener(onr_cp_before(q->text, pos))
           && !onr_cp_is_word(onr_cp_at(q->text, pos + *ret_len));
}

/* First such mark at or after pos in its paragraph; SIZE_MAX when there is none. */
static size_t
find_ahead(struct onr_quotes *q, int what, size_t pos)
{
    struct onr_lookahead *a = &q->ahead[what];
    size_t end = paragraph_end(q, pos), len, i;

    if (a->from <= pos && pos <= a->to && (a->found || a->to == end))
        return a->found ? a->to : SIZE_MAX;
    *a = (struct onr_lookahead){ pos, end, false };
    for (i = pos; i < end; i += len) {
        len = 1;
        if (onr_ch_is(q->text.ptr[i], ONR_CH_EVENT) && stands_there(q, what, i, &len)) {
            a->to = i;
            a->found = true;
            return i;
        }
    }
    return SIZE_MAX;
}

static enum onr_mark_effect
push(struct onr_quotes *q, enum onr_mark mark)
{
    if (q->depth == ONR_QUOTES_DEPTH)
        return ONR_MARK_IGNORED;
    q->open[q->depth++] = (uint8_t) mark;
    return ONR_MARK_OPENED;
}

/* Close the innermost open `opener` and what is open inside it. */
static bool
pop(struct onr_quotes *q, enum onr_mark opener)
{
    unsigned i;

    for (i = q->depth; i > 0; i--) {
        if (q->open[i - 1] == opener) {
            q->depth = i - 1;
            return true;
        }
    }
    return false;
}

static bool
is_open(const struct onr_quotes *q, enum onr_mark opener)
{
    unsigned i;

    for (i = 0; i < q->depth; i++) {
        if (q->open[i] == opener)
            return true;
    }
    return false;
}

/* The same opening mark a second time: a quotation in the quotation if enough marks are left to close both, else the
 * first was never closed and this one takes its place. */
static enum onr_mark_effect
open_again(struct onr_quotes *q, enum onr_mark mark, size_t pos, uint32_t openers, uint32_t closers)
{
    bool goes_on;

    paragraph_end(q, pos);
    goes_on = q->next_opens == mark;
    if (closers + goes_on < openers + 1)
        pop(q, mark);
    return push(q, mark);
}

static enum onr_mark_effect
take_straight2(struct onr_quotes *q, size_t pos, const struct context *c)
{
    uint32_t openers = q->straight_openers, closers = q->straight_closers;

    if (c->opener)
        uncount(&q->straight_openers);
    if (c->closer)
        uncount(&q->straight_closers);
    if (is_open(q, ONR_MARK_STRAIGHT2)) {
        if (c->opener)
            return open_again(q, ONR_MARK_STRAIGHT2, pos, openers, closers);
        pop(q, ONR_MARK_STRAIGHT2);
        return ONR_MARK_CLOSED;
    }
    if (!c->closer)
        return push(q, ONR_MARK_STRAIGHT2);
    /* Closes nothing of its kind: inches, a stray mark, or the end of a quotation that began with a curly one. */
    if (q->right2 == 0 && pop(q, ONR_MARK_LEFT2))
        return ONR_MARK_CLOSED;
    return ONR_MARK_IGNORED;
}

static enum onr_mark_effect
take_left2(struct onr_quotes *q, size_t pos, const struct context *c)
{
    uint32_t left = q->left2, right = q->right2;

    uncount(&q->left2);
    if (!c->opener && pop(q, ONR_MARK_LOW2)) /* German „...“ */
        return ONR_MARK_CLOSED;
    if (is_open(q, ONR_MARK_LEFT2)) {
        if (!c->closer)
            return open_again(q, ONR_MARK_LEFT2, pos, left, right);
        pop(q, ONR_MARK_LEFT2);
        return ONR_MARK_CLOSED;
    }
    if (c->closer && pop(q, ONR_MARK_STRAIGHT2))
        return ONR_MARK_CLOSED;
    return push(q, ONR_MARK_LEFT2);
}

static enum onr_mark_effect
take_right2(struct onr_quotes *q, size_t pos, const struct context *c)
{
    (void) pos;
    uncount(&q->right2);
    if (pop(q, ONR_MARK_LEFT2) || pop(q, ONR_MARK_LOW2))
        return ONR_MARK_CLOSED;
    if (is_open(q, ONR_MARK_RIGHT2) && !c->opener) { /* Swedish and Finnish ”...” */
        pop(q, ONR_MARK_RIGHT2);
        return ONR_MARK_CLOSED;
    }
    if (!c->opener)
        return pop(q, ONR_MARK_STRAIGHT2) ? ONR_MARK_CLOSED : ONR_MARK_IGNORED;
    return q->right2 > 0 ? push(q, ONR_MARK_RIGHT2) : ONR_MARK_IGNORED;
}

/* Guillemets point either way: French «...», German »...«, Finnish »...». */
static enum onr_mark_effect
take_guillemet(struct onr_quotes *q, enum onr_mark mark, size_t pos, const struct context *c)
{
    bool outer = mark == ONR_MARK_LGUIL2 || mark == ONR_MARK_RGUIL2;
    enum onr_mark left = outer ? ONR_MARK_LGUIL2 : ONR_MARK_LGUIL1;
    enum onr_mark right = outer ? ONR_MARK_RGUIL2 : ONR_MARK_RGUIL1;
    enum onr_mark other = mark == left ? right : left;

    if (pos == q->reopens_at)
        return push(q, left);
    if (pop(q, other))
        return ONR_MARK_CLOSED;
    if (mark == right && is_open(q, right) && !c->opener) {
        pop(q, right);
        return ONR_MARK_CLOSED;
    }
    if (mark == right && !c->opener)
        return ONR_MARK_IGNORED;
    return push(q, mark);
}

/* ’90s, 'em, ’til: the mark stands for letters left out. */
static bool
is_elision(const struct onr_quotes *q, size_t after)
{
    struct onr_span s = q->text;
    size_t end = after;

    while (end < s.len && end - after < 8 && onr_ch_wordy(s.ptr[end]))
        end++;
    if (end == after || end - after == 8)
        return false;
    if (onr_ch_is(s.ptr[after], ONR_CH_DIGIT))
        return end - after <= 3 && after + 1 < s.len && onr_ch_is(s.ptr[after + 1], ONR_CH_DIGIT);
    return (onr_lexicon_flags(onr_span_sub(s, after, end)) & ONR_LEX_ELISION) != 0;
}

/* the players’ union, goin’ home: could be an apostrophe. It is one if something later can close the quotation. */
static bool
is_apostrophe_at_end(struct onr_quotes *q, int closer, size_t pos, size_t len)
{
    struct onr_span s = q->text;
    uint32_t next;
    size_t later, opener;

    if (pos < 2 || !onr_ch_is(s.ptr[pos - 2], ONR_CH_LOWER | ONR_CH_UPPER)
        || (s.ptr[pos - 1] != 's' && !(s.ptr[pos - 1] == 'n' && s.ptr[pos - 2] == 'i')))
        return false;
    next = onr_cp_at(s, onr_skip_space(s, pos + len));
    if (!onr_cp_is_space(onr_cp_at(s, pos + len)) || !onr_cp_is_word(next))
        return false;
    later = find_ahead(q, closer, pos + len);
    if (later == SIZE_MAX)
        return false;
    opener = find_ahead(q, AHEAD_LEFT, pos + len);
    return closer != AHEAD_RIGHT_CLOSER || opener > later;
}

static enum onr_mark_effect
take_single(struct onr_quotes *q, enum onr_mark mark, size_t pos, size_t len,
            const struct context *c)
{
    enum onr_mark top = q->depth > 0 ? (enum onr_mark) q->open[q->depth - 1] : ONR_MARK_NONE;
    bool straight = mark == ONR_MARK_STRAIGHT1;
    int closer = straight ? AHEAD_STRAIGHT_CLOSER : AHEAD_RIGHT_CLOSER;
    bool closable;

    if (onr_cp_is_word(c->prev) && onr_cp_is_word(c->next) && mark != ONR_MARK_LEFT1)
        return ONR_MARK_IGNORED;
    if (mark == ONR_MARK_LEFT1 && top == ONR_MARK_LOW1 && !c->opener) { /* German ‚...‘ */
        q->depth--;
        return ONR_MARK_CLOSED;
    }
    if (mark != ONR_MARK_LEFT1 && !onr_cp_is_word(c->next) && !c->opener
        && (straight ? top == ONR_MARK_STRAIGHT1 : top == ONR_MARK_LEFT1 || top == ONR_MARK_LOW1)
        && !(c->prev && onr_cp_is_space(c->prev))) {
        if (is_apostrophe_at_end(q, closer, pos, len))
            return ONR_MARK_IGNORED;
        q->depth--;
        return ONR_MARK_CLOSED;
    }
    if (mark == ONR_MARK_RIGHT1 || !c->opener || is_elision(q, pos + len)
        || (straight && top == ONR_MARK_STRAIGHT1))
        return ONR_MARK_IGNORED;
    closable = find_ahead(q, closer, pos + len) != SIZE_MAX || q->next_opens == mark;
    return closable ? push(q, mark) : ONR_MARK_IGNORED;
}

static enum onr_mark_effect
take_corner(struct onr_quotes *q, enum onr_mark mark)
{
    switch (mark) {
    case ONR_MARK_RCORNER:
        return pop(q, ONR_MARK_LCORNER) ? ONR_MARK_CLOSED : ONR_MARK_IGNORED;
    case ONR_MARK_RCORNER2:
        return pop(q, ONR_MARK_LCORNER2) ? ONR_MARK_CLOSED : ONR_MARK_IGNORED;
    default:
        return push(q, mark);
    }
}

static enum onr_mark_effect
take(struct onr_quotes *q, enum onr_mark mark, size_t pos, size_t len, const struct context *c)
{
    switch (mark) {
    case ONR_MARK_STRAIGHT2:
        return take_straight2(q, pos, c);
    case ONR_MARK_LEFT2:
        return take_left2(q, pos, c);
    case ONR_MARK_RIGHT2:
        return take_right2(q, pos, c);
    case ONR_MARK_LOW2:
    case ONR_MARK_LOW1:
        return c->opener ? push(q, mark) : ONR_MARK_IGNORED;
    case ONR_MARK_LGUIL2:
    case ONR_MARK_RGUIL2:
    case ONR_MARK_LGUIL1:
    case ONR_MARK_RGUIL1:
        return take_guillemet(q, mark, pos, c);
    case ONR_MARK_STRAIGHT1:
    case ONR_MARK_LEFT1:
    case ONR_MARK_RIGHT1:
        return take_single(q, mark, pos, len, c);
    case ONR_MARK_NONE:
        return ONR_MARK_IGNORED;
    default:
        return take_corner(q, mark);
    }
}

enum onr_mark_effect
onr_quotes_take(struct onr_quotes *q, enum onr_mark mark, size_t pos, size_t len)
{
    struct context c;

    if (mark <= ONR_MARK_RIGHT2 && pos >= q->counted_end)
        count_ahead(q, pos);
    c = context_of(q, pos, len);
    q->last_effect = take(q, mark, pos, len, &c);
    q->last_end = pos + len;
    return q->last_effect;
}

bool
onr_quotes_end_paragraph(struct onr_quotes *q, size_t next)
{
    enum onr_mark bottom, mark;
    size_t len;

    if (q->depth == 0)
        return false;
    bottom = (enum onr_mark) q->open[0];
    q->depth = 0;
    mark = onr_mark_at(q->text, next, &len);
    if (bottom == ONR_MARK_LGUIL2 && mark == ONR_MARK_RGUIL2) {
        q->reopens_at = next;
        return true;
    }
    return mark == bottom;
}
