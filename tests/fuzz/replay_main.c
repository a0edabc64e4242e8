/* tests/fuzz/replay_main.c - runs a fuzz target over its corpus without libFuzzer: fuzz_TARGET [FOLDER].
 *
 * One test a file, in order of the names, and one of no bytes at all; counted as cmocka does. Each input ends at an unmapped page.
 * A broken promise or a crash ends the program; the last line says at which file.
 */
#define _DEFAULT_SOURCE
#include "tests/unit/guard.h"

#include <dirent.h>
#include <string.h>

#include "common/base/file.h"
#include "tests/fuzz/fuzz.h"

#define CORPUS    "tests/fuzz/corpus/"
#define INPUT_MAX (1024 * 1024)

static void
replay(const char *name, struct onr_span input)
{
    struct guarded g = guarded_new(input);

    printf("[ RUN      ] %s\n", name);
    fflush(stdout);
    HOLDS(LLVMFuzzerTestOneInput((const uint8_t *) g.span.ptr, g.span.len) == 0);
    printf("[       OK ] %s\n", name);
    guarded_free(&g);
}

static int
visible(const struct dirent *d)
{
    return d->d_name[0] != '.';
}

static int
replay_folder(const char *folder)
{
    struct dirent **entry;
    int n = scandir(folder, &entry, visible, alphasort);

    if (n <= 0) {
        printf("no corpus in %s: run this from the root of the repository, or make fuzz-corpus\n",
               folder);
        return 1;
    }
    printf("[==========] Running %d test(s).\n", n + 1);
    replay("(no bytes)", ONR_SPAN(""));
    for (int i = 0; i < n; i++) {
        struct onr_buf input = ONR_BUF_INIT(INPUT_MAX);
        struct onr_error err = ONR_ERROR_INIT;
        char path[512];

        snprintf(path, sizeof path, "%s/%s", folder, entry[i]->d_name);
        if (onr_file_read(path, &input, &err) < 0) {
            printf("%s\n", err.text);
            return 1;
        }
        replay(entry[i]->d_name, onr_buf_span(&input));
        onr_buf_release(&input);
        free(entry[i]);
    }
    free(entry);
    printf("[==========] %d test(s) run.\n[  PASSED  ] %d test(s).\n", n + 1, n + 1);
    return 0;
}

int
main(int argc, char **argv)
{
    const char *slash = strrchr(argv[0], '/'), *name = slash ? slash + 1 : argv[0];
    char folder[256];

    snprintf(folder, sizeof folder, CORPUS "%s", name);
    return replay_folder(argc > 1 ? argv[1] : folder);
}
