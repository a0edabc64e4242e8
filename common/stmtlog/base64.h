/* common/stmtlog/base64.h - RFC 4648 section 4 with padding, strict, constant-time (libsodium's). */
#ifndef ONR_STMTLOG_BASE64_H
#define ONR_STMTLOG_BASE64_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/error.h"
#include "common/base/span.h"

#define ONR_BASE64_LEN(n) (((n) + 2) / 3 * 4 + 1) /* text of n bytes, with its NUL */

/** Base64 of len bytes with a NUL; ret has ONR_BASE64_LEN(len) bytes. Returns ret. */
char *onr_base64(const void *ptr, size_t len, char *ret);

/** Bytes of a base64 text, at most max of them. Errors: -ONR_EINPUT: other characters, missing padding, stray bits, too long. */
ONR_MUST_USE int onr_unbase64(struct onr_span text, uint8_t *ret, size_t max, size_t *ret_len);

/** As above, for text of exactly len bytes. */
ONR_MUST_USE int onr_unbase64_exact(struct onr_span text, uint8_t *ret, size_t len);

#endif
