/* common/model/csv.c - see csv.h.
 *
 * libcsv tells no line numbers: it is fed line by line, and a row that is still open behind its line is a quotation mark that nobody
 * closed.
 */
#include "common/model/csv.h"

#include <csv.h>

#include "common/base/buf.h"
#include "common/base/utf8.h"

struct reader {
    struct csv_parser csv;
    struct onr_buf bytes; /* of the row's fields, one after the other */
    struct onr_csv_row row;
    size_t end[ONR_CSV_COLUMNS_MAX]; /* of each field in bytes */
    onr_csv_on_row *on_row;
    void *ctx;
    bool ended; /* the row of this line */
    int rc;     /* of what was called back */
    struct onr_error *err;
};

/* --- any text ------------------------------------------------------------------------------------------------------- */

/* Line and character, both from 1, at which byte `at` stands. */
static void
place_of(struct onr_span text, size_t at, unsigned *ret_line, size_t *ret_character)
{
    size_t begin = 0;

    *ret_line = 1;
    for (size_t i = 0; i < at; i++)
        if (text.ptr[i] == '\n') {
            ++*ret_line;
            begin = i + 1;
        }
    *ret_character = onr_utf8_count(onr_span_sub(text, begin, at)) + 1;
}

static bool
is_control(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x2028 || c == 0x2029;
}

/* The first control character that ends no line; text.len where there is none. */
static size_t
first_control(struct onr_span text)
{
    for (size_t at = 0; at < text.len;) {
        size_t begin = at;
        uint32_t c = onr_utf8_next(text, &at);

        if (is_control(c) && c != '\n' && !(c == '\r' && at < text.len && text.ptr[at] == '\n'))
            return begin;
    }
    return text.len;
}

static int
check_characters(struct onr_span text, struct onr_error *err)
{
    size_t at, character;
    unsigned line;

    if (!onr_utf8_check(text, &at)) {
        place_of(text, at, &line, &character);
        if (text.ptr[at] == '\0')
            return onr_fail(err, ONR_ECONFIG,
                            "line %u, character %zu: a NUL byte; save the file as plain UTF-8 text",
                            line, character);
        return onr_fail(err, ONR_ECONFIG,
                        "line %u, character %zu: byte 0x%02x is not UTF-8; save the file as UTF-8",
                        line, character, (unsigned char) text.ptr[at]);
    }
    if ((at = first_control(text)) == text.len)
        return 0;
    place_of(text, at, &line, &character);
    return onr_fail(err, ONR_ECONFIG,
                    "line %u, character %zu: a control character (U+%04X); take it out; commas "
                    "separate fields, LF or CR LF end lines",
                    line, character, (unsigned) onr_utf8_next(text, &at));
}

/* --- rows ----------------------------------------------------------------------------------------------------------- */

static void
on_field(void *field, size_t len, void *ctx)
{
    struct reader *r = ctx;

    if (r->rc < 0)
        return;
    if (r->row.n == ONR_CSV_COLUMNS_MAX) {
        r->rc = onr_fail(
            r->err, ONR_ECONFIG,
            "line %u: more than %d fields; put a field that holds a comma in quotation "
            "marks",
            r->row.line, ONR_CSV_COLUMNS_MAX);
        return;
    }
    if ((r->rc = onr_buf_add(&r->bytes, field, len)) < 0)
        (void) onr_fail(r->err, -r->rc, "line %u: no memory for a row", r->row.line);
    else
        r->end[r->row.n++] = r->bytes.len;
}

static void
on_end(int c, void *ctx)
{
    struct reader *r = ctx;
    struct onr_span bytes = onr_buf_span(&r->bytes);

    (void) c;
    r->ended = true;
    for (size_t i = 0; i < r->row.n; i++)
        r->row.field[i] = onr_span_sub(bytes, i > 0 ? r->end[i - 1] : 0, r->end[i]);
    if (r->rc == 0)
        r->rc = r->on_row(r->ctx, &r->row, r->err);
    r->row.n = 0;
    onr_buf_clear(&r->bytes);
}

static int
quoting_error(struct reader *r, struct onr_span line, size_t at)
{
    if (csv_error(&r->csv) != CSV_EPARSE)
        return onr_fail(r->err, ONR_ENOMEM, "line %u: no memory for a row", r->row.line);
    return onr_fail(
        r->err, ONR_ECONFIG,
        "line %u, character %zu: quotation marks enclose the whole field or none of it; "
        "inside, write \"\" for one",
        r->row.line, onr_utf8_count(onr_span_sub(line, 0, at)) + 1);
}

static int
read_line(struct reader *r, struct onr_span line)
{
    size_t done;

    r->ended = onr_span_trim(line).len == 0;
    done = csv_parse(&r->csv, line.ptr, line.len, on_field, on_end, r);
    if (done == line.len && r->rc == 0 && csv_parse(&r->csv, "\n", 1, on_field, on_end, r) != 1)
        done = 0;
    if (r->rc < 0)
        return r->rc;
    if (csv_error(&r->csv) != CSV_SUCCESS)
        return quoting_error(r, line, done);
    if (!r->ended)
        return onr_fail(
            r->err, ONR_ECONFIG,
            "line %u: a quotation mark is opened and not closed in this line; close it, "
            "a field holds no line break",
            r->row.line);
    return 0;
}

int
onr_csv_read(struct onr_span text, onr_csv_on_row *on_row, void *ctx, struct onr_error *err)
{
    static const struct onr_span mark = { "\xef\xbb\xbf", 3 };
    struct reader r = { .on_row = on_row, .ctx = ctx, .err = err };
    struct onr_span line;
    int rc;

    if (onr_span_starts(text, mark))
        text = onr_span_sub(text, mark.len, text.len);
    if ((rc = check_characters(text, err)) < 0)
        return rc;
    onr_buf_init(&r.bytes, text.len + 1);
    if (csv_init(&r.csv, CSV_STRICT) != 0)
        return onr_fail(err, ONR_ENOMEM, "no memory to read CSV");
    while (rc == 0 && onr_span_next(&text, '\n', &line)) {
        r.row.line++;
        if (line.len > 0 && line.ptr[line.len - 1] == '\r')
            line.len--;
        rc = read_line(&r, line);
    }
    csv_free(&r.csv);
    onr_buf_release(&r.bytes);
    return rc;
}
