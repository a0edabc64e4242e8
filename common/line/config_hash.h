/* common/line/config_hash.h - one hash of all that decides the answer: what stands in every COMMIT.
 *
 * Model, register of people, the limits that can make a reject, and the schemas that results and rejects are written with. Two
 * workers with the same hash give the same leaves for the same input; a worker with another one refuses a lane unless
 * the key log allows the change.
 */
#ifndef ONR_LINE_CONFIG_HASH_H
#define ONR_LINE_CONFIG_HASH_H

#include "common/event/codec.h"
#include "common/model/model.h"
#include "common/model/register.h"

/** model NULL = the no-op classifier, people NULL = no register. */
void onr_line_config_hash(const struct onr_codec *codec, const struct onr_model *model,
                          const struct onr_register *people, uint8_t ret[32]);

#endif
