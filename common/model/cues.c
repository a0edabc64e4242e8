/* common/model/cues.c - see cues.h.
 *
 * Sentence by sentence: every verb form of the lexicon is tried in turn. What stands before it must be a subject (or a
 * quotation, or a clause it goes on from), what follows must fit one of the verb's frames. Afterwards contents are cut
 * where the next cue's clause begins. Every look back or ahead is bounded, so hostile text costs linear time.
 */
#include "common/model/cues.h"

#define LOOK 40 /* tokens a subject, an apposition or a time phrase may reach */

struct sentence {
    const struct onr_reading *r;
    size_t first, end; /* without the full stop that ends it */
    struct onr_cue *cue;
    size_t n, max;
};

enum follow { FOLLOW_NOTHING, FOLLOW_THAT, FOLLOW_QUOTE, FOLLOW_TO, FOLLOW_CLAUSE, FOLLOW_OTHER };

#define CLOSED                                                                                     \
    (ONR_W_DET | ONR_W_PREP | ONR_W_HE | ONR_W_SHE | ONR_W_THEY | ONR_W_OTHER | ONR_W_BE           \
     | ONR_W_AUX | ONR_W_NOT | ONR_W_CONJ | ONR_W_TIME | ONR_W_ADV)

static const struct onr_token *
at(const struct sentence *s, size_t i)
{
    static const struct onr_token none = { .kind = ONR_TOK_BREAK };

    return i >= s->first && i < s->end ? &s->r->tok[i] : &none;
}

static bool
has(const struct sentence *s, size_t i, uint32_t classes)
{
    return (at(s, i)->classes & classes) != 0;
}

static bool
is_kind(const struct sentence *s, size_t i, enum onr_token_kind kind)
{
    return at(s, i)->kind == kind;
}

static struct onr_span
lower(const struct sentence *s, size_t i, char buf[ONR_WORD_MAX + 1])
{
    const struct onr_token *t = at(s, i);

    if (t->kind != ONR_TOK_WORD)
        return ONR_SPAN("");
    return onr_span_of(buf, onr_token_lower(s->r->text, t, buf));
}

static bool
is_word(const struct sentence *s, size_t i, const char *list)
{
    char buf[ONR_WORD_MAX + 1];

    return onr_word_listed(list, lower(s, i, buf));
}

bool
onr_is_name(const struct onr_token *t)
{
    return t->kind == ONR_TOK_WORD && t->capital && !(t->classes & CLOSED);
}

static bool
is_adverb(const struct sentence *s, size_t i)
{
    char buf[ONR_WORD_MAX + 1];
    struct onr_span w = lower(s, i, buf);

    return has(s, i, ONR_W_ADV)
           || (w.len > 4 && onr_span_ends(w, ONR_SPAN("ly")) && !at(s, i)->capital);
}

static bool
is_mark(const struct sentence *s, size_t i, char c)
{
    const struct onr_token *t = at(s, i);

    return t->kind == ONR_TOK_MARK && s->r->text.ptr[t->begin] == c;
}

static bool
is_possessive(const struct sentence *s, size_t i)
{
    const struct onr_token *t = at(s, i);

    return t->kind == ONR_TOK_WORD && onr_token_word(s->r->text, t).len < t->end - t->begin;
}

/* --- noun phrases --------------------------------------------------------------------------------------------------- */

static bool
ends_phrase(const struct sentence *s, size_t i)
{
    const struct onr_token *t = at(s, i);

    return (t->kind != ONR_TOK_WORD && t->kind != ONR_TOK_NUMBER) || t->quoted
           || has(s, i, ONR_W_BE | ONR_W_AUX | ONR_W_SUBJECT);
}

/* "Obama and Clinton": a conjunction inside a phrase. */
static bool
joins_names(const struct sentence *s, size_t i)
{
    return is_word(s, i, "and &") && onr_is_name(at(s, i - 1)) && onr_is_name(at(s, i + 1));
}

/* "critics say | Trump": a verb that a clause without "that" hangs on. */
static bool
is_speech(const struct sentence *s, size_t i)
{
    char buf[ONR_WORD_MAX + 1];
    enum onr_verb_form form;
    const struct onr_verb_entry *v = at(s, i)->capital ? NULL
                                                       : onr_verb_find(lower(s, i, buf), &form);

    return v && form != ONR_FORM_ING && (v->frames & (ONR_V_SAY | ONR_V_THAT))
           && !has(s, i - 1, ONR_W_DET | ONR_W_PREP) && i > s->first;
}

