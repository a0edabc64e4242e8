/* common/stmtlog/range_commit.c - what a COMMIT does to a range. See range.h.
 *
 * In four steps, each its own function: is it this lane's and whose is it (else foreign); does it follow the head; are its
 * records there, in order and do they hash to its root; move the head.
 */
#include <inttypes.h>
#include <stdio.h>

#include "common/stmtlog/range_in.h"

#define LEN ONR_SHA256_LEN

/* One COMMIT on its way through the steps. */
struct job {
    struct onr_range *r; /* not changed by the checks of a COMMIT alone */
    int64_t out_offset;
    struct onr_span body;
    const uint8_t (*frontier)[LEN];
    size_t n_frontier;
    struct onr_commit c;
    struct onr_frontier tree; /* after the block, when its records lead there */
};

static enum onr_check
check_key(const struct job *j, struct onr_span sig)
{
    const struct onr_range *r = j->r;

    if (!r->keylog)
        return ONR_CHECK_OK;
    switch (
        onr_keylog_may_sign(r->keylog, j->c.key_id, onr_span_z(r->head.origin), j->c.size_after)) {
    case ONR_KEY_OK:
        break;
    case ONR_KEY_UNKNOWN:
        return ONR_CHECK_UNKNOWN_KEY;
    case ONR_KEY_WRONG_ROLE:
    case ONR_KEY_WRONG_LANE:
        return ONR_CHECK_NOT_ALLOWED;
    case ONR_KEY_RETIRED:
        return ONR_CHECK_RETIRED;
    case ONR_KEY_REVOKED:
        return ONR_CHECK_REVOKED;
    }
    if (onr_commit_verify(&onr_keylog_find(r->keylog, j->c.key_id)->key, j->body, sig, NULL) < 0)
        return ONR_CHECK_FORGED;
    return ONR_CHECK_OK;
}

/* Anything that is not a COMMIT of this lane by a key that may sign it does not count. */
static enum onr_check
check_alone(struct job *j, struct onr_span sig)
{
    int rc = onr_commit_decode(j->body, &j->c, NULL);

    if (rc < 0)
        return rc == -ONR_EVERIFY ? ONR_CHECK_DOWNGRADED : ONR_CHECK_MALFORMED;
    if (memcmp(j->c.lane_id, j->r->lane_id, LEN) != 0)
        return ONR_CHECK_WRONG_LANE;
    return check_key(j, sig);
}

enum onr_check
onr_range_commit_check(const struct onr_range *r, struct onr_span body, struct onr_span sig)
{
    struct job j = { .r = (struct onr_range *) r, .body = body };

    return check_alone(&j, sig);
}

static void
chain(struct job *j, const char *what)
{
    onr_range_found(j->r, ONR_FOUND_CHAIN, j->out_offset, ONR_NO_SEQ, ONR_CHECK_OK,
                    "COMMIT %" PRIu64 ": %s", j->c.commit_no, what);
}

/* The first COMMIT of a lane that has none yet. True when it is number 0 and its block can be checked. */
static bool
check_first(struct job *j)
{
    struct onr_range *r = j->r;
    struct onr_span origin = onr_span_z(r->head.origin);
    uint64_t first;
    char text[160];

    if (j->c.commit_no == 0) {
        uint8_t zeros[LEN] = { 0 };

        if (r->keylog && !onr_keylog_genesis(r->keylog, origin))
            onr_range_found(r, ONR_FOUND_NO_GENESIS, j->out_offset, ONR_NO_SEQ, ONR_CHECK_OK,
                            "the key log has no GENESIS entry for this lane");
        if (memcmp(j->c.prev, zeros, LEN) != 0)
            chain(j, "the first one names a COMMIT before it");
        return true;
    }
    snprintf(text, sizeof text,
             "the first COMMIT here is number %" PRIu64 ", after %" PRIu64 " records",
             j->c.commit_no, j->c.size_after);
    if (r->anywhere)
        onr_range_found(r, ONR_FOUND_NO_ANCHOR, j->out_offset, ONR_NO_SEQ, ONR_CHECK_OK,
                        "%s: taken on trust", text);
    else if (r->saw_first)
        onr_range_lost(r, ONR_FOUND_COMMIT_GAP, j->out_offset, 0, text);
    else if (r->keylog && onr_keylog_retention(r->keylog, origin, &first)
             && j->c.size_before <= first)
        onr_range_found(r, ONR_FOUND_RETENTION, j->out_offset, ONR_NO_SEQ, ONR_CHECK_OK,
                        "%s: what came before was given up by a RETENTION entry", text);
    else
        onr_range_found(r, ONR_FOUND_NO_BEGINNING, j->out_offset, 0, ONR_CHECK_OK,
                        "%s: its beginning is gone", text);
    return false;
}

