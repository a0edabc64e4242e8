/* common/base/failpoint.h - named points at which a test kills or stops the process.
 *
 * Compiled in only with -DONR_FAILPOINTS (make BUILD=fault); in every other build onr_failpoint() is nothing. The environment
 * says which point acts: ONR_FAILPOINT=name[:count][:kill|stop], at the count-th pass (default 1, kill). A point that acts first
 * writes one line "failpoint NAME hit" to standard error: a test whose point was not hit has not run.
 */
#ifndef ONR_BASE_FAILPOINT_H
#define ONR_BASE_FAILPOINT_H

#ifdef ONR_FAILPOINTS
void onr_failpoint(const char *name);
#else
#define onr_failpoint(name) ((void) 0)
#endif

#endif
