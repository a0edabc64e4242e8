/* common/line/evidence_check.c - what an evidence file proves. See evidence.h.
 *
 * From the trust file up: the key log by its roots, the checkpoint's origin by its topics, the record by its key, its place in
 * the tree by the proof, the tree by the worker's signature and the witnesses'. The first thing that does not hold is the verdict.
 */
#include <inttypes.h>
#include <stdio.h>

#include "common/line/evidence.h"

struct check {
    const struct onr_evidence *e;
    const struct onr_trust *trust;
    struct onr_codec *codec;
    struct onr_arena *arena;
    struct onr_keylog *keys;
    struct onr_note note;
    struct onr_checkpoint point;
    uint8_t hash[ONR_SHA256_LEN]; /* of the leaf in the tree */
    struct onr_evidence_report *r;
};

/* 1: this is the verdict, look no further. */
static int found(struct check *c, enum onr_verdict v, const char *name, const char *fmt, ...)
    ONR_PRINTF(4, 5);

static int
found(struct check *c, enum onr_verdict v, const char *name, const char *fmt, ...)
{
    va_list args;

    c->r->verdict = v;
    snprintf(c->r->name, sizeof c->r->name, "%s", name);
    va_start(args, fmt);
    vsnprintf(c->r->why, sizeof c->r->why, fmt, args);
    va_end(args);
    return 1;
}

static int
check_keys(struct check *c, struct onr_error *err)
{
    enum onr_keylog_outcome outcome;
    struct onr_error why = ONR_ERROR_INIT;
    int rc;

    if ((rc = onr_keylog_new(c->trust, &c->keys, err)) < 0)
        return rc;
    for (size_t i = 0; i < c->e->n_entries; i++) {
        rc = onr_keylog_feed(c->keys, c->e->entry[i], &outcome, &why);
        if (rc == -ONR_ENOMEM)
            return onr_fail(err, ONR_ENOMEM, "%s", why.text);
        if (rc < 0 || outcome != ONR_KEYLOG_TAKEN)
            return found(c, ONR_VERDICT_INVALID, "key-log",
                         "entry %zu of the key log does not hold: %s", i, why.text);
    }
    return 0;
}

/* Is the checkpoint one of a lane that the trust file speaks of? */
static int
check_lane(struct check *c)
{
    struct onr_error why = ONR_ERROR_INIT;
    struct onr_lane_name name;
    struct onr_span input;

    if (onr_note_parse(c->e->checkpoint, &c->note, &why) < 0
        || onr_checkpoint_parse(c->note.text, &c->point, &why) < 0)
        return found(c, ONR_VERDICT_INVALID, "checkpoint", "the checkpoint is damaged: %s",
                     why.text);
    if (onr_origin_parse(c->point.origin, &name, &why) < 0)
        return found(c, ONR_VERDICT_INVALID, "lane", "the checkpoint is of no lane: %s", why.text);
    snprintf(c->r->origin, sizeof c->r->origin, ONR_SPAN_FMT, ONR_SPAN_ARG(c->point.origin));
    c->r->size = c->point.size;
    memcpy(c->r->root, c->point.root, sizeof c->r->root);
    input = onr_trust_input(c->trust, name.output);
    if (!onr_span_eq_z(name.org, c->trust->org) || !input.ptr || !onr_span_eq(input, name.input))
        return found(
            c, ONR_VERDICT_NOT_COVERED, "lane",
            "the trust file says nothing of the lane %s: it is of another newsroom or line",
            c->r->origin);
    if (!onr_keylog_genesis(c->keys, c->point.origin))
        return found(c, ONR_VERDICT_NOT_COVERED, "lane",
                     "the key log in the file has no GENESIS entry for the lane %s", c->r->origin);
    return 0;
}

static int
check_record(struct check *c)
{
    const struct onr_evidence *e = c->e;
    struct onr_record_expect expect = { .origin = c->point.origin,
                                        .keylog = c->keys,
                                        .schema_ok = onr_lane_schema_ok,
                                        .ctx = c->codec };
    uint8_t id[ONR_KEY_ID_LEN];
    enum onr_check why;

    onr_lane_id(c->point.origin, expect.lane_id);
    why = onr_record_check(&expect, e->payload, e->leaf, e->signature, &c->r->leaf, c->hash);
    if (why != ONR_CHECK_OK)
        return found(c, ONR_VERDICT_INVALID, "record", "the record does not hold: %s",
                     onr_check_sentence(why));
    if (onr_record_sig_key(e->signature, id, NULL) == 0)
        c->r->signer = onr_keylog_find(c->keys, id)->key;
    why = onr_record_check_input(&c->r->leaf, c->r->leaf.in_offset, e->input_key, e->input_value);
    if (why != ONR_CHECK_OK)
        return found(c, ONR_VERDICT_INVALID, "input", "the input does not hold: %s",
                     onr_check_sentence(why));
    return 0;
}

