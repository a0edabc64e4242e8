/* common/line/config_hash.c - one hash of all that decides the answer (config_hash.h). */
#include "common/line/config_hash.h"

#include "common/base/sha256.h"
#include "common/stmtlog/commit.h"

#define TEXT_OF(x)  #x
#define LIMIT(name) #name "=" TEXT_OF(name) "\n"

/* Each limit whose excess makes a REJECT, and the walker's rules. A change here is a change of the answer for some input. */
static const char manifest[] = "onrecord limits v1\n" /* order and spelling are hashed */
    LIMIT(ONR_ARTICLE_MAX) LIMIT(ONR_HEADLINE_MAX) LIMIT(ONR_NAME_MAX) LIMIT(ONR_URL_MAX)
        LIMIT(ONR_DATE_MAX) LIMIT(ONR_STATEMENT_MAX) LIMIT(ONR_WINDOW_MAX) LIMIT(ONR_STATEMENTS_MAX)
            LIMIT(ONR_CAST_MAX) LIMIT(ONR_CAST_BYTES) LIMIT(ONR_CAST_MENTIONS)
                LIMIT(ONR_ATTRIBUTIONS_MAX) LIMIT(ONR_CONTENT_PARTS_MAX)
                    LIMIT(ONR_STATEMENT_RECORD_MAX) LIMIT(ONR_RESULT_RECORD_MAX)
                        LIMIT(ONR_AVRO_DEPTH) LIMIT(ONR_AVRO_ITEMS) LIMIT(ONR_MESSAGE_MAX);

void
onr_line_config_hash(const struct onr_codec *codec, const struct onr_model *model,
                     const struct onr_register *people, uint8_t ret[32])
{
    static const enum onr_record_type written[] = { ONR_REC_RESULT, ONR_REC_REJECT };
    uint8_t schema_fp[sizeof written / sizeof written[0]][ONR_SHA256_LEN];
    uint8_t model_fp[ONR_SHA256_LEN], people_fp[ONR_SHA256_LEN], limits[ONR_SHA256_LEN];

    for (size_t i = 0; i < sizeof written / sizeof written[0]; i++)
        memcpy(schema_fp[i], onr_codec_schema_fp(codec, written[i]), ONR_SHA256_LEN);
    if (model)
        memcpy(model_fp, onr_model_fingerprint(model), sizeof model_fp);
    else
        onr_sha256("noop", 4, model_fp);
    onr_register_fingerprint(people, people_fp);
    onr_sha256(manifest, sizeof manifest - 1, limits);
    onr_config_hash(model_fp, people_fp, limits, (const uint8_t(*)[ONR_SHA256_LEN]) schema_fp,
                    sizeof written / sizeof written[0], ret);
}
