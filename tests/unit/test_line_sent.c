/* tests/unit/test_line_sent.c - what an arriving article is to what was sent; times as people write them. */
#include "tests/unit/cmocka_all.h"

#include <stdio.h>

#include "common/base/sha256.h"
#include "common/line/sent.h"
#include "common/line/when.h"

/* An article as a source gives it; body NULL is a withdrawal. */
static struct onr_article
article(const char *id, int64_t version, const char *body)
{
    struct onr_article a = { .id = onr_span_z(id),
                             .version = version,
                             .state = body ? ONR_PUBLISHED : ONR_WITHDRAWN };

    onr_sha256(body ? body : "", body ? strlen(body) : 0, a.body_sha256);
    return a;
}

struct step {
    const char *id;
    int64_t version; /* 0 = not said */
    const char *body;
    enum onr_sent_verdict verdict;
    int64_t sent_version;
    enum onr_state sent_state;
    const char *reason;
};

/* Judge one after the other; what is new is remembered. */
static void
run(const struct step *step, size_t n)
{
    struct onr_sent *s;

    assert_int_equal(onr_sent_new(&s, NULL), 0);
    for (size_t i = 0; i < n; i++) {
        struct onr_article a = article(step[i].id, step[i].version, step[i].body);
        struct onr_error err = ONR_ERROR_INIT;
        const char *reason = NULL;
        enum onr_sent_verdict v = onr_sent_judge(s, &a, &reason, &err);

        if (v != step[i].verdict)
            print_error("step %zu: %s\n", i, err.text);
        assert_int_equal(v, step[i].verdict);
        if (v == ONR_SENT_REFUSED) {
            assert_string_equal(reason, step[i].reason);
            assert_non_null(strstr(err.text, step[i].id));
        }
        if (v != ONR_SENT_NEW)
            continue;
        assert_int_equal(a.version, step[i].sent_version);
        assert_int_equal(a.state, step[i].sent_state);
        assert_false(onr_sent_has(s, &a));
        assert_int_equal(onr_sent_add(s, &a, NULL), 0);
        assert_true(onr_sent_has(s, &a));
    }
    onr_sent_free(s);
}

#define RUN(steps) run(steps, sizeof(steps) / sizeof(*(steps)))

static void
without_versions_a_new_body_is_the_next_one_and_an_old_one_is_nothing(void **state)
{
    static const struct step steps[] = {
        { "a", 0, "one", ONR_SENT_NEW, 1, ONR_PUBLISHED, NULL },
        { "a", 0, "one", ONR_SENT_BEFORE, 0, ONR_PUBLISHED, NULL },
        { "b", 0, "one", ONR_SENT_NEW, 1, ONR_PUBLISHED, NULL },
        { "a", 0, "two", ONR_SENT_NEW, 2, ONR_CORRECTED, NULL },
        { "a", 0, "one", ONR_SENT_BEFORE, 0, ONR_PUBLISHED, NULL }, /* a folder read again */
        { "a", 0, "two", ONR_SENT_BEFORE, 0, ONR_PUBLISHED, NULL },
    };

    (void) state;
    RUN(steps);
}

static void
versions_that_the_source_names_must_rise(void **state)
{
    static const struct step steps[] = {
        { "a", 3, "three", ONR_SENT_NEW, 3, ONR_PUBLISHED, NULL },
        { "a", 3, "three", ONR_SENT_BEFORE, 0, ONR_PUBLISHED, NULL },
        { "a", 3, "other", ONR_SENT_REFUSED, 0, ONR_PUBLISHED, "duplicate" },
        { "a", 2, "two", ONR_SENT_REFUSED, 0, ONR_PUBLISHED, "version" },
        { "a", 2, "three", ONR_SENT_REFUSED, 0, ONR_PUBLISHED, "version" },
        { "a", 4, "three", ONR_SENT_NEW, 4, ONR_CORRECTED, NULL }, /* back to an old text */
        { "a", 0, "five", ONR_SENT_NEW, 5, ONR_CORRECTED, NULL },
    };

    (void) state;
    RUN(steps);
}

