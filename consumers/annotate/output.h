/* consumers/annotate/output.h - one classified statement as a JSON line, as rows of a table, or explained.
 *
 * All append to a buffer; annotate.c writes it out.
 */
#ifndef ONR_CONSUMERS_ANNOTATE_OUTPUT_H
#define ONR_CONSUMERS_ANNOTATE_OUTPUT_H

#include "common/base/buf.h"
#include "common/event/record.h"
#include "common/line/table.h"

/** A line of JSON; offsets in code points of the body. */
ONR_MUST_USE int onr_annotate_json(const struct onr_statement *s, const struct onr_result *r,
                                   struct onr_buf *out, struct onr_error *err);

/** A table for one article, and its rows. */
ONR_MUST_USE int onr_annotate_table_new(unsigned line, struct onr_table **ret,
                                        struct onr_error *err);
ONR_MUST_USE int onr_annotate_table_add(struct onr_table *t, const struct onr_result *r,
                                        struct onr_error *err);

/** Statement, and for each attribution what was found where and why. */
ONR_MUST_USE int onr_annotate_explain(const struct onr_result *r, bool colour, struct onr_buf *out,
                                      struct onr_error *err);

#endif
