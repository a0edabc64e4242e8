/* common/model/classify.c - statement record in, result out. See model.h.
 *
 * The window is read once for all its statements (model_private.h). A statement carries an attribution if it holds its cue or part of
 * its content, and then its own part of the content. The order of everything is the order of the text.
 */
#include "common/base/utf8.h"
#include "common/model/act.h"
#include "common/model/people.h"
#include "common/model/target.h"

#define CARRIED       0.92f                /* a speaker of another statement is so much less sure */
#define RULES_VERSION "onrecord-network/2" /* bump when code of common/model changes any answer */

/* One statement while it is classified. */
struct task {
    struct onr_model *m;
    const struct onr_statement *s;
    struct onr_arena *arena;
    uint32_t origin;                   /* body offset of the text that was read */
    struct onr_tokens_range statement; /* its tokens */
    uint32_t begin, end;               /* its bytes in the text that was read */
    struct onr_speaker *who;           /* of each attribution of the window */
    struct onr_attribution *a;         /* room for ONR_ATTRIBUTIONS_MAX */
    size_t n;
    bool quoted_words, plain_words; /* in the contents found */
};

int
onr_rules_manifest(struct onr_buf *out)
{
    return onr_buf_printf(out, "%s\nwindow %d pieces %d found %d targets %d\n", RULES_VERSION,
                          ONR_WINDOW_MAX, ONR_VIEW_MAX, ONR_FOUND_MAX, ONR_TARGETS_MAX);
}

/* --- spans ---------------------------------------------------------------------------------------------------------- */

static bool
is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Bytes [begin, end) of the text that was read, white space at the ends apart. */
static struct onr_text_span
text_span(const struct task *t, uint32_t begin, uint32_t end)
{
    const char *text = t->m->reading.text.ptr;

    while (begin < end && is_blank(text[begin]))
        begin++;
    while (end > begin && is_blank(text[end - 1]))
        end--;
    return (struct onr_text_span){ t->origin + begin, t->origin + end,
                                   onr_span_sub(t->m->reading.text, begin, end) };
}

static struct onr_text_span
piece_text(const struct task *t, struct onr_piece_span p)
{
    const struct onr_view *v = &t->m->view;

    return text_span(t, v->begin[p.first], v->end[p.end - 1]);
}

/* Tokens that stand in bytes [begin, end). */
static struct onr_tokens_range
tokens_in(const struct onr_model *m, uint32_t begin, uint32_t end)
{
    struct onr_tokens_range r = { 0, 0 };

    while (r.first < m->n_tok && m->tok[r.first].end <= begin)
        r.first++;
    for (r.end = r.first; r.end < m->n_tok && m->tok[r.end].begin < end;)
        r.end++;
    return r;
}

static struct onr_tokens_range
piece_tokens(const struct onr_model *m, struct onr_piece_span p)
{
    return tokens_in(m, m->view.begin[p.first], m->view.end[p.end - 1]);
}

/* Which kinds of words a content holds, for the statement's kind. */
static void
note_kind(struct task *t, struct onr_tokens_range p)
{
    for (size_t i = p.first; i < p.end; i++)
        if (t->m->tok[i].kind == ONR_TOK_WORD || t->m->tok[i].kind == ONR_TOK_NUMBER) {
            t->quoted_words = t->quoted_words || t->m->tok[i].quoted;
            t->plain_words = t->plain_words || !t->m->tok[i].quoted;
        }
}

static enum onr_kind
kind_of(const struct task *t)
{
    if (t->n == 0)
        return ONR_NARRATION;
    if (t->quoted_words) /* a cue whose content stands in the next statement is indirect */
        return t->plain_words ? ONR_MIXED : ONR_DIRECT;
    return ONR_INDIRECT;
}

/* --- attributions --------------------------------------------------------------------------------------------------- */

static int16_t
thousandths(float sure)
{
    int n = (int) (sure * 1000.0f);

    return (int16_t) (n < 1 ? 1 : n > 1000 ? 1000 : n);
}

/* The part of the content that stands in the statement, and all its tokens for the search for targets. */
struct content {
    size_t n_span, n_token;
    struct onr_text_span *span;
    struct onr_tokens_range here[ONR_CONTENT_PARTS_MAX], all[ONR_CONTENT_PARTS_MAX];
};

