/* common/stream/engine.c - exactly once, as a machine of events and actions (engine.h). */
#include "common/stream/engine.h"

#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define BACKOFF_MS     50 /* after the second failure in a row, doubling */
#define BACKOFF_MAX_MS 5000
#define WAITS_TOLD                                                                                 \
    128 /* a lane that cannot be opened is reported at the first try and then at each of these */
#define WAKE_MS  1000 /* in one step, before another lane is opened */
#define STALL_MS 10   /* between two looks whether a transaction may begin again */

enum lane_state { LANE_ASSIGNED, LANE_RUNNING, LANE_HELD };

struct lane {
    int32_t partition;
    enum lane_state state;
    int64_t retry_at;     /* ASSIGNED, HELD: not before */
    int64_t committed_at; /* time of the last COMMIT that we know of, or of opening */
    int64_t due;          /* ASSIGNED: first record of what may not have been committed; -1 */
    int64_t floor;        /* ASSIGNED: what arrives below it was delivered before */
    int64_t
        dropped; /* ASSIGNED: first record from there on that arrived and was not processed; -1 */
    bool fresh;  /* no COMMIT yet: one is due at once */
    unsigned waits; /* tries to open it so far */
    bool part;      /* of the transaction being committed */
};

struct onr_engine {
    struct onr_engine_spec spec;
    struct onr_ledger ledger;
    struct lane *
        lane; /* owned, as the scratch arrays: ONR_LEDGER_MAX each, pages that nobody touches cost nothing */
    size_t n;
    struct onr_flow *flow;      /* scratch */
    struct onr_offset *offsets; /* scratch */
    bool open;                  /* a transaction */
    int64_t due_at;             /* when it is committed */
    int64_t last_at, took; /* when the last commit began, and how long it took, commit_ms at most */
    bool broken;           /* the last transaction could not be undone yet */
    bool stalled;          /* nothing flows: may_begin said no */
    bool reflow;           /* what flows is not what should */
    int64_t not_before;    /* back-off after failures */
    unsigned failures;     /* in a row */
    int dead;              /* -ONR_E... that ended it inside a callback */
    struct onr_error dead_error;
    struct onr_engine_counts counts;
};

int
onr_engine_new(const struct onr_engine_spec *spec, struct onr_engine **ret, struct onr_error *err)
{
    struct onr_engine *e = calloc(1, sizeof *e);

    if (!e || !(e->lane = calloc(ONR_LEDGER_MAX, sizeof *e->lane))
        || !(e->flow = calloc(ONR_LEDGER_MAX, sizeof *e->flow))
        || !(e->offsets = calloc(ONR_LEDGER_MAX, sizeof *e->offsets))) {
        onr_engine_free(e);
        return onr_fail(err, ONR_ENOMEM, "no memory for the engine");
    }
    e->spec = *spec;
    e->took = spec->commit_ms;
    *ret = e;
    return 0;
}

static void
close_lanes(struct onr_engine *e)
{
    for (size_t i = 0; i < e->n; i++) {
        onr_ledger_remove(&e->ledger, e->lane[i].partition);
        e->spec.lanes->close(e->spec.lanes_ctx, e->lane[i].partition);
    }
    e->n = 0;
}

void
onr_engine_free(struct onr_engine *e)
{
    if (!e)
        return;
    close_lanes(e);
    onr_ledger_release(&e->ledger);
    free(e->lane);
    free(e->flow);
    free(e->offsets);
    free(e);
}

static int64_t
now_ms(const struct onr_engine *e)
{
    return e->spec.host->now_ms(e->spec.host_ctx);
}

static void
tell(struct onr_engine *e, enum onr_engine_event what, int32_t partition, const char *text)
{
    if (e->spec.event)
        e->spec.event(e->spec.event_ctx, what, partition, text);
}

static struct lane *
find_lane(struct onr_engine *e, int32_t partition)
{
    for (size_t i = 0; i < e->n; i++)
        if (e->lane[i].partition == partition)
            return &e->lane[i];
    return NULL;
}

