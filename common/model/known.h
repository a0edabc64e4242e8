/* common/model/known.h - names that the model knows to stand for another: a surname for a person it met often, a nickname, a party.
 *
 * Section names.known of the model file, u8 1 x N: lines of alias, tab, name, line feed; aliases ascending by their bytes.
 */
#ifndef ONR_MODEL_KNOWN_H
#define ONR_MODEL_KNOWN_H

#include "common/model/model_file.h"

struct onr_known {
    struct onr_span lines; /* borrowed from the model file */
};

/** Errors: -ONR_ECONFIG (missing, not UTF-8, not such lines, an order that is none, a name longer than ONR_NAME_MAX). */
ONR_MUST_USE int onr_known_init(struct onr_known *ret, const struct onr_model_file *f,
                                struct onr_error *err);

/** The name that `alias` stands for; `alias` itself where it is not known. */
struct onr_span onr_known_name(const struct onr_known *k, struct onr_span alias);

#endif
