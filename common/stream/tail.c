/* common/stream/tail.c - the last record of a partition that fulfils a condition (tail.h). */
#include "common/stream/tail.h"

#include <inttypes.h>

#include "common/base/file.h"

#define FIRST_STRETCH 256 /* offsets: a few blocks of a quiet lane */
#define MARKER        1 /* a transaction leaves one invisible record behind its last visible one */

/* One stretch [from, end). */
static int
read_stretch(struct onr_reader *r, const struct onr_topic_range *range, int timeout_ms,
             const struct onr_tail_visitor *v, bool *ret_found, struct onr_error *err)
{
    int64_t deadline = onr_now_ms() + timeout_ms;
    const struct onr_message *m;
    bool found = false;
    int rc;

    v->begin(v->ctx);
    if ((rc = onr_reader_assign(r, range, 1, err)) < 0)
        return rc;
    while ((rc = onr_reader_next(r, 100, &m, err)) != ONR_READ_END) {
        if (rc < 0)
            return rc;
        if (rc == ONR_READ_MESSAGE) {
            if ((rc = v->take(v->ctx, m, err)) < 0)
                return rc;
            found |= rc == 1;
            deadline = onr_now_ms() + timeout_ms;
            /* Nothing can stand between this record and the end: no need to wait until the broker says so. */
            if (m->offset + 1 + MARKER >= range->to)
                break;
        }
        if (onr_now_ms() > deadline)
            return onr_fail(err, ONR_EBROKER,
                            "%s[%" PRId32 "]: offsets %" PRId64 " to %" PRId64
                            " could not be read in time",
                            range->topic, range->partition, range->from, range->to);
    }
    *ret_found = found;
    return 0;
}

int
onr_tail_read(struct onr_reader *r, const char *topic, int32_t partition, int64_t low, int64_t end,
              int64_t hint, int timeout_ms, const struct onr_tail_visitor *v, bool *ret_found,
              struct onr_error *err)
{
    struct onr_topic_range range = { .topic = topic, .partition = partition, .to = end };
    int64_t step = FIRST_STRETCH;
    bool found = false;
    int rc;

    range.from = hint >= low && hint < end ? hint : end;
    for (;;) {
        if (range.from < end) {
            if ((rc = read_stretch(r, &range, timeout_ms, v, &found, err)) < 0)
                return rc;
            if (range.from <= low || (found && (!v->enough || v->enough(v->ctx))))
                break;
        }
        if (range.from <= low)
            break;
        while (end - step >= range.from && step < INT64_MAX / 2)
            step *= 2;
        range.from = end - step > low ? end - step : low;
    }
    *ret_found = found;
    return 0;
}
