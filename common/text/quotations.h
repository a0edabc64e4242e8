/* common/text/quotations.h - which quotation marks open and which close.
 *
 * A stack of open quotations walked through the text mark by mark. A mark's look decides where it can (“ ” « » 「 」);
 * otherwise its neighbours do: a mark after white space and before a letter opens, one after a letter or a stop and
 * before white space closes. A single mark opens only if something ahead in its paragraph could close it, so that an
 * apostrophe never does. A quotation lives to the end of its paragraph, and beyond it only if the next paragraph opens
 * again with the same mark. Looking ahead never rereads a byte: each search remembers how far it came.
 */
#ifndef ONR_TEXT_QUOTATIONS_H
#define ONR_TEXT_QUOTATIONS_H

#include <stdint.h>

#include "common/text/paragraphs.h"

enum onr_mark {
    ONR_MARK_NONE,
    ONR_MARK_STRAIGHT2, /* " */
    ONR_MARK_LEFT2,     /* “ */
    ONR_MARK_RIGHT2,    /* ” */
    ONR_MARK_LOW2,      /* „ */
    ONR_MARK_LGUIL2,    /* « */
    ONR_MARK_RGUIL2,    /* » */
    ONR_MARK_STRAIGHT1, /* ' */
    ONR_MARK_LEFT1,     /* ‘ */
    ONR_MARK_RIGHT1,    /* ’ */
    ONR_MARK_LOW1,      /* ‚ */
    ONR_MARK_LGUIL1,    /* ‹ */
    ONR_MARK_RGUIL1,    /* › */
    ONR_MARK_LCORNER,   /* 「 */
    ONR_MARK_RCORNER,   /* 」 */
    ONR_MARK_LCORNER2,  /* 『 */
    ONR_MARK_RCORNER2   /* 』 */
};

enum onr_mark_effect { ONR_MARK_IGNORED, ONR_MARK_OPENED, ONR_MARK_CLOSED };

#define ONR_QUOTES_DEPTH 8 /* deeper nesting is no nesting: such marks are ignored */

/* The next place after `from` where something stands; `to` is the end of the search when there is none. */
struct onr_lookahead {
    size_t from, to;
    bool found;
};

struct onr_quotes {
    const struct onr_paragraphs *paragraphs;
    struct onr_span text;
    unsigned depth;
    uint8_t open[ONR_QUOTES_DEPTH]; /* enum onr_mark, outermost first */
    size_t reopens_at; /* a French quotation goes on with a » here; SIZE_MAX for nowhere */
    size_t last_end;   /* end of the mark seen last, and what it did */
    enum onr_mark_effect last_effect;
    size_t paragraph_end;     /* of the paragraph last looked at */
    enum onr_mark next_opens; /* the mark that the paragraph after it begins with */
    size_t counted_end;       /* the counts below are of the marks left before here */
    uint32_t straight_openers, straight_closers, left2, right2;
    struct onr_lookahead ahead[3];
};

/** Borrows p. */
void onr_quotes_init(struct onr_quotes *q, const struct onr_paragraphs *p);

/** The quotation mark at pos and its length in bytes; ONR_MARK_NONE (and *ret_len untouched) when there is none.
 *  `` and '' are double marks. */
enum onr_mark onr_mark_at(struct onr_span s, size_t pos, size_t *ret_len);

/** Take the mark at pos. Marks must be given in the order of the text. */
enum onr_mark_effect onr_quotes_take(struct onr_quotes *q, enum onr_mark mark, size_t pos,
                                     size_t len);

/** A paragraph ended and the next begins at `next`: forgets what is open. True when the next one opens it again. */
bool onr_quotes_end_paragraph(struct onr_quotes *q, size_t next);

#endif
