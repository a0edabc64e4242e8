/* tests/event_random.h - random but valid records, the same for the same seed on every machine.
 *
 * Texts mix ASCII with two to four byte characters; every list takes every length up to its limit now and then; optional
 * parts are there or not. Memory comes from an arena that must outlive the record.
 */
#ifndef ONR_TESTS_EVENT_RANDOM_H
#define ONR_TESTS_EVENT_RANDOM_H

#include <stdlib.h>
#include <string.h>

#include "common/base/arena.h"
#include "common/base/sha256.h"
#include "common/base/utf8.h"
#include "common/event/record.h"

struct rng {
    uint64_t s;
};

/* splitmix64 */
static inline uint64_t
rng_next(struct rng *r)
{
    uint64_t z = r->s += 0x9e3779b97f4a7c15u;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

/* 0 .. n-1 */
static inline uint32_t
rng_below(struct rng *r, uint32_t n)
{
    return (uint32_t) (rng_next(r) % n);
}

/* Mostly small, sometimes up to max. */
static inline size_t
rng_size(struct rng *r, size_t max)
{
    size_t few = max < 4 ? max : 4;

    return rng_below(r, 8) ? rng_below(r, (uint32_t) few + 1) : rng_below(r, (uint32_t) max + 1);
}

static inline void *
random_alloc(struct onr_arena *a, size_t n, size_t size)
{
    void *p = onr_arena_array(a, n ? n : 1, size);

    if (!p)
        abort();
    return p;
}

/* Valid UTF-8 without NUL, min to max bytes. */
static inline struct onr_span
random_text(struct rng *r, struct onr_arena *a, size_t min, size_t max)
{
    static const char *const wide[] = { "\xc3\xa9",         "\xe2\x80\x9c", "\xe6\xbc\xa2",
                                        "\xf0\x9f\x98\x80", "\xc2\xa0",     "\xef\xbf\xbd",
                                        "\xf4\x8f\xbf\xbf" };
    size_t want = min + rng_size(r, max - min), len = 0;
    char *z = random_alloc(a, want + 1, 1);

    while (len < want) {
        const char *c = wide[rng_below(r, sizeof wide / sizeof *wide)];

        if (rng_below(r, 6) == 0 && len + strlen(c) <= want) {
            memcpy(z + len, c, strlen(c));
            len += strlen(c);
        } else {
            z[len++] = (char) (1 + rng_below(r, 127));
        }
    }
    return onr_span_of(z, len);
}

static inline void
random_bytes(struct rng *r, uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        p[i] = (uint8_t) rng_next(r);
}

static inline void
random_article(struct rng *r, struct onr_arena *a, struct onr_article *ret)
{
    *ret = (struct onr_article){
        .id = random_text(r, a, 1, ONR_URL_MAX),
        .version = 1 + (int64_t) (rng_next(r) >> (1 + rng_below(r, 62))),
        .state = (enum onr_state) rng_below(r, 2),
        .headline = random_text(r, a, 0, ONR_HEADLINE_MAX),
        .outlet = random_text(r, a, 0, ONR_NAME_MAX),
        .url = random_text(r, a, 0, ONR_URL_MAX),
        .published = random_text(r, a, 0, ONR_DATE_MAX),
        .language = random_text(r, a, 0, ONR_NAME_MAX),
        .body_bytes = ONR_ARTICLE_MAX - rng_below(r, 1000),
        .statements = 1 + (int32_t) rng_below(r, ONR_STATEMENTS_MAX),
    };
    if (ret->version < 1)
        ret->version = INT64_MAX;
    random_bytes(r, ret->body_sha256, 32);
    random_bytes(r, ret->splitter_fp, 32);
}

static inline const struct onr_cast_entry *
random_cast(struct rng *r, struct onr_arena *a, size_t *ret_n)
{
    size_t n = rng_size(r, ONR_CAST_MAX);
    struct onr_cast_entry *cast = random_alloc(a, n, sizeof *cast);

    for (size_t i = 0; i < n; i++) {
        cast[i].name = random_text(r, a, 1, 40); /* 64 of them stay below ONR_CAST_BYTES */
        cast[i].role = random_text(r, a, 0, 20);
        cast[i].type = (enum onr_speaker_type) rng_below(r, 5);
        cast[i].n_mentions = rng_size(r, ONR_CAST_MENTIONS);
        for (size_t k = 0; k < cast[i].n_mentions; k++)
            cast[i].mention[k] = rng_below(r, ONR_ARTICLE_MAX - 1000);
    }
    *ret_n = n;
    return cast;
}

static inline void
random_statement(struct rng *r, struct onr_arena *a, struct onr_statement *ret)
{
    size_t before, text, after;
    char *z;

    *ret = (struct onr_statement){ .quoted = (enum onr_quoted) rng_below(r, 3) };
    random_article(r, a, &ret->article);
    ret->index = (int32_t) rng_below(r, (uint32_t) ret->article.statements);
    ret->window_begin = rng_below(r, 2) * (1 + rng_below(r, 100000));
    ret->window_cp_begin = ret->window_begin ? 1 + rng_below(r, ret->window_begin) : 0;
    {
        struct onr_span x = random_text(r, a, 0, 6000), y = random_text(r, a, 1, 6000),
                        w = random_text(r, a, 0, 6000);

        before = x.len;
        text = y.len;
        after = w.len;
        z = random_alloc(a, before + text + after, 1);
        memcpy(z, x.ptr, before);
        memcpy(z + before, y.ptr, text);
        memcpy(z + before + text, w.ptr, after);
    }
    ret->window = onr_span_of(z, before + text + after);
    ret->text = onr_span_of(z + before, text);
    ret->begin = ret->window_begin + (uint32_t) before;
    ret->end = ret->begin + (uint32_t) text;
    ret->cp_begin = ret->window_cp_begin + (uint32_t) onr_utf8_count(onr_span_of(z, before));
    ret->cp_end = ret->cp_begin + (uint32_t) onr_utf8_count(ret->text);
    ret->cast = random_cast(r, a, &ret->n_cast);
}

static inline struct onr_text_span
random_span(struct rng *r, struct onr_arena *a)
{
    struct onr_text_span s = { .begin = rng_below(r, 500000), .text = random_text(r, a, 1, 300) };

    s.end = s.begin + (uint32_t) s.text.len;
    return s;
}

static inline void
random_attribution(struct rng *r, struct onr_arena *a, struct onr_attribution *ret)
{
    struct onr_text_span *content;

    *ret = (struct onr_attribution){ .act = (enum onr_act) rng_below(r, 3),
                                     .has_cue = rng_below(r, 2),
                                     .n_content = rng_size(r, ONR_CONTENT_PARTS_MAX),
                                     .has_target = rng_below(r, 2),
                                     .stance = (enum onr_stance) rng_below(r, 3),
                                     .conf_speaker = (int16_t) rng_below(r, 1001),
                                     .conf_content = (int16_t) rng_below(r, 1001),
                                     .conf_target = (int16_t) rng_below(r, 1001),
                                     .conf_stance = (int16_t) rng_below(r, 1001),
                                     .reason = random_text(r, a, 0, 200) };
    ret->speaker.name = random_text(r, a, 0, ONR_NAME_MAX);
    ret->speaker.type = (enum onr_speaker_type) rng_below(r, 5);
    ret->speaker.how = (enum onr_how) rng_below(r, 7);
    ret->speaker.external_id = random_text(r, a, 0, 100);
    if ((ret->speaker.has_mention = rng_below(r, 2)))
        ret->speaker.mention = random_span(r, a);
    if (ret->has_cue)
        ret->cue = random_span(r, a);
    if (ret->has_target) {
        ret->target.name = random_text(r, a, 0, 300);
        if ((ret->target.has_span = rng_below(r, 2)))
            ret->target.span = random_span(r, a);
    }
    content = random_alloc(a, ret->n_content, sizeof *content);
    for (size_t i = 0; i < ret->n_content; i++)
        content[i] = random_span(r, a);
    ret->content = content;
}

static inline void
random_result(struct rng *r, struct onr_arena *a, struct onr_result *ret)
{
    struct onr_attribution *attributions;
    struct onr_statement s;

    random_statement(r, a, &s);
    *ret = (struct onr_result){ .article = s.article,
                                .index = s.index,
                                .begin = s.begin,
                                .end = s.end,
                                .cp_begin = s.cp_begin,
                                .cp_end = s.cp_end,
                                .text = s.text,
                                .kind = (enum onr_kind) rng_below(r, 4),
                                .reason = random_text(r, a, 0, 50),
                                .n_attributions = rng_size(r, ONR_ATTRIBUTIONS_MAX) };
    onr_sha256(s.text.ptr, s.text.len, ret->text_sha256);
    attributions = random_alloc(a, ret->n_attributions, sizeof *attributions);
    for (size_t i = 0; i < ret->n_attributions; i++)
        random_attribution(r, a, &attributions[i]);
    ret->attributions = attributions;
}

/* ONR_SEED from the environment, else a fixed one; tests print it when they fail. */
static inline uint64_t
seed_of_this_run(uint64_t otherwise)
{
    const char *z = getenv("ONR_SEED");

    return z ? strtoull(z, NULL, 10) : otherwise;
}

#endif
