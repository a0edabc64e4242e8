/* tests/unit/test_line_head_store.c - heads kept in a file: whole or not at all, and never backwards. */
#include "tests/unit/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/line/head_store.h"

struct place {
    char folder[64];
    char path[96];
    struct onr_head_store *store;
};

static int
setup(void **state)
{
    struct place *p = calloc(1, sizeof *p);

    assert_non_null(p);
    strcpy(p->folder, "/tmp/onrecord-heads-XXXXXX");
    assert_non_null(mkdtemp(p->folder));
    snprintf(p->path, sizeof p->path, "%s/heads", p->folder);
    assert_int_equal(onr_head_store_new(&p->store, NULL), 0);
    *state = p;
    return 0;
}

static int
teardown(void **state)
{
    struct place *p = *state;

    onr_head_store_free(p->store);
    unlink(p->path);
    rmdir(p->folder);
    free(p);
    return 0;
}

static struct onr_head
head_of(int partition, uint64_t size, uint64_t commit_no)
{
    struct onr_head h;
    char origin[64];
    uint8_t leaf[ONR_SHA256_LEN];

    snprintf(origin, sizeof origin, "news.example/out/v1/in/%d/1", partition);
    assert_int_equal(onr_head_init(&h, onr_span_z(origin), NULL), 0);
    for (uint64_t i = 0; i < size; i++) {
        onr_sha256(&i, sizeof i, leaf);
        assert_int_equal(onr_frontier_append(&h.tree, leaf), 0);
    }
    onr_frontier_root(&h.tree, h.root);
    h.started = true;
    h.commit_no = commit_no;
    h.in_from = (int64_t) size;
    h.in_next = (int64_t) size + 10;
    h.out_offset = (int64_t) size + 100;
    onr_sha256(&commit_no, sizeof commit_no, h.body_hash);
    onr_sha256("config", 6, h.config_hash);
    return h;
}

static void
put(struct place *p, struct onr_head h)
{
    assert_int_equal(onr_head_store_put(p->store, &h, NULL), 0);
}

static void
heads_come_back_from_the_file_as_they_were(void **state)
{
    struct place *p = *state;
    struct onr_buf first = ONR_BUF_INIT(1 << 20), again = ONR_BUF_INIT(1 << 20);
    struct onr_head_store *loaded;

    put(p, head_of(11, 1000, 7));
    put(p, head_of(2, 0, 0));
    put(p, head_of(3, 65535, 80));
    assert_int_equal(onr_head_store_save(p->store, p->path, NULL), 0);
    assert_int_equal(onr_file_read(p->path, &first, NULL), 0);

    assert_int_equal(onr_head_store_new(&loaded, NULL), 0);
    assert_int_equal(onr_head_store_load(loaded, p->path, NULL), 0);
    assert_int_equal(onr_head_store_count(loaded), 3);
    for (size_t i = 0; i < 3; i++) {
        const struct onr_head *a = onr_head_store_at(p->store, i);
        const struct onr_head *b = onr_head_store_get(loaded, a->origin);

        assert_non_null(b);
        assert_true(onr_frontier_equal(&a->tree, &b->tree));
        assert_memory_equal(a->root, b->root, ONR_SHA256_LEN);
        assert_memory_equal(a->body_hash, b->body_hash, ONR_SHA256_LEN);
        assert_int_equal(a->commit_no, b->commit_no);
        assert_int_equal(a->in_next, b->in_next);
        assert_int_equal(a->out_offset, b->out_offset);
    }
    assert_int_equal(onr_head_store_save(loaded, p->path, NULL), 0);
    assert_int_equal(onr_file_read(p->path, &again, NULL), 0);
    assert_span_equal(onr_buf_span(&again), onr_buf_span(&first));
    onr_head_store_free(loaded);
    onr_buf_release(&first);
    onr_buf_release(&again);
}

static void
what_was_known_of_the_key_log_is_kept_and_never_goes_back(void **state)
{
    struct place *p = *state;
    uint8_t hash[ONR_SHA256_LEN] = { 1, 2, 3 }, older[ONR_SHA256_LEN] = { 9 }, back[ONR_SHA256_LEN];
    static const char *const bad[] = { "keys",   "keys ",     "keys 0 00",
                                       "keys 5", "keys x 00", "keys 5 0102" };
    struct onr_head_store *loaded;

    assert_int_equal(onr_head_store_keys(p->store, back), 0);
    put(p, head_of(1, 5, 1));
    onr_head_store_put_keys(p->store, 7, hash);
    onr_head_store_put_keys(p->store, 6, older);
    assert_int_equal(onr_head_store_save(p->store, p->path, NULL), 0);
    assert_int_equal(onr_head_store_new(&loaded, NULL), 0);
    assert_int_equal(onr_head_store_load(loaded, p->path, NULL), 0);
    assert_int_equal(onr_head_store_keys(loaded, back), 7);
    assert_memory_equal(back, hash, sizeof hash);
    assert_int_equal(onr_head_store_count(loaded), 1);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct onr_buf text = ONR_BUF_INIT(1024);

        assert_int_equal(onr_buf_printf(&text, "onrecord heads v1\n%s\n", bad[i]), 0);
        assert_int_equal(onr_file_replace(p->path, onr_buf_span(&text), 0644, NULL), 0);
        assert_int_equal(onr_head_store_load(loaded, p->path, NULL), -ONR_ESTATE);
        onr_buf_release(&text);
    }
    onr_head_store_free(loaded);
}

