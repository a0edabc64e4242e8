/* common/model/model.c - statement record in, result out, by rules. See model.h.
 *
 * The window is read into tokens, the cast's names are found among them, cues are found in the statement's own tokens, and
 * each cue becomes an attribution. A statement that is nothing but a quotation and has no cue carries on the speaker of the
 * quotation before it. The order of everything is the order of the text.
 */
#include "common/model/model.h"

#include <stdlib.h>

#include "common/base/sha256.h"
#include "common/base/utf8.h"
#include "common/model/speaker.h"
#include "common/model/stance.h"

/* Bump when code of common/model changes any answer; word lists and limits are hashed themselves. */
#define RULES_VERSION    "onrecord-rules/1"
#define MANIFEST_MAX     (256 * 1024)
#define CARRY_TOKENS     250 /* how far back the speaker of a carried-on quotation may stand */
#define CARRY_LOSS       120 /* thousandths: a carried speaker is less sure */
#define TARGET_WORDS     8   /* words of a target that is no name */
#define SURE_TARGET_CAST 520
#define SURE_TARGET_NOUN 380

static const int16_t content_confidence[] = {
    [ONR_CONTENT_QUOTED] = 900, [ONR_CONTENT_THAT] = 820,   [ONR_CONTENT_CLAUSE] = 680,
    [ONR_CONTENT_BEFORE] = 760, [ONR_CONTENT_OBJECT] = 600, [ONR_CONTENT_CARRIED] = 780,
};

struct onr_model {
    uint8_t fingerprint[ONR_SHA256_LEN];
    struct onr_token *tok; /* ONR_WINDOW_MAX of them: at least a byte each */
    char *text;            /* copy of the text that tok was read from, ONR_WINDOW_MAX bytes */
    struct onr_span read;  /* how much of it */
    size_t n_read;         /* tokens in it */
    int16_t *of;
    struct onr_reading reading;
    struct onr_naming naming;
};

/* One statement while it is classified. */
struct task {
    struct onr_model *m;
    const struct onr_statement *s;
    struct onr_arena *arena;
    uint32_t origin;           /* body offset of the text that was read */
    size_t first, end;         /* the statement's tokens */
    struct onr_attribution *a; /* room for ONR_CUES_MAX */
    size_t n;
    bool quoted_words, plain_words; /* in the contents found */
};

/* --- open ----------------------------------------------------------------------------------------------------------- */

static int
make_fingerprint(struct onr_model *m, struct onr_error *err)
{
    struct onr_buf manifest = ONR_BUF_INIT(MANIFEST_MAX);
    int rc = onr_buf_printf(&manifest, "%s\nwindow %d cues %d carry %d %d target %d\n",
                            RULES_VERSION, ONR_WINDOW_MAX, ONR_CUES_MAX, CARRY_TOKENS, CARRY_LOSS,
                            TARGET_WORDS);

    for (size_t i = 0; i < sizeof content_confidence / sizeof *content_confidence && rc == 0; i++)
        rc = onr_buf_printf(&manifest, "c %d\n", content_confidence[i]);
    if (rc == 0)
        rc = onr_lexicon_manifest(&manifest);
    if (rc == 0)
        onr_sha256(manifest.ptr, manifest.len, m->fingerprint);
    onr_buf_release(&manifest);
    return rc < 0 ? onr_fail(err, -rc, "no room for the model's manifest") : 0;
}

int
onr_model_open(const char *path, struct onr_model **ret, struct onr_error *err)
{
    struct onr_model *m;
    int rc;

    if (path)
        return onr_fail(err, ONR_ECONFIG,
                        "%s: this onrecord has the built-in rules only and reads no model file",
                        path);
    m = calloc(1, sizeof *m);
    if (!m)
        return onr_fail(err, ONR_ENOMEM, "no memory for the model");
    m->tok = calloc(ONR_WINDOW_MAX, sizeof *m->tok);
    m->of = calloc(ONR_WINDOW_MAX, sizeof *m->of);
    m->text = malloc(ONR_WINDOW_MAX);
    if (!m->tok || !m->of || !m->text) {
        onr_model_free(m);
        return onr_fail(err, ONR_ENOMEM, "no memory for the model");
    }
    if ((rc = make_fingerprint(m, err)) < 0) {
        onr_model_free(m);
        return rc;
    }
    *ret = m;
    return 0;
}

