/* common/event/schema_data.c - the assembler copies the files of schemas/ into read-only data (.incbin): nothing is
 * generated, nothing can differ from the files. The Makefile makes this object depend on them.
 */
#include "common/event/schema_data.h"

#define EMBED(symbol, file)                                                                        \
    __asm__(".pushsection .rodata\n" #symbol ":\n.incbin \"" file "\"\n" #symbol                   \
            "_end:\n.byte 0\n.popsection\n");                                                      \
    extern const char symbol[] __attribute__((visibility("hidden")));                              \
    extern const char symbol##_end[] __attribute__((visibility("hidden")))

EMBED(onr_schema_article, "schemas/Article.avsc");
EMBED(onr_schema_statement, "schemas/Statement.avsc");
EMBED(onr_schema_result, "schemas/Result.avsc");
EMBED(onr_schema_reject, "schemas/Reject.avsc");
EMBED(onr_schema_commit, "schemas/Commit.avsc");
EMBED(onr_schema_registry, "schemas/registry.tsv");

static struct onr_span
between(const char *begin, const char *end)
{
    return (struct onr_span){ begin, (size_t) (end - begin) };
}

struct onr_schema_file
onr_schema_file(size_t i)
{
    const struct onr_schema_file file[ONR_SCHEMA_FILES] = {
        { "Article.avsc", between(onr_schema_article, onr_schema_article_end) },
        { "Statement.avsc", between(onr_schema_statement, onr_schema_statement_end) },
        { "Result.avsc", between(onr_schema_result, onr_schema_result_end) },
        { "Reject.avsc", between(onr_schema_reject, onr_schema_reject_end) },
        { "Commit.avsc", between(onr_schema_commit, onr_schema_commit_end) },
    };

    return file[i];
}

int
onr_schema_builtin_id(const char *file, uint32_t *ret_id)
{
    struct onr_span rest = between(onr_schema_registry, onr_schema_registry_end), line, id;
    unsigned long long value;

    while (onr_span_next(&rest, '\n', &line)) {
        if (line.len == 0 || line.ptr[0] == '#' || !onr_span_next(&line, '\t', &id)
            || !onr_span_eq_z(line, file))
            continue;
        if (onr_span_u64(id, &value) < 0 || value > UINT32_MAX)
            return -ONR_ECONFIG;
        *ret_id = (uint32_t) value;
        return 0;
    }
    return -ONR_ENOTFOUND;
}