static void
only_what_was_sent_is_withdrawn_and_only_once(void **state)
{
    static const struct step steps[] = {
        { "a", 0, NULL, ONR_SENT_REFUSED, 0, ONR_PUBLISHED, "unknown" },
        { "a", 2, NULL, ONR_SENT_REFUSED, 0, ONR_PUBLISHED, "unknown" },
        { "a", 0, "one", ONR_SENT_NEW, 1, ONR_PUBLISHED, NULL },
        { "a", 1, NULL, ONR_SENT_REFUSED, 0, ONR_PUBLISHED, "duplicate" },
        { "a", 0, NULL, ONR_SENT_NEW, 2, ONR_WITHDRAWN, NULL },
        { "a", 0, NULL, ONR_SENT_BEFORE, 0, ONR_PUBLISHED, NULL },
        { "a", 2, NULL, ONR_SENT_BEFORE, 0, ONR_PUBLISHED, NULL },
        { "a", 0, "one", ONR_SENT_BEFORE, 0, ONR_PUBLISHED, NULL }, /* stays withdrawn */
        { "a", 0, "new", ONR_SENT_NEW, 3, ONR_CORRECTED, NULL },    /* published again */
        { "a", 0, NULL, ONR_SENT_NEW, 4, ONR_WITHDRAWN, NULL },
    };

    (void) state;
    RUN(steps);
}

static void
a_hundred_thousand_versions_are_all_found_again(void **state)
{
    struct onr_sent *s;
    char id[32], body[32];

    (void) state;
    assert_int_equal(onr_sent_new(&s, NULL), 0);
    for (int i = 0; i < 100000; i++) {
        snprintf(id, sizeof(id), "id-%d", i / 5);
        snprintf(body, sizeof(body), "%d", i);
        struct onr_article a = article(id, i % 5 + 1, body);

        assert_int_equal(onr_sent_add(s, &a, NULL), 0);
        assert_int_equal(onr_sent_add(s, &a, NULL), 0); /* read twice: no second entry */
    }
    assert_int_equal(onr_sent_count(s), 100000);
    for (int i = 0; i < 100000; i++) {
        snprintf(id, sizeof(id), "id-%d", i / 5);
        snprintf(body, sizeof(body), "%d", i);
        struct onr_article a = article(id, i % 5 + 1, body), next = article(id, 0, "next");
        const char *reason;

        assert_true(onr_sent_has(s, &a));
        assert_int_equal(onr_sent_judge(s, &next, &reason, NULL), ONR_SENT_NEW);
        assert_int_equal(next.version, 6);
    }
    onr_sent_free(s);
}

static void
a_version_below_one_is_never_remembered(void **state)
{
    struct onr_article a = article("a", 0, "one");
    struct onr_sent *s;

    (void) state;
    assert_int_equal(onr_sent_new(&s, NULL), 0);
    assert_int_equal(onr_sent_add(s, &a, NULL), -ONR_EINPUT);
    assert_int_equal(onr_sent_count(s), 0);
    onr_sent_free(s);
}

static void
times_are_read_as_utc_unless_they_say_otherwise(void **state)
{
    static const struct {
        const char *text;
        int64_t ms;
    } table[] = {
        { "1970-01-01", 0 },
        { "1970", 0 },
        { "1970-02", 31 * 86400000LL },
        { "2000-03-01", 951868800000 },
        { "2000-02-29T23:59:59Z", 951868799000 },
        { "2031-05-06", 1935792000000 },
        { "2031-05-06T07:30:00Z", 1935819000000 },
        { "2031-05-06 07:30", 1935819000000 },
        { "2031-05-06T07:30:00.25Z", 1935819000250 },
        { "2031-05-06T09:30:00+02:00", 1935819000000 },
        { "2031-05-06T09:30+0200", 1935819000000 },
        { "2031-05-06T02:30:00-05", 1935819000000 },
        { "1969-12-31T23:59:59Z", -1000 },
        { "1935819000000", 1935819000000 },
    };

    (void) state;
    for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
        int64_t ms = 42;

        if (onr_when_parse(table[i].text, &ms) < 0 || ms != table[i].ms)
            print_error("%s gives %lld\n", table[i].text, (long long) ms);
        assert_true(ms == table[i].ms);
    }
}

static void
what_is_no_time_is_refused(void **state)
{
    static const char *const bad[] = { "",
                                       "soon",
                                       "20310506",
                                       "2031-13-01",
                                       "2031-02-29",
                                       "1935819000",
                                       "2031-05-06T",
                                       "99999999999999999999",
                                       "-1000",
                                       "2031-05-06T07:30:00Zx" };

    (void) state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        int64_t ms = 42;

        assert_int_equal(onr_when_parse(bad[i], &ms), -ONR_EINPUT);
        assert_int_equal(ms, 42);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_versions_a_new_body_is_the_next_one_and_an_old_one_is_nothing),
        cmocka_unit_test(versions_that_the_source_names_must_rise),
        cmocka_unit_test(only_what_was_sent_is_withdrawn_and_only_once),
        cmocka_unit_test(a_hundred_thousand_versions_are_all_found_again),
        cmocka_unit_test(a_version_below_one_is_never_remembered),
        cmocka_unit_test(times_are_read_as_utc_unless_they_say_otherwise),
        cmocka_unit_test(what_is_no_time_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
