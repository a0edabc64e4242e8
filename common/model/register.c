/* common/model/register.c - see register.h.
 *
 * Names with aliases, and roles, are two arrays of keys in the order of their bytes; a question is folded in the same way and looked
 * up by halves.
 */
#include "common/model/register.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/base/arena.h"
#include "common/base/file.h"
#include "common/base/sha256.h"
#include "common/base/utf8.h"
#include "common/model/csv.h"
#include "common/model/name.h"

#define TEXTS_MAX  (8u * ONR_REGISTER_MAX) /* names, ids and keys, each at an address of its own */
#define SHOWN_MAX  80                      /* bytes of a text in a sentence */
#define NOT_HERE   ONR_CSV_COLUMNS_MAX
#define COLUMN_ROW "name,aliases,role,external_id"

enum column { NAME, ALIASES, ROLE, EXTERNAL_ID, COLUMNS };

static const char *const column_name[] = { "name", "aliases", "role", "external_id" };

struct key {
    struct onr_span text; /* folded */
    uint32_t entry;
    bool alias;
};

struct keys {
    struct key *key;
    size_t n, room;
};

struct onr_register {
    uint8_t fingerprint[ONR_SHA256_LEN];
    struct onr_arena texts;
    struct onr_register_entry *entry;
    size_t n, room;
    struct keys names, roles;
};

struct reader {
    struct onr_register *r;
    bool has_header;
    size_t n_columns;
    size_t at[COLUMNS]; /* where each column stands in a row, or NOT_HERE */
};

/* --- words that are compared ---------------------------------------------------------------------------------------- */

/* The code point at *pos as it is compared. */
static uint32_t
folded_point(struct onr_span s, size_t *pos)
{
    uint32_t c = onr_utf8_next(s, pos);

    if (c == 0x2019 || c == 0x2bc)
        return '\'';
    if ((c >= 9 && c <= 13) || c == 0xa0 || (c >= 0x2000 && c <= 0x200b) || c == 0x202f)
        return ' ';
    return c;
}

/* Words as they are compared, in a buffer of ONR_NAME_MAX bytes; null where they are too long for it. */
static struct onr_span
fold(struct onr_span s, bool capitals, char ret[ONR_NAME_MAX])
{
    struct onr_span key;
    size_t n = 0;

    for (size_t pos = 0; pos < s.len;) {
        size_t begin = pos, len;
        uint32_t c = folded_point(s, &pos);

        if (c == ' ' && (n == 0 || ret[n - 1] == ' '))
            continue;
        len = c < 0x80 ? 1 : pos - begin;
        if (n + len > ONR_NAME_MAX)
            return ONR_SPAN_NULL;
        if (c >= 0x80)
            memcpy(ret + n, s.ptr + begin, len);
        else
            ret[n] = (char) (!capitals && c >= 'A' && c <= 'Z' ? c | 0x20 : c);
        n += len;
    }
    key = onr_span_of(ret, n > 0 && ret[n - 1] == ' ' ? n - 1 : n);
    if (onr_span_starts(key, ONR_SPAN("the ")) || onr_span_starts(key, ONR_SPAN("The ")))
        key = onr_span_sub(key, 4, key.len);
    return key;
}

static int
compare_keys(const void *a, const void *b)
{
    const struct key *x = a, *y = b;
    int c = onr_span_cmp(x->text, y->text);

    if (c == 0)
        c = (x->entry > y->entry) - (x->entry < y->entry);
    return c ? c : x->alias - y->alias;
}

static const struct key *
find(const struct keys *k, struct onr_span text)
{
    size_t first = 0, end = k->n;

    while (first < end) {
        size_t middle = first + (end - first) / 2;

        if (onr_span_cmp(k->key[middle].text, text) < 0)
            first = middle + 1;
        else
            end = middle;
    }
    return first < k->n && onr_span_eq(k->key[first].text, text) ? &k->key[first] : NULL;
}

/* --- rows ----------------------------------------------------------------------------------------------------------- */

