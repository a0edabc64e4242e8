/* common/event/check.c - rules that stand between the fields of a record, which no schema can say.
 *
 * The same rules hold before encoding and after decoding: what is written can be read. All of them are about the
 * record's bytes alone, so the same record is refused by every worker, for ever, with reject code "fields".
 */
#include "common/base/sha256.h"
#include "common/base/utf8.h"
#include "common/event/codec_impl.h"

/* Where a statement stands, as Statement and Result both say it. */
struct place {
    const struct onr_article *article;
    int32_t index;
    uint32_t begin, end, cp_begin, cp_end;
    struct onr_span text;
};

static int
wrong(struct onr_error *err, const char *what)
{
    return onr_fail(err, ONR_EINPUT, "contradiction: %s", what);
}

int
onr_article_check(const struct onr_article *a, struct onr_error *err)
{
    if (a->id.len == 0)
        return wrong(err, "the article has no id");
    if (a->version < 1)
        return wrong(err, "the version is below 1");
    if (a->statements < 0)
        return wrong(err, "the number of statements is negative");
    if (a->state == ONR_WITHDRAWN && a->statements != 0)
        return wrong(err, "a withdrawn article has statements");
    if (a->body_bytes < 0 || a->statements > a->body_bytes)
        return wrong(err, "more statements than bytes in the body");
    return 0;
}

/* A withdrawal has one record without text. */
static int
check_withdrawal(const struct place *p, struct onr_error *err)
{
    if (p->index != 0 || p->begin != 0 || p->end != 0 || p->cp_begin != 0 || p->cp_end != 0
        || p->text.len != 0)
        return wrong(err,
                     "an article of 0 statements has a record that is not index 0 without text");
    return 0;
}

static int
check_place(const struct place *p, struct onr_error *err)
{
    int rc;

    if ((rc = onr_article_check(p->article, err)) < 0)
        return rc;
    if (p->article->statements == 0)
        return check_withdrawal(p, err);
    if (p->index < 0 || p->index >= p->article->statements)
        return wrong(err, "the index is not below the number of statements");
    if (p->end <= p->begin || p->end - p->begin != p->text.len)
        return wrong(err, "end - begin is not the length of the text");
    if (p->end > p->article->body_bytes)
        return wrong(err, "the statement ends behind the body");
    if (p->cp_end <= p->cp_begin || p->cp_end - p->cp_begin != onr_utf8_count(p->text)
        || p->cp_begin > p->begin || (p->begin == 0) != (p->cp_begin == 0))
        return wrong(err, "the code point offsets do not fit the text");
    return 0;
}

/* The window must hold the statement where it says. */
static int
check_window(const struct onr_statement *s, struct onr_error *err)
{
    size_t at = s->begin - s->window_begin;

    if (s->window_begin > s->begin || s->window_cp_begin > s->cp_begin
        || s->window_cp_begin > s->window_begin)
        return wrong(err, "the window begins behind the statement");
    if (at > s->window.len || s->text.len > s->window.len - at
        || memcmp(s->window.ptr + at, s->text.ptr, s->text.len) != 0)
        return wrong(err, "the statement does not stand in the window at begin - window_begin");
    if (s->window_begin + s->window.len > (uint64_t) s->article.body_bytes)
        return wrong(err, "the window ends behind the body");
    if (onr_utf8_count(onr_span_sub(s->window, 0, at)) != s->cp_begin - s->window_cp_begin)
        return wrong(err, "the code point offsets do not fit the window");
    return 0;
}

static int
check_cast(const struct onr_statement *s, struct onr_error *err)
{
    size_t bytes = 0;

    for (size_t i = 0; i < s->n_cast; i++) {
        const struct onr_cast_entry *e = &s->cast[i];

        bytes += e->name.len + e->role.len;
        if (e->name.len == 0)
            return wrong(err, "somebody in the cast has no name");
        if (e->n_mentions > ONR_CAST_MENTIONS)
            return onr_fail(err, ONR_ELIMIT, "somebody in the cast has %zu mentions, more than %d",
                            e->n_mentions, ONR_CAST_MENTIONS);
        for (size_t k = 0; k < e->n_mentions; k++)
            if (e->mention[k] >= s->article.body_bytes)
                return wrong(err, "somebody in the cast is named behind the body");
    }
    if (bytes > ONR_CAST_BYTES)
        return onr_fail(err, ONR_ELIMIT, "the cast has %zu bytes of names and roles, more than %d",
                        bytes, ONR_CAST_BYTES);
    return 0;
}

int
onr_statement_check(const struct onr_statement *s, struct onr_error *err)
{
    const struct place p = { &s->article, s->index,  s->begin, s->end,
                             s->cp_begin, s->cp_end, s->text };
    int rc;

    if ((rc = check_place(&p, err)) < 0)
        return rc;
    if (s->article.statements == 0) {
        if (s->window.len != 0 || s->window_begin != 0 || s->window_cp_begin != 0 || s->n_cast != 0)
            return wrong(err, "an article of 0 statements has a record with a window or a cast");
        return 0;
    }
    if ((rc = check_window(s, err)) < 0)
        return rc;
    return check_cast(s, err);
}

static int
check_span(const struct onr_text_span *span, const struct onr_result *r, struct onr_error *err)
{
    if (span->end <= span->begin || span->end - span->begin != span->text.len
        || span->end > r->article.body_bytes)
        return wrong(err, "a span's offsets do not fit its text or the body");
    return 0;
}

static int
check_attribution(const struct onr_attribution *a, const struct onr_result *r,
                  struct onr_error *err)
{
    int rc;

    if (a->speaker.has_mention && (rc = check_span(&a->speaker.mention, r, err)) < 0)
        return rc;
    if (a->has_cue && (rc = check_span(&a->cue, r, err)) < 0)
        return rc;
    if (a->has_target && a->target.has_span && (rc = check_span(&a->target.span, r, err)) < 0)
        return rc;
    for (size_t i = 0; i < a->n_content; i++)
        if ((rc = check_span(&a->content[i], r, err)) < 0)
            return rc;
    return 0;
}

int
onr_result_check(const struct onr_result *r, struct onr_error *err)
{
    const struct place p = { &r->article, r->index,  r->begin, r->end,
                             r->cp_begin, r->cp_end, r->text };
    uint8_t hash[32];
    int rc;

    if ((rc = check_place(&p, err)) < 0)
        return rc;
    onr_sha256(r->text.ptr ? r->text.ptr : "", r->text.len, hash);
    if (memcmp(hash, r->text_sha256, sizeof hash) != 0)
        return wrong(err, "text_sha256 is not the hash of the text");
    for (size_t i = 0; i < r->n_attributions; i++)
        if ((rc = check_attribution(&r->attributions[i], r, err)) < 0)
            return rc;
    return 0;
}
