/* tests/fuzz/fuzz_stmtlog_formats.c - the log's small formats: what can be read is written again as the same
 * bytes (hex may differ in case).
 *
 * Input: a byte that picks the format, then the bytes of one: leaf, COMMIT body, record signature, offset metadata, origin,
 * verifier key, base64, frontier.
 */
#include "tests/fuzz/fuzz.h"

#include <sodium.h>

#include "common/stmtlog/base64.h"
#include "common/stmtlog/head.h"
#include "common/stmtlog/leaf.h"
#include "common/stmtlog/offsetmeta.h"

#define ORIGIN "news.example/stance/v1/statements/7/1"

static void
check_leaf(struct onr_span s)
{
    uint8_t again[ONR_LEAF_LEN];
    struct onr_leaf l;
    int rc = onr_leaf_decode(s, &l, NULL);

    HOLDS(rc == 0 || rc == -ONR_EINPUT || rc == -ONR_EVERIFY);
    if (rc < 0)
        return;
    onr_leaf_encode(&l, again);
    HOLDS(onr_span_eq(s, onr_span_of(again, sizeof again)));
}

/* The body, and behind it the nodes that a head is taken from. */
static void
check_commit(struct onr_span s)
{
    struct onr_span body = onr_span_sub(s, 0, s.len < ONR_COMMIT_LEN ? s.len : ONR_COMMIT_LEN);
    uint8_t again[ONR_COMMIT_LEN], root[ONR_SHA256_LEN], node[ONR_FRONTIER_MAX][ONR_SHA256_LEN];
    size_t n = (s.len - body.len) / ONR_SHA256_LEN;
    struct onr_commit c;
    struct onr_head h;
    int rc = onr_commit_decode(body, &c, NULL);

    HOLDS(rc == 0 || rc == -ONR_EINPUT || rc == -ONR_EVERIFY);
    if (rc == 0) {
        onr_commit_encode(&c, again);
        HOLDS(onr_span_eq(body, onr_span_of(again, sizeof again)));
    }
    n = n < ONR_FRONTIER_MAX ? n : ONR_FRONTIER_MAX;
    if (n)
        memcpy(node, s.ptr + body.len, n * ONR_SHA256_LEN);
    HOLDS(onr_head_init(&h, ONR_SPAN(ORIGIN), NULL) == 0);
    rc = onr_head_from_commit(&h, ONR_SPAN(ORIGIN), body, ONR_HASHES(node), n, 7, NULL);
    HOLDS(rc == 0 || rc == -ONR_EINPUT || rc == -ONR_EVERIFY);
    HOLDS(h.started == (rc == 0));
    if (rc == 0) {
        onr_frontier_root(&h.tree, root);
        HOLDS(memcmp(root, c.root_after, sizeof root) == 0 && h.tree.size == c.size_after);
    }
}

static void
check_sig(struct onr_span s)
{
    static const uint8_t leaf[ONR_SHA256_LEN], pk[ONR_PK_LEN] = { 9 };
    struct onr_public_key k;
    uint8_t id[ONR_KEY_ID_LEN];
    int rc = onr_record_sig_key(s, id, NULL);

    HOLDS(rc == 0 || rc == -ONR_EINPUT || rc == -ONR_EVERIFY);
    HOLDS(onr_public_key_init(&k, ONR_SPAN("w0.example"), ONR_KEY_ED25519, pk, NULL) == 0);
    if (rc == 0)
        memcpy(k.id, id, sizeof id);
    HOLDS(onr_record_verify(&k, leaf, s, NULL) < 0); /* nobody has this key's secret */
}

static void
check_offsetmeta(struct onr_span s)
{
    struct onr_offsetmeta m, back;
    char again[ONR_OFFSETMETA_MAX];
    int rc = onr_offsetmeta_parse(s, &m, NULL);

    HOLDS(rc == 0 || rc == -ONR_EINPUT || rc == -ONR_ENOTFOUND);
    if (rc < 0)
        return;
    HOLDS(onr_offsetmeta_parse(onr_span_z(onr_offsetmeta_print(&m, again)), &back, NULL) == 0);
    HOLDS(m.commit_no == back.commit_no && m.size == back.size && m.out_offset == back.out_offset);
    HOLDS(memcmp(m.body_hash, back.body_hash, sizeof m.body_hash) == 0);
}

static void
check_origin(struct onr_span s)
{
    struct onr_lane_name n;
    char again[ONR_ORIGIN_MAX + 1];
    int rc = onr_origin_parse(s, &n, NULL);

    HOLDS(rc == 0 || rc == -ONR_EINPUT);
    HOLDS(rc < 0 || onr_origin_pattern_ok(s));
    if (rc < 0)
        return;
    HOLDS(onr_origin_print(&n, again, NULL) == 0 && onr_span_eq_z(s, again));
    HOLDS(onr_origin_match(s, s));
}

static void
check_verifier(struct onr_span s)
{
    struct onr_public_key k, back;
    char again[ONR_VERIFIER_MAX + 1];
    int rc = onr_verifier_parse(s, &k, NULL);

    HOLDS(rc == 0 || rc == -ONR_EKEY);
    if (rc < 0)
        return;
    HOLDS(onr_verifier_parse(onr_span_z(onr_verifier_print(&k, again)), &back, NULL) == 0);
    HOLDS(strcmp(k.name, back.name) == 0 && k.type == back.type);
    HOLDS(memcmp(k.id, back.id, sizeof k.id) == 0 && memcmp(k.pk, back.pk, sizeof k.pk) == 0);
}

static void
check_base64(struct onr_span s)
{
    uint8_t bytes[256];
    char again[ONR_BASE64_LEN(256)];
    size_t n;

    if (onr_unbase64(s, bytes, sizeof bytes, &n) == 0)
        HOLDS(onr_span_eq_z(s, onr_base64(bytes, n, again)));
}

/* A size, then nodes: right for the root they hash to, and for no other. */
static void
check_frontier(struct onr_span s)
{
    struct tape t = { (const uint8_t *) s.ptr, s.len };
    struct onr_frontier f, g;
    uint8_t root[ONR_SHA256_LEN];
    size_t n;

    memset(&f, 0, sizeof f);
    f.size = tape_number(&t, 8);
    n = onr_frontier_count(f.size);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < ONR_SHA256_LEN; k++)
            f.node[i][k] = tape_byte(&t);
    onr_frontier_root(&f, root);
    HOLDS(onr_frontier_from_nodes(&g, f.size, ONR_HASHES(f.node), n, root, NULL) == 0);
    HOLDS(onr_frontier_equal(&f, &g));
    root[0] ^= 1;
    HOLDS(onr_frontier_from_nodes(&g, f.size, ONR_HASHES(f.node), n, root, NULL) < 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const check[])(struct onr_span) = { check_leaf,   check_commit,
                                                      check_sig,    check_offsetmeta,
                                                      check_origin, check_verifier,
                                                      check_base64, check_frontier };
    struct tape t = { data, size };
    size_t which = tape_byte(&t) % (sizeof check / sizeof *check);

    HOLDS(sodium_init() >= 0);
    check[which](tape_span(&t, t.left));
    return 0;
}
