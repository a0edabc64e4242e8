/* common/base/failpoint.h - named points at which a test kills, stops or holds the process, and guards that it takes away.
 *
 * Compiled in only with -DONR_FAILPOINTS (make BUILD=fault); in every other build a point is nothing and a guard stands. The
 * environment says which point acts: ONR_FAILPOINT=name[:count][:kill|stop|hold], at the count-th pass (default 1, kill). A held
 * thread goes on when standard input says a byte or ends; the others never stopped. A point that acts first writes one line
 * "failpoint NAME hit" to standard error: a test whose point was not hit has not run.
 *
 * ONR_FAULT=name takes one guard away, so that a test can show what it is good for.
 */
#ifndef ONR_BASE_FAILPOINT_H
#define ONR_BASE_FAILPOINT_H

#include <stdbool.h>

#ifdef ONR_FAILPOINTS
void onr_failpoint(const char *name);
/** Is the guard of that name taken away? */
bool onr_unguarded(const char *name);
#else
#define onr_failpoint(name) ((void) 0)
#define onr_unguarded(name) false
#endif

#endif
