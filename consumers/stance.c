/* consumers/stance.c - pairs in, stances out: does this speaker support or oppose this target in this text?
 *
 * One JSON object a line in both directions. The same stance rules as in the line, asked for a given pair.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/json.h"
#include "common/event/pair.h"
#include "common/line/model_choice.h"
#include "common/line/program.h"
#include "common/line/source_input.h"

#define PAIR_MAX                                                                                   \
    (6 * ONR_ARTICLE_MAX + 64 * 1024) /* bytes of a line: every byte of a text may be escaped */
#define PAIR_BYTES   (2 * ONR_ARTICLE_MAX) /* what is kept of one */
#define OUTPUT_FLUSH (64 * 1024)
#define OUTPUT_MAX   (16 * 1024 * 1024)

struct stance {
    struct onr_chosen chosen;
    struct onr_arena arena;
    struct onr_buf out;
    struct onr_progress progress;
    bool strict;
    uint64_t pairs, refused;
};

static const struct onr_setting settings[] = {
    { .name = "strict",
      .type = ONR_SET_FLAG,
      .help = "stop at the first line that cannot be read" },
    { .name = NULL },
};

static const struct onr_setting *const tables[] = { settings, onr_settings_model,
                                                    onr_settings_common, NULL };

static const struct onr_program program = {
    .verb = "stance",
    .summary = "Say for given speakers and targets: support, oppose or neutral.",
    .usage = "[OPTIONS] [FILE ...]",
    .description
    = "Reads one JSON object a line from files or standard input:\n\n"
      "  {\"id\": \"1\", \"text\": \"...\", \"choices\": [\"support\", \"oppose\"],\n"
      "   \"speaker\": {\"name\": \"...\", \"span\": [0, 5]},\n"
      "   \"target\": {\"name\": \"...\", \"span\": [20, 31]}}\n\n"
      "Spans are code points of the text and may be null, like the speaker's name: then the author "
      "is meant. choices limits the answer and may be left out. Prints {\"id\", \"stance\", "
      "\"confidence\"} for each line.\n",
    .examples = "  onrecord stance < pairs.jsonl > stances.jsonl\n",
    .tables = tables,
};

/* --- one pair ------------------------------------------------------------------------------------------------------- */

static int
answer(struct stance *w, struct onr_span line, struct onr_error *err)
{
    struct onr_json j = ONR_JSON_INIT(&w->out);
    struct onr_stance_question q;
    struct onr_pair p;
    enum onr_stance stance;
    int rc, confidence;

    onr_arena_reset(&w->arena);
    if ((rc = onr_pair_from_json(line, &w->arena, &p, err)) < 0)
        return rc;
    q = (struct onr_stance_question){ .text = p.text,
                                      .has_speaker_span = p.speaker.has_span,
                                      .has_target_span = p.target.has_span,
                                      .speaker = p.speaker.name,
                                      .target = p.target.name,
                                      .speaker_begin = p.speaker.begin,
                                      .speaker_end = p.speaker.end,
                                      .target_begin = p.target.begin,
                                      .target_end = p.target.end,
                                      .choices = p.choices };
    if ((rc = onr_stance_answer(w->chosen.model, &q, &stance, &confidence, err)) < 0)
        return rc;
    onr_json_open(&j, '{');
    onr_json_key(&j, "id");
    onr_json_str(&j, p.id);
    onr_json_key(&j, "stance");
    onr_json_z(&j, onr_stance_name(stance));
    onr_json_key(&j, "confidence");
    onr_json_thousandths(&j, confidence);
    onr_json_close(&j, '}');
    rc = onr_json_end_line(&j);
    return rc < 0 ? onr_fail(err, -rc, "no room for a line of output") : 0;
}

/* --- all of them ---------------------------------------------------------------------------------------------------- */

static int
write_out(struct stance *w, size_t least, struct onr_error *err)
{
    int rc;

    if (w->out.len < least || w->out.len == 0)
        return 0;
    rc = onr_fd_write(STDOUT_FILENO, onr_buf_span(&w->out), "standard output", err);
    onr_buf_clear(&w->out);
    return rc;
}

static int
refuse(struct stance *w, const char *name, uint64_t line, const struct onr_error *why,
       struct onr_error *err)
{
    w->refused++;
    if (w->strict)
        return onr_fail(err, ONR_EINPUT, "%s line %llu: refused: %s", name,
                        (unsigned long long) line, why->text);
    onr_progress_clear(&w->progress);
    fprintf(stderr, "onrecord stance: %s line %llu: refused: %s\n", name, (unsigned long long) line,
            why->text);
    return 0;
}

static int
answer_input(struct stance *w, int fd, const char *name, struct onr_error *err)
{
    struct onr_error why = ONR_ERROR_INIT;
    struct onr_input in;
    struct onr_span line;
    int event, rc = 0;

    onr_input_init(&in, fd, onr_program_stop_fd(), PAIR_MAX);
    while (rc == 0 && (event = onr_input_line(&in, -1, name, &line, err)) != ONR_INPUT_END) {
        if (event < 0) {
            rc = event;
            break;
        }
        if (event == ONR_INPUT_DATA && onr_span_trim(line).len == 0)
            continue;
        w->pairs++;
        if (event == ONR_INPUT_TOO_LONG)
            rc = onr_fail(&why, ONR_EINPUT, "the line is longer than %d bytes", PAIR_MAX);
        else
            rc = answer(w, line, &why);
        if (rc == -ONR_EINPUT)
            rc = refuse(w, name, in.line, &why, err);
        else if (rc < 0 && err)
            *err = why;
        if (rc == 0)
            rc = write_out(w, OUTPUT_FLUSH, err);
        onr_progress_step(&w->progress, w->pairs);
    }
    onr_input_release(&in);
    return rc;
}

static int
answer_file(struct stance *w, const char *path, struct onr_error *err)
{
    int fd;

    if (strcmp(path, "-") == 0)
        return answer_input(w, STDIN_FILENO, "standard input", err);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return onr_fail(err, errno == ENOENT ? ONR_ENOTFOUND : ONR_EIO, "cannot open %s: %s", path,
                        strerror(errno));
    return answer_input(w, fd, path, err);
}

static int
run(const struct onr_settings *s, struct onr_error *err)
{
    struct stance w = { .arena = ONR_ARENA_INIT(PAIR_BYTES),
                        .out = ONR_BUF_INIT(OUTPUT_MAX),
                        .strict = onr_set_flag(s, "strict") };
    int rc;

    if ((rc = onr_model_choose(s, &w.chosen, err)) < 0)
        return rc;
    if (!w.chosen.model) {
        onr_chosen_release(&w.chosen);
        return onr_fail(err, ONR_EUSAGE, "--model " ONR_MODEL_NOOP " has no stances to say");
    }
    onr_progress_begin(&w.progress, "pairs", 0);
    if (onr_settings_argc(s) == 0)
        rc = answer_file(&w, "-", err);
    for (size_t i = 0; i < onr_settings_argc(s) && rc == 0; i++)
        rc = answer_file(&w, onr_settings_arg(s, i), err);
    onr_progress_end(&w.progress);
    if (rc == 0)
        rc = write_out(&w, 1, err);
    if (rc == 0 && w.refused > 0)
        rc = onr_fail(err, ONR_EINPUT, "%llu of %llu lines refused", (unsigned long long) w.refused,
                      (unsigned long long) w.pairs);
    onr_chosen_release(&w.chosen);
    onr_arena_release(&w.arena);
    onr_buf_release(&w.out);
    return rc;
}

int
main(int argc, char **argv)
{
    return onr_program_main(&program, run, argc, argv);
}
