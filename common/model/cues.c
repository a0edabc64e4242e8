/* common/model/cues.c - see cues.h.
 *
 * Sentence by sentence: every verb form of the lexicon is tried in turn. What stands before it must be a subject (or a
 * quotation, or a clause it goes on from), what follows must fit one of the verb's frames. Afterwards contents are cut
 * where the next cue's clause begins. Every look back or ahead is bounded, so hostile text costs linear time.
 */
#include "common/model/cues.h"

#include <string.h>

enum follow { FOLLOW_NOTHING, FOLLOW_THAT, FOLLOW_QUOTE, FOLLOW_TO, FOLLOW_CLAUSE, FOLLOW_OTHER };

/* --- what follows a verb -------------------------------------------------------------------------------------------- */

/* Behind "told reporters on Thursday": where the content begins; `i` when nothing is to be skipped. */
static size_t
skip_hearer_and_time(const struct onr_sentence *s, size_t i, const struct onr_verb_entry *v)
{
    bool hearer = (v->frames & ONR_V_PERSON) != 0;
    size_t j = i;

    if (onr_has(s, j, ONR_W_TIME)) /* "said Thursday" */
        j++;
    if (!hearer && !onr_has(s, j, ONR_W_PREP) && j == i)
        return i;
    for (size_t k = j; k < s->end && k - i < 14; k++) {
        if (onr_is_word(s, k, "that whether if how why what") && k > i)
            return k;
        if (onr_is_kind(s, k, ONR_TOK_OPEN))
            return k;
        if (onr_is_kind(s, k, ONR_TOK_COMMA) || onr_is_kind(s, k, ONR_TOK_COLON))
            return onr_is_kind(s, k + 1, ONR_TOK_OPEN) ? k + 1 : k;
        if (hearer && k > i && (onr_has(s, k, ONR_W_SUBJECT) || onr_is_word(s, k, "to")))
            return k;
        if (onr_at(s, k)->kind != ONR_TOK_WORD && onr_at(s, k)->kind != ONR_TOK_NUMBER)
            break;
    }
    return j;
}

static enum follow
what_follows(const struct onr_sentence *s, size_t i)
{
    const struct onr_token *t = onr_at(s, i);

    if (i >= s->end || t->kind == ONR_TOK_BREAK || t->kind == ONR_TOK_STOP)
        return FOLLOW_NOTHING;
    if (t->kind == ONR_TOK_OPEN)
        return FOLLOW_QUOTE;
    if ((t->kind == ONR_TOK_COMMA || t->kind == ONR_TOK_COLON)
        && onr_is_kind(s, i + 1, ONR_TOK_OPEN))
        return FOLLOW_QUOTE;
    if (t->kind == ONR_TOK_COMMA || t->kind == ONR_TOK_CLOSE)
        return FOLLOW_NOTHING;
    if (onr_is_word(s, i, "that whether if how why what"))
        return FOLLOW_THAT;
    if (onr_is_word(s, i, "to"))
        return FOLLOW_TO;
    if (onr_has(s, i, ONR_W_SUBJECT | ONR_W_DET) || onr_is_name(t) || t->kind == ONR_TOK_NUMBER)
        return FOLLOW_CLAUSE;
    if (onr_has(s, i, ONR_W_PREP | ONR_W_CONJ | ONR_W_TIME | ONR_W_AUX | ONR_W_BE))
        return FOLLOW_NOTHING;
    return FOLLOW_OTHER;
}

static bool
fits(const struct onr_verb_entry *v, enum follow f, bool particle, bool pronoun_next)
{
    switch (f) {
    case FOLLOW_QUOTE:
        return (v->frames & (ONR_V_SAY | ONR_V_THAT | ONR_V_QUOTE | ONR_V_PERSON | ONR_V_OBJECT))
               != 0;
    case FOLLOW_THAT:
        return (v->frames & (ONR_V_SAY | ONR_V_THAT | ONR_V_PERSON)) != 0;
    case FOLLOW_TO:
        return (v->frames & ONR_V_TO) != 0;
    case FOLLOW_CLAUSE:
        return particle || (v->frames & (ONR_V_SAY | ONR_V_OBJECT)) != 0
               || ((v->frames & ONR_V_THAT) && (pronoun_next || v->act == ONR_BELIEVED));
    case FOLLOW_OTHER:
        return particle || (v->frames & (ONR_V_SAY | ONR_V_OBJECT)) != 0;
    default:
        return false;
    }
}

static enum onr_content_rule
rule_of(const struct onr_verb_entry *v, enum follow f, bool particle)
{
    if (f == FOLLOW_QUOTE)
        return ONR_CONTENT_QUOTED;
    if (f == FOLLOW_THAT)
        return ONR_CONTENT_THAT;
    return particle || !(v->frames & ONR_V_SAY) ? ONR_CONTENT_OBJECT : ONR_CONTENT_CLAUSE;
}

