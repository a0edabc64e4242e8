/* consumers/classify/resume.c - where a lane stands (classify.h).
 *
 * The chain of COMMITs is the truth. The group's committed position and the text kept with it are a hint where to look, and are
 * compared: a difference is an alarm, and the chain is followed all the same, which heals offsets that were moved, expired
 * or reset. Only a chain that ends before what the group once committed is refused: then the output lost its tail; but not if that
 * COMMIT is there and counts no more, because its key was revoked or its epoch is over.
 *
 * The hint also bounds the search: a COMMIT with its number or a later one is the lane's end. Without it nothing does, because
 * anybody who may write to the topic can append copies of old COMMITs; then the lane is read from its beginning.
 */
#include "consumers/classify/classify.h"

#include <inttypes.h>

#include "common/base/file.h"
#include "common/base/log.h"
#include "common/line/program.h"
#include "common/stmtlog/offsetmeta.h"
#include "common/stream/tail.h"

/* What was found at the end of a lane. */
struct found {
    struct classify *c;
    struct lane *l;
    struct onr_head head; /* the COMMIT with the highest number */
    uint64_t after;       /* records behind it that have no COMMIT */
    uint64_t foreign;
    const struct onr_offsetmeta
        *hint;      /* the group says that this COMMIT was made; NULL: it says nothing */
    bool overruled; /* that one is there, and counts no more */
};

static void
begin(void *ctx)
{
    struct found *f = ctx;

    f->after = f->foreign = 0;
    f->overruled = false;
    if (onr_head_init(&f->head, onr_span_z(f->l->origin), NULL) < 0)
        f->head.started = false; /* the origin was made by us */
}

/* True when this is a COMMIT of our lane, signed by a key that may, with a frontier that fits. */
static bool
is_ours(struct found *f, const struct onr_commit_record *m, int64_t offset, struct onr_head *ret)
{
    const struct onr_keylog *log = onr_keyring_log(f->c->keys);
    struct onr_span origin = onr_span_z(f->l->origin);
    const struct onr_keylog_key *key;
    struct onr_commit body;
    uint8_t lane_id[ONR_SHA256_LEN];

    onr_lane_id(origin, lane_id);
    return onr_commit_decode(m->body, &body, NULL) == 0
           && memcmp(body.lane_id, lane_id, sizeof lane_id) == 0
           && onr_keylog_may_sign(log, body.key_id, origin, body.size_after) == ONR_KEY_OK
           && (key = onr_keylog_find(log, body.key_id))
           && onr_commit_verify(&key->key, m->body, m->signature, NULL) == 0
           && onr_head_from_commit(ret, origin, m->body, m->frontier, m->n_frontier, offset, NULL)
                  == 0;
}

/* Is this the lane of an earlier epoch of the same partition? */
static bool
earlier_epoch(const struct found *f, const uint8_t lane_id[ONR_SHA256_LEN])
{
    char origin[ONR_ORIGIN_MAX + 1];
    uint8_t id[ONR_SHA256_LEN];
    struct onr_lane_name name;
    uint32_t epochs;

    if (onr_origin_parse(onr_span_z(f->l->origin), &name, NULL) < 0)
        return false;
    epochs = name.epoch;
    for (name.epoch = 1; name.epoch < epochs; name.epoch++) {
        if (onr_origin_print(&name, origin, NULL) < 0)
            return false;
        onr_lane_id(onr_span_z(origin), id);
        if (memcmp(id, lane_id, sizeof id) == 0)
            return true;
    }
    return false;
}

/* The COMMIT that the group names, which once was good: its key may no longer have signed it, or its epoch is over. */
static bool
was_ours(const struct found *f, const struct onr_commit_record *m)
{
    const struct onr_keylog *log = onr_keyring_log(f->c->keys);
    uint8_t hash[ONR_SHA256_LEN], lane_id[ONR_SHA256_LEN];
    struct onr_span origin = onr_span_z(f->l->origin);
    const struct onr_keylog_key *key;
    enum onr_key_answer answer;
    struct onr_commit body;

    if (!f->hint || onr_commit_decode(m->body, &body, NULL) < 0)
        return false;
    onr_commit_hash((const uint8_t *) m->body.ptr, hash);
    if (body.commit_no != f->hint->commit_no
        || memcmp(hash, f->hint->body_hash, sizeof f->hint->body_hash) != 0
        || !(key = onr_keylog_find(log, body.key_id))
        || onr_commit_verify(&key->key, m->body, m->signature, NULL) < 0)
        return false;
    onr_lane_id(origin, lane_id);
    if (memcmp(body.lane_id, lane_id, sizeof lane_id) != 0)
        return earlier_epoch(f, body.lane_id);
    answer = onr_keylog_may_sign(log, body.key_id, origin, body.size_after);
    return answer == ONR_KEY_REVOKED || answer == ONR_KEY_RETIRED;
}

