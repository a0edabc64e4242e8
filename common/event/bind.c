/* common/event/bind.c - the tables, nothing else. See bind.h. */
#include "common/event/bind.h"

#define NS "org.onrecord.v1."

#define AT(type, member) offsetof(struct type, member)
#define COUNT(table)     (sizeof(table) / sizeof(table)[0])

#define SYMBOLS(name)                                                                              \
    static const char *name##_symbol(int v)                                                        \
    {                                                                                              \
        return onr_##name##_name((enum onr_##name) v);                                             \
    }
SYMBOLS(state)
SYMBOLS(quoted)
SYMBOLS(kind)
SYMBOLS(act)
SYMBOLS(stance)
SYMBOLS(speaker_type)
SYMBOLS(how)

static const char *
reject_symbol(int v)
{
    return onr_reject_name((enum onr_reject_code) v);
}

_Static_assert(sizeof(enum onr_state) == sizeof(int), "enums are stored as int");

#define BODY_OFFSET ONR_ARTICLE_MAX /* places in a body; the byte after its last one included */

#define TEXT(f, at, limit)                                                                         \
    {                                                                                              \
        .name = f, .kind = ONR_BIND_TEXT, .offset = at, .max = limit                               \
    }
#define MUST_TEXT(f, at, limit)                                                                    \
    {                                                                                              \
        .name = f, .kind = ONR_BIND_TEXT, .required = true, .offset = at, .max = limit             \
    }
#define MUST_INT(f, bits, at, limit)                                                               \
    {                                                                                              \
        .name = f, .kind = ONR_BIND_##bits, .required = true, .offset = at, .max = limit           \
    }
#define MUST_SHA256(f, at)                                                                         \
    {                                                                                              \
        .name = f, .kind = ONR_BIND_SHA256, .required = true, .offset = at                         \
    }
#define MUST_ENUM(f, at, fn)                                                                       \
    {                                                                                              \
        .name = f, .kind = ONR_BIND_ENUM, .required = true, .offset = at, .symbol = fn             \
    }
#define MUST_RECORD(f, at, of)                                                                     \
    {                                                                                              \
        .name = f, .kind = ONR_BIND_RECORD, .required = true, .offset = at, .record = of           \
    }
#define OPTIONAL(f, has, at, of)                                                                   \
    {                                                                                              \
        .name = f, .kind = ONR_BIND_OPTIONAL, .offset = at, .flag = has, .record = of              \
    }

static const struct onr_bind article_fields[] = {
    MUST_TEXT("id", AT(onr_article, id), ONR_URL_MAX),
    MUST_INT("version", I64, AT(onr_article, version), INT64_MAX),
    MUST_ENUM("state", AT(onr_article, state), state_symbol),
    TEXT("headline", AT(onr_article, headline), ONR_HEADLINE_MAX),
    TEXT("outlet", AT(onr_article, outlet), ONR_NAME_MAX),
    TEXT("url", AT(onr_article, url), ONR_URL_MAX),
    TEXT("published", AT(onr_article, published), ONR_DATE_MAX),
    { .name = "language",
      .kind = ONR_BIND_TEXT,
      .offset = AT(onr_article, language),
      .max = ONR_NAME_MAX,
      .fallback = "en" },
    MUST_SHA256("body_sha256", AT(onr_article, body_sha256)),
    MUST_INT("body_bytes", I64, AT(onr_article, body_bytes), ONR_ARTICLE_MAX),
    MUST_INT("statements", I32, AT(onr_article, statements), ONR_STATEMENTS_MAX),
    MUST_SHA256("splitter_fp", AT(onr_article, splitter_fp)),
};
static const struct onr_bind_record article = { NS "Article", COUNT(article_fields), article_fields,
                                                sizeof(struct onr_article) };

static const struct onr_bind offset_item = { .name = "item",
                                             .kind = ONR_BIND_U32,
                                             .max = BODY_OFFSET };