int
onr_engine_assign(struct onr_engine *e, const int32_t *partition, size_t n, struct onr_error *err)
{
    if (n > ONR_LEDGER_MAX - e->n)
        return onr_fail(err, ONR_ELIMIT, "more than %d partitions", ONR_LEDGER_MAX);
    for (size_t i = 0; i < n; i++) {
        if (find_lane(e, partition[i]))
            continue;
        e->lane[e->n++] = (struct lane){ .partition = partition[i], .due = -1, .dropped = -1 };
        tell(e, ONR_ENGINE_ASSIGNED, partition[i], "");
    }
    e->reflow = true;
    return 0;
}

/* Errors that trying again does not cure. */
static bool
ends_worker(int rc)
{
    return rc != -ONR_EBROKER && rc != -ONR_ENOMEM && rc != -ONR_EIO && rc != -ONR_EFENCED;
}

static void
drop_attempts(struct onr_engine *e)
{
    for (size_t i = 0; i < e->n; i++)
        if (e->lane[i].state != LANE_ASSIGNED)
            e->spec.lanes->drop(e->spec.lanes_ctx, e->lane[i].partition);
}

/* Nobody knows: each lane is opened again from what Kafka holds. */
static void
forget(struct onr_engine *e)
{
    for (size_t i = 0; i < e->n; i++) {
        struct lane *l = &e->lane[i];
        struct onr_ledger_entry *entry = onr_ledger_find(&e->ledger, l->partition);

        if (entry) { /* which of the two it is shows when the lane is open again */
            l->due = entry->first;
            l->dropped = entry->must;
            l->floor = entry->next;
        }
        onr_ledger_remove(&e->ledger, l->partition);
        e->spec.lanes->close(e->spec.lanes_ctx, l->partition);
        l->state = LANE_ASSIGNED;
        l->retry_at = 0;
        l->waits = 0;
    }
}

static void
back_off(struct onr_engine *e)
{
    int64_t wait = 0;

    if (e->failures > 1) {
        unsigned doublings = e->failures - 2;

        wait = doublings > 6 ? BACKOFF_MAX_MS : (int64_t) BACKOFF_MS << doublings;
    }
    e->not_before = now_ms(e) + wait;
}

/* Undo the transaction, whatever became of it. 0 also while the host cannot do it yet: step tries again. */
static int
settle(struct onr_engine *e, const char *why, struct onr_error *err)
{
    struct onr_error undo = ONR_ERROR_INIT;
    int rc = e->spec.host->undo(e->spec.host_ctx, &undo);
    bool unclear = rc == 1 || e->broken;

    drop_attempts(e);
    e->open = false;
    e->reflow = true;
    back_off(e);
    if (rc < 0) {
        forget(e);
        e->broken = true;
        e->failures++;
        if (ends_worker(rc) || rc == -ONR_EFENCED)
            return onr_fail(err, undo.code ? undo.code : -rc, "%s", undo.text);
        tell(e, ONR_ENGINE_UNCLEAR, -1, undo.text);
        return 0;
    }
    e->broken = false;
    if (unclear) {
        forget(e);
        e->counts.unclear++;
    } else { /* certain that nothing was committed: the input goes back */
        for (size_t i = 0; i < e->ledger.n; i++)
            onr_ledger_rollback(&e->ledger.entry[i]);
        e->counts.aborted++;
    }
    tell(e, unclear ? ONR_ENGINE_UNCLEAR : ONR_ENGINE_ABORTED, -1, why);
    return 0;
}

/* The transaction failed with rc and what err says. Returns 0 when the worker may go on. */
static int
recover(struct onr_engine *e, int rc, struct onr_error *err)
{
    struct onr_error why = err ? *err : (struct onr_error) ONR_ERROR_INIT;
    int settled;

    e->failures++;
    settled = settle(e, why.text, err);
    if (settled < 0)
        return settled;
    if (ends_worker(rc) || e->failures > e->spec.max_failures) {
        if (err)
            *err = why;
        return rc;
    }
    return 0;
}

void
onr_engine_revoke(struct onr_engine *e)
{
    struct onr_error err = ONR_ERROR_INIT;
    int rc;

    if (e->open && (rc = settle(e, "partitions were taken away", &err)) < 0) {
        e->dead = rc;
        e->dead_error = err;
    }
    if (e->n)
        tell(e, ONR_ENGINE_REVOKED, -1, "");
    close_lanes(e);
    e->stalled = false;
    e->reflow = false;
}

