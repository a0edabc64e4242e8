/* tests/unit/test_stmtlog_keys.c - keys, key files and trust files: made safely, refused with a reason. */
#include "tests/unit/cmocka_all.h"

#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/stmtlog/keyfile.h"
#include "common/stmtlog/trust.h"
#include "tests/unit/vectors/stmtlog_vectors.h"

static char folder[] = "/tmp/onr-keys-XXXXXX";

static const char *
path(const char *name)
{
    static char text[128];

    snprintf(text, sizeof text, "%s/%s", folder, name);
    return text;
}

static void
put(const char *name, const char *content, mode_t mode)
{
    struct onr_error err;

    unlink(path(name));
    if (onr_file_replace(path(name), onr_span_z(content), mode, &err) < 0)
        fail_msg("%s", err.text);
}

static void
verifier_keys_that_were_damaged_are_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "w0.news.example",
        "w0.news.example+5f14e86a",
        "w0.news.example+5f14e86a+",
        "w1.news.example+5f14e86a+ATz5RpIFuo38z9YGw+72VQAWhSxh0eNZTiBYQz6EHJjJ", /* name */
        "w0.news.example+5f14e86b+ATz5RpIFuo38z9YGw+72VQAWhSxh0eNZTiBYQz6EHJjJ", /* id */
        "w0.news.example+5f14e86a+ATz5RpIFuo38z9YGw+72VQAWhSxh0eNZTiBYQz6EHJjK", /* key */
        "w0.news.example+5f14e86a+ATz5RpIFuo38z9YGw+72VQAWhSxh0eNZTiBYQz6EHJj",
        "w0.news.example+5f14e86a+ATz5RpIFuo38z9YGw-72VQAWhSxh0eNZTiBYQz6EHJjJ", /* URL base64 */
        "w0.news.example+5f14e86a+BjY5RpIFuo38z9YGw+72VQAWhSxh0eNZTiBYQz6EHJjJ", /* type */
        "w0 news+5f14e86a+ATz5RpIFuo38z9YGw+72VQAWhSxh0eNZTiBYQz6EHJjJ",
        " w0.news.example+5f14e86a+ATz5RpIFuo38z9YGw+72VQAWhSxh0eNZTiBYQz6EHJjJ",
    };
    struct onr_public_key k;

    (void) state;
    assert_int_equal(onr_verifier_parse(ONR_SPAN(V_WORKER_VERIFIER), &k, NULL), 0);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (onr_verifier_parse(onr_span_z(bad[i]), &k, NULL) != -ONR_EKEY)
            fail_msg("'%s' was taken", bad[i]);
    assert_int_equal(onr_verifier_parse(ONR_SPAN_NULL, &k, NULL), -ONR_EKEY);
}

static void
names_that_would_confuse_a_note_are_refused(void **state)
{
    static const char *const bad[] = { "",     "a b",   "a+b",       "a\nb",         "a\tb",
                                       "\xff", "a\x7f", "a\xc2\xa0", "a\xe2\x80\xa8" };
    uint8_t pk[ONR_PK_LEN] = { 1 };
    char longest[ONR_KEY_NAME_MAX + 2];
    struct onr_public_key k;

    (void) state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(onr_public_key_init(&k, onr_span_z(bad[i]), ONR_KEY_ED25519, pk, NULL),
                         -ONR_EKEY);
    memset(longest, 'x', sizeof longest);
    assert_int_equal(
        onr_public_key_init(&k, onr_span_of(longest, ONR_KEY_NAME_MAX), ONR_KEY_ED25519, pk, NULL),
        0);
    assert_int_equal(onr_public_key_init(&k, onr_span_of(longest, ONR_KEY_NAME_MAX + 1),
                                         ONR_KEY_ED25519, pk, NULL),
                     -ONR_EKEY);
    assert_int_equal(onr_public_key_init(&k, ONR_SPAN("ünter.example"), ONR_KEY_ED25519, pk, NULL),
                     0);
}

