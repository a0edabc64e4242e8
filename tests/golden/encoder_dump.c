/* tests/golden/encoder_dump.c - the states of windows, for test_encoder.py to compare.
 *
 *   encoder_dump MODEL < WINDOWS
 *
 * WINDOWS: 32-bit number of pieces, then 32-bit ids, and again. Written: 32-bit floats of all states. Case class 0 throughout.
 */
#include <stdio.h>

#include "common/model/model_parts.h"

int
main(int argc, char **argv)
{
    static uint32_t piece[ONR_WINDOW_MAX_PIECES];
    static const uint8_t case_class[ONR_WINDOW_MAX_PIECES];
    struct onr_error err = ONR_ERROR_INIT;
    struct onr_model_file *file = NULL;
    struct onr_model_parts parts;
    struct onr_encoder *e = NULL;
    const float *states;
    uint32_t n;

    if (argc != 2 || onr_model_file_open(argv[1], &file, &err) < 0
        || onr_model_parts_init(&parts, file, &err) < 0
        || onr_encoder_new(&parts.encoder, onr_kernel_at(0), &e, &err) < 0) {
        fprintf(stderr, "%s\n", argc == 2 ? err.text : "usage: encoder_dump MODEL");
        return 2;
    }
    while (fread(&n, sizeof n, 1, stdin) == 1 && n <= ONR_WINDOW_MAX_PIECES
           && fread(piece, sizeof *piece, n, stdin) == n) {
        if (onr_encode(e, piece, case_class, n, &states, &err) < 0) {
            fprintf(stderr, "%s\n", err.text);
            return 1;
        }
        fwrite(states, sizeof *states, (size_t) n * parts.encoder.width, stdout);
    }
    onr_encoder_free(e);
    onr_model_parts_release(&parts);
    onr_model_file_free(file);
    return 0;
}
