/* common/line/lane_feed.c - see lane_feed.h. */
#include "common/line/lane_feed.h"

int
onr_lane_feed(struct onr_keyring *k, struct onr_lane_reader *r, const struct onr_message *m,
              const struct onr_range_block **ret_block, struct onr_error *err)
{
    struct onr_error unknown = ONR_ERROR_INIT;
    int rc = onr_lane_reader_feed(r, m, false, ret_block, &unknown);
    bool grew;

    if (rc == 0)
        return 0;
    if (rc != -ONR_EKEY)
        return onr_fail(err, unknown.code, "%s", unknown.text);
    if ((rc = onr_keyring_refresh(k, &grew, err)) < 0)
        return rc;
    return onr_lane_reader_feed(r, m, true, ret_block, err);
}
