/* common/text/window.c - see window.h. */
#include "common/text/window.h"

#include <stdlib.h>

#include "common/base/limits.h"

static int
add(struct onr_windows *w, uint32_t first, uint32_t last, struct onr_error *err)
{
    if (w->n == w->cap) {
        size_t cap = w->cap ? w->cap * 2 : 16;
        struct onr_window *grown = realloc(w->window, cap * sizeof *grown);

        if (!grown)
            return onr_fail(err, ONR_ENOMEM, "no memory for %zu windows", cap);
        w->window = grown;
        w->cap = cap;
    }
    w->window[w->n++] = (struct onr_window){ first, last };
    return 0;
}

/* Statements from `first` on that fit into a window: returns the one after the last. */
static uint32_t
fill(const struct onr_pieces *p, uint32_t first)
{
    uint32_t last = first, words = 0;

    while (last < p->n) {
        words += p->piece[last].words;
        if (last > first
            && (words > ONR_WINDOW_WORDS
                || p->piece[last].end - p->piece[first].begin > ONR_WINDOW_MAX))
            break;
        last++;
    }
    return last;
}

/* The window after one that ends before statement `last`: goes back a quarter, but not so far that `last` does not fit. */
static uint32_t
step_back(const struct onr_pieces *p, uint32_t begun, uint32_t last)
{
    uint32_t first = last, words = 0;

    while (first > begun + 1) {
        const struct onr_piece *before = &p->piece[first - 1];

        words += before->words;
        if (words > ONR_WINDOW_WORDS / 4 || words + p->piece[last].words > ONR_WINDOW_WORDS
            || p->piece[last].end - before->begin > ONR_WINDOW_MAX)
            break;
        first--;
    }
    return first;
}

/* Give every statement the window with most room on its poorer side; the earlier one on a tie. */
static void
assign(const struct onr_pieces *p, struct onr_windows *w)
{
    uint32_t *room = w->of + p->n; /* second half of the array: the room found so far */
    size_t i, k;

    for (i = 0; i < p->n; i++)
        room[i] = 0;
    for (k = 0; k < w->n; k++) {
        uint32_t total = 0, before = 0;

        for (i = w->window[k].first; i < w->window[k].last; i++)
            total += p->piece[i].words;
        for (i = w->window[k].first; i < w->window[k].last; i++) {
            uint32_t words = p->piece[i].words, after = total - before - words;
            uint32_t least = before < after ? before : after;

            if (room[i] < least + 1) {
                room[i] = least + 1;
                w->of[i] = (uint32_t) k;
            }
            before += words;
        }
    }
}

int
onr_windows_make(const struct onr_pieces *p, struct onr_windows *ret, struct onr_error *err)
{
    uint32_t first = 0, last;
    int rc;

    ret->n = 0;
    if (ret->of_cap < 2 * p->n) {
        uint32_t *grown = realloc(ret->of, 2 * p->n * sizeof *grown);

        if (!grown)
            return onr_fail(err, ONR_ENOMEM, "no memory for the windows of %zu statements", p->n);
        ret->of = grown;
        ret->of_cap = 2 * p->n;
    }
    for (; first < p->n; first = step_back(p, first, last)) {
        last = fill(p, first);
        if ((rc = add(ret, first, last, err)) < 0) {
            ret->n = 0;
            return rc;
        }
        if (last == p->n)
            break;
    }
    assign(p, ret);
    return 0;
}

void
onr_windows_release(struct onr_windows *w)
{
    free(w->window);
    free(w->of);
    *w = (struct onr_windows){ NULL, 0, 0, NULL, 0 };
}
