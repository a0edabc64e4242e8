/* producers/replay/plan.h - which offsets of which partitions are replayed, and how far an earlier run of that name came.
 *
 * Progress is kept in the target itself: every copy says in the header onr-replay under which name and from where it came, and
 * copies of a partition stand in the order of their originals. So the last copy of this name in a partition of the target tells
 * where to go on, it was committed together with what it tells, and nothing else can expire or be forgotten.
 */
#ifndef ONR_REPLAY_PLAN_H
#define ONR_REPLAY_PLAN_H

#include "common/line/broker.h"

#define ONR_REPLAY_HEADER                                                                          \
    "onr-replay" /* "NAME TOPIC/PARTITION/OFFSET" of the record this one is a copy of */
#define ONR_FIRST_HEADER                                                                           \
    "onr-first-timestamp"    /* ms since 1970 of the first record in a chain of copies */
#define ONR_REPLAY_VALUE 512 /* bytes of the first header's value: name, topic, two numbers */
#define ONR_REPLAY_NAME  100 /* bytes of a name */

struct onr_replay_spec {
    const char *name, *topic, *to;
    int32_t partition;              /* -1 = all */
    int64_t from_offset, to_offset; /* -1 = not given */
    int64_t from_time, to_time;     /* ms; -1 = not given */
};

struct onr_replay_plan {
    struct onr_topic_range *range; /* owned; from = the next offset to copy */
    int64_t *first; /* owned; from of each range before anything was copied: for progress */
    size_t n;
    uint64_t offsets; /* in all ranges together, markers included */
    uint64_t resumed; /* of them, those behind which an earlier run has come */
};

/** Make the plan: partitions, bounds, times. Borrows spec and its strings. Both topics must be there and equally wide.
 *  Errors: those of onr_broker_wait, -ONR_ECONFIG (widths differ), -ONR_EUSAGE (no such partition). */
ONR_MUST_USE int onr_replay_plan_make(const struct onr_broker *b, struct onr_reader *reader,
                                      const struct onr_replay_spec *spec,
                                      struct onr_replay_plan *ret, struct onr_error *err);
void onr_replay_plan_release(struct onr_replay_plan *p);

/** Move every range behind what the target already has of this name. */
ONR_MUST_USE int onr_replay_plan_resume(const struct onr_broker *b, struct onr_reader *reader,
                                        const struct onr_replay_spec *spec,
                                        struct onr_replay_plan *p, struct onr_error *err);

#endif
