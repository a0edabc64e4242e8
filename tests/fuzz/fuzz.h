/* tests/fuzz/fuzz.h - what every fuzz target is made of.
 *
 * A target is one function that takes any bytes. libFuzzer calls it with what it invents (make fuzz), replay_main.c with the
 * files of tests/fuzz/corpus/TARGET (make check, any compiler). It may never crash, hang, leak, or find a promise broken: then it
 * aborts. Where bytes alone would not get past a signature or a hash, they are read as a small program over good data.
 */
#ifndef ONR_TESTS_FUZZ_H
#define ONR_TESTS_FUZZ_H

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/span.h"
#include "common/base/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Avro C keeps pointers at odd addresses of its values: without this LeakSanitizer takes what they point to for lost. */
const char *__lsan_default_options(void);
__attribute__((weak)) const char *
__lsan_default_options(void)
{
    return "use_unaligned=1";
}

#define HOLDS(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: broken promise: %s\n", __FILE__, __LINE__, #condition);        \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

/* Bytes read one after the other; zeros behind the end. */
struct tape {
    const uint8_t *at;
    size_t left;
};

static inline uint8_t
tape_byte(struct tape *t)
{
    if (t->left == 0)
        return 0;
    t->left--;
    return *t->at++;
}

static inline uint64_t
tape_number(struct tape *t, unsigned bytes)
{
    uint64_t v = 0;

    while (bytes-- > 0)
        v = v << 8 | tape_byte(t);
    return v;
}

/* The next len bytes, or as many as there are. Never null. */
static inline struct onr_span
tape_span(struct tape *t, size_t len)
{
    struct onr_span s = onr_span_of(t->at ? (const char *) t->at : "",
                                    len < t->left ? len : t->left);

    if (t->at)
        t->at += s.len;
    t->left -= s.len;
    return s;
}

/* Valid text out of any bytes: what is no UTF-8 becomes a question mark. Returns owned; free(.ptr). */
static inline struct onr_span
valid_text(const uint8_t *data, size_t size)
{
    char *z = malloc(size ? size : 1);
    size_t at = 0, bad;

    HOLDS(z);
    for (size_t i = 0; i < size; i++)
        z[i] = (char) data[i];
    while (!onr_utf8_check(onr_span_of(z + at, size - at), &bad)) {
        at += bad;
        z[at++] = '?';
    }
    return onr_span_of(z, size);
}

static char file_path[64];

static inline void
file_remove(void)
{
    unlink(file_path);
}

/* A file of this process with this content (mode 0600), for what reads files only. Valid until the next call. */
static inline const char *
file_of(struct onr_span content)
{
    static const char *const folder[] = { "/dev/shm", "/tmp" };
    static int fd = -1;

    for (int i = 0; i < 2 && fd < 0; i++) {
        snprintf(file_path, sizeof file_path, "%s/onrecord-fuzz-XXXXXX", folder[i]);
        if ((fd = mkstemp(file_path)) >= 0)
            HOLDS(atexit(file_remove) == 0);
    }
    HOLDS(fd >= 0 && ftruncate(fd, 0) == 0);
    HOLDS(pwrite(fd, content.ptr, content.len, 0) == (ssize_t) content.len);
    return file_path;
}

#endif
