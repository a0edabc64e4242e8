/* consumers/audit/report.c - what an audit found, for people and for programs.
 *
 * People get one table row a lane, then what was found with place and meaning, what was not looked at, and one closing line.
 */
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/json.h"
#include "common/line/program.h"
#include "common/line/table.h"
#include "consumers/audit/audit.h"

#define REPORT_MAX   ((size_t) 256 * 1024 * 1024)
#define PEOPLE_LINES 20 /* findings shown of one lane; JSON has up to ONR_AUDIT_PROBLEMS */

static const struct onr_column columns[] = {
    { .title = "Partition", .right = true }, { .title = "Verdict" },
    { .title = "Records", .right = true },   { .title = "Results", .right = true },
    { .title = "Rejects", .right = true },   { .title = "COMMITs", .right = true },
    { .title = "Inputs", .right = true },    { .title = "Articles", .right = true },
    { .title = "Re-run", .right = true },    { .title = "Foreign", .right = true },
    { .title = "Torn", .right = true },      { .title = "Root" },
};
#define COLUMNS (sizeof columns / sizeof *columns)

/* 1234567 -> "1,234,567". Returns text. */
static char *
thousands(uint64_t v, char text[32])
{
    char digits[24];
    int n = snprintf(digits, sizeof digits, "%" PRIu64, v), k = 0;

    for (int i = 0; i < n; i++) {
        if (i && (n - i) % 3 == 0)
            text[k++] = ',';
        text[k++] = digits[i];
    }
    text[k] = '\0';
    return text;
}

static int
add_row(struct onr_table *t, const struct onr_audit *a, const struct onr_audit_lane *l,
        struct onr_error *err)
{
    char text[COLUMNS][32], hex[ONR_HEX_LEN(ONR_SHA256_LEN)];
    struct onr_span cell[COLUMNS];

    thousands((uint64_t) l->partition, text[0]);
    snprintf(text[1], sizeof text[1], "%s", onr_verdict_name(l->verdict));
    thousands(l->records, text[2]);
    thousands(l->results, text[3]);
    thousands(l->rejects, text[4]);
    thousands(l->commits, text[5]);
    thousands(l->inputs, text[6]);
    thousands(l->articles, text[7]);
    thousands(l->rerun - l->rerun_differs, text[8]);
    thousands(l->foreign, text[9]);
    thousands(l->torn, text[10]);
    if (!a->inputs)
        strcpy(text[6], "-"), strcpy(text[7], "-");
    if (!a->maker)
        strcpy(text[8], "-");
    text[11][0] = '\0';
    if (l->head.started)
        snprintf(text[11], sizeof text[11], "%.16s", onr_hex(l->head.root, ONR_SHA256_LEN, hex));
    for (size_t i = 0; i < COLUMNS; i++)
        cell[i] = onr_span_z(text[i]);
    return onr_table_add(t, cell, err);
}

static int
print_problem(struct onr_buf *out, const struct onr_audit_problem *p)
{
    int rc = onr_buf_printf(
        out, "  %-11s ", p->verdict == ONR_VERDICT_VALID ? "noted" : onr_verdict_name(p->verdict));

    if (rc == 0 && p->offset >= 0)
        rc = onr_buf_printf(out, "%s offset %" PRId64 ": ", p->topic, p->offset);
    if (rc == 0)
        rc = onr_text_show(out, onr_span_z(p->text));
    return rc < 0 ? rc : onr_buf_printf(out, " [%s]\n", p->name);
}

