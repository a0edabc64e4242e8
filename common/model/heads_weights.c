/* common/model/heads_weights.c - the heads of a model file (model_parts.h lists its sections), checked like everything in it. */
#include <stdio.h>

#include "common/model/heads_parts.h"

struct reader {
    const struct onr_model_file *file;
    struct onr_error *err;
};

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
read_distances(struct reader *r, struct onr_heads_weights *h)
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
read_link(struct reader *r, const char *link, const struct onr_heads_weights *h,
          struct onr_link_weights *ret)
{
    char name[ONR_MODEL_NAME_MAX];
    uint32_t two = 2 * h->width;
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
    onr_heads_cut(&key, ret->key);
    onr_heads_cut(&value, ret->value);
    return 0;
}

static int
read_all(struct reader *r, struct onr_heads_weights *h)
{
    static const char *const links[ONR_LINKS] = { "source", "cue", "same" };
    uint32_t width = h->width;
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

int
onr_heads_new(const struct onr_model_file *f, const struct onr_encoder_weights *e,
              const struct onr_kernel *kernel, struct onr_heads **ret, struct onr_error *err)
{
    struct reader r = { f, err };
    struct onr_heads_weights w = { .width = e->width };
    int rc = read_all(&r, &w);

    return rc < 0 ? rc : onr_heads_over(&w, e, kernel, ret, err);
}
