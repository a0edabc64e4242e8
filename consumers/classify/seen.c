/* consumers/classify/seen.c - the worker reads its own lanes back (classify.h).
 *
 * What Kafka shows to others has to be what was committed: a bit that flipped in memory or on a disk, a block torn by a
 * stray abort, a second writer. Each visible block is hashed again and compared; the next transaction may begin while at
 * most BEHIND_STOP blocks have not been seen yet. A difference ends the worker with an alarm: nothing may be built on it.
 *
 * A copy of what was committed is no difference: whoever may write to the topic can append one, and a lane must not stand
 * still for it. It is said in the log; what audit and follow say of the lane is theirs.
 */
#include "consumers/classify/classify.h"

#include <inttypes.h>
#include <stdlib.h>

#include "common/base/log.h"

#define STEP_RECORDS 4096 /* read in one go, so that the input is not kept waiting */

int
seen_open(struct classify *c, struct lane *l, struct onr_error *err)
{
    const struct onr_lane_reader_spec spec = { .codec = c->codec,
                                               .keylog = onr_keyring_log(c->keys),
                                               .head = &l->state.head };

    c->seen_moved = true;
    return onr_lane_reader_new(&spec, &l->back, err);
}

void
seen_expect(struct lane *l)
{
    const struct onr_head *h = &l->state.head;
    struct committed *b;

    /* may_begin stops long before; heartbeats of a lane that nobody can read would end here */
    if (l->n_behind == BEHIND_MAX) {
        memmove(l->behind, l->behind + 1, (BEHIND_MAX - 1) * sizeof *l->behind);
        l->n_behind--;
    }
    b = &l->behind[l->n_behind++];
    b->commit_no = h->commit_no;
    memcpy(b->body_hash, h->body_hash, sizeof b->body_hash);
}

size_t
seen_behind(const struct classify *c)
{
    size_t most = 0;

    for (size_t i = 0; i < c->n; i++)
        if (c->lane[i]->n_behind > most)
            most = c->lane[i]->n_behind;
    return most;
}

void
seen_report(struct classify *c)
{
    for (size_t i = 0; i < c->n; i++) {
        struct lane *l = c->lane[i];
        uint64_t oldest = l->n_behind ? l->behind[0].commit_no + 1 : 0;

        if (oldest && oldest == l->unseen)
            onr_log(ONR_LOG_WARN, "lane.unseen",
                    "partition=%" PRId32 " commit=%" PRIu64 " behind=%zu text=\"what was committed "
                    "cannot be read back: somebody's transaction hangs on this lane "
                    "(kafka-transactions.sh find-hanging)\"",
                    l->partition, oldest - 1, l->n_behind);
        l->unseen = oldest;
    }
}

static int
aim(struct classify *c, struct onr_error *err)
{
    struct onr_topic_range *range = calloc(c->n + 1, sizeof *range);
    int rc;

    if (!range)
        return onr_fail(err, ONR_ENOMEM, "no memory for reading back");
    for (size_t i = 0; i < c->n; i++)
        range[i] = (struct onr_topic_range){ .topic = c->attributions,
                                             .partition = c->lane[i]->partition,
                                             .from = c->lane[i]->back_next,
                                             .to = ONR_RANGE_FOLLOW };
    rc = onr_reader_assign(c->reader, range, c->n, err);
    free(range);
    if (rc == 0)
        c->seen_moved = false;
    return rc;
}

static int
compare(struct lane *l, const struct onr_range_block *block, struct onr_error *err)
{
    const struct onr_range *range = onr_lane_reader_range(l->back);

    if (!l->n_behind || l->behind[0].commit_no != block->commit.commit_no
        || memcmp(l->behind[0].body_hash, range->head.body_hash, ONR_SHA256_LEN) != 0)
        return onr_fail(
            err, ONR_EVERIFY,
            "lane %s: COMMIT %" PRIu64 " at output offset %" PRId64
            " was not made by this worker: two writers, or what was written is not what is read",
            l->origin, block->commit.commit_no, block->out_offset);
    l->n_behind--;
    memmove(l->behind, l->behind + 1, l->n_behind * sizeof *l->behind);
    return 0;
}

/* The verdict, had nobody copied anything. */
static enum onr_verdict
without_replay(const struct onr_range *r)
{
    enum onr_verdict v = r->damaged ? ONR_VERDICT_GAP : ONR_VERDICT_VALID;

    for (int f = 0; f < ONR_FINDINGS; f++)
        if (r->counts[f] && f != ONR_FOUND_REPLAY && f != ONR_FOUND_RECORD_GAP)
            v = onr_verdict_worse(v, onr_finding_verdict((enum onr_finding) f));
    return v;
}

static int
take(struct classify *c, const struct onr_message *m, struct onr_error *err)
{
    struct lane *l = classify_lane(c, m->partition);
    const struct onr_range_block *block = NULL;
    const struct onr_range *range;
    enum onr_verdict verdict;
    uint64_t replays;
    int rc;

    if (!l || m->offset < l->back_next)
        return 0;
    if ((rc = onr_lane_reader_feed(l->back, m, true, &block, err)) < 0)
        return rc;
    l->back_next = m->offset + 1;
    if (block)
        return compare(l, block, err);
    range = onr_lane_reader_range(l->back);
    replays = range->counts[ONR_FOUND_REPLAY];
    if (replays > 0 && replays >= 2 * l->replays) { /* told less and less often */
        l->replays = replays;
        onr_log(ONR_LOG_WARN, "lane.replay",
                "partition=%" PRId32 " offset=%" PRId64 " found=%" PRIu64
                " text=\"somebody appended copies of what was committed: the lane goes on\"",
                l->partition, m->offset, replays);
    }
    verdict = without_replay(range);
    if (verdict != ONR_VERDICT_VALID)
        return onr_fail(err, ONR_EVERIFY,
                        "lane %s is %s at output offset %" PRId64
                        ": run `onrecord audit` before this worker is started again",
                        l->origin, onr_verdict_name(verdict), m->offset);
    return 0;
}

int
seen_step(struct classify *c, struct onr_error *err)
{
    const struct onr_message *m;
    int rc;

    if (c->seen_moved && (rc = aim(c, err)) < 0)
        return rc;
    for (unsigned i = 0; i < STEP_RECORDS; i++) {
        if ((rc = onr_reader_next(c->reader, 0, &m, err)) < 0)
            return rc;
        if (rc != ONR_READ_MESSAGE)
            return 0;
        if ((rc = take(c, m, err)) < 0)
            return rc;
    }
    return 0;
}
