/* tests/unit/test_model_heads.c - tags, links and stances of hand-made weights, whose answers are known.
 *
 * States are as wide as heads allow at least; all weights are 0 but those that a test sets, all scales 1. That every path gives the
 * same bits is test_model_encoder.c's; that PyTorch agrees, tests/golden/test_network.py's.
 */
#include "tests/unit/cmocka_all.h"

#include <stdlib.h>
#include <string.h>

#include "common/model/heads_parts.h"

#define WIDTH  (16 * ONR_STANCE_HEADS)
#define PIECES 6
#define NEAR   1e-5f

struct fixture {
    void *owned[64];
    size_t n_owned;
    struct onr_encoder_weights encoder;
    struct onr_heads_weights w;
    struct onr_heads *heads;
    float states[ONR_VIEW_MAX][WIDTH];
    struct onr_view view;
    uint8_t tag[ONR_VIEW_MAX];
    float sure[ONR_VIEW_MAX];
    float link[ONR_LINK_SPANS_MAX + 1];
};

/* -- making it */

static void *
zeros(struct fixture *f, size_t n, size_t size)
{
    void *p = calloc(n, size);

    assert_non_null(p);
    assert_true(f->n_owned < sizeof f->owned / sizeof *f->owned);
    return f->owned[f->n_owned++] = p;
}

static float *
floats(struct fixture *f, size_t n)
{
    return zeros(f, n, sizeof(float));
}

static struct onr_dense
dense(struct fixture *f, uint32_t n, uint32_t k)
{
    float *scale = floats(f, n);

    for (uint32_t i = 0; i < n; i++)
        scale[i] = 1;
    return (struct onr_dense){ k, n, zeros(f, (size_t) n * k, 1), scale, floats(f, n) };
}

/* Weights are const to the heads, not to the test. */
static void
put(const float *x, size_t i, float value)
{
    ((float *) (uintptr_t) x)[i] = value;
}

static void
put_weight(const struct onr_dense *d, size_t n, size_t k, int8_t value)
{
    ((int8_t *) (uintptr_t) d->weight)[n * d->k + k] = value;
}

static void
make_link(struct fixture *f, struct onr_link_weights *l)
{
    l->query = dense(f, ONR_LINK_RANK, 2 * WIDTH);
    l->candidate = dense(f, ONR_LINK_RANK, 2 * WIDTH);
    l->form = dense(f, ONR_LINK_RANK, ONR_LINK_RANK);
    l->none = floats(f, ONR_LINK_RANK);
    l->none_bias = floats(f, 1);
    l->distance = floats(f, 2 * f->w.n_distances);
    l->paragraphs = floats(f, ONR_LINK_FEW);
    l->between = floats(f, ONR_LINK_FEW);
}

static int
setup(void **state)
{
    static const uint32_t distances[] = { 0, 1, 5, 100 };
    struct fixture *f = calloc(1, sizeof *f);
    struct onr_dense key, value;

    assert_non_null(f);
    f->w.width = WIDTH;
    f->w.distances = distances;
    f->w.n_distances = 4;
    f->w.tags = (struct onr_tag_weights){ floats(f, ONR_TAGS * WIDTH), floats(f, ONR_TAGS),
                                          floats(f, ONR_TAGS * ONR_TAGS) };
    for (int t = 0; t < ONR_TAGS; t++)
        put(f->w.tags.emit, (size_t) t * WIDTH + (size_t) t,
            1); /* value t of a state scores tag t */
    make_link(f, &f->w.link[ONR_LINK_CUE]);
    f->w.stance.absent = floats(f, 2 * WIDTH);
    f->w.stance.name = dense(f, WIDTH, WIDTH);
    f->w.stance.query = dense(f, WIDTH, 2 * WIDTH);
    key = dense(f, ONR_STANCE_HEADS * WIDTH, WIDTH / ONR_STANCE_HEADS);
    value = dense(f, WIDTH, WIDTH);
    onr_heads_cut(&key, f->w.stance.key);
    onr_heads_cut(&value, f->w.stance.value);
    f->w.stance.mix = dense(f, ONR_STANCE_MIXED, 4 * WIDTH);
    f->w.stance.out = floats(f, ONR_STANCE_OUT * ONR_STANCE_MIXED);
    f->w.stance.out_bias = floats(f, ONR_STANCE_OUT);
    f->encoder.width = WIDTH;
    f->encoder.n_pieces = PIECES;
    f->encoder.piece = zeros(f, PIECES * WIDTH, 1);
    f->encoder.piece_scale = floats(f, PIECES);
    *state = f;
    return onr_heads_over(&f->w, &f->encoder, onr_kernel_at(0), &f->heads, NULL);
}

