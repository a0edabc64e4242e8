/* tests/fuzz/fuzz_model_file.c - a model file of any bytes: refused, or every array that it names lies within it.
 *
 * Input: a byte of repairs (1: magic, version and size; 2: the hash), then the file.
 */
#include "tests/fuzz/fuzz.h"

#include "common/model/model_file.h"

#define HEADER  64
#define SECTION 64
#define NAME    32

static void
repair(unsigned fix, uint8_t *file, size_t size)
{
    static const uint8_t head[16] = "onrmodel\1\0\0";

    if (size < HEADER)
        return;
    if (fix & 1) {
        for (size_t i = 0; i < 12; i++)
            file[i] = head[i];
        for (size_t i = 0; i < 8; i++)
            file[16 + i] = (uint8_t) (size >> 8 * i);
    }
    if (fix & 2)
        onr_sha256(file + HEADER, size - HEADER, file + 32);
}

/* Every name in the table, asked for as each type. */
static void
arrays_lie_within(const struct onr_model_file *f, const uint8_t *file, size_t size)
{
    static const size_t bytes[] = { 0, 1, 1, 4, 4 };

    for (size_t at = HEADER; at + SECTION <= size && at < HEADER + 16 * SECTION; at += SECTION) {
        char name[NAME + 1] = "";
        uint32_t rows, columns;
        const void *array;

        for (size_t i = 0; i < NAME; i++)
            name[i] = (char) file[at + i];
        for (int type = ONR_MODEL_U8; type <= ONR_MODEL_F32; type++) {
            if (onr_model_file_shape(f, name, (enum onr_model_type) type, &rows, &columns, NULL)
                < 0)
                continue;
            HOLDS(onr_model_file_array(f, name, (enum onr_model_type) type, rows, columns, &array,
                                       NULL)
                  == 0);
            HOLDS((const uint8_t *) array >= file && (uintptr_t) array % 64 == 0);
            HOLDS((size_t) ((const uint8_t *) array - file)
                      + (uint64_t) rows * columns * bytes[type]
                  <= size);
        }
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tape t = { data, size };
    unsigned fix = tape_byte(&t);
    struct onr_span bytes = tape_span(&t, t.left);
    struct onr_error err = ONR_ERROR_INIT;
    struct onr_model_file *f;
    void *file;
    int rc;

    HOLDS(file = aligned_alloc(64, (bytes.len + 64) / 64 * 64));
    for (size_t i = 0; i < bytes.len; i++)
        ((char *) file)[i] = bytes.ptr[i];
    repair(fix, file, bytes.len);
    rc = onr_model_file_over(onr_span_of(file, bytes.len), &f, &err);
    HOLDS(rc == 0 || (rc == -ONR_ECONFIG && err.text[0]));
    if (rc == 0) {
        arrays_lie_within(f, file, bytes.len);
        onr_model_file_free(f);
    }
    free(file);
    return 0;
}
