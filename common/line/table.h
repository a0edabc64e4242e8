/* common/line/table.h - tables for people: columns aligned to the terminal, long cells wrapped or cut with an ellipsis.
 *
 * Rows are collected and formatted into a buffer; the caller writes it where it wants. Cells come from articles and from
 * the network, so nothing in them reaches a terminal that could steer it: control characters and direction overrides are
 * shown as U+FFFD, line breaks as blanks. Widths count terminal columns (0 for combining marks, 2 for East Asian wide).
 */
#ifndef ONR_LINE_TABLE_H
#define ONR_LINE_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/buf.h"

#define ONR_TABLE_COLUMNS 16
#define ONR_TABLE_BYTES   (16 * 1024 * 1024) /* cells held between two flushes */

struct onr_column {
    const char *title; /* static */
    unsigned
        width; /* most columns it takes, its exact width in a live table; 0 = as its longest cell */
    bool stretch; /* takes what the line has left, gives way first where the line is too narrow */
    bool right;   /* numbers */
    bool wrap;    /* goes on in further lines; else cut with an ellipsis */
};

struct onr_table;

/** live: rows are flushed while more are coming, so widths follow from the columns alone. Borrows columns (static).
 *  line = 0 means as wide as needed. Returns owned. Errors: -ONR_ENOMEM. */
ONR_MUST_USE int onr_table_new(const struct onr_column *columns, size_t n, unsigned line, bool live,
                               struct onr_table **ret, struct onr_error *err);
void onr_table_free(struct onr_table *t);

/** Add a row of n cells (copied; a null span is an empty cell). Errors: -ONR_ENOMEM, -ONR_ELIMIT. */
ONR_MUST_USE int onr_table_add(struct onr_table *t, const struct onr_span *cells,
                               struct onr_error *err);

/** Append what was added since the last flush to out: the first time with the head (bold when `colour`). */
ONR_MUST_USE int onr_table_flush(struct onr_table *t, bool colour, struct onr_buf *out,
                                 struct onr_error *err);

/** Terminal columns that s takes, as a table would show it. */
unsigned onr_text_width(struct onr_span s);

/** Append s as a table would show it: safe for a terminal, on one line. */
ONR_MUST_USE int onr_text_show(struct onr_buf *out, struct onr_span s);

/** Width of the terminal behind fd: COLUMNS where set, else the terminal's answer, else 80. */
unsigned onr_terminal_width(int fd);

#endif
