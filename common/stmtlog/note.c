/* common/stmtlog/note.c - see note.h. */
#include "common/stmtlog/note.h"

#include <inttypes.h>
#include <stdio.h>

#include "common/base/utf8.h"
#include "common/stmtlog/base64.h"
#include "common/stmtlog/bytes.h"

#define DASH          "\xe2\x80\x94 " /* em dash U+2014 and a blank */
#define DASH_LEN      4
#define SIGNATURE_MAX 4096 /* bytes of one signature of a kind that we do not know */
#define COSIGNED_LEN  (8 + ONR_SIG_LEN)

/* Valid UTF-8 without control characters but newline. */
static bool
text_ok(struct onr_span s)
{
    for (size_t i = 0; i < s.len; i++)
        if (((unsigned char) s.ptr[i] < 0x20 && s.ptr[i] != '\n') || s.ptr[i] == 0x7f)
            return false;
    return onr_utf8_check(s, NULL);
}

/* Offset just behind the text's final newline: the last empty line separates. */
static bool
find_separator(struct onr_span s, size_t *ret)
{
    for (size_t i = s.len; i >= 2; i--)
        if (s.ptr[i - 1] == '\n' && s.ptr[i - 2] == '\n') {
            *ret = i - 1;
            return true;
        }
    return false;
}

static int
parse_signature(struct onr_span line, struct onr_note_signature *ret, struct onr_error *err)
{
    uint8_t bytes[SIGNATURE_MAX];
    struct onr_span rest;
    size_t len;

    if (line.len <= DASH_LEN || memcmp(line.ptr, DASH, DASH_LEN) != 0)
        return onr_fail(err, ONR_EINPUT,
                        "note with a line below the empty line that is no "
                        "signature");
    rest = onr_span_sub(line, DASH_LEN, line.len);
    if (!onr_span_next(&rest, ' ', &ret->name) || ret->name.len == 0 || !rest.ptr
        || onr_unbase64(rest, bytes, sizeof bytes, &len) < 0 || len <= ONR_NOTE_ID_LEN)
        return onr_fail(err, ONR_EINPUT, "note with a damaged signature line");
    memcpy(ret->id, bytes, ONR_NOTE_ID_LEN);
    ret->len = len - ONR_NOTE_ID_LEN;
    if (ret->len != ONR_SIG_LEN && ret->len != COSIGNED_LEN)
        ret->len = 0;
    memcpy(ret->bytes, bytes + ONR_NOTE_ID_LEN, ret->len);
    return 0;
}

int
onr_note_parse(struct onr_span bytes, struct onr_note *ret, struct onr_error *err)
{
    struct onr_span rest, line;
    size_t at;
    int rc;

    ret->n = 0;
    if (bytes.len > ONR_NOTE_MAX)
        return onr_fail(err, ONR_ELIMIT, "note of %zu bytes, at most %d are read", bytes.len,
                        ONR_NOTE_MAX);
    if (!text_ok(bytes))
        return onr_fail(err, ONR_EINPUT, "note that is not UTF-8 text");
    if (!find_separator(bytes, &at) || bytes.ptr[bytes.len - 1] != '\n' || at + 1 == bytes.len)
        return onr_fail(err, ONR_EINPUT, "note without signatures");
    rest = onr_span_sub(bytes, at + 1, bytes.len - 1);
    while (onr_span_next(&rest, '\n', &line)) {
        if (ret->n == ONR_NOTE_SIGNATURES)
            return onr_fail(err, ONR_ELIMIT, "note with more than %d signatures",
                            ONR_NOTE_SIGNATURES);
        if ((rc = parse_signature(line, &ret->sig[ret->n], err)) < 0)
            return rc;
        ret->n++;
    }
    ret->text = onr_span_sub(bytes, 0, at);
    return 0;
}

/* What a cosigner signs: time and text. Errors: -ONR_ENOMEM, -ONR_ELIMIT. */
static int
cosigned_message(uint64_t seconds, struct onr_span text, struct onr_buf *out)
{
    int rc = onr_buf_printf(out, "cosignature/v1\ntime %" PRIu64 "\n", seconds);

    return rc < 0 ? rc : onr_buf_add_span(out, text);
}

/* 1 when the signature is by this key and verifies, 0 when it is not by this key. */
static int
check_signature(const struct onr_note *note, const struct onr_note_signature *s,
                const struct onr_public_key *k, uint64_t *ret_time, struct onr_error *err)
{
    struct onr_buf message = ONR_BUF_INIT(ONR_NOTE_MAX + 64);
    bool cosigned = k->type == ONR_KEY_COSIGNER, ok = false;
    uint64_t seconds = 1;
    int rc = 0;

    if (memcmp(s->id, k->id, ONR_NOTE_ID_LEN) != 0 || !onr_span_eq_z(s->name, k->name))
        return 0;
    if (!cosigned && s->len == ONR_SIG_LEN) {
        ok = onr_signature_ok(k, note->text, s->bytes);
    } else if (cosigned && s->len == COSIGNED_LEN) {
        seconds = onr_get_be(s->bytes, 8);
        if ((rc = cosigned_message(seconds, note->text, &message)) == 0)
            ok = onr_signature_ok(k, onr_buf_span(&message), s->bytes + 8);
    }
    onr_buf_release(&message);
    if (rc < 0)
        return onr_fail(err, -rc, "no memory to check a note");
    if (!ok)
        return onr_fail(err, ONR_EVERIFY, "signature of '%s' under a note does not verify",
                        k->name);
    *ret_time = seconds > 0 ? seconds : 1;
    return 1;
}

