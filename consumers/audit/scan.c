/* consumers/audit/scan.c - see scan.h. */
#include "consumers/audit/scan.h"

#include "common/base/file.h"
#include "common/line/program.h"

#define WAIT_MS 200

int
onr_audit_scan(struct onr_audit *a, const struct onr_topic_range *range, onr_audit_look *look,
               void *ctx, struct onr_error *err)
{
    int64_t quiet_since = onr_now_ms();
    const struct onr_message *m;
    int rc;

    if ((rc = onr_reader_assign(a->lane_reader, range, 1, err)) < 0)
        return rc;
    while ((rc = onr_reader_next(a->lane_reader, WAIT_MS, &m, err)) != ONR_READ_END) {
        if (rc < 0)
            return rc;
        if (onr_program_stopping())
            return onr_fail(err, ONR_ESTOP, "stopped before the end of %s", range->topic);
        if (rc == ONR_READ_WAIT) {
            if (onr_now_ms() - quiet_since > a->broker->settings.timeout_ms)
                return onr_fail(err, ONR_EBROKER, "%s: the broker stopped answering", range->topic);
            continue;
        }
        quiet_since = onr_now_ms();
        if ((rc = look(ctx, m, err)) != 0)
            return rc;
    }
    return 0;
}

int
onr_audit_scan_all(struct onr_audit *a, enum onr_topic topic, int32_t partition,
                   onr_audit_look *look, void *ctx, struct onr_error *err)
{
    struct onr_topic_range range = { a->broker->settings.topics.name[topic], partition, 0, 0 };
    int rc = onr_reader_bounds(a->lane_reader, range.topic, partition,
                               a->broker->settings.timeout_ms, &range.from, &range.to, err);

    return rc < 0 ? rc : onr_audit_scan(a, &range, look, ctx, err);
}
