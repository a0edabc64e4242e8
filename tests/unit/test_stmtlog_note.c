/* tests/unit/test_stmtlog_note.c - signed notes, checkpoints, cosignatures: the public formats and what breaks them. */
#include "tests/unit/cmocka_all.h"

#include <sodium.h>
#include <stdio.h>

#include "common/stmtlog/base64.h"
#include "common/stmtlog/note.h"

#define DASH "\xe2\x80\x94 "

static struct onr_signer signer[ONR_NOTE_SIGNATURES + 1];
static struct onr_signer witness;
static struct onr_public_key key[ONR_NOTE_SIGNATURES + 1];

static int
start(void **state)
{
    (void) state;
    if (sodium_init() < 0)
        return 1;
    for (int i = 0; i <= ONR_NOTE_SIGNATURES; i++) {
        uint8_t seed[ONR_SEED_LEN] = { 1, (uint8_t) i };
        char name[32];

        snprintf(name, sizeof name, "k%d.example", i);
        if (onr_signer_init(&signer[i], onr_span_z(name), ONR_KEY_ED25519, seed, NULL) < 0)
            return 1;
        key[i] = signer[i].key;
    }
    return onr_signer_init(&witness, ONR_SPAN("w.example"), ONR_KEY_COSIGNER,
                           (const uint8_t[ONR_SEED_LEN]){ 9 }, NULL)
           < 0;
}

static int
end(void **state)
{
    (void) state;
    for (int i = 0; i <= ONR_NOTE_SIGNATURES; i++)
        onr_signer_release(&signer[i]);
    onr_signer_release(&witness);
    return 0;
}

/* Note over text by signers first..first+n-1, appended to out. */
static void
sign(const char *text, int first, size_t n, struct onr_buf *out)
{
    const struct onr_signer *list[ONR_NOTE_SIGNATURES + 1];

    for (size_t i = 0; i < n; i++)
        list[i] = &signer[first + (int) i];
    onr_buf_clear(out);
    assert_int_equal(onr_note_sign(onr_span_z(text), list, n, out, NULL), 0);
}

static int
verify(struct onr_span note, size_t n_keys)
{
    struct onr_note n;
    int rc = onr_note_parse(note, &n, NULL);

    return rc < 0 ? rc : onr_note_verify(&n, key, n_keys, NULL, NULL);
}

static void
known_signers_are_counted_and_unknown_ones_ignored(void **state)
{
    struct onr_buf note = ONR_BUF_INIT(ONR_NOTE_MAX);

    (void) state;
    sign("a text\n\nwith an empty line\n", 0, 3, &note);
    assert_int_equal(verify(onr_buf_span(&note), 3), 3);
    assert_int_equal(verify(onr_buf_span(&note), 1), 1);
    sign("a text\n", 2, 2, &note);
    assert_int_equal(verify(onr_buf_span(&note), 2), -ONR_EVERIFY); /* nobody known */
    assert_int_equal(verify(onr_buf_span(&note), 3), 1);
    onr_buf_release(&note);
}

static void
one_signer_counts_once_however_often_it_signs(void **state)
{
    const struct onr_signer *twice[] = { &signer[0], &signer[0] };
    struct onr_buf note = ONR_BUF_INIT(ONR_NOTE_MAX);

    (void) state;
    assert_int_equal(onr_note_sign(ONR_SPAN("text\n"), twice, 2, &note, NULL), 0);
    assert_int_equal(verify(onr_buf_span(&note), 3), 1);
    onr_buf_release(&note);
}

static void
a_wrong_signature_of_a_known_key_spoils_the_whole_note(void **state)
{
    struct onr_buf note = ONR_BUF_INIT(ONR_NOTE_MAX);

    (void) state;
    sign("text\n", 0, 2, &note);
    note.ptr[note.len - 10] = note.ptr[note.len - 10] == 'A' ? 'B' : 'A'; /* in the second one */
    assert_int_equal(verify(onr_buf_span(&note), 2), -ONR_EVERIFY);
    assert_int_equal(verify(onr_buf_span(&note), 1), 1); /* a stranger's may be wrong */
    sign("text\n", 0, 2, &note);
    note.ptr[0] = 'T';
    assert_int_equal(verify(onr_buf_span(&note), 2), -ONR_EVERIFY);
    onr_buf_release(&note);
}

