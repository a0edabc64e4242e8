/* common/model/name.h - the words of a name: the first, the surname, and whether they are a man's or a woman's. */
#ifndef ONR_MODEL_NAME_H
#define ONR_MODEL_NAME_H

#include "common/model/lexicon.h"

struct onr_span onr_name_first(struct onr_span name);

/** The surname: what stands last, "Jr." and the like apart. */
struct onr_span onr_name_last(struct onr_span name);

/** ONR_W_MALE, ONR_W_FEMALE, both or 0, of a given name or title. */
uint32_t onr_name_gender(struct onr_span word);

#endif
