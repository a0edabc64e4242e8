/* common/model/lexicon_table.h - the table behind lexicon.h; only lexicon.c reads it. */
#ifndef ONR_MODEL_LEXICON_TABLE_H
#define ONR_MODEL_LEXICON_TABLE_H

#include "common/model/lexicon.h"

struct onr_word_row {
    const char *word;
    uint32_t classes;
};

extern const struct onr_word_row onr_word_table[];
extern const size_t onr_word_rows;

#endif
