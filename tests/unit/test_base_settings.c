/* tests/unit/test_base_settings.c - one table, three places, and what is refused where. */
#define _DEFAULT_SOURCE
#include "tests/unit/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

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
    { .name = "quiet", .letter = 'q', .type = ONR_SET_FLAG, .help = "say less" },
    { .name = "form", .type = ONR_SET_CHOICE, .fallback = "a", .choices = "a|bc", .help = "form" },
    { .name = "key", .letter = 'k', .type = ONR_SET_TEXT, .arg = "FILE", .help = "key file" },
    { .name = NULL },
};
static const struct onr_setting *const tables[] = { table, NULL };
static const struct onr_program program = {
    .verb = "classify",
    .summary = "Classify.",
    .usage = "[OPTIONS]",
    .examples = "  onrecord classify --commit-ms 250ms\n",
    .tables = tables,
    .kafka = true,
};
static const struct onr_program without_kafka = {
    .verb = "annotate",
    .summary = "Annotate.",
    .usage = "[OPTIONS]",
    .examples = "  onrecord annotate\n",
    .tables = tables,
};

struct outcome {
    int rc;
    bool done;
    struct onr_settings *s;
    struct onr_error err;
};

/* args: words separated by one blank; file: content of a settings file, NULL for none. */
static struct outcome
read_with(const struct onr_program *p, const char *args, const char *file)
{
    struct outcome o = { .err = ONR_ERROR_INIT };
    char words[512], path[] = "/tmp/onrecord-settings-XXXXXX", *argv[ARGS_MAX] = { words };
    int argc = 1, fd = -1;

    snprintf(words, sizeof words, "program %s", args);
    for (char *c = words; *c && argc < ARGS_MAX; c++)
        if (*c == ' ' && c[1]) {
            *c = '\0';
            argv[argc++] = c + 1;
        }
    if (file) {
        fd = mkstemp(path);
        assert_true(fd >= 0);
        assert_int_equal(write(fd, file, strlen(file)), (ssize_t) strlen(file));
        setenv("ONRECORD_CONFIG", path, 1);
    }
    o.rc = onr_settings_read(p, argc, argv, &o.s, &o.done, &o.err);
    if (file) {
        close(fd);
        unlink(path);
        unsetenv("ONRECORD_CONFIG");
    }
    return o;
}

static void
refused(const struct onr_program *p, const char *args, const char *file, int code, const char *part)
{
    struct outcome o = read_with(p, args, file);

    if (o.rc != -code || !strstr(o.err.text, part))
        print_message("%s / %s: %d \"%s\", wanted %d \"%s\"\n", args, file ? file : "", o.rc,
                      o.err.text, -code, part);
    assert_int_equal(o.rc, -code);
    assert_int_equal(o.err.code, code);
    assert_non_null(strstr(o.err.text, part));
    assert_null(o.s);
}

static void
defaults_hold_where_nothing_is_set(void **state)
{
    struct outcome o = read_with(&program, "", NULL);

    (void) state;
    assert_int_equal(o.rc, 0);
    assert_false(o.done);
    assert_int_equal(onr_set_int(o.s, "commit-ms"), 100);
    assert_int_equal(onr_set_int(o.s, "stop-deadline"), 10000);
    assert_string_equal(onr_set_text(o.s, "form"), "a");
    assert_null(onr_set_text(o.s, "key"));
    assert_false(onr_set_flag(o.s, "dry-run"));
    assert_false(onr_set_is(o.s, "commit-ms"));
    assert_string_equal(onr_set_where(o.s, "commit-ms"), "default");
    assert_int_equal(onr_settings_argc(o.s), 0);
    onr_settings_free(o.s);
}

static void
options_come_in_every_usual_spelling(void **state)
{
    static const char *const spellings[] = { "--commit-ms 250ms -d --key k x",
                                             "--commit-ms=250 --dry-run --key=k x",
                                             "x -dc250ms -k k", "-c 250ms x -kk -dq --quiet=no",
                                             "--dry-run=yes -c250 -k k -- x" };

    (void) state;
    for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++) {
        struct outcome o = read_with(&program, spellings[i], NULL);

        assert_int_equal(o.rc, 0);
        assert_int_equal(onr_set_int(o.s, "commit-ms"), 250);
        assert_true(onr_set_flag(o.s, "dry-run"));
        assert_false(onr_set_flag(o.s, "quiet"));
        assert_string_equal(onr_set_text(o.s, "key"), "k");
        assert_int_equal(onr_settings_argc(o.s), 1);
        assert_string_equal(onr_settings_arg(o.s, 0), "x");
        onr_settings_free(o.s);
    }
}