void
onr_model_free(struct onr_model *m)
{
    if (!m)
        return;
    free(m->tok);
    free(m->of);
    free(m->text);
    free(m);
}

const uint8_t *
onr_model_fingerprint(const struct onr_model *m)
{
    return m->fingerprint;
}

const char *
onr_model_describe(const struct onr_model *m)
{
    (void) m;
    return "rules/1: reporting verbs, names and word lists; no training";
}

/* --- spans ---------------------------------------------------------------------------------------------------------- */

/* A range without white space, marks and full stops at its ends that belong to the sentence and not to it. */
static struct onr_tokens_range
tight(const struct task *t, struct onr_tokens_range p)
{
    const struct onr_token *tok = t->m->tok;

    while (p.first < p.end
           && (tok[p.first].kind == ONR_TOK_BREAK || tok[p.first].kind == ONR_TOK_COMMA
               || tok[p.first].kind == ONR_TOK_STOP))
        p.first++;
    while (p.end > p.first && !tok[p.end - 1].quoted && tok[p.end - 1].kind != ONR_TOK_WORD
           && tok[p.end - 1].kind != ONR_TOK_NUMBER)
        p.end--;
    while (p.end > p.first && tok[p.end - 1].kind == ONR_TOK_BREAK)
        p.end--;
    return p;
}

static struct onr_text_span
text_span(const struct task *t, struct onr_tokens_range p)
{
    uint32_t begin = t->m->tok[p.first].begin, end = t->m->tok[p.end - 1].end;

    return (struct onr_text_span){ t->origin + begin, t->origin + end,
                                   onr_span_sub(t->m->reading.text, begin, end) };
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
    if (t->quoted_words)
        return t->plain_words ? ONR_MIXED : ONR_DIRECT;
    return ONR_INDIRECT;
}

/* --- target --------------------------------------------------------------------------------------------------------- */

static bool
starts_phrase(const struct onr_token *t)
{
    return t->kind == ONR_TOK_WORD
           && !(t->classes
                & (ONR_W_PREP | ONR_W_CONJ | ONR_W_BE | ONR_W_AUX | ONR_W_TIME | ONR_W_ADV))
           && !(t->classes & ONR_W_NOT);
}

static bool
is_to(const struct task *t, size_t i)
{
    return onr_span_eq_z(onr_token_word(t->m->reading.text, &t->m->tok[i]), "to");
}

/* "the route closed": a small word in -ed behind a noun is a verb more often than not. */
static bool
is_past_form(const struct task *t, size_t i)
{
    return !t->m->tok[i].capital
           && onr_span_ends(onr_token_word(t->m->reading.text, &t->m->tok[i]), ONR_SPAN("ed"));
}

/* The first noun phrase of a content, without its article. */
static struct onr_tokens_range
first_phrase(const struct task *t, struct onr_tokens_range p)
{
    const struct onr_token *tok = t->m->tok;
    size_t i = p.first, end;

    if (i + 1 < p.end && is_to(t, i))
        i += 2; /* "to overturn the decision" is about the decision */
    while (i < p.end && !starts_phrase(&tok[i]))
        i++;
    if (i < p.end && (tok[i].classes & ONR_W_DET))
        i++;
    end = i;
    while (end < p.end && end - i < TARGET_WORDS
           && (tok[end].kind == ONR_TOK_NUMBER
               || (tok[end].kind == ONR_TOK_WORD
                   && (starts_phrase(&tok[end]) || onr_is_name(&tok[end]))))
           && !(end > i && is_past_form(t, end)))
        end++;
    if (i < end
        && (tok[i].classes
            & (ONR_W_SUBJECT | ONR_W_HE | ONR_W_SHE | ONR_W_THEY | ONR_W_OTHER | ONR_W_DET)))
        end = i;
    return (struct onr_tokens_range){ i, end };
}