static const struct onr_bind cast_fields[] = {
    MUST_TEXT("name", AT(onr_cast_entry, name), ONR_NAME_MAX),
    TEXT("role", AT(onr_cast_entry, role), ONR_NAME_MAX),
    MUST_ENUM("type", AT(onr_cast_entry, type), speaker_type_symbol),
    { .name = "mentions",
      .kind = ONR_BIND_INLINE,
      .offset = AT(onr_cast_entry, mention),
      .flag = AT(onr_cast_entry, n_mentions),
      .max = ONR_CAST_MENTIONS,
      .item = &offset_item,
      .item_size = sizeof(uint32_t) },
};
static const struct onr_bind_record cast_entry = { NS "CastEntry", COUNT(cast_fields), cast_fields,
                                                   sizeof(struct onr_cast_entry) };

static const struct onr_bind statement_fields[] = {
    MUST_RECORD("article", AT(onr_statement, article), &article),
    MUST_INT("index", I32, AT(onr_statement, index), ONR_STATEMENTS_MAX),
    MUST_INT("begin", U32, AT(onr_statement, begin), BODY_OFFSET),
    MUST_INT("end", U32, AT(onr_statement, end), BODY_OFFSET),
    MUST_INT("cp_begin", U32, AT(onr_statement, cp_begin), BODY_OFFSET),
    MUST_INT("cp_end", U32, AT(onr_statement, cp_end), BODY_OFFSET),
    MUST_ENUM("quoted", AT(onr_statement, quoted), quoted_symbol),
    MUST_TEXT("text", AT(onr_statement, text), ONR_STATEMENT_MAX),
    MUST_TEXT("window", AT(onr_statement, window), ONR_WINDOW_MAX),
    MUST_INT("window_begin", U32, AT(onr_statement, window_begin), BODY_OFFSET),
    MUST_INT("window_cp_begin", U32, AT(onr_statement, window_cp_begin), BODY_OFFSET),
    { .name = "cast",
      .kind = ONR_BIND_LIST,
      .offset = AT(onr_statement, cast),
      .flag = AT(onr_statement, n_cast),
      .max = ONR_CAST_MAX,
      .record = &cast_entry,
      .item_size = sizeof(struct onr_cast_entry) },
};
static const struct onr_bind_record statement = { NS "Statement", COUNT(statement_fields),
                                                  statement_fields, sizeof(struct onr_statement) };

static const struct onr_bind span_fields[] = {
    MUST_INT("begin", U32, AT(onr_text_span, begin), BODY_OFFSET),
    MUST_INT("end", U32, AT(onr_text_span, end), BODY_OFFSET),
    MUST_TEXT("text", AT(onr_text_span, text), ONR_WINDOW_MAX),
};
static const struct onr_bind_record text_span = { NS "TextSpan", COUNT(span_fields), span_fields,
                                                  sizeof(struct onr_text_span) };

static const struct onr_bind speaker_fields[] = {
    MUST_TEXT("name", AT(onr_attribution, speaker.name), ONR_NAME_MAX),
    MUST_ENUM("type", AT(onr_attribution, speaker.type), speaker_type_symbol),
    OPTIONAL("mention", AT(onr_attribution, speaker.has_mention),
             AT(onr_attribution, speaker.mention), &text_span),
    MUST_ENUM("how", AT(onr_attribution, speaker.how), how_symbol),
    TEXT("external_id", AT(onr_attribution, speaker.external_id), ONR_URL_MAX),
};
static const struct onr_bind_record speaker = { NS "Speaker", COUNT(speaker_fields), speaker_fields,
                                                sizeof(struct onr_attribution) };

static const struct onr_bind target_fields[] = {
    MUST_TEXT("name", AT(onr_attribution, target.name), ONR_WINDOW_MAX),
    OPTIONAL("span", AT(onr_attribution, target.has_span), AT(onr_attribution, target.span),
             &text_span),
};
static const struct onr_bind_record target = { NS "Target", COUNT(target_fields), target_fields,
                                               sizeof(struct onr_attribution) };

static const struct onr_bind confidence_fields[] = {
    MUST_INT("speaker", I16, AT(onr_attribution, conf_speaker), 1000),
    MUST_INT("content", I16, AT(onr_attribution, conf_content), 1000),
    MUST_INT("target", I16, AT(onr_attribution, conf_target), 1000),
    MUST_INT("stance", I16, AT(onr_attribution, conf_stance), 1000),
};
static const struct onr_bind_record confidence = { NS "Confidence", COUNT(confidence_fields),
                                                   confidence_fields,
                                                   sizeof(struct onr_attribution) };

