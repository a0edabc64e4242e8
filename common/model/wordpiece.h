/* common/model/wordpiece.h - text to wordpieces, as BERT's uncased tokenizer cuts it.
 *
 * Equal, id for id and offset for offset, to HuggingFace tokenizers' BertNormalizer (clean text, CJK apart, accents stripped, lower
 * case), BertPreTokenizer and WordPiece. Two things are ours: offsets are bytes of the text as given, and names of special pieces in
 * the text ("[SEP]") are text, so that nobody can write one into an article.
 *
 * A word is what the pre-tokenizer says it is: a run without white space, each mark alone. The vocabulary is given by the model file.
 * The order of several accents on one letter is not made canonical: accents go, and what stays is in no vocabulary.
 */
#ifndef ONR_MODEL_WORDPIECE_H
#define ONR_MODEL_WORDPIECE_H

#include "common/base/error.h"
#include "common/base/span.h"

#include <stdint.h>

#define ONR_VOCAB_MAX      262144 /* pieces: twice the largest vocabulary of an encoder that fits here */
#define ONR_PIECE_BYTES    256 /* of one piece */
#define ONR_PIECE_WORD_MAX 100 /* code points; a longer word is unknown, as in the reference */

/* How the word was written, since the pieces are in lower case: input of the encoder beside the piece. */
enum onr_case { ONR_CASE_LOWER, ONR_CASE_FIRST, ONR_CASE_UPPER, ONR_CASE_DIGIT };

struct onr_piece {
    uint32_t id;
    uint32_t begin, end; /* bytes of the text; both ends of its word when it is unknown */
    uint32_t word;       /* 0, 1, 2, ... */
    enum onr_case case_class;
};

struct onr_vocab;

/** Pieces in the order of their ids. Borrows `bytes`: piece i is [offset[i], offset[i + 1]) of them; offset has n + 1 entries.
 *  Trusts nothing. Returns owned. Errors: -ONR_ECONFIG (not a vocabulary), -ONR_ENOMEM. */
ONR_MUST_USE int onr_vocab_new(struct onr_span bytes, const uint32_t *offset, size_t n,
                               struct onr_vocab **ret, struct onr_error *err);
void onr_vocab_free(struct onr_vocab *v);
/** Id of a piece ("[CLS]", "##ing"), or -1. */
int32_t onr_vocab_find(const struct onr_vocab *v, struct onr_span piece);

/** Cut valid UTF-8 (at most 4 GiB) into pieces. There are never more pieces than bytes, so an array of text.len always holds them.
 *  Returns their number, or -ONR_ELIMIT when there are more than max. */
ONR_MUST_USE int64_t onr_wordpiece_read(const struct onr_vocab *v, struct onr_span text,
                                        struct onr_piece *ret, size_t max);

#endif
