/* tests/bench/noop_model.c - a classifier that finds nothing, in no time: for measuring everything around it.
 *
 * Linked before the model's archive into onrecord-classify-noop; decode, leaf, signature, encode, transaction and read-back
 * are the real ones. Its fingerprint is its own, so that its lanes never pass for those of a model.
 */
#include <stdlib.h>

#include "common/base/sha256.h"
#include "common/model/model.h"

struct onr_model {
    uint8_t fingerprint[32];
};

int
onr_model_open(const char *path, struct onr_model **ret, struct onr_error *err)
{
    static const char name[] = "no-op classifier of the bench";
    struct onr_model *m;

    if (path)
        return onr_fail(err, ONR_ECONFIG, "the no-op classifier reads no model, but got %s", path);
    if (!(m = malloc(sizeof(*m))))
        return onr_fail(err, ONR_ENOMEM, "no memory for the model");
    onr_sha256(name, sizeof(name) - 1, m->fingerprint);
    *ret = m;
    return 0;
}

void
onr_model_free(struct onr_model *m)
{
    free(m);
}

const uint8_t *
onr_model_fingerprint(const struct onr_model *m)
{
    return m->fingerprint;
}

const char *
onr_model_describe(const struct onr_model *m)
{
    (void) m;
    return "none: every statement is narration (bench)";
}

int
onr_classify(struct onr_model *m, const struct onr_statement *s, struct onr_arena *arena,
             struct onr_result *ret, struct onr_error *err)
{
    struct onr_result r = { .article = s->article,
                            .index = s->index,
                            .begin = s->begin,
                            .end = s->end,
                            .cp_begin = s->cp_begin,
                            .cp_end = s->cp_end,
                            .text = s->text,
                            .kind = ONR_NARRATION,
                            .reason = ONR_SPAN("") };

    (void) m;
    (void) arena;
    (void) err;
    onr_sha256(s->text.ptr, s->text.len, r.text_sha256);
    *ret = r;
    return 0;
}
