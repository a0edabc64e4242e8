/* consumers/classify/lanes.c - what the engine calls: open, process, seal, keep, drop, close (classify.h). */
#include "consumers/classify/classify.h"

#include <inttypes.h>
#include <stdlib.h>

#include "common/base/failpoint.h"
#include "common/base/file.h"

struct lane *
classify_lane(struct classify *c, int32_t partition)
{
    for (size_t i = 0; i < c->n; i++)
        if (c->lane[i]->partition == partition)
            return c->lane[i];
    return NULL;
}

static void
free_lane(struct lane *l)
{
    if (!l)
        return;
    onr_lane_reader_free(l->back);
    free(l);
}

static void
lanes_close(void *ctx, int32_t partition)
{
    struct classify *c = ctx;

    for (size_t i = 0; i < c->n; i++) {
        if (c->lane[i]->partition != partition)
            continue;
        free_lane(c->lane[i]);
        c->lane[i] = c->lane[--c->n];
        c->seen_moved = true;
        return;
    }
}

static int
add_lane(struct classify *c, struct lane *l, struct onr_error *err)
{
    if (c->n == c->cap) {
        size_t cap = c->cap ? 2 * c->cap : 8;
        struct lane **grown = realloc(c->lane, cap * sizeof *grown);

        if (!grown)
            return onr_fail(err, ONR_ENOMEM, "no memory for a lane");
        c->lane = grown;
        c->cap = cap;
    }
    c->lane[c->n++] = l;
    return 0;
}

/* Opened anew after an unclear transaction, too: nothing of what was known before is kept. */
static int
lanes_open(void *ctx, int32_t partition, int64_t *ret_next, bool *ret_fresh, struct onr_error *err)
{
    struct classify *c = ctx;
    struct lane *l = calloc(1, sizeof *l);
    bool grew;
    int rc;

    if (!l)
        return onr_fail(err, ONR_ENOMEM, "no memory for a lane");
    lanes_close(c, partition);
    l->partition = partition;
    l->commit_offset = -1;
    if ((rc = onr_keyring_refresh(c->keys, &grew, err)) < 0
        || (rc = onr_keyring_origin(c->keys, partition, l->origin, err)) < 0
        || (rc = lane_resume(c, l, err)) != 0 || (rc = seen_open(c, l, err)) < 0
        || (rc = add_lane(c, l, err)) < 0) {
        free_lane(l);
        /* The topics were there at the start: a restarted broker knows nothing yet. */
        return rc == -ONR_ENOTFOUND ? -ONR_EBROKER : rc;
    }
    *ret_next = onr_lane_in_next(&l->state);
    *ret_fresh = !l->state.head.started || l->repair; /* a COMMIT is due at once */
    return 0;
}

/* A failure that has nothing to do with the record: it waits, with an alarm, and is never rejected. */
static int
cannot_now(const struct onr_message *m, struct onr_error *err)
{
    onr_fail_in(err, "%s[%" PRId32 "] offset %" PRId64 ": ", m->topic, m->partition, m->offset);
    return ONR_PROCESS_HOLD;
}

int
append_record(struct classify *c, struct lane *l, const struct onr_message *m,
              const struct onr_outcome *o, struct onr_error *err)
{
    uint8_t in_hash[ONR_SHA256_LEN], leaf[ONR_LEAF_LEN], hash[ONR_SHA256_LEN];
    uint8_t sig[ONR_RECORD_SIG_LEN];
    uint64_t seq = onr_lane_seq(&l->state);
    int rc;

    onr_input_hash(m->key, m->value, in_hash);
    if ((rc = onr_lane_append(&l->state, o->rejected ? ONR_LEAF_REJECT : ONR_LEAF_RESULT, m->offset,
                              in_hash, o->schema_fp, o->payload, leaf, hash, err))
        < 0)
        return rc;
    onr_record_sign(&c->signer, hash, sig);
    return send_record(c, l, m, o, leaf, sig, seq, err);
}

