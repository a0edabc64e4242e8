/* common/event/bind.h - how the structs of record.h and the fields of schemas/ correspond: one table a record.
 *
 * The same table fills a struct from a walked datum (by field name, whatever order and version the writer used) and
 * fills Avro C's value from a struct (by position: the tables stand in the order of schemas/, codec_new checks it).
 * Limits on single fields stand here too, so that no reader and no writer can forget one.
 */
#ifndef ONR_EVENT_BIND_H
#define ONR_EVENT_BIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/event/codec.h"

enum onr_bind_kind {
    ONR_BIND_TEXT,   /* string <-> struct onr_span, at most max bytes */
    ONR_BIND_BYTES,  /* bytes <-> struct onr_span, exactly max bytes */
    ONR_BIND_I16,    /* int <-> int16_t, 0 to max */
    ONR_BIND_I32,    /* int <-> int32_t, 0 to max */
    ONR_BIND_U32,    /* int <-> uint32_t, 0 to max */
    ONR_BIND_I64,    /* long <-> int64_t, 0 to max */
    ONR_BIND_ENUM,   /* enum <-> C enum, symbols in the order of the C values */
    ONR_BIND_SHA256, /* fixed(32) <-> uint8_t[32] */
    ONR_BIND_RECORD, /* record <-> struct at offset (offset 0 of the parent for a mere grouping) */
    ONR_BIND_OPTIONAL, /* null or record <-> bool at `flag`, struct at offset */
    ONR_BIND_LIST,     /* array <-> pointer at offset, size_t at `flag`; items in the arena */
    ONR_BIND_INLINE    /* array <-> C array at offset, size_t at `flag` */
};

struct onr_bind_record;

struct onr_bind {
    const char *name; /* of the Avro field */
    enum onr_bind_kind kind;
    bool required;              /* no default: a writer without this field cannot be read */
    size_t offset;              /* in the struct */
    size_t flag;                /* bool has_... or size_t n_... */
    int64_t max;                /* bytes of a text, value of a number, items of a list */
    const char *(*symbol)(int); /* ONR_BIND_ENUM: name of a value, "unknown" past the last */
    const char *fallback;       /* ONR_BIND_TEXT: default, NULL = empty */
    const struct onr_bind_record *record; /* RECORD, OPTIONAL; items of LIST and INLINE */
    const struct onr_bind *item;          /* items of LIST and INLINE that are no record */
    size_t item_size;                     /* bytes of one item in C */
};

struct onr_bind_record {
    const char *name; /* full name of the Avro type */
    size_t n;
    const struct onr_bind *field;
    size_t size; /* of the C struct */
};

/** The table of a record type (for Reject and Commit: of struct onr_reject_record and struct onr_commit_record). */
const struct onr_bind_record *onr_bind_of(enum onr_record_type type);

/* What a Reject holds. */
struct onr_reject_record {
    enum onr_reject_code code;
    struct onr_span sentence;
};

#endif
