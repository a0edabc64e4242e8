/* common/line/lane_feed.h - a message into a lane reader, with the key log as new as it has to be. */
#ifndef ONR_LINE_LANE_FEED_H
#define ONR_LINE_LANE_FEED_H

#include "common/line/keyring.h"
#include "common/line/lane_reader.h"

/** onr_lane_reader_feed; where a key is met that nobody knows, it may have been added a moment ago: the key log is refreshed before
 *  the message counts as a stranger's. Errors: those of onr_lane_reader_feed but -ONR_EKEY, and of onr_keyring_refresh. */
ONR_MUST_USE int onr_lane_feed(struct onr_keyring *k, struct onr_lane_reader *r,
                               const struct onr_message *m,
                               const struct onr_range_block **ret_block, struct onr_error *err);

#endif