static int
teardown(void **state)
{
    struct fixture *f = *state;

    onr_heads_free(f->heads);
    for (size_t i = 0; i < f->n_owned; i++)
        free(f->owned[i]);
    free(f);
    return 0;
}

/* Pieces: '^' a marker, 'w' begins a word, '-' goes on with it, '/' breaks. */
static void
view(struct fixture *f, const char *pieces)
{
    struct onr_view *v = &f->view;

    *v = (struct onr_view){ .n = strlen(pieces) };
    for (size_t i = 0; i < v->n; i++) {
        v->starts[i] = pieces[i] == 'w';
        v->breaks[i] = pieces[i] == '/';
        v->word[i] = pieces[i] == '-' ? v->word[i - 1] : (uint32_t) i;
        v->paragraph[i] = i ? v->paragraph[i - 1] + v->breaks[i - 1] : 0;
    }
}

static void
tags(struct fixture *f)
{
    memset(f->tag, 0x55, sizeof f->tag);
    onr_heads_tags(f->heads, f->states[0], &f->view, f->tag, f->sure);
}

/* -- tags */

static void
a_word_has_the_tag_of_its_first_piece(void **state)
{
    static const uint8_t want[] = { 0, 1, 1, 3, 0, 0 };
    struct fixture *f = *state;

    view(f, "^w-ww^");
    f->states[0][ONR_TAG_B_CUE] = 9; /* a marker has no say */
    f->states[1][ONR_TAG_B_SOURCE] = 3;
    f->states[2][ONR_TAG_B_CUE] = 9; /* nor has a piece within a word */
    f->states[3][ONR_TAG_B_CUE] = 3;
    f->states[4][ONR_TAG_O] = 1;
    tags(f);
    assert_memory_equal(f->tag, want, sizeof want);
    assert_true(f->sure[0] == 1 && f->sure[5] == 1);
    assert_true(f->sure[2] == f->sure[1]);
    /* e^3 among it and six times 1; e^1 likewise */
    assert_float_equal(f->sure[1], 0.769987, NEAR);
    assert_float_equal(f->sure[4], 0.311791, NEAR);
}

static void
the_best_sequence_wins_over_the_best_tag(void **state)
{
    static const uint8_t want[] = { 0, ONR_TAG_B_CONTENT, ONR_TAG_I_CONTENT, 0 };
    struct fixture *f = *state;

    view(f, "^ww^");
    for (size_t from = 0; from < ONR_TAGS; from++)
        if (from != ONR_TAG_B_CONTENT && from != ONR_TAG_I_CONTENT)
            put(f->w.tags.move, from * ONR_TAGS + ONR_TAG_I_CONTENT, -1000);
    f->states[1][ONR_TAG_O] = 2;
    f->states[1][ONR_TAG_B_CONTENT] = 1;
    f->states[2][ONR_TAG_I_CONTENT] = 5;
    tags(f);
    assert_memory_equal(f->tag, want, sizeof want);
    /* with I-content behind it: e^1 of B-content, 1 of I-content, the others cannot be */
    assert_float_equal(f->sure[1], 0.731059, NEAR);
    f->states[2][ONR_TAG_I_CONTENT] = 0.5f;
    tags(f);
    assert_int_equal(f->tag[1], ONR_TAG_O);
}

static void
of_equal_tags_the_lower_wins(void **state)
{
    struct fixture *f = *state;

    view(f, "^www^");
    tags(f);
    for (size_t i = 0; i < f->view.n; i++)
        assert_int_equal(f->tag[i], 0);
    f->states[2][ONR_TAG_B_CUE] = f->states[2][ONR_TAG_I_SOURCE] = 1;
    tags(f);
    assert_int_equal(f->tag[2], ONR_TAG_I_SOURCE);
}

static void
a_paragraph_break_is_outside_and_part_of_the_sequence(void **state)
{
    struct fixture *f = *state;

    view(f, "^w/w^");
    f->states[2][ONR_TAG_B_CUE] = 50;
    put(f->w.tags.move, ONR_TAG_O * ONR_TAGS + ONR_TAG_B_SOURCE, 1);
    tags(f);
    assert_int_equal(f->tag[2], ONR_TAG_O);
    assert_true(f->sure[2] == 1);
    assert_int_equal(f->tag[3], ONR_TAG_B_SOURCE); /* for what stands before it is O */
}

