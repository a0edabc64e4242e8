/* tests/unit/test_stmtlog_vectors.c - the test vectors of docs/stmtlog.md, byte for byte.
 *
 * They were computed by tests/unit/vectors/stmtlog.py, which shares no code with the project.
 */
#include "tests/unit/cmocka_all.h"

#include <sodium.h>

#include "common/stmtlog/commit.h"
#include "common/stmtlog/keylog.h"
#include "common/stmtlog/leaf.h"
#include "common/stmtlog/offsetmeta.h"
#include "tests/unit/vectors/stmtlog_vectors.h"

#define ORIGIN "news.example/stance/v1/statements/7/1"

static void
assert_hex(const void *ptr, size_t len, const char *want)
{
    char *hex = test_malloc(2 * len + 1);

    assert_string_equal(onr_hex(ptr, len, hex), want);
    test_free(hex);
}

static void
signer(struct onr_signer *s, const char *name, enum onr_key_type type, const char *seed_text)
{
    uint8_t seed[32];

    onr_sha256(seed_text, strlen(seed_text), seed);
    assert_int_equal(onr_signer_init(s, onr_span_z(name), type, seed, NULL), 0);
}

static const struct {
    struct onr_span key, value, payload;
    enum onr_leaf_type type;
    const char *leaf, *hash, *sig;
} leaves[3] = {
    { { NULL, 0 },
      { "stmt-A", 6 },
      { "stance=0", 8 },
      ONR_LEAF_RESULT,
      V_LEAF0,
      V_LEAF0_HASH,
      V_LEAF0_SIG },
    { { "k", 1 },
      { "stmt-B", 6 },
      { "stance=1", 8 },
      ONR_LEAF_RESULT,
      V_LEAF1,
      V_LEAF1_HASH,
      V_LEAF1_SIG },
    { { NULL, 0 },
      { "BAD", 3 },
      { "R:parse", 7 },
      ONR_LEAF_REJECT,
      V_LEAF2,
      V_LEAF2_HASH,
      V_LEAF2_SIG },
};

/* Leaf i of the vectors, encoded. */
static void
encode(size_t i, uint8_t ret[ONR_LEAF_LEN])
{
    struct onr_leaf l = { .type = (uint8_t) leaves[i].type,
                          .payload_len = (uint32_t) leaves[i].payload.len,
                          .seq = i,
                          .in_offset = 100 + (int64_t) i };

    onr_lane_id(ONR_SPAN(ORIGIN), l.lane_id);
    onr_input_hash(leaves[i].key, leaves[i].value, l.in_hash);
    onr_sha256("schema-v1", 9, l.schema_fp);
    onr_sha256(leaves[i].payload.ptr, leaves[i].payload.len, l.payload_hash);
    onr_leaf_encode(&l, ret);
}

static void
unhex(const char *hex, void *ret, size_t len)
{
    assert_int_equal(onr_unhex(onr_span_z(hex), ret, len), 0);
}

static void
the_lane_id_is_the_hash_of_tag_and_origin(void **state)
{
    uint8_t id[32];

    (void) state;
    onr_lane_id(ONR_SPAN(ORIGIN), id);
    assert_hex(id, 32, V_LANE_ID);
}

static void
a_key_and_its_id_come_from_the_seed(void **state)
{
    char text[ONR_VERIFIER_MAX + 1];
    struct onr_signer s;

    (void) state;
    signer(&s, "w0.news.example", ONR_KEY_ED25519, "test-seed");
    assert_hex(s.key.pk, 32, V_WORKER_PK);
    assert_hex(s.key.id, 8, V_WORKER_ID);
    assert_string_equal(onr_verifier_print(&s.key, text), V_WORKER_VERIFIER);
    onr_signer_release(&s);
    signer(&s, "w.example.org", ONR_KEY_COSIGNER, "test-witness");
    assert_string_equal(onr_verifier_print(&s.key, text), V_WITNESS_VERIFIER);
    onr_signer_release(&s);
}

