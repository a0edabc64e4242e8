/* common/model/model_private.h - an open model and the text it read last. For the files behind model.h only.
 *
 * Neighbouring statements share their window: it is read, encoded and taken apart once for all of them. What was read before never
 * changes an answer; only what the same bytes would give again is kept.
 */
#ifndef ONR_MODEL_MODEL_PRIVATE_H
#define ONR_MODEL_MODEL_PRIVATE_H

#include "common/model/extract.h"
#include "common/model/known.h"
#include "common/model/model.h"
#include "common/model/model_parts.h"
#include "common/model/speaker.h"

struct onr_model {
    uint8_t fingerprint[ONR_SHA256_LEN];
    char description[160];
    struct onr_model_file *file;
    struct onr_model_parts parts;
    struct onr_encoder *encoder;
    struct onr_heads *heads;
    struct onr_view_markers markers;
    struct onr_known known;
    const struct onr_register *people; /* of the caller, or NULL */
    /* the text read last: tokens, pieces and their states */
    char *text;           /* copy, ONR_WINDOW_MAX bytes */
    struct onr_span read; /* how much of it; null before the first */
    uint32_t focus_begin,
        focus_end; /* what it was read around; of no matter where the view holds all of it */
    struct onr_token *tok; /* ONR_WINDOW_MAX of them: at least a byte each */
    size_t n_tok;
    struct onr_piece *piece; /* ONR_WINDOW_MAX, scratch */
    struct onr_view view;
    const float *states;
    bool extracted;
    size_t n_found;
    struct onr_found found[ONR_FOUND_MAX];
    /* the statement's cast among the tokens */
    int16_t *of;                /* ONR_WINDOW_MAX */
    struct onr_reading reading; /* the tokens, over the bytes of the caller */
    struct onr_naming naming;
};

/** Read text (at most ONR_WINDOW_MAX bytes) around its bytes [begin, end), unless that is what was read last. */
ONR_MUST_USE int onr_model_read(struct onr_model *m, struct onr_span text, uint32_t begin,
                                uint32_t end, struct onr_error *err);

/** Append what in the code decides answers beside model file and word lists, for the fingerprint. */
ONR_MUST_USE int onr_rules_manifest(struct onr_buf *out);

/** Attributions of the text that was read, in m->found. */
void onr_model_extract(struct onr_model *m);

#endif
