/* common/stmtlog/range.c - data records, notes and the end of a range; COMMITs are in range_commit.c. See range.h.
 *
 * Records are kept in a ring indexed by position: one place for each of the next ONR_BLOCK_LEAVES positions, however often
 * torn attempts wrote them. A place is stale when its position lies before the head, so nothing is ever cleared.
 */
#include "common/stmtlog/range.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/stmtlog/range_in.h"

#define FIRST_CAP 64

static const struct {
    const char *name;
    enum onr_verdict verdict;
} findings[ONR_FINDINGS] = {
    [ONR_FOUND_FOREIGN] = { "foreign", ONR_VERDICT_VALID },
    [ONR_FOUND_TORN] = { "torn", ONR_VERDICT_VALID },
    [ONR_FOUND_REPAIRED] = { "repaired", ONR_VERDICT_VALID },
    [ONR_FOUND_NO_ANCHOR] = { "no-anchor", ONR_VERDICT_NOT_COVERED },
    [ONR_FOUND_RETENTION] = { "retention", ONR_VERDICT_VALID },
    [ONR_FOUND_NO_GENESIS] = { "no-genesis", ONR_VERDICT_INVALID },
    [ONR_FOUND_NO_BEGINNING] = { "no-beginning", ONR_VERDICT_MISSING },
    [ONR_FOUND_SHORT] = { "short", ONR_VERDICT_MISSING },
    [ONR_FOUND_COMMIT_GAP] = { "commit-gap", ONR_VERDICT_GAP },
    [ONR_FOUND_RECORD_GAP] = { "record-gap", ONR_VERDICT_GAP },
    [ONR_FOUND_CHANGED] = { "changed", ONR_VERDICT_INVALID },
    [ONR_FOUND_REPLAY] = { "replay", ONR_VERDICT_INVALID },
    [ONR_FOUND_EQUIVOCATION] = { "equivocation", ONR_VERDICT_INVALID },
    [ONR_FOUND_ORDER] = { "order", ONR_VERDICT_INVALID },
    [ONR_FOUND_CHAIN] = { "chain", ONR_VERDICT_INVALID },
    [ONR_FOUND_ROOT] = { "root", ONR_VERDICT_INVALID },
    [ONR_FOUND_HEAD] = { "head", ONR_VERDICT_INVALID },
    [ONR_FOUND_INPUT] = { "input", ONR_VERDICT_INVALID },
    [ONR_FOUND_CONFIG] = { "config", ONR_VERDICT_INVALID },
    [ONR_FOUND_SEALED] = { "sealed", ONR_VERDICT_INVALID },
};

const char *
onr_verdict_name(enum onr_verdict v)
{
    switch (v) {
    case ONR_VERDICT_VALID:
        return "valid";
    case ONR_VERDICT_INVALID:
        return "invalid";
    case ONR_VERDICT_GAP:
        return "gap";
    case ONR_VERDICT_MISSING:
        return "missing";
    case ONR_VERDICT_NOT_COVERED:
        return "not covered";
    }
    return "unknown";
}

static int
badness(enum onr_verdict v)
{
    switch (v) {
    case ONR_VERDICT_VALID:
        return 0;
    case ONR_VERDICT_NOT_COVERED:
        return 1;
    case ONR_VERDICT_GAP:
        return 2;
    case ONR_VERDICT_MISSING:
        return 3;
    case ONR_VERDICT_INVALID:
        return 4;
    }
    return 5;
}

enum onr_verdict
onr_verdict_worse(enum onr_verdict a, enum onr_verdict b)
{
    return badness(a) >= badness(b) ? a : b;
}

const char *
onr_finding_name(enum onr_finding f)
{
    return (unsigned) f < ONR_FINDINGS ? findings[f].name : "unknown";
}

enum onr_verdict
onr_finding_verdict(enum onr_finding f)
{
    return (unsigned) f < ONR_FINDINGS ? findings[f].verdict : ONR_VERDICT_INVALID;
}

void
onr_range_init(struct onr_range *r, const struct onr_head *head, const struct onr_keylog *keylog,
               onr_range_report *report, void *ctx)
{
    memset(r, 0, sizeof *r);
    r->head = *head;
    onr_lane_id(onr_span_z(head->origin), r->lane_id);
    r->keylog = keylog;
    r->report = report;
    r->ctx = ctx;
    r->verdict = ONR_VERDICT_VALID;
}

void
onr_range_anywhere(struct onr_range *r)
{
    r->anywhere = true;
}

void
onr_range_cut(struct onr_range *r)
{
    r->cut = true;
}

