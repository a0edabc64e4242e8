/* tests/mock/test_stream_bounds.c - where a partition begins and ends, asked of brokers that change places or are far away. */
#include "tests/unit/cmocka_all.h"

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <stdlib.h>

#include "common/stream/reader.h"

#define PATIENCE_MS 30000 /* far less than librdkafka believes in a leader, see reader.c */

struct fixture {
    rd_kafka_t *rk;
    rd_kafka_mock_cluster_t *mock;
    struct onr_kafka kafka;
    struct onr_reader *reader;
};

static int
setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    struct onr_error err = ONR_ERROR_INIT;
    char why[256];

    f->rk = rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), why, sizeof why);
    f->mock = rd_kafka_mock_cluster_new(f->rk, 2);
    rd_kafka_mock_topic_create(f->mock, "in", 1, 2);
    rd_kafka_mock_partition_set_leader(f->mock, "in", 0, 1);
    f->kafka.brokers = rd_kafka_mock_cluster_bootstraps(f->mock);
    if (onr_reader_open(&f->kafka, false, &f->reader, &err) < 0) {
        print_error("%s\n", err.text);
        return -1;
    }
    *state = f;
    return 0;
}

static int
teardown(void **state)
{
    struct fixture *f = *state;

    onr_reader_close(f->reader);
    rd_kafka_mock_cluster_destroy(f->mock);
    rd_kafka_destroy(f->rk);
    free(f);
    return 0;
}

static void
assert_bounds(struct fixture *f)
{
    struct onr_error err = ONR_ERROR_INIT;
    int64_t low = -1, end = -1;

    if (onr_reader_bounds(f->reader, "in", 0, PATIENCE_MS, &low, &end, &err) < 0)
        fail_msg("%s", err.text);
    assert_int_equal(low, 0);
    assert_int_equal(end, 0);
}

static void
a_leader_that_another_replaced_is_not_asked_for_ever(void **state)
{
    struct fixture *f = *state;

    assert_bounds(f);
    rd_kafka_mock_partition_set_leader(f->mock, "in", 0, 2);
    assert_bounds(f);
}

static void
a_leader_that_is_gone_is_not_waited_for(void **state)
{
    struct fixture *f = *state;

    assert_bounds(f);
    rd_kafka_mock_partition_set_leader(f->mock, "in", 0, 2);
    rd_kafka_mock_broker_set_down(f->mock, 1);
    assert_bounds(f);
}

/* A first question that the answer comes too late for must not be asked again and again with the same patience. */
static void
a_leader_three_seconds_away_is_waited_for(void **state)
{
    struct fixture *f = *state;

    rd_kafka_mock_broker_set_rtt(f->mock, 1, 3000);
    rd_kafka_mock_broker_set_rtt(f->mock, 2, 3000);
    assert_bounds(f);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_leader_that_another_replaced_is_not_asked_for_ever, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_leader_that_is_gone_is_not_waited_for, setup, teardown),
        cmocka_unit_test_setup_teardown(a_leader_three_seconds_away_is_waited_for, setup, teardown),
    };

    return cmocka_run_group_tests_name("stream bounds", tests, NULL, NULL);
}
