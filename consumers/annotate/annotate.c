/* consumers/annotate/annotate.c - articles in, classified statements out: the line without Kafka, keys and signatures.
 *
 * The same splitter and the same model as in the line, so what this prints is what the line would sign. Articles are read,
 * cut and printed one by one; a bad one is reported on standard error and the next one is taken.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/sha256.h"
#include "common/line/cut.h"
#include "common/line/model_choice.h"
#include "common/line/program.h"
#include "common/line/source.h"
#include "consumers/annotate/output.h"

#define OUTPUT_FLUSH (64 * 1024) /* bytes collected before a write */
#define OUTPUT_MAX                                                                                 \
    (64 * 1024 * 1024) /* bytes one article may become: a table of its statements at most */
#define RESULT_BYTES (1024 * 1024) /* memory of one result */
#define SEEN_MAX     (1 << 22)     /* articles in one run whose ids are remembered */
#define SEEN_KEY     16            /* bytes of the hash of an id: no two will ever meet */

enum style { AS_JSON, AS_TABLE, AS_EXPLANATION };

/* Ids seen so far, by hash: open addressing, never more than half full. */
struct seen {
    uint8_t (*key)[SEEN_KEY];
    size_t n, size;
};

struct annotate {
    struct onr_cut *cut;
    struct onr_chosen chosen;
    struct onr_arena arena;
    struct onr_buf out;
    struct seen seen;
    struct onr_progress progress;
    enum style style;
    bool strict, colour;
    unsigned line;
    uint64_t articles, refused;
};

static const struct onr_setting settings[] = {
    { .name = "", .type = ONR_SET_GROUP, .help = "Input" },
    { .name = "format",
      .letter = 'f',
      .type = ONR_SET_CHOICE,
      .arg = "FORMAT",
      .fallback = "auto",
      .choices = "auto|text|jsonl",
      .help = "text: a file is one article; jsonl: a JSON object a line with id, text, headline, "
              "date, outlet, url, language; auto: looks" },
    { .name = "strict",
      .type = ONR_SET_FLAG,
      .help = "stop at the first article that cannot be read" },
    { .name = "",
      .type = ONR_SET_GROUP,
      .help = "Output (JSON Lines unless one of these is given)" },
    { .name = "table", .letter = 't', .type = ONR_SET_FLAG, .help = "a table for people" },
    { .name = "explain",
      .letter = 'e',
      .type = ONR_SET_FLAG,
      .help = "each answer with its evidence, in sentences" },
    { .name = NULL },
};

static const struct onr_setting *const tables[] = { settings, onr_settings_model,
                                                    onr_settings_common, NULL };

static const struct onr_program program = {
    .verb = "annotate",
    .summary = "Split articles into statements: who speaks, about what, with what stance.",
    .usage = "[OPTIONS] [FILE ...]",
    .description
    = "Reads files, folders or standard input; needs no Kafka and no keys. Prints one JSON object "
      "a "
      "line for each statement: article, index, begin and end (code points), text, kind (direct, "
      "mixed, indirect, narration) and attributions with speaker, cue, content, target, stance and "
      "confidence.\n\n"
      "An article that cannot be read is reported on standard error with the place and a reason "
      "(json, utf8, nul, empty, field, date, limit, duplicate); the others go on, and the exit "
      "code is 65 at the end.\n",
    .examples = "  onrecord annotate --table article.txt\n"
                "  onrecord annotate < articles.jsonl > statements.jsonl\n"
                "  onrecord annotate --explain today/\n",
    .tables = tables,
};

/* --- ids ------------------------------------------------------------------------------------------------------------ */

static bool
seen_is_free(const uint8_t *key)
{
    static const uint8_t none[SEEN_KEY];

    return memcmp(key, none, SEEN_KEY) == 0;
}

static uint8_t *
seen_slot(const struct seen *s, const uint8_t *key)
{
    size_t i = 0;

    for (int k = 0; k < 8; k++)
        i = i << 8 | key[k];
    for (i &= s->size - 1; !seen_is_free(s->key[i]); i = (i + 1) & (s->size - 1))
        if (memcmp(s->key[i], key, SEEN_KEY) == 0)
            break;
    return s->key[i];
}