static void
leaves_are_152_bytes_hashed_with_a_zero_before_them_and_signed(void **state)
{
    uint8_t leaf[ONR_LEAF_LEN], hash[32], sig[ONR_RECORD_SIG_LEN];
    struct onr_signer s;

    (void) state;
    signer(&s, "w0.news.example", ONR_KEY_ED25519, "test-seed");
    for (size_t i = 0; i < 3; i++) {
        encode(i, leaf);
        assert_hex(leaf, sizeof leaf, leaves[i].leaf);
        onr_leaf_hash(leaf, hash);
        assert_hex(hash, 32, leaves[i].hash);
        onr_record_sign(&s, hash, sig);
        assert_hex(sig, sizeof sig, leaves[i].sig);
        assert_int_equal(onr_record_verify(&s.key, hash, onr_span_of(sig, sizeof sig), NULL), 0);
    }
    onr_signer_release(&s);
}

static void
null_and_empty_are_different_inputs(void **state)
{
    uint8_t hash[32];

    (void) state;
    onr_input_hash(ONR_SPAN_NULL, ONR_SPAN_NULL, hash);
    assert_hex(hash, 32, V_INPUT_NULL_NULL);
    onr_input_hash(ONR_SPAN_NULL, ONR_SPAN(""), hash);
    assert_hex(hash, 32, V_INPUT_NULL_EMPTY);
    onr_input_hash(ONR_SPAN(""), ONR_SPAN_NULL, hash);
    assert_hex(hash, 32, V_INPUT_EMPTY_NULL);
}

/* The leaf hashes of the vectors, or H(0x00 || i as four bytes) for the larger trees. */
static void
hashes(size_t n, uint8_t (*ret)[32])
{
    for (size_t i = 0; i < n; i++) {
        uint8_t d[5] = { 0, 0, 0, 0, (uint8_t) i };

        onr_sha256(d, sizeof d, ret[i]);
    }
}

static void
trees_have_their_roots_and_frontiers(void **state)
{
    uint8_t leaf[ONR_LEAF_LEN], hash[8][32], root[32];
    struct onr_frontier f = { .size = 0 };

    (void) state;
    onr_frontier_root(&f, root);
    assert_hex(root, 32, V_EMPTY_ROOT);
    for (size_t i = 0; i < 3; i++) {
        encode(i, leaf);
        onr_leaf_hash(leaf, hash[i]);
        assert_int_equal(onr_frontier_append(&f, hash[i]), 0);
    }
    onr_frontier_root(&f, root);
    assert_hex(root, 32, V_ROOT3);
    assert_int_equal(onr_frontier_count(3), 2);
    assert_hex(f.node, 64, V_FRONTIER3);
    hashes(8, hash);
    onr_tree_root(ONR_HASHES(hash), 7, root);
    assert_hex(root, 32, V_ROOT7);
    onr_tree_root(ONR_HASHES(hash), 8, root);
    assert_hex(root, 32, V_ROOT8);
}

static void
proofs_are_those_of_the_rfc(void **state)
{
    static const struct {
        uint64_t old, size;
        const char *proof, *old_root, *root;
    } t[] = {
        { 3, 7, V_CONSISTENCY_3_TO_7, V_ROOT_3_OF_7, V_ROOT7 },
        { 4, 7, V_CONSISTENCY_4_TO_7, NULL, V_ROOT7 },
        { 6, 8, V_CONSISTENCY_6_TO_8, V_ROOT_6_OF_8, V_ROOT8 },
    };
    uint8_t hash[8][32], old_root[32], root[32];
    struct onr_proof p;

    (void) state;
    hashes(8, hash);
    assert_int_equal(onr_inclusion_prove(ONR_HASHES(hash), 7, 5, &p), 0);
    assert_hex(p.node, p.n * 32, V_INCLUSION_5_OF_7);
    unhex(V_ROOT7, root, 32);
    assert_int_equal(onr_inclusion_verify(hash[5], 5, 7, &p, root, NULL), 0);
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        assert_int_equal(onr_consistency_prove(ONR_HASHES(hash), t[i].size, t[i].old, &p), 0);
        assert_hex(p.node, p.n * 32, t[i].proof);
        onr_tree_root(ONR_HASHES(hash), t[i].old, old_root);
        if (t[i].old_root)
            assert_hex(old_root, 32, t[i].old_root);
        unhex(t[i].root, root, 32);
        assert_int_equal(onr_consistency_verify(t[i].old, old_root, t[i].size, root, &p, NULL), 0);
    }
}