static int
read_content(struct task *t, const struct onr_found *f, struct content *c)
{
    const struct onr_view *v = &t->m->view;

    c->n_span = c->n_token = 0;
    c->span = onr_arena_array(t->arena, f->n_content, sizeof *c->span);
    if (!c->span)
        return -ONR_ENOMEM;
    for (size_t i = 0; i < f->n_content; i++) {
        uint32_t begin = v->begin[f->content[i].first], end = v->end[f->content[i].end - 1];

        c->all[c->n_token++] = tokens_in(t->m, begin, end);
        begin = begin > t->begin ? begin : t->begin;
        end = end < t->end ? end : t->end;
        if (begin >= end)
            continue;
        c->span[c->n_span] = text_span(t, begin, end);
        if (c->span[c->n_span].text.len == 0)
            continue;
        c->here[c->n_span] = tokens_in(t->m, begin, end);
        note_kind(t, c->here[c->n_span++]);
    }
    return 0;
}

static bool
cue_is_here(const struct task *t, const struct onr_found *f)
{
    const struct onr_view *v = &t->m->view;

    return v->begin[f->cue.first] >= t->begin && v->end[f->cue.end - 1] <= t->end;
}

/* The words of a quotation whose cue and speaker stand in another statement. */
static bool
is_carried(const struct task *t, const struct onr_found *f)
{
    const struct onr_view *v = &t->m->view;

    return !cue_is_here(t, f) && f->has_source
           && (v->begin[f->source.first] < t->begin || v->end[f->source.end - 1] > t->end);
}

static void
set_target(const struct task *t, const struct onr_target *target, struct onr_attribution *a)
{
    const struct onr_token *tok = t->m->tok;

    a->has_target = true;
    a->target.has_span = target->range.first < target->range.end;
    if (a->target.has_span)
        a->target.span = text_span(t, tok[target->range.first].begin,
                                   tok[target->range.end - 1].end);
    a->target.name = onr_people_target(&t->m->naming, target->range, target->cast,
                                       a->target.span.text);
    a->conf_target = thousandths(target->sure_target);
}

static void
set_speaker(const struct task *t, const struct onr_found *f, const struct onr_speaker *who,
            struct onr_attribution *a)
{
    bool carried = who->name.len > 0 && is_carried(t, f);
    float sure = (f->has_source ? f->sure_source : 1.0f) * (carried ? CARRIED : 1.0f);

    a->speaker.name = who->name;
    a->speaker.type = who->type;
    a->speaker.how = carried ? ONR_HOW_CARRIED : who->how;
    a->speaker.external_id = who->entry ? who->entry->external_id : ONR_SPAN("");
    a->reason = who->reason;
    a->conf_speaker = (int16_t) ((float) who->confidence * sure);
    a->speaker.has_mention = f->has_source;
    if (f->has_source)
        a->speaker.mention = piece_text(t, f->source);
}

/* One attribution for each target, one at least. */
static int
add(struct task *t, const struct onr_found *f, const struct onr_speaker *who)
{
    struct onr_attribution a = { .has_cue = true, .cue = piece_text(t, f->cue) };
    static const struct onr_target none = { .cast = ONR_NOBODY,
                                            .stance = ONR_NEUTRAL,
                                            .sure_stance = 1 };
    struct onr_target target[ONR_TARGETS_MAX];
    struct content c;
    int n, rc;

    if ((rc = read_content(t, f, &c)) < 0)
        return rc;
    if (c.n_span == 0 && !cue_is_here(t, f))
        return 0;
    set_speaker(t, f, who, &a);
    a.act = onr_act_of(&t->m->reading, piece_tokens(t->m, f->cue));
    a.n_content = c.n_span;
    a.content = c.span;
    a.conf_content = thousandths(f->sure_content);
    n = onr_targets_find(t->m,
                         &(struct onr_target_place){ .found = f,
                                                     .content = c.n_span ? c.here : c.all,
                                                     .n_content = c.n_span ? c.n_span : c.n_token,
                                                     .statement = t->statement,
                                                     .speaker = who },
                         t->arena, target);
    if (n < 0)
        return n;
    for (int i = 0; i < (n > 0 ? n : 1) && t->n < ONR_ATTRIBUTIONS_MAX; i++) {
        const struct onr_target *x = n > 0 ? &target[i] : &none;

        if (n > 0)
            set_target(t, x, &a);
        a.stance = x->stance;
        a.conf_stance = thousandths(x->sure_stance);
        t->a[t->n++] = a;
    }
    return 0;
}

/* --- the whole ------------------------------------------------------------------------------------------------------ */

