/* consumers/witness/publish.c - a head is kept, then cosigned, then sent; never in another order.
 *
 * A cosignature says: of this origin I have seen nothing larger, and nothing that contradicts it. Whoever gave it must not forget it,
 * so head and note are on the disk before it is made. A crash in between leaves a head that nobody got: the next run cosigns it.
 */
#include <inttypes.h>

#include "common/base/failpoint.h"
#include "common/base/file.h"
#include "common/base/log.h"
#include "common/stmtlog/note.h"
#include "consumers/witness/witness.h"

/* A key that was good when its COMMIT was read may have been revoked since. */
static int
look_at_keys(struct onr_witness *w, struct onr_error *err)
{
    const struct onr_keylog *keys = onr_keyring_log(w->keyring);
    bool grew;
    int rc;

    if ((rc = onr_keyring_refresh(w->keyring, &grew, err)) < 0)
        return rc;
    for (size_t i = 0; i < w->n && rc == 0; i++) {
        struct onr_witness_lane *l = &w->lane[i];

        if (l->due && !l->refused
            && onr_keylog_may_sign(keys, l->good_key, onr_span_z(l->origin), l->good.tree.size)
                   != ONR_KEY_OK)
            rc = onr_witness_refuse(w, l, ONR_VERDICT_INVALID,
                                    "the key that signed the newest COMMIT was revoked or retired "
                                    "before it",
                                    err);
    }
    return rc;
}

static bool
any_due(const struct onr_witness *w)
{
    for (size_t i = 0; i < w->n; i++)
        if (w->lane[i].due && !w->lane[i].refused)
            return true;
    return false;
}

/* True when something is due and on the disk. */
static int
keep_heads(struct onr_witness *w, bool *ret_any, struct onr_error *err)
{
    int rc;

    *ret_any = false;
    for (size_t i = 0; i < w->n; i++) {
        struct onr_witness_lane *l = &w->lane[i];
        struct onr_error why = ONR_ERROR_INIT;

        if (!l->due || l->refused)
            continue;
        rc = onr_head_store_put(w->heads, &l->good, &why);
        if (rc == -ONR_ESTATE) {
            if ((rc = onr_witness_refuse(w, l, ONR_VERDICT_MISSING, why.text, err)) < 0)
                return rc;
            continue;
        }
        if (rc < 0)
            return onr_fail(err, why.code, "%s", why.text);
        if ((rc = onr_witness_store_note(w, l, err)) < 0)
            return rc;
        *ret_any = true;
    }
    return *ret_any ? onr_witness_store_heads(w, err) : 0;
}

static int
send_lane(struct onr_witness *w, struct onr_witness_lane *l, uint64_t seconds,
          struct onr_error *err)
{
    const char *topic = w->broker->settings.topics.name[ONR_TOPIC_WITNESS];
    struct onr_buf out = ONR_BUF_INIT(ONR_NOTE_MAX);
    struct onr_note note;
    int rc;

    if ((rc = onr_note_parse(onr_buf_span(&l->note), &note, err)) < 0)
        return rc;
    rc = onr_buf_add_span(&out, onr_buf_span(&l->note));
    rc = rc < 0 ? onr_fail(err, -rc, "no room for a cosignature")
                : onr_note_cosign(note.text, &w->signer, seconds, &out, err);
    if (rc == 0)
        rc = onr_txn_produce(w->txn, topic, 0, onr_span_z(l->origin), onr_buf_span(&out), NULL, 0,
                             err);
    onr_buf_release(&out);
    return rc;
}

static int
send_all(struct onr_witness *w, struct onr_error *err)
{
    uint64_t seconds = (uint64_t) (onr_wall_ms() / 1000);
    int rc;

    if ((rc = onr_txn_begin(w->txn, err)) < 0)
        return rc;
    for (size_t i = 0; i < w->n && rc == 0; i++)
        if (w->lane[i].due && !w->lane[i].refused)
            rc = send_lane(w, &w->lane[i], seconds, err);
    return rc < 0 ? rc : onr_txn_commit(w->txn, err);
}

static void
sent(struct onr_witness *w)
{
    for (size_t i = 0; i < w->n; i++) {
        struct onr_witness_lane *l = &w->lane[i];

        if (!l->due || l->refused)
            continue;
        l->due = false;
        l->cosigned++;
        onr_log(ONR_LOG_DEBUG, "witness.cosigned", "partition=%d size=%" PRIu64 " commit=%" PRIu64,
                (int) l->partition, l->good.tree.size, l->good.commit_no);
    }
}

/* The broker is away: the heads stay due, the next turn tries again. */
static int
later(int rc, bool must, struct onr_error *err)
{
    if (rc != -ONR_EBROKER || must)
        return rc;
    onr_log(ONR_LOG_WARN, "witness.waits", "reason=%s", onr_log_q(err->text));
    return 0;
}

int
onr_witness_publish(struct onr_witness *w, bool must, struct onr_error *err)
{
    struct onr_error ignored = ONR_ERROR_INIT;
    bool any;
    int rc;

    if (!any_due(w))
        return 0;
    if ((rc = look_at_keys(w, err)) < 0)
        return later(rc, must, err);
    if ((rc = keep_heads(w, &any, err)) < 0 || !any)
        return rc;
    onr_failpoint("witness-kept");
    if ((rc = send_all(w, err)) == 0) {
        onr_failpoint("witness-sent");
        sent(w);
        return 0;
    }
    if (onr_txn_undo(w->txn, &ignored) < 0)
        onr_log(ONR_LOG_DEBUG, "witness.undo", "reason=%s", onr_log_q(ignored.text));
    if (rc == -ONR_EFENCED)
        return onr_fail(err, ONR_EFENCED, "another witness cosigns with this key");
    return later(rc, must, err);
}
