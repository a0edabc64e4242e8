/* tests/unit/test_model_classify.c - statements and what the rules make of them. */
#define _DEFAULT_SOURCE
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
    { .name = { "Paul Ott", 8 }, .role = { "Minister", 8 }, .type = ONR_PERSON, .n_mentions = 1 },
    { .name = { "Norland", 7 }, .role = { "", 0 }, .type = ONR_ORGANISATION, .n_mentions = 5 },
    { .name = { "Bank of Norland", 15 },
      .role = { "", 0 },
      .type = ONR_ORGANISATION,
      .n_mentions = 2 },
};

/* A statement between what stands before and behind it in its window; the window begins at byte 1000 of the body. */
struct sample {
    char body[4096];
    struct onr_statement s;
};

static void
make_sample(struct sample *x, const char *before, const char *text, const char *after)
{
    size_t begin = strlen(before);

    snprintf(x->body, sizeof x->body, "%s%s%s", before, text, after);
    x->s = (struct onr_statement){ .begin = (uint32_t) (1000 + begin),
                                   .text = onr_span_of(x->body + begin, strlen(text)),
                                   .window = onr_span_z(x->body),
                                   .window_begin = 1000,
                                   .cast = cast,
                                   .n_cast = sizeof cast / sizeof *cast };
    x->s.end = x->s.begin + (uint32_t) x->s.text.len;
    x->s.article.language = ONR_SPAN("en");
    x->s.article.statements = 1;
    x->s.quoted = strstr(text, "“") || strstr(text, "”") ? ONR_QUOTED_PART : ONR_QUOTED_NONE;
}

static struct onr_model *
new_model(void)
{
    struct onr_model *m;

    assert_int_equal(onr_model_open(NULL, &m, NULL), 0);
    return m;
}

/* "kind; name how act stance: content + content; ..." */
static void
show(const struct onr_result *r, char *ret, size_t room)
{
    size_t n = (size_t) snprintf(ret, room, "%s", onr_kind_name(r->kind));

    for (size_t i = 0; i < r->n_attributions; i++) {
        const struct onr_attribution *a = &r->attributions[i];

        n += (size_t) snprintf(ret + n, room - n,
                               "; %s%.*s %s %s %s:", a->speaker.name.len ? "" : "?",
                               ONR_SPAN_ARG(a->speaker.name), onr_how_name(a->speaker.how),
                               onr_act_name(a->act), onr_stance_name(a->stance));
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

        make_sample(&x, e[i].before, e[i].text, " And so on.");
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
          "indirect; Ada Lind named said neutral: that the tax would rise" },
        { "", "Lind said the tax would rise.",
          "indirect; Ada Lind last_name said neutral: the tax would rise" },
        { "", "The tax would rise, Lind said.",
          "indirect; Ada Lind last_name said neutral: The tax would rise" },
        { "", "“The tax will rise,” Lind said on Monday.",
          "direct; Ada Lind last_name said neutral: “The tax will rise,”" },
        { "", "‘The tax won’t rise,’ Lind told the Commons.",
          "direct; Ada Lind last_name said neutral: ‘The tax won’t rise,’" },
        { "", "“The tax will rise,” said Ada Lind, the trade minister.",
          "direct; Ada Lind named said neutral: “The tax will rise,”" },
        { "", "“The tax,” Lind said, “will rise.”",
          "direct; Ada Lind last_name said neutral: “The tax,” + “will rise.”" },
        { "", "Lind said: “The tax will rise.”",
          "direct; Ada Lind last_name said neutral: “The tax will rise.”" },
        { "", "Lind said the tax “will rise” in May.",
          "mixed; Ada Lind last_name said neutral: the tax “will rise” in May" },
        { "", "According to Lind, the tax will rise.",
          "indirect; Ada Lind last_name said neutral: the tax will rise" },
        { "", "The tax will rise, according to Lind.",
          "indirect; Ada Lind last_name said neutral: The tax will rise" },
        { "", "Lind: “The tax will rise.”",
          "direct; Ada Lind last_name said neutral: “The tax will rise.”" },
        { "", "Lind told reporters on Monday that the tax would rise.",
          "indirect; Ada Lind last_name said neutral: that the tax would rise" },
        { "", "Lind, in a speech on Monday, said the tax would rise.",
          "indirect; Ada Lind last_name said neutral: the tax would rise" },
        { "", "“The tax will rise,” Lind told reporters after the vote.",
          "direct; Ada Lind last_name said neutral: “The tax will rise,”" },
        { "", "The minister, Ada Lind, said the tax would rise.",
          "indirect; Ada Lind named said neutral: the tax would rise" },
        { "", "The tax would rise, said Lind.",
          "indirect; Ada Lind last_name said neutral: The tax would rise" },
        { "", "The tax, Lind said, would rise.",
          "indirect; Ada Lind last_name said neutral: The tax + would rise" },
    };

    (void) state;
    ALL(table);
}

