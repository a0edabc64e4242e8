/* tests/unit/test_line_schema_folder.c - schemas from a folder: known afterwards, or refused with file and line. */
#define _DEFAULT_SOURCE /* mkdtemp */
#include "tests/unit/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/event/schema_data.h"
#include "common/line/schema_folder.h"
#include "tests/event_records.h"

static const struct onr_setting *const tables[] = { onr_settings_schemas, NULL };
static const struct onr_program program = {
    .verb = "follow", .summary = "Follow.", .usage = "[OPTIONS]", .examples = "", .tables = tables
};

static char folder[64];

static void
write_file(const char *name, struct onr_span content)
{
    char path[128];
    FILE *f;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(content.ptr, 1, content.len, f), content.len);
    assert_int_equal(fclose(f), 0);
}

static struct onr_span
builtin(const char *name)
{
    for (size_t i = 0; i < ONR_SCHEMA_FILES; i++)
        if (strcmp(onr_schema_file(i).name, name) == 0)
            return onr_schema_file(i).json;
    fail();
    return ONR_SPAN_NULL;
}

static int
setup(void **state)
{
    (void) state;
    strcpy(folder, "/tmp/onr-schemas-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int
teardown(void **state)
{
    static const char *const name[] = { "registry.tsv", "Statement.avsc", "Reject.avsc", "bad" };
    char path[128];

    (void) state;
    for (size_t i = 0; i < sizeof name / sizeof name[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, name[i]);
        unlink(path);
    }
    return rmdir(folder);
}

static int
load(struct onr_codec *codec, const char *registry, struct onr_error *err)
{
    char word[] = "follow", option[] = "--schemas", *argv[] = { word, option, folder, NULL };
    struct onr_settings *s;
    bool done;
    int rc;

    if (registry)
        write_file("registry.tsv", onr_span_z(registry));
    write_file("Statement.avsc", builtin("Statement.avsc"));
    write_file("Reject.avsc", builtin("Reject.avsc"));
    write_file("bad", ONR_SPAN("{\"type\": \"string\"}"));
    assert_int_equal(onr_settings_read(&program, 3, argv, &s, &done, NULL), 0);
    rc = onr_schema_folder_load(codec, s, err);
    onr_settings_free(s);
    return rc;
}

/* A statement whose frame says `id`. */
static int
open_with(struct onr_codec *codec, uint8_t id, enum onr_record_type *ret)
{
    struct onr_buf value = ONR_BUF_INIT(ONR_MESSAGE_MAX);
    struct onr_statement s;
    struct onr_span payload;
    uint32_t got;
    int rc;

    sample_statement(&s);
    assert_int_equal(onr_statement_encode(codec, &s, true, &value, NULL), 0);
    value.ptr[4] = (char) id;
    rc = onr_frame_open(codec, onr_buf_span(&value), &got, ret, &payload, NULL);
    onr_buf_release(&value);
    return rc;
}

static void
an_id_is_known_once_its_schema_was_read(void **state)
{
    struct onr_error err = ONR_ERROR_INIT;
    enum onr_record_type type;
    struct onr_codec *codec;

    (void) state;
    assert_int_equal(onr_codec_new(&codec, NULL), 0);
    assert_int_equal(open_with(codec, 77, &type), -ONR_ENOTFOUND);
    assert_int_equal(
        load(codec, "# id\tfile\n\n2\tStatement.avsc\n77\tStatement.avsc\n78\tReject.avsc\n", &err),
        0);
    assert_int_equal(open_with(codec, 77, &type), 0);
    assert_int_equal(type, ONR_REC_STATEMENT);
    assert_int_equal(open_with(codec, 78, &type), 0);
    assert_int_equal(type, ONR_REC_REJECT);
    assert_int_equal(open_with(codec, 79, &type), -ONR_ENOTFOUND);
    assert_int_equal(onr_codec_schema_id(codec, ONR_REC_STATEMENT), 2); /* what is written stays */
    onr_codec_free(codec);
}

static void
a_folder_that_says_something_else_is_refused_with_its_line(void **state)
{
    static const struct {
        const char *registry, *says;
    } table[] = {
        { NULL, "registry.tsv" },
        { "3\tStatement.avsc\n", "line 1: Statement.avsc: schema id 3 already stands" },
        { "77\tStatement.avsc\n77\tReject.avsc\n", "line 2" },
        { "#\n\n77\tnone.avsc\n", "line 3" },
        { "77\tbad\n", "line 1: bad" },
        { "77\t../Statement.avsc\n", "same folder" },
        { "77 Statement.avsc\n", "same folder" },
        { "0x77\tStatement.avsc\n", "same folder" },
        { "4294967296\tStatement.avsc\n", "same folder" },
        { "77\t\n", "same folder" },
    };

    (void) state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct onr_error err = ONR_ERROR_INIT;
        struct onr_codec *codec;
        enum onr_record_type type;

        assert_int_equal(onr_codec_new(&codec, NULL), 0);
        assert_int_equal(load(codec, table[i].registry, &err), -ONR_ECONFIG);
        assert_int_equal(err.code, ONR_ECONFIG);
        if (!strstr(err.text, table[i].says) || !strstr(err.text, "--schemas"))
            fail_msg("%s", err.text);
        assert_int_equal(open_with(codec, 3, &type), 0);
        assert_int_equal(type, ONR_REC_RESULT);
        onr_codec_free(codec);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_id_is_known_once_its_schema_was_read, setup, teardown),
        cmocka_unit_test_setup_teardown(a_folder_that_says_something_else_is_refused_with_its_line,
                                        setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
