/* common/model/model.c - the model file opened, a text read by it, and the question of `onrecord stance`. See model.h. */
#include "common/model/model_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/utf8.h"
#include "common/model/lexicon.h"

#define MANIFEST_MAX (256 * 1024)

/* --- open ----------------------------------------------------------------------------------------------------------- */

static int
make_fingerprint(struct onr_model *m, struct onr_error *err)
{
    struct onr_buf manifest = ONR_BUF_INIT(MANIFEST_MAX);
    int rc = onr_rules_manifest(&manifest);

    if (rc == 0)
        rc = onr_buf_add(&manifest, onr_model_file_fingerprint(m->file), ONR_SHA256_LEN);
    if (rc == 0)
        rc = onr_lexicon_manifest(&manifest);
    if (rc == 0)
        onr_sha256(manifest.ptr, manifest.len, m->fingerprint);
    onr_buf_release(&manifest);
    return rc < 0 ? onr_fail(err, -rc, "no room for the model's manifest") : 0;
}

static void
describe(struct onr_model *m, const char *path, const struct onr_kernel *kernel)
{
    const struct onr_encoder_weights *w = &m->parts.encoder;
    const uint8_t *h = onr_model_file_fingerprint(m->file);

    snprintf(m->description, sizeof m->description,
             "%.60s, sha256 %02x%02x%02x%02x, %u layers of %u, %u pieces, computed with %s", path,
             h[0], h[1], h[2], h[3], (unsigned) w->n_layers, (unsigned) w->width,
             (unsigned) w->n_pieces, kernel->name);
}

static int
open_network(struct onr_model *m, const char *path, const char *kernel_name, struct onr_error *err)
{
    const struct onr_kernel *kernel;
    int rc;

    if ((rc = onr_model_file_open(path, &m->file, err)) < 0
        || (rc = onr_model_parts_init(&m->parts, m->file, err)) < 0
        || (rc = onr_kernel_find(kernel_name, &kernel, err)) < 0
        || (rc = onr_known_init(&m->known, m->file, err)) < 0
        || (rc = onr_view_markers(m->parts.vocabulary, &m->markers, err)) < 0
        || (rc = onr_encoder_new(&m->parts.encoder, kernel, &m->encoder, err)) < 0
        || (rc = onr_heads_new(m->file, &m->parts.encoder, kernel, &m->heads, err)) < 0)
        return rc;
    if (m->parts.encoder.n_positions < ONR_VIEW_MAX
        || m->parts.encoder.n_classes != ONR_VIEW_CLASSES)
        return onr_fail(err, ONR_ECONFIG, "%s: needs %d positions and %d classes of places", path,
                        ONR_VIEW_MAX, ONR_VIEW_CLASSES);
    describe(m, path, kernel);
    return 0;
}

int
onr_model_open(const char *path, const char *kernel, struct onr_model **ret, struct onr_error *err)
{
    struct onr_model *m = calloc(1, sizeof *m);
    int rc;

    if (!m)
        return onr_fail(err, ONR_ENOMEM, "no memory for the model");
    m->tok = calloc(ONR_WINDOW_MAX, sizeof *m->tok);
    m->piece = calloc(ONR_WINDOW_MAX, sizeof *m->piece);
    m->of = calloc(ONR_WINDOW_MAX, sizeof *m->of);
    m->text = malloc(ONR_WINDOW_MAX);
    if (!m->tok || !m->piece || !m->of || !m->text)
        rc = onr_fail(err, ONR_ENOMEM, "no memory for the model");
    else if ((rc = open_network(m, path, kernel, err)) == 0)
        rc = make_fingerprint(m, err);
    if (rc < 0) {
        onr_model_free(m);
        return rc;
    }
    *ret = m;
    return 0;
}

void
onr_model_free(struct onr_model *m)
{
    if (!m)
        return;
    onr_heads_free(m->heads);
    onr_encoder_free(m->encoder);
    onr_model_parts_release(&m->parts);
    onr_model_file_free(m->file);
    free(m->tok);
    free(m->piece);
    free(m->of);
    free(m->text);
    free(m);
}

void
onr_model_set_people(struct onr_model *m, const struct onr_register *people)
{
    m->people = people;
}

const uint8_t *
onr_model_fingerprint(const struct onr_model *m)
{
    return m->fingerprint;
}

