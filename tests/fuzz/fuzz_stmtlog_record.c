/* tests/fuzz/fuzz_stmtlog_record.c - one record's check: what passes has the lane, payload, key and signature it must have.
 *
 * Input: a byte of repairs, one more that picks the signer, 152 bytes of leaf, 76 of signature, then the payload. Each bit of
 * repairs sets something right that bytes alone would never hit, so that every check behind it is reached.
 */
#include "tests/fuzz/fuzz.h"

#include "common/stmtlog/record_check.h"
#include "tests/property/stmtlog_world.h"

enum {
    FIX_LANE = 1,
    FIX_LENGTH = 2,
    FIX_HASH = 4,
    FIX_SIGNATURE = 8,
    NO_LEAF = 16,
    NO_SIG = 32,
    NO_KEYS = 64
};

static struct world *world;

/* Sets right what the bits say, in a leaf that can be read. */
static void
repair(unsigned fix, unsigned who, struct onr_span payload, uint8_t leaf[ONR_LEAF_LEN],
       uint8_t sig[ONR_RECORD_SIG_LEN])
{
    const struct onr_signer *signer = who % 4 < WORLD_SIGNERS ? &world->signer[who % 4]
                                                              : &world->stranger;
    uint8_t hash[ONR_SHA256_LEN];
    struct onr_leaf l;

    if (onr_leaf_decode(onr_span_of(leaf, ONR_LEAF_LEN), &l, NULL) == 0) {
        if (fix & FIX_LANE)
            onr_lane_id(ONR_SPAN(WORLD_ORIGIN), l.lane_id);
        if (fix & FIX_LENGTH)
            l.payload_len = (uint32_t) payload.len;
        if (fix & FIX_HASH)
            onr_sha256(payload.ptr, payload.len, l.payload_hash);
        onr_leaf_encode(&l, leaf);
    }
    onr_leaf_hash(leaf, hash);
    if (fix & FIX_SIGNATURE)
        onr_record_sign(signer, hash, sig);
}

static void
is_what_it_must_be(const struct onr_leaf *l, const uint8_t hash[ONR_SHA256_LEN],
                   struct onr_span payload, struct onr_span leaf, struct onr_span sig, bool keys)
{
    uint8_t want[ONR_SHA256_LEN], id[ONR_KEY_ID_LEN];
    const struct onr_keylog_key *k;

    onr_lane_id(ONR_SPAN(WORLD_ORIGIN), want);
    HOLDS(memcmp(l->lane_id, want, sizeof want) == 0 && l->payload_len == payload.len);
    onr_sha256(payload.ptr, payload.len, want);
    HOLDS(memcmp(l->payload_hash, want, sizeof want) == 0);
    onr_leaf_hash((const uint8_t *) leaf.ptr, want);
    HOLDS(memcmp(hash, want, sizeof want) == 0);
    if (!keys)
        return;
    HOLDS(onr_record_sig_key(sig, id, NULL) == 0);
    k = onr_keylog_find(world->keys, id);
    HOLDS(k && onr_record_verify(&k->key, hash, sig, NULL) == 0);
    HOLDS(memcmp(id, world->stranger.key.id, sizeof id) != 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tape t = { data, size };
    unsigned fix = tape_byte(&t), who = tape_byte(&t);
    uint8_t leaf[ONR_LEAF_LEN], sig[ONR_RECORD_SIG_LEN], hash[ONR_SHA256_LEN];
    struct onr_record_expect e = { .origin = ONR_SPAN(WORLD_ORIGIN) };
    struct onr_span payload, leaf_header, sig_header;
    struct onr_leaf l;
    enum onr_check c;

    if (!world)
        world = world_new();
    for (size_t i = 0; i < sizeof leaf; i++)
        leaf[i] = tape_byte(&t);
    for (size_t i = 0; i < sizeof sig; i++)
        sig[i] = tape_byte(&t);
    payload = tape_span(&t, t.left);
    repair(fix, who, payload, leaf, sig);
    leaf_header = onr_span_of(fix & NO_LEAF ? NULL : leaf,
                              fix & NO_LEAF ? 0 : sizeof leaf - who / 128);
    sig_header = onr_span_of(fix & NO_SIG ? NULL : sig,
                             fix & NO_SIG ? 0 : sizeof sig - who / 64 % 2);
    e.keylog = fix & NO_KEYS ? NULL : world->keys;
    onr_lane_id(e.origin, e.lane_id);
    c = onr_record_check(&e, payload, leaf_header, sig_header, &l, hash);
    HOLDS((int) c >= 0 && c < ONR_CHECKS && onr_check_name(c) && onr_check_sentence(c));
    if (c == ONR_CHECK_OK) {
        is_what_it_must_be(&l, hash, payload, leaf_header, sig_header, e.keylog != NULL);
        HOLDS(onr_record_check_input(&l, l.in_offset, ONR_SPAN_NULL, payload) < ONR_CHECKS);
    }
    return 0;
}
