/* tests/unit/test_event_codec.c - records there and back, frames, contradictions, limits, missing memory. */
#define _DEFAULT_SOURCE
#include <string.h>

#include "tests/unit/cmocka_all.h"
#include "tests/unit/guard.h"

#include "common/event/codec.h"
#include "tests/event_avro.h"
#include "tests/event_compare.h"
#include "tests/event_records.h"

struct fixture {
    struct onr_codec *codec;
    struct onr_arena arena;
    struct onr_buf buf, other;
    struct onr_error err;
    struct onr_statement statement;
    struct onr_result result;
    struct onr_attribution attributions[2];
    struct onr_text_span content[2];
};

static int
set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    if (!f || onr_codec_new(&f->codec, &f->err) < 0)
        return -1;
    f->arena = (struct onr_arena) ONR_ARENA_INIT(ONR_DECODE_ARENA_MAX);
    onr_buf_init(&f->buf, ONR_MESSAGE_MAX);
    onr_buf_init(&f->other, ONR_MESSAGE_MAX);
    sample_statement(&f->statement);
    sample_result(&f->result, f->attributions, f->content);
    *state = f;
    return 0;
}

static int
tear_down(void **state)
{
    struct fixture *f = *state;

    onr_codec_free(f->codec);
    onr_arena_release(&f->arena);
    onr_buf_release(&f->buf);
    onr_buf_release(&f->other);
    free(f);
    return 0;
}

/* Encode with a frame, open it, and give the payload, which ends at an unmapped page. */
static struct guarded
payload_of(struct fixture *f, int rc, enum onr_record_type type)
{
    struct onr_span payload = ONR_SPAN_NULL;
    enum onr_record_type got = ONR_REC_TYPES;
    uint32_t id = 0;

    if (rc < 0 || onr_frame_open(f->codec, onr_buf_span(&f->buf), &id, &got, &payload, &f->err) < 0)
        fail_msg("%s", f->err.text);
    assert_int_equal(got, type);
    assert_int_equal(id, onr_codec_schema_id(f->codec, type));
    return guarded_new(payload);
}

static void
a_statement_comes_back_whole(void **state)
{
    struct fixture *f = *state;
    struct onr_statement s;
    struct guarded g = payload_of(
        f, onr_statement_encode(f->codec, &f->statement, true, &f->buf, &f->err),
        ONR_REC_STATEMENT);

    if (onr_statement_decode(f->codec, 2, g.span, &f->arena, &s, NULL, &f->err) < 0)
        fail_msg("%s", f->err.text);
    assert_null(first_difference(onr_bind_of(ONR_REC_STATEMENT), &s, &f->statement));
    /* and once by hand, should the tables forget something */
    assert_span_equal(s.article.id, f->statement.article.id);
    assert_int_equal(s.article.body_bytes, 6000);
    assert_int_equal(s.article.splitter_fp[31], 0x5f);
    assert_int_equal(s.index, 7);
    assert_int_equal(s.quoted, ONR_QUOTED_PART);
    assert_int_equal(s.cp_end - s.cp_begin, s.end - s.begin - 4);
    assert_int_equal(s.n_cast, 8);
    assert_span_equal(s.cast[4].name, ONR_SPAN("harbour authority of Port Ellery"));
    assert_int_equal(s.cast[4].type, ONR_ORGANISATION);
    assert_int_equal(s.cast[4].n_mentions, 4);
    assert_int_equal(s.cast[4].mention[3], 2760);
    guarded_free(&g);
}

static void
a_result_comes_back_whole(void **state)
{
    struct fixture *f = *state;
    struct onr_result r;
    struct guarded g = payload_of(
        f, onr_result_encode(f->codec, &f->result, true, &f->buf, &f->err), ONR_REC_RESULT);

    if (onr_result_decode(f->codec, 3, g.span, &f->arena, &r, NULL, &f->err) < 0)
        fail_msg("%s", f->err.text);
    assert_null(first_difference(onr_bind_of(ONR_REC_RESULT), &r, &f->result));
    assert_int_equal(r.kind, ONR_MIXED);
    assert_int_equal(r.n_attributions, 2);
    assert_span_equal(r.attributions[0].speaker.name, ONR_SPAN("Ines Calloway"));
    assert_span_equal(r.attributions[0].speaker.mention.text,
                      ONR_SPAN("Harbour Master Ines Calloway"));
    assert_span_equal(r.attributions[1].cue.text, ONR_SPAN("adding"));
    assert_span_equal(r.attributions[1].content[0].text, ONR_SPAN("the builder had agreed to pay"));
    assert_true(r.attributions[0].has_target && r.attributions[0].target.has_span);
    assert_false(r.attributions[1].has_target);
    assert_int_equal(r.attributions[0].stance, ONR_OPPOSE);
    assert_int_equal(r.attributions[0].conf_target, 640);
    assert_int_equal(r.attributions[0].conf_stance, 701);
    guarded_free(&g);
}