static int
take(void *ctx, const struct onr_message *m, struct onr_error *err)
{
    struct found *f = ctx;
    struct onr_lane_message opened;
    struct onr_head head;
    int rc;

    if (onr_program_stopping())
        return onr_fail(err, ONR_ESTOP, "stopped while a lane was opened");
    onr_arena_reset(&f->c->arena);
    if ((rc = onr_lane_message_open(f->c->codec, m, &f->c->arena, &opened, err)) < 0)
        return rc;
    if (opened.readable && !opened.commit) {
        f->after++;
        return 0;
    }
    if (!opened.readable || !is_ours(f, &opened.record, m->offset, &head)) {
        if (opened.readable && was_ours(f, &opened.record))
            f->overruled = true;
        else
            f->foreign++;
        return 0;
    }
    /* A copy of an older COMMIT may have been appended by somebody: the highest number counts. */
    if (!f->head.started || head.commit_no > f->head.commit_no) {
        f->head = head;
        f->after = 0;
    }
    return 1;
}

static bool
enough(void *ctx)
{
    const struct found *f = ctx;

    return f->head.started && f->hint && f->head.commit_no >= f->hint->commit_no;
}

/* 1 while a transaction on the output is undecided: the last stable offset is behind the high watermark. The watermark is asked
 * for first, so that what others append meanwhile does not matter. */
static int
settled_bounds(struct classify *c, const struct lane *l, int64_t *ret_low, int64_t *ret_end,
               struct onr_error *err)
{
    int timeout = c->broker.settings.timeout_ms;
    int64_t high;
    int rc;

    if ((rc = onr_txn_high(c->txn, c->attributions, l->partition, timeout, &high, err)) < 0
        || (rc = onr_reader_bounds(c->ends, c->attributions, l->partition, timeout, ret_low,
                                   ret_end, err))
               < 0)
        return rc;
    if (*ret_end < high) {
        onr_fail(err, ONR_EBROKER,
                 "a transaction on %s[%" PRId32 "] is undecided (stable to %" PRId64 " of %" PRId64
                 "): a dead worker's is aborted when its time is over; one that stays hangs in the "
                 "broker "
                 "(kafka-transactions.sh find-hanging)",
                 c->attributions, l->partition, *ret_end, high);
        return 1;
    }
    return 0;
}

static void
alarm_if(bool wrong, const struct lane *l, const char *what, int64_t group, int64_t lane)
{
    if (wrong)
        onr_log(ONR_LOG_WARN, "lane.alarm",
                "partition=%" PRId32 " what=%s group=%" PRId64 " lane=%" PRId64
                " action=\"the lane is followed\"",
                l->partition, what, group, lane);
}

/* The group's position and hint against the chain. */
static int
compare(const struct lane *l, const struct found *f, int64_t position, struct onr_error *err)
{
    const struct onr_offsetmeta *hint = f->overruled ? NULL : f->hint;
    const struct onr_head *h = &f->head;

    if (hint && (!h->started || hint->commit_no > h->commit_no))
        return onr_fail(err, ONR_ESTATE,
                        "lane %s ends at COMMIT %" PRId64
                        ", but the group committed COMMIT %" PRIu64
                        ": the output topic lost its tail; find out why before anything is written",
                        l->origin, h->started ? (int64_t) h->commit_no : -1, hint->commit_no);
    if (hint && hint->commit_no == h->commit_no
        && memcmp(hint->body_hash, h->body_hash, sizeof hint->body_hash) != 0)
        return onr_fail(err, ONR_ESTATE,
                        "lane %s holds another COMMIT %" PRIu64 " than the group committed",
                        l->origin, h->commit_no);
    alarm_if(f->overruled, l, "overruled", f->hint ? (int64_t) f->hint->commit_no : -1,
             h->started ? (int64_t) h->commit_no : -1);
    if (!h->started) {
        alarm_if(position >= 0, l, "position-without-lane", position, -1);
        return 0;
    }
    alarm_if(hint && hint->commit_no < h->commit_no, l, "commit",
             hint ? (int64_t) hint->commit_no : -1, (int64_t) h->commit_no);
    alarm_if(!f->hint, l, "no-hint", -1, (int64_t) h->commit_no);
    alarm_if(position != h->in_next, l, "position", position, h->in_next);
    if (f->after)
        onr_log(ONR_LOG_WARN, "lane.torn", "partition=%" PRId32 " records=%" PRIu64, l->partition,
                f->after);
    if (f->foreign)
        onr_log(ONR_LOG_WARN, "lane.foreign", "partition=%" PRId32 " records=%" PRIu64,
                l->partition, f->foreign);
    return 0;
}

