/* tests/unit/test_model_register.c - a register of people: what is read, what is refused with which sentence, who is found. */
#define _DEFAULT_SOURCE
#include "tests/unit/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/buf.h"
#include "common/base/file.h"
#include "common/base/sha256.h"
#include "common/model/register.h"
#include "tests/unit/failing_malloc.h"
#include "tests/unit/guard.h"

#define HEADER "name,aliases,role,external_id\n"

static struct onr_register *
read_register(const char *text)
{
    struct guarded g = guarded_new(onr_span_z(text));
    struct onr_error err = ONR_ERROR_INIT;
    struct onr_register *r = NULL;

    if (onr_register_read(g.span, &r, &err) < 0)
        fail_msg("%s", err.text);
    guarded_free(&g);
    return r;
}

/* "name id", or "-" for nobody. */
static const char *
shown(const struct onr_register_entry *e)
{
    static char text[512];

    if (!e)
        return "-";
    snprintf(text, sizeof text, ONR_SPAN_FMT " " ONR_SPAN_FMT, ONR_SPAN_ARG(e->name),
             ONR_SPAN_ARG(e->external_id));
    return text;
}

#define assert_named(r, words, want)                                                               \
    assert_string_equal(shown(onr_register_named(r, onr_span_z(words), NULL)), want)
#define assert_in_role(r, words, want)                                                             \
    assert_string_equal(shown(onr_register_in_role(r, onr_span_z(words))), want)

static void
names_aliases_and_roles_are_found(void **state)
{
    struct onr_register *r = read_register(
        HEADER "Ada Lind,Lind; the Iron Lady ;,Trade Minister;minister of trade,Q1\n"
               "Tom Berg,,Mayor,\n");
    bool alias = true;

    (void) state;
    assert_int_equal(onr_register_size(r), 2);
    assert_named(r, "Ada Lind", "Ada Lind Q1");
    assert_named(r, "Lind", "Ada Lind Q1");
    assert_named(r, "the Iron Lady", "Ada Lind Q1");
    assert_named(r, "Tom Berg", "Tom Berg ");
    assert_named(r, "Ada", "-");
    assert_named(r, "lind", "-");
    assert_named(r, "", "-");
    assert_in_role(r, "the trade minister", "Ada Lind Q1");
    assert_in_role(r, "Minister of Trade", "Ada Lind Q1");
    assert_in_role(r, "minister", "-");
    assert_named(r, "Mayor", "-");
    assert_non_null(onr_register_named(r, ONR_SPAN("Ada Lind"), &alias));
    assert_false(alias);
    assert_non_null(onr_register_named(r, ONR_SPAN("Lind"), &alias));
    assert_true(alias);
    onr_register_free(r);
}

static void
columns_stand_in_any_order_and_only_the_name_is_needed(void **state)
{
    struct onr_register *r = read_register("\xef\xbb\xbf"
                                           "external_id, name\r\n"
                                           "\r\n"
                                           "Q7,\"Lind, Ada \"\"Iron\"\"\"\r\n"
                                           "Q8 ,  Tom Berg");

    (void) state;
    assert_named(r, "Lind, Ada \"Iron\"", "Lind, Ada \"Iron\" Q7");
    assert_named(r, "Tom Berg", "Tom Berg Q8");
    onr_register_free(r);
    r = read_register("name\nAda Lind\n");
    assert_named(r, "Ada Lind", "Ada Lind ");
    onr_register_free(r);
    r = read_register("name\n");
    assert_int_equal(onr_register_size(r), 0);
    assert_named(r, "Ada Lind", "-");
    onr_register_free(r);
}

static void
apostrophes_white_space_and_an_article_make_no_difference(void **state)
{
    struct onr_register *r = read_register(
        HEADER "Dara O'Brien,The Rock,the People\xe2\x80\x99s Voice,Q1\n");

    (void) state;
    assert_named(r,
                 "Dara O\xe2\x80\x99"
                 "Brien",
                 "Dara O'Brien Q1");
    assert_named(r, " Dara\n\xc2\xa0O'Brien ", "Dara O'Brien Q1");
    assert_named(r, "the Rock", "Dara O'Brien Q1");
    assert_named(r, "Rock", "Dara O'Brien Q1");
    assert_in_role(r, "People's Voice", "Dara O'Brien Q1");
    onr_register_free(r);
}

