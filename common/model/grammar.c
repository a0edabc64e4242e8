/* common/model/grammar.c - see grammar.h. */
#include "common/model/grammar.h"

#define CLOSED                                                                                     \
    (ONR_W_DET | ONR_W_PREP | ONR_W_HE | ONR_W_SHE | ONR_W_THEY | ONR_W_OTHER | ONR_W_BE           \
     | ONR_W_AUX | ONR_W_NOT | ONR_W_CONJ | ONR_W_TIME | ONR_W_ADV)

bool
onr_is_name(const struct onr_token *t)
{
    return t->kind == ONR_TOK_WORD && t->capital && !(t->classes & CLOSED);
}
