/* tests/event_avro.h - Avro C as the other opinion: reads, changes and writes records by the built-in schemas or variants of
 * them. Everything aborts on failure: these are tests, and their data are good.
 */
#ifndef ONR_TESTS_EVENT_AVRO_H
#define ONR_TESTS_EVENT_AVRO_H

#include <avro.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/buf.h"
#include "common/event/bind.h"
#include "common/event/schema_data.h"

#define MUST(condition)                                                                            \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: %s: %s\n", __FILE__, __LINE__, #condition, avro_strerror());   \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

/* Schema file of a record type: they stand in the order of enum onr_record_type. */
static inline struct onr_span
builtin_json(enum onr_record_type type)
{
    return onr_schema_file((size_t) type).json;
}

static inline void
oracle_new(struct onr_span json, avro_value_t *ret)
{
    avro_schema_t schema;
    avro_value_iface_t *class;

    MUST(avro_schema_from_json_length(json.ptr, json.len, &schema) == 0);
    MUST((class = avro_generic_class_from_schema(schema)) != NULL);
    MUST(avro_generic_value_new(class, ret) == 0);
    avro_value_iface_decref(class);
    avro_schema_decref(schema);
}

/* True when Avro C reads the bytes as the value's schema and nothing is left. */
static inline bool
oracle_reads(struct onr_span bytes, avro_value_t *v)
{
    avro_reader_t in = avro_reader_memory(bytes.len ? bytes.ptr : "", (int64_t) bytes.len);
    bool whole;

    MUST(in != NULL);
    avro_value_reset(v);
    whole = avro_value_read(in, v) == 0 && avro_skip(in, 1) != 0;
    avro_reader_free(in);
    return whole;
}

static inline void
oracle_writes(avro_value_t *v, struct onr_buf *out)
{
    size_t size;
    avro_writer_t w;

    onr_buf_clear(out);
    MUST(avro_value_sizeof(v, &size) == 0);
    MUST(onr_buf_reserve(out, size + 1) == 0);
    MUST((w = avro_writer_memory(out->ptr, (int64_t) size)) != NULL);
    MUST(avro_value_write(w, v) == 0);
    out->len = size;
    avro_writer_free(w);
}

/* The value at a path such as "article.version" or "cast.0.name"; a union's present branch is taken by itself. */
static inline void
oracle_at(const avro_value_t *root, const char *path, avro_value_t *ret)
{
    char part[64];

    *ret = *root;
    while (*path) {
        size_t n = strcspn(path, ".");
        avro_value_t next;

        snprintf(part, sizeof part, "%.*s", (int) n, path);
        if (part[0] >= '0' && part[0] <= '9')
            MUST(avro_value_get_by_index(ret, (size_t) atoi(part), &next, NULL) == 0);
        else
            MUST(avro_value_get_by_name(ret, part, &next, NULL) == 0);
        *ret = next;
        if (avro_value_get_type(ret) == AVRO_UNION) {
            MUST(avro_value_get_current_branch(ret, &next) == 0);
            *ret = next;
        }
        path += n + (path[n] == '.');
    }
}

/* Something of the value's own type, for fields that only a variant has. */
static inline void
oracle_set_any(avro_value_t *v)
{
    avro_value_t item;

    switch (avro_value_get_type(v)) {
    case AVRO_STRING:
        MUST(avro_value_set_string(v, "added") == 0);
        break;
    case AVRO_INT64:
        MUST(avro_value_set_long(v, -7) == 0);
        break;
    case AVRO_UNION:
        MUST(avro_value_set_branch(v, 1, &item) == 0);
        oracle_set_any(&item);
        break;
    case AVRO_ARRAY:
        for (int i = 0; i < 3; i++) {
            MUST(avro_value_append(v, &item, NULL) == 0);
            oracle_set_any(&item);
        }
        break;
    default:
        MUST(!"a type that no test adds");
    }
}

static inline void oracle_convert(const avro_value_t *from, avro_value_t *to);

static inline void
oracle_convert_nested(const avro_value_t *from, avro_value_t *to, avro_type_t type)
{
    avro_value_t a, b;
    size_t n;
    const char *name;
    int branch;

    switch (type) {
    case AVRO_RECORD:
        MUST(avro_value_get_size(to, &n) == 0);
        for (size_t i = 0; i < n; i++) {
            MUST(avro_value_get_by_index(to, i, &b, &name) == 0);
            if (avro_value_get_by_name(from, name, &a, NULL) == 0)
                oracle_convert(&a, &b);
            else
                oracle_set_any(&b);
        }
        break;
    case AVRO_ARRAY:
        MUST(avro_value_get_size(from, &n) == 0);
        for (size_t i = 0; i < n; i++) {
            MUST(avro_value_get_by_index(from, i, &a, NULL) == 0);
            MUST(avro_value_append(to, &b, NULL) == 0);
            oracle_convert(&a, &b);
        }
        break;
    default:
        MUST(avro_value_get_discriminant(from, &branch) == 0);
        MUST(avro_value_get_current_branch(from, &a) == 0);
        MUST(avro_value_set_branch(to, branch, &b) == 0);
        oracle_convert(&a, &b);
    }
}

