/* consumers/follow/print.c - see print.h. */
#include "consumers/follow/print.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/line/program.h"
#include "common/line/result_json.h"
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

static const struct onr_column columns[] = {
    { .title = "Statement", .stretch = true, .wrap = true },
    { .title = "Speaker", .width = 22, .wrap = true },
    { .title = "Stance", .width = 7 },
    { .title = "Target", .width = 20, .wrap = true },
    { .title = "Conf.", .width = 5, .right = true },
    { .title = "Signature", .width = 22 },
};
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

static struct onr_span
speaker_text(const struct onr_attribution *a)
{
    if (a->speaker.type == ONR_AUTHOR)
        return ONR_SPAN("(the author)");
    if (a->speaker.name.len)
        return a->speaker.name;
    if (a->speaker.type == ONR_UNNAMED && a->speaker.has_mention)
        return a->speaker.mention.text;
    return ONR_SPAN("(unclear)");
}

/* A chain is as strong as its weakest part. */
static int
least_confidence(const struct onr_attribution *a)
{
    int least = a->conf_speaker < a->conf_content ? a->conf_speaker : a->conf_content;

    if (a->has_target && a->conf_target < least)
        least = a->conf_target;
    return a->conf_stance < least ? a->conf_stance : least;
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

static int
add_row(struct onr_printer *p, const struct onr_printed *r, const struct onr_attribution *a,
        struct onr_span text, struct onr_error *err)
{
    struct onr_span cell[COLUMNS] = { text };
    char percent[16], signature[ONR_KEY_NAME_MAX + 16];

    if (a) {
        cell[1] = speaker_text(a);
        cell[2] = onr_span_z(onr_stance_name(a->stance));
        cell[3] = a->has_target ? a->target.name : ONR_SPAN_NULL;
        snprintf(percent, sizeof percent, "%d%%", (least_confidence(a) + 5) / 10);
        cell[4] = onr_span_z(percent);
    }
    snprintf(signature, sizeof signature, "ok %s", r->signer);
    cell[5] = onr_span_z(signature);
    return table_row(p, cell, err);
}

static int
add_rows(struct onr_printer *p, const struct onr_printed *r, struct onr_error *err)
{
    const struct onr_result *res = &r->payload.result;
    int rc = 0;

    if (r->payload.rejected) {
        char text[128];

        snprintf(text, sizeof text, "(input %lld was rejected: %s)", (long long) r->in_offset,
                 onr_reject_sentence(r->payload.reject));
        return add_row(p, r, NULL, onr_span_z(text), err);
    }
    if (res->n_attributions == 0)
        return add_row(p, r, NULL, onr_span_trim(res->text), err);
    for (size_t i = 0; i < res->n_attributions && rc == 0; i++)
        rc = add_row(p, r, &res->attributions[i], i == 0 ? onr_span_trim(res->text) : ONR_SPAN_NULL,
                     err);
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
