/* consumers/keys/writer.c - entries for the key log: read it to its end, append, read back (writer.h). */
#include "consumers/keys/writer.h"

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/log.h"
#include "common/line/key.h"
#include "common/line/program.h"

#define MARKER_MS 10  /* between two looks for a transaction's marker */
#define LEADER_MS 100 /* between two tries at a topic so new that it has no leader yet */

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
    free(w);
}

static int
open_txn(struct writer *w, struct onr_error *err)
{
    struct onr_txn_spec spec = { .kafka = &w->broker.kafka,
                                 .transactional_id = w->id,
                                 .init_timeout_ms = w->broker.settings.timeout_ms,
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

    if (!w)
        return onr_fail(err, ONR_ENOMEM, "no memory");
    w->settings = s;
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

int
writer_lock(struct writer *w, struct onr_error *err)
{
    bool grew;
    int rc = open_txn(w, err);

    return rc < 0 ? rc : onr_keyring_refresh(w->ring, &grew, err);
}

void
writer_clear_lanes(struct writer *w)
{
    w->entry.n_lanes = 0;
}

int
writer_add_lane(struct writer *w, struct onr_span origin, uint64_t size, struct onr_error *err)
{
    size_t n = w->entry.n_lanes;

    if (n == ONR_KEYLOG_ENTRY_LANES)
        return onr_fail(err, ONR_EUSAGE,
                        "more than %d lanes: one entry of the key log holds no more",
                        ONR_KEYLOG_ENTRY_LANES);
    if (origin.len > ONR_ORIGIN_MAX)
        return onr_fail(err, ONR_EUSAGE, "the name of a lane has at most %d bytes", ONR_ORIGIN_MAX);
    memcpy(w->origins[n], origin.ptr, origin.len);
    w->origins[n][origin.len] = '\0';
    w->entry.lane[n].origin = onr_span_of(w->origins[n], origin.len);
    w->entry.lane[n].size = size;
    w->entry.n_lanes++;
    return 0;
}

static int
send_note(struct writer *w, struct onr_span note, struct onr_error *err)
{
    struct onr_error ignored = ONR_ERROR_INIT;
    int rc;

    if ((rc = onr_txn_begin(w->txn, err)) < 0)
        return rc;
    if ((rc = onr_txn_produce(w->txn, w->topics[0], 0, ONR_SPAN_NULL, note, NULL, 0, err)) < 0
        || (rc = onr_txn_commit(w->txn, err)) < 0) {
        if (onr_txn_undo(w->txn, &ignored) < 0)
            onr_log(ONR_LOG_DEBUG, "keys.undo", "reason=%s", onr_log_q(ignored.text));
        if (rc == -ONR_EFENCED)
            return onr_fail(err, ONR_EFENCED,
                            "another onrecord keys began to write at the same time: look at keys "
                            "list, and run this again if its entry is not there");
        return rc; /* the first failure is the one to tell; the producer is closed next anyway */
    }
    return 0;
}

/* Committed is not yet visible: the broker answers before its marker is in the log. Wait until the key log has grown. */
static int
read_back(struct writer *w, struct onr_error *err)
{
    struct pollfd stop = { .fd = onr_program_stop_fd(), .events = POLLIN };
    int64_t until = onr_now_ms() + w->broker.settings.timeout_ms;
    bool grew;
    int rc;

    while ((rc = onr_keyring_refresh(w->ring, &grew, err)) == 0 && !grew) {
        if (onr_now_ms() >= until)
            return onr_fail(err, ONR_EBROKER,
                            "the entry was committed, but the broker does not show it in time "
                            "(--timeout); look at keys list");
        if (poll(&stop, 1, MARKER_MS) > 0)
            return onr_fail(err, ONR_ESTOP, "stopped before the entry was read back");
    }
    return rc;
}

int
writer_append(struct writer *w, struct onr_error *err)
{
    struct onr_buf text = ONR_BUF_INIT(ONR_NOTE_MAX), note = ONR_BUF_INIT(ONR_NOTE_MAX);
    const struct onr_signer *signers[ONR_TRUST_ROOTS];
    const struct onr_keylog *log = onr_keyring_log(w->ring);
    uint8_t want[ONR_SHA256_LEN], got[ONR_SHA256_LEN];
    struct onr_keylog_entry readable;
    int rc;

    for (size_t i = 0; i < w->n_roots; i++)
        signers[i] = &w->root[i];
    w->entry.no = onr_keylog_size(log);
    onr_keylog_head(log, w->entry.prev);
    /* what k roots sign and nobody understands would end the key log: read it as others will */
    if ((rc = onr_keylog_entry_print(&w->entry, &text, err)) < 0
        || (rc = onr_keylog_entry_parse(onr_buf_span(&text), &readable, err)) < 0
        || (rc = onr_note_sign(onr_buf_span(&text), signers, w->n_roots, &note, err)) < 0
        || (rc = send_note(w, onr_buf_span(&note), err)) < 0 || (rc = read_back(w, err)) < 0)
        goto out;
    onr_keylog_hash(onr_buf_span(&text), want);
    onr_keylog_head(log, got);
    if (memcmp(want, got, sizeof want) != 0)
        rc = onr_fail(err, ONR_ESTATE,
                      "the key log does not end with the entry just written: somebody else wrote "
                      "too; look at keys list and run this again if it is still needed");
    else
        fprintf(stderr, "entry %" PRIu64 ": %s\n", w->entry.no,
                onr_keylog_kind_name(w->entry.kind));
out:
    onr_buf_release(&text);
    onr_buf_release(&note);
    return rc;
}

void
writer_nothing_to_do(const char *what)
{
    fprintf(stderr, "%s: the key log says so already\n", what);
}

bool
writer_there_already(const struct writer *w)
{
    const struct onr_keylog *log = onr_keyring_log(w->ring);

    for (uint64_t i = 0; i < onr_keylog_size(log); i++) {
        struct onr_keylog_entry e;
        size_t found = 0;

        if (onr_keylog_entry_parse(onr_keylog_text(log, i), &e, NULL) < 0 || e.kind != w->entry.kind
            || memcmp(e.config_hash, w->entry.config_hash, sizeof e.config_hash) != 0
            || memcmp(&e.key.pk, &w->entry.key.pk, sizeof e.key.pk) != 0)
            continue;
        for (size_t j = 0; j < w->entry.n_lanes; j++)
            for (size_t k = 0; k < e.n_lanes; k++)
                if (onr_origin_match(e.lane[k].origin, w->entry.lane[j].origin)) {
                    found++;
                    break;
                }
        if (found == w->entry.n_lanes)
            return true;
    }
    return false;
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
    if (writer_there_already(w)) {
        writer_nothing_to_do(w->entry.key.name);
        return 0;
    }
    return writer_append(w, err);
}
