/* tests/equal/encoder_hash.c - states of windows 0 to WINDOWS - 1 of the seeded encoder and the heads' answers, as hashes for each path.
 *
 *   encoder_hash WINDOWS [PATH]
 *
 * Prints "PATH WINDOWS STATES ANSWERS" for the path named, or for each this machine can run. With -DASSUME=onr_kernel_x that table is used
 * without asking the processor: for instructions that are emulated (emulated.h). tests/equal/run compiles it in every way there is.
 */
#include <stdio.h>

#include "common/model/kernel_paths.h"
#include "tests/model_random_heads.h"

static int
run(const struct random_model *m, const struct onr_heads_weights *w,
    const struct onr_kernel *kernel, unsigned long windows)
{
    static uint32_t piece[ONR_WINDOW_MAX_PIECES];
    static uint8_t case_class[ONR_WINDOW_MAX_PIECES];
    struct onr_error err = ONR_ERROR_INIT;
    struct onr_encoder *e;
    struct onr_heads *h;
    uint64_t all = 0, answers = 0;

    if (onr_encoder_new(&m->w, kernel, &e, &err) < 0
        || onr_heads_over(w, &m->w, kernel, &h, &err) < 0)
        return 1;
    for (unsigned long i = 0; i < windows; i++) {
        size_t n = random_window(&m->w, i, piece, case_class);
        const float *states;

        if (onr_encode(e, piece, case_class, n, &states, &err) < 0) {
            fprintf(stderr, "%s\n", err.text);
            return 1;
        }
        all = all * 31 + hash_states(states, n * m->w.width);
        answers = answers * 31 + random_answers(h, i, states, n);
    }
    printf("%s %lu %016llx %016llx\n", kernel->name, windows, (unsigned long long) all,
           (unsigned long long) answers);
    fflush(stdout);
    onr_heads_free(h);
    onr_encoder_free(e);
    return 0;
}

int
main(int argc, char **argv)
{
    unsigned long windows = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;
    struct random_model m, memory;
    struct onr_heads_weights w;
    int rc = 0;

    if (windows == 0) {
        fprintf(stderr, "usage: encoder_hash WINDOWS [PATH]\n");
        return 2;
    }
    random_model_init(&m, 4, 2, 1000);
    w = random_heads(&memory, 4);
#ifdef ASSUME
    rc = run(&m, &w, &ASSUME, windows);
#else
    const struct onr_kernel *kernel;

    for (size_t i = 0; (kernel = onr_kernel_at(i)); i++)
        if (argc < 3 || strcmp(argv[2], kernel->name) == 0)
            rc |= run(&m, &w, kernel, windows);
#endif
    random_model_release(&memory);
    random_model_release(&m);
    return rc;
}
