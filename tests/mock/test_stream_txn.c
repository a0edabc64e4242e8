/* tests/mock/test_stream_txn.c - what the transactional producer makes of each answer a broker can give.
 *
 * librdkafka's mock broker injects the errors; it keeps no promise about transactions themselves, so only the producer's own
 * verdicts are tested here: committed, not committed, unclear, and that it works again after undo.
 */
#include "tests/unit/cmocka_all.h"

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/limits.h"
#include "common/stream/reader.h"
#include "common/stream/txn.h"

enum {
    API_PRODUCE = 0,
    API_LIST_OFFSETS = 2,
    API_ADD_PARTITIONS = 24,
    API_END_TXN = 26,
    API_TXN_OFFSETS = 28
};

static const char *const topics[] = { "out", NULL };

struct fixture {
    rd_kafka_t *rk;
    rd_kafka_mock_cluster_t *mock;
    struct onr_kafka kafka;
    struct onr_txn *txn;
};

static int
setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    struct onr_error err = ONR_ERROR_INIT;
    char why[256];

    f->rk = rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), why, sizeof why);
    f->mock = rd_kafka_mock_cluster_new(f->rk, 1);
    rd_kafka_mock_topic_create(f->mock, "out", 2, 1);
    f->kafka.brokers = rd_kafka_mock_cluster_bootstraps(f->mock);
    const struct onr_txn_spec spec = { .kafka = &f->kafka,
                                       .transactional_id = "t",
                                       .transaction_timeout_ms = 3000,
                                       .topics = topics };

    if (onr_txn_open(&spec, &f->txn, &err) < 0) {
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

    onr_txn_close(f->txn);
    rd_kafka_mock_cluster_destroy(f->mock);
    rd_kafka_destroy(f->rk);
    free(f);
    return 0;
}

/* One transaction with one record; the first error, or 0. */
static int
one_transaction(struct fixture *f, struct onr_error *err)
{
    int rc;

    if ((rc = onr_txn_begin(f->txn, err)) < 0
        || (rc = onr_txn_produce(f->txn, "out", 0, ONR_SPAN("k"), ONR_SPAN("v"), NULL, 0, err)) < 0
        || (rc = onr_txn_flush(f->txn, 5000, err)) < 0)
        return rc;
    return onr_txn_commit(f->txn, err);
}

static struct onr_txn_counts
counts_of(const struct fixture *f)
{
    struct onr_txn_counts c;

    onr_txn_counts(f->txn, &c);
    return c;
}

static void
works_again(struct fixture *f)
{
    struct onr_error err = ONR_ERROR_INIT;
    uint64_t before = counts_of(f).committed;

    assert_int_equal(onr_txn_undo(f->txn, &err), 0);
    if (one_transaction(f, &err) < 0)
        fail_msg("after undo: %s", err.text);
    assert_int_equal(counts_of(f).committed, before + 1);
}

static void
a_commit_is_one_endtxn_and_certain(void **state)
{
    struct fixture *f = *state;
    struct onr_error err = ONR_ERROR_INIT;

    assert_int_equal(one_transaction(f, &err), 0);
    assert_int_equal(counts_of(f).endtxn, 1);
    assert_false(onr_txn_unclear(f->txn));
    assert_false(onr_txn_is_open(f->txn));
}

static void
an_empty_transaction_commits_without_a_request(void **state)
{
    struct fixture *f = *state;
    struct onr_error err = ONR_ERROR_INIT;

    assert_int_equal(onr_txn_begin(f->txn, &err), 0);
    assert_int_equal(onr_txn_commit(f->txn, &err), 0);
    assert_int_equal(counts_of(f).endtxn, 0);
}

static const struct {
    const char *what;
    int16_t api;
    rd_kafka_resp_err_t answer;
    int times;
    int code;      /* of the transaction; 0 = not looked at */
    bool unclear;  /* afterwards */
    bool recycled; /* by undo */
} cases[] = {
    { "topic refused", API_ADD_PARTITIONS, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, 1,
      ONR_ECONFIG, false, false },
    { "record too large for the broker", API_PRODUCE, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, 1,
      ONR_ELIMIT, true, true },
    { "record corrupted on its way", API_PRODUCE, RD_KAFKA_RESP_ERR_INVALID_MSG, 1, ONR_EBROKER,
      true, true },
    { "coordinator loads", API_END_TXN, RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS, 1,
      ONR_EBROKER, true, true },
    { "not the coordinator", API_END_TXN, RD_KAFKA_RESP_ERR_NOT_COORDINATOR, 1, ONR_EBROKER, true,
      true },
    { "connection lost while committing", API_END_TXN, RD_KAFKA_RESP_ERR__TRANSPORT, 1, ONR_EBROKER,
      true, true },
    { "fenced while committing", API_END_TXN, RD_KAFKA_RESP_ERR_PRODUCER_FENCED, 1, ONR_EFENCED,
      true, true },
    { "transaction unknown to the coordinator", API_END_TXN, RD_KAFKA_RESP_ERR_INVALID_TXN_STATE, 1,
      ONR_EBROKER, true, true },
    { "epoch refused", API_PRODUCE, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH, 1, 0, true, true },
};

static void
every_bad_answer_has_its_verdict_and_undo_cures_it(void **state)
{
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct onr_error err = ONR_ERROR_INIT;
        struct fixture *f;
        uint64_t recycled;
        int rc;

        (void) teardown(state);
        assert_int_equal(setup(state), 0);
        f = *state;
        for (int n = 0; n < cases[i].times; n++)
            rd_kafka_mock_push_request_errors(f->mock, cases[i].api, 1, cases[i].answer);
        rc = one_transaction(f, &err);
        print_message("%s: %d %s\n", cases[i].what, rc, err.text);
        assert_true(rc < 0);
        if (cases[i].code)
            assert_int_equal(rc, -cases[i].code);
        assert_int_equal(onr_txn_unclear(f->txn), cases[i].unclear);
        recycled = counts_of(f).recycled;
        works_again(f);
        assert_int_equal(counts_of(f).recycled - recycled, cases[i].recycled);
    }
}