static void
two_dashes_end_the_options_and_one_dash_is_an_argument(void **state)
{
    struct outcome o = read_with(&program, "- -- --dry-run -d", NULL);

    (void) state;
    assert_int_equal(o.rc, 0);
    assert_false(onr_set_flag(o.s, "dry-run"));
    assert_int_equal(onr_settings_argc(o.s), 3);
    assert_string_equal(onr_settings_arg(o.s, 0), "-");
    assert_string_equal(onr_settings_arg(o.s, 1), "--dry-run");
    onr_settings_free(o.s);
}

static void
the_command_line_wins_over_the_environment_and_that_over_the_file(void **state)
{
    static const char file[]
        = "# a shared file\ncommit-ms = 200\ncount=3 # inline\nkey = \"a # b\"\n"
          "brokers = x:1\n[follow]\nanything = else\n[classify]\nform = bc\n";
    struct outcome o;

    (void) state;
    setenv("ONRECORD_COMMIT_MS", "300", 1);
    o = read_with(&without_kafka, "", file); /* [classify] is not ours here */
    assert_int_equal(o.rc, 0);
    assert_string_equal(onr_set_text(o.s, "form"), "a");
    onr_settings_free(o.s);
    o = read_with(&program, "", file);
    assert_int_equal(o.rc, 0);
    assert_int_equal(onr_set_int(o.s, "commit-ms"), 300);
    assert_string_equal(onr_set_where(o.s, "commit-ms"), "ONRECORD_COMMIT_MS");
    assert_int_equal(onr_set_int(o.s, "count"), 3);
    assert_non_null(strstr(onr_set_where(o.s, "count"), " line 3"));
    assert_string_equal(onr_set_text(o.s, "key"), "a # b");
    assert_string_equal(onr_set_text(o.s, "form"), "bc");
    onr_settings_free(o.s);
    o = read_with(&program, "--commit-ms 400", file);
    assert_int_equal(onr_set_int(o.s, "commit-ms"), 400);
    assert_string_equal(onr_set_where(o.s, "commit-ms"), "--commit-ms");
    onr_settings_free(o.s);
    unsetenv("ONRECORD_COMMIT_MS");
}

static void
a_section_wins_over_the_lines_before_it(void **state)
{
    struct outcome o = read_with(&program, "", "count = 1\n[classify]\ncount = 2\n");

    (void) state;
    assert_int_equal(o.rc, 0);
    assert_int_equal(onr_set_int(o.s, "count"), 2);
    onr_settings_free(o.s);
}

static void
kafka_properties_go_through_in_the_order_of_their_places(void **state)
{
    static const char *const want[][2] = { { "linger.ms", "5" },
                                           { "acks", "all" },
                                           { "linger.ms", "7" },
                                           { "linger.ms", "9" },
                                           { "debug", "a=b" } };
    struct outcome o;
    const char *name, *value;
    size_t i = 0;

    (void) state;
    setenv("ONRECORD_KAFKA", "acks=all  linger.ms=7", 1);
    o = read_with(&program, "-X linger.ms=9 -Xdebug=a=b", "kafka.linger.ms = 5\n");
    unsetenv("ONRECORD_KAFKA");
    assert_int_equal(o.rc, 0);
    for (; onr_settings_kafka(o.s, i, &name, &value); i++) {
        assert_true(i < 5);
        assert_string_equal(name, want[i][0]);
        assert_string_equal(value, want[i][1]);
    }
    assert_int_equal(i, 5);
    assert_non_null(strstr(onr_settings_kafka_where(o.s, 0), " line 1"));
    assert_string_equal(onr_settings_kafka_where(o.s, 1), "ONRECORD_KAFKA");
    assert_string_equal(onr_settings_kafka_where(o.s, 4), "-X");
    onr_settings_free(o.s);
}

static void
a_program_skips_what_only_its_family_uses(void **state)
{
    struct outcome o;

    (void) state;
    setenv("ONRECORD_BROKERS", "x:1", 1);
    setenv("ONRECORD_KAFKA", "acks=all", 1);
    setenv("ONRECORD_KEY", "", 1); /* empty: not set */
    o = read_with(&without_kafka, "", "brokers = x:1\nkafka.acks = all\n");
    unsetenv("ONRECORD_BROKERS");
    unsetenv("ONRECORD_KAFKA");
    unsetenv("ONRECORD_KEY");
    assert_int_equal(o.rc, 0);
    assert_null(onr_set_text(o.s, "key"));
    onr_settings_free(o.s);
}