static void
check_config(struct job *j)
{
    const struct onr_range *r = j->r;
    bool changed = memcmp(j->c.config_hash, r->head.config_hash, LEN) != 0;

    if (changed != ((j->c.flags & ONR_COMMIT_CONFIG) != 0))
        onr_range_found(j->r, ONR_FOUND_CONFIG, j->out_offset, ONR_NO_SEQ, ONR_CHECK_OK,
                        "COMMIT %" PRIu64 ": model or rules %s", j->c.commit_no,
                        changed ? "changed without saying so" : "are said to have changed");
    else if (changed && r->keylog
             && !onr_keylog_config_allowed(r->keylog, onr_span_z(r->head.origin), j->c.config_hash))
        onr_range_found(j->r, ONR_FOUND_CONFIG, j->out_offset, ONR_NO_SEQ, ONR_CHECK_OK,
                        "COMMIT %" PRIu64
                        ": model or rules changed, the key log has no CONFIG entry "
                        "for it",
                        j->c.commit_no);
}

enum step {
    STEP_CHECK, /* its block follows the head: look at the records */
    STEP_JUMP,  /* it lies further on: take it over, the block cannot be checked */
    STEP_DROP   /* it counts for nothing */
};

/* COMMITs number what is there already. */
static enum step
check_old(struct job *j)
{
    struct onr_range *r = j->r;
    uint8_t hash[LEN];

    onr_commit_hash((const uint8_t *) j->body.ptr, hash);
    if (j->c.commit_no == r->head.commit_no && memcmp(hash, r->head.body_hash, LEN) != 0)
        onr_range_found(r, ONR_FOUND_EQUIVOCATION, j->out_offset, j->c.size_before, ONR_CHECK_OK,
                        "two different COMMITs have number %" PRIu64
                        " (the other is at offset %" PRId64 ")",
                        j->c.commit_no, r->head.out_offset);
    else
        onr_range_found(r, ONR_FOUND_REPLAY, j->out_offset, j->c.size_before, ONR_CHECK_OK,
                        "COMMIT %" PRIu64 " stands here again", j->c.commit_no);
    return STEP_DROP;
}

static enum step
check_follows(struct job *j)
{
    struct onr_range *r = j->r;
    const struct onr_head *h = &r->head;
    char text[160];

    if (!h->started)
        return check_first(j) ? STEP_CHECK : STEP_JUMP;
    if (j->c.commit_no <= h->commit_no)
        return check_old(j);
    if (h->sealed) {
        onr_range_found(r, ONR_FOUND_SEALED, j->out_offset, ONR_NO_SEQ, ONR_CHECK_OK,
                        "COMMIT %" PRIu64 " follows number %" PRIu64 ", which sealed the lane",
                        j->c.commit_no, h->commit_no);
        return STEP_DROP;
    }
    if (j->c.commit_no > h->commit_no + 1) {
        snprintf(text, sizeof text,
                 "COMMITs %" PRIu64 " to %" PRIu64 " are not there (records %" PRIu64 " to %" PRIu64
                 ")",
                 h->commit_no + 1, j->c.commit_no - 1, h->tree.size, j->c.size_before);
        onr_range_lost(r, ONR_FOUND_COMMIT_GAP, j->out_offset, h->tree.size, text);
        return STEP_JUMP;
    }
    check_config(j);
    if (memcmp(j->c.prev, h->body_hash, LEN) != 0) {
        chain(j, "it follows another COMMIT than the one before it here: two histories");
        return STEP_JUMP;
    }
    return STEP_CHECK;
}

