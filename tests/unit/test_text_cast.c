/* tests/unit/test_text_cast.c - who is named in a text, under which name and role.
 *
 * A row is a body and its cast as "P Name [role] mentions; ...": P person, G group, O organisation. Every body is read from a
 * copy that ends at an unmapped page.
 */
#include "tests/unit/guard.h"

#include <stdio.h>

#include "common/base/limits.h"
#include "common/text/cast.h"
#include "tests/unit/cmocka_all.h"

struct row {
    const char *body, *cast;
};

static void
write_cast(const struct onr_name *name, size_t n, char *ret, size_t size)
{
    size_t i, len = 0;

    ret[0] = 0;
    for (i = 0; i < n && len < size; i++) {
        len += (size_t) snprintf(ret + len, size - len, "%s%c " ONR_SPAN_FMT, i ? "; " : "",
                                 "PGO"[name[i].type], ONR_SPAN_ARG(name[i].name));
        if (name[i].role.len > 0 && len < size)
            len += (size_t) snprintf(ret + len, size - len, " [" ONR_SPAN_FMT "]",
                                     ONR_SPAN_ARG(name[i].role));
        if (len < size)
            len += (size_t) snprintf(ret + len, size - len, " %u", name[i].n_mentions);
    }
}

static void
check_cast(const char *headline, const char *body, uint32_t end, const char *want)
{
    static char got[16384];
    struct guarded h = guarded_new(onr_span_z(headline)), b = guarded_new(onr_span_z(body));
    struct onr_name name[ONR_CAST_MAX];
    struct onr_names *names = NULL;
    size_t n, i, k;

    assert_int_equal(onr_names_collect(h.span, b.span, &names, NULL), 0);
    n = onr_names_cast(names, end < b.span.len ? end : (uint32_t) b.span.len, name);
    write_cast(name, n, got, sizeof got);
    assert_string_equal(got, want);
    for (i = 0; i < n; i++) {
        for (k = 0; k < name[i].n_mentions; k++) {
            assert_true(name[i].mention[k] < end);
            assert_true(k == 0 || name[i].mention[k - 1] < name[i].mention[k]);
        }
    }
    onr_names_free(names);
    guarded_free(&h);
    guarded_free(&b);
}

static void
check_rows(const struct row *row, size_t n)
{
    size_t i;

    for (i = 0; i < n; i++)
        check_cast("", row[i].body, UINT32_MAX, row[i].cast);
}

#define CHECK(...)                                                                                 \
    do {                                                                                           \
        static const struct row rows_[] = { __VA_ARGS__ };                                         \
        check_rows(rows_, sizeof rows_ / sizeof rows_[0]);                                         \
    } while (0)

static void
people_are_known_by_first_names_initials_and_particles(void **state)
{
    (void) state;
    CHECK(
        { "Then Anna Bell met George W. Hart.", "P Anna Bell 1; P George W. Hart 1" },
        { "Then Maria de la Cruz met Jan van der Berg.",
          "P Maria de la Cruz 1; P Jan van der Berg 1" },
        { "It was Conor O'Dowd and Sinead O\xe2\x80\x99Neill.",
          "P Conor O'Dowd 1; P Sinead O\xe2\x80\x99Neill 1" },
        { "So Anne-Marie Duff and Kate Ray-Jones left.", "P Kate Ray-Jones 1" },
        { "Later Martin King Jr. spoke.", "P Martin King Jr. 1" },
        { "Yesterday Samuel Reed, Jr. spoke.", "P Samuel Reed, Jr. 1" },
        { "Then J. K. Marrow wrote to P.D. Quill, he said.", "P J. K. Marrow 1; P P.D. Quill 1" });
}

static void
a_last_name_joins_the_full_name(void **state)
{
    (void) state;
    CHECK({ "Anna Bell spoke. Then Bell left. \"No,\" said Bell.", "P Anna Bell 3" },
          { "Later Morvath spoke. President Ilka Morvath left.", "P Ilka Morvath [President] 2" },
          { "Anna Bell and Mark Bell came. Anna left. Then Bell spoke of Anna.",
            "P Anna Bell 4; P Mark Bell 1" },
          { "Donald J. Reed came. Then Donald Reed left.", "P Donald Reed 2" },
          { "Donald Reed came. Then Donald J. Reed left.", "P Donald Reed 2" },
          { "Donald Reed came. Donald Reed Jr. came. Then Reed left.",
            "P Donald Reed 2; P Donald Reed Jr. 1" },
          { "Then Jeffrey A. Rosen left.", "P Jeffrey A. Rosen 1" });
}

