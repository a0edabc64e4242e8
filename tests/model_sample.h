/* tests/model_sample.h - a statement to be classified: between what stands before and behind it in its window, without a cast. */
#ifndef ONR_TESTS_MODEL_SAMPLE_H
#define ONR_TESTS_MODEL_SAMPLE_H

#include <stdio.h>
#include <string.h>

#include "common/event/record.h"

struct sample {
    char body[4096]; /* the window, from byte 1000 of the body on */
    struct onr_statement s;
};

static inline void
sample_init(struct sample *x, const char *before, const char *text, const char *after)
{
    size_t begin = strlen(before);

    snprintf(x->body, sizeof x->body, "%s%s%s", before, text, after);
    x->s = (struct onr_statement){ .begin = (uint32_t) (1000 + begin),
                                   .text = onr_span_of(x->body + begin, strlen(text)),
                                   .window = onr_span_z(x->body),
                                   .window_begin = 1000 };
    x->s.end = x->s.begin + (uint32_t) x->s.text.len;
    x->s.article.language = ONR_SPAN("en");
    x->s.article.statements = 1;
}

#endif
