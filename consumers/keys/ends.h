/* consumers/keys/ends.h - how far the lanes of the line are: their last COMMITs on Kafka.
 *
 * What ends a key says up to which size of each lane it counts. Nobody should have to look that up by hand: the lanes' last
 * COMMITs say it. A key that still signs cannot be ended without tearing its lanes, so there is a way to wait until it is quiet.
 */
#ifndef ONR_KEYS_ENDS_H
#define ONR_KEYS_ENDS_H

#include "common/base/arena.h"
#include "common/event/codec.h"
#include "common/line/keyring.h"

struct lane_end {
    char origin[ONR_ORIGIN_MAX + 1];
    uint8_t lane_id[ONR_SHA256_LEN];
    int32_t partition;
    uint32_t epoch;
    bool started;                   /* a COMMIT that counts was found */
    uint64_t commit_no, size;       /* of the last one */
    uint8_t key_id[ONR_KEY_ID_LEN]; /* who signed it */
    int64_t time_ms;                /* when, by the clock of who signed it */
    int64_t next;                   /* output offset behind what was looked at */
};

struct ends {
    const struct onr_broker *broker;
    const struct onr_keylog *log;
    const char *topic;
    struct onr_codec *codec;
    struct onr_arena arena;
    struct lane_end *
        lane; /* owned: every lane of the line that has a GENESIS, epochs of a partition together */
    size_t n;
};

/** Find the lanes in the key log and their last COMMITs on Kafka. Borrows broker and ring. -ONR_EBROKER, -ONR_ENOMEM. */
ONR_MUST_USE int ends_open(const struct onr_broker *b, const struct onr_keyring *ring,
                           struct ends **ret, struct onr_error *err);
void ends_close(struct ends *e);

/** The lane that `text` means: its origin, or the number of its partition for the newest epoch. NULL when there is none. */
const struct lane_end *ends_find(const struct ends *e, struct onr_span text);

/** Wait until the key has signed the last COMMIT of no lane, or nothing for quiet_ms. Says on standard error what it waits for.
 *  -ONR_ESTOP, -ONR_EBROKER. */
ONR_MUST_USE int ends_wait(struct ends *e, const struct onr_public_key *key, int64_t quiet_ms,
                           struct onr_error *err);

#endif
