/* common/model/view.h - a text as the encoder sees it: wordpieces between two markers, and in what kind of place each stands.
 *
 * Training reads its texts through the same function (model/train/view_model.c), so that there is one tokenizer and one reading of
 * quotation marks. A paragraph break is a piece of its own. The encoder takes ONR_VIEW_MAX pieces: of a longer text those around a
 * focus are taken, the same number on both sides as far as there are any.
 */
#ifndef ONR_MODEL_VIEW_H
#define ONR_MODEL_VIEW_H

#include "common/model/kernel.h"
#include "common/model/tokens.h"
#include "common/model/wordpiece.h"

#define ONR_VIEW_MAX ONR_WINDOW_MAX_PIECES /* pieces, both markers among them */

/* Where a piece stands. Input of the encoder together with its case: class = case + 4 * place. */
enum onr_place { ONR_PLACE_PLAIN, ONR_PLACE_QUOTED, ONR_PLACE_MARK, ONR_PLACES };
#define ONR_VIEW_CLASSES (4 * ONR_PLACES)

struct onr_view {
    size_t n;
    bool whole; /* all pieces of the text are here */
    uint32_t id[ONR_VIEW_MAX];
    uint8_t place_case[ONR_VIEW_MAX];                /* class of the encoder's input */
    uint32_t begin[ONR_VIEW_MAX], end[ONR_VIEW_MAX]; /* bytes of the text; empty for markers */
    uint32_t word[ONR_VIEW_MAX]; /* number of the word; of markers and breaks: one of their own */
    bool starts[ONR_VIEW_MAX];   /* first piece of a word */
    bool breaks[ONR_VIEW_MAX];   /* a paragraph break */
    uint32_t paragraph[ONR_VIEW_MAX]; /* breaks before it */
};

struct onr_piece_span {
    uint16_t first, end; /* pieces of a view; empty where first == end */
};

/* The pieces that are no text. */
struct onr_view_markers {
    uint32_t begin, end, paragraph; /* [CLS], [SEP], [unused0] */
};

/** Find the markers. -ONR_ECONFIG when the vocabulary lacks one. */
ONR_MUST_USE int onr_view_markers(const struct onr_vocab *v, struct onr_view_markers *ret,
                                  struct onr_error *err);

/** Read text, whose tokens are tok[0 .. n_tok) (tokens.h), around the bytes [focus_begin, focus_end). scratch has room for
 *  text.len pieces. Nothing is kept of the arguments. */
void onr_view_read(const struct onr_vocab *v, const struct onr_view_markers *m,
                   struct onr_span text, const struct onr_token *tok, size_t n_tok,
                   uint32_t focus_begin, uint32_t focus_end, struct onr_piece *scratch,
                   struct onr_view *ret);

/** The pieces that stand in the bytes [begin, end) of the text, wholly or in part. */
struct onr_piece_span onr_view_pieces(const struct onr_view *v, uint32_t begin, uint32_t end);

#endif
