/* tests/unit/test_stmtlog_memory.c - every allocation fails once, and the disk is full once: the answer is an error, nothing leaks,
 * nothing is half done, the next try works.
 *
 * The linker wraps our own allocations (Makefile: WRAP.test_stmtlog_memory).
 */
#include "tests/unit/cmocka_all.h"
#include "tests/unit/failing_malloc.h"

#include <dirent.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include "common/stmtlog/keyfile.h"
#include "tests/property/stmtlog_world.h"

static struct world *w;
static char notes[3][2048]; /* a key log of three entries */

/* Run `step` with the n-th allocation failing, for n = 0, 1, ... until it succeeds. Returns how often it failed. */
static int
until_it_succeeds(int (*step)(void))
{
    for (int n = 0; n < 10000; n++) {
        int rc;

        countdown = n;
        rc = step();
        if (rc == 0 && countdown >= 0) {
            countdown = -1;
            return n;
        }
        countdown = -1;
        assert_int_equal(rc, -ONR_ENOMEM);
    }
    fail_msg("it never succeeded");
    return 0;
}

static int
read_key_log(void)
{
    enum onr_keylog_outcome outcome;
    struct onr_keylog *log;
    int rc = onr_keylog_new(onr_keylog_trust(w->keys), &log, NULL);

    if (rc < 0)
        return rc;
    for (int i = 0; rc == 0 && i < 3; i++) {
        uint64_t before = onr_keylog_size(log);

        rc = onr_keylog_feed(log, onr_span_z(notes[i]), &outcome, NULL);
        if (rc < 0) {
            assert_int_equal(onr_keylog_size(log), before);
            countdown = -1;
            assert_int_equal(onr_keylog_feed(log, onr_span_z(notes[i]), &outcome, NULL), 0);
            assert_int_equal(outcome, ONR_KEYLOG_TAKEN); /* the same record again, with memory */
        }
    }
    onr_keylog_free(log);
    return rc;
}

static int
verify_a_lane(void)
{
    struct onr_record_expect e = { .origin = ONR_SPAN(WORLD_ORIGIN), .keylog = w->keys };
    struct onr_head start;
    struct onr_range r;
    int rc = 0;

    must(onr_head_init(&start, e.origin, NULL));
    onr_range_init(&r, &start, w->keys, NULL, NULL);
    memcpy(e.lane_id, r.lane_id, ONR_SHA256_LEN);
    for (size_t i = 0; rc == 0 && i < w->n; i++) {
        struct onr_range_record rec = { .out_offset = (int64_t) i };
        const struct msg *m = &w->msg[i];
        struct onr_range_block b;
        struct onr_leaf leaf;

        if (m->commit) {
            rc = onr_range_commit(&r, (int64_t) i, onr_span_of(m->body, ONR_COMMIT_LEN),
                                  onr_span_of(m->csig, ONR_SIG_LEN), ONR_HASHES(m->frontier),
                                  m->n_frontier, &b);
            continue;
        }
        must((int) onr_record_check(&e, onr_span_z(m->payload), onr_span_of(m->leaf, ONR_LEAF_LEN),
                                    onr_span_of(m->sig, ONR_RECORD_SIG_LEN), &leaf, rec.leaf));
        rec.seq = leaf.seq;
        rec.in_offset = leaf.in_offset;
        rc = onr_range_data(&r, &rec);
    }
    if (rc == 0)
        assert_int_equal(onr_range_finish(&r), ONR_VERDICT_VALID);
    onr_range_release(&r);
    return rc;
}

static int
write_texts(void)
{
    struct onr_keylog_entry e = { .kind = ONR_KEYLOG_GENESIS, .n_lanes = 1 };
    const struct onr_signer *signers[] = { &w->root };
    struct onr_buf out = ONR_BUF_INIT(ONR_TRUST_MAX);
    size_t before;
    int rc;

    e.lane[0].origin = ONR_SPAN(WORLD_ORIGIN);
    if ((rc = onr_head_print(&w->lane.head, &out)) == 0
        && (rc = onr_trust_print(onr_keylog_trust(w->keys), &out)) == 0
        && (rc = onr_note_sign(ONR_SPAN("text\n"), signers, 1, &out, NULL)) == 0) {
        before = out.len;
        if ((rc = onr_keylog_entry_print(&e, &out, NULL)) < 0)
            assert_int_equal(out.len, before); /* no half entry */
    }
    onr_buf_release(&out);
    return rc;
}

