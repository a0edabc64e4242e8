/* common/event/avro_schema.c - see avro_schema.h. jansson reads the JSON; one recursive pass, bounded by ONR_AVRO_DEPTH,
 * builds the tree in the schema's arena.
 */
#include "common/event/avro_schema.h"

#include <stdint.h>

#include "common/event/json_read.h"

#define NAMES_MAX  256        /* named types in one schema */
#define LABELS_MAX 1024       /* fields, symbols or branches of one type */
#define FIXED_MAX  65536      /* bytes of one fixed */
#define MIN_CAP    0xffffffff /* min_bytes is only compared with small numbers */

static const char *const type_names[ONR_AVRO_TYPES] = { "null",  "boolean", "int",   "long",
                                                        "float", "double",  "bytes", "string",
                                                        "fixed", "enum",    "union", "array",
                                                        "map",   "record" };

struct parser {
    struct onr_arena *arena;
    struct onr_error *err;
    struct onr_avro_node *named[NAMES_MAX];
    bool open[NAMES_MAX]; /* still being defined: a reference to it is recursion */
    size_t n_named;
};

static int parse_type(struct parser *p, const json_t *j, const char *ns, int depth,
                      struct onr_avro_node **ret);

const char *
onr_avro_type_name(enum onr_avro_type type)
{
    return (unsigned) type < ONR_AVRO_TYPES ? type_names[type] : "unknown";
}

static int
no_memory(struct parser *p)
{
    return onr_fail(p->err, ONR_ENOMEM, "no memory for a schema");
}

static int
too_deep(struct parser *p)
{
    return onr_fail(p->err, ONR_ELIMIT, "types nested deeper than %d", ONR_AVRO_DEPTH);
}

static void
add_height(struct onr_avro_node *node, const struct onr_avro_node *kid)
{
    if (node->height <= kid->height)
        node->height = kid->height + 1;
}

static int
new_node(struct parser *p, enum onr_avro_type type, size_t n, struct onr_avro_node **ret)
{
    struct onr_avro_node *node = onr_arena_alloc(p->arena, sizeof *node);

    if (!node)
        return no_memory(p);
    node->type = type;
    node->height = type == ONR_AVRO_UNION || type >= ONR_AVRO_ARRAY;
    node->n = n;
    if (n
        && (!(node->label = onr_arena_array(p->arena, n, sizeof *node->label))
            || !(node->kid = onr_arena_array(p->arena, n, sizeof(struct onr_avro_node *)))))
        return no_memory(p);
    *ret = node;
    return 0;
}

static bool
letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/* [A-Za-z_][A-Za-z0-9_]*, with dots between such names when `dots`. */
static bool
is_name(const char *z, bool dots)
{
    bool first = true;

    for (; *z; z++) {
        if (dots && *z == '.' && !first)
            first = true;
        else if (letter(*z) || (!first && *z >= '0' && *z <= '9'))
            first = false;
        else
            return false;
    }
    return !first;
}

static int
copy_name(struct parser *p, const char *z, bool dots, const char **ret)
{
    struct onr_span copy;

    if (!is_name(z, dots))
        return onr_fail(p->err, ONR_ECONFIG, "\"%.80s\" is not an Avro name", z);
    if (!(copy = onr_arena_span(p->arena, onr_span_z(z))).ptr)
        return no_memory(p);
    *ret = copy.ptr;
    return 0;
}

/* Full name of `name` seen in namespace ns ("" = none). */
static int
full_name(struct parser *p, const char *name, const char *ns, const char **ret)
{
    size_t ns_len = strlen(ns), len = strlen(name);
    char *full;

    if (strchr(name, '.') || !ns_len)
        return copy_name(p, name, true, ret);
    if (!is_name(name, false) || !is_name(ns, true))
        return onr_fail(p->err, ONR_ECONFIG, "\"%.80s.%.80s\" is not an Avro name", ns, name);
    if (!(full = onr_arena_alloc(p->arena, ns_len + len + 2)))
        return no_memory(p);
    memcpy(full, ns, ns_len);
    full[ns_len] = '.';
    memcpy(full + ns_len + 1, name, len);
    *ret = full;
    return 0;
}