static void
several_speeches_of_a_sentence_are_told_apart(void **state)
{
    static const struct expectation table[] = {
        { "", "Lind said the tax would rise, adding that it was fair.",
          "indirect; Ada Lind last_name said neutral: the tax would rise; "
          "Ada Lind last_name said support: that it was fair" },
        { "", "Lind announced a new tax and said that nobody would pay.",
          "indirect; Ada Lind last_name said support: a new tax; "
          "Ada Lind last_name said neutral: that nobody would pay" },
        { "", "Norland reported that Lind rejected the plan.",
          "indirect; Norland named said oppose: that Lind rejected the plan; "
          "Ada Lind last_name said oppose: the plan" },
    };

    (void) state;
    ALL(table);
}

static void
what_is_no_speech_is_narration(void **state)
{
    static const struct expectation table[] = {
        { "", "The minister met the mayor on Monday.", "narration" },
        { "", "The stated goal of the plan was clear.", "narration" },
        { "", "Lind was told to leave.", "narration" },
        { "", "The report was long and the claims were few.", "narration" },
        { "", "Bill Wonder walked home.", "narration" },
    };

    (void) state;
    ALL(table);
}

static void
beliefs_and_plans_are_told_from_speech(void **state)
{
    static const struct expectation table[] = {
        { "", "Lind believes that the tax will rise.",
          "indirect; Ada Lind last_name believed neutral: that the tax will rise" },
        { "", "Lind thinks the tax will rise.",
          "indirect; Ada Lind last_name believed neutral: the tax will rise" },
        { "", "Lind plans to raise the tax.",
          "indirect; Ada Lind last_name intended neutral: to raise the tax" },
        { "", "Lind wants to raise the tax.",
          "indirect; Ada Lind last_name intended support: to raise the tax" },
    };

    (void) state;
    ALL(table);
}

static void
stance_follows_the_verb_and_the_words_and_their_negation(void **state)
{
    static const struct expectation table[] = {
        { "", "Lind rejected the plan.", "indirect; Ada Lind last_name said oppose: the plan" },
        { "", "Lind did not reject the plan.",
          "indirect; Ada Lind last_name said support: the plan" },
        { "", "Lind praised the plan.", "indirect; Ada Lind last_name said support: the plan" },
        { "", "Lind said the plan was a disaster.",
          "indirect; Ada Lind last_name said oppose: the plan was a disaster" },
        { "", "Lind said the plan was not a disaster.",
          "indirect; Ada Lind last_name said support: the plan was not a disaster" },
        { "", "Lind has not confirmed or denied the plan.",
          "indirect; Ada Lind last_name said neutral: the plan" },
    };

    (void) state;
    ALL(table);
}

