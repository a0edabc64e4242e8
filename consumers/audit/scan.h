/* consumers/audit/scan.h - every message of a part of a partition, in order, beside the audit itself. */
#ifndef ONR_AUDIT_SCAN_H
#define ONR_AUDIT_SCAN_H

#include "consumers/audit/audit.h"

/** Look at one message: 0 go on, 1 enough, or an error. */
typedef int onr_audit_look(void *ctx, const struct onr_message *m, struct onr_error *err);

/** Call `look` for the messages of a range. Returns 0 at its end, 1 when `look` had enough, or an error: -ONR_EBROKER, -ONR_ESTOP, ... */
ONR_MUST_USE int onr_audit_scan(struct onr_audit *a, const struct onr_topic_range *range,
                                onr_audit_look *look, void *ctx, struct onr_error *err);

/** The same for all of a partition that is there now. */
ONR_MUST_USE int onr_audit_scan_all(struct onr_audit *a, enum onr_topic topic, int32_t partition,
                                    onr_audit_look *look, void *ctx, struct onr_error *err);

#endif
