/* tests/unit/test_model_file.c - a model file is taken whole or refused, and what is taken can be computed with. */
#define _DEFAULT_SOURCE
#include "tests/unit/cmocka_all.h"

#include <stdio.h>
#include <unistd.h>

#include "common/base/sha256.h"
#include "common/model/model_parts.h"
#include "tests/model_random.h"

#define FILE_ROOM (1 << 20)
#define WIDTH     64
#define HIDDEN    128
#define PIECES    5
#define POSITIONS 48

/* A file as it is written: sections one after the other. */
struct file {
    uint8_t *bytes;
    size_t len;
    uint32_t n;
    uint64_t seed;
};

static void
put(struct file *f, size_t at, const void *value, size_t len)
{
    memcpy(f->bytes + at, value, len);
}

static void
seal(struct file *f)
{
    uint64_t len = f->len;

    put(f, 16, &len, 8);
    onr_sha256(f->bytes + 64, f->len - 64, f->bytes + 32);
}

static void *
section(struct file *f, const char *name, uint32_t type, uint32_t rows, uint32_t columns)
{
    size_t entry = 64 + (size_t) f->n++ * 64;
    uint32_t shape[3] = { type, rows, columns };
    uint64_t size = (uint64_t) rows * columns * (type >= ONR_MODEL_U32 ? 4 : 1), offset;

    f->len = (f->len + 63) / 64 * 64;
    offset = f->len;
    assert_true(f->len + size <= FILE_ROOM);
    put(f, entry, name, strlen(name));
    put(f, entry + 32, shape, sizeof shape);
    put(f, entry + 48, &offset, 8);
    put(f, entry + 56, &size, 8);
    f->len += size;
    return f->bytes + offset;
}

static void
floats(struct file *f, const char *name, uint32_t rows, uint32_t columns, float mean)
{
    float *x = section(f, name, ONR_MODEL_F32, rows, columns);

    for (size_t i = 0; i < (size_t) rows * columns; i++)
        x[i] = mean + random_float(&f->seed, 0.02f);
}

static void
matrix(struct file *f, const char *part, uint32_t n, uint32_t k)
{
    char name[40];
    int8_t *w;

    snprintf(name, sizeof name, "encoder.0.%s", part);
    w = section(f, name, ONR_MODEL_S8, n, k);
    for (size_t i = 0; i < (size_t) n * k; i++)
        w[i] = (int8_t) (random_next(&f->seed) % 255 - 127);
    snprintf(name, sizeof name, "encoder.0.%s_scale", part);
    floats(f, name, 2, n, 0.001f);
}

/* 19 sections: the arrays begin at 20 * 64. */
static void
file_init(struct file *f)
{
    static const uint32_t shape[6] = { WIDTH, HIDDEN, 1, PIECES, 4, POSITIONS };
    static const uint32_t offset[PIECES + 1] = { 0, 5, 10, 15, 16, 19 };
    const uint32_t version[2] = { ONR_MODEL_VERSION, 19 };

    *f = (struct file){ aligned_alloc(64, FILE_ROOM), 64 + (size_t) version[1] * 64, 0, 9 };
    assert_non_null(f->bytes);
    memset(f->bytes, 0, FILE_ROOM);
    memcpy(f->bytes, "onrmodel", 8);
    put(f, 8, version, 8);
    memcpy(section(f, "encoder.shape", ONR_MODEL_U32, 1, 6), shape, sizeof shape);
    memset(section(f, "encoder.piece", ONR_MODEL_S8, PIECES, WIDTH), 3, PIECES * WIDTH);
    floats(f, "encoder.piece_scale", 1, PIECES, 0.01f);
    floats(f, "encoder.position", POSITIONS, WIDTH, 0);
    floats(f, "encoder.case", 4, WIDTH, 0);
    floats(f, "encoder.norm", 2, WIDTH, 1);
    matrix(f, "qkv", 3 * WIDTH, WIDTH);
    matrix(f, "out", WIDTH, WIDTH);
    matrix(f, "up", HIDDEN, WIDTH);
    matrix(f, "down", WIDTH, HIDDEN);
    floats(f, "encoder.0.norm1", 2, WIDTH, 1);
    floats(f, "encoder.0.norm2", 2, WIDTH, 1);
    memcpy(section(f, "vocabulary.bytes", ONR_MODEL_U8, 1, 19), "[UNK][CLS][SEP]a##b", 19);
    memcpy(section(f, "vocabulary.offset", ONR_MODEL_U32, 1, PIECES + 1), offset, sizeof offset);
    /* a section that nobody asks for does no harm */
    floats(f, "a.head.to_come", 2, 3, 0);
    assert_int_equal(f->n, version[1]);
    seal(f);
}

