/* common/line/cut.h - an article becomes statement records: split, windows and cast put together.
 *
 * Used by `split` and `annotate`, so that both cut alike. The same article gives the same records, byte for byte.
 */
#ifndef ONR_LINE_CUT_H
#define ONR_LINE_CUT_H

#include "common/base/arena.h"
#include "common/event/article.h"
#include "common/event/record.h"

struct onr_cut; /* reusable working memory */

ONR_MUST_USE int onr_cut_new(struct onr_cut **ret, struct onr_error *err);
void onr_cut_free(struct onr_cut *c);

/** Cut an article. Fills a->meta.statements and splitter_fp. Borrows *a until the next call. */
ONR_MUST_USE int onr_cut_article(struct onr_cut *c, struct onr_article_text *a,
                                 struct onr_error *err);
/** Statement i (0 .. statements-1; index 0 of a withdrawal too). Valid until the next onr_cut_statement or onr_cut_article
 *  that needs another window. */
ONR_MUST_USE int onr_cut_statement(struct onr_cut *c, int32_t i, struct onr_statement *ret,
                                   struct onr_error *err);

#endif
