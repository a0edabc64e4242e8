/* common/model/heads_tags.c - see heads.h: the best tags of a window's words.
 *
 * A word is scored on its first piece. A paragraph break is a word that can only be outside. The best sequence is Viterbi's; where two
 * are equal the lower tag wins, from the end backwards, as in training (Crf.decode).
 */
#include "common/model/float_mode.h"
#include "common/model/heads_parts.h"

#define FORBIDDEN 10000.0f

/* First pieces of the words, and what each tag scores there. Returns their number. */
static size_t
emit(struct onr_heads *h, const float *states, const struct onr_view *v)
{
    struct onr_heads_scratch *s = &h->scratch;
    size_t n = 0;

    for (size_t i = 0; i < v->n; i++) {
        if (!v->starts[i] && !v->breaks[i])
            continue;
        h->kernel->dot(states + i * h->w.width, h->w.tags.emit, ONR_TAGS, h->w.width, s->emit[n]);
        for (int t = 0; t < ONR_TAGS; t++) {
            s->emit[n][t] = s->emit[n][t] + h->w.tags.emit_bias[t];
            if (v->breaks[i] && t != ONR_TAG_O)
                s->emit[n][t] = s->emit[n][t] - FORBIDDEN;
        }
        s->word[n++] = (uint16_t) i;
    }
    return n;
}

static uint8_t
best_of(const float score[ONR_TAGS])
{
    uint8_t best = 0;

    for (uint8_t t = 1; t < ONR_TAGS; t++)
        best = score[t] > score[best] ? t : best;
    return best;
}

/* The last word's best tag; the way to it is in scratch.back. */
static uint8_t
forward(struct onr_heads *h, size_t n)
{
    struct onr_heads_scratch *s = &h->scratch;
    float best[ONR_TAGS], next[ONR_TAGS], from[ONR_TAGS];

    for (int t = 0; t < ONR_TAGS; t++)
        best[t] = s->emit[0][t];
    for (size_t w = 1; w < n; w++) {
        for (int t = 0; t < ONR_TAGS; t++) {
            for (int f = 0; f < ONR_TAGS; f++)
                from[f] = best[f] + h->w.tags.move[f * ONR_TAGS + t];
            s->back[w][t] = best_of(from);
            next[t] = from[s->back[w][t]] + s->emit[w][t];
        }
        for (int t = 0; t < ONR_TAGS; t++)
            best[t] = next[t];
    }
    return best_of(best);
}

/* Probability of the tag of word w, those beside it given. */
static float
sure_of(struct onr_heads *h, size_t n, size_t w, const uint8_t *tag)
{
    const struct onr_heads_scratch *s = &h->scratch;
    float score[ONR_TAGS];

    for (int t = 0; t < ONR_TAGS; t++) {
        score[t] = s->emit[w][t];
        if (w > 0)
            score[t] = score[t] + h->w.tags.move[tag[s->word[w - 1]] * ONR_TAGS + t];
        if (w + 1 < n)
            score[t] = score[t] + h->w.tags.move[t * ONR_TAGS + tag[s->word[w + 1]]];
    }
    onr_heads_softmax(score, ONR_TAGS, score);
    return score[tag[s->word[w]]];
}

/* From the first piece of each word to all of them. */
static void
spread(const struct onr_view *v, uint8_t *tag, float *sure)
{
    for (size_t i = 0; i < v->n; i++) {
        if (v->starts[i] || v->breaks[i])
            continue;
        if (i > 0 && v->word[i] == v->word[i - 1]) {
            tag[i] = tag[i - 1];
            sure[i] = sure[i - 1];
        } else {
            tag[i] = ONR_TAG_O;
            sure[i] = 1;
        }
    }
}

void
onr_heads_tags(struct onr_heads *h, const float *states, const struct onr_view *v,
               uint8_t ret_tag[ONR_VIEW_MAX], float ret_sure[ONR_VIEW_MAX])
{
    struct onr_heads_scratch *s = &h->scratch;
    uint64_t mode = onr_float_mode_enter();
    size_t n = emit(h, states, v);

    if (n > 0) {
        uint8_t tag = forward(h, n);

        for (size_t w = n; w-- > 0; tag = s->back[w][tag])
            ret_tag[s->word[w]] = tag;
        for (size_t w = 0; w < n; w++)
            ret_sure[s->word[w]] = sure_of(h, n, w, ret_tag);
    }
    spread(v, ret_tag, ret_sure);
    onr_float_mode_leave(mode);
}
