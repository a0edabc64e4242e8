/* common/line/outcome.c - what one input message becomes (outcome.h).
 *
 * Every step either answers, or finds in the message's bytes a reason why there can be no answer, or fails for a reason of the
 * machine's. Only the second is a reject: that distinction is the whole of this file.
 */
#include "common/line/outcome.h"

#include <stdlib.h>

/* One statement decoded (window and cast included) and its result: several times the largest record, so that only a record
 * beyond the other limits meets it. Part of the answer: it makes a REJECT. */
#define OUTCOME_ARENA_MAX (8 * 1024 * 1024)

struct onr_outcome_maker {
    struct onr_codec *codec;
    struct onr_model *model;
    struct onr_arena arena;
    struct onr_buf message;
};

int
onr_outcome_maker_new(struct onr_codec *codec, struct onr_model *model,
                      struct onr_outcome_maker **ret, struct onr_error *err)
{
    struct onr_outcome_maker *m = malloc(sizeof *m);

    if (!m)
        return onr_fail(err, ONR_ENOMEM, "no memory for classifying");
    *m = (struct onr_outcome_maker){ .codec = codec,
                                     .model = model,
                                     .arena = ONR_ARENA_INIT(OUTCOME_ARENA_MAX),
                                     .message = ONR_BUF_INIT(ONR_FRAME_LEN
                                                             + ONR_RESULT_RECORD_MAX) };
    *ret = m;
    return 0;
}

void
onr_outcome_maker_free(struct onr_outcome_maker *m)
{
    if (!m)
        return;
    onr_arena_release(&m->arena);
    onr_buf_release(&m->message);
    free(m);
}

static void
cut_payload(struct onr_outcome_maker *m, enum onr_record_type type, struct onr_outcome *o)
{
    o->schema_fp = onr_codec_schema_fp(m->codec, type);
    o->message = onr_buf_span(&m->message);
    o->payload = onr_span_sub(o->message, ONR_FRAME_LEN, o->message.len);
}

static int
reject(struct onr_outcome_maker *m, enum onr_reject_code code, struct onr_outcome *ret,
       struct onr_error *err)
{
    struct onr_outcome o = { .rejected = true, .reject = code };
    int rc;

    onr_buf_clear(&m->message);
    if ((rc = onr_reject_encode(m->codec, code, true, &m->message, err)) < 0)
        return rc;
    cut_payload(m, ONR_REC_REJECT, &o);
    *ret = o;
    return 0;
}

/* 0, a machine's failure, or -ONR_EINPUT with *ret_reject. */
static int
open_statement(struct onr_outcome_maker *m, struct onr_span value, struct onr_statement *ret,
               enum onr_reject_code *ret_reject, struct onr_error *err)
{
    enum onr_record_type type;
    struct onr_span payload;
    uint32_t id;
    int rc;

    *ret_reject = ONR_REJECT_EMPTY;
    if (value.len == 0)
        return -ONR_EINPUT;
    *ret_reject = ONR_REJECT_FRAME;
    if ((rc = onr_frame_open(m->codec, value, &id, &type, &payload, err)) < 0)
        return rc;
    *ret_reject = ONR_REJECT_AVRO; /* decode says which, a known schema of another type included */
    rc = onr_statement_decode(m->codec, id, payload, &m->arena, ret, ret_reject, err);
    return rc == -ONR_ELIMIT ? -ONR_EINPUT : rc;
}

int
onr_outcome_make(struct onr_outcome_maker *m, struct onr_span value, struct onr_outcome *ret,
                 struct onr_error *err)
{
    struct onr_outcome o = { .rejected = false };
    enum onr_reject_code code;
    int rc;

    onr_arena_reset(&m->arena);
    onr_buf_clear(&m->message);
    rc = open_statement(m, value, &o.input, &code, err);
    if (rc == -ONR_EINPUT)
        return reject(m, code, ret, err);
    if (rc < 0)
        return rc;

    rc = onr_classify(m->model, &o.input, &m->arena, &o.result, err);
    if (rc == -ONR_ELIMIT)
        return reject(m, ONR_REJECT_LIMIT, ret, err);
    if (rc < 0)
        return rc;

    rc = onr_result_encode(m->codec, &o.result, true, &m->message, err);
    if (rc == -ONR_ELIMIT)
        return reject(m, ONR_REJECT_OUTPUT, ret, err);
    if (rc < 0 || (rc = onr_result_headers(&o.result, &m->arena, o.header, err)) < 0)
        return rc;
    cut_payload(m, ONR_REC_RESULT, &o);
    o.key = o.result.article.id;
    o.n_headers = ONR_CE_HEADERS;
    *ret = o;
    return 0;
}
