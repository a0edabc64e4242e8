/* common/line/model_choice.h - which model file and which register of people a program works with.
 *
 * The setting `model` names one, or is "noop". Without it the released model is taken, wherever this program stands: where `make install`
 * put it (PREFIX/share/onrecord) or in the source tree it was built in (model/). The setting `register` names a newsroom's register.
 */
#ifndef ONR_LINE_MODEL_CHOICE_H
#define ONR_LINE_MODEL_CHOICE_H

#include "common/base/settings.h"
#include "common/model/model.h"
#include "common/model/register.h"

#define ONR_MODEL_FILE_NAME "onrecord-en.model"
#define ONR_MODEL_NOOP                                                                             \
    "noop" /* finds nothing in any statement: to measure or to see what stands around it */

/* The settings `model`, `kernel` and `register`, for the tables of programs that classify. */
extern const struct onr_setting onr_settings_model[];

/* What answers are made with; all zero before and after. */
struct onr_chosen {
    struct onr_model *model;     /* NULL for "noop" */
    struct onr_register *people; /* NULL where no register is set; the model has it already */
};

/** Open the chosen model and register; *ret is the caller's to release, and as it was on failure. Errors: -ONR_ECONFIG (not there, not a
 *  model or register, damaged, no such kernel here; the sentence says where was looked), -ONR_EIO, -ONR_ENOMEM. */
ONR_MUST_USE int onr_model_choose(const struct onr_settings *s, struct onr_chosen *ret,
                                  struct onr_error *err);
void onr_chosen_release(struct onr_chosen *c);

#endif
