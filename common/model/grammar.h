/* common/model/grammar.h - as much of a sentence's grammar as rules can see: noun phrases, and the subject of a verb.
 *
 * Every function looks at most ONR_LOOK tokens around and never out of the sentence.
 */
#ifndef ONR_MODEL_GRAMMAR_H
#define ONR_MODEL_GRAMMAR_H

#include "common/model/lexicon.h"
#include "common/model/tokens.h"

#define ONR_LOOK 40 /* tokens a subject, an apposition or a time phrase may reach */

struct onr_reading {
    struct onr_span text;
    const struct onr_token *tok;
    size_t n;
};

struct onr_tokens_range {
    size_t first, end; /* tokens [first, end); empty = none */
};

struct onr_sentence {
    const struct onr_reading *r;
    size_t first, end; /* without the full stop that ends it */
};

/** Token i, or an empty one outside the sentence. */
static inline const struct onr_token *
onr_at(const struct onr_sentence *s, size_t i)
{
    static const struct onr_token none = { .kind = ONR_TOK_BREAK };

    return i >= s->first && i < s->end ? &s->r->tok[i] : &none;
}

static inline bool
onr_has(const struct onr_sentence *s, size_t i, uint32_t classes)
{
    return (onr_at(s, i)->classes & classes) != 0;
}

static inline bool
onr_is_kind(const struct onr_sentence *s, size_t i, enum onr_token_kind kind)
{
    return onr_at(s, i)->kind == kind;
}

/** Token i in lower case, in buf; empty when it is no word. */
struct onr_span onr_lower(const struct onr_sentence *s, size_t i, char buf[ONR_WORD_MAX + 1]);
/** Is token i one of the words in list (blanks between)? */
bool onr_is_word(const struct onr_sentence *s, size_t i, const char *list);
bool onr_is_mark(const struct onr_sentence *s, size_t i, char mark);
bool onr_is_adverb(const struct onr_sentence *s, size_t i);
bool onr_is_possessive(const struct onr_sentence *s, size_t i);

/** A word that can be (part of) a name: a capital, in no closed class. */
bool onr_is_name(const struct onr_token *t);

/** The noun phrase that ends at token `last`; empty when none does. */
struct onr_tokens_range onr_phrase_before(const struct onr_sentence *s, size_t last);
/** The noun phrase that begins at token `first`. */
struct onr_tokens_range onr_phrase_after(const struct onr_sentence *s, size_t first);
/** Behind a phrase that ends before `comma`: the end of its apposition, or `comma` when there is none. */
size_t onr_apposition_end(const struct onr_sentence *s, size_t comma);
/** Does the phrase hold a name, a pronoun or a word for people who speak? */
bool onr_can_speak(const struct onr_sentence *s, struct onr_tokens_range p);

struct onr_subject {
    struct onr_tokens_range range;
    size_t last; /* token it was looked for at: what stands directly before the verb group */
    bool negated;
};

/** What stands before the verb at i; adverbs, auxiliaries and times between them are passed over. */
struct onr_subject onr_subject_of(const struct onr_sentence *s, size_t i);

#endif
