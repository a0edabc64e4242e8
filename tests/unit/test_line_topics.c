/* tests/unit/test_line_topics.c - topic names, and what is found wrong with topics as a broker describes them. */
#include "tests/unit/cmocka_all.h"

#include <stdio.h>

#include "common/base/limits.h"
#include "common/line/topics_check.h"

static const struct onr_topic_plan plan = { .retention_ms = -1 };

static void
names_are_the_prefix_and_the_suffix(void **state)
{
    struct onr_topic_names n;

    (void) state;
    assert_int_equal(onr_topic_names_make("onrecord.", &n, NULL), 0);
    assert_string_equal(n.name[ONR_TOPIC_STATEMENTS], "onrecord.statements");
    assert_string_equal(n.name[ONR_TOPIC_WITNESS], "onrecord.witness");
    assert_int_equal(onr_topic_names_make("", &n, NULL), 0);
    assert_string_equal(n.name[ONR_TOPIC_KEYS], "keys");
}

static void
a_prefix_that_makes_no_name_is_refused_and_leaves_the_names(void **state)
{
    struct onr_topic_names n;
    struct onr_error err = ONR_ERROR_INIT;
    char longest[ONR_TOPIC_NAME_MAX];

    (void) state;
    assert_int_equal(onr_topic_names_make("x.", &n, NULL), 0);
    assert_int_equal(onr_topic_names_make("news/", &n, &err), -ONR_ECONFIG);
    assert_non_null(strstr(err.text, "at byte 5"));
    assert_string_equal(n.name[ONR_TOPIC_KEYS], "x.keys");
    memset(longest, 'p', sizeof(longest));
    longest[ONR_TOPIC_NAME_MAX - strlen("attributions")] = 0;
    assert_int_equal(onr_topic_names_make(longest, &n, NULL), 0);
    assert_int_equal(strlen(n.name[ONR_TOPIC_ATTRIBUTIONS]), ONR_TOPIC_NAME_MAX);
    longest[ONR_TOPIC_NAME_MAX - strlen("attributions")] = 'p';
    longest[ONR_TOPIC_NAME_MAX - strlen("attributions") + 1] = 0;
    assert_int_equal(onr_topic_names_make(longest, &n, NULL), -ONR_ECONFIG);
}

static void
names_that_kafka_does_not_take_are_refused(void **state)
{
    static const char *const bad[] = { "", ".", "..", "a b", "a:b", "caf\xc3\xa9" };

    (void) state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
        assert_int_equal(onr_topic_name_check(bad[i], NULL), -ONR_ECONFIG);
    assert_int_equal(onr_topic_name_check("A-z_0.9", NULL), 0);
}

/* Six topics just as `create` makes them. */
static void
good_topics(struct onr_topic_state s[ONR_TOPICS], int replication)
{
    char value[64];

    memset(s, 0, ONR_TOPICS * sizeof(*s));
    for (int t = 0; t < ONR_TOPICS; t++) {
        s[t].exists = true;
        s[t].partitions = onr_topic_rules[t].width == ONR_WIDTH_ONE ? 1 : 4;
        s[t].replication = replication;
        for (int c = 0; c < ONR_TOPIC_CONFIGS; c++)
            strcpy(s[t].config[c],
                   onr_topic_config_value((enum onr_topic) t, (enum onr_topic_config) c, &plan,
                                          replication, value));
    }
}

/* Exactly this finding and no other. */
static void
finds_only(const struct onr_topic_state s[ONR_TOPICS], const struct onr_topic_plan *p,
           enum onr_topic topic, const char *what, bool error)
{
    struct onr_topic_finding f[ONR_TOPIC_FINDINGS];
    struct onr_topic_names n;

    assert_int_equal(onr_topic_names_make("x.", &n, NULL), 0);
    size_t found = onr_topics_check(s, &n, p, f);

    for (size_t i = 0; i < found && found != 1; i++)
        print_error("%s %s %s\n", n.name[f[i].topic], f[i].what, f[i].text);
    assert_int_equal(found, 1);
    assert_int_equal(f[0].topic, topic);
    assert_string_equal(f[0].what, what);
    assert_int_equal(f[0].error, error);
    assert_true(strlen(f[0].text) > 20);
}

static void
what_create_makes_is_right_with_one_copy_and_with_three(void **state)
{
    struct onr_topic_state s[ONR_TOPICS];
    struct onr_topic_finding f[ONR_TOPIC_FINDINGS];
    struct onr_topic_names n;

    (void) state;
    assert_int_equal(onr_topic_names_make("x.", &n, NULL), 0);
    for (int replication = 1; replication <= 3; replication++) {
        good_topics(s, replication);
        assert_int_equal(onr_topics_check(s, &n, &plan, f), 0);
    }
    assert_string_equal(s[0].config[ONR_TC_MIN_INSYNC], "2");
}

