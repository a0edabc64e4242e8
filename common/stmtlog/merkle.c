/* common/stmtlog/merkle.c - see merkle.h. */
#include "common/stmtlog/merkle.h"

#include <string.h>

#define LEN ONR_SHA256_LEN

static void
hash_node(const uint8_t l[LEN], const uint8_t r[LEN], uint8_t ret[LEN])
{
    uint8_t buf[1 + 2 * LEN] = { 0x01 };

    memcpy(buf + 1, l, LEN);
    memcpy(buf + 1 + LEN, r, LEN);
    onr_sha256(buf, sizeof buf, ret);
}

size_t
onr_frontier_count(uint64_t size)
{
    return (size_t) __builtin_popcountll(size);
}

int
onr_frontier_append(struct onr_frontier *f, const uint8_t leaf[LEN])
{
    size_t n = onr_frontier_count(f->size);
    uint8_t node[LEN];

    if (f->size >= (uint64_t) 1 << 63)
        return -ONR_ELIMIT;
    memcpy(node, leaf, LEN);
    /* Each set low bit is a perfect subtree of the same height as `node`: join them, as in a binary carry. */
    for (uint64_t bits = f->size; bits & 1; bits >>= 1)
        hash_node(f->node[--n], node, node);
    memcpy(f->node[n], node, LEN);
    f->size++;
    return 0;
}

void
onr_frontier_root(const struct onr_frontier *f, uint8_t ret_root[LEN])
{
    size_t n = onr_frontier_count(f->size);
    uint8_t root[LEN];

    if (n == 0) {
        onr_sha256("", 0, ret_root);
        return;
    }
    memcpy(root, f->node[--n], LEN);
    while (n > 0)
        hash_node(f->node[--n], root, root);
    memcpy(ret_root, root, LEN);
}

int
onr_frontier_from_nodes(struct onr_frontier *ret, uint64_t size, const uint8_t (*node)[LEN],
                        size_t n, const uint8_t root[LEN], struct onr_error *err)
{
    struct onr_frontier f = { .size = size };
    uint8_t sum[LEN];

    if (n != onr_frontier_count(size))
        return onr_fail(err, ONR_EINPUT, "frontier of %zu hashes, a tree of %llu leaves has %zu", n,
                        (unsigned long long) size, onr_frontier_count(size));
    if (n > 0)
        memcpy(f.node, node, n * LEN);
    onr_frontier_root(&f, sum);
    if (memcmp(sum, root, LEN) != 0)
        return onr_fail(err, ONR_EVERIFY, "frontier does not hash to the root of %llu leaves",
                        (unsigned long long) size);
    onr_frontier_copy(ret, &f);
    return 0;
}

void
onr_frontier_copy(struct onr_frontier *to, const struct onr_frontier *from)
{
    to->size = from->size;
    memmove(to->node, from->node, onr_frontier_count(from->size) * LEN);
}

bool
onr_frontier_equal(const struct onr_frontier *a, const struct onr_frontier *b)
{
    return a->size == b->size && memcmp(a->node, b->node, onr_frontier_count(a->size) * LEN) == 0;
}

void
onr_tree_root(const uint8_t (*leaf)[LEN], uint64_t n, uint8_t ret[LEN])
{
    struct onr_frontier f;

    f.size = 0;
    for (uint64_t i = 0; i < n; i++)
        if (onr_frontier_append(&f, leaf[i]) < 0)
            break; /* n leaves are in memory: never 2^63 */
    onr_frontier_root(&f, ret);
}

/* Largest power of two below n, n > 1 (RFC 6962 2.1). */
static uint64_t
split_at(uint64_t n)
{
    uint64_t k = 1;

    while (k < n - k)
        k <<= 1;
    return k;
}

/* Paths are found from the root down and wanted from the leaf up. */
static void
reverse(struct onr_proof *p)
{
    uint8_t tmp[LEN];

    for (size_t i = 0, j = p->n; i + 1 < j; i++) {
        j--;
        memcpy(tmp, p->node[i], LEN);
        memcpy(p->node[i], p->node[j], LEN);
        memcpy(p->node[j], tmp, LEN);
    }
}

int
onr_inclusion_prove(const uint8_t (*leaf)[LEN], uint64_t n, uint64_t index, struct onr_proof *ret)
{
    if (index >= n)
        return -ONR_EINPUT;
    ret->n = 0;
    while (n > 1) {
        uint64_t k = split_at(n);

        if (index < k) {
            onr_tree_root(leaf + k, n - k, ret->node[ret->n++]);
            n = k;
        } else {
            onr_tree_root(leaf, k, ret->node[ret->n++]);
            leaf += k;
            index -= k;
            n -= k;
        }
    }
    reverse(ret);
    return 0;
}