static void
encode_with(const struct onr_encoder_weights *w)
{
    uint32_t piece[POSITIONS];
    uint8_t case_class[POSITIONS];
    struct onr_error err = ONR_ERROR_INIT;
    struct onr_encoder *e;
    const float *states = NULL;
    size_t n = w->n_positions < POSITIONS ? w->n_positions : POSITIONS;

    for (size_t i = 0; i < n; i++) {
        piece[i] = (uint32_t) i % w->n_pieces;
        case_class[i] = (uint8_t) (i % w->n_classes);
    }
    assert_int_equal(onr_encoder_new(w, onr_kernel_at(0), &e, &err), 0);
    assert_int_equal(onr_encode(e, piece, case_class, n, &states, &err), 0);
    for (size_t i = 0; i < n * w->width; i++)
        assert_true(states[i] - states[i] == 0);
    onr_encoder_free(e);
}

/* True when it was taken; then it was computed with, too. */
static bool
taken(const struct file *f, struct onr_error *err)
{
    struct onr_model_file *file = NULL;
    struct onr_model_parts parts;
    struct onr_piece piece[4];
    int rc = onr_model_file_over(onr_span_of(f->bytes, f->len), &file, err);

    if (rc == 0 && (rc = onr_model_parts_init(&parts, file, err)) == 0) {
        encode_with(&parts.encoder);
        assert_true(onr_wordpiece_read(parts.vocabulary, ONR_SPAN("ab a"), piece, 4) > 0);
        onr_model_parts_release(&parts);
    }
    onr_model_file_free(file);
    assert_true(rc == 0 || rc == -ONR_ECONFIG);
    assert_true(rc == 0 || err->text[0]);
    return rc == 0;
}

static void
a_good_file_is_taken_from_memory_and_from_disk(void **state)
{
    char path[] = "/tmp/test_model_file.XXXXXX";
    struct onr_error err = ONR_ERROR_INIT;
    struct onr_model_file *f = NULL;
    struct file made;
    uint8_t fingerprint[ONR_SHA256_LEN];
    int fd = mkstemp(path);

    (void) state;
    file_init(&made);
    if (!taken(&made, &err))
        fail_msg("%s", err.text);
    assert_true(fd >= 0 && write(fd, made.bytes, made.len) == (ssize_t) made.len);
    assert_int_equal(onr_model_file_open(path, &f, &err), 0);
    onr_sha256(made.bytes, 64, fingerprint);
    assert_memory_equal(onr_model_file_fingerprint(f), fingerprint, sizeof fingerprint);
    onr_model_file_free(f);
    f = NULL;
    assert_int_equal(ftruncate(fd, (off_t) made.len - 1), 0);
    assert_int_equal(onr_model_file_open(path, &f, &err), -ONR_ECONFIG);
    assert_non_null(strstr(err.text, path));
    assert_int_equal(ftruncate(fd, 0), 0);
    assert_int_equal(onr_model_file_open(path, &f, NULL), -ONR_ECONFIG);
    close(fd);
    unlink(path);
    assert_int_equal(onr_model_file_open(path, &f, &err), -ONR_ENOTFOUND);
    assert_int_equal(onr_model_file_open("/", &f, &err), -ONR_ECONFIG);
    assert_null(f);
    free(made.bytes);
}

static void
any_changed_byte_is_noticed(void **state)
{
    struct onr_error err = ONR_ERROR_INIT;
    struct file f;

    (void) state;
    file_init(&f);
    for (size_t i = 0; i < f.len; i += i < 128 ? 1 : 1 + f.len / 200) {
        f.bytes[i] ^= 0x10;
        assert_false(taken(&f, &err));
        f.bytes[i] ^= 0x10;
    }
    assert_true(taken(&f, &err));
    f.len -= 64;
    assert_false(taken(&f, &err));
    free(f.bytes);
}