static void
a_role_of_several_says_nothing(void **state)
{
    struct onr_register *r = read_register(HEADER "Ada Lind,,mayor;Mayor,\n"
                                                  "Tom Berg,,senator,\n"
                                                  "Mary Berg,,Senator,\n");

    (void) state;
    assert_in_role(r, "the mayor", "Ada Lind ");
    assert_in_role(r, "senator", "-");
    onr_register_free(r);
}

static void
who_has_a_role_or_a_given_name_is_a_person(void **state)
{
    struct onr_register *r = read_register(HEADER "Mary Berg,,,\nXyzzy,,mayor,\nNorland,,,\n");

    (void) state;
    assert_true(onr_register_named(r, ONR_SPAN("Mary Berg"), NULL)->is_person);
    assert_true(onr_register_named(r, ONR_SPAN("Xyzzy"), NULL)->is_person);
    assert_false(onr_register_named(r, ONR_SPAN("Norland"), NULL)->is_person);
    onr_register_free(r);
}

static void
assert_refused(struct onr_span bytes, const char *want)
{
    struct guarded g = guarded_new(bytes);
    struct onr_error err = ONR_ERROR_INIT;
    struct onr_register *r = NULL;

    assert_int_equal(onr_register_read(g.span, &r, &err), -ONR_ECONFIG);
    assert_string_equal(err.text, want);
    assert_int_equal(onr_exit_code(err.code), 78);
    assert_null(r);
    guarded_free(&g);
}

#define COLUMN_ROW "the first row names the columns: name,aliases,role,external_id"

#define BYTES(literal) literal, sizeof(literal) - 1 /* NUL among them */

static void
what_is_wrong_is_said_with_its_place(void **state)
{
    static const struct {
        const char *bytes;
        size_t len;
        const char *want;
    } cases[] = {
        { BYTES(""),
          "has no rows; the first one names the columns: name,aliases,role,external_id" },
        { BYTES("\n\n"),
          "has no rows; the first one names the columns: name,aliases,role,external_id" },
        { BYTES("aliases,role\nLind,\n"), "line 1: no column is called name; " COLUMN_ROW },
        { BYTES("Ada Lind,Lind\n"), "line 1: \"Ada Lind\" is no column; " COLUMN_ROW },
        { BYTES("name,role,role\n"), "line 1: two columns are called role; keep one" },
        { BYTES("name,a\xff\n"),
          "line 1, character 7: byte 0xff is not UTF-8; save the file as UTF-8" },
        { BYTES("name\n\xc3\x85"
                "d\0\n"),
          "line 2, character 3: a NUL byte; save the file as plain UTF-8 text" },
        { BYTES("name\nAda\tLind\n"),
          "line 2, character 4: a control character (U+0009); take it out; commas separate fields, "
          "LF or CR LF end lines" },
        { BYTES("name\rAda Lind\n"),
          "line 1, character 5: a control character (U+000D); take it out; commas separate fields, "
          "LF or CR LF end lines" },
        { BYTES("name\n\xc3\x85\xe2\x80\xa8\n"),
          "line 2, character 2: a control character (U+2028); take it out; commas separate fields, "
          "LF or CR LF end lines" },
        { BYTES("name\nAda \"Iron\" Lind\n"),
          "line 2, character 5: quotation marks enclose the whole field or none of it; inside, "
          "write \"\" for one" },
        { BYTES("name\n\"Ada\" Lind\n"),
          "line 2, character 7: quotation marks enclose the whole field or none of it; inside, "
          "write \"\" for one" },
        { BYTES("name\n\"Ada\nLind\"\n"),
          "line 2: a quotation mark is opened and not closed in this line; close it, a field holds "
          "no line break" },
        { BYTES("name,role\nAda Lind,\"mayor"),
          "line 2: a quotation mark is opened and not closed in this line; close it, a field holds "
          "no line break" },
        { BYTES(HEADER "Ada Lind,Lind,Q1\n"),
          "line 2: 3 fields, but the first row names 4 columns; a field that holds a comma needs "
          "quotation marks" },
        { BYTES("name\n,,,,,,,,,,,,,,,,\n"),
          "line 2: more than 16 fields; put a field that holds a comma in quotation marks" },
        { BYTES(HEADER "Tom Berg,,,\n ,Lind,,\n"),
          "line 3, name: \"\": a person needs a name; give it or delete the line" },
        { BYTES("name\n\"\xc2\xa0\"\n"),
          "line 2, name: \"\xc2\xa0\": no word stands in it; give one or leave it out" },
        { BYTES(HEADER "Tom Berg,Berg,,\nMary Berg,Mary;the Berg,,\n"),
          "line 3, aliases: \"Berg\" already names \"Tom Berg\" of line 2; one name, one person: "
          "take it out of one of the lines" },
        { BYTES(HEADER "Tom Berg,,,\nMary Berg,Tom Berg,,\n"),
          "line 3, aliases: \"Tom Berg\" already names \"Tom Berg\" of line 2; one name, one "
          "person: take it out of one of the lines" },
        { BYTES("name\nTom Berg\nTom  Berg\n"),
          "line 3, name: \"Tom Berg\" already names \"Tom Berg\" of line 2; one name, one person: "
          "take it out of one of the lines" },
    };

    (void) state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_refused(onr_span_of(cases[i].bytes, cases[i].len), cases[i].want);
}

