/* tests/unit/test_model_file.c - a model file is taken whole or refused, and what is taken can be computed with. */
#define _DEFAULT_SOURCE
#include "tests/unit/cmocka_all.h"

#include <stdio.h>
#include <unistd.h>

#include "common/base/sha256.h"
#include "common/model/heads_parts.h"
#include "common/model/model_parts.h"
#include "tests/model_random_heads.h"

#define FILE_ROOM (1 << 20)
#define SECTIONS  69
#define ARRAYS    ((1 + SECTIONS) * 64) /* where they begin */
#define WIDTH     128
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

/* A matrix of the heads: scales are above 0. */
static void
dense(struct file *f, const char *name, uint32_t n, uint32_t k)
{
    char scale[40];
    int8_t *w = section(f, name, ONR_MODEL_S8, n, k);

    for (size_t i = 0; i < (size_t) n * k; i++)
        w[i] = (int8_t) (random_next(&f->seed) % 255 - 127);
    snprintf(scale, sizeof scale, "%s_scale", name);
    floats(f, scale, 2, n, 0.1f);
}

static void
link_sections(struct file *f, const char *link)
{
    static const struct {
        const char *name;
        uint32_t n, k;
        bool dense;
    } parts[] = {
        { "query", ONR_LINK_RANK, 2 * WIDTH, true },
        { "candidate", ONR_LINK_RANK, 2 * WIDTH, true },
        { "form", ONR_LINK_RANK, ONR_LINK_RANK, true },
        { "none", 1, ONR_LINK_RANK, false },
        { "none_bias", 1, 1, false },
        { "distance", 1, 2 * 3, false },
        { "paragraphs", 1, ONR_LINK_FEW, false },
        { "between", 1, ONR_LINK_FEW, false },
    };
    char name[40];

    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        snprintf(name, sizeof name, "link.%s.%s", link, parts[i].name);
        if (parts[i].dense)
            dense(f, name, parts[i].n, parts[i].k);
        else
            floats(f, name, parts[i].n, parts[i].k, 0);
    }
}

/* 50 sections. */
static void
heads_sections(struct file *f)
{
    static const uint32_t distances[] = { 0, 2, 7 };

    floats(f, "tags.emit", ONR_TAGS, WIDTH, 0);
    floats(f, "tags.emit_bias", 1, ONR_TAGS, 0);
    floats(f, "tags.move", ONR_TAGS, ONR_TAGS, 0);
    memcpy(section(f, "link.distances", ONR_MODEL_U32, 1, 3), distances, sizeof distances);
    link_sections(f, "source");
    link_sections(f, "cue");
    link_sections(f, "same");
    floats(f, "stance.absent", 2, WIDTH, 0);
    dense(f, "stance.name", WIDTH, WIDTH);
    dense(f, "stance.query", WIDTH, 2 * WIDTH);
    dense(f, "stance.key", ONR_STANCE_HEADS * WIDTH, WIDTH / ONR_STANCE_HEADS);
    dense(f, "stance.value", WIDTH, WIDTH);
    dense(f, "stance.mix", ONR_STANCE_MIXED, 4 * WIDTH);
    floats(f, "stance.out", ONR_STANCE_OUT, ONR_STANCE_MIXED, 0);
    floats(f, "stance.out_bias", 1, ONR_STANCE_OUT, 0);
}

static void
file_init(struct file *f)
{
    static const uint32_t shape[6] = { WIDTH, HIDDEN, 1, PIECES, 4, POSITIONS };
    static const uint32_t offset[PIECES + 1] = { 0, 5, 10, 15, 16, 19 };
    const uint32_t version[2] = { ONR_MODEL_VERSION, SECTIONS };

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
    heads_sections(f);
    /* a section that nobody asks for does no harm */
    floats(f, "a.head.to_come", 2, 3, 0);
    assert_int_equal(f->n, version[1]);
    seal(f);
}

/* One made, the others copies of it: random numbers take their time. */
static void
file_copy(struct file *ret, const struct file *f)
{
    *ret = *f;
    ret->bytes = aligned_alloc(64, FILE_ROOM);
    assert_non_null(ret->bytes);
    memcpy(ret->bytes, f->bytes, FILE_ROOM);
}

static bool
is_probability(float x)
{
    return x >= 0 && x <= 1.0001f;
}

/* Whatever the weights are, answers are numbers. */
static void
answer_with(struct onr_heads *h, const float *states, size_t n)
{
    static struct onr_view view;
    static const uint32_t name[] = { 1, 0 };
    struct onr_stance_pair pair = { .has_target = true, .speaker_name = name };
    struct onr_stance_scores scores;
    struct onr_piece_span all = { 0, (uint16_t) n };
    uint8_t tag[ONR_VIEW_MAX];
    float sure[ONR_VIEW_MAX], link[ONR_LINK_SPANS_MAX + 1];

    random_view(3, n, &view);
    onr_heads_tags(h, states, &view, tag, sure);
    for (size_t i = 0; i < n; i++)
        assert_true(tag[i] < ONR_TAGS && is_probability(sure[i]));
    for (int l = 0; l < ONR_LINKS; l++) {
        onr_heads_link(h, (enum onr_link) l, states, &view, all, &all, 1, link);
        assert_true(is_probability(link[0]) && is_probability(link[1]));
    }
    pair.target = pair.reach = all;
    pair.n_speaker_name = h->encoder->n_pieces > 1 ? 2 : 0;
    onr_heads_stance(h, states, &pair, &scores);
    for (int i = 0; i < 3; i++)
        assert_true(is_probability(scores.probability[i]));
    assert_true(is_probability(scores.is_target));
}

