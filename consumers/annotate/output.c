/* consumers/annotate/output.c - see output.h. */
#include "consumers/annotate/output.h"

#include <stdio.h>

#include "common/base/json.h"
#include "common/base/utf8.h"
#include "common/line/result_rows.h"

/* --- JSON ----------------------------------------------------------------------------------------------------------- */

/* Byte offset of the body as code points; every span of a result lies in the statement's window. */
static int64_t
code_points(const struct onr_statement *s, uint32_t offset)
{
    return s->window_cp_begin
           + (int64_t) onr_utf8_count(onr_span_sub(s->window, 0, offset - s->window_begin));
}

static void
json_span(struct onr_json *j, const struct onr_statement *s, bool has,
          const struct onr_text_span *t)
{
    if (!has) {
        onr_json_null(j);
        return;
    }
    onr_json_open(j, '[');
    onr_json_int(j, code_points(s, t->begin));
    onr_json_int(j, code_points(s, t->end));
    onr_json_close(j, ']');
}

static void
json_speaker(struct onr_json *j, const struct onr_statement *s, const struct onr_attribution *a)
{
    onr_json_key(j, "speaker");
    onr_json_open(j, '{');
    onr_json_key(j, "name");
    onr_json_str(j, a->speaker.name);
    onr_json_key(j, "type");
    onr_json_z(j, onr_speaker_type_name(a->speaker.type));
    onr_json_key(j, "mention");
    json_span(j, s, a->speaker.has_mention, &a->speaker.mention);
    onr_json_key(j, "how");
    onr_json_z(j, onr_how_name(a->speaker.how));
    if (a->speaker.external_id.len > 0) {
        onr_json_key(j, "external_id");
        onr_json_str(j, a->speaker.external_id);
    }
    onr_json_close(j, '}');
}

static void
json_target(struct onr_json *j, const struct onr_statement *s, const struct onr_attribution *a)
{
    onr_json_key(j, "target");
    if (!a->has_target) {
        onr_json_null(j);
        return;
    }
    onr_json_open(j, '{');
    onr_json_key(j, "text");
    onr_json_str(j, a->target.name);
    onr_json_key(j, "span");
    json_span(j, s, a->target.has_span, &a->target.span);
    onr_json_close(j, '}');
}

static void
json_confidences(struct onr_json *j, const struct onr_attribution *a)
{
    onr_json_key(j, "confidence");
    onr_json_thousandths(j, onr_attribution_sure(a));
    onr_json_key(j, "confidences");
    onr_json_open(j, '{');
    onr_json_key(j, "speaker");
    onr_json_thousandths(j, a->conf_speaker);
    onr_json_key(j, "content");
    onr_json_thousandths(j, a->conf_content);
    onr_json_key(j, "target");
    onr_json_thousandths(j, a->conf_target);
    onr_json_key(j, "stance");
    onr_json_thousandths(j, a->conf_stance);
    onr_json_close(j, '}');
}

static void
json_attribution(struct onr_json *j, const struct onr_statement *s, const struct onr_attribution *a)
{
    onr_json_open(j, '{');
    json_speaker(j, s, a);
    onr_json_key(j, "act");
    onr_json_z(j, onr_act_name(a->act));
    onr_json_key(j, "cue");
    json_span(j, s, a->has_cue, &a->cue);
    onr_json_key(j, "content");
    onr_json_open(j, '[');
    for (size_t i = 0; i < a->n_content; i++)
        json_span(j, s, true, &a->content[i]);
    onr_json_close(j, ']');
    json_target(j, s, a);
    onr_json_key(j, "stance");
    onr_json_z(j, onr_stance_name(a->stance));
    json_confidences(j, a);
    if (a->reason.len > 0) {
        onr_json_key(j, "reason");
        onr_json_str(j, a->reason);
    }
    onr_json_close(j, '}');
}

int
onr_annotate_json(const struct onr_statement *s, const struct onr_result *r, struct onr_buf *out,
                  struct onr_error *err)
{
    struct onr_json j = ONR_JSON_INIT(out);
    int rc;

    onr_json_open(&j, '{');
    onr_json_key(&j, "article");
    onr_json_str(&j, r->article.id);
    onr_json_key(&j, "index");
    onr_json_int(&j, r->index);
    onr_json_key(&j, "begin");
    onr_json_int(&j, r->cp_begin);
    onr_json_key(&j, "end");
    onr_json_int(&j, r->cp_end);
    onr_json_key(&j, "text");
    onr_json_str(&j, r->text);
    onr_json_key(&j, "kind");
    onr_json_z(&j, onr_kind_name(r->kind));
    if (r->reason.len > 0) {
        onr_json_key(&j, "reason");
        onr_json_str(&j, r->reason);
    }
    onr_json_key(&j, "attributions");
    onr_json_open(&j, '[');
    for (size_t i = 0; i < r->n_attributions; i++)
        json_attribution(&j, s, &r->attributions[i]);
    onr_json_close(&j, ']');
    onr_json_close(&j, '}');
    rc = onr_json_end_line(&j);
    return rc < 0 ? onr_fail(err, -rc, "no room for a line of output") : 0;
}

