/* common/line/result_rows.c - see result_rows.h. */
#include "common/line/result_rows.h"

#include <stdio.h>

int
onr_attribution_sure(const struct onr_attribution *a)
{
    int sure = a->conf_speaker * a->conf_content / 1000;
    bool guessed = a->has_target && !a->target.has_span;

    return guessed ? sure * a->conf_target / 1000 : sure;
}

size_t
onr_result_row_count(const struct onr_result *r)
{
    return r->n_attributions ? r->n_attributions : 1;
}

/* Where the model abstains, what the text itself calls the speaker. */
static struct onr_span
speaker_text(const struct onr_attribution *a)
{
    if (a->speaker.type == ONR_AUTHOR)
        return ONR_SPAN("(the author)");
    if (a->speaker.name.len)
        return a->speaker.name;
    return a->speaker.has_mention ? a->speaker.mention.text : ONR_SPAN("(unclear)");
}

void
onr_result_row(const struct onr_result *r, size_t i, char sure[ONR_SURE_TEXT],
               struct onr_span ret[ONR_RESULT_CELLS])
{
    const struct onr_attribution *a = i < r->n_attributions ? &r->attributions[i] : NULL;

    for (size_t c = 0; c < ONR_RESULT_CELLS; c++)
        ret[c] = ONR_SPAN("");
    if (i == 0)
        ret[ONR_CELL_STATEMENT] = onr_span_trim(r->text);
    if (!a) {
        ret[ONR_CELL_SPEAKER] = r->reason.len ? r->reason : ONR_SPAN("(narration)");
        return;
    }
    ret[ONR_CELL_SPEAKER] = speaker_text(a);
    ret[ONR_CELL_STANCE] = onr_span_z(onr_stance_name(a->stance));
    if (a->has_target)
        ret[ONR_CELL_TARGET] = a->target.name;
    snprintf(sure, ONR_SURE_TEXT, "%d %%", (onr_attribution_sure(a) + 5) / 10);
    ret[ONR_CELL_SURE] = onr_span_z(sure);
}