static int
no_memory(struct onr_error *err)
{
    return onr_fail(err, ONR_ENOMEM, "no memory for the register of people");
}

/* "line 3, role: "...": " and the reason. */
static int
refuse(unsigned line, enum column c, struct onr_span text, const char *reason,
       struct onr_error *err)
{
    size_t len = onr_utf8_cut(text, SHOWN_MAX);

    return onr_fail(err, ONR_ECONFIG, "line %u, %s: \"%.*s%s\": %s", line, column_name[c],
                    (int) len, text.ptr, len < text.len ? "..." : "", reason);
}

static int
refuse_long(unsigned line, enum column c, struct onr_span text, size_t max, struct onr_error *err)
{
    char reason[64];

    snprintf(reason, sizeof reason, "longer than %zu bytes; shorten it", max);
    return refuse(line, c, text, reason, err);
}

static int
refuse_many(unsigned line, size_t max, const char *what, struct onr_error *err)
{
    return onr_fail(err, ONR_ECONFIG, "line %u: more than %zu %s; leave some people out", line, max,
                    what);
}

static int
refuse_large(struct onr_error *err)
{
    return onr_fail(err, ONR_ECONFIG, "is larger than %d bytes; leave some people out",
                    ONR_REGISTER_MAX);
}

/* One more element of `size` bytes in an array; NULL without memory or past max. */
static void *
grow(void *array, size_t n, size_t *room, size_t size, size_t max)
{
    size_t larger = *room ? 2 * *room : 64;
    void *p;

    if (n < *room)
        return array;
    larger = larger < max ? larger : max;
    if (n >= larger || !(p = realloc(array, larger * size)))
        return NULL;
    *room = larger;
    return p;
}

static int
add_key(struct onr_register *r, struct keys *k, enum column c, struct onr_span text,
        struct onr_error *err)
{
    char folded[ONR_NAME_MAX];
    struct onr_span key = fold(text, c != ROLE, folded);
    unsigned line = r->entry[r->n - 1].line;
    struct key *larger;

    if (text.len > ONR_NAME_MAX || !key.ptr)
        return refuse_long(line, c, text, ONR_NAME_MAX, err);
    if (key.len == 0)
        return refuse(line, c, text, "no word stands in it; give one or leave it out", err);
    if (r->names.n + r->roles.n >= ONR_REGISTER_KEYS_MAX)
        return refuse_many(line, ONR_REGISTER_KEYS_MAX, "names, aliases and roles", err);
    larger = grow(k->key, k->n, &k->room, sizeof *k->key, ONR_REGISTER_KEYS_MAX);
    if (!larger)
        return no_memory(err);
    k->key = larger;
    k->key[k->n] = (struct key){ onr_arena_span(&r->texts, key), (uint32_t) (r->n - 1),
                                 c == ALIASES };
    return k->key[k->n++].text.ptr ? 0 : no_memory(err);
}

/* Each of the texts between semicolons; empty ones are none. */
static int
add_list(struct onr_register *r, struct keys *k, enum column c, struct onr_span list,
         struct onr_error *err)
{
    struct onr_span text;
    int rc = 0;

    while (rc == 0 && onr_span_next(&list, ';', &text))
        if ((text = onr_span_trim(text)).len > 0)
            rc = add_key(r, k, c, text, err);
    return rc;
}

static bool
is_person(struct onr_span name, struct onr_span role)
{
    return role.len > 0 || onr_name_gender(onr_name_first(name)) != 0;
}

static int
add_entry(struct reader *w, unsigned line, const struct onr_span field[COLUMNS],
          struct onr_error *err)
{
    struct onr_register *r = w->r;
    struct onr_register_entry *larger, e = { .line = line };
    int rc;