/* Commits begin commit_ms apart: what came in while the last one was on its way has waited already. Where commits take long, half
 * of the time at least is for records. */
static int
begin(struct onr_engine *e, struct onr_error *err)
{
    int rc = e->spec.host->begin(e->spec.host_ctx, err);
    int64_t least;

    if (rc < 0)
        return rc;
    e->open = true;
    least = now_ms(e) + e->took;
    e->due_at = e->last_at + e->spec.commit_ms;
    if (e->due_at < least)
        e->due_at = least;
    return 0;
}

static bool
heartbeat_due(const struct onr_engine *e, const struct lane *l, int64_t now)
{
    return l->state != LANE_ASSIGNED && (l->fresh || now - l->committed_at >= e->spec.heartbeat_ms);
}

/* Mark the lanes that get a COMMIT in this transaction; returns how many. */
static size_t
choose(struct onr_engine *e, int64_t now)
{
    size_t n = 0;

    for (size_t i = 0; i < e->n; i++) {
        struct lane *l = &e->lane[i];
        struct onr_ledger_entry *entry = onr_ledger_find(&e->ledger, l->partition);

        l->part = entry && (entry->taken > 0 || heartbeat_due(e, l, now));
        n += l->part;
    }
    return n;
}

static int
seal_and_send(struct onr_engine *e, struct onr_error *err)
{
    const struct onr_engine_host *host = e->spec.host;
    size_t n = 0;
    int rc;

    for (size_t i = 0; i < e->n; i++) {
        struct onr_ledger_entry *entry = onr_ledger_find(&e->ledger, e->lane[i].partition);

        if (!e->lane[i].part)
            continue;
        if ((rc = e->spec.lanes->seal(e->spec.lanes_ctx, entry->partition, entry->next, err)) < 0)
            return rc;
        e->offsets[n++] = (struct onr_offset){ .topic = e->spec.topic,
                                               .partition = entry->partition,
                                               .next = entry->next };
    }
    if ((rc = host->flush(e->spec.host_ctx, err)) < 0)
        return rc;
    for (size_t i = 0; i < n; i++)
        e->offsets[i].metadata = e->spec.lanes->metadata(e->spec.lanes_ctx,
                                                         e->offsets[i].partition);
    if ((rc = host->offsets(e->spec.host_ctx, e->offsets, n, err)) < 0)
        return rc;
    return host->commit(e->spec.host_ctx, err);
}

static int
keep(struct onr_engine *e, int64_t now, struct onr_error *err)
{
    int rc;

    for (size_t i = 0; i < e->n; i++) {
        struct lane *l = &e->lane[i];
        struct onr_ledger_entry *entry = onr_ledger_find(&e->ledger, l->partition);

        if (!l->part)
            continue;
        if ((rc = e->spec.lanes->keep(e->spec.lanes_ctx, l->partition, err)) < 0)
            return rc;
        e->counts.records += entry->taken;
        e->counts.heartbeats += entry->taken == 0;
        onr_ledger_commit(entry);
        l->committed_at = now;
        l->fresh = false;
        tell(e, ONR_ENGINE_COMMITTED, l->partition, "");
    }
    return 0;
}

/* Commit the open transaction, or begin one for heartbeats. 0 when the worker may go on, committed or not. */
static int
commit(struct onr_engine *e, struct onr_error *err)
{
    int64_t now = now_ms(e);
    int rc;

    if (choose(e, now) == 0)
        return e->open ? settle(e, "an empty transaction", err) : 0;
    if (!e->open && (rc = begin(e, err)) < 0)
        return recover(e, rc, err);
    if ((rc = seal_and_send(e, err)) < 0)
        return recover(e, rc, err);
    e->open = false;
    e->last_at = now;
    e->took = now_ms(e) - now;
    if (e->took > e->spec.commit_ms)
        e->took = e->spec.commit_ms;
    e->failures = 0;
    e->counts.transactions++;
    return keep(e, now, err);
}

static bool
may_begin(const struct onr_engine *e)
{
    return !e->spec.lanes->may_begin || e->spec.lanes->may_begin(e->spec.lanes_ctx);
}

