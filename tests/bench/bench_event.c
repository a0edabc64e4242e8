/* tests/bench/bench_event.c - microseconds of CPU for each record: our decode and encode, and Avro C's generic decode of the
 * same bytes beside them (the reason why the walker fills the structs itself, common/event/avro_walk.h).
 *
 * Prints "name value unit" lines. The records are those of tests/event_records.h: a Statement of 1.7 KB with a window of 1.1 KB
 * and a cast of eight, a Result of one attribution, one of two, one of none.
 */
#include <stdio.h>
#include <time.h>

#include "common/event/avro_walk.h"
#include "tests/event_avro.h"
#include "tests/event_records.h"

#define ROUNDS 100000

struct bench {
    struct onr_codec *codec;
    struct onr_arena arena;
    struct onr_buf buf;
    struct onr_statement statement;
    struct onr_result result;
    struct onr_attribution attributions[2];
    struct onr_text_span content[2];
    struct onr_span payload;
    avro_value_t oracle;
    avro_reader_t reader;
    struct onr_avro_program *check;
};

static double
cpu_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double) t.tv_sec * 1e6 + (double) t.tv_nsec / 1e3;
}

static int
decode_statement(struct bench *b)
{
    struct onr_statement s;

    onr_arena_reset(&b->arena);
    return onr_statement_decode(b->codec, 2, b->payload, &b->arena, &s, NULL, NULL);
}

static int
decode_result(struct bench *b)
{
    struct onr_result r;

    onr_arena_reset(&b->arena);
    return onr_result_decode(b->codec, 3, b->payload, &b->arena, &r, NULL, NULL);
}

static int
encode_statement(struct bench *b)
{
    onr_buf_clear(&b->buf);
    return onr_statement_encode(b->codec, &b->statement, true, &b->buf, NULL);
}

static int
encode_result(struct bench *b)
{
    onr_buf_clear(&b->buf);
    return onr_result_encode(b->codec, &b->result, true, &b->buf, NULL);
}

static int
walk_alone(struct bench *b)
{
    return onr_avro_walk(b->check, b->payload, NULL, NULL, NULL, NULL);
}

static int
avro_c_decode(struct bench *b)
{
    avro_reader_memory_set_source(b->reader, b->payload.ptr, (int64_t) b->payload.len);
    avro_value_reset(&b->oracle);
    return avro_value_read(b->reader, &b->oracle);
}

/* Best of five, so that a neighbour's load does not count. */
static void
measure(struct bench *b, const char *name, int (*one)(struct bench *))
{
    double best = 1e9;

    for (int k = 0; k < 5; k++) {
        double begin = cpu_us();

        for (int i = 0; i < ROUNDS; i++)
            MUST(one(b) == 0);
        if ((cpu_us() - begin) / ROUNDS < best)
            best = (cpu_us() - begin) / ROUNDS;
    }
    printf("%-44s %6.2f us\n", name, best);
}

/* Make b->payload a copy of what is in the buffer, without its frame, and set up the two ways to read it. */
static void
load(struct bench *b, enum onr_record_type type, char *copy)
{
    struct onr_avro_schema s;

    memcpy(copy, b->buf.ptr + ONR_FRAME_LEN, b->buf.len - ONR_FRAME_LEN);
    b->payload = onr_span_of(copy, b->buf.len - ONR_FRAME_LEN);
    MUST(onr_avro_schema_parse(builtin_json(type), &s, NULL) == 0);
    onr_avro_program_free(b->check);
    MUST(onr_avro_compile(&s, NULL, &b->check, NULL) == 0);
    onr_avro_schema_release(&s);
    if (b->oracle.iface)
        avro_value_decref(&b->oracle);
    oracle_new(builtin_json(type), &b->oracle);
}

int
main(void)
{
    static char copy[ONR_MESSAGE_MAX];
    struct bench b = { .arena = ONR_ARENA_INIT(ONR_DECODE_ARENA_MAX),
                       .buf = ONR_BUF_INIT(ONR_MESSAGE_MAX),
                       .reader = avro_reader_memory("", 0) };

    MUST(onr_codec_new(&b.codec, NULL) == 0);
    sample_statement(&b.statement);
    sample_result(&b.result, b.attributions, b.content);
    MUST(encode_statement(&b) == 0);
    load(&b, ONR_REC_STATEMENT, copy);
    printf("%-44s %6zu bytes\n", "statement", b.payload.len);
    measure(&b, "statement decode (walk, fill, check)", decode_statement);
    measure(&b, "statement walk alone", walk_alone);
    measure(&b, "statement Avro C generic decode", avro_c_decode);
    measure(&b, "statement encode", encode_statement);
    for (b.result.n_attributions = 0; b.result.n_attributions <= 2; b.result.n_attributions++) {
        MUST(encode_result(&b) == 0);
        load(&b, ONR_REC_RESULT, copy);
        printf("result with %zu attributions %24zu bytes\n", b.result.n_attributions,
               b.payload.len);
        measure(&b, "result decode (walk, fill, check)", decode_result);
        measure(&b, "result Avro C generic decode", avro_c_decode);
        measure(&b, "result encode", encode_result);
    }
    onr_codec_free(b.codec);
    onr_arena_release(&b.arena);
    onr_buf_release(&b.buf);
    avro_reader_free(b.reader);
    avro_value_decref(&b.oracle);
    onr_avro_program_free(b.check);
    return 0;
}
