/* common/event/encode.c - structs -> Avro bytes, through Avro C's generic values and the tables of bind.h.
 *
 * One value a record type lives as long as the codec. Texts are given to it, not copied (avro_value_give_*): Avro C
 * never touches the byte behind the text that its size counts for a NUL. The exact size is asked for before writing, so the
 * output grows once and a full one is found before anything is written.
 */
#include <errno.h>

#include "common/base/utf8.h"
#include "common/event/codec_impl.h"

#define FIRST_ROOM 2048 /* bytes: most records fit */

struct encoder {
    struct onr_error *err;
};

static int put_record(struct encoder *e, const struct onr_bind_record *of, const char *base,
                      avro_value_t *to);
static int put(struct encoder *e, const struct onr_bind *b, const char *base, avro_value_t *to);

static int
avro_failed(struct encoder *e, const char *what, int rc)
{
    return onr_fail(e->err, rc == EINVAL ? ONR_ECONFIG : ONR_ENOMEM, "%s: Avro C: %s", what,
                    avro_strerror());
}

static int
over_limit(struct encoder *e, const struct onr_bind *b, size_t has)
{
    return onr_fail(e->err, ONR_ELIMIT, "%s has %zu, more than the limit of %lld", b->name, has,
                    (long long) b->max);
}

static int
put_text(struct encoder *e, const struct onr_bind *b, const char *base, avro_value_t *to)
{
    struct onr_span s;
    avro_wrapped_buffer_t buf;
    int rc;

    memcpy(&s, base + b->offset, sizeof s);
    if (!s.ptr)
        s = ONR_SPAN("");
    if (s.len > (size_t) b->max)
        return over_limit(e, b, s.len);
    if (b->kind == ONR_BIND_BYTES && s.len != (size_t) b->max)
        return onr_fail(e->err, ONR_EINPUT, "%s has %zu bytes and must have %lld", b->name, s.len,
                        (long long) b->max);
    if (b->kind == ONR_BIND_TEXT && !onr_utf8_check(s, NULL))
        return onr_fail(e->err, ONR_EINPUT, "%s is not UTF-8, or holds a NUL", b->name);
    if ((rc = avro_wrapped_buffer_new(&buf, s.ptr, s.len + (b->kind == ONR_BIND_TEXT))) == 0)
        rc = b->kind == ONR_BIND_TEXT ? avro_value_give_string_len(to, &buf)
                                      : avro_value_give_bytes(to, &buf);
    return rc ? avro_failed(e, b->name, rc) : 0;
}

static int64_t
number_at(const struct onr_bind *b, const char *base)
{
    int16_t i16;
    int32_t i32;
    uint32_t u32;
    int64_t i64;

    switch (b->kind) {
    case ONR_BIND_I16:
        memcpy(&i16, base + b->offset, sizeof i16);
        return i16;
    case ONR_BIND_I32:
        memcpy(&i32, base + b->offset, sizeof i32);
        return i32;
    case ONR_BIND_U32:
        memcpy(&u32, base + b->offset, sizeof u32);
        return u32;
    default:
        memcpy(&i64, base + b->offset, sizeof i64);
        return i64;
    }
}

static int
put_number(struct encoder *e, const struct onr_bind *b, const char *base, avro_value_t *to)
{
    int64_t v = number_at(b, base);
    int rc;

    if (v < 0 || v > b->max)
        return onr_fail(e->err, v < 0 ? ONR_EINPUT : ONR_ELIMIT, "%s is %lld and must be 0 to %lld",
                        b->name, (long long) v, (long long) b->max);
    rc = b->kind == ONR_BIND_I64 ? avro_value_set_long(to, v) : avro_value_set_int(to, (int32_t) v);
    return rc ? avro_failed(e, b->name, rc) : 0;
}

static int
put_enum(struct encoder *e, const struct onr_bind *b, const char *base, avro_value_t *to)
{
    int v, rc;

    memcpy(&v, base + b->offset, sizeof v);
    if (strcmp(b->symbol(v), "unknown") == 0)
        return onr_fail(e->err, ONR_EINPUT, "%s has the value %d, which has no name", b->name, v);
    rc = avro_value_set_enum(to, v);
    return rc ? avro_failed(e, b->name, rc) : 0;
}

