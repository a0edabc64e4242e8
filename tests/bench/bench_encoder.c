/* tests/bench/bench_encoder.c - wordpieces a second of each path of this machine, in processor time, on one core.
 *
 *   bench_encoder [SECONDS]        ONR_KERNEL=path for one path alone
 *
 * Behind it what the heads add to a window of 256: tags, the links of CUES cues and as many contents, and PAIRS stances.
 * MiniLM's shape with weights from a seed; each figure is the best of its rounds, so that a busy machine does not spoil it. Beside it
 * what the prototype reached, on other machines (its document: window by window, one core).
 */
#include <stdio.h>
#include <time.h>

#include "tests/model_random_heads.h"

#define LAYERS 6
#define PIECES 30522

static const size_t lengths[] = { 64, 128, 256, 384, 512 };
#define LENGTHS (sizeof lengths / sizeof *lengths)

/* At 128, 256 and 384 pieces; 0 where it was not measured. */
static const struct {
    const char *path;
    int speed[LENGTHS];
} prototype[] = {
    { "amx", { 0, 36900, 27400, 22700, 0 } },     { "avx512-vnni", { 0, 19500, 17300, 15100, 0 } },
    { "avx-vnni", { 0, 12600, 10700, 9400, 0 } }, { "avx512", { 0, 10200, 8800, 8200, 0 } },
    { "avx2", { 0, 7000, 6300, 6200, 0 } },
};

/* What is asked of a window that is full of speech. */
#define ASKED_PIECES 256
#define CUES         7
#define PAIRS        8

static double
processor_seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double) t.tv_sec + (double) t.tv_nsec * 1e-9;
}

static double
pieces_a_second(struct onr_encoder *e, size_t n, double seconds)
{
    static uint32_t piece[ONR_WINDOW_MAX_PIECES];
    static uint8_t case_class[ONR_WINDOW_MAX_PIECES];
    double best = 0, begin = processor_seconds(), before = begin, now;
    const float *states;
    uint64_t seed = n;

    for (size_t i = 0; i < n; i++)
        piece[i] = random_next(&seed) % PIECES;
    do {
        if (onr_encode(e, piece, case_class, n, &states, NULL) < 0)
            return 0;
        now = processor_seconds();
        if ((double) n / (now - before) > best)
            best = (double) n / (now - before);
        before = now;
    } while (now - begin < seconds);
    return best;
}

/* One window's answers. */
static void
answer(struct onr_heads *h, const float *states)
{
    static struct onr_view view;
    uint8_t tag[ONR_VIEW_MAX];
    float sure[ONR_VIEW_MAX], link[ONR_LINK_SPANS_MAX + 1];
    uint32_t name[2][ONR_NAME_PIECES_MAX];
    struct onr_piece_span candidate[RANDOM_CANDIDATES];
    struct onr_stance_scores scores;
    uint64_t seed = 5;

    random_view(0, ASKED_PIECES, &view);
    onr_heads_tags(h, states, &view, tag, sure);
    for (int i = 0; i < 2 * CUES; i++) {
        size_t n = random_spans(&seed, ASKED_PIECES, candidate);

        onr_heads_link(h, i < CUES ? ONR_LINK_SOURCE : ONR_LINK_CUE, states, &view,
                       random_span(&seed, 0, ASKED_PIECES), candidate, n, link);
    }
    for (int i = 0; i < PAIRS; i++) {
        struct onr_stance_pair p = random_pair(&seed, ASKED_PIECES, PIECES, name);

        p.reach = (struct onr_piece_span){ 60, 120 };
        onr_heads_stance(h, states, &p, &scores);
    }
}

static int
bench_heads(const struct random_model *m, const struct onr_kernel *kernel, double seconds,
            double encoder_speed)
{
    static float states[ASKED_PIECES * RANDOM_WIDTH];
    double best = 1e9, begin = processor_seconds(), before = begin, now;
    struct random_model memory;
    struct onr_heads_weights w = random_heads(&memory, 6);
    struct onr_heads *h;
    uint64_t seed = 7;

    if (onr_heads_over(&w, &m->w, kernel, &h, NULL) < 0)
        return 1;
    for (size_t i = 0; i < ASKED_PIECES * RANDOM_WIDTH; i++)
        states[i] = random_float(&seed, 0.5f);
    do {
        answer(h, states);
        now = processor_seconds();
        best = now - before < best ? now - before : best;
        before = now;
    } while (now - begin < seconds);
    printf("%-12s heads on 256  %7.2f ms, %.1f %% of the encoder's\n", kernel->name, 1e3 * best,
           100 * best * encoder_speed / ASKED_PIECES);
    onr_heads_free(h);
    random_model_release(&memory);
    return 0;
}

static int
bench(const struct random_model *m, const struct onr_kernel *kernel, double seconds)
{
    struct onr_error err = ONR_ERROR_INIT;
    struct onr_encoder *e;
    double asked = 0;
    int rc;

    if (onr_encoder_new(&m->w, kernel, &e, &err) < 0) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    for (size_t l = 0; l < LENGTHS; l++) {
        double speed = pieces_a_second(e, lengths[l], seconds);
        int before = 0;

        asked = lengths[l] == ASKED_PIECES ? speed : asked;
        for (size_t i = 0; i < sizeof prototype / sizeof *prototype; i++)
            if (strcmp(prototype[i].path, kernel->name) == 0)
                before = prototype[i].speed[l];
        printf("%-12s window %3zu  %8.0f wordpieces/s", kernel->name, lengths[l], speed);
        if (before)
            printf("   prototype %6d", before);
        printf("\n");
        fflush(stdout);
    }
    rc = bench_heads(m, kernel, seconds, asked);
    onr_encoder_free(e);
    return rc;
}

int
main(int argc, char **argv)
{
    double seconds = argc > 1 ? strtod(argv[1], NULL) : 1;
    const char *only = getenv("ONR_KERNEL");
    const struct onr_kernel *kernel;
    struct random_model m;
    int rc = 0;

    random_model_init(&m, 4, LAYERS, PIECES);
    printf("scratch memory of one encoder: %.1f MB\n", (double) onr_encoder_bytes(&m.w) / 1e6);
    for (size_t i = 0; (kernel = onr_kernel_at(i)); i++)
        if (!only || strcmp(only, kernel->name) == 0)
            rc |= bench(&m, kernel, seconds);
    random_model_release(&m);
    return rc;
}
