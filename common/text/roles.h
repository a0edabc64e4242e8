/* common/text/roles.h - what stands beside a name and tells who that is: "spokesman", ", the German chancellor,". */
#ifndef ONR_TEXT_ROLES_H
#define ONR_TEXT_ROLES_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/span.h"

#define ONR_ROLE_MAX 96 /* bytes; a longer apposition is a story of its own */

/** "Pentagon chief" before the name [pos, name_end), "spokeswoman for the council" before a comma and the name; empty when
 *  no role stands there. */
struct onr_span onr_role_before(struct onr_span s, size_t pos, size_t name_end);

/** "German chancellor" of ", the German chancellor," behind the name that ends at pos; empty when none. */
struct onr_span onr_role_behind(struct onr_span s, size_t pos);

/** What stands beside the name [begin, end) goes with people only: "by", "told", ", who", ", 45,". */
bool onr_beside_person(struct onr_span s, size_t begin, size_t end);

/** "in", "at", "the" and the like before a lone word: a place or a thing rather than a person. */
bool onr_before_is_place(struct onr_span s, size_t begin);

/** A verb of speech stands directly before or behind the name [begin, end). */
bool onr_beside_speech(struct onr_span s, size_t begin, size_t end);

#endif
