/* tests/line_changes.h - what can be done to one message of a lane, and how a reader has to call it. */
#ifndef ONR_TESTS_LINE_CHANGES_H
#define ONR_TESTS_LINE_CHANGES_H

#include "tests/line_lane.h"

static inline void
drop_header(struct onr_message *m, const char *name)
{
    *lane_header(m, name) = m->header[m->n_headers - 1];
    m->n_headers--;
}

static inline void
no_leaf(struct test_lane *t, struct onr_message *m)
{
    (void) t;
    drop_header(m, ONR_HEADER_LEAF);
}

static inline void
no_signature(struct test_lane *t, struct onr_message *m)
{
    (void) t;
    drop_header(m, ONR_HEADER_SIG);
}

static inline void
flip_header(struct test_lane *t, struct onr_message *m, const char *name, size_t at, uint8_t with)
{
    struct onr_kafka_header *h = lane_header(m, name);

    h->value = lane_flip(t, h->value, at, with);
}

static inline void
leaf_version(struct test_lane *t, struct onr_message *m)
{
    flip_header(t, m, ONR_HEADER_LEAF, 0, 3);
}

static inline void
leaf_type(struct test_lane *t, struct onr_message *m)
{
    flip_header(t, m, ONR_HEADER_LEAF, 1, 4);
}

static inline void
leaf_payload_hash(struct test_lane *t, struct onr_message *m)
{
    flip_header(t, m, ONR_HEADER_LEAF, 151, 1);
}

static inline void
leaf_lane(struct test_lane *t, struct onr_message *m)
{
    flip_header(t, m, ONR_HEADER_LEAF, 30, 1);
}

static inline void
leaf_input_offset(struct test_lane *t, struct onr_message *m)
{
    flip_header(t, m, ONR_HEADER_LEAF, 23, 1);
}

static inline void
leaf_short(struct test_lane *t, struct onr_message *m)
{
    (void) t;
    lane_header(m, ONR_HEADER_LEAF)->value.len--;
}

static inline void
leaf_twice(struct test_lane *t, struct onr_message *m)
{
    (void) t;
    m->header[m->n_headers++] = *lane_header(m, ONR_HEADER_LEAF);
}

static inline void
signature_version(struct test_lane *t, struct onr_message *m)
{
    flip_header(t, m, ONR_HEADER_SIG, 0, 2);
}

static inline void
signature_algorithm(struct test_lane *t, struct onr_message *m)
{
    flip_header(t, m, ONR_HEADER_SIG, 1, 2);
}

static inline void
signature_bit(struct test_lane *t, struct onr_message *m)
{
    flip_header(t, m, ONR_HEADER_SIG, 75, 1);
}

static inline void
signature_of_a_stranger(struct test_lane *t, struct onr_message *m)
{
    uint8_t hash[ONR_SHA256_LEN], sig[ONR_RECORD_SIG_LEN];

    onr_leaf_hash((const uint8_t *) lane_header(m, ONR_HEADER_LEAF)->value.ptr, hash);
    onr_record_sign(&t->stranger, hash, sig);
    lane_header(m, ONR_HEADER_SIG)->value = lane_copy(t, onr_span_of(sig, sizeof sig));
}

static inline void
signature_under_a_known_id(struct test_lane *t, struct onr_message *m)
{
    signature_of_a_stranger(t, m);
    memcpy((char *) lane_header(m, ONR_HEADER_SIG)->value.ptr + 4, t->worker.key.id,
           ONR_KEY_ID_LEN);
}

static inline void
payload_bit(struct test_lane *t, struct onr_message *m)
{
    m->value = lane_flip(t, m->value, m->value.len / 2, 1);
}

static inline void
payload_longer(struct test_lane *t, struct onr_message *m)
{
    char *longer = onr_arena_alloc(&t->arena, m->value.len + 1);

    memcpy(longer, m->value.ptr, m->value.len);
    m->value = onr_span_of(longer, m->value.len + 1);
}

static inline void
frame_gone(struct test_lane *t, struct onr_message *m)
{
    m->value = lane_flip(t, m->value, 0, 1);
}

static inline void
frame_of_an_unknown_schema(struct test_lane *t, struct onr_message *m)
{
    m->value = lane_flip(t, m->value, 1, 0x70);
}

