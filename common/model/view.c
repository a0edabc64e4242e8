/* common/model/view.c - see view.h. */
#include "common/model/view.h"

#include <string.h>

/* A text being read: pieces in the order of the text, tokens beside them. */
struct reader {
    const struct onr_view_markers *markers;
    struct onr_span text;
    const struct onr_piece *piece;
    size_t n_pieces;
    const struct onr_token *tok;
    size_t n_tok, at; /* tok[at] is the first that ends behind the last piece looked at */
    struct onr_view *view;
    uint32_t words, paragraphs;
};

int
onr_view_markers(const struct onr_vocab *v, struct onr_view_markers *ret, struct onr_error *err)
{
    int32_t begin = onr_vocab_find(v, ONR_SPAN("[CLS]"));
    int32_t end = onr_vocab_find(v, ONR_SPAN("[SEP]"));
    int32_t paragraph = onr_vocab_find(v, ONR_SPAN("[unused0]"));

    if (begin < 0 || end < 0 || paragraph < 0)
        return onr_fail(err, ONR_ECONFIG, "the model's vocabulary lacks [CLS], [SEP] or [unused0]");
    *ret = (struct onr_view_markers){ (uint32_t) begin, (uint32_t) end, (uint32_t) paragraph };
    return 0;
}

static bool
line_ends_between(const struct reader *r, size_t i)
{
    uint32_t from = i > 0 ? r->piece[i - 1].end : 0;

    return i > 0 && r->piece[i].word != r->piece[i - 1].word && r->piece[i].begin > from
           && memchr(r->text.ptr + from, '\n', r->piece[i].begin - from) != NULL;
}

static enum onr_place
place_of(struct reader *r, const struct onr_piece *p)
{
    const struct onr_token *t;

    while (r->at < r->n_tok && r->tok[r->at].end <= p->begin)
        r->at++;
    if (r->at == r->n_tok || r->tok[r->at].begin > p->begin)
        return ONR_PLACE_PLAIN;
    t = &r->tok[r->at];
    if (t->kind == ONR_TOK_OPEN || t->kind == ONR_TOK_CLOSE)
        return ONR_PLACE_MARK;
    return t->quoted ? ONR_PLACE_QUOTED : ONR_PLACE_PLAIN;
}

/* One more piece, which is no text until somebody says so. */
static size_t
push(struct reader *r, uint32_t id, uint32_t at)
{
    struct onr_view *v = r->view;
    size_t i = v->n++;

    v->id[i] = id;
    v->place_case[i] = 0;
    v->begin[i] = v->end[i] = at;
    v->word[i] = r->words++;
    v->starts[i] = v->breaks[i] = false;
    v->paragraph[i] = r->paragraphs;
    return i;
}

static void
push_piece(struct reader *r, size_t first, size_t i)
{
    const struct onr_piece *p = &r->piece[i];
    struct onr_view *v = r->view;
    bool goes_on = i > first && p->word == r->piece[i - 1].word;
    size_t k = push(r, p->id, p->begin);

    v->end[k] = p->end;
    v->place_case[k] = (uint8_t) (p->case_class + 4 * place_of(r, p));
    v->starts[k] = !goes_on;
    if (goes_on) {
        v->word[k] = v->word[k - 1];
        r->words--;
    }
}

static void
push_break(struct reader *r, size_t i)
{
    r->view->breaks[push(r, r->markers->paragraph, r->piece[i].begin)] = true;
    r->paragraphs++;
}

/* Pieces from i to the text's end or until no room is left before the closing marker. Returns where it stopped. */
static size_t
fill(struct reader *r, size_t first)
{
    size_t i = first;

    for (; i < r->n_pieces; i++) {
        bool breaks = i > first && line_ends_between(r, i);

        if (r->view->n + (breaks ? 2 : 1) > ONR_VIEW_MAX - 1)
            break;
        if (breaks)
            push_break(r, i);
        push_piece(r, first, i);
    }
    return i;
}

/* The first piece of those that fit around the focus, at the beginning of a word. */
static size_t
first_piece(const struct reader *r, uint32_t focus_begin, uint32_t focus_end)
{
    size_t from = 0, to, room = ONR_VIEW_MAX - 2, before, first;

    for (size_t i = 1; i < r->n_pieces; i++)
        room -= line_ends_between(r, i) && room > ONR_VIEW_MAX / 2;
    if (r->n_pieces <= room)
        return 0;
    while (from < r->n_pieces && r->piece[from].end <= focus_begin)
        from++;
    to = from;
    while (to < r->n_pieces && r->piece[to].begin < focus_end)
        to++;
    before = to - from < room ? (room - (to - from)) / 2 : 0;
    first = from > before ? from - before : 0;
    if (r->n_pieces - first < room)
        first = r->n_pieces - room;
    while (first > 0 && r->piece[first].word == r->piece[first - 1].word)
        first--;
    return first;
}

void
onr_view_read(const struct onr_vocab *v, const struct onr_view_markers *m, struct onr_span text,
              const struct onr_token *tok, size_t n_tok, uint32_t focus_begin, uint32_t focus_end,
              struct onr_piece *scratch, struct onr_view *ret)
{
    int64_t n = onr_wordpiece_read(v, text, scratch, text.len);
    struct reader r = { .markers = m,
                        .text = text,
                        .piece = scratch,
                        .n_pieces = n > 0 ? (size_t) n : 0,
                        .tok = tok,
                        .n_tok = n_tok,
                        .view = ret };
    size_t first = first_piece(&r, focus_begin, focus_end), end;

    ret->n = 0;
    push(&r, m->begin, first < r.n_pieces ? scratch[first].begin : 0);
    end = fill(&r, first);
    push(&r, m->end, end > 0 ? scratch[end - 1].end : 0);
    ret->whole = first == 0 && end == r.n_pieces;
}

struct onr_piece_span
onr_view_pieces(const struct onr_view *v, uint32_t begin, uint32_t end)
{
    size_t first = 0, last;

    while (first < v->n && (v->end[first] <= begin || v->begin[first] == v->end[first]))
        first++;
    last = first;
    for (size_t i = first; i < v->n && v->begin[i] < end; i++)
        if (v->begin[i] < v->end[i])
            last = i + 1;
    return (struct onr_piece_span){ (uint16_t) first, (uint16_t) last };
}