static int
put_optional(struct encoder *e, const struct onr_bind *b, const char *base, avro_value_t *to)
{
    avro_value_t branch;
    bool present;
    int rc;

    memcpy(&present, base + b->flag, sizeof present);
    if ((rc = avro_value_set_branch(to, present, &branch)) != 0
        || (!present && (rc = avro_value_set_null(&branch)) != 0))
        return avro_failed(e, b->name, rc);
    return present ? put_record(e, b->record, base + b->offset, &branch) : 0;
}

static int
put_list(struct encoder *e, const struct onr_bind *b, const char *base, avro_value_t *to)
{
    const char *items = base + b->offset;
    avro_value_t item;
    size_t n;
    int rc;

    memcpy(&n, base + b->flag, sizeof n);
    if (n > (size_t) b->max)
        return over_limit(e, b, n);
    if (b->kind == ONR_BIND_LIST)
        memcpy(&items, base + b->offset, sizeof items);
    for (size_t i = 0; i < n; i++, items += b->item_size) {
        if ((rc = avro_value_append(to, &item, NULL)) != 0)
            return avro_failed(e, b->name, rc);
        if (b->record)
            rc = put_record(e, b->record, items, &item);
        else
            rc = put(e, b->item, items, &item);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static int
put(struct encoder *e, const struct onr_bind *b, const char *base, avro_value_t *to)
{
    int rc;

    switch (b->kind) {
    case ONR_BIND_TEXT:
    case ONR_BIND_BYTES:
        return put_text(e, b, base, to);
    case ONR_BIND_ENUM:
        return put_enum(e, b, base, to);
    case ONR_BIND_SHA256:
        rc = avro_value_set_fixed(to, (void *) (uintptr_t) (base + b->offset), 32);
        return rc ? avro_failed(e, b->name, rc) : 0;
    case ONR_BIND_RECORD:
        return put_record(e, b->record, base + b->offset, to);
    case ONR_BIND_OPTIONAL:
        return put_optional(e, b, base, to);
    case ONR_BIND_LIST:
    case ONR_BIND_INLINE:
        return put_list(e, b, base, to);
    default:
        return put_number(e, b, base, to);
    }
}

static int
put_record(struct encoder *e, const struct onr_bind_record *of, const char *base, avro_value_t *to)
{
    avro_value_t field;
    int rc;

    for (size_t i = 0; i < of->n; i++) {
        if ((rc = avro_value_get_by_index(to, i, &field, NULL)) != 0)
            return avro_failed(e, of->field[i].name, rc);
        if ((rc = put(e, &of->field[i], base, &field)) < 0)
            return rc;
    }
    return 0;
}

static int
add_frame(struct onr_buf *out, uint32_t id, struct onr_error *err)
{
    const uint8_t frame[ONR_FRAME_LEN] = { 0, (uint8_t) (id >> 24), (uint8_t) (id >> 16),
                                           (uint8_t) (id >> 8), (uint8_t) id };

    int rc = onr_buf_add(out, frame, sizeof frame);

    return rc < 0 ? onr_fail(err, -rc, "the output has no room for it") : 0;
}

/* Write the filled value behind what is in out. Asking for its size first would cost as much as writing it, so it is
 * written where there is room and once more where there was not enough. */
static int
write_value(struct onr_codec *c, struct onr_codec_writer *w, size_t max, struct onr_buf *out,
            struct encoder *e)
{
    size_t most = out->max - out->len < max ? out->max - out->len : max;
    size_t room = FIRST_ROOM < most ? FIRST_ROOM : most;
    int rc;

    for (;;) {
        if ((rc = onr_buf_reserve(out, room)) < 0)
            return onr_fail(e->err, -rc, "no memory for %zu bytes", room);
        avro_writer_memory_set_dest(c->out, out->ptr + out->len, (int64_t) room);
        if ((rc = avro_value_write(c->out, &w->value)) == 0)
            break;
        if (rc != ENOSPC)
            return avro_failed(e, "writing", rc);
        if (room == most)
            return onr_fail(e->err, ONR_ELIMIT, "it has more than %zu bytes", most);
        room = room < most / 2 ? room * 2 : most;
    }
    out->len += (size_t) avro_writer_tell(c->out);
    out->ptr[out->len] = '\0';
    return 0;
}

static int
encode(struct onr_codec *c, enum onr_record_type type, const void *from, bool framed, size_t max,
       struct onr_buf *out, struct onr_error *err)
{
    struct onr_codec_writer *w = &c->writer[type];
    struct encoder e = { .err = err };
    size_t before = out->len;
    int rc;

    if ((rc = put_record(&e, onr_bind_of(type), from, &w->value)) == 0
        && (rc = framed ? add_frame(out, c->schema[w->schema].id, err) : 0) == 0)
        rc = write_value(c, w, max, out, &e);
    if (rc < 0) {
        out->len = before;
        if (out->ptr)
            out->ptr[before] = '\0';
        onr_fail_in(err, "cannot encode a %s: ", onr_bind_of(type)->name);
    }
    avro_value_reset(&w->value); /* it must not keep texts that it was only given */
    return rc;
}

int
onr_article_encode(struct onr_codec *c, const struct onr_article *a, bool framed,
                   struct onr_buf *out, struct onr_error *err)
{
    int rc = onr_article_check(a, err);

    return rc < 0 ? rc : encode(c, ONR_REC_ARTICLE, a, framed, ONR_MESSAGE_MAX, out, err);
}

int
onr_statement_encode(struct onr_codec *c, const struct onr_statement *s, bool framed,
                     struct onr_buf *out, struct onr_error *err)
{
    int rc = onr_statement_check(s, err);

    return rc < 0 ? rc
                  : encode(c, ONR_REC_STATEMENT, s, framed, ONR_STATEMENT_RECORD_MAX, out, err);
}

int
onr_result_encode(struct onr_codec *c, const struct onr_result *r, bool framed, struct onr_buf *out,
                  struct onr_error *err)
{
    int rc = onr_result_check(r, err);

    return rc < 0 ? rc : encode(c, ONR_REC_RESULT, r, framed, ONR_RESULT_RECORD_MAX, out, err);
}

int
onr_reject_encode(struct onr_codec *c, enum onr_reject_code code, bool framed, struct onr_buf *out,
                  struct onr_error *err)
{
    const struct onr_reject_record r = { code, onr_span_z(onr_reject_sentence(code)) };

    return encode(c, ONR_REC_REJECT, &r, framed, ONR_MESSAGE_MAX, out, err);
}

int
onr_commit_record_encode(struct onr_codec *c, const struct onr_commit_record *r, bool framed,
                         struct onr_buf *out, struct onr_error *err)
{
    return encode(c, ONR_REC_COMMIT, r, framed, ONR_MESSAGE_MAX, out, err);
}

/* Encoding goes by position: the schema must have the fields of the table, in its order. */
static int
check_fields(avro_schema_t schema, const struct onr_bind_record *of, struct onr_error *err)
{
    size_t n = is_avro_record(schema) ? avro_schema_record_size(schema) : 0;

    if (n != of->n)
        return onr_fail(err, ONR_ECONFIG, "%s has %zu fields in schemas/ and %zu in bind.c",
                        of->name, n, of->n);
    for (size_t i = 0; i < n; i++) {
        const struct onr_bind *b = &of->field[i];
        avro_schema_t t = avro_schema_record_field_get_by_index(schema, (int) i);
        int rc;

        if (strcmp(avro_schema_record_field_name(schema, (int) i), b->name) != 0)
            return onr_fail(err, ONR_ECONFIG, "%s: field %zu is %s in schemas/ and %s in bind.c",
                            of->name, i, avro_schema_record_field_name(schema, (int) i), b->name);
        if (!b->record)
            continue;
        if (is_avro_union(t))
            t = avro_schema_union_branch(t, 1);
        else if (is_avro_array(t))
            t = avro_schema_array_items(t);
        if (is_avro_link(t))
            t = avro_schema_link_target(t);
        if ((rc = check_fields(t, b->record, err)) < 0)
            return rc;
    }
    return 0;
}

int
onr_codec_writer_init(struct onr_codec_writer *w, enum onr_record_type type, struct onr_span json,
                      struct onr_error *err)
{
    avro_schema_t schema;
    int rc;

    if (avro_schema_from_json_length(json.ptr, json.len, &schema) != 0)
        return onr_fail(err, ONR_ECONFIG, "Avro C: %s", avro_strerror());
    if ((rc = check_fields(schema, onr_bind_of(type), err)) == 0
        && (!(w->class = avro_generic_class_from_schema(schema))
            || avro_generic_value_new(w->class, &w->value) != 0))
        rc = onr_fail(err, ONR_ENOMEM, "no memory for a value: %s", avro_strerror());
    avro_schema_decref(schema);
    return rc;
}

void
onr_codec_writer_release(struct onr_codec_writer *w)
{
    if (w->value.iface)
        avro_value_decref(&w->value);
    if (w->class)
        avro_value_iface_decref(w->class);
    *w = (struct onr_codec_writer){ 0 };
}
