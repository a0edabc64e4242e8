/* common/event/article.c - reading an article from JSON or plain text. See article.h.
 *
 * The order of the checks is fixed, so that a bad article always gets the same reason: size, UTF-8, NUL, JSON, then the
 * fields one by one as they stand in `fields`, then the text. Nothing is repaired: an article is taken whole or refused.
 */
#include "common/event/article.h"

#include "common/base/sha256.h"
#include "common/base/utf8.h"
#include "common/event/date.h"
#include "common/event/json_read.h"

/* JSON may write a character in six bytes ("\u0041"); the other fields are small beside the text. */
#define JSON_MAX (6 * ONR_ARTICLE_MAX + 64 * 1024)
/* What every reader of JSON takes for an integer; far enough from the end of int64_t that there is always a next version. */
#define VERSION_MAX (((int64_t) 1 << 53) - 1)

struct reader {
    struct onr_arena *arena;
    struct onr_article_text *a;
    const char *reason;
    struct onr_error *err;
};

#define REFUSE(r, word, code, ...) ((r)->reason = (word), onr_fail((r)->err, code, __VA_ARGS__))

static int
no_memory(struct reader *r)
{
    return onr_fail(r->err, ONR_ENOMEM, "no memory for an article");
}

/* Bytes that are to be text: within the limit, UTF-8, no NUL. */
static int
check_bytes(struct reader *r, struct onr_span s, size_t max, const char *what)
{
    size_t bad;

    if (s.len > max)
        return REFUSE(r, "limit", ONR_ELIMIT, "the %s has %zu bytes; at most %zu are taken", what,
                      s.len, max);
    if (onr_utf8_check(s, &bad))
        return 0;
    if (s.ptr[bad] == '\0')
        return REFUSE(r, "nul", ONR_EINPUT, "the %s has a NUL at byte %zu; text has none", what,
                      bad);
    return REFUSE(r, "utf8", ONR_EINPUT,
                  "the %s is not UTF-8 at byte %zu (0x%02x); convert it before", what, bad,
                  (unsigned) (uint8_t) s.ptr[bad]);
}

/* White space as Unicode has it: such a body has nothing to split. */
static bool
is_blank(struct onr_span s)
{
    for (size_t pos = 0; pos < s.len;) {
        uint32_t c = onr_utf8_next(s, &pos);

        if (!(c == ' ' || (c >= 0x09 && c <= 0x0d) || c == 0x85 || c == 0xa0 || c == 0x1680
              || (c >= 0x2000 && c <= 0x200b) || c == 0x2028 || c == 0x2029 || c == 0x202f
              || c == 0x205f || c == 0x3000 || c == 0xfeff))
            return false;
    }
    return true;
}

static int
take_body(struct reader *r, struct onr_span text)
{
    int rc;

    if ((rc = check_bytes(r, text, ONR_ARTICLE_MAX, "text")) < 0)
        return rc;
    if (r->a->meta.state != ONR_WITHDRAWN && is_blank(text))
        return REFUSE(r, "empty", ONR_EINPUT, "the text is %s; an article needs words",
                      text.len ? "only white space" : "empty");
    r->a->body = text;
    r->a->meta.body_bytes = (int64_t) text.len;
    onr_sha256(text.ptr, text.len, r->a->meta.body_sha256);
    return 0;
}

/* What the source gave, else the url, else the body's hash. */
static int
choose_id(struct reader *r)
{
    static const char prefix[] = "sha256:";
    struct onr_article *m = &r->a->meta;
    char *z;

    if (m->id.len)
        return 0;
    if (m->url.len) {
        m->id = m->url;
        return 0;
    }
    if (!(z = onr_arena_alloc(r->arena, sizeof prefix + 2 * sizeof m->body_sha256)))
        return no_memory(r);
    memcpy(z, prefix, sizeof prefix);
    onr_hex(m->body_sha256, sizeof m->body_sha256, z + sizeof prefix - 1);
    m->id = onr_span_z(z);
    return 0;
}

/* A text field, absent or null being the empty span. */
static int
read_text(struct reader *r, const json_t *root, const char *name, size_t max, struct onr_span *ret)
{
    const json_t *j = json_object_get(root, name);
    struct onr_span s;

    if (!j || json_is_null(j))
        return 0;
    if (!json_is_string(j))
        return REFUSE(r, "field", ONR_EINPUT, "\"%s\" is not a string", name);
    s = onr_span_of(json_string_value(j), json_string_length(j));
    if (s.len > max)
        return REFUSE(r, "limit", ONR_ELIMIT, "\"%s\" has %zu bytes; at most %zu are taken", name,
                      s.len, max);
    if (!(s = onr_arena_span(r->arena, s)).ptr)
        return no_memory(r);
    *ret = s;
    return 0;
}

/* Ids, URLs and the like become keys, headers and log fields: no control characters in them. */
static int
check_plain(struct reader *r, const char *name, struct onr_span s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((uint8_t) s.ptr[i] < 0x20 || s.ptr[i] == 0x7f)
            return REFUSE(r, "field", ONR_EINPUT,
                          "\"%s\" has the control character 0x%02x at byte %zu", name,
                          (unsigned) (uint8_t) s.ptr[i], i);
    return 0;
}