static int
check_proof(struct check *c)
{
    const struct onr_evidence *e = c->e;

    if (e->index != c->r->leaf.seq)
        return found(c, ONR_VERDICT_INVALID, "proof",
                     "the proof is for position %" PRIu64 ", the record says %" PRIu64, e->index,
                     c->r->leaf.seq);
    if (onr_inclusion_verify(c->hash, e->index, c->point.size, &e->proof, c->point.root, NULL) < 0)
        return found(c, ONR_VERDICT_INVALID, "proof",
                     "the proof does not lead from the record to the root of the checkpoint");
    return 0;
}

static int
check_worker(struct check *c, struct onr_error *err)
{
    size_t n = onr_keylog_keys(c->keys), allowed = 0;
    struct onr_public_key *key = onr_arena_array(c->arena, n + 1, sizeof *key);
    struct onr_error why = ONR_ERROR_INIT;

    if (!key)
        return onr_fail(err, ONR_ENOMEM, "no memory to check an evidence file");
    for (size_t i = 0; i < n; i++) {
        const struct onr_public_key *k = &onr_keylog_key(c->keys, i)->key;

        if (onr_keylog_may_sign(c->keys, k->id, c->point.origin, c->point.size) == ONR_KEY_OK)
            key[allowed++] = *k;
    }
    if (onr_note_verify(&c->note, key, allowed, NULL, &why) < 0)
        return found(c, ONR_VERDICT_INVALID, "checkpoint",
                     "the checkpoint is not signed by a worker that may sign this lane: %s",
                     why.text);
    return 0;
}

static bool
names_key(const struct onr_note *note, const struct onr_public_key *k)
{
    for (size_t i = 0; i < note->n; i++)
        if (memcmp(note->sig[i].id, k->id, ONR_NOTE_ID_LEN) == 0
            && onr_span_eq_z(note->sig[i].name, k->name))
            return true;
    return false;
}

static int
check_witnesses(struct check *c)
{
    struct onr_evidence_report *r = c->r;
    uint64_t seconds;

    for (size_t i = 0; i < c->trust->n_witnesses; i++) {
        const struct onr_public_key *k = &c->trust->witness[i];

        if (!names_key(&c->note, k))
            continue;
        if (onr_note_verify(&c->note, k, 1, &seconds, NULL) < 0)
            return found(c, ONR_VERDICT_INVALID, "cosignature",
                         "the cosignature of %s does not verify", k->name);
        r->cosigned[r->n_cosigned].key = *k;
        r->cosigned[r->n_cosigned++].seconds = seconds;
    }
    if (r->n_cosigned == 0 && c->trust->n_witnesses > 0)
        return found(
            c, ONR_VERDICT_NOT_COVERED, "no-witness",
            "no witness of the trust file cosigned the checkpoint: only the newsroom itself "
            "says that there is no other one");
    return 0;
}

/* What the record says, where its schema is known. */
static int
decode(struct check *c, struct onr_error *err)
{
    struct onr_evidence_report *r = c->r;
    enum onr_record_type type = r->leaf.type == ONR_LEAF_RESULT ? ONR_REC_RESULT : ONR_REC_REJECT;
    int rc;

    if (memcmp(onr_codec_schema_fp(c->codec, type), r->leaf.schema_fp, ONR_SHA256_LEN) != 0)
        return 0;
    rc = onr_lane_payload_decode(c->codec, onr_codec_schema_id(c->codec, type), type, c->e->payload,
                                 c->arena, &r->payload, NULL);
    if (rc == -ONR_ENOMEM)
        return onr_fail(err, ONR_ENOMEM, "no memory to read the record");
    if (rc < 0)
        return found(c, ONR_VERDICT_INVALID, "record",
                     "the record is signed, but it is not of its schema");
    r->decoded = true;
    return 0;
}

int
onr_evidence_check(const struct onr_evidence *e, const struct onr_trust *trust,
                   struct onr_codec *codec, struct onr_arena *arena,
                   struct onr_evidence_report *ret, struct onr_error *err)
{
    struct check c = { .e = e, .trust = trust, .codec = codec, .arena = arena, .r = ret };
    int rc;

    memset(ret, 0, sizeof *ret);
    if ((rc = check_keys(&c, err)) == 0 && (rc = check_lane(&c)) == 0
        && (rc = check_record(&c)) == 0 && (rc = check_proof(&c)) == 0
        && (rc = check_worker(&c, err)) == 0 && (rc = decode(&c, err)) == 0)
        rc = check_witnesses(&c);
    onr_keylog_free(c.keys);
    return rc < 0 ? rc : 0;
}
