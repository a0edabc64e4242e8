/* common/line/lane_message.h - a Kafka message of a lane's topic <-> what the log says about it.
 *
 * A lane record travels as: value = Confluent frame + payload; header onr-leaf = the 152 bytes that are the leaf; header
 * onr-sig = the record's signature; key and ce_* = hints derived from the payload. A COMMIT travels as: header onr-type
 * "commit", null key, value = framed Avro Commit; header onr-note = signed note of the head. Opening a message only takes it
 * apart: whether leaf, payload, signature and lane fit together is common/stmtlog's to say. A verifier also calls
 * onr_lane_hints_check, because hints stand outside the signature and a wrong one would mislead whoever filters by it.
 */
#ifndef ONR_LINE_LANE_MESSAGE_H
#define ONR_LINE_LANE_MESSAGE_H

#include <stdint.h>

#include "common/event/codec.h"
#include "common/line/outcome.h"
#include "common/stmtlog/record_check.h"
#include "common/stream/message.h"

#define ONR_HEADER_LEAF    "onr-leaf"
#define ONR_HEADER_SIG     "onr-sig"
#define ONR_HEADER_TYPE    "onr-type"
#define ONR_HEADER_NOTE    "onr-note"
#define ONR_TYPE_COMMIT    "commit"
#define ONR_LANE_HEADERS   (2 + ONR_CE_HEADERS) /* at most, of a record */
#define ONR_COMMIT_HEADERS 2

/* A message taken apart. Spans borrow from the message. */
struct onr_lane_message {
    bool commit;   /* says it is a COMMIT */
    bool readable; /* its frame and, for a COMMIT, its Avro could be read */
    enum onr_check
        fault; /* why not, or what is wrong with its headers; ONR_CHECK_OK leaves the rest to record_check */
    struct onr_span leaf;            /* header, null when it is not there */
    struct onr_span sig;             /* header, null when it is not there */
    uint32_t schema_id;              /* of the frame */
    enum onr_record_type type;       /* of the schema that the frame names */
    struct onr_span payload;         /* Avro bytes without the frame */
    struct onr_commit_record record; /* COMMIT */
    struct onr_span note;            /* COMMIT: signed note, null if it has none */
};

/** Take a message apart. Never fails for the message's sake: see ret->fault. Errors: -ONR_ENOMEM. *ret is valid while the
 *  message and (for a COMMIT) the arena are. */
ONR_MUST_USE int onr_lane_message_open(struct onr_codec *codec, const struct onr_message *m,
                                       struct onr_arena *arena, struct onr_lane_message *ret,
                                       struct onr_error *err);

/** Does the frame, which is not signed, name the schema that the leaf was signed with? */
enum onr_check onr_lane_frame_check(const struct onr_codec *codec, const struct onr_lane_message *l,
                                    const struct onr_leaf *leaf);

/** For struct onr_record_expect.schema_ok with the codec as ctx: a known schema of results or of rejects. */
bool onr_lane_schema_ok(void *codec, enum onr_leaf_type type, const uint8_t fp[ONR_SHA256_LEN]);

/* A record's payload decoded. */
struct onr_lane_payload {
    bool rejected;
    struct onr_result result;    /* when not rejected */
    enum onr_reject_code reject; /* when rejected */
};

/** Decode the payload of a record. -ONR_EINPUT when it is neither result nor reject. Spans live as long as payload and arena. */
ONR_MUST_USE int onr_lane_payload_decode(struct onr_codec *codec, uint32_t schema_id,
                                         enum onr_record_type type, struct onr_span payload,
                                         struct onr_arena *arena, struct onr_lane_payload *ret,
                                         struct onr_error *err);

/** Compare a record's key and ce_* headers with those that its payload gives. -ONR_EVERIFY with what differs in the sentence,
 *  -ONR_ENOMEM. */
ONR_MUST_USE int onr_lane_hints_check(const struct onr_message *m, const struct onr_lane_payload *p,
                                      struct onr_arena *arena, struct onr_error *err);

/** Headers of a record to be produced: leaf, signature, ce_*. Returns how many (at most ONR_LANE_HEADERS). Borrows all. */
size_t onr_lane_record_headers(struct onr_span leaf, struct onr_span sig,
                               const struct onr_outcome *o, struct onr_kafka_header *ret);
/** Headers of a COMMIT; note may be null. Returns how many (at most ONR_COMMIT_HEADERS). Borrows note. */
size_t onr_lane_commit_headers(struct onr_span note, struct onr_kafka_header *ret);

#endif