/* The noun phrase that ends at token `last`; empty when none does. */
static struct onr_tokens_range
phrase_before(const struct sentence *s, size_t last)
{
    size_t first = last + 1, simple = last + 1;

    while (first > s->first && last - first + 1 < LOOK && !ends_phrase(s, first - 1)
           && (!has(s, first - 1, ONR_W_CONJ) || joins_names(s, first - 1))
           && (first > last || !is_speech(s, first - 1))) {
        first--;
        if (simple == first + 1 && !has(s, first, ONR_W_PREP | ONR_W_TIME | ONR_W_ADV))
            simple = first;
    }
    while (first <= last && has(s, first, ONR_W_TIME | ONR_W_ADV | ONR_W_CONJ)
           && !has(s, first, ONR_W_DET))
        first++;
    if (first <= last && has(s, first, ONR_W_PREP))
        first = simple;
    return (struct onr_tokens_range){ first, last + 1 };
}

/* The noun phrase that begins at token `first`. */
static struct onr_tokens_range
phrase_after(const struct sentence *s, size_t first)
{
    size_t end = first;

    if (has(s, first, ONR_W_SUBJECT))
        return (struct onr_tokens_range){ first, first + 1 };
    while (end - first < LOOK && !ends_phrase(s, end)) {
        if (has(s, end, ONR_W_PREP) && !is_word(s, end, "of for from at with"))
            break;
        if (end > first && has(s, end, ONR_W_CONJ) && !joins_names(s, end))
            break;
        if (end > first && has(s, end, ONR_W_TIME))
            break;
        if (end > first && onr_is_name(at(s, end - 1)) && !at(s, end)->capital
            && !has(s, end, ONR_W_PREP | ONR_W_CONJ | ONR_W_PEOPLE | ONR_W_BODY)
            && !onr_is_name(at(s, end + 1)))
            break; /* a verb, most likely */
        end++;
    }
    return (struct onr_tokens_range){ first, end };
}

/* ", a former federal prosecutor" behind a phrase: up to the next comma or the sentence's end. */
static size_t
apposition_end(const struct sentence *s, size_t comma)
{
    size_t i = comma + 1;

    if (!is_kind(s, comma, ONR_TOK_COMMA)
        || !(onr_is_name(at(s, i)) || has(s, i, ONR_W_DET | ONR_W_PEOPLE | ONR_W_BODY)))
        return comma;
    while (i - comma < LOOK && i < s->end && !at(s, i)->quoted && !is_kind(s, i, ONR_TOK_COMMA)
           && !has(s, i, ONR_W_BE | ONR_W_AUX | ONR_W_SUBJECT))
        i++;
    return i >= s->end || is_kind(s, i, ONR_TOK_COMMA) ? i : comma;
}

static bool
can_speak(const struct sentence *s, struct onr_tokens_range p)
{
    for (size_t i = p.first; i < p.end; i++)
        if (onr_is_name(at(s, i))
            || has(s, i, ONR_W_PEOPLE | ONR_W_BODY | ONR_W_HE | ONR_W_SHE | ONR_W_SUBJECT))
            return true;
    return false;
}

/* --- the subject of a verb ------------------------------------------------------------------------------------------ */

/* "Sen. McCaskill (D-Mo.) said": the token before the bracket that ends at j. */
static size_t
before_bracket(const struct sentence *s, size_t j)
{
    size_t i = j;

    if (!is_mark(s, j, ')'))
        return j;
    while (i > s->first + 1 && j - i < 10 && !is_mark(s, i, '('))
        i--;
    return is_mark(s, i, '(') ? i - 1 : j;
}

