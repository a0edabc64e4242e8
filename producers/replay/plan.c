/* producers/replay/plan.c - see plan.h. */
#include "producers/replay/plan.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/log.h"
#include "common/stream/tail.h"

#define RESUME_MS                                                                                  \
    300000 /* to look through a target that has no copy of ours: all of it has to be read */

void
onr_replay_plan_release(struct onr_replay_plan *p)
{
    free(p->range);
    free(p->first);
    memset(p, 0, sizeof(*p));
}

/* Both topics are there, and partition p of one can be partition p of the other. */
static int
check_topics(const struct onr_broker *b, struct onr_reader *r, const struct onr_replay_spec *spec,
             int32_t *ret_n, struct onr_error *err)
{
    int32_t from, to;
    int rc;

    if ((rc = onr_broker_wait(b, r, spec->topic, &from, err)) < 0
        || (rc = onr_broker_wait(b, r, spec->to, &to, err)) < 0)
        return rc;
    if (from != to)
        return onr_fail(err, ONR_ECONFIG,
                        "%s has %d partitions and %s has %d; a replay keeps the partition of every "
                        "record, so they must be equal",
                        spec->topic, from, spec->to, to);
    if (spec->partition >= from)
        return onr_fail(err, ONR_EUSAGE, "%s has no partition %d, only 0 to %d", spec->topic,
                        spec->partition, from - 1);
    *ret_n = from;
    return 0;
}

/* First and last offset of one partition, within what is there: records of open transactions too, because what was committed a
 * moment ago may not be visible yet. The reader waits until it is decided. */
static int
bounds(const struct onr_broker *b, struct onr_reader *all, const struct onr_replay_spec *spec,
       struct onr_topic_range *g, struct onr_error *err)
{
    int timeout = b->settings.timeout_ms;
    int64_t low, end, from = spec->from_offset, to = spec->to_offset;
    int rc = onr_reader_bounds(all, spec->topic, g->partition, timeout, &low, &end, err);

    if (rc == 0 && spec->from_time >= 0)
        rc = onr_reader_offset_at(all, spec->topic, g->partition, spec->from_time, timeout, &from,
                                  err);
    if (rc == 0 && spec->to_time >= 0)
        rc = onr_reader_offset_at(all, spec->topic, g->partition, spec->to_time, timeout, &to, err);
    if (rc < 0)
        return rc;
    if (spec->from_offset >= 0 && from < low)
        return onr_fail(err, ONR_EUSAGE,
                        "%s partition %d begins at offset %" PRId64
                        ": what was before is no longer "
                        "kept; begin there, or leave --from-offset out",
                        spec->topic, g->partition, low);
    g->from = from < low ? low : from > end ? end : from;
    g->to = to < 0 || to > end ? end : to < g->from ? g->from : to;
    return 0;
}

int
onr_replay_plan_make(const struct onr_broker *b, struct onr_reader *reader,
                     const struct onr_replay_spec *spec, struct onr_replay_plan *ret,
                     struct onr_error *err)
{
    struct onr_replay_plan p = { 0 };
    struct onr_reader *all = NULL;
    int32_t partitions = 0, i;
    int rc = check_topics(b, reader, spec, &partitions, err);

    if (rc < 0 || (rc = onr_reader_open(&b->kafka, true, &all, err)) < 0)
        return rc;
    p.n = spec->partition >= 0 ? 1 : (size_t) partitions;
    p.range = calloc(p.n, sizeof(*p.range));
    p.first = calloc(p.n, sizeof(*p.first));
    if (!p.range || !p.first)
        rc = onr_fail(err, ONR_ENOMEM, "no memory for %zu partitions", p.n);
    for (i = 0; rc == 0 && i < (int32_t) p.n; i++) {
        p.range[i].topic = spec->topic;
        p.range[i].partition = spec->partition >= 0 ? spec->partition : i;
        rc = bounds(b, all, spec, &p.range[i], err);
        p.first[i] = p.range[i].from;
        p.offsets += (uint64_t) (p.range[i].to - p.range[i].from);
    }
    onr_reader_close(all);
    if (rc < 0)
        onr_replay_plan_release(&p);
    else
        *ret = p;
    return rc;
}

/* --- where an earlier run has come --- */

struct last_copy {
    const struct onr_replay_spec *spec;
    int32_t partition;
    int64_t offset; /* of the original; -1 = none seen */
};

static void
begin(void *ctx)
{
    ((struct last_copy *) ctx)->offset = -1;
}

/* Is this record a copy made under our name, and of which original? */
static int
take(void *ctx, const struct onr_message *m, struct onr_error *err)
{
    struct last_copy *last = ctx;
    struct onr_span value = onr_message_header(m, ONR_REPLAY_HEADER, NULL);
    char prefix[ONR_REPLAY_VALUE];
    unsigned long long offset;
    int n = snprintf(prefix, sizeof(prefix), "%s %s/%" PRId32 "/", last->spec->name,
                     last->spec->topic, last->partition);
    struct onr_span head = onr_span_of(prefix, (size_t) n);

    (void) err;
    if (!value.ptr || !onr_span_starts(value, head)
        || onr_span_u64(onr_span_sub(value, head.len, value.len), &offset) < 0)
        return 0;
    last->offset = (int64_t) offset;
    return 1;
}

/* Ends with records of open transactions included: ours are settled, and what is behind another's has to be waited for. */
static int
resume_one(const struct onr_broker *b, struct onr_reader *all, struct onr_reader *reader,
           const struct onr_replay_spec *spec, struct onr_topic_range *g, struct onr_error *err)
{
    struct last_copy last = { spec, g->partition, -1 };
    struct onr_tail_visitor visitor = { &last, begin, take, NULL };
    int64_t low, end;
    bool found;
    int rc = onr_reader_bounds(all, spec->to, g->partition, b->settings.timeout_ms, &low, &end,
                               err);

    if (rc == 0)
        rc = onr_tail_read(reader, spec->to, g->partition, low, end, -1, RESUME_MS, &visitor,
                           &found, err);
    if (rc < 0 || !found || last.offset < g->from)
        return rc;
    onr_log(ONR_LOG_INFO, "replay.resume", "partition=%d copied_to=%" PRId64, g->partition,
            last.offset);
    g->from = last.offset + 1 < g->to ? last.offset + 1 : g->to;
    return 0;
}

int
onr_replay_plan_resume(const struct onr_broker *b, struct onr_reader *reader,
                       const struct onr_replay_spec *spec, struct onr_replay_plan *p,
                       struct onr_error *err)
{
    struct onr_reader *all = NULL;
    int rc = onr_reader_open(&b->kafka, true, &all, err);
    size_t i;

    p->resumed = 0;
    for (i = 0; rc == 0 && i < p->n; i++) {
        rc = resume_one(b, all, reader, spec, &p->range[i], err);
        p->resumed += (uint64_t) (p->range[i].from - p->first[i]);
    }
    onr_reader_close(all);
    return rc;
}
