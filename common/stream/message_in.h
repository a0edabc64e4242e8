/* common/stream/message_in.h - librdkafka's message seen as ours; inside common/stream only.
 */
#ifndef ONR_STREAM_MESSAGE_IN_H
#define ONR_STREAM_MESSAGE_IN_H

#include <librdkafka/rdkafka.h>

#include "common/stream/message.h"

/** Fill *ret; it borrows from k. Without `headers` they are left for onr_message_load_headers. */
void onr_message_in(const rd_kafka_message_t *k, bool headers, struct onr_message *ret);

#endif