/* A register whose second row is before, n letters and after. */
static void
long_register(struct onr_buf *b, const char *before, size_t n, const char *after)
{
    onr_buf_clear(b);
    assert_int_equal(onr_buf_printf(b, "%s%s", HEADER, before), 0);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(onr_buf_add_byte(b, 'x'), 0);
    assert_int_equal(onr_buf_add_z(b, after), 0);
}

#define X80 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

static void
what_is_too_long_is_refused_and_what_just_fits_is_not(void **state)
{
    static const struct {
        const char *before, *after;
        size_t max;
        const char *want;
    } cases[] = {
        { "", ",,,\n", ONR_NAME_MAX,
          "line 2, name: \"" X80 "...\": longer than 256 bytes; shorten it" },
        { "A,b;", ",,\n", ONR_NAME_MAX,
          "line 2, aliases: \"" X80 "...\": longer than 256 bytes; shorten it" },
        { "A,,", ",\n", ONR_NAME_MAX,
          "line 2, role: \"" X80 "...\": longer than 256 bytes; shorten it" },
        { "A,,,", "\n", ONR_URL_MAX,
          "line 2, external_id: \"" X80 "...\": longer than 2048 bytes; shorten it" },
    };
    struct onr_buf b = ONR_BUF_INIT(65536);
    struct onr_register *r;

    (void) state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        long_register(&b, cases[i].before, cases[i].max, cases[i].after);
        assert_int_equal(onr_register_read(onr_buf_span(&b), &r, NULL), 0);
        onr_register_free(r);
        long_register(&b, cases[i].before, cases[i].max + 1, cases[i].after);
        assert_refused(onr_buf_span(&b), cases[i].want);
    }
    long_register(&b, "A,", ONR_REGISTER_FIELD_MAX + 1, ",,\n");
    assert_refused(onr_buf_span(&b),
                   "line 2, aliases: \"" X80 "...\": longer than 16384 bytes; shorten it");
    onr_buf_release(&b);
}

static void
more_than_a_register_may_hold_is_refused(void **state)
{
    struct onr_buf b = ONR_BUF_INIT(2 * ONR_REGISTER_MAX);
    struct onr_register *r;
    unsigned n = 0;

    (void) state;
    assert_int_equal(onr_buf_add_z(&b, "name\n"), 0);
    for (; n < ONR_REGISTER_ENTRIES_MAX; n++)
        assert_int_equal(onr_buf_printf(&b, "n%x\n", n), 0);
    assert_int_equal(onr_register_read(onr_buf_span(&b), &r, NULL), 0);
    assert_int_equal(onr_register_size(r), ONR_REGISTER_ENTRIES_MAX);
    onr_register_free(r);
    assert_int_equal(onr_buf_add_z(&b, "one more\n"), 0);
    assert_refused(onr_buf_span(&b), "line 131074: more than 131072 people; leave some people out");
    onr_buf_clear(&b);
    assert_int_equal(onr_buf_add_z(&b, "name,role\n"), 0);
    for (n = 0; n < 512; n++) {
        assert_int_equal(onr_buf_printf(&b, "n%x,", n), 0);
        for (int i = 0; i < 2048; i++)
            assert_int_equal(onr_buf_add_z(&b, "r;"), 0);
        assert_int_equal(onr_buf_add_z(&b, "\n"), 0);
    }
    assert_refused(onr_buf_span(&b), "line 513: more than 1048576 names, aliases and roles; leave "
                                     "some people out");
    while (b.len <= ONR_REGISTER_MAX)
        assert_int_equal(onr_buf_add_z(&b, "a row that would be refused as well\n"), 0);
    assert_refused(onr_buf_span(&b), "is larger than 16777216 bytes; leave some people out");
    onr_buf_release(&b);
}