/* --- one verb ------------------------------------------------------------------------------------------------------- */

/* A form that is no verb here: "the stated goal", "his plans", "was told". */
static bool
is_no_verb(const struct onr_sentence *s, size_t i, enum onr_verb_form form)
{
    if (onr_at(s, i)->capital || onr_is_possessive(s, i))
        return true;
    if (form == ONR_FORM_ING)
        return !(onr_is_kind(s, i - 1, ONR_TOK_COMMA) || onr_is_word(s, i - 1, "by while in")
                 || onr_has(s, i - 1, ONR_W_BE));
    if (onr_has(s, i - 1, ONR_W_DET | ONR_W_PREP) || onr_is_possessive(s, i - 1))
        return !onr_has(s, i - 1, ONR_W_SUBJECT)
               && !onr_is_word(s, i - 1, "all both some many that most");
    if (form == ONR_FORM_PAST)
        return onr_has(s, i - 1, ONR_W_BE)
               || (onr_is_adverb(s, i - 1) && onr_has(s, i - 2, ONR_W_BE));
    return false;
}

static bool
quotation_ends_before(const struct onr_sentence *s, size_t i)
{
    return onr_is_kind(s, i - 1, ONR_TOK_CLOSE)
           || (onr_is_kind(s, i - 1, ONR_TOK_COMMA) && onr_is_kind(s, i - 2, ONR_TOK_CLOSE));
}

/* Content of "Y, X said" and "“Y,” said X, “Z”": what stands before `border`, and what goes on behind the cue. */
static void
content_around(const struct onr_sentence *s, struct onr_cue *c, size_t border, size_t after)
{
    size_t end = border;

    while (end > s->first && onr_is_kind(s, end - 1, ONR_TOK_COMMA))
        end--;
    c->rule = onr_is_kind(s, end - 1, ONR_TOK_CLOSE) ? ONR_CONTENT_QUOTED : ONR_CONTENT_BEFORE;
    c->content[c->n_content++] = (struct onr_tokens_range){ s->first, end };
    while (after < s->end && after - border < ONR_LOOK && !onr_is_kind(s, after, ONR_TOK_COMMA)
           && !onr_is_kind(s, after, ONR_TOK_OPEN))
        after++;
    while (onr_is_kind(s, after, ONR_TOK_COMMA))
        after++;
    if (after < s->end && (c->rule == ONR_CONTENT_BEFORE || onr_is_kind(s, after, ONR_TOK_OPEN)))
        c->content[c->n_content++] = (struct onr_tokens_range){ after, s->end };
}

/* "“Y,” said X" and "Y, said X": subject behind the verb, unless one stands before the comma: "Its head, Ann Lee, said". */
static bool
try_inverted(const struct onr_sentence *s, size_t i, const struct onr_subject *sub,
             struct onr_cue *c)
{
    struct onr_tokens_range p;

    if (!(c->verb->frames & (ONR_V_SAY | ONR_V_QUOTE)) || i == s->first
        || !(quotation_ends_before(s, i)
             || (onr_is_kind(s, i - 1, ONR_TOK_COMMA) && sub->range.first == sub->range.end
                 && onr_is_word(s, i, "said says wrote added"))))
        return false;
    p = onr_phrase_after(s, i + 1);
    if (p.first == p.end || !onr_can_speak(s, p))
        return false;
    p.end = onr_apposition_end(s, p.end);
    c->source = p;
    content_around(s, c, i, p.end);
    return true;
}

/* "Y, X said": subject before the verb, content before that. */
static bool
try_after_content(const struct onr_sentence *s, const struct onr_subject *sub, size_t after,
                  struct onr_cue *c)
{
    size_t border = sub->range.first;

    if ((!(c->verb->frames & (ONR_V_SAY | ONR_V_QUOTE | ONR_V_THAT))
         && !quotation_ends_before(s, border))
        || sub->range.first == sub->range.end || border <= s->first + 1
        || !(quotation_ends_before(s, border) || onr_is_kind(s, border - 1, ONR_TOK_COMMA)))
        return false;
    if ((c->verb->frames & ONR_V_PERSON)
        && (what_follows(s, after) == FOLLOW_CLAUSE || what_follows(s, after) == FOLLOW_OTHER))
        after = onr_phrase_after(s, after).end; /* "Warren told Stumpf" */
    if (what_follows(s, after) != FOLLOW_NOTHING
        && !(quotation_ends_before(s, border) && what_follows(s, after) == FOLLOW_QUOTE))
        return false;
    c->source = sub->range;
    content_around(s, c, border, after);
    return true;
}