/* A name used as a type: a primitive, or a type defined before. */
static int
parse_reference(struct parser *p, const char *z, const char *ns, struct onr_avro_node **ret)
{
    static const uint8_t least[] = { 0, 1, 1, 1, 4, 8, 1, 1 };
    const char *full;
    int rc;

    for (unsigned t = ONR_AVRO_NULL; t <= ONR_AVRO_STRING; t++) {
        if (strcmp(z, type_names[t]) != 0)
            continue;
        if ((rc = new_node(p, (enum onr_avro_type) t, 0, ret)) == 0)
            (*ret)->min_bytes = least[t];
        return rc;
    }
    if ((rc = full_name(p, z, ns, &full)) < 0)
        return rc;
    for (size_t i = 0; i < p->n_named; i++) {
        if (strcmp(p->named[i]->name, full) != 0)
            continue;
        if (p->open[i])
            return onr_fail(p->err, ONR_ECONFIG, "type %s contains itself, which is not allowed",
                            full);
        *ret = p->named[i];
        return 0;
    }
    return onr_fail(p->err, ONR_ECONFIG, "type \"%s\" is not defined before its use", full);
}

static int
add_name(struct parser *p, const json_t *j, const char *ns, struct onr_avro_node *node,
         const char **ret_ns, size_t *ret_slot)
{
    const char *name = json_string_value(json_object_get(j, "name"));
    const char *own_ns = json_string_value(json_object_get(j, "namespace"));
    const char *dot;
    struct onr_span inner;
    int rc;

    if (!name)
        return onr_fail(p->err, ONR_ECONFIG, "a%s %s has no name",
                        node->type == ONR_AVRO_ENUM ? "n" : "", type_names[node->type]);
    if ((rc = full_name(p, name, own_ns ? own_ns : ns, &node->name)) < 0)
        return rc;
    for (size_t i = 0; i < p->n_named; i++)
        if (strcmp(p->named[i]->name, node->name) == 0)
            return onr_fail(p->err, ONR_ECONFIG, "type %s is defined twice", node->name);
    if (p->n_named == NAMES_MAX)
        return onr_fail(p->err, ONR_ELIMIT, "more than %d named types", NAMES_MAX);
    *ret_slot = p->n_named;
    p->open[p->n_named] = true;
    p->named[p->n_named++] = node;
    dot = strrchr(node->name, '.');
    inner = onr_arena_span(p->arena,
                           onr_span_of(node->name, dot ? (size_t) (dot - node->name) : 0));
    if (!inner.ptr)
        return no_memory(p);
    *ret_ns = inner.ptr;
    return 0;
}

static int
check_count(struct parser *p, size_t n, const char *of, const char *what)
{
    if (n > LABELS_MAX)
        return onr_fail(p->err, ONR_ELIMIT, "%s has more than %d %s", of, LABELS_MAX, what);
    return 0;
}

/* Copy label i and refuse one that stands before it. */
static int
add_label(struct parser *p, struct onr_avro_node *node, size_t i, const json_t *j)
{
    const char *z = json_string_value(j);
    int rc;

    if (!z)
        return onr_fail(p->err, ONR_ECONFIG, "%s: item %zu has no name", node->name, i);
    if ((rc = copy_name(p, z, false, &node->label[i])) < 0)
        return rc;
    for (size_t k = 0; k < i; k++)
        if (strcmp(node->label[k], z) == 0)
            return onr_fail(p->err, ONR_ECONFIG, "%s has \"%s\" twice", node->name, z);
    return 0;
}

static int
parse_record(struct parser *p, const json_t *j, const char *ns, int depth,
             struct onr_avro_node **ret)
{
    const json_t *fields = json_object_get(j, "fields");
    size_t n = json_array_size(fields), slot = 0;
    struct onr_avro_node *node = NULL;
    int rc;