static void
mentions_are_resolved_or_nobody_is_named(void **state)
{
    static const struct expectation table[] = {
        { "Ada Lind came to Norland. ", "She said the tax would rise.",
          "indirect; Ada Lind pronoun said neutral: the tax would rise" },
        { "Tom Berg met Ada Lind. ", "He said the tax would rise.",
          "indirect; Tom Berg pronoun said neutral: the tax would rise" },
        { "Tom Berg’s plan met Paul Ott. ", "He said the tax would rise.",
          "indirect; Paul Ott pronoun said neutral: the tax would rise" },
        { "Tom Berg came. ", "The mayor said the tax would rise.",
          "indirect; Tom Berg role said neutral: the tax would rise" },
        { "", "The minister said the tax would rise.", /* Lind and Ott are both ministers */
          "indirect; ? nobody said neutral: the tax would rise" },
        { "", "Berg said the tax would rise.", /* Tom or Mary */
          "indirect; ? nobody said neutral: the tax would rise" },
        { "", "Mrs. Berg said the tax would rise.",
          "indirect; Mary Berg last_name said neutral: the tax would rise" },
        { "", "The Bank of Norland said the tax would rise.",
          "indirect; Bank of Norland named said neutral: the tax would rise" },
        { "", "A spokesman for Lind said the tax would rise.",
          "indirect; ? nobody said neutral: the tax would rise" },
        { "", "Lind’s lawyer said the tax would rise.",
          "indirect; ? nobody said neutral: the tax would rise" },
        { "", "Senior officials said the tax would rise.",
          "indirect; ? nobody said neutral: the tax would rise" },
        { "", "He said the tax would rise.",
          "indirect; ? nobody said neutral: the tax would rise" },
        { "The Bank of Norland met. ", "It said the tax would rise.",
          "indirect; Bank of Norland pronoun said neutral: the tax would rise" },
        { "", "The man who built the wall for Lind said the tax would rise.",
          "indirect; ? nobody said neutral: the tax would rise" },
        { "", "Moscow said the tax would rise.",
          "indirect; Moscow named said neutral: the tax would rise" },
    };

    (void) state;
    ALL(table);
}

static void
a_quotation_carries_on_its_speaker(void **state)
{
    static const struct expectation table[] = {
        { "“We go,” Lind said. ", "“Nobody stays.”",
          "direct; Ada Lind carried said neutral: “Nobody stays.”" },
        { "“We go,” Lind said. “All of us. ", "Nobody stays.”",
          "direct; Ada Lind carried said neutral: Nobody stays.”" },
        { "Lind described the flood:\n\n", "“Nobody stayed.”",
          "direct; Ada Lind carried said neutral: “Nobody stayed.”" },
        { "“We go,” Lind said. Then it rained. ", "“Nobody stays.”", "narration" },
        { "", "“Nobody stays.”", "narration" },
    };

    (void) state;
    ALL(table);
}

static void
a_carried_speaker_is_less_sure_than_a_named_one(void **state)
{
    struct onr_arena arena = ONR_ARENA_INIT(ARENA_BYTES);
    struct onr_model *m = new_model();
    struct onr_result named, carried;
    struct sample x, y;

    (void) state;
    make_sample(&x, "", "“We go,” Lind said.", "");
    make_sample(&y, "“We go,” Lind said. ", "“Nobody stays.”", "");
    assert_int_equal(onr_classify(m, &x.s, &arena, &named, NULL), 0);
    assert_int_equal(onr_classify(m, &y.s, &arena, &carried, NULL), 0);
    assert_true(carried.attributions[0].conf_speaker < named.attributions[0].conf_speaker);
    assert_true(carried.attributions[0].conf_content < named.attributions[0].conf_content);
    onr_arena_release(&arena);
    onr_model_free(m);
}

static void
an_abstention_says_between_whom(void **state)
{
    static const struct {
        const char *text, *reason;
    } cases[] = {
        { "Berg said the tax would rise.", "\"Berg\" could be Tom Berg or Mary Berg" },
        { "The minister said the tax would rise.",
          "\"The minister\" could be Ada Lind or Paul Ott" },
        { "They said the tax would rise.", "nobody in the cast fits \"They\"" },
        { "Senior officials said the tax would rise.", "the text gives no name" },
    };
    struct onr_arena arena = ONR_ARENA_INIT(ARENA_BYTES);
    struct onr_model *m = new_model();

    (void) state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sample x;
        struct onr_result r;

        make_sample(&x, "", cases[i].text, "");
        assert_int_equal(onr_classify(m, &x.s, &arena, &r, NULL), 0);
        assert_int_equal(r.n_attributions, 1);
        assert_int_equal(r.attributions[0].speaker.name.len, 0);
        assert_span_equal(r.attributions[0].reason, onr_span_z(cases[i].reason));
    }
    onr_arena_release(&arena);
    onr_model_free(m);
}

