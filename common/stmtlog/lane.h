/* common/stmtlog/lane.h - the name of a lane and the 32 bytes that stand for it.
 *
 *   origin  = <org>/<output topic>/v1/<input topic>/<partition>/<epoch>
 *   lane_id = SHA-256("stmtlog/lane/v1\n\0" || origin)
 *
 * Topic names are the full Kafka names, prefix included, so that two installations on one cluster never share a lane.
 * Nothing here allocates.
 */
#ifndef ONR_STMTLOG_LANE_H
#define ONR_STMTLOG_LANE_H

#include <stdint.h>

#include "common/base/error.h"
#include "common/base/limits.h"
#include "common/base/sha256.h"
#include "common/base/span.h"

#define ONR_TOPIC_MAX  249 /* bytes of a topic's name: Kafka's own limit */
#define ONR_ORIGIN_MAX (ONR_KEY_NAME_MAX + 2 * ONR_TOPIC_MAX + 32) /* bytes of an origin */

struct onr_lane_name {
    struct onr_span org;    /* "news.example" */
    struct onr_span output; /* "onrecord.attributions" */
    struct onr_span input;  /* "onrecord.statements" */
    int32_t partition;      /* of the input; the output's is the same */
    uint32_t epoch;         /* from 1 */
};

/** True when s may be an organisation or topic name: 1 to max letters, digits, '.', '_' or '-'. */
bool onr_name_part_ok(struct onr_span s, size_t max);

/** Write the origin and its NUL. Errors: -ONR_ECONFIG, naming the part that is not allowed. */
ONR_MUST_USE int onr_origin_print(const struct onr_lane_name *n, char ret[ONR_ORIGIN_MAX + 1],
                                  struct onr_error *err);

/** Take an origin apart; spans borrow from it. Errors: -ONR_EINPUT. */
ONR_MUST_USE int onr_origin_parse(struct onr_span origin, struct onr_lane_name *ret,
                                  struct onr_error *err);

/** True when s is an origin, or one with `*` in the place of partition or epoch. */
bool onr_origin_pattern_ok(struct onr_span s);

void onr_lane_id(struct onr_span origin, uint8_t ret[ONR_SHA256_LEN]);

/** True when `origin` is meant by `pattern`: the same text, where `*` in the pattern stands for any partition or epoch. */
bool onr_origin_match(struct onr_span pattern, struct onr_span origin);

#endif
