/* tests/unit/test_model_people.c - what a register of people changes in the answers of the released model, and what it leaves alone. */
#include "tests/model_sample.h"
#include "tests/released_model.h"
#include "tests/unit/cmocka_all.h"

#include "common/model/model.h"
#include "common/model/register.h"

#define ARENA_BYTES (4 * 1024 * 1024)

static const struct onr_cast_entry cast[] = {
    { .name = { "Ada Lind", 8 }, .role = { "Mayor", 5 }, .type = ONR_PERSON, .n_mentions = 4 },
    { .name = { "Tom Berg", 8 }, .role = { "Governor", 8 }, .type = ONR_PERSON, .n_mentions = 3 },
    { .name = { "Mary Berg", 9 }, .role = { "", 0 }, .type = ONR_PERSON, .n_mentions = 3 },
    { .name = { "Norland", 7 }, .role = { "", 0 }, .type = ONR_ORGANISATION, .n_mentions = 5 },
    { .name = { "Zizi", 4 }, .role = { "", 0 }, .type = ONR_ORGANISATION, .n_mentions = 1 },
    { .name = { "Benjamin Netanyahu", 18 }, .role = { "", 0 }, .type = ONR_PERSON },
};

static const char people[] = "name,aliases,role,external_id\n"
                             "Ada Lind,,,Q1\n"
                             "Benjamin Netanyahu,Zizi;BN,,Q2\n"
                             "Government of Russia,the Kremlin,,Q3\n"
                             "Lloyd Austin,,defence secretary;Governor,Q4\n"
                             "Alexandria Ocasio-Cortez,AOC,congresswoman,Q5\n"
                             "Thomas Berg,Tom Berg,,Q6\n"
                             "John A. Boehner,John Boehner,,Q9\n"
                             "Cruz Ferry Company,Cruz,,Q10\n"
                             "Mary Sol,MaSo,,Q11\n"
                             "Kim Sol,,senator,Q7\n"
                             "Kim Lun,,senator,Q8\n";

static struct onr_model *model;

static struct onr_register *
read_register(const char *text)
{
    struct onr_register *r;

    assert_int_equal(onr_register_read(onr_span_z(text), &r, NULL), 0);
    return r;
}

/* "name type how id; names of targets" of the first attribution and of those that differ from it in their targets alone. */
static void
answer(const char *before, const char *text, char *ret, size_t room)
{
    struct onr_arena arena = ONR_ARENA_INIT(ARENA_BYTES);
    struct onr_result r;
    struct sample x;
    size_t n = 0;

    sample_init(&x, before, text, " Then the session was closed.");
    x.s.cast = cast;
    x.s.n_cast = sizeof cast / sizeof *cast;
    assert_int_equal(onr_classify(model, &x.s, &arena, &r, NULL), 0);
    assert_true(r.n_attributions > 0);
    for (size_t i = 0; i < r.n_attributions; i++) {
        const struct onr_attribution *a = &r.attributions[i];

        if (a->cue.begin != r.attributions[0].cue.begin)
            break;
        if (i == 0)
            n += (size_t) snprintf(ret, room, "%.*s %s %s %.*s", ONR_SPAN_ARG(a->speaker.name),
                                   onr_speaker_type_name(a->speaker.type),
                                   onr_how_name(a->speaker.how),
                                   ONR_SPAN_ARG(a->speaker.external_id));
        n += (size_t) snprintf(ret + n, room - n, "; %.*s",
                               ONR_SPAN_ARG(a->has_target ? a->target.name : ONR_SPAN("-")));
    }
    onr_arena_release(&arena);
}

struct expectation {
    const char *before, *text;
    const char *without, *with; /* the register; NULL: of no matter */
};

static void
all_come_out_as_expected(const struct expectation *e, size_t n)
{
    struct onr_register *r = read_register(people);
    unsigned wrong = 0;
    char got[512];

    for (size_t i = 0; i < n; i++)
        for (int with = 0; with < 2; with++) {
            const char *want = with ? e[i].with : e[i].without;

            onr_model_set_people(model, with ? r : NULL);
            if (!want)
                continue;
            answer(e[i].before, e[i].text, got, sizeof got);
            if (strcmp(got, want) != 0) {
                print_error("%s (%s)\ngot  %s\nwant %s\n", e[i].text, with ? "with" : "without",
                            got, want);
                wrong++;
            }
        }
    onr_model_set_people(model, NULL);
    onr_register_free(r);
    assert_int_equal(wrong, 0);
}