/* "Taming the many EdDSAs": libraries differ in these; ours must refuse them all, or two verifiers could disagree. */
static void
signatures_that_some_libraries_take_are_refused(void **state)
{
    static const uint8_t order[32] = { 0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58,
                                       0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
                                       0,    0,    0,    0,    0,    0,    0,    0,
                                       0,    0,    0,    0,    0,    0,    0,    0x10 };
    uint8_t sig[ONR_SIG_LEN], seed[ONR_SEED_LEN] = { 3 }, identity[ONR_PK_LEN] = { 1 };
    struct onr_public_key weak;
    struct onr_signer s;
    unsigned carry = 0;

    (void) state;
    assert_int_equal(onr_signer_init(&s, ONR_SPAN("s"), ONR_KEY_ED25519, seed, NULL), 0);
    onr_sign(&s, ONR_SPAN("message"), sig);
    assert_true(onr_signature_ok(&s.key, ONR_SPAN("message"), sig));
    for (size_t i = 0; i < 32; i++) { /* S + L: the same signature, written otherwise */
        carry += sig[32 + i] + order[i];
        sig[32 + i] = (uint8_t) carry;
        carry >>= 8;
    }
    assert_false(onr_signature_ok(&s.key, ONR_SPAN("message"), sig));
    onr_signer_release(&s);

    /* a key of small order, whose signature of nothing would be one of everything */
    assert_int_equal(onr_public_key_init(&weak, ONR_SPAN("weak"), ONR_KEY_ED25519, identity, NULL),
                     0);
    memset(sig, 0, sizeof sig);
    sig[0] = 1;
    assert_false(onr_signature_ok(&weak, ONR_SPAN("message"), sig));
}

