/* tests/unit/test_stmtlog_seal.c - encrypted key files: opened by their passphrase, and by nothing else. */
#include "tests/unit/cmocka_all.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/stmtlog/keyfile.h"
#include "common/stmtlog/seal.h"

#define PASSPHRASE "correct horse battery"
#define CHEAP      "1 8192"

static char folder[] = "/tmp/onr-seal-XXXXXX";
static char whole[ONR_KEYFILE_MAX]; /* a sealed key file that costs little to open */
static struct onr_public_key whole_key;
static unsigned asked;

static const char *
path(const char *name)
{
    static char text[128];

    snprintf(text, sizeof text, "%s/%s", folder, name);
    return text;
}

static void
put(const char *name, const char *content)
{
    FILE *f;

    unlink(path(name));
    assert_non_null(f = fopen(path(name), "w"));
    assert_int_equal(fchmod(fileno(f), 0600), 0);
    assert_true(fputs(content, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

static int
say(void *ctx, const char *file, bool fresh, char *ret, size_t *ret_len, struct onr_error *err)
{
    (void) file, (void) fresh;
    asked++;
    if (!ctx)
        return onr_fail(err, ONR_EKEY, "nobody knows");
    *ret_len = strlen(ctx);
    memcpy(ret, ctx, *ret_len);
    return 0;
}

static int
open_with(const char *content, const char *passphrase, struct onr_error *err)
{
    struct onr_keyfile_how how = { .ask = say, .ctx = (void *) passphrase };
    struct onr_signer s;
    int rc;

    put("k.key", content);
    if ((rc = onr_keyfile_unlock(path("k.key"), &how, &s, err)) == 0) {
        assert_memory_equal(s.key.pk, whole_key.pk, ONR_PK_LEN);
        onr_signer_release(&s);
    }
    return rc;
}

/* The file with `from` replaced by `to`, which may be of another length. */
static char *
changed(const char *from, const char *to)
{
    static char text[2 * ONR_KEYFILE_MAX];
    char *at = strstr(whole, from);

    assert_non_null(at);
    snprintf(text, sizeof text, "%.*s%s%s", (int) (at - whole), whole, to, at + strlen(from));
    return text;
}

static void
a_sealed_key_is_opened_by_its_passphrase_only(void **state)
{
    static const char *const wrong[] = { "Correct horse battery", "correct horse battery ",
                                         "correct horse batter", "x" };
    struct onr_error err = ONR_ERROR_INIT;

    (void) state;
    assert_int_equal(open_with(whole, PASSPHRASE, NULL), 0);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(open_with(whole, wrong[i], &err), -ONR_EKEY);
    assert_non_null(strstr(err.text, "k.key: the passphrase does not open it"));
}

static void
a_sealed_key_is_not_read_when_nobody_can_be_asked(void **state)
{
    struct onr_error err = ONR_ERROR_INIT;
    struct onr_signer s;

    (void) state;
    put("k.key", whole);
    assert_int_equal(onr_keyfile_read(path("k.key"), &s, &err), -ONR_EKEY);
    assert_non_null(strstr(err.text, "encrypted"));
    assert_int_equal(open_with(whole, NULL, &err), -ONR_EKEY);
    assert_string_equal(err.text, "nobody knows");
}

static void
a_sealed_file_cut_anywhere_is_refused(void **state)
{
    size_t len = strlen(whole);
    char cut[ONR_KEYFILE_MAX];

    (void) state;
    asked = 0;
    for (size_t n = 0; n < len; n++) {
        snprintf(cut, sizeof cut, "%.*s", (int) n, whole);
        if (n != len - 1 && open_with(cut, PASSPHRASE, NULL) != -ONR_EKEY)
            fail_msg("%zu of %zu bytes were taken", n, len);
    }
    assert_int_equal(asked, 0); /* nobody types a passphrase into a file that is damaged anyway */
}

static void
a_sealed_file_changed_anywhere_is_refused(void **state)
{
    size_t len = strlen(whole);
    char bad[ONR_KEYFILE_MAX];

    (void) state;
    for (size_t i = 0; i < len; i++) {
        memcpy(bad, whole, len + 1);
        bad[i] = bad[i] == 'A' ? 'B' : 'A';
        if (open_with(bad, PASSPHRASE, NULL) != -ONR_EKEY)
            fail_msg("byte %zu: '%c' for '%c' was taken", i, bad[i], whole[i]);
    }
}

static void
absurd_costs_are_refused_before_they_are_paid(void **state)
{
    static const char *const bad[] = {
        "0 8192",
        "17 8192",
        "4294967296 8192",
        "1 8191",
        "1 0",
        "1 1073741825",
        "1 4398046511104",
        "1 18446744073709551615",
        "1 99999999999999999999",
        "-1 8192",
        "1 0x2000",
        "01 8192",
        "1  8192",
        "1",
        "16 1073741825",
    };
    struct rusage before, after;
    struct onr_error err = ONR_ERROR_INIT;

    (void) state;
    getrusage(RUSAGE_SELF, &before);
    asked = 0;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char cost[64];

        snprintf(cost, sizeof cost, " %s ", bad[i]);
        if (open_with(changed(" " CHEAP " ", cost), PASSPHRASE, &err) != -ONR_EKEY)
            fail_msg("cost '%s' was taken", bad[i]);
    }
    getrusage(RUSAGE_SELF, &after);
    assert_int_equal(asked, 0);
    assert_true(after.ru_maxrss - before.ru_maxrss < 16 * 1024); /* kB */
}

static void
another_cipher_is_named(void **state)
{
    struct onr_error err = ONR_ERROR_INIT;

    (void) state;
    assert_int_equal(open_with(changed(ONR_SEAL_CIPHER, "rot13"), PASSPHRASE, &err), -ONR_EKEY);
    assert_non_null(strstr(err.text, "cipher 'rot13' is not known"));
}

/* A box moved into a file without cipher, or a bare seed into one with: neither is a key. */
static void
sealed_and_open_files_are_not_mixed_up(void **state)
{
    char *start = strstr(whole, ONR_SEAL_CIPHER), *end = strchr(start, '\n'), cipher[256];

    (void) state;
    snprintf(cipher, sizeof cipher, "%.*s", (int) (end - start), start);
    assert_int_equal(open_with(changed(cipher, "none"), PASSPHRASE, NULL), -ONR_EKEY);
}

static void
a_key_is_made_at_full_cost_and_read_back(void **state)
{
    struct onr_keyfile_how how = { .ask = say, .ctx = (void *) PASSPHRASE };
    struct onr_buf text = ONR_BUF_INIT(ONR_KEYFILE_MAX);
    struct onr_signer made;
    struct stat st;

    (void) state;
    asked = 0;
    assert_int_equal(onr_keyfile_create_sealed(path("full.key"), ONR_SPAN("full"), ONR_KEY_ED25519,
                                               &how, &made, NULL),
                     0);
    assert_int_equal(asked, 1);
    onr_signer_release(&made);
    assert_int_equal(stat(path("full.key"), &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(onr_file_read(path("full.key"), &text, NULL), 0);
    assert_int_equal(onr_buf_add_byte(&text, 0), 0);
    assert_non_null(strstr(text.ptr, "cipher " ONR_SEAL_CIPHER " 3 268435456 "));
    onr_buf_release(&text);
    how.ctx = NULL; /* nobody says a passphrase: nothing is written */
    assert_int_equal(onr_keyfile_create_sealed(path("none.key"), ONR_SPAN("none"), ONR_KEY_ED25519,
                                               &how, &made, NULL),
                     -ONR_EKEY);
    assert_int_not_equal(access(path("none.key"), F_OK), 0);
}

/* A file that is cheap to open, so that hundreds of openings take no time: what compose() in keyfile.c writes, by hand. */
static void
make_whole(void)
{
    char head[1024], cipher[ONR_SEAL_TEXT_MAX], verifier[ONR_VERIFIER_MAX + 1], b64[128];
    uint8_t seed[ONR_SEED_LEN] = { 7 }, box[ONR_SEED_LEN + ONR_SEAL_TAG_LEN];
    struct onr_signer s;
    struct onr_seal seal;

    onr_seal_init(&seal);
    seal.ops = 1;
    seal.mem = ONR_SEAL_MEM_MIN;
    assert_int_equal(onr_signer_init(&s, ONR_SPAN("w0.example"), ONR_KEY_ED25519, seed, NULL), 0);
    whole_key = s.key;
    snprintf(head, sizeof head, "onrecord secret key v1\ncipher %s\nkey %s\n",
             onr_seal_print(&seal, cipher), onr_verifier_print(&s.key, verifier));
    assert_int_equal(onr_seal_close(&seal, ONR_SPAN(PASSPHRASE), onr_span_z(head),
                                    onr_span_of(seed, sizeof seed), box, NULL),
                     0);
    sodium_bin2base64(b64, sizeof b64, box, sizeof box, sodium_base64_VARIANT_ORIGINAL);
    snprintf(whole, sizeof whole, "%ssecret %s\n", head, b64);
    onr_signer_release(&s);
}

static int
set_up(void **state)
{
    (void) state;
    if (sodium_init() < 0 || !mkdtemp(folder))
        return -1;
    make_whole();
    return 0;
}

static int
tear_down(void **state)
{
    static const char *const files[] = { "k.key", "full.key" };

    (void) state;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        unlink(path(files[i]));
    return rmdir(folder);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sealed_key_is_opened_by_its_passphrase_only),
        cmocka_unit_test(a_sealed_key_is_not_read_when_nobody_can_be_asked),
        cmocka_unit_test(a_sealed_file_cut_anywhere_is_refused),
        cmocka_unit_test(a_sealed_file_changed_anywhere_is_refused),
        cmocka_unit_test(absurd_costs_are_refused_before_they_are_paid),
        cmocka_unit_test(another_cipher_is_named),
        cmocka_unit_test(sealed_and_open_files_are_not_mixed_up),
        cmocka_unit_test(a_key_is_made_at_full_cost_and_read_back),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
