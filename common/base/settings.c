/* common/base/settings.c - reading settings from their three places. See settings.h; the help is in settings_help.c.
 *
 * Every place yields (name, text, origin); put() parses the text by its type and keeps it when its place is at least as
 * strong as the one that set it before. So the command line is read first (it may ask for help, or name the file), and
 * still wins.
 */
#include "common/base/settings.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/base/arena.h"
#include "common/base/buf.h"
#include "common/base/file.h"
#include "common/base/utf8.h"

#define SETTINGS_FILE_MAX (1024 * 1024) /* bytes of a settings file: far above any real one */
#define SETTINGS_BYTES_MAX                                                                         \
    (8 * 1024 * 1024)  /* everything kept: the file, the environment, the command line */
#define SHOWN_MAX  160 /* bytes of a wrong line that an error repeats */
#define ENV_PREFIX "ONRECORD_"

extern char **environ;

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

const char *const onr_settings_shared[] = { "brokers", "prefix", "org",       "timeout",
                                            "key",     "trust",  "log-level", NULL };

const struct onr_verb onr_verbs[] = {
    { "split", "cut articles into statements and send them to the line" },
    { "classify", "find speaker, target and stance; sign the answers, exactly once" },
    { "follow", "print verified results as they are committed" },
    { "audit", "prove that nothing was lost, added, changed or reordered" },
    { "replay", "send a range of a topic on to another topic" },
    { "keys", "make signing keys, keep the key log and the trust file" },
    { "topics", "create and check the topics of the line" },
    { "annotate", "split and classify articles here, without Kafka" },
    { "stance", "support, oppose or neutral for given speakers and targets" },
    { NULL, NULL },
};

enum rank { UNSET, FROM_FILE, FROM_SECTION, FROM_ENVIRONMENT, FROM_COMMAND_LINE };

struct value {
    const struct onr_setting *def;
    const char *text;
    int64_t number; /* INT, MS; FLAG as 0 or 1 */
    const char *where;
    enum rank rank;
    unsigned
        section; /* number of the file's section that set it last, to find a line given twice */
    unsigned line;
};

struct property {
    const char *name, *value, *where;
    enum rank rank;
    struct property *next;
};

struct onr_settings {
    const struct onr_program *program;
    struct onr_arena arena;
    struct value *values;
    size_t n_values;
    struct property *kafka; /* weakest place first */
    char **args;
    size_t n_args;
    bool help;
};

/* Where a setting stands, and how an error shows it. */
struct origin {
    enum rank rank;
    const char *where;
    const char *shown;
    unsigned section, line;
};

static int
no_memory(struct onr_error *err)
{
    return onr_fail(err, ONR_ENOMEM, "no memory for the settings");
}

/* "WHERE: reason", the code by the place. */
static int
refuse(const struct origin *o, struct onr_error *err)
{
    int code = o->rank == FROM_COMMAND_LINE ? ONR_EUSAGE : ONR_ECONFIG;

    if (err)
        err->code = code;
    (void) onr_fail_in(err, "%s: ", o->shown);
    return -code;
}

/* Copy for an error: at most SHOWN_MAX bytes, nothing that could steer a terminal. */
static const char *
shown_copy(struct onr_settings *s, struct onr_span text)
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

static struct value *
find(const struct onr_settings *s, struct onr_span name)
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
        if (d->type != ONR_SET_GROUP && !find(s, onr_span_z(d->name)))
            s->values[s->n_values++] = (struct value){ .def = d, .where = "default" };
}

/* A setting that a program may be handed although it has no use for it. */
static bool
is_shared(struct onr_span name)
{
    for (size_t i = 0; onr_settings_shared[i]; i++)
        if (onr_span_eq_z(name, onr_settings_shared[i]))
            return true;
    return false;
}

