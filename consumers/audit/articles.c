/* consumers/audit/articles.c - are the statements of every article version all there, and are they its body?
 *
 * Statements of one article lie on one partition in order; those of several splitters may be mixed. An article is open from
 * its first statement to its last: texts are joined and must hash to the body SHA-256 that each of them carries. One that was open
 * where the topic begins now is followed without its first statements; further on, those must be there.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "common/base/sha256.h"
#include "consumers/audit/audit.h"

#define OPEN_MAX 64 /* articles open at once: as many splitters, and a body of memory for each */

struct open_article {
    bool used;
    bool cut; /* its first statements were not met: said once, and its body cannot be checked */
    struct onr_buf id;
    int64_t version;
    int32_t count, next;
    uint8_t body_sha256[32];
    struct onr_buf body;
    int64_t last_offset;
};

struct onr_audit_articles {
    struct onr_audit_lane *lane;
    int64_t
        cut_until; /* before this offset an article may go on that began before the topic does */
    bool quiet;    /* nothing is said about what is read to know the articles that are open */
    struct open_article open[OPEN_MAX];
};

int
onr_audit_articles_new(struct onr_audit_lane *l, int64_t begin, struct onr_audit_articles **ret,
                       struct onr_error *err)
{
    struct onr_audit_articles *a = calloc(1, sizeof *a);

    if (!a)
        return onr_fail(err, ONR_ENOMEM, "no memory for articles");
    a->lane = l;
    a->cut_until = begin > 0 ? begin + ONR_STATEMENTS_MAX : 0;
    for (size_t i = 0; i < OPEN_MAX; i++) {
        onr_buf_init(&a->open[i].id, ONR_URL_MAX);
        onr_buf_init(&a->open[i].body, ONR_ARTICLE_MAX);
    }
    *ret = a;
    return 0;
}

void
onr_audit_articles_quiet(struct onr_audit_articles *a, bool quiet)
{
    a->quiet = quiet;
}

void
onr_audit_articles_free(struct onr_audit_articles *a)
{
    if (!a)
        return;
    for (size_t i = 0; i < OPEN_MAX; i++) {
        onr_buf_release(&a->open[i].id);
        onr_buf_release(&a->open[i].body);
    }
    free(a);
}

static struct open_article *
find(struct onr_audit_articles *a, const struct onr_article *of)
{
    for (size_t i = 0; i < OPEN_MAX; i++) {
        struct open_article *o = &a->open[i];

        if (o->used && o->version == of->version && onr_span_eq(onr_buf_span(&o->id), of->id))
            return o;
    }
    return NULL;
}

static void
incomplete(struct onr_audit_articles *a, struct open_article *o, int64_t offset)
{
    o->used = false;
    if (a->quiet)
        return;
    onr_audit_note(a->lane, ONR_VERDICT_GAP, "article-incomplete", "input", offset, UINT64_MAX,
                   "article %.80s version %" PRId64 ": statement %" PRId32 " of %" PRId32
                   " is not there",
                   o->id.ptr, o->version, o->next + 1, o->count);
}

/* A free place; the article that waits longest gives way. */
static struct open_article *
place(struct onr_audit_articles *a)
{
    struct open_article *oldest = &a->open[0];

    for (size_t i = 0; i < OPEN_MAX; i++) {
        if (!a->open[i].used)
            return &a->open[i];
        if (a->open[i].last_offset < oldest->last_offset)
            oldest = &a->open[i];
    }
    incomplete(a, oldest, oldest->last_offset);
    return oldest;
}

static int
open_article(struct onr_audit_articles *a, const struct onr_article *of, struct open_article **ret,
             struct onr_error *err)
{
    struct open_article *o = place(a);

    onr_buf_clear(&o->id);
    onr_buf_clear(&o->body);
    if (onr_buf_add_span(&o->id, of->id) < 0)
        return onr_fail(err, ONR_ENOMEM, "no memory for articles");
    o->version = of->version;
    o->count = of->statements;
    o->next = 0;
    o->cut = false;
    memcpy(o->body_sha256, of->body_sha256, sizeof o->body_sha256);
    o->used = true;
    *ret = o;
    return 0;
}

/* An article whose first statements were not met. */
static void
without_beginning(struct onr_audit_articles *a, struct open_article *o,
                  const struct onr_statement *s, int64_t offset)
{
    bool may = offset < a->cut_until;

    o->cut = true;
    o->next = s->index;
    if (!a->quiet)
        onr_audit_note(a->lane, may ? ONR_VERDICT_VALID : ONR_VERDICT_GAP,
                       may ? "article-cut" : "article-incomplete", "input", offset, UINT64_MAX,
                       "article %.80s version %" PRId64 ": statement %" PRId32
                       " comes without those before it%s",
                       o->id.ptr, o->version, s->index + 1,
                       may ? ", which the topic may not hold any more" : "");
}

static void
close_article(struct onr_audit_articles *a, struct open_article *o, int64_t offset)
{
    uint8_t hash[ONR_SHA256_LEN];

    o->used = false;
    if (o->cut || a->quiet)
        return;
    onr_sha256(o->body.ptr ? o->body.ptr : "", o->body.len, hash);
    if (memcmp(hash, o->body_sha256, sizeof hash) == 0)
        a->lane->articles++;
    else
        onr_audit_note(a->lane, ONR_VERDICT_INVALID, "article-body", "input", offset, UINT64_MAX,
                       "article %.80s version %" PRId64
                       ": its statements do not join to the body whose hash they carry",
                       o->id.ptr, o->version);
}

int
onr_audit_articles_take(struct onr_audit_articles *a, const struct onr_statement *s, int64_t offset,
                        struct onr_error *err)
{
    struct open_article *o = find(a, &s->article);
    int rc;

    if (s->article.statements == 0) { /* a withdrawal is one record without text */
        a->lane->articles += !a->quiet;
        return 0;
    }
    if (s->index == 0 && o)
        incomplete(a, o, offset);
    if (s->index == 0 || !o) {
        if ((rc = open_article(a, &s->article, &o, err)) < 0)
            return rc;
        if (s->index > 0)
            without_beginning(a, o, s, offset);
    }
    o->last_offset = offset;
    if (s->index != o->next || s->article.statements != o->count
        || memcmp(s->article.body_sha256, o->body_sha256, sizeof o->body_sha256) != 0
        || (!o->cut && (s->begin != o->body.len || onr_buf_add_span(&o->body, s->text) < 0))) {
        incomplete(a, o, offset);
        return 0;
    }
    if (++o->next == o->count)
        close_article(a, o, offset);
    return 0;
}

void
onr_audit_articles_finish(struct onr_audit_articles *a)
{
    for (size_t i = 0; i < OPEN_MAX; i++)
        if (a->open[i].used)
            incomplete(a, &a->open[i], a->open[i].last_offset);
}
