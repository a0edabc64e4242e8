/* common/onrecord.c - `onrecord VERB ...` becomes the program onrecord-VERB, as with git.
 *
 * Each verb is its own small program, so that each can run with the least rights. It is looked for beside this binary (a
 * build folder), then in ../libexec/onrecord (an installation), then on PATH; this process then turns into it. Nothing
 * is read or opened here.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/settings.h"
#include "common/line/program.h"

#define PATH_BYTES 4096
#define VERB_BYTES 32 /* longest verb, without "onrecord-" */

static void
print_help(FILE *out)
{
    fputs("Usage: onrecord VERB [OPTIONS] [ARGUMENTS]\n\n"
          "Who said what, on the record: articles in, signed and verifiable statements out,\n"
          "each with its speaker, target and stance.\n\nVerbs:\n",
          out);
    for (size_t i = 0; onr_verbs[i].name; i++)
        fprintf(out, "  %-10s %s\n", onr_verbs[i].name, onr_verbs[i].summary);
    fputs("\n\"onrecord VERB --help\" explains a verb and its settings.\n\nExamples:\n"
          "  onrecord annotate --table article.txt\n"
          "  onrecord follow --brokers localhost:9092 --trust trust.txt\n",
          out);
}

static bool
is_verb_name(const char *verb)
{
    size_t n = strspn(verb, "abcdefghijklmnopqrstuvwxyz0123456789-");

    return n > 0 && verb[n] == '\0' && n < VERB_BYTES && verb[0] != '-';
}

static int
refuse_unknown(const char *verb)
{
    struct onr_span word = onr_span_z(verb);
    unsigned least = onr_word_near(word) + 1;
    const char *best = NULL;

    for (size_t i = 0; onr_verbs[i].name; i++) {
        unsigned d = onr_word_distance(word, onr_span_z(onr_verbs[i].name));

        if (d < least) {
            least = d;
            best = onr_verbs[i].name;
        }
    }
    fprintf(stderr, "onrecord: no verb \"%.60s\"", verb);
    if (best)
        fprintf(stderr, "; did you mean \"%s\"?\n", best);
    else
        fputs("; \"onrecord --help\" lists them\n", stderr);
    return 2;
}

/* Turn into FOLDER/onrecord-VERB, folder being that of this binary and `under` below it. Returns only when it cannot. */
static void
become(const char *under, const char *verb, char **argv)
{
    char path[PATH_BYTES + 64];
    ssize_t n = readlink("/proc/self/exe", path, PATH_BYTES - 1);
    char *slash;

    if (n <= 0)
        return;
    path[n] = '\0';
    if (!(slash = strrchr(path, '/')))
        return;
    snprintf(slash + 1, sizeof path - (size_t) (slash + 1 - path), "%sonrecord-%s", under, verb);
    execv(path, argv);
}

static int
run_verb(const char *verb, char **argv)
{
    char program[VERB_BYTES + 16];
    bool known = false;

    snprintf(program, sizeof program, "onrecord-%s", verb);
    argv[0] = program;
    errno = ENOENT;
    become("", verb, argv);
    if (errno == ENOENT)
        become("../libexec/onrecord/", verb, argv);
    if (errno == ENOENT)
        execvp(program, argv);
    for (size_t i = 0; onr_verbs[i].name; i++)
        known = known || strcmp(onr_verbs[i].name, verb) == 0;
    if (errno == ENOENT && !known)
        return refuse_unknown(verb);
    fprintf(stderr,
            "onrecord: cannot start %s: %s (looked beside onrecord, in ../libexec/onrecord and on "
            "PATH)\n",
            program, errno == ENOENT ? "not installed" : strerror(errno));
    return 1;
}

int
main(int argc, char **argv)
{
    static char help[] = "--help";
    char *help_argv[] = { NULL, help, NULL };
    const char *word = argc > 1 ? argv[1] : NULL;

    if (!word) {
        print_help(stderr);
        return 2;
    }
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0
        || (strcmp(word, "help") == 0 && argc == 2)) {
        print_help(stdout);
        return fflush(stdout) == 0 ? 0 : 1;
    }
    if (strcmp(word, "--version") == 0) {
        puts(onr_version_line());
        return fflush(stdout) == 0 ? 0 : 1;
    }
    if (strcmp(word, "help") == 0)
        return is_verb_name(argv[2]) ? run_verb(argv[2], help_argv) : refuse_unknown(argv[2]);
    return is_verb_name(word) ? run_verb(word, argv + 1) : refuse_unknown(word);
}
