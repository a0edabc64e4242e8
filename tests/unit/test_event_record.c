/* tests/unit/test_event_record.c - names of enumerations, dates, keys and headers. */
#include <string.h>

#include "tests/unit/cmocka_all.h"

#include "common/event/codec.h"
#include "common/event/date.h"
#include "tests/event_records.h"

static void
every_value_has_a_name_and_others_are_unknown(void **state)
{
    (void) state;
    assert_string_equal(onr_state_name(ONR_WITHDRAWN), "withdrawn");
    assert_string_equal(onr_quoted_name(ONR_QUOTED_WHOLE), "whole");
    assert_string_equal(onr_kind_name(ONR_NARRATION), "narration");
    assert_string_equal(onr_act_name(ONR_INTENDED), "intended");
    assert_string_equal(onr_stance_name(ONR_NEUTRAL), "neutral");
    assert_string_equal(onr_speaker_type_name(ONR_AUTHOR), "author");
    assert_string_equal(onr_how_name(ONR_HOW_NOBODY), "nobody");
    assert_string_equal(onr_reject_name(ONR_REJECT_OUTPUT), "output");
    assert_string_equal(onr_state_name((enum onr_state) 3), "unknown");
    assert_string_equal(onr_how_name((enum onr_how) - 1), "unknown");
    assert_string_equal(onr_reject_name(ONR_REJECT_CODES), "unknown");
}

static void
every_reject_has_its_own_sentence(void **state)
{
    (void) state;
    for (int i = 0; i < ONR_REJECT_CODES; i++) {
        const char *a = onr_reject_sentence((enum onr_reject_code) i);

        assert_true(strlen(a) > 10 && a[strlen(a) - 1] == '.');
        for (int k = 0; k < i; k++)
            assert_string_not_equal(a, onr_reject_sentence((enum onr_reject_code) k));
    }
}

static void
dates_are_checked_against_the_calendar(void **state)
{
    static const struct {
        const char *text;
        bool valid;
    } cases[] = {
        { "2031-05-06", true },
        { "2031-05", true },
        { "2031", true },
        { "2050-12-31", true }, /* the future is the source's claim */
        { "2028-02-29", true },
        { "2000-02-29", true },
        { "2031-05-06T07:30", true },
        { "2031-05-06T07:30Z", true },
        { "2031-05-06T07:30:00Z", true },
        { "2031-05-06 07:30:00+02:00", true },
        { "2031-05-06T07:30:00.123456-0500", true },
        { "2016-12-31T23:59:60Z", true },
        { "", false },
        { "2031-02-29", false },
        { "2100-02-29", false },
        { "2031-02-30", false },
        { "2031-04-31", false },
        { "2031-13-01", false },
        { "2031-00-01", false },
        { "2031-01-00", false },
        { "0000-01-01", false },
        { "31-01-01", false },
        { "20310506", false },
        { "2031-5-6", false },
        { "2031-05-06T", false },
        { "2031-05-06T24:00", false },
        { "2031-05-06T07:60", false },
        { "2031-05-06T07:30:61Z", false },
        { "2031-05-06T07:30:00.Z", false },
        { "2031-05-06T07:30+24:00", false },
        { "2031-05-06T07:30Zulu", false },
        { "2031-05-06x", false },
        { "6 May 2031", false },
        { " 2031-05-06", false },
    };

    (void) state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (onr_date_valid(onr_span_z(cases[i].text)) != cases[i].valid)
            fail_msg("\"%s\" should be %s", cases[i].text, cases[i].valid ? "valid" : "refused");
}

static void
headers_and_keys_come_from_the_content_alone(void **state)
{
    static const char *const names[ONR_CE_HEADERS] = { "content-type", "ce_specversion",
                                                       "ce_type",      "ce_source",
                                                       "ce_id",        "ce_subject" };
    struct onr_arena arena = ONR_ARENA_INIT(8192);
    struct onr_header h[ONR_CE_HEADERS];
    struct onr_attribution attributions[2];
    struct onr_text_span content[2];
    struct onr_statement s;
    struct onr_result r;

    (void) state;
    sample_statement(&s);
    s.article.id = ONR_SPAN("urn:x:1");
    s.article.version = 12;
    assert_int_equal(onr_statement_headers(&s, &arena, h, NULL), 0);
    for (int i = 0; i < ONR_CE_HEADERS; i++)
        assert_string_equal(h[i].name, names[i]);
    assert_span_equal(h[0].value, ONR_SPAN("application/avro"));
    assert_span_equal(h[1].value, ONR_SPAN("1.0"));
    assert_span_equal(h[2].value, ONR_SPAN("org.onrecord.v1.Statement"));
    assert_span_equal(h[3].value, ONR_SPAN("/onrecord/split"));
    assert_span_equal(h[4].value, ONR_SPAN("urn:x:1/12/7"));
    assert_span_equal(h[5].value, ONR_SPAN("urn:x:1"));
    sample_result(&r, attributions, content);
    r.article.id = ONR_SPAN("urn:x:1");
    assert_int_equal(onr_result_headers(&r, &arena, h, NULL), 0);
    assert_span_equal(h[2].value, ONR_SPAN("org.onrecord.v1.Result"));
    assert_span_equal(h[3].value, ONR_SPAN("/onrecord/classify"));
    assert_span_equal(h[4].value, ONR_SPAN("urn:x:1/1/7"));
    assert_int_equal(onr_article_headers(&s.article, &arena, h, NULL), 0);
    assert_span_equal(h[4].value, ONR_SPAN("urn:x:1/12"));
    assert_span_equal(onr_article_key(&s.article, &arena), ONR_SPAN("urn:x:1\n12"));
    onr_arena_release(&arena);
}

static void
headers_without_memory_are_an_error(void **state)
{
    struct onr_arena arena = ONR_ARENA_INIT(4);
    struct onr_header h[ONR_CE_HEADERS] = { { "untouched", ONR_SPAN_NULL } };
    struct onr_statement s;

    (void) state;
    sample_statement(&s);
    assert_int_equal(onr_statement_headers(&s, &arena, h, NULL), -ONR_ENOMEM);
    assert_string_equal(h[0].name, "untouched");
    assert_null(onr_article_key(&s.article, &arena).ptr);
    onr_arena_release(&arena);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_value_has_a_name_and_others_are_unknown),
        cmocka_unit_test(every_reject_has_its_own_sentence),
        cmocka_unit_test(dates_are_checked_against_the_calendar),
        cmocka_unit_test(headers_and_keys_come_from_the_content_alone),
        cmocka_unit_test(headers_without_memory_are_an_error),
    };

    return cmocka_run_group_tests_name("event record", tests, NULL, NULL);
}
