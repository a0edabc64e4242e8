/* common/event/codec.h - records <-> Avro bytes, and the frame they travel in.
 *
 * Encoding: Avro C's generic values over the schemas of schemas/, compiled into the program.
 * Decoding: our own bounds-checked walker (avro_walk.h) checks the bytes by the writer's schema and fills the struct by
 * field name in the same pass, defaults included. Avro C 1.11.1 is unsafe on hostile bytes and cannot fill in defaults;
 * the tests hold both against each other.
 *
 * Not thread-safe: Debian's Avro C keeps its error text in a global. One thread a process touches a codec.
 */
#ifndef ONR_EVENT_CODEC_H
#define ONR_EVENT_CODEC_H

#include "common/base/arena.h"
#include "common/base/buf.h"
#include "common/event/record.h"

enum onr_record_type {
    ONR_REC_ARTICLE,
    ONR_REC_STATEMENT,
    ONR_REC_RESULT,
    ONR_REC_REJECT,
    ONR_REC_COMMIT,
    ONR_REC_TYPES
};

/* Confluent frame: 0x00, schema id (4 bytes, big-endian), Avro bytes. */
#define ONR_FRAME_LEN 5

struct onr_codec;

/** New codec over the built-in schemas and their built-in ids (schemas/registry.tsv). Returns owned; free with
 *  onr_codec_free. Errors: -ONR_ENOMEM, -ONR_ECONFIG (a schema that does not parse). */
ONR_MUST_USE int onr_codec_new(struct onr_codec **ret_codec, struct onr_error *err);
void onr_codec_free(struct onr_codec *c);

/** Let a further writer schema be read (an older or newer version, from a file or a registry): id and JSON text. */
ONR_MUST_USE int onr_codec_add_schema(struct onr_codec *c, uint32_t id, struct onr_span json,
                                      struct onr_error *err);

/** Id written into frames, canonical-form SHA-256 and full name of the schema that encoding uses for this type. */
uint32_t onr_codec_schema_id(const struct onr_codec *c, enum onr_record_type type);
const uint8_t *onr_codec_schema_fp(const struct onr_codec *c, enum onr_record_type type);
/** True when fp is the canonical-form SHA-256 of a known schema of this type. */
bool onr_codec_knows_fp(const struct onr_codec *c, enum onr_record_type type, const uint8_t fp[32]);

/** Split a message into schema id and payload. `*ret_type` is that schema's record type.
 *  -ONR_EINPUT: not a frame (reject "frame"); -ONR_ENOTFOUND: unknown id (pause and alarm, never a reject). */
ONR_MUST_USE int onr_frame_open(const struct onr_codec *c, struct onr_span message,
                                uint32_t *ret_id, enum onr_record_type *ret_type,
                                struct onr_span *ret_payload, struct onr_error *err);

/* Encoders append to out: frame first when `framed`. Same struct, same bytes. -ONR_ELIMIT when out is full. */
ONR_MUST_USE int onr_article_encode(struct onr_codec *c, const struct onr_article *a, bool framed,
                                    struct onr_buf *out, struct onr_error *err);
ONR_MUST_USE int onr_statement_encode(struct onr_codec *c, const struct onr_statement *s,
                                      bool framed, struct onr_buf *out, struct onr_error *err);
ONR_MUST_USE int onr_result_encode(struct onr_codec *c, const struct onr_result *r, bool framed,
                                   struct onr_buf *out, struct onr_error *err);
ONR_MUST_USE int onr_reject_encode(struct onr_codec *c, enum onr_reject_code code, bool framed,
                                   struct onr_buf *out, struct onr_error *err);

/* The COMMIT of a lane as Avro {bytes body; bytes signature; array<fixed 32> frontier}; what the bytes mean is stmtlog's. */
struct onr_commit_record {
    struct onr_span body;      /* 256 bytes */
    struct onr_span signature; /* 64 bytes */
    size_t n_frontier;         /* at most 64 */
    uint8_t frontier[64][32];
};
ONR_MUST_USE int onr_commit_record_encode(struct onr_codec *c, const struct onr_commit_record *r,
                                          bool framed, struct onr_buf *out, struct onr_error *err);

/* An arena of this maximum holds the lists of any record within the limits, however they are cut into blocks: with a
 * smaller one a record that is neither decoded nor rejected could block a lane. */
#define ONR_DECODE_ARENA_MAX (256 * 1024)

/* Decoders take the payload without its frame and the writer's schema id. Spans in the result borrow from `payload` or
 * `arena`: valid until either goes. On failure -ONR_EINPUT or -ONR_ELIMIT with *ret_reject (may be NULL) saying which reject
 * it is; -ONR_ENOMEM and -ONR_ENOTFOUND (unknown id) are never one. *ret is not touched on failure. */
ONR_MUST_USE int onr_article_decode(struct onr_codec *c, uint32_t id, struct onr_span payload,
                                    struct onr_arena *arena, struct onr_article *ret,
                                    enum onr_reject_code *ret_reject, struct onr_error *err);
ONR_MUST_USE int onr_statement_decode(struct onr_codec *c, uint32_t id, struct onr_span payload,
                                      struct onr_arena *arena, struct onr_statement *ret,
                                      enum onr_reject_code *ret_reject, struct onr_error *err);
ONR_MUST_USE int onr_result_decode(struct onr_codec *c, uint32_t id, struct onr_span payload,
                                   struct onr_arena *arena, struct onr_result *ret,
                                   enum onr_reject_code *ret_reject, struct onr_error *err);
ONR_MUST_USE int onr_reject_decode(struct onr_codec *c, uint32_t id, struct onr_span payload,
                                   enum onr_reject_code *ret_code, struct onr_error *err);
ONR_MUST_USE int onr_commit_record_decode(struct onr_codec *c, uint32_t id, struct onr_span payload,
                                          struct onr_arena *arena, struct onr_commit_record *ret,
                                          struct onr_error *err);

/* Kafka keys and CloudEvents 1.0 headers (Kafka binding, binary mode): derived from a record's content alone, so that a
 * verifier can recompute and compare them (they are outside the signature). The key of statements and results is the
 * article id, so that an article stays on one partition, in order. A reject and a COMMIT say nothing of an article: they
 * have neither. */
#define ONR_CE_HEADERS 6 /* content-type, ce_specversion, ce_type, ce_source, ce_id, ce_subject */
struct onr_header {
    const char *name;
    struct onr_span value;
};
/** Fill ret[0..ONR_CE_HEADERS); values borrow from the record or live in the arena. Errors: -ONR_ENOMEM. */
ONR_MUST_USE int onr_result_headers(const struct onr_result *r, struct onr_arena *arena,
                                    struct onr_header ret[ONR_CE_HEADERS], struct onr_error *err);
ONR_MUST_USE int onr_statement_headers(const struct onr_statement *s, struct onr_arena *arena,
                                       struct onr_header ret[ONR_CE_HEADERS],
                                       struct onr_error *err);
ONR_MUST_USE int onr_article_headers(const struct onr_article *a, struct onr_arena *arena,
                                     struct onr_header ret[ONR_CE_HEADERS], struct onr_error *err);

/** Key in the articles topic, which is compacted by id and version: id, newline, version. Lives in the arena; null
 *  without memory. */
struct onr_span onr_article_key(const struct onr_article *a, struct onr_arena *arena);

#endif
