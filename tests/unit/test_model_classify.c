/* tests/unit/test_model_classify.c - statements and what the released model makes of them.
 *
 * How good its answers are is measured elsewhere (make eval). Here stands what must hold of any model that is released: sentences that
 * nobody should get wrong, answers that depend on nothing but their input, and failures that are no answers.
 */
#define _DEFAULT_SOURCE
#include "tests/model_sample.h"
#include "tests/released_model.h"
#include "tests/unit/cmocka_all.h"

#include <stdio.h>

#include "common/model/model.h"

#define ARENA_BYTES (4 * 1024 * 1024)

static const struct onr_cast_entry cast[] = {
    { .name = { "Ada Lind", 8 },
      .role = { "Trade Minister", 14 },
      .type = ONR_PERSON,
      .n_mentions = 4 },
    { .name = { "Tom Berg", 8 }, .role = { "Mayor", 5 }, .type = ONR_PERSON, .n_mentions = 3 },
    { .name = { "Mary Berg", 9 }, .role = { "", 0 }, .type = ONR_PERSON, .n_mentions = 3 },
    { .name = { "Norland", 7 }, .role = { "", 0 }, .type = ONR_ORGANISATION, .n_mentions = 5 },
};

static void
make_sample(struct sample *x, const char *before, const char *text, const char *after)
{
    sample_init(x, before, text, after);
    x->s.cast = cast;
    x->s.n_cast = sizeof cast / sizeof *cast;
}

static struct onr_model *
new_model(void)
{
    struct onr_model *m;

    assert_int_equal(onr_model_open(RELEASED_MODEL, NULL, &m, NULL), 0);
    return m;
}

/* "kind; name how act: content + content; ..." of attributions, their targets apart. */
static void
show(const struct onr_result *r, char *ret, size_t room)
{
    size_t n = (size_t) snprintf(ret, room, "%s", onr_kind_name(r->kind));
    uint32_t cue = 0;

    for (size_t i = 0; i < r->n_attributions; i++) {
        const struct onr_attribution *a = &r->attributions[i];

        if (a->cue.begin == cue)
            continue;
        cue = a->cue.begin;
        n += (size_t) snprintf(ret + n, room - n, "; %s%.*s %s %s:", a->speaker.name.len ? "" : "?",
                               ONR_SPAN_ARG(a->speaker.name), onr_how_name(a->speaker.how),
                               onr_act_name(a->act));
        for (size_t k = 0; k < a->n_content; k++)
            n += (size_t) snprintf(ret + n, room - n, "%s %.*s", k ? " +" : "",
                                   ONR_SPAN_ARG(a->content[k].text));
    }
}

struct expectation {
    const char *before, *text, *want;
};

static void
all_come_out_as_expected(const struct expectation *e, size_t n)
{
    struct onr_arena arena = ONR_ARENA_INIT(ARENA_BYTES);
    struct onr_model *m = new_model();
    unsigned wrong = 0;

    for (size_t i = 0; i < n; i++) {
        struct sample x;
        struct onr_result r;
        char got[1024];

        make_sample(&x, e[i].before, e[i].text, " Then the session was closed.");
        assert_int_equal(onr_classify(m, &x.s, &arena, &r, NULL), 0);
        show(&r, got, sizeof got);
        if (strcmp(got, e[i].want) != 0) {
            print_error("%s\ngot  %s\nwant %s\n", e[i].text, got, e[i].want);
            wrong++;
        }
        onr_arena_reset(&arena);
    }
    onr_arena_release(&arena);
    onr_model_free(m);
    assert_int_equal(wrong, 0);
}

#define ALL(table) all_come_out_as_expected(table, sizeof(table) / sizeof *(table))

static void
speech_is_found_in_its_usual_orders(void **state)
{
    static const struct expectation table[] = {
        { "", "Ada Lind said that the tax would rise.",
          "indirect; Ada Lind named said: that the tax would rise" },
        { "", "“The tax will rise,” Lind said on Monday.",
          "direct; Ada Lind last_name said: “The tax will rise,”" },
        { "", "“The tax on coal,” Lind said on Monday, “will rise.”",
          "direct; Ada Lind last_name said: “The tax on coal,” + “will rise.”" },
        { "", "The tax will rise next year, according to Lind.",
          "indirect; Ada Lind last_name said: The tax will rise next year" },
        { "", "The ship carried coal and wood on Monday.", "narration" },
    };

    (void) state;
    ALL(table);
}

static void
a_name_begins_behind_its_titles(void **state)
{
    static const struct expectation table[] = {
        { "", "Ms. Hale said that the tax would rise.",
          "indirect; Hale named said: that the tax would rise" },
        { "", "South Korean President Park Geun-hye said that the tax would rise.",
          "indirect; Park Geun-hye named said: that the tax would rise" },
        { "", "The Justice Department said that the tax would rise.",
          "indirect; United States Department of Justice named said: that the tax would rise" },
    };

    (void) state;
    ALL(table);
}

