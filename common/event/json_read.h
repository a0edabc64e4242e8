/* common/event/json_read.h - jansson, asked strictly: no field twice, nothing behind the value, no \u0000. */
#ifndef ONR_EVENT_JSON_READ_H
#define ONR_EVENT_JSON_READ_H

#include <jansson.h>

#include "common/base/error.h"
#include "common/base/span.h"

/** Parse any JSON value. Returns owned in *ret (json_decref). -ONR_EINPUT with *ret_why (place, code, text) or -ONR_ENOMEM. */
ONR_MUST_USE int onr_json_read(struct onr_span json, json_t **ret, json_error_t *ret_why);

#endif
