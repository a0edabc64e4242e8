/* tests/unit/test_base_output.c - error sentences, JSON, hashes, files and log lines. */
#define _DEFAULT_SOURCE /* mkdtemp */
#include "tests/unit/cmocka_all.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/json.h"
#include "common/base/log.h"
#include "common/base/sha256.h"
#include "common/base/utf8.h"

static void
an_error_keeps_its_code_when_context_is_put_before_it(void **state)
{
    struct onr_error err = ONR_ERROR_INIT;

    (void) state;
    assert_int_equal(onr_fail(&err, ONR_EINPUT, "bad byte at %d", 7), -ONR_EINPUT);
    assert_int_equal(onr_fail_in(&err, "feed.jsonl line %d: ", 3), -ONR_EINPUT);
    assert_string_equal(err.text, "feed.jsonl line 3: bad byte at 7");
    assert_int_equal(onr_exit_code(err.code), 65);
    assert_int_equal(onr_exit_code(-ONR_EKEY), 78);
    assert_int_equal(onr_exit_code(ONR_EBROKER), 1);
    assert_string_equal(onr_code_name(-ONR_EFENCED), "fenced");
    assert_string_equal(onr_code_name(99), "unknown");
    assert_int_equal(onr_fail(NULL, ONR_EIO, "nobody reads this"), -ONR_EIO);
}

static void
a_long_error_is_cut_between_code_points(void **state)
{
    char text[2 * ONR_ERROR_TEXT_MAX];
    struct onr_error err = ONR_ERROR_INIT;

    (void) state;
    for (size_t shift = 0; shift < 4; shift++) {
        memset(text, 'a', shift);
        for (size_t i = shift; i + 4 < sizeof text; i += 3)
            memcpy(text + i, "\xe2\x80\x9c", 4);
        onr_fail(&err, ONR_EINPUT, "%s", text);
        assert_true(strlen(err.text) > ONR_ERROR_TEXT_MAX - 5);
        assert_true(onr_utf8_check(onr_span_z(err.text), NULL));
    }
}

static void
json_escapes_what_must_be_escaped_and_repairs_what_is_no_utf8(void **state)
{
    struct onr_buf b = ONR_BUF_INIT(4096);
    struct onr_json j = ONR_JSON_INIT(&b);

    (void) state;
    onr_json_open(&j, '{');
    onr_json_key(&j, "text");
    onr_json_str(&j, onr_span_of("a\"\\\n\x01\x7f\0\xc3\xa9\xff", 10));
    onr_json_key(&j, "list");
    onr_json_open(&j, '[');
    onr_json_int(&j, -7);
    onr_json_bool(&j, true);
    onr_json_null(&j);
    onr_json_thousandths(&j, 875);
    onr_json_thousandths(&j, 1000);
    onr_json_thousandths(&j, 50);
    onr_json_thousandths(&j, 0);
    onr_json_open(&j, '{');
    onr_json_close(&j, '}');
    onr_json_close(&j, ']');
    onr_json_key(&j, "hash");
    onr_json_hex(&j, (const uint8_t *) "\x00\xff", 2);
    onr_json_close(&j, '}');
    assert_int_equal(onr_json_end_line(&j), 0);
    onr_json_open(&j, '{');
    onr_json_close(&j, '}');
    assert_int_equal(onr_json_end_line(&j), 0);
    assert_string_equal(b.ptr,
                        "{\"text\":\"a\\\"\\\\\\n\\u0001\\u007f\\u0000\xc3\xa9\xef\xbf\xbd\","
                        "\"list\":[-7,true,null,0.875,1,0.05,0,{}],\"hash\":\"00ff\"}\n{}\n");
    onr_buf_release(&b);
}

static void
a_full_json_buffer_is_reported_once_at_the_end_of_the_line(void **state)
{
    struct onr_buf b = ONR_BUF_INIT(10);
    struct onr_json j = ONR_JSON_INIT(&b);

    (void) state;
    onr_json_z(&j, "longer than the buffer");
    onr_json_int(&j, 1);
    assert_int_equal(onr_json_end_line(&j), -ONR_ELIMIT);
    onr_buf_release(&b);
}