static int
seen_grow(struct seen *s, struct onr_error *err)
{
    struct seen larger = { NULL, s->n, s->size ? 2 * s->size : 1024 };

    if (s->n >= SEEN_MAX)
        return onr_fail(err, ONR_ELIMIT, "more than %d articles in one run: divide the input",
                        SEEN_MAX);
    larger.key = calloc(larger.size, SEEN_KEY);
    if (!larger.key)
        return onr_fail(err, ONR_ENOMEM, "no memory for the ids of %zu articles", s->n);
    for (size_t i = 0; i < s->size; i++)
        if (!seen_is_free(s->key[i]))
            memcpy(seen_slot(&larger, s->key[i]), s->key[i], SEEN_KEY);
    free(s->key);
    *s = larger;
    return 0;
}

/* Remember an article version; *ret_new is false when it came before. */
static int
seen_add(struct seen *s, const struct onr_article *a, bool *ret_new, struct onr_error *err)
{
    struct onr_span parts[] = { a->id, onr_span_of(&a->version, sizeof a->version) };
    uint8_t hash[ONR_SHA256_LEN];
    uint8_t *slot;
    int rc;

    if (2 * s->n >= s->size && (rc = seen_grow(s, err)) < 0)
        return rc;
    onr_sha256_parts(parts, 2, hash);
    slot = seen_slot(s, hash);
    *ret_new = seen_is_free(slot);
    s->n += *ret_new;
    memcpy(slot, hash, SEEN_KEY);
    return 0;
}

/* --- one article ---------------------------------------------------------------------------------------------------- */

static int
write_out(struct annotate *w, size_t least, struct onr_error *err)
{
    int rc;

    if (w->out.len < least || w->out.len == 0)
        return 0;
    rc = onr_fd_write(STDOUT_FILENO, onr_buf_span(&w->out), "standard output", err);
    onr_buf_clear(&w->out);
    return rc;
}

static int
print_statement(struct annotate *w, const struct onr_statement *s, struct onr_table *table,
                struct onr_error *err)
{
    struct onr_result r;
    int rc;

    onr_arena_reset(&w->arena);
    if ((rc = onr_classify(w->chosen.model, s, &w->arena, &r, err)) < 0)
        return rc;
    if (w->style == AS_TABLE)
        return onr_annotate_table_add(table, &r, err);
    rc = w->style == AS_JSON ? onr_annotate_json(s, &r, &w->out, err)
                             : onr_annotate_explain(&r, w->colour, &w->out, err);
    return rc < 0 ? rc : write_out(w, OUTPUT_FLUSH, err);
}

/* For people: which article it is. */
static int
print_heading(struct annotate *w, const struct onr_article *a, const char *origin,
              struct onr_error *err)
{
    int rc = 0;

    if (w->style == AS_JSON)
        return 0;
    if (w->articles > 1)
        rc = onr_buf_add_byte(&w->out, '\n');
    if (rc == 0)
        rc = onr_text_show(&w->out, a->headline.len > 0 ? a->headline : onr_span_z(origin));
    if (rc == 0)
        rc = onr_buf_printf(&w->out, "%s", w->style == AS_TABLE ? "\n\n" : "\n");
    return rc < 0 ? onr_fail(err, -rc, "no room for a heading") : 0;
}

static int
print_article(struct annotate *w, struct onr_article_text *a, const char *origin,
              struct onr_error *err)
{
    int32_t n = 1; /* a withdrawal is one record */
    struct onr_table *table = NULL;
    struct onr_statement s;
    int rc;

    if ((rc = onr_cut_article(w->cut, a, err)) < 0
        || (rc = print_heading(w, &a->meta, origin, err)) < 0)
        return rc;
    if (w->style == AS_TABLE && (rc = onr_annotate_table_new(w->line, &table, err)) < 0)
        return rc;
    if (a->meta.state != ONR_WITHDRAWN)
        n = a->meta.statements;
    for (int32_t i = 0; i < n && rc == 0; i++) {
        rc = onr_cut_statement(w->cut, i, &s, err);
        if (rc == 0)
            rc = print_statement(w, &s, table, err);
    }
    if (rc == 0 && table)
        rc = onr_table_flush(table, w->colour, &w->out, err);
    onr_table_free(table);
    return rc < 0 ? rc : write_out(w, w->style == AS_JSON ? OUTPUT_FLUSH : 1, err);
}

/* --- all of them ---------------------------------------------------------------------------------------------------- */

static int
refuse(struct annotate *w, const char *origin, const char *reason, const char *sentence,
       struct onr_error *err)
{
    w->refused++;
    if (w->strict)
        return onr_fail(err, ONR_EINPUT, "%s: refused (%s): %s", origin, reason, sentence);
    onr_progress_clear(&w->progress);
    fprintf(stderr, "onrecord annotate: %s: refused (%s): %s\n", origin, reason, sentence);
    return 0;
}

