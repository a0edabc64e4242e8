/* common/line/result_rows.h - a result as table rows for people: one row an attribution, one for narration.
 *
 * annotate and follow show the same answer in the same words; what they add (a number, a signature) is theirs.
 */
#ifndef ONR_LINE_RESULT_ROWS_H
#define ONR_LINE_RESULT_ROWS_H

#include "common/event/record.h"
#include "common/line/table.h"

enum onr_result_cell {
    ONR_CELL_STATEMENT, /* in the first row of a result only */
    ONR_CELL_SPEAKER,
    ONR_CELL_STANCE,
    ONR_CELL_TARGET,
    ONR_CELL_SURE,
    ONR_RESULT_CELLS
};

/** The columns of these cells, for the caller's own table of columns. */
#define ONR_RESULT_COLUMNS                                                                         \
    { .title = "Statement", .stretch = true, .wrap = true },                                       \
        { .title = "Speaker", .width = 16, .wrap = true }, { .title = "Stance", .width = 7 },      \
        { .title = "Target", .width = 16, .wrap = true },                                          \
    {                                                                                              \
        .title = "Sure", .width = 5, .right = true                                                 \
    }

/** How sure an attribution is as a whole, in thousandths: that this is said, that they say it, and, where
 *  the target is not named, that it is meant. */
int onr_attribution_sure(const struct onr_attribution *a);

/** Number of rows of a result, at least 1. */
size_t onr_result_row_count(const struct onr_result *r);

#define ONR_SURE_TEXT 16

/** Cells of row i. They borrow from r and from `sure`, which takes the text of that cell. */
void onr_result_row(const struct onr_result *r, size_t i, char sure[ONR_SURE_TEXT],
                    struct onr_span ret[ONR_RESULT_CELLS]);

#endif
