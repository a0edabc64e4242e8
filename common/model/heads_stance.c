/* common/model/heads_stance.c - see heads.h: the stance of one toward another, read from the pieces of a reach.
 *
 * Speaker and target ask together (a query for each of ONR_STANCE_HEADS heads) and read the states of the reach. Keys and values of
 * all pieces are never computed: q . (K x + b) is (K'q) . x and a constant that softmax does not see, so that K is applied once, to the
 * query; and an average of V x + b is V applied to the average of x, plus b.
 */
#include <string.h>

#include "common/model/float_mode.h"
#include "common/model/heads_parts.h"

/* Mean of the embeddings of a name's pieces; nothing for a name of no pieces. */
static void
name_mean(const struct onr_heads *h, const uint32_t *piece, size_t n, float *ret)
{
    const struct onr_encoder_weights *e = h->encoder;

    memset(ret, 0, h->w.width * sizeof *ret);
    for (size_t i = 0; i < n; i++) {
        const int8_t *row = e->piece + (size_t) piece[i] * h->w.width;
        float scale = e->piece_scale[piece[i]];

        for (size_t j = 0; j < h->w.width; j++)
            ret[j] = ret[j] + (float) row[j] * scale;
    }
    for (size_t j = 0; n > 0 && j < h->w.width; j++)
        ret[j] = ret[j] / (float) n;
}

static void
span_mean(const struct onr_heads *h, const float *states, struct onr_piece_span s, float *ret)
{
    memset(ret, 0, h->w.width * sizeof *ret);
    for (size_t i = s.first; i < s.end; i++)
        for (size_t j = 0; j < h->w.width; j++)
            ret[j] = ret[j] + states[i * h->w.width + j];
    for (size_t j = 0; j < h->w.width; j++)
        ret[j] = ret[j] / (float) (s.end - s.first);
}

/* Who has no span here is what the model thinks of when nobody is there, and a name if one is known. */
static void
absent(struct onr_heads *h, size_t role, const uint32_t *piece, size_t n, float *ret)
{
    const float *nobody = h->w.stance.absent + role * h->w.width;

    n = n < ONR_NAME_PIECES_MAX ? n : ONR_NAME_PIECES_MAX;
    name_mean(h, piece, n, h->scratch.name);
    h->kernel->dense(h->scratch.name, &h->w.stance.name, ret);
    for (size_t j = 0; j < h->w.width; j++)
        ret[j] = nobody[j] + ret[j];
}

/* What the pair reads in the reach, into ret [width]. */
static void
read_reach(struct onr_heads *h, const float *states, struct onr_piece_span reach, float *ret)
{
    struct onr_heads_scratch *s = &h->scratch;
    size_t d = h->w.width, each = d / ONR_STANCE_HEADS;
    size_t n = reach.end > reach.first ? (size_t) reach.end - reach.first : 0;
    const float *from = states + reach.first * d;
    float unit = 1.0f / __builtin_sqrtf((float) each);

    h->kernel->dense(s->mixed, &h->w.stance.query,
                     s->query); /* speaker and target lie first in it */
    for (size_t i = 0; i < ONR_STANCE_HEADS; i++) {
        h->kernel->dense(s->query + i * each, &h->w.stance.key[i], s->folded);
        h->kernel->dot(s->folded, from, n, d, s->weight);
        for (size_t j = 0; j < n; j++)
            s->weight[j] = s->weight[j] * unit;
        if (n > 0)
            onr_heads_softmax(s->weight, n, s->weight);
        h->kernel->blend(s->weight, from, n, d, s->average);
        h->kernel->dense(s->average, &h->w.stance.value[i], ret + i * each);
    }
}

void
onr_heads_stance(struct onr_heads *h, const float *states, const struct onr_stance_pair *p,
                 struct onr_stance_scores *ret)
{
    size_t d = h->w.width;
    float *speaker = h->scratch.mixed, *target = speaker + d, *context = target + d;
    float mixed[ONR_STANCE_MIXED], out[ONR_STANCE_OUT];
    uint64_t mode = onr_float_mode_enter();

    if (p->has_speaker && p->speaker.first < p->speaker.end)
        span_mean(h, states, p->speaker, speaker);
    else
        absent(h, 0, p->speaker_name, p->n_speaker_name, speaker);
    if (p->has_target && p->target.first < p->target.end)
        span_mean(h, states, p->target, target);
    else
        absent(h, 1, p->target_name, p->n_target_name, target);
    read_reach(h, states, p->reach, context);
    for (size_t j = 0; j < d; j++)
        context[d + j] = speaker[j] * target[j];
    h->kernel->dense(speaker, &h->w.stance.mix, mixed);
    for (size_t i = 0; i < ONR_STANCE_MIXED; i++)
        mixed[i] = mixed[i] > 0 ? mixed[i] : 0;
    h->kernel->dot(mixed, h->w.stance.out, ONR_STANCE_OUT, ONR_STANCE_MIXED, out);
    for (size_t i = 0; i < ONR_STANCE_OUT; i++)
        out[i] = out[i] + h->w.stance.out_bias[i];
    onr_heads_softmax(out, 3, ret->probability);
    ret->is_target = onr_heads_sigmoid(out[3]);
    onr_float_mode_leave(mode);
}
