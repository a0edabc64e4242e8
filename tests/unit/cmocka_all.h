/* tests/unit/cmocka_all.h - cmocka with the headers that it wants before itself, and what several tests need. */
#ifndef ONR_TESTS_CMOCKA_ALL_H
#define ONR_TESTS_CMOCKA_ALL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/base/span.h"

/* Both spans are shown when they differ. */
#define assert_span_equal(got, want)                                                               \
    do {                                                                                           \
        struct onr_span got_ = (got), want_ = (want);                                              \
        if (!onr_span_eq(got_, want_)) {                                                           \
            print_error("got  [" ONR_SPAN_FMT "]\nwant [" ONR_SPAN_FMT "]\n", ONR_SPAN_ARG(got_),  \
                        ONR_SPAN_ARG(want_));                                                      \
            fail();                                                                                \
        }                                                                                          \
    } while (0)

#endif
