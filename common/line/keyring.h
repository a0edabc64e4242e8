/* common/line/keyring.h - trust file and key log, ready to verify lanes with, and kept fresh.
 *
 * Reads the whole keys topic when opened. A verifier that meets a key nobody knows calls onr_keyring_refresh before it
 * calls the record foreign: the key's entry may just have been written.
 */
#ifndef ONR_LINE_KEYRING_H
#define ONR_LINE_KEYRING_H

#include "common/line/broker.h"
#include "common/line/head_store.h"
#include "common/stmtlog/keylog.h"

struct onr_keyring;

/** Read the trust file at `path` and the key log. Borrows b. Returns owned. Errors: -ONR_ECONFIG (no trust file, its topics are
 *  not those of --prefix), -ONR_EKEY, -ONR_ESTATE (key log contradicts itself), -ONR_EBROKER. */
ONR_MUST_USE int onr_keyring_open(const struct onr_broker *b, const char *path,
                                  struct onr_keyring **ret, struct onr_error *err);
void onr_keyring_close(struct onr_keyring *k);

/** Take what was added to the key log since; *ret_grew says whether there was anything. One question to the broker, when
 *  nothing was added. Errors as open; -ONR_ESTATE, too, when the log ends before what was read. */
ONR_MUST_USE int onr_keyring_refresh(struct onr_keyring *k, bool *ret_grew, struct onr_error *err);

/** Does the key log hold what the heads were verified with? One that ends before it was cut or made anew: -ONR_ESTATE, `path` is the
 *  file that knows. */
ONR_MUST_USE int onr_keyring_reaches(const struct onr_keyring *k,
                                     const struct onr_head_store *heads, const char *path,
                                     struct onr_error *err);
/** Keep with the heads how far the key log goes. */
void onr_keyring_keep(const struct onr_keyring *k, struct onr_head_store *heads);

/** Valid until close; the log changes in refresh. */
const struct onr_keylog *onr_keyring_log(const struct onr_keyring *k);
const struct onr_trust *onr_keyring_trust(const struct onr_keyring *k);

/** Origin of the lane of a partition of the line's attributions, in its newest epoch. Errors: -ONR_EKEY when the key log has no
 *  GENESIS entry for it, and what to do. */
ONR_MUST_USE int onr_keyring_origin(const struct onr_keyring *k, int32_t partition,
                                    char ret[ONR_ORIGIN_MAX + 1], struct onr_error *err);

/** The same in the oldest epoch after *epoch, which becomes that one; 0 when there is none, and *ret is as it was. 0 asks for the
 *  first. -ONR_ECONFIG as onr_origin_print. */
ONR_MUST_USE int onr_keyring_next_epoch(const struct onr_keyring *k, int32_t partition,
                                        uint32_t *epoch, char ret[ONR_ORIGIN_MAX + 1],
                                        struct onr_error *err);

/** Partitions that lanes of the line have according to the key log: at least those that attributions must have. */
int32_t onr_keyring_partitions(const struct onr_keyring *k);

#endif