/* The first of the cast named in the content who is not the speaker, else its first noun phrase. */
static void
find_target(const struct task *t, struct onr_tokens_range p, int speaker, struct onr_attribution *a)
{
    struct onr_tokens_range phrase;

    for (size_t i = p.first; i < p.end; i++) {
        int k = t->m->of[i];
        size_t first = i;

        if (k < 0 || k == speaker)
            continue;
        while (first > p.first && onr_is_name(&t->m->tok[first - 1]) && t->m->of[first - 1] < 0)
            first--;
        a->has_target = a->target.has_span = true;
        a->target.name = t->s->cast[k].name;
        a->target.span = text_span(t, (struct onr_tokens_range){ first, i + 1 });
        a->conf_target = SURE_TARGET_CAST;
        return;
    }
    phrase = first_phrase(t, p);
    if (phrase.first >= phrase.end)
        return;
    a->has_target = a->target.has_span = true;
    a->target.span = text_span(t, phrase);
    a->target.name = a->target.span.text;
    a->conf_target = SURE_TARGET_NOUN;
}

/* --- attributions --------------------------------------------------------------------------------------------------- */

static int
leaning_of(const struct onr_cue *c)
{
    if (!c->verb || c->open)
        return 0;
    return c->negated ? -c->verb->leaning : c->verb->leaning;
}

/* Act, content, target and stance: what does not depend on who it is. False when no content is left. */
static bool
fill_content(struct task *t, const struct onr_cue *c, int speaker, struct onr_attribution *a)
{
    struct onr_text_span *content = onr_arena_array(t->arena, ONR_CUE_PARTS, sizeof *content);
    struct onr_stance_reading best = { ONR_NEUTRAL, 0, 0 };
    int leaning = leaning_of(c);

    for (size_t i = 0; content && i < c->n_content; i++) {
        struct onr_tokens_range p = tight(t, c->content[i]);
        struct onr_stance_reading r;

        if (p.first >= p.end)
            continue;
        content[a->n_content++] = text_span(t, p);
        note_kind(t, p);
        r = onr_stance_read(&t->m->reading, p, leaning);
        if (a->n_content == 1 || abs(r.weight) > abs(best.weight))
            best = r;
        if (!a->has_target)
            find_target(t, p, speaker, a);
    }
    a->content = content;
    a->stance = best.stance;
    a->conf_stance = best.confidence;
    a->conf_content = content_confidence[c->rule];
    a->act = c->verb ? (enum onr_act) c->verb->act : ONR_SAID;
    return a->n_content > 0;
}

static int
add_attribution(struct task *t, const struct onr_cue *c, bool carried)
{
    struct onr_attribution *a = &t->a[t->n];
    struct onr_speaker who;
    int rc;

    if ((rc = onr_speaker_find(&t->m->naming, c->source, t->arena, &who)) < 0)
        return rc;
    *a = (struct onr_attribution){ .has_cue = true,
                                   .cue = text_span(t, c->cue),
                                   .reason = who.reason };
    a->speaker.name = who.name;
    a->speaker.type = who.type;
    a->speaker.how = carried && who.name.len > 0 ? ONR_HOW_CARRIED : who.how;
    a->speaker.external_id = ONR_SPAN("");
    a->conf_speaker = (int16_t) (who.confidence - (carried ? CARRY_LOSS : 0));
    if (c->source.first < c->source.end) {
        a->speaker.has_mention = true;
        a->speaker.mention = text_span(t, c->source);
    }
    if (fill_content(t, c, who.cast, a))
        t->n++;
    return a->content ? 0 : -ONR_ENOMEM;
}

/* --- a quotation that goes on --------------------------------------------------------------------------------------- */