/* Append n records from position `seq` on to j->tree and see that they end at the signed root; `at` gives the record. */
static bool
check_tree(struct job *j, bool again)
{
    struct onr_range *r = j->r;
    const struct onr_range_record *rec;
    uint8_t root[LEN];
    int64_t least = j->c.in_from;

    for (uint32_t i = 0; i < j->c.n_leaves; i++) {
        rec = again ? &r->again[i].rec : &onr_range_slot_at(r, j->c.size_before + i)->rec;
        if (rec->in_offset < least || rec->in_offset >= j->c.in_next) {
            onr_range_found(r, ONR_FOUND_INPUT, rec->out_offset, rec->seq, ONR_CHECK_OK,
                            "input offset %" PRId64
                            " is not in the COMMIT's range, or not after the "
                            "one before",
                            rec->in_offset);
            return false;
        }
        least = rec->in_offset + 1;
        if (onr_frontier_append(&j->tree, rec->leaf) < 0)
            return false;
        if (r->has_expected && j->tree.size == r->expected_size) {
            onr_frontier_root(&j->tree, root);
            if (memcmp(root, r->expected_root, LEN) != 0)
                onr_range_found(r, ONR_FOUND_HEAD, rec->out_offset, rec->seq, ONR_CHECK_OK,
                                "the first %" PRIu64 " records are not those of the trusted head",
                                r->expected_size);
        }
    }
    onr_frontier_root(&j->tree, root);
    if (memcmp(root, j->c.root_after, LEN) == 0)
        return true;
    onr_range_found(r, ONR_FOUND_ROOT, j->out_offset, j->c.size_before, ONR_CHECK_OK,
                    "COMMIT %" PRIu64 ": its records do not hash to its root", j->c.commit_no);
    return false;
}

/* Does a record of a later block stand among those that should be this one's? */
static bool
has_stranger(const struct job *j, uint64_t from)
{
    const struct onr_range *r = j->r;

    for (size_t i = 0; i < r->cap; i++)
        if (r->slot[i].rec.seq != ONR_NO_SEQ && r->slot[i].rec.seq >= j->c.size_after
            && r->slot[i].arrival > from)
            return true;
    return r->ahead_arrival > from;
}

/* Why the last n_leaves records are not exactly the block's. All of them, but in another order, or with others between
 * them: somebody moved records. Else one is not there; an older copy of it, from an attempt that was not committed, does
 * not count. */
static void
explain_records(struct job *j)
{
    struct onr_range *r = j->r;
    uint64_t from = r->arrivals - (r->n_pending < j->c.n_leaves ? r->n_pending : j->c.n_leaves);
    uint64_t seq = j->c.size_before;
    const struct onr_range_slot *s;
    char text[160];

    while (seq < j->c.size_after && (s = onr_range_slot_at(r, seq)) && s->arrival > from)
        seq++;
    if (seq == j->c.size_after || (onr_range_slot_at(r, seq) && has_stranger(j, from))) {
        onr_range_found(r, ONR_FOUND_ORDER, j->out_offset, j->c.size_before, ONR_CHECK_OK,
                        "COMMIT %" PRIu64 ": its records are there, but not in order before it",
                        j->c.commit_no);
        return;
    }
    snprintf(text, sizeof text, "record %" PRIu64 " of COMMIT %" PRIu64 " is not there", seq,
             j->c.commit_no);
    r->damaged = !r->suspect;
    onr_range_lost(r, ONR_FOUND_RECORD_GAP, j->out_offset, seq, text);
}

