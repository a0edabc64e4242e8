/* common/text/phrase.h - words written large that stand together: "Defense Secretary Pete Hegseth", "Bank of England". */
#ifndef ONR_TEXT_PHRASE_H
#define ONR_TEXT_PHRASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/span.h"

#define ONR_PHRASE_WORDS                                                                           \
    12 /* no name with its title is longer; the rest is read as another phrase */

struct onr_word {
    uint32_t begin, end; /* a full stop that belongs to it included */
    uint32_t flags;      /* enum onr_lex, of the word without the full stop */
    bool capital;        /* also al-Assad; false for "of", "de", "and" between large ones */
    bool acronym;        /* two letters or more, none of them small */
    bool initial;        /* one letter */
};

struct onr_phrase {
    struct onr_word word[ONR_PHRASE_WORDS];
    size_t n;
    size_t end;      /* where the next phrase is looked for */
    bool possessive; /* 's behind it */
    bool compound;   /* a hyphen and a small letter behind it: Trump-style */
};

/** Read the phrase that begins with the capital at pos. `wrapped`: a line break is white space. */
void onr_phrase_read(struct onr_span s, size_t pos, bool wrapped, struct onr_phrase *ret);

/** Length of the "al-" that the word begins with, 0 when it has none. */
size_t onr_particle_len(struct onr_span w);

/** End of the word at pos: letters, digits, inner apostrophes, hyphens before a capital, inner full stops of initials. */
size_t onr_word_end(struct onr_span s, size_t pos);

#endif
