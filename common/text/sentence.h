/* common/text/sentence.h - does a sentence end at this stop?
 *
 * A stop is a full stop, question or exclamation mark, an ellipsis, or their relatives in other scripts. What stands
 * before it (an abbreviation, an initial, a list number) and behind it (a small letter, a digit, a name, a word that
 * often begins sentences) decides. Where both readings are possible, the sentence goes on: a statement too long by a
 * sentence loses nothing, one cut at "Sen." loses its speaker.
 */
#ifndef ONR_TEXT_SENTENCE_H
#define ONR_TEXT_SENTENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/span.h"

enum onr_stop_kind {
    ONR_STOP_NONE,
    ONR_STOP_DOT,      /* . */
    ONR_STOP_MARK,     /* ? ! and repetitions */
    ONR_STOP_ELLIPSIS, /* ... and the one character, also with blanks between */
    ONR_STOP_FULL /* an ellipsis of four, and stops of scripts that have no other use for them */
};

struct onr_stop {
    enum onr_stop_kind kind;
    size_t begin, end; /* the run of stops */
};

/** The run of stops that begins at pos; kind is NONE when there is none. */
struct onr_stop onr_stop_at(struct onr_span s, size_t pos);

/** Does the sentence that began at `begin` end at the stop, if the closing marks and brackets behind it end at `after`?
 *  `closed`: a quotation was closed there. */
bool onr_stop_ends_sentence(struct onr_span s, size_t begin, const struct onr_stop *stop,
                            size_t after, bool closed);

#endif
