/* common/model/heads_link.c - see heads.h: which of several spans belongs to one.
 *
 * Both sides become ONR_LINK_RANK values of their first and last states; a bilinear form and three small tables of how the spans
 * stand to each other score a pair (Linker and geometry in model/train/network.py).
 */
#include <string.h>

#include "common/model/float_mode.h"
#include "common/model/heads_parts.h"

static void
project(struct onr_heads *h, const struct onr_dense *w, const float *states,
        struct onr_piece_span span, float ret[ONR_LINK_RANK])
{
    float *both = h->scratch.span;
    size_t bytes = h->w.width * sizeof *both;

    memset(both, 0, 2 * bytes); /* of a span without pieces */
    if (span.first < span.end) {
        memcpy(both, states + span.first * h->w.width, bytes);
        memcpy(both + h->w.width, states + (span.end - 1u) * h->w.width, bytes);
    }
    h->kernel->dense(both, w, ret);
    for (size_t i = 0; i < ONR_LINK_RANK; i++)
        ret[i] = ret[i] > 0 ? ret[i] : 0;
}

static uint32_t
few(uint32_t n)
{
    return n < ONR_LINK_FEW - 1 ? n : ONR_LINK_FEW - 1;
}

/* How candidate c stands to the query, as a score. */
static float
place(const struct onr_heads *h, const struct onr_link_weights *w, const struct onr_view *v,
      struct onr_piece_span query, const struct onr_piece_span *candidate, size_t n, size_t c)
{
    bool behind = query.first <= candidate[c].first;
    struct onr_piece_span left = behind ? query : candidate[c];
    struct onr_piece_span right = behind ? candidate[c] : query;
    uint32_t gap = right.first > left.end ? right.first - (uint32_t) left.end : 0;
    uint32_t paragraphs = v->paragraph[right.first] - v->paragraph[left.first];
    uint32_t between = 0, bucket = 0;

    while (bucket + 1 < h->w.n_distances && h->w.distances[bucket + 1] <= gap)
        bucket++;
    for (size_t i = 0; i < n; i++)
        between += left.first < candidate[i].first && candidate[i].first < right.first;
    return w->distance[bucket + (behind ? 0 : h->w.n_distances)] + w->paragraphs[few(paragraphs)]
           + w->between[few(between)];
}

void
onr_heads_link(struct onr_heads *h, enum onr_link link, const float *states,
               const struct onr_view *v, struct onr_piece_span query,
               const struct onr_piece_span *candidate, size_t n, float ret[ONR_LINK_SPANS_MAX + 1])
{
    const struct onr_link_weights *w = &h->w.link[link];
    float *q = h->scratch.rank, *formed = q + ONR_LINK_RANK, *c = h->scratch.candidate;
    uint64_t mode = onr_float_mode_enter();

    n = n < ONR_LINK_SPANS_MAX ? n : ONR_LINK_SPANS_MAX;
    project(h, &w->query, states, query, q);
    h->kernel->dot(q, w->none, 1, ONR_LINK_RANK, ret);
    ret[0] = ret[0] + w->none_bias[0];
    if (n > 0) {
        h->kernel->dense(q, &w->form, formed);
        for (size_t i = 0; i < n; i++)
            project(h, &w->candidate, states, candidate[i], c + i * ONR_LINK_RANK);
        h->kernel->dot(formed, c, n, ONR_LINK_RANK, ret + 1);
        for (size_t i = 0; i < n; i++)
            ret[1 + i] = ret[1 + i] + place(h, w, v, query, candidate, n, i);
    }
    onr_heads_softmax(ret, 1 + n, ret);
    onr_float_mode_leave(mode);
}
