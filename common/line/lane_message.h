/* common/line/lane_message.h - a Kafka message of a lane's topic <-> what the log says about it.
 *
 * A lane record travels as: value = Confluent frame + payload; header onr-leaf = the 152 bytes that are the leaf; header
 * onr-sig = the record's signature; key and ce_* = hints derived from the payload. A COMMIT travels as: header onr-type
 * "commit", null key, value = framed Avro Commit; header onr-note = signed note of the head. Opening a message only takes it apart:
 * whether leaf, payload, signature and lane fit together is common/stmtlog's to say. A verifier also calls
 * onr_lane_hints_check, because hints stand outside the signature and a wrong one would mislead whoever filters by it.
 */
#ifndef ONR_LINE_LANE_MESSAGE_H
#define ONR_LINE_LANE_MESSAGE_H

#include <stdint.h>

#include "common/event/codec.h"
#include "common/line/outcome.h"
#include "common/stream/message.h"

#define ONR_HEADER_LEAF    "onr-leaf"
#define ONR_HEADER_SIG     "onr-sig"
#define ONR_HEADER_TYPE    "onr-type"
#define ONR_HEADER_NOTE    "onr-note"
#define ONR_TYPE_COMMIT    "commit"
#define ONR_LANE_HEADERS   (2 + ONR_CE_HEADERS) /* at most, of a record */
#define ONR_COMMIT_HEADERS 2

/* Headers of the dead letter in `rejects`, beside the original ones. */
#define ONR_HEADER_REASON    "onr-reason"
#define ONR_HEADER_TOPIC     "onr-topic"
#define ONR_HEADER_PARTITION "onr-partition"
#define ONR_HEADER_OFFSET    "onr-offset"
#define ONR_HEADER_SEQ       "onr-seq"

enum onr_lane_kind {
    ONR_LANE_RECORD, /* has leaf and signature, in the right lengths */
    ONR_LANE_COMMIT, /* a COMMIT that could be decoded */
    ONR_LANE_FOREIGN /* anything else: `why` says what is wrong with it */
};

/* Why a message is foreign: stable words for log lines and reports. */
enum onr_lane_fault {
    ONR_FAULT_NONE,
    ONR_FAULT_STRIPPED,   /* "stripped": no onr-leaf or no onr-sig header */
    ONR_FAULT_HEADERS,    /* "headers": one of ours twice, or of a wrong length */
    ONR_FAULT_FRAME,      /* "frame": no Confluent frame, or an unknown schema id */
    ONR_FAULT_COMMIT,     /* "commit": says it is a COMMIT and is none */
    ONR_FAULT_DOWNGRADED, /* "downgraded": another version or algorithm than this program verifies */
    ONR_FAULT_LEAF, /* "leaf": fields of the leaf contradict each other, the lane or the payload */
    ONR_FAULT_SCHEMA, /* "schema": written with a schema that is not allowed */
    ONR_FAULT_UNKNOWN_KEY, /* "unknown-key": nobody the trust file knows, or not for this lane, or revoked */
    ONR_FAULT_FORGED, /* "forged": the signature is not the key's */
    ONR_FAULT_HINTS,  /* "hints": key or ce_* headers are not those of the payload */
    ONR_FAULTS
};
const char *onr_lane_fault_name(enum onr_lane_fault f);
/** What it means, for people: "its Ed25519 signature does not verify". */
const char *onr_lane_fault_sentence(enum onr_lane_fault f);

/* A message taken apart. Spans borrow from the message. */
struct onr_lane_message {
    enum onr_lane_kind kind;
    enum onr_lane_fault fault; /* of a foreign one */
    int64_t offset;
    struct onr_span leaf;            /* RECORD: 152 bytes */
    struct onr_span sig;             /* RECORD: 76 bytes */
    uint32_t schema_id;              /* RECORD */
    enum onr_record_type type;       /* RECORD: of the schema that its frame names */
    struct onr_span payload;         /* RECORD: Avro bytes without the frame */
    struct onr_commit_record commit; /* COMMIT */
    struct onr_span note;            /* COMMIT: signed note, null if it has none */
};

/** Take a message apart. Never fails for the message's sake: what is no lane record is ONR_LANE_FOREIGN. Errors: -ONR_ENOMEM.
 *  *ret is valid while the message and (for a COMMIT) the arena are. */
ONR_MUST_USE int onr_lane_message_open(const struct onr_codec *codec, const struct onr_message *m,
                                       struct onr_arena *arena, struct onr_lane_message *ret,
                                       struct onr_error *err);

/* A record's payload decoded. */
struct onr_lane_payload {
    enum onr_record_type type;   /* ONR_REC_RESULT or ONR_REC_REJECT */
    struct onr_result result;    /* RESULT */
    enum onr_reject_code reject; /* REJECT */
};
/** Decode the payload of a record. -ONR_EINPUT when it is neither result nor reject. Spans live as long as message and arena. */
ONR_MUST_USE int onr_lane_payload_decode(struct onr_codec *codec, const struct onr_lane_message *l,
                                         struct onr_arena *arena, struct onr_lane_payload *ret,
                                         struct onr_error *err);

/** Compare the message's key and ce_* headers with those its payload gives. -ONR_EVERIFY with what differs in the sentence;
 *  -ONR_ENOMEM. */
ONR_MUST_USE int onr_lane_hints_check(const struct onr_message *m, const struct onr_lane_payload *p,
                                      struct onr_arena *arena, struct onr_error *err);

/** Headers of a record to be produced: leaf, signature, ce_*. Returns how many (at most ONR_LANE_HEADERS). Borrows all. */
size_t onr_lane_record_headers(struct onr_span leaf, struct onr_span sig,
                               const struct onr_outcome *o, struct onr_kafka_header *ret);
/** Headers of a COMMIT; note may be null. Returns how many (at most ONR_COMMIT_HEADERS). Borrows note. */
size_t onr_commit_headers(struct onr_span note, struct onr_kafka_header *ret);

#endif
