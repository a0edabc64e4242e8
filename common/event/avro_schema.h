/* common/event/avro_schema.h - an Avro schema as a tree of nodes: names resolved, everything dangerous refused.
 *
 * Avro C keeps its schema to itself, and neither refuses recursion nor computes a fingerprint. This tree is what the
 * fingerprint (fingerprint.h) and the walker (avro_walk.h) are made from. Refused: recursive types (a datum of a few
 * kilobytes would overflow Avro C's stack), arrays and maps of items that take no bytes (five bytes would become
 * millions of items), nesting over ONR_AVRO_DEPTH, names used twice, unknown names.
 */
#ifndef ONR_EVENT_AVRO_SCHEMA_H
#define ONR_EVENT_AVRO_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/arena.h"
#include "common/base/limits.h"

#define ONR_SCHEMA_MAX (256 * 1024) /* bytes of one schema's JSON: ours have 8 KiB */

enum onr_avro_type {
    ONR_AVRO_NULL,
    ONR_AVRO_BOOLEAN,
    ONR_AVRO_INT,
    ONR_AVRO_LONG,
    ONR_AVRO_FLOAT,
    ONR_AVRO_DOUBLE,
    ONR_AVRO_BYTES,
    ONR_AVRO_STRING,
    ONR_AVRO_FIXED,
    ONR_AVRO_ENUM,
    ONR_AVRO_UNION,
    ONR_AVRO_ARRAY,
    ONR_AVRO_MAP,
    ONR_AVRO_RECORD,
    ONR_AVRO_TYPES
};

/* A named type that is used twice is one node with two parents. */
struct onr_avro_node {
    enum onr_avro_type type;
    const char *name;           /* full name of a record, enum or fixed, else NULL */
    size_t size;                /* fixed: its bytes */
    size_t min_bytes;           /* least number of bytes a datum takes */
    int height;                 /* records, lists and unions inside one another, itself included */
    size_t n;                   /* fields, symbols, branches; 1 for arrays and maps */
    const char **label;         /* field names or symbols */
    struct onr_avro_node **kid; /* types of fields, branches, items or values */
};

struct onr_avro_schema {
    struct onr_arena arena;
    const struct onr_avro_node *root;
};

/** Parse. Errors: -ONR_ECONFIG (with the reason), -ONR_ELIMIT, -ONR_ENOMEM. Release with onr_avro_schema_release. */
ONR_MUST_USE int onr_avro_schema_parse(struct onr_span json, struct onr_avro_schema *ret,
                                       struct onr_error *err);
void onr_avro_schema_release(struct onr_avro_schema *s);

/** "int", "record", ... */
const char *onr_avro_type_name(enum onr_avro_type type);

#endif
