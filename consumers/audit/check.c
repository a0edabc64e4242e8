/* consumers/audit/check.c - an evidence file, checked offline. See evidence.h. */
#include <inttypes.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/json.h"
#include "common/base/utf8.h"
#include "common/line/evidence.h"
#include "common/line/program.h"
#include "common/line/result_json.h"
#include "common/line/schema_folder.h"
#include "common/line/table.h"
#include "consumers/audit/evidence.h"

#define OUT_MAX ((size_t) 16 * 1024 * 1024)

/* "2026-01-02 03:04:05 UTC" */
static const char *
show_time(uint64_t seconds, char ret[64])
{
    time_t t = (time_t) seconds;
    struct tm tm;

    if (seconds > INT32_MAX * (uint64_t) 100 || !gmtime_r(&t, &tm)
        || strftime(ret, 64, "%Y-%m-%d %H:%M:%S UTC", &tm) == 0)
        snprintf(ret, 64, "%" PRIu64 " s", seconds);
    return ret;
}

static int
say(struct onr_buf *out, const char *label, struct onr_span text)
{
    int rc = onr_buf_printf(out, "%-10s", label);

    if (rc == 0)
        rc = onr_text_show(out, text);
    return rc < 0 ? rc : onr_buf_add_byte(out, '\n');
}

static int
say_answer(struct onr_buf *out, const struct onr_attribution *a)
{
    struct onr_span speaker = a->speaker.name;
    int rc;

    if (!speaker.len)
        speaker = a->speaker.type == ONR_AUTHOR ? ONR_SPAN("(the author)") : ONR_SPAN("(unclear)");
    if ((rc = say(out, "speaker", speaker)) < 0)
        return rc;
    if (a->has_target && (rc = say(out, "target", a->target.name)) < 0)
        return rc;
    return say(out, "stance", onr_span_z(onr_stance_name(a->stance)));
}

/* What the record says, for people. */
static int
say_record(struct onr_buf *out, const struct onr_evidence_report *r)
{
    const struct onr_result *res = &r->payload.result;
    int rc;

    if (!r->decoded)
        return onr_buf_printf(out, "record    of a schema that this version does not know\n");
    if (r->payload.rejected)
        return say(out, "reject", onr_span_z(onr_reject_sentence(r->payload.reject)));
    if ((rc = say(out, "article", res->article.id)) < 0
        || (rc = onr_buf_printf(out, "statement %" PRId32 " of %" PRId32 ", version %" PRId64 "\n",
                                res->index, res->article.statements, res->article.version))
               < 0
        || (rc = say(out, "text", onr_span_trim(res->text))) < 0)
        return rc;
    for (size_t i = 0; i < res->n_attributions && rc == 0; i++)
        rc = say_answer(out, &res->attributions[i]);
    return rc;
}

static int
print_people(struct onr_buf *out, const struct onr_evidence_report *r)
{
    char hex[ONR_HEX_LEN(ONR_SHA256_LEN)], when[64];
    int rc = 0;

    if (r->verdict == ONR_VERDICT_VALID || r->verdict == ONR_VERDICT_NOT_COVERED)
        rc = r->signer.name[0] ? say_record(out, r) : 0;
    if (rc == 0 && r->signer.name[0] && r->verdict != ONR_VERDICT_INVALID) {
        rc = onr_buf_printf(
            out,
            "lane      %s\nplace     record %" PRIu64 " of %" PRIu64 ", root %.16s\nsigned    %s\n",
            r->origin, r->leaf.seq, r->size, onr_hex(r->root, ONR_SHA256_LEN, hex), r->signer.name);
        for (size_t i = 0; i < r->n_cosigned && rc == 0; i++)
            rc = onr_buf_printf(out, "cosigned  %s, %s\n", r->cosigned[i].key.name,
                                show_time(r->cosigned[i].seconds, when));
    }
    if (rc == 0 && r->why[0])
        rc = onr_buf_printf(out, "%-9s %s [%s]\n", onr_verdict_name(r->verdict), r->why, r->name);
    return rc < 0 ? rc : onr_buf_printf(out, "evidence: %s\n", onr_verdict_name(r->verdict));
}

