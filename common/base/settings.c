/* common/base/settings.c - reading settings from their three places. See settings.h; the places are read in settings_places.c, the help is
 * made in settings_help.c.
 *
 * Every place yields (name, text, origin); put() parses the text by its type and keeps it when its place is at least as
 * strong as the one that set it before. So the command line is read first (it may ask for help, or name the file), and
 * still wins.
 */
#include "common/base/settings.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/base/settings_impl.h"

#define SETTINGS_FILE_MAX (1024 * 1024) /* bytes of a settings file: far above any real one */
#define SETTINGS_BYTES_MAX                                                                         \
    (8 * 1024 * 1024)  /* everything kept: the file, the environment, the command line */
#define SHOWN_MAX  160 /* bytes of a wrong line that an error repeats */
#define ENV_PREFIX "ONRECORD_"

const struct onr_setting onr_settings_common[] = {
    { .name = "", .type = ONR_SET_GROUP, .help = "General" },
    { .name = "config",
      .type = ONR_SET_TEXT,
      .arg = "FILE",
      .help = "read settings from FILE (also ONRECORD_CONFIG)" },
    { .name = "log-level",
      .type = ONR_SET_CHOICE,
      .arg = "LEVEL",
      .fallback = "info",
      .choices = "error|warn|info|debug",
      .help = "least important log line to show: error, warn, info or debug" },
    { .name = "stop-deadline",
      .type = ONR_SET_MS,
      .arg = "TIME",
      .fallback = "10s",
      .min = 1000,
      .max = 3600000,
      .help = "after SIGTERM or Ctrl-C, end within this time whatever is still running" },
    { .name = "help", .letter = 'h', .type = ONR_SET_FLAG, .help = "show this help" },
    { .name = "version", .type = ONR_SET_FLAG, .help = "show the version" },
    { .name = NULL },
};

const char *const onr_settings_shared[] = {
    "brokers", "prefix",  "org",       "timeout",         "key",
    "trust",   "schemas", "log-level", "passphrase-file", "insecure-plaintext",
    NULL
};

const struct onr_verb onr_verbs[] = {
    { "split", "cut articles into statements and send them to the line" },
    { "classify", "find speaker, target and stance; sign the answers, exactly once" },
    { "follow", "print verified results as they are committed" },
    { "audit", "prove that nothing was lost, added, changed or reordered" },
    { "witness", "cosign lanes that only grow, from outside; refuse all others" },
    { "replay", "send a range of a topic on to another topic" },
    { "keys", "make signing keys, keep the key log and the trust file" },
    { "topics", "create and check the topics of the line" },
    { "annotate", "split and classify articles here, without Kafka" },
    { "stance", "support, oppose or neutral for given speakers and targets" },
    { NULL, NULL },
};

int
onr_settings_no_memory(struct onr_error *err)
{
    return onr_fail(err, ONR_ENOMEM, "no memory for the settings");
}

/* "WHERE: reason", the code by the place. */
int
onr_settings_refuse(const struct onr_settings_origin *o, struct onr_error *err)
{
    int code = o->rank == ONR_FROM_COMMAND_LINE ? ONR_EUSAGE : ONR_ECONFIG;

    if (err)
        err->code = code;
    (void) onr_fail_in(err, "%s: ", o->shown);
    return -code;
}

/* Copy for an error: at most SHOWN_MAX bytes, nothing that could steer a terminal. */
const char *
onr_settings_shown(struct onr_settings *s, struct onr_span text)
{
    char copy[SHOWN_MAX + 4];
    size_t n = text.len < SHOWN_MAX ? text.len : SHOWN_MAX;

    while (n > 0 && n < text.len && ((unsigned char) text.ptr[n] & 0xc0) == 0x80)
        n--;
    for (size_t i = 0; i < n; i++)
        copy[i] = (unsigned char) text.ptr[i] < 0x20 || text.ptr[i] == 0x7f ? '?' : text.ptr[i];
    memcpy(copy + n, n < text.len ? "..." : "", n < text.len ? 4 : 1);
    return onr_arena_span(&s->arena, onr_span_z(copy)).ptr;
}

/* --- tables --------------------------------------------------------------------------------------------------------- */

