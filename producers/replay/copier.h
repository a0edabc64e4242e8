/* producers/replay/copier.h - records from one topic to another, a transaction of them at a time.
 *
 * read -> begin -> produce ... -> commit by time or size; a failed transaction is undone and the ranges begin again behind the
 * last copy that the target has (plan.h), so every record is copied once whatever happens between.
 */
#ifndef ONR_REPLAY_COPIER_H
#define ONR_REPLAY_COPIER_H

#include "common/stream/txn.h"
#include "producers/replay/plan.h"

struct onr_copier_spec {
    const struct onr_broker *broker;
    const struct onr_replay_spec *replay;
    struct onr_span article; /* copy records of this article only; null = all */
    int64_t rate;            /* records a second; 0 = as fast as it goes */
};

struct onr_copier_counts {
    uint64_t records, bytes; /* committed */
    uint64_t transactions, retried;
    uint64_t done, total; /* offsets behind us, and in all ranges */
};

/** Called after every commit and at least once a second. */
typedef void onr_copier_progress(void *arg, const struct onr_copier_counts *c);

/** Copy the plan's ranges to their ends. Errors: -ONR_ESTOP (stopped: what was read is committed), -ONR_EFENCED (another replay
 *  of this name), -ONR_ECONFIG, -ONR_ELIMIT (a record that cannot be copied unchanged), -ONR_ENOTFOUND (offsets that went). */
ONR_MUST_USE int onr_copy(const struct onr_copier_spec *spec, onr_copier_progress *progress,
                          void *arg, struct onr_copier_counts *ret, struct onr_error *err);

#endif
