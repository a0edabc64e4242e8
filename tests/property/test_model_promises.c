/* tests/property/test_model_promises.c - what holds for every answer of the model, tried on many texts.
 *
 * Texts are put together from what the rules look at, in orders nobody would write; ONR_SEED=n repeats a run. Each answer
 * is also encoded as a record, so that the codec's own checks see it, and given twice by models with different pasts.
 */
#include "tests/released_model.h"
#include "tests/unit/guard.h"

#include <stdio.h>

#include "common/base/utf8.h"
#include "common/event/codec.h"
#include "common/model/model.h"
#include "common/model/register.h"
#include "tests/event_random.h"
#include "tests/unit/cmocka_all.h"

#define HOLDS(condition) assert_true(condition)
#include "tests/model_promises.h"

#define ROUNDS      1000 /* each is a window through the encoder: half a minute under sanitizers */
#define ARENA_BYTES (4 * 1024 * 1024)
#define TEXT_BEGIN  70 /* of the window, in the body */

static const struct onr_cast_entry cast[] = {
    { .name = { "Ada Lind", 8 },
      .role = { "Trade Minister", 14 },
      .type = ONR_PERSON,
      .n_mentions = 4 },
    { .name = { "Tom Berg", 8 }, .role = { "Mayor", 5 }, .type = ONR_PERSON, .n_mentions = 3 },
    { .name = { "Mary Berg", 9 }, .role = { "", 0 }, .type = ONR_PERSON, .n_mentions = 3 },
    { .name = { "Norland", 7 }, .role = { "", 0 }, .type = ONR_ORGANISATION, .n_mentions = 5 },
    { .name = { "Bank of Norland", 15 },
      .role = { "", 0 },
      .type = ONR_ORGANISATION,
      .n_mentions = 2 },
};

static struct onr_model *
new_model(void)
{
    struct onr_model *m;

    assert_int_equal(onr_model_open(RELEASED_MODEL, NULL, &m, NULL), 0);
    return m;
}

/* Names that the texts hold, and some that win over others of them. */
static struct onr_register *
new_register(void)
{
    static const char people[] = "name,aliases,role,external_id\n"
                                 "Ada Lind,Berg;who,the minister;Trade minister,Q1\n"
                                 "Norland,us;日本,plan,Q2\n"
                                 "Tom Trade,May,Mr.,\n";
    struct onr_register *r;

    assert_int_equal(onr_register_read(onr_span_z(people), &r, NULL), 0);
    return r;
}

static uint64_t
seed(void)
{
    const char *given = getenv("ONR_SEED");

    return given ? strtoull(given, NULL, 10) : 20240607;
}

/* Words the rules look at, in an order nobody would write. */
static struct onr_span
disordered_text(struct rng *rng, char *buf, size_t room)
{
    static const char *const pieces[] = {
        "said", " ",         ", ",      "“",      "”",        "\"",    ". ",
        "Berg", "Ada Lind",  "he",      "that",   "\n",       "\n\n",  "’s",
        "who",  "according", "to",      "the",    "minister", "(",     ")",
        "and",  "not",       "Mr.",     "denied", "é",        "日本",  ": ",
        "plan", "adding",    "Norland", "told",   "us",       "''",    "Trade",
        "of",   "on",        "May",     "12.5",   "–",        "wants", "\xc2\xa0"
    };
    size_t n = 0, words = rng_below(rng, 60);

    for (size_t i = 0; i < words; i++) {
        const char *p = pieces[rng_below(rng, sizeof pieces / sizeof *pieces)];

        if (n + strlen(p) + 1 >= room)
            break;
        memcpy(buf + n, p, strlen(p));
        n += strlen(p);
        if (rng_below(rng, 4))
            buf[n++] = ' ';
    }
    return onr_span_of(buf, n);
}

/* A statement that begins somewhere in text and ends with it; body, offsets and hash fit together. */
static void
make_statement(struct rng *rng, struct onr_span text, struct onr_statement *s)
{
    size_t a = onr_utf8_cut(text, text.len ? rng_below(rng, (uint32_t) text.len) : 0);

    *s = (struct onr_statement){ .window = text,
                                 .window_begin = TEXT_BEGIN,
                                 .window_cp_begin = TEXT_BEGIN,
                                 .begin = (uint32_t) (TEXT_BEGIN + a),
                                 .end = (uint32_t) (TEXT_BEGIN + text.len),
                                 .text = onr_span_sub(text, a, text.len),
                                 .quoted = (enum onr_quoted) rng_below(rng, 3),
                                 .cast = cast,
                                 .n_cast = rng_below(rng, sizeof cast / sizeof *cast + 1) };
    s->cp_begin = (uint32_t) (TEXT_BEGIN + onr_utf8_count(onr_span_sub(text, 0, a)));
    s->cp_end = s->cp_begin + (uint32_t) onr_utf8_count(s->text);
    s->article = (struct onr_article){ .id = ONR_SPAN("urn:test"),
                                       .version = 1,
                                       .language = ONR_SPAN("en"),
                                       .headline = ONR_SPAN(""),
                                       .outlet = ONR_SPAN(""),
                                       .url = ONR_SPAN(""),
                                       .published = ONR_SPAN(""),
                                       .body_bytes = s->end,
                                       .statements = 1 };
}

