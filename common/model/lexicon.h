/* common/model/lexicon.h - what the rules know about English words: closed classes, titles, heads of descriptions, given names.
 *
 * The table is sorted and is part of the model's fingerprint, byte for byte.
 */
#ifndef ONR_MODEL_LEXICON_H
#define ONR_MODEL_LEXICON_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/event/record.h"

enum {
    ONR_W_DET = 1 << 0,
    ONR_W_PREP = 1 << 1,
    ONR_W_HE = 1 << 2,    /* he, him, his */
    ONR_W_SHE = 1 << 3,   /* she, her, hers */
    ONR_W_THEY = 1 << 4,  /* they, them, their */
    ONR_W_OTHER = 1 << 5, /* further pronouns: I, we, it, you, who */
    ONR_W_BE = 1 << 6,
    ONR_W_AUX = 1 << 7, /* have, do, will, would ... */
    ONR_W_NOT = 1 << 8,
    ONR_W_CONJ = 1 << 9,  /* and, but, that, which, because ...: a clause may begin behind it */
    ONR_W_TIME = 1 << 10, /* days, months, yesterday, ago */
    ONR_W_ADV = 1 << 11,
    ONR_W_TITLE = 1 << 12,  /* Mr., Sen., President */
    ONR_W_PEOPLE = 1 << 13, /* official, spokesman, critics: heads of a source without a name */
    ONR_W_BODY = 1 << 14,   /* ministry, police, study, report: likewise, no person */
    ONR_W_MALE = 1 << 17,   /* given name or title of a man */
    ONR_W_FEMALE = 1 << 18, /* of a woman */
    ONR_W_SUBJECT = 1 << 19 /* pronoun that can only be a subject: he, she, they, I, we, who */
};

/** Classes of a lower-case word; 0 when it is in no list. */
uint32_t onr_word_classes(struct onr_span lower);

/** Is word in a list of words separated by blanks? */
bool onr_word_listed(const char *list, struct onr_span word);

/** Append the table, in order, for the fingerprint. */
ONR_MUST_USE int onr_lexicon_manifest(struct onr_buf *out);

#endif
