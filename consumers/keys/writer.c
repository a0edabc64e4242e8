/* consumers/keys/writer.c - entries for the key log: read it to its end, append, read back (writer.h). */
#include "consumers/keys/writer.h"

#include <inttypes.h>
#include <poll.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/log.h"
#include "common/line/key.h"
#include "common/line/program.h"

#define MARKER_MS    10   /* between two looks for a transaction's marker */
#define LEADER_MS    100  /* between two tries at a topic so new that it has no leader yet */
#define LOCK_MS      1000 /* the least that a new producer is waited for */
#define TRIES        20   /* to write an entry while others write, too */
#define PAUSE_MS     100 /* at most this long before the second try, then twice as long, and so on */
#define PAUSE_MAX_MS 5000

int
onr_keys_open_ring(const struct onr_broker *b, const char *path, struct onr_keyring **ret,
                   struct onr_error *err)
{
    struct pollfd stop = { .fd = onr_program_stop_fd(), .events = POLLIN };
    int64_t until = onr_now_ms() + b->settings.timeout_ms;
    int rc;

    while ((rc = onr_keyring_open(b, path, ret, err)) == -ONR_EBROKER && onr_now_ms() < until)
        if (poll(&stop, 1, LEADER_MS) > 0)
            return onr_fail(err, ONR_ESTOP, "stopped while waiting for the broker");
    return rc;
}

static int
check_roots(const struct writer *w, const char *path, struct onr_error *err)
{
    const struct onr_trust *t = onr_keyring_trust(w->ring);

    for (size_t i = 0; i < w->n_roots; i++) {
        size_t j = 0;

        while (j < t->n_roots && memcmp(t->root[j].id, w->root[i].key.id, ONR_KEY_ID_LEN) != 0)
            j++;
        if (j == t->n_roots)
            return onr_fail(err, ONR_EKEY, "key '%s' is not a root of %s", w->root[i].key.name,
                            path);
        for (j = 0; j < i; j++)
            if (memcmp(w->root[j].key.id, w->root[i].key.id, ONR_KEY_ID_LEN) == 0)
                return onr_fail(err, ONR_EKEY, "root key '%s' is named twice", w->root[i].key.name);
    }
    if (w->n_roots < t->k)
        return onr_fail(err, ONR_EKEY,
                        "%u roots must sign (k in %s), --root-key names %zu: name the others too",
                        t->k, path, w->n_roots);
    return 0;
}

static int
read_roots(struct writer *w, const char *list, struct onr_error *err)
{
    struct onr_span rest = onr_span_z(list), one;
    char path[4096];
    int rc;

    while (onr_span_next(&rest, ',', &one)) {
        one = onr_span_trim(one);
        if (w->n_roots == ONR_TRUST_ROOTS || one.len >= sizeof path)
            return onr_fail(err, ONR_EUSAGE, "--root-key: too many files, or too long a name");
        memcpy(path, one.ptr, one.len);
        path[one.len] = '\0';
        if ((rc = onr_key_read(w->settings, path, &w->root[w->n_roots], err)) < 0)
            return rc;
        w->n_roots++;
    }
    return 0;
}

void
writer_close(struct writer *w)
{
    if (!w)
        return;
    onr_txn_close(w->txn);
    onr_keyring_close(w->ring);
    for (size_t i = 0; i < w->n_roots; i++)
        onr_signer_release(&w->root[i]);
    onr_arena_release(&w->arena);
    free(w->lane);
    free(w);
}

static int
open_txn(struct writer *w, int timeout_ms, struct onr_error *err)
{
    struct onr_txn_spec spec = { .kafka = &w->broker.kafka,
                                 .transactional_id = w->id,
                                 .init_timeout_ms = timeout_ms,
                                 .topics = w->topics };

    w->topics[0] = w->broker.settings.topics.name[ONR_TOPIC_KEYS];
    snprintf(w->id, sizeof w->id, "%s", w->topics[0]);
    return onr_txn_open(&spec, &w->txn, err);
}