static void
a_wrong_file_with_a_right_hash_is_refused_with_a_reason(void **state)
{
    const uint32_t nan_bits = 0x7fc00000, infinity_bits = 0x7f800000,
                   large_bits = 0x44800001; /* above 1024 */
    const struct {
        size_t at, len;
        const void *value;
        const char *reason;
    } cases[] = {
        { 8, 1, "\2", "version" },
        { 12, 4, "\0\0\1\0", "sections" },
        { 12, 4, "\x12\0\0\0", "lie" }, /* a section fewer: its arrays begin elsewhere */
        { 24, 1, "\1", "bytes" },
        { 64, 1, "E", "no name" },
        { 64 + 31, 1, "x", "no name" },
        { 64, 32, "encoder.piece\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", "twice" },
        { 64 + 32, 1, "\5", "type" },
        { 64 + 36, 1, "\2", "shape" },
        { 64 + 36, 1, "\0", "shape" },
        { 64 + 44, 1, "\1", "lie" },
        { 64 + 48, 1, "\1", "lie" },
        { 64 + 56, 8, "\xff\xff\xff\xff\xff\xff\xff\xff", "lie" },
        { 64 + 56, 1, "\x1c", "shape" },
        { 20 * 64, 1, "\x20", "shape that" }, /* width 32 */
        { 20 * 64 + 8, 1, "\2", "section" },  /* two layers, one there */
        { 20 * 64 + 12, 1, "\6", "section" }, /* a piece more */
        { 20 * 64 + 16, 1, "\3", "shape that" },
        { 20 * 64 + 21, 1, "\3", "shape that" }, /* 816 positions */
        { 2 * 64, 1, "f", "no section encoder.piece" },
        { 0, 0, &nan_bits, "number" },
        { 0, 0, &infinity_bits, "number" },
        { 0, 0, &large_bits, "number" },
    };
    struct file f;

    (void) state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct onr_error err = ONR_ERROR_INIT;
        uint64_t last;

        file_init(&f);
        memcpy(&last, f.bytes + 19 * 64 + 48, sizeof last);
        put(&f, cases[i].len ? cases[i].at : last + 4, cases[i].value,
            cases[i].len ? cases[i].len : 4);
        seal(&f);
        if (taken(&f, &err) || !strstr(err.text, cases[i].reason))
            fail_msg("case %zu: '%s', not '%s'", i, err.text, cases[i].reason);
        free(f.bytes);
    }
}

static void
changes_under_a_right_hash_are_refused_or_harmless(void **state)
{
    struct onr_error err = ONR_ERROR_INIT;
    uint64_t seed = 77;
    int good = 0;

    (void) state;
    for (int round = 0; round < 1500; round++) {
        struct file f;

        file_init(&f);
        for (uint32_t i = 0, n = 1 + random_next(&seed) % 3; i < n; i++) {
            size_t part = round % 3 ? 20 * 64 + 256
                                    : f.len; /* most of them in header, table and shape */
            size_t at = random_next(&seed) % part;

            f.bytes[at] = random_next(&seed) % 4
                              ? (uint8_t) random_next(&seed)
                              : (uint8_t) (f.bytes[at] ^ 1 << random_next(&seed) % 8);
        }
        if (round % 7 == 0)
            f.len -= random_next(&seed) % 200;
        seal(&f);
        good += taken(&f, &err);
        free(f.bytes);
    }
    print_message("%d of 1500 changed files can still be used\n", good);
    assert_true(good > 50 && good < 1450);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_file_is_taken_from_memory_and_from_disk),
        cmocka_unit_test(any_changed_byte_is_noticed),
        cmocka_unit_test(a_wrong_file_with_a_right_hash_is_refused_with_a_reason),
        cmocka_unit_test(changes_under_a_right_hash_are_refused_or_harmless),
    };

    return cmocka_run_group_tests_name("model file", tests, NULL, NULL);
}
