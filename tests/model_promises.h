/* tests/model_promises.h - what every answer of the model promises.
 *
 * The includer says with HOLDS(condition) what happens when one is broken.
 */
#ifndef ONR_TESTS_MODEL_PROMISES_H
#define ONR_TESTS_MODEL_PROMISES_H

#include <stdlib.h>

#include "common/base/utf8.h"
#include "common/model/model.h"

#ifndef HOLDS
#define HOLDS(condition) ((condition) ? (void) 0 : abort())
#endif

static inline void
span_lies_in_the_window(const struct onr_statement *s, const struct onr_text_span *t)
{
    HOLDS(t->begin < t->end && t->begin >= s->window_begin
          && t->end <= s->window_begin + s->window.len);
    HOLDS((t->text.ptr) == (s->window.ptr + (t->begin - s->window_begin)));
    HOLDS((t->text.len) == (t->end - t->begin));
    HOLDS(onr_utf8_check(t->text, NULL));
}

static inline void
result_keeps_its_promises(const struct onr_statement *s, const struct onr_result *r)
{
    HOLDS(r->n_attributions <= ONR_ATTRIBUTIONS_MAX);
    HOLDS((r->kind == ONR_NARRATION) == (r->n_attributions == 0));
    for (size_t i = 0; i < r->n_attributions; i++) {
        const struct onr_attribution *a = &r->attributions[i];

        HOLDS(a->conf_speaker >= 0 && a->conf_speaker <= 1000 && a->conf_content > 0
              && a->conf_content <= 1000 && a->conf_target <= 1000 && a->conf_stance <= 1000);
        HOLDS(a->n_content <= ONR_CONTENT_PARTS_MAX);
        HOLDS(a->n_content > 0 || (a->cue.begin >= s->begin && a->cue.end <= s->end));
        HOLDS((a->speaker.name.len == 0) == (a->speaker.how == ONR_HOW_NOBODY));
        HOLDS(a->speaker.external_id.len == 0 || a->speaker.name.len > 0);
        HOLDS(a->speaker.how != ONR_HOW_REGISTER || a->reason.len == 0);
        HOLDS(onr_utf8_check(a->reason, NULL));
        span_lies_in_the_window(s, &a->cue);
        if (a->speaker.has_mention)
            span_lies_in_the_window(s, &a->speaker.mention);
        HOLDS(!a->has_target || a->target.name.len > 0);
        if (a->has_target && a->target.has_span) /* else it is meant, but not named */
            span_lies_in_the_window(s, &a->target.span);
        for (size_t k = 0; k < a->n_content; k++) {
            span_lies_in_the_window(s, &a->content[k]);
            HOLDS(a->content[k].begin >= s->begin && a->content[k].end <= s->end);
        }
    }
}

#endif