static void
articles_rejects_and_commits_come_back_whole(void **state)
{
    struct fixture *f = *state;
    struct onr_commit_record c = { .n_frontier = 3 }, d;
    char body[256], signature[64];
    struct onr_article a;
    struct guarded g = payload_of(
        f, onr_article_encode(f->codec, &f->statement.article, true, &f->buf, &f->err),
        ONR_REC_ARTICLE);

    assert_int_equal(onr_article_decode(f->codec, 1, g.span, &f->arena, &a, NULL, NULL), 0);
    assert_null(first_difference(onr_bind_of(ONR_REC_ARTICLE), &a, &f->statement.article));
    guarded_free(&g);
    for (int i = 0; i < ONR_REJECT_CODES; i++) {
        enum onr_reject_code code = ONR_REJECT_CODES;

        onr_buf_clear(&f->buf);
        g = payload_of(
            f, onr_reject_encode(f->codec, (enum onr_reject_code) i, true, &f->buf, &f->err),
            ONR_REC_REJECT);
        assert_int_equal(onr_reject_decode(f->codec, 4, g.span, &code, NULL), 0);
        assert_int_equal(code, i);
        guarded_free(&g);
    }
    memset(body, 1, sizeof body);
    memset(signature, 2, sizeof signature);
    memset(c.frontier, 3, 3 * 32);
    c.body = onr_span_of(body, sizeof body);
    c.signature = onr_span_of(signature, sizeof signature);
    onr_buf_clear(&f->buf);
    g = payload_of(f, onr_commit_record_encode(f->codec, &c, true, &f->buf, &f->err),
                   ONR_REC_COMMIT);
    assert_int_equal(onr_commit_record_decode(f->codec, 5, g.span, &f->arena, &d, NULL), 0);
    assert_null(first_difference(onr_bind_of(ONR_REC_COMMIT), &c, &d));
    assert_int_equal(d.frontier[2][31], 3);
    guarded_free(&g);
}

static void
a_withdrawal_is_one_record_without_text(void **state)
{
    struct fixture *f = *state;
    struct onr_statement w = { .article = f->statement.article }, s;
    struct onr_result r = { .article = f->statement.article, .kind = ONR_NARRATION }, q;

    w.article.state = ONR_WITHDRAWN;
    w.article.statements = 0;
    w.article.body_bytes = 0;
    assert_int_equal(onr_statement_encode(f->codec, &w, false, &f->buf, &f->err), 0);
    assert_int_equal(
        onr_statement_decode(f->codec, 2, onr_buf_span(&f->buf), &f->arena, &s, NULL, &f->err), 0);
    assert_null(first_difference(onr_bind_of(ONR_REC_STATEMENT), &s, &w));
    r.article = w.article;
    r.reason = ONR_SPAN("withdrawn");
    onr_sha256("", 0, r.text_sha256);
    onr_buf_clear(&f->buf);
    assert_int_equal(onr_result_encode(f->codec, &r, false, &f->buf, &f->err), 0);
    assert_int_equal(
        onr_result_decode(f->codec, 3, onr_buf_span(&f->buf), &f->arena, &q, NULL, &f->err), 0);
    assert_span_equal(q.reason, ONR_SPAN("withdrawn"));
}

static void
the_same_struct_gives_the_same_bytes_after_whatever_came_between(void **state)
{
    struct fixture *f = *state;
    struct onr_result big = f->result, small = f->result;
    struct onr_attribution many[ONR_ATTRIBUTIONS_MAX];

    small.n_attributions = 0;
    for (size_t i = 0; i < ONR_ATTRIBUTIONS_MAX; i++)
        many[i] = f->attributions[i % 2];
    big.attributions = many;
    big.n_attributions = ONR_ATTRIBUTIONS_MAX;
    assert_int_equal(onr_result_encode(f->codec, &f->result, true, &f->buf, &f->err), 0);
    for (int i = 0; i < 3; i++) {
        onr_buf_clear(&f->other);
        assert_int_equal(onr_result_encode(f->codec, i ? &small : &big, true, &f->other, &f->err),
                         0);
        onr_buf_clear(&f->other);
        assert_int_equal(onr_result_encode(f->codec, &f->result, true, &f->other, &f->err), 0);
        assert_span_equal(onr_buf_span(&f->other), onr_buf_span(&f->buf));
    }
}

