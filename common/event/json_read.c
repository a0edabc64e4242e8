/* common/event/json_read.c - see json_read.h. */
#include "common/event/json_read.h"

int
onr_json_read(struct onr_span json, json_t **ret, json_error_t *ret_why)
{
    json_t *j = json_loadb(json.ptr ? json.ptr : "", json.len,
                           JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, ret_why);

    if (j) {
        *ret = j;
        return 0;
    }
    /* When jansson fails without a word, malloc did. A token for which it found no memory it calls invalid all the same:
     * nothing can be done about that from outside, and on Linux a small malloc hardly ever fails. */
    switch (json_error_code(ret_why)) {
    case json_error_unknown:
    case json_error_out_of_memory:
        return -ONR_ENOMEM;
    default:
        return -ONR_EINPUT;
    }
}
