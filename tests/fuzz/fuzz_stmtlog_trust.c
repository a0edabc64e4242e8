/* tests/fuzz/fuzz_stmtlog_trust.c - a trust file of any bytes: what is read is written and read as the same. */
#include "tests/fuzz/fuzz.h"

#include <sodium.h>

#include "common/stmtlog/trust.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct onr_buf one = ONR_BUF_INIT(ONR_TRUST_MAX), two = ONR_BUF_INIT(ONR_TRUST_MAX);
    struct onr_error err = ONR_ERROR_INIT;
    struct onr_trust t, again;
    int rc;

    HOLDS(sodium_init() >= 0);
    rc = onr_trust_parse(onr_span_of(size ? (const char *) data : "", size), &t, &err);
    HOLDS(rc == 0 || ((rc == -ONR_ECONFIG || rc == -ONR_EKEY) && err.text[0]));
    if (rc == 0) {
        HOLDS(onr_trust_check(&t, NULL) == 0 && t.k >= 1 && t.k <= t.n_roots);
        HOLDS(t.n_topics <= ONR_TRUST_TOPICS && t.n_witnesses <= ONR_TRUST_WITNESSES);
        HOLDS(onr_trust_print(&t, &one) == 0);
        HOLDS(onr_trust_parse(onr_buf_span(&one), &again, NULL) == 0);
        HOLDS(onr_trust_print(&again, &two) == 0);
        HOLDS(onr_span_eq(onr_buf_span(&one), onr_buf_span(&two)));
    }
    onr_buf_release(&one);
    onr_buf_release(&two);
    return 0;
}