static bool
is_wholly_quoted(const struct task *t, size_t first, size_t end)
{
    bool word = false;

    for (size_t i = first; i < end; i++)
        if (t->m->tok[i].kind == ONR_TOK_WORD || t->m->tok[i].kind == ONR_TOK_NUMBER) {
            if (!t->m->tok[i].quoted)
                return false;
            word = true;
        }
    return word;
}

/* Start of the sentence that ends before token `end`, white space apart. */
static size_t
sentence_before(const struct task *t, size_t end)
{
    const struct onr_token *tok = t->m->tok;
    size_t i = end;

    while (i > 0 && (tok[i - 1].ends || tok[i - 1].kind == ONR_TOK_BREAK))
        i--;
    while (i > 0 && end - i < CARRY_TOKENS
           && !(tok[i - 1].ends && (!tok[i - 1].quoted || tok[i - 1].kind == ONR_TOK_CLOSE)))
        i--;
    return i;
}

/* Does the text before token `end` announce a quotation with a colon? */
static bool
introduced(const struct task *t, size_t end)
{
    while (end > 0 && t->m->tok[end - 1].kind == ONR_TOK_BREAK)
        end--;
    return end > 0 && t->m->tok[end - 1].kind == ONR_TOK_COLON;
}

/* The cue of the last sentence before that is not wholly quoted, if a quotation hangs on it. */
static int
carry_on(struct task *t)
{
    struct onr_cue before[ONR_CUES_MAX], cue;
    size_t end = t->first, n;

    if (t->s->quoted == ONR_QUOTED_NONE
        || !(t->s->quoted == ONR_QUOTED_WHOLE || is_wholly_quoted(t, t->first, t->end)))
        return 0;
    while (end > 0 && t->first - end < CARRY_TOKENS) {
        size_t start = sentence_before(t, end);

        if (is_wholly_quoted(t, start, end) && start < end) {
            end = start;
            continue;
        }
        n = onr_cues_find(&t->m->reading, start, end, before, ONR_CUES_MAX);
        while (n > 0 && before[n - 1].rule != ONR_CONTENT_QUOTED && !introduced(t, end))
            n--;
        if (n == 0)
            return 0;
        cue = before[n - 1];
        cue.rule = ONR_CONTENT_CARRIED;
        cue.content[0] = (struct onr_tokens_range){ t->first, t->end };
        cue.n_content = 1;
        return add_attribution(t, &cue, true);
    }
    return 0;
}

/* --- the whole ------------------------------------------------------------------------------------------------------ */

/* Tokens of a text of at most ONR_WINDOW_MAX bytes. Neighbouring statements share their window: the same bytes are not
 * read twice. */
static void
read_tokens(struct onr_model *m, struct onr_span text)
{
    if (!m->read.ptr || !onr_span_eq(m->read, text)) {
        if (text.len > 0)
            memcpy(m->text, text.ptr, text.len);
        m->read = onr_span_of(m->text, text.len);
        m->n_read = onr_tokens_read(text, m->tok, ONR_WINDOW_MAX);
    }
    m->reading = (struct onr_reading){ text, m->tok, m->n_read };
}

/* Read the window, or the statement alone where the window does not hold it. */
static void
read_window(struct task *t)
{
    struct onr_model *m = t->m;
    const struct onr_statement *s = t->s;
    struct onr_span text = s->window;
    uint32_t begin = s->begin - s->window_begin;

    t->origin = s->window_begin;
    if (s->begin < s->window_begin || text.len > ONR_WINDOW_MAX || begin > text.len
        || s->text.len > text.len - begin
        || !onr_span_eq(onr_span_sub(text, begin, begin + s->text.len), s->text)) {
        text = s->text;
        text.len = onr_utf8_cut(text, ONR_WINDOW_MAX);
        t->origin = s->begin;
        begin = 0;
    }
    read_tokens(m, text);
    while (t->first < m->reading.n && m->tok[t->first].begin < begin)
        t->first++;
    t->end = t->first;
    while (t->end < m->reading.n && m->tok[t->end].begin < begin + s->text.len)
        t->end++;
    m->naming = (struct onr_naming){ .r = &m->reading,
                                     .cast = s->cast,
                                     .n_cast = s->n_cast < ONR_CAST_MAX ? s->n_cast : ONR_CAST_MAX,
                                     .of = m->of };
    onr_naming_build(&m->naming);
}