static void
titles_and_roles_go_with_the_name(void **state)
{
    (void) state;
    CHECK({ "Then Defense Secretary Carl Voss left.", "P Carl Voss [Defense Secretary] 1" },
          { "Then Sen. Dora Ek (D-Mass.) spoke.", "P Dora Ek [Sen.] 1" },
          { "Then Secretary of State John Ames left.", "P John Ames [Secretary of State] 1" },
          { "Angela Kern, the German chancellor, left.", "P Angela Kern [German chancellor] 1" },
          { "Rep. Zaph Quorn left. House Committee Democrat Steve Ives stayed.",
            "P Zaph Quorn [Rep.] 1; P Steve Ives [House Committee Democrat] 1" },
          { "Then Pope Francis met King Olaf. Francis left.",
            "P Pope Francis [Pope] 2; P King Olaf [King] 1" },
          { "Then Sen. Dean Mills left.", "P Dean Mills [Sen.] 1" },
          { "Then Rep. Dutch Oakley left.", "P Dutch Oakley [Rep.] 1" },
          { "Then Sen. Lindsey Moore of South Carolina left.", "P Lindsey Moore [Sen.] 1" },
          { "Then Paul Orr, a spokesman for the bank, left.",
            "P Paul Orr [spokesman for the bank] 1" },
          { "Its campaign manager Rob Ott left.", "P Rob Ott [campaign manager] 1" },
          { "A spokeswoman for the town, Ruth Vane, left.",
            "P Ruth Vane [spokeswoman for the town] 1" },
          { "The chief executive, Dan Ray, left.", "P Dan Ray [chief executive] 1" },
          { "Fisherman Thomas Brand left.", "P Thomas Brand [Fisherman] 1" },
          { "Then Colin Price, whose mother is a teacher, left.", "P Colin Price 1" });
}

static void
organisations_and_powers(void **state)
{
    (void) state;
    CHECK(
        { "He left the Ministry of Health and the University of Carrow.",
          "O Ministry of Health 1; O University of Carrow 1" },
        { "Then Acme Inc. sued the FBI.", "O Acme Inc. 1; O FBI 1" },
        { "The Kremlin denied it and Moscow agreed, but the White House did not.",
          "O Kremlin 1; O Moscow 1; O White House 1" },
        { "Then France left. So did South Korea and the U.S. today.",
          "O France 1; O South Korea 1; O U.S. 1" },
        { "The World Fishing Council (WFC) met. Then the WFC left.", "O World Fishing Council 3" },
        { "Then the Port Labor Union met. The PLU left.", "O Port Labor Union 2" },
        { "The Harbour Nurses' Union met.", "O Harbour Nurses' Union 1" });
}

static void
groups(void **state)
{
    (void) state;
    CHECK({ "Many Democrats left. House Republicans stayed.",
            "G Democrats 1; G House Republicans 1" },
          { "Angry Democrats left. Then Democrats came.", "G Democrats 2" },
          { "Republican lawmakers and U.S. officials left.",
            "G Republican lawmakers 1; G U.S. officials 1" },
          { "The Reed campaign left. Reed campaign manager Ann Bell stayed.",
            "O Reed campaign 1; P Ann Bell [Reed campaign manager] 1" },
          { "It hurts African-Americans and Sunni Muslims.",
            "G African-Americans 1; G Sunni Muslims 1" });
}

static void
ordinary_words_are_nobody(void **state)
{
    (void) state;
    CHECK({ "The man left. Yesterday it rained. Officials said so. However, nothing came.", "" },
          { "On Monday, Jan. 5, it rained in Ohio and on Main Street.", "" },
          { "I'm here. We're there. Don't go. Shoppers said so.", "" },
          { "It is a Trump-style plan of the American people.", "" },
          { "THE END IS NEAR (AP) - It rained.", "" },
          { "Gardeners left. Then gardeners came.", "" });
}

static void
unknown_words_need_evidence(void **state)
{
    (void) state;
    CHECK({ "It was in Tarnow that Zorin left.", "" },
          { "It was Zorin who left. Then Zorin came.", "P Zorin 2" },
          { "\"No,\" said Zorin.", "P Zorin 1" }, { "Zorin said no.", "" },
          { "Then Ivor Zorin, 45, left.", "P Ivor Zorin 1" });
}

