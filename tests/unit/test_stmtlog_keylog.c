/* tests/unit/test_stmtlog_keylog.c - the key log: what k roots sign counts, in order, by lane and size. */
#include "tests/unit/cmocka_all.h"

#include "tests/property/stmtlog_world.h"

#define LANE(p, e) "news.example/stance/v1/statements/" #p "/" #e

static struct onr_signer root[3], worker, other;
static struct onr_trust trust;
static struct onr_keylog *log_;

static int
start(void **state)
{
    (void) state;
    must(sodium_init());
    for (int i = 0; i < 3; i++) {
        char name[32];

        snprintf(name, sizeof name, "root%d.example", i);
        world_signer(&root[i], name);
    }
    world_signer(&worker, "w0.example");
    world_signer(&other, "w1.example");
    memset(&trust, 0, sizeof trust);
    trust.k = 2;
    trust.n_topics = 1;
    trust.n_roots = 3;
    strcpy(trust.org, "news.example");
    strcpy(trust.topic[0].output, "stance");
    strcpy(trust.topic[0].input, "statements");
    for (int i = 0; i < 3; i++)
        trust.root[i] = root[i].key;
    return 0;
}

static int
end(void **state)
{
    (void) state;
    for (int i = 0; i < 3; i++)
        onr_signer_release(&root[i]);
    onr_signer_release(&worker);
    onr_signer_release(&other);
    return 0;
}

static int
new_log(void **state)
{
    (void) state;
    return onr_keylog_new(&trust, &log_, NULL);
}

static int
free_log(void **state)
{
    (void) state;
    onr_keylog_free(log_);
    return 0;
}

/* Sign a text by roots first..first+n-1 and feed it. Returns the outcome or the error. */
static int
feed_text(struct onr_span text, int first, size_t n, struct onr_error *err)
{
    const struct onr_signer *signers[] = { &root[first], &root[(first + 1) % 3],
                                           &root[(first + 2) % 3] };
    struct onr_buf note = ONR_BUF_INIT(ONR_NOTE_MAX);
    enum onr_keylog_outcome outcome;
    int rc;

    must(onr_note_sign(text, signers, n, &note, NULL));
    rc = onr_keylog_feed(log_, onr_buf_span(&note), &outcome, err);
    onr_buf_release(&note);
    return rc < 0 ? rc : (int) outcome;
}

/* The same for an entry that continues the log. */
static int
feed(struct onr_keylog_entry *e, int first, size_t n)
{
    struct onr_buf text = ONR_BUF_INIT(ONR_NOTE_MAX);
    int rc;

    e->no = onr_keylog_size(log_);
    onr_keylog_head(log_, e->prev);
    must(onr_keylog_entry_print(e, &text, NULL));
    rc = feed_text(onr_buf_span(&text), first, n, NULL);
    onr_buf_release(&text);
    return rc;
}

static int
add(const struct onr_signer *s, const char *lane)
{
    struct onr_keylog_entry e = { .kind = ONR_KEYLOG_ADD, .key = s->key, .n_lanes = 1 };

    e.lane[0].origin = onr_span_z(lane);
    return feed(&e, 0, 2);
}

static int
stop(const struct onr_signer *s, enum onr_keylog_kind kind, const char *lane, uint64_t size)
{
    struct onr_keylog_entry e = { .kind = kind, .reason = ONR_SPAN("laptop stolen"), .n_lanes = 1 };

    memcpy(e.key_id, s->key.id, ONR_KEY_ID_LEN);
    e.lane[0].origin = onr_span_z(lane);
    e.lane[0].size = size;
    return feed(&e, 0, 2);
}

static enum onr_key_answer
may(const struct onr_signer *s, const char *lane, uint64_t size)
{
    return onr_keylog_may_sign(log_, s->key.id, onr_span_z(lane), size);
}

static void
an_entry_counts_when_k_roots_signed_it(void **state)
{
    struct onr_keylog_entry e = { .kind = ONR_KEYLOG_GENESIS, .n_lanes = 2 };

    (void) state;
    e.lane[0].origin = ONR_SPAN(LANE(0, 1));
    e.lane[1].origin = ONR_SPAN(LANE(1, 1));
    assert_int_equal(feed(&e, 0, 1), ONR_KEYLOG_FOREIGN);
    assert_false(onr_keylog_genesis(log_, ONR_SPAN(LANE(0, 1))));
    assert_int_equal(feed(&e, 1, 2), ONR_KEYLOG_TAKEN);
    assert_true(onr_keylog_genesis(log_, ONR_SPAN(LANE(0, 1))));
    assert_true(onr_keylog_genesis(log_, ONR_SPAN(LANE(1, 1))));
    assert_false(onr_keylog_genesis(log_, ONR_SPAN(LANE(2, 1))));
    assert_false(onr_keylog_genesis(log_, ONR_SPAN(LANE(0, 2))));
    assert_int_equal(onr_keylog_foreign(log_), 1);
    assert_int_equal(onr_keylog_size(log_), 1);
}

