/* consumers/audit/lane.c - one lane read from its beginning (or a trusted head) to its end.
 *
 * Without --signatures a COMMIT's signature and the root in it stand for all records below it. That is enough to call a lane
 * valid. One that is not is read once more with every signature checked, so that the report says which record is to blame.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/file.h"
#include "common/line/lane_feed.h"
#include "common/line/lane_note.h"
#include "common/line/program.h"
#include "consumers/audit/anchor.h"
#include "consumers/audit/audit.h"

#define WAIT_MS 200

void
onr_audit_note(struct onr_audit_lane *l, enum onr_verdict v, const char *name, const char *topic,
               int64_t offset, uint64_t seq, const char *fmt, ...)
{
    struct onr_audit_problem *p;
    va_list args;

    l->verdict = onr_verdict_worse(l->verdict, v);
    if (l->n_problems++ >= ONR_AUDIT_PROBLEMS || !l->problem)
        return;
    p = &l->problem[l->n_problems - 1];
    *p = (struct onr_audit_problem){ .verdict = v, .topic = topic, .offset = offset, .seq = seq };
    snprintf(p->name, sizeof p->name, "%s", name);
    va_start(args, fmt);
    vsnprintf(p->text, sizeof p->text, fmt, args);
    va_end(args);
}

void
onr_audit_lane_release(struct onr_audit_lane *l)
{
    free(l->problem);
    l->problem = NULL;
}

/* What range verification found. Its verdict is asked for at the end, because a gap may still be repaired. */
static void
report(void *ctx, const struct onr_note_found *n)
{
    struct onr_audit_lane *l = ctx;
    enum onr_verdict now = l->verdict;

    onr_audit_note(l, onr_finding_verdict(n->finding), onr_finding_name(n->finding), "lane",
                   n->out_offset, n->seq, "%s", n->text);
    l->verdict = now;
}

struct pass {
    struct onr_audit *a;
    struct onr_audit_lane *l;
    struct onr_head start;
    bool epochs; /* the partition holds lanes of other epochs, too */
    struct onr_arena arena;
    bool cut;      /* the partition does not begin with its first message any more */
    bool anchored; /* the first message must be the COMMIT of the head it starts from */
    struct onr_lane_reader *reader;
    struct onr_audit_inputs *inputs;
    struct onr_audit_letters *letters;
    uint64_t next_seq; /* of the first record whose input was not looked at yet */
    int64_t in_next;   /* inputs before it are those of the records before next_seq */
    uint64_t messages;
};

/* Blocks before position `seq` were never handed out: given up, lost, or taken over further on. Nothing can be said about the
 * inputs up to `in_from` that they were made from. A damaged block may still be repaired. */
static int
skip_inputs(struct pass *p, uint64_t seq, int64_t in_from, struct onr_error *err)
{
    if (!p->inputs || seq <= p->next_seq)
        return 0;
    p->next_seq = seq;
    return onr_audit_inputs_skip(p->inputs, p->in_next, in_from, err);
}

static int
take_block(struct pass *p, const struct onr_range_block *b, struct onr_error *err)
{
    const struct onr_range *range = onr_lane_reader_range(p->reader);
    int rc;

    p->l->commit_time_ms = b->commit.time_ms;
    if (p->inputs && b->commit.commit_no == 0
        && (rc = onr_audit_inputs_answered(
                p->inputs, b->commit.in_from < p->l->answered ? b->commit.in_from : p->l->answered,
                err))
               < 0)
        return rc;
    if (!range->damaged && (rc = skip_inputs(p, b->seq, b->commit.in_from, err)) < 0)
        return rc;
    for (size_t i = 0; i < b->n; i++) {
        const struct onr_range_record *rec = onr_range_at(range, i);

        if (rec->seq < p->next_seq) /* a repair repeats */
            continue;
        p->next_seq = rec->seq + 1;
        if (rec->type == ONR_LEAF_RESULT)
            p->l->results++;
        else
            p->l->rejects++;
        if (p->letters && rec->type == ONR_LEAF_REJECT
            && (rc = onr_audit_letters_check(p->letters, rec, err)) < 0)
            return rc;
        if (p->inputs && (rc = onr_audit_inputs_record(p->inputs, rec, &b->commit, err)) < 0)
            return rc;
    }
    if (p->next_seq == b->seq + b->n)
        p->in_next = b->commit.in_next;
    return 0;
}

