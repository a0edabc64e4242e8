/* common/text/split.h - cut a body into statements that tile it.
 *
 * A statement is a sentence, or a quotation kept whole across sentences and paragraphs. In order, no gap, no overlap:
 * the first begins at 0, each begins where the one before ends, the last ends at body.len. White space between two statements
 * belongs to the one before it. Pure and deterministic: rules only, no locale, no allocation but the caller's array.
 */
#ifndef ONR_TEXT_SPLIT_H
#define ONR_TEXT_SPLIT_H

#include <stdint.h>

#include "common/base/error.h"
#include "common/base/span.h"

enum onr_piece_quoted { ONR_PIECE_QUOTED_NONE, ONR_PIECE_QUOTED_PART, ONR_PIECE_QUOTED_WHOLE };

struct onr_piece {
    uint32_t begin, end;       /* bytes into the body */
    uint32_t cp_begin, cp_end; /* code points */
    uint32_t words;
    uint8_t quoted;          /* enum onr_piece_quoted: how much of it is in quotation marks */
    uint8_t paragraph_start; /* 1 when a paragraph begins here */
};

struct onr_pieces {
    struct onr_piece *piece; /* owned, grown up to ONR_STATEMENTS_MAX */
    size_t n, cap;
};

/** Bump when any rule changes the cut of any text: it is part of the splitter's fingerprint. */
#define ONR_SPLITTER_VERSION "onrecord-split/1"

/** Cut body (valid UTF-8, not empty, at most ONR_ARTICLE_MAX bytes). Reuses ret's array; release it with onr_pieces_release.
 *  Errors: -ONR_ELIMIT (too many statements), -ONR_ENOMEM; ret->n is then 0. */
ONR_MUST_USE int onr_split(struct onr_span body, struct onr_pieces *ret, struct onr_error *err);
void onr_pieces_release(struct onr_pieces *p);

/** SHA-256 over ONR_SPLITTER_VERSION and every limit and word list that can change a cut, window or cast. */
void onr_splitter_fingerprint(uint8_t ret[32]);

#endif