static void
wrong_options_are_refused_with_the_reason(void **state)
{
    static const struct {
        const char *args, *part;
    } cases[] = {
        { "--comit-ms 5", "--comit-ms: no such setting; did you mean --commit-ms?" },
        { "--zzz", "no such setting; \"onrecord classify --help\" lists them" },
        { "-z", "-z: no such option" },
        { "--commit-ms", "--commit-ms needs a value: --commit-ms TIME" },
        { "--commit-ms 5x", "--commit-ms 5x: not a duration" },
        { "--commit-ms 5", "must be 10ms to 60s" },
        { "--commit-ms 9999999999999h", "not a duration" },
        { "--count 101", "--count 101: must be -5 to 100" },
        { "--count -6", "must be -5 to 100" },
        { "--count 1.5", "not a whole number" },
        { "--count 9223372036854775808", "not a whole number" },
        { "--form b", "must be one of a|bc" },
        { "--dry-run=maybe", "must be yes or no" },
        { "-X linger.ms", "looks like linger.ms=5" },
        { "-X =5", "looks like linger.ms=5" },
        { "-X", "-X needs a value" },
    };

    (void) state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        refused(&program, cases[i].args, NULL, ONR_EUSAGE, cases[i].part);
    refused(&without_kafka, "-X a=b", NULL, ONR_EUSAGE, "-X: no such option");
}

static void
wrong_lines_are_refused_with_file_line_text_and_reason(void **state)
{
    static const struct {
        const char *file, *part;
    } cases[] = {
        { "\n\ncomit-ms = 5\n",
          " line 3: \"comit-ms = 5\": no such setting; did you mean commit-ms?" },
        { "commit-ms = soon\n", " line 1: \"commit-ms = soon\": not a duration" },
        { "commit-ms\n", "a setting looks like name = value" },
        { "[clasify]\n", " line 1: \"[clasify]\": no such verb" },
        { "[classify\n", "a section looks like [classify]" },
        { "[classify]\nbrokers = x\n", " line 2: \"brokers = x\": no such setting" },
        { "count = 1\n\ncount = 2\n", " line 3: \"count = 2\": already set on line 1" },
        { "config = other\n", "a file cannot name another file" },
        { "help = yes\n", "only for the command line" },
        { "key = \xff\n", "byte 6 is not UTF-8 text" },
        { "key\x1b[31m = 1\n", "\"key?[31m = 1\"" },
    };

    (void) state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        refused(&program, "", cases[i].file, ONR_ECONFIG, cases[i].part);
    refused(&without_kafka, "", "[annotate]\nkafka.acks = all\n", ONR_ECONFIG, "no such setting");
    refused(&program, "--config /nonexistent/line.conf", NULL, ONR_ECONFIG,
            "/nonexistent/line.conf");
}

static void
wrong_variables_are_refused_by_name(void **state)
{
    (void) state;
    setenv("ONRECORD_COMIT_MS", "5", 1);
    refused(&program, "", NULL, ONR_ECONFIG,
            "ONRECORD_COMIT_MS=5: no such setting; did you mean commit-ms?");
    unsetenv("ONRECORD_COMIT_MS");
    setenv("ONRECORD_COUNT", "x", 1);
    refused(&program, "", NULL, ONR_ECONFIG, "ONRECORD_COUNT=x: not a whole number");
    unsetenv("ONRECORD_COUNT");
    setenv("ONRECORD_HELP", "1", 1);
    refused(&program, "", NULL, ONR_ECONFIG, "only for the command line");
    unsetenv("ONRECORD_HELP");
}

static void
durations_are_read_in_their_units(void **state)
{
    static const struct {
        const char *args;
        int64_t ms;
    } cases[] = { { "-c 10", 10 }, { "-c 250ms", 250 }, { "-c 10s", 10000 }, { "-c 1m", 60000 } };

    (void) state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct outcome o = read_with(&program, cases[i].args, NULL);

        assert_int_equal(o.rc, 0);
        assert_int_equal(onr_set_int(o.s, "commit-ms"), cases[i].ms);
        onr_settings_free(o.s);
    }
}

