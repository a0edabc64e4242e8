/* common/base/log.h - one structured line an event, on standard error, for programs only (libraries return errors).
 *
 *   2026-01-02T03:04:05.678Z info  classify.commit partition=3 leaves=812 size=99120
 *
 * Text values with blanks, quotes or control characters are quoted and escaped, so a line is always one line. A line that cannot be
 * written (a full disk) is counted and stops nothing; the next one that can is followed by "log.lost lines=N".
 */
#ifndef ONR_BASE_LOG_H
#define ONR_BASE_LOG_H

#include "common/base/error.h"

enum onr_level { ONR_LOG_ERROR, ONR_LOG_WARN, ONR_LOG_INFO, ONR_LOG_DEBUG };

/** Lines above this level are dropped (default ONR_LOG_INFO). */
void onr_log_set_level(enum onr_level level);
/** -ONR_EINPUT unless name is error, warn, info or debug. */
ONR_MUST_USE int onr_log_level_parse(const char *name, enum onr_level *ret_level);

/** Log `event` (dotted, stable: "eos.abort") with fields given as a printf format "key=%d key=%s". A text value that may
 *  hold blanks goes through onr_log_q. Thread-safe: one write(2) a line. */
void onr_log(enum onr_level level, const char *event, const char *fmt, ...) ONR_PRINTF(3, 4);

/** value quoted for a log field, in one of eight rotating per-thread buffers; cut at 400 bytes. */
const char *onr_log_q(const char *value);

#endif