#define ALL(table) all_come_out_as_expected(table, sizeof(table) / sizeof *(table))

static void
a_name_or_alias_in_the_mention_is_that_person(void **state)
{
    static const struct expectation table[] = {
        { "", "The Kremlin said that the tax would rise.", "Kremlin organisation named ; tax",
          "Government of Russia organisation register Q3; tax" },
        { "", "“The tax will rise,” Zizi said on Monday.", "Zizi organisation named ; tax",
          "Benjamin Netanyahu person register Q2; tax" },
        { "", "President Zizi said that the tax would rise.", "Zizi organisation named ; tax",
          "Benjamin Netanyahu person register Q2; tax" },
        { "", "Congresswoman AOC said that the tax would rise.", NULL,
          "Alexandria Ocasio-Cortez person register Q5; tax" },
        { "", "AOC of Norland said that the tax would rise.", NULL,
          "Alexandria Ocasio-Cortez person register Q5; tax" },
        { "", "AOC of New York said that the tax would rise.", NULL,
          "Alexandria Ocasio-Cortez person register Q5; tax" },
    };

    (void) state;
    ALL(table);
}

static void
what_only_holds_an_alias_or_a_role_is_somebody_else(void **state)
{
    static const char *const texts[] = {
        "Zizi’s lawyer said that the tax would rise.",
        "A spokesman for Zizi said that the tax would rise.",
        "A spokesman for President BN said that the tax would rise.",
        "Mrs. BN said that the tax would rise.",
        "Mrs. Zizi said that the tax would rise.",
        "Lee BN said that the tax would rise.",
        "Tom Noll, the man who beat Senator BN, said that the tax would rise.",
        "The Kremlin of Sundby said that the tax would rise.",
        "Defence Secretary Noll said that the tax would rise.",
        "The defence secretary of Sundby said that the tax would rise.",
    };
    struct onr_register *r = read_register(people);
    char got[512];

    (void) state;
    onr_model_set_people(model, r);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        answer("", texts[i], got, sizeof got);
        if (strstr(got, " Q"))
            fail_msg("%s: %s", texts[i], got);
    }
    onr_model_set_people(model, NULL);
    onr_register_free(r);
}

static void
how_the_article_found_a_name_stays(void **state)
{
    static const struct expectation table[] = {
        { "", "Ada Lind said that the tax would rise.", "Ada Lind person named ; tax",
          "Ada Lind person named Q1; tax" },
        { "", "Lind said that the tax would rise.", "Ada Lind person last_name ; tax",
          "Ada Lind person last_name Q1; tax" },
        { "“We will go,” said Ada Lind on Monday. ", "“We will come back,” she added.",
          "Ada Lind person pronoun ; -", "Ada Lind person pronoun Q1; -" },
        { "“We will come back,” Ada Lind said. ", "“The tax will rise.”",
          "Ada Lind person carried ; tax", "Ada Lind person carried Q1; tax" },
        { "", "The mayor said that the tax would rise.", "Ada Lind person role ; tax",
          "Ada Lind person role Q1; tax" },
    };

    (void) state;
    ALL(table);
}

static void
pronouns_and_what_is_carried_on_follow_an_alias(void **state)
{
    static const struct expectation table[] = {
        { "“We will go,” said Tom Berg on Monday. ", "“We will come back,” he added.",
          "Tom Berg person pronoun ; -", "Thomas Berg person pronoun Q6; -" },
        { "“We will come back,” Tom Berg said. ", "“The tax will rise.”",
          "Tom Berg person carried ; tax", "Thomas Berg person carried Q6; tax" },
        { "", "Another man, Sen. Tom Berg of Norland, said that the tax would rise.",
          "Tom Berg person named ; tax", "Thomas Berg person register Q6; tax" },
        { "“We will go,” said Congresswoman AOC. ", "“We will come back,” she added.",
          " unnamed nobody ; -", "Alexandria Ocasio-Cortez person pronoun Q5; -" },
        { "“We will go,” said Congresswoman MaSo. ", "“We will come back,” he added.",
          " unnamed nobody ; -", " unnamed nobody ; -" },
        { "“We will go,” said Zizi on Monday. ", "“We will come back,” he added.",
          " unnamed nobody ; -", "Benjamin Netanyahu person pronoun Q2; -" },
    };

    (void) state;
    ALL(table);
}

