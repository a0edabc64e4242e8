/* common/stream/reader.h - read ranges of topic partitions, without a group and without leaving a trace.
 *
 * One reader serves any number of ranges [from, to) at once, to their end or following for ever. Offsets are sparse
 * (transaction markers, aborted records), so the end is found by the position, not by counting.
 *
 * A read_committed reader sees committed records only and ends at the last stable offset; an `uncommitted` one sees all and
 * ends at the high watermark. One thread a reader.
 */
#ifndef ONR_STREAM_READER_H
#define ONR_STREAM_READER_H

#include "common/stream/conf.h"
#include "common/stream/message.h"

struct onr_reader;

ONR_MUST_USE int onr_reader_open(const struct onr_kafka *k, bool uncommitted,
                                 struct onr_reader **ret, struct onr_error *err);
/** The same for short looks at partitions: an answer without records is given at once, not after a wait that spares requests. */
ONR_MUST_USE int onr_reader_open_quick(const struct onr_kafka *k, bool uncommitted,
                                       struct onr_reader **ret, struct onr_error *err);
void onr_reader_close(struct onr_reader *r);

/** Number of partitions of a topic. Errors: -ONR_ENOTFOUND, -ONR_EBROKER. */
ONR_MUST_USE int onr_reader_partitions(struct onr_reader *r, const char *topic, int timeout_ms,
                                       int32_t *ret_n, struct onr_error *err);

/** First offset still there, and the end: last stable offset for a committed reader, high watermark for an uncommitted one. */
ONR_MUST_USE int onr_reader_bounds(struct onr_reader *r, const char *topic, int32_t partition,
                                   int timeout_ms, int64_t *ret_low, int64_t *ret_end,
                                   struct onr_error *err);

/** First offset whose timestamp is >= time_ms; the end of the partition when there is none. */
ONR_MUST_USE int onr_reader_offset_at(struct onr_reader *r, const char *topic, int32_t partition,
                                      int64_t time_ms, int timeout_ms, int64_t *ret_offset,
                                      struct onr_error *err);

#define ONR_RANGE_BEGIN  (-1) /* from: the first offset still there */
#define ONR_RANGE_NOW    (-2) /* to: the end as it is when the range is assigned */
#define ONR_RANGE_FOLLOW (-3) /* to: never; from: the end as it is now */

struct onr_topic_range {
    const char *topic; /* borrowed until the next assign */
    int32_t partition;
    int64_t from, to;
};

/** Read these ranges from now on (instead of earlier ones). A `from` that retention has overtaken is -ONR_ENOTFOUND
 *  when it is met, with both offsets in the sentence. */
ONR_MUST_USE int onr_reader_assign(struct onr_reader *r, const struct onr_topic_range *range,
                                   size_t n, struct onr_error *err);

enum onr_read {
    ONR_READ_END,     /* every range was read to its end */
    ONR_READ_MESSAGE, /* *ret_message holds one; valid until the next call */
    ONR_READ_WAIT     /* nothing came in time, or the end of a followed partition was reached */
};

/** Next record of any range, in order within a partition. Returns enum onr_read, or -ONR_EBROKER, -ONR_ENOTFOUND (topic or
 *  offset gone), -ONR_ECONFIG (not authorised), -ONR_EVERIFY (checksum). */
ONR_MUST_USE int onr_reader_next(struct onr_reader *r, int timeout_ms,
                                 const struct onr_message **ret_message, struct onr_error *err);

/** Offset behind everything read of range i so far: markers and invisible records included once its end was seen. */
int64_t onr_reader_position(const struct onr_reader *r, size_t i);
/** True when range i has nothing more right now (end seen, or `to` reached). */
bool onr_reader_caught_up(const struct onr_reader *r, size_t i);

/** The librdkafka handle, for queries. */
rd_kafka_t *onr_reader_handle(const struct onr_reader *r);

#endif