static int
print_problems(struct onr_buf *out, const struct onr_audit_lane *l)
{
    uint64_t kept = l->n_problems < ONR_AUDIT_PROBLEMS ? l->n_problems : ONR_AUDIT_PROBLEMS;
    uint64_t shown = 0;
    char text[32];
    int rc = 0;

    if (l->n_problems == 0)
        return 0;
    rc = onr_buf_printf(out, "\npartition %d, lane %s\n", (int) l->partition,
                        l->origin[0] ? l->origin : "(none)");
    /* What weighs comes first: notes alone must never push it out of sight. */
    for (int noted = 0; noted < 2; noted++)
        for (uint64_t i = 0; i < kept && rc == 0; i++) {
            if ((l->problem[i].verdict == ONR_VERDICT_VALID) != noted || shown == PEOPLE_LINES)
                continue;
            rc = print_problem(out, &l->problem[i]);
            shown++;
        }
    if (rc == 0 && l->n_problems > shown)
        rc = onr_buf_printf(out, "  and %s more (--json lists up to %d)\n",
                            thousands(l->n_problems - shown, text), ONR_AUDIT_PROBLEMS);
    return rc;
}

static int
print_closing(struct onr_buf *out, const struct onr_audit_report *r)
{
    const struct onr_audit *a = r->audit;
    uint64_t records = 0, waiting = 0;
    bool signatures = true;
    char text[32];
    int rc;

    for (size_t i = 0; i < r->n; i++) {
        records += r->lane[i].records;
        waiting += r->lane[i].inputs_waiting;
        signatures = signatures && r->lane[i].signatures;
    }
    rc = onr_buf_printf(
        out, "\nchecked: COMMITs, roots%s%s%s\n", signatures ? ", signatures of all records" : "",
        a->inputs ? ", inputs, articles, dead letters" : "", a->maker ? ", model re-run" : "");
    if (rc == 0 && waiting)
        rc = onr_buf_printf(out, "waiting: %s inputs have no outcome yet\n",
                            thousands(waiting, text));
    if (rc == 0)
        rc = onr_buf_printf(out, "audit: %s (%zu lane%s, %s record%s)\n",
                            onr_verdict_name(r->verdict), r->n, r->n == 1 ? "" : "s",
                            thousands(records, text), records == 1 ? "" : "s");
    return rc;
}

int
onr_audit_print(const struct onr_audit_report *r, struct onr_error *err)
{
    struct onr_buf out = ONR_BUF_INIT(REPORT_MAX);
    struct onr_table *t = NULL;
    int rc;

    if ((rc = onr_table_new(columns, COLUMNS, 0, false, &t, err)) < 0)
        return rc;
    for (size_t i = 0; i < r->n && rc == 0; i++)
        rc = add_row(t, r->audit, &r->lane[i], err);
    if (rc == 0)
        rc = onr_table_flush(t, onr_colour(STDOUT_FILENO), &out, err);
    for (size_t i = 0; i < r->n && rc == 0; i++)
        if ((rc = print_problems(&out, &r->lane[i])) < 0)
            onr_fail(err, -rc, "no memory for the report");
    if (rc == 0 && (rc = print_closing(&out, r)) < 0)
        onr_fail(err, -rc, "no memory for the report");
    if (rc == 0)
        rc = onr_fd_write(STDOUT_FILENO, onr_buf_span(&out), "standard output", err);
    onr_table_free(t);
    onr_buf_release(&out);
    return rc;
}

/* --- JSON ------------------------------------------------------------------------------------------------------------- */

static void
number(struct onr_json *j, const char *key, uint64_t v)
{
    onr_json_key(j, key);
    onr_json_int(j, (int64_t) v);
}

static void
word(struct onr_json *j, const char *key, const char *v)
{
    onr_json_key(j, key);
    onr_json_z(j, v);
}

static void
json_problem(struct onr_json *j, const struct onr_audit_problem *p)
{
    onr_json_open(j, '{');
    word(j, "finding", p->name);
    word(j, "verdict", onr_verdict_name(p->verdict));
    word(j, "topic", p->topic);
    onr_json_key(j, "offset");
    if (p->offset >= 0)
        onr_json_int(j, p->offset);
    else
        onr_json_null(j);
    onr_json_key(j, "seq");
    if (p->seq != UINT64_MAX)
        onr_json_int(j, (int64_t) p->seq);
    else
        onr_json_null(j);
    word(j, "text", p->text);
    onr_json_close(j, '}');
}

