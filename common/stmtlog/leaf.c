/* common/stmtlog/leaf.c - see leaf.h. */
#include "common/stmtlog/leaf.h"

#include "common/stmtlog/bytes.h"

void
onr_leaf_encode(const struct onr_leaf *l, uint8_t ret[ONR_LEAF_LEN])
{
    uint8_t *p = ret;

    *p++ = ONR_LEAF_VERSION;
    *p++ = l->type;
    p = onr_put_be(p, 0, 2);
    p = onr_put_be(p, l->payload_len, 4);
    p = onr_put_be(p, l->seq, 8);
    p = onr_put_be(p, (uint64_t) l->in_offset, 8);
    memcpy(p, l->lane_id, ONR_SHA256_LEN);
    memcpy(p + 32, l->in_hash, ONR_SHA256_LEN);
    memcpy(p + 64, l->schema_fp, ONR_SHA256_LEN);
    memcpy(p + 96, l->payload_hash, ONR_SHA256_LEN);
}

int
onr_leaf_decode(struct onr_span bytes, struct onr_leaf *ret, struct onr_error *err)
{
    const uint8_t *d = (const uint8_t *) bytes.ptr;
    struct onr_leaf l;

    if (bytes.len != ONR_LEAF_LEN)
        return onr_fail(err, ONR_EINPUT, "leaf of %zu bytes, %d are due", bytes.len, ONR_LEAF_LEN);
    if (d[0] != ONR_LEAF_VERSION)
        return onr_fail(err, ONR_EVERIFY, "leaf of version %u, only %d is known", d[0],
                        ONR_LEAF_VERSION);
    if (d[1] != ONR_LEAF_RESULT && d[1] != ONR_LEAF_REJECT)
        return onr_fail(err, ONR_EINPUT, "leaf of unknown type %u", d[1]);
    if (!onr_all_zero(d + 2, 2))
        return onr_fail(err, ONR_EINPUT, "leaf with reserved bytes set");
    if (d[8] & 0x80 || d[16] & 0x80)
        return onr_fail(err, ONR_EINPUT, "leaf with a position above 2^63");
    l.type = d[1];
    l.payload_len = (uint32_t) onr_get_be(d + 4, 4);
    l.seq = onr_get_be(d + 8, 8);
    l.in_offset = (int64_t) onr_get_be(d + 16, 8);
    memcpy(l.lane_id, d + 24, ONR_SHA256_LEN);
    memcpy(l.in_hash, d + 56, ONR_SHA256_LEN);
    memcpy(l.schema_fp, d + 88, ONR_SHA256_LEN);
    memcpy(l.payload_hash, d + 120, ONR_SHA256_LEN);
    *ret = l;
    return 0;
}

void
onr_leaf_hash(const uint8_t leaf[ONR_LEAF_LEN], uint8_t ret[ONR_SHA256_LEN])
{
    uint8_t buf[1 + ONR_LEAF_LEN] = { 0x00 };

    memcpy(buf + 1, leaf, ONR_LEAF_LEN);
    onr_sha256(buf, sizeof buf, ret);
}

void
onr_input_hash(struct onr_span key, struct onr_span value, uint8_t ret[ONR_SHA256_LEN])
{
    static const char tag[18] = "stmtlog/input/v1\n"; /* the final NUL is part of it */
    uint8_t key_len[4], value_len[4];
    struct onr_span parts[] = { onr_span_of(tag, sizeof tag), onr_span_of(key_len, 4), key,
                                onr_span_of(value_len, 4), value };

    onr_put_be(key_len, key.ptr ? key.len : UINT32_MAX, 4);
    onr_put_be(value_len, value.ptr ? value.len : UINT32_MAX, 4);
    onr_sha256_parts(parts, 5, ret);
}
