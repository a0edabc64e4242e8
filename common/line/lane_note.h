/* common/line/lane_note.h - does a COMMIT's signed note say of the lane what the COMMIT says?
 *
 * The note (header onr-note) is what witnesses cosign and what evidence files carry, and it stands outside the COMMIT's
 * signature: whoever passes it on looks at it first.
 */
#ifndef ONR_LINE_LANE_NOTE_H
#define ONR_LINE_LANE_NOTE_H

#include "common/stmtlog/head.h"
#include "common/stmtlog/keylog.h"
#include "common/stmtlog/note.h"

/** True when the note is a checkpoint of exactly this head, signed by the key that signed the COMMIT. */
bool onr_lane_note_ok(const struct onr_keylog *keylog, struct onr_span note,
                      const struct onr_head *head, const uint8_t key_id[ONR_KEY_ID_LEN]);

#endif