/* The records of an ordinary block. */
static bool
check_block(struct job *j)
{
    struct onr_range *r = j->r;
    const struct onr_head *h = &r->head;

    if (r->damaged && j->c.n_leaves > 0) { /* nobody can repair what another block lies on */
        r->verdict = onr_verdict_worse(r->verdict, ONR_VERDICT_GAP);
        r->damaged = false;
    }
    if (j->c.size_before != h->tree.size) {
        chain(j, "it does not begin where the one before ended");
        return false;
    }
    if (h->started && j->c.in_from != h->in_next) {
        chain(j, "its input does not begin where the one before ended");
        return false;
    }
    if (j->c.n_leaves > 0 && !(r->in_run && r->run_next == j->c.size_after)) {
        explain_records(j);
        return false;
    }
    onr_frontier_copy(&j->tree, &h->tree);
    return check_tree(j, false);
}

/* A block written again because some of its records were lost. */
static bool
check_repair(struct job *j)
{
    struct onr_range *r = j->r;
    const struct onr_head *h = &r->head;

    if (!h->started || j->c.size_after != h->tree.size || memcmp(j->c.root_after, h->root, LEN) != 0
        || j->c.in_next != h->in_next
        || (h->has_before && (j->c.size_before != h->before.size || j->c.in_from != h->in_from))) {
        chain(j, "it repairs another block than the last one");
        return false;
    }
    if (!h->has_before) {
        onr_range_found(r, ONR_FOUND_REPAIRED, j->out_offset, j->c.size_before, ONR_CHECK_OK,
                        "COMMIT %" PRIu64 " repairs a block before the trusted head: not checked",
                        j->c.commit_no);
        r->again_seen = 0;
        return false;
    }
    if (r->n_again != j->c.n_leaves) {
        r->damaged = true;
        onr_range_found(r, ONR_FOUND_RECORD_GAP, j->out_offset, h->before.size + r->n_again,
                        ONR_CHECK_OK, "COMMIT %" PRIu64 ": the repair itself lacks records",
                        j->c.commit_no);
        return false;
    }
    onr_frontier_copy(&j->tree, &h->before);
    if (!check_tree(j, true))
        return false;
    onr_range_found(r, ONR_FOUND_REPAIRED, j->out_offset, j->c.size_before, ONR_CHECK_OK,
                    "COMMIT %" PRIu64 " repairs %u records from %" PRIu64 " on", j->c.commit_no,
                    (unsigned) j->c.n_leaves, j->c.size_before);
    r->damaged = false;
    r->again_seen = 0;
    return true;
}

/* The head is the COMMIT's from here on. `whole`: its tree was recomputed; else its own frontier is taken. */
static bool
move_head(struct job *j, bool whole, bool contiguous)
{
    struct onr_range *r = j->r;
    struct onr_head *h = &r->head;
    struct onr_frontier carried;
    bool carried_ok = onr_frontier_from_nodes(&carried, j->c.size_after, j->frontier, j->n_frontier,
                                              j->c.root_after, NULL)
                      == 0;

    if (!carried_ok)
        onr_range_found(r, ONR_FOUND_ROOT, j->out_offset, ONR_NO_SEQ, ONR_CHECK_OK,
                        "COMMIT %" PRIu64 ": its frontier does not hash to its root",
                        j->c.commit_no);
    if (!whole && !carried_ok)
        return false;
    if (j->c.n_leaves > 0 && !(j->c.flags & ONR_COMMIT_REPAIR)) {
        bool known = contiguous && j->c.size_before == h->tree.size;

        h->has_before = known || j->c.size_before == 0;
        if (known)
            onr_frontier_copy(&h->before, &h->tree);
        else
            h->before.size = 0;
        h->in_from = j->c.in_from;
    } else if (!contiguous) {
        h->has_before = false;
    }
    onr_frontier_copy(&h->tree, whole ? &j->tree : &carried);
    h->started = true;
    h->sealed = j->c.flags & ONR_COMMIT_SEALED;
    h->commit_no = j->c.commit_no;
    onr_commit_hash((const uint8_t *) j->body.ptr, h->body_hash);
    memcpy(h->root, j->c.root_after, LEN);
    memcpy(h->config_hash, j->c.config_hash, LEN);
    h->in_next = j->c.in_next;
    h->out_offset = j->out_offset;
    return true;
}

