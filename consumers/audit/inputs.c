/* consumers/audit/inputs.c - the inputs beside the lane: each visible one has exactly one outcome, made from its bytes.
 *
 * Both run forward together: the lane names input offsets in order, the input topic shows what is visible. With a model, every
 * input is classified again and put into a tree of our own, numbered by what is visible and not by what the lane says, so its
 * root is the one of an undisturbed run.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "common/base/file.h"
#include "common/line/program.h"
#include "consumers/audit/audit.h"

#define WAIT_MS         200
#define STATEMENT_ARENA ((size_t) 8 * 1024 * 1024) /* one statement decoded */

struct onr_audit_inputs {
    struct onr_audit *a;
    struct onr_audit_lane *lane;
    struct onr_audit_articles *articles;
    struct onr_arena arena;
    int64_t low, end;
    const struct onr_message *at; /* next input not yet dealt with; NULL at the end */
    struct onr_frontier tree;     /* of our own outcomes */
    bool whole;                   /* no input is missing from it, and none was passed over */
    bool other_config;            /* the record at hand was made under another configuration */
    bool other_config_noted;
    uint8_t lane_id[ONR_SHA256_LEN];
};

static int
next(struct onr_audit_inputs *in, struct onr_error *err)
{
    int64_t quiet_since = onr_now_ms();
    int rc;

    in->at = NULL;
    while ((rc = onr_reader_next(in->a->input_reader, WAIT_MS, &in->at, err)) == ONR_READ_WAIT) {
        if (onr_program_stopping())
            return onr_fail(err, ONR_ESTOP, "stopped before the end of the audit");
        if (onr_now_ms() - quiet_since > in->a->broker->settings.timeout_ms)
            return onr_fail(err, ONR_EBROKER, "the broker stopped answering");
    }
    if (rc == ONR_READ_END)
        in->at = NULL;
    return rc < 0 ? rc : 0;
}

/* Behind a head, articles may be open: what lies before it is read for their first statements. */
static int
begin_reading(struct onr_audit_inputs *in, const struct onr_head *head, struct onr_error *err)
{
    const struct onr_broker *b = in->a->broker;
    struct onr_topic_range range = { b->settings.topics.name[ONR_TOPIC_STATEMENTS],
                                     in->lane->partition, 0, 0 };
    int rc;

    rc = onr_reader_bounds(in->a->input_reader, range.topic, range.partition,
                           b->settings.timeout_ms, &in->low, &in->end, err);
    if (rc < 0)
        return rc;
    range.from = in->low;
    if (head->started && head->in_next - ONR_STATEMENTS_MAX > in->low)
        range.from = head->in_next - ONR_STATEMENTS_MAX;
    if (range.from > in->end)
        range.from = in->end;
    range.to = in->end;
    if ((rc = onr_reader_assign(in->a->input_reader, &range, 1, err)) < 0
        || (rc = onr_audit_articles_new(in->lane, range.from, &in->articles, err)) < 0
        || (rc = next(in, err)) < 0 || !head->started)
        return rc;
    onr_audit_articles_quiet(in->articles, true);
    rc = onr_audit_inputs_answered(in, head->in_next, err);
    onr_audit_articles_quiet(in->articles, false);
    return rc;
}

int
onr_audit_inputs_open(struct onr_audit *a, struct onr_audit_lane *l, const struct onr_head *head,
                      struct onr_audit_inputs **ret, struct onr_error *err)
{
    struct onr_audit_inputs *in = calloc(1, sizeof *in);
    int rc;

    if (!in)
        return onr_fail(err, ONR_ENOMEM, "no memory for reading inputs");
    in->a = a;
    in->lane = l;
    in->arena = (struct onr_arena) ONR_ARENA_INIT(STATEMENT_ARENA);
    in->whole = true;
    onr_frontier_copy(&in->tree, &head->tree);
    onr_lane_id(onr_span_z(l->origin), in->lane_id);
    if ((rc = begin_reading(in, head, err)) < 0) {
        onr_audit_inputs_close(in);
        return rc;
    }
    *ret = in;
    return 0;
}

void
onr_audit_inputs_close(struct onr_audit_inputs *in)
{
    if (!in)
        return;
    onr_audit_articles_free(in->articles);
    onr_arena_release(&in->arena);
    free(in);
}

