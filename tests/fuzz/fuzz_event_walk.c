/* tests/fuzz/fuzz_event_walk.c - what the walker accepts, Avro C reads to the last byte, and both read the same record.
 *
 * Input: a byte that picks a schema (the built-in ones, then one with every type there is), then a datum.
 */
#include "tests/fuzz/fuzz.h"

#include "common/event/avro_walk.h"
#include "common/event/codec.h"
#include "tests/event_avro.h"
#include "tests/event_zoo.h"

#define SCHEMAS (ONR_REC_TYPES + 1)

static struct onr_codec *codec;
static struct onr_avro_program *program[SCHEMAS];
static avro_value_t oracle[SCHEMAS];

static void
start(void)
{
    struct onr_avro_schema s;

    HOLDS(onr_codec_new(&codec, NULL) == 0);
    for (int i = 0; i < SCHEMAS; i++) {
        struct onr_span json = i < ONR_REC_TYPES ? builtin_json((enum onr_record_type) i)
                                                 : onr_span_of(zoo, sizeof zoo - 1);

        HOLDS(onr_avro_schema_parse(json, &s, NULL) == 0);
        HOLDS(onr_avro_compile(&s, NULL, &program[i], NULL) == 0);
        onr_avro_schema_release(&s);
        oracle_new(json, &oracle[i]);
    }
}

/* Decode and encode again. Returns what decoding said; *out is the record's own form. */
static int
again(enum onr_record_type type, struct onr_span datum, struct onr_arena *arena,
      struct onr_buf *out)
{
    uint32_t id = onr_codec_schema_id(codec, type);
    enum onr_reject_code code;
    union {
        struct onr_article a;
        struct onr_statement s;
        struct onr_result r;
        struct onr_commit_record c;
    } u;
    int rc;

    switch (type) {
    case ONR_REC_ARTICLE:
        if ((rc = onr_article_decode(codec, id, datum, arena, &u.a, NULL, NULL)) == 0)
            HOLDS(onr_article_encode(codec, &u.a, false, out, NULL) == 0);
        return rc;
    case ONR_REC_STATEMENT:
        if ((rc = onr_statement_decode(codec, id, datum, arena, &u.s, NULL, NULL)) == 0)
            HOLDS(onr_statement_encode(codec, &u.s, false, out, NULL) == 0);
        return rc;
    case ONR_REC_RESULT:
        if ((rc = onr_result_decode(codec, id, datum, arena, &u.r, NULL, NULL)) == 0)
            HOLDS(onr_result_encode(codec, &u.r, false, out, NULL) == 0);
        return rc;
    case ONR_REC_REJECT:
        if ((rc = onr_reject_decode(codec, id, datum, &code, NULL)) == 0)
            HOLDS(onr_reject_encode(codec, code, false, out, NULL) == 0);
        return rc;
    default:
        if ((rc = onr_commit_record_decode(codec, id, datum, arena, &u.c, NULL)) == 0)
            HOLDS(onr_commit_record_encode(codec, &u.c, false, out, NULL) == 0);
        return rc;
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tape t = { data, size };
    size_t which = tape_byte(&t) % SCHEMAS;
    struct onr_span datum = tape_span(&t, t.left);
    struct onr_arena arena = ONR_ARENA_INIT(ONR_DECODE_ARENA_MAX);
    struct onr_buf ours = ONR_BUF_INIT(ONR_MESSAGE_MAX), theirs = ONR_BUF_INIT(ONR_MESSAGE_MAX);
    enum onr_reject_code reject = ONR_REJECT_CODES;
    int rc, decoded = -ONR_EINPUT;

    if (!codec)
        start();
    rc = onr_avro_walk(program[which], datum, NULL, NULL, &reject, NULL);
    HOLDS(rc == 0 || rc == -ONR_EINPUT || rc == -ONR_ELIMIT);
    HOLDS((rc == 0) == (reject == ONR_REJECT_CODES));
    if (which < ONR_REC_TYPES)
        decoded = again((enum onr_record_type) which, datum, &arena, &ours);
    HOLDS(decoded != -ONR_ENOMEM); /* the arena suffices for every record within the limits */
    HOLDS(decoded < 0 || rc == 0);
    if (rc == 0)
        HOLDS(oracle_reads(datum, &oracle[which]));
    if (decoded == 0) {
        oracle_writes(&oracle[which], &theirs);
        HOLDS(onr_span_eq(onr_buf_span(&ours), onr_buf_span(&theirs)));
    }
    onr_arena_release(&arena);
    onr_buf_release(&ours);
    onr_buf_release(&theirs);
    return 0;
}
