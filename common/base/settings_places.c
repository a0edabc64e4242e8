/* common/base/settings_places.c - the file, the environment and the command line. See settings.h. */
#include <stdio.h>

#include "common/base/buf.h"
#include "common/base/file.h"
#include "common/base/settings_impl.h"
#include "common/base/utf8.h"

#define SETTINGS_FILE_MAX (1024 * 1024) /* bytes of a settings file: far above any real one */

extern char **environ;

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
             const struct onr_settings_origin *o, struct onr_error *err)
{
    struct onr_span name;
    bool known;

    if (line.ptr[line.len - 1] != ']') {
        (void) onr_fail(err, ONR_ECONFIG, "a section looks like [classify]");
        return onr_settings_refuse(o, err);
    }
    name = onr_span_trim(onr_span_sub(line, 1, line.len - 1));
    f->ours = known = onr_span_eq_z(name, s->program->verb);
    for (size_t i = 0; onr_verbs[i].name && !known; i++)
        known = onr_span_eq_z(name, onr_verbs[i].name);
    if (!known) {
        (void) onr_fail(err, ONR_ECONFIG, "no such verb; \"onrecord --help\" lists them");
        return onr_settings_refuse(o, err);
    }
    f->named = true;
    f->section++;
    return 0;
}

static int
file_setting(struct onr_settings *s, struct file_state *f, struct onr_span line,
             const struct onr_settings_origin *o, struct onr_error *err)
{
    static const struct onr_span kafka = { "kafka.", 6 };
    struct onr_span value = line, name;
    struct onr_settings_value *v;

    (void) onr_span_next(&value, '=', &name);
    if (!value.ptr) {
        (void) onr_fail(err, ONR_ECONFIG, "a setting looks like name = value");
        return onr_settings_refuse(o, err);
    }
    name = onr_span_trim(name);
    value = onr_span_trim(value);
    if (value.len >= 2 && value.ptr[0] == '"' && value.ptr[value.len - 1] == '"')
        value = onr_span_sub(value, 1, value.len - 1);
    if (onr_span_starts(name, kafka)) {
        if (s->program->kafka)
            return onr_settings_put_property(s, onr_span_sub(name, kafka.len, name.len), value, o,
                                             err);
        if (!f->named)
            return 0;
    }
    v = onr_settings_find(s, name);
    if (v && onr_span_eq_z(name, "config"))
        (void) onr_fail(err, ONR_ECONFIG, "a file cannot name another file");
    else if (v && (onr_span_eq_z(name, "help") || onr_span_eq_z(name, "version")))
        (void) onr_fail(err, ONR_ECONFIG, "only for the command line");
    else if (v)
        return onr_settings_put(s, v, value, o, err);
    else if (!f->named && onr_settings_is_shared(name))
        return 0;
    else
        (void) onr_settings_fail_unknown(s, name, "", err);
    return onr_settings_refuse(o, err);
}

static int
file_line(struct onr_settings *s, struct file_state *f, struct onr_span line, struct onr_error *err)
{
    char where[ONR_ERROR_TEXT_MAX], shown[ONR_ERROR_TEXT_MAX];
    struct onr_span text = without_comment(line);
    struct onr_settings_origin o = { f->named ? ONR_FROM_SECTION : ONR_FROM_FILE, NULL, NULL,
                                     f->section, f->line };

    if (text.len == 0 || (!f->ours && text.ptr[0] != '['))
        return 0;
    snprintf(where, sizeof where, "%.300s line %u", f->path, f->line);
    o.where = onr_arena_span(&s->arena, onr_span_z(where)).ptr;
    o.shown = onr_settings_shown(s, text);
    if (!o.where || !o.shown)
        return onr_settings_no_memory(err);
    snprintf(shown, sizeof shown, "%.310s: \"%.180s\"", where, o.shown);
    o.shown = shown;
    return text.ptr[0] == '[' ? file_section(s, f, text, &o, err)
                              : file_setting(s, f, text, &o, err);
}

int
onr_settings_read_file(struct onr_settings *s, const char *path, struct onr_error *err)
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
environment_kafka(struct onr_settings *s, struct onr_span text, const struct onr_settings_origin *o,
                  struct onr_error *err)
{
    struct onr_span part;
    int rc;

    if (!s->program->kafka)
        return 0;
    while (onr_span_next(&text, ' ', &part))
        if (part.len > 0 && (rc = onr_settings_put_property_text(s, part, o, err)) < 0)
            return rc;
    return 0;
}

