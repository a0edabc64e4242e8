/* tests/unit/test_stream_access.c - plaintext stays on this machine, secrets off the command line, refusals are heard. */
#include "tests/unit/cmocka_all.h"

#include <librdkafka/rdkafka.h>
/* needs the one above */
#include <librdkafka/rdkafka_mock.h>
#include <stdlib.h>
#include <string.h>

#include "common/stream/access.h"

static const struct onr_setting none[] = { { .name = NULL } };
static const struct onr_setting *const tables[] = { none, NULL };
static const struct onr_program program = { .verb = "classify", .tables = tables, .kafka = true };

/* onr_conf_new for these brokers, with "-X a=b" and so on. */
static int
configure(struct onr_kafka *k, const char *const *words, struct onr_error *err)
{
    const struct onr_client_spec spec = { .client = ONR_CLIENT_READER };
    char *argv[8] = { (char *) (uintptr_t) "classify" };
    struct onr_settings *s;
    rd_kafka_conf_t *c;
    bool done;
    int argc = 1, rc;

    for (; words && words[argc - 1]; argc++)
        argv[argc] = (char *) (uintptr_t) words[argc - 1];
    assert_int_equal(onr_settings_read(&program, argc, argv, &s, &done, err), 0);
    k->settings = s;
    rc = onr_conf_new(k, &spec, &c, err);
    if (rc == 0)
        rd_kafka_conf_destroy(c);
    onr_settings_free(s);
    return rc;
}

static void
names_of_this_machine_are_known(void **state)
{
    static const struct {
        const char *brokers;
        bool local;
    } cases[] = {
        { "localhost:9092", true },
        { "127.0.0.1:9092", true },
        { "127.255.0.1", true },
        { "[::1]:9092, localhost:1", true },
        { "SASL_PLAINTEXT://127.0.0.1:9092", true },
        { "kafka:9092", false },
        { "127.0.0.1:9092,10.0.0.1:9092", false },
        { "128.0.0.1:9092", false },
        { "localhost.example:9092", false },
        { "127.0.0.1.example:9092", false },
        { "[::2]:9092", false },
        { "[2001:db8::127.0.0.1]:9092", false },
        { "PLAINTEXT://kafka:9092", false },
        { "[::1", true },
    };

    (void) state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (onr_access_is_local(cases[i].brokers) != cases[i].local)
            fail_msg("%s", cases[i].brokers);
}

static void
plaintext_to_other_machines_needs_a_word(void **state)
{
    static const char *const tls[] = { "-X", "security.protocol=SSL", NULL };
    static const char *const sasl[] = { "-X", "security.protocol=SASL_PLAINTEXT", NULL };
    struct onr_kafka k = { .brokers = "kafka.example:9092" };
    struct onr_error err = ONR_ERROR_INIT;

    (void) state;
    assert_int_equal(configure(&k, NULL, &err), -ONR_ECONFIG);
    assert_non_null(strstr(err.text, "security.protocol=ssl"));
    assert_non_null(strstr(err.text, "--insecure-plaintext"));
    assert_int_equal(configure(&k, sasl, &err), -ONR_ECONFIG);
    assert_int_equal(configure(&k, tls, NULL), 0);
    k.insecure_plaintext = true;
    assert_int_equal(configure(&k, NULL, NULL), 0);
    k = (struct onr_kafka){ .brokers = "localhost:9092" };
    assert_int_equal(configure(&k, NULL, NULL), 0);
}

static void
settings_that_make_tls_a_show_are_refused(void **state)
{
    static const char *const cases[][5] = {
        { "-X", "security.protocol=ssl", "-X", "enable.ssl.certificate.verification=false" },
        { "-X", "security.protocol=ssl", "-X", "ssl.endpoint.identification.algorithm=none" },
    };
    struct onr_kafka k = { .brokers = "kafka.example:9092" };
    struct onr_error err = ONR_ERROR_INIT;

    (void) state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(configure(&k, cases[i], &err), -ONR_ECONFIG);
        assert_non_null(strstr(err.text, "could be the broker"));
    }
}

