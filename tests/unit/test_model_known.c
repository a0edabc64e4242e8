/* tests/unit/test_model_known.c - the names of the released model, each found, and none that is not there. */
#include "tests/released_model.h"
#include "tests/unit/cmocka_all.h"

#include <stdio.h>

#include "common/base/limits.h"
#include "common/model/known.h"

static struct onr_span
line_part(struct onr_span lines, size_t *at, char end)
{
    size_t begin = *at;

    while (lines.ptr[*at] != end)
        (*at)++;
    return onr_span_sub(lines, begin, (*at)++);
}

static void
every_alias_is_found_and_what_is_near_it_is_not(void **state)
{
    struct onr_model_file *f;
    struct onr_known k;
    size_t at = 0, n = 0;

    (void) state;
    assert_int_equal(onr_model_file_open(RELEASED_MODEL, &f, NULL), 0);
    assert_int_equal(onr_known_init(&k, f, NULL), 0);
    for (; at < k.lines.len; n++) {
        char longer[ONR_NAME_MAX + 2];
        struct onr_span alias = line_part(k.lines, &at, '\t');
        struct onr_span name = line_part(k.lines, &at, '\n');
        int len = snprintf(longer, sizeof longer, "%.*s\x01", ONR_SPAN_ARG(alias));
        struct onr_span near = onr_span_of(longer, (size_t) len);

        assert_true(onr_span_eq(onr_known_name(&k, alias), name));
        assert_true(onr_span_eq(onr_known_name(&k, near), near));
    }
    assert_true(n > 500);
    assert_true(onr_span_eq(onr_known_name(&k, ONR_SPAN("")), ONR_SPAN("")));
    assert_true(onr_span_eq(onr_known_name(&k, ONR_SPAN("\x7f")), ONR_SPAN("\x7f")));
    onr_model_file_free(f);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_alias_is_found_and_what_is_near_it_is_not),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
