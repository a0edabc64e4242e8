/* common/model/encoder.c - see encoder.h.
 *
 * Window by window: batching windows was measured and never helped. Rows go through the linear layers ONR_ROWS at a time, so that
 * their hidden values stay in the second cache; attention goes head by head.
 */
#include "common/model/encoder.h"

#include <stdlib.h>
#include <string.h>

#include "common/model/float_mode.h"

struct onr_encoder {
    const struct onr_encoder_weights *w;
    const struct onr_kernel *kernel;
    void *block;               /* what all below lies in */
    float *state;              /* [positions][width] */
    float *qkv;                /* [positions + 16][3 * width] */
    float *context;            /* [positions][width]: what attention gives */
    float *hidden;             /* [ONR_ROWS][hidden] */
    struct onr_quantised rows; /* [ONR_ROWS + ONR_ROWS_PAD] of the wider of width and hidden */
    struct onr_head_scratch *head;
};

/* -- memory */

/* Where each array lies in the block; with base NULL only their sum is of use. Returns the bytes of all. */
static size_t
lay_out(struct onr_encoder *e, const struct onr_encoder_weights *w, char *base)
{
    size_t wide = w->width > w->hidden ? w->width : w->hidden;
    size_t at = 0;

#define PLACE(member, count)                                                                       \
    do {                                                                                           \
        size_t bytes = sizeof *(member) * (count);                                                 \
        (member) = base ? (void *) (base + at) : NULL;                                             \
        at += (bytes + ONR_ALIGN - 1) / ONR_ALIGN * ONR_ALIGN;                                     \
    } while (0)
    PLACE(e->state, (size_t) w->n_positions * w->width);
    PLACE(e->qkv, (size_t) (w->n_positions + 16) * 3 * w->width);
    PLACE(e->context, (size_t) w->n_positions * w->width);
    PLACE(e->hidden, (size_t) ONR_ROWS * w->hidden);
    PLACE(e->rows.q, (ONR_ROWS + ONR_ROWS_PAD) * wide);
    PLACE(e->rows.scale, (size_t) ONR_ROWS);
    PLACE(e->rows.zero, (size_t) ONR_ROWS);
    PLACE(e->head, (size_t) 1);
#undef PLACE
    return at;
}

size_t
onr_encoder_bytes(const struct onr_encoder_weights *w)
{
    struct onr_encoder nowhere;

    return lay_out(&nowhere, w, NULL);
}

int
onr_encoder_new(const struct onr_encoder_weights *w, const struct onr_kernel *kernel,
                struct onr_encoder **ret, struct onr_error *err)
{
    size_t bytes = onr_encoder_bytes(w);
    struct onr_encoder *e = calloc(1, sizeof *e);

    if (e)
        e->block = aligned_alloc(ONR_ALIGN, bytes);
    if (!e || !e->block) {
        onr_encoder_free(e);
        return onr_fail(err, ONR_ENOMEM, "no memory for an encoder's %zu bytes", bytes);
    }
    memset(e->block, 0, bytes);
    lay_out(e, w, e->block);
    e->w = w;
    e->kernel = kernel;
    *ret = e;
    return 0;
}

void
onr_encoder_free(struct onr_encoder *e)
{
    if (e)
        free(e->block);
    free(e);
}

/* -- the pass */

static void
embed(struct onr_encoder *e, const uint32_t *piece, const uint8_t *case_class, size_t n)
{
    const struct onr_encoder_weights *w = e->w;

    for (size_t m = 0; m < n; m++) {
        const int8_t *p = w->piece + (size_t) piece[m] * w->width;
        const float *position = w->position + m * w->width;
        const float *class = w->case_class + (size_t) case_class[m] * w->width;
        float scale = w->piece_scale[piece[m]], *to = e->state + m * w->width;

        for (size_t i = 0; i < w->width; i++)
            to[i] = (float) p[i] * scale + position[i] + class[i];
    }
    e->kernel->norm(e->state, n, w->width, w->norm_gain, w->norm_bias);
}

static void
project(struct onr_encoder *e, const struct onr_matrix *qkv, size_t n)
{
    const struct onr_kernel *k = e->kernel;
    size_t width = e->w->width, padded = (n + 15) / 16 * 16;

    for (size_t m = 0; m < n; m += ONR_ROWS) {
        size_t rows = n - m < ONR_ROWS ? n - m : ONR_ROWS;

        k->quantise(e->state + m * width, rows, width, &e->rows);
        k->linear(&e->rows, rows, qkv, ONR_THEN_STORE, e->qkv + m * 3 * width, 3 * width);
    }
    memset(e->qkv + n * 3 * width, 0, (padded - n) * 3 * width * sizeof *e->qkv);
}

static void
attend(struct onr_encoder *e, size_t n)
{
    size_t width = e->w->width;

    for (size_t h = 0; h < width; h += ONR_HEAD)
        e->kernel->attend(e->qkv + h, e->qkv + width + h, e->qkv + 2 * width + h, 3 * width, n,
                          e->context + h, width, e->head);
}

static void
feed_forward(struct onr_encoder *e, const struct onr_encoder_layer *l, size_t n)
{
    const struct onr_kernel *k = e->kernel;
    size_t width = e->w->width, hidden = e->w->hidden;

    for (size_t m = 0; m < n; m += ONR_ROWS) {
        size_t rows = n - m < ONR_ROWS ? n - m : ONR_ROWS;
        float *x = e->state + m * width;

        k->quantise(e->context + m * width, rows, width, &e->rows);
        k->linear(&e->rows, rows, &l->out, ONR_THEN_ADD, x, width);
        k->norm(x, rows, width, l->norm1_gain, l->norm1_bias);
        k->quantise(x, rows, width, &e->rows);
        k->linear(&e->rows, rows, &l->up, ONR_THEN_GELU, e->hidden, hidden);
        k->quantise(e->hidden, rows, hidden, &e->rows);
        k->linear(&e->rows, rows, &l->down, ONR_THEN_ADD, x, width);
        k->norm(x, rows, width, l->norm2_gain, l->norm2_bias);
    }
}

int
onr_encode(struct onr_encoder *e, const uint32_t *piece, const uint8_t *case_class, size_t n,
           const float **ret_states, struct onr_error *err)
{
    const struct onr_encoder_weights *w = e->w;
    uint64_t mode;

    if (n == 0 || n > w->n_positions)
        return onr_fail(err, ONR_ELIMIT, "a window of %zu pieces; 1 to %u can be read", n,
                        (unsigned) w->n_positions);
    for (size_t m = 0; m < n; m++)
        if (piece[m] >= w->n_pieces || case_class[m] >= w->n_classes)
            return onr_fail(err, ONR_EINPUT,
                            "piece %zu of the window is %u of case class %u, which the model lacks",
                            m, (unsigned) piece[m], (unsigned) case_class[m]);
    mode = onr_float_mode_enter();
    embed(e, piece, case_class, n);
    for (size_t i = 0; i < w->n_layers; i++) {
        project(e, &w->layer[i].qkv, n);
        attend(e, n);
        feed_forward(e, &w->layer[i], n);
    }
    onr_float_mode_leave(mode);
    *ret_states = e->state;
    return 0;
}
