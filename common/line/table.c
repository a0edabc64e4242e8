/* common/line/table.c - see table.h. Cells are made safe when they come in; widths are settled at a flush. */
#include "common/line/table.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "common/base/arena.h"
#include "common/base/utf8.h"

#define GAP           2  /* blanks between two columns */
#define STRETCH_LEAST 16 /* a stretching column gives way down to this, then the others do */
#define COLUMN_LEAST  4
#define WIDTH_MOST    2000 /* of any column, also without a terminal */

struct row {
    struct row *next;
    struct onr_span cell[]; /* table's n */
};

struct onr_table {
    const struct onr_column *columns;
    size_t n;
    unsigned line;
    bool live, begun;
    unsigned width[ONR_TABLE_COLUMNS];
    struct onr_arena arena;
    struct row *first, **last;
    struct onr_buf shown; /* one cell, on its way in */
};

/* --- code points on a terminal -------------------------------------------------------------------------------------- */

struct range {
    uint32_t first, last;
};

static bool
in_ranges(uint32_t c, const struct range *r, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (c >= r[i].first && c <= r[i].last)
            return true;
    return false;
}

/* Controls, and the marks that reorder a line or hide a letter ("Trojan Source", CVE-2021-42574). */
static bool
is_steering(uint32_t c)
{
    static const struct range steering[] = { { 0, 0x1f },        { 0x7f, 0x9f },
                                             { 0x61c, 0x61c },   { 0x200e, 0x200f },
                                             { 0x202a, 0x202e }, { 0x2066, 0x2069 } };

    return in_ranges(c, steering, sizeof steering / sizeof *steering);
}

static unsigned
code_point_width(uint32_t c)
{
    static const struct range none[] = { { 0x300, 0x36f },   { 0x483, 0x489 },
                                         { 0x591, 0x5bd },   { 0x64b, 0x65f },
                                         { 0x200b, 0x200d }, { 0x20d0, 0x20ff },
                                         { 0xfe00, 0xfe0f }, { 0xfe20, 0xfe2f },
                                         { 0xfeff, 0xfeff }, { 0xe0100, 0xe01ef } };
    static const struct range two[] = {
        { 0x1100, 0x115f }, { 0x2e80, 0x303e },   { 0x3041, 0x4dbf },   { 0x4e00, 0xa4cf },
        { 0xac00, 0xd7a3 }, { 0xf900, 0xfaff },   { 0xfe30, 0xfe4f },   { 0xff00, 0xff60 },
        { 0xffe0, 0xffe6 }, { 0x1f300, 0x1f64f }, { 0x1f900, 0x1f9ff }, { 0x20000, 0x3fffd }
    };

    if (c < 0x300)
        return 1;
    if (in_ranges(c, none, sizeof none / sizeof *none))
        return 0;
    return in_ranges(c, two, sizeof two / sizeof *two) ? 2 : 1;
}

static bool
is_blank(uint32_t c)
{
    return c == ' ' || (c >= 0x9 && c <= 0xd) || c == 0x85 || c == 0xa0 || c == 0x2028
           || c == 0x2029;
}

/* Next code point, U+FFFD for a byte that is none. */
static uint32_t
next_point(struct onr_span s, bool valid, size_t *pos)
{
    uint8_t byte = (uint8_t) s.ptr[*pos];

    if (valid)
        return onr_utf8_next(s, pos);
    (*pos)++;
    return byte < 0x80 ? byte : 0xfffd;
}

int
onr_text_show(struct onr_buf *out, struct onr_span s)
{
    bool valid = onr_utf8_check(s, NULL), blank = false;
    size_t begin = out->len;
    int rc = 0;

    for (size_t pos = 0; pos < s.len && rc == 0;) {
        size_t at = pos;
        uint32_t c = next_point(s, valid, &pos);

        if (is_blank(c)) {
            blank = out->len > begin;
            continue;
        }
        if (blank)
            rc = onr_buf_add_byte(out, ' ');
        blank = false;
        if (rc == 0 && (is_steering(c) || c == 0xfffd))
            rc = onr_buf_add_z(out, "\xef\xbf\xbd");
        else if (rc == 0)
            rc = onr_buf_add(out, s.ptr + at, pos - at);
    }
    return rc;
}

