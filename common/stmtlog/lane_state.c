/* common/stmtlog/lane_state.c - see lane_state.h. */
#include "common/stmtlog/lane_state.h"

#include <inttypes.h>

#define LEN ONR_SHA256_LEN

int
onr_lane_init(struct onr_lane *l, struct onr_span origin, int64_t in_start, struct onr_error *err)
{
    struct onr_head head;
    int rc;

    if ((rc = onr_head_init(&head, origin, err)) < 0)
        return rc;
    head.in_next = in_start;
    return onr_lane_resume(l, &head, err);
}

int
onr_lane_resume(struct onr_lane *l, const struct onr_head *head, struct onr_error *err)
{
    if (head->sealed)
        return onr_fail(err, ONR_ESTATE,
                        "lane %s is sealed: a new epoch needs its own GENESIS in the key log",
                        head->origin);
    memset(l, 0, sizeof *l);
    l->head = *head;
    l->next = *head;
    onr_lane_id(onr_span_z(head->origin), l->lane_id);
    return 0;
}

int64_t
onr_lane_in_next(const struct onr_lane *l)
{
    return l->head.in_next;
}

uint64_t
onr_lane_seq(const struct onr_lane *l)
{
    return l->open ? l->tree.size : l->head.tree.size;
}

static int
begin(struct onr_lane *l, const struct onr_frontier *tree, bool repair, struct onr_error *err)
{
    if (l->open)
        return onr_fail(err, ONR_ESTATE, "lane %s: an attempt is open already", l->head.origin);
    if (l->head.sealed)
        return onr_fail(err, ONR_ESTATE, "lane %s is sealed", l->head.origin);
    onr_frontier_copy(&l->tree, tree);
    l->open = true;
    l->closed = false;
    l->repair = repair;
    l->n_leaves = 0;
    l->n_bytes = 0;
    l->last_input = -1;
    return 0;
}

int
onr_lane_begin(struct onr_lane *l, struct onr_error *err)
{
    return begin(l, &l->head.tree, false, err);
}

int
onr_lane_begin_repair(struct onr_lane *l, struct onr_error *err)
{
    if (!l->head.has_before || l->head.before.size == l->head.tree.size)
        return onr_fail(err, ONR_ESTATE,
                        "lane %s: there is no block to repair, or the tree before it is not known",
                        l->head.origin);
    return begin(l, &l->head.before, true, err);
}

bool
onr_lane_full(const struct onr_lane *l, size_t payload_len)
{
    return l->n_leaves >= ONR_BLOCK_LEAVES
           || (l->n_leaves > 0 && l->n_bytes + payload_len > ONR_BLOCK_BYTES);
}

static int
check_append(const struct onr_lane *l, int64_t in_offset, size_t payload_len, struct onr_error *err)
{
    int64_t least = l->repair ? l->head.in_from : l->head.in_next;

    if (!l->open || l->closed)
        return onr_fail(err, ONR_ESTATE, "lane %s: no attempt is open", l->head.origin);
    if (in_offset < least || in_offset <= l->last_input)
        return onr_fail(
            err, ONR_ESTATE,
            "lane %s: input offset %" PRId64 " comes again, %" PRId64 " is due or later",
            l->head.origin, in_offset, l->last_input >= least ? l->last_input + 1 : least);
    if (onr_lane_full(l, payload_len) || payload_len > UINT32_MAX)
        return onr_fail(err, ONR_ELIMIT, "lane %s: the block is full", l->head.origin);
    return 0;
}

int
onr_lane_append(struct onr_lane *l, enum onr_leaf_type type, int64_t in_offset,
                const uint8_t in_hash[LEN], const uint8_t schema_fp[LEN], struct onr_span payload,
                uint8_t ret_leaf[ONR_LEAF_LEN], uint8_t ret_hash[LEN], struct onr_error *err)
{
    struct onr_leaf leaf = { .type = (uint8_t) type,
                             .payload_len = (uint32_t) payload.len,
                             .seq = l->tree.size,
                             .in_offset = in_offset };
    int rc;

    if ((rc = check_append(l, in_offset, payload.len, err)) < 0)
        return rc;
    memcpy(leaf.lane_id, l->lane_id, LEN);
    memcpy(leaf.in_hash, in_hash, LEN);
    memcpy(leaf.schema_fp, schema_fp, LEN);
    onr_sha256(payload.ptr, payload.len, leaf.payload_hash);
    onr_leaf_encode(&leaf, ret_leaf);
    onr_leaf_hash(ret_leaf, ret_hash);
    if ((rc = onr_frontier_append(&l->tree, ret_hash)) < 0)
        return onr_fail(err, -rc, "lane %s: no more leaves fit", l->head.origin);
    l->last_input = in_offset;
    l->n_leaves++;
    l->n_bytes += payload.len;
    return 0;
}