/* --- table ---------------------------------------------------------------------------------------------------------- */

static const struct onr_column columns[] = { { .title = "#", .right = true }, ONR_RESULT_COLUMNS };

#define COLUMNS (sizeof columns / sizeof *columns)

int
onr_annotate_table_new(unsigned line, struct onr_table **ret, struct onr_error *err)
{
    return onr_table_new(columns, COLUMNS, line, false, ret, err);
}

int
onr_annotate_table_add(struct onr_table *t, const struct onr_result *r, struct onr_error *err)
{
    char number[16], sure[ONR_SURE_TEXT];
    struct onr_span row[COLUMNS];
    int rc = 0;

    snprintf(number, sizeof number, "%d", r->index + 1);
    row[0] = onr_span_z(number);
    for (size_t i = 0; i < onr_result_row_count(r) && rc == 0; i++) {
        onr_result_row(r, i, sure, row + 1);
        rc = onr_table_add(t, row, err);
        row[0] = ONR_SPAN("");
    }
    return rc;
}

/* --- explanation ---------------------------------------------------------------------------------------------------- */

static const char *
how_sentence(enum onr_how how)
{
    switch (how) {
    case ONR_HOW_NAMED:
        return "named here";
    case ONR_HOW_LAST_NAME:
        return "part of the name here, the full name elsewhere in the article";
    case ONR_HOW_ROLE:
        return "a role that one person in the article has";
    case ONR_HOW_PRONOUN:
        return "a pronoun for the person named before";
    case ONR_HOW_CARRIED:
        return "the quotation goes on from the statement before";
    case ONR_HOW_REGISTER:
        return "found in the newsroom's register of people";
    default:
        return "no name is given";
    }
}

static int
explain_line(struct onr_buf *out, const char *label, struct onr_span text, const char *note,
             int sure)
{
    int rc = onr_buf_printf(out, "      %-9s ", label);

    if (rc == 0)
        rc = onr_text_show(out, text);
    if (rc == 0 && note)
        rc = onr_buf_printf(out, "  (%s)", note);
    if (rc == 0 && sure > 0)
        rc = onr_buf_printf(out, "  %d %% sure", (sure + 5) / 10);
    return rc == 0 ? onr_buf_add_byte(out, '\n') : rc;
}

static int
explain_speaker(const struct onr_attribution *a, struct onr_buf *out)
{
    bool named = a->speaker.name.len > 0;
    int rc = explain_line(out, "Speaker", named ? a->speaker.name : ONR_SPAN("nobody is named"),
                          named ? how_sentence(a->speaker.how) : NULL, named ? a->conf_speaker : 0);

    if (rc == 0 && a->speaker.external_id.len > 0)
        rc = explain_line(out, "id", a->speaker.external_id, NULL, 0);
    if (rc == 0 && a->reason.len > 0)
        rc = explain_line(out, "because", a->reason, NULL, 0);
    if (rc == 0 && a->speaker.has_mention)
        rc = explain_line(out, "who", a->speaker.mention.text, NULL, 0);
    if (rc == 0 && a->has_cue)
        rc = explain_line(out, "cue", a->cue.text, onr_act_name(a->act), 0);
    return rc;
}

static int
explain_attribution(const struct onr_attribution *a, struct onr_buf *out)
{
    int rc = explain_speaker(a, out);

    for (size_t i = 0; i < a->n_content && rc == 0; i++)
        rc = explain_line(out, i == 0 ? "says" : "and", a->content[i].text, NULL,
                          i == 0 ? a->conf_content : 0);
    if (rc == 0 && a->has_target)
        rc = explain_line(out, "about", a->target.name,
                          a->target.has_span ? NULL : "not named here, but most in the article",
                          a->conf_target);
    if (rc == 0)
        rc = explain_line(out, "stance", onr_span_z(onr_stance_name(a->stance)), NULL,
                          a->conf_stance);
    return rc;
}

int
onr_annotate_explain(const struct onr_result *r, bool colour, struct onr_buf *out,
                     struct onr_error *err)
{
    int rc = onr_buf_printf(out, "\n%s%4d", colour ? "\033[1m" : "", r->index + 1);

    if (rc == 0)
        rc = onr_buf_add_z(out, "  ");
    if (rc == 0)
        rc = onr_text_show(out, r->text);
    if (rc == 0)
        rc = onr_buf_printf(out, "%s\n      %s%s" ONR_SPAN_FMT "\n", colour ? "\033[0m" : "",
                            onr_kind_name(r->kind), r->reason.len > 0 ? ": " : "",
                            ONR_SPAN_ARG(r->reason));
    for (size_t i = 0; i < r->n_attributions && rc == 0; i++)
        rc = explain_attribution(&r->attributions[i], out);
    return rc < 0 ? onr_fail(err, -rc, "no room to explain a statement") : 0;
}
