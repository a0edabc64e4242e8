/* common/model/model_file.c - see model_file.h. */
#include "common/model/model_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the model file is mapped, and little-endian"
#endif

#define ALIGN 64

struct header {
    char magic[8];
    uint32_t version, n_sections;
    uint64_t size, zero;
    uint8_t sha256[ONR_SHA256_LEN];
};

struct section {
    char name[ONR_MODEL_NAME_MAX];
    uint32_t type, rows, columns, zero;
    uint64_t offset, size;
};

_Static_assert(sizeof(struct header) == ALIGN && sizeof(struct section) == ALIGN, "no padding");

struct onr_model_file {
    struct onr_span bytes;
    void *map; /* NULL when the bytes are the caller's */
    const struct section *section;
    uint32_t n_sections;
    uint8_t fingerprint[ONR_SHA256_LEN];
};

/* -- checks, in the order in which one relies on the other */

static int
check_header(struct onr_span bytes, const struct header *h, struct onr_error *err)
{
    uint8_t sha256[ONR_SHA256_LEN];

    if (bytes.len < sizeof *h || memcmp(h->magic, "onrmodel", sizeof h->magic) != 0)
        return onr_fail(err, ONR_ECONFIG, "this is no model file");
    if (h->version != ONR_MODEL_VERSION)
        return onr_fail(err, ONR_ECONFIG,
                        "a model file of version %u; this program reads version %d",
                        (unsigned) h->version, ONR_MODEL_VERSION);
    if (h->size != bytes.len || h->zero != 0)
        return onr_fail(err, ONR_ECONFIG, "the model file has %zu bytes, not the %llu it should",
                        bytes.len, (unsigned long long) h->size);
    if (h->n_sections > ONR_MODEL_SECTIONS_MAX
        || (1 + (uint64_t) h->n_sections) * ALIGN > bytes.len)
        return onr_fail(err, ONR_ECONFIG, "the model file has %u sections",
                        (unsigned) h->n_sections);
    onr_sha256(bytes.ptr + sizeof *h, bytes.len - sizeof *h, sha256);
    if (memcmp(sha256, h->sha256, sizeof sha256) != 0)
        return onr_fail(err, ONR_ECONFIG, "the model file is damaged: its SHA-256 is another");
    return 0;
}

static uint64_t
width_of(uint32_t type)
{
    return type == ONR_MODEL_U8 || type == ONR_MODEL_S8     ? 1
           : type == ONR_MODEL_U32 || type == ONR_MODEL_F32 ? 4
                                                            : 0;
}

/* Lower-case letters, digits, '.' and '_', then zeros to the end, at least one. */
static bool
is_name(const char name[ONR_MODEL_NAME_MAX])
{
    size_t len = strspn(name[ONR_MODEL_NAME_MAX - 1] ? "" : name,
                        "abcdefghijklmnopqrstuvwxyz0123456789._");

    for (size_t i = len; i < ONR_MODEL_NAME_MAX; i++)
        if (name[i])
            return false;
    return len > 0;
}

static int
check_floats(const struct section *s, const float *x, struct onr_error *err)
{
    for (size_t i = 0; i < s->size / sizeof *x; i++)
        if (!(x[i] >= -ONR_MODEL_FLOAT_MAX && x[i] <= ONR_MODEL_FLOAT_MAX))
            return onr_fail(err, ONR_ECONFIG, "model section %s: number %zu is none, or too large",
                            s->name, i);
    return 0;
}

static int
check_section(const struct onr_model_file *f, uint32_t i, uint64_t *at, struct onr_error *err)
{
    const struct section *s = &f->section[i];

    if (!is_name(s->name))
        return onr_fail(err, ONR_ECONFIG, "model section %u has no name", (unsigned) i);
    for (uint32_t j = 0; j < i; j++)
        if (strcmp(f->section[j].name, s->name) == 0)
            return onr_fail(err, ONR_ECONFIG, "model section %s is there twice", s->name);
    *at = (*at + ALIGN - 1) / ALIGN * ALIGN;
    if (s->zero || s->offset != *at || s->offset > f->bytes.len
        || s->size > f->bytes.len - s->offset)
        return onr_fail(err, ONR_ECONFIG, "model section %s does not lie where it must", s->name);
    /* 2^32 * 2^32 would overflow: rows of nothing are refused, so that a division can check the product. */
    if (!width_of(s->type) || !s->rows || !s->columns
        || s->size / width_of(s->type) / s->rows != s->columns
        || s->size != width_of(s->type) * s->rows * s->columns)
        return onr_fail(err, ONR_ECONFIG, "model section %s has a wrong type or shape", s->name);
    *at += s->size;
    return s->type == ONR_MODEL_F32
               ? check_floats(s, (const float *) (const void *) (f->bytes.ptr + s->offset), err)
               : 0;
}