static void
what_does_not_continue_the_chain_is_stale(void **state)
{
    struct onr_keylog_entry e = { .kind = ONR_KEYLOG_GENESIS, .n_lanes = 1 };
    struct onr_buf text = ONR_BUF_INIT(ONR_NOTE_MAX);

    (void) state;
    e.lane[0].origin = ONR_SPAN(LANE(0, 1));
    must(onr_keylog_entry_print(&e, &text, NULL));
    assert_int_equal(feed_text(onr_buf_span(&text), 0, 2, NULL), ONR_KEYLOG_TAKEN);
    assert_int_equal(feed_text(onr_buf_span(&text), 0, 3, NULL), ONR_KEYLOG_STALE); /* a copy */
    onr_buf_clear(&text);
    e.lane[0].origin = ONR_SPAN(LANE(5, 1)); /* the loser of two writers */
    must(onr_keylog_entry_print(&e, &text, NULL));
    assert_int_equal(feed_text(onr_buf_span(&text), 0, 2, NULL), ONR_KEYLOG_STALE);
    assert_false(onr_keylog_genesis(log_, ONR_SPAN(LANE(5, 1))));
    onr_buf_clear(&text);
    e.no = 1; /* right number, wrong entry before */
    memset(e.prev, 7, sizeof e.prev);
    must(onr_keylog_entry_print(&e, &text, NULL));
    assert_int_equal(feed_text(onr_buf_span(&text), 0, 2, NULL), ONR_KEYLOG_STALE);
    assert_int_equal(onr_keylog_stale(log_), 3);
    onr_buf_release(&text);
}

static void
keys_sign_the_lanes_they_were_added_for(void **state)
{
    (void) state;
    assert_int_equal(may(&worker, LANE(0, 1), 1), ONR_KEY_UNKNOWN);
    assert_int_equal(add(&worker, LANE(0, 1)), ONR_KEYLOG_TAKEN);
    assert_int_equal(may(&worker, LANE(0, 1), 1), ONR_KEY_OK);
    assert_int_equal(may(&worker, LANE(1, 1), 1), ONR_KEY_WRONG_LANE);
    assert_int_equal(may(&other, LANE(0, 1), 1), ONR_KEY_UNKNOWN);
    assert_int_equal(add(&worker, LANE(*, *)), ONR_KEYLOG_TAKEN); /* once more, for further lanes */
    assert_int_equal(may(&worker, LANE(1, 9), 1), ONR_KEY_OK);
    assert_int_equal(may(&worker, "news.example/other/v1/statements/0/1", 1), ONR_KEY_WRONG_LANE);
    assert_int_equal(onr_keylog_keys(log_), 1);
    assert_string_equal(onr_keylog_find(log_, worker.key.id)->key.name, "w0.example");
}

/* A newline in it would be an entry that k roots signed and nobody understands: the end of the key log. */
static void
a_reason_is_one_line_of_text(void **state)
{
    static const char *const bad[] = { "", "a\nlane x", "tab\there", "\x7f", "\xff", NULL };
    struct onr_keylog_entry e = { .kind = ONR_KEYLOG_REVOKE };
    struct onr_buf text = ONR_BUF_INIT(ONR_NOTE_MAX);
    char longest[ONR_KEYLOG_REASON_MAX + 1];

    (void) state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        e.reason = onr_span_z(bad[i]);
        if (onr_keylog_entry_print(&e, &text, NULL) != -ONR_EINPUT)
            fail_msg("reason %zu was taken", i);
    }
    memset(longest, 'x', sizeof longest);
    e.reason = onr_span_of(longest, sizeof longest);
    assert_int_equal(onr_keylog_entry_print(&e, &text, NULL), -ONR_EINPUT);
    e.reason = onr_span_of(longest, sizeof longest - 1);
    assert_int_equal(onr_keylog_entry_print(&e, &text, NULL), 0);
    e.reason = ONR_SPAN("Zoë's laptop: stolen");
    assert_int_equal(onr_keylog_entry_print(&e, &text, NULL), 0);
    onr_buf_release(&text);
}

