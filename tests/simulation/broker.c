/* tests/simulation/broker.c - see broker.h. */
#include "tests/simulation/broker.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARENA_BYTES ((size_t) 64 * 1024 * 1024)
#define LATE_MS     400
#define SETTLE_MS   12

const char *const sim_topic_name[SIM_TOPICS] = { "onrecord.statements", "onrecord.attributions",
                                                 "onrecord.rejects", "onrecord.keys" };
struct sim_broker *sim;

void
sim_broker_init(struct sim_broker *b, uint64_t seed)
{
    memset(b, 0, sizeof *b);
    b->random = seed;
    b->txn[0].fate = SIM_DONE; /* of what was written outside of any */
    b->arena = (struct onr_arena) ONR_ARENA_INIT(ARENA_BYTES);
    for (int p = 0; p < SIM_PARTITIONS; p++) {
        b->group[p].next = -1;
        b->owner[p] = -1;
    }
}

void
sim_broker_release(struct sim_broker *b)
{
    for (int t = 0; t < SIM_TOPICS; t++)
        for (int p = 0; p < SIM_PARTITIONS; p++)
            free(b->log[t][p].r);
    onr_arena_release(&b->arena);
}

uint64_t
sim_draw(struct sim_broker *b, uint64_t below)
{
    uint64_t z = b->random += 0x9e3779b97f4a7c15u; /* splitmix64 */

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (z ^ (z >> 31)) % below;
}

bool
sim_chance(struct sim_broker *b, unsigned one_in)
{
    return b->faults && sim_draw(b, one_in) == 0;
}

/* --- logs --- */

static void *
keep(struct sim_broker *b, const void *from, size_t len)
{
    void *copy = onr_arena_alloc(&b->arena, len ? len : 1);

    if (!copy)
        abort();
    if (len)
        memcpy(copy, from, len);
    return copy;
}

static struct onr_span
keep_span(struct sim_broker *b, struct onr_span s)
{
    return s.ptr ? onr_span_of(keep(b, s.ptr, s.len), s.len) : s;
}

int64_t
sim_append(struct sim_broker *b, enum sim_topic t, int p, unsigned txn, const struct onr_message *m)
{
    struct sim_log *l = &b->log[t][p];
    struct onr_message *copy = m ? keep(b, m, sizeof *m) : NULL;

    if (l->n == l->cap) {
        l->cap = l->cap ? 2 * l->cap : 64;
        if (!(l->r = realloc(l->r, l->cap * sizeof *l->r)))
            abort();
    }
    if (copy) {
        copy->topic = sim_topic_name[t];
        copy->partition = p;
        copy->offset = (int64_t) l->n;
        copy->key = keep_span(b, m->key);
        copy->value = keep_span(b, m->value);
        for (size_t i = 0; i < m->n_headers; i++)
            copy->header[i] = (struct onr_kafka_header){ keep(b, m->header[i].name,
                                                              strlen(m->header[i].name) + 1),
                                                         keep_span(b, m->header[i].value) };
    }
    l->r[l->n] = (struct sim_record){ .txn = txn, .m = copy };
    return (int64_t) (l->shown = ++l->n) - 1;
}

bool
sim_visible(const struct sim_broker *b, const struct sim_record *r)
{
    return r->m && (r->txn == 0 || b->txn[r->txn].fate == SIM_DONE);
}

int64_t
sim_high(const struct sim_broker *b, enum sim_topic t, int p)
{
    return (int64_t) b->log[t][p].shown;
}

int64_t
sim_stable(struct sim_broker *b, enum sim_topic t, int p)
{
    struct sim_log *l = &b->log[t][p];

    while (l->stable < l->shown && b->txn[l->r[l->stable].txn].fate >= SIM_DONE)
        l->stable++;
    return (int64_t) l->stable;
}

/* --- transactions --- */

/* Its markers are written: from now on it is seen. */
static void
settle(struct sim_broker *b, unsigned number)
{
    struct sim_txn *x = &b->txn[number];

    if (x->fate != SIM_ENDED)
        return;
    x->fate = x->commit ? SIM_DONE : SIM_GONE;
    for (int t = 0; t < SIM_TOPICS; t++)
        for (int p = 0; p < SIM_PARTITIONS; p++)
            if (x->touched[t][p])
                sim_append(b, (enum sim_topic) t, p, 0, NULL);
    for (int p = 0; p < SIM_PARTITIONS; p++)
        if (x->commit && x->offset[p].set)
            b->group[p] = x->offset[p];
}

static void
end_under_way(struct sim_broker *b, struct sim_producer *c, bool commit)
{
    struct sim_txn *x = &b->txn[c->txn];

    x->fate = SIM_ENDED;
    x->commit = commit;
    x->settle_at = b->now + (b->faults ? (int64_t) sim_draw(b, SETTLE_MS) : 0);
    c->settling = c->txn;
    c->txn = 0;
}

