/* tests/fuzz/fuzz_stmtlog_note.c - signed notes, checkpoints, cosignatures: what verifies is the text that was signed.
 *
 * Input: a byte that says what is done. Even: the rest is a note. Odd: the rest is a text that is signed here (and cosigned when
 * it is a checkpoint), after which two bytes of input change one byte of the note.
 */
#include "tests/fuzz/fuzz.h"

#include "common/stmtlog/note.h"
#include "tests/property/stmtlog_world.h"

static struct onr_signer signer[2], witness;
static struct onr_public_key key[3];

static void
start(void)
{
    uint8_t seed[ONR_SEED_LEN] = { 7 };

    must(sodium_init());
    world_signer(&signer[0], "w0.news.example");
    world_signer(&signer[1], "w1.news.example");
    must(onr_signer_init(&witness, ONR_SPAN("witness.example"), ONR_KEY_COSIGNER, seed, NULL));
    key[0] = signer[0].key;
    key[1] = signer[1].key;
    key[2] = witness.key;
}

static void
checkpoint_is_what_it_says(struct onr_span text)
{
    struct onr_buf again = ONR_BUF_INIT(ONR_NOTE_MAX);
    struct onr_checkpoint c;
    int rc = onr_checkpoint_parse(text, &c, NULL);

    HOLDS(rc == 0 || rc == -ONR_EINPUT);
    if (rc == 0)
        HOLDS(onr_checkpoint_print(&c, &again) == 0 && onr_span_starts(text, onr_buf_span(&again)));
    onr_buf_release(&again);
}

/* Returns how many keys signed; *ret_text is what. */
static int
open_note(struct onr_span bytes, struct onr_span *ret_text)
{
    struct onr_note note;
    uint64_t when[3];
    int rc = onr_note_parse(bytes, &note, NULL), n;

    HOLDS(rc == 0 || rc == -ONR_EINPUT || rc == -ONR_ELIMIT);
    if (rc < 0)
        return rc;
    HOLDS(note.text.len > 0 && note.text.ptr == bytes.ptr
          && note.text.ptr[note.text.len - 1] == '\n');
    HOLDS(note.n > 0 && note.n <= ONR_NOTE_SIGNATURES);
    checkpoint_is_what_it_says(note.text);
    *ret_text = note.text;
    n = onr_note_verify(&note, key, 3, when, NULL);
    HOLDS(n == -ONR_EVERIFY || (n > 0 && n <= 3));
    return n;
}

static void
sign_and_change(struct tape *t)
{
    unsigned at = (unsigned) tape_number(t, 2), with = tape_byte(t);
    struct onr_span text = tape_span(t, t->left), read = ONR_SPAN_NULL;
    const struct onr_signer *by[] = { &signer[0], &signer[1] };
    struct onr_buf note = ONR_BUF_INIT(ONR_NOTE_MAX);
    struct onr_checkpoint c;
    int rc = onr_note_sign(text, by, 2, &note, NULL), n = 2;

    HOLDS(rc == 0 || rc == -ONR_EINPUT || rc == -ONR_ELIMIT);
    if (rc < 0)
        goto out;
    if (onr_checkpoint_parse(text, &c, NULL) == 0
        && onr_note_cosign(text, &witness, 1234, &note, NULL) == 0)
        n = 3;
    rc = open_note(onr_buf_span(&note), &read);
    HOLDS(rc == n && onr_span_eq(read, text));
    note.ptr[at % note.len] = (char) (note.ptr[at % note.len] ^ with);
    if (open_note(onr_buf_span(&note), &read) > 0)
        HOLDS(onr_span_eq(read, text));
out:
    onr_buf_release(&note);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tape t = { data, size };
    struct onr_span text;

    if (!signer[0].secret)
        start();
    if (tape_byte(&t) & 1)
        sign_and_change(&t);
    else
        (void) open_note(tape_span(&t, t.left), &text);
    return 0;
}
