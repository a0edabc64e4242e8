/* common/line/model_choice.h - which model file a program works with.
 *
 * The setting `model` names one, or is "noop". Without it the released model is taken, wherever this program stands: where `make install`
 * put it (PREFIX/share/onrecord) or in the source tree it was built in (model/).
 */
#ifndef ONR_LINE_MODEL_CHOICE_H
#define ONR_LINE_MODEL_CHOICE_H

#include "common/base/settings.h"
#include "common/model/model.h"

#define ONR_MODEL_FILE_NAME "onrecord-en.model"
#define ONR_MODEL_NOOP                                                                             \
    "noop" /* finds nothing in any statement: to measure or to see what stands around it */

/* The setting `model`, for the tables of programs that classify. */
extern const struct onr_setting onr_settings_model[];

/** Open the chosen model: *ret is owned by the caller, NULL for "noop". Errors: -ONR_ECONFIG (not there, not a model, damaged, no such
 *  kernel here; the sentence says where was looked), -ONR_EIO, -ONR_ENOMEM. */
ONR_MUST_USE int onr_model_choose(const struct onr_settings *s, struct onr_model **ret,
                                  struct onr_error *err);

#endif
