/* common/text/mentions.h - the places of a text where somebody is named, one after the other.
 *
 * A mention is found at a capital: words written large are read as one phrase (with particles, initials, "of"), a title or
 * adjective before the name is taken off as the role, and the rest is judged by its words: person, group or organisation.
 * Whether a lone word that nobody knows is a name, the collector decides (cast.c), which sees the whole article.
 */
#ifndef ONR_TEXT_MENTIONS_H
#define ONR_TEXT_MENTIONS_H

#include "common/text/cast.h"
#include "common/text/paragraphs.h"

struct onr_mention {
    struct onr_span name;  /* without title, possessive or article */
    struct onr_span first; /* first and last word of a person's name: the same when it has one */
    struct onr_span last;
    struct onr_span rest; /* the name without its first word, if that word may be none of it */
    struct onr_span rest_first;
    struct onr_span role;  /* beside the name; empty when there is none */
    struct onr_span alias; /* "(FBI)" behind an organisation's name, else empty */
    enum onr_name_type type;
    unsigned n_words;
    bool sure;    /* a first name, title or verb of speech says so */
    bool junior;  /* Jr. or Sr. */
    bool fresh;   /* begins a sentence, where any word is written large */
    bool unknown; /* no list knows the first word: a person's name, or nothing */
    bool weak;    /* in a headline, "the Name", "(AP)": adds to who is known, begins nobody */
};

struct onr_mention_reader {
    struct onr_span text;
    struct onr_paragraphs paragraphs;
    size_t pos;
    size_t line_end;
    bool line_is_title;
};

/** Borrows text. */
void onr_mentions_init(struct onr_mention_reader *r, struct onr_span text);
/** The next mention; false at the end. Spans lie in the text. */
bool onr_mentions_next(struct onr_mention_reader *r, struct onr_mention *ret);

#endif