static void
a_witness_does_not_sign_lanes(void **state)
{
    struct onr_keylog_entry e = { .kind = ONR_KEYLOG_ADD, .role = ONR_ROLE_WITNESS };
    struct onr_buf text = ONR_BUF_INIT(ONR_NOTE_MAX);
    uint8_t pk[ONR_PK_LEN];

    (void) state;
    memcpy(pk, other.key.pk, sizeof pk);
    must(onr_public_key_init(&e.key, ONR_SPAN("witness.example"), ONR_KEY_COSIGNER, pk, NULL));
    assert_int_equal(feed(&e, 0, 2), ONR_KEYLOG_TAKEN);
    assert_int_equal(onr_keylog_may_sign(log_, e.key.id, ONR_SPAN(LANE(0, 1)), 1),
                     ONR_KEY_WRONG_ROLE);
    e.role = ONR_ROLE_WORKER; /* a cosigner's key must not sign records */
    e.n_lanes = 1;
    e.lane[0].origin = ONR_SPAN(LANE(0, 1));
    assert_int_equal(onr_keylog_entry_print(&e, &text, NULL), -ONR_EINPUT);
    onr_buf_release(&text);
}

static void
retired_and_revoked_keys_count_up_to_a_size(void **state)
{
    (void) state;
    must(add(&worker, LANE(*, *)));
    must(add(&other, LANE(*, *)));
    assert_int_equal(stop(&worker, ONR_KEYLOG_RETIRE, LANE(0, 1), 100), ONR_KEYLOG_TAKEN);
    assert_int_equal(may(&worker, LANE(0, 1), 100), ONR_KEY_OK);
    assert_int_equal(may(&worker, LANE(0, 1), 101), ONR_KEY_RETIRED);
    assert_int_equal(may(&worker, LANE(1, 1), 1), ONR_KEY_RETIRED); /* a lane it never signed */
    assert_int_equal(stop(&worker, ONR_KEYLOG_REVOKE, LANE(0, 1), 50), ONR_KEYLOG_TAKEN);
    assert_int_equal(may(&worker, LANE(0, 1), 50), ONR_KEY_OK);
    assert_int_equal(may(&worker, LANE(0, 1), 51), ONR_KEY_REVOKED);
    assert_int_equal(may(&worker, LANE(0, 1), 101), ONR_KEY_REVOKED);
    assert_int_equal(may(&other, LANE(0, 1), 1000), ONR_KEY_OK);
    assert_true(onr_keylog_find(log_, worker.key.id)->revoked);
    must(add(&worker, LANE(*, *))); /* does not bring it back */
    assert_int_equal(may(&worker, LANE(0, 1), 51), ONR_KEY_REVOKED);
}

/* One more entry of the act that ends `worker`; a lane named twice counts as the first entry says. */
static int
part(enum onr_keylog_kind kind, uint64_t no, const char *lane, uint64_t size)
{
    struct onr_keylog_entry e = {
        .kind = kind, .reason = ONR_SPAN("laptop stolen"), .part = no, .n_lanes = 1
    };

    memcpy(e.key_id, worker.key.id, ONR_KEY_ID_LEN);
    e.lane[0].origin = onr_span_z(lane);
    e.lane[0].size = size;
    return feed(&e, 0, 2);
}

