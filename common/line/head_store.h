/* common/line/head_store.h - the last verified head of each lane, in a file that is replaced whole.
 *
 * Whoever verified a lane up to a COMMIT keeps that head, goes on from there next time and refuses a lane that is shorter or
 * has another tree at that size: this file is what makes a cut-off tail visible to one subscriber. Text: a first line, then
 * a line for each lane as stmtlog/head.h prints it, in order of the origins, so the same heads are the same bytes. A line "keys"
 * before them says how far the key log went that they were verified with: so a cut-off end of that is visible, too.
 */
#ifndef ONR_LINE_HEAD_STORE_H
#define ONR_LINE_HEAD_STORE_H

#include "common/stmtlog/head.h"

#define ONR_HEADS_MAX 4096 /* lanes in one file: partitions of one topic */
#define ONR_HEADS_FILE_MAX                                                                         \
    (48 * 1024 * 1024) /* bytes: as many lanes with two full frontiers each */

struct onr_head_store;

/** Empty store. Returns owned. */
ONR_MUST_USE int onr_head_store_new(struct onr_head_store **ret, struct onr_error *err);
void onr_head_store_free(struct onr_head_store *s);

/** Add what the file holds. Errors: -ONR_ENOTFOUND (no file: start without), -ONR_EIO, -ONR_ESTATE (not such a file, or one
 *  that contradicts itself; the sentence names path and line). */
ONR_MUST_USE int onr_head_store_load(struct onr_head_store *s, const char *path,
                                     struct onr_error *err);

/** Replace the file atomically (fsync, rename). */
ONR_MUST_USE int onr_head_store_save(const struct onr_head_store *s, const char *path,
                                     struct onr_error *err);

/** Remember how much of the key log the heads were verified with: its number of entries and what onr_keylog_head says. Less than
 *  what is kept changes nothing. */
void onr_head_store_put_keys(struct onr_head_store *s, uint64_t n,
                             const uint8_t hash[ONR_SHA256_LEN]);
/** That number, with the hash; 0 when nothing is known. */
uint64_t onr_head_store_keys(const struct onr_head_store *s, uint8_t ret_hash[ONR_SHA256_LEN]);

/** Head of a lane, NULL when there is none. Valid until the next put. */
const struct onr_head *onr_head_store_get(const struct onr_head_store *s, const char *origin);

/** Remember a started head. -ONR_ESTATE when it lies behind the one kept (smaller size or commit_no) or has another root at
 *  its size: a store never goes back. */
ONR_MUST_USE int onr_head_store_put(struct onr_head_store *s, const struct onr_head *head,
                                    struct onr_error *err);

size_t onr_head_store_count(const struct onr_head_store *s);
/** Head i in order of origins. */
const struct onr_head *onr_head_store_at(const struct onr_head_store *s, size_t i);

#endif