static void
avro_c_reads_what_is_encoded(void **state)
{
    struct fixture *f = *state;
    avro_value_t v;

    assert_int_equal(onr_statement_encode(f->codec, &f->statement, false, &f->buf, &f->err), 0);
    oracle_new(builtin_json(ONR_REC_STATEMENT), &v);
    assert_true(oracle_reads(onr_buf_span(&f->buf), &v));
    oracle_writes(&v, &f->other);
    assert_span_equal(onr_buf_span(&f->other), onr_buf_span(&f->buf));
    avro_value_decref(&v);
}

static void
what_is_no_frame_is_told_from_an_unknown_schema(void **state)
{
    static const struct {
        struct onr_span message;
        int rc;
    } cases[] = {
        { { NULL, 0 }, -ONR_EINPUT },
        { { "", 0 }, -ONR_EINPUT },
        { { "\0\0\0\0", 4 }, -ONR_EINPUT },
        { { "\1\0\0\0\2x", 6 }, -ONR_EINPUT },
        { { "{\"a\":1}", 7 }, -ONR_EINPUT },
        { { "\0\0\0\0\0", 5 }, -ONR_ENOTFOUND },
        { { "\0\0\0\0\6", 5 }, -ONR_ENOTFOUND },
        { { "\0\xff\xff\xff\xff", 5 }, -ONR_ENOTFOUND },
        { { "\0\2\0\0\0", 5 }, -ONR_ENOTFOUND }, /* the id is big-endian */
        { { "\0\0\0\0\2", 5 }, 0 },
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct guarded g = guarded_new(cases[i].message);
        enum onr_record_type type = ONR_REC_TYPES;
        struct onr_span payload;
        uint32_t id;

        assert_int_equal(onr_frame_open(f->codec, g.span, &id, &type, &payload, &f->err),
                         cases[i].rc);
        assert_int_equal(type, cases[i].rc ? ONR_REC_TYPES : ONR_REC_STATEMENT);
        guarded_free(&g);
    }
}

static void
no_prefix_of_a_record_is_a_record(void **state)
{
    struct fixture *f = *state;
    struct onr_statement s = { .index = 77 };

    assert_int_equal(onr_statement_encode(f->codec, &f->statement, false, &f->buf, &f->err), 0);
    for (size_t n = 0; n < f->buf.len; n++) {
        struct guarded g = guarded_new(onr_span_of(f->buf.ptr, n));
        enum onr_reject_code reject = ONR_REJECT_CODES;

        onr_arena_reset(&f->arena);
        assert_int_equal(onr_statement_decode(f->codec, 2, g.span, &f->arena, &s, &reject, &f->err),
                         -ONR_EINPUT);
        assert_true(reject == ONR_REJECT_AVRO || reject == ONR_REJECT_UTF8);
        guarded_free(&g);
    }
    assert_int_equal(s.index, 77); /* untouched on failure */
}

struct contradiction {
    const char *path;
    int64_t number;   /* for int and long fields */
    const char *text; /* for string fields */
    enum onr_reject_code want;
};

/* Change one field of a good record through Avro C, decode, compare the reject. */
static void
check_contradictions(struct fixture *f, enum onr_record_type type, const struct contradiction *c,
                     size_t n)
{
    struct onr_span good = onr_buf_span(&f->buf);
    avro_value_t v, at;

    oracle_new(builtin_json(type), &v);
    for (size_t i = 0; i < n; i++) {
        enum onr_reject_code got = ONR_REJECT_CODES;
        struct onr_statement s;
        struct onr_result r;
        int rc;

        MUST(oracle_reads(good, &v));
        oracle_at(&v, c[i].path, &at);
        if (c[i].text)
            MUST(avro_value_set_string(&at, c[i].text) == 0);
        else if (avro_value_get_type(&at) == AVRO_INT32)
            MUST(avro_value_set_int(&at, (int32_t) c[i].number) == 0);
        else if (avro_value_get_type(&at) == AVRO_ENUM)
            MUST(avro_value_set_enum(&at, (int) c[i].number) == 0);
        else
            MUST(avro_value_set_long(&at, c[i].number) == 0);
        oracle_writes(&v, &f->other);
        onr_arena_reset(&f->arena);
        rc = type == ONR_REC_STATEMENT ? onr_statement_decode(f->codec, 2, onr_buf_span(&f->other),
                                                              &f->arena, &s, &got, &f->err)
                                       : onr_result_decode(f->codec, 3, onr_buf_span(&f->other),
                                                           &f->arena, &r, &got, &f->err);
        if (got != c[i].want || rc != (got == ONR_REJECT_LIMIT ? -ONR_ELIMIT : -ONR_EINPUT))
            fail_msg("%s: %d %s \"%s\"", c[i].path, rc, onr_reject_name(got), f->err.text);
    }
    avro_value_decref(&v);
}