static void
a_commit_is_256_bytes_signed_whole(void **state)
{
    struct onr_commit c = {
        .n_leaves = 3, .size_after = 3, .in_from = 100, .in_next = 103, .time_ms = 1700000000000
    };
    uint8_t part[5][32], body[ONR_COMMIT_LEN], again[ONR_COMMIT_LEN], sig[ONR_SIG_LEN], hash[32];
    struct onr_commit back;
    struct onr_signer s;

    (void) state;
    signer(&s, "w0.news.example", ONR_KEY_ED25519, "test-seed");
    onr_sha256("model", 5, part[0]);
    onr_sha256("people", 6, part[1]);
    onr_sha256("manifest", 8, part[2]);
    onr_sha256("schema-v1", 9, part[3]);
    onr_sha256("schema-v2", 9, part[4]);
    onr_config_hash(part[0], part[1], part[2], ONR_HASHES(part + 3), 2, c.config_hash);
    assert_hex(c.config_hash, 32, V_CONFIG);
    onr_lane_id(ONR_SPAN(ORIGIN), c.lane_id);
    unhex(V_ROOT3, c.root_after, 32);
    for (uint8_t i = 0; i < 16; i++)
        c.attempt[i] = i;
    assert_int_equal(onr_commit_sign(&c, &s, body, sig, NULL), 0);
    assert_hex(body, sizeof body, V_COMMIT0);
    assert_hex(sig, sizeof sig, V_COMMIT0_SIG);
    onr_commit_hash(body, hash);
    assert_hex(hash, 32, V_COMMIT0_HASH);

    c.flags = ONR_COMMIT_HEARTBEAT;
    c.n_leaves = 0;
    c.commit_no = 1;
    memcpy(c.prev, hash, 32);
    c.size_before = 3;
    c.in_from = 103;
    c.in_next = 110;
    c.time_ms += 60000;
    assert_int_equal(onr_commit_sign(&c, &s, body, sig, NULL), 0);
    assert_hex(body, sizeof body, V_COMMIT1);
    assert_hex(sig, sizeof sig, V_COMMIT1_SIG);
    onr_commit_hash(body, hash);
    assert_hex(hash, 32, V_COMMIT1_HASH);
    assert_int_equal(onr_commit_decode(onr_span_of(body, sizeof body), &back, NULL), 0);
    onr_commit_encode(&back, again);
    assert_memory_equal(again, body, sizeof body);
    assert_int_equal(onr_commit_verify(&s.key, onr_span_of(body, sizeof body),
                                       onr_span_of(sig, sizeof sig), NULL),
                     0);
    onr_signer_release(&s);
}

static void
offset_metadata_names_the_commit(void **state)
{
    struct onr_offsetmeta m = { .commit_no = 1, .size = 3, .out_offset = 4711 }, back;
    char text[ONR_OFFSETMETA_MAX];
    uint8_t hash[32];

    (void) state;
    unhex(V_COMMIT1_HASH, hash, 32);
    memcpy(m.body_hash, hash, 8);
    assert_string_equal(onr_offsetmeta_print(&m, text), V_OFFSET_METADATA);
    assert_int_equal(onr_offsetmeta_parse(onr_span_z(text), &back, NULL), 0);
    assert_memory_equal(&back, &m, sizeof m);
}

static void
a_checkpoint_is_a_signed_note_and_can_be_cosigned(void **state)
{
    struct onr_buf text = ONR_BUF_INIT(4096), note = ONR_BUF_INIT(4096);
    struct onr_checkpoint c = { ONR_SPAN(ORIGIN), 3, { 0 } }, back;
    struct onr_public_key keys[2];
    const struct onr_signer *signers[1];
    struct onr_signer worker, witness;
    struct onr_note parsed;
    uint64_t when[2];

    (void) state;
    signer(&worker, "w0.news.example", ONR_KEY_ED25519, "test-seed");
    signer(&witness, "w.example.org", ONR_KEY_COSIGNER, "test-witness");
    signers[0] = &worker;
    keys[0] = worker.key;
    keys[1] = witness.key;
    unhex(V_ROOT3, c.root, 32);
    assert_int_equal(onr_checkpoint_print(&c, &text), 0);
    assert_int_equal(onr_note_sign(onr_buf_span(&text), signers, 1, &note, NULL), 0);
    assert_string_equal(note.ptr, V_CHECKPOINT_NOTE);
    assert_int_equal(onr_note_cosign(onr_buf_span(&text), &witness, 1679315147, &note, NULL), 0);
    assert_string_equal(note.ptr, V_CHECKPOINT_NOTE V_COSIGNATURE_LINE);
    assert_int_equal(onr_note_parse(onr_buf_span(&note), &parsed, NULL), 0);
    assert_int_equal(parsed.sig[1].len + 4, 76);
    assert_int_equal(onr_note_verify(&parsed, keys, 2, when, NULL), 2);
    assert_int_equal(when[0], 1);
    assert_int_equal(when[1], 1679315147);
    assert_int_equal(onr_checkpoint_parse(parsed.text, &back, NULL), 0);
    assert_int_equal(back.size, 3);
    assert_memory_equal(back.root, c.root, 32);
    assert_span_equal(back.origin, c.origin);
    onr_buf_release(&text);
    onr_buf_release(&note);
    onr_signer_release(&worker);
    onr_signer_release(&witness);
}

