/* consumers/follow/print.c - see print.h. */
#include "consumers/follow/print.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/line/program.h"
#include "common/line/result_json.h"
#include "common/line/result_rows.h"
#include "common/line/table.h"

#define FLUSH_BYTES ((size_t) 256 * 1024)
#define OUT_MAX     ((size_t) 64 * 1024 * 1024) /* FLUSH_BYTES and one block, or a whole table */

struct onr_printer {
    bool json, live, colour;
    struct onr_buf out;
    struct onr_json writer;
    struct onr_table *table;
    bool rows; /* in the table since its last flush */
};

static const struct onr_column columns[] = { ONR_RESULT_COLUMNS,
                                             { .title = "Signature", .width = 9 } };
#define COLUMNS (sizeof columns / sizeof *columns)

int
onr_printer_new(bool json, bool live, struct onr_printer **ret, struct onr_error *err)
{
    struct onr_printer *p = calloc(1, sizeof *p);
    int rc = 0;

    if (!p)
        return onr_fail(err, ONR_ENOMEM, "no memory for printing");
    p->json = json;
    p->live = live;
    p->colour = onr_colour(STDOUT_FILENO);
    onr_buf_init(&p->out, OUT_MAX);
    p->writer = (struct onr_json) ONR_JSON_INIT(&p->out);
    if (!json)
        rc = onr_table_new(columns, COLUMNS, onr_terminal_width(STDOUT_FILENO), live, &p->table,
                           err);
    if (rc < 0)
        onr_printer_free(p);
    else
        *ret = p;
    return rc;
}

void
onr_printer_free(struct onr_printer *p)
{
    if (!p)
        return;
    onr_table_free(p->table);
    onr_buf_release(&p->out);
    free(p);
}

static int
add_json(struct onr_printer *p, const struct onr_printed *r, struct onr_error *err)
{
    struct onr_json *j = &p->writer;
    int rc;

    onr_json_open(j, '{');
    onr_json_key(j, "lane");
    onr_json_z(j, r->origin);
    onr_json_key(j, "partition");
    onr_json_int(j, r->partition);
    onr_json_key(j, "seq");
    onr_json_int(j, (int64_t) r->seq);
    onr_json_key(j, "offset");
    onr_json_int(j, r->offset);
    onr_json_key(j, "input_offset");
    onr_json_int(j, r->in_offset);
    onr_json_key(j, "commit_no");
    onr_json_int(j, (int64_t) r->commit_no);
    onr_json_key(j, "key_id");
    onr_json_hex(j, r->key_id, ONR_KEY_ID_LEN);
    onr_json_key(j, "signer");
    onr_json_z(j, r->signer);
    onr_json_key(j, "verified");
    onr_json_bool(j, true);
    onr_json_key(j, "type");
    onr_json_z(j, r->payload.rejected ? "reject" : "result");
    if (r->payload.rejected)
        onr_reject_json(j, r->payload.reject);
    else
        onr_result_json(j, &r->payload.result);
    onr_json_close(j, '}');
    rc = onr_json_end_line(j);
    return rc < 0 ? onr_fail(err, -rc, "no room to print record %llu of %s",
                             (unsigned long long) r->seq, r->origin)
                  : 0;
}

static int
table_row(struct onr_printer *p, const struct onr_span *cells, struct onr_error *err)
{
    int rc = onr_table_add(p->table, cells, err);

    if (rc == -ONR_ELIMIT) { /* more rows than are held: show what there is */
        if ((rc = onr_table_flush(p->table, p->colour, &p->out, err)) == 0)
            rc = onr_table_add(p->table, cells, err);
    }
    p->rows = true;
    return rc;
}

/* What is printed was verified, or it would not be: the column says so to whoever sees the table alone. */
static int
add_rows(struct onr_printer *p, const struct onr_printed *r, struct onr_error *err)
{
    const struct onr_result *res = &r->payload.result;
    struct onr_span cell[COLUMNS] = { [ONR_RESULT_CELLS] = ONR_SPAN("verified") };
    char text[128], sure[ONR_SURE_TEXT];
    int rc = 0;

    if (r->payload.rejected) {
        snprintf(text, sizeof text, "(input %lld was rejected: %s)", (long long) r->in_offset,
                 onr_reject_sentence(r->payload.reject));
        cell[ONR_CELL_STATEMENT] = onr_span_z(text);
        return table_row(p, cell, err);
    }
    for (size_t i = 0; i < onr_result_row_count(res) && rc == 0; i++) {
        onr_result_row(res, i, sure, cell);
        rc = table_row(p, cell, err);
    }
    return rc;
}

int
onr_printer_add(struct onr_printer *p, const struct onr_printed *r, struct onr_error *err)
{
    return p->json ? add_json(p, r, err) : add_rows(p, r, err);
}

bool
onr_printer_full(const struct onr_printer *p)
{
    return p->out.len >= FLUSH_BYTES;
}

int
onr_printer_flush(struct onr_printer *p, bool end, bool *ret_all, struct onr_error *err)
{
    int rc;

    if (p->rows && (p->live || end)) {
        if ((rc = onr_table_flush(p->table, p->colour, &p->out, err)) < 0)
            return rc;
        p->rows = false;
    }
    if (p->out.len
        && (rc = onr_fd_write(STDOUT_FILENO, onr_buf_span(&p->out), "standard output", err)) < 0)
        return rc;
    onr_buf_clear(&p->out);
    *ret_all = !p->rows;
    return 0;
}
