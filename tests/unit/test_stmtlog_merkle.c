/* tests/unit/test_stmtlog_merkle.c - the tree and its proofs, every size up to 40 and every index in it. */
#include "tests/unit/cmocka_all.h"

#include "common/stmtlog/merkle.h"

#define MAX 40

static uint8_t leaf[MAX][ONR_SHA256_LEN];
static uint8_t root[MAX + 1][ONR_SHA256_LEN];

static int
start(void **state)
{
    (void) state;
    for (int i = 0; i < MAX; i++)
        onr_sha256(&i, sizeof i, leaf[i]);
    for (uint64_t n = 0; n <= MAX; n++)
        onr_tree_root(ONR_HASHES(leaf), n, root[n]);
    return 0;
}

static void
every_leaf_of_every_tree_has_a_proof_that_leads_to_the_root(void **state)
{
    struct onr_proof p;

    (void) state;
    for (uint64_t n = 1; n <= MAX; n++)
        for (uint64_t i = 0; i < n; i++) {
            assert_int_equal(onr_inclusion_prove(ONR_HASHES(leaf), n, i, &p), 0);
            assert_int_equal(onr_inclusion_verify(leaf[i], i, n, &p, root[n], NULL), 0);
        }
    assert_int_equal(onr_inclusion_prove(ONR_HASHES(leaf), 3, 3, &p), -ONR_EINPUT);
    assert_int_equal(onr_inclusion_verify(leaf[0], 0, 0, &p, root[0], NULL), -ONR_EVERIFY);
}

static void
an_inclusion_proof_proves_one_leaf_at_one_place_in_one_tree(void **state)
{
    struct onr_proof p, q;

    (void) state;
    for (uint64_t n = 2; n <= 20; n++)
        for (uint64_t i = 0; i < n; i++) {
            uint64_t other = (i + 1) % n;

            assert_int_equal(onr_inclusion_prove(ONR_HASHES(leaf), n, i, &p), 0);
            assert_int_equal(onr_inclusion_verify(leaf[other], i, n, &p, root[n], NULL),
                             -ONR_EVERIFY);
            assert_int_equal(onr_inclusion_verify(leaf[i], other, n, &p, root[n], NULL),
                             -ONR_EVERIFY);
            assert_int_equal(onr_inclusion_verify(leaf[i], i, n, &p, root[n + 1], NULL),
                             -ONR_EVERIFY);
            for (size_t k = 0; k < p.n; k++) {
                q = p;
                q.node[k][5] ^= 1;
                assert_int_equal(onr_inclusion_verify(leaf[i], i, n, &q, root[n], NULL),
                                 -ONR_EVERIFY);
            }
            q = p;
            q.n--;
            assert_int_equal(onr_inclusion_verify(leaf[i], i, n, &q, root[n], NULL), -ONR_EVERIFY);
            q = p;
            memcpy(q.node[q.n++], leaf[0], ONR_SHA256_LEN);
            assert_int_equal(onr_inclusion_verify(leaf[i], i, n, &q, root[n], NULL), -ONR_EVERIFY);
        }
}

static void
every_tree_is_proved_to_be_a_beginning_of_every_larger_one(void **state)
{
    struct onr_proof p;

    (void) state;
    for (uint64_t n = 0; n <= MAX; n++)
        for (uint64_t old = 0; old <= n; old++) {
            assert_int_equal(onr_consistency_prove(ONR_HASHES(leaf), n, old, &p), 0);
            assert_int_equal(onr_consistency_verify(old, root[old], n, root[n], &p, NULL), 0);
            if (old == 0 || old == n)
                assert_int_equal(p.n, 0);
        }
    assert_int_equal(onr_consistency_prove(ONR_HASHES(leaf), 3, 4, &p), -ONR_EINPUT);
    p.n = 0;
    assert_int_equal(onr_consistency_verify(4, root[4], 3, root[3], &p, NULL), -ONR_EVERIFY);
}

static void
a_consistency_proof_proves_nothing_else(void **state)
{
    struct onr_proof p, q;

    (void) state;
    for (uint64_t n = 2; n <= 20; n++)
        for (uint64_t old = 1; old < n; old++) {
            assert_int_equal(onr_consistency_prove(ONR_HASHES(leaf), n, old, &p), 0);
            assert_int_equal(onr_consistency_verify(old, root[old + 1], n, root[n], &p, NULL),
                             -ONR_EVERIFY);
            assert_int_equal(onr_consistency_verify(old, root[old], n, root[n + 1], &p, NULL),
                             -ONR_EVERIFY);
            for (size_t k = 0; k < p.n; k++) {
                q = p;
                q.node[k][31] ^= 0x80;
                assert_int_equal(onr_consistency_verify(old, root[old], n, root[n], &q, NULL),
                                 -ONR_EVERIFY);
            }
            q = p;
            q.n--;
            assert_int_equal(onr_consistency_verify(old, root[old], n, root[n], &q, NULL),
                             -ONR_EVERIFY);
            q = p;
            memcpy(q.node[q.n++], leaf[0], ONR_SHA256_LEN);
            assert_int_equal(onr_consistency_verify(old, root[old], n, root[n], &q, NULL),
                             -ONR_EVERIFY);
        }
    p.n = 0;
    assert_int_equal(onr_consistency_verify(5, root[4], 5, root[5], &p, NULL), -ONR_EVERIFY);
    p.n = 1;
    assert_int_equal(onr_consistency_verify(0, root[0], 5, root[5], &p, NULL), -ONR_EVERIFY);
}

