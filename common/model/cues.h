/* common/model/cues.h - where somebody speaks, thinks or plans: cue, source and content as ranges of tokens.
 *
 * A cue is a reporting verb in a frame that shows it to be one, "according to", or the colon between a name and a
 * quotation. Verbs inside quotation marks are no cues: what a speaker reports is the speaker's.
 */
#ifndef ONR_MODEL_CUES_H
#define ONR_MODEL_CUES_H

#include "common/model/grammar.h"

/* How the content was found; decides its confidence. */
enum onr_content_rule {
    ONR_CONTENT_QUOTED, /* a quotation beside the cue */
    ONR_CONTENT_THAT,   /* a clause with "that", "whether" ... */
    ONR_CONTENT_CLAUSE, /* a clause without */
    ONR_CONTENT_BEFORE, /* what stands before "X said" */
    ONR_CONTENT_OBJECT, /* a noun phrase or infinitive */
    ONR_CONTENT_CARRIED /* a quotation that goes on from the statement before */
};

#define ONR_CUE_PARTS 2  /* a content has one part on each side of its cue */
#define ONR_CUES_MAX  16 /* cues in one statement */

struct onr_cue {
    struct onr_tokens_range cue, source;
    const struct onr_verb_entry *verb; /* NULL for "according to" and colons */
    struct onr_tokens_range content[ONR_CUE_PARTS];
    size_t n_content;
    enum onr_content_rule rule;
    bool negated;
    bool open;      /* "neither confirmed nor denied": the verb takes no side */
    bool inherited; /* the subject of the clause before is its source */
};

/** Cues in tokens [first, end), in order. */
size_t onr_cues_find(const struct onr_reading *r, size_t first, size_t end, struct onr_cue *ret,
                     size_t max);

#endif