static void
the_headline_adds_to_who_is_known(void **state)
{
    (void) state;
    check_cast("Bell Beats Ames In Carrow Race", "Anna Bell won.", UINT32_MAX, "P Anna Bell 1");
    check_cast("Court backs Anna Bell", "She won. Mark Ray lost.", UINT32_MAX,
               "P Mark Ray 1; P Anna Bell 0");
}

static void
the_cast_knows_nothing_of_what_comes_later(void **state)
{
    const char *body = "Then Morvath left. President Ilka Morvath spoke. Mark Ray came.";

    (void) state;
    check_cast("", body, 18, "P Morvath 1");
    check_cast("", body, 47, "P Ilka Morvath [President] 2");
    check_cast("", body, UINT32_MAX, "P Ilka Morvath [President] 2; P Mark Ray 1");
    check_cast("", body, 3, "");
}

static void
the_most_named_come_first_and_the_limits_hold(void **state)
{
    static char body[1 << 16];
    static const char *const first[] = { "Anna", "Mark", "Paul", "Ruth" };
    struct onr_name name[ONR_CAST_MAX];
    struct onr_names *names = NULL;
    size_t len = 0, n, i, bytes = 0;

    (void) state;
    for (i = 0; i < 300; i++)
        len += (size_t) sprintf(body + len, "Then %s %c%crel%s left. ", first[i % 4],
                                (char) ('B' + i % 20), (char) ('a' + i / 20),
                                i % 3 ? "" : "athewidenwintersummerlongnamedson");
    len += (size_t) sprintf(body + len, "Then Ruth Zorin left. Then Zorin came. ");
    assert_int_equal(onr_names_collect(ONR_SPAN(""), onr_span_of(body, len), &names, NULL), 0);
    n = onr_names_cast(names, (uint32_t) len, name);
    assert_int_equal(n, ONR_CAST_MAX);
    assert_span_equal(name[0].name, ONR_SPAN("Ruth Zorin"));
    assert_int_equal(name[1].first, 5);
    for (i = 0; i < n; i++) {
        bytes += name[i].name.len + name[i].role.len;
        assert_true(i < 2 || name[i - 1].first < name[i].first);
    }
    assert_true(bytes <= ONR_CAST_BYTES);
    onr_names_free(names);
}

static void
long_names_fill_the_cast_by_bytes(void **state)
{
    static char body[1 << 16];
    struct onr_name name[ONR_CAST_MAX];
    struct onr_names *names = NULL;
    size_t len = 0, n, i, bytes = 0;

    (void) state;
    for (i = 0; i < ONR_CAST_MAX; i++)
        len += (size_t) sprintf(body + len, "Then Anna Querwesterwoldenwintersummer %c%c%s left. ",
                                (char) ('B' + i % 20), (char) ('a' + i / 20),
                                "wintersummerwesterwoldenlongnamed");
    assert_int_equal(onr_names_collect(ONR_SPAN(""), onr_span_of(body, len), &names, NULL), 0);
    n = onr_names_cast(names, (uint32_t) len, name);
    assert_true(n > 0 && n < ONR_CAST_MAX);
    for (i = 0; i < n; i++)
        bytes += name[i].name.len + name[i].role.len;
    assert_true(bytes <= ONR_CAST_BYTES && bytes > ONR_CAST_BYTES - 100);
    onr_names_free(names);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(people_are_known_by_first_names_initials_and_particles),
        cmocka_unit_test(a_last_name_joins_the_full_name),
        cmocka_unit_test(titles_and_roles_go_with_the_name),
        cmocka_unit_test(organisations_and_powers),
        cmocka_unit_test(groups),
        cmocka_unit_test(ordinary_words_are_nobody),
        cmocka_unit_test(unknown_words_need_evidence),
        cmocka_unit_test(the_headline_adds_to_who_is_known),
        cmocka_unit_test(the_cast_knows_nothing_of_what_comes_later),
        cmocka_unit_test(the_most_named_come_first_and_the_limits_hold),
        cmocka_unit_test(long_names_fill_the_cast_by_bytes),
    };

    return cmocka_run_group_tests_name("text: cast", tests, NULL, NULL);
}
