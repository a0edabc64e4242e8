/* tests/unit/test_event_pair.c - what `stance` is asked, and what is refused with which words. */
#define _DEFAULT_SOURCE
#include "tests/unit/cmocka_all.h"
#include "tests/unit/guard.h"

#include "common/event/pair.h"

#define ARENA_BYTES (4 * 1024 * 1024)

static int
read_json(const char *json, struct onr_arena *arena, struct onr_pair *ret, struct onr_error *err)
{
    struct guarded g = guarded_new(onr_span_z(json));
    int rc = onr_pair_from_json(g.span, arena, ret, err);

    guarded_free(&g);
    return rc;
}

static void
spans_become_bytes_of_the_text(void **state)
{
    struct onr_arena arena = ONR_ARENA_INIT(ARENA_BYTES);
    struct onr_pair p;

    (void) state;
    assert_int_equal(
        read_json("{\"id\":\"7\",\"text\":\"Zo\xc3\xab backs \xe2\x80\x9cit\xe2\x80\x9d\","
                  "\"speaker\":{\"name\":\"Zo\xc3\xab\",\"span\":[0,3]},"
                  "\"target\":{\"name\":\"it\",\"span\":[11,13]},\"gold\":1,"
                  "\"choices\":[\"support\",\"oppose\"]}",
                  &arena, &p, NULL),
        0);
    assert_span_equal(p.id, ONR_SPAN("7"));
    assert_span_equal(p.speaker.name, ONR_SPAN("Zo\xc3\xab"));
    assert_true(p.speaker.has_span);
    assert_int_equal(p.speaker.begin, 0);
    assert_int_equal(p.speaker.end, 4);
    assert_span_equal(onr_span_sub(p.text, p.target.begin, p.target.end), ONR_SPAN("it"));
    assert_int_equal(p.choices, 1u << ONR_SUPPORT | 1u << ONR_OPPOSE);
    onr_arena_release(&arena);
}

static void
null_means_the_author_and_no_place(void **state)
{
    struct onr_arena arena = ONR_ARENA_INIT(ARENA_BYTES);
    struct onr_pair p;

    (void) state;
    assert_int_equal(
        read_json("{\"id\":\"\",\"text\":\"x\",\"speaker\":{\"name\":null,\"span\":null},"
                  "\"target\":{}}",
                  &arena, &p, NULL),
        0);
    assert_null(p.speaker.name.ptr);
    assert_false(p.speaker.has_span);
    assert_false(p.target.has_span);
    assert_int_equal(p.choices, 0);
    onr_arena_release(&arena);
}

static void
what_breaks_a_rule_is_refused_by_its_field(void **state)
{
#define REST ",\"speaker\":{},\"target\":{}}"
    static const struct {
        const char *json, *part;
    } cases[] = {
        { "", "not JSON" },
        { "{", "not JSON" },
        { "{\"id\":\"1\",\"id\":\"2\"}", "not JSON" },
        { "[]", "not an object" },
        { "{\"text\":\"x\"" REST, "\"id\" is missing" },
        { "{\"id\":1,\"text\":\"x\"" REST, "\"id\" is missing or not a string" },
        { "{\"id\":\"1\"" REST, "\"text\" is missing" },
        { "{\"id\":\"1\",\"text\":\"\"" REST, "\"text\" has 0 bytes" },
        { "{\"id\":\"1\",\"text\":\"x\",\"target\":{}}", "\"speaker\" is missing" },
        { "{\"id\":\"1\",\"text\":\"x\",\"speaker\":{}}", "\"target\" is missing" },
        { "{\"id\":\"1\",\"text\":\"x\",\"speaker\":{\"name\":3},\"target\":{}}",
          "\"speaker\": \"name\"" },
        { "{\"id\":\"1\",\"text\":\"x\",\"speaker\":{\"span\":[0]},\"target\":{}}",
          "\"speaker\": \"span\"" },
        { "{\"id\":\"1\",\"text\":\"x\",\"speaker\":{\"span\":[0,2]},\"target\":{}}",
          "\"speaker\": \"span\"" },
        { "{\"id\":\"1\",\"text\":\"x\",\"speaker\":{\"span\":[-1,1]},\"target\":{}}", "\"span\"" },
        { "{\"id\":\"1\",\"text\":\"x\",\"speaker\":{},\"target\":{\"span\":[1,1]}}",
          "\"target\": \"span\"" },
        { "{\"id\":\"1\",\"text\":\"x\",\"speaker\":{},\"target\":{\"span\":[0,99999999999]}}",
          "\"span\"" },
        { "{\"id\":\"1\",\"text\":\"x\",\"choices\":[\"for\"]" REST, "\"choices\"" },
        { "{\"id\":\"1\",\"text\":\"x\",\"choices\":[]" REST, "\"choices\"" },
        { "{\"id\":\"1\",\"text\":\"x\",\"choices\":3" REST, "\"choices\"" },
    };
#undef REST
    struct onr_arena arena = ONR_ARENA_INIT(ARENA_BYTES);

    (void) state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct onr_error err = ONR_ERROR_INIT;
        struct onr_pair p = { .choices = 99 };

        assert_int_equal(read_json(cases[i].json, &arena, &p, &err), -ONR_EINPUT);
        if (!strstr(err.text, cases[i].part))
            print_error("%s: %s\n", cases[i].json, err.text);
        assert_non_null(strstr(err.text, cases[i].part));
        assert_int_equal(p.choices, 99);
    }
    onr_arena_release(&arena);
}

static void
too_little_room_is_no_fault_of_the_input(void **state)
{
    struct onr_arena arena = ONR_ARENA_INIT(1);
    struct onr_pair p;

    (void) state;
    assert_int_equal(
        read_json("{\"id\":\"1\",\"text\":\"x\",\"speaker\":{},\"target\":{}}", &arena, &p, NULL),
        -ONR_ENOMEM);
    onr_arena_release(&arena);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spans_become_bytes_of_the_text),
        cmocka_unit_test(null_means_the_author_and_no_place),
        cmocka_unit_test(what_breaks_a_rule_is_refused_by_its_field),
        cmocka_unit_test(too_little_room_is_no_fault_of_the_input),
    };

    return cmocka_run_group_tests_name("pair", tests, NULL, NULL);
}