    if ((rc = check_count(p, n, "a record", "fields")) < 0
        || (rc = new_node(p, ONR_AVRO_RECORD, n, &node)) < 0
        || (rc = add_name(p, j, ns, node, &ns, &slot)) < 0)
        return rc;
    if (!json_is_array(fields))
        return onr_fail(p->err, ONR_ECONFIG, "record %s has no fields", node->name);
    for (size_t i = 0; i < n; i++) {
        const json_t *field = json_array_get(fields, i);

        if ((rc = add_label(p, node, i, json_object_get(field, "name"))) < 0
            || (rc = parse_type(p, json_object_get(field, "type"), ns, depth + 1, &node->kid[i]))
                   < 0)
            return rc;
        add_height(node, node->kid[i]);
        node->min_bytes += node->kid[i]->min_bytes;
        if (node->min_bytes > MIN_CAP)
            node->min_bytes = MIN_CAP;
    }
    p->open[slot] = false;
    *ret = node;
    return 0;
}

static int
parse_enum(struct parser *p, const json_t *j, const char *ns, struct onr_avro_node **ret)
{
    const json_t *symbols = json_object_get(j, "symbols");
    size_t n = json_array_size(symbols), slot = 0;
    struct onr_avro_node *node = NULL;
    int rc;

    if ((rc = check_count(p, n, "an enum", "symbols")) < 0
        || (rc = new_node(p, ONR_AVRO_ENUM, n, &node)) < 0
        || (rc = add_name(p, j, ns, node, &ns, &slot)) < 0)
        return rc;
    if (n == 0)
        return onr_fail(p->err, ONR_ECONFIG, "enum %s has no symbols", node->name);
    for (size_t i = 0; i < n; i++)
        if ((rc = add_label(p, node, i, json_array_get(symbols, i))) < 0)
            return rc;
    node->min_bytes = 1;
    p->open[slot] = false;
    *ret = node;
    return 0;
}

static int
parse_fixed(struct parser *p, const json_t *j, const char *ns, struct onr_avro_node **ret)
{
    json_int_t size = json_integer_value(json_object_get(j, "size"));
    struct onr_avro_node *node = NULL;
    size_t slot = 0;
    int rc;

    if ((rc = new_node(p, ONR_AVRO_FIXED, 0, &node)) < 0
        || (rc = add_name(p, j, ns, node, &ns, &slot)) < 0)
        return rc;
    if (size < 1 || size > FIXED_MAX)
        return onr_fail(p->err, ONR_ECONFIG, "fixed %s has no size from 1 to %d", node->name,
                        FIXED_MAX);
    node->size = node->min_bytes = (size_t) size;
    p->open[slot] = false;
    *ret = node;
    return 0;
}

static int
parse_union(struct parser *p, const json_t *j, const char *ns, int depth,
            struct onr_avro_node **ret)
{
    size_t n = json_array_size(j);
    struct onr_avro_node *node = NULL;
    int rc;

    if ((rc = check_count(p, n, "a union", "branches")) < 0
        || (rc = new_node(p, ONR_AVRO_UNION, n, &node)) < 0)
        return rc;
    if (n == 0)
        return onr_fail(p->err, ONR_ECONFIG, "a union has no branches");
    for (size_t i = 0; i < n; i++) {
        if ((rc = parse_type(p, json_array_get(j, i), ns, depth + 1, &node->kid[i])) < 0)
            return rc;
        add_height(node, node->kid[i]);
        if (node->kid[i]->type == ONR_AVRO_UNION)
            return onr_fail(p->err, ONR_ECONFIG, "a union stands directly in a union");
        for (size_t k = 0; k < i; k++)
            if (node->kid[i]->type == node->kid[k]->type
                && (!node->kid[i]->name || strcmp(node->kid[i]->name, node->kid[k]->name) == 0))
                return onr_fail(p->err, ONR_ECONFIG, "a union has %s twice",
                                type_names[node->kid[i]->type]);
    }
    node->min_bytes = 1;
    *ret = node;
    return 0;
}

