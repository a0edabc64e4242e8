/* tests/property/stmtlog_tamper.h - what can be done to a topic: one function for each kind of tampering, loss or accident.
 *
 * Each works on the world `w` and returns false when it finds no place for itself. Part of test_stmtlog_range.c.
 */
#ifndef ONR_TESTS_STMTLOG_TAMPER_H
#define ONR_TESTS_STMTLOG_TAMPER_H

#include "tests/property/stmtlog_world.h"

static struct world *w;

static void delete (size_t i)
{
    memmove(&w->msg[i], &w->msg[i + 1], (w->n - i - 1) * sizeof *w->msg);
    w->n--;
}

static void
insert(size_t i, const struct msg *m)
{
    struct msg copy = *m;

    must(w->n < WORLD_MAX ? 0 : -1);
    memmove(&w->msg[i + 1], &w->msg[i], (w->n - i) * sizeof *w->msg);
    w->msg[i] = copy;
    w->n++;
}

/* First message and number of records of a block. */
static bool
find_block(int block, size_t *ret_first, size_t *ret_records)
{
    size_t i = 0, n = 0;

    while (i < w->n && w->msg[i].block != block)
        i++;
    if (i == w->n)
        return false;
    while (i + n < w->n && !w->msg[i + n].commit)
        n++;
    *ret_first = i;
    *ret_records = n;
    return true;
}

/* A random block that has at least `least` records. */
static bool
pick_block(size_t least, int *ret_block, size_t *ret_first, size_t *ret_records)
{
    for (int tries = 0; tries < 50 && w->blocks > 0; tries++) {
        int b = (int) world_random(w, (uint64_t) w->blocks);

        if (find_block(b, ret_first, ret_records) && *ret_records >= least) {
            *ret_block = b;
            return true;
        }
    }
    return false;
}

/* The same, and no torn records right before it: with those, what is lost may be there after all, byte for byte, and the
 * lane is as good as new. */
static bool
pick_lone_block(size_t least, int *ret_block, size_t *ret_first, size_t *ret_records)
{
    for (int tries = 0; tries < 50; tries++)
        if (pick_block(least, ret_block, ret_first, ret_records)
            && (*ret_first == 0 || w->msg[*ret_first - 1].block >= 0))
            return true;
    return false;
}

static void
flip(uint8_t *bytes, size_t from, size_t to)
{
    bytes[from + world_random(w, to - from)] ^= (uint8_t) (1u << world_random(w, 8));
}

static bool
flip_payload(void)
{
    size_t first, n;
    int b;

    if (!pick_lone_block(1, &b, &first, &n))
        return false;
    first += world_random(w, n);
    w->msg[first].payload[world_random(w, 6)] ^= 1;
    return true;
}

static bool
flip_leaf(void)
{
    size_t first, n;
    int b;

    if (!pick_lone_block(1, &b, &first, &n))
        return false;
    flip(w->msg[first + world_random(w, n)].leaf, 0, ONR_LEAF_LEN);
    return true;
}

static bool
flip_signature(void)
{
    size_t first, n;
    int b;

    if (!pick_lone_block(1, &b, &first, &n))
        return false;
    flip(w->msg[first + world_random(w, n)].sig, 12, ONR_RECORD_SIG_LEN);
    return true;
}

static bool
flip_commit(void)
{
    size_t first, n;
    int b;

    if (!pick_block(1, &b, &first, &n))
        return false;
    if (world_random(w, 2))
        flip(w->msg[first + n].body, 32, ONR_COMMIT_LEN);
    else
        flip(w->msg[first + n].csig, 0, ONR_SIG_LEN);
    return true;
}

static bool
flip_frontier(void)
{
    size_t first, n;
    int b;

    if (!pick_block(1, &b, &first, &n))
        return false;
    flip(w->msg[first + n].frontier[0], 0, ONR_SHA256_LEN);
    return true;
}

