/* common/event/avro_walk.h - hostile Avro bytes, checked and read in one pass.
 *
 * A writer schema is compiled once into a flat program: one operation a primitive value, records dissolved into their
 * fields, arrays and unions holding ranges of operations. Running it checks every byte before it is believed (Avro C
 * 1.11.1 checks next to nothing): varints minimal and at most ten bytes, lengths within what is left, enum and union
 * index in range, booleans 0 or 1, strings UTF-8 without NUL, at most ONR_AVRO_ITEMS items, block sizes that agree with their
 * content, and not a byte left over. What it accepts, Avro C reads too (tests/property/test_event_walk.c).
 *
 * The same pass fills a C struct, when the program was compiled towards one: fields are matched by name, so the writer
 * may have more fields, fewer (if they have a default) or another order. Avro C's generic decode would be a second pass
 * that allocates every string: measured on a Statement of 1.7 KB (tests/bench/bench_event.c) it alone costs more than
 * walk and fill together, and it cannot fill in defaults at all.
 */
#ifndef ONR_EVENT_AVRO_WALK_H
#define ONR_EVENT_AVRO_WALK_H

#include "common/event/avro_schema.h"
#include "common/event/bind.h"

struct onr_avro_program;

/** Compile `s`, towards the struct of `to` or, when that is NULL, for checking alone. Keeps nothing of s. Errors:
 *  -ONR_ECONFIG when s cannot be read as `to` (says which field), -ONR_ELIMIT, -ONR_ENOMEM. Free with
 *  onr_avro_program_free. */
ONR_MUST_USE int onr_avro_compile(const struct onr_avro_schema *s, const struct onr_bind_record *to,
                                  struct onr_avro_program **ret, struct onr_error *err);
void onr_avro_program_free(struct onr_avro_program *p);

/** Walk the whole datum. ret: zeroed struct to fill (NULL for a checking program), of undefined content on failure; its
 *  texts borrow from datum, its lists from arena. Errors: -ONR_EINPUT or -ONR_ELIMIT with *ret_reject set, -ONR_ENOMEM. */
ONR_MUST_USE int onr_avro_walk(const struct onr_avro_program *p, struct onr_span datum, void *ret,
                               struct onr_arena *arena, enum onr_reject_code *ret_reject,
                               struct onr_error *err);

#endif