static const struct onr_bind attribution_fields[] = {
    MUST_RECORD("speaker", 0, &speaker),
    MUST_ENUM("act", AT(onr_attribution, act), act_symbol),
    OPTIONAL("cue", AT(onr_attribution, has_cue), AT(onr_attribution, cue), &text_span),
    { .name = "content",
      .kind = ONR_BIND_LIST,
      .offset = AT(onr_attribution, content),
      .flag = AT(onr_attribution, n_content),
      .max = ONR_CONTENT_PARTS_MAX,
      .record = &text_span,
      .item_size = sizeof(struct onr_text_span) },
    OPTIONAL("target", AT(onr_attribution, has_target), 0, &target),
    MUST_ENUM("stance", AT(onr_attribution, stance), stance_symbol),
    MUST_RECORD("confidence", 0, &confidence),
    TEXT("reason", AT(onr_attribution, reason), ONR_HEADLINE_MAX),
};
static const struct onr_bind_record attribution = { NS "Attribution", COUNT(attribution_fields),
                                                    attribution_fields,
                                                    sizeof(struct onr_attribution) };

static const struct onr_bind result_fields[] = {
    MUST_RECORD("article", AT(onr_result, article), &article),
    MUST_INT("index", I32, AT(onr_result, index), ONR_STATEMENTS_MAX),
    MUST_INT("begin", U32, AT(onr_result, begin), BODY_OFFSET),
    MUST_INT("end", U32, AT(onr_result, end), BODY_OFFSET),
    MUST_INT("cp_begin", U32, AT(onr_result, cp_begin), BODY_OFFSET),
    MUST_INT("cp_end", U32, AT(onr_result, cp_end), BODY_OFFSET),
    MUST_TEXT("text", AT(onr_result, text), ONR_STATEMENT_MAX),
    MUST_SHA256("text_sha256", AT(onr_result, text_sha256)),
    MUST_ENUM("kind", AT(onr_result, kind), kind_symbol),
    TEXT("reason", AT(onr_result, reason), ONR_HEADLINE_MAX),
    { .name = "attributions",
      .kind = ONR_BIND_LIST,
      .offset = AT(onr_result, attributions),
      .flag = AT(onr_result, n_attributions),
      .max = ONR_ATTRIBUTIONS_MAX,
      .record = &attribution,
      .item_size = sizeof(struct onr_attribution) },
};
static const struct onr_bind_record result = { NS "Result", COUNT(result_fields), result_fields,
                                               sizeof(struct onr_result) };

static const struct onr_bind reject_fields[] = {
    MUST_ENUM("code", AT(onr_reject_record, code), reject_symbol),
    MUST_TEXT("sentence", AT(onr_reject_record, sentence), ONR_HEADLINE_MAX),
};
static const struct onr_bind_record reject = { NS "Reject", COUNT(reject_fields), reject_fields,
                                               sizeof(struct onr_reject_record) };

static const struct onr_bind hash_item = { .name = "item", .kind = ONR_BIND_SHA256 };
static const struct onr_bind commit_fields[] = {
    { .name = "body",
      .kind = ONR_BIND_BYTES,
      .required = true,
      .offset = AT(onr_commit_record, body),
      .max = 256 },
    { .name = "signature",
      .kind = ONR_BIND_BYTES,
      .required = true,
      .offset = AT(onr_commit_record, signature),
      .max = 64 },
    { .name = "frontier",
      .kind = ONR_BIND_INLINE,
      .required = true,
      .offset = AT(onr_commit_record, frontier),
      .flag = AT(onr_commit_record, n_frontier),
      .max = 64,
      .item = &hash_item,
      .item_size = 32 },
};
static const struct onr_bind_record commit = { NS "Commit", COUNT(commit_fields), commit_fields,
                                               sizeof(struct onr_commit_record) };

const struct onr_bind_record *
onr_bind_of(enum onr_record_type type)
{
    static const struct onr_bind_record *const of[ONR_REC_TYPES] = { &article, &statement, &result,
                                                                     &reject, &commit };

    return of[type];
}