static void
two_names_of_the_cast_for_one_person_are_one(void **state)
{
    static const struct expectation table[] = {
        { "", "Netanyahu said that the tax would rise.",
          "Benjamin Netanyahu person last_name ; tax",
          "Benjamin Netanyahu person last_name Q2; tax" },
        { "", "Ada Lind said that Zizi and Netanyahu were right.",
          "Ada Lind person named ; Zizi; Benjamin Netanyahu",
          "Ada Lind person named Q1; Benjamin Netanyahu" },
        { "Benjamin Netanyahu and Zizi came. ", "He said that the tax would rise.",
          "Benjamin Netanyahu person pronoun ; tax", "Benjamin Netanyahu person pronoun Q2; tax" },
    };

    (void) state;
    ALL(table);
}

static void
a_role_of_one_person_is_that_person(void **state)
{
    static const struct expectation table[] = {
        { "", "The defence secretary said that the tax would rise.", " unnamed nobody ; tax",
          "Lloyd Austin person register Q4; tax" },
        { "", "Defence Secretary Austin said that the tax would rise.", NULL,
          "Lloyd Austin person register Q4; tax" },
        { "", "Defence Secretary Lind said that the tax would rise.",
          "Ada Lind person last_name ; tax", "Ada Lind person last_name Q1; tax" },
        { "", "The defence secretary, Ada Lind, said that the tax would rise.",
          "Ada Lind person named ; tax", "Ada Lind person named Q1; tax" },
        { "", "The governor said that the tax would rise.", "Tom Berg person role ; tax",
          "Thomas Berg person register Q6; tax" },
        { "", "The senator said that the tax would rise.", " unnamed nobody ; tax",
          " unnamed nobody ; tax" },
    };

    (void) state;
    ALL(table);
}

static void
targets_have_the_name_of_the_register(void **state)
{
    static const struct expectation table[] = {
        { "", "Ada Lind criticized the Kremlin.", "Ada Lind person named ; Kremlin",
          "Ada Lind person named Q1; Government of Russia" },
        { "", "Ada Lind criticized Congresswoman AOC.", NULL,
          "Ada Lind person named Q1; Alexandria Ocasio-Cortez" },
        { "", "Ada Lind praised Zizi’s plan.", "Ada Lind person named ; Zizi",
          "Ada Lind person named Q1; Benjamin Netanyahu" },
        { "", "Ada Lind condemned Tom Berg.", "Ada Lind person named ; Tom Berg",
          "Ada Lind person named Q1; Thomas Berg" },
    };

    (void) state;
    ALL(table);
}

/* The model knows a John Boehner and a Ted Cruz. */
static void
names_of_the_model_come_behind_the_register(void **state)
{
    static const struct expectation table[] = {
        { "", "Boehner said that the tax would rise.", "John Boehner organisation named ; tax",
          "John A. Boehner person register Q9; tax" },
        { "", "Cruz said that the tax would rise.", "Ted Cruz organisation named ; tax",
          "Cruz Ferry Company organisation register Q10; tax" },
        { "", "Ada Lind condemned Gowdy.", "Ada Lind person named ; Trey Gowdy",
          "Ada Lind person named Q1; Trey Gowdy" },
    };

    (void) state;
    ALL(table);
}

static int
open_model(void **state)
{
    (void) state;
    return onr_model_open(RELEASED_MODEL, NULL, &model, NULL);
}

static int
close_model(void **state)
{
    (void) state;
    onr_model_free(model);
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_or_alias_in_the_mention_is_that_person),
        cmocka_unit_test(what_only_holds_an_alias_or_a_role_is_somebody_else),
        cmocka_unit_test(how_the_article_found_a_name_stays),
        cmocka_unit_test(pronouns_and_what_is_carried_on_follow_an_alias),
        cmocka_unit_test(two_names_of_the_cast_for_one_person_are_one),
        cmocka_unit_test(a_role_of_one_person_is_that_person),
        cmocka_unit_test(targets_have_the_name_of_the_register),
        cmocka_unit_test(names_of_the_model_come_behind_the_register),
    };

    return cmocka_run_group_tests_name("people", tests, open_model, close_model);
}
