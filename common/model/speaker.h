/* common/model/speaker.h - from a mention ("he", "the Pentagon chief", "Trump") to somebody of the cast.
 *
 * A mention that holds a name is resolved by rule; a pronoun stands for
 * who spoke last, if that fits, else the network says which of the names around it is meant. Between two
 * candidates that fit equally nobody is named, and the reason says between whom. The newsroom's register has the last word (people.h).
 */
#ifndef ONR_MODEL_SPEAKER_H
#define ONR_MODEL_SPEAKER_H

#include "common/base/arena.h"
#include "common/model/grammar.h"
#include "common/model/heads.h"
#include "common/model/known.h"
#include "common/model/register.h"

#define ONR_NOBODY  (-1)
#define ONR_UNCLEAR (-2) /* several of the cast fit */

/* Who is named where: built once a window. */
struct onr_naming {
    const struct onr_reading *r;
    const struct onr_cast_entry *cast;
    size_t n_cast;
    int16_t *of;                   /* by token: whose name ends there, ONR_NOBODY or ONR_UNCLEAR */
    uint32_t gender[ONR_CAST_MAX]; /* ONR_W_MALE, ONR_W_FEMALE or 0 */
    int last; /* of the cast: who spoke last before the mention, as far as is known; else ONR_NOBODY */
    const struct onr_register_entry *last_entry; /* who that is by the register, or NULL */
    size_t last_at;                              /* the token where */
    const struct onr_known *known;
    const struct onr_register *people; /* of the newsroom, or NULL */
    const struct onr_register_entry
        *entry[ONR_CAST_MAX]; /* who each of the cast is by it, or NULL */
    struct onr_heads *heads;  /* the window as the network reads it */
    const float *states;
    const struct onr_view *view;
};

struct onr_speaker {
    struct onr_span name; /* "" where it abstains */
    enum onr_speaker_type type;
    enum onr_how how;
    int16_t confidence;
    int cast; /* index, or ONR_NOBODY */
    struct onr_span reason;
    const struct onr_register_entry *entry; /* of the register, or NULL */
};

/** Find the cast's names among the tokens. Fills n->of (room for r->n), n->gender and n->entry. Names of the cast that the register
 *  knows for one person are that person's: of them, one stands in n->of. */
void onr_naming_build(struct onr_naming *n);

/** Is token i a possessive ("Trump's")? */
bool onr_naming_possessive(const struct onr_naming *n, size_t i);

/** The words of the name that ends with token i, from token `least` on. */
struct onr_tokens_range onr_naming_words(const struct onr_naming *n, size_t least, size_t i);

/** Behind the last token of a mention before its first comma or mark: there an apposition begins. */
size_t onr_naming_core(const struct onr_naming *n, struct onr_tokens_range m);

/** What cast member k is, by the register or else by the article. */
enum onr_speaker_type onr_naming_type(const struct onr_naming *n, size_t k);

/** The pieces of the view that the tokens stand in. */
struct onr_piece_span onr_naming_pieces(const struct onr_naming *n, struct onr_tokens_range r);

/** Who is meant by the mention; n->last is for the caller to keep. Spans borrow from text, cast, register and arena. Errors: -ONR_ENOMEM. */
ONR_MUST_USE int onr_speaker_find(const struct onr_naming *n, struct onr_tokens_range mention,
                                  struct onr_arena *arena, struct onr_speaker *ret);

#endif