static void
the_parts_of_an_end_are_one_end(void **state)
{
    (void) state;
    must(add(&worker, LANE(*, *)));
    must(add(&other, LANE(*, *)));
    assert_int_equal(stop(&worker, ONR_KEYLOG_RETIRE, LANE(0, 1), 100), ONR_KEYLOG_TAKEN);
    assert_int_equal(may(&worker, LANE(1, 1), 1), ONR_KEY_RETIRED); /* half an end is strict */
    assert_int_equal(part(ONR_KEYLOG_RETIRE, 2, LANE(1, 1), 200), ONR_KEYLOG_TAKEN);
    assert_int_equal(part(ONR_KEYLOG_RETIRE, 3, LANE(2, 1), 300), ONR_KEYLOG_TAKEN);
    assert_int_equal(may(&worker, LANE(0, 1), 100), ONR_KEY_OK);
    assert_int_equal(may(&worker, LANE(0, 1), 101), ONR_KEY_RETIRED);
    assert_int_equal(may(&worker, LANE(1, 1), 200), ONR_KEY_OK);
    assert_int_equal(may(&worker, LANE(1, 1), 201), ONR_KEY_RETIRED);
    assert_int_equal(may(&worker, LANE(2, 1), 300), ONR_KEY_OK);
    assert_int_equal(may(&worker, LANE(3, 1), 1), ONR_KEY_RETIRED);
    assert_int_equal(may(&other, LANE(0, 1), 1000), ONR_KEY_OK);

    /* A second end is applied by itself: what it does not name ends at 0. */
    assert_int_equal(stop(&worker, ONR_KEYLOG_REVOKE, LANE(0, 1), 50), ONR_KEYLOG_TAKEN);
    assert_int_equal(part(ONR_KEYLOG_REVOKE, 2, LANE(1, 1), 250), ONR_KEYLOG_TAKEN);
    assert_int_equal(may(&worker, LANE(0, 1), 50), ONR_KEY_OK);
    assert_int_equal(may(&worker, LANE(0, 1), 51), ONR_KEY_REVOKED);
    assert_int_equal(may(&worker, LANE(1, 1), 200), ONR_KEY_OK);
    assert_int_equal(may(&worker, LANE(1, 1), 201), ONR_KEY_RETIRED);
    assert_int_equal(may(&worker, LANE(2, 1), 1), ONR_KEY_REVOKED);
}

static void
a_part_of_something_else_stops_everything(void **state)
{
    (void) state;
    assert_int_equal(part(ONR_KEYLOG_RETIRE, 2, LANE(0, 1), 1), -ONR_ESTATE);
    must(add(&worker, LANE(*, *)));
    assert_int_equal(part(ONR_KEYLOG_RETIRE, 2, LANE(0, 1), 1), -ONR_ESTATE);
    must(stop(&other, ONR_KEYLOG_RETIRE, LANE(0, 1), 100));
    assert_int_equal(part(ONR_KEYLOG_RETIRE, 2, LANE(0, 1), 1), -ONR_ESTATE);
    must(stop(&worker, ONR_KEYLOG_RETIRE, LANE(0, 1), 100));
    assert_int_equal(part(ONR_KEYLOG_REVOKE, 2, LANE(1, 1), 1), -ONR_ESTATE);
    assert_int_equal(part(ONR_KEYLOG_RETIRE, 3, LANE(1, 1), 1), -ONR_ESTATE);
    assert_int_equal(part(ONR_KEYLOG_RETIRE, 2, LANE(1, 1), 1), ONR_KEYLOG_TAKEN);
    assert_int_equal(part(ONR_KEYLOG_RETIRE, 2, LANE(2, 1), 1), -ONR_ESTATE);
    assert_int_equal(onr_keylog_size(log_), 4);
}

static void
configurations_retention_and_epochs_are_answered_by_lane(void **state)
{
    struct onr_keylog_entry config = { .kind = ONR_KEYLOG_CONFIG, .n_lanes = 1 };
    struct onr_keylog_entry kept = { .kind = ONR_KEYLOG_RETENTION, .n_lanes = 1 };
    struct onr_keylog_entry genesis = { .kind = ONR_KEYLOG_GENESIS, .n_lanes = 3 };
    struct onr_span org = ONR_SPAN("news.example"), in = ONR_SPAN("statements");
    struct onr_span out = ONR_SPAN("stance");
    uint8_t hash[ONR_SHA256_LEN] = { 1 }, another[ONR_SHA256_LEN] = { 2 };
    uint64_t first;

    (void) state;
    memcpy(config.config_hash, hash, sizeof hash);
    config.lane[0].origin = ONR_SPAN(LANE(*, 1));
    assert_int_equal(feed(&config, 0, 2), ONR_KEYLOG_TAKEN);
    assert_true(onr_keylog_config_allowed(log_, ONR_SPAN(LANE(3, 1)), hash));
    assert_false(onr_keylog_config_allowed(log_, ONR_SPAN(LANE(3, 2)), hash));
    assert_false(onr_keylog_config_allowed(log_, ONR_SPAN(LANE(3, 1)), another));

    assert_false(onr_keylog_retention(log_, ONR_SPAN(LANE(0, 1)), &first));
    kept.lane[0].origin = ONR_SPAN(LANE(0, 1));
    for (uint64_t size = 100; size <= 200; size += 100) {
        kept.lane[0].size = size;
        assert_int_equal(feed(&kept, 0, 2), ONR_KEYLOG_TAKEN);
        assert_true(onr_keylog_retention(log_, ONR_SPAN(LANE(0, 1)), &first));
        assert_int_equal(first, size);
    }

    assert_int_equal(onr_keylog_epoch(log_, org, out, in, 0), 0);
    genesis.lane[0].origin = ONR_SPAN(LANE(0, 1));
    genesis.lane[1].origin = ONR_SPAN(LANE(0, 3));
    genesis.lane[2].origin = ONR_SPAN(LANE(1, 2));
    assert_int_equal(feed(&genesis, 0, 2), ONR_KEYLOG_TAKEN);
    assert_int_equal(onr_keylog_epoch(log_, org, out, in, 0), 3);
    assert_int_equal(onr_keylog_epoch(log_, org, out, in, 1), 2);
    assert_int_equal(onr_keylog_epoch(log_, ONR_SPAN("x"), out, in, 0), 0);
    assert_int_equal(onr_keylog_epoch_after(log_, org, out, in, 0, 0), 1);
    assert_int_equal(onr_keylog_epoch_after(log_, org, out, in, 0, 1), 3);
    assert_int_equal(onr_keylog_epoch_after(log_, org, out, in, 0, 3), 0);
    assert_int_equal(onr_keylog_epoch_after(log_, org, out, in, 1, 0), 2);
    assert_int_equal(onr_keylog_epoch_after(log_, org, out, in, 2, 0), 0);
    assert_int_equal(onr_keylog_partitions(log_, org, out, in), 2);
    assert_int_equal(onr_keylog_partitions(log_, org, in, out), 0);
}

