/* common/model/same.c - see same.h. */
#include "common/model/same.h"

/* Places of the window that name somebody. */
struct places {
    size_t n;
    struct onr_piece_span span[ONR_LINK_SPANS_MAX];
    int who[ONR_LINK_SPANS_MAX];
};

static void
collect(const struct onr_naming *n, struct onr_tokens_range mention, struct places *p)
{
    for (size_t i = 0; i < n->r->n && p->n < ONR_LINK_SPANS_MAX; i++) {
        if (n->of[i] < 0 || (i >= mention.first && i < mention.end))
            continue;
        p->span[p->n] = onr_naming_pieces(n, onr_naming_words(n, 0, i));
        p->who[p->n] = n->of[i];
        p->n += p->span[p->n].first < p->span[p->n].end;
    }
}

void
onr_same_probabilities(const struct onr_naming *n, struct onr_tokens_range mention,
                       float ret[ONR_CAST_MAX])
{
    struct onr_piece_span query = onr_naming_pieces(n, mention);
    float score[ONR_LINK_SPANS_MAX + 1];
    struct places p = { .n = 0 };

    for (size_t k = 0; k < n->n_cast; k++)
        ret[k] = 0;
    collect(n, mention, &p);
    if (p.n == 0 || query.first >= query.end)
        return;
    onr_heads_link(n->heads, ONR_LINK_SAME, n->states, n->view, query, p.span, p.n, score);
    for (size_t i = 0; i < p.n; i++)
        ret[p.who[i]] += score[1 + i];
}