static int
read_plain_fields(struct reader *r, const json_t *root)
{
    struct onr_article *m = &r->a->meta;
    const struct {
        const char *name;
        size_t max;
        struct onr_span *to;
        bool plain;
    } fields[] = {
        { "id", ONR_URL_MAX, &m->id, true },
        { "url", ONR_URL_MAX, &m->url, true },
        { "outlet", ONR_NAME_MAX, &m->outlet, true },
        { "language", ONR_NAME_MAX, &m->language, true },
        { "date", ONR_DATE_MAX, &m->published, true },
        { "headline", ONR_HEADLINE_MAX, &m->headline, false },
    };
    int rc;

    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        if ((rc = read_text(r, root, fields[i].name, fields[i].max, fields[i].to)) < 0
            || (fields[i].plain && (rc = check_plain(r, fields[i].name, *fields[i].to)) < 0))
            return rc;
    if (m->language.len == 0)
        m->language = ONR_SPAN("en");
    if (m->published.len && !onr_date_valid(m->published))
        return REFUSE(r, "date", ONR_EINPUT,
                      "\"date\" is \"%.64s\", which is not an ISO 8601 date such as 2031-05-06 or "
                      "2031-05-06T07:30:00Z",
                      m->published.ptr);
    return 0;
}

static int
read_version_and_state(struct reader *r, const json_t *root)
{
    const json_t *version = json_object_get(root, "version"),
                 *state = json_object_get(root, "state");
    const char *z = json_string_value(state);
    int v = ONR_PUBLISHED;

    if (version && !json_is_null(version)) {
        if (!json_is_integer(version) || json_integer_value(version) < 1
            || json_integer_value(version) > VERSION_MAX)
            return REFUSE(r, "field", ONR_EINPUT,
                          "\"version\" is not an integer from 1 to 2^53 - 1");
        r->a->meta.version = json_integer_value(version);
    }
    if (state && !json_is_null(state)) {
        while (z && v <= ONR_WITHDRAWN && strcmp(z, onr_state_name((enum onr_state) v)) != 0)
            v++;
        if (!z || v > ONR_WITHDRAWN)
            return REFUSE(r, "field", ONR_EINPUT,
                          "\"state\" is not \"published\", \"corrected\" or \"withdrawn\"");
    }
    r->a->meta.state = (enum onr_state) v;
    return 0;
}

static int
read_object(struct reader *r, const json_t *root)
{
    const json_t *text = json_object_get(root, "text");
    struct onr_span body = ONR_SPAN("");
    int rc;

    if (!json_is_object(root))
        return REFUSE(r, "json", ONR_EINPUT, "the JSON is not an object {...}");
    if ((rc = read_plain_fields(r, root)) < 0 || (rc = read_version_and_state(r, root)) < 0)
        return rc;
    if ((!text || json_is_null(text)) && r->a->meta.state != ONR_WITHDRAWN)
        return REFUSE(r, "field", ONR_EINPUT, "\"text\" is missing");
    if ((rc = read_text(r, root, "text", ONR_ARTICLE_MAX, &body)) < 0
        || (rc = take_body(r, body)) < 0)
        return rc;
    if (r->a->meta.state == ONR_WITHDRAWN && !body.len && !r->a->meta.id.len && !r->a->meta.url.len)
        return REFUSE(r, "field", ONR_EINPUT,
                      "a withdrawn article has neither \"id\" nor \"url\": what is withdrawn?");
    return choose_id(r);
}

static int
parse(struct reader *r, struct onr_span json, json_t **ret)
{
    json_error_t why;
    int rc;

    if ((rc = check_bytes(r, json, JSON_MAX, "JSON")) < 0)
        return rc;
    if ((rc = onr_json_read(json, ret, &why)) == 0)
        return 0;
    if (rc == -ONR_ENOMEM)
        return no_memory(r);
    switch (json_error_code(&why)) {
    case json_error_null_character:
        return REFUSE(r, "nul", ONR_EINPUT, "line %d, column %d: \\u0000; text has no NUL",
                      why.line, why.column);
    case json_error_duplicate_key:
        return REFUSE(r, "json", ONR_EINPUT, "line %d, column %d: a field stands twice", why.line,
                      why.column);
    default:
        return REFUSE(r, "json", ONR_EINPUT, "not JSON: line %d, column %d: %s", why.line,
                      why.column, why.text);
    }
}

static int
finish(struct reader *r, int rc, struct onr_article_text *ret, const char **ret_reason)
{
    if (rc == 0)
        *ret = *r->a;
    else if (ret_reason && r->reason)
        *ret_reason = r->reason;
    return rc;
}

int
onr_article_from_json(struct onr_span json, struct onr_arena *arena, struct onr_article_text *ret,
                      const char **ret_reason, struct onr_error *err)
{
    struct onr_article_text a = { 0 };
    struct reader r = { .arena = arena, .a = &a, .err = err };
    json_t *root = NULL;
    int rc = parse(&r, json, &root);

    if (rc == 0)
        rc = read_object(&r, root);
    json_decref(root);
    return finish(&r, rc, ret, ret_reason);
}

int
onr_article_from_text(struct onr_span text, struct onr_arena *arena, struct onr_article_text *ret,
                      const char **ret_reason, struct onr_error *err)
{
    struct onr_article_text a = { .meta.language = ONR_SPAN("en") };
    struct reader r = { .arena = arena, .a = &a, .err = err };
    struct onr_span body;
    int rc;

    if ((rc = take_body(&r, text)) == 0) {
        if (!(body = onr_arena_span(arena, text)).ptr)
            rc = no_memory(&r);
        else
            a.body = body;
    }
    if (rc == 0)
        rc = choose_id(&r);
    return finish(&r, rc, ret, ret_reason);
}