static void
beliefs_and_plans_are_told_from_speech(void **state)
{
    static const struct expectation table[] = {
        { "", "Ada Lind believes that the plan will work.",
          "indirect; Ada Lind named believed: that the plan will work" },
        { "", "Tom Berg hopes that the plan will fail.",
          "indirect; Tom Berg named believed: that the plan will fail" },
    };

    (void) state;
    ALL(table);
}

static void
a_pronoun_stands_for_the_one_it_fits(void **state)
{
    static const struct expectation table[] = {
        { "“We will go,” said Ada Lind on Monday. ", "“We will come back,” she added.",
          "direct; Ada Lind pronoun said: “We will come back,”" },
        { "Tom Berg spoke to reporters in the evening. ", "He said that the tax would rise.",
          "indirect; Tom Berg pronoun said: that the tax would rise" },
    };

    (void) state;
    ALL(table);
}

static void
a_quotation_carries_on_its_speaker(void **state)
{
    static const struct expectation table[] = {
        { "“We will come back,” Ada Lind said. ", "“Nobody knows when that will be.”",
          "direct; Ada Lind carried said: “Nobody knows when that will be.”" },
    };

    (void) state;
    ALL(table);
}

static void
other_languages_and_withdrawals_are_not_tried(void **state)
{
    struct onr_arena arena = ONR_ARENA_INIT(ARENA_BYTES);
    struct onr_model *m = new_model();
    struct onr_result r;
    struct sample x;

    (void) state;
    make_sample(&x, "", "Lind said that the tax would rise.", "");
    x.s.article.language = ONR_SPAN("de");
    assert_int_equal(onr_classify(m, &x.s, &arena, &r, NULL), 0);
    assert_span_equal(r.reason, ONR_SPAN("language"));
    assert_int_equal(r.kind, ONR_NARRATION);
    assert_int_equal(r.n_attributions, 0);
    x.s.article.language = ONR_SPAN("EN-gb");
    assert_int_equal(onr_classify(m, &x.s, &arena, &r, NULL), 0);
    assert_true(r.n_attributions > 0);
    x.s.article.state = ONR_WITHDRAWN;
    x.s.text = x.s.window = ONR_SPAN("");
    x.s.end = x.s.begin = 0;
    assert_int_equal(onr_classify(m, &x.s, &arena, &r, NULL), 0);
    assert_span_equal(r.reason, ONR_SPAN("withdrawn"));
    onr_arena_release(&arena);
    onr_model_free(m);
}

static void
without_a_model_all_is_narration(void **state)
{
    struct onr_arena arena = ONR_ARENA_INIT(ARENA_BYTES);
    struct onr_result r;
    struct sample x;

    (void) state;
    make_sample(&x, "", "Lind said that the tax would rise.", "");
    assert_int_equal(onr_classify(NULL, &x.s, &arena, &r, NULL), 0);
    assert_int_equal(r.kind, ONR_NARRATION);
    assert_int_equal(r.n_attributions, 0);
    assert_span_equal(r.text, x.s.text);
    onr_arena_release(&arena);
}

static void
the_answer_does_not_depend_on_what_was_classified_before(void **state)
{
    static const char text[] = "“We go,” Lind said, adding that Berg had denied it.";
    struct onr_arena arena = ONR_ARENA_INIT(ARENA_BYTES);
    struct onr_model *fresh = new_model(), *used = new_model();
    struct onr_result a, b;
    struct sample x, y;
    char first[1024], second[1024];

    (void) state;
    make_sample(&y, "Tom Berg spoke. ", "He told Mary Berg that Norland was wrong.", "");
    assert_int_equal(onr_classify(used, &y.s, &arena, &b, NULL), 0);
    make_sample(&x, "", text, "");
    assert_int_equal(onr_classify(fresh, &x.s, &arena, &a, NULL), 0);
    assert_int_equal(onr_classify(used, &x.s, &arena, &b, NULL), 0);
    show(&a, first, sizeof first);
    show(&b, second, sizeof second);
    assert_string_equal(first, second);
    assert_memory_equal(onr_model_fingerprint(fresh), onr_model_fingerprint(used), 32);
    onr_arena_release(&arena);
    onr_model_free(fresh);
    onr_model_free(used);
}

static void
a_window_that_does_not_hold_the_statement_is_not_trusted(void **state)
{
    static const char elsewhere[] = "Something else stands here.";
    struct onr_arena arena = ONR_ARENA_INIT(ARENA_BYTES);
    struct onr_model *m = new_model();
    struct onr_result r;
    struct sample x;

    (void) state;
    make_sample(&x, "", "Lind said that the tax would rise.", "");
    for (int round = 0; round < 3; round++) {
        if (round == 0)
            x.s.window = onr_span_z(elsewhere);
        else if (round == 1)
            x.s.window_begin = x.s.begin + 5;
        else
            x.s.window = ONR_SPAN("");
        assert_int_equal(onr_classify(m, &x.s, &arena, &r, NULL), 0);
        assert_true(r.n_attributions > 0);
        assert_int_equal(r.attributions[0].cue.begin, x.s.begin + 5);
    }
    onr_arena_release(&arena);
    onr_model_free(m);
}

