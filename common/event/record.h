/* common/event/record.h - the records of the line as C structs, field by field as in schemas/.
 *
 * Every span borrows: from the bytes a record was decoded from, from an arena, or from the article it was cut from.
 * A zeroed struct is an empty record; text fields that are not known are empty spans, never invented. Offsets are bytes
 * into the body unless the name says cp (Unicode code points); ranges are half open. How these structs become Avro
 * bytes and back is in codec.h.
 */
#ifndef ONR_EVENT_RECORD_H
#define ONR_EVENT_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/limits.h"
#include "common/base/span.h"

/* Order is the order of the symbols in the schemas: append only. */
enum onr_state { ONR_PUBLISHED, ONR_CORRECTED, ONR_WITHDRAWN };
enum onr_quoted { ONR_QUOTED_NONE, ONR_QUOTED_PART, ONR_QUOTED_WHOLE };
enum onr_kind { ONR_DIRECT, ONR_MIXED, ONR_INDIRECT, ONR_NARRATION };
enum onr_act { ONR_SAID, ONR_BELIEVED, ONR_INTENDED };
enum onr_stance { ONR_SUPPORT, ONR_OPPOSE, ONR_NEUTRAL };
enum onr_speaker_type { ONR_PERSON, ONR_GROUP, ONR_ORGANISATION, ONR_UNNAMED, ONR_AUTHOR };
/* How a source mention was resolved to a name. */
enum onr_how {
    ONR_HOW_NAMED,     /* the full name stands in the mention */
    ONR_HOW_LAST_NAME, /* part of a name that the cast completes */
    ONR_HOW_ROLE,      /* "the Pentagon chief" */
    ONR_HOW_PRONOUN,
    ONR_HOW_CARRIED,  /* from the statement before */
    ONR_HOW_REGISTER, /* the newsroom's own register of people */
    ONR_HOW_NOBODY    /* abstained, unnamed, or the author */
};

const char *onr_state_name(enum onr_state v);
const char *onr_quoted_name(enum onr_quoted v);
const char *onr_kind_name(enum onr_kind v);
const char *onr_act_name(enum onr_act v);
const char *onr_stance_name(enum onr_stance v);
const char *onr_speaker_type_name(enum onr_speaker_type v);
const char *onr_how_name(enum onr_how v);

/* One version of one article. */
struct onr_article {
    struct onr_span
        id; /* its URI (or the id its source gave it), else "sha256:" + hex of the body's hash */
    int64_t version; /* from 1 */
    enum onr_state state;
    struct onr_span headline;
    struct onr_span outlet;
    struct onr_span url;
    struct onr_span published; /* ISO 8601 date or date-time as given, "" if unknown */
    struct onr_span language;  /* BCP 47, "en" unless the source says otherwise */
    uint8_t body_sha256[32];
    int64_t body_bytes;
    int32_t statements;      /* number of statements; 0 for a withdrawal */
    uint8_t splitter_fp[32]; /* fingerprint of the splitter's rules */
};

struct onr_cast_entry {
    struct onr_span name;       /* fullest form found */
    struct onr_span role;       /* "Defense Secretary", "" if none */
    enum onr_speaker_type type; /* person, group or organisation */
    size_t n_mentions;
    uint32_t mention
        [ONR_CAST_MENTIONS]; /* byte offsets into the body where it is named; none if only in the headline */
};

struct onr_statement {
    struct onr_article article;
    int32_t
        index; /* 0 .. article.statements - 1; a withdrawal is one record with index 0 and count 0 */
    uint32_t begin, end;       /* bytes into the body */
    uint32_t cp_begin, cp_end; /* the same in code points */
    enum onr_quoted quoted;
    struct onr_span text; /* end - begin bytes */
    struct onr_span
        window; /* text of the window, whole statements; the statement stands at begin - window_begin */
    uint32_t window_begin; /* bytes into the body */
    uint32_t window_cp_begin;
    size_t n_cast;
    const struct onr_cast_entry *cast;
};

struct onr_text_span {
    uint32_t begin, end; /* bytes into the body */
    struct onr_span text;
};

struct onr_attribution {
    struct {
        struct onr_span name; /* "" where the model abstains */
        enum onr_speaker_type type;
        bool has_mention;
        struct onr_text_span mention;
        enum onr_how how;
        struct onr_span external_id; /* from the newsroom's register, else "" */
    } speaker;
    enum onr_act act;
    bool has_cue;
    struct onr_text_span cue;
    size_t n_content;
    const struct onr_text_span *content;
    bool has_target;
    struct {
        struct onr_span name; /* resolved name or the span's own text */
        bool has_span;
        struct onr_text_span span;
    } target;
    enum onr_stance stance;
    /* thousandths, 0 to 1000 */
    int16_t conf_speaker, conf_content, conf_target, conf_stance;
    struct onr_span reason; /* why it abstains and between whom; "" if it does not */
};

struct onr_result {
    struct onr_article article; /* as in the statement, splitter_fp included */
    int32_t index;
    uint32_t begin, end, cp_begin, cp_end;
    struct onr_span text;
    uint8_t text_sha256[32];
    enum onr_kind kind;
    struct onr_span reason; /* why nothing was tried ("language", "withdrawn"), else "" */
    size_t n_attributions;
    const struct onr_attribution *attributions; /* outermost first */
};

/* Why an input record cannot be processed: depends on its bytes only. Append only; the sentence of each is fixed. */
enum onr_reject_code {
    ONR_REJECT_EMPTY, /* null or empty value */
    ONR_REJECT_FRAME, /* no Confluent frame */
    ONR_REJECT_AVRO, /* not what the schema says: truncated, trailing bytes, bad enum or union, overlong varint */
    ONR_REJECT_UTF8,  /* a string that is not UTF-8, or holds NUL */
    ONR_REJECT_LIMIT, /* larger than a limit of limits.h */
    ONR_REJECT_FIELDS, /* well formed but contradictory: hash of text, offsets, index and count do not fit */
    ONR_REJECT_SCHEMA, /* a known schema of another record type */
    ONR_REJECT_OUTPUT, /* its result would be larger than a message may be */
    ONR_REJECT_CODES
};

/** Stable code ("frame") and fixed sentence of a reject. */
const char *onr_reject_name(enum onr_reject_code code);
const char *onr_reject_sentence(enum onr_reject_code code);

#endif