int
writer_open(const struct onr_settings *s, struct writer **ret, struct onr_error *err)
{
    struct writer *w = calloc(1, sizeof *w);
    const char *path, *roots;
    int rc;

    if (!w || !(w->lane = calloc(ONR_KEYLOG_LANES_MAX, sizeof *w->lane))) {
        writer_close(w);
        return onr_fail(err, ONR_ENOMEM, "no memory");
    }
    w->settings = s;
    w->arena = (struct onr_arena) ONR_ARENA_INIT(ONR_KEYLOG_LANES_MAX * (ONR_ORIGIN_MAX + 16));
    if ((rc = onr_keys_need(s, "trust", "trust.txt", &path, err)) < 0
        || (rc = onr_keys_need(s, "root-key", "root.key", &roots, err)) < 0
        || (rc = read_roots(w, roots, err)) < 0
        || (rc = onr_broker_init(&w->broker, s, "keys", err)) < 0
        || (rc = onr_keys_open_ring(&w->broker, path, &w->ring, err)) < 0
        || (rc = check_roots(w, path, err)) < 0) {
        writer_close(w);
        return rc;
    }
    snprintf(w->all, sizeof w->all, "%s/%s/v1/%s/*/*", onr_keyring_trust(w->ring)->org,
             w->broker.settings.topics.name[ONR_TOPIC_ATTRIBUTIONS],
             w->broker.settings.topics.name[ONR_TOPIC_STATEMENTS]);
    *ret = w;
    return 0;
}

/* The key log is ours from here on, until another writer opens its producer; read what came before. */
static int
lock(struct writer *w, int64_t until, struct onr_error *err)
{
    int64_t left = until - onr_now_ms();
    bool grew;
    int rc = open_txn(w, left > LOCK_MS ? (int) left : LOCK_MS, err);

    return rc < 0 ? rc : onr_keyring_refresh(w->ring, &grew, err);
}

static void
unlock(struct writer *w)
{
    onr_txn_close(
        w->txn); /* aborts what is open; a new producer here would fence who wrote instead */
    w->txn = NULL;
}

int
writer_add_lane(struct writer *w, struct onr_span origin, uint64_t size, struct onr_error *err)
{
    struct writer_lane *lane = &w->lane[w->n_lanes];

    if (w->n_lanes == ONR_KEYLOG_LANES_MAX)
        return onr_fail(err, ONR_EUSAGE, "more than %d lanes: the key log holds no more",
                        ONR_KEYLOG_LANES_MAX);
    if (origin.len > ONR_ORIGIN_MAX)
        return onr_fail(err, ONR_EUSAGE, "the name of a lane has at most %d bytes", ONR_ORIGIN_MAX);
    lane->origin = onr_arena_span(&w->arena, origin);
    lane->size = size;
    lane->known = false;
    if (!lane->origin.ptr)
        return onr_fail(err, ONR_ENOMEM, "no memory for the lanes");
    w->n_lanes++;
    return 0;
}

/* The lanes of the i-th entry of what is being written. What ends a key is one act, told apart from others by its parts. */
static void
take_part(struct writer *w, size_t i)
{
    struct onr_keylog_entry *e = &w->entry;
    bool ends = e->kind == ONR_KEYLOG_RETIRE || e->kind == ONR_KEYLOG_REVOKE;
    size_t at = i * ONR_KEYLOG_ENTRY_LANES;

    e->n_lanes = 0;
    while (at < w->n_lanes && e->n_lanes < ONR_KEYLOG_ENTRY_LANES) {
        e->lane[e->n_lanes].origin = w->lane[at].origin;
        e->lane[e->n_lanes].size = w->lane[at].size;
        e->n_lanes++;
        at++;
    }
    e->part = ends && i > 0 ? i + 1 : 0;
}

/* Sign w->entry for its place and send it. */
static int
send_entry(struct writer *w, struct onr_error *err)
{
    struct onr_buf text = ONR_BUF_INIT(ONR_NOTE_MAX), note = ONR_BUF_INIT(ONR_NOTE_MAX);
    const struct onr_signer *signers[ONR_TRUST_ROOTS];
    struct onr_keylog_entry readable;
    int rc;

    for (size_t i = 0; i < w->n_roots; i++)
        signers[i] = &w->root[i];
    /* what k roots sign and nobody understands would end the key log: read it as others will */
    if ((rc = onr_keylog_entry_print(&w->entry, &text, err)) == 0
        && (rc = onr_keylog_entry_parse(onr_buf_span(&text), &readable, err)) == 0
        && (rc = onr_note_sign(onr_buf_span(&text), signers, w->n_roots, &note, err)) == 0)
        rc = onr_txn_produce(w->txn, w->topics[0], 0, ONR_SPAN_NULL, onr_buf_span(&note), NULL, 0,
                             err);
    onr_keylog_hash(onr_buf_span(&text), w->entry.prev);
    onr_buf_release(&text);
    onr_buf_release(&note);
    return rc;
}