    if (field[NAME].len == 0)
        return refuse(line, NAME, field[NAME], "a person needs a name; give it or delete the line",
                      err);
    if (field[EXTERNAL_ID].len > ONR_URL_MAX)
        return refuse_long(line, EXTERNAL_ID, field[EXTERNAL_ID], ONR_URL_MAX, err);
    if (r->n >= ONR_REGISTER_ENTRIES_MAX)
        return refuse_many(line, ONR_REGISTER_ENTRIES_MAX, "people", err);
    if (!(larger = grow(r->entry, r->n, &r->room, sizeof *r->entry, ONR_REGISTER_ENTRIES_MAX)))
        return no_memory(err);
    r->entry = larger;
    e.name = onr_arena_span(&r->texts, field[NAME]);
    e.external_id = onr_arena_span(&r->texts, field[EXTERNAL_ID]);
    e.is_person = is_person(field[NAME], field[ROLE]);
    if (!e.name.ptr || !e.external_id.ptr)
        return no_memory(err);
    r->entry[r->n++] = e;
    if ((rc = add_key(r, &r->names, NAME, field[NAME], err)) < 0
        || (rc = add_list(r, &r->names, ALIASES, field[ALIASES], err)) < 0)
        return rc;
    return add_list(r, &r->roles, ROLE, field[ROLE], err);
}

static int
read_header(struct reader *w, const struct onr_csv_row *row, struct onr_error *err)
{
    for (size_t c = 0; c < COLUMNS; c++)
        w->at[c] = NOT_HERE;
    for (size_t i = 0; i < row->n; i++) {
        struct onr_span text = onr_span_trim(row->field[i]);
        size_t c = 0;

        while (c < COLUMNS && !onr_span_eq_z(text, column_name[c]))
            c++;
        if (c == COLUMNS)
            return onr_fail(
                err, ONR_ECONFIG,
                "line %u: \"%.*s\" is no column; the first row names the columns: " COLUMN_ROW,
                row->line, (int) onr_utf8_cut(text, SHOWN_MAX), text.ptr);
        if (w->at[c] != NOT_HERE)
            return onr_fail(err, ONR_ECONFIG, "line %u: two columns are called %s; keep one",
                            row->line, column_name[c]);
        w->at[c] = i;
    }
    if (w->at[NAME] == NOT_HERE)
        return onr_fail(
            err, ONR_ECONFIG,
            "line %u: no column is called name; the first row names the columns: " COLUMN_ROW,
            row->line);
    w->n_columns = row->n;
    w->has_header = true;
    return 0;
}

static int
on_row(void *ctx, const struct onr_csv_row *row, struct onr_error *err)
{
    struct reader *w = ctx;
    struct onr_span field[COLUMNS];

    if (!w->has_header)
        return read_header(w, row, err);
    if (row->n != w->n_columns)
        return onr_fail(err, ONR_ECONFIG,
                        "line %u: %zu fields, but the first row names %zu columns; a field that "
                        "holds a comma needs quotation marks",
                        row->line, row->n, w->n_columns);
    for (size_t c = 0; c < COLUMNS; c++) {
        field[c] = w->at[c] == NOT_HERE ? ONR_SPAN("") : onr_span_trim(row->field[w->at[c]]);
        if (field[c].len > ONR_REGISTER_FIELD_MAX)
            return refuse_long(row->line, (enum column) c, field[c], ONR_REGISTER_FIELD_MAX, err);
    }
    return add_entry(w, row->line, field, err);
}

/* --- the whole ------------------------------------------------------------------------------------------------------ */

static void
sort(struct keys *k)
{
    if (k->n > 0)
        qsort(k->key, k->n, sizeof *k->key, compare_keys);
}

/* A name of two people would be an answer by chance. */
static int
check_names(const struct onr_register *r, struct onr_error *err)
{
    for (size_t i = 1; i < r->names.n; i++) {
        const struct key *a = &r->names.key[i - 1], *b = a + 1;
        const struct onr_register_entry *other = &r->entry[a->entry];

        if (a->entry != b->entry && onr_span_eq(a->text, b->text))
            return onr_fail(
                err, ONR_ECONFIG,
                "line %u, %s: \"%.*s\" already names \"%.*s\" of line %u; one name, one "
                "person: take it out of one of the lines",
                r->entry[b->entry].line, column_name[b->alias ? ALIASES : NAME],
                (int) onr_utf8_cut(b->text, SHOWN_MAX), b->text.ptr,
                (int) onr_utf8_cut(other->name, SHOWN_MAX), other->name.ptr, other->line);
    }
    return 0;
}