static void
statements_that_contradict_themselves_are_rejected(void **state)
{
    static const struct contradiction cases[] = {
        { "article.id", 0, "", ONR_REJECT_FIELDS },
        { "article.version", 0, NULL, ONR_REJECT_FIELDS },
        { "article.version", -1, NULL, ONR_REJECT_FIELDS },
        { "article.state", ONR_WITHDRAWN, NULL, ONR_REJECT_FIELDS },
        { "article.statements", 0, NULL, ONR_REJECT_FIELDS },
        { "article.statements", 7, NULL, ONR_REJECT_FIELDS }, /* index 7 of 7 */
        { "article.statements", -1, NULL, ONR_REJECT_FIELDS },
        { "article.statements", ONR_STATEMENTS_MAX + 1, NULL, ONR_REJECT_LIMIT },
        { "article.body_bytes", SAMPLE_STATEMENT_AT, NULL, ONR_REJECT_FIELDS },
        { "article.body_bytes", ONR_ARTICLE_MAX + 1, NULL, ONR_REJECT_LIMIT },
        { "index", 40, NULL, ONR_REJECT_FIELDS },
        { "index", -1, NULL, ONR_REJECT_FIELDS },
        { "begin", SAMPLE_STATEMENT_AT - 1, NULL, ONR_REJECT_FIELDS },
        { "begin", -1, NULL, ONR_REJECT_FIELDS },
        { "end", SAMPLE_STATEMENT_AT, NULL, ONR_REJECT_FIELDS },
        { "end", 0, NULL, ONR_REJECT_FIELDS },
        { "end", ONR_ARTICLE_MAX + 1, NULL, ONR_REJECT_LIMIT },
        { "cp_begin", SAMPLE_STATEMENT_AT + 1, NULL, ONR_REJECT_FIELDS },
        { "cp_begin", 0, NULL, ONR_REJECT_FIELDS },
        { "cp_end", 0, NULL, ONR_REJECT_FIELDS },
        { "text", 0, "other text", ONR_REJECT_FIELDS },
        { "text", 0, "", ONR_REJECT_FIELDS },
        { "text", 0, "\xff", ONR_REJECT_UTF8 },
        { "window", 0, "", ONR_REJECT_FIELDS },
        { "window", 0, SAMPLE_TEXT, ONR_REJECT_FIELDS }, /* the statement is not at its place */
        { "window", 0, SAMPLE_BEFORE, ONR_REJECT_FIELDS },
        { "window_begin", SAMPLE_STATEMENT_AT + 1, NULL, ONR_REJECT_FIELDS },
        { "window_begin", SAMPLE_WINDOW_AT + 1, NULL, ONR_REJECT_FIELDS },
        { "window_begin", 0, NULL, ONR_REJECT_FIELDS },
        { "window_cp_begin", SAMPLE_WINDOW_AT - 1, NULL, ONR_REJECT_FIELDS },
        { "window_cp_begin", 0, NULL, ONR_REJECT_FIELDS },
        { "cast.0.name", 0, "", ONR_REJECT_FIELDS },
        { "cast.0.mentions.0", 6000, NULL, ONR_REJECT_FIELDS },
        { "cast.0.mentions.0", -1, NULL, ONR_REJECT_FIELDS },
    };
    struct fixture *f = *state;

    assert_int_equal(onr_statement_encode(f->codec, &f->statement, false, &f->buf, &f->err), 0);
    check_contradictions(f, ONR_REC_STATEMENT, cases, sizeof cases / sizeof *cases);
}