static size_t
count_settings(const struct onr_program *p)
{
    size_t n = 0;

    for (const struct onr_setting *d = onr_settings_common; d->name; d++)
        n++;
    for (size_t t = 0; p->tables && p->tables[t]; t++)
        for (const struct onr_setting *d = p->tables[t]; d->name; d++)
            n++;
    return n;
}

struct onr_settings_value *
onr_settings_find(const struct onr_settings *s, struct onr_span name)
{
    for (size_t i = 0; i < s->n_values; i++)
        if (onr_span_eq_z(name, s->values[i].def->name))
            return &s->values[i];
    return NULL;
}

static void
add_table(struct onr_settings *s, const struct onr_setting *table)
{
    for (const struct onr_setting *d = table; d->name; d++)
        if (d->type != ONR_SET_GROUP && !onr_settings_find(s, onr_span_z(d->name)))
            s->values[s->n_values++] = (struct onr_settings_value){ .def = d, .where = "default" };
}

/* A setting that a program may be handed although it has no use for it. */
bool
onr_settings_is_shared(struct onr_span name)
{
    for (size_t i = 0; onr_settings_shared[i]; i++)
        if (onr_span_eq_z(name, onr_settings_shared[i]))
            return true;
    return false;
}

/* "no such setting" with the nearest one. */
int
onr_settings_fail_unknown(const struct onr_settings *s, struct onr_span name, const char *prefix,
                          struct onr_error *err)
{
    const char *best = NULL;
    unsigned least = onr_word_near(name) + 1;

    for (size_t i = 0; i < s->n_values; i++) {
        unsigned d = onr_word_distance(name, onr_span_z(s->values[i].def->name));

        if (d < least) {
            least = d;
            best = s->values[i].def->name;
        }
    }
    if (best)
        return onr_fail(err, ONR_ECONFIG, "no such setting; did you mean %s%s?", prefix, best);
    return onr_fail(err, ONR_ECONFIG, "no such setting; \"onrecord %s --help\" lists them",
                    s->program->verb);
}

/* --- values --------------------------------------------------------------------------------------------------------- */

static bool
parse_int(struct onr_span text, int64_t *ret)
{
    bool minus = text.len > 0 && text.ptr[0] == '-';
    unsigned long long v;

    if (minus)
        text = onr_span_sub(text, 1, text.len);
    if (onr_span_u64(text, &v) < 0 || v > INT64_MAX)
        return false;
    *ret = minus ? -(int64_t) v : (int64_t) v;
    return true;
}

static bool
parse_ms(struct onr_span text, int64_t *ret)
{
    static const struct {
        const char *unit;
        int64_t ms;
    } units[] = { { "ms", 1 }, { "s", 1000 }, { "m", 60000 }, { "h", 3600000 }, { "", 1 } };
    size_t digits = 0;
    int64_t n;

    while (digits < text.len && text.ptr[digits] >= '0' && text.ptr[digits] <= '9')
        digits++;
    if (!parse_int(onr_span_sub(text, 0, digits), &n))
        return false;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (onr_span_eq_z(onr_span_sub(text, digits, text.len), units[i].unit)) {
            if (n > INT64_MAX / units[i].ms)
                return false;
            *ret = n * units[i].ms;
            return true;
        }
    return false;
}

static bool
parse_flag(struct onr_span text, int64_t *ret)
{
    static const char *const yes[] = { "yes", "true", "on", "1" }, *const no[] = { "no", "false",
                                                                                   "off", "0" };

    for (size_t i = 0; i < 4; i++)
        if (onr_span_eq_z(text, yes[i]) || onr_span_eq_z(text, no[i])) {
            *ret = onr_span_eq_z(text, yes[i]);
            return true;
        }
    return false;
}

static bool
is_choice(const char *choices, struct onr_span text)
{
    struct onr_span rest = onr_span_z(choices), part;

    while (onr_span_next(&rest, '|', &part))
        if (onr_span_eq(part, text))
            return true;
    return false;
}

