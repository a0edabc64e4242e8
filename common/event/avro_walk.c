/* common/event/avro_walk.c - running a compiled program over a datum. See avro_walk.h; avro_compile.c makes the programs. */
#include "common/event/avro_walk.h"

#include "common/base/utf8.h"
#include "common/event/avro_program.h"

struct walk {
    const struct onr_avro_program *prog;
    const uint8_t *begin, *p, *end;
    size_t items; /* of all arrays and maps so far */
    struct onr_arena *arena;
    enum onr_reject_code reject;
    struct onr_error *err;
};

static int run(struct walk *w, uint32_t i, uint32_t end, char *base);

static const char *
name_of(const struct onr_avro_op *op)
{
    return op->name ? op->name : "a field this program does not know";
}

/* One failing exit for everything: notes the reject and where it was. */
static int
refuse(struct walk *w, const struct onr_avro_op *op, enum onr_reject_code reject, const char *why)
{
    w->reject = reject;
    return onr_fail(w->err, reject == ONR_REJECT_LIMIT ? ONR_ELIMIT : ONR_EINPUT,
                    "byte %zu, %s: %s", (size_t) (w->p - w->begin), name_of(op), why);
}

static size_t
left(const struct walk *w)
{
    return (size_t) (w->end - w->p);
}

/* Zigzag varint; only the shortest form of a number is one, so that equal data have equal bytes. */
static int
read_varint(struct walk *w, const struct onr_avro_op *op, int64_t *ret)
{
    uint64_t v = 0;
    const uint8_t *p = w->p;

    for (unsigned shift = 0; p < w->end; shift += 7) {
        uint8_t b = *p++;

        if (shift == 63 && b > 1)
            return refuse(w, op, ONR_REJECT_AVRO, "a number of more than 64 bits");
        v |= (uint64_t) (b & 0x7f) << shift;
        if (b & 0x80)
            continue;
        if (b == 0 && shift > 0)
            return refuse(w, op, ONR_REJECT_AVRO, "a number in more bytes than it needs");
        w->p = p;
        *ret = (int64_t) (v >> 1 ^ (0 - (v & 1)));
        return 0;
    }
    return refuse(w, op, ONR_REJECT_AVRO, "the data end within a number");
}

static int
read_long(struct walk *w, const struct onr_avro_op *op, int64_t *ret)
{
    if (w->p < w->end && *w->p < 0x80) { /* nearly every number */
        uint8_t b = *w->p++;

        *ret = b >> 1 ^ -(b & 1);
        return 0;
    }
    return read_varint(w, op, ret);
}

/* A length or count: not negative, not more than the bytes that are left. */
static int
read_length(struct walk *w, const struct onr_avro_op *op, size_t *ret)
{
    int64_t n;
    int rc;

    if ((rc = read_long(w, op, &n)) < 0)
        return rc;
    if (n < 0)
        return refuse(w, op, ONR_REJECT_AVRO, "a negative length");
    if ((uint64_t) n > left(w))
        return refuse(w, op, ONR_REJECT_AVRO, "a length beyond the end of the data");
    *ret = (size_t) n;
    return 0;
}

static int
store_number(struct walk *w, const struct onr_avro_op *op, int64_t v, char *base)
{
    if (op->sink == ONR_SINK_NONE)
        return 0;
    if (v < 0)
        return refuse(w, op, ONR_REJECT_FIELDS, "a negative number");
    if (v > op->max)
        return refuse(w, op, ONR_REJECT_LIMIT, "a number above the limit for it");
    switch (op->sink) {
    case ONR_BIND_I16:
        memcpy(base + op->at, &(int16_t){ (int16_t) v }, sizeof(int16_t));
        break;
    case ONR_BIND_I32:
        memcpy(base + op->at, &(int32_t){ (int32_t) v }, sizeof(int32_t));
        break;
    case ONR_BIND_U32:
        memcpy(base + op->at, &(uint32_t){ (uint32_t) v }, sizeof(uint32_t));
        break;
    default:
        memcpy(base + op->at, &v, sizeof v);
    }
    return 0;
}

static int
walk_number(struct walk *w, const struct onr_avro_op *op, char *base)
{
    int64_t v;
    int rc;

    if ((rc = read_long(w, op, &v)) < 0)
        return rc;
    if (op->type == ONR_AVRO_INT && (v < INT32_MIN || v > INT32_MAX))
        return refuse(w, op, ONR_REJECT_AVRO, "an int of more than 32 bits");
    return store_number(w, op, v, base);
}

