/* common/event/avro_compile.c - a writer's schema and a table of bind.h become a program. See avro_walk.h.
 *
 * A type used twice is compiled twice, each towards its own place in the struct; OPS_MAX bounds what a schema of nested
 * doublings can make of that.
 */
#include <stdlib.h>

#include "common/event/avro_program.h"
#include "common/event/avro_walk.h"

#define OPS_MAX   4096 /* ours have some 60 */
#define TABLE_MAX 16384

struct compiler {
    struct onr_avro_program *prog;
    struct onr_error *err;
};

static int compile(struct compiler *c, const struct onr_avro_node *t, const struct onr_bind *b,
                   size_t base);

/* New operation; *ret_at is its index, because the array does not move but later ones must patch it. */
static int
emit(struct compiler *c, int type, const struct onr_bind *b, size_t base, uint32_t *ret_at)
{
    struct onr_avro_program *p = c->prog;

    if (p->n_ops == OPS_MAX)
        return onr_fail(c->err, ONR_ELIMIT, "the schema has more than %d values in one record",
                        OPS_MAX);
    p->op[p->n_ops] = (struct onr_avro_op){ .type = (uint8_t) type,
                                            .sink = b ? (uint8_t) b->kind : ONR_SINK_NONE,
                                            .next = p->n_ops + 1,
                                            .at = b ? (uint32_t) (base + b->offset) : 0,
                                            .flag = b ? (uint32_t) (base + b->flag) : 0,
                                            .item_size = b ? (uint32_t) b->item_size : 0,
                                            .max = b ? b->max : 0,
                                            .name = b ? b->name : NULL,
                                            .fallback = b ? b->fallback : NULL };
    *ret_at = p->n_ops++;
    return 0;
}

static int
reserve_table(struct compiler *c, size_t n, uint32_t *ret_at)
{
    if (n > TABLE_MAX - c->prog->n_table)
        return onr_fail(c->err, ONR_ELIMIT, "the schema has more than %d symbols and branches",
                        TABLE_MAX);
    *ret_at = c->prog->n_table;
    c->prog->n_table += (uint32_t) n;
    return 0;
}

static int
mismatch(struct compiler *c, const struct onr_avro_node *t, const struct onr_bind *b)
{
    return onr_fail(c->err, ONR_ECONFIG, "field \"%s\" has type %s%s%s, which cannot be read as it",
                    b->name, onr_avro_type_name(t->type), t->name ? " " : "",
                    t->name ? t->name : "");
}

static bool
fits(const struct onr_avro_node *t, const struct onr_bind *b)
{
    switch (b->kind) {
    case ONR_BIND_TEXT:
        return t->type == ONR_AVRO_STRING;
    case ONR_BIND_BYTES:
        return t->type == ONR_AVRO_BYTES;
    case ONR_BIND_I16:
    case ONR_BIND_I32:
    case ONR_BIND_U32:
    case ONR_BIND_I64:
        return t->type == ONR_AVRO_INT || t->type == ONR_AVRO_LONG;
    case ONR_BIND_ENUM:
        return t->type == ONR_AVRO_ENUM;
    case ONR_BIND_SHA256:
        return t->type == ONR_AVRO_FIXED && t->size == 32;
    case ONR_BIND_RECORD:
    case ONR_BIND_OPTIONAL:
        return t->type == ONR_AVRO_RECORD;
    case ONR_BIND_LIST:
    case ONR_BIND_INLINE:
        return t->type == ONR_AVRO_ARRAY;
    }
    return false;
}

static const struct onr_bind *
find_bind(const struct onr_bind_record *to, const char *name)
{
    for (size_t i = 0; to && i < to->n; i++)
        if (strcmp(to->field[i].name, name) == 0)
            return &to->field[i];
    return NULL;
}

static bool
has_field(const struct onr_avro_node *t, const char *name)
{
    for (size_t i = 0; i < t->n; i++)
        if (strcmp(t->label[i], name) == 0)
            return true;
    return false;
}

static int
compile_record(struct compiler *c, const struct onr_avro_node *t, const struct onr_bind_record *to,
               size_t base)
{
    uint32_t at;
    int rc;

    for (size_t i = 0; i < t->n; i++)
        if ((rc = compile(c, t->kid[i], find_bind(to, t->label[i]), base)) < 0)
            return rc;
    for (size_t i = 0; to && i < to->n; i++) {
        const struct onr_bind *b = &to->field[i];

        if (has_field(t, b->name))
            continue;
        if (b->required)
            return onr_fail(c->err, ONR_ECONFIG, "%s has no field \"%s\", and there is no default",
                            t->name, b->name);
        if (b->fallback && (rc = emit(c, ONR_OP_FALLBACK, b, base, &at)) < 0)
            return rc;
    }
    return 0;
}

/* An unknown symbol is refused with the whole schema: read as anything else it would be an invented answer. */
static int
compile_enum(struct compiler *c, const struct onr_avro_node *t, const struct onr_bind *b,
             size_t base)
{
    uint32_t at, table = 0;
    int rc;

    if ((rc = emit(c, ONR_AVRO_ENUM, b, base, &at)) < 0
        || (b && (rc = reserve_table(c, t->n, &table)) < 0))
        return rc;
    c->prog->op[at].n = (uint32_t) t->n;
    c->prog->op[at].table = table;
    for (size_t i = 0; b && i < t->n; i++) {
        int v = 0;

        while (strcmp(b->symbol(v), "unknown") != 0 && strcmp(b->symbol(v), t->label[i]) != 0)
            v++;
        if (strcmp(b->symbol(v), t->label[i]) != 0)
            return onr_fail(c->err, ONR_ECONFIG,
                            "enum %s has the symbol \"%s\", which this version does not know",
                            t->name, t->label[i]);
        c->prog->table[table + i] = (uint32_t) v;
    }
    return 0;
}