static void
secrets_are_refused_on_the_command_line_and_taken_from_the_environment(void **state)
{
    static const char *const words[] = { "-X", "sasl.password=hunter2", NULL };
    struct onr_kafka k = { .brokers = "localhost:9092" };
    struct onr_error err = ONR_ERROR_INIT;

    (void) state;
    assert_int_equal(configure(&k, words, &err), -ONR_ECONFIG);
    assert_non_null(strstr(err.text, "kafka.sasl.password"));
    assert_null(strstr(err.text, "hunter2"));
    assert_int_equal(setenv("ONRECORD_KAFKA", "sasl.password=hunter2", 1), 0);
    assert_int_equal(configure(&k, NULL, NULL), 0);
    unsetenv("ONRECORD_KAFKA");
}

/* --- refusals --- */

struct client {
    const struct onr_kafka *kafka; /* first (conf.h) */
    struct onr_kafka k;
    struct onr_refusal refusal;
    rd_kafka_t *rk;
};

static void
client_open(struct client *c, const char *brokers)
{
    const struct onr_client_spec spec = { .client = ONR_CLIENT_ADMIN, .opaque = c };
    rd_kafka_conf_t *conf;

    memset(c, 0, sizeof *c);
    pthread_mutex_init(&c->refusal.lock, NULL);
    c->k.brokers = brokers;
    c->k.refusal = &c->refusal;
    c->kafka = &c->k;
    assert_int_equal(onr_conf_new(&c->k, &spec, &conf, NULL), 0);
    assert_int_equal(onr_client_new(RD_KAFKA_PRODUCER, conf, &c->rk, NULL), 0);
}

static void
a_client_that_nobody_lets_in_fails_with_the_reason(void **state)
{
    static const struct {
        int e;
        const char *reason;
        bool refused;
    } cases[] = {
        { RD_KAFKA_RESP_ERR__AUTHENTICATION, "SASL authentication error: no such user", true },
        { RD_KAFKA_RESP_ERR__SSL, "certificate verify failed", true },
        { RD_KAFKA_RESP_ERR__TRANSPORT, "Receive failed: alert: SSL alert number 42", true },
        { RD_KAFKA_RESP_ERR__TRANSPORT, "Connect failed: Connection refused", false },
        { RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, "1/1 brokers are down", false },
    };
    struct onr_error err = ONR_ERROR_INIT;
    struct client c;

    (void) state;
    client_open(&c, "127.0.0.1:1");
    assert_int_equal(onr_access_refused(c.rk, &err), 0);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        onr_access_note(c.rk, cases[i].e, cases[i].reason);
        assert_int_equal(onr_access_refused(c.rk, &err), cases[i].refused ? -ONR_ECONFIG : 0);
        if (cases[i].refused)
            assert_non_null(strstr(err.text, cases[i].reason));
        assert_int_equal(onr_access_refused(c.rk, &err), 0); /* told once */
    }
    rd_kafka_destroy(c.rk);
}

static void
a_client_that_another_broker_serves_goes_on(void **state)
{
    rd_kafka_t *host = rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), NULL, 0);
    rd_kafka_mock_cluster_t *mock = rd_kafka_mock_cluster_new(host, 1);
    struct client c;

    (void) state;
    client_open(&c, rd_kafka_mock_cluster_bootstraps(mock));
    onr_access_note(c.rk, RD_KAFKA_RESP_ERR__AUTHENTICATION, "one broker of several");
    assert_int_equal(onr_access_refused(c.rk, NULL), 0);
    rd_kafka_destroy(c.rk);
    rd_kafka_mock_cluster_destroy(mock);
    rd_kafka_destroy(host);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_of_this_machine_are_known),
        cmocka_unit_test(plaintext_to_other_machines_needs_a_word),
        cmocka_unit_test(settings_that_make_tls_a_show_are_refused),
        cmocka_unit_test(secrets_are_refused_on_the_command_line_and_taken_from_the_environment),
        cmocka_unit_test(a_client_that_nobody_lets_in_fails_with_the_reason),
        cmocka_unit_test(a_client_that_another_broker_serves_goes_on),
    };

    return cmocka_run_group_tests_name("stream access", tests, NULL, NULL);
}
