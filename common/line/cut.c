/* common/line/cut.c - see cut.h. */
#include "common/line/cut.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/sha256.h"
#include "common/text/cast.h"
#include "common/text/split.h"
#include "common/text/window.h"

struct onr_cut {
    struct onr_article_text *article; /* borrowed */
    struct onr_pieces pieces;
    struct onr_windows windows;
    struct onr_names *names;
    uint32_t window; /* the one that `cast` is of; UINT32_MAX for none */
    size_t n_cast;
    struct onr_cast_entry cast[ONR_CAST_MAX];
    uint8_t splitter_fp[ONR_SHA256_LEN];
};

int
onr_cut_new(struct onr_cut **ret, struct onr_error *err)
{
    struct onr_cut *c = calloc(1, sizeof *c);

    if (!c)
        return onr_fail(err, ONR_ENOMEM, "no memory for the splitter");
    onr_splitter_fingerprint(c->splitter_fp);
    *ret = c;
    return 0;
}

static void
forget(struct onr_cut *c)
{
    onr_names_free(c->names);
    c->names = NULL;
    c->article = NULL;
    c->pieces.n = 0;
    c->window = UINT32_MAX;
    c->n_cast = 0;
}

void
onr_cut_free(struct onr_cut *c)
{
    if (!c)
        return;
    forget(c);
    onr_pieces_release(&c->pieces);
    onr_windows_release(&c->windows);
    free(c);
}

static void
hash_body_if_missing(struct onr_article_text *a)
{
    static const uint8_t none[ONR_SHA256_LEN];

    if (memcmp(a->meta.body_sha256, none, sizeof none) == 0) {
        onr_sha256(a->body.ptr, a->body.len, a->meta.body_sha256);
        a->meta.body_bytes = (int64_t) a->body.len;
    }
}

static int
cut_body(struct onr_cut *c, struct onr_article_text *a, struct onr_error *err)
{
    int rc;

    if (a->body.len == 0)
        return onr_fail(err, ONR_EINPUT, "the body is empty; an article needs a text to be cut");
    if (a->body.len > ONR_ARTICLE_MAX)
        return onr_fail(err, ONR_ELIMIT, "the body has %zu bytes, more than the %d allowed",
                        a->body.len, ONR_ARTICLE_MAX);
    if ((rc = onr_split(a->body, &c->pieces, err)) < 0
        || (rc = onr_windows_make(&c->pieces, &c->windows, err)) < 0
        || (rc = onr_names_collect(a->meta.headline, a->body, &c->names, err)) < 0)
        return rc;
    hash_body_if_missing(a);
    return 0;
}

int
onr_cut_article(struct onr_cut *c, struct onr_article_text *a, struct onr_error *err)
{
    int rc;

    forget(c);
    if (a->meta.state != ONR_WITHDRAWN && (rc = cut_body(c, a, err)) < 0) {
        forget(c);
        return rc;
    }
    a->meta.statements = (int32_t) c->pieces.n;
    memcpy(a->meta.splitter_fp, c->splitter_fp, sizeof c->splitter_fp);
    c->article = a;
    return 0;
}

/* The places kept of one entry: the first, and the last ones before the window's end, where the reader needs them. */
static void
copy_mentions(const struct onr_name *n, struct onr_cast_entry *ret)
{
    size_t i, skip = n->n_mentions > ONR_CAST_MENTIONS ? n->n_mentions - ONR_CAST_MENTIONS : 0;

    ret->n_mentions = n->n_mentions - skip;
    for (i = 0; i < ret->n_mentions; i++)
        ret->mention[i] = n->mention[i == 0 ? 0 : skip + i];
}

static void
make_cast(struct onr_cut *c, uint32_t window)
{
    static const enum onr_speaker_type type[] = { [ONR_NAME_PERSON] = ONR_PERSON,
                                                  [ONR_NAME_GROUP] = ONR_GROUP,
                                                  [ONR_NAME_ORGANISATION] = ONR_ORGANISATION };
    const struct onr_window *w = &c->windows.window[window];
    struct onr_name name[ONR_CAST_MAX];
    size_t i;

    c->n_cast = onr_names_cast(c->names, c->pieces.piece[w->last - 1].end, name);
    for (i = 0; i < c->n_cast; i++) {
        c->cast[i].name = name[i].name;
        c->cast[i].role = name[i].role;
        c->cast[i].type = type[name[i].type];
        copy_mentions(&name[i], &c->cast[i]);
    }
    c->window = window;
}

int
onr_cut_statement(struct onr_cut *c, int32_t i, struct onr_statement *ret, struct onr_error *err)
{
    static const enum onr_quoted quoted[] = { [ONR_PIECE_QUOTED_NONE] = ONR_QUOTED_NONE,
                                              [ONR_PIECE_QUOTED_PART] = ONR_QUOTED_PART,
                                              [ONR_PIECE_QUOTED_WHOLE] = ONR_QUOTED_WHOLE };
    const struct onr_piece *p, *first, *last;
    const struct onr_window *w;

    if (!c->article || i < 0 || i >= (c->pieces.n > 0 ? (int32_t) c->pieces.n : 1))
        return onr_fail(err, ONR_ENOTFOUND, "the article has no statement %d", i);
    *ret = (struct onr_statement){ .article = c->article->meta, .index = i };
    if (c->pieces.n == 0) { /* a withdrawal */
        ret->text = ret->window = ONR_SPAN("");
        return 0;
    }
    p = &c->pieces.piece[i];
    w = &c->windows.window[c->windows.of[i]];
    first = &c->pieces.piece[w->first];
    last = &c->pieces.piece[w->last - 1];
    if (c->window != c->windows.of[i])
        make_cast(c, c->windows.of[i]);
    ret->begin = p->begin;
    ret->end = p->end;
    ret->cp_begin = p->cp_begin;
    ret->cp_end = p->cp_end;
    ret->quoted = quoted[p->quoted];
    ret->text = onr_span_sub(c->article->body, p->begin, p->end);
    ret->window = onr_span_sub(c->article->body, first->begin, last->end);
    ret->window_begin = first->begin;
    ret->window_cp_begin = first->cp_begin;
    ret->n_cast = c->n_cast;
    ret->cast = c->cast;
    return 0;
}
