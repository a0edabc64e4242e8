/* common/model/lexicon_table.h - the tables behind lexicon.h; only lexicon.c reads them. Each begins with its key. */
#ifndef ONR_MODEL_LEXICON_TABLE_H
#define ONR_MODEL_LEXICON_TABLE_H

#include "common/model/lexicon.h"

struct onr_word_row {
    const char *word;
    uint32_t classes;
};

/* A past form that no rule makes. */
struct onr_irregular_row {
    const char *form;
    const char *lemma;
};

extern const struct onr_word_row onr_word_table[];
extern const struct onr_verb_entry onr_verb_table[];
extern const struct onr_irregular_row onr_irregular_table[];
extern const size_t onr_word_rows, onr_verb_rows, onr_irregular_rows;

#endif
