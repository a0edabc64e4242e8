/* common/stmtlog/merkle.h - append-only SHA-256 tree (RFC 6962), kept as its frontier, and its proofs.
 *
 * A frontier is the list of perfect subtree roots of the first `size` leaves, largest first: at most 64 hashes,
 * enough to append and to compute the root. A zeroed frontier is the empty tree. Proof building takes the list of all
 * leaf hashes and walks it; nothing here allocates.
 */
#ifndef ONR_STMTLOG_MERKLE_H
#define ONR_STMTLOG_MERKLE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/error.h"
#include "common/base/sha256.h"

#define ONR_FRONTIER_MAX 64 /* hashes: one for each bit of a size */

struct onr_frontier {
    uint64_t size;                                  /* leaves appended so far */
    uint8_t node[ONR_FRONTIER_MAX][ONR_SHA256_LEN]; /* popcount(size) of them are valid */
};

/** Number of valid nodes of a tree of this size. */
size_t onr_frontier_count(uint64_t size);

/** Append one leaf hash. O(1) amortised. Errors: -ONR_ELIMIT at 2^63 leaves. */
ONR_MUST_USE int onr_frontier_append(struct onr_frontier *f, const uint8_t leaf[ONR_SHA256_LEN]);

/** Root of all leaves appended so far; SHA-256 of nothing for an empty tree. */
void onr_frontier_root(const struct onr_frontier *f, uint8_t ret_root[ONR_SHA256_LEN]);

/** Frontier of `size` leaves from n nodes as a COMMIT carries them. Errors: -ONR_EINPUT when n does not fit the size,
 *  -ONR_EVERIFY when the nodes do not hash to `root`. */
ONR_MUST_USE int onr_frontier_from_nodes(struct onr_frontier *ret, uint64_t size,
                                         const uint8_t (*node)[ONR_SHA256_LEN], size_t n,
                                         const uint8_t root[ONR_SHA256_LEN], struct onr_error *err);

/** Copy the size and the valid nodes only (a whole struct is 2 KiB). */
void onr_frontier_copy(struct onr_frontier *to, const struct onr_frontier *from);

/** True when sizes and valid nodes are the same. */
bool onr_frontier_equal(const struct onr_frontier *a, const struct onr_frontier *b);

/* C before C23 does not turn uint8_t (*)[32] into a pointer to const by itself. */
#define ONR_HASHES(array) ((const uint8_t(*)[ONR_SHA256_LEN])(array))

/* Path of an inclusion or consistency proof, in the order of RFC 6962 2.1.1 and 2.1.2. */
struct onr_proof {
    size_t n;
    uint8_t node[ONR_FRONTIER_MAX][ONR_SHA256_LEN];
};

/** Root of n leaf hashes. */
void onr_tree_root(const uint8_t (*leaf)[ONR_SHA256_LEN], uint64_t n, uint8_t ret[ONR_SHA256_LEN]);

/** Proof that leaf[index] is in the tree of the n leaves. Errors: -ONR_EINPUT when index >= n. */
ONR_MUST_USE int onr_inclusion_prove(const uint8_t (*leaf)[ONR_SHA256_LEN], uint64_t n,
                                     uint64_t index, struct onr_proof *ret);

/** RFC 9162 2.1.3.2. Errors: -ONR_EVERIFY. */
ONR_MUST_USE int onr_inclusion_verify(const uint8_t leaf[ONR_SHA256_LEN], uint64_t index,
                                      uint64_t size, const struct onr_proof *proof,
                                      const uint8_t root[ONR_SHA256_LEN], struct onr_error *err);

/** Proof that the tree of the first `old` of n leaves is a beginning of the tree of all. -ONR_EINPUT when old > n. */
ONR_MUST_USE int onr_consistency_prove(const uint8_t (*leaf)[ONR_SHA256_LEN], uint64_t n,
                                       uint64_t old, struct onr_proof *ret);

/** RFC 9162 2.1.4.2. An empty old tree and equal sizes take an empty proof. Errors: -ONR_EVERIFY. */
ONR_MUST_USE int onr_consistency_verify(uint64_t old_size, const uint8_t old_root[ONR_SHA256_LEN],
                                        uint64_t size, const uint8_t root[ONR_SHA256_LEN],
                                        const struct onr_proof *proof, struct onr_error *err);

#endif