/* The beginning of a text that is longer than the encoder can take is read around the statement, wherever that stands. */
static void
a_statement_behind_a_long_text_is_read(void **state)
{
    struct onr_arena arena = ONR_ARENA_INIT(ARENA_BYTES);
    struct onr_model *m = new_model();
    struct onr_result r;
    struct sample x;
    static const char sentence[] = "The ship left the harbour on Monday. ";
    char before[3500];
    size_t n = 0;

    (void) state;
    for (; n + sizeof sentence <= sizeof before; n += sizeof sentence - 1)
        memcpy(before + n, sentence, sizeof sentence);
    make_sample(&x, before, "Ada Lind said that the tax would rise.", "");
    assert_int_equal(onr_classify(m, &x.s, &arena, &r, NULL), 0);
    assert_true(r.n_attributions > 0);
    assert_span_equal(r.attributions[0].speaker.name, ONR_SPAN("Ada Lind"));
    onr_arena_release(&arena);
    onr_model_free(m);
}

static void
too_little_memory_is_an_error_and_not_an_answer(void **state)
{
    struct onr_model *m = new_model();
    struct onr_error err = ONR_ERROR_INIT;
    struct sample x;
    int failed = 0;

    (void) state;
    make_sample(&x, "", "Berg said that the tax would rise.", "");
    for (size_t max = 0; max < 65536; max += 2048) {
        struct onr_arena arena = ONR_ARENA_INIT(max);
        struct onr_result r = { .index = 77 };
        int rc = onr_classify(m, &x.s, &arena, &r, &err);

        assert_true(rc == 0 || rc == -ONR_ENOMEM);
        assert_true(rc == 0 || r.index == 77);
        failed += rc < 0;
        onr_arena_release(&arena);
    }
    assert_true(failed > 0 && failed < 32);
    onr_model_free(m);
}

static void
what_is_no_model_file_is_refused(void **state)
{
    struct onr_model *m = NULL;
    struct onr_error err = ONR_ERROR_INIT;

    (void) state;
    assert_int_equal(onr_model_open("no-such.model", NULL, &m, &err), -ONR_ENOTFOUND);
    assert_non_null(strstr(err.text, "no-such.model"));
    assert_int_equal(onr_model_open("Makefile", NULL, &m, &err), -ONR_ECONFIG);
    assert_non_null(strstr(err.text, "Makefile"));
    assert_null(m);
}

static void
questions_of_stance_are_answered_within_the_choices(void **state)
{
    static const struct {
        const char *text, *target;
        unsigned choices;
        enum onr_stance want;
    } cases[] = {
        { "Lind praised the plan.", "the plan", 0, ONR_SUPPORT },
        { "Lind rejected the plan.", "the plan", 0, ONR_OPPOSE },
        { "Lind said that the plan was a disaster.", "the plan", 0, ONR_OPPOSE },
        { "Lind rejected the plan.", "the plan", 1u << ONR_SUPPORT, ONR_SUPPORT },
        { "Lind praised the plan.", "the plan", 1u << ONR_OPPOSE, ONR_OPPOSE },
    };
    struct onr_model *m = new_model();

    (void) state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct onr_stance_question q = { .text = onr_span_z(cases[i].text),
                                         .choices = cases[i].choices };
        enum onr_stance got;
        int confidence;

        q.speaker = ONR_SPAN("Lind");
        q.has_speaker_span = q.has_target_span = true;
        q.speaker_end = 4;
        q.target_begin = (uint32_t) (strstr(cases[i].text, cases[i].target) - cases[i].text);
        q.target_end = q.target_begin + (uint32_t) strlen(cases[i].target);
        assert_int_equal(onr_stance_answer(m, &q, &got, &confidence, NULL), 0);
        assert_int_equal(got, cases[i].want);
        assert_true(confidence > 0 && confidence <= 1000);
    }
    onr_model_free(m);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(speech_is_found_in_its_usual_orders),
        cmocka_unit_test(a_name_begins_behind_its_titles),
        cmocka_unit_test(beliefs_and_plans_are_told_from_speech),
        cmocka_unit_test(a_pronoun_stands_for_the_one_it_fits),
        cmocka_unit_test(a_quotation_carries_on_its_speaker),
        cmocka_unit_test(other_languages_and_withdrawals_are_not_tried),
        cmocka_unit_test(without_a_model_all_is_narration),
        cmocka_unit_test(the_answer_does_not_depend_on_what_was_classified_before),
        cmocka_unit_test(a_window_that_does_not_hold_the_statement_is_not_trusted),
        cmocka_unit_test(a_statement_behind_a_long_text_is_read),
        cmocka_unit_test(too_little_memory_is_an_error_and_not_an_answer),
        cmocka_unit_test(what_is_no_model_file_is_refused),
        cmocka_unit_test(questions_of_stance_are_answered_within_the_choices),
    };

    return cmocka_run_group_tests_name("classify", tests, NULL, NULL);
}