unsigned
onr_text_width(struct onr_span s)
{
    bool valid = onr_utf8_check(s, NULL), blank = false;
    unsigned width = 0;

    for (size_t pos = 0; pos < s.len;) {
        uint32_t c = next_point(s, valid, &pos);

        if (is_blank(c)) {
            blank = width > 0;
            continue;
        }
        width += blank + (is_steering(c) ? 1 : code_point_width(c));
        blank = false;
    }
    return width;
}

unsigned
onr_terminal_width(int fd)
{
    const char *columns = getenv("COLUMNS");
    unsigned long long n;
    struct winsize size;

    if (columns && onr_span_u64(onr_span_z(columns), &n) == 0 && n >= 20 && n <= WIDTH_MOST)
        return (unsigned) n;
    if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col >= 20)
        return size.ws_col < WIDTH_MOST ? size.ws_col : WIDTH_MOST;
    return 80;
}

/* --- rows ----------------------------------------------------------------------------------------------------------- */

int
onr_table_new(const struct onr_column *columns, size_t n, unsigned line, bool live,
              struct onr_table **ret, struct onr_error *err)
{
    struct onr_table *t = calloc(1, sizeof *t);

    if (!t)
        return onr_fail(err, ONR_ENOMEM, "no memory for a table");
    if (n == 0 || n > ONR_TABLE_COLUMNS)
        abort(); /* a table of the program's own making */
    t->columns = columns;
    t->n = n;
    t->line = line;
    t->live = live;
    t->arena = (struct onr_arena) ONR_ARENA_INIT(ONR_TABLE_BYTES);
    t->last = &t->first;
    onr_buf_init(&t->shown, ONR_TABLE_BYTES);
    *ret = t;
    return 0;
}

void
onr_table_free(struct onr_table *t)
{
    if (!t)
        return;
    onr_arena_release(&t->arena);
    onr_buf_release(&t->shown);
    free(t);
}

int
onr_table_add(struct onr_table *t, const struct onr_span *cells, struct onr_error *err)
{
    struct row *r = onr_arena_alloc(&t->arena, sizeof *r + t->n * sizeof *r->cell);

    if (!r)
        return onr_fail(err, ONR_ELIMIT, "the table is larger than %d bytes", ONR_TABLE_BYTES);
    for (size_t i = 0; i < t->n; i++) {
        int rc;

        onr_buf_clear(&t->shown);
        if ((rc = onr_text_show(&t->shown, cells[i])) < 0)
            return onr_fail(err, -rc, "no room for a cell of the table");
        r->cell[i] = onr_arena_span(&t->arena, onr_buf_span(&t->shown));
        if (!r->cell[i].ptr)
            return onr_fail(err, ONR_ELIMIT, "the table is larger than %d bytes", ONR_TABLE_BYTES);
    }
    *t->last = r;
    t->last = &r->next;
    return 0;
}

/* --- widths --------------------------------------------------------------------------------------------------------- */

static unsigned
natural_width(const struct onr_table *t, size_t i)
{
    const struct onr_column *c = &t->columns[i];
    unsigned most = c->width ? c->width : WIDTH_MOST, width = onr_text_width(onr_span_z(c->title));

    if (t->live && c->width)
        return c->width;
    for (const struct row *r = t->first; r && width < most; r = r->next) {
        unsigned w = onr_text_width(r->cell[i]);

        width = w > width ? w : width;
    }
    return width < most ? width : most;
}

static unsigned
line_width(const struct onr_table *t)
{
    unsigned sum = (unsigned) (t->n - 1) * GAP;

    for (size_t i = 0; i < t->n; i++)
        sum += t->width[i];
    return sum;
}

/* One column less for the widest that may give way; false when none may. */
static bool
narrow_one(struct onr_table *t, bool stretching)
{
    unsigned least = stretching ? STRETCH_LEAST : COLUMN_LEAST;
    size_t widest = t->n;

    for (size_t i = 0; i < t->n; i++)
        if ((!stretching || t->columns[i].stretch) && t->width[i] > least
            && (widest == t->n || t->width[i] > t->width[widest]))
            widest = i;
    if (widest == t->n)
        return false;
    t->width[widest]--;
    return true;
}

static void
settle_widths(struct onr_table *t)
{
    for (size_t i = 0; i < t->n; i++)
        t->width[i] = natural_width(t, i);
    if (t->line == 0)
        return;
    while (line_width(t) > t->line && narrow_one(t, true))
        ;
    while (line_width(t) > t->line && narrow_one(t, false))
        ;
    for (size_t i = 0; t->live && i < t->n; i++)
        if (t->columns[i].stretch && line_width(t) < t->line)
            t->width[i] += t->line - line_width(t);
}