static void
sixteen_signatures_are_read_and_no_more(void **state)
{
    const struct onr_signer *many[ONR_NOTE_SIGNATURES + 1];
    struct onr_buf note = ONR_BUF_INIT(2 * ONR_NOTE_MAX), more = ONR_BUF_INIT(ONR_NOTE_MAX);
    struct onr_span line;

    (void) state;
    for (int i = 0; i <= ONR_NOTE_SIGNATURES; i++)
        many[i] = &signer[i];
    assert_int_equal(onr_note_sign(ONR_SPAN("t\n"), many, ONR_NOTE_SIGNATURES + 1, &note, NULL),
                     -ONR_ELIMIT);
    sign("t\n", 0, ONR_NOTE_SIGNATURES, &note);
    assert_int_equal(verify(onr_buf_span(&note), ONR_NOTE_SIGNATURES), ONR_NOTE_SIGNATURES);
    sign("t\n", ONR_NOTE_SIGNATURES, 1, &more);
    line = onr_span_sub(onr_buf_span(&more), 3, more.len);
    assert_int_equal(onr_buf_add_span(&note, line), 0);
    assert_int_equal(verify(onr_buf_span(&note), 1), -ONR_ELIMIT);
    while (note.len <= ONR_NOTE_MAX)
        assert_int_equal(onr_buf_add_span(&note, line), 0);
    assert_int_equal(verify(onr_buf_span(&note), 1), -ONR_ELIMIT);
    onr_buf_release(&note);
    onr_buf_release(&more);
}

static void
what_is_not_a_note_is_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "\n",
        "\n\n",
        "text\n",
        "text\n\n",
        "text\n\nno signature\n",
        "text\n\n" DASH "name\n",
        "text\n\n" DASH "name AAAA\n", /* key id alone */
        "text\n\n" DASH "name AAAAAAA\n",
        "text\n\n" DASH "name AAAAAAAA", /* no newline */
        "text\n\n" DASH " AAAAAAAA\n",
        "text\n\n" DASH "name AAAAAAAA\ntext\n",
        "te\txt\n\n" DASH "name AAAAAAAA\n",
        "te\xffxt\n\n" DASH "name AAAAAAAA\n",
        "text\r\n\r\n" DASH "name AAAAAAAA\n",
        "text\n\n- name AAAAAAAA\n",
        "text\n" DASH "name AAAAAAAA\n",
    };
    struct onr_note n;

    (void) state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (onr_note_parse(onr_span_z(bad[i]), &n, NULL) != -ONR_EINPUT)
            fail_msg("row %zu was taken", i);
    assert_int_equal(onr_note_parse(ONR_SPAN("text\n\n" DASH "name AAAAAAAA\n"), &n, NULL), 0);
    assert_int_equal(n.sig[0].len, 0); /* of a kind that we do not know: kept, ignored */
    assert_int_equal(onr_note_verify(&n, key, 1, NULL, NULL), -ONR_EVERIFY);
}

static void
text_that_cannot_be_a_note_is_not_signed(void **state)
{
    static const char *const bad[] = { "", "text", "te\rxt\n", "\xc3\n", "tab\t\n" };
    const struct onr_signer *one[] = { &signer[0] };
    struct onr_buf note = ONR_BUF_INIT(ONR_NOTE_MAX);

    (void) state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(onr_note_sign(onr_span_z(bad[i]), one, 1, &note, NULL), -ONR_EINPUT);
    assert_int_equal(note.len, 0);
    assert_int_equal(onr_note_sign(ONR_SPAN("t\n"), one, 0, &note, NULL), -ONR_ELIMIT);
    onr_buf_release(&note);
}