static void
a_new_key_file_is_private_and_signs(void **state)
{
    struct onr_signer made, read;
    uint8_t sig[ONR_SIG_LEN];
    struct stat st;

    (void) state;
    assert_int_equal(onr_keyfile_create(path("a.key"), ONR_SPAN("w0.news.example"), ONR_KEY_ED25519,
                                        &made, NULL),
                     0);
    assert_int_equal(stat(path("a.key"), &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(st.st_nlink, 1); /* nothing is left beside it */
    assert_int_equal(onr_keyfile_read(path("a.key"), &read, NULL), 0);
    onr_sign(&read, ONR_SPAN("hello"), sig);
    assert_true(onr_signature_ok(&made.key, ONR_SPAN("hello"), sig));
    assert_false(onr_signature_ok(&made.key, ONR_SPAN("hellO"), sig));
    onr_signer_release(&made);
    onr_signer_release(&read);
    onr_signer_release(&read); /* twice is harmless */
}

static void
a_key_file_is_never_replaced(void **state)
{
    struct onr_buf before = ONR_BUF_INIT(4096), after = ONR_BUF_INIT(4096);
    struct onr_signer s;

    (void) state;
    assert_int_equal(onr_keyfile_create(path("b.key"), ONR_SPAN("b"), ONR_KEY_ED25519, &s, NULL),
                     0);
    onr_signer_release(&s);
    assert_int_equal(onr_file_read(path("b.key"), &before, NULL), 0);
    assert_int_equal(onr_keyfile_create(path("b.key"), ONR_SPAN("c"), ONR_KEY_ED25519, &s, NULL),
                     -ONR_EKEY);
    assert_int_equal(onr_file_read(path("b.key"), &after, NULL), 0);
    assert_span_equal(onr_buf_span(&after), onr_buf_span(&before));
    assert_int_equal(symlink("nowhere", path("link.key")), 0);
    assert_int_equal(onr_keyfile_create(path("link.key"), ONR_SPAN("c"), ONR_KEY_ED25519, &s, NULL),
                     -ONR_EKEY);
    assert_int_equal(
        onr_keyfile_create(path("no/folder.key"), ONR_SPAN("c"), ONR_KEY_ED25519, &s, NULL),
        -ONR_EIO);
    assert_int_equal(
        onr_keyfile_create(path("d.key"), ONR_SPAN("bad name"), ONR_KEY_ED25519, &s, NULL),
        -ONR_EKEY);
    assert_int_not_equal(access(path("d.key"), F_OK), 0);
    onr_buf_release(&before);
    onr_buf_release(&after);
}

static void
a_key_file_that_others_may_use_or_that_is_no_file_is_refused(void **state)
{
    static const mode_t modes[] = { 0640, 0604, 0620, 0660, 0777, 0601 };
    struct onr_error err = ONR_ERROR_INIT;
    struct onr_signer s;

    (void) state;
    assert_int_equal(onr_keyfile_create(path("m.key"), ONR_SPAN("m"), ONR_KEY_ED25519, &s, NULL),
                     0);
    onr_signer_release(&s);
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        assert_int_equal(chmod(path("m.key"), modes[i]), 0);
        assert_int_equal(onr_keyfile_read(path("m.key"), &s, &err), -ONR_EKEY);
        assert_non_null(strstr(err.text, "chmod 600"));
    }
    assert_int_equal(chmod(path("m.key"), 0400), 0);
    assert_int_equal(onr_keyfile_read(path("m.key"), &s, NULL), 0);
    onr_signer_release(&s);
    assert_int_equal(symlink("m.key", path("m.link")), 0);
    assert_int_equal(onr_keyfile_read(path("m.link"), &s, NULL), -ONR_EKEY);
    assert_int_equal(onr_keyfile_read(path("absent"), &s, NULL), -ONR_EKEY);
    assert_int_equal(onr_keyfile_read(folder, &s, NULL), -ONR_EKEY);
    assert_int_equal(mkfifo(path("pipe"), 0600), 0);
    assert_int_equal(onr_keyfile_read(path("pipe"), &s, NULL), -ONR_EKEY);
}

static void
a_key_file_of_another_user_is_refused(void **state)
{
    struct onr_signer s;

    (void) state;
    if (geteuid() != 0) {
        print_message("SKIPPED: only root can give a file away\n");
        skip();
    }
    assert_int_equal(onr_keyfile_create(path("u.key"), ONR_SPAN("u"), ONR_KEY_ED25519, &s, NULL),
                     0);
    onr_signer_release(&s);
    assert_int_equal(chown(path("u.key"), 12345, 12345), 0);
    assert_int_equal(onr_keyfile_read(path("u.key"), &s, NULL), -ONR_EKEY);
}

#define KEY   "key w0.news.example+5f14e86a+ATz5RpIFuo38z9YGw+72VQAWhSxh0eNZTiBYQz6EHJjJ\n"
#define GOOD  "onrecord secret key v1\ncipher none\n" KEY
#define SEED  "1jzQjYKqTrSODMZPtGbpCb/Dh5Zkxcqo2M3tpzwEQZA=" /* SHA-256("test-seed") */
#define WRONG "1jzQjYKqTrSODMZPtGbpCb/Dh5Zkxcqo2M3tpzwEQZE="

static void
a_damaged_key_file_is_refused(void **state)
{
    static const struct {
        const char *content;
        int rc;
    } t[] = {
        { GOOD "secret " SEED "\n", 0 },
        { "", -ONR_EKEY },
        { "untrusted comment: minisign secret key\n", -ONR_EKEY },
        { GOOD, -ONR_EKEY },
        { GOOD "secret " SEED, 0 }, /* its last newline alone is missing */
        { GOOD "secret 1jzQjYKqTrSODMZLs0Rm6Q==\n", -ONR_EKEY },
        { GOOD "secret 1jzQjYKqTrSODM", -ONR_EKEY },
        { GOOD "secret " WRONG "\n", -ONR_EKEY },
        { GOOD "secret " SEED "\nmore\n", -ONR_EKEY },
        { GOOD "secret AAAA\n", -ONR_EKEY },
        { "onrecord secret key v2\ncipher none\n" KEY "secret " SEED "\n", -ONR_EKEY },
        { "onrecord secret key v1\ncipher argon2id\n" KEY "secret " SEED "\n", -ONR_EKEY },
        { "onrecord secret key v1\ncipher none\nsecret " SEED "\n", -ONR_EKEY },
    };
    struct onr_signer s;

    (void) state;
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        struct onr_error err = ONR_ERROR_INIT;
        int rc;

        put("t.key", t[i].content, 0600);
        rc = onr_keyfile_read(path("t.key"), &s, &err);
        if (rc != t[i].rc)
            fail_msg("row %zu: %d %s", i, rc, err.text);
        if (rc == 0)
            onr_signer_release(&s);
        else
            assert_non_null(strstr(err.text, "t.key"));
    }
}

#define TRUST                                                                                      \
    "onrecord trust v1\norg news.example\ntopics onrecord.attributions onrecord.statements\n"
#define ROOT "root " V_ROOT_VERIFIER "\n"