void
onr_range_expect(struct onr_range *r, uint64_t size, const uint8_t root[ONR_SHA256_LEN])
{
    r->has_expected = size
                      >= r->head.tree.size; /* an older head says nothing about what is to come */
    r->expected_size = size;
    memcpy(r->expected_root, root, ONR_SHA256_LEN);
    if (size == r->head.tree.size && r->head.started
        && memcmp(root, r->head.root, ONR_SHA256_LEN) != 0)
        onr_range_found(
            r, ONR_FOUND_HEAD, r->head.out_offset, ONR_NO_SEQ, ONR_CHECK_OK,
            "of %" PRIu64 " records there are two trees: the trusted head's and this one", size);
}

void
onr_range_release(struct onr_range *r)
{
    free(r->slot);
    free(r->again);
    memset(r, 0, sizeof *r);
}

void
onr_range_found(struct onr_range *r, enum onr_finding f, int64_t out_offset, uint64_t seq,
                enum onr_check check, const char *fmt, ...)
{
    struct onr_note_found note = { f, out_offset, seq, check, "" };
    va_list ap;

    r->counts[f]++;
    if (f != ONR_FOUND_RECORD_GAP) /* a repair may close it: see `damaged` */
        r->verdict = onr_verdict_worse(r->verdict, findings[f].verdict);
    if (!r->report)
        return;
    va_start(ap, fmt);
    vsnprintf(note.text, sizeof note.text, fmt, ap);
    va_end(ap);
    r->report(r->ctx, &note);
}

void
onr_range_lost(struct onr_range *r, enum onr_finding f, int64_t out_offset, uint64_t seq,
               const char *what)
{
    if (r->suspect)
        onr_range_found(r, ONR_FOUND_CHANGED, r->suspect_offset, seq, r->suspect_check,
                        "%s; in its place stands a record that fails its check (%s)", what,
                        onr_check_name(r->suspect_check));
    else
        onr_range_found(r, f, out_offset, seq, ONR_CHECK_OK, "%s", what);
}

const struct onr_range_slot *
onr_range_slot_at(const struct onr_range *r, uint64_t seq)
{
    const struct onr_range_slot *s = r->cap ? &r->slot[seq & (r->cap - 1)] : NULL;

    return s && s->rec.seq == seq ? s : NULL;
}

/* Make the ring wide enough for positions head.tree.size to seq. */
static int
widen(struct onr_range *r, uint64_t seq)
{
    size_t cap = r->cap ? r->cap : FIRST_CAP;
    struct onr_range_slot *slot;

    while (seq - r->head.tree.size >= cap)
        cap *= 2;
    if (cap == r->cap)
        return 0;
    if (!(slot = malloc(cap * sizeof *slot)))
        return -ONR_ENOMEM;
    for (size_t i = 0; i < cap; i++)
        slot[i].rec.seq = ONR_NO_SEQ;
    for (size_t i = 0; i < r->cap; i++)
        if (r->slot[i].rec.seq != ONR_NO_SEQ && r->slot[i].rec.seq >= r->head.tree.size)
            slot[r->slot[i].rec.seq & (cap - 1)] = r->slot[i];
    free(r->slot);
    r->slot = slot;
    r->cap = cap;
    return 0;
}

/* A position that is committed already: a repair in the making, or a replay. Which one, the next COMMIT says. */
static int
data_again(struct onr_range *r, const struct onr_range_record *rec)
{
    const struct onr_head *h = &r->head;
    size_t cap = r->again_cap ? r->again_cap * 2 : FIRST_CAP;
    void *new;

    if (h->has_before && rec->seq < h->before.size) {
        onr_range_found(r, ONR_FOUND_REPLAY, rec->out_offset, rec->seq, ONR_CHECK_OK,
                        "record %" PRIu64 " stands here again, long after its COMMIT", rec->seq);
        return 0;
    }
    if (r->again_seen++ == 0)
        r->again_offset = rec->out_offset;
    if (!h->has_before)
        return 0;
    if (rec->seq == h->before.size)
        r->n_again = 0;
    if (rec->seq != h->before.size + r->n_again)
        return 0;
    if (r->n_again == r->again_cap) {
        if (!(new = realloc(r->again, cap * sizeof *r->again)))
            return -ONR_ENOMEM;
        r->again = new;
        r->again_cap = cap;
    }
    r->again[r->n_again++].rec = *rec;
    return 0;
}