/* A COMMIT's signed note is what witnesses see of the lane: it must say of it what the COMMIT says, by the same worker. */
static int
check_note(struct pass *p, const struct onr_message *m, const struct onr_range_block *b,
           struct onr_error *err)
{
    const struct onr_head *head = &onr_lane_reader_range(p->reader)->head;
    struct onr_arena arena = ONR_ARENA_INIT(ONR_MESSAGE_MAX);
    struct onr_lane_message l;
    int rc = onr_lane_message_open(p->a->codec, m, &arena, &l, err);

    if (rc == 0 && l.note.ptr
        && !onr_lane_note_ok(onr_keyring_log(p->a->keyring), l.note, head, b->commit.key_id))
        onr_audit_note(p->l, ONR_VERDICT_INVALID, "note", "lane", m->offset, UINT64_MAX,
                       "the signed note of COMMIT %" PRIu64
                       " is not its worker's, or says something else than the COMMIT",
                       b->commit.commit_no);
    onr_arena_release(&arena);
    return rc;
}

/* Is this a message of another epoch that the key log knows? Then that lane's own audit judges it. */
static int
of_another_epoch(struct pass *p, const struct onr_message *m, bool *ret, struct onr_error *err)
{
    uint8_t id[ONR_SHA256_LEN], of[ONR_SHA256_LEN];
    char origin[ONR_ORIGIN_MAX + 1];
    struct onr_lane_message l;
    struct onr_commit commit;
    struct onr_leaf leaf;
    uint32_t epoch = 0;
    int rc;

    *ret = false;
    onr_arena_reset(&p->arena);
    if ((rc = onr_lane_message_open(p->a->codec, m, &p->arena, &l, err)) < 0)
        return rc;
    if (l.commit && l.readable && onr_commit_decode(l.record.body, &commit, NULL) == 0)
        memcpy(of, commit.lane_id, sizeof of);
    else if (!l.commit && onr_leaf_decode(l.leaf, &leaf, NULL) == 0)
        memcpy(of, leaf.lane_id, sizeof of);
    else
        return 0;
    while ((rc = onr_keyring_next_epoch(p->a->keyring, p->l->partition, &epoch, origin, err)) == 0
           && epoch) {
        onr_lane_id(onr_span_z(origin), id);
        if (memcmp(id, of, sizeof id) == 0) {
            *ret = strcmp(origin, p->l->origin) != 0;
            return 0;
        }
    }
    return rc;
}

static int
take(struct pass *p, const struct onr_message *m, struct onr_error *err)
{
    const struct onr_range_block *block;
    bool other = false;
    int rc;

    if (p->anchored) {
        p->anchored = false;
        if (!onr_lane_reader_is_head(p->a->codec, m, &p->start))
            onr_audit_note(p->l, ONR_VERDICT_MISSING, "head-gone", "lane", m->offset, UINT64_MAX,
                           "the COMMIT of the trusted head is not at offset %" PRId64
                           ": another lane, or one that was cut and written anew",
                           p->start.out_offset);
        return 0;
    }
    if (p->epochs && (rc = of_another_epoch(p, m, &other, err)) < 0)
        return rc;
    if (other)
        return 0;
    if ((rc = onr_lane_feed(p->a->keyring, p->reader, m, &block, err)) < 0 || !block)
        return rc;
    if (p->l->signatures && (rc = check_note(p, m, block, err)) < 0)
        return rc;
    return take_block(p, block, err);
}

static int
read_range(struct pass *p, int64_t from, int64_t to, struct onr_error *err)
{
    struct onr_audit *a = p->a;
    struct onr_topic_range range = { a->broker->settings.topics.name[ONR_TOPIC_ATTRIBUTIONS],
                                     p->l->partition, from, to };
    int64_t quiet_since = onr_now_ms();
    const struct onr_message *m;
    int rc;

    if ((rc = onr_reader_assign(a->lane_reader, &range, 1, err)) < 0)
        return rc;
    while ((rc = onr_reader_next(a->lane_reader, WAIT_MS, &m, err)) != ONR_READ_END) {
        if (rc < 0)
            return rc;
        if (onr_program_stopping())
            return onr_fail(err, ONR_ESTOP, "stopped before the end of the audit");
        if (rc == ONR_READ_WAIT) {
            if (onr_now_ms() - quiet_since > a->broker->settings.timeout_ms)
                return onr_fail(err, ONR_EBROKER, "%s: the broker stopped answering", range.topic);
            continue;
        }
        quiet_since = onr_now_ms();
        if ((rc = take(p, m, err)) < 0)
            return rc;
        a->progress(a->progress_ctx, 1);
    }
    return 0;
}

