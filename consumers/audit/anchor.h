/* consumers/audit/anchor.h - where to begin when the beginning of a lane is not kept any more. */
#ifndef ONR_AUDIT_ANCHOR_H
#define ONR_AUDIT_ANCHOR_H

#include "consumers/audit/audit.h"

/** The head right after the first COMMIT in [low, end) of l's partition that a witness of the trust file cosigned: as good as a head kept
 *  from before, because the tree that it stands for was seen from outside when it was whole. *ret_found is false when there is none, or
 *  when the lane's first COMMIT is still there. Notes what is not looked at. Errors: -ONR_EBROKER, ... */
ONR_MUST_USE int onr_audit_anchor(struct onr_audit *a, struct onr_audit_lane *l, int64_t low,
                                  int64_t end, struct onr_head *ret, bool *ret_found,
                                  struct onr_error *err);

#endif
