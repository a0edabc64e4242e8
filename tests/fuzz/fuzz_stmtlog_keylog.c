/* tests/fuzz/fuzz_stmtlog_keylog.c - entries of the key log: what is read is written as the same; any order of any records
 * gives one state.
 *
 * Input: pieces between NULs. A piece that is an entry is put in its place in the chain, signed by the root and fed; the first
 * byte's bits leave the place or the signature as it is. Any other piece is fed as it stands.
 */
#include "tests/fuzz/fuzz.h"

#include "tests/property/stmtlog_world.h"

#define PIECES 32

enum { KEEP_PLACE = 1, NO_SIGNATURE = 2, TWICE = 4 };

static struct onr_signer root;
static struct onr_trust trust;

static void
start(void)
{
    must(sodium_init());
    world_signer(&root, "root.news.example");
    trust = (struct onr_trust){ .k = 1, .n_topics = 1, .n_roots = 1 };
    snprintf(trust.org, sizeof trust.org, "news.example");
    snprintf(trust.topic[0].output, sizeof trust.topic[0].output, "stance");
    snprintf(trust.topic[0].input, sizeof trust.topic[0].input, "statements");
    trust.root[0] = root.key;
}

static void
reads_back(const struct onr_keylog_entry *e)
{
    struct onr_buf one = ONR_BUF_INIT(ONR_NOTE_MAX), two = one;
    struct onr_keylog_entry back;

    HOLDS(onr_keylog_entry_print(e, &one, NULL) == 0);
    HOLDS(onr_keylog_entry_parse(onr_buf_span(&one), &back, NULL) == 0);
    HOLDS(onr_keylog_entry_print(&back, &two, NULL) == 0);
    HOLDS(onr_span_eq(onr_buf_span(&one), onr_buf_span(&two)));
    onr_buf_release(&one);
    onr_buf_release(&two);
}

/* The record that a piece becomes. False when it is no entry. */
static bool
record_of(const struct onr_keylog *log, unsigned how, struct onr_span piece, struct onr_buf *out)
{
    const struct onr_signer *by[] = { &root };
    struct onr_buf text = ONR_BUF_INIT(ONR_NOTE_MAX);
    struct onr_error err = ONR_ERROR_INIT;
    struct onr_keylog_entry e;
    int rc = onr_keylog_entry_parse(piece, &e, &err);

    HOLDS(rc == 0 || (rc == -ONR_EINPUT && err.text[0]));
    if (rc < 0)
        return false;
    reads_back(&e);
    if (!(how & KEEP_PLACE)) {
        e.no = onr_keylog_size(log);
        onr_keylog_head(log, e.prev);
    }
    HOLDS(onr_keylog_entry_print(&e, &text, NULL) == 0);
    if (how & NO_SIGNATURE)
        HOLDS(onr_buf_add_span(out, onr_buf_span(&text)) == 0);
    else
        rc = onr_note_sign(onr_buf_span(&text), by, 1, out, NULL);
    HOLDS(rc == 0 || rc == -ONR_ELIMIT);
    onr_buf_release(&text);
    return rc == 0;
}

static int
feed(struct onr_keylog *log, struct onr_span record)
{
    uint64_t size = onr_keylog_size(log), others = onr_keylog_stale(log) + onr_keylog_foreign(log);
    enum onr_keylog_outcome outcome = ONR_KEYLOG_FOREIGN;
    uint8_t head[ONR_SHA256_LEN], want[ONR_SHA256_LEN];
    int rc = onr_keylog_feed(log, record, &outcome, NULL);

    HOLDS(rc == 0 || rc == -ONR_ESTATE || rc == -ONR_ELIMIT);
    if (rc == 0 && outcome == ONR_KEYLOG_TAKEN) {
        HOLDS(onr_keylog_size(log) == size + 1);
        onr_keylog_hash(onr_keylog_text(log, size), want);
        onr_keylog_head(log, head);
        HOLDS(memcmp(head, want, sizeof head) == 0);
    } else if (rc == 0) {
        HOLDS(onr_keylog_size(log) == size);
        HOLDS(onr_keylog_stale(log) + onr_keylog_foreign(log) == others + 1);
    }
    return rc;
}

static void
answers_hold(const struct onr_keylog *log)
{
    struct onr_span origin = ONR_SPAN(WORLD_ORIGIN);
    uint64_t first;

    for (size_t i = 0; i < onr_keylog_keys(log); i++) {
        const struct onr_keylog_key *k = onr_keylog_key(log, i);

        HOLDS(onr_keylog_find(log, k->key.id) == k);
        for (uint64_t size = 0; size < 3; size++)
            HOLDS(onr_keylog_may_sign(log, k->key.id, origin, size) != ONR_KEY_UNKNOWN);
        HOLDS(onr_keylog_may_sign(log, k->key.id, origin, UINT64_MAX) <= ONR_KEY_REVOKED);
    }
    (void) onr_keylog_genesis(log, origin);
    (void) onr_keylog_retention(log, origin, &first);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tape t = { data, size };
    unsigned how = tape_byte(&t);
    struct onr_span rest = tape_span(&t, t.left), piece;
    struct onr_keylog *log;
    int rc = 0;

    if (!root.secret)
        start();
    HOLDS(onr_keylog_new(&trust, &log, NULL) == 0);
    for (int i = 0; i < PIECES && rc == 0 && onr_span_next(&rest, '\0', &piece); i++) {
        struct onr_buf record = ONR_BUF_INIT(2 * ONR_NOTE_MAX);

        rc = feed(log, record_of(log, how, piece, &record) ? onr_buf_span(&record) : piece);
        if (rc == 0 && how & TWICE)
            rc = feed(log, onr_buf_span(&record));
        onr_buf_release(&record);
    }
    answers_hold(log);
    onr_keylog_free(log);
    return 0;
}