static int
walk_text(struct walk *w, const struct onr_avro_op *op, char *base)
{
    struct onr_span s;
    size_t len, bad;
    int rc;

    if ((rc = read_length(w, op, &len)) < 0)
        return rc;
    s = onr_span_of(w->p, len);
    if (op->sink == ONR_BIND_TEXT && len > (size_t) op->max)
        return refuse(w, op, ONR_REJECT_LIMIT, "a text above the limit for it");
    if (op->sink == ONR_BIND_BYTES && len != (size_t) op->max)
        return refuse(w, op, ONR_REJECT_FIELDS, "not the number of bytes it must have");
    if (op->type == ONR_AVRO_STRING && !onr_utf8_check(s, &bad)) {
        w->p += bad;
        return refuse(w, op, ONR_REJECT_UTF8, "not UTF-8, or a NUL");
    }
    w->p += len;
    if (op->sink != ONR_SINK_NONE)
        memcpy(base + op->at, &s, sizeof s);
    return 0;
}

static int
walk_fixed(struct walk *w, const struct onr_avro_op *op, char *base)
{
    if (op->n > left(w))
        return refuse(w, op, ONR_REJECT_AVRO, "the data end within fixed bytes");
    if (op->sink != ONR_SINK_NONE)
        memcpy(base + op->at, w->p, op->n);
    w->p += op->n;
    return 0;
}

static int
walk_boolean(struct walk *w, const struct onr_avro_op *op)
{
    if (left(w) < 1)
        return refuse(w, op, ONR_REJECT_AVRO, "the data end before a boolean");
    if (*w->p > 1)
        return refuse(w, op, ONR_REJECT_AVRO, "a boolean that is neither 0 nor 1");
    w->p++;
    return 0;
}

/* Index of an enum's symbol or a union's branch. */
static int
read_index(struct walk *w, const struct onr_avro_op *op, uint32_t *ret)
{
    int64_t v;
    int rc;

    if ((rc = read_long(w, op, &v)) < 0)
        return rc;
    if (v < 0 || v >= op->n)
        return refuse(w, op, ONR_REJECT_AVRO,
                      op->type == ONR_AVRO_ENUM ? "an enum without such a symbol"
                                                : "a union without such a branch");
    *ret = (uint32_t) v;
    return 0;
}

static int
walk_enum(struct walk *w, const struct onr_avro_op *op, char *base)
{
    uint32_t v;
    int rc;

    if ((rc = read_index(w, op, &v)) < 0)
        return rc;
    if (op->sink != ONR_SINK_NONE)
        memcpy(base + op->at, &(int){ (int) w->prog->table[op->table + v] }, sizeof(int));
    return 0;
}

static int
walk_union(struct walk *w, const struct onr_avro_op *op, char *base)
{
    const uint32_t *start = w->prog->table + op->table;
    uint32_t v;
    int rc;

    if ((rc = read_index(w, op, &v)) < 0)
        return rc;
    return run(w, start[v], start[v + 1], base);
}

/* The items of a list that is being filled. */
struct list {
    char *item;
    size_t n, room;
};

/* Room for `count` further items. It doubles: a list in blocks of one item must not need more of the arena than
 * ONR_DECODE_ARENA_MAX promises, or such a record could never be decoded and never be rejected. */
static int
grow_list(struct walk *w, const struct onr_avro_op *op, char *base, size_t count, struct list *l)
{
    size_t room = l->room * 2 > l->n + count ? l->room * 2 : l->n + count;
    char *item;

    if (count > (size_t) op->max - l->n)
        return refuse(w, op, ONR_REJECT_LIMIT, "more items than the limit for it");
    if (op->sink == ONR_BIND_INLINE) {
        l->item = base + op->at;
        return 0;
    }
    if (l->n + count <= l->room)
        return 0;
    if (!(item = onr_arena_array(w->arena, room, op->item_size)))
        return onr_fail(w->err, ONR_ENOMEM, "no memory for %zu items of %s", room, name_of(op));
    if (l->n > 0)
        memcpy(item, l->item, l->n * op->item_size);
    l->item = item;
    l->room = room;
    memcpy(base + op->at, &item, sizeof item);
    return 0;
}

