/* common/event/pair.h - what `onrecord stance` is asked, as one JSON object: a text, a speaker, a target.
 *
 *   {"id": "1", "text": "...", "speaker": {"name": "...", "span": [0, 5]}, "target": {"name": "...", "span": [20, 31]},
 *    "choices": ["support", "oppose"]}
 *
 * Spans are code points of the text and may be null; so may the speaker's name, which then means the author. Unknown fields
 * are ignored; what breaks a rule is refused with a sentence that names the field and what would be right.
 */
#ifndef ONR_EVENT_PAIR_H
#define ONR_EVENT_PAIR_H

#include "common/base/arena.h"
#include "common/event/record.h"

struct onr_party {
    struct onr_span name; /* null = not given */
    bool has_span;
    uint32_t begin, end; /* bytes into the text */
};

struct onr_pair {
    struct onr_span id, text;
    struct onr_party speaker, target;
    unsigned choices; /* bit mask 1 << enum onr_stance; 0 = all */
};

/** Read one object. Spans live in the arena. Errors: -ONR_EINPUT, -ONR_ENOMEM. *ret is not touched on failure. */
ONR_MUST_USE int onr_pair_from_json(struct onr_span json, struct onr_arena *arena,
                                    struct onr_pair *ret, struct onr_error *err);

#endif
