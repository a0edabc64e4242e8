/* common/base/sha256.c - see sha256.h.
 *
 * EVP_DigestInit_ex2 with a NULL type re-uses the digest already set in the context: no provider look-up a call, which
 * would cost more than hashing a short record. A failure here means that libcrypto itself is broken or out of memory at
 * start-up; there is no sound way to go on with a wrong hash, so the process ends.
 */
#include "common/base/sha256.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

static EVP_MD_CTX *
context(void)
{
    static _Thread_local EVP_MD_CTX *ctx;

    if (!ctx) {
        ctx = EVP_MD_CTX_new();
        if (!ctx || EVP_DigestInit_ex2(ctx, EVP_sha256(), NULL) != 1) {
            fputs("onrecord: libcrypto offers no SHA-256\n", stderr);
            abort();
        }
        return ctx;
    }
    if (EVP_DigestInit_ex2(ctx, NULL, NULL) != 1)
        abort();
    return ctx;
}

void
onr_sha256(const void *ptr, size_t len, uint8_t ret[ONR_SHA256_LEN])
{
    struct onr_span one = onr_span_of(ptr, len);

    onr_sha256_parts(&one, 1, ret);
}

void
onr_sha256_parts(const struct onr_span *parts, size_t n, uint8_t ret[ONR_SHA256_LEN])
{
    EVP_MD_CTX *ctx = context();

    for (size_t i = 0; i < n; i++)
        if (parts[i].len && EVP_DigestUpdate(ctx, parts[i].ptr, parts[i].len) != 1)
            abort();
    if (EVP_DigestFinal_ex(ctx, ret, NULL) != 1)
        abort();
}

char *
onr_hex(const void *ptr, size_t len, char *ret)
{
    static const char digit[] = "0123456789abcdef";
    const uint8_t *p = ptr;

    for (size_t i = 0; i < len; i++) {
        ret[2 * i] = digit[p[i] >> 4];
        ret[2 * i + 1] = digit[p[i] & 15];
    }
    ret[2 * len] = '\0';
    return ret;
}

static int
nibble(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

int
onr_unhex(struct onr_span hex, uint8_t *ret, size_t len)
{
    if (hex.len != 2 * len)
        return -ONR_EINPUT;
    for (size_t i = 0; i < len; i++)
        if (nibble(hex.ptr[2 * i]) < 0 || nibble(hex.ptr[2 * i + 1]) < 0)
            return -ONR_EINPUT;
    for (size_t i = 0; i < len; i++)
        ret[i] = (uint8_t) (nibble(hex.ptr[2 * i]) << 4 | nibble(hex.ptr[2 * i + 1]));
    return 0;
}
