/* consumers/topics/rights.c - the table of rights, and how it is shown. See rights.h. */
#include "consumers/topics/rights.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/base/json.h"
#include "common/line/table.h"

#define GROUP        "classify"
#define INSTANCE     "1" /* of split and classify, unless --instance says another */
#define INSTANCE_MAX 128
#define ROLE_MAX     16
#define USER         "User:"

/* What of a rule is the name: a topic of the line, or a pattern with the prefix (%p), the group's name (%g), the instance (%i). */
struct rule {
    const char *role;
    enum onr_resource resource;
    enum onr_topic topic; /* where pattern is NULL */
    const char *pattern;
    enum onr_operation operation;
    bool prefixed;
};

#define ON_TOPIC(role, topic, op)                                                                  \
    {                                                                                              \
        role, ONR_RESOURCE_TOPIC, ONR_TOPIC_##topic, NULL, ONR_OPERATION_##op, false               \
    }
#define ON_ID(role, pattern)                                                                       \
    {                                                                                              \
        role, ONR_RESOURCE_TRANSACTIONAL_ID, ONR_TOPICS, pattern, ONR_OPERATION_WRITE, false       \
    }
#define ON_ALL(role, op)                                                                           \
    {                                                                                              \
        role, ONR_RESOURCE_TOPIC, ONR_TOPICS, "%p", ONR_OPERATION_##op, true                       \
    }

static const struct rule rules[] = {
    ON_TOPIC("split", STATEMENTS, WRITE),
    ON_TOPIC("split", ARTICLES, READ), /* what was sent before is not sent again */
    ON_TOPIC("split", ARTICLES, WRITE),
    ON_ID("split", "%psplit.%i"),
    ON_TOPIC("classify", STATEMENTS, READ),
    ON_TOPIC("classify", KEYS, READ),
    ON_TOPIC("classify", ATTRIBUTIONS,
             READ), /* the lane's last COMMIT, and the read-back of its own */
    ON_TOPIC("classify", ATTRIBUTIONS, WRITE),
    ON_TOPIC("classify", REJECTS, WRITE),
    { "classify", ONR_RESOURCE_GROUP, ONR_TOPICS, "%g", ONR_OPERATION_READ, false },
    ON_ID("classify", "%pclassify.%g.%i"),
    ON_TOPIC("follow", ATTRIBUTIONS, READ),
    ON_TOPIC("follow", KEYS, READ),
    ON_TOPIC("audit", ARTICLES, READ),
    ON_TOPIC("audit", STATEMENTS, READ),
    ON_TOPIC("audit", ATTRIBUTIONS, READ),
    ON_TOPIC("audit", REJECTS, READ),
    ON_TOPIC("audit", KEYS, READ),
    ON_TOPIC("audit", WITNESS, READ),
    ON_TOPIC("witness", ATTRIBUTIONS, READ),
    ON_TOPIC("witness", KEYS, READ),
    ON_TOPIC("witness", WITNESS, WRITE),
    ON_ID("witness", "%pwitness-%i"), /* the instance is the id of its key */
    ON_TOPIC("keys", KEYS, READ),
    ON_TOPIC("keys", KEYS, WRITE),
    ON_TOPIC("keys", ATTRIBUTIONS, READ), /* the sizes at which a key ends */
    ON_ID("keys", "%pkeys"),
    ON_ALL("topics", CREATE),
    ON_ALL("topics", DESCRIBE),
    ON_ALL("topics", DESCRIBE_CONFIGS),
};
#define RULES (sizeof rules / sizeof rules[0])

static const char *const everybody[] = { "split",   "classify", "follow", "audit",
                                         "witness", "keys",     "topics" };
#define ROLES (sizeof everybody / sizeof everybody[0])

const char *
onr_resource_name(enum onr_resource r)
{
    static const char *const name[ONR_RESOURCES] = { "topic", "group", "transactional-id" };

    return name[r];
}