static void
wait_settled(struct sim_broker *b, struct sim_producer *c)
{
    settle(b, c->settling);
    c->settling = 0;
}

bool
sim_end(struct sim_broker *b, int producer, int epoch, bool commit)
{
    struct sim_producer *c = &b->producer[producer];

    if (epoch != c->epoch)
        return false;
    if (c->txn)
        end_under_way(b, c, commit);
    return true;
}

void
sim_end_later(struct sim_broker *b, int producer, int epoch, bool commit)
{
    if (b->n_late < SIM_LATE)
        b->late[b->n_late++] = (struct sim_late){ producer, epoch, commit,
                                                  b->now + (int64_t) sim_draw(b, LATE_MS) };
}

int
sim_producer_init(struct sim_broker *b, int producer)
{
    struct sim_producer *c = &b->producer[producer];

    wait_settled(b, c);
    if (b->off == SIM_NO_EPOCHS)
        return c->epoch;
    if (c->txn)
        end_under_way(b, c, false);
    wait_settled(b, c);
    return ++c->epoch;
}

struct sim_txn *
sim_txn_of(struct sim_broker *b, int producer, int epoch, enum sim_topic t, int p, bool known,
           unsigned *ret_number)
{
    struct sim_producer *c = &b->producer[producer];

    if (epoch != c->epoch || (known && (!c->txn || !b->txn[c->txn].touched[t][p])))
        return NULL;
    if (!c->txn) {
        wait_settled(b, c);
        if (++b->n_txn == SIM_TXNS)
            abort();
        c->txn = b->n_txn;
        b->txn[c->txn] = (struct sim_txn){ .began_at = b->now };
    }
    *ret_number = c->txn;
    return &b->txn[c->txn];
}

static void
arrive(struct sim_broker *b)
{
    for (size_t i = 0; i < b->n_late;) {
        struct sim_late l = b->late[i];

        if (l.at > b->now) {
            i++;
            continue;
        }
        b->late[i] = b->late[--b->n_late];
        b->hits[SIM_HIT_LATE_END] += b->producer[l.producer].txn != 0;
        (void) sim_end(b, l.producer, l.epoch, l.commit);
    }
}

void
sim_pass(struct sim_broker *b, int64_t ms)
{
    b->now += ms;
    arrive(b);
    for (int i = 0; i < SIM_WORKERS; i++) {
        struct sim_producer *c = &b->producer[i];

        if (c->settling && b->txn[c->settling].settle_at <= b->now)
            wait_settled(b, c);
        if (c->txn && b->now - b->txn[c->txn].began_at > SIM_TXN_TIMEOUT_MS) {
            b->hits[SIM_HIT_TIMEOUT]++;
            wait_settled(b, c);
            end_under_way(b, c, false);
            c->epoch++;
        }
    }
}

/* --- damage --- */

static bool
is_commit(const struct sim_record *r)
{
    struct onr_span type = onr_message_header(r->m, "onr-type", NULL);

    return onr_span_eq_z(type, "commit");
}

/* Do bytes of a stranger stand before the COMMIT that ends at `last`? With them in its place a lost record counts as a changed one, and
 * nobody repairs that (docs/stmtlog.md). */
static bool
strange_before(const struct sim_broker *b, const struct sim_log *l, size_t last)
{
    for (size_t i = last - 1; i-- > 0;) {
        const struct sim_record *r = &l->r[i];

        if (r->m && r->m->n_headers == 0)
            return true;
        if (sim_visible(b, r) && is_commit(r))
            return false;
    }
    return false;
}

bool
sim_tear(struct sim_broker *b, int p)
{
    struct sim_log *l = &b->log[SIM_ATTRIBUTIONS][p];
    size_t last = l->n, first, in_block = 0;

    if (sim_stable(b, SIM_ATTRIBUTIONS, p) != sim_high(b, SIM_ATTRIBUTIONS, p)
        || b->n_txn + 1 == SIM_TXNS)
        return false;
    while (last > 0 && !(sim_visible(b, &l->r[last - 1]) && is_commit(&l->r[last - 1])))
        last--;
    for (first = last; first > 0; first--)
        in_block += l->r[first - 1].txn == l->r[last - 1].txn && l->r[first - 1].m != NULL;
    if (last == 0 || in_block < 2 || strange_before(b, l, last)) /* a heartbeat */
        return false;
    in_block = 1 + sim_draw(b, in_block - 1); /* so many are lost, the COMMIT never */
    b->txn[++b->n_txn] = (struct sim_txn){ .fate = SIM_GONE };
    for (size_t i = 0; in_block > 0; i++)
        if (l->r[i].txn == l->r[last - 1].txn && l->r[i].m) {
            l->r[i].txn = b->n_txn;
            in_block--;
        }
    b->hits[SIM_HIT_TORN]++;
    return true;
}
