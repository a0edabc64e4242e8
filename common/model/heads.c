/* common/model/heads.c - see heads.h: reading the weights, and the exponential that all heads share. */
#include "common/model/heads_parts.h"

#include <stdio.h>
#include <stdlib.h>

struct reader {
    const struct onr_model_file *file;
    struct onr_error *err;
};

/* -- from the file */

static int
floats(struct reader *r, const char *name, uint64_t rows, uint64_t columns, const float **ret)
{
    const void *p = NULL;
    int rc = onr_model_file_array(r->file, name, ONR_MODEL_F32, rows, columns, &p, r->err);

    if (rc == 0)
        *ret = p;
    return rc;
}

/* A scale above 1 would be a weight above 127, which no training leaves; below it, no sum of the heads overflows (model_file.h). */
static int
dense(struct reader *r, const char *name, uint32_t n, uint32_t k, struct onr_dense *ret)
{
    char scale[ONR_MODEL_NAME_MAX];
    const void *weight = NULL;
    const float *p = NULL;
    int rc = onr_model_file_array(r->file, name, ONR_MODEL_S8, n, k, &weight, r->err);

    snprintf(scale, sizeof scale, "%s_scale", name);
    if (rc < 0 || (rc = floats(r, scale, 2, n, &p)) < 0)
        return rc;
    for (uint32_t i = 0; i < n; i++)
        if (!(p[i] >= 0 && p[i] <= 1))
            return onr_fail(r->err, ONR_ECONFIG, "model section %s: scale %u is not within 0 to 1",
                            scale, (unsigned) i);
    *ret = (struct onr_dense){ k, n, weight, p, p + n };
    return 0;
}

/* Matrix `of` in ONR_STANCE_HEADS parts of as many outputs. */
static void
cut_heads(const struct onr_dense *of, struct onr_dense ret[ONR_STANCE_HEADS])
{
    uint32_t n = of->n / ONR_STANCE_HEADS;

    for (uint32_t h = 0; h < ONR_STANCE_HEADS; h++)
        ret[h] = (struct onr_dense){ of->k, n, of->weight + (size_t) h * n * of->k,
                                     of->scale + h * n, of->bias + h * n };
}

static int
read_tags(struct reader *r, uint32_t width, struct onr_tag_weights *ret)
{
    int rc;

    if ((rc = floats(r, "tags.emit", ONR_TAGS, width, &ret->emit)) < 0
        || (rc = floats(r, "tags.emit_bias", 1, ONR_TAGS, &ret->emit_bias)) < 0)
        return rc;
    return floats(r, "tags.move", ONR_TAGS, ONR_TAGS, &ret->move);
}

static int
read_distances(struct reader *r, struct onr_heads *h)
{
    const void *p = NULL;
    uint32_t rows, n;
    int rc = onr_model_file_shape(r->file, "link.distances", ONR_MODEL_U32, &rows, &n, r->err);

    if (rc < 0
        || (rc = onr_model_file_array(r->file, "link.distances", ONR_MODEL_U32, 1, n, &p, r->err))
               < 0)
        return rc;
    h->distances = p;
    h->n_distances = n;
    if (n > ONR_DISTANCES_MAX || h->distances[0] != 0)
        return onr_fail(r->err, ONR_ECONFIG, "the model's link.distances do not begin at 0");
    for (uint32_t i = 1; i < n; i++)
        if (h->distances[i] <= h->distances[i - 1])
            return onr_fail(r->err, ONR_ECONFIG, "the model's link.distances do not ascend");
    return 0;
}

/* Sections of one link: "link.NAME.PART". */
static const char *
part(char ret[ONR_MODEL_NAME_MAX], const char *link, const char *name)
{
    snprintf(ret, ONR_MODEL_NAME_MAX, "link.%s.%s", link, name);
    return ret;
}

