/* consumers/keys/ends.c - see ends.h. */
#include "consumers/keys/ends.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/file.h"
#include "common/line/lane_message.h"
#include "common/line/program.h"
#include "common/stmtlog/commit.h"
#include "common/stream/tail.h"

#define ARENA_MAX (1024 * 1024) /* one COMMIT taken apart */
#define LOOK_MS   200           /* between two looks at the stop flag and the clock */
#define SAY_MS    10000         /* between two lines about what is waited for */

static int
add_lane(struct ends *e, const struct onr_lane_name *name, struct onr_error *err)
{
    struct lane_end *bigger = realloc(e->lane, (e->n + 1) * sizeof *bigger);
    struct lane_end *l;
    int rc;

    if (!bigger)
        return onr_fail(err, ONR_ENOMEM, "no memory for the lanes");
    e->lane = bigger;
    l = &e->lane[e->n];
    memset(l, 0, sizeof *l);
    l->partition = name->partition;
    l->epoch = name->epoch;
    if ((rc = onr_origin_print(name, l->origin, err)) < 0)
        return rc;
    for (size_t i = 0; i < e->n; i++)
        if (strcmp(e->lane[i].origin, l->origin) == 0)
            return 0; /* named by two entries */
    onr_lane_id(onr_span_z(l->origin), l->lane_id);
    e->n++;
    return 0;
}

static int
by_partition(const void *a, const void *b)
{
    const struct lane_end *x = a, *y = b;

    if (x->partition != y->partition)
        return x->partition < y->partition ? -1 : 1;
    return (x->epoch > y->epoch) - (x->epoch < y->epoch);
}

/* Every lane of the line's topics that a GENESIS lets begin. */
static int
list_lanes(struct ends *e, const struct onr_keyring *ring, struct onr_error *err)
{
    struct onr_span org = onr_span_z(onr_keyring_trust(ring)->org);
    const char *input = e->broker->settings.topics.name[ONR_TOPIC_STATEMENTS];
    int rc;

    for (uint64_t i = 0; i < onr_keylog_size(e->log); i++) {
        struct onr_keylog_entry entry;
        struct onr_lane_name name;

        if ((rc = onr_keylog_entry_parse(onr_keylog_text(e->log, i), &entry, err)) < 0)
            return rc;
        for (size_t j = 0; entry.kind == ONR_KEYLOG_GENESIS && j < entry.n_lanes; j++)
            if (onr_origin_parse(entry.lane[j].origin, &name, NULL) == 0
                && onr_span_eq(name.org, org) && onr_span_eq_z(name.output, e->topic)
                && onr_span_eq_z(name.input, input) && (rc = add_lane(e, &name, err)) < 0)
                return rc;
    }
    if (e->n > 0)
        qsort(e->lane, e->n, sizeof *e->lane, by_partition);
    return 0;
}

/* The lanes of one partition, while its end is looked for. */
struct stretch {
    struct ends *e;
    struct lane_end *lane;
    size_t n;
};

static void
begin(void *ctx)
{
    struct stretch *s = ctx;

    for (size_t i = 0; i < s->n; i++)
        s->lane[i].started = false;
}

/* Is this a COMMIT of one of these lanes, by a key that may sign it there? The one with the highest number counts. */
static int
take(void *ctx, const struct onr_message *m, struct onr_error *err)
{
    struct stretch *s = ctx;
    const struct onr_keylog_key *key;
    struct onr_lane_message opened;
    struct onr_commit c;
    int rc;

    onr_arena_reset(&s->e->arena);
    if ((rc = onr_lane_message_open(s->e->codec, m, &s->e->arena, &opened, err)) < 0)
        return rc;
    if (!opened.readable || !opened.commit || onr_commit_decode(opened.record.body, &c, NULL) < 0
        || !(key = onr_keylog_find(s->e->log, c.key_id)))
        return 0;
    for (size_t i = 0; i < s->n; i++) {
        struct lane_end *l = &s->lane[i];

        if (memcmp(l->lane_id, c.lane_id, sizeof l->lane_id) != 0
            || (l->started && c.commit_no <= l->commit_no)
            || onr_keylog_may_sign(s->e->log, c.key_id, onr_span_z(l->origin), c.size_after)
                   != ONR_KEY_OK
            || onr_commit_verify(&key->key, opened.record.body, opened.record.signature, NULL) < 0)
            continue;
        l->started = true;
        l->commit_no = c.commit_no;
        l->size = c.size_after;
        l->time_ms = c.time_ms;
        memcpy(l->key_id, c.key_id, sizeof l->key_id);
        return 1;
    }
    return 0;
}

static bool
enough(void *ctx)
{
    const struct stretch *s = ctx;

    for (size_t i = 0; i < s->n; i++)
        if (!s->lane[i].started)
            return false;
    return true;
}

static size_t
same_partition(const struct ends *e, size_t i)
{
    size_t n = 1;

    while (i + n < e->n && e->lane[i + n].partition == e->lane[i].partition)
        n++;
    return n;
}

