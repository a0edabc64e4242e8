/* tests/fuzz/fuzz_model_stance.c - a line of pairs of any bytes: an answer among the choices, or a refusal. */
#include "tests/fuzz/fuzz.h"
#include "tests/released_model.h"

#include "common/event/pair.h"
#include "common/model/model.h"

static struct onr_model *model;

static void
party_lies_in(const struct onr_party *p, struct onr_span text)
{
    HOLDS(!p->name.ptr || onr_utf8_check(p->name, NULL));
    if (p->has_span) {
        HOLDS(p->begin <= p->end && p->end <= text.len);
        HOLDS(onr_utf8_check(onr_span_sub(text, p->begin, p->end), NULL));
    }
}

static void
check_answer(const struct onr_pair *p)
{
    struct onr_stance_question q = { .text = p->text,
                                     .has_speaker_span = p->speaker.has_span,
                                     .has_target_span = p->target.has_span,
                                     .speaker = p->speaker.name,
                                     .target = p->target.name,
                                     .speaker_begin = p->speaker.begin,
                                     .speaker_end = p->speaker.end,
                                     .target_begin = p->target.begin,
                                     .target_end = p->target.end,
                                     .choices = p->choices };
    enum onr_stance stance, again;
    int confidence, confidence_again;

    HOLDS(onr_stance_answer(model, &q, &stance, &confidence, NULL) == 0);
    HOLDS(onr_stance_answer(model, &q, &again, &confidence_again, NULL) == 0);
    HOLDS(stance == again && confidence == confidence_again);
    HOLDS(p->choices == 0 || p->choices >> stance & 1);
    HOLDS(confidence >= 0 && confidence <= 1000);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct onr_arena arena = ONR_ARENA_INIT(2 * 1024 * 1024);
    struct onr_error err = ONR_ERROR_INIT;
    struct onr_pair p;
    int rc;

    if (!model)
        HOLDS(onr_model_open(RELEASED_MODEL, NULL, &model, NULL) == 0);
    rc = onr_pair_from_json(onr_span_of(size ? (const char *) data : "", size), &arena, &p, &err);
    HOLDS(rc == 0 || (rc == -ONR_EINPUT && err.text[0]));
    if (rc == 0) {
        HOLDS(onr_utf8_check(p.text, NULL));
        party_lies_in(&p.speaker, p.text);
        party_lies_in(&p.target, p.text);
        check_answer(&p);
    }
    onr_arena_release(&arena);
    return 0;
}
