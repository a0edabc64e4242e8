/* tests/simulation/kafka.c - what consumers/classify and the key ring call of common/stream, answered by the broker in memory.
 *
 * The functions have the names and the promises of reader.h, txn.h and worker.h, and take their place in the link. A wait lets the
 * simulation's time pass.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/simulation/worker.h"

#define RANGES  8
#define WAIT_MS 5 /* between two looks while something is waited for */

/* --- time (linked with --wrap) --- */

int64_t __wrap_onr_now_ms(void);
int64_t __wrap_onr_wall_ms(void);

int64_t
__wrap_onr_now_ms(void)
{
    return sim->now;
}

int64_t
__wrap_onr_wall_ms(void)
{
    return INT64_C(2000000000000) + sim->now;
}

static int
gone(struct onr_error *err)
{
    return onr_fail(err, ONR_EBROKER, "this worker was killed");
}

static enum sim_topic
topic_of(const char *name)
{
    for (int t = 0; t < SIM_TOPICS; t++)
        if (strcmp(sim_topic_name[t], name) == 0)
            return (enum sim_topic) t;
    abort();
}

/* --- reader.h --- */

struct range {
    enum sim_topic topic;
    int p;
    int64_t position, to;
};

struct onr_reader {
    struct range range[RANGES];
    size_t n;
};

int
onr_reader_open(const struct onr_kafka *k, bool uncommitted, struct onr_reader **ret,
                struct onr_error *err)
{
    (void) k, (void) uncommitted;
    *ret = calloc(1, sizeof **ret);
    return *ret ? 0 : onr_fail(err, ONR_ENOMEM, "no memory for a reader");
}

int
onr_reader_open_quick(const struct onr_kafka *k, bool uncommitted, struct onr_reader **ret,
                      struct onr_error *err)
{
    return onr_reader_open(k, uncommitted, ret, err);
}

void
onr_reader_close(struct onr_reader *r)
{
    free(r);
}

int
onr_reader_partitions(struct onr_reader *r, const char *topic, int timeout_ms, int32_t *ret_n,
                      struct onr_error *err)
{
    (void) r, (void) timeout_ms, (void) err;
    *ret_n = topic_of(topic) == SIM_KEYS ? 1 : SIM_PARTITIONS;
    return 0;
}

int
onr_reader_bounds(struct onr_reader *r, const char *topic, int32_t partition, int timeout_ms,
                  int64_t *ret_low, int64_t *ret_end, struct onr_error *err)
{
    (void) r, (void) timeout_ms;
    if (!sim_alive())
        return gone(err);
    if (sim_caller && sim_chance(sim, 200))
        return onr_fail(err, ONR_EBROKER, "no bounds: the simulation says no");
    *ret_low = 0;
    *ret_end = sim_stable(sim, topic_of(topic), partition);
    return 0;
}

int
onr_reader_assign(struct onr_reader *r, const struct onr_topic_range *range, size_t n,
                  struct onr_error *err)
{
    if (n > RANGES)
        return onr_fail(err, ONR_ELIMIT, "more ranges than the simulation has");
    r->n = n;
    for (size_t i = 0; i < n; i++)
        r->range[i] = (struct range){ topic_of(range[i].topic), range[i].partition, range[i].from,
                                      range[i].to == ONR_RANGE_FOLLOW ? INT64_MAX : range[i].to };
    return 0;
}

/* The next visible record of a range; NULL where there is none by now. */
static const struct onr_message *
look(struct range *g)
{
    int64_t end = sim_stable(sim, g->topic, g->p);

    while (g->position < end && g->position < g->to) {
        const struct sim_record *rec = &sim->log[g->topic][g->p].r[g->position++];

        if (sim_visible(sim, rec))
            return rec->m;
    }
    return NULL;
}

int
onr_reader_next(struct onr_reader *r, int timeout_ms, const struct onr_message **ret_message,
                struct onr_error *err)
{
    int64_t until = sim->now + timeout_ms;

