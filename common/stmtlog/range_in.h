/* common/stmtlog/range_in.h - what the two halves of range share; inside common/stmtlog only. */
#ifndef ONR_STMTLOG_RANGE_IN_H
#define ONR_STMTLOG_RANGE_IN_H

#include "common/stmtlog/range.h"

#define ONR_NO_SEQ UINT64_MAX

/** Count a finding, change the verdict as it says, and report it with a sentence. */
void onr_range_found(struct onr_range *r, enum onr_finding f, int64_t out_offset, uint64_t seq,
                     enum onr_check check, const char *fmt, ...) ONR_PRINTF(6, 7);

/** A gap or missing end is `f`, or ONR_FOUND_CHANGED where a record in that place failed its check. */
void onr_range_lost(struct onr_range *r, enum onr_finding f, int64_t out_offset, uint64_t seq,
                    const char *what);

/** The record collected for a position, NULL when there is none. */
const struct onr_range_slot *onr_range_slot_at(const struct onr_range *r, uint64_t seq);

/** Records of the block before that no repair took: replay, or what is left of a torn repair. */
void onr_range_settle_again(struct onr_range *r);

#endif
