/* common/model/target.c - see target.h. */
#include "common/model/target.h"

#include "common/model/phrase.h"

#define CANDIDATES_MAX 16
#define SURE_STANCE    0.4f  /* below, nobody takes a side */
#define SURE_TARGET    0.1f  /* from here on a name is a target beside the first */
#define NO_PHRASE      0.03f /* below, a phrase is none, even where there is no other */
#define NAMED_TARGET   0.5f  /* below, the words may be about somebody whom they do not name, */
#define SURE_UNNAMED   0.33f /* who is right that often */
#define SURE_SIDE      0.7f  /* if a side toward them is so clear */

struct candidates {
    size_t n;
    struct onr_target target[CANDIDATES_MAX];
};

static bool
is_in(const struct onr_target_place *p, size_t token)
{
    for (size_t i = 0; i < p->n_content; i++)
        if (token >= p->content[i].first && token < p->content[i].end)
            return true;
    return token >= p->statement.first && token < p->statement.end;
}

static bool
overlaps(struct onr_piece_span a, struct onr_piece_span b)
{
    return a.first < b.end && b.first < a.end;
}

static void
add(const struct onr_model *m, const struct onr_target_place *p, struct onr_tokens_range range,
    int cast, struct candidates *c)
{
    struct onr_piece_span at = onr_naming_pieces(&m->naming, range);

    if (c->n == CANDIDATES_MAX || at.first >= at.end
        || (p->found->has_source && overlaps(at, p->found->source)))
        return;
    for (size_t i = 0; i < c->n; i++)
        if ((cast >= 0 && c->target[i].cast == cast)
            || overlaps(at, onr_naming_pieces(&m->naming, c->target[i].range)))
            return;
    c->target[c->n++] = (struct onr_target){ .range = range, .cast = cast };
}

/* Somebody of the cast behind a pronoun ("him") or a description ("the president") that begins with token i; empty when there is none. */
static struct onr_tokens_range
stands_for(const struct onr_model *m, size_t i)
{
    const struct onr_token *t = &m->tok[i];
    bool described = i + 1 < m->n_tok
                     && onr_word_listed("the The", onr_token_word(m->reading.text, t))
                     && (m->tok[i + 1].classes & (ONR_W_TITLE | ONR_W_PEOPLE));

    if (t->kind != ONR_TOK_WORD || !(described || (t->classes & (ONR_W_HE | ONR_W_SHE))))
        return (struct onr_tokens_range){ i, i };
    return (struct onr_tokens_range){ i, i + (described ? 2 : 1) };
}

/* Who speaks elsewhere in the window is no target by a mere pronoun: "argued that the crossing, he said, would pay". */
static bool
speaks(const struct onr_model *m, struct onr_tokens_range r)
{
    struct onr_piece_span at = onr_naming_pieces(&m->naming, r);

    for (size_t i = 0; i < m->n_found; i++)
        if (m->found[i].has_source && overlaps(at, m->found[i].source))
            return true;
    return false;
}

static int
collect_mentions(const struct onr_model *m, const struct onr_target_place *p,
                 struct onr_arena *arena, struct candidates *c)
{
    for (size_t i = 0; i < m->n_tok; i++) {
        struct onr_tokens_range r = stands_for(m, i);
        struct onr_speaker who;
        int rc;

        if (r.first == r.end || !is_in(p, i) || speaks(m, r))
            continue;
        if ((rc = onr_speaker_find(&m->naming, r, arena, &who)) < 0)
            return rc;
        if (who.cast >= 0 && who.cast != p->speaker->cast)
            add(m, p, r, who.cast, c);
    }
    return 0;
}

static int
collect(const struct onr_model *m, const struct onr_target_place *p, struct onr_arena *arena,
        struct candidates *c)
{
    int rc;

    for (size_t i = 0; i < m->n_tok; i++)
        if (m->of[i] >= 0 && m->of[i] != p->speaker->cast && is_in(p, i))
            add(m, p, onr_naming_words(&m->naming, p->statement.first, i), m->of[i], c);
    if ((rc = collect_mentions(m, p, arena, c)) < 0)
        return rc;
    for (size_t i = 0; i < p->n_content; i++) {
        struct onr_tokens_range phrase = onr_first_phrase(&m->reading, p->content[i]);

        if (phrase.first < phrase.end)
            add(m, p, phrase, ONR_NOBODY, c);
    }
    return 0;
}