static void
a_trust_file_is_written_and_read_back(void **state)
{
    struct onr_buf text = ONR_BUF_INIT(ONR_TRUST_MAX);
    struct onr_trust t, back;

    (void) state;
    assert_int_equal(
        onr_trust_parse(ONR_SPAN(TRUST "k 1\n" ROOT "witness " V_WITNESS_VERIFIER "\n"), &t, NULL),
        0);
    assert_string_equal(t.org, "news.example");
    assert_int_equal(t.k, 1);
    assert_int_equal(t.n_witnesses, 1);
    assert_span_equal(onr_trust_input(&t, ONR_SPAN("onrecord.attributions")),
                      ONR_SPAN("onrecord.statements"));
    assert_null(onr_trust_input(&t, ONR_SPAN("onrecord.statements")).ptr);
    assert_int_equal(onr_trust_print(&t, &text), 0);
    assert_int_equal(onr_trust_parse(onr_buf_span(&text), &back, NULL), 0);
    assert_memory_equal(&t, &back, sizeof t);
    onr_buf_release(&text);
}

static void
a_trust_file_that_could_be_misread_is_refused(void **state)
{
    static const struct {
        const char *text, *says;
    } t[] = {
        { "", "first line" },
        { "org news.example\n", "first line" },
        { "onrecord trust v2\n", "first line" },
        { "onrecord trust v1\n", "org" },
        { "onrecord trust v1\norg news.example\nk 1\n" ROOT, "topics" },
        { TRUST ROOT, "k" },
        { TRUST "k 1\n", "root" },
        { TRUST "k 2\n" ROOT, "only 1" },
        { TRUST "k 0\n" ROOT, "line 4" },
        { TRUST "k 1\nk 1\n" ROOT, "line 5" },
        { TRUST "k 1\n" ROOT ROOT, "one key" },
        { TRUST "k 1\n" ROOT "rot x\n", "line 6" },
        { TRUST "k 1\nroot " V_WITNESS_VERIFIER "\n", "type" },
        { TRUST "k 1\n" ROOT "witness " V_WORKER_VERIFIER "\n", "type" },
        { TRUST "k 1\nroot admin.news.example+082c7121+AQ\n", "line 5" },
        { TRUST "topics onrecord.attributions x\nk 1\n" ROOT, "twice" },
        { TRUST "topics one\nk 1\n" ROOT, "line 4" },
        { TRUST "org other.example\nk 1\n" ROOT, "line 4" },
        { TRUST "k 1\n" ROOT "witness\n", "line 6" },
    };
    struct onr_trust trust;

    (void) state;
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        struct onr_error err = ONR_ERROR_INIT;

        if (onr_trust_parse(onr_span_z(t[i].text), &trust, &err) >= 0)
            fail_msg("row %zu was taken", i);
        if (!strstr(err.text, t[i].says))
            fail_msg("row %zu: '%s' does not say '%s'", i, err.text, t[i].says);
    }
    assert_int_equal(onr_trust_parse(ONR_SPAN("onrecord trust v1\r\n# a comment\r\n\r\norg  a \r\n"
                                              "topics b c\r\nk 1\r\n" ROOT),
                                     &trust, NULL),
                     0);
    assert_int_equal(onr_trust_read(path("none.txt"), &trust, NULL), -ONR_ECONFIG);
}

static int
start(void **state)
{
    (void) state;
    return sodium_init() < 0 || !mkdtemp(folder);
}

static int
end(void **state)
{
    char command[64];

    (void) state;
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(verifier_keys_that_were_damaged_are_refused),
        cmocka_unit_test(names_that_would_confuse_a_note_are_refused),
        cmocka_unit_test(signatures_that_some_libraries_take_are_refused),
        cmocka_unit_test(a_new_key_file_is_private_and_signs),
        cmocka_unit_test(a_key_file_is_never_replaced),
        cmocka_unit_test(a_key_file_that_others_may_use_or_that_is_no_file_is_refused),
        cmocka_unit_test(a_key_file_of_another_user_is_refused),
        cmocka_unit_test(a_damaged_key_file_is_refused),
        cmocka_unit_test(a_trust_file_is_written_and_read_back),
        cmocka_unit_test(a_trust_file_that_could_be_misread_is_refused),
    };

    return cmocka_run_group_tests_name("stmtlog keys", tests, start, end) != 0;
}
