/* common/event/codec_impl.h - the inside of struct onr_codec, for the codec's own files. */
#ifndef ONR_EVENT_CODEC_IMPL_H
#define ONR_EVENT_CODEC_IMPL_H

#include <avro.h>

#include "common/event/avro_walk.h"
#include "common/event/codec.h"

#define ONR_SCHEMAS_MAX 256 /* writer schemas known at once: versions of five types */

/* One writer schema. */
struct onr_codec_schema {
    uint32_t id;
    enum onr_record_type type;
    uint8_t fp[32];
    struct onr_avro_program *prog;
};

/* What encoding needs for one record type: Avro C's class, and one value that is used again and again. */
struct onr_codec_writer {
    avro_value_iface_t *class;
    avro_value_t value;
    size_t schema; /* index of the built-in schema */
};

struct onr_codec {
    size_t n_schemas;
    struct onr_codec_schema schema[ONR_SCHEMAS_MAX];
    struct onr_codec_writer writer[ONR_REC_TYPES];
    avro_writer_t out;
};

/** Avro C's class and value for a built-in schema, its fields checked against the table of the type. */
ONR_MUST_USE int onr_codec_writer_init(struct onr_codec_writer *w, enum onr_record_type type,
                                       struct onr_span json, struct onr_error *err);
void onr_codec_writer_release(struct onr_codec_writer *w);

/** Semantic rules that stand between the fields; used before encoding and after decoding. -ONR_EINPUT: reject "fields". */
ONR_MUST_USE int onr_article_check(const struct onr_article *a, struct onr_error *err);
ONR_MUST_USE int onr_statement_check(const struct onr_statement *s, struct onr_error *err);
ONR_MUST_USE int onr_result_check(const struct onr_result *r, struct onr_error *err);

#endif
