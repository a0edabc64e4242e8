/* consumers/follow/print.h - verified records as JSON Lines or as a table for people, on standard output.
 *
 * Everything is buffered until flush, and only a flush that returned 0 has left the program: the follower remembers a head
 * after it, never before.
 */
#ifndef ONR_FOLLOW_PRINT_H
#define ONR_FOLLOW_PRINT_H

#include "common/line/lane_message.h"

/* One verified record and where it stands. Borrows everything. */
struct onr_printed {
    const char *origin;
    int32_t partition;
    uint64_t seq, commit_no;
    int64_t offset, in_offset;
    const uint8_t *key_id; /* 8 bytes */
    const char *signer;    /* name of that key */
    struct onr_lane_payload payload;
};

struct onr_printer;

/** `live`: rows of a table are shown as they come, else with the widths that fit them all. */
ONR_MUST_USE int onr_printer_new(bool json, bool live, struct onr_printer **ret,
                                 struct onr_error *err);
void onr_printer_free(struct onr_printer *p);

ONR_MUST_USE int onr_printer_add(struct onr_printer *p, const struct onr_printed *r,
                                 struct onr_error *err);

/** True when enough is buffered that a flush is worth a system call. */
bool onr_printer_full(const struct onr_printer *p);

/** Write out what was added. A table that is not live is written when `end` says that no more comes. *ret_all is false while
 *  rows are still held back. Errors: -ONR_EIO. */
ONR_MUST_USE int onr_printer_flush(struct onr_printer *p, bool end, bool *ret_all,
                                   struct onr_error *err);

#endif
