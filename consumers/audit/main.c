/* consumers/audit/main.c - `onrecord audit`: is a lane whole, unchanged, and what the model says? See audit.h. */
#include <stdio.h>
#include <stdlib.h>

#include "common/line/config_hash.h"
#include "common/line/model_choice.h"
#include "common/line/program.h"
#include "common/line/schema_folder.h"
#include "consumers/audit/audit.h"
#include "consumers/audit/evidence.h"

static const struct onr_setting settings[] = {
    { .name = "", .type = ONR_SET_GROUP, .help = "Audit" },
    { .name = "partition",
      .type = ONR_SET_TEXT,
      .arg = "N",
      .fallback = "all",
      .help = "audit this partition's lane only" },
    { .name = "signatures",
      .type = ONR_SET_FLAG,
      .help = "check signature and key of every record, not only of COMMITs and roots" },
    { .name = "inputs",
      .type = ONR_SET_FLAG,
      .help = "read the statements too: each has one outcome made from its bytes, articles are "
              "complete and join to their body, dead letters are there" },
    { .name = "rerun",
      .type = ONR_SET_FLAG,
      .help = "classify every statement again and compare records and roots (implies --inputs)" },
    { .name = "from-head",
      .type = ONR_SET_TEXT,
      .arg = "FILE",
      .help = "begin behind the heads in this file instead of at the lanes' beginning" },
    { .name = "expect",
      .type = ONR_SET_TEXT,
      .arg = "FILE",
      .help = "the lanes must reach and agree with the heads in this file" },
    { .name = "head",
      .type = ONR_SET_TEXT,
      .arg = "FILE",
      .help = "when valid, write the verified heads to this file" },
    { .name = "json", .type = ONR_SET_FLAG, .help = "report as one JSON object" },
    { .name = "", .type = ONR_SET_GROUP, .help = "Evidence" },
    { .name = "prove",
      .type = ONR_SET_TEXT,
      .arg = "ARTICLE",
      .help = "write the answer to statement INDEX (counted from 0) of this article, its input and "
              "all that proves it to the file of --out; of several versions the last one" },
    { .name = "out",
      .letter = 'o',
      .type = ONR_SET_TEXT,
      .arg = "FILE",
      .help = "file of --prove" },
    { .name = "check",
      .type = ONR_SET_TEXT,
      .arg = "FILE",
      .help = "check such a file by the trust file; needs no broker" },
    { .name = "consistent",
      .type = ONR_SET_TEXT,
      .arg = "OLD",
      .help = "are the heads in the file OLD the beginning of those in NEW? Needs no broker where "
              "they contradict each other or are equal, else reads the lanes between them" },
    { .name = NULL },
};

static const struct onr_setting *const tables[] = { onr_settings_kafka_common, onr_settings_schemas,
                                                    onr_settings_model, settings, NULL };

static const struct onr_program program = {
    .verb = "audit",
    .summary = "prove that nothing was lost, added, changed or reordered",
    .usage = "[OPTIONS] [--prove ARTICLE INDEX --out FILE | --check FILE | --consistent OLD NEW]",
    .description
    = "Reads the lanes of the topic of attributions from their beginning (or a trusted head) to "
      "their end, and checks that every COMMIT is signed, follows the one before it, and that the "
      "records below it hash to the root it signed. More is checked on request. A cut-off end "
      "looks like the end: only a head known from elsewhere (--expect, --from-head) shows it.\n"
      "\n"
      "Exit codes: 0 valid; 3 invalid: bytes, signature, key, root or re-run disagree; 4 gap: "
      "records between two COMMITs, statements of an article or dead letters are not there; 5 "
      "missing: shorter than a trusted head, or the beginning is gone; 6 not covered: there is "
      "nothing trusted to compare with.",
    .examples = "  onrecord audit --brokers localhost:9092 --trust trust.txt\n"
                "  onrecord audit --brokers localhost:9092 --trust trust.txt --signatures --rerun "
                "--json\n"
                "  onrecord audit --brokers localhost:9092 --trust trust.txt --prove "
                "https://news.example/a1 3 --out a1-3.evidence\n"
                "  onrecord audit --trust trust.txt --check a1-3.evidence\n",
    .tables = tables,
    .kafka = true,
};

struct audit_run {
    struct onr_audit audit;
    struct onr_broker broker;
    struct onr_chosen chosen;
    struct onr_head_store *begin, *expect;
    struct onr_audit_lanes lanes;
    struct onr_progress progress;
};

static void
progress(void *ctx, uint64_t messages)
{
    struct onr_progress *p = ctx;

    p->done += messages;
    if (p->done % 1024 == 0)
        onr_progress_step(p, p->done);
}

