/* consumers/audit/checkpoints.c - see checkpoints.h. */
#include "consumers/audit/checkpoints.h"

#include <inttypes.h>
#include <stdlib.h>

#include "common/stmtlog/note.h"

#define KEPT 64 /* checkpoints that differ: the last ones of a lane */

struct point {
    struct onr_buf note; /* with all cosignatures met */
    size_t text_len;
    uint64_t size;
    uint8_t root[ONR_SHA256_LEN];
    size_t n_cosigned;
};

struct onr_checkpoints {
    const struct onr_trust *trust;
    uint64_t least, most;
    size_t n; /* taken so far; the last KEPT of them are in point[] */
    struct point point[KEPT];
};

int
onr_checkpoints_new(const struct onr_trust *trust, uint64_t least, uint64_t most,
                    struct onr_checkpoints **ret, struct onr_error *err)
{
    struct onr_checkpoints *c = calloc(1, sizeof *c);

    if (!c)
        return onr_fail(err, ONR_ENOMEM, "no memory for checkpoints");
    c->trust = trust;
    c->least = least;
    c->most = most;
    for (size_t i = 0; i < KEPT; i++)
        onr_buf_init(&c->point[i].note, ONR_NOTE_MAX);
    *ret = c;
    return 0;
}

void
onr_checkpoints_free(struct onr_checkpoints *c)
{
    if (!c)
        return;
    for (size_t i = 0; i < KEPT; i++)
        onr_buf_release(&c->point[i].note);
    free(c);
}

/* The witness behind signature i of the note: -1 when it is none's that we trust, or does not verify. */
static int
witness_of(const struct onr_checkpoints *c, const struct onr_note *note, size_t i)
{
    for (size_t k = 0; k < c->trust->n_witnesses; k++) {
        const struct onr_public_key *key = &c->trust->witness[k];

        if (memcmp(note->sig[i].id, key->id, ONR_NOTE_ID_LEN) == 0
            && onr_span_eq_z(note->sig[i].name, key->name))
            return onr_note_verify(note, key, 1, NULL, NULL) == 1 ? (int) k : -1;
    }
    return -1;
}

static bool
has_witness(const struct point *p, const struct onr_public_key *key)
{
    struct onr_note note;

    if (onr_note_parse(onr_buf_span(&p->note), &note, NULL) < 0)
        return true;
    for (size_t i = 0; i < note.n; i++)
        if (memcmp(note.sig[i].id, key->id, ONR_NOTE_ID_LEN) == 0
            && onr_span_eq_z(note.sig[i].name, key->name))
            return true;
    return note.n == ONR_NOTE_SIGNATURES;
}

/* Add the lines of witnesses that p lacks. */
static int
merge(const struct onr_checkpoints *c, struct point *p, const struct onr_note *note,
      struct onr_span bytes)
{
    struct onr_span rest = onr_span_sub(bytes, note->text.len + 1, bytes.len), line;
    int rc = 0, k;

    for (size_t i = 0; i < note->n && rc == 0 && onr_span_next(&rest, '\n', &line); i++) {
        if ((k = witness_of(c, note, i)) < 0 || has_witness(p, &c->trust->witness[k]))
            continue;
        rc = onr_buf_printf(&p->note, ONR_SPAN_FMT "\n", ONR_SPAN_ARG(line));
        p->n_cosigned += rc == 0;
    }
    return rc == -ONR_ELIMIT ? 0 : rc;
}

static size_t
count_witnesses(const struct onr_checkpoints *c, const struct onr_note *note)
{
    size_t n = 0;

    for (size_t i = 0; i < note->n; i++)
        n += witness_of(c, note, i) >= 0;
    return n;
}

int
onr_checkpoints_take(struct onr_checkpoints *c, struct onr_span bytes, struct onr_error *err)
{
    struct onr_checkpoint seen;
    struct onr_note note;
    struct point *p;
    size_t n_cosigned;

    if (onr_note_parse(bytes, &note, NULL) < 0 || onr_checkpoint_parse(note.text, &seen, NULL) < 0
        || seen.size < c->least || seen.size > c->most
        || (n_cosigned = count_witnesses(c, &note)) == 0)
        return 0;
    for (size_t i = 0; i < KEPT && i < c->n; i++) {
        p = &c->point[i];
        if (onr_span_eq(onr_span_sub(onr_buf_span(&p->note), 0, p->text_len), note.text))
            return merge(c, p, &note, bytes) < 0
                       ? onr_fail(err, ONR_ENOMEM, "no memory for checkpoints")
                       : 0;
    }
    p = &c->point[c->n++ % KEPT];
    onr_buf_clear(&p->note);
    if (onr_buf_add_span(&p->note, bytes) < 0)
        return onr_fail(err, ONR_ENOMEM, "no memory for checkpoints");
    p->text_len = note.text.len;
    p->size = seen.size;
    memcpy(p->root, seen.root, sizeof p->root);
    p->n_cosigned = n_cosigned;
    return 0;
}

int
onr_checkpoints_best(const struct onr_checkpoints *c, const uint8_t (*leaf)[ONR_SHA256_LEN],
                     struct onr_span *ret_note, uint64_t *ret_size, struct onr_error *err)
{
    const struct point *best = NULL;
    uint8_t root[ONR_SHA256_LEN];

    for (size_t i = 0; i < KEPT && i < c->n; i++) {
        const struct point *p = &c->point[i];

        if (!best || p->n_cosigned > best->n_cosigned
            || (p->n_cosigned == best->n_cosigned && p->size > best->size))
            best = p;
    }
    if (!best)
        return -ONR_ENOTFOUND;
    onr_tree_root(leaf, best->size, root);
    if (memcmp(root, best->root, sizeof root) != 0)
        return onr_fail(err, ONR_EVERIFY,
                        "a witness cosigned another tree of %" PRIu64
                        " records than the lane has here: it was forked",
                        best->size);
    *ret_note = onr_buf_span(&best->note);
    *ret_size = best->size;
    return 0;
}