/* A block taken over unseen ends at the trusted head's size: at least the roots can be compared. */
static void
check_jump(struct job *j)
{
    struct onr_range *r = j->r;

    if (r->damaged) { /* nobody can repair what lies before a jump */
        r->verdict = onr_verdict_worse(r->verdict, ONR_VERDICT_GAP);
        r->damaged = false;
    }
    if (r->has_expected && j->c.size_after == r->expected_size
        && memcmp(j->c.root_after, r->expected_root, LEN) != 0)
        onr_range_found(r, ONR_FOUND_HEAD, j->out_offset, ONR_NO_SEQ, ONR_CHECK_OK,
                        "of %" PRIu64
                        " records there are two trees: the trusted head's and this one",
                        r->expected_size);
}

/* Nothing is waiting for a COMMIT any more; `used` of the records were the block's. */
static void
clear_pending(struct job *j, uint64_t used)
{
    struct onr_range *r = j->r;

    if (r->n_pending > used)
        onr_range_found(r, ONR_FOUND_TORN, r->pending_offset, ONR_NO_SEQ, ONR_CHECK_OK,
                        "%" PRIu64 " records before COMMIT %" PRIu64
                        " belong to attempts that were "
                        "not committed",
                        r->n_pending - used, j->c.commit_no);
    r->n_pending = 0;
    r->in_run = false;
    r->suspect = false;
    r->n_again = 0;
}

static void
accept(struct job *j, struct onr_range_block *b)
{
    struct onr_range *r = j->r;

    b->repair = j->c.flags & ONR_COMMIT_REPAIR;
    b->accepted = true;
    b->seq = j->c.size_before;
    b->n = j->c.n_leaves;
    r->block = b->repair ? r->again : r->slot;
    r->block_seq = b->repair ? 0 : b->seq;
    r->block_mask = b->repair ? SIZE_MAX : r->cap - 1;
    r->n_commits++;
    r->n_heartbeats += j->c.n_leaves == 0;
    r->n_records += b->repair ? 0 : b->n;
}

int
onr_range_commit(struct onr_range *r, int64_t out_offset, struct onr_span body, struct onr_span sig,
                 const uint8_t (*frontier)[LEN], size_t n_frontier, struct onr_range_block *ret)
{
    struct job j = { .r = r,
                     .out_offset = out_offset,
                     .body = body,
                     .frontier = frontier,
                     .n_frontier = n_frontier };
    enum onr_check alone = check_alone(&j, sig);
    enum step step;
    bool whole = false, repair;

    memset(ret, 0, sizeof *ret);
    ret->out_offset = out_offset;
    if (alone != ONR_CHECK_OK) {
        onr_range_foreign(r, out_offset, alone, ONR_NO_SEQ);
        return 0;
    }
    ret->commit = j.c;
    repair = j.c.flags & ONR_COMMIT_REPAIR;
    if (!repair)
        onr_range_settle_again(r);
    if ((step = check_follows(&j)) == STEP_DROP)
        return 0;
    if (step == STEP_CHECK)
        whole = repair ? check_repair(&j) : check_block(&j);
    else
        check_jump(&j);
    if (move_head(&j, whole, step == STEP_CHECK) && whole)
        accept(&j, ret);
    if (repair)
        onr_range_settle_again(r);
    clear_pending(&j, repair || j.c.n_leaves == 0 ? 0 : whole ? j.c.n_leaves : r->n_pending);
    return 0;
}