static int
read_all(struct onr_register *r, struct onr_span bytes, struct onr_error *err)
{
    struct reader w = { .r = r };
    int rc;

    onr_sha256(bytes.ptr, bytes.len, r->fingerprint);
    if (bytes.len > ONR_REGISTER_MAX)
        return refuse_large(err);
    if ((rc = onr_csv_read(bytes, on_row, &w, err)) < 0)
        return rc;
    if (!w.has_header)
        return onr_fail(err, ONR_ECONFIG,
                        "has no rows; the first one names the columns: " COLUMN_ROW);
    sort(&r->names);
    sort(&r->roles);
    return check_names(r, err);
}

int
onr_register_read(struct onr_span bytes, struct onr_register **ret, struct onr_error *err)
{
    struct onr_register *r = calloc(1, sizeof *r);
    int rc;

    if (!r)
        return no_memory(err);
    r->texts.max = TEXTS_MAX;
    if ((rc = read_all(r, bytes, err)) < 0) {
        onr_register_free(r);
        return rc;
    }
    *ret = r;
    return 0;
}

int
onr_register_open(const char *path, struct onr_register **ret, struct onr_error *err)
{
    struct onr_buf bytes = ONR_BUF_INIT(ONR_REGISTER_MAX);
    struct onr_error why = ONR_ERROR_INIT;
    int rc = onr_file_read(path, &bytes, &why);

    if (rc == -ONR_ELIMIT)
        rc = refuse_large(&why);
    else if (rc == 0)
        rc = onr_register_read(onr_buf_span(&bytes), ret, &why);
    if (rc == -ONR_ECONFIG)
        (void) onr_fail_in(&why, "%.200s ", path);
    onr_buf_release(&bytes);
    if (rc < 0)
        return onr_fail(err, rc == -ONR_ENOMEM ? ONR_ENOMEM : ONR_ECONFIG, "%s", why.text);
    return 0;
}

void
onr_register_free(struct onr_register *r)
{
    if (!r)
        return;
    onr_arena_release(&r->texts);
    free(r->entry);
    free(r->names.key);
    free(r->roles.key);
    free(r);
}

void
onr_register_fingerprint(const struct onr_register *r, uint8_t ret[ONR_SHA256_LEN])
{
    if (r)
        memcpy(ret, r->fingerprint, ONR_SHA256_LEN);
    else
        onr_sha256("", 0, ret);
}

size_t
onr_register_size(const struct onr_register *r)
{
    return r ? r->n : 0;
}

const struct onr_register_entry *
onr_register_named(const struct onr_register *r, struct onr_span words, bool *ret_alias)
{
    char folded[ONR_NAME_MAX];
    struct onr_span text = r ? fold(words, true, folded) : ONR_SPAN_NULL;
    const struct key *k = text.len > 0 ? find(&r->names, text) : NULL;

    if (!k)
        return NULL;
    if (ret_alias)
        *ret_alias = k->alias;
    return &r->entry[k->entry];
}

const struct onr_register_entry *
onr_register_in_role(const struct onr_register *r, struct onr_span words)
{
    char folded[ONR_NAME_MAX];
    struct onr_span text = r ? fold(words, false, folded) : ONR_SPAN_NULL;
    const struct key *k = text.len > 0 ? find(&r->roles, text) : NULL;

    if (!k)
        return NULL;
    for (const struct key *next = k + 1; next < r->roles.key + r->roles.n; next++) {
        if (!onr_span_eq(next->text, text))
            break;
        if (next->entry != k->entry)
            return NULL;
    }
    return &r->entry[k->entry];
}

bool
onr_register_same_role(struct onr_span a, struct onr_span b)
{
    char one[ONR_NAME_MAX], two[ONR_NAME_MAX];

    a = fold(a, false, one);
    b = fold(b, false, two);
    return a.len > 0 && onr_span_eq(a, b);
}