static void
a_tree_goes_on_from_the_frontier_of_a_commit(void **state)
{
    (void) state;
    for (uint64_t n = 0; n < MAX; n++) {
        struct onr_frontier f = { .size = 0 }, g;
        uint8_t sum[ONR_SHA256_LEN];

        for (uint64_t i = 0; i < n; i++)
            assert_int_equal(onr_frontier_append(&f, leaf[i]), 0);
        assert_int_equal(onr_frontier_from_nodes(&g, n, ONR_HASHES(f.node), onr_frontier_count(n),
                                                 root[n], NULL),
                         0);
        assert_true(onr_frontier_equal(&f, &g));
        assert_int_equal(onr_frontier_append(&g, leaf[n]), 0);
        onr_frontier_root(&g, sum);
        assert_memory_equal(sum, root[n + 1], sizeof sum);
        assert_false(onr_frontier_equal(&f, &g));
    }
}

static void
a_frontier_that_does_not_fit_is_refused_and_changes_nothing(void **state)
{
    struct onr_frontier f = { .size = 0 }, g = { .size = 77 };

    (void) state;
    for (int i = 0; i < 7; i++)
        assert_int_equal(onr_frontier_append(&f, leaf[i]), 0);
    assert_int_equal(onr_frontier_from_nodes(&g, 7, ONR_HASHES(f.node), 2, root[7], NULL),
                     -ONR_EINPUT);
    assert_int_equal(onr_frontier_from_nodes(&g, 7, ONR_HASHES(f.node), 3, root[6], NULL),
                     -ONR_EVERIFY);
    assert_int_equal(onr_frontier_from_nodes(&g, UINT64_MAX, ONR_HASHES(f.node), 3, root[7], NULL),
                     -ONR_EINPUT);
    assert_int_equal(g.size, 77);
    g.size = (uint64_t) 1 << 63;
    assert_int_equal(onr_frontier_append(&g, leaf[0]), -ONR_ELIMIT);
}

/* A proof in a smaller tree is none in a larger one, though it leads to a root: the size is part of the claim. */
static void
a_proof_of_a_smaller_tree_is_refused_for_a_larger_size(void **state)
{
    struct onr_proof p;

    (void) state;
    for (uint64_t n = 1; n <= 16; n++) {
        assert_int_equal(onr_inclusion_prove(ONR_HASHES(leaf), n, 0, &p), 0);
        assert_int_equal(onr_inclusion_verify(leaf[0], 0, 2 * n, &p, root[n], NULL), -ONR_EVERIFY);
        if (n < 2)
            continue;
        assert_int_equal(onr_consistency_prove(ONR_HASHES(leaf), n, 1, &p), 0);
        assert_int_equal(onr_consistency_verify(1, root[1], 2 * n, root[n], &p, NULL),
                         -ONR_EVERIFY);
    }
}

/* CVE-2012-2459: a tree that repeats its last leaf gives two lists one root. */
static void
a_repeated_last_leaf_is_another_tree(void **state)
{
    uint8_t list[4][ONR_SHA256_LEN], other[ONR_SHA256_LEN];

    (void) state;
    memcpy(list, leaf, sizeof list);
    memcpy(list[3], list[2], ONR_SHA256_LEN);
    onr_tree_root(ONR_HASHES(list), 4, other);
    assert_memory_not_equal(other, root[3], sizeof other);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_leaf_of_every_tree_has_a_proof_that_leads_to_the_root),
        cmocka_unit_test(an_inclusion_proof_proves_one_leaf_at_one_place_in_one_tree),
        cmocka_unit_test(every_tree_is_proved_to_be_a_beginning_of_every_larger_one),
        cmocka_unit_test(a_consistency_proof_proves_nothing_else),
        cmocka_unit_test(a_tree_goes_on_from_the_frontier_of_a_commit),
        cmocka_unit_test(a_frontier_that_does_not_fit_is_refused_and_changes_nothing),
        cmocka_unit_test(a_proof_of_a_smaller_tree_is_refused_for_a_larger_size),
        cmocka_unit_test(a_repeated_last_leaf_is_another_tree),
    };

    return cmocka_run_group_tests_name("stmtlog merkle", tests, start, NULL) != 0;
}