static int
read_link(struct reader *r, const char *link, const struct onr_heads *h,
          struct onr_link_weights *ret)
{
    char name[ONR_MODEL_NAME_MAX];
    uint32_t two = 2 * (uint32_t) h->width;
    int rc;

    if ((rc = dense(r, part(name, link, "query"), ONR_LINK_RANK, two, &ret->query)) < 0
        || (rc = dense(r, part(name, link, "candidate"), ONR_LINK_RANK, two, &ret->candidate)) < 0
        || (rc = dense(r, part(name, link, "form"), ONR_LINK_RANK, ONR_LINK_RANK, &ret->form)) < 0
        || (rc = floats(r, part(name, link, "none"), 1, ONR_LINK_RANK, &ret->none)) < 0
        || (rc = floats(r, part(name, link, "none_bias"), 1, 1, &ret->none_bias)) < 0
        || (rc = floats(r, part(name, link, "distance"), 1, 2 * (uint64_t) h->n_distances,
                        &ret->distance))
               < 0
        || (rc = floats(r, part(name, link, "paragraphs"), 1, ONR_LINK_FEW, &ret->paragraphs)) < 0)
        return rc;
    return floats(r, part(name, link, "between"), 1, ONR_LINK_FEW, &ret->between);
}

static int
read_stance(struct reader *r, uint32_t width, struct onr_stance_weights *ret)
{
    struct onr_dense key, value;
    int rc;

    if ((rc = floats(r, "stance.absent", 2, width, &ret->absent)) < 0
        || (rc = dense(r, "stance.name", width, width, &ret->name)) < 0
        || (rc = dense(r, "stance.query", width, 2 * width, &ret->query)) < 0
        || (rc = dense(r, "stance.key", ONR_STANCE_HEADS * width, width / ONR_STANCE_HEADS, &key))
               < 0
        || (rc = dense(r, "stance.value", width, width, &value)) < 0
        || (rc = dense(r, "stance.mix", ONR_STANCE_MIXED, 4 * width, &ret->mix)) < 0
        || (rc = floats(r, "stance.out", ONR_STANCE_OUT, ONR_STANCE_MIXED, &ret->out)) < 0
        || (rc = floats(r, "stance.out_bias", 1, ONR_STANCE_OUT, &ret->out_bias)) < 0)
        return rc;
    cut_heads(&key, ret->key);
    cut_heads(&value, ret->value);
    return 0;
}

static int
read_all(struct reader *r, struct onr_heads *h)
{
    static const char *const links[ONR_LINKS] = { "source", "cue", "same" };
    uint32_t width = (uint32_t) h->width;
    int rc;

    if (width % (16 * ONR_STANCE_HEADS))
        return onr_fail(r->err, ONR_ECONFIG, "heads cannot be computed on states of %u values",
                        (unsigned) width);
    if ((rc = read_tags(r, width, &h->tags)) < 0 || (rc = read_distances(r, h)) < 0)
        return rc;
    for (int i = 0; i < ONR_LINKS; i++)
        if ((rc = read_link(r, links[i], h, &h->link[i])) < 0)
            return rc;
    return read_stance(r, width, &h->stance);
}

/* -- memory */

static int
make_room(struct onr_heads *h, struct onr_error *err)
{
    size_t d = h->width, rank = (2 + ONR_LINK_SPANS_MAX) * ONR_LINK_RANK;
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
onr_heads_new(const struct onr_model_file *f, const struct onr_encoder_weights *e,
              const struct onr_kernel *kernel, struct onr_heads **ret, struct onr_error *err)
{
    struct reader r = { f, err };
    struct onr_heads *h = calloc(1, sizeof *h);
    int rc;

    if (!h)
        return onr_fail(err, ONR_ENOMEM, "no memory for the model's heads");
    h->kernel = kernel;
    h->encoder = e;
    h->width = e->width;
    if ((rc = read_all(&r, h)) < 0 || (rc = make_room(h, err)) < 0) {
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
