/* common/line/result_json.h - results as JSON: the fields of the Result record under their names, enumerations as words.
 *
 * Confidences are 0.000 to 1.000; offsets are bytes into the body, as in the record. What is optional and absent is null.
 */
#ifndef ONR_LINE_RESULT_JSON_H
#define ONR_LINE_RESULT_JSON_H

#include "common/base/json.h"
#include "common/event/record.h"

/** Write the fields of a result (keys and values) into the object that is open. Errors are sticky in j. */
void onr_result_json(struct onr_json *j, const struct onr_result *r);

/** The same for a reject: code and sentence. */
void onr_reject_json(struct onr_json *j, enum onr_reject_code code);

#endif
