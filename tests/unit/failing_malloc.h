/* tests/unit/failing_malloc.h - the n-th allocation of the code under test fails; for one test program each, linked with
 * -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc (WRAP.test_... in the Makefile).
 */
#ifndef ONR_TESTS_FAILING_MALLOC_H
#define ONR_TESTS_FAILING_MALLOC_H

#include <stdbool.h>
#include <stddef.h>

static long countdown = -1; /* the allocation that fails; below zero none does */

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);

static bool
fails(void)
{
    return countdown >= 0 && countdown-- == 0;
}

void *
__wrap_malloc(size_t n)
{
    return fails() ? NULL : __real_malloc(n);
}

void *
__wrap_calloc(size_t n, size_t size)
{
    return fails() ? NULL : __real_calloc(n, size);
}

void *
__wrap_realloc(void *p, size_t n)
{
    return fails() ? NULL : __real_realloc(p, n);
}

#endif