static int
parse_items(struct parser *p, enum onr_avro_type type, const json_t *items, const char *ns,
            int depth, struct onr_avro_node **ret)
{
    struct onr_avro_node *node = NULL;
    int rc;

    if ((rc = new_node(p, type, 1, &node)) < 0
        || (rc = parse_type(p, items, ns, depth + 1, &node->kid[0])) < 0)
        return rc;
    add_height(node, node->kid[0]);
    if (node->kid[0]->min_bytes == 0)
        return onr_fail(p->err, ONR_ECONFIG, "items of type %s take no bytes, which is not allowed",
                        type_names[node->kid[0]->type]);
    node->min_bytes = 1;
    *ret = node;
    return 0;
}

static int
parse_object(struct parser *p, const json_t *j, const char *ns, int depth,
             struct onr_avro_node **ret)
{
    const json_t *type = json_object_get(j, "type");
    const char *z = json_string_value(type);

    if (!z)
        return type ? parse_type(p, type, ns, depth + 1, ret)
                    : onr_fail(p->err, ONR_ECONFIG, "a JSON object without \"type\"");
    if (strcmp(z, "record") == 0)
        return parse_record(p, j, ns, depth, ret);
    if (strcmp(z, "enum") == 0)
        return parse_enum(p, j, ns, ret);
    if (strcmp(z, "fixed") == 0)
        return parse_fixed(p, j, ns, ret);
    if (strcmp(z, "array") == 0)
        return parse_items(p, ONR_AVRO_ARRAY, json_object_get(j, "items"), ns, depth, ret);
    if (strcmp(z, "map") == 0)
        return parse_items(p, ONR_AVRO_MAP, json_object_get(j, "values"), ns, depth, ret);
    return parse_reference(p, z, ns, ret);
}

static int
parse_any(struct parser *p, const json_t *j, const char *ns, int depth, struct onr_avro_node **ret)
{
    if (json_is_string(j))
        return parse_reference(p, json_string_value(j), ns, ret);
    if (json_is_array(j))
        return parse_union(p, j, ns, depth, ret);
    if (json_is_object(j))
        return parse_object(p, j, ns, depth, ret);
    return onr_fail(p->err, ONR_ECONFIG, "a type is neither a name, a list nor an object");
}

/* depth: records, lists and unions around this type, and one. The first check bounds the recursion here, the second also
 * counts what hides behind a name. */
static int
parse_type(struct parser *p, const json_t *j, const char *ns, int depth, struct onr_avro_node **ret)
{
    int rc;

    if (depth > ONR_AVRO_DEPTH + 1)
        return too_deep(p);
    if ((rc = parse_any(p, j, ns, depth, ret)) < 0)
        return rc;
    return depth - 1 + (*ret)->height > ONR_AVRO_DEPTH ? too_deep(p) : 0;
}

int
onr_avro_schema_parse(struct onr_span json, struct onr_avro_schema *ret, struct onr_error *err)
{
    struct onr_avro_schema s = { .arena = ONR_ARENA_INIT(16 * ONR_SCHEMA_MAX) };
    struct parser *p = NULL;
    struct onr_avro_node *root;
    json_error_t why;
    json_t *j = NULL;
    int rc;

    if (json.len > ONR_SCHEMA_MAX)
        return onr_fail(err, ONR_ELIMIT, "the schema has %zu bytes, more than %d", json.len,
                        ONR_SCHEMA_MAX);
    if ((rc = onr_json_read(json, &j, &why)) < 0) {
        rc = rc == -ONR_ENOMEM ? onr_fail(err, ONR_ENOMEM, "no memory for a schema")
                               : onr_fail(err, ONR_ECONFIG, "line %d, column %d: %s", why.line,
                                          why.column, why.text);
        goto out;
    }
    if (!(p = onr_arena_alloc(&s.arena, sizeof *p))) {
        rc = onr_fail(err, ONR_ENOMEM, "no memory for a schema");
        goto out;
    }
    p->arena = &s.arena;
    p->err = err;
    if ((rc = parse_type(p, j, "", 1, &root)) < 0)
        goto out;
    s.root = root;
    *ret = s;
    s = (struct onr_avro_schema){ .arena = ONR_ARENA_INIT(0) };
out:
    json_decref(j);
    onr_arena_release(&s.arena);
    return rc;
}

void
onr_avro_schema_release(struct onr_avro_schema *s)
{
    onr_arena_release(&s->arena);
    s->root = NULL;
}
