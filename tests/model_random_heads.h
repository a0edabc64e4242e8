/* tests/model_random_heads.h - heads with weights from a seed over a random encoder's states, and questions to ask them.
 *
 * Shared by the unit tests, the equality program and the benchmark.
 */
#ifndef ONR_TESTS_MODEL_RANDOM_HEADS_H
#define ONR_TESTS_MODEL_RANDOM_HEADS_H

#include "common/model/heads_parts.h"
#include "tests/model_random.h"

#define RANDOM_HEADS_BYTES (3u << 20)
#define RANDOM_CANDIDATES  9
#define RANDOM_PAIRS       2

static inline struct onr_dense
random_dense(struct random_model *m, uint64_t *seed, uint32_t n, uint32_t k, float sd)
{
    const int8_t *weight = random_bytes(m, seed, (size_t) n * k);
    const float *scale = random_floats(m, seed, n, sd / 73, sd / 1024);

    return (struct onr_dense){ k, n, weight, scale, random_floats(m, seed, n, 0, 0.02f) };
}

static inline void
random_link(struct random_model *m, uint64_t *seed, uint32_t width, uint32_t n_distances,
            struct onr_link_weights *l)
{
    l->query = random_dense(m, seed, ONR_LINK_RANK, 2 * width, 0.05f);
    l->candidate = random_dense(m, seed, ONR_LINK_RANK, 2 * width, 0.05f);
    l->form = random_dense(m, seed, ONR_LINK_RANK, ONR_LINK_RANK, 0.02f);
    l->none = random_floats(m, seed, ONR_LINK_RANK, 0, 0.1f);
    l->none_bias = random_floats(m, seed, 1, 0, 0.1f);
    l->distance = random_floats(m, seed, 2 * n_distances, 0, 0.5f);
    l->paragraphs = random_floats(m, seed, ONR_LINK_FEW, 0, 0.5f);
    l->between = random_floats(m, seed, ONR_LINK_FEW, 0, 0.5f);
}

static inline void
random_stance(struct random_model *m, uint64_t *seed, uint32_t width, struct onr_stance_weights *s)
{
    struct onr_dense key, value;

    s->absent = random_floats(m, seed, 2 * (size_t) width, 0, 0.5f);
    s->name = random_dense(m, seed, width, width, 0.5f);
    s->query = random_dense(m, seed, width, 2 * width, 0.1f);
    key = random_dense(m, seed, ONR_STANCE_HEADS * width, width / ONR_STANCE_HEADS, 0.1f);
    value = random_dense(m, seed, width, width, 0.05f);
    onr_heads_cut(&key, s->key);
    onr_heads_cut(&value, s->value);
    s->mix = random_dense(m, seed, ONR_STANCE_MIXED, 4 * width, 0.05f);
    s->out = random_floats(m, seed, ONR_STANCE_OUT * ONR_STANCE_MIXED, 0, 0.1f);
    s->out_bias = random_floats(m, seed, ONR_STANCE_OUT, 0, 0.1f);
}

/* Heads for states of the random encoder; memory is m's, which holds nothing yet. */
static inline struct onr_heads_weights
random_heads(struct random_model *m, uint64_t seed)
{
    static const uint32_t distances[] = { 0, 1, 2, 4, 8, 16, 64 };
    struct onr_heads_weights w = { .width = RANDOM_WIDTH,
                                   .distances = distances,
                                   .n_distances = sizeof distances / sizeof *distances };

    memset(m, 0, sizeof *m);
    m->size = RANDOM_HEADS_BYTES;
    m->block = aligned_alloc(ONR_ALIGN, m->size);
    if (!m->block)
        abort();
    w.tags.emit = random_floats(m, &seed, ONR_TAGS * RANDOM_WIDTH, 0, 0.05f);
    w.tags.emit_bias = random_floats(m, &seed, ONR_TAGS, 0, 0.1f);
    w.tags.move = random_floats(m, &seed, ONR_TAGS * ONR_TAGS, 0, 0.5f);
    for (int i = 0; i < ONR_LINKS; i++)
        random_link(m, &seed, RANDOM_WIDTH, w.n_distances, &w.link[i]);
    random_stance(m, &seed, RANDOM_WIDTH, &w.stance);
    return w;
}

