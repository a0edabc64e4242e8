/* tests/unit/test_model_turns.c - stance where a sentence turns it round: negation, denial, conditions, an opponent's words, irony.
 *
 * None of these sentences stands in any data that the model learned from. No model gets all of them right, so each kind has a
 * floor: what the released one reached. A model that falls below is not released.
 */
#include "tests/released_model.h"
#include "tests/unit/cmocka_all.h"

#include <string.h>

#include "common/model/model.h"

enum turn { NEGATION, DENIAL, HEDGE, OPPONENT, IRONY, TURNS };

static const struct {
    enum turn turn;
    const char *text, *speaker, *target;
    enum onr_stance want;
} sentence[] = {
    { NEGATION, "Ada Lind said she does not support the harbour tax.", "Ada Lind",
      "the harbour tax", ONR_OPPOSE },
    { NEGATION, "Ada Lind said she does not oppose the harbour tax.", "Ada Lind", "the harbour tax",
      ONR_SUPPORT },
    { NEGATION, "“I will never vote for this bill,” said Tom Berg.", "Tom Berg", "this bill",
      ONR_OPPOSE },
    { NEGATION, "Tom Berg said there is nothing good about the plan.", "Tom Berg", "the plan",
      ONR_OPPOSE },
    { NEGATION, "“We have no objection to the treaty,” Mary Holm said.", "Mary Holm", "the treaty",
      ONR_SUPPORT },
    { NEGATION, "Mary Holm said the reform would not help a single farmer.", "Mary Holm",
      "the reform", ONR_OPPOSE },
    { NEGATION, "The senator said he could not back the nominee.", "The senator", "the nominee",
      ONR_OPPOSE },
    { NEGATION, "“Nobody has done more for this city than Tom Berg,” said Ada Lind.", "Ada Lind",
      "Tom Berg", ONR_SUPPORT },
    { DENIAL, "Ada Lind denied that she had ever backed the harbour tax.", "Ada Lind",
      "the harbour tax", ONR_OPPOSE },
    { DENIAL, "Tom Berg rejected claims that the vaccine is dangerous.", "Tom Berg", "the vaccine",
      ONR_SUPPORT },
    { DENIAL, "Mary Holm denied accusations that the mayor had lied to the council.", "Mary Holm",
      "the mayor", ONR_SUPPORT },
    { DENIAL, "The minister disputed reports that the programme had failed.", "The minister",
      "the programme", ONR_SUPPORT },
    { DENIAL, "Berg denied supporting the death penalty.", "Berg", "the death penalty",
      ONR_OPPOSE },
    { DENIAL, "The spokesman denied that the president had broken the law.", "The spokesman",
      "the president", ONR_SUPPORT },
    { HEDGE, "Ada Lind said she would support the bill if farmers were paid first.", "Ada Lind",
      "the bill", ONR_SUPPORT },
    { HEDGE, "Tom Berg said he was open to the treaty, provided that it is put to a vote.",
      "Tom Berg", "the treaty", ONR_SUPPORT },
    { HEDGE, "“It is not perfect, but I can live with the deal,” said Mary Holm.", "Mary Holm",
      "the deal", ONR_SUPPORT },
    { HEDGE, "The governor said he would veto the budget unless the cuts are dropped.",
      "The governor", "the budget", ONR_OPPOSE },
    { HEDGE, "Lind said the plan might, with luck, do some good.", "Lind", "the plan",
      ONR_SUPPORT },
    { HEDGE, "Berg said he could not support the deal as it stands.", "Berg", "the deal",
      ONR_OPPOSE },
    { OPPONENT,
      "Ada Lind mocked her rival, who had called the harbour tax “a gift to the city”, and said it "
      "was theft.",
      "Ada Lind", "the harbour tax", ONR_OPPOSE },
    { OPPONENT,
      "“My opponent says this law is a disaster. He is wrong: it saves lives,” said Tom Berg.",
      "Tom Berg", "this law", ONR_SUPPORT },
    { OPPONENT,
      "Mary Holm said that those who call the mayor a hero have not read the report on his crimes.",
      "Mary Holm", "the mayor", ONR_OPPOSE },
    { OPPONENT, "“They tell you the treaty will ruin us. Do not believe them,” said Ada Lind.",
      "Ada Lind", "the treaty", ONR_SUPPORT },
    { OPPONENT,
      "Berg said critics who call the reform dangerous do not understand how much good it does.",
      "Berg", "the reform", ONR_SUPPORT },
    { OPPONENT, "“The senator calls this plan historic. It is a fraud,” said Mary Holm.",
      "Mary Holm", "this plan", ONR_OPPOSE },
    { IRONY, "Tom Berg said the governor’s “reform” would leave thousands without a doctor.",
      "Tom Berg", "the governor’s “reform”", ONR_OPPOSE },
    { IRONY, "Ada Lind derided the “experts” behind the harbour tax.", "Ada Lind",
      "the harbour tax", ONR_OPPOSE },
    { IRONY, "“This so-called ‘victory’ cost us two hundred jobs,” said Mary Holm of the deal.",
      "Mary Holm", "the deal", ONR_OPPOSE },
    { IRONY, "Berg said the minister’s “help” for farmers had ruined them.", "Berg",
      "the minister’s “help” for farmers", ONR_OPPOSE },
    { IRONY, "The mayor’s “great plan” is nothing but debt, Lind said.", "Lind",
      "The mayor’s “great plan”", ONR_OPPOSE },
    { IRONY, "Holm said the “patriots” who stormed the hall should be in prison.", "Holm",
      "the “patriots” who stormed the hall", ONR_OPPOSE },
};

