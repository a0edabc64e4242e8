/* common/stream/tail.h - the last record of a partition that fulfils a condition, found from the end.
 *
 * A lane's worker resumes from its last COMMIT, wherever the topic is large: the hint is looked at first, then stretches
 * of doubling length before the end. Never the whole topic, unless the visitor never has enough.
 */
#ifndef ONR_STREAM_TAIL_H
#define ONR_STREAM_TAIL_H

#include "common/stream/reader.h"

struct onr_tail_visitor {
    void *ctx;
    /** A stretch begins: forget what was seen. */
    void (*begin)(void *ctx);
    /** A record of it, in order. 1: a record of the kind that is looked for; 0: another; negative: stop with this error. */
    int (*take)(void *ctx, const struct onr_message *m, struct onr_error *err);
    /** Enough? Asked at the end of a stretch that held one; NULL = yes. */
    bool (*enough)(void *ctx);
};

/** Show the visitor the end of a partition, up to `end` (from onr_reader_bounds, with `low`), from at or before the last such
 *  record. *ret_found is false when there is none. hint -1 = none. Errors: those of the reader and of take; -ONR_EBROKER when
 *  nothing came for timeout_ms. */
ONR_MUST_USE int onr_tail_read(struct onr_reader *r, const char *topic, int32_t partition,
                               int64_t low, int64_t end, int64_t hint, int timeout_ms,
                               const struct onr_tail_visitor *v, bool *ret_found,
                               struct onr_error *err);

#endif
