/* common/line/dead_letter.h - the record in `rejects` that goes with a reject: the input as it came, and where it came from.
 *
 * An input may be larger than a producer can send: brokers count compressed batches, producers count plain bytes. Then the
 * letter goes out without its largest part, and a header says how large that was; the whole input still stands in `statements`,
 * and the signed reject holds its hash. What is left out depends on the input's bytes only.
 */
#ifndef ONR_LINE_DEAD_LETTER_H
#define ONR_LINE_DEAD_LETTER_H

#include "common/base/limits.h"
#include "common/event/codec.h"
#include "common/stream/message.h"

/* Headers, beside the original ones; numbers in decimal. */
#define ONR_HEADER_REASON      "onr-reason"      /* onr_reject_name */
#define ONR_HEADER_TOPIC       "onr-topic"       /* input topic */
#define ONR_HEADER_PARTITION   "onr-partition"   /* of the input */
#define ONR_HEADER_OFFSET      "onr-offset"      /* in the input */
#define ONR_HEADER_SEQ         "onr-seq"         /* in the lane */
#define ONR_HEADER_VALUE_CUT   "onr-value-cut"   /* bytes of the value, which is null here */
#define ONR_HEADER_KEY_CUT     "onr-key-cut"     /* bytes of the key, which is null here */
#define ONR_HEADER_HEADERS_CUT "onr-headers-cut" /* original headers that are left out */

#define ONR_LETTER_HEADERS 12 /* ours, at most */
/* Key, value and headers together: what a producer with ONR_REJECT_MESSAGE_MAX sends whatever the protocol adds. */
#define ONR_LETTER_MAX (ONR_REJECT_MESSAGE_MAX - 4096)
/* A part that was left out was the largest of three, and they did not fit together. */
#define ONR_LETTER_CUT_MIN (ONR_LETTER_MAX / 4)

struct onr_dead_letter {
    struct onr_span key, value;
    size_t n_headers;
    struct onr_kafka_header header[ONR_MESSAGE_HEADERS];
    char number[ONR_LETTER_HEADERS][24]; /* private: texts of headers */
};

/** The letter of input m, rejected for `code` at position seq of its lane. Borrows from m; *ret must not move. */
void onr_dead_letter_make(const struct onr_message *m, enum onr_reject_code code, uint64_t seq,
                          struct onr_dead_letter *ret);

/** True when this letter says that its key or value was left out, and that was large enough to have to be. */
bool onr_dead_letter_cut(const struct onr_message *letter);

#endif