int
onr_consistency_prove(const uint8_t (*leaf)[LEN], uint64_t n, uint64_t old, struct onr_proof *ret)
{
    bool whole
        = true; /* the part at hand is the old tree itself: its root is known to the verifier */

    if (old > n)
        return -ONR_EINPUT;
    ret->n = 0;
    if (old == 0 || old == n)
        return 0;
    while (old != n) {
        uint64_t k = split_at(n);

        if (old <= k) {
            onr_tree_root(leaf + k, n - k, ret->node[ret->n++]);
            n = k;
        } else {
            onr_tree_root(leaf, k, ret->node[ret->n++]);
            leaf += k;
            old -= k;
            n -= k;
            whole = false;
        }
    }
    if (!whole)
        onr_tree_root(leaf, n, ret->node[ret->n++]);
    reverse(ret);
    return 0;
}

int
onr_inclusion_verify(const uint8_t leaf[LEN], uint64_t index, uint64_t size,
                     const struct onr_proof *proof, const uint8_t root[LEN], struct onr_error *err)
{
    uint64_t fn = index, sn = size - 1;
    uint8_t r[LEN];

    if (index >= size || proof->n > ONR_FRONTIER_MAX)
        return onr_fail(err, ONR_EVERIFY, "leaf %llu is not in a tree of %llu leaves",
                        (unsigned long long) index, (unsigned long long) size);
    memcpy(r, leaf, LEN);
    for (size_t i = 0; i < proof->n; i++) {
        if (sn == 0)
            return onr_fail(err, ONR_EVERIFY, "inclusion proof is too long");
        if ((fn & 1) || fn == sn) {
            hash_node(proof->node[i], r, r);
            while (!(fn & 1) && fn != 0) {
                fn >>= 1;
                sn >>= 1;
            }
        } else {
            hash_node(r, proof->node[i], r);
        }
        fn >>= 1;
        sn >>= 1;
    }
    if (sn != 0 || memcmp(r, root, LEN) != 0)
        return onr_fail(err, ONR_EVERIFY, "inclusion proof does not lead to the root");
    return 0;
}

int
onr_consistency_verify(uint64_t old_size, const uint8_t old_root[LEN], uint64_t size,
                       const uint8_t root[LEN], const struct onr_proof *proof,
                       struct onr_error *err)
{
    const uint8_t(*node)[LEN] = proof->node;
    uint64_t fn = old_size - 1, sn = size - 1;
    uint8_t fr[LEN], sr[LEN];
    size_t i = 0;

    if (old_size > size || proof->n > ONR_FRONTIER_MAX)
        return onr_fail(err, ONR_EVERIFY, "a tree of %llu leaves is no beginning of one of %llu",
                        (unsigned long long) old_size, (unsigned long long) size);
    if (old_size == 0 || old_size == size) {
        if (proof->n != 0)
            return onr_fail(err, ONR_EVERIFY, "consistency proof should be empty");
        if (old_size == size && memcmp(old_root, root, LEN) != 0)
            return onr_fail(err, ONR_EVERIFY, "two roots for one size");
        return 0;
    }
    while (fn & 1) {
        fn >>= 1;
        sn >>= 1;
    }
    if (fn != 0 && proof->n == 0)
        return onr_fail(err, ONR_EVERIFY, "consistency proof is too short");
    memcpy(fr, fn == 0 ? old_root : node[i++], LEN); /* a perfect old tree is not in the proof */
    memcpy(sr, fr, LEN);
    for (; i < proof->n; i++) {
        if (sn == 0)
            return onr_fail(err, ONR_EVERIFY, "consistency proof is too long");
        if ((fn & 1) || fn == sn) {
            hash_node(node[i], fr, fr);
            hash_node(node[i], sr, sr);
            while (!(fn & 1) && fn != 0) {
                fn >>= 1;
                sn >>= 1;
            }
        } else {
            hash_node(sr, node[i], sr);
        }
        fn >>= 1;
        sn >>= 1;
    }
    if (sn != 0 || memcmp(fr, old_root, LEN) != 0 || memcmp(sr, root, LEN) != 0)
        return onr_fail(err, ONR_EVERIFY, "consistency proof does not join the two roots");
    return 0;
}
