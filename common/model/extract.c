/* common/model/extract.c - see extract.h. */
#include "common/model/extract.h"

enum part { SOURCE, CUE, CONTENT, PARTS };

/* Spans of one kind in the order of the text; of more than ONR_LINK_SPANS_MAX the first. */
struct spans {
    size_t n;
    struct onr_piece_span span[ONR_LINK_SPANS_MAX];
    float sure[ONR_LINK_SPANS_MAX]; /* of the least sure word */
};

struct window {
    struct onr_heads *heads;
    const float *states;
    const struct onr_view *view;
    struct spans part[PARTS];
};

static enum part
part_of(uint8_t tag)
{
    return (enum part)((tag - 1) / 2);
}

static bool
begins(uint8_t tag)
{
    return tag % 2 == 1;
}

/* A window can begin inside a span: an I tag behind nothing of its kind begins one, too. */
static void
collect_spans(struct window *w)
{
    uint8_t tag[ONR_VIEW_MAX];
    float sure[ONR_VIEW_MAX];
    const struct onr_view *v = w->view;

    onr_heads_tags(w->heads, w->states, v, tag, sure);
    for (size_t i = 0, end; i < v->n; i = end) {
        struct spans *s;
        float least = sure[i];

        end = i + 1;
        if (tag[i] == ONR_TAG_O)
            continue;
        for (; end < v->n && tag[end] != ONR_TAG_O && part_of(tag[end]) == part_of(tag[i])
               && !(v->starts[end] && begins(tag[end]));
             end++)
            if (sure[end] < least)
                least = sure[end];
        s = &w->part[part_of(tag[i])];
        if (s->n < ONR_LINK_SPANS_MAX) {
            s->sure[s->n] = least;
            s->span[s->n++] = (struct onr_piece_span){ (uint16_t) i, (uint16_t) end };
        }
    }
}

/* The candidate with the best score, -1 for none; the earlier one where two are equal. */
static int
best_link(struct window *w, enum onr_link link, struct onr_piece_span query, const struct spans *to,
          float *ret_probability)
{
    float score[ONR_LINK_SPANS_MAX + 1];
    size_t best = 0;

    onr_heads_link(w->heads, link, w->states, w->view, query, to->span, to->n, score);
    for (size_t i = 1; i <= to->n; i++)
        if (score[i] > score[best])
            best = i;
    *ret_probability = score[best];
    return (int) best - 1;
}

static void
find_source(struct window *w, size_t cue, struct onr_found *f)
{
    const struct spans *sources = &w->part[SOURCE];
    int k = best_link(w, ONR_LINK_SOURCE, w->part[CUE].span[cue], sources, &f->sure_source);

    f->has_source = k >= 0;
    if (k < 0)
        return;
    f->source = sources->span[k];
    f->sure_source = f->sure_source * sources->sure[k];
}

static void
add_content(struct window *w, size_t i, struct onr_found *found, size_t n)
{
    float probability, sure;
    int k = best_link(w, ONR_LINK_CUE, w->part[CONTENT].span[i], &w->part[CUE], &probability);
    struct onr_found *f;

    if (k < 0 || (size_t) k >= n || found[k].n_content == ONR_CONTENT_PARTS_MAX)
        return;
    f = &found[k];
    sure = probability * w->part[CONTENT].sure[i];
    f->sure_content = f->n_content == 0 || sure < f->sure_content ? sure : f->sure_content;
    f->content[f->n_content++] = w->part[CONTENT].span[i];
}

size_t
onr_extract(struct onr_heads *h, const float *states, const struct onr_view *v,
            struct onr_found ret[ONR_FOUND_MAX])
{
    struct window w = { .heads = h, .states = states, .view = v };
    size_t n, kept = 0;

    collect_spans(&w);
    n = w.part[CUE].n < ONR_FOUND_MAX ? w.part[CUE].n : ONR_FOUND_MAX;
    for (size_t i = 0; i < n; i++) {
        ret[i] = (struct onr_found){ .cue = w.part[CUE].span[i] };
        find_source(&w, i, &ret[i]);
    }
    for (size_t i = 0; i < w.part[CONTENT].n; i++)
        add_content(&w, i, ret, n);
    for (size_t i = 0; i < n; i++)
        if (ret[i].n_content > 0)
            ret[kept++] = ret[i];
    return kept;
}