static bool
delete_record(void)
{
    size_t first, n;
    int b;

    if (!pick_lone_block(1, &b, &first, &n))
        return false;
    delete (first + world_random(w, n));
    return true;
}

/* A block between two others. */
static bool
delete_block(void)
{
    size_t first, n;
    int b;

    if (!pick_block(0, &b, &first, &n) || b == 0 || b == w->blocks - 1)
        return false;
    for (size_t i = 0; i <= n; i++)
        delete (first);
    return true;
}

static bool
delete_beginning(void)
{
    size_t first, n;

    if (w->blocks < 2 || !find_block(0, &first, &n) || n == 0)
        return false;
    for (size_t i = 0; i <= first + n; i++)
        delete (0);
    return true;
}

static bool
delete_commit(void)
{
    size_t first, n;
    int b;

    if (!pick_block(1, &b, &first, &n) || b == w->blocks - 1)
        return false;
    delete (first + n);
    return true;
}

static bool
swap_records(void)
{
    size_t first, n, at;
    struct msg m;
    int b;

    if (!pick_block(2, &b, &first, &n))
        return false;
    at = first + world_random(w, n - 1);
    m = w->msg[at];
    w->msg[at] = w->msg[at + 1];
    w->msg[at + 1] = m;
    return true;
}

static bool
swap_blocks(void)
{
    size_t first, n;
    int b;

    if (!pick_block(1, &b, &first, &n) || b == w->blocks - 1)
        return false;
    for (size_t i = 0; i <= n; i++) { /* carry the block behind the COMMIT of the next one */
        struct msg m = w->msg[first];
        size_t to;

        delete (first);
        for (to = first; !(w->msg[to].commit && w->msg[to].block == b + 1); to++)
            ;
        insert(to + 1 + i, &m);
    }
    return true;
}

/* A copy of a record somewhere after it. */
static bool
replay_record(void)
{
    size_t first, n, from, to;
    int b;

    if (!pick_block(1, &b, &first, &n))
        return false;
    from = first + world_random(w, n);
    to = first + n + 1; /* behind its own COMMIT */
    insert(to + world_random(w, w->n - to + 1), &w->msg[from]);
    return true;
}

/* A copy of a record before its own block: nobody who only appends can do that, and it does no harm. */
static bool
early_copy(void)
{
    size_t first, n;
    int b;

    if (!pick_block(1, &b, &first, &n))
        return false;
    insert(world_random(w, first + 1), &w->msg[first + world_random(w, n)]);
    return true;
}

static bool
replay_commit(void)
{
    size_t first, n, to;
    int b;

    if (!pick_block(0, &b, &first, &n))
        return false;
    to = first + n + 1;
    insert(to + world_random(w, w->n - to + 1), &w->msg[first + n]);
    return true;
}

/* Anybody with a credential can append: a record and a COMMIT by a key that nobody added. */
static bool
strangers(void)
{
    struct onr_lane lane = w->lane;
    size_t n = w->n, end = w->n;

    must(onr_lane_begin(&lane, NULL));
    world_records(w, &lane, &w->stranger, w->done, 2, 2, -1);
    world_commit(w, &lane, &w->stranger, w->input[w->done + 1] + 1, 0, -1);
    for (size_t i = 0; i < 3; i++) { /* spread them over the topic */
        struct msg m = w->msg[end + i];

        delete (end + i);
        insert(world_random(w, n + 1), &m);
    }
    return true;
}

static bool
two_owners(void)
{
    struct onr_lane lane;
    size_t n = 1 + world_random(w, 5);

    must(onr_lane_resume(&lane, &w->lane.head, NULL));
    must(onr_lane_begin(&lane, NULL));
    world_records(w, &lane, &w->signer[0], w->done, n, n, w->blocks);
    world_commit(w, &lane, &w->signer[0], w->input[w->done + n - 1] + 1, 0, w->blocks);
    must(onr_lane_begin(&w->lane, NULL)); /* a worker that was not fenced */
    world_records(w, &w->lane, &w->signer[1], w->done, n, n, w->blocks);
    world_commit(w, &w->lane, &w->signer[1], w->input[w->done + n - 1] + 1, 0, w->blocks);
    must(onr_lane_promote(&w->lane, (int64_t) w->n - 1, NULL));
    w->blocks++;
    return true;
}