/* The input as a part of its article. What cannot be decoded was rejected, and is in no article. */
static int
take_statement(struct onr_audit_inputs *in, struct onr_error *err)
{
    enum onr_record_type type;
    struct onr_statement s;
    struct onr_span payload;
    uint32_t id;
    int rc;

    onr_arena_reset(&in->arena);
    if (onr_frame_open(in->a->codec, in->at->value, &id, &type, &payload, NULL) < 0
        || type != ONR_REC_STATEMENT)
        return 0;
    rc = onr_statement_decode(in->a->codec, id, payload, &in->arena, &s, NULL, NULL);
    if (rc == -ONR_ENOMEM)
        return onr_fail(err, ONR_ENOMEM, "no memory to look into a statement");
    return rc < 0 ? 0 : onr_audit_articles_take(in->articles, &s, in->at->offset, err);
}

/* Hash of the leaf that this outcome of the input has at position seq. */
static void
leaf_hash(const struct onr_audit_inputs *in, const struct onr_outcome *o, uint64_t seq,
          uint8_t ret[ONR_SHA256_LEN])
{
    struct onr_leaf leaf = { .type = o->rejected ? ONR_LEAF_REJECT : ONR_LEAF_RESULT,
                             .payload_len = (uint32_t) o->payload.len,
                             .seq = seq,
                             .in_offset = in->at->offset };
    uint8_t bytes[ONR_LEAF_LEN];

    memcpy(leaf.lane_id, in->lane_id, sizeof leaf.lane_id);
    memcpy(leaf.schema_fp, o->schema_fp, sizeof leaf.schema_fp);
    onr_input_hash(in->at->key, in->at->value, leaf.in_hash);
    onr_sha256(o->payload.ptr, o->payload.len, leaf.payload_hash);
    onr_leaf_encode(&leaf, bytes);
    onr_leaf_hash(bytes, ret);
}

/* Classify the input again; compare with the lane's leaf, if it has one for it. */
static int
rerun(struct onr_audit_inputs *in, const struct onr_range_record *rec, struct onr_error *err)
{
    struct onr_error why = ONR_ERROR_INIT;
    uint8_t hash[ONR_SHA256_LEN];
    struct onr_outcome o;
    int rc = onr_outcome_make(in->a->maker, in->at->value, &o, &why);

    if (rc == -ONR_ENOTFOUND) {
        in->whole = false;
        onr_audit_note(in->lane, ONR_VERDICT_NOT_COVERED, "rerun-schema", "input", in->at->offset,
                       UINT64_MAX, "cannot be classified again: %s", why.text);
        return 0;
    }
    if (rc < 0)
        return onr_fail(err, why.code, "classifying input offset %" PRId64 " again: %s",
                        in->at->offset, why.text);
    leaf_hash(in, &o, in->tree.size, hash);
    if (onr_frontier_append(&in->tree, hash) < 0)
        return onr_fail(err, ONR_ELIMIT, "more inputs than a tree can hold");
    in->lane->rerun++;
    if (!rec)
        return 0;
    if (rec->seq
        != in->tree.size - 1) /* after a lost input: the root differs, this record need not */
        leaf_hash(in, &o, rec->seq, hash);
    if (memcmp(hash, rec->leaf, sizeof hash) != 0) {
        in->lane->rerun_differs++;
        onr_audit_note(in->lane, in->other_config ? ONR_VERDICT_NOT_COVERED : ONR_VERDICT_INVALID,
                       "rerun-differs", "lane", rec->out_offset, rec->seq,
                       "the model here gives another outcome for input offset %" PRId64
                       " than the one signed at position %" PRIu64,
                       in->at->offset, rec->seq);
    }
    return 0;
}

static int
consume(struct onr_audit_inputs *in, const struct onr_range_record *rec, struct onr_error *err)
{
    int rc;

    if ((in->a->maker && (rc = rerun(in, rec, err)) < 0) || (rc = take_statement(in, err)) < 0)
        return rc;
    return next(in, err);
}

