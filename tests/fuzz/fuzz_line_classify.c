/* tests/fuzz/fuzz_line_classify.c - an article of any bytes, the whole way: cut, encoded, decoded, classified, encoded.
 *
 * Input: an article as JSON, or any text. Every statement becomes a record that is read back and answered twice alike.
 */
#include "tests/fuzz/fuzz.h"

#include "common/event/codec.h"
#include "common/line/cut.h"
#include "tests/model_promises.h"
#include "tests/released_model.h"

#define STATEMENTS 40 /* of one article that are looked at */

static struct onr_codec *codec;
static struct onr_model *model;
static struct onr_cut *cut;

static void
start(void)
{
    HOLDS(onr_codec_new(&codec, NULL) == 0
          && onr_model_open(RELEASED_MODEL, NULL, &model, NULL) == 0);
    HOLDS(onr_cut_new(&cut, NULL) == 0);
}

static void
answer(const struct onr_statement *s, struct onr_buf *out)
{
    struct onr_arena arena = ONR_ARENA_INIT(8 * 1024 * 1024);
    struct onr_error err = ONR_ERROR_INIT;
    struct onr_result r;

    HOLDS(onr_classify(model, s, &arena, &r, &err) == 0);
    result_keeps_its_promises(s, &r);
    HOLDS(onr_result_encode(codec, &r, true, out, &err) == 0);
    onr_arena_release(&arena);
}

static void
check_statement(const struct onr_statement *s)
{
    struct onr_arena arena = ONR_ARENA_INIT(ONR_DECODE_ARENA_MAX);
    struct onr_buf record = ONR_BUF_INIT(ONR_MESSAGE_MAX), a = record, b = record;
    struct onr_error err = ONR_ERROR_INIT;
    enum onr_record_type type;
    struct onr_statement read;
    struct onr_span payload;
    uint32_t id;

    HOLDS(onr_statement_encode(codec, s, true, &record, &err) == 0);
    HOLDS(onr_frame_open(codec, onr_buf_span(&record), &id, &type, &payload, NULL) == 0);
    HOLDS(onr_statement_decode(codec, id, payload, &arena, &read, NULL, &err) == 0);
    answer(&read, &a);
    answer(&read, &b);
    HOLDS(onr_span_eq(onr_buf_span(&a), onr_buf_span(&b)));
    onr_buf_release(&record);
    onr_buf_release(&a);
    onr_buf_release(&b);
    onr_arena_release(&arena);
}

static void
check_article(struct onr_article_text *a)
{
    struct onr_statement s;
    int32_t n;

    if (a->meta.version == 0)
        a->meta.version = 1;
    HOLDS(onr_cut_article(cut, a, NULL) == 0);
    n = a->meta.state == ONR_WITHDRAWN ? 1 : a->meta.statements;
    for (int32_t i = 0; i < n && i < STATEMENTS; i++) {
        HOLDS(onr_cut_statement(cut, i, &s, NULL) == 0);
        check_statement(&s);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct onr_arena arena = ONR_ARENA_INIT(16 * 1024 * 1024);
    struct onr_span text = valid_text(data, size);
    struct onr_article_text a;

    if (!codec)
        start();
    if (onr_article_from_json(text, &arena, &a, NULL, NULL) == 0
        || onr_article_from_text(text, &arena, &a, NULL, NULL) == 0)
        check_article(&a);
    onr_arena_release(&arena);
    free((void *) (uintptr_t) text.ptr);
    return 0;
}