static void
each_wrong_setting_is_one_finding(void **state)
{
    static const struct {
        enum onr_topic topic;
        enum onr_topic_config config;
        const char *value;
        bool error;
    } table[] = {
        { ONR_TOPIC_ATTRIBUTIONS, ONR_TC_CLEANUP, "compact", true },
        { ONR_TOPIC_ATTRIBUTIONS, ONR_TC_CLEANUP, "delete,compact", true },
        { ONR_TOPIC_STATEMENTS, ONR_TC_CLEANUP, "compact,delete", true },
        { ONR_TOPIC_KEYS, ONR_TC_CLEANUP, "compact", true },
        { ONR_TOPIC_ARTICLES, ONR_TC_CLEANUP, "delete", true },
        { ONR_TOPIC_ARTICLES, ONR_TC_CLEANUP, "compact,delete", true },
        { ONR_TOPIC_STATEMENTS, ONR_TC_RETENTION_MS, "86400000", true },
        { ONR_TOPIC_REJECTS, ONR_TC_RETENTION_MS, "-1", false },
        { ONR_TOPIC_KEYS, ONR_TC_RETENTION_BYTES, "0", true },
        { ONR_TOPIC_ATTRIBUTIONS, ONR_TC_MAX_MESSAGE, "1048575", true },
        { ONR_TOPIC_REJECTS, ONR_TC_MAX_MESSAGE, "1114111", true },
        { ONR_TOPIC_STATEMENTS, ONR_TC_COMPRESSION, "lz4", false },
        { ONR_TOPIC_WITNESS, ONR_TC_MIN_INSYNC, "1", true },
        { ONR_TOPIC_WITNESS, ONR_TC_MIN_INSYNC, "4", true },
        { ONR_TOPIC_STATEMENTS, ONR_TC_UNCLEAN, "true", true },
        { ONR_TOPIC_ATTRIBUTIONS, ONR_TC_TIMESTAMP, "CreateTime", false },
    };
    struct onr_topic_state s[ONR_TOPICS];

    (void) state;
    for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
        good_topics(s, 3);
        strcpy(s[table[i].topic].config[table[i].config], table[i].value);
        finds_only(s, &plan, table[i].topic, onr_topic_config_name(table[i].config),
                   table[i].error);
    }
}

static void
a_setting_that_the_broker_does_not_tell_is_no_finding(void **state)
{
    struct onr_topic_state s[ONR_TOPICS];
    struct onr_topic_finding f[ONR_TOPIC_FINDINGS];
    struct onr_topic_names n;

    (void) state;
    assert_int_equal(onr_topic_names_make("x.", &n, NULL), 0);
    good_topics(s, 1);
    for (int t = 0; t < ONR_TOPICS; t++)
        memset(s[t].config, 0, sizeof(s[t].config));
    assert_int_equal(onr_topics_check(s, &n, &plan, f), 0);
}

static void
statements_may_not_take_what_rejects_could_not_hold(void **state)
{
    struct onr_topic_state s[ONR_TOPICS];

    (void) state;
    good_topics(s, 1);
    snprintf(s[ONR_TOPIC_STATEMENTS].config[ONR_TC_MAX_MESSAGE], 64, "%d", ONR_MESSAGE_MAX + 1);
    finds_only(s, &plan, ONR_TOPIC_REJECTS, "max.message.bytes", true);
}

static void
shape_of_the_line_is_checked(void **state)
{
    static const struct onr_topic_plan eight = { .partitions = 8, .retention_ms = -1 },
                                       three = { .replication = 3, .retention_ms = -1 };
    struct onr_topic_finding f[ONR_TOPIC_FINDINGS];
    struct onr_topic_state s[ONR_TOPICS];
    struct onr_topic_names n;

    (void) state;
    assert_int_equal(onr_topic_names_make("x.", &n, NULL), 0);
    good_topics(s, 1);
    s[ONR_TOPIC_REJECTS].partitions = 5;
    finds_only(s, &plan, ONR_TOPIC_REJECTS, "partitions", true);
    good_topics(s, 1);
    s[ONR_TOPIC_KEYS].partitions = 2;
    finds_only(s, &plan, ONR_TOPIC_KEYS, "partitions", true);
    good_topics(s, 1);
    s[ONR_TOPIC_ARTICLES].partitions = 9; /* free */
    assert_int_equal(onr_topics_check(s, &n, &plan, f), 0);
    s[ONR_TOPIC_ATTRIBUTIONS].exists = false;
    finds_only(s, &plan, ONR_TOPIC_ATTRIBUTIONS, "missing", true);
    good_topics(s, 1);
    assert_int_equal(onr_topics_check(s, &n, &eight, f), 3);
    assert_int_equal(onr_topics_check(s, &n, &three, f), ONR_TOPICS);
}

static void
a_retention_is_shown_as_people_say_it(void **state)
{
    static const struct {
        int64_t ms;
        const char *text;
    } table[] = { { -1, "for ever" },         { 86400000, "1 day" }, { 2592000000, "30 days" },
                  { 90000, "90 s" },          { 1, "1 ms" },         { 0, "0 s" },
                  { 86400001, "86400001 ms" } };
    char buf[32];

    (void) state;
    for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
        assert_string_equal(onr_retention_text(table[i].ms, buf), table[i].text);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_the_prefix_and_the_suffix),
        cmocka_unit_test(a_prefix_that_makes_no_name_is_refused_and_leaves_the_names),
        cmocka_unit_test(names_that_kafka_does_not_take_are_refused),
        cmocka_unit_test(what_create_makes_is_right_with_one_copy_and_with_three),
        cmocka_unit_test(each_wrong_setting_is_one_finding),
        cmocka_unit_test(a_setting_that_the_broker_does_not_tell_is_no_finding),
        cmocka_unit_test(statements_may_not_take_what_rejects_could_not_hold),
        cmocka_unit_test(shape_of_the_line_is_checked),
        cmocka_unit_test(a_retention_is_shown_as_people_say_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