/* Read the window, or the statement alone where the window does not hold it. */
static int
read_window(struct task *t, struct onr_error *err)
{
    struct onr_model *m = t->m;
    const struct onr_statement *s = t->s;
    struct onr_span text = s->window;
    uint32_t begin = s->begin - s->window_begin;
    int rc;

    t->origin = s->window_begin;
    if (s->begin < s->window_begin || text.len > ONR_WINDOW_MAX || begin > text.len
        || s->text.len > text.len - begin
        || !onr_span_eq(onr_span_sub(text, begin, begin + s->text.len), s->text)) {
        text = s->text;
        text.len = onr_utf8_cut(text, ONR_WINDOW_MAX);
        t->origin = s->begin;
        begin = 0;
    }
    t->begin = begin;
    t->end = begin + (uint32_t) (s->text.len < text.len ? s->text.len : text.len);
    if ((rc = onr_model_read(m, text, t->begin, t->end, err)) < 0)
        return rc;
    onr_model_extract(m);
    t->statement = tokens_in(m, t->begin, t->end);
    m->naming = (struct onr_naming){ .r = &m->reading,
                                     .cast = s->cast,
                                     .n_cast = s->n_cast < ONR_CAST_MAX ? s->n_cast : ONR_CAST_MAX,
                                     .of = m->of,
                                     .last = ONR_NOBODY,
                                     .known = &m->known,
                                     .people = m->people,
                                     .heads = m->heads,
                                     .states = m->states,
                                     .view = &m->view };
    onr_naming_build(&m->naming);
    return 0;
}

/* Speakers of the whole window in their order: a pronoun can mean who spoke before. */
static int
find_speakers(struct task *t)
{
    struct onr_model *m = t->m;
    int rc = 0;

    t->who = onr_arena_array(t->arena, m->n_found + 1, sizeof *t->who);
    if (!t->who)
        return -ONR_ENOMEM;
    m->naming.last = ONR_NOBODY;
    for (size_t i = 0; i < m->n_found && rc == 0; i++) {
        struct onr_tokens_range mention = { 0, 0 };

        if (m->found[i].has_source)
            mention = piece_tokens(m, m->found[i].source);
        rc = onr_speaker_find(&m->naming, mention, t->arena, &t->who[i]);
        if (rc == 0 && t->who[i].type == ONR_PERSON && (t->who[i].cast >= 0 || t->who[i].entry)) {
            m->naming.last = t->who[i].cast;
            m->naming.last_entry = t->who[i].entry;
            m->naming.last_at = mention.first;
        }
    }
    m->naming.last = ONR_NOBODY;
    m->naming.last_entry = NULL;
    return rc;
}

static bool
is_english(struct onr_span language)
{
    return language.len == 0
           || (language.len >= 2 && (language.ptr[0] | 0x20) == 'e'
               && (language.ptr[1] | 0x20) == 'n' && (language.len == 2 || language.ptr[2] == '-'));
}

static int
attribute(struct task *t, struct onr_error *err)
{
    int rc;

    t->a = onr_arena_array(t->arena, ONR_ATTRIBUTIONS_MAX, sizeof *t->a);
    if (!t->a)
        return onr_fail(err, ONR_ENOMEM, "no room for attributions");
    if ((rc = read_window(t, err)) < 0)
        return rc;
    rc = find_speakers(t);
    for (size_t i = 0; i < t->m->n_found && rc == 0; i++)
        rc = add(t, &t->m->found[i], &t->who[i]);
    return rc < 0 ? onr_fail(err, ONR_ENOMEM, "no room to classify a statement of %zu bytes",
                             t->s->text.len)
                  : 0;
}

int
onr_classify(struct onr_model *m, const struct onr_statement *s, struct onr_arena *arena,
             struct onr_result *ret, struct onr_error *err)
{
    struct task t = { .m = m, .s = s, .arena = arena };
    struct onr_result r = { .article = s->article,
                            .index = s->index,
                            .begin = s->begin,
                            .end = s->end,
                            .cp_begin = s->cp_begin,
                            .cp_end = s->cp_end,
                            .text = s->text,
                            .kind = ONR_NARRATION,
                            .reason = ONR_SPAN("") };
    int rc;

    onr_sha256(s->text.ptr, s->text.len, r.text_sha256);
    if (s->article.state == ONR_WITHDRAWN)
        r.reason = ONR_SPAN("withdrawn");
    else if (!is_english(s->article.language))
        r.reason = ONR_SPAN("language");
    else if (m && (rc = attribute(&t, err)) < 0)
        return rc;
    r.kind = kind_of(&t);
    r.attributions = t.a;
    r.n_attributions = t.n;
    *ret = r;
    return 0;
}
