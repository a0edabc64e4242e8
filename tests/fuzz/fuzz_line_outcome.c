/* tests/fuzz/fuzz_line_outcome.c - any message gives a result or a reject, twice the same, and never another error.
 *
 * An unknown schema id is the one thing that stops a worker: that is said by -ONR_ENOTFOUND, for a frame that names one.
 */
#include "tests/fuzz/fuzz.h"

#include "common/line/lane_message.h"
#include "common/line/outcome.h"
#include "tests/model_promises.h"
#include "tests/released_model.h"

static struct onr_codec *codec;
static struct onr_model *model;
static struct onr_outcome_maker *maker, *other;

static void
start(void)
{
    HOLDS(onr_codec_new(&codec, NULL) == 0
          && onr_model_open(RELEASED_MODEL, NULL, &model, NULL) == 0);
    HOLDS(onr_outcome_maker_new(codec, model, &maker, NULL) == 0);
    HOLDS(onr_outcome_maker_new(codec, model, &other, NULL) == 0);
}

static void
payload_can_be_read(const struct onr_outcome *o)
{
    struct onr_arena arena = ONR_ARENA_INIT(ONR_DECODE_ARENA_MAX);
    struct onr_buf again = ONR_BUF_INIT(ONR_MESSAGE_MAX);
    struct onr_lane_payload p;
    enum onr_record_type type;
    struct onr_span payload;
    uint32_t id;

    HOLDS(onr_frame_open(codec, o->message, &id, &type, &payload, NULL) == 0);
    HOLDS(onr_span_eq(payload, o->payload));
    HOLDS(onr_lane_payload_decode(codec, id, type, payload, &arena, &p, NULL) == 0);
    HOLDS(p.rejected == o->rejected && (!p.rejected || p.reject == o->reject));
    if (!p.rejected) {
        HOLDS(onr_result_encode(codec, &p.result, true, &again, NULL) == 0);
        HOLDS(onr_span_eq(onr_buf_span(&again), o->message));
        result_keeps_its_promises(&o->input, &o->result);
    }
    onr_buf_release(&again);
    onr_arena_release(&arena);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct onr_span value = onr_span_of(size ? (const char *) data : NULL, size), payload;
    struct onr_error err = ONR_ERROR_INIT;
    struct onr_outcome o, p;
    enum onr_record_type type;
    uint32_t id;
    int rc;

    if (!codec)
        start();
    rc = onr_outcome_make(maker, value, &o, &err);
    if (rc == -ONR_ENOTFOUND) {
        HOLDS(onr_frame_open(codec, value, &id, &type, &payload, NULL) == -ONR_ENOTFOUND);
        return 0;
    }
    HOLDS(rc == 0 && onr_outcome_make(other, value, &p, &err) == 0);
    HOLDS(o.rejected == p.rejected && onr_span_eq(o.message, p.message));
    HOLDS(onr_span_eq(o.key, p.key) && o.n_headers == p.n_headers);
    HOLDS(o.message.len <= ONR_MESSAGE_MAX);
    payload_can_be_read(&o);
    return 0;
}