static int
read_partition(const struct onr_settings *s, int32_t n, int32_t *ret_only, struct onr_error *err)
{
    const char *text = onr_set_text(s, "partition");
    unsigned long long p;

    *ret_only = -1;
    if (strcmp(text, "all") == 0)
        return 0;
    if (onr_span_u64(onr_span_z(text), &p) < 0)
        return onr_fail(err, ONR_EUSAGE, "%s: \"%s\" is neither a partition's number nor \"all\"",
                        onr_set_where(s, "partition"), text);
    if (p >= (unsigned long long) n)
        return onr_fail(err, ONR_ECONFIG, "%s: the topic has %d partitions, there is no %llu",
                        onr_set_where(s, "partition"), (int) n, p);
    *ret_only = (int32_t) p;
    return 0;
}

static int
read_heads(const char *where, const char *path, struct onr_head_store **ret, struct onr_error *err)
{
    struct onr_head_store *heads;
    int rc;

    if ((rc = onr_head_store_new(&heads, err)) < 0)
        return rc;
    if ((rc = onr_head_store_load(heads, path, err)) < 0) {
        onr_head_store_free(heads);
        return rc == -ONR_ENOTFOUND
                   ? onr_fail(err, ONR_ECONFIG, "%s: there is no file %s", where, path)
                   : rc;
    }
    *ret = heads;
    return 0;
}

static int
load_heads(const struct onr_settings *s, const char *name, struct onr_head_store **ret,
           struct onr_error *err)
{
    return onr_set_is(s, name) && !*ret
               ? read_heads(onr_set_where(s, name), onr_set_text(s, name), ret, err)
               : 0;
}

static int
open_all(struct audit_run *r, const struct onr_settings *s, struct onr_error *err)
{
    struct onr_audit *a = &r->audit;
    int rc;

    a->broker = &r->broker;
    a->signatures = onr_set_flag(s, "signatures");
    a->inputs = onr_set_flag(s, "inputs") || onr_set_flag(s, "rerun");
    a->progress = progress;
    a->progress_ctx = &r->progress;
    if ((rc = onr_broker_init(&r->broker, s, "audit", err)) < 0
        || (rc = load_heads(s, "from-head", &r->begin, err)) < 0
        || (rc = load_heads(s, "expect", &r->expect, err)) < 0
        || (rc = onr_codec_new(&a->codec, err)) < 0
        || (rc = onr_schema_folder_load(a->codec, s, err)) < 0)
        return rc;
    a->begin = r->begin;
    a->expect = r->expect;
    if (onr_set_flag(s, "rerun")
        && ((rc = onr_model_choose(s, &r->chosen, err)) < 0
            || (rc = onr_outcome_maker_new(a->codec, r->chosen.model, &a->maker, err)) < 0))
        return rc;
    if (a->maker)
        onr_line_config_hash(a->codec, r->chosen.model, r->chosen.people, a->config_hash);
    if ((rc = onr_reader_open(&r->broker.kafka, false, &a->lane_reader, err)) < 0)
        return rc;
    if (a->inputs && (rc = onr_reader_open(&r->broker.kafka, false, &a->input_reader, err)) < 0)
        return rc;
    if ((rc = onr_keyring_open(&r->broker, onr_set_text(s, "trust"), &a->keyring, err)) < 0)
        return rc;
    if (r->begin
        && (rc = onr_keyring_reaches(a->keyring, r->begin, onr_set_text(s, "from-head"), err)) < 0)
        return rc;
    return r->expect ? onr_keyring_reaches(a->keyring, r->expect, onr_set_text(s, "expect"), err)
                     : 0;
}

static void
close_all(struct audit_run *r)
{
    onr_audit_lanes_release(&r->lanes);
    onr_keyring_close(r->audit.keyring);
    onr_reader_close(r->audit.input_reader);
    onr_reader_close(r->audit.lane_reader);
    onr_outcome_maker_free(r->audit.maker);
    onr_chosen_release(&r->chosen);
    onr_codec_free(r->audit.codec);
    onr_head_store_free(r->begin);
    onr_head_store_free(r->expect);
}

static int
audit_lanes(struct audit_run *r, const struct onr_settings *s, struct onr_error *err)
{
    int32_t only, n;
    int rc;

    if ((rc = onr_audit_partitions(&r->audit, &n, err)) < 0
        || (rc = read_partition(s, n, &only, err)) < 0)
        return rc;
    onr_progress_begin(&r->progress, "messages", 0);
    rc = onr_audit_lanes(&r->audit, n, only, &r->lanes, err);
    onr_progress_end(&r->progress);
    return rc;
}

static int
write_heads(const struct audit_run *r, const char *path, struct onr_error *err)
{
    struct onr_head_store *heads;
    int rc;

    if ((rc = onr_head_store_new(&heads, err)) < 0)
        return rc;
    for (size_t i = 0; i < r->lanes.n && rc == 0; i++)
        if (r->lanes.lane[i].head.started)
            rc = onr_head_store_put(heads, &r->lanes.lane[i].head, err);
    onr_keyring_keep(r->audit.keyring, heads);
    if (rc == 0)
        rc = onr_head_store_save(heads, path, err);
    onr_head_store_free(heads);
    return rc;
}

