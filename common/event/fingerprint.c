/* common/event/fingerprint.c - see fingerprint.h. Names are plain ASCII letters once parsed, so nothing needs escaping. */
#include "common/event/fingerprint.h"

#include "common/base/sha256.h"

#define CANONICAL_MAX (4 * ONR_SCHEMA_MAX)
#define NAMED_MAX     256 /* as many as avro_schema.c admits */

struct writer {
    struct onr_buf *out;
    const struct onr_avro_node
        *seen[NAMED_MAX]; /* written in full before: only their name follows */
    size_t n_seen;
    int rc; /* first error */
};

static void write_type(struct writer *w, const struct onr_avro_node *t);

static void
put(struct writer *w, const char *z)
{
    if (w->rc == 0)
        w->rc = onr_buf_add_z(w->out, z);
}

static void
put_quoted(struct writer *w, const char *name)
{
    if (w->rc == 0)
        w->rc = onr_buf_printf(w->out, "\"%s\"", name);
}

static bool
seen(struct writer *w, const struct onr_avro_node *t)
{
    for (size_t i = 0; i < w->n_seen; i++)
        if (w->seen[i] == t)
            return true;
    if (w->n_seen < NAMED_MAX)
        w->seen[w->n_seen++] = t;
    return false;
}

/* A record, enum or fixed: its name alone if it was written before. */
static void
write_named(struct writer *w, const struct onr_avro_node *t)
{
    if (seen(w, t)) {
        put_quoted(w, t->name);
        return;
    }
    put(w, "{\"name\":");
    put_quoted(w, t->name);
    put(w, ",\"type\":");
    put_quoted(w, onr_avro_type_name(t->type));
    if (t->type == ONR_AVRO_FIXED) {
        if (w->rc == 0)
            w->rc = onr_buf_printf(w->out, ",\"size\":%zu}", t->size);
        return;
    }
    put(w, t->type == ONR_AVRO_RECORD ? ",\"fields\":[" : ",\"symbols\":[");
    for (size_t i = 0; i < t->n; i++) {
        put(w, i ? "," : "");
        if (t->type == ONR_AVRO_RECORD) {
            put(w, "{\"name\":");
            put_quoted(w, t->label[i]);
            put(w, ",\"type\":");
            write_type(w, t->kid[i]);
            put(w, "}");
        } else {
            put_quoted(w, t->label[i]);
        }
    }
    put(w, "]}");
}

static void
write_type(struct writer *w, const struct onr_avro_node *t)
{
    switch (t->type) {
    case ONR_AVRO_RECORD:
    case ONR_AVRO_ENUM:
    case ONR_AVRO_FIXED:
        write_named(w, t);
        return;
    case ONR_AVRO_UNION:
        put(w, "[");
        for (size_t i = 0; i < t->n; i++) {
            put(w, i ? "," : "");
            write_type(w, t->kid[i]);
        }
        put(w, "]");
        return;
    case ONR_AVRO_ARRAY:
    case ONR_AVRO_MAP:
        put(w, t->type == ONR_AVRO_ARRAY ? "{\"type\":\"array\",\"items\":"
                                         : "{\"type\":\"map\",\"values\":");
        write_type(w, t->kid[0]);
        put(w, "}");
        return;
    default:
        put_quoted(w, onr_avro_type_name(t->type));
    }
}

int
onr_avro_canonical(const struct onr_avro_schema *s, struct onr_buf *out, struct onr_error *err)
{
    struct writer w = { .out = out };

    write_type(&w, s->root);
    if (w.rc < 0)
        return onr_fail(err, -w.rc, "no room for the canonical form of a schema");
    return 0;
}

int
onr_avro_fingerprint(const struct onr_avro_schema *s, uint8_t ret[32], struct onr_error *err)
{
    struct onr_buf form = ONR_BUF_INIT(CANONICAL_MAX);
    int rc = onr_avro_canonical(s, &form, err);

    if (rc == 0)
        onr_sha256(form.ptr, form.len, ret);
    onr_buf_release(&form);
    return rc;
}