static int
environment_variable(struct onr_settings *s, const char *entry, struct onr_error *err)
{
    struct onr_span value = onr_span_z(entry), variable;
    struct onr_settings_origin o = { .rank = ONR_FROM_ENVIRONMENT };
    char name[64];
    size_t n = 0;
    struct onr_settings_value *v;

    (void) onr_span_next(&value, '=', &variable);
    if (!value.ptr || value.len == 0)
        return 0;
    for (size_t i = strlen(ONR_SETTINGS_ENV); i < variable.len && n < sizeof name; i++, n++) {
        char c = variable.ptr[i];

        name[n] = c == '_' ? '-' : c >= 'A' && c <= 'Z' ? (char) (c - 'A' + 'a') : '?';
    }
    o.where = onr_arena_span(&s->arena, variable).ptr;
    o.shown = onr_settings_shown(s, onr_span_z(entry));
    if (!o.where || !o.shown)
        return onr_settings_no_memory(err);
    if (onr_span_eq_z(variable, ONR_SETTINGS_ENV "CONFIG"))
        return 0; /* read before everything else */
    if (onr_span_eq_z(variable, ONR_SETTINGS_ENV "KAFKA"))
        return environment_kafka(s, value, &o, err);
    v = onr_settings_find(s, onr_span_of(name, n));
    if (v && (strcmp(v->def->name, "help") == 0 || strcmp(v->def->name, "version") == 0))
        (void) onr_fail(err, ONR_ECONFIG, "only for the command line");
    else if (v)
        return onr_settings_put(s, v, value, &o, err);
    else if (onr_settings_is_shared(onr_span_of(name, n)))
        return 0;
    else
        (void) onr_settings_fail_unknown(s, onr_span_of(name, n), "", err);
    return onr_settings_refuse(&o, err);
}

int
onr_settings_read_environment(struct onr_settings *s, struct onr_error *err)
{
    int rc;

    for (char **e = environ; e && *e; e++)
        if (strncmp(*e, ONR_SETTINGS_ENV, strlen(ONR_SETTINGS_ENV)) == 0
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
option(struct onr_settings *s, struct arguments *a, struct onr_settings_value *v,
       const char *option_name, const char *inner, struct onr_error *err)
{
    char shown[ONR_ERROR_TEXT_MAX];
    struct onr_settings_origin o = { .rank = ONR_FROM_COMMAND_LINE, .shown = shown };
    const char *text = inner, *copy;

    if (!text && v && v->def->type == ONR_SET_FLAG)
        text = "yes";
    if (!text && a->next < a->argc)
        text = a->argv[a->next++];
    o.where = onr_arena_span(&s->arena, onr_span_z(option_name)).ptr;
    if (!o.where)
        return onr_settings_no_memory(err);
    if (!text)
        return onr_fail(err, ONR_EUSAGE, "%s needs a value: %s %s", option_name, option_name,
                        v ? v->def->arg : "NAME=VALUE");
    copy = onr_settings_shown(s, onr_span_z(text));
    if (!copy)
        return onr_settings_no_memory(err);
    snprintf(shown, sizeof shown, "%s %s", option_name, copy);
    if (!v)
        return onr_settings_put_property_text(s, onr_span_z(text), &o, err);
    return onr_settings_put(s, v, onr_span_z(text), &o, err);
}

static int
long_option(struct onr_settings *s, struct arguments *a, const char *arg, struct onr_error *err)
{
    const char *equals = strchr(arg, '=');
    struct onr_span name = onr_span_of(arg + 2,
                                       (equals ? (size_t) (equals - arg) : strlen(arg)) - 2);
    struct onr_settings_value *v = onr_settings_find(s, name);
    struct onr_settings_origin o = { .rank = ONR_FROM_COMMAND_LINE };
    char option_name[64];

    if (!v || name.len + 3 > sizeof option_name) {
        o.shown = onr_settings_shown(s, onr_span_z(arg));
        if (!o.shown)
            return onr_settings_no_memory(err);
        (void) onr_settings_fail_unknown(s, name, "--", err);
        return onr_settings_refuse(&o, err);
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
        struct onr_settings_value *v = NULL;
        bool property = *c == 'X' && s->program->kafka;
        int rc;

        for (size_t i = 0; i < s->n_values && !v; i++)
            if (s->values[i].def->letter == *c)
                v = &s->values[i];
        if (!v && !property)
            return onr_fail(err, ONR_EUSAGE,
                            "%s: no such option; \"onrecord %s --help\" lists them",
                            onr_settings_shown(s, onr_span_z(arg)), s->program->verb);
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
int
onr_settings_read_command_line(struct onr_settings *s, int argc, char **argv, bool *ret_done,
                               struct onr_error *err)
{
    struct arguments a = { argc, argv, 1 };
    bool options = true;
    int rc = 0;

    s->args = onr_arena_array(&s->arena, (size_t) argc + 1, sizeof *s->args);
    if (!s->args)
        return onr_settings_no_memory(err);
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