static struct onr_piece_span
hull(const struct onr_model *m, const struct onr_target_place *p)
{
    struct onr_tokens_range r = p->statement;

    for (size_t i = 0; i < p->n_content; i++) {
        r.first = p->content[i].first < r.first ? p->content[i].first : r.first;
        r.end = p->content[i].end > r.end ? p->content[i].end : r.end;
    }
    return r.first < r.end ? onr_naming_pieces(&m->naming, r) : (struct onr_piece_span){ 0, 0 };
}

/* What the speaker says of one who is named by these tokens. */
static void
ask(struct onr_model *m, const struct onr_target_place *p, struct onr_tokens_range name,
    struct onr_target *t)
{
    struct onr_stance_pair pair = { .has_speaker = p->found->has_source,
                                    .speaker = p->found->source,
                                    .has_target = true,
                                    .target = onr_naming_pieces(&m->naming, name),
                                    .reach = hull(m, p) };
    struct onr_stance_scores s;
    int best = 0;

    onr_heads_stance(m->heads, m->states, &pair, &s);
    for (int i = 1; i < 3; i++)
        if (s.probability[i] > s.probability[best])
            best = i;
    if (s.probability[best] < SURE_STANCE)
        best = ONR_NEUTRAL;
    t->stance = (enum onr_stance) best;
    t->sure_stance = s.probability[best];
    t->sure_target = s.is_target;
}

/* The surest first; the earlier one where two are equal. */
static void
sort(struct candidates *c)
{
    for (size_t i = 1; i < c->n; i++)
        for (size_t j = i; j > 0 && c->target[j].sure_target > c->target[j - 1].sure_target; j--) {
            struct onr_target t = c->target[j];

            c->target[j] = c->target[j - 1];
            c->target[j - 1] = t;
        }
}

/* The person whom the article names most, the speaker apart. */
static int
most_named(const struct onr_model *m, const struct onr_target_place *p)
{
    const struct onr_naming *n = &m->naming;
    int found = ONR_NOBODY;

    for (size_t k = 0; k < n->n_cast; k++)
        if (n->cast[k].type == ONR_PERSON && (int) k != p->speaker->cast
            && (found < 0 || n->cast[k].n_mentions > n->cast[found].n_mentions))
            found = (int) k;
    return found;
}

/* "What is wrong with you?": the words may be about the one whom the whole article is about. True if a side is taken clearly. */
static bool
unnamed(struct onr_model *m, const struct onr_target_place *p, const struct candidates *c,
        struct onr_target *ret)
{
    size_t i = 0;
    int who = most_named(m, p);

    if (who < 0)
        return false;
    for (size_t k = 0; k < c->n; k++)
        if (c->target[k].cast == who)
            return false;
    while (i < m->n_tok && m->of[i] != who)
        i++;
    if (i == m->n_tok)
        return false;
    *ret = (struct onr_target){ .cast = who };
    ask(m, p, onr_naming_words(&m->naming, 0, i), ret);
    ret->sure_target = SURE_UNNAMED;
    return ret->stance != ONR_NEUTRAL && ret->sure_stance >= SURE_SIDE;
}

int
onr_targets_find(struct onr_model *m, const struct onr_target_place *p, struct onr_arena *arena,
                 struct onr_target ret[ONR_TARGETS_MAX])
{
    struct candidates c = { .n = 0 };
    struct onr_target other;
    int n = 0, rc = collect(m, p, arena, &c);

    if (rc < 0)
        return rc;
    for (size_t i = 0; i < c.n; i++)
        ask(m, p, c.target[i].range, &c.target[i]);
    sort(&c);
    if (p->speaker->name.len > 0 && (c.n == 0 || c.target[0].sure_target < NAMED_TARGET)
        && unnamed(m, p, &c, &other)) {
        if (c.n == CANDIDATES_MAX)
            c.n--;
        c.target[c.n++] = other;
        sort(&c);
    }
    for (size_t i = 0; i < c.n && n < ONR_TARGETS_MAX; i++)
        if (c.target[i].sure_target >= (n > 0 ? SURE_TARGET : c.target[i].cast < 0 ? NO_PHRASE : 0))
            ret[n++] = c.target[i];
    return n;
}