/* Visible inputs before `to` that the lane says nothing about. */
static int
lost_until(struct onr_audit_inputs *in, int64_t to, struct onr_error *err)
{
    int rc;

    while (in->at && in->at->offset < to) {
        onr_audit_note(in->lane, ONR_VERDICT_INVALID, "input-lost", "input", in->at->offset,
                       UINT64_MAX, "input offset %" PRId64 " has no outcome in the lane",
                       in->at->offset);
        if ((rc = consume(in, NULL, err)) < 0)
            return rc;
    }
    return 0;
}

/* A model can only be held to what it was: under another configuration than ours, another answer proves nothing. */
static void
look_at_config(struct onr_audit_inputs *in, const struct onr_commit *commit)
{
    in->other_config = memcmp(commit->config_hash, in->a->config_hash, ONR_SHA256_LEN) != 0;
    if (!in->other_config || in->other_config_noted)
        return;
    in->other_config_noted = true;
    onr_audit_note(
        in->lane, ONR_VERDICT_NOT_COVERED, "rerun-config", "lane", -1, commit->size_before,
        "from position %" PRIu64
        " on the lane was made with another model, register of people, rules or limits than those "
        "here: run the audit with that release, --model and --register",
        commit->size_before);
}

int
onr_audit_inputs_record(struct onr_audit_inputs *in, const struct onr_range_record *rec,
                        const struct onr_commit *commit, struct onr_error *err)
{
    uint8_t hash[ONR_SHA256_LEN];
    int rc;

    if (in->a->maker)
        look_at_config(in, commit);
    if ((rc = lost_until(in, rec->in_offset, err)) < 0)
        return rc;
    if (!in->at || in->at->offset != rec->in_offset) {
        bool expired = rec->in_offset < in->low;

        in->whole = false;
        onr_audit_note(in->lane, expired ? ONR_VERDICT_NOT_COVERED : ONR_VERDICT_INVALID,
                       expired ? "input-expired" : "input-unknown", "lane", rec->out_offset,
                       rec->seq,
                       expired ? "made from input offset %" PRId64 ", which is not kept any more"
                               : "made from input offset %" PRId64 ", where no input is",
                       rec->in_offset);
        return 0;
    }
    onr_input_hash(in->at->key, in->at->value, hash);
    if (memcmp(hash, rec->in_hash, sizeof hash) == 0)
        in->lane->inputs++;
    else
        onr_audit_note(in->lane, ONR_VERDICT_INVALID, "input-changed", "lane", rec->out_offset,
                       rec->seq, "input offset %" PRId64 " is not what it was made from",
                       rec->in_offset);
    return consume(in, rec, err);
}

int
onr_audit_inputs_answered(struct onr_audit_inputs *in, int64_t to, struct onr_error *err)
{
    int rc = 0;

    while (rc == 0 && in->at && in->at->offset < to)
        if ((rc = take_statement(in, err)) == 0)
            rc = next(in, err);
    return rc;
}

int
onr_audit_inputs_skip(struct onr_audit_inputs *in, int64_t judged, int64_t to,
                      struct onr_error *err)
{
    int rc = lost_until(in, judged, err);

    in->whole = false;
    while (rc == 0 && in->at && in->at->offset < to) {
        in->lane->inputs_skipped++;
        if ((rc = take_statement(in, err)) == 0)
            rc = next(in, err);
    }
    return rc;
}

int
onr_audit_inputs_finish(struct onr_audit_inputs *in, int64_t in_next, struct onr_error *err)
{
    struct onr_audit_lane *l = in->lane;
    int rc;

    if ((rc = lost_until(in, in_next, err)) < 0)
        return rc;
    if (in_next > in->end)
        onr_audit_note(l, ONR_VERDICT_MISSING, "input-short", "input", in->end, UINT64_MAX,
                       "the lane has read its input up to offset %" PRId64
                       ", but the topic ends at %" PRId64 ": its end was cut off",
                       in_next, in->end);
    l->has_expected_root = in->a->maker && in->whole;
    if (l->has_expected_root) {
        onr_frontier_root(&in->tree, l->expected_root);
        l->expected_size = in->tree.size;
    }
    if (l->superseded) /* what comes then is the next epoch's */
        return 0;
    while (in->at) {
        l->inputs_waiting++;
        if ((rc = take_statement(in, err)) < 0 || (rc = next(in, err)) < 0)
            return rc;
    }
    onr_audit_articles_finish(in->articles);
    return 0;
}