/* Head of a block: number of items (0 ends the list), and where the block must end if it says so. */
static int
read_block(struct walk *w, const struct onr_avro_op *op, size_t *ret_count, const uint8_t **ret_end)
{
    int64_t count;
    size_t size = 0;
    bool sized;
    int rc;

    if ((rc = read_long(w, op, &count)) < 0)
        return rc;
    sized = count < 0;
    if (sized) {
        if (count == INT64_MIN)
            return refuse(w, op, ONR_REJECT_AVRO, "a block of 2^63 items");
        count = -count;
        if ((rc = read_length(w, op, &size)) < 0)
            return rc;
    }
    if ((uint64_t) count > left(w)) /* every item takes a byte at least (avro_schema.c) */
        return refuse(w, op, ONR_REJECT_AVRO, "more items than bytes");
    if ((uint64_t) count > ONR_AVRO_ITEMS - w->items)
        return refuse(w, op, ONR_REJECT_LIMIT, "more items in all lists together than the limit");
    w->items += (size_t) count;
    *ret_count = (size_t) count;
    *ret_end = sized ? w->p + size : NULL;
    return 0;
}

static int
walk_list(struct walk *w, const struct onr_avro_op *op, uint32_t body, char *base)
{
    const uint8_t *block_end = NULL;
    struct list l = { NULL, 0, 0 };
    size_t count = 0;
    int rc;

    for (;;) {
        if ((rc = read_block(w, op, &count, &block_end)) < 0)
            return rc;
        if (count == 0)
            break;
        if (op->sink != ONR_SINK_NONE && (rc = grow_list(w, op, base, count, &l)) < 0)
            return rc;
        for (size_t i = 0; i < count; i++, l.n++)
            if ((rc = run(w, body, op->next, l.item ? l.item + l.n * op->item_size : NULL)) < 0)
                return rc;
        if (block_end && w->p != block_end)
            return refuse(w, op, ONR_REJECT_AVRO, "a block whose size is not that of its items");
    }
    if (op->sink != ONR_SINK_NONE)
        memcpy(base + op->flag, &l.n, sizeof l.n);
    return 0;
}

static int
run(struct walk *w, uint32_t i, uint32_t end, char *base)
{
    int rc = 0;

    while (i < end && rc == 0) {
        const struct onr_avro_op *op = &w->prog->op[i];

        switch (op->type) {
        case ONR_AVRO_INT:
        case ONR_AVRO_LONG:
            rc = walk_number(w, op, base);
            break;
        case ONR_AVRO_STRING:
        case ONR_AVRO_BYTES:
            rc = walk_text(w, op, base);
            break;
        case ONR_AVRO_FIXED: /* float and double too */
            rc = walk_fixed(w, op, base);
            break;
        case ONR_AVRO_ENUM:
            rc = walk_enum(w, op, base);
            break;
        case ONR_AVRO_UNION:
            rc = walk_union(w, op, base);
            break;
        case ONR_AVRO_ARRAY:
            rc = walk_list(w, op, i + 1, base);
            break;
        case ONR_AVRO_BOOLEAN:
            rc = walk_boolean(w, op);
            break;
        case ONR_OP_PRESENT:
            memcpy(base + op->flag, &(bool){ true }, sizeof(bool));
            break;
        case ONR_OP_FALLBACK:
            memcpy(base + op->at, &(struct onr_span){ op->fallback, strlen(op->fallback) },
                   sizeof(struct onr_span));
            break;
        }
        i = op->next;
    }
    return rc;
}

int
onr_avro_walk(const struct onr_avro_program *p, struct onr_span datum, void *ret,
              struct onr_arena *arena, enum onr_reject_code *ret_reject, struct onr_error *err)
{
    const uint8_t *begin = (const uint8_t *) (datum.ptr ? datum.ptr : "");
    struct walk w = { .prog = p,
                      .begin = begin,
                      .p = begin,
                      .end = begin + datum.len,
                      .arena = arena,
                      .reject = ONR_REJECT_CODES,
                      .err = err };
    int rc = run(&w, 0, p->n_ops, ret);

    if (rc == 0 && w.p != w.end)
        rc = refuse(&w, &(struct onr_avro_op){ .name = "the end" }, ONR_REJECT_AVRO,
                    "bytes left over");
    if (rc < 0 && w.reject != ONR_REJECT_CODES && ret_reject)
        *ret_reject = w.reject;
    return rc;
}