static int
find_ends(struct ends *e, struct onr_reader *reader, struct onr_error *err)
{
    int rc;

    for (size_t i = 0; i < e->n;) {
        struct stretch s = { e, &e->lane[i], same_partition(e, i) };
        const struct onr_tail_visitor visitor = { &s, begin, take, enough };
        int64_t low, end;
        bool found;

        if ((rc = onr_reader_bounds(reader, e->topic, s.lane->partition,
                                    e->broker->settings.timeout_ms, &low, &end, err))
                < 0
            || (rc = onr_tail_read(reader, e->topic, s.lane->partition, low, end, -1,
                                   e->broker->settings.timeout_ms, &visitor, &found, err))
                   < 0)
            return rc;
        for (size_t j = 0; j < s.n; j++)
            s.lane[j].next = end;
        i += s.n;
    }
    return 0;
}

int
ends_open(const struct onr_broker *b, const struct onr_keyring *ring, struct ends **ret,
          struct onr_error *err)
{
    struct ends *e = calloc(1, sizeof *e);
    struct onr_reader *reader = NULL;
    int rc;

    if (!e)
        return onr_fail(err, ONR_ENOMEM, "no memory for the lanes");
    e->broker = b;
    e->log = onr_keyring_log(ring);
    e->topic = b->settings.topics.name[ONR_TOPIC_ATTRIBUTIONS];
    e->arena = (struct onr_arena) ONR_ARENA_INIT(ARENA_MAX);
    if ((rc = list_lanes(e, ring, err)) == 0 && (rc = onr_codec_new(&e->codec, err)) == 0
        && (rc = onr_reader_open_quick(&b->kafka, false, &reader, err)) == 0)
        rc = find_ends(e, reader, err);
    if (reader)
        onr_reader_close(reader);
    if (rc < 0)
        ends_close(e);
    else
        *ret = e;
    return rc;
}

void
ends_close(struct ends *e)
{
    if (!e)
        return;
    onr_codec_free(e->codec);
    onr_arena_release(&e->arena);
    free(e->lane);
    free(e);
}

const struct lane_end *
ends_find(const struct ends *e, struct onr_span text)
{
    const struct lane_end *found = NULL;
    unsigned long long partition;
    bool number = onr_span_u64(text, &partition) == 0;

    for (size_t i = 0; i < e->n; i++) /* epochs of a partition in order: the newest is the last */
        if (number ? (unsigned long long) e->lane[i].partition == partition
                   : onr_span_eq_z(text, e->lane[i].origin))
            found = &e->lane[i];
    return found;
}

/* A lane whose last COMMIT the key signed not long ago; NULL when there is none. */
static const struct lane_end *
busy(const struct ends *e, const struct onr_public_key *key, int64_t quiet_ms)
{
    int64_t now = onr_wall_ms();

    for (size_t i = 0; i < e->n; i++)
        if (e->lane[i].started && memcmp(e->lane[i].key_id, key->id, ONR_KEY_ID_LEN) == 0
            && now - e->lane[i].time_ms < quiet_ms)
            return &e->lane[i];
    return NULL;
}

static void
say(const struct lane_end *l, const struct onr_public_key *key, int64_t *said_ms)
{
    int64_t now = onr_now_ms(), ago = onr_wall_ms() - l->time_ms;

    if (*said_ms && now - *said_ms < SAY_MS)
        return;
    *said_ms = now;
    fprintf(stderr,
            "waiting until %s signs no more: start its workers with another key, or stop them; it "
            "signed %s %" PRId64 " s ago\n",
            key->name, l->origin, ago > 0 ? ago / 1000 : 0);
}

static int
take_followed(struct ends *e, const struct onr_message *m, struct onr_error *err)
{
    for (size_t i = 0; i < e->n; i += same_partition(e, i)) {
        struct stretch s = { e, &e->lane[i], same_partition(e, i) };

        if (s.lane->partition == m->partition)
            return take(&s, m, err);
    }
    return 0;
}

static int
follow(struct ends *e, struct onr_reader *reader, const struct onr_public_key *key,
       int64_t quiet_ms, struct onr_error *err)
{
    const struct lane_end *l;
    const struct onr_message *m;
    int64_t said_ms = 0;
    int rc;

    while ((l = busy(e, key, quiet_ms))) {
        say(l, key, &said_ms);
        if (onr_program_stopping())
            return onr_fail(err, ONR_ESTOP, "stopped; %s was not ended", key->name);
        if ((rc = onr_reader_next(reader, LOOK_MS, &m, err)) < 0
            || (rc == ONR_READ_MESSAGE && (rc = take_followed(e, m, err)) < 0))
            return rc;
    }
    return 0;
}

int
ends_wait(struct ends *e, const struct onr_public_key *key, int64_t quiet_ms, struct onr_error *err)
{
    struct onr_topic_range *range = NULL;
    struct onr_reader *reader = NULL;
    size_t n = 0;
    int rc;

    if (!busy(e, key, quiet_ms))
        return 0;
    if (!(range = calloc(e->n, sizeof *range)))
        return onr_fail(err, ONR_ENOMEM, "no memory for the lanes");
    for (size_t i = 0; i < e->n; i += same_partition(e, i))
        range[n++] = (struct onr_topic_range){ e->topic, e->lane[i].partition, e->lane[i].next,
                                               ONR_RANGE_FOLLOW };
    if ((rc = onr_reader_open(&e->broker->kafka, false, &reader, err)) == 0
        && (rc = onr_reader_assign(reader, range, n, err)) == 0)
        rc = follow(e, reader, key, quiet_ms, err);
    if (reader)
        onr_reader_close(reader);
    free(range);
    return rc;
}