int
onr_note_verify(const struct onr_note *note, const struct onr_public_key *keys, size_t n,
                uint64_t *ret_time, struct onr_error *err)
{
    int signers = 0;

    for (size_t k = 0; k < n; k++) {
        uint64_t when = 0;

        for (size_t i = 0; i < note->n; i++) {
            int rc = check_signature(note, &note->sig[i], &keys[k], &when, err);

            if (rc < 0)
                return rc;
        }
        if (ret_time)
            ret_time[k] = when;
        signers += when > 0;
    }
    if (signers == 0)
        return onr_fail(err, ONR_EVERIFY, "note that no known key signed");
    return signers;
}

static int
add_signature(const struct onr_public_key *k, const uint8_t *sig, size_t len, struct onr_buf *out)
{
    uint8_t bytes[ONR_NOTE_ID_LEN + COSIGNED_LEN];
    char b64[ONR_BASE64_LEN(sizeof bytes)];

    memcpy(bytes, k->id, ONR_NOTE_ID_LEN);
    memcpy(bytes + ONR_NOTE_ID_LEN, sig, len);
    return onr_buf_printf(out, DASH "%s %s\n", k->name,
                          onr_base64(bytes, ONR_NOTE_ID_LEN + len, b64));
}

int
onr_note_sign(struct onr_span text, const struct onr_signer *const *signers, size_t n,
              struct onr_buf *out, struct onr_error *err)
{
    uint8_t sig[ONR_SIG_LEN];
    int rc;

    if (text.len == 0 || text.ptr[text.len - 1] != '\n' || !text_ok(text))
        return onr_fail(err, ONR_EINPUT,
                        "a note is UTF-8 text without control characters that ends in a newline");
    if (text.len > ONR_NOTE_MAX || n == 0 || n > ONR_NOTE_SIGNATURES)
        return onr_fail(err, ONR_ELIMIT, "a note has at most %d bytes and 1 to %d signatures",
                        ONR_NOTE_MAX, ONR_NOTE_SIGNATURES);
    if ((rc = onr_buf_add_span(out, text)) < 0 || (rc = onr_buf_add_byte(out, '\n')) < 0)
        return onr_fail(err, -rc, "no room for a note");
    for (size_t i = 0; i < n; i++) {
        onr_sign(signers[i], text, sig);
        if ((rc = add_signature(&signers[i]->key, sig, sizeof sig, out)) < 0)
            return onr_fail(err, -rc, "no room for a note");
    }
    return 0;
}

int
onr_note_cosign(struct onr_span text, const struct onr_signer *signer, uint64_t seconds,
                struct onr_buf *out, struct onr_error *err)
{
    struct onr_buf message = ONR_BUF_INIT(ONR_NOTE_MAX + 64);
    uint8_t bytes[COSIGNED_LEN];
    int rc;

    if (signer->key.type != ONR_KEY_COSIGNER)
        return onr_fail(err, ONR_EKEY, "key '%s' is not a cosigner's", signer->key.name);
    if ((rc = cosigned_message(seconds, text, &message)) == 0) {
        onr_put_be(bytes, seconds, 8);
        onr_sign(signer, onr_buf_span(&message), bytes + 8);
        rc = add_signature(&signer->key, bytes, sizeof bytes, out);
    }
    onr_buf_release(&message);
    return rc < 0 ? onr_fail(err, -rc, "no room for a cosignature") : 0;
}

int
onr_checkpoint_print(const struct onr_checkpoint *c, struct onr_buf *out)
{
    char b64[ONR_BASE64_LEN(ONR_SHA256_LEN)];

    return onr_buf_printf(out, ONR_SPAN_FMT "\n%" PRIu64 "\n%s\n", ONR_SPAN_ARG(c->origin), c->size,
                          onr_base64(c->root, ONR_SHA256_LEN, b64));
}

int
onr_checkpoint_parse(struct onr_span text, struct onr_checkpoint *ret, struct onr_error *err)
{
    struct onr_span rest = text, size, root, end;
    struct onr_checkpoint c;
    unsigned long long n;

    if (!onr_span_next(&rest, '\n', &c.origin) || c.origin.len == 0
        || !onr_span_next(&rest, '\n', &size) || !onr_span_next(&rest, '\n', &root)
        || !onr_span_next(&rest, '\n', &end) || end.len != 0 || rest.ptr
        || onr_span_u64(size, &n) < 0 || onr_unbase64_exact(root, c.root, ONR_SHA256_LEN) < 0)
        return onr_fail(err, ONR_EINPUT,
                        "not a checkpoint: it has three lines, origin, size and root");
    c.size = n;
    *ret = c;
    return 0;
}
