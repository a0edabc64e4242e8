/* common/text/lexicon.h - the words that the rules of this layer know, one sorted table with what each word can be.
 *
 * Upper and lower case count: "Will" is a first name, "will" is nothing; "no" is not "No". The table is in
 * lexicon_table.c, sorted by bytes (a test looks).
 */
#ifndef ONR_TEXT_LEXICON_H
#define ONR_TEXT_LEXICON_H

#include <stdint.h>

#include "common/base/span.h"

enum onr_lex {
    /* cutting */
    ONR_LEX_ABBR_ALWAYS = 1 << 0, /* Mr, vs: a full stop behind it never ends a sentence */
    ONR_LEX_ABBR_MAYBE
    = 1 << 1, /* Inc, Jan: ends one only before a word that often begins sentences */
    ONR_LEX_ABBR_DIGIT = 1 << 2, /* No, p: does not end one before a number */
    ONR_LEX_STARTER = 1 << 3,    /* often begins a sentence and is no name */
    ONR_LEX_ROMAN = 1 << 4,      /* ii, IV: numbers a list */
    ONR_LEX_DOMAIN = 1 << 5,     /* Com: behind a dot part of an address */
    ONR_LEX_ELISION = 1 << 6,    /* em, til: behind an apostrophe */
    ONR_LEX_SAYS = 1 << 7,       /* said, asked: reports speech */
    ONR_LEX_PARTICLE = 1 << 8,   /* de, van: inside a name */
    /* naming */
    ONR_LEX_FIRST = 1 << 9,  /* first name */
    ONR_LEX_TITLE = 1 << 10, /* President, Sen: before a name */
    ONR_LEX_ROLE = 1 << 11,  /* spokesman, minister: what a person is, in small letters */
    ONR_LEX_ORG = 1 << 12,   /* University, Committee: makes a name an organisation's */
    ONR_LEX_POWER
    = 1 << 13, /* Moscow, Kremlin, Pentagon: a place or house that stands for who rules there */
    ONR_LEX_GROUP = 1 << 14, /* Democrats, Russians */
    ONR_LEX_PLACE = 1 << 15, /* Ohio, Street: no speaker */
    ONR_LEX_DATE = 1 << 16,  /* Monday, January */
    ONR_LEX_ADJ = 1 << 17,   /* American, Democratic: before a title or a name, not a name itself */
    ONR_LEX_COMMON = 1 << 18,   /* begins sentences or is written large without naming anybody */
    ONR_LEX_SUFFIX = 1 << 19,   /* Jr, III: behind a name */
    ONR_LEX_KNOWN = 1 << 20,    /* Google, Congress: an organisation by itself */
    ONR_LEX_MODIFIER = 1 << 21, /* campaign, senior: in small letters before a role */
    ONR_LEX_GEO = 1 << 22       /* Street, County: makes a name a place's */
};

struct onr_lex_row {
    const char *word;
    uint32_t flags;
};

extern const struct onr_lex_row onr_lex_table[];
extern const size_t onr_lex_rows;

/** What the word can be; 0 when it is not known. */
uint32_t onr_lexicon_flags(struct onr_span word);

/** SHA-256 over the whole table. */
void onr_lexicon_fingerprint(uint8_t ret[32]);

#endif