/* As many entries as the lanes need, in one transaction: readers see all of them or none. */
static int
send_all(struct writer *w, struct onr_error *err)
{
    size_t n = (w->n_lanes + ONR_KEYLOG_ENTRY_LANES - 1) / ONR_KEYLOG_ENTRY_LANES;
    const struct onr_keylog *log = onr_keyring_log(w->ring);
    int rc;

    if (n == 0)
        n = 1; /* an end that believes nothing, a witness */
    w->first_no = onr_keylog_size(log);
    onr_keylog_head(log, w->entry.prev);
    if ((rc = onr_txn_begin(w->txn, err)) < 0)
        return rc;
    for (size_t i = 0; i < n; i++) {
        take_part(w, i);
        w->entry.no = w->first_no + i;
        if ((rc = send_entry(w, err)) < 0)
            return rc;
    }
    memcpy(w->sent_hash, w->entry.prev, sizeof w->sent_hash);
    w->n_sent = n;
    return onr_txn_commit(w->txn, err);
}

/* Does the key log hold what was sent, in the place that it was signed for? */
static bool
landed(struct writer *w)
{
    const struct onr_keylog *log = onr_keyring_log(w->ring);
    uint64_t end = w->first_no + w->n_sent;
    uint8_t there[ONR_SHA256_LEN];

    if (w->n_sent == 0 || onr_keylog_size(log) < end)
        return false;
    onr_keylog_hash(onr_keylog_text(log, end - 1), there);
    if (memcmp(there, w->sent_hash, sizeof there) != 0)
        return false;
    for (uint64_t no = w->first_no; no < end; no++)
        fprintf(stderr, "entry %" PRIu64 ": %s\n", no, onr_keylog_kind_name(w->entry.kind));
    w->n_sent = 0;
    return true;
}

/* Committed is not yet visible: the broker answers before its marker is in the log. Wait until the key log has grown. */
static int
read_back(struct writer *w, struct onr_error *err)
{
    struct pollfd stop = { .fd = onr_program_stop_fd(), .events = POLLIN };
    int64_t until = onr_now_ms() + w->broker.settings.timeout_ms;
    bool grew;
    int rc;

    while ((rc = onr_keyring_refresh(w->ring, &grew, err)) == 0
           && onr_keylog_size(onr_keyring_log(w->ring)) <= w->first_no) {
        if (onr_now_ms() >= until)
            return onr_fail(err, ONR_EBROKER,
                            "the entry was committed, but the broker does not show it in time "
                            "(--timeout); look at keys list");
        if (poll(&stop, 1, MARKER_MS) > 0)
            return onr_fail(err, ONR_ESTOP, "stopped before the entry was read back");
    }
    if (rc == 0 && !landed(w))
        return onr_fail(err, ONR_EFENCED, "another onrecord keys wrote to the key log meanwhile");
    return rc;
}

/* One try. What an earlier one sent may have got there although nobody said so: the new producer has settled it. */
static int
put_once(struct writer *w, writer_fill *fill, void *ctx, int64_t until, struct onr_error *err)
{
    int rc;

    if (!w->txn && (rc = lock(w, until, err)) < 0)
        return rc;
    if (landed(w))
        return 0;
    w->n_lanes = 0;
    onr_arena_reset(&w->arena);
    memset(&w->entry, 0, sizeof w->entry);
    if ((rc = fill(w, ctx, err)) != 0)
        return rc;
    if ((rc = send_all(w, err)) < 0)
        return rc;
    return read_back(w, err);
}

