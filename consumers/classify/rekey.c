/* consumers/classify/rekey.c - another key without a restart (classify.h).
 *
 * SIGHUP: --key is read again. The new key takes over when no block is open, so that a block and its COMMIT are signed by one key,
 * and only if the key log lets it sign every lane that this worker has; else a log line says why and the old key goes on.
 * Nothing here ends the worker.
 */
#include "consumers/classify/classify.h"

#include "common/base/log.h"
#include "common/line/key.h"
#include "common/line/program.h"

/* May the key sign here? The key log is looked at first: its entry may have been written a moment ago. */
static int
check(struct classify *c, const struct onr_signer *s, struct onr_error *err)
{
    const struct onr_keylog *log = onr_keyring_log(c->keys);
    const struct onr_keylog_key *k;
    bool grew;
    int rc;

    if (memcmp(s->key.pk, c->signer.key.pk, ONR_PK_LEN) == 0)
        return onr_fail(err, ONR_EKEY, "it is the key in use");
    if ((rc = onr_keyring_refresh(c->keys, &grew, err)) < 0)
        return rc;
    k = onr_keylog_find(log, s->key.id);
    if (!k || k->role != ONR_ROLE_WORKER || k->retired || k->revoked)
        return onr_fail(err, ONR_EKEY, "key %s is %s", s->key.name,
                        !k                           ? "not in the key log"
                        : k->role != ONR_ROLE_WORKER ? "not a worker's"
                        : k->revoked                 ? "revoked"
                                                     : "retired");
    for (size_t i = 0; i < c->n; i++)
        if (onr_keylog_may_sign(log, s->key.id, onr_span_z(c->lane[i]->origin),
                                onr_lane_seq(&c->lane[i]->state) + 1)
            != ONR_KEY_OK)
            return onr_fail(err, ONR_EKEY, "key %s may not sign lane %s", s->key.name,
                            c->lane[i]->origin);
    return 0;
}

void
rekey_look(struct classify *c, const struct onr_settings *s)
{
    struct onr_signer fresh = { .secret = NULL };
    struct onr_error why = ONR_ERROR_INIT;

    if (!onr_program_hung_up())
        return;
    if (onr_key_reread(s, onr_set_text(s, "key"), &fresh, &why) < 0 || check(c, &fresh, &why) < 0) {
        onr_log(ONR_LOG_WARN, "key.kept", "key=%s text=%s", c->signer.key.name,
                onr_log_q(why.text));
        onr_signer_release(&fresh);
        return;
    }
    onr_signer_release(&c->successor);
    c->successor = fresh;
    rekey_switch(c); /* a worker without input would wait for its next heartbeat */
}

void
rekey_switch(struct classify *c)
{
    if (!c->successor.secret)
        return;
    for (size_t i = 0; i < c->n; i++)
        if (c->lane[i]->state.open)
            return;
    onr_log(ONR_LOG_INFO, "key.changed", "from=%s to=%s", c->signer.key.name,
            c->successor.key.name);
    onr_signer_release(&c->signer);
    c->signer = c->successor;
    c->successor = (struct onr_signer){ .secret = NULL };
}