/* An object ends at a comma or a time: "refuted these concerns | on Thursday, prior to ...". */
static size_t
object_end(const struct onr_sentence *s, size_t i)
{
    for (; i < s->end; i++)
        if (!onr_at(s, i)->quoted
            && (onr_is_kind(s, i, ONR_TOK_COMMA) || onr_is_mark(s, i, ';')
                || (onr_has(s, i, ONR_W_TIME) && onr_at(s, i)->capital)
                || (onr_has(s, i, ONR_W_PREP) && onr_has(s, i + 1, ONR_W_TIME)
                    && !onr_is_word(s, i, "of"))))
            return i;
    return s->end;
}

/* "states", "plan", "support" are nouns as often as verbs: number has to agree with the subject. */
static bool
agrees(const struct onr_sentence *s, const struct onr_subject *sub, size_t verb,
       enum onr_verb_form form)
{
    size_t head = sub->range.end - 1;
    struct onr_span w;
    bool plural;

    if (form == ONR_FORM_PAST || form == ONR_FORM_ING || sub->last + 1 < verb
        || sub->range.first >= sub->range.end || onr_has(s, head, ONR_W_SUBJECT)
        || onr_is_name(onr_at(s, head)))
        return true;
    w = onr_span_sub(s->r->text, onr_at(s, head)->begin, onr_at(s, head)->end);
    plural = w.ptr[w.len - 1] == 's'
             || onr_is_word(s, head, "people women men police many some others");
    return form == ONR_FORM_BASE ? plural : !plural;
}

static size_t
clause_end(const struct onr_sentence *s, size_t i)
{
    while (i < s->end && (onr_at(s, i)->quoted || !onr_is_mark(s, i, ';')))
        i++;
    return i;
}

/* Who speaks has to be able to, but with "say": a sign says where the road leads. */
static bool
may_be_source(const struct onr_sentence *s, const struct onr_cue *c, enum follow f)
{
    return f == FOLLOW_THAT || f == FOLLOW_QUOTE || strcmp(c->verb->lemma, "say") == 0
           || onr_can_speak(s, c->source);
}

/* "X said Y". */
static bool
try_before_content(const struct onr_sentence *s, const struct onr_subject *sub, size_t after,
                   bool particle, enum onr_verb_form form, struct onr_cue *c)
{
    size_t begin = skip_hearer_and_time(s, after, c->verb);
    enum follow f = what_follows(s, begin);
    bool goes_on = form == ONR_FORM_ING || onr_has(s, sub->last, ONR_W_CONJ);
    size_t end;

    if (!fits(c->verb, f, particle, onr_has(s, begin, ONR_W_SUBJECT))
        || !agrees(s, sub, c->cue.first, form))
        return false;
    if (sub->range.first < sub->range.end && !onr_has(s, sub->last, ONR_W_CONJ)
        && form != ONR_FORM_ING)
        c->source = sub->range;
    else if (sub->range.first < sub->range.end && onr_has(s, sub->range.first, ONR_W_SUBJECT))
        c->source = sub->range;
    else if (goes_on)
        c->inherited = true;
    else
        return false;
    if (!c->inherited && !may_be_source(s, c, f))
        return false;
    while (onr_is_kind(s, begin, ONR_TOK_COMMA) || onr_is_kind(s, begin, ONR_TOK_COLON))
        begin++;
    c->rule = rule_of(c->verb, f, particle);
    end = c->rule == ONR_CONTENT_OBJECT ? object_end(s, begin) : clause_end(s, begin);
    c->content[c->n_content++] = (struct onr_tokens_range){ begin, end };
    return begin < end;
}

static bool
try_verb(const struct onr_sentence *s, size_t i, struct onr_cue *ret)
{
    char buf[ONR_WORD_MAX + 1];
    enum onr_verb_form form;
    struct onr_cue c = { .cue = { i, i + 1 } };
    struct onr_subject sub;
    bool particle;

    c.verb = onr_verb_find(onr_lower(s, i, buf), &form);
    if (!c.verb || is_no_verb(s, i, form))
        return false;
    particle = onr_is_word(s, i + 1, c.verb->particles)
               && !(onr_is_word(s, i + 1, "to") && form == ONR_FORM_ING);
    c.cue.end += particle;
    sub = onr_subject_of(s, i);
    c.negated = sub.negated;
    c.open = onr_is_word(s, sub.last, "or nor");
    if (!try_inverted(s, i, &sub, &c) && !try_after_content(s, &sub, c.cue.end, &c)
        && !try_before_content(s, &sub, c.cue.end, particle, form, &c))
        return false;
    *ret = c;
    return true;
}