static void
a_cosignature_is_bound_to_its_time_and_its_kind_of_key(void **state)
{
    struct onr_buf note = ONR_BUF_INIT(ONR_NOTE_MAX);
    struct onr_public_key keys[2] = { key[0], witness.key };
    uint64_t when[2];
    struct onr_note n;

    (void) state;
    sign("origin\n5\nroot\n", 0, 1, &note);
    assert_int_equal(onr_note_cosign(ONR_SPAN("origin\n5\nroot\n"), &signer[1], 7, &note, NULL),
                     -ONR_EKEY);
    assert_int_equal(
        onr_note_cosign(ONR_SPAN("origin\n5\nroot\n"), &witness, 1679315147, &note, NULL), 0);
    assert_int_equal(onr_note_parse(onr_buf_span(&note), &n, NULL), 0);
    assert_int_equal(onr_note_verify(&n, keys, 2, when, NULL), 2);
    assert_int_equal(when[1], 1679315147);
    n.sig[1].bytes[7] ^= 1; /* another time */
    assert_int_equal(onr_note_verify(&n, keys, 2, when, NULL), -ONR_EVERIFY);
    n.sig[1].bytes[7] ^= 1;
    n.sig[1].len = ONR_SIG_LEN; /* without its time */
    assert_int_equal(onr_note_verify(&n, keys, 2, when, NULL), -ONR_EVERIFY);
    onr_buf_release(&note);
}

static void
a_checkpoint_has_three_lines_and_one_way_to_write_them(void **state)
{
#define B64 "PsVysEdzZ7kJbpg1i9LBZDaeQIWDDFWU9iZH6+9/nvA="
    static const char *const bad[] = {
        "",
        "o\n3\n",
        "o\n3\n" B64,
        "\n3\n" B64 "\n",
        "o\n03\n" B64 "\n",
        "o\n-3\n" B64 "\n",
        "o\n18446744073709551616\n" B64 "\n",
        "o\n3\n" B64 "\nextension\n",
        "o\n3\nPsVysEdzZ7kJbpg1i9LBZDaeQIWDDFWU9iZH6+9/nvB=\n", /* stray bits */
        "o\n3\nPsVysEdzZ7kJbpg1i9LBZDaeQIWDDFWU9iZH6+9/nvA\n",
        "o\n3\nAAAA\n",
    };
    struct onr_checkpoint c;

    (void) state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (onr_checkpoint_parse(onr_span_z(bad[i]), &c, NULL) != -ONR_EINPUT)
            fail_msg("row %zu was taken", i);
    assert_int_equal(onr_checkpoint_parse(ONR_SPAN("o\n18446744073709551615\n" B64 "\n"), &c, NULL),
                     0);
    assert_true(c.size == UINT64_MAX);
}

static void
base64_has_one_spelling(void **state)
{
    static const char *const bad[] = { "c3Rh=",  "c3Rh====", "c3R\xddRw==", "\xd4\xd4\xd4\xd4",
                                       "c3Rh\n", "c3Rh dGU", "c3RhdB==",    "c3R_" };
    uint8_t bytes[16];
    size_t n;

    (void) state;
    assert_int_equal(onr_unbase64(ONR_SPAN("c3RhdA=="), bytes, sizeof bytes, &n), 0);
    assert_int_equal(n, 4);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (onr_unbase64(onr_span_z(bad[i]), bytes, sizeof bytes, &n) != -ONR_EINPUT)
            fail_msg("row %zu, '%s' was taken", i, bad[i]);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(base64_has_one_spelling),
        cmocka_unit_test(known_signers_are_counted_and_unknown_ones_ignored),
        cmocka_unit_test(one_signer_counts_once_however_often_it_signs),
        cmocka_unit_test(a_wrong_signature_of_a_known_key_spoils_the_whole_note),
        cmocka_unit_test(sixteen_signatures_are_read_and_no_more),
        cmocka_unit_test(what_is_not_a_note_is_refused),
        cmocka_unit_test(text_that_cannot_be_a_note_is_not_signed),
        cmocka_unit_test(a_cosignature_is_bound_to_its_time_and_its_kind_of_key),
        cmocka_unit_test(a_checkpoint_has_three_lines_and_one_way_to_write_them),
    };

    return cmocka_run_group_tests_name("stmtlog note", tests, start, end) != 0;
}
