/* tests/mock/test_line_broker.c - patience with a broker, shown on librdkafka's mock broker. */
#include "tests/unit/cmocka_all.h"

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include "common/line/broker.h"

static void
a_broker_two_seconds_away_is_waited_for(void **state)
{
    char why[256];
    rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), why, sizeof why);
    rd_kafka_mock_cluster_t *mock = rd_kafka_mock_cluster_new(rk, 1);
    struct onr_broker b = { .settings = { .timeout_ms = 20000 } };
    struct onr_error err = ONR_ERROR_INIT;
    struct onr_reader *r;
    int32_t n = 0;

    (void) state;
    rd_kafka_mock_topic_create(mock, "in", 3, 1);
    rd_kafka_mock_broker_set_rtt(mock, 1, 2000);
    b.kafka.brokers = b.settings.brokers = rd_kafka_mock_cluster_bootstraps(mock);
    assert_int_equal(onr_reader_open(&b.kafka, false, &r, &err), 0);
    if (onr_broker_wait(&b, r, "in", &n, &err) < 0)
        fail_msg("%s", err.text);
    assert_int_equal(n, 3);
    onr_reader_close(r);
    rd_kafka_mock_cluster_destroy(mock);
    rd_kafka_destroy(rk);
}

static void
bounds_that_nobody_can_tell_are_no_missing_partition(void **state)
{
    struct onr_broker b = { .settings = { .brokers = "127.0.0.1:1", .timeout_ms = 1500 } };
    struct onr_error err = ONR_ERROR_INIT;
    struct onr_reader *r;
    int64_t low, end;

    (void) state;
    b.kafka.brokers = b.settings.brokers;
    assert_int_equal(onr_reader_open(&b.kafka, false, &r, &err), 0);
    assert_int_equal(onr_reader_bounds(r, "in", 0, b.settings.timeout_ms, &low, &end, &err),
                     -ONR_EBROKER);
    print_message("%s\n", err.text);
    onr_reader_close(r);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_broker_two_seconds_away_is_waited_for),
        cmocka_unit_test(bounds_that_nobody_can_tell_are_no_missing_partition),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
