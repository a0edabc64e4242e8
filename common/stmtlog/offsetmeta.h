/* common/stmtlog/offsetmeta.h - the string sent with a group's committed offset: a hint where the lane's last COMMIT is.
 *
 *   onr1;<commit_no>;<size>;<first 8 bytes of the body's hash in hex>;<offset of the COMMIT in the output>
 *
 * The chain is the truth, this is only compared with it.
 */
#ifndef ONR_STMTLOG_OFFSETMETA_H
#define ONR_STMTLOG_OFFSETMETA_H

#include <stdint.h>

#include "common/base/error.h"
#include "common/base/sha256.h"
#include "common/base/span.h"

#define ONR_OFFSETMETA_MAX 96 /* bytes with the NUL */

struct onr_offsetmeta {
    uint64_t commit_no;
    uint64_t size;
    uint8_t body_hash[8];
    int64_t out_offset;
};

/** Write it with a NUL. Returns ret. */
char *onr_offsetmeta_print(const struct onr_offsetmeta *m, char ret[ONR_OFFSETMETA_MAX]);

/** Errors: -ONR_ENOTFOUND: empty or null, nothing was ever committed by us; -ONR_EINPUT: something else stands there. */
ONR_MUST_USE int onr_offsetmeta_parse(struct onr_span text, struct onr_offsetmeta *ret,
                                      struct onr_error *err);

#endif
