/* consumers/stance.c - pairs in, stances out: does this speaker support or oppose this target in this text?
 *
 * One JSON object a line in both directions. The same stance rules as in the line, asked for a given pair.
 */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/json.h"
#include "common/base/utf8.h"
#include "common/line/program.h"
#include "common/line/source_input.h"
#include "common/model/model.h"

#define PAIR_MAX                                                                                   \
    (6 * ONR_ARTICLE_MAX + 64 * 1024) /* bytes of a line: every byte of a text may be escaped */
#define OUTPUT_FLUSH (64 * 1024)
#define OUTPUT_MAX   (16 * 1024 * 1024)

struct stance {
    struct onr_model *model;
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

static const struct onr_setting *const tables[] = { settings, onr_settings_common, NULL };

static const struct onr_program program = {
    .verb = "stance",
    .summary = "Say for given speakers and targets: support, oppose or neutral.",
    .usage = "[OPTIONS] [FILE ...]",
    .description
    = "Reads one JSON object a line from files or standard input:\n\n"
      "  {\"id\": \"1\", \"text\": \"...\", \"speaker\": {\"name\": \"...\", \"span\": [0, 5]},\n"
      "   \"target\": {\"name\": \"...\", \"span\": [20, 31]}, \"choices\": [\"support\", "
      "\"oppose\"]}\n\n"
      "Spans are code points of the text and may be null, like the speaker's name: then the author "
      "is meant. choices limits the answer and may be left out. Prints {\"id\", \"stance\", "
      "\"confidence\"} for each line.\n",
    .examples = "  onrecord stance < pairs.jsonl > stances.jsonl\n",
    .tables = tables,
};

/* --- one pair ------------------------------------------------------------------------------------------------------- */

static int
bad_field(struct onr_error *err, const char *field, const char *right)
{
    return onr_fail(err, ONR_EINPUT, "%s must be %s", field, right);
}

/* Byte offset of a code point; false when the text is shorter. */
static bool
byte_offset(struct onr_span text, json_int_t points, uint32_t *ret)
{
    size_t pos = 0;

    if (points < 0)
        return false;
    for (; points > 0 && pos < text.len; points--)
        (void) onr_utf8_next(text, &pos);
    *ret = (uint32_t) pos;
    return points == 0;
}

/* {"name", "span"} of the speaker or the target. */
static int
read_party(const json_t *party, const char *field, struct onr_span text, struct onr_span *ret_name,
           bool *ret_has, uint32_t *ret_begin, uint32_t *ret_end, struct onr_error *err)
{
    const json_t *name, *span;

    if (!json_is_object(party))
        return bad_field(err, field, "an object with name and span");
    name = json_object_get(party, "name");
    span = json_object_get(party, "span");
    if (name && !json_is_string(name) && !json_is_null(name))
        return onr_fail(err, ONR_EINPUT, "%s.name must be a text or null", field);
    if (json_is_string(name))
        *ret_name = onr_span_of(json_string_value(name), json_string_length(name));
    if (!span || json_is_null(span))
        return 0;
    if (json_array_size(span) != 2 || !json_is_integer(json_array_get(span, 0))
        || !json_is_integer(json_array_get(span, 1))
        || !byte_offset(text, json_integer_value(json_array_get(span, 0)), ret_begin)
        || !byte_offset(text, json_integer_value(json_array_get(span, 1)), ret_end)
        || *ret_begin >= *ret_end)
        return onr_fail(err, ONR_EINPUT, "%s.span must be [begin, end) in code points of the text",
                        field);
    *ret_has = true;
    return 0;
}

static int
read_choices(const json_t *choices, unsigned *ret, struct onr_error *err)
{
    static const enum onr_stance all[] = { ONR_SUPPORT, ONR_OPPOSE, ONR_NEUTRAL };
    unsigned mask = 0;

    if (!choices || json_is_null(choices))
        return 0;
    for (size_t i = 0; i < json_array_size(choices); i++) {
        const char *word = json_string_value(json_array_get(choices, i));
        unsigned bit = 0;

        for (size_t k = 0; word && k < 3; k++)
            if (strcmp(word, onr_stance_name(all[k])) == 0)
                bit = 1u << all[k];
        if (!bit)
            return bad_field(err, "choices", "a list of support, oppose and neutral");
        mask |= bit;
    }
    if (!mask)
        return bad_field(err, "choices", "a list of support, oppose and neutral");
    *ret = mask;
    return 0;
}

static int
read_pair(const json_t *root, struct onr_stance_question *q, struct onr_span *ret_id,
          struct onr_error *err)
{
    const json_t *id = json_object_get(root, "id"), *text = json_object_get(root, "text");
    int rc;

    if (!json_is_object(root))
        return onr_fail(err, ONR_EINPUT, "not a JSON object");
    if (!json_is_string(id))
        return bad_field(err, "id", "a text");
    if (!json_is_string(text) || json_string_length(text) == 0)
        return bad_field(err, "text", "a text that is not empty");
    if (json_string_length(text) > ONR_ARTICLE_MAX)
        return onr_fail(err, ONR_EINPUT, "text is longer than %d bytes", ONR_ARTICLE_MAX);
    *ret_id = onr_span_of(json_string_value(id), json_string_length(id));
    q->text = onr_span_of(json_string_value(text), json_string_length(text));
    if ((rc = read_party(json_object_get(root, "speaker"), "speaker", q->text, &q->speaker,
                         &q->has_speaker_span, &q->speaker_begin, &q->speaker_end, err))
            < 0
        || (rc = read_party(json_object_get(root, "target"), "target", q->text, &q->target,
                            &q->has_target_span, &q->target_begin, &q->target_end, err))
               < 0)
        return rc;
    return read_choices(json_object_get(root, "choices"), &q->choices, err);
}

static int
answer(struct stance *w, struct onr_span line, struct onr_error *err)
{
    struct onr_stance_question q = { .text = ONR_SPAN("") };
    struct onr_json j = ONR_JSON_INIT(&w->out);
    json_error_t where;
    json_t *root = json_loadb(line.ptr, line.len, JSON_REJECT_DUPLICATES, &where);
    enum onr_stance stance;
    struct onr_span id;
    int rc, confidence;

    if (!root)
        return onr_fail(err, ONR_EINPUT, "not JSON at byte %d: %s", where.position, where.text);
    if ((rc = read_pair(root, &q, &id, err)) < 0
        || (rc = onr_stance_answer(w->model, &q, &stance, &confidence, err)) < 0)
        goto out;
    onr_json_open(&j, '{');
    onr_json_key(&j, "id");
    onr_json_str(&j, id);
    onr_json_key(&j, "stance");
    onr_json_z(&j, onr_stance_name(stance));
    onr_json_key(&j, "confidence");
    onr_json_thousandths(&j, confidence);
    onr_json_close(&j, '}');
    if ((rc = onr_json_end_line(&j)) < 0)
        rc = onr_fail(err, -rc, "no room for a line of output");
out:
    json_decref(root);
    return rc;
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
    struct stance w = { .out = ONR_BUF_INIT(OUTPUT_MAX), .strict = onr_set_flag(s, "strict") };
    int rc;

    if ((rc = onr_model_open(NULL, &w.model, err)) < 0)
        return rc;
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
    onr_model_free(w.model);
    onr_buf_release(&w.out);
    return rc;
}

int
main(int argc, char **argv)
{
    return onr_program_main(&program, run, argc, argv);
}
