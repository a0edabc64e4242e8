/* tests/model_random.h - an encoder with weights from a seed, and windows to read with it.
 *
 * Shaped as MiniLM but for the number of layers and pieces. The same numbers on every machine: whole numbers times exact factors.
 * Shared by the unit tests, the equality program and the benchmark.
 */
#ifndef ONR_TESTS_MODEL_RANDOM_H
#define ONR_TESTS_MODEL_RANDOM_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/model/encoder.h"

#define RANDOM_WIDTH  384
#define RANDOM_HIDDEN 1536
#define RANDOM_CASES  4

struct random_model {
    struct onr_encoder_weights w;
    char *block; /* what the weights lie in */
    size_t used, size;
};

/* xorshift64 (Marsaglia 2003) */
static inline uint32_t
random_next(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return (uint32_t) (*seed >> 32);
}

/* About normal, of standard deviation sd: a sum of four whole numbers. */
static inline float
random_float(uint64_t *seed, float sd)
{
    int32_t x = -131070;

    for (int i = 0; i < 4; i++)
        x += (int32_t) (random_next(seed) & 0xffff);
    return (float) x * (sd / 37837.0f);
}

static inline void *
random_take(struct random_model *m, size_t bytes)
{
    void *p = m->block + m->used;

    m->used += (bytes + ONR_ALIGN - 1) / ONR_ALIGN * ONR_ALIGN;
    if (m->used > m->size)
        abort();
    return p;
}

static inline const float *
random_floats(struct random_model *m, uint64_t *seed, size_t n, float mean, float sd)
{
    float *p = random_take(m, n * sizeof *p);

    for (size_t i = 0; i < n; i++)
        p[i] = mean + random_float(seed, sd);
    return p;
}

static inline const int8_t *
random_bytes(struct random_model *m, uint64_t *seed, size_t n)
{
    int8_t *p = random_take(m, n);

    for (size_t i = 0; i < n; i++)
        p[i] = (int8_t) (random_next(seed) % 255 - 127);
    return p;
}

/* Weights whose values have about the standard deviation sd. */
static inline struct onr_matrix
random_matrix(struct random_model *m, uint64_t *seed, uint32_t k, uint32_t n, float sd)
{
    int32_t *colsum = random_take(m, n * sizeof *colsum);
    struct onr_matrix x = { .k = k, .n = n };

    x.packed = random_bytes(m, seed, (size_t) k * n);
    x.scale = random_floats(m, seed, n, sd / 73, sd / 1024);
    x.bias = random_floats(m, seed, n, 0, 0.02f);
    memset(colsum, 0, n * sizeof *colsum);
    for (size_t i = 0; i < (size_t) k * n; i++)
        colsum[i / (16 * k) * 16 + i % 64 / 4] += x.packed[i];
    x.colsum = colsum;
    return x;
}

static inline void
random_layer(struct random_model *m, uint64_t *seed, struct onr_encoder_layer *l)
{
    uint32_t d = m->w.width, f = m->w.hidden;

    l->qkv = random_matrix(m, seed, d, 3 * d, 0.08f);
    l->out = random_matrix(m, seed, d, d, 0.05f);
    l->up = random_matrix(m, seed, d, f, 0.06f);
    l->down = random_matrix(m, seed, f, d, 0.04f);
    l->norm1_gain = random_floats(m, seed, d, 1, 0.1f);
    l->norm1_bias = random_floats(m, seed, d, 0, 0.05f);
    l->norm2_gain = random_floats(m, seed, d, 1, 0.1f);
    l->norm2_bias = random_floats(m, seed, d, 0, 0.05f);
}

static inline void
random_model_init(struct random_model *m, uint64_t seed, uint32_t n_layers, uint32_t n_pieces)
{
    size_t d = RANDOM_WIDTH, f = RANDOM_HIDDEN;

    memset(m, 0, sizeof *m);
    m->size = (n_pieces * (d + 4) + 600 * d * 4 + n_layers * (4 * d * d + 2 * d * f + 128 * (d + f))
               + 65536)
              / ONR_ALIGN * ONR_ALIGN;
    m->block = aligned_alloc(ONR_ALIGN, m->size);
    if (!m->block)
        abort();
    m->w = (struct onr_encoder_weights){ .width = RANDOM_WIDTH,
                                         .hidden = RANDOM_HIDDEN,
                                         .n_layers = n_layers,
                                         .n_pieces = n_pieces,
                                         .n_classes = RANDOM_CASES,
                                         .n_positions = ONR_WINDOW_MAX_PIECES };
    m->w.piece = random_bytes(m, &seed, n_pieces * d);
    m->w.piece_scale = random_floats(m, &seed, n_pieces, 0.0008f, 0.0001f);
    m->w.position = random_floats(m, &seed, ONR_WINDOW_MAX_PIECES * d, 0, 0.02f);
    m->w.case_class = random_floats(m, &seed, RANDOM_CASES * d, 0, 0.02f);
    m->w.norm_gain = random_floats(m, &seed, d, 1, 0.1f);
    m->w.norm_bias = random_floats(m, &seed, d, 0, 0.05f);
    for (uint32_t i = 0; i < n_layers; i++)
        random_layer(m, &seed, &m->w.layer[i]);
}

static inline void
random_model_release(struct random_model *m)
{
    free(m->block);
}

/* Window number i: most are short, every hundredth is full. Returns its length. */
static inline size_t
random_window(const struct onr_encoder_weights *w, uint64_t i,
              uint32_t piece[ONR_WINDOW_MAX_PIECES], uint8_t case_class[ONR_WINDOW_MAX_PIECES])
{
    uint64_t seed = i * 0x9e3779b97f4a7c15 + 88172645463325252;
    size_t n = 1 + random_next(&seed) % (i % 10 == 3 ? 130 : 40);

    if (i % 100 == 7)
        n = ONR_WINDOW_MAX_PIECES - random_next(&seed) % 3;
    for (size_t m = 0; m < n; m++) {
        piece[m] = random_next(&seed) % w->n_pieces;
        case_class[m] = (uint8_t) (random_next(&seed) % w->n_classes);
    }
    return n;
}

/* FNV-1a over 32-bit words: every bit of every state counts. */
static inline uint64_t
hash_states(const float *states, size_t n)
{
    uint64_t h = 14695981039346656037u;

    for (size_t i = 0; i < n; i++) {
        uint32_t bits;

        memcpy(&bits, &states[i], sizeof bits);
        h = (h ^ bits) * 1099511628211u;
        h ^= h >> 29;
    }
    return h;
}

#endif