static void
results_that_contradict_themselves_are_refused(void **state)
{
    static const struct contradiction cases[] = {
        { "index", 40, NULL, ONR_REJECT_FIELDS },
        { "text", 0, SAMPLE_BEFORE, ONR_REJECT_FIELDS },
        { "cp_end", 0, NULL, ONR_REJECT_FIELDS },
        { "attributions.0.speaker.mention.begin", 1, NULL, ONR_REJECT_FIELDS },
        { "attributions.0.cue.text", 0, "to", ONR_REJECT_FIELDS },
        { "attributions.0.cue.end", 6001, NULL, ONR_REJECT_FIELDS },
        { "attributions.1.content.0.end", 5, NULL, ONR_REJECT_FIELDS },
        { "attributions.0.target.span.begin", -2, NULL, ONR_REJECT_FIELDS },
        { "attributions.0.confidence.stance", 1001, NULL, ONR_REJECT_LIMIT },
    };
    struct fixture *f = *state;
    struct onr_result r;
    enum onr_reject_code reject;
    char *at;

    assert_int_equal(onr_result_encode(f->codec, &f->result, false, &f->buf, &f->err), 0);
    check_contradictions(f, ONR_REC_RESULT, cases, sizeof cases / sizeof *cases);
    /* a text that changed in place has another hash */
    for (at = f->buf.ptr; memcmp(at, "passenger", 9) != 0; at++)
        assert_true(at < f->buf.ptr + f->buf.len - 9);
    *at = 'P';
    assert_int_equal(
        onr_result_decode(f->codec, 3, onr_buf_span(&f->buf), &f->arena, &r, &reject, &f->err),
        -ONR_EINPUT);
    assert_non_null(strstr(f->err.text, "hash"));
    f->result.text_sha256[0] ^= 1;
    assert_int_equal(onr_result_encode(f->codec, &f->result, false, &f->other, &f->err),
                     -ONR_EINPUT);
}

static void
nothing_may_reach_behind_the_body(void **state)
{
    struct fixture *f = *state;
    struct onr_statement s = f->statement;
    struct onr_result r = f->result;

    s.n_cast = 0;
    s.article.body_bytes = (int64_t) (s.window_begin + s.window.len);
    assert_int_equal(onr_statement_encode(f->codec, &s, false, &f->buf, &f->err), 0);
    s.article.body_bytes--;
    assert_int_equal(onr_statement_encode(f->codec, &s, false, &f->buf, &f->err), -ONR_EINPUT);
    r.n_attributions = 0;
    r.article.body_bytes = r.end;
    assert_int_equal(onr_result_encode(f->codec, &r, false, &f->buf, &f->err), 0);
    r.article.body_bytes--;
    assert_int_equal(onr_result_encode(f->codec, &r, false, &f->buf, &f->err), -ONR_EINPUT);
    r = f->result;
    f->attributions[1].cue = (struct onr_text_span){ 5998, 6000, ONR_SPAN("ab") };
    assert_int_equal(onr_result_encode(f->codec, &r, false, &f->buf, &f->err), 0);
    f->attributions[1].cue = (struct onr_text_span){ 5999, 6001, ONR_SPAN("ab") };
    assert_int_equal(onr_result_encode(f->codec, &r, false, &f->buf, &f->err), -ONR_EINPUT);
}

static void
limits_of_texts_and_lists_hold_both_ways(void **state)
{
    static char text[ONR_WINDOW_MAX + 2];
    struct onr_cast_entry cast[ONR_CAST_MAX + 1];
    struct fixture *f = *state;
    struct onr_statement s = f->statement;

    memset(text, 'a', sizeof text);
    s.article.outlet = onr_span_of(text, ONR_NAME_MAX);
    assert_int_equal(onr_statement_encode(f->codec, &s, false, &f->buf, &f->err), 0);
    s.article.outlet.len++;
    assert_int_equal(onr_statement_encode(f->codec, &s, false, &f->buf, &f->err), -ONR_ELIMIT);
    assert_non_null(strstr(f->err.text, "outlet"));
    s = f->statement;
    for (int i = 0; i <= ONR_CAST_MAX; i++)
        cast[i] = (struct onr_cast_entry){ .name = ONR_SPAN("A B") };
    s.cast = cast;
    s.n_cast = ONR_CAST_MAX;
    assert_int_equal(onr_statement_encode(f->codec, &s, false, &f->buf, &f->err), 0);
    s.n_cast++;
    assert_int_equal(onr_statement_encode(f->codec, &s, false, &f->buf, &f->err), -ONR_ELIMIT);
    s.n_cast = ONR_CAST_MAX; /* 64 names of 65 bytes are over 4,096 bytes */
    for (int i = 0; i < ONR_CAST_MAX; i++)
        cast[i].name = onr_span_of(text, 65);
    assert_int_equal(onr_statement_encode(f->codec, &s, false, &f->buf, &f->err), -ONR_ELIMIT);
    for (int i = 0; i < ONR_CAST_MAX; i++)
        cast[i].name.len = 64;
    assert_int_equal(onr_statement_encode(f->codec, &s, false, &f->buf, &f->err), 0);
    cast[0].n_mentions = ONR_CAST_MENTIONS + 1;
    assert_int_equal(onr_statement_encode(f->codec, &s, false, &f->buf, &f->err), -ONR_ELIMIT);
}