static void
windows_without_words_and_full_ones_have_tags(void **state)
{
    struct fixture *f = *state;
    char full[ONR_VIEW_MAX + 1];

    view(f, "^^");
    tags(f);
    assert_true(f->tag[0] == 0 && f->tag[1] == 0 && f->sure[1] == 1);
    view(f, "^");
    tags(f);
    assert_int_equal(f->tag[0], 0);
    view(f, "^w^");
    f->states[1][ONR_TAG_B_CONTENT] = 1;
    tags(f);
    assert_int_equal(f->tag[1], ONR_TAG_B_CONTENT);
    memset(full, 'w', ONR_VIEW_MAX);
    full[ONR_VIEW_MAX] = 0;
    view(f, full);
    f->states[ONR_VIEW_MAX - 1][ONR_TAG_B_CUE] = 4;
    tags(f);
    assert_int_equal(f->tag[ONR_VIEW_MAX - 1], ONR_TAG_B_CUE);
    assert_int_equal(f->tag[ONR_VIEW_MAX - 2], ONR_TAG_O);
}

/* -- links */

static void
link_to(struct fixture *f, struct onr_piece_span query, const struct onr_piece_span *c, size_t n)
{
    float sum = 0;

    onr_heads_link(f->heads, ONR_LINK_CUE, f->states[0], &f->view, query, c, n, f->link);
    for (size_t i = 0; i <= n && i <= ONR_LINK_SPANS_MAX; i++)
        sum += f->link[i];
    assert_float_equal(sum, 1, NEAR);
}

static void
without_candidates_none_is_certain(void **state)
{
    struct fixture *f = *state;

    view(f, "^ww^");
    link_to(f, (struct onr_piece_span){ 1, 2 }, NULL, 0);
    assert_true(f->link[0] == 1);
}

static void
a_link_joins_first_and_last_states(void **state)
{
    const struct onr_piece_span candidate[] = { { 1, 3 }, { 4, 5 } };
    struct onr_link_weights *l;
    struct fixture *f = *state;

    view(f, "^wwwwww^");
    l = &f->w.link[ONR_LINK_CUE];
    put_weight(&l->query, 0, 7, 1);             /* value 7 of the query's first state */
    put_weight(&l->candidate, 3, WIDTH + 9, 1); /* value 9 of the candidate's last */
    put_weight(&l->candidate, 3, 9, -1);        /* less that of its first */
    put_weight(&l->form, 3, 0, 2);
    put(l->none, 0, 1);
    put(l->none_bias, 0, 0.5f);
    f->states[5][7] = 1;
    f->states[2][9] = 1.25f;
    f->states[4][9] = 4; /* first and last are one: nothing is left of it */
    link_to(f, (struct onr_piece_span){ 5, 7 }, candidate, 2);
    /* none: 1 + 0.5; the first: 1 * 2 * 1.25; the second: 0 */
    assert_float_equal(f->link[1] / f->link[0], 2.718282, 20 * NEAR);
    assert_float_equal(f->link[2] / f->link[0], 0.223130, NEAR);
    f->states[1][9] = 2; /* 1.25 - 2 is below 0, and counts as 0 */
    link_to(f, (struct onr_piece_span){ 5, 7 }, candidate, 2);
    assert_true(f->link[1] == f->link[2]);
}

/* The score of the entry that is right for how the spans stand is 5, all others' 0. */
static void
a_link_knows_how_spans_stand(void **state)
{
    static const struct {
        struct onr_piece_span query, candidate;
        uint8_t distance, paragraphs, between; /* entries; of distances, 4 before */
    } cases[] = {
        { { 1, 2 }, { 2, 3 }, 0, 0, 0 },   { { 1, 2 }, { 3, 4 }, 1, 0, 0 },
        { { 1, 2 }, { 6, 7 }, 1, 0, 0 },   { { 1, 2 }, { 8, 9 }, 2, 1, 1 },
        { { 8, 9 }, { 1, 2 }, 6, 1, 1 },   { { 3, 4 }, { 1, 6 }, 4, 0, 0 },
        { { 1, 6 }, { 1, 3 }, 0, 0, 0 },   { { 1, 2 }, { 20, 21 }, 2, 3, 3 },
        { { 20, 22 }, { 1, 4 }, 6, 3, 3 }, { { 1, 2 }, { 110, 111 }, 3, 3, 3 },
    };
    struct fixture *f = *state;
    struct onr_link_weights *l = &f->w.link[ONR_LINK_CUE];
    char pieces[130];

    memset(pieces, 'w', sizeof pieces);
    pieces[7] = pieces[9] = pieces[10] = pieces[12] = pieces[14] = '/';
    pieces[sizeof pieces - 1] = 0;
    view(f, pieces);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct onr_piece_span all[] = {
            cases[i].candidate, { 6, 7 }, { 11, 12 }, { 13, 14 }, { 13, 15 }
        };

        for (size_t table = 0; table < 3; table++) {
            const float *of = table == 0 ? l->distance : table == 1 ? l->paragraphs : l->between;
            size_t entry = table == 0   ? cases[i].distance
                           : table == 1 ? cases[i].paragraphs
                                        : cases[i].between;

            put(of, entry, 5);
            link_to(f, cases[i].query, all, 5);
            put(of, entry, 0);
            if (!(f->link[1] > 100 * f->link[0]))
                fail_msg("case %zu, table %zu", i, table);
        }
    }
}

