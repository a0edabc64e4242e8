/* common/model/act.c - see act.h. */
#include "common/model/act.h"

enum onr_act
onr_act_of(const struct onr_reading *r, struct onr_tokens_range cue)
{
    for (size_t i = cue.first; i < cue.end; i++) {
        char lower[ONR_WORD_MAX + 1];
        enum onr_verb_form form;
        const struct onr_verb_entry *verb;

        if (r->tok[i].kind != ONR_TOK_WORD)
            continue;
        verb = onr_verb_find(onr_span_of(lower, onr_token_lower(r->text, &r->tok[i], lower)), &form);
        if (verb)
            return (enum onr_act) verb->act;
    }
    return ONR_SAID;
}
