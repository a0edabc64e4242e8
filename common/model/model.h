/* common/model/model.h - who speaks, and what stance they take: statement record -> result.
 *
 * Pure: the same statement and the same model give the same result, bit for bit, on every machine, whatever was classified
 * before. No clock, locale, thread, floating-point library or hash-map order has a say in it.
 */
#ifndef ONR_MODEL_MODEL_H
#define ONR_MODEL_MODEL_H

#include "common/base/arena.h"
#include "common/event/record.h"

struct onr_model;
struct onr_register;

/** Open a model file; it is mapped, and checked like hostile input. `kernel` names a path of kernel.h, NULL is the best here. Returns owned. Errors: -ONR_ENOTFOUND, -ONR_ECONFIG (not a model, damaged,
 *  not for this program), -ONR_EIO, -ONR_ENOMEM. */
ONR_MUST_USE int onr_model_open(const char *path, const char *kernel, struct onr_model **ret,
                                struct onr_error *err);
void onr_model_free(struct onr_model *m);

/** Let a register of people (register.h) have the last word on names. Borrows it until the model is freed or given another; NULL takes
 *  it away. It is no part of the fingerprint: it has its own. */
void onr_model_set_people(struct onr_model *m, const struct onr_register *people);

/** SHA-256 over everything that can change an answer: model file, word lists, rules and limits. Valid while m is. */
const uint8_t *onr_model_fingerprint(const struct onr_model *m);
/** One line for people: the file, its size and shape, and the instructions it is computed with. */
const char *onr_model_describe(const struct onr_model *m);

/** Classify one statement; with m NULL nothing is looked for, and all is narration. Spans of *ret borrow from s, arena, m and its register. Always answers (it may abstain); errors are the machine's
 *  only: -ONR_ENOMEM, -ONR_ELIMIT (arena). */
ONR_MUST_USE int onr_classify(struct onr_model *m, const struct onr_statement *s,
                              struct onr_arena *arena, struct onr_result *ret,
                              struct onr_error *err);

/* A question of `onrecord stance`: does the speaker support or oppose the target in this text? Spans are byte offsets. */
struct onr_stance_question {
    struct onr_span text;
    bool has_speaker_span, has_target_span;
    struct onr_span speaker, target; /* names; speaker null = the author */
    uint32_t speaker_begin, speaker_end, target_begin, target_end;
    unsigned choices; /* bit mask 1 << enum onr_stance; 0 = all */
};
ONR_MUST_USE int onr_stance_answer(struct onr_model *m, const struct onr_stance_question *q,
                                   enum onr_stance *ret, int *ret_confidence,
                                   struct onr_error *err);

#endif