static void
a_span_without_pieces_is_no_danger(void **state)
{
    const struct onr_piece_span nothing = { 0, 0 };
    struct fixture *f = *state;

    view(f, "^ww^");
    link_to(f, nothing, &nothing, 1);
    assert_true(f->link[1] == 0.5f);
}

static void
further_candidates_than_the_most_are_not_looked_at(void **state)
{
    struct onr_piece_span candidate[ONR_LINK_SPANS_MAX + 1];
    struct fixture *f = *state;
    char pieces[ONR_LINK_SPANS_MAX + 4];

    memset(pieces, 'w', sizeof pieces);
    pieces[sizeof pieces - 1] = 0;
    view(f, pieces);
    for (size_t i = 0; i <= ONR_LINK_SPANS_MAX; i++)
        candidate[i] = (struct onr_piece_span){ (uint16_t) (i + 1), (uint16_t) (i + 2) };
    link_to(f, candidate[0], candidate, ONR_LINK_SPANS_MAX + 1);
    assert_float_equal(f->link[ONR_LINK_SPANS_MAX], 1.0 / (ONR_LINK_SPANS_MAX + 1), NEAR);
}

/* -- stances */

/* Value i of what is mixed is 1 times value `from` (1 of 4 * WIDTH), and scores output i. */
static void
show(struct fixture *f, size_t i, size_t from)
{
    put_weight(&f->w.stance.mix, i, from, 1);
    put(f->w.stance.out, i * ONR_STANCE_MIXED + i, 1);
}

static struct onr_stance_scores
stance(struct fixture *f, struct onr_stance_pair p)
{
    struct onr_stance_scores s;

    onr_heads_stance(f->heads, f->states[0], &p, &s);
    assert_float_equal(s.probability[0] + s.probability[1] + s.probability[2], 1, NEAR);
    return s;
}

static void
a_stance_is_read_from_speaker_target_and_their_product(void **state)
{
    struct onr_stance_pair p = { .has_speaker = true, .has_target = true };
    struct fixture *f = *state;
    struct onr_stance_scores s;

    p.speaker = (struct onr_piece_span){ 1, 3 };
    p.target = (struct onr_piece_span){ 4, 5 };
    p.reach = (struct onr_piece_span){ 0, 5 };
    show(f, 0, 20);             /* value 20 of the speaker: support */
    show(f, 1, WIDTH + 20);     /* of the target: oppose */
    show(f, 3, 3 * WIDTH + 20); /* of their product: a target at all */
    put(f->w.stance.out_bias, 3, -1);
    f->states[1][20] = 1;
    f->states[2][20] = 3;
    f->states[4][20] = 0.5f;
    s = stance(f, p);
    assert_float_equal(s.probability[0] / s.probability[2], 7.389056, 50 * NEAR);
    assert_float_equal(s.probability[1] / s.probability[2], 1.648721, 20 * NEAR);
    assert_float_equal(s.is_target, 0.5, NEAR); /* 2 * 0.5 - 1 = 0 */
    f->states[4][20] = 1.5f;
    assert_float_equal(stance(f, p).is_target, 0.880797, NEAR);
    f->states[4][20] = -2;
    s = stance(f, p);
    assert_float_equal(s.probability[1] / s.probability[2], 1, NEAR); /* below 0 counts as 0 */
    assert_float_equal(s.is_target, 0.268941, NEAR);
}