    if (!sim_alive())
        return gone(err);
    for (;;) {
        bool all = true;

        for (size_t i = 0; i < r->n; i++) {
            if ((*ret_message = look(&r->range[i])))
                return ONR_READ_MESSAGE;
            all = all && r->range[i].position >= r->range[i].to;
        }
        if (all)
            return ONR_READ_END;
        if (sim->now >= until)
            return ONR_READ_WAIT;
        sim_pass(sim, WAIT_MS);
    }
}

/* --- txn.h --- */

int
onr_txn_produce_mark(struct onr_txn *t, const char *topic, int32_t partition, struct onr_span key,
                     struct onr_span value, const struct onr_kafka_header *header, size_t n_headers,
                     int64_t *offset, struct onr_error *err)
{
    struct onr_message m = {
        .timestamp_ms = -1, .key = key, .value = value, .n_headers = n_headers
    };
    enum sim_topic at = topic_of(topic);
    struct sim_txn *x;
    unsigned number;
    int64_t where;

    if (!sim_alive())
        return gone(err);
    if (sim_chance(sim, 150))
        sim_pass(sim, (int64_t) sim_draw(sim, 300));
    x = sim_txn_of(sim, t->id, t->epoch, at, partition, t->announced[at][partition], &number);
    if (!x) {
        t->unclear = true;
        return onr_fail(err, ONR_EBROKER, "a record was not delivered");
    }
    t->announced[at][partition] = x->touched[at][partition] = true;
    memcpy(m.header, header, n_headers * sizeof *header);
    where = sim_append(sim, at, partition, number, &m);
    if (offset && !sim_chance(sim, 10)) /* an answer to a repeated request does not say where */
        *offset = where;
    return 0;
}

int
onr_txn_produce(struct onr_txn *t, const char *topic, int32_t partition, struct onr_span key,
                struct onr_span value, const struct onr_kafka_header *header, size_t n_headers,
                struct onr_error *err)
{
    return onr_txn_produce_mark(t, topic, partition, key, value, header, n_headers, NULL, err);
}

int
onr_txn_produce_at(struct onr_txn *t, const char *topic, int32_t partition, int64_t timestamp_ms,
                   struct onr_span key, struct onr_span value,
                   const struct onr_kafka_header *header, size_t n_headers, struct onr_error *err)
{
    (void) timestamp_ms;
    return onr_txn_produce_mark(t, topic, partition, key, value, header, n_headers, NULL, err);
}

int
onr_txn_high(struct onr_txn *t, const char *topic, int32_t partition, int timeout_ms,
             int64_t *ret_high, struct onr_error *err)
{
    enum sim_topic at = topic_of(topic);

    (void) t, (void) timeout_ms;
    if (!sim_alive())
        return gone(err);
    *ret_high = sim->off == SIM_NO_UNDECIDED ? sim_stable(sim, at, partition)
                                             : sim_high(sim, at, partition);
    return 0;
}

/* --- worker.h --- */

int
onr_worker_committed(struct onr_worker *w, int32_t partition, int timeout_ms, int64_t *ret_next,
                     char ret_metadata[ONR_WORKER_METADATA], struct onr_error *err)
{
    (void) w, (void) timeout_ms;
    if (!sim_alive())
        return gone(err);
    for (int i = 0; i < SIM_WORKERS && sim->off != SIM_NO_UNDECIDED; i++) {
        const struct sim_producer *c = &sim->producer[i];

        if ((c->txn && sim->txn[c->txn].offset[partition].set)
            || (c->settling && sim->txn[c->settling].offset[partition].set))
            return onr_fail(err, ONR_EBROKER, "the group's position is undecided");
    }
    *ret_next = sim->group[partition].next;
    memcpy(ret_metadata, sim->group[partition].metadata, ONR_WORKER_METADATA);
    return 0;
}