static int
open_pass(struct pass *p, bool signatures, struct onr_error *err)
{
    struct onr_audit *a = p->a;
    const struct onr_head *expect = a->expect ? onr_head_store_get(a->expect, p->l->origin) : NULL;
    struct onr_lane_reader_spec spec = { .codec = a->codec,
                                         .keylog = onr_keyring_log(a->keyring),
                                         .head = &p->start,
                                         .signatures = signatures,
                                         .hints = true,
                                         .report = report,
                                         .ctx = p->l };
    int rc;

    if ((rc = onr_lane_reader_new(&spec, &p->reader, err)) < 0)
        return rc;
    p->next_seq = p->start.tree.size;
    p->in_next = p->start.started ? p->start.in_next : 0;
    p->l->signatures = signatures;
    p->l->from_size = p->start.tree.size;
    if (p->cut)
        onr_range_cut(onr_lane_reader_range(p->reader));
    if (expect)
        onr_range_expect(onr_lane_reader_range(p->reader), expect->tree.size, expect->root);
    if (!a->inputs)
        return 0;
    if ((rc = onr_audit_letters_open(a, p->l, &p->letters, err)) < 0)
        return rc;
    if (p->l->partition >= a->input_partitions) {
        onr_audit_note(p->l, ONR_VERDICT_MISSING, "no-partition", "input", -1, UINT64_MAX,
                       "the topic of statements has no such partition any more");
        return 0;
    }
    return onr_audit_inputs_open(a, p->l, &p->start, &p->inputs, err);
}

static void
close_pass(struct pass *p)
{
    onr_audit_inputs_close(p->inputs);
    onr_audit_letters_close(p->letters);
    onr_lane_reader_free(p->reader);
    onr_arena_release(&p->arena);
}

static int
finish_pass(struct pass *p, struct onr_error *err)
{
    struct onr_range *range = onr_lane_reader_range(p->reader);
    struct onr_audit_lane *l = p->l;
    enum onr_verdict v;
    int rc;

    if ((rc = onr_lane_reader_finish(p->reader, &v, err)) < 0)
        return rc;
    if (p->anchored)
        onr_audit_note(l, ONR_VERDICT_MISSING, "head-gone", "lane", p->start.out_offset, UINT64_MAX,
                       "the COMMIT of the trusted head is gone");
    l->verdict = onr_verdict_worse(l->verdict, v);
    l->head = range->head;
    l->records = range->n_records;
    l->commits = range->n_commits;
    l->heartbeats = range->n_heartbeats;
    l->torn = range->counts[ONR_FOUND_TORN];
    l->foreign = range->counts[ONR_FOUND_FOREIGN];
    memcpy(l->refused, onr_lane_reader_refused(p->reader), sizeof l->refused);
    if (l->head.started)
        rc = skip_inputs(p, l->head.tree.size, l->head.in_next, err);
    if (rc == 0 && p->inputs)
        rc = onr_audit_inputs_finish(p->inputs, range->head.started ? range->head.in_next : 0, err);
    if (rc == 0 && l->superseded && l->head.started && !l->head.sealed)
        onr_audit_note(l, ONR_VERDICT_NOT_COVERED, "not-sealed", "lane", l->head.out_offset,
                       l->head.tree.size,
                       "the key log has a later epoch, but no COMMIT seals this one: nothing says "
                       "that it ended here");
    if (!l->head.started && !p->cut)
        onr_audit_note(l, ONR_VERDICT_VALID, "empty", "lane", -1, UINT64_MAX,
                       "the lane has no COMMIT yet: there is nothing to verify");
    return rc;
}