static void
other_languages_and_withdrawals_are_not_tried(void **state)
{
    struct onr_arena arena = ONR_ARENA_INIT(ARENA_BYTES);
    struct onr_model *m = new_model();
    struct onr_result r;
    struct sample x;

    (void) state;
    make_sample(&x, "", "Lind said the tax would rise.", "");
    x.s.article.language = ONR_SPAN("de");
    assert_int_equal(onr_classify(m, &x.s, &arena, &r, NULL), 0);
    assert_span_equal(r.reason, ONR_SPAN("language"));
    assert_int_equal(r.kind, ONR_NARRATION);
    assert_int_equal(r.n_attributions, 0);
    x.s.article.language = ONR_SPAN("EN-gb");
    assert_int_equal(onr_classify(m, &x.s, &arena, &r, NULL), 0);
    assert_int_equal(r.n_attributions, 1);
    x.s.article.state = ONR_WITHDRAWN;
    x.s.text = x.s.window = ONR_SPAN("");
    x.s.end = x.s.begin = 0;
    assert_int_equal(onr_classify(m, &x.s, &arena, &r, NULL), 0);
    assert_span_equal(r.reason, ONR_SPAN("withdrawn"));
    onr_arena_release(&arena);
    onr_model_free(m);
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
    make_sample(&y, "Tom Berg spoke. ", "He told Mary Berg that the Bank of Norland was wrong.",
                "");
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
    struct onr_arena arena = ONR_ARENA_INIT(ARENA_BYTES);
    struct onr_model *m = new_model();
    struct onr_result r;
    struct sample x;
    static const char elsewhere[] = "Something else stands here.";

    (void) state;
    make_sample(&x, "", "Lind said the tax would rise.", "");
    for (int round = 0; round < 3; round++) {
        if (round == 0)
            x.s.window = onr_span_z(elsewhere);
        else if (round == 1)
            x.s.window_begin = x.s.begin + 5;
        else
            x.s.window = ONR_SPAN("");
        assert_int_equal(onr_classify(m, &x.s, &arena, &r, NULL), 0);
        assert_int_equal(r.n_attributions, 1);
        assert_int_equal(r.attributions[0].cue.begin, x.s.begin + 5);
    }
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
    make_sample(&x, "", "Berg said the tax would rise.", "");
    for (size_t max = 0; max < 16384; max += 512) {
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
a_model_file_is_refused(void **state)
{
    struct onr_model *m = NULL;
    struct onr_error err = ONR_ERROR_INIT;

    (void) state;
    assert_int_equal(onr_model_open("model.bin", &m, &err), -ONR_ECONFIG);
    assert_non_null(strstr(err.text, "model.bin"));
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
        { "Lind rejected the plan.", "the plan", 1u << ONR_SUPPORT | 1u << ONR_NEUTRAL,
          ONR_SUPPORT },
        { "Lind saw the plan.", "the plan", 0, ONR_NEUTRAL },
        { "Lind saw the plan.", "the plan", 1u << ONR_OPPOSE, ONR_OPPOSE },
        { "Lind saw the plan.", "the plan", 1u << ONR_SUPPORT | 1u << ONR_OPPOSE, ONR_SUPPORT },
    };
    struct onr_model *m = new_model();

    (void) state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct onr_stance_question q = { .text = onr_span_z(cases[i].text),
                                         .choices = cases[i].choices };
        enum onr_stance got;
        int confidence;

        q.has_target_span = true;
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
        cmocka_unit_test(several_speeches_of_a_sentence_are_told_apart),
        cmocka_unit_test(what_is_no_speech_is_narration),
        cmocka_unit_test(beliefs_and_plans_are_told_from_speech),
        cmocka_unit_test(stance_follows_the_verb_and_the_words_and_their_negation),
        cmocka_unit_test(mentions_are_resolved_or_nobody_is_named),
        cmocka_unit_test(a_quotation_carries_on_its_speaker),
        cmocka_unit_test(a_carried_speaker_is_less_sure_than_a_named_one),
        cmocka_unit_test(an_abstention_says_between_whom),
        cmocka_unit_test(other_languages_and_withdrawals_are_not_tried),
        cmocka_unit_test(the_answer_does_not_depend_on_what_was_classified_before),
        cmocka_unit_test(a_window_that_does_not_hold_the_statement_is_not_trusted),
        cmocka_unit_test(too_little_memory_is_an_error_and_not_an_answer),
        cmocka_unit_test(a_model_file_is_refused),
        cmocka_unit_test(questions_of_stance_are_answered_within_the_choices),
    };

    return cmocka_run_group_tests_name("classify", tests, NULL, NULL);
}
