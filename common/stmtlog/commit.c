/* common/stmtlog/commit.c - see commit.h. */
#include "common/stmtlog/commit.h"

#include "common/stmtlog/bytes.h"

static const char commit_tag[16] = "stmtlog/cmt/v1\n"; /* with its NUL */

void
onr_commit_encode(const struct onr_commit *c, uint8_t ret_body[ONR_COMMIT_LEN])
{
    uint8_t *p = ret_body;

    memcpy(p, commit_tag, sizeof commit_tag);
    p = onr_put_be(p + sizeof commit_tag, ONR_COMMIT_VERSION, 2);
    p = onr_put_be(p, c->flags, 2);
    p = onr_put_be(p, c->n_leaves, 4);
    memcpy(p, c->key_id, ONR_KEY_ID_LEN);
    memcpy(p + 8, c->lane_id, ONR_SHA256_LEN);
    p = onr_put_be(p + 40, c->commit_no, 8);
    memcpy(p, c->prev, ONR_SHA256_LEN);
    p = onr_put_be(p + 32, c->size_before, 8);
    p = onr_put_be(p, c->size_after, 8);
    memcpy(p, c->root_after, ONR_SHA256_LEN);
    p = onr_put_be(p + 32, (uint64_t) c->in_from, 8);
    p = onr_put_be(p, (uint64_t) c->in_next, 8);
    memcpy(p, c->in_root, ONR_SHA256_LEN);
    memcpy(p + 32, c->config_hash, ONR_SHA256_LEN);
    p = onr_put_be(p + 64, (uint64_t) c->time_ms, 8);
    memcpy(p, c->attempt, ONR_ATTEMPT_LEN);
}

/* What a body must say about itself, whatever its lane. */
static int
check(const struct onr_commit *c, struct onr_error *err)
{
    bool repair = c->flags & ONR_COMMIT_REPAIR, heartbeat = c->flags & ONR_COMMIT_HEARTBEAT;

    if (c->flags & ~ONR_COMMIT_FLAGS)
        return onr_fail(err, ONR_EINPUT, "COMMIT with unknown flags 0x%04x", (unsigned) c->flags);
    if (c->size_after < c->size_before || c->size_after - c->size_before != c->n_leaves)
        return onr_fail(err, ONR_EINPUT, "COMMIT of %lu leaves from %llu to %llu",
                        (unsigned long) c->n_leaves, (unsigned long long) c->size_before,
                        (unsigned long long) c->size_after);
    if (c->n_leaves > ONR_BLOCK_LEAVES)
        return onr_fail(err, ONR_EINPUT, "COMMIT of %lu leaves, a block has at most %d",
                        (unsigned long) c->n_leaves, ONR_BLOCK_LEAVES);
    if (heartbeat != (c->n_leaves == 0) || (repair && heartbeat))
        return onr_fail(err, ONR_EINPUT, "COMMIT of %lu leaves with flags 0x%04x",
                        (unsigned long) c->n_leaves, (unsigned) c->flags);
    if (c->in_from < 0 || c->in_next < c->in_from || c->size_after >> 63)
        return onr_fail(err, ONR_EINPUT, "COMMIT whose input positions or sizes run backwards");
    if (c->commit_no == 0 && (repair || c->flags & ONR_COMMIT_CONFIG || c->size_before != 0))
        return onr_fail(err, ONR_EINPUT, "COMMIT number 0 that is not a beginning");
    return 0;
}