/* The body that the attempt leads to, all but the key. */
static void
fill_commit(const struct onr_lane *l, const struct onr_lane_commit *in, struct onr_commit *c)
{
    const struct onr_head *h = &l->head;

    memset(c, 0, sizeof *c);
    c->flags = in->flags & (ONR_COMMIT_RECOVERED | ONR_COMMIT_SEALED);
    if (l->n_leaves == 0)
        c->flags |= ONR_COMMIT_HEARTBEAT;
    if (l->repair)
        c->flags |= ONR_COMMIT_REPAIR;
    if (h->started && memcmp(h->config_hash, in->config_hash, LEN) != 0)
        c->flags |= ONR_COMMIT_CONFIG;
    c->n_leaves = l->n_leaves;
    memcpy(c->lane_id, l->lane_id, LEN);
    if (h->started) {
        c->commit_no = h->commit_no + 1;
        memcpy(c->prev, h->body_hash, LEN);
    }
    c->size_before = l->repair ? h->before.size : h->tree.size;
    c->size_after = l->tree.size;
    onr_frontier_root(&l->tree, c->root_after);
    c->in_from = l->repair ? h->in_from : h->in_next;
    c->in_next = l->repair ? h->in_next : in->in_next;
    memcpy(c->config_hash, in->config_hash, LEN);
    c->time_ms = in->time_ms;
    memcpy(c->attempt, in->attempt, ONR_ATTEMPT_LEN);
}

/* The head after this COMMIT. */
static void
fill_next(struct onr_lane *l, const struct onr_commit *c, const uint8_t body[ONR_COMMIT_LEN])
{
    struct onr_head *n = &l->next;

    n->started = true;
    n->sealed = c->flags & ONR_COMMIT_SEALED;
    n->commit_no = c->commit_no;
    onr_commit_hash(body, n->body_hash);
    memcpy(n->root, c->root_after, LEN);
    memcpy(n->config_hash, c->config_hash, LEN);
    n->in_next = c->in_next;
    n->out_offset = -1;
    onr_frontier_copy(&n->tree, &l->tree);
    n->in_from = l->head.in_from;
    n->has_before = l->head.has_before;
    onr_frontier_copy(&n->before, &l->head.before);
    if (c->n_leaves > 0 && !l->repair) {
        n->in_from = c->in_from;
        n->has_before = true;
        onr_frontier_copy(&n->before, &l->head.tree);
    }
}

int
onr_lane_commit(struct onr_lane *l, const struct onr_lane_commit *in, const struct onr_signer *s,
                uint8_t ret_body[ONR_COMMIT_LEN], uint8_t ret_sig[ONR_SIG_LEN],
                struct onr_error *err)
{
    struct onr_commit c;
    int rc;

    if (!l->open || l->closed)
        return onr_fail(err, ONR_ESTATE, "lane %s: no attempt is open", l->head.origin);
    if (!l->repair && (in->in_next < l->head.in_next || in->in_next <= l->last_input))
        return onr_fail(err, ONR_ESTATE,
                        "lane %s: input position %" PRId64 " lies before what the block holds",
                        l->head.origin, in->in_next);
    fill_commit(l, in, &c);
    if (l->repair
        && (c.size_after != l->head.tree.size || memcmp(c.root_after, l->head.root, LEN) != 0))
        return onr_fail(err, ONR_EVERIFY,
                        "lane %s: the repair has another root than the damaged block: inputs or "
                        "model are not those it was made with",
                        l->head.origin);
    if ((rc = onr_commit_sign(&c, s, ret_body, ret_sig, err)) < 0)
        return rc;
    fill_next(l, &c, ret_body);
    l->closed = true;
    return 0;
}

int
onr_lane_promote(struct onr_lane *l, int64_t out_offset, struct onr_error *err)
{
    if (!l->open || !l->closed)
        return onr_fail(err, ONR_ESTATE, "lane %s: no signed attempt to promote", l->head.origin);
    l->next.out_offset = out_offset >= 0 ? out_offset : l->head.out_offset;
    l->head = l->next;
    onr_lane_drop(l);
    return 0;
}

void
onr_lane_drop(struct onr_lane *l)
{
    l->open = l->closed = l->repair = false;
    l->n_leaves = 0;
    l->n_bytes = 0;
    l->last_input = -1;
}