static int
compute_with(const struct onr_encoder_weights *w, const struct onr_model_file *file,
             struct onr_error *err)
{
    uint32_t piece[POSITIONS];
    uint8_t case_class[POSITIONS];
    struct onr_encoder *e;
    struct onr_heads *h = NULL;
    const float *states = NULL;
    int rc;
    size_t n = w->n_positions < POSITIONS ? w->n_positions : POSITIONS;

    for (size_t i = 0; i < n; i++) {
        piece[i] = (uint32_t) i % w->n_pieces;
        case_class[i] = (uint8_t) (i % w->n_classes);
    }
    assert_int_equal(onr_encoder_new(w, onr_kernel_at(0), &e, err), 0);
    assert_int_equal(onr_encode(e, piece, case_class, n, &states, err), 0);
    for (size_t i = 0; i < n * w->width; i++)
        assert_true(states[i] - states[i] == 0);
    if ((rc = onr_heads_new(file, w, onr_kernel_at(0), &h, err)) == 0)
        answer_with(h, states, n);
    onr_heads_free(h);
    onr_encoder_free(e);
    return rc;
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
        rc = compute_with(&parts.encoder, file, err);
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
        { 12, 4, "\x44\0\0\0", "lie" }, /* a section fewer: its arrays begin elsewhere */
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
        { ARRAYS, 1, "\x20", "shape that" }, /* width 32 */
        { ARRAYS + 8, 1, "\2", "section" },  /* two layers, one there */
        { ARRAYS + 12, 1, "\6", "section" }, /* a piece more */
        { ARRAYS + 16, 1, "\3", "shape that" },
        { ARRAYS + 21, 1, "\3", "shape that" }, /* 816 positions */
        { 2 * 64, 1, "f", "no section encoder.piece" },
        { 0, 0, &nan_bits, "number" },
        { 0, 0, &infinity_bits, "number" },
        { 0, 0, &large_bits, "number" },
    };
    struct file good, f;

    (void) state;
    file_init(&good);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct onr_error err = ONR_ERROR_INIT;
        uint64_t last;

        file_copy(&f, &good);
        memcpy(&last, f.bytes + SECTIONS * 64 + 48, sizeof last);
        put(&f, cases[i].len ? cases[i].at : last + 4, cases[i].value,
            cases[i].len ? cases[i].len : 4);
        seal(&f);
        if (taken(&f, &err) || !strstr(err.text, cases[i].reason))
            fail_msg("case %zu: '%s', not '%s'", i, err.text, cases[i].reason);
        free(f.bytes);
    }
    free(good.bytes);
}

/* Where the array of a section begins. */
static size_t
array_at(const struct file *f, const char *name)
{
    uint64_t offset = 0;

    for (size_t i = 1; i <= SECTIONS; i++)
        if (strcmp((const char *) f->bytes + 64 * i, name) == 0)
            memcpy(&offset, f->bytes + 64 * i + 48, sizeof offset);
    assert_true(offset > 0);
    return offset;
}

static void
heads_that_cannot_be_computed_with_are_refused_with_a_reason(void **state)
{
    const float above_one = 1.01f, below_zero = -0.001f;
    const struct {
        const char *section;
        size_t at; /* in the array, or in the table */
        bool table;
        const void *value;
        const char *reason;
    } cases[] = {
        { "stance.mix_scale", 4 * 255, false, &above_one, "scale 255" },
        { "link.same.form_scale", 0, false, &below_zero, "scale 0" },
        { "stance.mix_scale", 4 * 256, false, &above_one, NULL }, /* a bias may be anything */
        { "link.distances", 0, false, "\1\0\0", "begin at 0" },
        { "link.distances", 8, false, "\2\0\0", "ascend" },
        { "tags.emit", 0, true, "tag.", "no section tags.emit" },
        { "link.cue.between", 0, true, "lunk", "no section link.cue.between" },
        { "link.same.candidate", 12, true, "_idx", "no section link.same.candidate" },
        { "stance.key", 32, true, "\1\0\0", "no section stance.key" },
        { "stance.out_bias", 0, true, "star", "no section stance.out_bias" },
    };
    struct file good, f;

    (void) state;
    file_init(&good);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct onr_error err = ONR_ERROR_INIT;
        size_t at = 64;
        bool was_taken;

        file_copy(&f, &good);
        while (cases[i].table && strcmp((const char *) f.bytes + at, cases[i].section) != 0)
            at += 64;
        put(&f, (cases[i].table ? at : array_at(&f, cases[i].section)) + cases[i].at,
            cases[i].value, 4);
        seal(&f);
        was_taken = taken(&f, &err);
        if (was_taken != !cases[i].reason
            || (cases[i].reason && !strstr(err.text, cases[i].reason)))
            fail_msg("case %zu: '%s', not '%s'", i, err.text, cases[i].reason);
        free(f.bytes);
    }
    free(good.bytes);
}

static void
changes_under_a_right_hash_are_refused_or_harmless(void **state)
{
    struct onr_error err = ONR_ERROR_INIT;
    uint64_t seed = 77;
    struct file made;
    int good = 0;

    (void) state;
    file_init(&made);
    for (int round = 0; round < 1500; round++) {
        struct file f;

        file_copy(&f, &made);
        for (uint32_t i = 0, n = 1 + random_next(&seed) % 3; i < n; i++) {
            size_t part = round % 3 ? ARRAYS + 256
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
    free(made.bytes);
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
        cmocka_unit_test(heads_that_cannot_be_computed_with_are_refused_with_a_reason),
        cmocka_unit_test(changes_under_a_right_hash_are_refused_or_harmless),
    };

    return cmocka_run_group_tests_name("model file", tests, NULL, NULL);
}
