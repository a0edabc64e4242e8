/* tests/unit/test_stream_conf.c - clients are safe by default, and what would break a promise cannot be set. */
#include "tests/unit/cmocka_all.h"

#include <string.h>

#include "common/stream/conf.h"
#include "common/stream/kafka_error.h"

static const struct onr_kafka kafka = { .brokers = "localhost:9092" };

static void
assert_property(rd_kafka_conf_t *c, const char *name, const char *want)
{
    char value[256];
    size_t len = sizeof value;

    assert_int_equal(rd_kafka_conf_get(c, name, value, &len), RD_KAFKA_CONF_OK);
    assert_string_equal(value, want);
}

static void
every_client_is_safe_by_default(void **state)
{
    static const struct onr_client_spec specs[] = {
        { .client = ONR_CLIENT_READER },
        { .client = ONR_CLIENT_WORKER, .group = "g", .instance = "i" },
    };
    const struct onr_client_spec txn = { .client = ONR_CLIENT_TXN, .transactional_id = "t" };
    rd_kafka_conf_t *c;

    (void) state;
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(onr_conf_new(&kafka, &specs[i], &c, NULL), 0);
        assert_property(c, "enable.auto.commit", "false");
        assert_property(c, "enable.auto.offset.store", "false");
        assert_property(c, "auto.offset.reset", "error");
        assert_property(c, "check.crcs", "true");
        assert_property(c, "isolation.level", "read_committed");
        assert_property(c, "queued.max.messages.kbytes", "49152");
        rd_kafka_conf_destroy(c);
    }
    assert_int_equal(onr_conf_new(&kafka, &txn, &c, NULL), 0);
    assert_property(c, "retry.backoff.ms", "5");
    assert_property(c, "transactional.id", "t");
    assert_property(c, "socket.nagle.disable", "true");
    rd_kafka_conf_destroy(c);
}

static void
what_is_missing_is_named(void **state)
{
    static const struct onr_kafka none = { .brokers = "" };
    static const struct onr_client_spec cases[] = {
        { .client = ONR_CLIENT_WORKER },
        { .client = ONR_CLIENT_TXN },
    };
    const struct onr_client_spec reader = { .client = ONR_CLIENT_READER };
    struct onr_error err = ONR_ERROR_INIT;
    rd_kafka_conf_t *c = NULL;

    (void) state;
    assert_int_equal(onr_conf_new(&none, &reader, &c, &err), -ONR_ECONFIG);
    assert_non_null(strstr(err.text, "--brokers"));
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(onr_conf_new(&kafka, &cases[i], &c, &err), -ONR_ECONFIG);
    assert_null(c);
}

/* Everything that this table forbids is a property that librdkafka has: a misspelt one would forbid nothing. */
static void
forbidden_properties_exist_and_have_a_reason(void **state)
{
    static const char *const names[] = { "enable.auto.commit",
                                         "isolation.level",
                                         "auto.offset.reset",
                                         "plugin.library.paths",
                                         "sasl.kerberos.kinit.cmd",
                                         "transactional.id",
                                         "acks",
                                         "group.id",
                                         "ssl.engine.location" };
    rd_kafka_conf_t *c = rd_kafka_conf_new();
    const char *reason;

    (void) state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char why[256];

        assert_true(onr_conf_forbidden(names[i], &reason));
        assert_true(strlen(reason) > 10);
        assert_int_not_equal(rd_kafka_conf_set(c, names[i], "1", why, sizeof why),
                             RD_KAFKA_CONF_UNKNOWN);
    }
    assert_false(onr_conf_forbidden("linger.ms", &reason));
    rd_kafka_conf_destroy(c);
}

static void
codes_of_kafka_are_sorted_by_what_to_do(void **state)
{
    static const struct {
        rd_kafka_resp_err_t e;
        enum onr_kafka_class class;
        int code;
    } cases[] = {
        { RD_KAFKA_RESP_ERR__FENCED, ONR_KAFKA_FENCED, ONR_EFENCED },
        { RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID, ONR_KAFKA_FENCED, ONR_EFENCED },
        { RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, ONR_KAFKA_DENIED, ONR_ECONFIG },
        { RD_KAFKA_RESP_ERR__TRANSPORT, ONR_KAFKA_RETRY, ONR_EBROKER },
        { RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, ONR_KAFKA_FATAL, ONR_ELIMIT },
        { RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, ONR_KAFKA_FATAL, ONR_ENOTFOUND },
        { RD_KAFKA_RESP_ERR__BAD_MSG, ONR_KAFKA_FATAL, ONR_EVERIFY },
        { RD_KAFKA_RESP_ERR_UNKNOWN, ONR_KAFKA_FATAL, ONR_EBROKER },
    };

    (void) state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct onr_error err = ONR_ERROR_INIT;

        assert_int_equal(onr_kafka_class_code(cases[i].e), cases[i].class);
        assert_int_equal(onr_kafka_fail(&err, cases[i].e, "topic %s", "x"), -cases[i].code);
        assert_int_equal(strncmp(err.text, "topic x: ", 9), 0);
    }
    assert_int_equal(onr_kafka_class_of(NULL), ONR_KAFKA_OK);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_client_is_safe_by_default),
        cmocka_unit_test(what_is_missing_is_named),
        cmocka_unit_test(forbidden_properties_exist_and_have_a_reason),
        cmocka_unit_test(codes_of_kafka_are_sorted_by_what_to_do),
    };

    return cmocka_run_group_tests_name("stream conf", tests, NULL, NULL);
}