static int
finish(struct audit_run *r, const struct onr_settings *s, struct onr_error *err)
{
    struct onr_audit_report report = {
        .audit = &r->audit, .lane = r->lanes.lane, .n = r->lanes.n, .verdict = ONR_VERDICT_VALID
    };
    int rc;

    for (size_t i = 0; i < r->lanes.n; i++)
        report.verdict = onr_verdict_worse(report.verdict, r->lanes.lane[i].verdict);
    rc = onr_set_flag(s, "json") ? onr_audit_print_json(&report, err)
                                 : onr_audit_print(&report, err);
    if (rc == 0 && report.verdict == ONR_VERDICT_VALID && onr_set_is(s, "head"))
        rc = write_heads(r, onr_set_text(s, "head"), err);
    return rc < 0 ? rc : (int) report.verdict;
}

/* Evidence for one answer instead of an audit. */
static int
prove(struct audit_run *r, const struct onr_settings *s, struct onr_error *err)
{
    const char *topic = r->broker.settings.topics.name[ONR_TOPIC_ATTRIBUTIONS];
    struct onr_audit_claim claim = { .article = onr_set_text(s, "prove"),
                                     .out = onr_set_text(s, "out") };
    unsigned long long index;
    int32_t n, only;
    int rc;

    if (!claim.out)
        return onr_fail(err, ONR_EUSAGE, "--prove writes a file: say which with --out FILE");
    if (onr_span_u64(onr_span_z(onr_settings_arg(s, 0)), &index) < 0 || index > INT32_MAX)
        return onr_fail(err, ONR_EUSAGE, "\"%s\" is not the number of a statement",
                        onr_settings_arg(s, 0));
    claim.index = (int32_t) index;
    if ((rc = open_all(r, s, err)) < 0
        || (rc = onr_broker_wait(&r->broker, r->audit.lane_reader, topic, &n, err)) < 0
        || (rc = read_partition(s, n, &only, err)) < 0)
        return rc;
    return onr_audit_prove(&r->audit, only < 0 ? 0 : only, only < 0 ? n : 1, &claim, err);
}

/* Two files of heads: decided at once, or an audit from the old heads to the new ones. */
static int
consistent(struct audit_run *r, const struct onr_settings *s, bool *ret_decided,
           struct onr_error *err)
{
    enum onr_verdict v;
    int rc;

    *ret_decided = false;
    if (onr_set_is(s, "from-head") || onr_set_is(s, "expect"))
        return onr_fail(err, ONR_EUSAGE,
                        "--consistent goes from OLD to NEW: no --from-head, no --expect");
    if ((rc = read_heads(onr_set_where(s, "consistent"), onr_set_text(s, "consistent"), &r->begin,
                         err))
            < 0
        || (rc = read_heads("--consistent OLD NEW", onr_settings_arg(s, 0), &r->expect, err)) < 0)
        return rc;
    *ret_decided = onr_audit_consistent(r->begin, r->expect, &v);
    return *ret_decided ? (int) v : 0;
}

static int
check_usage(const struct onr_settings *s, struct onr_error *err)
{
    bool prove_it = onr_set_is(s, "prove"), consistent = onr_set_is(s, "consistent");
    size_t args = prove_it || consistent ? 1 : 0;

    if (prove_it + consistent + onr_set_is(s, "check") > 1)
        return onr_fail(err, ONR_EUSAGE, "--prove, --check and --consistent exclude each other");
    if (onr_settings_argc(s) > args)
        return onr_fail(err, ONR_EUSAGE, "audit takes no arguments here, but got \"%s\"",
                        onr_settings_arg(s, args));
    if (onr_settings_argc(s) < args)
        return onr_fail(err, ONR_EUSAGE, "%s",
                        prove_it ? "which statement? --prove ARTICLE INDEX"
                                 : "two files of heads are compared: --consistent OLD NEW");
    return 0;
}

static int
run(const struct onr_settings *s, struct onr_error *err)
{
    struct audit_run r = { .lanes = { .n = 0 } };
    bool decided;
    int rc;

    if ((rc = check_usage(s, err)) < 0)
        return rc;
    if (!onr_set_is(s, "trust")) {
        onr_fail(err, ONR_EUSAGE,
                 "there is nothing trusted to compare with: give the trust file with --trust FILE");
        return ONR_VERDICT_NOT_COVERED;
    }
    if (onr_set_is(s, "check"))
        return onr_audit_check(s, err);
    if (onr_set_is(s, "prove")) {
        rc = prove(&r, s, err);
        close_all(&r);
        return rc;
    }
    if (onr_set_is(s, "consistent") && ((rc = consistent(&r, s, &decided, err)) < 0 || decided))
        goto out;
    rc = open_all(&r, s, err);
    if (rc == 0)
        rc = audit_lanes(&r, s, err);
    if (rc == 0)
        rc = finish(&r, s, err);
out:
    close_all(&r);
    return rc;
}

int
main(int argc, char **argv)
{
    return onr_program_main(&program, run, argc, argv);
}