static int
lanes_process(void *ctx, const struct onr_message *m, struct onr_error *err)
{
    struct classify *c = ctx;
    struct lane *l = classify_lane(c, m->partition);
    struct onr_outcome o;
    int rc;

    if (l->repair) /* first of all, in a transaction of its own */
        return ONR_PROCESS_FULL;
    if (onr_outcome_make(c->maker, m->value, &o, err) < 0)
        return cannot_now(m, err);
    rekey_switch(c);
    if (!l->state.open && (rc = onr_lane_begin(&l->state, err)) < 0)
        return rc;
    if (onr_lane_full(&l->state, o.payload.len))
        return ONR_PROCESS_FULL;
    return (rc = append_record(c, l, m, &o, err)) < 0 ? rc : ONR_PROCESS_TOOK;
}

/* Another attempt id for each COMMIT: the random one of the process, counted up. */
static void
next_attempt(struct classify *c)
{
    for (size_t i = ONR_ATTEMPT_LEN; i-- > 0 && ++c->attempt[i] == 0;)
        continue;
}

static int
lanes_seal(void *ctx, int32_t partition, int64_t in_next, struct onr_error *err)
{
    struct classify *c = ctx;
    struct lane *l = classify_lane(c, partition);
    struct onr_lane_commit commit = { .flags = l->recovered ? ONR_COMMIT_RECOVERED : 0,
                                      .in_next = in_next,
                                      .time_ms = onr_wall_ms() };
    uint8_t body[ONR_COMMIT_LEN], sig[ONR_SIG_LEN];
    int rc;

    rekey_switch(c);
    if (onr_keylog_may_sign(onr_keyring_log(c->keys), c->signer.key.id, onr_span_z(l->origin),
                            onr_lane_seq(&l->state))
        != ONR_KEY_OK)
        return onr_fail(err, ONR_EKEY,
                        "key %s may no longer sign lane %s: it was retired or revoked; give this "
                        "worker another one",
                        c->signer.key.name, l->origin);
    if (!l->state.open
        && (rc = l->repair ? block_repair(c, l, err) : onr_lane_begin(&l->state, err)) < 0)
        return rc;
    next_attempt(c);
    memcpy(commit.attempt, c->attempt, sizeof commit.attempt);
    memcpy(commit.config_hash, c->config_hash, sizeof commit.config_hash);
    if ((rc = onr_lane_commit(&l->state, &commit, &c->signer, body, sig, err)) < 0)
        return rc;
    onr_failpoint("before-commit-record");
    if ((rc = send_commit(c, l, body, sig, err)) < 0)
        return rc;
    onr_failpoint("after-commit-record");
    return 0;
}

static const char *
lanes_metadata(void *ctx, int32_t partition)
{
    struct lane *l = classify_lane(ctx, partition);
    const struct onr_head *next = &l->state.next;
    struct onr_offsetmeta m = { .commit_no = next->commit_no, .size = next->tree.size };

    /* Without a delivery report the last COMMIT whose place is known is the hint, else the topic's beginning: the search goes on
     * from there. */
    m.out_offset = l->commit_offset >= 0 ? l->commit_offset : l->state.head.out_offset;
    if (m.out_offset < 0)
        m.out_offset = 0;
    memcpy(m.body_hash, next->body_hash, sizeof m.body_hash);
    return onr_offsetmeta_print(&m, l->metadata);
}

static int
lanes_keep(void *ctx, int32_t partition, struct onr_error *err)
{
    struct lane *l = classify_lane(ctx, partition);
    int rc = onr_lane_promote(&l->state, l->commit_offset, err);

    if (rc < 0)
        return rc;
    l->recovered = l->repair = false;
    seen_expect(l);
    return 0;
}

static void
lanes_drop(void *ctx, int32_t partition)
{
    struct lane *l = classify_lane(ctx, partition);

    if (l)
        onr_lane_drop(&l->state);
}

static bool
lanes_may_begin(void *ctx)
{
    struct classify *c = ctx;

    return seen_behind(c) < BEHIND_STOP;
}

const struct onr_engine_lanes classify_lanes = { .open = lanes_open,
                                                 .process = lanes_process,
                                                 .seal = lanes_seal,
                                                 .metadata = lanes_metadata,
                                                 .keep = lanes_keep,
                                                 .drop = lanes_drop,
                                                 .close = lanes_close,
                                                 .may_begin = lanes_may_begin };