#define HEAD "onrecord key log v1\nentry 0\nprev AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"

static void
an_entry_of_the_roots_that_is_not_understood_stops_everything(void **state)
{
    static const char *const bad[] = {
        "onrecord key log v2\nentry 0\n",
        HEAD "RENAME\nlane " LANE(0, 1) "\n",
        HEAD "GENESIS\n",
        HEAD "GENESIS\nlane " LANE(*, 1) "\n",
        HEAD "GENESIS\nlane " LANE(0, 1) "\nmore\n",
        HEAD "GENESIS\nlane " LANE(0, 1) " 5\n",
        HEAD "GENESIS\nkey x\nlane " LANE(0, 1) "\n",
        HEAD "ADD\nlane " LANE(0, 1) "\n",
        HEAD "RETENTION\nlane " LANE(0, 1) "\n",
        HEAD "CONFIG\nconfig 00\nlane " LANE(0, 1) "\n",
        HEAD "REVOKE\nid 0011223344556677\nlane " LANE(0, 1) " 5\n", /* no reason */
        HEAD "RETIRE\nid 00112233\nlane " LANE(0, 1) " 5\n",
        HEAD "RETIRE\nid 0011223344556677\npart 0\nlane " LANE(0, 1) " 5\n",
        HEAD "RETIRE\nid 0011223344556677\npart 1\nlane " LANE(0, 1) " 5\n",
        HEAD "RETIRE\nid 0011223344556677\npart 02\nlane " LANE(0, 1) " 5\n",
        HEAD "RETIRE\nid 0011223344556677\npart 2\n",
        HEAD "RETENTION\npart 2\nlane " LANE(0, 1) " 5\n",
        "onrecord key log v1\nentry 00\nprev "
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\nGENESIS\n"
        "lane " LANE(0, 1) "\n",
    };

    (void) state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct onr_error err = ONR_ERROR_INIT;

        if (feed_text(onr_span_z(bad[i]), 0, 2, &err) != -ONR_ESTATE || err.code != ONR_ESTATE)
            fail_msg("row %zu was taken", i);
    }
    assert_int_equal(onr_keylog_size(log_), 0);
    assert_int_equal(feed_text(ONR_SPAN("another note\n"), 0, 2, NULL), ONR_KEYLOG_FOREIGN);
}

static void
bytes_that_are_no_note_are_foreign(void **state)
{
    static const char *const bytes[] = { "", "{}", "text\n\n\xe2\x80\x94 x AAAAAAAA\n" };
    enum onr_keylog_outcome outcome;

    (void) state;
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(onr_keylog_feed(log_, onr_span_z(bytes[i]), &outcome, NULL), 0);
        assert_int_equal(outcome, ONR_KEYLOG_FOREIGN);
    }
    assert_int_equal(onr_keylog_feed(log_, ONR_SPAN_NULL, &outcome, NULL), 0);
    assert_int_equal(onr_keylog_foreign(log_), 4);
}

