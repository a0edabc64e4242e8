/* common/line/lane_note.c - see lane_note.h. */
#include "common/line/lane_note.h"

bool
onr_lane_note_ok(const struct onr_keylog *keylog, struct onr_span note, const struct onr_head *head,
                 const uint8_t key_id[ONR_KEY_ID_LEN])
{
    const struct onr_keylog_key *key = onr_keylog_find(keylog, key_id);
    struct onr_checkpoint seen;
    struct onr_note parts;

    return key && onr_note_parse(note, &parts, NULL) == 0
           && onr_note_verify(&parts, &key->key, 1, NULL, NULL) == 1
           && onr_checkpoint_parse(parts.text, &seen, NULL) == 0
           && onr_span_eq_z(seen.origin, head->origin) && seen.size == head->tree.size
           && memcmp(seen.root, head->root, ONR_SHA256_LEN) == 0;
}