static int
check(struct onr_model_file *f, struct onr_error *err)
{
    const struct header *h = (const struct header *) (const void *) f->bytes.ptr;
    uint64_t at;
    int rc;

    if ((uintptr_t) f->bytes.ptr % ALIGN)
        return onr_fail(err, ONR_ECONFIG, "the model is not aligned in memory");
    if ((rc = check_header(f->bytes, h, err)) < 0)
        return rc;
    f->section = (const struct section *) (const void *) (f->bytes.ptr + sizeof *h);
    f->n_sections = h->n_sections;
    at = (1 + (uint64_t) f->n_sections) * ALIGN;
    for (uint32_t i = 0; i < f->n_sections; i++)
        if ((rc = check_section(f, i, &at, err)) < 0)
            return rc;
    if (at != f->bytes.len)
        return onr_fail(err, ONR_ECONFIG, "the model file goes on behind its last section");
    /* The header holds the hash of the rest, which was checked. */
    onr_sha256(h, sizeof *h, f->fingerprint);
    return 0;
}

/* -- opening */

int
onr_model_file_over(struct onr_span bytes, struct onr_model_file **ret, struct onr_error *err)
{
    struct onr_model_file *f = calloc(1, sizeof *f);
    int rc;

    if (!f)
        return onr_fail(err, ONR_ENOMEM, "no memory to open a model");
    f->bytes = bytes;
    if ((rc = check(f, err)) < 0)
        onr_model_file_free(f);
    else
        *ret = f;
    return rc;
}

static int
map_whole(const char *path, int fd, struct onr_span *ret, struct onr_error *err)
{
    struct stat st;
    void *map;

    if (fstat(fd, &st) < 0)
        return onr_fail(err, ONR_EIO, "cannot look at %s: %s", path, strerror(errno));
    if (!S_ISREG(st.st_mode) || st.st_size < ALIGN || st.st_size > (off_t) ONR_MODEL_FILE_MAX)
        return onr_fail(err, ONR_ECONFIG, "%s is no model file: not a file of 64 bytes to %u MiB",
                        path, ONR_MODEL_FILE_MAX >> 20);
    map = mmap(NULL, (size_t) st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (map == MAP_FAILED)
        return onr_fail(err, ONR_EIO, "cannot map %s: %s", path, strerror(errno));
    *ret = onr_span_of(map, (size_t) st.st_size);
    return 0;
}

int
onr_model_file_open(const char *path, struct onr_model_file **ret, struct onr_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    struct onr_span bytes;
    int rc;

    if (fd < 0)
        return onr_fail(err, errno == ENOENT ? ONR_ENOTFOUND : ONR_EIO,
                        "cannot open the model %s: %s", path, strerror(errno));
    rc = map_whole(path, fd, &bytes, err);
    close(fd);
    if (rc < 0)
        return rc;
    if ((rc = onr_model_file_over(bytes, ret, err)) < 0) {
        munmap((void *) (uintptr_t) bytes.ptr, bytes.len);
        onr_fail_in(err, "%s: ", path);
        return rc;
    }
    (*ret)->map = (void *) (uintptr_t) bytes.ptr;
    return 0;
}

void
onr_model_file_free(struct onr_model_file *f)
{
    if (f && f->map)
        munmap(f->map, f->bytes.len);
    free(f);
}

const uint8_t *
onr_model_file_fingerprint(const struct onr_model_file *f)
{
    return f->fingerprint;
}

/* -- finding */

static const struct section *
find(const struct onr_model_file *f, const char *name, enum onr_model_type type)
{
    for (uint32_t i = 0; i < f->n_sections; i++)
        if (strcmp(f->section[i].name, name) == 0)
            return f->section[i].type == (uint32_t) type ? &f->section[i] : NULL;
    return NULL;
}

int
onr_model_file_array(const struct onr_model_file *f, const char *name, enum onr_model_type type,
                     uint64_t rows, uint64_t columns, const void **ret, struct onr_error *err)
{
    const struct section *s = find(f, name, type);

    if (!s || s->rows != rows || s->columns != columns)
        return onr_fail(err, ONR_ECONFIG, "the model has no section %s of %llu x %llu", name,
                        (unsigned long long) rows, (unsigned long long) columns);
    *ret = f->bytes.ptr + s->offset;
    return 0;
}

int
onr_model_file_shape(const struct onr_model_file *f, const char *name, enum onr_model_type type,
                     uint32_t *ret_rows, uint32_t *ret_columns, struct onr_error *err)
{
    const struct section *s = find(f, name, type);

    if (!s)
        return onr_fail(err, ONR_ECONFIG, "the model has no section %s", name);
    *ret_rows = s->rows;
    *ret_columns = s->columns;
    return 0;
}
