/* consumers/classify/block.c - is the last block of a lane whole, and writing it again (classify.h).
 *
 * A stray abort can take the first records of a block although its COMMIT is visible. The next block would seal that gap for good,
 * so the last block is read and hashed when a lane is opened. Its records are looked for further and further back; once they
 * hash to the signed root, nothing else matters. That they do not is believed only after the whole lane was read, because copies
 * of old records, which anybody can append, look the same from nearby.
 *
 * A torn block is written again from its inputs, the same leaves under a COMMIT with the next number, in a transaction of its own
 * before anything else: the lane asks the engine for a COMMIT at once, and seals with the repair.
 */
#include "consumers/classify/classify.h"

#include <inttypes.h>

#include "common/base/log.h"
#include "common/line/program.h"
#include "common/stream/tail.h"

/* The last block, as a stretch at the lane's end shows it. */
struct last {
    struct classify *c;
    const struct onr_head *want;    /* the last COMMIT */
    struct onr_lane_reader *reader; /* owned; of this stretch */
    bool whole;
    bool wrong; /* its records are there, and not what was signed */
};

static void
begin(void *ctx)
{
    struct last *b = ctx;

    onr_lane_reader_free(b->reader);
    b->reader = NULL;
    b->whole = b->wrong = false;
}

static int
new_reader(struct last *b, struct onr_error *err)
{
    struct onr_lane_reader_spec spec = { .codec = b->c->codec,
                                         .keylog = onr_keyring_log(b->c->keys),
                                         .anywhere = true };
    struct onr_head head;
    int rc;

    if ((rc = onr_head_init(&head, onr_span_z(b->want->origin), err)) < 0)
        return rc;
    spec.head = &head;
    return onr_lane_reader_new(&spec, &b->reader, err);
}

static int
take(void *ctx, const struct onr_message *m, struct onr_error *err)
{
    struct last *b = ctx;
    const struct onr_range_block *block;
    const struct onr_range *r;
    uint64_t size, commit_no;
    bool started;
    int rc;

    if (onr_program_stopping())
        return onr_fail(err, ONR_ESTOP, "stopped while a lane was opened");
    if (!b->reader && (rc = new_reader(b, err)) < 0)
        return rc;
    r = onr_lane_reader_range(b->reader);
    started = r->head.started;
    size = r->head.tree.size;
    commit_no = r->head.commit_no;
    if ((rc = onr_lane_reader_feed(b->reader, m, true, &block, err)) < 0)
        return rc;
    if (block && block->n > 0 && block->commit.size_after == b->want->tree.size) {
        b->whole = true;
        b->wrong = false;
    } else if (!block && !r->damaged && size < b->want->tree.size
               && r->head.tree.size == b->want->tree.size
               && r->head.commit_no == (started ? commit_no + 1 : 0)) {
        b->wrong = true;
    }
    return 1;
}

static bool
enough(void *ctx)
{
    const struct last *b = ctx;

    return b->whole;
}

static bool
same_commit(const struct onr_head *a, const struct onr_head *b)
{
    return a->started && a->commit_no == b->commit_no
           && memcmp(a->body_hash, b->body_hash, sizeof a->body_hash) == 0;
}

/* What reading back to the beginning has shown. */
static int
judge(struct last *b, struct lane *l, int64_t low, struct onr_head *h, struct onr_error *err)
{
    const struct onr_range *r = b->reader ? onr_lane_reader_range(b->reader) : NULL;
    bool same = r && same_commit(&r->head, h), torn = same && r->damaged;

    if (same && r->head.has_before)
        *h = r->head; /* knows the tree before the block, too */
    if (b->whole)
        return 0;
    if (b->wrong)
        return onr_fail(err, ONR_EVERIFY,
                        "lane %s: the records of its last block are not those that COMMIT %" PRIu64
                        " signed: run `onrecord audit` before this worker is started again",
                        h->origin, h->commit_no);
    if (!torn || (low > 0 && h->before.size == 0)) {
        onr_log(ONR_LOG_INFO, "lane.unchecked",
                "partition=%" PRId32 " low=%" PRId64
                " text=\"the records of the last block are not kept any more\"",
                l->partition, low);
        return 0;
    }
    if (memcmp(h->config_hash, b->c->config_hash, sizeof h->config_hash) != 0)
        return onr_fail(err, ONR_ESTATE,
                        "lane %s: its last block is torn, and this worker has another "
                        "configuration: start one of the old configuration first, which repairs it",
                        h->origin);
    l->repair = true;
    onr_log(ONR_LOG_WARN, "lane.repair",
            "partition=%" PRId32 " from=%" PRIu64 " to=%" PRIu64
            " text=\"records of the last block are not there: it is written again\"",
            l->partition, h->before.size, h->tree.size);
    return 0;
}

int
block_check(struct classify *c, struct lane *l, int64_t low, int64_t end, struct onr_head *h,
            struct onr_error *err)
{
    struct last b = { .c = c, .want = h };
    const struct onr_tail_visitor visitor = { &b, begin, take, enough };
    bool found;
    int rc;

    l->repair = false;
    if (!h->started || h->tree.size == 0)
        return 0;
    if (end > h->out_offset + 2) /* it and its transaction's marker */
        end = h->out_offset + 2;
    rc = onr_tail_read(c->ends, c->attributions, l->partition, low, end, -1,
                       c->broker.settings.timeout_ms, &visitor, &found, err);
    if (rc == 0)
        rc = judge(&b, l, low, h, err);
    onr_lane_reader_free(b.reader);
    return rc;
}

static int
again(struct classify *c, struct lane *l, const struct onr_message *m, struct onr_error *err)
{
    struct onr_outcome o;
    int rc;

    if ((rc = onr_outcome_make(c->maker, m->value, &o, err)) < 0) {
        onr_fail_in(err,
                    "%s[%" PRId32 "] offset %" PRId64 ", of a block to be repaired: ", m->topic,
                    m->partition, m->offset);
        return rc == -ONR_ENOTFOUND ? -ONR_ESTATE : rc;
    }
    return append_record(c, l, m, &o, err);
}

int
block_repair(struct classify *c, struct lane *l, struct onr_error *err)
{
    const struct onr_topic_range range = { c->statements, l->partition, l->state.head.in_from,
                                           l->state.head.in_next };
    const struct onr_message *m;
    int rc;

    if ((rc = onr_lane_begin_repair(&l->state, err)) < 0
        || (rc = onr_reader_assign(c->ends, &range, 1, err)) < 0)
        return rc;
    while ((rc = onr_reader_next(c->ends, c->broker.settings.timeout_ms, &m, err))
           == ONR_READ_MESSAGE)
        if ((rc = again(c, l, m, err)) < 0)
            return rc;
    if (rc == ONR_READ_WAIT)
        return onr_fail(err, ONR_EBROKER, "%s: the broker stopped answering", c->statements);
    if (rc == -ONR_ENOTFOUND) {
        onr_fail_in(err,
                    "lane %s: its last block is torn and cannot be written again, because the "
                    "inputs are gone: seal it by a new epoch (`onrecord keys genesis --epoch`): ",
                    l->origin);
        return -ONR_ESTATE;
    }
    return rc < 0 ? rc : 0;
}