static void
hold(struct onr_engine *e, struct lane *l, const char *why)
{
    l->state = LANE_HELD;
    l->retry_at = now_ms(e) + e->spec.hold_ms;
    e->reflow = true;
    e->counts.held++;
    tell(e, ONR_ENGINE_HELD, l->partition, why);
}

/* Offer a record to its lane; a full block is committed first. */
static int
process(struct onr_engine *e, struct lane *l, const struct onr_message *m, struct onr_error *err)
{
    for (int attempt = 0; attempt < 2; attempt++) {
        int rc;

        if (!e->open && (rc = begin(e, err)) < 0)
            return recover(e, rc, err);
        rc = e->spec.lanes->process(e->spec.lanes_ctx, m, err);
        if (rc < 0)
            return recover(e, rc, err);
        if (rc == ONR_PROCESS_TOOK) {
            onr_ledger_took(onr_ledger_find(&e->ledger, m->partition), m->offset);
            return 0;
        }
        if (rc == ONR_PROCESS_HOLD) {
            hold(e, l, err ? err->text : "");
            return 0;
        }
        if ((rc = commit(e, err)) < 0)
            return rc;
        if (e->reflow) /* it failed: the record will come again */
            return 0;
    }
    return onr_fail(err, ONR_ESTATE,
                    "partition %" PRId32 " offset %" PRId64
                    ": an empty block has no room for one record",
                    m->partition, m->offset);
}

int
onr_engine_message(struct onr_engine *e, const struct onr_message *m, struct onr_error *err)
{
    struct lane *l = find_lane(e, m->partition);
    struct onr_ledger_entry *entry;

    entry = l ? onr_ledger_find(&e->ledger, m->partition) : NULL;
    if (e->dead || e->broken || e->reflow || e->stalled || !entry || l->state != LANE_RUNNING) {
        /* It comes from a position that is given up, and will come again. */
        if (entry)
            onr_ledger_owes(entry, m->offset);
        else if (l && l->dropped < 0 && m->offset >= l->floor)
            l->dropped = m->offset;
        return 0;
    }
    switch (onr_ledger_ask(entry, m->offset)) {
    case ONR_LEDGER_SEEN:
        e->counts.duplicates++;
        return 0;
    case ONR_LEDGER_GAP:
        e->reflow = true;
        return 0;
    case ONR_LEDGER_TAKE:
        break;
    }
    onr_ledger_owes(entry, m->offset); /* until it is taken, whatever happens */
    if (!e->open && !may_begin(e)) {
        e->stalled = true;
        e->reflow = true;
        return 0;
    }
    return process(e, l, m, err);
}

void
onr_engine_end(struct onr_engine *e, int32_t partition, int64_t offset)
{
    struct lane *l = find_lane(e, partition);

    if (l && l->state == LANE_RUNNING && !e->reflow && !e->broken)
        onr_ledger_reached(onr_ledger_find(&e->ledger, partition), offset);
}

static int
open_lane(struct onr_engine *e, struct lane *l, struct onr_error *err)
{
    struct onr_error why = ONR_ERROR_INIT;
    struct onr_ledger_entry *entry;
    int64_t next = 0;
    bool fresh = false;
    int rc = e->spec.lanes->open(e->spec.lanes_ctx, l->partition, &next, &fresh, &why);

    if (rc == 1 || rc == -ONR_EBROKER) {
        l->retry_at = now_ms(e) + (rc == 1 ? e->spec.hold_ms / 20 : e->spec.hold_ms);
        if (l->waits++ % WAITS_TOLD == 0)
            tell(e, ONR_ENGINE_WAITING, l->partition, why.text);
        return 0;
    }
    if (rc < 0 || (rc = onr_ledger_add(&e->ledger, l->partition, next)) < 0)
        return onr_fail(err, -rc, "%s", why.text[0] ? why.text : "no room in the ledger");
    entry = onr_ledger_find(&e->ledger, l->partition);
    if (l->due >= 0)
        onr_ledger_owes(entry, l->due);
    if (l->dropped >= 0)
        onr_ledger_owes(entry, l->dropped);
    l->due = l->dropped = -1;
    l->state = LANE_RUNNING;
    l->committed_at = now_ms(e);
    l->fresh = fresh;
    e->reflow = true;
    tell(e, ONR_ENGINE_OPENED, l->partition, why.text);
    return 0;
}