const char *
onr_operation_name(enum onr_operation o)
{
    static const char *const name[ONR_OPERATIONS] = { "Read", "Write", "Describe",
                                                      "DescribeConfigs", "Create" };

    return name[o];
}

/* --- who holds a role --- */

struct holder {
    char role[ROLE_MAX];
    char instance[INSTANCE_MAX]; /* empty: not said */
    char principal[ONR_RIGHT_PRINCIPAL_MAX];
};

static bool
take(struct onr_span from, char *to, size_t size)
{
    if (from.len == 0 || from.len >= size)
        return false;
    for (size_t i = 0; i < from.len; i++)
        if (from.ptr[i] < ' ' || from.ptr[i] == '\'' || from.ptr[i] == 0x7f)
            return false;
    memcpy(to, from.ptr, from.len);
    to[from.len] = '\0';
    return true;
}

static bool
known(const char *role)
{
    for (size_t i = 0; i < ROLES; i++)
        if (strcmp(everybody[i], role) == 0)
            return true;
    return false;
}

static int
read_holder(const char *text, struct holder *ret, struct onr_error *err)
{
    struct onr_span rest = onr_span_z(text), left, role;
    char principal[ONR_RIGHT_PRINCIPAL_MAX - sizeof USER];
    bool ok;

    memset(ret, 0, sizeof *ret);
    (void) onr_span_next(&rest, '=', &left);
    (void) onr_span_next(&left, '/', &role);
    ok = take(role, ret->role, sizeof ret->role) && known(ret->role) && rest.ptr
         && take(rest, principal, sizeof principal)
         && (!left.ptr || take(left, ret->instance, sizeof ret->instance));
    if (!ok)
        return onr_fail(err, ONR_EUSAGE,
                        "\"%.100s\" is not ROLE[/INSTANCE]=PRINCIPAL, as classify/2=User:w2; roles "
                        "are split, classify, follow, audit, witness, keys and topics",
                        text);
    snprintf(ret->principal, sizeof ret->principal, "%s%s", strchr(principal, ':') ? "" : USER,
             principal);
    return 0;
}

/* --- the rights --- */

/* Fill a pattern in. A witness whose key is not named may use all ids of witnesses. */
static void
fill(struct onr_right *r, const char *pattern, const char *prefix, const struct holder *h)
{
    bool any = !h->instance[0] && strcmp(h->role, "witness") == 0;
    char group[ONR_RIGHT_NAME_MAX];
    size_t used = 0;

    snprintf(group, sizeof group, "%s" GROUP, prefix);
    for (; *pattern; pattern++) {
        char one[2] = { *pattern, '\0' };
        const char *add = one;

        if (*pattern == '%') {
            pattern++;
            add = *pattern == 'p'   ? prefix
                  : *pattern == 'g' ? group
                  : any             ? ""
                  : *h->instance    ? h->instance
                                    : INSTANCE;
            r->prefixed |= *pattern == 'i' && any;
        }
        used += (size_t) snprintf(r->name + used, sizeof r->name - used, "%s", add);
    }
}

static size_t
add_rights(const struct onr_topic_names *names, const char *prefix, const struct holder *h,
           struct onr_right *to)
{
    size_t n = 0;

    for (size_t i = 0; i < RULES; i++) {
        const struct rule *rule = &rules[i];
        struct onr_right *r = &to[n];

        if (strcmp(rule->role, h->role) != 0)
            continue;
        memset(r, 0, sizeof *r);
        r->role = rule->role;
        r->resource = rule->resource;
        r->operation = rule->operation;
        r->prefixed = rule->prefixed;
        memcpy(r->principal, h->principal, sizeof r->principal);
        if (rule->pattern)
            fill(r, rule->pattern, prefix, h);
        else
            snprintf(r->name, sizeof r->name, "%s", names->name[rule->topic]);
        n++;
    }
    return n;
}