static int
print_json(struct onr_buf *out, const struct onr_evidence_report *r)
{
    struct onr_json j = ONR_JSON_INIT(out);

    onr_json_open(&j, '{');
    onr_json_key(&j, "verdict");
    onr_json_z(&j, onr_verdict_name(r->verdict));
    onr_json_key(&j, "exit_code");
    onr_json_int(&j, r->verdict);
    onr_json_key(&j, "finding");
    onr_json_z(&j, r->name);
    onr_json_key(&j, "text");
    onr_json_z(&j, r->why);
    onr_json_key(&j, "lane");
    onr_json_z(&j, r->origin);
    onr_json_key(&j, "seq");
    onr_json_int(&j, (int64_t) r->leaf.seq);
    onr_json_key(&j, "input_offset");
    onr_json_int(&j, r->leaf.in_offset);
    onr_json_key(&j, "size");
    onr_json_int(&j, (int64_t) r->size);
    onr_json_key(&j, "root");
    onr_json_hex(&j, r->root, ONR_SHA256_LEN);
    onr_json_key(&j, "signer");
    onr_json_z(&j, r->signer.name);
    onr_json_key(&j, "cosigned");
    onr_json_open(&j, '[');
    for (size_t i = 0; i < r->n_cosigned; i++) {
        onr_json_open(&j, '{');
        onr_json_key(&j, "witness");
        onr_json_z(&j, r->cosigned[i].key.name);
        onr_json_key(&j, "time");
        onr_json_int(&j, (int64_t) r->cosigned[i].seconds);
        onr_json_close(&j, '}');
    }
    onr_json_close(&j, ']');
    if (r->decoded && r->payload.rejected)
        onr_reject_json(&j, r->payload.reject);
    else if (r->decoded)
        onr_result_json(&j, &r->payload.result);
    onr_json_close(&j, '}');
    return onr_json_end_line(&j);
}

/* A file that cannot be taken apart proves nothing. */
static int
look(struct onr_span text, const struct onr_trust *t, struct onr_codec *codec,
     struct onr_arena *arena, struct onr_evidence_report *r, struct onr_error *err)
{
    struct onr_error why = ONR_ERROR_INIT;
    struct onr_evidence e;
    int rc = onr_evidence_parse(text, arena, &e, &why);

    if (rc == 0)
        return onr_evidence_check(&e, t, codec, arena, r, err);
    if (rc != -ONR_EINPUT)
        return onr_fail(err, why.code, "%s", why.text);
    *r = (struct onr_evidence_report){ .verdict = ONR_VERDICT_INVALID, .name = "file" };
    snprintf(r->why, sizeof r->why, "not an evidence file, or a damaged one: %.250s", why.text);
    return 0;
}

int
onr_audit_check(const struct onr_settings *s, struct onr_error *err)
{
    const char *path = onr_set_text(s, "check");
    bool json = onr_set_flag(s, "json");
    struct onr_buf text = ONR_BUF_INIT(ONR_EVIDENCE_MAX), out = ONR_BUF_INIT(OUT_MAX);
    struct onr_arena arena = ONR_ARENA_INIT(4 * ONR_EVIDENCE_MAX);
    struct onr_evidence_report *r = onr_arena_alloc(&arena, sizeof *r);
    struct onr_codec *codec = NULL;
    struct onr_trust t;
    int rc;

    if (!r)
        return onr_fail(err, ONR_ENOMEM, "no memory to check %s", path);
    if ((rc = onr_trust_read(onr_set_text(s, "trust"), &t, err)) < 0
        || (rc = onr_file_read(path, &text, err)) < 0 || (rc = onr_codec_new(&codec, err)) < 0
        || (rc = onr_schema_folder_load(codec, s, err)) < 0
        || (rc = look(onr_buf_span(&text), &t, codec, &arena, r, err)) < 0)
        goto out;
    if ((rc = json ? print_json(&out, r) : print_people(&out, r)) < 0)
        rc = onr_fail(err, -rc, "no room for the report");
    else
        rc = onr_fd_write(STDOUT_FILENO, onr_buf_span(&out), "standard output", err);
    if (rc == 0)
        rc = (int) r->verdict;
out:
    onr_codec_free(codec);
    onr_arena_release(&arena);
    onr_buf_release(&text);
    onr_buf_release(&out);
    return rc;
}
