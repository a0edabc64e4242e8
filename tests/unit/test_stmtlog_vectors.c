/* tests/unit/test_stmtlog_vectors.c - the test vectors of docs/stmtlog.md, byte for byte. */
#include "tests/unit/cmocka_all.h"

#include <sodium.h>
#include <stdlib.h>

#include "common/stmtlog/lane.h"
#include "common/stmtlog/leaf.h"
#include "common/stmtlog/merkle.h"
#include "common/stmtlog/note.h"
#include "common/stmtlog/signer.h"

#define ORIGIN "news.example/stance/v1/statements/7/1"

static void
assert_hex(const void *ptr, size_t len, const char *want)
{
    char *hex = test_malloc(2 * len + 1);

    assert_string_equal(onr_hex(ptr, len, hex), want);
    test_free(hex);
}

static void
signer(struct onr_signer *s)
{
    uint8_t seed[32];

    onr_sha256("test-seed", 9, seed);
    assert_int_equal(onr_signer_init(s, ONR_SPAN("w0.news.example"), ONR_KEY_ED25519, seed, NULL),
                     0);
}

static const struct {
    struct onr_span key, value, payload;
    enum onr_leaf_type type;
    const char *leaf, *hash;
} leaves[3] = {
    { { NULL, 0 },
      { "stmt-A", 6 },
      { "stance=0", 8 },
      ONR_LEAF_RESULT,
      "0101000000000008000000000000000000000000000000649176cc68345d52294ed0e1acec17c8a1e3403481681e"
      "256e79c8ccf5737dd194f2451f2dd26ad4f63d3baf409f0db90b83ee3c11cb7374963096880d2c61f4e33d54d3b6"
      "376b8f6a85ca302411a588a9632b21fbb1e8898c8c3fb2481eeec7a81af33772038d6156d3c0968b6101efbd28c9"
      "099bc2cb3e98666c542ff597394c",
      "b654c7f89fdad2c1be6c9428a8574c2a7fd0d0636c3f65ef132600d54b30ec25" },
    { { "k", 1 },
      { "stmt-B", 6 },
      { "stance=1", 8 },
      ONR_LEAF_RESULT,
      "0101000000000008000000000000000100000000000000659176cc68345d52294ed0e1acec17c8a1e3403481681e"
      "256e79c8ccf5737dd194a051cc5146641c99fd495183d97b72c83ef071a45b1367f3c8c81ee192078cc73d54d3b6"
      "376b8f6a85ca302411a588a9632b21fbb1e8898c8c3fb2481eeec7a801ee73418b1eb67591917b005ecf49b9b535"
      "891de8583626d4fbcf575df63d8f",
      "0fa1d24e098eafa55ef53912858940bb609fc2d7a6e71f567ce58e60168815f1" },
    { { NULL, 0 },
      { "BAD", 3 },
      { "R:parse", 7 },
      ONR_LEAF_REJECT,
      "0102000000000007000000000000000200000000000000669176cc68345d52294ed0e1acec17c8a1e3403481681e"
      "256e79c8ccf5737dd1944de58239c8308e0c31648dc1609ca1307ed3b8c99dac3189aeae38ad875084cf3d54d3b6"
      "376b8f6a85ca302411a588a9632b21fbb1e8898c8c3fb2481eeec7a88d3d645527432674fc430c3d4911f84bfb99"
      "f55175aad2742431b5daa596f5c5",
      "95214a6abeb480212b4ecc7067a3a700c96dfe662552637da3bddc4779aa86b0" },
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
the_lane_id_is_the_hash_of_tag_and_origin(void **state)
{
    uint8_t id[32];

    (void) state;
    onr_lane_id(ONR_SPAN(ORIGIN), id);
    assert_hex(id, 32, "9176cc68345d52294ed0e1acec17c8a1e3403481681e256e79c8ccf5737dd194");
}

static void
a_key_and_its_id_come_from_the_seed(void **state)
{
    struct onr_signer s;

    (void) state;
    signer(&s);
    assert_hex(s.key.pk, 32, "3cf9469205ba8dfccfd606c3eef6550016852c61d1e3594e2058433e841c98c9");
    assert_hex(s.key.id, 8, "5f14e86a72b05deb");
    onr_signer_release(&s);
}

static void
leaves_are_152_bytes_and_hash_with_a_zero_before_them(void **state)
{
    uint8_t leaf[ONR_LEAF_LEN], hash[32];

    (void) state;
    for (size_t i = 0; i < 3; i++) {
        encode(i, leaf);
        assert_hex(leaf, sizeof leaf, leaves[i].leaf);
        onr_leaf_hash(leaf, hash);
        assert_hex(hash, 32, leaves[i].hash);
    }
}

static void
a_record_signature_names_version_algorithm_and_key(void **state)
{
    uint8_t leaf[ONR_LEAF_LEN], hash[32], sig[ONR_RECORD_SIG_LEN];
    struct onr_signer s;

    (void) state;
    signer(&s);
    encode(0, leaf);
    onr_leaf_hash(leaf, hash);
    onr_record_sign(&s, hash, sig);
    assert_hex(sig, 12, "010100005f14e86a72b05deb");
    assert_hex(
        sig + 12, 64,
        "0f7bbd77e2c6df8643dca88ca433981be170dffaef1366956783fa5486584c88f7e372ae6a52a794e018"
        "1646ce0dcf4491607e1630c67992d8a3669b4d48ed0a");
    assert_int_equal(onr_record_verify(&s.key, hash, onr_span_of(sig, sizeof sig), NULL), 0);
    onr_signer_release(&s);
}

static void
three_leaves_have_the_root_and_the_inclusion_proof(void **state)
{
    uint8_t leaf[ONR_LEAF_LEN], hash[3][32], root[32];
    struct onr_frontier f = { .size = 0 };
    struct onr_proof proof;

    (void) state;
    for (size_t i = 0; i < 3; i++) {
        encode(i, leaf);
        onr_leaf_hash(leaf, hash[i]);
        assert_int_equal(onr_frontier_append(&f, hash[i]), 0);
    }
    onr_frontier_root(&f, root);
    assert_hex(root, 32, "3ec572b0477367b9096e98358bd2c164369e4085830c5594f62647ebef7f9ef0");
    assert_int_equal(onr_inclusion_prove((const uint8_t(*)[32]) hash, 3, 1, &proof), 0);
    assert_int_equal(proof.n, 2);
    assert_hex(proof.node[0], 32, leaves[0].hash);
    assert_hex(proof.node[1], 32, leaves[2].hash);
    assert_int_equal(onr_inclusion_verify(hash[1], 1, 3, &proof, root, NULL), 0);
}

static const char checkpoint[] = ORIGIN
    "\n3\nPsVysEdzZ7kJbpg1i9LBZDaeQIWDDFWU9iZH6+9/nvA=\n\n"
    "\xe2\x80\x94 w0.news.example "
    "XxToaorEBNmP6LBQbX3vYI74eeLL3scak8ZjNv0ooLUOhYhCXR3uPU/9QsP25RWEmFTJFYSPCQ1+7yzOO4ZSqD"
    "ouNQM=\n";

static void
a_checkpoint_is_a_signed_note_of_origin_size_and_root(void **state)
{
    struct onr_buf text = ONR_BUF_INIT(4096), note = ONR_BUF_INIT(4096);
    struct onr_checkpoint c = { ONR_SPAN(ORIGIN), 3, { 0 } }, back;
    const struct onr_signer *signers[1];
    struct onr_note parsed;
    struct onr_signer s;

    (void) state;
    signer(&s);
    signers[0] = &s;
    assert_int_equal(
        onr_unhex(ONR_SPAN("3ec572b0477367b9096e98358bd2c164369e4085830c5594f62647ebef7f9ef0"),
                  c.root, 32),
        0);
    assert_int_equal(onr_checkpoint_print(&c, &text), 0);
    assert_int_equal(onr_note_sign(onr_buf_span(&text), signers, 1, &note, NULL), 0);
    assert_string_equal(note.ptr, checkpoint);
    assert_int_equal(onr_note_parse(onr_buf_span(&note), &parsed, NULL), 0);
    assert_int_equal(onr_note_verify(&parsed, &s.key, 1, NULL, NULL), 1);
    assert_int_equal(onr_checkpoint_parse(parsed.text, &back, NULL), 0);
    assert_int_equal(back.size, 3);
    assert_memory_equal(back.root, c.root, 32);
    assert_true(onr_span_eq(back.origin, c.origin));
    onr_buf_release(&text);
    onr_buf_release(&note);
    onr_signer_release(&s);
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
        cmocka_unit_test(leaves_are_152_bytes_and_hash_with_a_zero_before_them),
        cmocka_unit_test(a_record_signature_names_version_algorithm_and_key),
        cmocka_unit_test(three_leaves_have_the_root_and_the_inclusion_proof),
        cmocka_unit_test(a_checkpoint_is_a_signed_note_of_origin_size_and_root),
        cmocka_unit_test(the_known_answer_of_signed_notes_verifies),
    };

    return cmocka_run_group_tests_name("stmtlog vectors", tests, start, NULL) != 0;
}