static void
key_log_entries_are_chained_notes_of_the_roots(void **state)
{
    struct onr_trust trust = { .org = "news.example", .k = 1, .n_topics = 1, .n_roots = 1 };
    static const char *const note[2] = { V_ENTRY0_NOTE, V_ENTRY1_NOTE };
    static const char *const hash[2] = { V_ENTRY0_HASH, V_ENTRY1_HASH };
    enum onr_keylog_outcome outcome;
    struct onr_keylog *log;
    uint8_t head[32], id[8];

    (void) state;
    strcpy(trust.topic[0].output, "stance");
    strcpy(trust.topic[0].input, "statements");
    assert_int_equal(onr_verifier_parse(ONR_SPAN(V_ROOT_VERIFIER), &trust.root[0], NULL), 0);
    assert_int_equal(onr_keylog_new(&trust, &log, NULL), 0);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(onr_keylog_feed(log, onr_span_z(note[i]), &outcome, NULL), 0);
        assert_int_equal(outcome, ONR_KEYLOG_TAKEN);
        onr_keylog_head(log, head);
        assert_hex(head, 32, hash[i]);
    }
    unhex(V_WORKER_ID, id, 8);
    assert_true(onr_keylog_genesis(log, ONR_SPAN(ORIGIN)));
    assert_int_equal(onr_keylog_may_sign(log, id, ONR_SPAN(ORIGIN), 3), ONR_KEY_OK);
    onr_keylog_free(log);
}

static void
the_known_answer_of_signed_notes_verifies(void **state)
{
    static const char note[]
        = "This is an example message.\n\n"
          "\xe2\x80\x94 example.com/foo "
          "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3"
          "mFXmRKuwHjG1Yu72IneyaQM=\n";
    static const char text[]
        = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
    char printed[ONR_VERIFIER_MAX + 1], broken[sizeof note];
    struct onr_public_key k;
    struct onr_note n;

    (void) state;
    assert_int_equal(onr_verifier_parse(onr_span_z(text), &k, NULL), 0);
    assert_string_equal(onr_verifier_print(&k, printed), text);
    assert_int_equal(onr_note_parse(onr_span_z(note), &n, NULL), 0);
    assert_int_equal(onr_note_verify(&n, &k, 1, NULL, NULL), 1);
    memcpy(broken, note, sizeof note);
    broken[0] = 't';
    assert_int_equal(onr_note_parse(onr_span_z(broken), &n, NULL), 0);
    assert_int_equal(onr_note_verify(&n, &k, 1, NULL, NULL), -ONR_EVERIFY);
}

static int
start(void **state)
{
    (void) state;
    return sodium_init() < 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_lane_id_is_the_hash_of_tag_and_origin),
        cmocka_unit_test(a_key_and_its_id_come_from_the_seed),
        cmocka_unit_test(leaves_are_152_bytes_hashed_with_a_zero_before_them_and_signed),
        cmocka_unit_test(null_and_empty_are_different_inputs),
        cmocka_unit_test(trees_have_their_roots_and_frontiers),
        cmocka_unit_test(proofs_are_those_of_the_rfc),
        cmocka_unit_test(a_commit_is_256_bytes_signed_whole),
        cmocka_unit_test(offset_metadata_names_the_commit),
        cmocka_unit_test(a_checkpoint_is_a_signed_note_and_can_be_cosigned),
        cmocka_unit_test(key_log_entries_are_chained_notes_of_the_roots),
        cmocka_unit_test(the_known_answer_of_signed_notes_verifies),
    };

    return cmocka_run_group_tests_name("stmtlog vectors", tests, start, NULL) != 0;
}
