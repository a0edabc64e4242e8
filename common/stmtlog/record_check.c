/* common/stmtlog/record_check.c - see record_check.h.
 *
 * Cheap checks first: form, lane, lengths; then one hash of the payload; the signature last, and only by a key that may
 * sign here.
 */
#include "common/stmtlog/record_check.h"

#define LEN ONR_SHA256_LEN

static const struct {
    const char *name, *sentence;
} checks[ONR_CHECKS] = {
    [ONR_CHECK_OK] = { "ok", "The record is what a worker signed for this place." },
    [ONR_CHECK_STRIPPED] = { "stripped", "The record carries no leaf or no signature: they were "
                                         "removed, or it was never signed." },
    [ONR_CHECK_MALFORMED] = { "malformed",
                              "The record's leaf or signature has a form that no worker writes." },
    [ONR_CHECK_DOWNGRADED] = { "downgraded", "The record's leaf or signature is of another version "
                                             "or algorithm than the one accepted." },
    [ONR_CHECK_WRONG_LANE] = { "wrong-lane",
                               "The record was signed for another lane: it was copied here." },
    [ONR_CHECK_ALTERED] = { "altered", "The record's content is not what was signed." },
    [ONR_CHECK_SCHEMA] = { "schema", "The record was written with a schema that is not accepted "
                                     "for its type." },
    [ONR_CHECK_UNKNOWN_KEY] = { "unknown-key",
                                "The record is signed by a key that the key log does not hold." },
    [ONR_CHECK_NOT_ALLOWED] = { "not-allowed", "The record is signed by a key that may not sign "
                                               "records of this lane." },
    [ONR_CHECK_RETIRED] = { "retired", "The record is signed by a key that was retired before "
                                       "this position." },
    [ONR_CHECK_REVOKED] = { "revoked", "The record is signed by a key that was revoked before "
                                       "this position." },
    [ONR_CHECK_FORGED] = { "forged", "The record's signature does not verify." },
    [ONR_CHECK_INPUT] = { "input", "The record was made from another input record." },
    [ONR_CHECK_HINTS] = { "hints", "The record's key or CloudEvents headers are not those that "
                                   "its signed content gives." },
};

const char *
onr_check_name(enum onr_check c)
{
    return (unsigned) c < ONR_CHECKS ? checks[c].name : "unknown";
}

const char *
onr_check_sentence(enum onr_check c)
{
    return (unsigned) c < ONR_CHECKS ? checks[c].sentence : "Unknown reason.";
}

static enum onr_check
form_check(int rc)
{
    return rc == 0 ? ONR_CHECK_OK : rc == -ONR_EVERIFY ? ONR_CHECK_DOWNGRADED : ONR_CHECK_MALFORMED;
}

static enum onr_check
answer_check(enum onr_key_answer a)
{
    switch (a) {
    case ONR_KEY_OK:
        return ONR_CHECK_OK;
    case ONR_KEY_UNKNOWN:
        return ONR_CHECK_UNKNOWN_KEY;
    case ONR_KEY_WRONG_ROLE:
    case ONR_KEY_WRONG_LANE:
        return ONR_CHECK_NOT_ALLOWED;
    case ONR_KEY_RETIRED:
        return ONR_CHECK_RETIRED;
    case ONR_KEY_REVOKED:
        return ONR_CHECK_REVOKED;
    }
    return ONR_CHECK_UNKNOWN_KEY;
}

static enum onr_check
check_signature(const struct onr_record_expect *e, const struct onr_leaf *leaf,
                const uint8_t hash[LEN], struct onr_span sig)
{
    uint8_t id[ONR_KEY_ID_LEN];
    enum onr_check c = form_check(onr_record_sig_key(sig, id, NULL));

    if (c != ONR_CHECK_OK || !e->keylog)
        return c;
    c = answer_check(onr_keylog_may_sign(e->keylog, id, e->origin, leaf->seq + 1));
    if (c != ONR_CHECK_OK)
        return c;
    if (onr_record_verify(&onr_keylog_find(e->keylog, id)->key, hash, sig, NULL) < 0)
        return ONR_CHECK_FORGED;
    return ONR_CHECK_OK;
}

static enum onr_check
check_content(const struct onr_record_expect *e, const struct onr_leaf *leaf,
              struct onr_span payload)
{
    uint8_t hash[LEN];

    if (memcmp(leaf->lane_id, e->lane_id, LEN) != 0)
        return ONR_CHECK_WRONG_LANE;
    if (!payload.ptr || leaf->payload_len != payload.len)
        return ONR_CHECK_ALTERED;
    onr_sha256(payload.ptr, payload.len, hash);
    if (memcmp(hash, leaf->payload_hash, LEN) != 0)
        return ONR_CHECK_ALTERED;
    if (e->schema_ok && !e->schema_ok(e->ctx, (enum onr_leaf_type) leaf->type, leaf->schema_fp))
        return ONR_CHECK_SCHEMA;
    return ONR_CHECK_OK;
}

enum onr_check
onr_record_check(const struct onr_record_expect *e, struct onr_span payload, struct onr_span leaf,
                 struct onr_span sig, struct onr_leaf *ret_leaf, uint8_t ret_hash[LEN])
{
    uint8_t hash[LEN];
    enum onr_check c;
    struct onr_leaf l;

    if (!leaf.ptr || !sig.ptr)
        return ONR_CHECK_STRIPPED;
    if ((c = form_check(onr_leaf_decode(leaf, &l, NULL))) != ONR_CHECK_OK
        || (c = check_content(e, &l, payload)) != ONR_CHECK_OK)
        return c;
    onr_leaf_hash((const uint8_t *) leaf.ptr, hash);
    if ((c = check_signature(e, &l, hash, sig)) != ONR_CHECK_OK)
        return c;
    *ret_leaf = l;
    memcpy(ret_hash, hash, LEN);
    return ONR_CHECK_OK;
}

enum onr_check
onr_record_check_input(const struct onr_leaf *leaf, int64_t in_offset, struct onr_span key,
                       struct onr_span value)
{
    uint8_t hash[LEN];

    if (leaf->in_offset != in_offset)
        return ONR_CHECK_INPUT;
    onr_input_hash(key, value, hash);
    return memcmp(hash, leaf->in_hash, LEN) == 0 ? ONR_CHECK_OK : ONR_CHECK_INPUT;
}
