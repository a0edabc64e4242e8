/* common/stmtlog/note.h - C2SP signed notes, checkpoints and cosignatures.
 *
 * A note is text that ends in a newline, an empty line, then signature lines. The signature covers the text as it is.
 * Signatures by unknown keys are ignored, those of known keys must verify, and at least one must. A cosignature (key type
 * 0x04) carries a time and signs it together with the text. Parsing borrows from the note; nothing allocates but printing.
 */
#ifndef ONR_STMTLOG_NOTE_H
#define ONR_STMTLOG_NOTE_H

#include "common/stmtlog/merkle.h"
#include "common/stmtlog/signer.h"

#define ONR_NOTE_ID_LEN 4

struct onr_note_signature {
    struct onr_span name;
    uint8_t id[ONR_NOTE_ID_LEN];
    uint8_t bytes[72]; /* after the key id: 64, or 8 of time and 64 for a cosignature */
    size_t len;        /* 0 when it is of another length: a kind that we do not know */
};

struct onr_note {
    struct onr_span text; /* with its final newline */
    size_t n;
    struct onr_note_signature sig[ONR_NOTE_SIGNATURES];
};

/** Take a note apart. Errors: -ONR_EINPUT, -ONR_ELIMIT (size, number of signatures). Spans borrow from `bytes`. */
ONR_MUST_USE int onr_note_parse(struct onr_span bytes, struct onr_note *ret, struct onr_error *err);

/** Check all signatures by the n keys. ret_time[i] (may be NULL) is 0 when key i did not sign, else 1 or a cosignature's
 *  POSIX seconds. Returns the number of different keys that signed (> 0), or -ONR_EVERIFY: a known key's signature is
 *  wrong, or no known key signed. */
ONR_MUST_USE int onr_note_verify(const struct onr_note *note, const struct onr_public_key *keys,
                                 size_t n, uint64_t *ret_time, struct onr_error *err);

/** Append text, empty line and one signature line a signer to out. `text` ends in a newline.
 *  Errors: -ONR_EINPUT (text), -ONR_ELIMIT, -ONR_ENOMEM. */
ONR_MUST_USE int onr_note_sign(struct onr_span text, const struct onr_signer *const *signers,
                               size_t n, struct onr_buf *out, struct onr_error *err);

/** Append one cosignature line for a checkpoint's note text, made at `seconds`; the signer's type is ONR_KEY_COSIGNER. */
ONR_MUST_USE int onr_note_cosign(struct onr_span text, const struct onr_signer *signer,
                                 uint64_t seconds, struct onr_buf *out, struct onr_error *err);

struct onr_checkpoint {
    struct onr_span origin;
    uint64_t size;
    uint8_t root[ONR_SHA256_LEN];
};

/** Append the three lines of a checkpoint. */
ONR_MUST_USE int onr_checkpoint_print(const struct onr_checkpoint *c, struct onr_buf *out);

/** Read a checkpoint from a note's text; origin borrows. Errors: -ONR_EINPUT. */
ONR_MUST_USE int onr_checkpoint_parse(struct onr_span text, struct onr_checkpoint *ret,
                                      struct onr_error *err);

#endif