static void
a_record_over_the_limit_is_refused_before_it_is_sent(void **state)
{
    struct fixture *f = *state;
    struct onr_error err = ONR_ERROR_INIT;
    size_t len = 2 * ONR_REJECT_MESSAGE_MAX;
    char *large = calloc(1, len);

    assert_int_equal(onr_txn_begin(f->txn, &err), 0);
    assert_int_equal(
        onr_txn_produce(f->txn, "out", 0, ONR_SPAN_NULL, onr_span_of(large, len), NULL, 0, &err),
        -ONR_ELIMIT);
    free(large);
    works_again(f);
}

static void
a_topic_that_was_not_announced_is_refused(void **state)
{
    struct fixture *f = *state;
    struct onr_error err = ONR_ERROR_INIT;

    assert_int_equal(onr_txn_begin(f->txn, &err), 0);
    assert_int_equal(
        onr_txn_produce(f->txn, "other", 0, ONR_SPAN_NULL, ONR_SPAN("v"), NULL, 0, &err),
        -ONR_ENOTFOUND);
    works_again(f);
}

static void
nobody_at_home_ends_in_time_with_a_sentence(void **state)
{
    const struct onr_kafka nobody = { .brokers = "127.0.0.1:1" };
    const struct onr_txn_spec spec = {
        .kafka = &nobody, .transactional_id = "t", .init_timeout_ms = 600, .topics = topics
    };
    struct onr_error err = ONR_ERROR_INIT;
    struct onr_txn *t;

    (void) state;
    assert_int_equal(onr_txn_open(&spec, &t, &err), -ONR_EBROKER);
    assert_non_null(strstr(err.text, "last:"));
}

/* The reader gets back what was written, header by header, and ends at its range's end. */
static void
a_range_is_read_to_its_end_and_no_further(void **state)
{
    struct fixture *f = *state;
    const struct onr_kafka_header header[] = { { "a", ONR_SPAN("1") }, { "b", ONR_SPAN_NULL } };
    const struct onr_topic_range range = { "out", 1, 1, 4 };
    const struct onr_message *m;
    struct onr_error err = ONR_ERROR_INIT;
    struct onr_reader *r;
    int64_t low, end;

    assert_int_equal(onr_txn_begin(f->txn, &err), 0);
    for (int i = 0; i < 6; i++)
        assert_int_equal(onr_txn_produce(f->txn, "out", 1, ONR_SPAN_NULL,
                                         onr_span_of("012345" + i, 1), header, 2, &err),
                         0);
    assert_int_equal(onr_txn_flush(f->txn, 5000, &err), 0);
    assert_int_equal(onr_txn_commit(f->txn, &err), 0);
    assert_int_equal(onr_reader_open_quick(&f->kafka, false, &r, &err), 0);
    assert_int_equal(onr_reader_bounds(r, "out", 1, 5000, &low, &end, &err), 0);
    assert_int_equal(end - low, 6);
    assert_int_equal(onr_reader_assign(r, &range, 1, &err), 0);
    for (int64_t at = 1; at < 4; at++) {
        int rc;

        while ((rc = onr_reader_next(r, 100, &m, &err)) == ONR_READ_WAIT)
            continue;
        assert_int_equal(rc, ONR_READ_MESSAGE);
        assert_int_equal(m->offset, at);
        assert_int_equal(m->value.ptr[0], '0' + at);
        assert_null(m->key.ptr);
        assert_int_equal(m->n_headers, 2);
        assert_span_equal(onr_message_header(m, "a", NULL), ONR_SPAN("1"));
        assert_null(onr_message_header(m, "b", NULL).ptr);
    }
    assert_int_equal(onr_reader_next(r, 100, &m, &err), ONR_READ_END);
    onr_reader_close(r);
}

/* librdkafka 2.0.2 says "unknown partition" when the answer to the question for a partition's ends was lost. */
static void
a_question_for_bounds_whose_answer_is_lost_is_asked_again(void **state)
{
    struct fixture *f = *state;
    struct onr_error err = ONR_ERROR_INIT;
    struct onr_reader *r;
    int64_t low, end;

    assert_int_equal(onr_reader_open_quick(&f->kafka, false, &r, &err), 0);
    assert_int_equal(onr_reader_bounds(r, "out", 1, 5000, &low, &end, &err), 0);
    rd_kafka_mock_push_request_errors(f->mock, API_LIST_OFFSETS, 2,
                                      RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION,
                                      RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION);
    if (onr_reader_bounds(r, "out", 1, 5000, &low, &end, &err) < 0)
        fail_msg("%s", err.text);
    assert_int_equal(end - low, 0);
    onr_reader_close(r);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_commit_is_one_endtxn_and_certain, setup, teardown),
        cmocka_unit_test_setup_teardown(an_empty_transaction_commits_without_a_request, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(every_bad_answer_has_its_verdict_and_undo_cures_it, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_record_over_the_limit_is_refused_before_it_is_sent, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_topic_that_was_not_announced_is_refused, setup, teardown),
        cmocka_unit_test(nobody_at_home_ends_in_time_with_a_sentence),
        cmocka_unit_test_setup_teardown(a_range_is_read_to_its_end_and_no_further, setup, teardown),
        cmocka_unit_test_setup_teardown(a_question_for_bounds_whose_answer_is_lost_is_asked_again,
                                        setup, teardown),
    };

    return cmocka_run_group_tests_name("stream txn", tests, NULL, NULL);
}