/* The frame is not signed: it must not be able to turn a result into something else. */
static inline void
frame_of_a_reject(struct test_lane *t, struct onr_message *m)
{
    char *copy = (char *) lane_copy(t, m->value).ptr;

    copy[4] = (char) onr_codec_schema_id(t->codec, ONR_REC_REJECT);
    m->value = onr_span_of(copy, m->value.len);
}

static inline void
value_null(struct test_lane *t, struct onr_message *m)
{
    (void) t;
    m->value = ONR_SPAN_NULL;
}

static inline void
key_of_another_article(struct test_lane *t, struct onr_message *m)
{
    m->key = lane_flip(t, m->key, m->key.len - 1, 1);
}

static inline void
key_null(struct test_lane *t, struct onr_message *m)
{
    (void) t;
    m->key = ONR_SPAN_NULL;
}

static inline void
ce_subject_changed(struct test_lane *t, struct onr_message *m)
{
    flip_header(t, m, "ce_subject", 0, 1);
}

static inline void
ce_id_gone(struct test_lane *t, struct onr_message *m)
{
    (void) t;
    drop_header(m, "ce_id");
}

static inline void
ce_id_twice(struct test_lane *t, struct onr_message *m)
{
    (void) t;
    drop_header(m, "ce_subject");
    m->header[m->n_headers++] = *lane_header(m, "ce_id");
}

static inline void
ce_id_repeated(struct test_lane *t, struct onr_message *m)
{
    (void) t;
    m->header[m->n_headers++] = *lane_header(m, "ce_id");
}

static inline void
ce_extension_added(struct test_lane *t, struct onr_message *m)
{
    (void) t;
    m->header[m->n_headers++] = (struct onr_kafka_header){ "ce_speaker", ONR_SPAN("somebody") };
}

static inline void
says_it_is_a_commit(struct test_lane *t, struct onr_message *m)
{
    (void) t;
    m->header[m->n_headers++] = (struct onr_kafka_header){ ONR_HEADER_TYPE,
                                                           ONR_SPAN(ONR_TYPE_COMMIT) };
}

static const struct {
    const char *name;
    void (*change)(struct test_lane *t, struct onr_message *m);
    enum onr_check check;
} changes[] = {
    { "no leaf", no_leaf, ONR_CHECK_STRIPPED },
    { "no signature", no_signature, ONR_CHECK_STRIPPED },
    { "leaf version", leaf_version, ONR_CHECK_DOWNGRADED },
    { "leaf type", leaf_type, ONR_CHECK_MALFORMED },
    { "leaf payload hash", leaf_payload_hash, ONR_CHECK_ALTERED },
    { "leaf of another lane", leaf_lane, ONR_CHECK_WRONG_LANE },
    { "leaf input offset", leaf_input_offset, ONR_CHECK_FORGED },
    { "leaf short", leaf_short, ONR_CHECK_MALFORMED },
    { "leaf twice", leaf_twice, ONR_CHECK_MALFORMED },
    { "signature version", signature_version, ONR_CHECK_DOWNGRADED },
    { "signature algorithm", signature_algorithm, ONR_CHECK_DOWNGRADED },
    { "signature bit", signature_bit, ONR_CHECK_FORGED },
    { "signature of a stranger", signature_of_a_stranger, ONR_CHECK_UNKNOWN_KEY },
    { "signature under a known id", signature_under_a_known_id, ONR_CHECK_FORGED },
    { "payload bit", payload_bit, ONR_CHECK_ALTERED },
    { "payload longer", payload_longer, ONR_CHECK_ALTERED },
    { "frame gone", frame_gone, ONR_CHECK_MALFORMED },
    { "frame unknown", frame_of_an_unknown_schema, ONR_CHECK_SCHEMA },
    { "frame of a reject", frame_of_a_reject, ONR_CHECK_SCHEMA },
    { "value null", value_null, ONR_CHECK_MALFORMED },
    { "key of another article", key_of_another_article, ONR_CHECK_HINTS },
    { "key null", key_null, ONR_CHECK_HINTS },
    { "ce_subject changed", ce_subject_changed, ONR_CHECK_HINTS },
    { "ce_id gone", ce_id_gone, ONR_CHECK_HINTS },
    { "ce_id twice", ce_id_twice, ONR_CHECK_HINTS },
    { "ce_id repeated", ce_id_repeated, ONR_CHECK_HINTS },
    { "ce_ extension", ce_extension_added, ONR_CHECK_HINTS },
    { "says it is a COMMIT", says_it_is_a_commit, ONR_CHECK_SCHEMA },
};
#define CHANGES (sizeof changes / sizeof *changes)

#endif