/* Lanes that wait for something, whose time has come. Far from its brokers a worker opens a lane in half a minute, and the group
 * must hear of it in the meantime: the rest is left to the next step then. */
static int
wake_lanes(struct onr_engine *e, int64_t now, struct onr_error *err)
{
    for (size_t i = 0; i < e->n; i++) {
        struct lane *l = &e->lane[i];
        int rc;

        if (l->state == LANE_RUNNING || now < l->retry_at)
            continue;
        if (now_ms(e) - now > WAKE_MS)
            return 0;
        if (l->state == LANE_HELD) {
            l->state = LANE_RUNNING;
            e->reflow = true;
        } else if ((rc = open_lane(e, l, err)) < 0) {
            return rc;
        }
    }
    return 0;
}

static int
flow(struct onr_engine *e, struct onr_error *err)
{
    size_t n = 0;
    int rc;

    for (size_t i = 0; i < e->n && !e->stalled; i++)
        if (e->lane[i].state == LANE_RUNNING)
            e->flow[n++] = (struct onr_flow){
                e->lane[i].partition, onr_ledger_find(&e->ledger, e->lane[i].partition)->next
            };
    rc = e->spec.host->flow(e->spec.host_ctx, e->flow, n, err);
    if (rc == -ONR_EBROKER) /* the group is on the move: a revoke or an assignment follows */
        return 0;
    if (rc == 0)
        e->reflow = false;
    return rc;
}

int
onr_engine_step(struct onr_engine *e, struct onr_error *err)
{
    int64_t now = now_ms(e);
    int rc = 0;

    if (e->dead) {
        if (err)
            *err = e->dead_error;
        return e->dead;
    }
    if (e->broken) {
        if (now < e->not_before)
            return 0;
        if ((rc = settle(e, "settled after an outage", err)) < 0 || e->broken)
            return rc;
    }
    if (now < e->not_before)
        return 0;
    if ((rc = wake_lanes(e, now, err)) < 0)
        return rc;
    if (e->stalled && may_begin(e)) {
        e->stalled = false;
        e->reflow = true;
    }
    if ((e->open && now >= e->due_at) || (!e->open && choose(e, now) > 0 && may_begin(e)))
        rc = commit(e, err);
    if (rc == 0 && e->reflow && !e->broken && now_ms(e) >= e->not_before)
        rc = flow(e, err);
    return rc;
}

int
onr_engine_wait_ms(const struct onr_engine *e)
{
    int64_t now = now_ms(e), at = now + 1000;

    if (e->dead)
        return 0;
    for (size_t i = 0; i < e->n; i++) {
        const struct lane *l = &e->lane[i];
        int64_t due = l->state == LANE_RUNNING
                          ? (l->fresh ? now : l->committed_at + e->spec.heartbeat_ms)
                          : l->retry_at;

        if (due < at)
            at = due;
    }
    if (e->open && e->due_at < at)
        at = e->due_at;
    if (e->stalled && at > now + STALL_MS)
        at = now + STALL_MS;
    if (e->reflow || e->broken)
        at = now;
    if (at < e->not_before)
        at = e->not_before;
    return at <= now ? 0 : (int) (at - now);
}

int
onr_engine_finish(struct onr_engine *e, struct onr_error *err)
{
    if (e->dead || e->broken || !e->open)
        return 0;
    return commit(e, err);
}

void
onr_engine_partitions(const struct onr_engine *e, size_t *ret_assigned, size_t *ret_running)
{
    size_t running = 0;

    for (size_t i = 0; i < e->n; i++)
        running += e->lane[i].state == LANE_RUNNING;
    *ret_assigned = e->n;
    *ret_running = running;
}

const struct onr_ledger *
onr_engine_ledger(const struct onr_engine *e)
{
    return &e->ledger;
}

void
onr_engine_counts(const struct onr_engine *e, struct onr_engine_counts *ret)
{
    *ret = e->counts;
}