/* At the lane's beginning; where that is not kept any more, at the first COMMIT that a witness cosigned. */
static int
begin_lane(struct pass *p, int64_t low, int64_t end, int64_t *ret_from, struct onr_error *err)
{
    int rc = onr_head_init(&p->start, onr_span_z(p->l->origin), err);

    if (rc < 0 || low == 0)
        return rc;
    rc = onr_audit_anchor(p->a, p->l, low, end, &p->start, &p->anchored, err);
    if (p->anchored)
        *ret_from = p->start.out_offset;
    return rc;
}

/* Where to begin, and what that already says. */
static int
begin(struct pass *p, int64_t *ret_from, int64_t *ret_end, struct onr_error *err)
{
    struct onr_audit *a = p->a;
    const struct onr_head *head = a->begin ? onr_head_store_get(a->begin, p->l->origin) : NULL;
    int64_t low;
    int rc;

    rc = onr_reader_bounds(a->lane_reader, a->broker->settings.topics.name[ONR_TOPIC_ATTRIBUTIONS],
                           p->l->partition, a->broker->settings.timeout_ms, &low, ret_end, err);
    if (rc < 0)
        return rc;
    *ret_from = low;
    p->cut = low > 0;
    if (!head)
        return begin_lane(p, low, *ret_end, ret_from, err);
    p->start = *head;
    p->anchored = low <= head->out_offset;
    if (p->anchored)
        *ret_from = head->out_offset;
    if (*ret_end <= head->out_offset)
        onr_audit_note(p->l, ONR_VERDICT_MISSING, "short", "lane", *ret_end, head->tree.size,
                       "the topic ends at offset %" PRId64 ", the trusted head of %" PRIu64
                       " records stood at %" PRId64 ": its end was cut off",
                       *ret_end, head->tree.size, head->out_offset);
    return 0;
}

/* Does the partition hold more than one lane that the key log knows? */
static int
look_for_epochs(struct pass *p, struct onr_error *err)
{
    char origin[ONR_ORIGIN_MAX + 1];
    uint32_t epoch = 0;
    int rc;

    rc = onr_keyring_next_epoch(p->a->keyring, p->l->partition, &epoch, origin, err);
    if (rc == 0 && epoch)
        rc = onr_keyring_next_epoch(p->a->keyring, p->l->partition, &epoch, origin, err);
    p->epochs = epoch > 0;
    return rc;
}

static int
one_pass(struct onr_audit *a, bool signatures, struct onr_audit_lane *l, struct onr_error *err)
{
    struct pass p = { .a = a, .l = l, .arena = ONR_ARENA_INIT(ONR_MESSAGE_MAX) };
    int64_t from, end;
    int rc;

    if ((rc = look_for_epochs(&p, err)) < 0 || (rc = begin(&p, &from, &end, err)) < 0)
        return rc;
    if ((rc = open_pass(&p, signatures, err)) == 0 && (rc = read_range(&p, from, end, err)) == 0)
        rc = finish_pass(&p, err);
    close_pass(&p);
    return rc;
}

int
onr_audit_lane_init(struct onr_audit_lane *ret, int32_t partition, const char *origin,
                    struct onr_error *err)
{
    *ret = (struct onr_audit_lane){ .partition = partition };
    snprintf(ret->origin, sizeof ret->origin, "%s", origin);
    ret->problem = calloc(ONR_AUDIT_PROBLEMS, sizeof *ret->problem);
    return ret->problem ? 0 : onr_fail(err, ONR_ENOMEM, "no memory for what an audit finds");
}

int
onr_audit_lane(struct onr_audit *a, struct onr_audit_lane *l, struct onr_error *err)
{
    struct onr_audit_lane fresh = *l; /* as it is before anything was found */
    int rc;

    if (l->partition >= a->partitions) {
        onr_audit_note(l, ONR_VERDICT_MISSING, "no-partition", "lane", -1, UINT64_MAX,
                       "the topic of attributions has %d partitions: this lane is not there",
                       (int) a->partitions);
        return 0;
    }
    rc = one_pass(a, a->signatures, l, err);
    if (rc == 0 && !a->signatures && l->verdict != ONR_VERDICT_VALID
        && l->verdict != ONR_VERDICT_NOT_COVERED) {
        *l = fresh;
        rc = one_pass(a, true, l, err);
    }
    return rc;
}