/* "Hegseth, in an interview with the paper, warned": the phrase before the parenthesis that ends at `comma`. */
static struct onr_tokens_range
subject_before_parenthesis(const struct sentence *s, size_t comma)
{
    size_t i = comma;
    struct onr_tokens_range p;

    while (i > s->first && comma - i < LOOK && !at(s, i - 1)->quoted
           && !is_kind(s, i - 1, ONR_TOK_COMMA))
        i--;
    if (i <= s->first + 1 || !is_kind(s, i - 1, ONR_TOK_COMMA))
        return (struct onr_tokens_range){ 0, 0 };
    p = phrase_before(s, before_bracket(s, i - 2));
    if (p.first < p.end && (onr_is_name(at(s, i)) || has(s, i, ONR_W_DET | ONR_W_PEOPLE)))
        p.end = comma;
    return p;
}

struct subject {
    struct onr_tokens_range range;
    size_t last; /* token it was looked for at: what stands directly before the verb group */
    bool negated;
};

/* What stands before the verb at i, adverbs, auxiliaries and times apart. */
static struct subject
subject_of(const struct sentence *s, size_t i)
{
    struct subject sub = { { 0, 0 }, i, false };
    size_t j = i;

    while (j > s->first && i - j < 8
           && (has(s, j - 1, ONR_W_AUX | ONR_W_BE | ONR_W_NOT | ONR_W_TIME) || is_adverb(s, j - 1)
               || (has(s, j - 1, ONR_W_PREP) && has(s, j, ONR_W_TIME)))) {
        j--;
        sub.negated = sub.negated || has(s, j, ONR_W_NOT);
    }
    if (j == s->first)
        return sub;
    sub.last = --j;
    j = before_bracket(s, j);
    if (is_kind(s, j, ONR_TOK_COMMA))
        sub.range = subject_before_parenthesis(s, j);
    else if (has(s, j, ONR_W_SUBJECT))
        sub.range = (struct onr_tokens_range){ j, j + 1 };
    else if (!ends_phrase(s, j) && !has(s, j, CLOSED & ~ONR_W_DET))
        sub.range = phrase_before(s, j);
    if (sub.range.first < sub.range.end && is_possessive(s, sub.range.end - 1))
        sub.range.end = sub.range.first;
    return sub;
}

/* --- what follows a verb -------------------------------------------------------------------------------------------- */

/* Behind "told reporters on Thursday": where the content begins; `i` when nothing is to be skipped. */
static size_t
skip_hearer_and_time(const struct sentence *s, size_t i, const struct onr_verb_entry *v)
{
    bool hearer = (v->frames & ONR_V_PERSON) != 0;
    size_t j = i;

    if (has(s, j, ONR_W_TIME)) /* "said Thursday" */
        j++;
    if (!hearer && !has(s, j, ONR_W_PREP) && j == i)
        return i;
    for (size_t k = j; k < s->end && k - i < 14; k++) {
        if (is_word(s, k, "that whether if how why what") && k > i)
            return k;
        if (is_kind(s, k, ONR_TOK_OPEN))
            return k;
        if (is_kind(s, k, ONR_TOK_COMMA) || is_kind(s, k, ONR_TOK_COLON))
            return is_kind(s, k + 1, ONR_TOK_OPEN) ? k + 1 : k;
        if (hearer && k > i && (has(s, k, ONR_W_SUBJECT) || is_word(s, k, "to")))
            return k;
        if (at(s, k)->kind != ONR_TOK_WORD && at(s, k)->kind != ONR_TOK_NUMBER)
            break;
    }
    return j;
}

