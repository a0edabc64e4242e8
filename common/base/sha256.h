/* common/base/sha256.h - SHA-256 (FIPS 180-4) over one or several parts.
 *
 * libcrypto does the work: with the SHA instructions it is four times as fast as libsodium's portable code, and
 * librdkafka links it anyway. One-shot calls reuse a per-thread context.
 */
#ifndef ONR_BASE_SHA256_H
#define ONR_BASE_SHA256_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/error.h"
#include "common/base/span.h"

#define ONR_SHA256_LEN 32

void onr_sha256(const void *ptr, size_t len, uint8_t ret[ONR_SHA256_LEN]);

/** Hash of the parts one after the other. */
void onr_sha256_parts(const struct onr_span *parts, size_t n, uint8_t ret[ONR_SHA256_LEN]);

/* Hex and base64 of bytes, as hashes and keys are shown. */
#define ONR_HEX_LEN(n) (2 * (n) + 1)

/** Lower-case hex with a NUL; ret has ONR_HEX_LEN(len) bytes. Returns ret. */
char *onr_hex(const void *ptr, size_t len, char *ret);
/** Exactly 2*len lower- or upper-case hex digits. -ONR_EINPUT else. */
ONR_MUST_USE int onr_unhex(struct onr_span hex, uint8_t *ret, size_t len);

#endif