static void
a_file_is_named_in_its_sentences(void **state)
{
    char path[] = "/tmp/onr-register-XXXXXX", want[256];
    struct onr_error err = ONR_ERROR_INIT;
    struct onr_register *r = NULL;
    int fd = mkstemp(path);

    (void) state;
    assert_true(fd >= 0);
    assert_int_equal(onr_fd_write(fd, ONR_SPAN("name\n\"\"\n"), path, NULL), 0);
    assert_int_equal(onr_register_open(path, &r, &err), -ONR_ECONFIG);
    snprintf(want, sizeof want,
             "%s line 2, name: \"\": a person needs a name; give it or delete the line", path);
    assert_string_equal(err.text, want);
    assert_int_equal(ftruncate(fd, ONR_REGISTER_MAX + 1), 0);
    assert_int_equal(onr_register_open(path, &r, &err), -ONR_ECONFIG);
    snprintf(want, sizeof want, "%s is larger than 16777216 bytes; leave some people out", path);
    assert_string_equal(err.text, want);
    close(fd);
    unlink(path);
    assert_int_equal(onr_register_open(path, &r, &err), -ONR_ECONFIG);
    snprintf(want, sizeof want, "cannot open %s: No such file or directory", path);
    assert_string_equal(err.text, want);
    assert_int_equal(onr_register_open("/tmp", &r, &err), -ONR_ECONFIG);
    assert_string_equal(err.text, "cannot read /tmp: Is a directory");
    assert_null(r);
}

static void
the_fingerprint_is_that_of_the_bytes(void **state)
{
    struct onr_register *r = read_register("name\nAda Lind\n");
    uint8_t got[ONR_SHA256_LEN], want[ONR_SHA256_LEN];

    (void) state;
    onr_register_fingerprint(r, got);
    onr_sha256("name\nAda Lind\n", 14, want);
    assert_memory_equal(got, want, sizeof want);
    onr_register_fingerprint(NULL, got);
    onr_sha256("", 0, want);
    assert_memory_equal(got, want, sizeof want);
    onr_register_free(r);
}

static void
without_a_register_nobody_is_found(void **state)
{
    (void) state;
    assert_null(onr_register_named(NULL, ONR_SPAN("Ada Lind"), NULL));
    assert_null(onr_register_in_role(NULL, ONR_SPAN("mayor")));
    assert_int_equal(onr_register_size(NULL), 0);
    onr_register_free(NULL);
}

static void
no_memory_is_an_error_wherever_it_fails(void **state)
{
    static const char text[] = HEADER "Ada Lind,Lind,mayor,Q1\nTom Berg,Tom,senator,Q2\n";
    struct onr_register *r = NULL;
    long n = 0;
    int rc;

    (void) state;
    do {
        struct onr_error err = ONR_ERROR_INIT;

        countdown = n++;
        rc = onr_register_read(onr_span_z(text), &r, &err);
        countdown = -1;
        assert_true(rc == 0 || (rc == -ONR_ENOMEM && err.text[0] && !r));
    } while (rc < 0);
    assert_true(n > 4);
    assert_named(r, "Lind", "Ada Lind Q1");
    onr_register_free(r);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_aliases_and_roles_are_found),
        cmocka_unit_test(columns_stand_in_any_order_and_only_the_name_is_needed),
        cmocka_unit_test(apostrophes_white_space_and_an_article_make_no_difference),
        cmocka_unit_test(a_role_of_several_says_nothing),
        cmocka_unit_test(who_has_a_role_or_a_given_name_is_a_person),
        cmocka_unit_test(what_is_wrong_is_said_with_its_place),
        cmocka_unit_test(what_is_too_long_is_refused_and_what_just_fits_is_not),
        cmocka_unit_test(more_than_a_register_may_hold_is_refused),
        cmocka_unit_test(a_file_is_named_in_its_sentences),
        cmocka_unit_test(the_fingerprint_is_that_of_the_bytes),
        cmocka_unit_test(without_a_register_nobody_is_found),
        cmocka_unit_test(no_memory_is_an_error_wherever_it_fails),
    };

    return cmocka_run_group_tests_name("register", tests, NULL, NULL);
}