/* "according to X". */
static bool
try_according(const struct onr_sentence *s, size_t i, struct onr_cue *ret)
{
    struct onr_cue c = { .cue = { i, i + 2 }, .rule = ONR_CONTENT_BEFORE };

    if (!onr_is_word(s, i + 1, "to"))
        return false;
    c.source = onr_phrase_after(s, i + 2);
    if (c.source.first == c.source.end)
        return false;
    if (i > s->first) {
        size_t end = onr_apposition_end(s, c.source.end);
        size_t stop = onr_is_kind(s, i - 1, ONR_TOK_COMMA) ? i - 1 : i;

        if (end >= s->end)
            c.source.end = end;
        if (stop > s->first)
            c.content[c.n_content++] = (struct onr_tokens_range){ s->first, stop };
    }
    if (onr_is_kind(s, c.source.end, ONR_TOK_COMMA) && c.source.end + 1 < s->end)
        c.content[c.n_content++] = (struct onr_tokens_range){ c.source.end + 1, s->end };
    *ret = c;
    return c.n_content > 0;
}

/* "Trump: “...”" */
static bool
try_colon(const struct onr_sentence *s, size_t i, struct onr_cue *ret)
{
    struct onr_cue c = { .cue = { i, i + 1 }, .rule = ONR_CONTENT_QUOTED };

    if (!onr_is_kind(s, i + 1, ONR_TOK_OPEN) || i == s->first || i - s->first > 8)
        return false;
    c.source = onr_phrase_before(s, i - 1);
    if (c.source.first != s->first || !onr_can_speak(s, c.source))
        return false;
    c.content[c.n_content++] = (struct onr_tokens_range){ i + 1, s->end };
    *ret = c;
    return true;
}

/* --- the sentence --------------------------------------------------------------------------------------------------- */

/* A cue that goes on from the clause before has that clause's source; with none before it, the sentence's subject. */
static void
settle_sources(const struct onr_sentence *s, struct onr_cue *cue, size_t n)
{
    for (size_t k = 0; k < n; k++) {
        struct onr_cue *c = &cue[k];

        if (!c->inherited)
            continue;
        for (size_t m = k; m > 0 && c->source.first == c->source.end; m--)
            c->source = cue[m - 1].source;
        for (size_t i = s->first; i < c->cue.first && c->source.first == c->source.end; i++)
            if (onr_is_name(onr_at(s, i)) || onr_has(s, i, ONR_W_SUBJECT))
                c->source = onr_phrase_after(s, i);
    }
}

/* Where the clause of cue c begins, if it is one that ends the clause before it; else the sentence's end. */
static size_t
clause_border(const struct onr_sentence *s, const struct onr_cue *c)
{
    size_t border = c->cue.first;

    if (!c->inherited && c->source.end <= c->cue.first)
        border = c->source.first;
    while (border > s->first && (onr_is_adverb(s, border - 1) || onr_has(s, border - 1, ONR_W_AUX)))
        border--;
    if (onr_is_kind(s, border - 1, ONR_TOK_COMMA))
        return border - 1;
    if (onr_is_word(s, border - 1, "and but while as")
        && (c->inherited || onr_is_kind(s, border - 2, ONR_TOK_COMMA)))
        return onr_is_kind(s, border - 2, ONR_TOK_COMMA) ? border - 2 : border - 1;
    return s->end;
}

static void
settle_contents(const struct onr_sentence *s, struct onr_cue *cue, size_t n)
{
    for (size_t k = 0; k + 1 < n; k++)
        for (size_t m = k + 1; m < n; m++) {
            size_t border = clause_border(s, &cue[m]);
            struct onr_tokens_range *p = &cue[k].content[cue[k].n_content - 1];

            if (border > p->first && border < p->end)
                p->end = border;
        }
}

static size_t
read_sentence(const struct onr_sentence *s, struct onr_cue *ret, size_t max)
{
    size_t n = 0;

    for (size_t i = s->first; i < s->end && n < max; i++) {
        const struct onr_token *t = onr_at(s, i);

        if (t->quoted)
            continue;
        if (t->kind == ONR_TOK_COLON)
            n += n == 0 && try_colon(s, i, &ret[n]);
        else if (t->kind == ONR_TOK_WORD && onr_is_word(s, i, "according"))
            n += try_according(s, i, &ret[n]);
        else if (t->kind == ONR_TOK_WORD)
            n += try_verb(s, i, &ret[n]);
    }
    settle_sources(s, ret, n);
    settle_contents(s, ret, n);
    return n;
}

size_t
onr_cues_find(const struct onr_reading *r, size_t first, size_t end, struct onr_cue *ret,
              size_t max)
{
    size_t n = 0;

    while (first < end && n < max) {
        struct onr_sentence s = { r, first, first };

        while (s.end < end && !(r->tok[s.end].ends && !r->tok[s.end].quoted))
            s.end++;
        n += read_sentence(&s, ret + n, max - n);
        first = s.end + 1;
    }
    return n;
}
