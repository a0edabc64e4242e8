/* common/base/settings.h - one table a program: what can be set, in a file, in the environment and on the command line.
 *
 * The same name everywhere: `commit-ms = 100` in the file, ONRECORD_COMMIT_MS=100 in the environment, --commit-ms 100 or
 * --commit-ms=100 on the command line; later places win in that order. Any librdkafka property goes through unchanged:
 * `kafka.linger.ms = 5` in the file, -X linger.ms=5 on the command line (repeatable), ONRECORD_KAFKA="linger.ms=5 acks=all".
 *
 * The file is named by --config FILE or ONRECORD_CONFIG and may serve several programs. A # begins a comment at the start
 * of a line or after a blank; a value may stand in double quotes. Lines under [VERB] are for that verb and win; sections
 * of other verbs are skipped. Lines before the first section hold settings of this program and those that the family
 * shares (onr_settings_shared, kafka.*), which a program that has no use for them skips. The environment follows the rule
 * of those lines; an empty variable counts as not set.
 *
 * An unknown or wrong setting is refused with where it stands (file and line, variable or option), its text and the reason.
 */
#ifndef ONR_BASE_SETTINGS_H
#define ONR_BASE_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/error.h"
#include "common/base/span.h"

enum onr_setting_type {
    ONR_SET_TEXT,
    ONR_SET_INT,    /* decimal, min..max */
    ONR_SET_FLAG,   /* --name, name = yes|no */
    ONR_SET_CHOICE, /* one of `choices`, "a|b|c" */
    ONR_SET_MS,   /* duration: 250ms, 10s, 5m, 2h; plain digits are milliseconds; min..max in ms */
    ONR_SET_GROUP /* no setting: a heading of the help, in .help; .name is "" */
};

struct onr_setting {
    const char *name; /* lower case with dashes: "commit-ms" */
    char letter;      /* one-letter option, 0 for none */
    enum onr_setting_type type;
    const char *arg;      /* what help calls the value: "MS"; NULL for flags */
    const char *fallback; /* default as text; NULL = not set */
    int64_t min, max;     /* ONR_SET_INT and ONR_SET_MS */
    const char *choices;  /* ONR_SET_CHOICE */
    const char *help; /* a sentence without the default, which the help adds; wrapped to the line */
};

/* A program: its table, its help. Everything static. */
struct onr_program {
    const char *verb;    /* "classify" */
    const char *summary; /* one line: what it does */
    const char *usage;   /* "[OPTIONS] [FILE ...]" */
    const char *
        description; /* paragraphs, wrapped to the line; lines that begin with a blank stay; may be NULL */
    const char *examples; /* at least one, "  onrecord classify ...\n" */
    const struct onr_setting *const *
        tables; /* NULL-terminated list of tables, each ended by a .name == NULL entry; common is always there */
    bool kafka; /* takes -X and kafka.* properties */
};

/* What every program takes: config, log-level, stop-deadline, help, version. */
extern const struct onr_setting onr_settings_common[];

/* Names that programs of the family share beyond that: brokers, prefix, key, ... ended by NULL. */
extern const char *const onr_settings_shared[];

/* The family: what `onrecord` lists and a section of the file may be named after; ended by .name == NULL. */
struct onr_verb {
    const char *name;
    const char *summary; /* one line */
};
extern const struct onr_verb onr_verbs[];

struct onr_settings;

/** Read file, environment and command line. --help prints to stdout and sets *ret_done; --version only sets *ret_done
 *  (onr_set_flag tells): the caller knows the libraries it is made of. Both win over every other error.
 *  Errors: -ONR_EUSAGE (command line), -ONR_ECONFIG (file, environment), -ONR_ENOMEM. Returns owned in *ret. */
ONR_MUST_USE int onr_settings_read(const struct onr_program *p, int argc, char **argv,
                                   struct onr_settings **ret, bool *ret_done,
                                   struct onr_error *err);
void onr_settings_free(struct onr_settings *s);

/** Values; the name must be in the table (else the program aborts: a bug). Text is NULL when unset and without default. */
const char *onr_set_text(const struct onr_settings *s, const char *name);
int64_t onr_set_int(const struct onr_settings *s, const char *name); /* INT and MS */
bool onr_set_flag(const struct onr_settings *s, const char *name);
bool onr_set_is(const struct onr_settings *s, const char *name); /* was it set anywhere */

/** Where it was set, for errors found later: "line.conf line 3", "ONRECORD_KEY", "--key"; "default" when it was not. */
const char *onr_set_where(const struct onr_settings *s, const char *name);

/** What stands behind the options. */
size_t onr_settings_argc(const struct onr_settings *s);
const char *onr_settings_arg(const struct onr_settings *s, size_t i);

/** librdkafka properties in order; later ones win. False at the end. */
bool onr_settings_kafka(const struct onr_settings *s, size_t i, const char **ret_name,
                        const char **ret_value);

/** Where property i was set, as onr_set_where. */
const char *onr_settings_kafka_where(const struct onr_settings *s, size_t i);

/** Print the help of a program, generated from its table. */
void onr_settings_help(const struct onr_program *p);

/** Letters to change, add, drop or swap to make b of a; words over 32 letters are far from everything (99). */
unsigned onr_word_distance(struct onr_span a, struct onr_span b);
/** The distance up to which a word is worth a "did you mean": a third of its letters. */
unsigned onr_word_near(struct onr_span word);

#endif
