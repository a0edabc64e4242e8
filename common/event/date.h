/* common/event/date.h - is this an ISO 8601 date or date-time? Pure: what day it is today does not matter. */
#ifndef ONR_EVENT_DATE_H
#define ONR_EVENT_DATE_H

#include <stdbool.h>

#include "common/base/span.h"

/** YYYY, YYYY-MM or YYYY-MM-DD, the last also with Thh:mm, :ss, a fraction of it, and Z or +hh:mm (RFC 3339 and the W3C
 *  profile of ISO 8601; a blank may stand for the T, and a zone may be absent or +hhmm). Months, days of the month, leap
 *  years, hours and offsets must exist; second 60 is a leap second. */
bool onr_date_valid(struct onr_span s);

#endif
