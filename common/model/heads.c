/* common/model/heads.c - see heads.h: memory, and the exponential that all heads share. */
#include <stdlib.h>

#include "common/model/heads_parts.h"

static int
make_room(struct onr_heads *h, struct onr_error *err)
{
    size_t d = h->w.width, rank = (2 + ONR_LINK_SPANS_MAX) * ONR_LINK_RANK;
    struct onr_heads_scratch *s = &h->scratch;

    h->block = calloc(10 * d + rank, sizeof *h->block);
    if (!h->block)
        return onr_fail(err, ONR_ENOMEM, "no memory for the model's heads");
    s->span = h->block;
    s->mixed = s->span + 2 * d;
    s->name = s->mixed + 4 * d;
    s->query = s->name + d;
    s->folded = s->query + d;
    s->average = s->folded + d;
    s->rank = s->average + d;
    s->candidate = s->rank + 2 * ONR_LINK_RANK;
    return 0;
}

int
onr_heads_over(const struct onr_heads_weights *w, const struct onr_encoder_weights *e,
               const struct onr_kernel *kernel, struct onr_heads **ret, struct onr_error *err)
{
    struct onr_heads *h = calloc(1, sizeof *h);
    int rc;

    if (!h)
        return onr_fail(err, ONR_ENOMEM, "no memory for the model's heads");
    h->w = *w;
    h->kernel = kernel;
    h->encoder = e;
    if ((rc = make_room(h, err)) < 0) {
        onr_heads_free(h);
        return rc;
    }
    *ret = h;
    return 0;
}

void
onr_heads_free(struct onr_heads *h)
{
    if (h)
        free(h->block);
    free(h);
}

void
onr_heads_cut(const struct onr_dense *of, struct onr_dense ret[ONR_STANCE_HEADS])
{
    uint32_t n = of->n / ONR_STANCE_HEADS;

    for (uint32_t i = 0; i < ONR_STANCE_HEADS; i++)
        ret[i] = (struct onr_dense){ of->k, n, of->weight + (size_t) i * n * of->k,
                                     of->scale + i * n, of->bias + i * n };
}

/* -- exponentials */

#define LOG2_E      1.44269504f
#define ROUND_MAGIC 12582912.0f

/* e^x for x <= 0, as exp2_below_0 of kernel_vector.h does it for many. */
static float
exp_below_0(float x)
{
    union {
        float f;
        uint32_t bits;
    } p;
    float n, f;

    x = x * LOG2_E;
    x = x > -100.0f ? x : -100.0f;
    n = (x + ROUND_MAGIC) - ROUND_MAGIC;
    f = x - n;
    p.f = 0.00957020878f;
    p.f = p.f * f + 0.0559178779f;
    p.f = p.f * f + 0.240247423f;
    p.f = p.f * f + 0.693121812f;
    p.f = p.f * f + 0.999999262f;
    p.bits += (uint32_t) (int32_t) n << 23;
    return p.f;
}

void
onr_heads_softmax(const float *x, size_t n, float *ret)
{
    float top = x[0], sum = 0;

    for (size_t i = 1; i < n; i++)
        top = x[i] > top ? x[i] : top;
    for (size_t i = 0; i < n; i++)
        sum = sum + (ret[i] = exp_below_0(x[i] - top));
    for (size_t i = 0; i < n; i++)
        ret[i] = ret[i] / sum;
}

float
onr_heads_sigmoid(float x)
{
    float e = exp_below_0(x > 0 ? -x : x);

    return (x > 0 ? 1.0f : e) / (1.0f + e);
}