static void
a_key_log_is_read_with_memory_short(void **state)
{
    (void) state;
    assert_true(until_it_succeeds(read_key_log) > 5);
}

static void
a_lane_is_verified_with_memory_short(void **state)
{
    (void) state;
    assert_true(until_it_succeeds(verify_a_lane) >= 3); /* the ring, wider, and the repair */
}

static void
texts_are_written_with_memory_short(void **state)
{
    (void) state;
    assert_true(until_it_succeeds(write_texts) > 0);
}

static int
files_in(const char *folder)
{
    DIR *d = opendir(folder);
    struct dirent *e;
    int n = 0;

    must(d ? 0 : -1);
    while ((e = readdir(d)))
        n += e->d_name[0] != '.';
    closedir(d);
    return n;
}

/* A file size limit is a full disk that a test can have: write(2) stops half way. */
static void
a_full_disk_leaves_no_half_written_key(void **state)
{
    char folder[] = "/tmp/onr-full-XXXXXX", path[64];
    struct rlimit was, small;
    struct onr_error err = ONR_ERROR_INIT;
    struct onr_signer s;

    (void) state;
    must(mkdtemp(folder) ? 0 : -1);
    snprintf(path, sizeof path, "%s/w0.key", folder);
    must(getrlimit(RLIMIT_FSIZE, &was));
    small = was;
    small.rlim_cur = 40;
    signal(SIGXFSZ, SIG_IGN);
    must(setrlimit(RLIMIT_FSIZE, &small));
    assert_int_equal(onr_keyfile_create(path, ONR_SPAN("w0"), ONR_KEY_ED25519, &s, &err), -ONR_EIO);
    must(setrlimit(RLIMIT_FSIZE, &was));
    assert_non_null(strstr(err.text, path));
    assert_int_equal(files_in(folder), 0);
    assert_int_equal(onr_keyfile_create(path, ONR_SPAN("w0"), ONR_KEY_ED25519, &s, &err), 0);
    assert_int_equal(files_in(folder), 1);
    onr_signer_release(&s);
    unlink(path);
    rmdir(folder);
}

/* A lane whose blocks are wider than the first ring, one of them damaged and repaired. */
static void
make_lane(void)
{
    struct onr_lane *l = &w->lane;

    world_reset(w, 3);
    must(onr_lane_begin(l, NULL));
    world_records(w, l, &w->signer[0], 0, 200, 200, 0);
    world_commit(w, l, &w->signer[0], w->input[199] + 1, 0, 0);
    must(onr_lane_promote(l, 200, NULL));
    memmove(&w->msg[0], &w->msg[1], (w->n - 1) * sizeof *w->msg); /* its first record is lost */
    w->n--;
    must(onr_lane_begin_repair(l, NULL));
    world_records(w, l, &w->signer[0], 0, 200, 200, 1);
    world_commit(w, l, &w->signer[0], 0, 0, 1);
    must(onr_lane_promote(l, 400, NULL));
}

static int
start(void **state)
{
    const struct onr_signer *root[1];

    (void) state;
    w = world_new();
    root[0] = &w->root;
    for (uint64_t i = 0; i < 3; i++) {
        struct onr_buf note = ONR_BUF_INIT(ONR_NOTE_MAX);

        must(onr_note_sign(onr_keylog_text(w->keys, i), root, 1, &note, NULL));
        snprintf(notes[i], sizeof notes[i], "%s", note.ptr);
        onr_buf_release(&note);
    }
    make_lane();
    return 0;
}

static int
end(void **state)
{
    (void) state;
    world_free(w);
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_log_is_read_with_memory_short),
        cmocka_unit_test(a_lane_is_verified_with_memory_short),
        cmocka_unit_test(texts_are_written_with_memory_short),
        cmocka_unit_test(a_full_disk_leaves_no_half_written_key),
    };

    return cmocka_run_group_tests_name("stmtlog memory", tests, start, end) != 0;
}
