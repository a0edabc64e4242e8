/* common/line/result_json.c - see result_json.h. */
#include "common/line/result_json.h"

static void
str(struct onr_json *j, const char *key, struct onr_span value)
{
    onr_json_key(j, key);
    onr_json_str(j, value);
}

static void
word(struct onr_json *j, const char *key, const char *value)
{
    onr_json_key(j, key);
    onr_json_z(j, value);
}

static void
number(struct onr_json *j, const char *key, int64_t value)
{
    onr_json_key(j, key);
    onr_json_int(j, value);
}

static void
hash(struct onr_json *j, const char *key, const uint8_t value[32])
{
    onr_json_key(j, key);
    onr_json_hex(j, value, 32);
}

static void
text_span(struct onr_json *j, const struct onr_text_span *s)
{
    onr_json_open(j, '{');
    number(j, "begin", s->begin);
    number(j, "end", s->end);
    str(j, "text", s->text);
    onr_json_close(j, '}');
}

static void
optional_span(struct onr_json *j, const char *key, bool there, const struct onr_text_span *s)
{
    onr_json_key(j, key);
    if (there)
        text_span(j, s);
    else
        onr_json_null(j);
}

static void
article(struct onr_json *j, const struct onr_article *a)
{
    onr_json_key(j, "article");
    onr_json_open(j, '{');
    str(j, "id", a->id);
    number(j, "version", a->version);
    word(j, "state", onr_state_name(a->state));
    str(j, "headline", a->headline);
    str(j, "outlet", a->outlet);
    str(j, "url", a->url);
    str(j, "published", a->published);
    str(j, "language", a->language);
    hash(j, "body_sha256", a->body_sha256);
    number(j, "body_bytes", a->body_bytes);
    number(j, "statements", a->statements);
    hash(j, "splitter_fp", a->splitter_fp);
    onr_json_close(j, '}');
}

static void
speaker(struct onr_json *j, const struct onr_attribution *a)
{
    onr_json_key(j, "speaker");
    onr_json_open(j, '{');
    str(j, "name", a->speaker.name);
    word(j, "type", onr_speaker_type_name(a->speaker.type));
    optional_span(j, "mention", a->speaker.has_mention, &a->speaker.mention);
    word(j, "how", onr_how_name(a->speaker.how));
    str(j, "external_id", a->speaker.external_id);
    onr_json_close(j, '}');
}

static void
target(struct onr_json *j, const struct onr_attribution *a)
{
    onr_json_key(j, "target");
    if (!a->has_target) {
        onr_json_null(j);
        return;
    }
    onr_json_open(j, '{');
    str(j, "name", a->target.name);
    optional_span(j, "span", a->target.has_span, &a->target.span);
    onr_json_close(j, '}');
}

static void
confidence(struct onr_json *j, const struct onr_attribution *a)
{
    onr_json_key(j, "confidence");
    onr_json_open(j, '{');
    onr_json_key(j, "speaker");
    onr_json_thousandths(j, a->conf_speaker);
    onr_json_key(j, "content");
    onr_json_thousandths(j, a->conf_content);
    onr_json_key(j, "target");
    onr_json_thousandths(j, a->conf_target);
    onr_json_key(j, "stance");
    onr_json_thousandths(j, a->conf_stance);
    onr_json_close(j, '}');
}

static void
attribution(struct onr_json *j, const struct onr_attribution *a)
{
    onr_json_open(j, '{');
    speaker(j, a);
    word(j, "act", onr_act_name(a->act));
    optional_span(j, "cue", a->has_cue, &a->cue);
    onr_json_key(j, "content");
    onr_json_open(j, '[');
    for (size_t i = 0; i < a->n_content; i++)
        text_span(j, &a->content[i]);
    onr_json_close(j, ']');
    target(j, a);
    word(j, "stance", onr_stance_name(a->stance));
    confidence(j, a);
    str(j, "reason", a->reason);
    onr_json_close(j, '}');
}

void
onr_result_json(struct onr_json *j, const struct onr_result *r)
{
    article(j, &r->article);
    number(j, "index", r->index);
    number(j, "begin", r->begin);
    number(j, "end", r->end);
    number(j, "cp_begin", r->cp_begin);
    number(j, "cp_end", r->cp_end);
    str(j, "text", r->text);
    hash(j, "text_sha256", r->text_sha256);
    word(j, "kind", onr_kind_name(r->kind));
    str(j, "reason", r->reason);
    onr_json_key(j, "attributions");
    onr_json_open(j, '[');
    for (size_t i = 0; i < r->n_attributions; i++)
        attribution(j, &r->attributions[i]);
    onr_json_close(j, ']');
}

void
onr_reject_json(struct onr_json *j, enum onr_reject_code code)
{
    word(j, "code", onr_reject_name(code));
    word(j, "sentence", onr_reject_sentence(code));
}
