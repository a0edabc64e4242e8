/* common/event/avro_program.h - what avro_compile.c makes and avro_walk.c runs; nobody else looks inside. */
#ifndef ONR_EVENT_AVRO_PROGRAM_H
#define ONR_EVENT_AVRO_PROGRAM_H

#include <stddef.h>
#include <stdint.h>

/* Operations are the types of avro_schema.h (float and double become fixed, a map an array of key and value; records and
 * null have none), and these two, which read no bytes. */
enum {
    ONR_OP_PRESENT = 64, /* set the bool at `flag` */
    ONR_OP_FALLBACK      /* the writer has no such text: set the span at `at` to `fallback` */
};

#define ONR_SINK_NONE 255 /* check only; else an enum onr_bind_kind */

struct onr_avro_op {
    uint8_t type;
    uint8_t sink;
    uint32_t next; /* operation after this one and all that belongs to it */
    uint32_t n;    /* fixed: bytes; enum: symbols; union: branches */
    uint32_t
        table; /* enum: C value of each symbol; union: first operation of each branch, and the end of the last */
    uint32_t at, flag;  /* offsets in the struct, see bind.h */
    uint32_t item_size; /* lists */
    int64_t max;
    const char *name; /* static, for sentences; NULL for what no table knows */
    const char *fallback;
};

struct onr_avro_program {
    uint32_t n_ops, n_table;
    struct onr_avro_op *op;
    uint32_t *table;
};

#endif
