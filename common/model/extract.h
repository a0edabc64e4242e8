/* common/model/extract.h - from tags and links to the attributions of a window: cue, source, contents.
 *
 * The cue is the identity of an attribution: each has one, none serves two. A content belongs to the cue that its link names; parts
 * of one content that stand apart are linked one by one. Attributions come in the order of their cues.
 */
#ifndef ONR_MODEL_EXTRACT_H
#define ONR_MODEL_EXTRACT_H

#include "common/base/limits.h"
#include "common/model/heads.h"

#define ONR_FOUND_MAX ONR_ATTRIBUTIONS_MAX /* attributions in one window */

/* Spans are pieces of the view; sure: 0 to 1. */
struct onr_found {
    struct onr_piece_span cue, source;
    bool has_source;
    float sure_source, sure_content;
    size_t n_content;
    struct onr_piece_span content[ONR_CONTENT_PARTS_MAX];
};

/** Attributions of a view whose states are given; those without a content are left out. Returns how many. */
size_t onr_extract(struct onr_heads *h, const float *states, const struct onr_view *v,
                   struct onr_found ret[ONR_FOUND_MAX]);

#endif