/* A writer may put every item into a block of its own. The record stays decodable with the arena that codec.h promises. */
static void
the_largest_list_in_blocks_of_one_fits_the_arena(void **state)
{
    struct fixture *f = *state;
    struct onr_text_span parts[ONR_CONTENT_PARTS_MAX];
    struct onr_result r = f->result, q;
    size_t prefix;

    for (size_t i = 0; i < ONR_CONTENT_PARTS_MAX; i++)
        parts[i] = f->content[0];
    f->attributions[0].content = parts;
    f->attributions[0].n_content = ONR_CONTENT_PARTS_MAX;
    r.n_attributions = 0; /* the list is the last field: its end is the last byte */
    assert_int_equal(onr_result_encode(f->codec, &r, false, &f->other, &f->err), 0);
    prefix = --f->other.len;
    r.n_attributions = 1;
    for (int i = 0; i < ONR_ATTRIBUTIONS_MAX; i++) {
        onr_buf_clear(&f->buf);
        assert_int_equal(onr_result_encode(f->codec, &r, false, &f->buf, &f->err), 0);
        assert_int_equal(onr_buf_add_span(&f->other, onr_span_sub(onr_buf_span(&f->buf), prefix,
                                                                  f->buf.len - 1)),
                         0);
    }
    assert_int_equal(onr_buf_add_byte(&f->other, 0), 0);
    if (onr_result_decode(f->codec, 3, onr_buf_span(&f->other), &f->arena, &q, NULL, &f->err) < 0)
        fail_msg("%s", f->err.text);
    assert_int_equal(q.n_attributions, ONR_ATTRIBUTIONS_MAX);
    for (int i = 0; i < ONR_ATTRIBUTIONS_MAX; i++)
        assert_span_equal(q.attributions[i].content[15].text, f->content[0].text);
}

static void
a_failed_encode_leaves_the_output_as_it_was(void **state)
{
    struct onr_buf small = ONR_BUF_INIT(600);
    struct fixture *f = *state;
    struct onr_result r = f->result;

    assert_int_equal(onr_buf_add_z(&small, "before"), 0);
    assert_int_equal(onr_result_encode(f->codec, &r, true, &small, &f->err), -ONR_ELIMIT);
    assert_string_equal(small.ptr, "before");
    r.text = ONR_SPAN("\xff");
    r.end = r.begin + 1;
    r.cp_end = r.cp_begin + 1;
    onr_sha256(r.text.ptr, 1, r.text_sha256);
    assert_int_equal(onr_result_encode(f->codec, &r, true, &small, &f->err), -ONR_EINPUT);
    assert_string_equal(small.ptr, "before");
    assert_int_equal(small.len, 6);
    onr_buf_release(&small);
    /* and a buffer that has just enough room takes it */
    assert_int_equal(onr_result_encode(f->codec, &f->result, true, &f->buf, &f->err), 0);
    small = (struct onr_buf) ONR_BUF_INIT(f->buf.len);
    assert_int_equal(onr_result_encode(f->codec, &f->result, true, &small, &f->err), 0);
    assert_span_equal(onr_buf_span(&small), onr_buf_span(&f->buf));
    onr_buf_release(&small);
}

