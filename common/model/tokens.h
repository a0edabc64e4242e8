/* common/model/tokens.h - the text of a window as words, marks and quotations.
 *
 * A token knows whether it stands inside quotation marks, whether a sentence ends with it, and which closed word classes
 * it belongs to (lexicon.h). Offsets are bytes into the text that was read. One pass, no allocation but the caller's array.
 */
#ifndef ONR_MODEL_TOKENS_H
#define ONR_MODEL_TOKENS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/span.h"

enum onr_token_kind {
    ONR_TOK_WORD,
    ONR_TOK_NUMBER,
    ONR_TOK_COMMA,
    ONR_TOK_STOP, /* . ? ! ... */
    ONR_TOK_COLON,
    ONR_TOK_MARK,  /* ; dashes, brackets and everything else */
    ONR_TOK_OPEN,  /* quotation mark */
    ONR_TOK_CLOSE, /* quotation mark */
    ONR_TOK_BREAK  /* paragraph break */
};

struct onr_token {
    uint32_t begin, end;
    uint8_t kind;     /* enum onr_token_kind */
    bool capital;     /* a word that begins with a capital letter */
    bool quoted;      /* inside quotation marks, the marks included */
    bool ends;        /* a sentence ends here */
    uint32_t classes; /* ONR_W_... of lexicon.h */
};

#define ONR_WORD_MAX 40 /* bytes of a word that word lists can know; longer ones are in none */

/** Read text (valid UTF-8) into tok, at most max tokens; returns how many. */
size_t onr_tokens_read(struct onr_span text, struct onr_token *tok, size_t max);

/** Lower-case ASCII copy of a word without its possessive ending, straight apostrophes; "" when too long. */
size_t onr_token_lower(struct onr_span text, const struct onr_token *t, char ret[ONR_WORD_MAX + 1]);

/** The word without its possessive ending. */
struct onr_span onr_token_word(struct onr_span text, const struct onr_token *t);

#endif
