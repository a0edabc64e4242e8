/* consumers/audit/evidence.h - what is proved of a part: an evidence file for one answer, made from Kafka (prove.c) and checked without
 * it (check.c; what is in one: common/line/evidence.h); two files of heads (consistent.c).
 */
#ifndef ONR_AUDIT_EVIDENCE_H
#define ONR_AUDIT_EVIDENCE_H

#include "consumers/audit/audit.h"

struct onr_audit_claim {
    const char *article; /* id */
    int32_t index;       /* of the statement; of several versions the last one counts */
    const char *out;     /* path */
};

/** Find the answer in the lanes first to first + n - 1, put everything that proves it into a file. Returns a verdict: not covered
 *  when no witness cosigned it yet (the file is written all the same), another one when the lane itself is not valid. Errors:
 *  -ONR_ENOTFOUND, ... */
ONR_MUST_USE int onr_audit_prove(struct onr_audit *a, int32_t first, int32_t n,
                                 const struct onr_audit_claim *claim, struct onr_error *err);

/** Check the file of --check by that of --trust and say what it proves, on standard output. Returns the verdict. Needs no broker. */
ONR_MUST_USE int onr_audit_check(const struct onr_settings *s, struct onr_error *err);

/** Compare two files of heads and say what contradicts. True: *ret is the verdict; false: nothing contradicts, but some lanes grew, and
 *  only the records between the heads can tell whether NEW begins with OLD. */
bool onr_audit_consistent(const struct onr_head_store *old, const struct onr_head_store *new,
                          enum onr_verdict *ret);

#endif
