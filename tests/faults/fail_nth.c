/* tests/faults/fail_nth.c - LD_PRELOAD: the n-th allocation that the program itself asks for fails, once.
 *
 *     FAIL_NTH=17 LD_PRELOAD=fail_nth.so onrecord-classify ...
 *
 * Libraries are left alone: librdkafka ends the process when it gets no memory, which is the kill -9 of row 1. Standard error says
 * "allocation failed" when it happened.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <link.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t n);

static atomic_long left = -1;
static uintptr_t begin, end; /* the program in memory */

static int
find_program(struct dl_phdr_info *info, size_t size, void *unused)
{
    (void) size, (void) unused;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *p = &info->dlpi_phdr[i];
        uintptr_t from = info->dlpi_addr + p->p_vaddr;

        if (p->p_type != PT_LOAD)
            continue;
        if (!begin || from < begin)
            begin = from;
        if (from + p->p_memsz > end)
            end = from + p->p_memsz;
    }
    return 1; /* the first one is the program */
}

__attribute__((constructor)) static void
start(void)
{
    const char *nth = getenv("FAIL_NTH");

    dl_iterate_phdr(find_program, NULL);
    if (nth)
        atomic_store(&left, atol(nth));
}

static bool
fails(void *caller)
{
    static const char said[] = "allocation failed\n";
    uintptr_t at = (uintptr_t) caller;

    if (at < begin || at >= end || atomic_load(&left) <= 0 || atomic_fetch_sub(&left, 1) != 1)
        return false;
    return write(STDERR_FILENO, said, sizeof said - 1) > 0;
}

void *
malloc(size_t n)
{
    return fails(__builtin_return_address(0)) ? NULL : __libc_malloc(n);
}

void *
calloc(size_t n, size_t size)
{
    return fails(__builtin_return_address(0)) ? NULL : __libc_calloc(n, size);
}

void *
realloc(void *p, size_t n)
{
    return fails(__builtin_return_address(0)) ? NULL : __libc_realloc(p, n);
}
