/* tests/bench/bench_model.c - how long a model file takes until it can be asked, in milliseconds of processor time.
 *
 *   bench_model FILE
 *
 * The best of OPENINGS, with the file in the page cache: what is measured is checking it.
 */
#include <stdio.h>
#include <time.h>

#include "common/model/model.h"

#define OPENINGS 7

static double
milliseconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return 1e3 * (double) t.tv_sec + 1e-6 * (double) t.tv_nsec;
}

int
main(int argc, char **argv)
{
    struct onr_error err = ONR_ERROR_INIT;
    double best = 1e9;

    for (int i = 0; i < OPENINGS && argc == 2; i++) {
        double before = milliseconds(), now;
        struct onr_model *m;

        if (onr_model_open(argv[1], NULL, &m, &err) < 0) {
            fprintf(stderr, "bench_model: %s\n", err.text);
            return 1;
        }
        now = milliseconds();
        best = now - before < best ? now - before : best;
        if (i == 0)
            printf("%s\n", onr_model_describe(m));
        onr_model_free(m);
    }
    if (argc != 2) {
        fprintf(stderr, "usage: bench_model FILE\n");
        return 2;
    }
    printf("opened and checked: %.1f ms\n", best);
    return 0;
}
