/* common/event/headers.c - keys and CloudEvents headers, from content alone: no clock, no host, no offset.
 *
 * ce_source and ce_id together name an event once and for all: a statement comes from "/onrecord/split", its result from
 * "/onrecord/classify", and both have the id of the statement, ARTICLE-ID/VERSION/INDEX. content-type is the one of the
 * CloudEvents Kafka binding's own example.
 */
#include <inttypes.h>
#include <stdio.h>

#include "common/event/bind.h"
#include "common/event/codec.h"

#define NUMBER_MAX 24 /* characters of "/" or "\n" and an int64_t, with the NUL */

/* id, then separator and number for each of the n numbers. */
static struct onr_span
joined(struct onr_span id, char separator, const int64_t *number, size_t n, struct onr_arena *arena)
{
    size_t room = id.len + n * NUMBER_MAX + 1, len = id.len;
    char *z = onr_arena_alloc(arena, room);

    if (!z)
        return ONR_SPAN_NULL;
    if (len)
        memcpy(z, id.ptr, len);
    for (size_t i = 0; i < n; i++)
        len += (size_t) snprintf(z + len, room - len, "%c%" PRId64, separator, number[i]);
    return onr_span_of(z, len);
}

static int
fill(const struct onr_article *a, enum onr_record_type type, const char *source, struct onr_span id,
     struct onr_header ret[ONR_CE_HEADERS], struct onr_error *err)
{
    if (!id.ptr)
        return onr_fail(err, ONR_ENOMEM, "no memory for CloudEvents headers");
    ret[0] = (struct onr_header){ "content-type", ONR_SPAN("application/avro") };
    ret[1] = (struct onr_header){ "ce_specversion", ONR_SPAN("1.0") };
    ret[2] = (struct onr_header){ "ce_type", onr_span_z(onr_bind_of(type)->name) };
    ret[3] = (struct onr_header){ "ce_source", onr_span_z(source) };
    ret[4] = (struct onr_header){ "ce_id", id };
    ret[5] = (struct onr_header){ "ce_subject", a->id };
    return 0;
}

int
onr_result_headers(const struct onr_result *r, struct onr_arena *arena,
                   struct onr_header ret[ONR_CE_HEADERS], struct onr_error *err)
{
    const int64_t part[] = { r->article.version, r->index };

    return fill(&r->article, ONR_REC_RESULT, "/onrecord/classify",
                joined(r->article.id, '/', part, 2, arena), ret, err);
}

int
onr_statement_headers(const struct onr_statement *s, struct onr_arena *arena,
                      struct onr_header ret[ONR_CE_HEADERS], struct onr_error *err)
{
    const int64_t part[] = { s->article.version, s->index };

    return fill(&s->article, ONR_REC_STATEMENT, "/onrecord/split",
                joined(s->article.id, '/', part, 2, arena), ret, err);
}

int
onr_article_headers(const struct onr_article *a, struct onr_arena *arena,
                    struct onr_header ret[ONR_CE_HEADERS], struct onr_error *err)
{
    return fill(a, ONR_REC_ARTICLE, "/onrecord/split", joined(a->id, '/', &a->version, 1, arena),
                ret, err);
}

struct onr_span
onr_article_key(const struct onr_article *a, struct onr_arena *arena)
{
    return joined(a->id, '\n', &a->version, 1, arena);
}
