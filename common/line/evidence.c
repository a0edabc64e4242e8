/* common/line/evidence.c - the evidence file as text: printed and read. See evidence.h; what it proves is in evidence_check.c. */
#include "common/line/evidence.h"

#include <inttypes.h>
#include <stdlib.h>

#include "common/stmtlog/base64.h"

#define FIRST_LINE "onrecord evidence v1"
#define PROOF_LINE "c2sp.org/tlog-proof@v1"

/* --- printing --------------------------------------------------------------------------------------------------------- */

/* "word base64\n", "word -\n" for null. */
static int
add(struct onr_buf *out, const char *word, struct onr_span bytes)
{
    char *text;
    int rc;

    if (!bytes.ptr)
        return onr_buf_printf(out, "%s -\n", word);
    if (!(text = malloc(ONR_BASE64_LEN(bytes.len))))
        return -ONR_ENOMEM;
    if ((rc = onr_buf_printf(out, "%s ", word)) == 0
        && (rc = onr_buf_add_z(out, onr_base64(bytes.ptr, bytes.len, text))) == 0)
        rc = onr_buf_add_byte(out, '\n');
    free(text);
    return rc;
}

static int
add_proof(struct onr_buf *out, const struct onr_evidence *e)
{
    char b64[ONR_BASE64_LEN(ONR_SHA256_LEN)];
    int rc = onr_buf_printf(out, "\n" PROOF_LINE "\nindex %" PRIu64 "\n", e->index);

    for (size_t i = 0; i < e->proof.n && rc == 0; i++)
        rc = onr_buf_printf(out, "%s\n", onr_base64(e->proof.node[i], ONR_SHA256_LEN, b64));
    if (rc == 0)
        rc = onr_buf_add_byte(out, '\n');
    return rc < 0 ? rc : onr_buf_add_span(out, e->checkpoint);
}

int
onr_evidence_print(const struct onr_evidence *e, struct onr_buf *out, struct onr_error *err)
{
    int rc;

    if ((rc = onr_buf_add_z(out, FIRST_LINE "\n")) == 0 && (rc = add(out, "leaf", e->leaf)) == 0
        && (rc = add(out, "signature", e->signature)) == 0
        && (rc = add(out, "record", e->payload)) == 0
        && (rc = add(out, "input-key", e->input_key)) == 0)
        rc = add(out, "input", e->input_value);
    for (size_t i = 0; i < e->n_entries && rc == 0; i++)
        rc = add(out, "entry", e->entry[i]);
    if (rc == 0)
        rc = add_proof(out, e);
    return rc < 0 ? onr_fail(err, -rc, "no room for an evidence file") : 0;
}

/* --- reading ---------------------------------------------------------------------------------------------------------- */

struct lines {
    struct onr_span rest; /* null at the end */
    unsigned no;          /* of the line read last */
    struct onr_arena *arena;
    struct onr_error *err;
};

static int
damaged(const struct lines *l, const char *what)
{
    return onr_fail(l->err, ONR_EINPUT, "line %u: %s", l->no, what);
}

static int
next_line(struct lines *l, struct onr_span *ret)
{
    l->no++;
    if (!l->rest.ptr || l->rest.len == 0 || !onr_span_next(&l->rest, '\n', ret) || !l->rest.ptr)
        return damaged(l, "the file ends here, or its last line has no end");
    return 0;
}

static int
decode(struct lines *l, struct onr_span text, struct onr_span *ret)
{
    uint8_t *bytes;
    size_t len;

    if (onr_span_eq_z(text, "-")) {
        *ret = ONR_SPAN_NULL;
        return 0;
    }
    if (!(bytes = onr_arena_alloc(l->arena, text.len + 1)))
        return onr_fail(l->err, ONR_ENOMEM, "no memory to read an evidence file");
    if (onr_unbase64(text, bytes, text.len + 1, &len) < 0)
        return damaged(l, "not base64");
    *ret = onr_span_of(bytes, len);
    return 0;
}

/* A line "word base64". */
static int
take(struct lines *l, const char *word, struct onr_span *ret)
{
    struct onr_span line, first;
    int rc;

    if ((rc = next_line(l, &line)) < 0)
        return rc;
    if (!onr_span_next(&line, ' ', &first) || !onr_span_eq_z(first, word) || !line.ptr)
        return onr_fail(l->err, ONR_EINPUT, "line %u does not begin with \"%s \"", l->no, word);
    return decode(l, line, ret);
}

static size_t
count_entries(struct onr_span rest)
{
    struct onr_span line;
    size_t n = 0;

    while (onr_span_next(&rest, '\n', &line) && onr_span_starts(line, ONR_SPAN("entry ")))
        n++;
    return n;
}

static int
take_entries(struct lines *l, struct onr_evidence *e)
{
    size_t n = l->rest.ptr ? count_entries(l->rest) : 0;
    int rc = 0;

    if (n > ONR_KEYLOG_ENTRIES_MAX)
        return damaged(l, "more entries than a key log has");
    if (!(e->entry = onr_arena_array(l->arena, n + 1, sizeof *e->entry)))
        return onr_fail(l->err, ONR_ENOMEM, "no memory to read an evidence file");
    for (e->n_entries = 0; e->n_entries < n && rc == 0; e->n_entries++)
        rc = take(l, "entry", &e->entry[e->n_entries]);
    return rc;
}

static int
take_exactly(struct lines *l, const char *text)
{
    struct onr_span line;
    int rc = next_line(l, &line);

    if (rc == 0 && !onr_span_eq_z(line, text))
        rc = onr_fail(l->err, ONR_EINPUT, "line %u is not \"%s\"", l->no, text);
    return rc;
}

static int
take_proof(struct lines *l, struct onr_evidence *e)
{
    struct onr_span line, word;
    unsigned long long index;
    int rc;

    if ((rc = take_exactly(l, "")) < 0 || (rc = take_exactly(l, PROOF_LINE)) < 0
        || (rc = next_line(l, &line)) < 0)
        return rc;
    if (!onr_span_next(&line, ' ', &word) || !onr_span_eq_z(word, "index") || !line.ptr
        || onr_span_u64(line, &index) < 0)
        return damaged(l, "not \"index\" and a number");
    e->index = index;
    for (e->proof.n = 0;; e->proof.n++) {
        if ((rc = next_line(l, &line)) < 0 || line.len == 0)
            return rc;
        if (e->proof.n == ONR_FRONTIER_MAX)
            return damaged(l, "more hashes than a proof has");
        if (onr_unbase64_exact(line, e->proof.node[e->proof.n], ONR_SHA256_LEN) < 0)
            return damaged(l, "not the base64 of a hash");
    }
}

int
onr_evidence_parse(struct onr_span text, struct onr_arena *arena, struct onr_evidence *ret,
                   struct onr_error *err)
{
    struct lines l = { .rest = text, .arena = arena, .err = err };
    struct onr_evidence e = { .n_entries = 0 };
    int rc;

    if ((rc = take_exactly(&l, FIRST_LINE)) < 0 || (rc = take(&l, "leaf", &e.leaf)) < 0
        || (rc = take(&l, "signature", &e.signature)) < 0
        || (rc = take(&l, "record", &e.payload)) < 0
        || (rc = take(&l, "input-key", &e.input_key)) < 0
        || (rc = take(&l, "input", &e.input_value)) < 0 || (rc = take_entries(&l, &e)) < 0
        || (rc = take_proof(&l, &e)) < 0)
        return rc;
    e.checkpoint = l.rest;
    *ret = e;
    return 0;
}