/* Words, breaks and paragraphs of window i, which has n pieces. */
static inline void
random_view(uint64_t i, size_t n, struct onr_view *ret)
{
    uint64_t seed = i * 0x9e3779b97f4a7c15 + 1234567891;

    memset(ret, 0, sizeof *ret);
    ret->n = n;
    for (size_t m = 0; m < n; m++) {
        bool inner = m > 0 && m + 1 < n, goes_on = m > 1 && random_next(&seed) % 4 == 0;

        ret->breaks[m] = inner && random_next(&seed) % 30 == 0;
        ret->starts[m] = inner && !ret->breaks[m] && (!goes_on || ret->breaks[m - 1]);
        ret->word[m] = (uint32_t) m;
        if (inner && !ret->breaks[m] && !ret->starts[m])
            ret->word[m] = ret->word[m - 1];
        ret->paragraph[m] = m ? ret->paragraph[m - 1] + ret->breaks[m - 1] : 0;
    }
}

static inline struct onr_piece_span
random_span(uint64_t *seed, size_t from, size_t n)
{
    size_t first = from + random_next(seed) % (n - from);
    size_t end = first + 1 + random_next(seed) % 12;

    return (struct onr_piece_span){ (uint16_t) first, (uint16_t) (end < n ? end : n) };
}

/* Ascending spans of a window of n pieces; returns how many. */
static inline size_t
random_spans(uint64_t *seed, size_t n, struct onr_piece_span ret[RANDOM_CANDIDATES])
{
    size_t from = 0, count = 0;

    while (from < n && count < RANDOM_CANDIDATES) {
        ret[count] = random_span(seed, from, from + 20 < n ? from + 20 : n);
        from = ret[count++].end;
    }
    return count;
}

static inline struct onr_stance_pair
random_pair(uint64_t *seed, size_t n, uint32_t n_pieces, uint32_t name[2][ONR_NAME_PIECES_MAX])
{
    uint32_t bits = random_next(seed);
    struct onr_stance_pair p = { .has_speaker = bits & 1,
                                 .has_target = bits & 2,
                                 .speaker_name = name[0],
                                 .target_name = name[1],
                                 .n_speaker_name = bits >> 8 & 15,
                                 .n_target_name = bits >> 12 & 15 };

    for (size_t i = 0; i < ONR_NAME_PIECES_MAX; i++) {
        name[0][i] = random_next(seed) % n_pieces;
        name[1][i] = random_next(seed) % n_pieces;
    }
    p.speaker = random_span(seed, 0, n);
    p.target = random_span(seed, 0, n);
    p.reach = random_span(seed, 0, n);
    if (bits & 4)
        p.reach = (struct onr_piece_span){ 0, (uint16_t) n };
    return p;
}

/* All answers to questions about window i, as one hash: tags, links, stances. */
static inline uint64_t
random_answers(struct onr_heads *h, uint64_t i, const float *states, size_t n)
{
    static struct onr_view view;
    uint8_t tag[ONR_VIEW_MAX];
    float sure[ONR_VIEW_MAX], link[ONR_LINK_SPANS_MAX + 1], tags[ONR_VIEW_MAX];
    uint32_t name[2][ONR_NAME_PIECES_MAX];
    struct onr_piece_span candidate[RANDOM_CANDIDATES];
    struct onr_stance_scores scores;
    uint64_t seed = i * 0x9e3779b97f4a7c15 + 362436069, hash;

    random_view(i, n, &view);
    onr_heads_tags(h, states, &view, tag, sure);
    for (size_t m = 0; m < n; m++)
        tags[m] = (float) tag[m];
    hash = hash_states(tags, n) * 31 + hash_states(sure, n);
    for (int l = 0; l < ONR_LINKS; l++) {
        size_t count = random_spans(&seed, n, candidate);

        onr_heads_link(h, (enum onr_link) l, states, &view, random_span(&seed, 0, n), candidate,
                       count, link);
        hash = hash * 31 + hash_states(link, 1 + count);
    }
    for (int p = 0; p < RANDOM_PAIRS; p++) {
        struct onr_stance_pair pair = random_pair(&seed, n, h->encoder->n_pieces, name);

        onr_heads_stance(h, states, &pair, &scores);
        hash = (hash * 31 + hash_states(scores.probability, 3)) * 31
               + hash_states(&scores.is_target, 1);
    }
    return hash;
}

#endif