static void
json_counts(struct onr_json *j, const struct onr_audit *a, const struct onr_audit_lane *l)
{
    number(j, "records", l->records);
    number(j, "results", l->results);
    number(j, "rejects", l->rejects);
    number(j, "commits", l->commits);
    number(j, "heartbeats", l->heartbeats);
    number(j, "torn", l->torn);
    number(j, "foreign", l->foreign);
    onr_json_key(j, "refused");
    onr_json_open(j, '{');
    for (int i = 1; i < ONR_CHECKS; i++)
        if (l->refused[i])
            number(j, onr_check_name((enum onr_check) i), l->refused[i]);
    onr_json_close(j, '}');
    if (a->inputs) {
        number(j, "inputs", l->inputs);
        number(j, "inputs_waiting", l->inputs_waiting);
        number(j, "inputs_skipped", l->inputs_skipped);
        number(j, "articles", l->articles);
        number(j, "dead_letters", l->dead_letters);
    }
    if (a->maker) {
        number(j, "rerun", l->rerun);
        number(j, "rerun_differs", l->rerun_differs);
        onr_json_key(j, "expected_root");
        if (l->has_expected_root)
            onr_json_hex(j, l->expected_root, ONR_SHA256_LEN);
        else
            onr_json_null(j);
        number(j, "expected_size", l->expected_size);
    }
}

static void
json_lane(struct onr_json *j, const struct onr_audit *a, const struct onr_audit_lane *l)
{
    uint64_t kept = l->n_problems < ONR_AUDIT_PROBLEMS ? l->n_problems : ONR_AUDIT_PROBLEMS;

    onr_json_open(j, '{');
    number(j, "partition", (uint64_t) l->partition);
    word(j, "origin", l->origin);
    word(j, "verdict", onr_verdict_name(l->verdict));
    onr_json_key(j, "signatures");
    onr_json_bool(j, l->signatures);
    number(j, "from_size", l->from_size);
    number(j, "size", l->head.tree.size);
    onr_json_key(j, "root");
    if (l->head.started)
        onr_json_hex(j, l->head.root, ONR_SHA256_LEN);
    else
        onr_json_null(j);
    onr_json_key(j, "commit_no");
    if (l->head.started)
        onr_json_int(j, (int64_t) l->head.commit_no);
    else
        onr_json_null(j);
    number(j, "commit_time_ms", (uint64_t) l->commit_time_ms);
    number(j, "in_next", (uint64_t) l->head.in_next);
    onr_json_key(j, "config_hash");
    onr_json_hex(j, l->head.config_hash, ONR_SHA256_LEN);
    json_counts(j, a, l);
    number(j, "n_problems", l->n_problems);
    onr_json_key(j, "problems");
    onr_json_open(j, '[');
    for (uint64_t i = 0; i < kept; i++)
        json_problem(j, &l->problem[i]);
    onr_json_close(j, ']');
    onr_json_close(j, '}');
}

int
onr_audit_print_json(const struct onr_audit_report *r, struct onr_error *err)
{
    struct onr_buf out = ONR_BUF_INIT(REPORT_MAX);
    struct onr_json j = ONR_JSON_INIT(&out);
    int rc;

    onr_json_open(&j, '{');
    word(&j, "verdict", onr_verdict_name(r->verdict));
    number(&j, "exit_code", r->verdict);
    onr_json_key(&j, "lanes");
    onr_json_open(&j, '[');
    for (size_t i = 0; i < r->n; i++)
        json_lane(&j, r->audit, &r->lane[i]);
    onr_json_close(&j, ']');
    onr_json_close(&j, '}');
    if ((rc = onr_json_end_line(&j)) < 0)
        onr_fail(err, -rc, "no memory for the report");
    else
        rc = onr_fd_write(STDOUT_FILENO, onr_buf_span(&out), "standard output", err);
    onr_buf_release(&out);
    return rc;
}
