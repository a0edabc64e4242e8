/* common/stream/txn.h - a transactional producer that knows when it does not know.
 *
 *     onr_txn_open -> { begin -> produce ... -> flush -> offsets -> commit } ...  -> onr_txn_close
 *                         any failure: onr_txn_undo, then begin again
 *
 * librdkafka 2.0.2 repeats EndTxn by itself when an answer is late, and does not tell (KIP-890: the late twin can end the next
 * transaction). An interceptor counts the EndTxn requests; more than one since begin, a time-out, a lost connection while
 * committing or a fatal error make the result unclear. The one cure for unclear is onr_txn_recycle: a new producer with the same
 * transactional.id, whose init_transactions bumps the epoch and settles what was pending. Afterwards the caller looks at what
 * Kafka holds; there is no other recovery path.
 *
 * One thread. Every wait is bounded.
 */
#ifndef ONR_STREAM_TXN_H
#define ONR_STREAM_TXN_H

#include "common/stream/conf.h"
#include "common/stream/message.h"

struct onr_txn;

struct onr_txn_spec {
    const struct onr_kafka *kafka; /* borrowed for the life of the producer, as are the strings */
    const char *transactional_id;
    int transaction_timeout_ms; /* 0 = 15000 */
    int init_timeout_ms;        /* wait for brokers and for pending transactions; 0 = 30000 */
    const char *const *
        topics; /* every topic that will be written: metadata is warmed up (a first produce to an unknown
                                   topic waits a second, librdkafka #5032); NULL-terminated, may be NULL */
};

/** New producer, init_transactions done, topics warmed up. Returns owned.
 *  Errors: -ONR_ECONFIG (property, topic missing, not authorised), -ONR_EBROKER (nobody answered in time). */
ONR_MUST_USE int onr_txn_open(const struct onr_txn_spec *spec, struct onr_txn **ret,
                              struct onr_error *err);
/** Abort what is open, free all; waits a second or two at most. NULL is fine. */
void onr_txn_close(struct onr_txn *t);

ONR_MUST_USE int onr_txn_begin(struct onr_txn *t, struct onr_error *err);

/** Queue one record; bytes are copied. partition -1 = by key (murmur2, as Java does). A full queue waits for the broker.
 *  Errors: -ONR_ELIMIT (record too large: can never be sent), -ONR_EBROKER, -ONR_EFENCED. */
ONR_MUST_USE int onr_txn_produce(struct onr_txn *t, const char *topic, int32_t partition,
                                 struct onr_span key, struct onr_span value,
                                 const struct onr_kafka_header *header, size_t n_headers,
                                 struct onr_error *err);

/** The same with the record's own timestamp (ms since 1970; 0 = now). */
ONR_MUST_USE int onr_txn_produce_at(struct onr_txn *t, const char *topic, int32_t partition,
                                    int64_t timestamp_ms, struct onr_span key,
                                    struct onr_span value, const struct onr_kafka_header *header,
                                    size_t n_headers, struct onr_error *err);

/** The same; *offset becomes the record's offset once it is acknowledged (after a flush), or stays as it is when the broker does
 *  not say. It must stay where it is until commit or undo. */
ONR_MUST_USE int onr_txn_produce_mark(struct onr_txn *t, const char *topic, int32_t partition,
                                      struct onr_span key, struct onr_span value,
                                      const struct onr_kafka_header *header, size_t n_headers,
                                      int64_t *offset, struct onr_error *err);

/** Wait until every queued record was acknowledged. */
ONR_MUST_USE int onr_txn_flush(struct onr_txn *t, int timeout_ms, struct onr_error *err);

/* Offset of an input partition, sent with the transaction: the next record to read, and a text of printable ASCII. */
struct onr_offset {
    const char *topic;
    int32_t partition;
    int64_t next;
    const char *metadata; /* may be NULL; at most ONR_OFFSET_METADATA bytes */
};
#define ONR_OFFSET_METADATA 256

/** Commit offsets of a group with the transaction. `group` is borrowed: the metadata captured when the partitions were
 *  assigned, so that a member that lost them is fenced. */
ONR_MUST_USE int onr_txn_offsets(struct onr_txn *t, const struct onr_offset *o, size_t n,
                                 const rd_kafka_consumer_group_metadata_t *group,
                                 struct onr_error *err);

/** 0: committed, for sure. Else nothing is known to be committed: onr_txn_undo, and if onr_txn_unclear said so, look. */
ONR_MUST_USE int onr_txn_commit(struct onr_txn *t, struct onr_error *err);

/** True when only a new producer can settle the transaction; the transaction may or may not have been committed. Ask before undo. */
bool onr_txn_unclear(const struct onr_txn *t);

/** Leave no transaction open: abort, or recycle when abort is not enough. Afterwards begin works again. */
ONR_MUST_USE int onr_txn_undo(struct onr_txn *t, struct onr_error *err);
ONR_MUST_USE int onr_txn_recycle(struct onr_txn *t, struct onr_error *err);

bool onr_txn_is_open(const struct onr_txn *t);

/* What happened so far: for log lines. */
struct onr_txn_counts {
    uint64_t begun, committed, aborted, recycled, unclear;
    uint64_t records, bytes;
    uint64_t endtxn; /* requests on the wire */
};
void onr_txn_counts(const struct onr_txn *t, struct onr_txn_counts *ret);

/** High watermark of a partition: behind the last record of any transaction, decided or not. Errors: -ONR_EBROKER. */
ONR_MUST_USE int onr_txn_high(struct onr_txn *t, const char *topic, int32_t partition,
                              int timeout_ms, int64_t *ret_high, struct onr_error *err);

/** The librdkafka handle, for queries; valid until the next undo or recycle. */
rd_kafka_t *onr_txn_handle(const struct onr_txn *t);

#endif