int
writer_put(struct writer *w, writer_fill *fill, void *ctx, struct onr_error *err)
{
    struct pollfd stop = { .fd = onr_program_stop_fd(), .events = POLLIN };
    int64_t began = onr_now_ms(), until = began + w->broker.settings.timeout_ms;
    struct onr_error why = ONR_ERROR_INIT;
    int rc = 0, most = PAUSE_MS;

    w->n_sent = 0;
    for (unsigned tries = 1;; tries++) {
        if ((rc = put_once(w, fill, ctx, until, &why)) >= 0)
            return rc;
        unlock(w);
        if ((rc != -ONR_EFENCED && rc != -ONR_EBROKER) || tries == TRIES || onr_now_ms() >= until) {
            if (tries == 1)
                return onr_fail(err, why.code, "%s", why.text);
            return onr_fail(err, why.code, "given up after %u tries in %.1f s, the last: %s", tries,
                            (double) (onr_now_ms() - began) / 1000, why.text);
        }
        onr_log(ONR_LOG_DEBUG, "keys.again", "try=%u reason=%s", tries, onr_log_q(why.text));
        if (poll(&stop, 1, (int) randombytes_uniform((uint32_t) most)) > 0)
            return onr_fail(err, ONR_ESTOP, "stopped; the last try: %s", why.text);
        most = most < PAUSE_MAX_MS ? most * 2 : most;
    }
}

void
writer_nothing_to_do(const char *what)
{
    fprintf(stderr, "%s: the key log says so already\n", what);
}

/* Does this entry, of the kind of w->entry, speak of the same key or configuration? */
static bool
same_subject(const struct writer *w, const struct onr_keylog_entry *e)
{
    return e->kind == w->entry.kind
           && memcmp(e->config_hash, w->entry.config_hash, sizeof e->config_hash) == 0
           && memcmp(&e->key.pk, &w->entry.key.pk, sizeof e->key.pk) == 0;
}

static bool
names(const struct onr_keylog_entry *e, struct onr_span origin)
{
    for (size_t i = 0; i < e->n_lanes; i++)
        if (onr_origin_match(e->lane[i].origin, origin))
            return true;
    return false;
}

bool
writer_there_already(struct writer *w)
{
    const struct onr_keylog *log = onr_keyring_log(w->ring);
    bool subject = false, all = true;

    for (uint64_t i = 0; i < onr_keylog_size(log); i++) {
        struct onr_keylog_entry e;

        if (onr_keylog_entry_parse(onr_keylog_text(log, i), &e, NULL) < 0 || !same_subject(w, &e))
            continue;
        subject = true;
        for (size_t j = 0; j < w->n_lanes; j++)
            w->lane[j].known = w->lane[j].known || names(&e, w->lane[j].origin);
    }
    for (size_t j = 0; j < w->n_lanes; j++)
        all = all && w->lane[j].known;
    return subject && all;
}

/* A key may be written when it is no root (roots sign keys, nothing else) and not dead. */
static int
check_new_key(const struct writer *w, struct onr_error *err)
{
    const struct onr_trust *t = onr_keyring_trust(w->ring);
    const struct onr_public_key *key = &w->entry.key;
    const struct onr_keylog_key *known = onr_keylog_find(onr_keyring_log(w->ring), key->id);

    for (size_t i = 0; i < t->n_roots; i++)
        if (memcmp(t->root[i].pk, key->pk, ONR_PK_LEN) == 0)
            return onr_fail(err, ONR_EKEY,
                            "'%s' is a root key: roots sign the key log and nothing else; make the "
                            "worker a key of its own",
                            key->name);
    if (known && (known->retired || known->revoked))
        return onr_fail(err, ONR_EKEY, "'%s' was %s: make a new key instead", key->name,
                        known->revoked ? "revoked" : "retired");
    if (known && known->role != w->entry.role)
        return onr_fail(err, ONR_EKEY, "'%s' is in the key log as a %s", key->name,
                        onr_key_role_name(known->role));
    return 0;
}

int
writer_add_key(struct writer *w, struct onr_error *err)
{
    int rc = check_new_key(w, err);

    if (rc < 0)
        return rc;
    if (!writer_there_already(w))
        return 0;
    writer_nothing_to_do(w->entry.key.name);
    return 1;
}