static bool
is_english(struct onr_span language)
{
    return language.len == 0
           || (language.len >= 2 && (language.ptr[0] | 0x20) == 'e'
               && (language.ptr[1] | 0x20) == 'n' && (language.len == 2 || language.ptr[2] == '-'));
}

static int
attribute(struct task *t)
{
    struct onr_cue cues[ONR_CUES_MAX];
    size_t n;
    int rc = 0;

    t->a = onr_arena_array(t->arena, ONR_CUES_MAX, sizeof *t->a);
    if (!t->a)
        return -ONR_ENOMEM;
    read_window(t);
    n = onr_cues_find(&t->m->reading, t->first, t->end, cues, ONR_CUES_MAX);
    for (size_t i = 0; i < n && rc == 0; i++)
        rc = add_attribution(t, &cues[i], false);
    return rc == 0 && t->n == 0 ? carry_on(t) : rc;
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

    onr_sha256(s->text.ptr, s->text.len, r.text_sha256);
    if (s->article.state == ONR_WITHDRAWN)
        r.reason = ONR_SPAN("withdrawn");
    else if (!is_english(s->article.language))
        r.reason = ONR_SPAN("language");
    else if (attribute(&t) < 0)
        return onr_fail(err, ONR_ENOMEM, "no room to classify a statement of %zu bytes",
                        s->text.len);
    r.kind = kind_of(&t);
    r.attributions = t.a;
    r.n_attributions = t.n;
    *ret = r;
    return 0;
}

/* --- stance alone --------------------------------------------------------------------------------------------------- */

/* The clause that the target stands in, as far as the text allows to say: from the cue before it to the sentence's end. */
static struct onr_tokens_range
target_clause(const struct onr_model *m, const struct onr_stance_question *q, int *ret_leaning)
{
    struct onr_cue cues[ONR_CUES_MAX];
    size_t n = onr_cues_find(&m->reading, 0, m->reading.n, cues, ONR_CUES_MAX);
    struct onr_tokens_range all = { 0, m->reading.n };

    *ret_leaning = 0;
    if (!q->has_target_span)
        return all;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < cues[i].n_content; k++) {
            struct onr_tokens_range p = cues[i].content[k];

            if (p.first < p.end && m->tok[p.first].begin <= q->target_begin
                && m->tok[p.end - 1].end >= q->target_end) {
                *ret_leaning = leaning_of(&cues[i]);
                return p;
            }
        }
    return all;
}

int
onr_stance_answer(struct onr_model *m, const struct onr_stance_question *q, enum onr_stance *ret,
                  int *ret_confidence, struct onr_error *err)
{
    unsigned choices = q->choices ? q->choices : 7;
    struct onr_tokens_range clause;
    struct onr_stance_reading r;
    struct onr_span text = q->text;
    int leaning;

    (void) err;
    text.len = onr_utf8_cut(text, ONR_WINDOW_MAX);
    read_tokens(m, text);
    clause = target_clause(m, q, &leaning);
    r = onr_stance_read(&m->reading, clause, leaning);
    if (!(choices & (1u << r.stance))) {
        /* Not allowed: the side its weight leans to, else the first choice that is left. */
        enum onr_stance side = r.weight < 0 ? ONR_OPPOSE : ONR_SUPPORT;

        r.stance = choices & (1u << side)          ? side
                   : choices & (1u << ONR_SUPPORT) ? ONR_SUPPORT
                   : choices & (1u << ONR_OPPOSE)  ? ONR_OPPOSE
                                                   : ONR_NEUTRAL;
        r.confidence = (int16_t) (r.confidence / 2);
    }
    *ret = r.stance;
    *ret_confidence = r.confidence;
    return 0;
}