static void
who_is_not_here_is_a_name_or_nobody(void **state)
{
    static const uint32_t name[] = { 2, 5 };
    struct onr_stance_pair p = { .target_name = name, .n_target_name = 2 };
    struct fixture *f = *state;
    struct onr_stance_scores s;

    p.reach = (struct onr_piece_span){ 0, 1 };
    show(f, 0, 3);
    show(f, 1, WIDTH + 4);
    put(f->w.stance.absent, 3, 1);         /* the speaker's */
    put(f->w.stance.absent, WIDTH + 4, 2); /* the target's */
    put_weight(&f->w.stance.name, 4, 8, 1);
    ((int8_t *) (uintptr_t) f->encoder.piece)[2 * WIDTH + 8] = 10;
    ((int8_t *) (uintptr_t) f->encoder.piece)[5 * WIDTH + 8] = -40;
    put(f->encoder.piece_scale, 2, 0.2f);
    put(f->encoder.piece_scale, 5, 0.1f);
    s = stance(f, p);
    assert_float_equal(s.probability[0] / s.probability[2], 2.718282, 20 * NEAR);
    assert_float_equal(s.probability[1] / s.probability[2], 2.718282,
                       20 * NEAR); /* 2 + (2 - 4) / 2 */
    p.n_target_name = 0;
    p.has_target = true; /* without a piece of a span: nobody, too */
    p.target = (struct onr_piece_span){ 3, 3 };
    s = stance(f, p);
    assert_float_equal(s.probability[1] / s.probability[2], 7.389056, 50 * NEAR);
}

static void
a_reach_is_averaged_and_looked_up(void **state)
{
    struct onr_stance_pair p = { .has_speaker = true };
    struct fixture *f = *state;
    struct onr_stance_scores s;

    p.speaker = (struct onr_piece_span){ 0, 1 };
    p.reach = (struct onr_piece_span){ 2, 6 };
    show(f, 0, 2 * WIDTH + 17);                  /* what the second head reads */
    put_weight(&f->w.stance.value[1], 1, 30, 1); /* is value 30 of the pieces */
    f->states[1][30] = 100;                      /* not within reach */
    f->states[3][30] = 4;
    f->states[5][30] = -2;
    s = stance(f, p);
    assert_float_equal(s.probability[0] / s.probability[2], 1.648721, 20 * NEAR); /* 2 / 4 */
    put_weight(&f->w.stance.query, 16, 0, 1); /* it asks, by the speaker's value 0 */
    put_weight(&f->w.stance.key[1], 40, 0, 4);
    f->states[0][0] = 10;
    f->states[3][40] = 9; /* for value 40: 10 * 4 * 9 / 4 is far above 0 */
    s = stance(f, p);
    assert_float_equal(s.probability[0] / s.probability[2], 54.59815, 0.001); /* 4 */
}

static void
an_empty_reach_says_nothing_and_a_full_one_is_read(void **state)
{
    struct onr_stance_pair p = { .has_speaker = false };
    struct fixture *f = *state;
    struct onr_stance_scores s;

    show(f, 0, 2 * WIDTH);
    put_weight(&f->w.stance.value[0], 0, 0, 1);
    put(f->w.stance.value[0].bias, 0, 1);
    f->states[7][0] = 512;
    p.reach = (struct onr_piece_span){ 7, 7 };
    s = stance(f, p);
    assert_float_equal(s.probability[0] / s.probability[1], 2.718282,
                       20 * NEAR); /* the bias alone */
    p.reach = (struct onr_piece_span){ 0, ONR_VIEW_MAX };
    s = stance(f, p);
    assert_float_equal(s.probability[0] / s.probability[1], 7.389056, 50 * NEAR);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_word_has_the_tag_of_its_first_piece),
        TEST(the_best_sequence_wins_over_the_best_tag),
        TEST(of_equal_tags_the_lower_wins),
        TEST(a_paragraph_break_is_outside_and_part_of_the_sequence),
        TEST(windows_without_words_and_full_ones_have_tags),
        TEST(without_candidates_none_is_certain),
        TEST(a_link_joins_first_and_last_states),
        TEST(a_link_knows_how_spans_stand),
        TEST(a_span_without_pieces_is_no_danger),
        TEST(further_candidates_than_the_most_are_not_looked_at),
        TEST(a_stance_is_read_from_speaker_target_and_their_product),
        TEST(who_is_not_here_is_a_name_or_nobody),
        TEST(a_reach_is_averaged_and_looked_up),
        TEST(an_empty_reach_says_nothing_and_a_full_one_is_read),
    };

    return cmocka_run_group_tests_name("heads", tests, NULL, NULL);
}