/* --- output --------------------------------------------------------------------------------------------------------- */

/* The longest part of s that fits; *ret_all when that is all of it. Breaks at a blank where there is one. */
static size_t
fit(struct onr_span s, unsigned width, bool at_blank, bool *ret_all)
{
    size_t last_blank = 0, pos = 0;
    unsigned used = 0;

    while (pos < s.len) {
        size_t at = pos;
        uint32_t c = onr_utf8_next(s, &pos);
        unsigned w = code_point_width(c);

        if (c == ' ')
            last_blank = at;
        if (used + w > width && at > 0) {
            *ret_all = false;
            return at_blank && last_blank > 0 ? last_blank : at;
        }
        used += w;
    }
    *ret_all = true;
    return s.len;
}

/* Print what fits of *rest into a cell, take it off *rest. *gap is what stands between the text before and this cell. */
static int
print_cell(struct onr_table *t, size_t i, struct onr_span *rest, unsigned *gap, struct onr_buf *out)
{
    const struct onr_column *c = &t->columns[i];
    bool all;
    size_t n = fit(*rest, t->width[i], c->wrap, &all);
    bool cut = !all && !c->wrap;
    struct onr_span part;
    unsigned width;
    int rc = 0;

    if (cut)
        n = fit(*rest, t->width[i] - 1, false, &all);
    part = onr_span_trim(onr_span_sub(*rest, 0, n));
    width = onr_text_width(part) + cut;
    if (c->right && width < t->width[i])
        *gap += t->width[i] - width;
    if (part.len > 0)
        rc = onr_buf_printf(out, "%*s" ONR_SPAN_FMT "%s", (int) *gap, "", ONR_SPAN_ARG(part),
                            cut ? "\xe2\x80\xa6" : "");
    if (part.len > 0)
        *gap = 0;
    if (width < t->width[i] && !c->right)
        *gap += t->width[i] - width;
    *gap += GAP;
    while (n < rest->len && rest->ptr[n] == ' ')
        n++;
    *rest = c->wrap ? onr_span_sub(*rest, n, rest->len) : onr_span_sub(*rest, 0, 0);
    return rc;
}

static int
print_row(struct onr_table *t, const struct onr_span *cells, struct onr_buf *out)
{
    struct onr_span rest[ONR_TABLE_COLUMNS];
    bool more = true;
    int rc = 0;

    memcpy(rest, cells, t->n * sizeof *rest);
    while (more && rc == 0) {
        unsigned gap = 0;

        more = false;
        for (size_t i = 0; i < t->n && rc == 0; i++) {
            rc = print_cell(t, i, &rest[i], &gap, out);
            more = more || rest[i].len > 0;
        }
        if (rc == 0)
            rc = onr_buf_add_byte(out, '\n');
    }
    return rc;
}

static int
print_head(struct onr_table *t, bool colour, struct onr_buf *out)
{
    struct onr_span titles[ONR_TABLE_COLUMNS];
    unsigned width = line_width(t);
    int rc;

    for (size_t i = 0; i < t->n; i++)
        titles[i] = onr_span_z(t->columns[i].title);
    if (colour && (rc = onr_buf_add_z(out, "\033[1m")) < 0)
        return rc;
    if ((rc = print_row(t, titles, out)) < 0)
        return rc;
    if (colour)
        return onr_buf_add_z(out, "\033[0m");
    for (unsigned i = 0; i < width && rc == 0; i++)
        rc = onr_buf_add_byte(out, '-');
    return rc < 0 ? rc : onr_buf_add_byte(out, '\n');
}

int
onr_table_flush(struct onr_table *t, bool colour, struct onr_buf *out, struct onr_error *err)
{
    int rc = 0;

    if (!t->begun || !t->live)
        settle_widths(t);
    if (!t->begun)
        rc = print_head(t, colour, out);
    t->begun = true;
    for (const struct row *r = t->first; r && rc == 0; r = r->next)
        rc = print_row(t, r->cell, out);
    if (rc < 0)
        return onr_fail(err, -rc, "no room to print the table");
    t->first = NULL;
    t->last = &t->first;
    onr_arena_reset(&t->arena);
    return 0;
}
