/* common/base/json.h - JSON text written into a buffer, piece by piece (reading is jansson's, see event/article.h).
 *
 * The writer tracks commas; keys are plain ASCII literals. All errors are sticky: write freely, look at .rc once.
 */
#ifndef ONR_BASE_JSON_H
#define ONR_BASE_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/buf.h"

struct onr_json {
    struct onr_buf *out; /* borrowed */
    bool comma;          /* a comma is due before the next key or value */
    int rc;              /* first error: -ONR_ENOMEM or -ONR_ELIMIT */
};

#define ONR_JSON_INIT(buf)                                                                         \
    {                                                                                              \
        (buf), false, 0                                                                            \
    }

void onr_json_open(struct onr_json *j, char bracket);  /* '{' or '[' */
void onr_json_close(struct onr_json *j, char bracket); /* '}' or ']' */
void onr_json_key(struct onr_json *j, const char *key);
/** Valid UTF-8, escaped as RFC 8259 asks; bytes that are no UTF-8 become U+FFFD. */
void onr_json_str(struct onr_json *j, struct onr_span s);
void onr_json_z(struct onr_json *j, const char *z);
void onr_json_int(struct onr_json *j, int64_t v);
void onr_json_bool(struct onr_json *j, bool v);
void onr_json_null(struct onr_json *j);
/** v / 1000 with three decimals at most ("0.875"): confidences are thousandths everywhere inside. */
void onr_json_thousandths(struct onr_json *j, int v);
void onr_json_hex(struct onr_json *j, const uint8_t *ptr, size_t len);
/** End a JSON Lines record: appends a newline, readies the writer for the next one. Returns rc. */
ONR_MUST_USE int onr_json_end_line(struct onr_json *j);

#endif
