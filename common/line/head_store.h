/* common/line/head_store.h - the last verified head of each lane, in a file that is replaced whole.
 *
 * Whoever verified a lane up to a COMMIT keeps that head, goes on from there next time and refuses a lane that is shorter or
 * has another root at that size: this file is what makes a cut-off tail visible to one subscriber. JSON, so that people and
 * scripts can read it; hashes in hex. Lanes are kept in order of their origins, so the same heads are the same bytes.
 */
#ifndef ONR_LINE_HEAD_STORE_H
#define ONR_LINE_HEAD_STORE_H

#include <stdint.h>

#include "common/base/error.h"
#include "common/base/span.h"

#define ONR_HEADS_MAX      4096               /* lanes in one file: partitions of one topic */
#define ONR_HEADS_FILE_MAX (32 * 1024 * 1024) /* bytes: 4,096 lanes with a full frontier each */

/* A lane as of one verified COMMIT: all that is needed to go on from behind it. */
struct onr_head {
    uint64_t size;
    uint8_t root[32];
    uint64_t commit_no;
    uint8_t commit_hash[32]; /* SHA-256 of that COMMIT's body: `prev` of the next one */
    int64_t in_next;         /* position in the input topic */
    int64_t commit_offset;   /* where that COMMIT stands in the lane's topic */
    unsigned n_frontier;     /* popcount(size) */
    uint8_t frontier[64][32];
};

struct onr_head_store;

/** Empty store. Returns owned. */
ONR_MUST_USE int onr_head_store_new(struct onr_head_store **ret, struct onr_error *err);
void onr_head_store_free(struct onr_head_store *s);

/** Add what the file holds. Errors: -ONR_ENOTFOUND (no file: start without), -ONR_EIO, -ONR_ESTATE (not such a file, or one
 *  that contradicts itself; the sentence names path and line or lane). */
ONR_MUST_USE int onr_head_store_load(struct onr_head_store *s, const char *path,
                                     struct onr_error *err);

/** Replace the file atomically (fsync, rename). */
ONR_MUST_USE int onr_head_store_save(const struct onr_head_store *s, const char *path,
                                     struct onr_error *err);

/** Head of a lane, NULL when there is none. Valid until the next put. */
const struct onr_head *onr_head_store_get(const struct onr_head_store *s, const char *origin);

/** Remember a head. -ONR_ESTATE when it lies behind the one kept (smaller size or commit_no) or has another root at its size:
 *  a store never goes back. */
ONR_MUST_USE int onr_head_store_put(struct onr_head_store *s, const char *origin,
                                    const struct onr_head *head, struct onr_error *err);

size_t onr_head_store_count(const struct onr_head_store *s);
/** Head i in order of origins. */
const struct onr_head *onr_head_store_at(const struct onr_head_store *s, size_t i,
                                         const char **ret_origin);

#endif