static int
take_article(struct annotate *w, struct onr_source_item *item, struct onr_error *err)
{
    struct onr_error why = ONR_ERROR_INIT;
    bool fresh;
    int rc;

    if ((rc = seen_add(&w->seen, &item->article.meta, &fresh, err)) < 0)
        return rc;
    if (!fresh)
        return refuse(
            w, item->origin, "duplicate",
            "an article of this id and version came before; give it another version or id", err);
    w->articles++;
    rc = print_article(w, &item->article, item->origin, &why);
    if (rc == -ONR_ELIMIT || rc == -ONR_EINPUT)
        return refuse(w, item->origin, "limit", why.text, err);
    if (rc < 0 && err)
        *err = why;
    return rc;
}

static int
take_all(struct annotate *w, struct onr_source *source, struct onr_error *err)
{
    struct onr_source_item item;
    int event, rc = 0;

    onr_progress_begin(&w->progress, "articles", 0);
    while (rc == 0 && (event = onr_source_next(source, -1, &item, err)) != ONR_SOURCE_END) {
        if (event < 0)
            return event;
        if (event == ONR_SOURCE_ARTICLE)
            rc = take_article(w, &item, err);
        else if (event == ONR_SOURCE_BAD)
            rc = refuse(w, item.origin, item.reason, item.why.text, err);
        if (rc == 0)
            onr_progress_step(&w->progress, w->articles + w->refused);
    }
    onr_progress_end(&w->progress);
    if (rc == 0)
        rc = write_out(w, 1, err);
    if (rc == 0 && w->refused > 0)
        return onr_fail(err, ONR_EINPUT, "%llu of %llu articles refused",
                        (unsigned long long) w->refused,
                        (unsigned long long) (w->articles + w->refused));
    return rc;
}

static int
open_source(const struct onr_settings *s, const char **paths, struct onr_source **ret,
            struct onr_error *err)
{
    struct onr_source_spec spec = { .paths = paths,
                                    .n_paths = onr_settings_argc(s),
                                    .stop_fd = onr_program_stop_fd() };

    for (size_t i = 0; i < spec.n_paths; i++)
        paths[i] = onr_settings_arg(s, i);
    if (onr_source_format_parse(onr_set_text(s, "format"), &spec.format) < 0)
        return onr_fail(err, ONR_EUSAGE, "--format must be auto, text or jsonl");
    if (spec.n_paths == 0 && isatty(STDIN_FILENO) == 1)
        fputs("onrecord annotate: reading an article from the terminal; Ctrl-D ends it\n", stderr);
    return onr_source_open(&spec, ret, err);
}

static int
run(const struct onr_settings *s, struct onr_error *err)
{
    struct annotate w = { .arena = ONR_ARENA_INIT(RESULT_BYTES),
                          .out = ONR_BUF_INIT(OUTPUT_MAX),
                          .strict = onr_set_flag(s, "strict"),
                          .colour = onr_colour(STDOUT_FILENO),
                          .line = onr_terminal_width(STDOUT_FILENO) };
    const char **paths = calloc(onr_settings_argc(s) + 1, sizeof *paths);
    struct onr_source *source = NULL;
    int rc;

    w.style = onr_set_flag(s, "table")     ? AS_TABLE
              : onr_set_flag(s, "explain") ? AS_EXPLANATION
                                           : AS_JSON;
    if (!paths)
        return onr_fail(err, ONR_ENOMEM, "no memory for the list of files");
    if (onr_set_flag(s, "table") && onr_set_flag(s, "explain")) {
        rc = onr_fail(err, ONR_EUSAGE, "--table and --explain: one of them");
        goto out;
    }
    if ((rc = onr_model_choose(s, &w.chosen, err)) < 0 || (rc = onr_cut_new(&w.cut, err)) < 0
        || (rc = open_source(s, paths, &source, err)) < 0)
        goto out;
    rc = take_all(&w, source, err);
out:
    onr_source_close(source);
    onr_cut_free(w.cut);
    onr_chosen_release(&w.chosen);
    onr_arena_release(&w.arena);
    onr_buf_release(&w.out);
    free(w.seen.key);
    free(paths);
    return rc;
}

int
main(int argc, char **argv)
{
    return onr_program_main(&program, run, argc, argv);
}