/* A bound as people write it: 60000 ms is "60s". */
static const char *
shown_bound(const struct onr_setting *d, int64_t v, char ret[32])
{
    bool seconds = d->type == ONR_SET_MS && v >= 1000 && v % 1000 == 0;

    snprintf(ret, 32, "%lld%s", (long long) (seconds ? v / 1000 : v),
             d->type != ONR_SET_MS ? ""
             : seconds             ? "s"
                                   : "ms");
    return ret;
}

static int
fail_range(const struct onr_setting *d, struct onr_error *err)
{
    char least[32], most[32];

    return onr_fail(err, ONR_ECONFIG, "must be %s to %s", shown_bound(d, d->min, least),
                    shown_bound(d, d->max, most));
}

static int
parse(const struct onr_setting *d, struct onr_span text, int64_t *ret, struct onr_error *err)
{
    bool ranged = d->min != 0 || d->max != 0;

    switch (d->type) {
    case ONR_SET_INT:
        if (!parse_int(text, ret))
            return onr_fail(err, ONR_ECONFIG, "not a whole number");
        return ranged && (*ret < d->min || *ret > d->max) ? fail_range(d, err) : 0;
    case ONR_SET_MS:
        if (!parse_ms(text, ret))
            return onr_fail(err, ONR_ECONFIG,
                            "not a duration such as 250ms, 10s, 5m or 2h (plain digits are ms)");
        return ranged && (*ret < d->min || *ret > d->max) ? fail_range(d, err) : 0;
    case ONR_SET_FLAG:
        return parse_flag(text, ret) ? 0 : onr_fail(err, ONR_ECONFIG, "must be yes or no");
    case ONR_SET_CHOICE:
        return is_choice(d->choices, text)
                   ? 0
                   : onr_fail(err, ONR_ECONFIG, "must be one of %s", d->choices);
    default:
        return 0;
    }
}

int
onr_settings_put(struct onr_settings *s, struct onr_settings_value *v, struct onr_span text,
                 const struct onr_settings_origin *o, struct onr_error *err)
{
    struct onr_span copy = onr_arena_span(&s->arena, text);
    int64_t number = 0;

    if (!copy.ptr)
        return onr_settings_no_memory(err);
    if (parse(v->def, text, &number, err) < 0)
        return onr_settings_refuse(o, err);
    if (o->section > 0 && v->section == o->section) {
        (void) onr_fail(err, ONR_ECONFIG, "already set on line %u", v->line);
        return onr_settings_refuse(o, err);
    }
    if (o->rank < v->rank)
        return 0;
    *v = (struct onr_settings_value){ v->def,  copy.ptr,   number, o->where,
                                      o->rank, o->section, o->line };
    return 0;
}

/* A librdkafka property, kept behind those of weaker or equal places. librdkafka itself judges name and value. */
int
onr_settings_put_property(struct onr_settings *s, struct onr_span name, struct onr_span value,
                          const struct onr_settings_origin *o, struct onr_error *err)
{
    struct onr_settings_property *p = onr_arena_alloc(&s->arena, sizeof *p), **at = &s->kafka;
    struct onr_span n = onr_arena_span(&s->arena, name), v = onr_arena_span(&s->arena, value);

    if (!p || !n.ptr || !v.ptr)
        return onr_settings_no_memory(err);
    if (n.len == 0) {
        (void) onr_fail(err, ONR_ECONFIG, "a librdkafka property looks like linger.ms=5");
        return onr_settings_refuse(o, err);
    }
    *p = (struct onr_settings_property){ n.ptr, v.ptr, o->where, o->rank, NULL };
    while (*at && (*at)->rank <= p->rank)
        at = &(*at)->next;
    p->next = *at;
    *at = p;
    return 0;
}

/* NAME=VALUE of -X and ONRECORD_KAFKA. */
int
onr_settings_put_property_text(struct onr_settings *s, struct onr_span text,
                               const struct onr_settings_origin *o, struct onr_error *err)
{
    struct onr_span rest = text, name;

    (void) onr_span_next(&rest, '=', &name);
    if (!rest.ptr) {
        (void) onr_fail(err, ONR_ECONFIG, "a librdkafka property looks like linger.ms=5");
        return onr_settings_refuse(o, err);
    }
    return onr_settings_put_property(s, onr_span_trim(name), onr_span_trim(rest), o, err);
}

