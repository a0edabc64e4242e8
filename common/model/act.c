/* common/model/act.c - see act.h. */
#include "common/model/act.h"

static const char believed[]
    = "assume assumed assumes assuming belief beliefs believe believed believes believing concern "
      "concerned concerns consider considered considering considers doubt doubted doubting doubts "
      "expect expectation expected expecting expects fear feared fearing fears feel feeling feels "
      "felt guess guessed guesses guessing hope hoped hopeful hopes hoping imagine imagined "
      "imagines imagining presume presumed presumes presuming reckon reckoned reckons suspect "
      "suspected suspecting suspects think thinking thinks thought wonder wondered wondering "
      "wonders worried worries worry worrying";
static const char intended[]
    = "aim aimed aiming aims decide decided decides deciding intend intended intending intends "
      "intent intention intentions plan planned planning plans prefer preferred prefers seek "
      "seeking seeks sought trying want wanted wanting wants wish wished wishes wishing";

enum onr_act
onr_act_of(const struct onr_reading *r, struct onr_tokens_range cue)
{
    for (size_t i = cue.first; i < cue.end; i++) {
        char lower[ONR_WORD_MAX + 1];
        struct onr_span word;

        if (r->tok[i].kind != ONR_TOK_WORD)
            continue;
        word = onr_span_of(lower, onr_token_lower(r->text, &r->tok[i], lower));
        if (onr_word_listed(believed, word))
            return ONR_BELIEVED;
        if (onr_word_listed(intended, word))
            return ONR_INTENDED;
    }
    return ONR_SAID;
}
