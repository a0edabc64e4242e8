/* common/model/model_parts.c - see model_parts.h. */
#include "common/model/model_parts.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

struct reader {
    const struct onr_model_file *file;
    int32_t *colsum; /* room that is left */
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

static int
pair(struct reader *r, const char *name, uint32_t n, const float **ret_first,
     const float **ret_second)
{
    int rc = floats(r, name, 2, n, ret_first);

    if (rc == 0)
        *ret_second = *ret_first + n;
    return rc;
}

static bool
is_dimension(uint32_t n)
{
    return n > 0 && n % ONR_WIDTH_STEP == 0 && n <= ONR_WIDTH_MAX;
}

static int
read_shape(struct reader *r, struct onr_encoder_weights *w)
{
    const void *p = NULL;
    const uint32_t *shape;
    int rc = onr_model_file_array(r->file, "encoder.shape", ONR_MODEL_U32, 1, 6, &p, r->err);

    if (rc < 0)
        return rc;
    shape = p;
    *w = (struct onr_encoder_weights){ .width = shape[0],
                                       .hidden = shape[1],
                                       .n_layers = shape[2],
                                       .n_pieces = shape[3],
                                       .n_classes = shape[4],
                                       .n_positions = shape[5] };
    if (!is_dimension(w->width) || !is_dimension(w->hidden) || w->n_layers > ONR_LAYERS_MAX
        || w->n_pieces == 0 || w->n_pieces > ONR_VOCAB_MAX || w->n_classes <= ONR_CASE_DIGIT
        || w->n_classes > 256 || w->n_positions == 0 || w->n_positions > ONR_WINDOW_MAX_PIECES)
        return onr_fail(r->err, ONR_ECONFIG,
                        "the model's encoder has a shape that this program cannot compute");
    return 0;
}

/* Sums over the inputs, for each output: what the zero of a row is multiplied with. */
static void
sum_columns(struct onr_matrix *m, int32_t *ret)
{
    for (size_t n = 0; n < m->n; n += 16)
        for (size_t k = 0; k < m->k; k += 4) {
            const int8_t *p = m->packed + n * m->k + k * 16;

            for (size_t j = 0; j < 16; j++)
                ret[n + j] += p[4 * j] + p[4 * j + 1] + p[4 * j + 2] + p[4 * j + 3];
        }
    m->colsum = ret;
}

static int
read_matrix(struct reader *r, uint32_t layer, const char *part, uint32_t n, uint32_t k,
            struct onr_matrix *m)
{
    char name[ONR_MODEL_NAME_MAX];
    const void *packed = NULL;
    int rc;

    snprintf(name, sizeof name, "encoder.%u.%s", (unsigned) layer, part);
    if ((rc = onr_model_file_array(r->file, name, ONR_MODEL_S8, n, k, &packed, r->err)) < 0)
        return rc;
    *m = (struct onr_matrix){ .k = k, .n = n, .packed = packed };
    sum_columns(m, r->colsum);
    r->colsum += n;
    snprintf(name, sizeof name, "encoder.%u.%s_scale", (unsigned) layer, part);
    return pair(r, name, n, &m->scale, &m->bias);
}

static int
read_norm(struct reader *r, uint32_t layer, const char *part, uint32_t n, const float **ret_gain,
          const float **ret_bias)
{
    char name[ONR_MODEL_NAME_MAX];

    snprintf(name, sizeof name, "encoder.%u.%s", (unsigned) layer, part);
    return pair(r, name, n, ret_gain, ret_bias);
}

static int
read_layer(struct reader *r, const struct onr_encoder_weights *w, uint32_t i,
           struct onr_encoder_layer *l)
{
    uint32_t d = w->width, f = w->hidden;
    int rc;

    if ((rc = read_matrix(r, i, "qkv", 3 * d, d, &l->qkv)) < 0
        || (rc = read_matrix(r, i, "out", d, d, &l->out)) < 0
        || (rc = read_matrix(r, i, "up", f, d, &l->up)) < 0
        || (rc = read_matrix(r, i, "down", d, f, &l->down)) < 0
        || (rc = read_norm(r, i, "norm1", d, &l->norm1_gain, &l->norm1_bias)) < 0)
        return rc;
    return read_norm(r, i, "norm2", d, &l->norm2_gain, &l->norm2_bias);
}

static int
read_embedding(struct reader *r, struct onr_encoder_weights *w)
{
    const void *piece = NULL;
    int rc;

    if ((rc = onr_model_file_array(r->file, "encoder.piece", ONR_MODEL_S8, w->n_pieces, w->width,
                                   &piece, r->err))
            < 0
        || (rc = floats(r, "encoder.piece_scale", 1, w->n_pieces, &w->piece_scale)) < 0
        || (rc = floats(r, "encoder.position", w->n_positions, w->width, &w->position)) < 0
        || (rc = floats(r, "encoder.case", w->n_classes, w->width, &w->case_class)) < 0)
        return rc;
    w->piece = piece;
    return pair(r, "encoder.norm", w->width, &w->norm_gain, &w->norm_bias);
}

static int
read_vocabulary(struct reader *r, uint32_t n_pieces, struct onr_vocab **ret)
{
    const void *bytes = NULL, *offset = NULL;
    uint32_t rows, len;
    int rc = onr_model_file_shape(r->file, "vocabulary.bytes", ONR_MODEL_U8, &rows, &len, r->err);

    if (rc < 0
        || (rc = onr_model_file_array(r->file, "vocabulary.bytes", ONR_MODEL_U8, 1, len, &bytes,
                                      r->err))
               < 0
        || (rc = onr_model_file_array(r->file, "vocabulary.offset", ONR_MODEL_U32, 1,
                                      (uint64_t) n_pieces + 1, &offset, r->err))
               < 0)
        return rc;
    return onr_vocab_new(onr_span_of(bytes, len), offset, n_pieces, ret, r->err);
}

int
onr_model_parts_init(struct onr_model_parts *ret, const struct onr_model_file *f,
                     struct onr_error *err)
{
    struct reader r = { f, NULL, err };
    struct onr_model_parts p = { .vocabulary = NULL };
    struct onr_encoder_weights *w = &p.encoder;
    int rc;

    if ((rc = read_shape(&r, w)) < 0)
        goto out;
    p.colsum = calloc((size_t) w->n_layers * (5 * (size_t) w->width + w->hidden) + 1,
                      sizeof *p.colsum);
    if (!p.colsum) {
        rc = onr_fail(err, ONR_ENOMEM, "no memory for the sums of the model's weights");
        goto out;
    }
    r.colsum = p.colsum;
    if ((rc = read_embedding(&r, w)) < 0)
        goto out;
    for (uint32_t i = 0; i < w->n_layers; i++)
        if ((rc = read_layer(&r, w, i, &w->layer[i])) < 0)
            goto out;
    if ((rc = read_vocabulary(&r, w->n_pieces, &p.vocabulary)) < 0)
        goto out;
    *ret = p;
    return 0;
out:
    onr_model_parts_release(&p);
    return rc;
}

void
onr_model_parts_release(struct onr_model_parts *p)
{
    onr_vocab_free(p->vocabulary);
    free(p->colsum);
    *p = (struct onr_model_parts){ .vocabulary = NULL };
}
