/* common/stream/kafka_error.h - what a Kafka error means for us.
 *
 * librdkafka knows three kinds (retriable, abortable, fatal) and asks to treat the rest as fatal. We add a fourth, fenced: some
 * other client has our id, which is fatal too but must end the program instead of starting a fight.
 */
#ifndef ONR_STREAM_KAFKA_ERROR_H
#define ONR_STREAM_KAFKA_ERROR_H

#include <librdkafka/rdkafka.h>

#include "common/base/error.h"

enum onr_kafka_class {
    ONR_KAFKA_OK,
    ONR_KAFKA_RETRY, /* the same call again */
    ONR_KAFKA_ABORT, /* abort the transaction; the producer lives */
    ONR_KAFKA_FATAL, /* the producer is done for: make a new one */
    ONR_KAFKA_FENCED, /* another client took our transactional.id or group.instance.id, or our transaction timed out */
    ONR_KAFKA_DENIED /* not authorised, or the request can never succeed: stop and say so */
};

/** Class of an error object; borrows, NULL is OK. */
enum onr_kafka_class onr_kafka_class_of(const rd_kafka_error_t *e);

/** Class of a bare code from a delivery report, a consumer or a query. */
enum onr_kafka_class onr_kafka_class_code(rd_kafka_resp_err_t e);

/** Record a failure: "what: librdkafka's text". Returns -ONR_EBROKER, -ONR_EFENCED, -ONR_ECONFIG (denied, no such topic),
 *  -ONR_ELIMIT (too large) or -ONR_ENOMEM. */
int onr_kafka_fail(struct onr_error *err, rd_kafka_resp_err_t e, const char *fmt, ...)
    ONR_PRINTF(3, 4);

/** The same for an error object; takes (destroys) e. */
int onr_kafka_fail_error(struct onr_error *err, rd_kafka_error_t *e, const char *fmt, ...)
    ONR_PRINTF(3, 4);

#endif
