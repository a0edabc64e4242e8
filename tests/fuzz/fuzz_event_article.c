/* tests/fuzz/fuzz_event_article.c - any bytes are an article within its limits, or refused with a reason from the list. */
#include "tests/fuzz/fuzz.h"

#include "common/event/article.h"

typedef int reader(struct onr_span, struct onr_arena *, struct onr_article_text *, const char **,
                   struct onr_error *);

static void
text_within(struct onr_span s, size_t max)
{
    HOLDS(s.len <= max && onr_utf8_check(s, NULL));
}

static void
article_keeps_its_limits(const struct onr_article_text *a)
{
    const struct onr_article *m = &a->meta;

    text_within(a->body, ONR_ARTICLE_MAX);
    text_within(m->id, ONR_URL_MAX);
    text_within(m->headline, ONR_HEADLINE_MAX);
    text_within(m->outlet, ONR_NAME_MAX);
    text_within(m->url, ONR_URL_MAX);
    text_within(m->published, ONR_DATE_MAX);
    text_within(m->language, ONR_NAME_MAX);
    HOLDS(m->id.len > 0 && m->version >= 0 && m->body_bytes == (int64_t) a->body.len);
    HOLDS(m->state == ONR_WITHDRAWN || a->body.len > 0);
}

static void
check(reader *read, struct onr_span bytes)
{
    static const char *const reasons[] = {
        "json", "utf8", "nul", "empty", "field", "date", "limit"
    };
    struct onr_arena arena = ONR_ARENA_INIT(16 * 1024 * 1024);
    struct onr_error err = ONR_ERROR_INIT;
    struct onr_article_text a;
    const char *reason = NULL;
    int rc = read(bytes, &arena, &a, &reason, &err);

    if (rc == 0) {
        article_keeps_its_limits(&a);
    } else {
        bool listed = false;

        HOLDS((rc == -ONR_EINPUT || rc == -ONR_ELIMIT) && err.code == -rc && reason);
        for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
            listed |= strcmp(reason, reasons[i]) == 0;
        HOLDS(listed && err.text[0]);
    }
    onr_arena_release(&arena);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct onr_span bytes = onr_span_of(size ? (const char *) data : "", size);

    check(onr_article_from_json, bytes);
    check(onr_article_from_text, bytes);
    return 0;
}