static void
every_answer_keeps_the_promises_and_reads_nothing_beside_the_text(void **state)
{
    struct onr_arena arena = ONR_ARENA_INIT(ARENA_BYTES);
    struct onr_register *people = new_register();
    struct onr_model *m = new_model();
    struct rng rng = { seed() };

    (void) state;
    for (int round = 0; round < ROUNDS; round++) {
        char buf[1024];
        struct guarded g = guarded_new(disordered_text(&rng, buf, sizeof buf));
        struct onr_statement s;
        struct onr_result r;

        make_statement(&rng, g.span, &s);
        onr_model_set_people(m, round % 2 ? people : NULL);
        assert_int_equal(onr_classify(m, &s, &arena, &r, NULL), 0);
        result_keeps_its_promises(&s, &r);
        onr_arena_reset(&arena);
        guarded_free(&g);
    }
    onr_arena_release(&arena);
    onr_model_free(m);
    onr_register_free(people);
}

static void
encode_answer(struct onr_model *m, struct onr_codec *codec, const struct onr_statement *s,
              struct onr_buf *out)
{
    struct onr_arena arena = ONR_ARENA_INIT(ARENA_BYTES);
    struct onr_error err = ONR_ERROR_INIT;
    struct onr_result r;

    assert_int_equal(onr_classify(m, s, &arena, &r, &err), 0);
    onr_buf_clear(out);
    if (onr_result_encode(codec, &r, true, out, &err) < 0)
        fail_msg("ONR_SEED=%llu: %s", (unsigned long long) seed(), err.text);
    onr_arena_release(&arena);
}

static void
the_record_is_the_same_whatever_was_classified_before(void **state)
{
    struct onr_buf a = ONR_BUF_INIT(ONR_RESULT_RECORD_MAX), b = ONR_BUF_INIT(ONR_RESULT_RECORD_MAX);
    struct onr_model *fresh = NULL, *used = new_model();
    struct rng rng = { seed() + 1 };
    struct onr_codec *codec;

    (void) state;
    assert_int_equal(onr_codec_new(&codec, NULL), 0);
    for (int round = 0; round < ROUNDS / 20; round++) {
        char buf[1024];
        struct onr_span text = disordered_text(&rng, buf, sizeof buf);
        struct onr_statement s;

        if (text.len == 0)
            continue;
        make_statement(&rng, text, &s);
        if (s.text.len == 0)
            continue;
        onr_model_free(fresh);
        fresh = new_model();
        encode_answer(fresh, codec, &s, &a);
        encode_answer(used, codec, &s, &b);
        assert_span_equal(onr_buf_span(&a), onr_buf_span(&b));
    }
    onr_codec_free(codec);
    onr_model_free(fresh);
    onr_model_free(used);
    onr_buf_release(&a);
    onr_buf_release(&b);
}

/* The largest window, full of one thing: a rule that looks back without a limit would need minutes here. */
static void
a_window_full_of_one_thing_is_no_trap(void **state)
{
    static const char *const things[] = {
        "said ",         "“",     "”",          "\" ",       "( ",        ") said ",
        ", said ",       "Berg ", "Berg, ",     "Berg and ", "and said ", "he said ",
        "that ",         "not ",  "\n",         ". ",        "’",         "Mr. ",
        "according to ", "who ",  "Berg: “x” ", "’s ",       "the ",      "a"
    };
    struct onr_arena arena = ONR_ARENA_INIT(ARENA_BYTES);
    struct onr_register *people = new_register();
    struct onr_model *m = new_model();
    static char text[ONR_WINDOW_MAX];

    (void) state;
    onr_model_set_people(m, people);
    for (size_t i = 0; i < sizeof things / sizeof *things; i++) {
        size_t len = strlen(things[i]), n = 0;
        struct onr_statement s;
        struct onr_result r;

        for (; n + len <= sizeof text; n += len)
            memcpy(text + n, things[i], len);
        s = (struct onr_statement){
            .window = { text, n }, .cast = cast, .n_cast = 5, .quoted = ONR_QUOTED_WHOLE
        };
        s.end = (uint32_t) n;
        s.text = s.window;
        assert_int_equal(onr_classify(m, &s, &arena, &r, NULL), 0);
        result_keeps_its_promises(&s, &r);
        onr_arena_reset(&arena);
    }
    onr_arena_release(&arena);
    onr_model_free(m);
    onr_register_free(people);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_answer_keeps_the_promises_and_reads_nothing_beside_the_text),
        cmocka_unit_test(the_record_is_the_same_whatever_was_classified_before),
        cmocka_unit_test(a_window_full_of_one_thing_is_no_trap),
    };

    return cmocka_run_group_tests_name("promises", tests, NULL, NULL);
}