/* One record is signed twice with different content, both by keys of the log. */
static bool
equivocate(void)
{
    struct onr_leaf leaf;
    uint8_t hash[ONR_SHA256_LEN];
    size_t first, n;
    struct msg m;
    int b;

    if (!pick_block(1, &b, &first, &n))
        return false;
    m = w->msg[first];
    must(onr_leaf_decode(onr_span_of(m.leaf, ONR_LEAF_LEN), &leaf, NULL));
    snprintf(m.payload, sizeof m.payload, "another result");
    leaf.payload_len = (uint32_t) strlen(m.payload);
    onr_sha256(m.payload, strlen(m.payload), leaf.payload_hash);
    onr_leaf_encode(&leaf, m.leaf);
    onr_leaf_hash(m.leaf, hash);
    onr_record_sign(&w->signer[1], hash, m.sig);
    insert(first, &m);
    return true;
}

static bool
cut_tail(void)
{
    size_t first, n;

    if (w->blocks < 2 || !find_block(w->blocks - 1 - (int) world_random(w, 2), &first, &n)
        || n == 0)
        return false;
    w->n = first;
    return true;
}

static bool
silent_config(void)
{
    must(onr_lane_begin(&w->lane, NULL));
    world_records(w, &w->lane, &w->signer[0], w->done, 1, 1, w->blocks);
    world_config_of(2, w->config); /* nobody allowed it */
    world_commit(w, &w->lane, &w->signer[0], w->input[w->done] + 1, 0, w->blocks);
    must(onr_lane_promote(&w->lane, (int64_t) w->n - 1, NULL));
    return true;
}

/* The stray abort: the first records of the last block are gone, its COMMIT is there. */
static bool
damage_last(void)
{
    size_t first, n, lost;

    for (int b = w->blocks - 1; b >= 0; b--) {
        if (!find_block(b, &first, &n) || n == 0)
            continue;
        if (first > 0 && w->msg[first - 1].block < 0)
            return false;
        lost = 1 + world_random(w, n);
        for (size_t i = 0; i < lost; i++)
            delete (first);
        return true;
    }
    return false;
}

/* Write the last block again, its first `n` records only when `torn`. */
static void
repair(bool torn)
{
    struct onr_lane *l = &w->lane;
    size_t n = (size_t) (l->head.tree.size - l->head.before.size);

    must(onr_lane_begin_repair(l, NULL));
    world_records(w, l, &w->signer[2], w->done - n, n, torn ? world_random(w, n) : n,
                  torn ? -1 : w->blocks);
    if (torn) {
        onr_lane_drop(l);
        return;
    }
    world_commit(w, l, &w->signer[2], 0, 0, w->blocks);
    must(onr_lane_promote(l, (int64_t) w->n - 1, NULL));
    w->blocks++;
}

static bool
damage_and_repair(void)
{
    if (!damage_last())
        return false;
    if (world_random(w, 2))
        repair(true);
    repair(false);
    if (world_random(w, 2))
        world_step(w, 8);
    return true;
}

static bool
damage_without_repair(void)
{
    if (!damage_last())
        return false;
    if (world_random(w, 2))
        repair(true);
    return true;
}

static bool
damage_and_go_on(void)
{
    size_t n = 1 + world_random(w, 4);

    if (!damage_last())
        return false;
    must(onr_lane_begin(&w->lane, NULL));
    world_records(w, &w->lane, &w->signer[0], w->done, n, n, w->blocks);
    world_commit(w, &w->lane, &w->signer[0], w->input[w->done + n - 1] + 1, 0, w->blocks);
    must(onr_lane_promote(&w->lane, (int64_t) w->n - 1, NULL));
    return true;
}

#endif
