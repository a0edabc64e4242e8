/* common/text/paragraphs.h - where a paragraph ends.
 *
 * A blank line always ends one. A single line break ends one too, unless the body is hard-wrapped (lines filled up to one
 * width, as in mail and wire copy): then a break is soft where the next word would not have fitted on the line.
 */
#ifndef ONR_TEXT_PARAGRAPHS_H
#define ONR_TEXT_PARAGRAPHS_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/span.h"

struct onr_paragraphs {
    struct onr_span text;
    size_t width; /* of a hard-wrapped body in bytes, 0 when lines are paragraphs */
};

/** Look at the lines of text and decide whether it is hard-wrapped. Borrows. */
void onr_paragraphs_init(struct onr_paragraphs *p, struct onr_span text);

/** At a line-break character: moves *pos behind the white space it is part of; true when a paragraph ends there. */
bool onr_paragraph_break(const struct onr_paragraphs *p, size_t *pos);

/** End of the paragraph that pos is in: the line-break character that ends it, or the end of the text. */
size_t onr_paragraph_end(const struct onr_paragraphs *p, size_t pos);

/** Length of a bullet at pos with the blanks behind it ("- ", "* ", "\u2022 "), 0 when there is none. */
size_t onr_bullet_len(struct onr_span s, size_t pos);

#endif
