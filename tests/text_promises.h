/* tests/text_promises.h - what splitter, windows and cast promise for every valid text.
 *
 * The includer says with HOLDS(condition) what happens when one is broken; `text` is in scope there.
 */
#ifndef ONR_TESTS_TEXT_PROMISES_H
#define ONR_TESTS_TEXT_PROMISES_H

#include <stdlib.h>

#include "common/base/limits.h"
#include "common/base/utf8.h"
#include "common/text/cast.h"
#include "common/text/split.h"
#include "common/text/window.h"

#ifndef HOLDS
#define HOLDS(condition) ((condition) ? (void) 0 : abort())
#endif

static inline void
pieces_tile(struct onr_span text, const struct onr_pieces *p)
{
    uint32_t at = 0, cp = 0;
    size_t i;

    HOLDS(p->n > 0);
    for (i = 0; i < p->n; i++) {
        const struct onr_piece *q = &p->piece[i];

        HOLDS(q->begin == at && q->end > at && q->end <= text.len);
        HOLDS(q->cp_begin == cp);
        at = q->end;
        cp += (uint32_t) onr_utf8_count(onr_span_sub(text, q->begin, q->end));
        HOLDS(q->cp_end == cp);
        HOLDS(q->words <= ONR_STATEMENT_WORDS && q->end - q->begin <= ONR_STATEMENT_MAX);
        HOLDS(q->end == text.len || ((uint8_t) text.ptr[q->end] & 0xc0) != 0x80);
        HOLDS(q->quoted <= ONR_PIECE_QUOTED_WHOLE);
    }
    HOLDS(at == text.len);
}

static inline void
windows_hold_whole_statements(struct onr_span text, const struct onr_pieces *p,
                              const struct onr_windows *w)
{
    size_t i, k;

    (void) text; /* for HOLDS */
    for (k = 0; k < w->n; k++) {
        uint32_t words = 0;

        HOLDS(w->window[k].first < w->window[k].last && w->window[k].last <= p->n);
        for (i = w->window[k].first; i < w->window[k].last; i++)
            words += p->piece[i].words;
        HOLDS(words <= ONR_WINDOW_WORDS);
        HOLDS(p->piece[w->window[k].last - 1].end - p->piece[w->window[k].first].begin
              <= ONR_WINDOW_MAX);
    }
    for (i = 0; i < p->n; i++) {
        HOLDS(w->of[i] < w->n);
        HOLDS(w->window[w->of[i]].first <= i && i < w->window[w->of[i]].last);
    }
}

static inline bool
same(const struct onr_piece *a, const struct onr_piece *b)
{
    return a->begin == b->begin && a->end == b->end && a->cp_begin == b->cp_begin
           && a->cp_end == b->cp_end && a->words == b->words && a->quoted == b->quoted
           && a->paragraph_start == b->paragraph_start;
}

static inline bool
lies_in(struct onr_span part, struct onr_span whole)
{
    return part.len == 0 || (part.ptr >= whole.ptr && part.ptr + part.len <= whole.ptr + whole.len);
}

static inline void
cast_keeps_its_limits(struct onr_span text, const struct onr_names *names, uint32_t end)
{
    struct onr_name name[ONR_CAST_MAX];
    size_t n = onr_names_cast(names, end, name), i, k, bytes = 0;

    HOLDS(n <= ONR_CAST_MAX);
    for (i = 0; i < n; i++) {
        bytes += name[i].name.len + name[i].role.len;
        HOLDS(name[i].name.len > 0 && name[i].name.len <= ONR_NAME_MAX);
        HOLDS(name[i].role.len <= ONR_NAME_MAX);
        HOLDS(onr_utf8_check(name[i].name, NULL) && onr_utf8_check(name[i].role, NULL));
        HOLDS(lies_in(name[i].name, onr_span_sub(text, 0, end)));
        HOLDS(lies_in(name[i].role, onr_span_sub(text, 0, end)));
        HOLDS(name[i].n_mentions > 0 && name[i].first == name[i].mention[0]);
        for (k = 0; k < name[i].n_mentions; k++)
            HOLDS(name[i].mention[k] < end
                  && (k == 0 || name[i].mention[k - 1] < name[i].mention[k]));
        HOLDS(i == 0 || name[i - 1].n_mentions >= name[i].n_mentions);
    }
    HOLDS(bytes <= ONR_CAST_BYTES);
}

/* Everything that must hold, for one valid text. */
static inline void
check_text(struct onr_span text)
{
    struct onr_pieces p = { NULL, 0, 0 }, again = { NULL, 0, 0 };
    struct onr_windows w = { NULL, 0, 0, NULL, 0 };
    struct onr_names *names = NULL;
    size_t k;
    int rc = onr_split(text, &p, NULL);

    HOLDS(rc == 0 || (rc == -ONR_ELIMIT && text.len > ONR_STATEMENTS_MAX));
    if (rc == 0) {
        pieces_tile(text, &p);
        HOLDS(onr_split(text, &again, NULL) == 0 && again.n == p.n);
        for (k = 0; k < p.n; k++)
            HOLDS(same(&p.piece[k], &again.piece[k]));
        HOLDS(onr_windows_make(&p, &w, NULL) == 0);
        windows_hold_whole_statements(text, &p, &w);
        HOLDS(onr_names_collect(ONR_SPAN(""), text, &names, NULL) == 0);
        for (k = 0; k < w.n; k++)
            cast_keeps_its_limits(text, names, p.piece[w.window[k].last - 1].end);
    }
    onr_names_free(names);
    onr_windows_release(&w);
    onr_pieces_release(&p);
    onr_pieces_release(&again);
}

#endif
