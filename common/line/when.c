/* common/line/when.c - see when.h. event/date.h says whether the text is a date; here it becomes a number. */
#include "common/line/when.h"

#include <stdlib.h>

#include "common/event/date.h"

#define SECOND_MS ((int64_t) 1000)
#define DAY_S     ((int64_t) 86400)
#define MS_DIGITS 12 /* from 1973 on; fewer digits could be a year, a day or seconds */

/* Days from 1970-01-01 in the Gregorian calendar (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms"). */
static int64_t
days_from_civil(int64_t year, int64_t month, int64_t day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t of_era = y - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

/* The number that begins at *at, which is moved behind its n digits; `fallback` where the text is over. */
static int64_t
number(const char **at, size_t n, int64_t fallback)
{
    int64_t v = 0;

    if (!**at)
        return fallback;
    for (; n > 0 && **at >= '0' && **at <= '9'; n--)
        v = 10 * v + (*(*at)++ - '0');
    return v;
}

/* Milliseconds of ".250", and where it ends. */
static int64_t
fraction(const char **at)
{
    int64_t ms = 0, unit = 100;

    if (**at != '.' && **at != ',')
        return 0;
    for ((*at)++; **at >= '0' && **at <= '9'; (*at)++, unit /= 10)
        ms += unit * (**at - '0');
    return ms;
}

/* Seconds east of UTC of "+02:00", "+0200" or "-05". */
static int64_t
zone(const char *at)
{
    int64_t sign = *at == '-' ? -1 : 1, hours, minutes;

    if (*at != '+' && *at != '-')
        return 0;
    at++;
    hours = number(&at, 2, 0);
    at += *at == ':';
    minutes = number(&at, 2, 0);
    return sign * (hours * 3600 + minutes * 60);
}

/* A step over the character between two parts. */
static void
skip(const char **at)
{
    *at += **at != 0;
}

int
onr_when_parse(const char *text, int64_t *ret_ms)
{
    struct onr_span span = onr_span_z(text);
    int64_t year, month, day, hour = 0, minute = 0, second = 0, ms = 0;
    unsigned long long plain;
    const char *at = text;

    if (span.len >= MS_DIGITS && onr_span_u64(span, &plain) == 0 && plain <= INT64_MAX / 2) {
        *ret_ms = (int64_t) plain;
        return 0;
    }
    if (!onr_date_valid(span))
        return -ONR_EINPUT;
    year = number(&at, 4, 1970);
    skip(&at);
    month = number(&at, 2, 1);
    skip(&at);
    day = number(&at, 2, 1);
    skip(&at);
    if (*at) {
        hour = number(&at, 2, 0);
        skip(&at);
        minute = number(&at, 2, 0);
        if (*at == ':') {
            skip(&at);
            second = number(&at, 2, 0);
            ms = fraction(&at);
        }
    }
    *ret_ms = SECOND_MS
                  * (days_from_civil(year, month, day) * DAY_S + hour * 3600 + minute * 60 + second
                     - zone(at))
              + ms;
    return 0;
}
