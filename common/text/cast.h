/* common/text/cast.h - the people, groups and organisations named in headline and body.
 *
 * One pass over the text collects every named entity with the places it is named at; the cast of a window is the part of
 * that collection named up to the window's end, earliest-and-most-often first, at most ONR_CAST_MAX entries and
 * ONR_CAST_BYTES bytes. Rules and word lists only; deterministic.
 */
#ifndef ONR_TEXT_CAST_H
#define ONR_TEXT_CAST_H

#include "common/text/split.h"

enum onr_name_type { ONR_NAME_PERSON, ONR_NAME_GROUP, ONR_NAME_ORGANISATION };

struct onr_name {
    struct onr_span name; /* fullest form (a lone initial adds nothing); borrows */
    struct onr_span role; /* title or function named with it; may be empty */
    enum onr_name_type type;
    uint32_t first; /* body offset of the first mention; 0 when in the headline */
    uint32_t n_mentions;
    const uint32_t *mention; /* body offsets, ascending; owned by the onr_names */
};

struct onr_names;

/** Collect the names of one article. Borrows headline and body: valid while they are. Returns owned. */
ONR_MUST_USE int onr_names_collect(struct onr_span headline, struct onr_span body,
                                   struct onr_names **ret, struct onr_error *err);
void onr_names_free(struct onr_names *n);

/** The cast up to body offset `end`: fills ret (room for ONR_CAST_MAX) and returns how many. Mentions beyond `end` are not
 *  counted in n_mentions. The fullest form is the fullest one named up to `end`. */
size_t onr_names_cast(const struct onr_names *n, uint32_t end, struct onr_name *ret);

#endif
