/* common/base/settings_impl.h - what settings.c and settings_places.c share; nobody else includes it. */
#ifndef ONR_BASE_SETTINGS_IMPL_H
#define ONR_BASE_SETTINGS_IMPL_H

#include "common/base/arena.h"
#include "common/base/settings.h"

#define ONR_SETTINGS_ENV "ONRECORD_" /* begins every variable that is a setting */

enum onr_settings_rank {
    ONR_UNSET,
    ONR_FROM_FILE,
    ONR_FROM_SECTION,
    ONR_FROM_ENVIRONMENT,
    ONR_FROM_COMMAND_LINE
};

struct onr_settings_value {
    const struct onr_setting *def;
    const char *text;
    int64_t number; /* INT, MS; FLAG as 0 or 1 */
    const char *where;
    enum onr_settings_rank rank;
    unsigned
        section; /* number of the file's section that set it last, to find a line given twice */
    unsigned line;
};

struct onr_settings_property {
    const char *name, *value, *where;
    enum onr_settings_rank rank;
    struct onr_settings_property *next;
};

struct onr_settings {
    const struct onr_program *program;
    struct onr_arena arena;
    struct onr_settings_value *values;
    size_t n_values;
    struct onr_settings_property *kafka; /* weakest place first */
    char **args;
    size_t n_args;
    bool help;
};

/* Where a setting stands, and how an error shows it. */
struct onr_settings_origin {
    enum onr_settings_rank rank;
    const char *where;
    const char *shown;
    unsigned section, line;
};

int onr_settings_no_memory(struct onr_error *err);
/** Put "WHERE: " before the reason in err; the code follows from the place. */
int onr_settings_refuse(const struct onr_settings_origin *o, struct onr_error *err);
/** Copy for an error: of bounded length, nothing that could steer a terminal. NULL without memory. */
const char *onr_settings_shown(struct onr_settings *s, struct onr_span text);

struct onr_settings_value *onr_settings_find(const struct onr_settings *s, struct onr_span name);
/** A setting that a program may be handed although it has no use for it. */
bool onr_settings_is_shared(struct onr_span name);
/** "no such setting", with the nearest one: `prefix` is "--" for options. */
int onr_settings_fail_unknown(const struct onr_settings *s, struct onr_span name,
                              const char *prefix, struct onr_error *err);

/** Parse text by the setting's type and keep it, unless a stronger place has set it. */
ONR_MUST_USE int onr_settings_put(struct onr_settings *s, struct onr_settings_value *v,
                                  struct onr_span text, const struct onr_settings_origin *o,
                                  struct onr_error *err);
ONR_MUST_USE int onr_settings_put_property(struct onr_settings *s, struct onr_span name,
                                           struct onr_span value,
                                           const struct onr_settings_origin *o,
                                           struct onr_error *err);
/** NAME=VALUE, of -X and ONRECORD_KAFKA. */
ONR_MUST_USE int onr_settings_put_property_text(struct onr_settings *s, struct onr_span text,
                                                const struct onr_settings_origin *o,
                                                struct onr_error *err);

ONR_MUST_USE int onr_settings_read_file(struct onr_settings *s, const char *path,
                                        struct onr_error *err);
ONR_MUST_USE int onr_settings_read_environment(struct onr_settings *s, struct onr_error *err);
/** --help and --version stop the reading: they answer whatever else is wrong. */
ONR_MUST_USE int onr_settings_read_command_line(struct onr_settings *s, int argc, char **argv,
                                                bool *ret_done, struct onr_error *err);

#endif