static void
place(struct onr_span text, struct onr_span name, bool *ret_has, uint32_t *ret_begin,
      uint32_t *ret_end)
{
    for (size_t i = 0; i + name.len <= text.len; i++)
        if (memcmp(text.ptr + i, name.ptr, name.len) == 0) {
            *ret_has = true;
            *ret_begin = (uint32_t) i;
            *ret_end = (uint32_t) (i + name.len);
            return;
        }
    fail_msg("the name is not in the sentence");
}

static enum onr_stance
answer(struct onr_model *m, size_t i)
{
    struct onr_stance_question q = { .text = onr_span_z(sentence[i].text),
                                     .speaker = onr_span_z(sentence[i].speaker),
                                     .target = onr_span_z(sentence[i].target) };
    enum onr_stance got;
    int confidence;

    place(q.text, q.speaker, &q.has_speaker_span, &q.speaker_begin, &q.speaker_end);
    place(q.text, q.target, &q.has_target_span, &q.target_begin, &q.target_end);
    assert_int_equal(onr_stance_answer(m, &q, &got, &confidence, NULL), 0);
    return got;
}

static void
a_turn_of_speech_is_understood(enum turn turn, unsigned floor)
{
    struct onr_model *m;
    unsigned right = 0, all = 0;

    assert_int_equal(onr_model_open(RELEASED_MODEL, NULL, &m, NULL), 0);
    for (size_t i = 0; i < sizeof sentence / sizeof *sentence; i++) {
        enum onr_stance got;

        if (sentence[i].turn != turn)
            continue;
        all++;
        got = answer(m, i);
        right += got == sentence[i].want;
        if (got != sentence[i].want)
            print_message("%s instead of %s: %s\n", onr_stance_name(got),
                          onr_stance_name(sentence[i].want), sentence[i].text);
    }
    print_message("%u of %u right, floor %u\n", right, all, floor);
    onr_model_free(m);
    assert_true(right >= floor);
}

#define KIND(name, turn, floor)                                                                    \
    static void name(void **state)                                                                 \
    {                                                                                              \
        (void) state;                                                                              \
        a_turn_of_speech_is_understood(turn, floor);                                               \
    }

KIND(negation, NEGATION, 7)
KIND(reported_denial, DENIAL, 1)
KIND(conditional_and_hedged_support, HEDGE, 6)
KIND(quotation_of_an_opponent, OPPONENT, 2)
KIND(irony_marked_by_quotation_marks, IRONY, 5)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(negation),
        cmocka_unit_test(reported_denial),
        cmocka_unit_test(conditional_and_hedged_support),
        cmocka_unit_test(quotation_of_an_opponent),
        cmocka_unit_test(irony_marked_by_quotation_marks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