int
onr_commit_decode(struct onr_span body, struct onr_commit *ret, struct onr_error *err)
{
    const uint8_t *p = (const uint8_t *) body.ptr;
    struct onr_commit c;
    int rc;

    if (body.len != ONR_COMMIT_LEN)
        return onr_fail(err, ONR_EINPUT, "COMMIT body of %zu bytes, %d are due", body.len,
                        ONR_COMMIT_LEN);
    if (memcmp(p, commit_tag, sizeof commit_tag) != 0)
        return onr_fail(err, ONR_EINPUT, "not a COMMIT body: its tag is missing");
    if (onr_get_be(p + 16, 2) != ONR_COMMIT_VERSION)
        return onr_fail(err, ONR_EVERIFY, "COMMIT of version %u, only %d is known",
                        (unsigned) onr_get_be(p + 16, 2), ONR_COMMIT_VERSION);
    c.flags = (uint16_t) onr_get_be(p + 18, 2);
    c.n_leaves = (uint32_t) onr_get_be(p + 20, 4);
    memcpy(c.key_id, p + 24, ONR_KEY_ID_LEN);
    memcpy(c.lane_id, p + 32, ONR_SHA256_LEN);
    c.commit_no = onr_get_be(p + 64, 8);
    memcpy(c.prev, p + 72, ONR_SHA256_LEN);
    c.size_before = onr_get_be(p + 104, 8);
    c.size_after = onr_get_be(p + 112, 8);
    memcpy(c.root_after, p + 120, ONR_SHA256_LEN);
    c.in_from = (int64_t) onr_get_be(p + 152, 8);
    c.in_next = (int64_t) onr_get_be(p + 160, 8);
    memcpy(c.in_root, p + 168, ONR_SHA256_LEN);
    memcpy(c.config_hash, p + 200, ONR_SHA256_LEN);
    c.time_ms = (int64_t) onr_get_be(p + 232, 8);
    memcpy(c.attempt, p + 240, ONR_ATTEMPT_LEN);
    if ((rc = check(&c, err)) < 0)
        return rc;
    *ret = c;
    return 0;
}

int
onr_commit_sign(struct onr_commit *c, const struct onr_signer *s, uint8_t ret_body[ONR_COMMIT_LEN],
                uint8_t ret_sig[ONR_SIG_LEN], struct onr_error *err)
{
    struct onr_span body = onr_span_of(ret_body, ONR_COMMIT_LEN);

    memcpy(c->key_id, s->key.id, ONR_KEY_ID_LEN);
    onr_commit_encode(c, ret_body);
    onr_sign(s, body, ret_sig);
    if (!onr_signature_ok(&s->key, body, ret_sig))
        return onr_fail(
            err, ONR_EKEY,
            "a signature just made by '%s' does not verify: this machine miscalculates, "
            "take it out of service",
            s->key.name);
    return 0;
}

int
onr_commit_verify(const struct onr_public_key *k, struct onr_span body, struct onr_span sig,
                  struct onr_error *err)
{
    if (body.len != ONR_COMMIT_LEN || sig.len != ONR_SIG_LEN)
        return onr_fail(err, ONR_EINPUT, "COMMIT of %zu bytes with a signature of %zu", body.len,
                        sig.len);
    if (memcmp(body.ptr + 24, k->id, ONR_KEY_ID_LEN) != 0)
        return onr_fail(err, ONR_EKEY, "COMMIT signed by another key than '%s'", k->name);
    if (!onr_signature_ok(k, body, (const uint8_t *) sig.ptr))
        return onr_fail(err, ONR_EVERIFY, "signature of '%s' under a COMMIT does not verify",
                        k->name);
    return 0;
}

void
onr_commit_hash(const uint8_t body[ONR_COMMIT_LEN], uint8_t ret[ONR_SHA256_LEN])
{
    onr_sha256(body, ONR_COMMIT_LEN, ret);
}

void
onr_config_hash(const uint8_t model[ONR_SHA256_LEN], const uint8_t people[ONR_SHA256_LEN],
                const uint8_t manifest[ONR_SHA256_LEN], const uint8_t (*schema_fp)[ONR_SHA256_LEN],
                size_t n_schemas, uint8_t ret[ONR_SHA256_LEN])
{
    static const char tag[19] = "stmtlog/config/v1\n"; /* the final NUL is part of it */
    struct onr_span parts[] = { onr_span_of(tag, sizeof tag), onr_span_of(model, ONR_SHA256_LEN),
                                onr_span_of(people, ONR_SHA256_LEN),
                                onr_span_of(manifest, ONR_SHA256_LEN),
                                onr_span_of(schema_fp, n_schemas * ONR_SHA256_LEN) };

    onr_sha256_parts(parts, 5, ret);
}
