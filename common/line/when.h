/* common/line/when.h - a point in time as people write it on a command line. Pure. */
#ifndef ONR_LINE_WHEN_H
#define ONR_LINE_WHEN_H

#include <stdint.h>

#include "common/base/error.h"

/** Milliseconds since 1970 UTC from an ISO 8601 date or date-time ("2031-05-06", "2031-05-06T07:30:00Z",
 *  "2031-05-06 07:30+02:00"; without a zone it is UTC), or from such milliseconds themselves, from twelve digits on. -ONR_EINPUT else. */
ONR_MUST_USE int onr_when_parse(const char *text, int64_t *ret_ms);

#endif