static void
every_entry_reads_back_as_it_was_written(void **state)
{
    struct onr_buf text = ONR_BUF_INIT(ONR_NOTE_MAX), again = ONR_BUF_INIT(ONR_NOTE_MAX);

    (void) state;
    for (int kind = 0; kind < ONR_KEYLOG_KINDS; kind++) {
        struct onr_keylog_entry e = { .no = 12, .kind = (enum onr_keylog_kind) kind, .n_lanes = 2 };
        struct onr_keylog_entry back;

        e.key = worker.key;
        e.reason = ONR_SPAN("a reason, with blanks");
        e.part = kind == ONR_KEYLOG_RETIRE || kind == ONR_KEYLOG_REVOKE ? 7 : 0;
        memset(e.prev, 5, sizeof e.prev);
        memset(e.key_id, 6, sizeof e.key_id);
        memset(e.config_hash, 7, sizeof e.config_hash);
        e.lane[0].origin = ONR_SPAN(LANE(0, 1));
        e.lane[1].origin = ONR_SPAN(LANE(1, 1));
        e.lane[1].size = UINT64_MAX;
        onr_buf_clear(&text);
        onr_buf_clear(&again);
        assert_int_equal(onr_keylog_entry_print(&e, &text, NULL), 0);
        assert_int_equal(onr_keylog_entry_parse(onr_buf_span(&text), &back, NULL), 0);
        assert_int_equal(onr_keylog_entry_print(&back, &again, NULL), 0);
        assert_span_equal(onr_buf_span(&again), onr_buf_span(&text));
    }
    onr_buf_release(&text);
    onr_buf_release(&again);
}

static void
an_entry_with_a_damaged_key_is_malformed_input(void **state)
{
    struct onr_keylog_entry e = { .kind = ONR_KEYLOG_ADD, .key = worker.key, .n_lanes = 1 }, back;
    struct onr_buf text = ONR_BUF_INIT(ONR_NOTE_MAX);
    struct onr_error err = ONR_ERROR_INIT;

    (void) state;
    e.lane[0].origin = ONR_SPAN(LANE(0, 1));
    assert_int_equal(onr_keylog_entry_print(&e, &text, NULL), 0);
    *strchr(strstr(text.ptr, "\nkey ") + 1, '+') = '-';
    assert_int_equal(onr_keylog_entry_parse(onr_buf_span(&text), &back, &err), -ONR_EINPUT);
    assert_int_equal(err.code, ONR_EINPUT);
    assert_non_null(strstr(err.text, "its line 'key'"));
    onr_buf_release(&text);
}

static void
many_keys_are_found_by_their_ids(void **state)
{
    struct onr_keylog_entry e = { .kind = ONR_KEYLOG_ADD, .n_lanes = 1 };

    (void) state;
    e.lane[0].origin = ONR_SPAN(LANE(*, *));
    for (int i = 0; i < 200; i++) {
        uint8_t pk[ONR_PK_LEN];
        char name[16];

        snprintf(name, sizeof name, "n%d", i);
        onr_sha256(name, strlen(name), pk);
        must(onr_public_key_init(&e.key, onr_span_z(name), ONR_KEY_ED25519, pk, NULL));
        assert_int_equal(feed(&e, 0, 2), ONR_KEYLOG_TAKEN);
    }
    for (size_t i = 0; i < 200; i++) {
        const struct onr_keylog_key *k = onr_keylog_key(log_, i);

        assert_ptr_equal(onr_keylog_find(log_, k->key.id), k);
        assert_int_equal(k->added_no, i);
    }
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, new_log, free_log)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_entry_counts_when_k_roots_signed_it),
        TEST(what_does_not_continue_the_chain_is_stale),
        TEST(keys_sign_the_lanes_they_were_added_for),
        TEST(a_witness_does_not_sign_lanes),
        TEST(a_reason_is_one_line_of_text),
        TEST(retired_and_revoked_keys_count_up_to_a_size),
        TEST(the_parts_of_an_end_are_one_end),
        TEST(a_part_of_something_else_stops_everything),
        TEST(configurations_retention_and_epochs_are_answered_by_lane),
        TEST(an_entry_of_the_roots_that_is_not_understood_stops_everything),
        TEST(bytes_that_are_no_note_are_foreign),
        TEST(every_entry_reads_back_as_it_was_written),
        TEST(an_entry_with_a_damaged_key_is_malformed_input),
        TEST(many_keys_are_found_by_their_ids),
    };

    return cmocka_run_group_tests_name("stmtlog keylog", tests, start, end) != 0;
}
