/* tests/fuzz/fuzz_stmtlog_keyfile.c - a key file of any bytes: a key that signs, or a refusal that says why. */
#include "tests/fuzz/fuzz.h"

#include <sodium.h>

#include "common/stmtlog/keyfile.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct onr_signer s = { .secret = NULL };
    struct onr_error err = ONR_ERROR_INIT;
    uint8_t sig[ONR_SIG_LEN];
    int rc;

    HOLDS(sodium_init() >= 0);
    rc = onr_keyfile_read(file_of(onr_span_of(size ? (const char *) data : "", size)), &s, &err);
    HOLDS(rc == 0 || (rc == -ONR_EKEY && err.text[0] && !s.secret));
    if (rc == 0) {
        onr_sign(&s, ONR_SPAN("any text"), sig);
        HOLDS(onr_signature_ok(&s.key, ONR_SPAN("any text"), sig));
    }
    onr_signer_release(&s);
    return 0;
}
