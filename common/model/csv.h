/* common/model/csv.h - rows of a CSV file (RFC 4180) that people wrote: read strictly, by libcsv, and with their line numbers.
 *
 * UTF-8, a byte order mark in front is skipped; fields between commas, in double quotes where they hold one; rows end with a line, so
 * that a field holds no line break; empty lines count for nothing. Blanks around a field that is not quoted are dropped.
 */
#ifndef ONR_MODEL_CSV_H
#define ONR_MODEL_CSV_H

#include "common/base/error.h"
#include "common/base/span.h"

#define ONR_CSV_COLUMNS_MAX 16 /* fields in a row; a register has four */

struct onr_csv_row {
    unsigned line; /* from 1 */
    size_t n;
    struct onr_span field[ONR_CSV_COLUMNS_MAX]; /* quotes undone; valid until the call returns */
};

/** One row. Anything but 0 ends the reading and is what onr_csv_read returns. */
typedef int onr_csv_on_row(void *ctx, const struct onr_csv_row *row, struct onr_error *err);

/** Call on_row for each row, in order. Errors: -ONR_ECONFIG (not UTF-8, NUL or another control character, malformed quoting, too many
 *  fields; the sentence begins with the line), -ONR_ENOMEM, and what on_row returns. */
ONR_MUST_USE int onr_csv_read(struct onr_span text, onr_csv_on_row *on_row, void *ctx,
                              struct onr_error *err);

#endif
