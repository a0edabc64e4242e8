/* common/line/head_store.c - the last verified head of each lane (head_store.h).
 *
 * An array of heads in order of origins: partitions are few, a head is some kilobytes.
 */
#include "common/line/head_store.h"

#include <inttypes.h>
#include <stdlib.h>

#include "common/base/file.h"

#define FIRST_LINE "onrecord heads v1"
#define KEYS       "keys "

struct onr_head_store {
    struct onr_head *head; /* in order of origin */
    size_t n, cap;
    uint64_t keys; /* entries of the key log; 0: not known */
    uint8_t keys_hash[ONR_SHA256_LEN];
};

int
onr_head_store_new(struct onr_head_store **ret, struct onr_error *err)
{
    struct onr_head_store *s = calloc(1, sizeof *s);

    if (!s)
        return onr_fail(err, ONR_ENOMEM, "no memory for the heads of lanes");
    *ret = s;
    return 0;
}

void
onr_head_store_free(struct onr_head_store *s)
{
    if (!s)
        return;
    free(s->head);
    free(s);
}

/* Place of origin in the array: where it is, or where it belongs. */
static size_t
find(const struct onr_head_store *s, const char *origin, bool *ret_found)
{
    size_t lo = 0, hi = s->n;

    *ret_found = false;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        int c = strcmp(s->head[mid].origin, origin);

        if (c == 0) {
            *ret_found = true;
            return mid;
        }
        if (c < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

const struct onr_head *
onr_head_store_get(const struct onr_head_store *s, const char *origin)
{
    bool found;
    size_t i = find(s, origin, &found);

    return found ? &s->head[i] : NULL;
}

size_t
onr_head_store_count(const struct onr_head_store *s)
{
    return s->n;
}

const struct onr_head *
onr_head_store_at(const struct onr_head_store *s, size_t i)
{
    return &s->head[i];
}

void
onr_head_store_put_keys(struct onr_head_store *s, uint64_t n, const uint8_t hash[ONR_SHA256_LEN])
{
    if (n <= s->keys)
        return;
    s->keys = n;
    memcpy(s->keys_hash, hash, ONR_SHA256_LEN);
}

uint64_t
onr_head_store_keys(const struct onr_head_store *s, uint8_t ret_hash[ONR_SHA256_LEN])
{
    memcpy(ret_hash, s->keys_hash, ONR_SHA256_LEN);
    return s->keys;
}

static int
check_forward(const struct onr_head *old, const struct onr_head *new, struct onr_error *err)
{
    if (new->tree.size < old->tree.size || new->commit_no < old->commit_no)
        return onr_fail(err, ONR_ESTATE,
                        "lane %s: head of %" PRIu64 " records (COMMIT %" PRIu64
                        ") lies behind the one kept, %" PRIu64 " records (COMMIT %" PRIu64 ")",
                        new->origin, new->tree.size, new->commit_no, old->tree.size,
                        old->commit_no);
    if (new->tree.size == old->tree.size && memcmp(new->root, old->root, sizeof old->root) != 0)
        return onr_fail(err, ONR_ESTATE,
                        "lane %s: another root at %" PRIu64 " records than the one kept",
                        new->origin, old->tree.size);
    return 0;
}

static int
insert(struct onr_head_store *s, size_t at, const struct onr_head *head, struct onr_error *err)
{
    if (s->n == ONR_HEADS_MAX)
        return onr_fail(err, ONR_ELIMIT, "more than %d lanes in one file of heads", ONR_HEADS_MAX);
    if (s->n == s->cap) {
        size_t cap = s->cap ? 2 * s->cap : 8;
        struct onr_head *grown = realloc(s->head, cap * sizeof *grown);

        if (!grown)
            return onr_fail(err, ONR_ENOMEM, "no memory for the heads of lanes");
        s->head = grown;
        s->cap = cap;
    }
    memmove(s->head + at + 1, s->head + at, (s->n - at) * sizeof *s->head);
    s->head[at] = *head;
    s->n++;
    return 0;
}

int
onr_head_store_put(struct onr_head_store *s, const struct onr_head *head, struct onr_error *err)
{
    bool found;
    size_t i = find(s, head->origin, &found);
    int rc;

    if (!head->started)
        return onr_fail(err, ONR_ESTATE, "lane %s has no COMMIT yet: there is no head to keep",
                        head->origin);
    if (!found)
        return insert(s, i, head, err);
    if ((rc = check_forward(&s->head[i], head, err)) < 0)
        return rc;
    s->head[i] = *head;
    return 0;
}

int
onr_head_store_save(const struct onr_head_store *s, const char *path, struct onr_error *err)
{
    struct onr_buf text = ONR_BUF_INIT(ONR_HEADS_FILE_MAX);
    char hex[ONR_HEX_LEN(ONR_SHA256_LEN)];
    int rc = onr_buf_add_z(&text, FIRST_LINE "\n");

    if (rc == 0 && s->keys)
        rc = onr_buf_printf(&text, KEYS "%" PRIu64 " %s\n", s->keys,
                            onr_hex(s->keys_hash, ONR_SHA256_LEN, hex));
    for (size_t i = 0; i < s->n && rc == 0; i++)
        rc = onr_head_print(&s->head[i], &text);
    if (rc < 0)
        onr_fail(err, -rc, "%s: no room for the heads of %zu lanes", path, s->n);
    else
        rc = onr_file_replace(path, onr_buf_span(&text), 0644, err);
    onr_buf_release(&text);
    return rc;
}

static int
load_keys(struct onr_head_store *s, struct onr_span line, struct onr_error *err)
{
    uint8_t hash[ONR_SHA256_LEN];
    unsigned long long n;
    struct onr_span word;

    onr_span_next(&line, ' ', &word);
    if (!onr_span_next(&line, ' ', &word) || onr_span_u64(word, &n) < 0 || n == 0
        || onr_unhex(line, hash, sizeof hash) < 0)
        return onr_fail(err, ONR_ESTATE,
                        "not \"" KEYS "\", a number of entries and a hash of 64 digits");
    onr_head_store_put_keys(s, n, hash);
    return 0;
}

static int
load_line(struct onr_head_store *s, struct onr_span line, struct onr_error *err)
{
    struct onr_head head;
    int rc;

    if (onr_span_starts(line, ONR_SPAN(KEYS)))
        return load_keys(s, line, err);
    if ((rc = onr_head_parse(line, &head, err)) < 0)
        return rc;
    return onr_head_store_put(s, &head, err);
}

int
onr_head_store_load(struct onr_head_store *s, const char *path, struct onr_error *err)
{
    struct onr_buf text = ONR_BUF_INIT(ONR_HEADS_FILE_MAX);
    struct onr_span rest, line;
    unsigned no = 1;
    int rc;

    if ((rc = onr_file_read(path, &text, err)) < 0)
        goto out;
    rest = onr_buf_span(&text);
    if (!onr_span_ends(rest, ONR_SPAN("\n")) || !onr_span_next(&rest, '\n', &line)
        || !onr_span_eq_z(line, FIRST_LINE)) {
        rc = onr_fail(err, ONR_ESTATE, "%s: not a whole file of lane heads (first line \"%s\")",
                      path, FIRST_LINE);
        goto out;
    }
    while (rc == 0 && rest.len && onr_span_next(&rest, '\n', &line)) {
        struct onr_error why = ONR_ERROR_INIT;

        no++;
        rc = load_line(s, line, &why);
        if (rc < 0)
            rc = onr_fail(err, rc == -ONR_ENOMEM ? ONR_ENOMEM : ONR_ESTATE, "%s line %u: %s", path,
                          no, why.text);
    }
out:
    onr_buf_release(&text);
    return rc;
}
