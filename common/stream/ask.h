/* common/stream/ask.h - what a client asks brokers besides records: partitions, bounds, offsets by time.
 *
 * Questions are repeated until they are answered or the time is up. They end early when the program is to stop (-ONR_ESTOP) and when
 * the brokers do not let the client in (-ONR_ECONFIG). The client's opaque is that of struct onr_client_spec (conf.h).
 */
#ifndef ONR_STREAM_ASK_H
#define ONR_STREAM_ASK_H

#include "common/stream/conf.h"

/** Number of partitions of a topic; also warms the client's metadata up. One question of up to timeout_ms.
 *  Errors: -ONR_ENOTFOUND (no such topic), -ONR_EBROKER, -ONR_ECONFIG. */
ONR_MUST_USE int onr_client_partitions(rd_kafka_t *rk, const char *topic, int timeout_ms,
                                       int32_t *ret_n, struct onr_error *err);

/** First offset that is kept and the end (of what is decided, for clients that read committed records) of a partition. Unlike
 *  rd_kafka_query_watermark_offsets of 2.0.2 (#4460) it comes back when the time is up.
 *  Errors: -ONR_EBROKER, -ONR_ENOTFOUND (no such partition), -ONR_ECONFIG, -ONR_ESTOP. */
ONR_MUST_USE int onr_client_bounds(rd_kafka_t *rk, const char *topic, int32_t partition,
                                   int timeout_ms, int64_t *ret_low, int64_t *ret_end,
                                   struct onr_error *err);

/** First offset whose timestamp is >= time_ms; the end of the partition when there is none. Errors as above. */
ONR_MUST_USE int onr_client_offset_at(rd_kafka_t *rk, const char *topic, int32_t partition,
                                      int64_t time_ms, int timeout_ms, int64_t *ret,
                                      struct onr_error *err);

#endif