/* May this worker go on with the lane, with this key and this configuration? */
static int
check_right(struct classify *c, const struct lane *l, const struct onr_head *h,
            struct onr_error *err)
{
    const struct onr_keylog *log = onr_keyring_log(c->keys);
    struct onr_span origin = onr_span_z(l->origin);
    char ours[ONR_HEX_LEN(ONR_SHA256_LEN)], theirs[ONR_HEX_LEN(ONR_SHA256_LEN)];

    if (onr_keylog_may_sign(log, c->signer.key.id, origin, h->tree.size + 1) != ONR_KEY_OK)
        return onr_fail(err, ONR_EKEY,
                        "key %s may not sign lane %s at size %" PRIu64
                        ": the key log does not (or no longer) allow it",
                        c->signer.key.name, l->origin, h->tree.size + 1);
    if (!h->started || memcmp(h->config_hash, c->config_hash, ONR_SHA256_LEN) == 0
        || onr_keylog_config_allowed(log, origin, c->config_hash))
        return 0;
    return onr_fail(err, ONR_ECONFIG,
                    "lane %s was made with configuration %s, this worker has %s (another model, "
                    "register of people, other limits or schemas): start the worker of that "
                    "configuration, or allow the change with a "
                    "CONFIG entry in the key log",
                    l->origin, onr_hex(h->config_hash, ONR_SHA256_LEN, theirs),
                    onr_hex(c->config_hash, ONR_SHA256_LEN, ours));
}

static int
start_lane(struct classify *c, struct lane *l, const struct onr_head *h, int64_t end,
           struct onr_error *err)
{
    int64_t low, high;
    int rc;

    if (h->started) {
        l->recovered = true;
        l->back_next = h->out_offset + 1;
        return onr_lane_resume(&l->state, h, err);
    }
    if ((rc = onr_reader_bounds(c->ends, c->statements, l->partition, c->broker.settings.timeout_ms,
                                &low, &high, err))
        < 0)
        return rc;
    alarm_if(low > 0, l, "input-begins-late", low, 0);
    l->back_next = end;
    return onr_lane_init(&l->state, onr_span_z(l->origin), low, err);
}

int
lane_resume(struct classify *c, struct lane *l, struct onr_error *err)
{
    struct found f = { .c = c, .l = l };
    const struct onr_tail_visitor visitor = { &f, begin, take, enough };
    int timeout = c->broker.settings.timeout_ms;
    char text[ONR_WORKER_METADATA] = "";
    struct onr_offsetmeta hint = { .out_offset = -1 };
    int64_t position = -1, low, end;
    bool found;
    int rc;

    if ((rc = settled_bounds(c, l, &low, &end, err)) != 0)
        return rc;
    if ((rc = onr_worker_committed(c->worker, l->partition, timeout, &position, text, err)) < 0)
        return rc;
    if (onr_offsetmeta_parse(onr_span_z(text), &hint, NULL) == 0)
        f.hint = &hint;
    else if (end > low)
        onr_log(ONR_LOG_INFO, "lane.search",
                "partition=%" PRId32 " records=%" PRId64
                " text=\"the group says nothing of this lane: it is read from its beginning\"",
                l->partition, end - low);
    begin(&f);
    if ((rc = onr_tail_read(c->ends, c->attributions, l->partition, low, end,
                            f.hint ? hint.out_offset : low, timeout, &visitor, &found, err))
            < 0
        || (rc = compare(l, &f, position, err)) < 0 || (rc = check_right(c, l, &f.head, err)) < 0
        || (rc = block_check(c, l, low, end, &f.head, err)) < 0)
        return rc;
    return start_lane(c, l, &f.head, end, err);
}
