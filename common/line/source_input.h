/* common/line/source_input.h - one input of a source: an open file or pipe, read by lines or whole, waiting with a limit.
 *
 * Spans point into the input's buffer and are valid until the next call. A line longer than the limit is skipped to its end,
 * so that the line after it is still found.
 */
#ifndef ONR_LINE_SOURCE_INPUT_H
#define ONR_LINE_SOURCE_INPUT_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/buf.h"

struct onr_input {
    int fd;      /* owned unless it is standard input */
    int stop_fd; /* -1 = none */
    bool eof;
    bool skipping; /* inside a line that is too long */
    size_t pos;    /* start of what was not handed out yet */
    size_t looked; /* bytes behind pos in which no line end was found */
    uint64_t line; /* of the line handed out last, from 1 */
    struct onr_buf buf;
};

enum onr_input_event { ONR_INPUT_END, ONR_INPUT_DATA, ONR_INPUT_TOO_LONG, ONR_INPUT_WAIT };

void onr_input_init(struct onr_input *in, int fd, int stop_fd, size_t max);
void onr_input_release(struct onr_input *in);

/** Next line without its line feed; the last one may lack it. TOO_LONG counts as a line.
 *  Returns enum onr_input_event, or -ONR_ESTOP, -ONR_EIO, -ONR_ENOMEM (err names `name`). */
ONR_MUST_USE int onr_input_line(struct onr_input *in, int timeout_ms, const char *name,
                                struct onr_span *ret, struct onr_error *err);

/** The first line that is not blank, from its first byte that is not white space, left where it is. TOO_LONG when it does not end
 *  within the limit, END when there is none. */
ONR_MUST_USE int onr_input_peek(struct onr_input *in, int timeout_ms, const char *name,
                                struct onr_span *ret, struct onr_error *err);

/** All that is left. TOO_LONG when it passes `max` bytes. */
ONR_MUST_USE int onr_input_rest(struct onr_input *in, size_t max, int timeout_ms, const char *name,
                                struct onr_span *ret, struct onr_error *err);

#endif