static enum follow
what_follows(const struct sentence *s, size_t i)
{
    const struct onr_token *t = at(s, i);

    if (i >= s->end || t->kind == ONR_TOK_BREAK || t->kind == ONR_TOK_STOP)
        return FOLLOW_NOTHING;
    if (t->kind == ONR_TOK_OPEN)
        return FOLLOW_QUOTE;
    if ((t->kind == ONR_TOK_COMMA || t->kind == ONR_TOK_COLON) && is_kind(s, i + 1, ONR_TOK_OPEN))
        return FOLLOW_QUOTE;
    if (t->kind == ONR_TOK_COMMA || t->kind == ONR_TOK_CLOSE)
        return FOLLOW_NOTHING;
    if (is_word(s, i, "that whether if how why what"))
        return FOLLOW_THAT;
    if (is_word(s, i, "to"))
        return FOLLOW_TO;
    if (has(s, i, ONR_W_SUBJECT | ONR_W_DET) || onr_is_name(t) || t->kind == ONR_TOK_NUMBER)
        return FOLLOW_CLAUSE;
    if (has(s, i, ONR_W_PREP | ONR_W_CONJ | ONR_W_TIME | ONR_W_AUX | ONR_W_BE))
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
               || ((v->frames & ONR_V_THAT) && pronoun_next);
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
is_no_verb(const struct sentence *s, size_t i, enum onr_verb_form form)
{
    if (at(s, i)->capital || is_possessive(s, i))
        return true;
    if (form == ONR_FORM_ING)
        return !(is_kind(s, i - 1, ONR_TOK_COMMA) || is_word(s, i - 1, "by while in")
                 || has(s, i - 1, ONR_W_BE));
    if (has(s, i - 1, ONR_W_DET | ONR_W_PREP) || is_possessive(s, i - 1))
        return !has(s, i - 1, ONR_W_SUBJECT) && !is_word(s, i - 1, "all both some many that most");
    if (form == ONR_FORM_PAST)
        return has(s, i - 1, ONR_W_BE) || (is_adverb(s, i - 1) && has(s, i - 2, ONR_W_BE));
    return false;
}

static bool
quotation_ends_before(const struct sentence *s, size_t i)
{
    return is_kind(s, i - 1, ONR_TOK_CLOSE)
           || (is_kind(s, i - 1, ONR_TOK_COMMA) && is_kind(s, i - 2, ONR_TOK_CLOSE));
}

/* Content of "Y, X said" and "“Y,” said X, “Z”": what stands before `border`, and what goes on behind the cue. */
static void
content_around(const struct sentence *s, struct onr_cue *c, size_t border, size_t after)
{
    size_t end = border;

    while (end > s->first && is_kind(s, end - 1, ONR_TOK_COMMA))
        end--;
    c->rule = is_kind(s, end - 1, ONR_TOK_CLOSE) ? ONR_CONTENT_QUOTED : ONR_CONTENT_BEFORE;
    c->content[c->n_content++] = (struct onr_tokens_range){ s->first, end };
    while (after < s->end && after - border < LOOK && !is_kind(s, after, ONR_TOK_COMMA)
           && !is_kind(s, after, ONR_TOK_OPEN))
        after++;
    while (is_kind(s, after, ONR_TOK_COMMA))
        after++;
    if (after < s->end && (c->rule == ONR_CONTENT_BEFORE || is_kind(s, after, ONR_TOK_OPEN)))
        c->content[c->n_content++] = (struct onr_tokens_range){ after, s->end };
}

/* "“Y,” said X": subject behind the verb. */
static bool
try_inverted(const struct sentence *s, size_t i, struct onr_cue *c)
{
    struct onr_tokens_range p;

    if (!(c->verb->frames & (ONR_V_SAY | ONR_V_QUOTE)) || i == s->first
        || !(quotation_ends_before(s, i)
             || (is_kind(s, i - 1, ONR_TOK_COMMA) && is_word(s, i, "said says wrote added"))))
        return false;
    p = phrase_after(s, i + 1);
    if (p.first == p.end || !can_speak(s, p))
        return false;
    p.end = apposition_end(s, p.end);
    c->source = p;
    content_around(s, c, i, p.end);
    return true;
}

/* "Y, X said": subject before the verb, content before that. */
static bool
try_after_content(const struct sentence *s, const struct subject *sub, size_t after,
                  struct onr_cue *c)
{
    size_t border = sub->range.first;

    if ((!(c->verb->frames & (ONR_V_SAY | ONR_V_QUOTE | ONR_V_THAT))
         && !quotation_ends_before(s, border))
        || sub->range.first == sub->range.end || border <= s->first + 1
        || !(quotation_ends_before(s, border) || is_kind(s, border - 1, ONR_TOK_COMMA)))
        return false;
    if ((c->verb->frames & ONR_V_PERSON) && what_follows(s, after) == FOLLOW_CLAUSE)
        after = phrase_after(s, after).end; /* "Warren told Stumpf" */
    if (what_follows(s, after) != FOLLOW_NOTHING
        && !(quotation_ends_before(s, border) && what_follows(s, after) == FOLLOW_QUOTE))
        return false;
    c->source = sub->range;
    content_around(s, c, border, after);
    return true;
}

/* An object ends at a comma or a time: "refuted these concerns | on Thursday, prior to ...". */
static size_t
object_end(const struct sentence *s, size_t i)
{
    for (; i < s->end; i++)
        if (!at(s, i)->quoted
            && (is_kind(s, i, ONR_TOK_COMMA) || (has(s, i, ONR_W_TIME) && at(s, i)->capital)
                || (has(s, i, ONR_W_PREP) && has(s, i + 1, ONR_W_TIME) && !is_word(s, i, "of"))))
            return i;
    return s->end;
}

/* "states", "plan", "support" are nouns as often as verbs: number has to agree with the subject. */
static bool
agrees(const struct sentence *s, const struct subject *sub, size_t verb, enum onr_verb_form form)
{
    size_t head = sub->range.end - 1;
    struct onr_span w;
    bool plural;

    if (form == ONR_FORM_PAST || form == ONR_FORM_ING || sub->last + 1 < verb
        || sub->range.first >= sub->range.end || has(s, head, ONR_W_SUBJECT)
        || onr_is_name(at(s, head)))
        return true;
    w = onr_span_sub(s->r->text, at(s, head)->begin, at(s, head)->end);
    plural = w.ptr[w.len - 1] == 's'
             || is_word(s, head, "people women men police many some others");
    return form == ONR_FORM_BASE ? plural : !plural;
}

/* "X said Y". */
static bool
try_before_content(const struct sentence *s, const struct subject *sub, size_t after, bool particle,
                   enum onr_verb_form form, struct onr_cue *c)
{
    size_t begin = skip_hearer_and_time(s, after, c->verb);
    enum follow f = what_follows(s, begin);
    bool goes_on = form == ONR_FORM_ING || has(s, sub->last, ONR_W_CONJ);
    size_t end;

    if (!fits(c->verb, f, particle, has(s, begin, ONR_W_SUBJECT))
        || !agrees(s, sub, c->cue.first, form))
        return false;
    if (sub->range.first < sub->range.end && !has(s, sub->last, ONR_W_CONJ) && form != ONR_FORM_ING)
        c->source = sub->range;
    else if (sub->range.first < sub->range.end && has(s, sub->range.first, ONR_W_SUBJECT))
        c->source = sub->range;
    else if (goes_on)
        c->inherited = true;
    else
        return false;
    if (!c->inherited && f != FOLLOW_THAT && f != FOLLOW_QUOTE && !can_speak(s, c->source))
        return false;
    while (is_kind(s, begin, ONR_TOK_COMMA) || is_kind(s, begin, ONR_TOK_COLON))
        begin++;
    c->rule = rule_of(c->verb, f, particle);
    end = c->rule == ONR_CONTENT_OBJECT ? object_end(s, begin) : s->end;
    c->content[c->n_content++] = (struct onr_tokens_range){ begin, end };
    return begin < end;
}

static void
try_verb(struct sentence *s, size_t i)
{
    char buf[ONR_WORD_MAX + 1];
    enum onr_verb_form form;
    struct onr_cue c = { .cue = { i, i + 1 } };
    struct subject sub;
    bool particle;

    c.verb = onr_verb_find(lower(s, i, buf), &form);
    if (!c.verb || is_no_verb(s, i, form))
        return;
    particle = is_word(s, i + 1, c.verb->particles)
               && !(is_word(s, i + 1, "to") && form == ONR_FORM_ING);
    c.cue.end += particle;
    sub = subject_of(s, i);
    c.negated = sub.negated;
    c.open = is_word(s, sub.last, "or nor");
    if (!try_inverted(s, i, &c) && !try_after_content(s, &sub, c.cue.end, &c)
        && !try_before_content(s, &sub, c.cue.end, particle, form, &c))
        return;
    s->cue[s->n++] = c;
}

/* "according to X". */
static void
try_according(struct sentence *s, size_t i)
{
    struct onr_cue c = { .cue = { i, i + 2 }, .rule = ONR_CONTENT_BEFORE };

    if (!is_word(s, i + 1, "to"))
        return;
    c.source = phrase_after(s, i + 2);
    if (c.source.first == c.source.end)
        return;
    if (i > s->first) {
        size_t end = apposition_end(s, c.source.end);
        size_t stop = is_kind(s, i - 1, ONR_TOK_COMMA) ? i - 1 : i;

        if (end >= s->end)
            c.source.end = end;
        if (stop > s->first)
            c.content[c.n_content++] = (struct onr_tokens_range){ s->first, stop };
    }
    if (is_kind(s, c.source.end, ONR_TOK_COMMA) && c.source.end + 1 < s->end)
        c.content[c.n_content++] = (struct onr_tokens_range){ c.source.end + 1, s->end };
    if (c.n_content > 0)
        s->cue[s->n++] = c;
}

/* "Trump: “...”" */
static void
try_colon(struct sentence *s, size_t i)
{
    struct onr_cue c = { .cue = { i, i + 1 }, .rule = ONR_CONTENT_QUOTED };

    if (!is_kind(s, i + 1, ONR_TOK_OPEN) || i == s->first || i - s->first > 8 || s->n > 0)
        return;
    c.source = phrase_before(s, i - 1);
    if (c.source.first != s->first || !can_speak(s, c.source))
        return;
    c.content[c.n_content++] = (struct onr_tokens_range){ i + 1, s->end };
    s->cue[s->n++] = c;
}

/* --- the sentence --------------------------------------------------------------------------------------------------- */

/* A cue that goes on from the clause before has that clause's source; with none before it, the sentence's subject. */
static void
settle_sources(struct sentence *s)
{
    for (size_t k = 0; k < s->n; k++) {
        struct onr_cue *c = &s->cue[k];

        if (!c->inherited)
            continue;
        for (size_t m = k; m > 0 && c->source.first == c->source.end; m--)
            c->source = s->cue[m - 1].source;
        for (size_t i = s->first; i < c->cue.first && c->source.first == c->source.end; i++)
            if (onr_is_name(at(s, i)) || has(s, i, ONR_W_SUBJECT))
                c->source = phrase_after(s, i);
    }
}

/* Where the clause of cue c begins, if it is one that ends the clause before it; else the sentence's end. */
static size_t
clause_border(const struct sentence *s, const struct onr_cue *c)
{
    size_t border = c->cue.first;

    if (!c->inherited && c->source.end <= c->cue.first)
        border = c->source.first;
    while (border > s->first && (is_adverb(s, border - 1) || has(s, border - 1, ONR_W_AUX)))
        border--;
    if (is_kind(s, border - 1, ONR_TOK_COMMA))
        return border - 1;
    if (is_word(s, border - 1, "and but while as")
        && (c->inherited || is_kind(s, border - 2, ONR_TOK_COMMA)))
        return is_kind(s, border - 2, ONR_TOK_COMMA) ? border - 2 : border - 1;
    return s->end;
}

static void
settle_contents(struct sentence *s)
{
    for (size_t k = 0; k + 1 < s->n; k++)
        for (size_t m = k + 1; m < s->n; m++) {
            size_t border = clause_border(s, &s->cue[m]);
            struct onr_tokens_range *p = &s->cue[k].content[s->cue[k].n_content - 1];

            if (border > p->first && border < p->end)
                p->end = border;
        }
}

static void
read_sentence(struct sentence *s)
{
    for (size_t i = s->first; i < s->end && s->n < s->max; i++) {
        const struct onr_token *t = at(s, i);

        if (t->quoted)
            continue;
        if (t->kind == ONR_TOK_COLON)
            try_colon(s, i);
        else if (t->kind == ONR_TOK_WORD && is_word(s, i, "according"))
            try_according(s, i);
        else if (t->kind == ONR_TOK_WORD)
            try_verb(s, i);
    }
    settle_sources(s);
    settle_contents(s);
}

size_t
onr_cues_find(const struct onr_reading *r, size_t first, size_t end, struct onr_cue *ret,
              size_t max)
{
    size_t n = 0;

    while (first < end && n < max) {
        struct sentence s = { r, first, first, ret + n, 0, max - n };
        size_t next;

        while (s.end < end && !(r->tok[s.end].ends && !r->tok[s.end].quoted))
            s.end++;
        next = s.end < end ? s.end + 1 : end;
        read_sentence(&s);
        n += s.n;
        first = next;
    }
    return n;
}
