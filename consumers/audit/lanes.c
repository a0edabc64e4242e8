/* consumers/audit/lanes.c - which lanes there should be, whatever the topics show.
 *
 * A lane that is not there cannot be seen in what is there: the key log says which lanes began, the topic of statements which must
 * have been read, a trusted head which were seen before. Each of them is audited or reported, every epoch of a partition.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "consumers/audit/audit.h"

int
onr_audit_partitions(struct onr_audit *a, int32_t *ret, struct onr_error *err)
{
    const struct onr_kafka_settings *s = &a->broker->settings;
    const char *inputs = s->topics.name[ONR_TOPIC_STATEMENTS];
    int32_t known = onr_keyring_partitions(a->keyring);
    int rc;

    rc = onr_broker_wait(a->broker, a->lane_reader, s->topics.name[ONR_TOPIC_ATTRIBUTIONS],
                         &a->partitions, err);
    if (rc < 0)
        return rc;
    if (a->inputs)
        rc = onr_broker_wait(a->broker, a->lane_reader, inputs, &a->input_partitions, err);
    else if (onr_reader_partitions(a->lane_reader, inputs, s->timeout_ms, &a->input_partitions,
                                   NULL)
             < 0)
        a->input_partitions = 0; /* whoever may not read the statements can audit all the same */
    if (rc < 0)
        return rc;
    *ret = a->partitions > a->input_partitions ? a->partitions : a->input_partitions;
    if (known > *ret)
        *ret = known;
    return 0;
}

void
onr_audit_lanes_release(struct onr_audit_lanes *l)
{
    for (size_t i = 0; i < l->n; i++)
        onr_audit_lane_release(&l->lane[i]);
    free(l->lane);
    *l = (struct onr_audit_lanes){ .lane = NULL };
}

static int
add_lane(struct onr_audit_lanes *l, int32_t partition, const char *origin,
         struct onr_audit_lane **ret, struct onr_error *err)
{
    int rc;

    if (l->n == l->cap) {
        size_t cap = l->cap ? 2 * l->cap : 16;
        struct onr_audit_lane *grown = realloc(l->lane, cap * sizeof *grown);

        if (!grown)
            return onr_fail(err, ONR_ENOMEM, "no memory for %zu lanes", cap);
        l->lane = grown;
        l->cap = cap;
    }
    if ((rc = onr_audit_lane_init(&l->lane[l->n], partition, origin, err)) == 0)
        *ret = &l->lane[l->n++];
    return rc;
}

/* A partition without GENESIS: nothing in it is anybody's lane; but where statements go in, one should come out. */
static int
no_lane(struct onr_audit *a, struct onr_audit_lanes *l, int32_t partition, struct onr_error *err)
{
    struct onr_error why = ONR_ERROR_INIT;
    char origin[ONR_ORIGIN_MAX + 1];
    struct onr_audit_lane *lane;
    int rc;

    if ((rc = add_lane(l, partition, "", &lane, err)) < 0)
        return rc;
    if (partition >= a->partitions)
        return onr_audit_lane(a, lane, err);
    if (onr_keyring_origin(a->keyring, partition, origin, &why) < 0)
        onr_audit_note(lane, ONR_VERDICT_NOT_COVERED, "no-genesis", "lane", -1, UINT64_MAX, "%s",
                       why.text);
    return 0;
}

/* Every epoch of a partition, oldest first: each but the last must have been sealed. */
static int
audit_partition(struct onr_audit *a, struct onr_audit_lanes *l, int32_t partition,
                struct onr_error *err)
{
    char origin[ONR_ORIGIN_MAX + 1], later[ONR_ORIGIN_MAX + 1];
    struct onr_audit_lane *lane;
    int64_t answered = 0;
    uint32_t epoch = 0;
    int rc;

    if ((rc = onr_keyring_next_epoch(a->keyring, partition, &epoch, origin, err)) < 0)
        return rc;
    if (epoch == 0)
        return no_lane(a, l, partition, err);
    while (epoch) {
        if ((rc = onr_keyring_next_epoch(a->keyring, partition, &epoch, later, err)) < 0
            || (rc = add_lane(l, partition, origin, &lane, err)) < 0)
            return rc;
        lane->superseded = epoch > 0;
        lane->answered = answered;
        if ((rc = onr_audit_lane(a, lane, err)) < 0)
            return rc;
        if (lane->head.started)
            answered = lane->head.in_next;
        memcpy(origin, later, sizeof origin);
    }
    return 0;
}

static bool
audited(const struct onr_audit_lanes *l, const char *origin)
{
    for (size_t i = 0; i < l->n; i++)
        if (strcmp(l->lane[i].origin, origin) == 0)
            return true;
    return false;
}

/* Is this the name of a lane of our topics, whether the key log knows it or not? */
static bool
is_ours(const struct onr_audit *a, const struct onr_lane_name *n)
{
    const struct onr_topic_names *names = &a->broker->settings.topics;

    return onr_span_eq_z(n->org, onr_keyring_trust(a->keyring)->org)
           && onr_span_eq_z(n->output, names->name[ONR_TOPIC_ATTRIBUTIONS])
           && onr_span_eq_z(n->input, names->name[ONR_TOPIC_STATEMENTS]);
}

/* Trusted heads whose lanes were not met. `only`: the partition that was asked for, -1 for all. */
static int
heads_left(struct onr_audit *a, const struct onr_head_store *heads, int32_t only,
           struct onr_audit_lanes *l, struct onr_error *err)
{
    for (size_t i = 0; heads && i < onr_head_store_count(heads); i++) {
        const struct onr_head *h = onr_head_store_at(heads, i);
        struct onr_audit_lane *lane;
        struct onr_lane_name n;
        bool ours;
        int rc;

        if (audited(l, h->origin))
            continue;
        if ((rc = onr_origin_parse(onr_span_z(h->origin), &n, err)) < 0)
            return rc;
        ours = is_ours(a, &n);
        if (only >= 0 && (!ours || n.partition != only))
            continue;
        if ((rc = add_lane(l, n.partition, h->origin, &lane, err)) < 0)
            return rc;
        if (ours)
            onr_audit_note(lane, ONR_VERDICT_MISSING, "head-unmet", "lane", -1, h->tree.size,
                           "a trusted head has %" PRIu64
                           " records of this lane, but the key log does not know it any more",
                           h->tree.size);
        else
            onr_audit_note(lane, ONR_VERDICT_NOT_COVERED, "head-elsewhere", "lane", -1,
                           h->tree.size,
                           "a trusted head is of this lane, which belongs to other topics or to "
                           "another organisation: it was not compared with anything");
    }
    return 0;
}

int
onr_audit_lanes(struct onr_audit *a, int32_t n, int32_t only, struct onr_audit_lanes *l,
                struct onr_error *err)
{
    int rc = 0;

    for (int32_t p = 0; p < n && rc == 0; p++)
        if (only < 0 || p == only)
            rc = audit_partition(a, l, p, err);
    if (rc == 0)
        rc = heads_left(a, a->begin, only, l, err);
    return rc < 0 ? rc : heads_left(a, a->expect, only, l, err);
}