static void
sha256_gives_the_published_answers_in_one_part_or_several(void **state)
{
    struct onr_span parts[] = { ONR_SPAN("a"), ONR_SPAN_NULL, ONR_SPAN("bc") };
    uint8_t h[32], back[32];
    char hex[ONR_HEX_LEN(32)];

    (void) state;
    onr_sha256("", 0, h); /* FIPS 180-4 examples */
    assert_string_equal(onr_hex(h, 32, hex),
                        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    onr_sha256_parts(parts, 3, h);
    assert_string_equal(onr_hex(h, 32, hex),
                        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_int_equal(onr_unhex(onr_span_z(hex), back, 32), 0);
    assert_memory_equal(back, h, 32);
    assert_int_equal(onr_unhex(ONR_SPAN("0g"), back, 1), -ONR_EINPUT);
    assert_int_equal(onr_unhex(ONR_SPAN("000"), back, 1), -ONR_EINPUT);
}

static void
a_file_is_replaced_whole_with_its_mode_and_read_back(void **state)
{
    char folder[] = "/tmp/onr-test-XXXXXX", path[64];
    struct onr_buf b = ONR_BUF_INIT(100);
    struct onr_error err = ONR_ERROR_INIT;
    struct stat st;

    (void) state;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/file", folder);
    assert_int_equal(onr_file_read(path, &b, &err), -ONR_ENOTFOUND);
    assert_non_null(strstr(err.text, path));
    assert_int_equal(onr_file_replace(path, ONR_SPAN("one"), 0600, &err), 0);
    assert_int_equal(onr_file_replace(path, ONR_SPAN("second"), 0640, &err), 0);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0640);
    assert_int_equal(onr_file_read(path, &b, &err), 0);
    assert_span_equal(onr_buf_span(&b), ONR_SPAN("second"));
    onr_buf_release(&b);
    onr_buf_init(&b, 5);
    assert_int_equal(onr_file_read(path, &b, &err), -ONR_ELIMIT);
    onr_buf_release(&b);
    onr_buf_init(&b, 6);
    assert_int_equal(onr_file_read(path, &b, &err), 0);
    onr_buf_release(&b);
    unlink(path);
    assert_int_equal(rmdir(folder), 0); /* nothing half-written lies about */
}

static void
a_full_disk_is_an_error_and_not_a_short_file(void **state)
{
    struct onr_error err = ONR_ERROR_INIT;
    int fd = open("/dev/full", O_WRONLY);

    (void) state;
    if (fd < 0)
        skip();
    assert_int_equal(onr_fd_write(fd, ONR_SPAN("data"), "out.jsonl", &err), -ONR_EIO);
    assert_string_equal(err.text, "cannot write out.jsonl: No space left on device");
    close(fd);
}

static void
a_log_value_never_breaks_its_line(void **state)
{
    (void) state;
    assert_string_equal(onr_log_q("plain"), "plain");
    assert_string_equal(onr_log_q("two words\n\"x\"\x1b"), "\"two words\\n\\\"x\\\"\\x1b\"");
    assert_string_equal(onr_log_q(""), "\"\"");
    assert_string_equal(onr_log_q(NULL), "\"\"");
}

static void
log_lines_that_found_no_room_are_counted(void **state)
{
    int full = open("/dev/full", O_WRONLY), kept = dup(STDERR_FILENO), out[2];
    char text[512];
    ssize_t n;

    (void) state;
    if (full < 0)
        skip();
    assert_int_equal(pipe(out), 0);
    dup2(full, STDERR_FILENO);
    onr_log(ONR_LOG_INFO, "one", "a=%d", 1);
    onr_log(ONR_LOG_INFO, "two", "a=%d", 2);
    dup2(out[1], STDERR_FILENO);
    onr_log(ONR_LOG_INFO, "three", "a=%d", 3);
    onr_log(ONR_LOG_INFO, "four", "a=%d", 4);
    dup2(kept, STDERR_FILENO);
    n = read(out[0], text, sizeof text - 1);
    assert_true(n > 0);
    text[n] = 0;
    assert_non_null(strstr(text, "three a=3\n"));
    assert_non_null(strstr(text, "log.lost lines=2\n"));
    assert_non_null(strstr(text, "four a=4\n"));
    assert_true(strstr(strstr(text, "log.lost") + 1, "log.lost") == NULL);
    close(full), close(kept), close(out[0]), close(out[1]);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_error_keeps_its_code_when_context_is_put_before_it),
        cmocka_unit_test(a_long_error_is_cut_between_code_points),
        cmocka_unit_test(json_escapes_what_must_be_escaped_and_repairs_what_is_no_utf8),
        cmocka_unit_test(a_full_json_buffer_is_reported_once_at_the_end_of_the_line),
        cmocka_unit_test(sha256_gives_the_published_answers_in_one_part_or_several),
        cmocka_unit_test(a_file_is_replaced_whole_with_its_mode_and_read_back),
        cmocka_unit_test(a_full_disk_is_an_error_and_not_a_short_file),
        cmocka_unit_test(a_log_value_never_breaks_its_line),
        cmocka_unit_test(log_lines_that_found_no_room_are_counted),
    };

    return cmocka_run_group_tests_name("base output", tests, NULL, NULL) != 0;
}