static void
another_type_an_unknown_id_and_no_memory_are_told_apart(void **state)
{
    struct onr_arena tiny = ONR_ARENA_INIT(16);
    struct fixture *f = *state;
    enum onr_reject_code reject = ONR_REJECT_CODES;
    struct onr_statement s;

    assert_int_equal(onr_statement_encode(f->codec, &f->statement, false, &f->buf, &f->err), 0);
    assert_int_equal(
        onr_statement_decode(f->codec, 99, onr_buf_span(&f->buf), &f->arena, &s, &reject, &f->err),
        -ONR_ENOTFOUND);
    assert_int_equal(
        onr_statement_decode(f->codec, 2, onr_buf_span(&f->buf), &tiny, &s, &reject, &f->err),
        -ONR_ENOMEM);
    assert_int_equal(reject, ONR_REJECT_CODES);
    assert_int_equal(
        onr_statement_decode(f->codec, 3, onr_buf_span(&f->buf), &f->arena, &s, &reject, &f->err),
        -ONR_EINPUT);
    assert_int_equal(reject, ONR_REJECT_SCHEMA);
    /* the code is the same when nobody wants the sentence */
    assert_int_equal(
        onr_statement_decode(f->codec, 2, onr_buf_span(&f->buf), &tiny, &s, NULL, NULL),
        -ONR_ENOMEM);
    assert_int_equal(onr_statement_decode(f->codec, 2, ONR_SPAN("x"), &f->arena, &s, NULL, NULL),
                     -ONR_EINPUT);
    assert_int_equal(onr_codec_add_schema(f->codec, 9, ONR_SPAN("{"), NULL), -ONR_ECONFIG);
    onr_arena_release(&tiny);
}

static void
commits_and_rejects_with_wrong_content_are_refused(void **state)
{
    struct fixture *f = *state;
    struct onr_commit_record c = { .body = { "short", 5 }, .signature = { "", 0 } };
    enum onr_reject_code code;

    assert_int_equal(onr_commit_record_encode(f->codec, &c, false, &f->buf, &f->err), -ONR_EINPUT);
    assert_int_equal(
        onr_commit_record_decode(f->codec, 5, ONR_SPAN("\x0ashort"), &f->arena, &c, &f->err),
        -ONR_EINPUT);
    assert_int_equal(
        onr_reject_encode(f->codec, (enum onr_reject_code) 99, false, &f->buf, &f->err),
        -ONR_EINPUT);
    assert_int_equal(onr_reject_encode(f->codec, ONR_REJECT_UTF8, false, &f->buf, &f->err), 0);
    f->buf.ptr[f->buf.len - 1] = '!';
    assert_int_equal(onr_reject_decode(f->codec, 4, onr_buf_span(&f->buf), &code, &f->err),
                     -ONR_EINPUT);
}

static void
old_and_new_versions_of_a_statement_read_each_other(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(onr_statement_encode(f->codec, &f->statement, false, &f->buf, &f->err), 0);
    for (int v = 0; v < VARIANTS; v++) {
        char *json = variant_json(ONR_REC_STATEMENT, (enum variant) v);
        struct onr_statement want = f->statement, s;
        const char *differs;

        variant_bytes(ONR_REC_STATEMENT, onr_buf_span(&f->buf), json, &f->other);
        if (onr_codec_add_schema(f->codec, 100 + (uint32_t) v, onr_span_z(json), &f->err) < 0
            || onr_statement_decode(f->codec, 100 + (uint32_t) v, onr_buf_span(&f->other),
                                    &f->arena, &s, NULL, &f->err)
                   < 0)
            fail_msg("variant %d: %s", v, f->err.text);
        if (v == DEFAULTED_FIELDS_REMOVED) {
            want.article.headline = want.article.outlet = want.article.url = want.article.published
                = ONR_SPAN("");
            want.n_cast = 0;
        }
        if ((differs = first_difference(onr_bind_of(ONR_REC_STATEMENT), &want, &s)))
            fail_msg("variant %d: %s", v, differs);
        assert_span_equal(s.article.language, ONR_SPAN("en"));
        free(json);
    }
}

static void
old_and_new_versions_of_a_result_read_each_other(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(onr_result_encode(f->codec, &f->result, false, &f->buf, &f->err), 0);
    for (int v = 0; v < VARIANTS; v++) {
        char *json = variant_json(ONR_REC_RESULT, (enum variant) v);
        struct onr_result want = f->result, r;
        const char *differs;

        variant_bytes(ONR_REC_RESULT, onr_buf_span(&f->buf), json, &f->other);
        if (onr_codec_add_schema(f->codec, 100 + (uint32_t) v, onr_span_z(json), &f->err) < 0
            || onr_result_decode(f->codec, 100 + (uint32_t) v, onr_buf_span(&f->other), &f->arena,
                                 &r, NULL, &f->err)
                   < 0)
            fail_msg("variant %d: %s", v, f->err.text);
        if (v == DEFAULTED_FIELDS_REMOVED) {
            want.article.headline = want.article.outlet = want.article.url = want.article.published
                = ONR_SPAN("");
            want.n_attributions = 0;
        }
        if ((differs = first_difference(onr_bind_of(ONR_REC_RESULT), &want, &r)))
            fail_msg("variant %d: %s", v, differs);
        free(json);
    }
}

