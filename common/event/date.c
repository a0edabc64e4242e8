/* common/event/date.c - see date.h. */
#include "common/event/date.h"

/* Exactly n digits off the front of *s, between min and max. */
static bool
digits(struct onr_span *s, size_t n, int min, int max, int *ret)
{
    int v = 0;

    if (s->len < n)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (s->ptr[i] < '0' || s->ptr[i] > '9')
            return false;
        v = v * 10 + (s->ptr[i] - '0');
    }
    *s = onr_span_sub(*s, n, s->len);
    *ret = v;
    return v >= min && v <= max;
}

static bool
eat(struct onr_span *s, char c)
{
    if (s->len == 0 || s->ptr[0] != c)
        return false;
    *s = onr_span_sub(*s, 1, s->len);
    return true;
}

static int
days_in(int year, int month)
{
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return days[month - 1] + (month == 2 && leap);
}

/* Nothing, Z, +hh:mm, +hhmm or +hh. */
static bool
zone(struct onr_span *s)
{
    int v;

    if (s->len == 0 || eat(s, 'Z') || eat(s, 'z'))
        return true;
    if (!eat(s, '+') && !eat(s, '-'))
        return false;
    if (!digits(s, 2, 0, 23, &v))
        return false;
    if (s->len == 0)
        return true;
    eat(s, ':');
    return digits(s, 2, 0, 59, &v);
}

static bool
time_of_day(struct onr_span *s)
{
    int v;

    if (!digits(s, 2, 0, 23, &v) || !eat(s, ':') || !digits(s, 2, 0, 59, &v))
        return false;
    if (eat(s, ':')) {
        if (!digits(s, 2, 0, 60, &v))
            return false;
        if (eat(s, '.') || eat(s, ',')) {
            if (!digits(s, 1, 0, 9, &v))
                return false;
            while (digits(s, 1, 0, 9, &v))
                continue;
        }
    }
    return zone(s) && s->len == 0;
}

bool
onr_date_valid(struct onr_span s)
{
    int year, month, day;

    if (!digits(&s, 4, 1, 9999, &year))
        return false;
    if (s.len == 0)
        return true;
    if (!eat(&s, '-') || !digits(&s, 2, 1, 12, &month))
        return false;
    if (s.len == 0)
        return true;
    if (!eat(&s, '-') || !digits(&s, 2, 1, days_in(year, month), &day))
        return false;
    if (s.len == 0)
        return true;
    return (eat(&s, 'T') || eat(&s, 't') || eat(&s, ' ')) && time_of_day(&s);
}
