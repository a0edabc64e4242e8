/* common/stream/message.h - one Kafka record as spans, on its way in or out.
 */
#ifndef ONR_STREAM_MESSAGE_H
#define ONR_STREAM_MESSAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/span.h"

#define ONR_MESSAGE_HEADERS                                                                        \
    64 /* headers kept of one record; records with more are refused by whoever needs them all */

struct onr_kafka_header {
    const char *name;
    struct onr_span value; /* ptr NULL = null */
};

struct onr_message {
    const char *topic;
    int32_t partition;
    int64_t offset;
    int64_t timestamp_ms; /* -1 = none */
    struct onr_span key;  /* ptr NULL = null */
    struct onr_span value;
    size_t
        n_headers; /* may be larger than ONR_MESSAGE_HEADERS: then only the first ones are here */
    struct onr_kafka_header header[ONR_MESSAGE_HEADERS];
    const void
        *raw; /* librdkafka's message, for onr_message_load_headers; NULL = the headers are here */
};

/** A group worker hands records out without their headers, which few of them need: load them now. Borrows from m. */
void onr_message_load_headers(const struct onr_message *m, size_t *ret_n,
                              struct onr_kafka_header ret[ONR_MESSAGE_HEADERS]);

/** Value of the last header of that name; null span when there is none. *ret_n (may be NULL) is how many there are. */
struct onr_span onr_message_header(const struct onr_message *m, const char *name, size_t *ret_n);

#endif