/* "no such setting" with the nearest one. */
static int
fail_unknown(const struct onr_settings *s, struct onr_span name, const char *prefix,
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

/* min..max as people write it: 1000 ms is "1s". */
static int
fail_range(const struct onr_setting *d, struct onr_error *err)
{
    bool seconds = d->min % 1000 == 0 && d->max % 1000 == 0;
    int64_t unit = d->type == ONR_SET_MS && seconds ? 1000 : 1;
    const char *name = d->type != ONR_SET_MS ? "" : seconds ? "s" : "ms";

    return onr_fail(err, ONR_ECONFIG, "must be %lld%s to %lld%s", (long long) (d->min / unit), name,
                    (long long) (d->max / unit), name);
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

static int
put(struct onr_settings *s, struct value *v, struct onr_span text, const struct origin *o,
    struct onr_error *err)
{
    struct onr_span copy = onr_arena_span(&s->arena, text);
    int64_t number = 0;

    if (!copy.ptr)
        return no_memory(err);
    if (parse(v->def, text, &number, err) < 0)
        return refuse(o, err);
    if (o->section > 0 && v->section == o->section) {
        (void) onr_fail(err, ONR_ECONFIG, "already set on line %u", v->line);
        return refuse(o, err);
    }
    if (o->rank < v->rank)
        return 0;
    *v = (struct value){ v->def, copy.ptr, number, o->where, o->rank, o->section, o->line };
    return 0;
}

/* A librdkafka property, kept behind those of weaker or equal places. librdkafka itself judges name and value. */
static int
put_property(struct onr_settings *s, struct onr_span name, struct onr_span value,
             const struct origin *o, struct onr_error *err)
{
    struct property *p = onr_arena_alloc(&s->arena, sizeof *p), **at = &s->kafka;
    struct onr_span n = onr_arena_span(&s->arena, name), v = onr_arena_span(&s->arena, value);

    if (!p || !n.ptr || !v.ptr)
        return no_memory(err);
    if (n.len == 0) {
        (void) onr_fail(err, ONR_ECONFIG, "a librdkafka property looks like linger.ms=5");
        return refuse(o, err);
    }
    *p = (struct property){ n.ptr, v.ptr, o->where, o->rank, NULL };
    while (*at && (*at)->rank <= p->rank)
        at = &(*at)->next;
    p->next = *at;
    *at = p;
    return 0;
}

/* NAME=VALUE of -X and ONRECORD_KAFKA. */
static int
put_property_text(struct onr_settings *s, struct onr_span text, const struct origin *o,
                  struct onr_error *err)
{
    struct onr_span rest = text, name;

    (void) onr_span_next(&rest, '=', &name);
    if (!rest.ptr) {
        (void) onr_fail(err, ONR_ECONFIG, "a librdkafka property looks like linger.ms=5");
        return refuse(o, err);
    }
    return put_property(s, onr_span_trim(name), onr_span_trim(rest), o, err);
}

/* --- the file ------------------------------------------------------------------------------------------------------- */

struct file_state {
    const char *path;
    unsigned line;
    unsigned section; /* from 1: the lines before the first section */
    bool named;       /* inside a section */
    bool ours;        /* lines count for this program */
};

/* The line without its comment; a # inside double quotes is none. */
static struct onr_span
without_comment(struct onr_span line)
{
    bool quoted = false;

    for (size_t i = 0; i < line.len; i++) {
        if (line.ptr[i] == '"')
            quoted = !quoted;
        else if (line.ptr[i] == '#' && !quoted
                 && (i == 0 || line.ptr[i - 1] == ' ' || line.ptr[i - 1] == '\t'))
            return onr_span_trim(onr_span_sub(line, 0, i));
    }
    return onr_span_trim(line);
}

static int
file_section(struct onr_settings *s, struct file_state *f, struct onr_span line,
             const struct origin *o, struct onr_error *err)
{
    struct onr_span name;
    bool known;

    if (line.ptr[line.len - 1] != ']') {
        (void) onr_fail(err, ONR_ECONFIG, "a section looks like [classify]");
        return refuse(o, err);
    }
    name = onr_span_trim(onr_span_sub(line, 1, line.len - 1));
    f->ours = known = onr_span_eq_z(name, s->program->verb);
    for (size_t i = 0; onr_verbs[i].name && !known; i++)
        known = onr_span_eq_z(name, onr_verbs[i].name);
    if (!known) {
        (void) onr_fail(err, ONR_ECONFIG, "no such verb; \"onrecord --help\" lists them");
        return refuse(o, err);
    }
    f->named = true;
    f->section++;
    return 0;
}

static int
file_setting(struct onr_settings *s, struct file_state *f, struct onr_span line,
             const struct origin *o, struct onr_error *err)
{
    static const struct onr_span kafka = { "kafka.", 6 };
    struct onr_span value = line, name;
    struct value *v;

    (void) onr_span_next(&value, '=', &name);
    if (!value.ptr) {
        (void) onr_fail(err, ONR_ECONFIG, "a setting looks like name = value");
        return refuse(o, err);
    }
    name = onr_span_trim(name);
    value = onr_span_trim(value);
    if (value.len >= 2 && value.ptr[0] == '"' && value.ptr[value.len - 1] == '"')
        value = onr_span_sub(value, 1, value.len - 1);
    if (onr_span_starts(name, kafka)) {
        if (s->program->kafka)
            return put_property(s, onr_span_sub(name, kafka.len, name.len), value, o, err);
        if (!f->named)
            return 0;
    }
    v = find(s, name);
    if (v && onr_span_eq_z(name, "config"))
        (void) onr_fail(err, ONR_ECONFIG, "a file cannot name another file");
    else if (v && (onr_span_eq_z(name, "help") || onr_span_eq_z(name, "version")))
        (void) onr_fail(err, ONR_ECONFIG, "only for the command line");
    else if (v)
        return put(s, v, value, o, err);
    else if (!f->named && is_shared(name))
        return 0;
    else
        (void) fail_unknown(s, name, "", err);
    return refuse(o, err);
}

static int
file_line(struct onr_settings *s, struct file_state *f, struct onr_span line, struct onr_error *err)
{
    char where[ONR_ERROR_TEXT_MAX], shown[ONR_ERROR_TEXT_MAX];
    struct onr_span text = without_comment(line);
    struct origin o = { f->named ? FROM_SECTION : FROM_FILE, NULL, NULL, f->section, f->line };

    if (text.len == 0 || (!f->ours && text.ptr[0] != '['))
        return 0;
    snprintf(where, sizeof where, "%.300s line %u", f->path, f->line);
    o.where = onr_arena_span(&s->arena, onr_span_z(where)).ptr;
    o.shown = shown_copy(s, text);
    if (!o.where || !o.shown)
        return no_memory(err);
    snprintf(shown, sizeof shown, "%.310s: \"%.180s\"", where, o.shown);
    o.shown = shown;
    return text.ptr[0] == '[' ? file_section(s, f, text, &o, err)
                              : file_setting(s, f, text, &o, err);
}

static int
read_file(struct onr_settings *s, const char *path, struct onr_error *err)
{
    struct onr_buf content = ONR_BUF_INIT(SETTINGS_FILE_MAX);
    struct file_state f = { .path = path, .section = 1, .ours = true };
    struct onr_span rest, line;
    size_t bad;
    int rc;

    if ((rc = onr_file_read(path, &content, err)) < 0) {
        if (err && rc != -ONR_ENOMEM)
            err->code = ONR_ECONFIG;
        rc = rc == -ONR_ENOMEM ? rc : -ONR_ECONFIG;
        (void) onr_fail_in(err, "settings file: ");
        goto out;
    }
    rest = onr_buf_span(&content);
    if (!onr_utf8_check(rest, &bad)) {
        rc = onr_fail(err, ONR_ECONFIG, "%s: byte %zu is not UTF-8 text", path, bad);
        goto out;
    }
    while (onr_span_next(&rest, '\n', &line)) {
        f.line++;
        if ((rc = file_line(s, &f, line, err)) < 0)
            goto out;
    }
    rc = 0;
out:
    onr_buf_release(&content);
    return rc;
}

/* --- the environment ------------------------------------------------------------------------------------------------ */

static int
environment_kafka(struct onr_settings *s, struct onr_span text, const struct origin *o,
                  struct onr_error *err)
{
    struct onr_span part;
    int rc;

    if (!s->program->kafka)
        return 0;
    while (onr_span_next(&text, ' ', &part))
        if (part.len > 0 && (rc = put_property_text(s, part, o, err)) < 0)
            return rc;
    return 0;
}

static int
environment_variable(struct onr_settings *s, const char *entry, struct onr_error *err)
{
    struct onr_span value = onr_span_z(entry), variable;
    struct origin o = { .rank = FROM_ENVIRONMENT };
    char name[64];
    size_t n = 0;
    struct value *v;

    (void) onr_span_next(&value, '=', &variable);
    if (!value.ptr || value.len == 0)
        return 0;
    for (size_t i = strlen(ENV_PREFIX); i < variable.len && n < sizeof name; i++, n++) {
        char c = variable.ptr[i];

        name[n] = c == '_' ? '-' : c >= 'A' && c <= 'Z' ? (char) (c - 'A' + 'a') : '?';
    }
    o.where = onr_arena_span(&s->arena, variable).ptr;
    o.shown = shown_copy(s, onr_span_z(entry));
    if (!o.where || !o.shown)
        return no_memory(err);
    if (onr_span_eq_z(variable, ENV_PREFIX "CONFIG"))
        return 0; /* read before everything else */
    if (onr_span_eq_z(variable, ENV_PREFIX "KAFKA"))
        return environment_kafka(s, value, &o, err);
    v = find(s, onr_span_of(name, n));
    if (v && (strcmp(v->def->name, "help") == 0 || strcmp(v->def->name, "version") == 0))
        (void) onr_fail(err, ONR_ECONFIG, "only for the command line");
    else if (v)
        return put(s, v, value, &o, err);
    else if (is_shared(onr_span_of(name, n)))
        return 0;
    else
        (void) fail_unknown(s, onr_span_of(name, n), "", err);
    return refuse(&o, err);
}

static int
read_environment(struct onr_settings *s, struct onr_error *err)
{
    int rc;

    for (char **e = environ; e && *e; e++)
        if (strncmp(*e, ENV_PREFIX, strlen(ENV_PREFIX)) == 0
            && (rc = environment_variable(s, *e, err)) < 0)
            return rc;
    return 0;
}

/* --- the command line ----------------------------------------------------------------------------------------------- */

struct arguments {
    int argc;
    char **argv;
    int next;
};

/* One option was met: its value is in `inner` ("--name=value", "-nvalue") or the next argument. */
static int
option(struct onr_settings *s, struct arguments *a, struct value *v, const char *option_name,
       const char *inner, struct onr_error *err)
{
    char shown[ONR_ERROR_TEXT_MAX];
    struct origin o = { .rank = FROM_COMMAND_LINE, .shown = shown };
    const char *text = inner, *copy;

    if (!text && v && v->def->type == ONR_SET_FLAG)
        text = "yes";
    if (!text && a->next < a->argc)
        text = a->argv[a->next++];
    o.where = onr_arena_span(&s->arena, onr_span_z(option_name)).ptr;
    if (!o.where)
        return no_memory(err);
    if (!text)
        return onr_fail(err, ONR_EUSAGE, "%s needs a value: %s %s", option_name, option_name,
                        v ? v->def->arg : "NAME=VALUE");
    copy = shown_copy(s, onr_span_z(text));
    if (!copy)
        return no_memory(err);
    snprintf(shown, sizeof shown, "%s %s", option_name, copy);
    if (!v)
        return put_property_text(s, onr_span_z(text), &o, err);
    return put(s, v, onr_span_z(text), &o, err);
}

static int
long_option(struct onr_settings *s, struct arguments *a, const char *arg, struct onr_error *err)
{
    const char *equals = strchr(arg, '=');
    struct onr_span name = onr_span_of(arg + 2,
                                       (equals ? (size_t) (equals - arg) : strlen(arg)) - 2);
    struct value *v = find(s, name);
    struct origin o = { .rank = FROM_COMMAND_LINE };
    char option_name[64];

    if (!v || name.len + 3 > sizeof option_name) {
        o.shown = shown_copy(s, onr_span_z(arg));
        if (!o.shown)
            return no_memory(err);
        (void) fail_unknown(s, name, "--", err);
        return refuse(&o, err);
    }
    snprintf(option_name, sizeof option_name, "--%s", v->def->name);
    return option(s, a, v, option_name, equals ? equals + 1 : NULL, err);
}

/* -abc are three flags, or -a with the value "bc" where a takes one. */
static int
short_options(struct onr_settings *s, struct arguments *a, const char *arg, struct onr_error *err)
{
    for (const char *c = arg + 1; *c; c++) {
        char option_name[3] = { '-', *c, '\0' };
        struct value *v = NULL;
        bool property = *c == 'X' && s->program->kafka;
        int rc;

        for (size_t i = 0; i < s->n_values && !v; i++)
            if (s->values[i].def->letter == *c)
                v = &s->values[i];
        if (!v && !property)
            return onr_fail(err, ONR_EUSAGE,
                            "%s: no such option; \"onrecord %s --help\" lists them",
                            shown_copy(s, onr_span_z(arg)), s->program->verb);
        if (v && v->def->type == ONR_SET_FLAG) {
            if ((rc = option(s, a, v, option_name, NULL, err)) < 0)
                return rc;
            continue;
        }
        return option(s, a, property ? NULL : v, option_name, c[1] ? c + 1 : NULL, err);
    }
    return 0;
}

/* --help and --version stop the reading: they answer whatever else is wrong. */
static int
read_command_line(struct onr_settings *s, int argc, char **argv, bool *ret_done,
                  struct onr_error *err)
{
    struct arguments a = { argc, argv, 1 };
    bool options = true;
    int rc = 0;

    s->args = onr_arena_array(&s->arena, (size_t) argc + 1, sizeof *s->args);
    if (!s->args)
        return no_memory(err);
    while (a.next < a.argc && rc == 0) {
        char *arg = a.argv[a.next++];

        if (options && strcmp(arg, "--") == 0)
            options = false;
        else if (options && strncmp(arg, "--", 2) == 0)
            rc = long_option(s, &a, arg, err);
        else if (options && arg[0] == '-' && arg[1] != '\0')
            rc = short_options(s, &a, arg, err);
        else
            s->args[s->n_args++] = arg;
        if (onr_set_flag(s, "help") || onr_set_flag(s, "version")) {
            *ret_done = true;
            return 0;
        }
    }
    return rc;
}

/* --- the whole ------------------------------------------------------------------------------------------------------ */

static int
set_defaults(struct onr_settings *s, struct onr_error *err)
{
    const struct onr_program *p = s->program;

    s->values = onr_arena_array(&s->arena, count_settings(p), sizeof *s->values);
    if (!s->values)
        return no_memory(err);
    for (size_t t = 0; p->tables && p->tables[t]; t++)
        add_table(s, p->tables[t]);
    add_table(s, onr_settings_common);
    for (size_t i = 0; i < s->n_values; i++) {
        struct value *v = &s->values[i];

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
        || (rc = read_command_line(s, argc, argv, ret_done, err)) < 0 || *ret_done)
        return rc;
    path = onr_set_text(s, "config");
    if (!path && (path = getenv(ENV_PREFIX "CONFIG")) && !*path)
        path = NULL;
    if (path && (rc = read_file(s, path, err)) < 0)
        return rc;
    return read_environment(s, err);
}

int
onr_settings_read(const struct onr_program *p, int argc, char **argv, struct onr_settings **ret,
                  bool *ret_done, struct onr_error *err)
{
    struct onr_settings *s = calloc(1, sizeof *s);
    bool done = false;
    int rc;

    if (!s)
        return no_memory(err);
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

static const struct value *
value_of(const struct onr_settings *s, const char *name)
{
    const struct value *v = find(s, onr_span_z(name));

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
    return value_of(s, name)->rank != UNSET;
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

static const struct property *
property_at(const struct onr_settings *s, size_t i)
{
    const struct property *p = s->kafka;

    while (p && i-- > 0)
        p = p->next;
    return p;
}

bool
onr_settings_kafka(const struct onr_settings *s, size_t i, const char **ret_name,
                   const char **ret_value)
{
    const struct property *p = property_at(s, i);

    if (!p)
        return false;
    *ret_name = p->name;
    *ret_value = p->value;
    return true;
}

const char *
onr_settings_kafka_where(const struct onr_settings *s, size_t i)
{
    const struct property *p = property_at(s, i);

    return p ? p->where : "default";
}
