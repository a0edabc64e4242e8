/* common/stmtlog/base64.c - see base64.h. */
#include "common/stmtlog/base64.h"

#include <sodium.h>

char *
onr_base64(const void *ptr, size_t len, char *ret)
{
    return sodium_bin2base64(ret, ONR_BASE64_LEN(len), ptr, len, sodium_base64_VARIANT_ORIGINAL);
}

int
onr_unbase64(struct onr_span text, uint8_t *ret, size_t max, size_t *ret_len)
{
    unsigned char any = 0;

    /* libsodium 1.0.18 compares characters as ints and takes some above 0x7f for '+' or '/': two texts for the same bytes. */
    for (size_t i = 0; i < text.len; i++)
        any |= (unsigned char) text.ptr[i];
    if (!text.ptr || any > 0x7f
        || sodium_base642bin(ret, max, text.ptr, text.len, NULL, ret_len, NULL,
                             sodium_base64_VARIANT_ORIGINAL)
               != 0)
        return -ONR_EINPUT;
    return 0;
}

int
onr_unbase64_exact(struct onr_span text, uint8_t *ret, size_t len)
{
    size_t n;

    if (onr_unbase64(text, ret, len, &n) < 0 || n != len)
        return -ONR_EINPUT;
    return 0;
}