int
onr_rights_make(const char *prefix, const char *const *holder, size_t n, struct onr_right **ret,
                size_t *ret_n, struct onr_error *err)
{
    struct onr_topic_names names;
    struct onr_right *r;
    size_t used = 0;
    int rc;

    if ((rc = onr_topic_names_make(prefix, &names, err)) < 0)
        return rc;
    if (n > ONR_RIGHTS_MAX / RULES)
        return onr_fail(err, ONR_EUSAGE, "at most %zu holders at once", ONR_RIGHTS_MAX / RULES);
    if (!(r = malloc((n ? n : ROLES) * RULES * sizeof *r)))
        return onr_fail(err, ONR_ENOMEM, "no memory for the rights");
    for (size_t i = 0; i < (n ? n : ROLES); i++) {
        char text[2 * ROLE_MAX + 2];
        struct holder h;

        snprintf(text, sizeof text, "%s=%s", everybody[i % ROLES], everybody[i % ROLES]);
        if ((rc = read_holder(n ? holder[i] : text, &h, err)) < 0) {
            free(r);
            return rc;
        }
        used += add_rights(&names, prefix, &h, r + used);
    }
    *ret = r;
    *ret_n = used;
    return 0;
}

/* --- showing them --- */

int
onr_right_command(const struct onr_right *r, const char *brokers, struct onr_buf *out)
{
    return onr_buf_printf(out,
                          "kafka-acls.sh --bootstrap-server '%s' --command-config admin.properties "
                          "--add --force --allow-principal '%s' --operation %s --%s '%s' "
                          "--resource-pattern-type %s\n",
                          brokers ? brokers : "HOST:PORT", r->principal,
                          onr_operation_name(r->operation), onr_resource_name(r->resource), r->name,
                          r->prefixed ? "prefixed" : "literal");
}

int
onr_rights_table(const struct onr_right *r, size_t n, unsigned width, struct onr_buf *out,
                 struct onr_error *err)
{
    static const struct onr_column columns[] = {
        { .title = "ROLE" },
        { .title = "PRINCIPAL" },
        { .title = "OPERATION" },
        { .title = "ON" },
        { .title = "NAME", .stretch = true },
    };
    struct onr_table *table = NULL;
    int rc = onr_table_new(columns, sizeof columns / sizeof *columns, width, false, &table, err);

    for (size_t i = 0; rc == 0 && i < n; i++) {
        char name[ONR_RIGHT_NAME_MAX + 1];

        snprintf(name, sizeof name, "%s%s", r[i].name, r[i].prefixed ? "*" : "");
        const struct onr_span cells[] = { onr_span_z(r[i].role), onr_span_z(r[i].principal),
                                          onr_span_z(onr_operation_name(r[i].operation)),
                                          onr_span_z(onr_resource_name(r[i].resource)),
                                          onr_span_z(name) };

        rc = onr_table_add(table, cells, err);
    }
    if (rc == 0)
        rc = onr_table_flush(table, false, out, err);
    onr_table_free(table);
    return rc;
}

int
onr_rights_json(const struct onr_right *r, size_t n, struct onr_buf *out, struct onr_error *err)
{
    struct onr_json j = ONR_JSON_INIT(out);
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < n; i++) {
        const char *const field[][2] = {
            { "role", r[i].role },
            { "principal", r[i].principal },
            { "operation", onr_operation_name(r[i].operation) },
            { "resource", onr_resource_name(r[i].resource) },
            { "name", r[i].name },
            { "pattern", r[i].prefixed ? "prefixed" : "literal" },
        };

        onr_json_open(&j, '{');
        for (size_t f = 0; f < sizeof field / sizeof field[0]; f++) {
            onr_json_key(&j, field[f][0]);
            onr_json_z(&j, field[f][1]);
        }
        onr_json_close(&j, '}');
        if (onr_json_end_line(&j) < 0)
            rc = onr_fail(err, ONR_ENOMEM, "no memory for the report");
    }
    return rc;
}
