/* tests/fuzz/fuzz_base_settings.c - a settings file and a command line of any bytes: values within their bounds, or a refusal.
 *
 * Input: the file, then arguments, each behind a NUL.
 */
#include "tests/fuzz/fuzz.h"

#include "common/base/settings.h"

#define ARGS_MAX 12

static const struct onr_setting table[] = {
    { .name = "", .type = ONR_SET_GROUP, .help = "Work" },
    { .name = "commit-ms",
      .letter = 'c',
      .type = ONR_SET_MS,
      .arg = "TIME",
      .fallback = "100",
      .min = 10,
      .max = 60000,
      .help = "time between two commits" },
    { .name = "count", .type = ONR_SET_INT, .arg = "N", .min = -5, .max = 100, .help = "how many" },
    { .name = "dry-run", .letter = 'd', .type = ONR_SET_FLAG, .help = "change nothing" },
    { .name = "form", .type = ONR_SET_CHOICE, .fallback = "a", .choices = "a|bc", .help = "form" },
    { .name = "key", .letter = 'k', .type = ONR_SET_TEXT, .arg = "FILE", .help = "key file" },
    { .name = NULL },
};
static const struct onr_setting *const tables[] = { table, NULL };
static const struct onr_program program = {
    .verb = "classify",
    .summary = "Classify.",
    .usage = "[OPTIONS]",
    .examples = "  onrecord classify\n",
    .tables = tables,
    .kafka = true,
};

static void
values_keep_their_bounds(const struct onr_settings *s)
{
    const char *form = onr_set_text(s, "form"), *name, *value;
    int64_t ms = onr_set_int(s, "commit-ms");

    HOLDS(ms >= 10 && ms <= 60000);
    if (onr_set_is(s, "count"))
        HOLDS(onr_set_int(s, "count") >= -5 && onr_set_int(s, "count") <= 100);
    HOLDS(strcmp(form, "a") == 0 || strcmp(form, "bc") == 0);
    HOLDS(onr_set_flag(s, "dry-run") <= onr_set_is(s, "dry-run"));
    HOLDS(onr_set_is(s, "key") == (onr_set_text(s, "key") != NULL) && onr_set_where(s, "key"));
    for (size_t i = 0; i < onr_settings_argc(s); i++)
        HOLDS(onr_settings_arg(s, i));
    for (size_t i = 0; onr_settings_kafka(s, i, &name, &value); i++)
        HOLDS(name[0] && value && onr_settings_kafka_where(s, i)[0]);
}

/* A refusal is one line for a terminal: nothing in it may steer one. */
static void
sentence_is_plain(const struct onr_error *err)
{
    HOLDS(err->text[0]);
    for (const char *c = err->text; *c; c++)
        HOLDS((uint8_t) *c >= 0x20 && *c != 0x7f);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct onr_span rest = onr_span_of(size ? (const char *) data : "", size), file;
    char *line, name[] = "onrecord-classify", *argv[ARGS_MAX + 1] = { name };
    struct onr_error err = ONR_ERROR_INIT;
    struct onr_settings *s = NULL;
    bool done = false;
    int argc = 1, rc;

    (void) onr_span_next(&rest, '\0', &file);
    HOLDS(line = calloc(rest.len + 1, 1));
    if (rest.len)
        memcpy(line, rest.ptr, rest.len);
    for (size_t i = 0; i < rest.len && argc < ARGS_MAX; i += strlen(line + i) + 1)
        argv[argc++] = line + i;
    /* Not another file of this machine, and no page of help for each input. */
    for (int i = 1; i < argc; i++)
        if (strstr(argv[i], "config") || strchr(argv[i], 'h'))
            argc = 1;
    HOLDS(setenv("ONRECORD_CONFIG", file_of(file), 1) == 0);
    rc = onr_settings_read(&program, argc, argv, &s, &done, &err);
    HOLDS(rc == 0 || rc == -ONR_EUSAGE || rc == -ONR_ECONFIG);
    if (rc == 0 && !done)
        values_keep_their_bounds(s);
    if (rc < 0)
        sentence_is_plain(&err);
    if (rc == 0)
        onr_settings_free(s);
    free(line);
    return 0;
}