static int
compile_union(struct compiler *c, const struct onr_avro_node *t, const struct onr_bind *b,
              size_t base)
{
    uint32_t at, table = 0;
    int rc;

    if (b && b->kind != ONR_BIND_OPTIONAL && b->kind != ONR_BIND_TEXT && b->kind != ONR_BIND_LIST)
        return mismatch(c, t, b);
    if ((rc = emit(c, ONR_AVRO_UNION, b, base, &at)) < 0
        || (rc = reserve_table(c, t->n + 1, &table)) < 0)
        return rc;
    c->prog->op[at].n = (uint32_t) t->n;
    c->prog->op[at].table = table;
    for (size_t i = 0; i < t->n; i++) {
        c->prog->table[table + i] = c->prog->n_ops;
        if (t->kid[i]->type != ONR_AVRO_NULL && (rc = compile(c, t->kid[i], b, base)) < 0)
            return rc;
    }
    c->prog->table[table + t->n] = c->prog->n_ops;
    c->prog->op[at].next = c->prog->n_ops;
    return 0;
}

/* An array, or a map as an array of key and value. */
static int
compile_list(struct compiler *c, const struct onr_avro_node *t, const struct onr_bind *b,
             size_t base)
{
    uint32_t at, key;
    int rc;

    if ((rc = emit(c, ONR_AVRO_ARRAY, b, base, &at)) < 0)
        return rc;
    if (t->type == ONR_AVRO_MAP && (rc = emit(c, ONR_AVRO_STRING, NULL, 0, &key)) < 0)
        return rc;
    if (b && b->record) {
        if (t->kid[0]->type != ONR_AVRO_RECORD)
            return mismatch(c, t->kid[0], b);
        rc = compile_record(c, t->kid[0], b->record, 0);
    } else {
        rc = compile(c, t->kid[0], b ? b->item : NULL, 0);
    }
    c->prog->op[at].next = c->prog->n_ops;
    return rc;
}

static int
compile(struct compiler *c, const struct onr_avro_node *t, const struct onr_bind *b, size_t base)
{
    uint32_t at;
    int rc;

    if (t->type == ONR_AVRO_UNION)
        return compile_union(c, t, b, base);
    if (b && !fits(t, b))
        return mismatch(c, t, b);
    switch (t->type) {
    case ONR_AVRO_RECORD:
        if (b && b->kind == ONR_BIND_OPTIONAL && (rc = emit(c, ONR_OP_PRESENT, b, base, &at)) < 0)
            return rc;
        return compile_record(c, t, b ? b->record : NULL, b ? base + b->offset : 0);
    case ONR_AVRO_ARRAY:
    case ONR_AVRO_MAP:
        return compile_list(c, t, b, base);
    case ONR_AVRO_ENUM:
        return compile_enum(c, t, b, base);
    case ONR_AVRO_NULL:
        return 0;
    case ONR_AVRO_FIXED:
    case ONR_AVRO_FLOAT:
    case ONR_AVRO_DOUBLE:
        if ((rc = emit(c, ONR_AVRO_FIXED, b, base, &at)) == 0)
            c->prog->op[at].n = (uint32_t) t->min_bytes;
        return rc;
    default:
        return emit(c, (int) t->type, b, base, &at);
    }
}

/* Give back what the arrays have too much; a failure to shrink is none. */
static void
shrink(struct onr_avro_program *p)
{
    void *op = realloc(p->op, (p->n_ops + 1) * sizeof *p->op);
    void *table = realloc(p->table, (p->n_table + 1) * sizeof *p->table);

    p->op = op ? op : p->op;
    p->table = table ? table : p->table;
}

int
onr_avro_compile(const struct onr_avro_schema *s, const struct onr_bind_record *to,
                 struct onr_avro_program **ret, struct onr_error *err)
{
    struct onr_avro_program *p = calloc(1, sizeof *p);
    struct compiler c = { .prog = p, .err = err };
    int rc;

    if (!p || !(p->op = calloc(OPS_MAX, sizeof *p->op))
        || !(p->table = calloc(TABLE_MAX, sizeof *p->table))) {
        rc = onr_fail(err, ONR_ENOMEM, "no memory for a schema");
        goto out;
    }
    if (to && s->root->type != ONR_AVRO_RECORD) {
        rc = onr_fail(err, ONR_ECONFIG, "the schema is a%s %s, not a record",
                      strchr("aeiou", onr_avro_type_name(s->root->type)[0]) ? "n" : "",
                      onr_avro_type_name(s->root->type));
        goto out;
    }
    rc = to ? compile_record(&c, s->root, to, 0) : compile(&c, s->root, NULL, 0);
    if (rc < 0)
        goto out;
    shrink(p);
    *ret = p;
    p = NULL;
out:
    onr_avro_program_free(p);
    return rc;
}

void
onr_avro_program_free(struct onr_avro_program *p)
{
    if (!p)
        return;
    free(p->op);
    free(p->table);
    free(p);
}