const char *
onr_model_describe(const struct onr_model *m)
{
    return m->description;
}

/* --- reading -------------------------------------------------------------------------------------------------------- */

static bool
was_read(const struct onr_model *m, struct onr_span text, uint32_t begin, uint32_t end)
{
    return m->read.ptr && onr_span_eq(m->read, text)
           && (m->view.whole || (m->focus_begin == begin && m->focus_end == end));
}

int
onr_model_read(struct onr_model *m, struct onr_span text, uint32_t begin, uint32_t end,
               struct onr_error *err)
{
    int rc;

    if (!was_read(m, text, begin, end)) {
        m->read = ONR_SPAN_NULL;
        m->extracted = false;
        m->n_tok = onr_tokens_read(text, m->tok, ONR_WINDOW_MAX);
        onr_view_read(m->parts.vocabulary, &m->markers, text, m->tok, m->n_tok, begin, end,
                      m->piece, &m->view);
        if ((rc = onr_encode(m->encoder, m->view.id, m->view.place_case, m->view.n, &m->states,
                             err))
            < 0)
            return rc;
        if (text.len > 0)
            memcpy(m->text, text.ptr, text.len);
        m->read = onr_span_of(m->text, text.len);
        m->focus_begin = begin;
        m->focus_end = end;
    }
    m->reading = (struct onr_reading){ text, m->tok, m->n_tok };
    return 0;
}

void
onr_model_extract(struct onr_model *m)
{
    if (!m->extracted)
        m->n_found = onr_extract(m->heads, m->states, &m->view, m->found);
    m->extracted = true;
}

/* --- stance alone --------------------------------------------------------------------------------------------------- */

static size_t
name_pieces(struct onr_model *m, struct onr_span name, uint32_t ret[ONR_NAME_PIECES_MAX])
{
    struct onr_piece piece[ONR_NAME_MAX];
    int64_t n;

    name.len = onr_utf8_cut(name, ONR_NAME_MAX);
    n = onr_wordpiece_read(m->parts.vocabulary, name, piece, ONR_NAME_MAX);
    if (n > ONR_NAME_PIECES_MAX)
        n = ONR_NAME_PIECES_MAX;
    for (int64_t i = 0; i < n; i++)
        ret[i] = piece[i].id;
    return n > 0 ? (size_t) n : 0;
}

/* The allowed answer with the best score. */
static enum onr_stance
best_choice(const struct onr_stance_scores *s, unsigned choices, float *ret_share)
{
    int best = -1;
    float sum = 0;

    for (int i = 0; i < 3; i++)
        if (choices & (1u << i)) {
            sum += s->probability[i];
            if (best < 0 || s->probability[i] > s->probability[best])
                best = i;
        }
    *ret_share = sum > 0 ? s->probability[best] / sum : 0;
    return (enum onr_stance) best;
}

int
onr_stance_answer(struct onr_model *m, const struct onr_stance_question *q, enum onr_stance *ret,
                  int *ret_confidence, struct onr_error *err)
{
    uint32_t speaker[ONR_NAME_PIECES_MAX], target[ONR_NAME_PIECES_MAX];
    struct onr_stance_pair p = { .speaker_name = speaker, .target_name = target };
    struct onr_stance_scores scores;
    struct onr_span text = q->text;
    float share;
    int rc;

    text.len = onr_utf8_cut(text, ONR_WINDOW_MAX);
    if ((rc = onr_model_read(m, text, q->target_begin, q->target_end, err)) < 0)
        return rc;
    p.reach = (struct onr_piece_span){ 1, (uint16_t) (m->view.n - 1) };
    if (q->has_speaker_span)
        p.speaker = onr_view_pieces(&m->view, q->speaker_begin, q->speaker_end);
    if (q->has_target_span)
        p.target = onr_view_pieces(&m->view, q->target_begin, q->target_end);
    p.has_speaker = p.speaker.first < p.speaker.end;
    p.has_target = p.target.first < p.target.end;
    p.n_speaker_name = name_pieces(m, q->speaker, speaker);
    p.n_target_name = name_pieces(m, q->target, target);
    onr_heads_stance(m->heads, m->states, &p, &scores);
    *ret = best_choice(&scores, q->choices & 7 ? q->choices & 7 : 7, &share);
    *ret_confidence = (int) (share * 1000);
    return 0;
}