int
onr_range_data(struct onr_range *r, const struct onr_range_record *rec)
{
    uint64_t size = r->head.tree.size;
    struct onr_range_slot *s;
    int rc;

    if (rec->seq < size)
        return data_again(r, rec);
    if (r->n_pending++ == 0)
        r->pending_offset = rec->out_offset;
    r->arrivals++;
    r->saw_first |= rec->seq == 0;
    if (rec->seq - size >= ONR_BLOCK_LEAVES) { /* no block that follows the head can hold it */
        r->in_run = false;
        r->ahead_arrival = r->arrivals;
        return 0;
    }
    if ((rc = widen(r, rec->seq)) < 0)
        return rc;
    s = &r->slot[rec->seq & (r->cap - 1)];
    if (s->rec.seq == rec->seq && memcmp(s->rec.leaf, rec->leaf, ONR_SHA256_LEN) != 0)
        onr_range_found(r, ONR_FOUND_EQUIVOCATION, rec->out_offset, rec->seq, ONR_CHECK_OK,
                        "position %" PRIu64
                        " was signed twice with different content (the other is "
                        "at offset %" PRId64 ")",
                        rec->seq, s->rec.out_offset);
    s->rec = *rec;
    s->arrival = r->arrivals;
    if (rec->seq == size)
        r->in_run = true;
    else if (!r->in_run || rec->seq != r->run_next)
        r->in_run = false;
    r->run_next = rec->seq + 1;
    return 0;
}

void
onr_range_foreign(struct onr_range *r, int64_t out_offset, enum onr_check why, uint64_t seq)
{
    r->refused[why]++;
    if (!r->suspect && why != ONR_CHECK_UNKNOWN_KEY) {
        r->suspect = true;
        r->suspect_check = why;
        r->suspect_offset = out_offset;
    }
    onr_range_found(r, ONR_FOUND_FOREIGN, out_offset, seq, why, "%s", onr_check_sentence(why));
}

const struct onr_range_record *
onr_range_at(const struct onr_range *r, size_t i)
{
    return &r->block[(r->block_seq + i) & r->block_mask].rec;
}

void
onr_range_settle_again(struct onr_range *r)
{
    uint64_t seen = r->again_seen;

    r->again_seen = 0;
    r->n_again = 0;
    if (seen == 0)
        return;
    if (r->damaged)
        onr_range_found(r, ONR_FOUND_TORN, r->again_offset, ONR_NO_SEQ, ONR_CHECK_OK,
                        "%" PRIu64 " records of a repair that was not finished", seen);
    else
        onr_range_found(r, ONR_FOUND_REPLAY, r->again_offset, ONR_NO_SEQ, ONR_CHECK_OK,
                        "%" PRIu64 " records of the block before stand here again", seen);
}

enum onr_verdict
onr_range_verdict(const struct onr_range *r)
{
    return onr_verdict_worse(r->verdict, r->damaged ? ONR_VERDICT_GAP : ONR_VERDICT_VALID);
}

/* No COMMIT at all, where there were records once. What a RETENTION entry gave up may be gone; but then nothing is left to
 * say where the lane stood. */
static void
nothing_left(struct onr_range *r)
{
    struct onr_span origin = onr_span_z(r->head.origin);
    uint64_t first;

    if (r->keylog && onr_keylog_retention(r->keylog, origin, &first))
        onr_range_found(r, ONR_FOUND_NO_ANCHOR, -1, ONR_NO_SEQ, ONR_CHECK_OK,
                        "no COMMIT is left: a RETENTION entry gave up the first %" PRIu64
                        " records, nothing says how many there were",
                        first);
    else
        onr_range_found(r, ONR_FOUND_NO_BEGINNING, -1, 0, ONR_CHECK_OK,
                        "no COMMIT is left, and the beginning of the partition is gone");
}

enum onr_verdict
onr_range_finish(struct onr_range *r)
{
    char text[160];

    if (r->finished)
        return onr_range_verdict(r);
    r->finished = true;
    onr_range_settle_again(r);
    if (!r->head.started && r->cut)
        nothing_left(r);
    if (r->n_pending > 0)
        onr_range_found(r, ONR_FOUND_TORN, r->pending_offset, ONR_NO_SEQ, ONR_CHECK_OK,
                        "%" PRIu64 " records at the end have no COMMIT: not final", r->n_pending);
    if (r->has_expected && r->head.tree.size < r->expected_size) {
        snprintf(text, sizeof text,
                 "the lane ends at %" PRIu64 " records, a trusted head has %" PRIu64,
                 r->head.tree.size, r->expected_size);
        onr_range_lost(r, ONR_FOUND_SHORT, r->head.out_offset, r->head.tree.size, text);
    }
    return onr_range_verdict(r);
}