static void
an_unknown_lane_has_no_head(void **state)
{
    struct place *p = *state;

    put(p, head_of(1, 5, 1));
    assert_null(onr_head_store_get(p->store, "news.example/out/v1/in/2/1"));
    assert_non_null(onr_head_store_get(p->store, "news.example/out/v1/in/1/1"));
}

static void
a_head_never_goes_back(void **state)
{
    struct place *p = *state;
    struct onr_head shorter = head_of(1, 99, 21), older = head_of(1, 100, 19),
                    other = head_of(1, 100, 21);

    put(p, head_of(1, 100, 20));
    other.root[0] ^= 1;
    assert_int_equal(onr_head_store_put(p->store, &shorter, NULL), -ONR_ESTATE);
    assert_int_equal(onr_head_store_put(p->store, &older, NULL), -ONR_ESTATE);
    assert_int_equal(onr_head_store_put(p->store, &other, NULL), -ONR_ESTATE);
    assert_int_equal(onr_head_store_get(p->store, shorter.origin)->commit_no, 20);
    put(p, head_of(1, 100, 21)); /* a heartbeat: same tree, next COMMIT */
    put(p, head_of(1, 130, 22));
}

static void
a_lane_without_a_commit_has_no_head_to_keep(void **state)
{
    struct place *p = *state;
    struct onr_head h = head_of(1, 0, 0);

    h.started = false;
    assert_int_equal(onr_head_store_put(p->store, &h, NULL), -ONR_ESTATE);
}

static void
a_missing_file_is_told_from_a_bad_one(void **state)
{
    struct place *p = *state;

    assert_int_equal(onr_head_store_load(p->store, p->path, NULL), -ONR_ENOTFOUND);
}

/* Every cut and every changed byte of a file is refused, and named with its line. */
static void
a_cut_or_changed_file_is_refused(void **state)
{
    struct place *p = *state;
    struct onr_buf file = ONR_BUF_INIT(1 << 20);

    put(p, head_of(1, 37, 4));
    put(p, head_of(2, 12, 3));
    assert_int_equal(onr_head_store_save(p->store, p->path, NULL), 0);
    assert_int_equal(onr_file_read(p->path, &file, NULL), 0);
    for (size_t len = 0; len < file.len; len++) {
        struct onr_head_store *s;
        struct onr_error err = ONR_ERROR_INIT;
        bool line_end = len > 0 && file.ptr[len - 1] == '\n';

        assert_int_equal(onr_head_store_new(&s, NULL), 0);
        assert_int_equal(onr_file_replace(p->path, onr_span_of(file.ptr, len), 0644, NULL), 0);
        if (!line_end) /* whole lines cut away are another, older file: nothing in it can tell */
            assert_int_equal(onr_head_store_load(s, p->path, &err), -ONR_ESTATE);
        onr_head_store_free(s);
    }
    for (size_t at = strcspn(file.ptr, "\n") + 8; at < file.len - 1; at++) {
        struct onr_head_store *s;
        struct onr_error err = ONR_ERROR_INIT;
        char was = file.ptr[at];

        if (was == '\n')
            continue;
        file.ptr[at] = '~';
        assert_int_equal(onr_head_store_new(&s, NULL), 0);
        assert_int_equal(onr_file_replace(p->path, onr_buf_span(&file), 0644, NULL), 0);
        if (onr_head_store_load(s, p->path, &err) != -ONR_ESTATE)
            fail_msg("byte %u changed and nobody saw it", (unsigned) at);
        assert_non_null(strstr(err.text, p->path));
        file.ptr[at] = was;
        onr_head_store_free(s);
    }
    onr_buf_release(&file);
}

static void
a_file_that_cannot_be_written_leaves_the_old_one(void **state)
{
    struct place *p = *state;
    struct onr_error err = ONR_ERROR_INIT;
    char nowhere[128];

    put(p, head_of(1, 5, 1));
    snprintf(nowhere, sizeof nowhere, "%s/no/heads", p->folder);
    assert_true(onr_head_store_save(p->store, nowhere, &err) < 0);
    assert_non_null(strstr(err.text, nowhere));
}

int
main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        T(heads_come_back_from_the_file_as_they_were),
        T(what_was_known_of_the_key_log_is_kept_and_never_goes_back),
        T(an_unknown_lane_has_no_head),
        T(a_head_never_goes_back),
        T(a_lane_without_a_commit_has_no_head_to_keep),
        T(a_missing_file_is_told_from_a_bad_one),
        T(a_cut_or_changed_file_is_refused),
        T(a_file_that_cannot_be_written_leaves_the_old_one),
    };

    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