/* --- the whole ------------------------------------------------------------------------------------------------------ */

static int
set_defaults(struct onr_settings *s, struct onr_error *err)
{
    const struct onr_program *p = s->program;

    s->values = onr_arena_array(&s->arena, count_settings(p), sizeof *s->values);
    if (!s->values)
        return onr_settings_no_memory(err);
    for (size_t t = 0; p->tables && p->tables[t]; t++)
        add_table(s, p->tables[t]);
    add_table(s, onr_settings_common);
    for (size_t i = 0; i < s->n_values; i++) {
        struct onr_settings_value *v = &s->values[i];

        v->text = v->def->fallback;
        if (v->text && parse(v->def, onr_span_z(v->text), &v->number, err) < 0)
            return onr_fail_in(err, "default of %s: ", v->def->name);
    }
    return 0;
}

static int
read_all(struct onr_settings *s, int argc, char **argv, bool *ret_done, struct onr_error *err)
{
    const char *path;
    int rc;

    if ((rc = set_defaults(s, err)) < 0
        || (rc = onr_settings_read_command_line(s, argc, argv, ret_done, err)) < 0 || *ret_done)
        return rc;
    path = onr_set_text(s, "config");
    if (!path && (path = getenv(ONR_SETTINGS_ENV "CONFIG")) && !*path)
        path = NULL;
    if (path && (rc = onr_settings_read_file(s, path, err)) < 0)
        return rc;
    return onr_settings_read_environment(s, err);
}

int
onr_settings_read(const struct onr_program *p, int argc, char **argv, struct onr_settings **ret,
                  bool *ret_done, struct onr_error *err)
{
    struct onr_settings *s = calloc(1, sizeof *s);
    bool done = false;
    int rc;

    if (!s)
        return onr_settings_no_memory(err);
    s->program = p;
    s->arena = (struct onr_arena) ONR_ARENA_INIT(SETTINGS_BYTES_MAX);
    if ((rc = read_all(s, argc, argv, &done, err)) < 0) {
        onr_settings_free(s);
        return rc;
    }
    if (done && onr_set_flag(s, "help"))
        onr_settings_help(p);
    *ret = s;
    *ret_done = done;
    return 0;
}

void
onr_settings_free(struct onr_settings *s)
{
    if (!s)
        return;
    onr_arena_release(&s->arena);
    free(s);
}

/* --- answers -------------------------------------------------------------------------------------------------------- */

static const struct onr_settings_value *
value_of(const struct onr_settings *s, const char *name)
{
    const struct onr_settings_value *v = onr_settings_find(s, onr_span_z(name));

    if (!v)
        abort(); /* a program asks for a setting that its table lacks */
    return v;
}

const char *
onr_set_text(const struct onr_settings *s, const char *name)
{
    return value_of(s, name)->text;
}

int64_t
onr_set_int(const struct onr_settings *s, const char *name)
{
    return value_of(s, name)->number;
}

bool
onr_set_flag(const struct onr_settings *s, const char *name)
{
    return value_of(s, name)->number != 0;
}

bool
onr_set_is(const struct onr_settings *s, const char *name)
{
    return value_of(s, name)->rank != ONR_UNSET;
}

const char *
onr_set_where(const struct onr_settings *s, const char *name)
{
    return value_of(s, name)->where;
}

size_t
onr_settings_argc(const struct onr_settings *s)
{
    return s->n_args;
}

const char *
onr_settings_arg(const struct onr_settings *s, size_t i)
{
    return s->args[i];
}

static const struct onr_settings_property *
property_at(const struct onr_settings *s, size_t i)
{
    const struct onr_settings_property *p = s->kafka;

    while (p && i-- > 0)
        p = p->next;
    return p;
}

bool
onr_settings_kafka(const struct onr_settings *s, size_t i, const char **ret_name,
                   const char **ret_value)
{
    const struct onr_settings_property *p = property_at(s, i);

    if (!p)
        return false;
    *ret_name = p->name;
    *ret_value = p->value;
    return true;
}

const char *
onr_settings_kafka_where(const struct onr_settings *s, size_t i)
{
    const struct onr_settings_property *p = property_at(s, i);

    return p ? p->where : "default";
}