/* Copy by field name into a value of a variant of the schema. */
static inline void
oracle_convert(const avro_value_t *from, avro_value_t *to)
{
    avro_type_t type = avro_value_get_type(to);
    const char *z;
    const void *p;
    size_t n;
    int32_t i32;
    int64_t i64;
    int e;

    switch (type) {
    case AVRO_RECORD:
    case AVRO_ARRAY:
    case AVRO_UNION:
        oracle_convert_nested(from, to, type);
        break;
    case AVRO_STRING:
        MUST(avro_value_get_string(from, &z, &n) == 0 && avro_value_set_string_len(to, z, n) == 0);
        break;
    case AVRO_BYTES:
        MUST(avro_value_get_bytes(from, &p, &n) == 0);
        MUST(avro_value_set_bytes(to, (void *) (uintptr_t) p, n) == 0);
        break;
    case AVRO_FIXED:
        MUST(avro_value_get_fixed(from, &p, &n) == 0);
        MUST(avro_value_set_fixed(to, (void *) (uintptr_t) p, n) == 0);
        break;
    case AVRO_ENUM:
        MUST(avro_value_get_enum(from, &e) == 0 && avro_value_set_enum(to, e) == 0);
        break;
    case AVRO_NULL:
        MUST(avro_value_set_null(to) == 0);
        break;
    case AVRO_INT32:
        MUST(avro_value_get_int(from, &i32) == 0 && avro_value_set_int(to, i32) == 0);
        break;
    default:
        if (avro_value_get_type(from) == AVRO_INT32) {
            MUST(avro_value_get_int(from, &i32) == 0);
            i64 = i32;
        } else {
            MUST(avro_value_get_long(from, &i64) == 0);
        }
        MUST(avro_value_set_long(to, i64) == 0);
    }
}

/* Variants: what is done to every record in a schema, however deep. */
enum variant { FIELDS_ADDED, DEFAULTED_FIELDS_REMOVED, FIELDS_MOVED, INTS_WIDENED, VARIANTS };

static inline void
change_fields(json_t *fields, enum variant v)
{
    size_t i = 0;

    while (i < json_array_size(fields)) {
        json_t *f = json_array_get(fields, i), *type = json_object_get(f, "type");
        const char *z = json_string_value(type);

        if (v == DEFAULTED_FIELDS_REMOVED && json_object_get(f, "default")) {
            json_array_remove(fields, i);
            continue;
        }
        if (v == INTS_WIDENED && z && strcmp(z, "int") == 0)
            json_object_set_new(f, "type", json_string("long"));
        i++;
    }
    if (v == FIELDS_ADDED) {
        MUST(
            json_array_insert_new(
                fields, 0,
                json_loads("{\"name\":\"added_1\",\"type\":[\"null\",\"string\"],\"default\":null}",
                           0, NULL))
            == 0);
        MUST(json_array_append_new(
                 fields,
                 json_loads("{\"name\":\"added_2\",\"type\":\"string\",\"default\":\"\"}", 0, NULL))
             == 0);
    }
    for (i = 0; v == FIELDS_MOVED && i < json_array_size(fields); i++) {
        json_t *f = json_array_get(fields, i), *type = json_object_get(f, "type");

        if (!json_is_string(type) || strcmp(json_string_value(type), "Sha256") == 0)
            continue;
        json_incref(f);
        json_array_remove(fields, i);
        json_array_append_new(fields, f);
        break;
    }
}

static inline void
change_type(json_t *t, enum variant v)
{
    json_t *fields = json_object_get(t, "fields"), *items = json_object_get(t, "items");
    size_t i;
    json_t *kid;

    if (json_is_array(t)) {
        json_array_foreach(t, i, kid) change_type(kid, v);
        return;
    }
    if (items && v == INTS_WIDENED && json_is_string(items)
        && strcmp(json_string_value(items), "int") == 0)
        json_object_set_new(t, "items", json_string("long"));
    if (items)
        change_type(json_object_get(t, "items"), v);
    if (fields) {
        change_fields(fields, v);
        json_array_foreach(fields, i, kid) change_type(json_object_get(kid, "type"), v);
    }
}

/** JSON of the built-in schema with the variant's change made everywhere; a list added to the outermost record too. Free it. */
static inline char *
variant_json(enum onr_record_type type, enum variant v)
{
    struct onr_span json = builtin_json(type);
    json_t *root = json_loadb(json.ptr, json.len, 0, NULL);
    char *text;

    MUST(root != NULL);
    change_type(root, v);
    if (v == FIELDS_ADDED)
        MUST(json_array_insert_new(json_object_get(root, "fields"), 1,
                                   json_loads("{\"name\":\"added_3\",\"type\":{\"type\":\"array\","
                                              "\"items\":\"long\"},\"default\":[]}",
                                              0, NULL))
             == 0);
    MUST((text = json_dumps(root, 0)) != NULL);
    json_decref(root);
    return text;
}

/** Bytes of a built-in schema become bytes of the variant. */
static inline void
variant_bytes(enum onr_record_type type, struct onr_span bytes, const char *variant,
              struct onr_buf *out)
{
    avro_value_t from, to;

    oracle_new(builtin_json(type), &from);
    oracle_new(onr_span_z(variant), &to);
    MUST(oracle_reads(bytes, &from));
    oracle_convert(&from, &to);
    oracle_writes(&to, out);
    avro_value_decref(&from);
    avro_value_decref(&to);
}

#endif