static void
old_and_new_versions_of_the_small_records_read_each_other(void **state)
{
    struct fixture *f = *state;
    struct onr_commit_record c = { .n_frontier = 1 }, d;
    char zeros[256] = { 0 };
    enum onr_reject_code code;
    struct onr_article a;

    c.body = onr_span_of(zeros, 256);
    c.signature = onr_span_of(zeros, 64);
    for (int v = 0; v < VARIANTS; v++) {
        char *json[ONR_REC_TYPES] = { NULL };
        uint32_t id = 100 + 10 * (uint32_t) v;

        for (int t = 0; t < ONR_REC_TYPES; t++) {
            json[t] = variant_json((enum onr_record_type) t, (enum variant) v);
            if (onr_codec_add_schema(f->codec, id + (uint32_t) t, onr_span_z(json[t]), &f->err) < 0)
                fail_msg("variant %d of type %d: %s", v, t, f->err.text);
        }
        onr_buf_clear(&f->buf);
        assert_int_equal(
            onr_article_encode(f->codec, &f->statement.article, false, &f->buf, &f->err), 0);
        variant_bytes(ONR_REC_ARTICLE, onr_buf_span(&f->buf), json[ONR_REC_ARTICLE], &f->other);
        assert_int_equal(onr_article_decode(f->codec, id + ONR_REC_ARTICLE, onr_buf_span(&f->other),
                                            &f->arena, &a, NULL, &f->err),
                         0);
        assert_span_equal(a.id, f->statement.article.id);
        assert_int_equal(a.statements, 40);
        onr_buf_clear(&f->buf);
        assert_int_equal(onr_reject_encode(f->codec, ONR_REJECT_LIMIT, false, &f->buf, &f->err), 0);
        variant_bytes(ONR_REC_REJECT, onr_buf_span(&f->buf), json[ONR_REC_REJECT], &f->other);
        assert_int_equal(onr_reject_decode(f->codec, id + ONR_REC_REJECT, onr_buf_span(&f->other),
                                           &code, &f->err),
                         0);
        assert_int_equal(code, ONR_REJECT_LIMIT);
        onr_buf_clear(&f->buf);
        assert_int_equal(onr_commit_record_encode(f->codec, &c, false, &f->buf, &f->err), 0);
        variant_bytes(ONR_REC_COMMIT, onr_buf_span(&f->buf), json[ONR_REC_COMMIT], &f->other);
        assert_int_equal(onr_commit_record_decode(f->codec, id + ONR_REC_COMMIT,
                                                  onr_buf_span(&f->other), &f->arena, &d, &f->err),
                         0);
        assert_null(first_difference(onr_bind_of(ONR_REC_COMMIT), &c, &d));
        for (int t = 0; t < ONR_REC_TYPES; t++)
            free(json[t]);
    }
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_statement_comes_back_whole),
        TEST(a_result_comes_back_whole),
        TEST(articles_rejects_and_commits_come_back_whole),
        TEST(a_withdrawal_is_one_record_without_text),
        TEST(the_same_struct_gives_the_same_bytes_after_whatever_came_between),
        TEST(avro_c_reads_what_is_encoded),
        TEST(what_is_no_frame_is_told_from_an_unknown_schema),
        TEST(no_prefix_of_a_record_is_a_record),
        TEST(statements_that_contradict_themselves_are_rejected),
        TEST(results_that_contradict_themselves_are_refused),
        TEST(nothing_may_reach_behind_the_body),
        TEST(limits_of_texts_and_lists_hold_both_ways),
        TEST(the_largest_list_in_blocks_of_one_fits_the_arena),
        TEST(a_failed_encode_leaves_the_output_as_it_was),
        TEST(another_type_an_unknown_id_and_no_memory_are_told_apart),
        TEST(commits_and_rejects_with_wrong_content_are_refused),
        TEST(old_and_new_versions_of_a_statement_read_each_other),
        TEST(old_and_new_versions_of_a_result_read_each_other),
        TEST(old_and_new_versions_of_the_small_records_read_each_other),
    };

    return cmocka_run_group_tests_name("event codec", tests, NULL, NULL);
}