/* What the program prints to stdout for these arguments. */
static size_t
captured(const char *args, char *ret, size_t room)
{
    FILE *f = tmpfile();
    int saved = dup(STDOUT_FILENO);
    struct outcome o;
    size_t n;

    assert_non_null(f);
    fflush(stdout);
    dup2(fileno(f), STDOUT_FILENO);
    o = read_with(&program, args, NULL);
    fflush(stdout);
    dup2(saved, STDOUT_FILENO);
    close(saved);
    assert_int_equal(o.rc, 0);
    assert_true(o.done);
    onr_settings_free(o.s);
    rewind(f);
    n = fread(ret, 1, room - 1, f);
    ret[n] = '\0';
    fclose(f);
    return n;
}

static void
help_is_made_from_the_table_and_fits_eighty_columns(void **state)
{
    static const char *const parts[] = { "Usage: onrecord classify [OPTIONS]",
                                         "\nWork:\n",
                                         "  -c, --commit-ms TIME",
                                         "time between two commits (default: 100)",
                                         "  -d, --dry-run ",
                                         "-X NAME=VALUE",
                                         "\nGeneral:\n",
                                         "ONRECORD_COMMIT_MS=100",
                                         "\nExamples:\n  onrecord classify --commit-ms 250ms\n" };
    char text[8192];
    size_t column = 0;

    (void) state;
    (void) captured("--help --zzz", text, sizeof text);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (!strstr(text, parts[i]))
            print_message("no \"%s\" in\n%s\n", parts[i], text);
        assert_non_null(strstr(text, parts[i]));
    }
    for (const char *c = text; *c; c++) {
        column = *c == '\n' ? 0 : column + 1;
        assert_true(column <= 80);
    }
}

static void
version_is_left_to_the_caller(void **state)
{
    struct outcome o = read_with(&program, "--version --zzz", NULL);

    (void) state;
    assert_int_equal(o.rc, 0);
    assert_true(o.done);
    assert_true(onr_set_flag(o.s, "version"));
    onr_settings_free(o.s);
}

static void
words_are_near_when_a_slip_of_the_finger_lies_between(void **state)
{
    static const struct {
        const char *a, *b;
        unsigned distance;
    } cases[] = { { "split", "split", 0 },   { "splti", "split", 1 }, { "spit", "split", 1 },
                  { "split", "splits", 1 },  { "", "abc", 3 },        { "classfiy", "classify", 1 },
                  { "kitten", "sitting", 3 } };

    (void) state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(onr_word_distance(onr_span_z(cases[i].a), onr_span_z(cases[i].b)),
                         cases[i].distance);
    assert_int_equal(
        onr_word_distance(ONR_SPAN("a"), ONR_SPAN("abcdefghijklmnopqrstuvwxyzabcdefghijklmnop")),
        99);
}

static void
every_verb_of_the_family_has_a_line(void **state)
{
    (void) state;
    for (size_t i = 0; onr_verbs[i].name; i++) {
        assert_true(strlen(onr_verbs[i].name) <= 10);
        assert_true(strlen(onr_verbs[i].summary) > 10 && strlen(onr_verbs[i].summary) <= 66);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_hold_where_nothing_is_set),
        cmocka_unit_test(options_come_in_every_usual_spelling),
        cmocka_unit_test(two_dashes_end_the_options_and_one_dash_is_an_argument),
        cmocka_unit_test(the_command_line_wins_over_the_environment_and_that_over_the_file),
        cmocka_unit_test(a_section_wins_over_the_lines_before_it),
        cmocka_unit_test(kafka_properties_go_through_in_the_order_of_their_places),
        cmocka_unit_test(a_program_skips_what_only_its_family_uses),
        cmocka_unit_test(wrong_options_are_refused_with_the_reason),
        cmocka_unit_test(wrong_lines_are_refused_with_file_line_text_and_reason),
        cmocka_unit_test(wrong_variables_are_refused_by_name),
        cmocka_unit_test(durations_are_read_in_their_units),
        cmocka_unit_test(help_is_made_from_the_table_and_fits_eighty_columns),
        cmocka_unit_test(version_is_left_to_the_caller),
        cmocka_unit_test(words_are_near_when_a_slip_of_the_finger_lies_between),
        cmocka_unit_test(every_verb_of_the_family_has_a_line),
    };

    return cmocka_run_group_tests_name("settings", tests, NULL, NULL);
}
