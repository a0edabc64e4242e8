/* consumers/keys/stop.c - the entries that end something: retire, revoke and rotate keys, give up old records.
 *
 * A key counts up to a size of each lane. retire and rotate end a key that did no wrong: the sizes are those that the lanes have
 * reached, and the key has to be quiet by then, because what it signs afterwards is foreign and would tear the lane. revoke ends a
 * key that somebody else may have: how far it is believed is for people to say, lane by lane.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/base/file.h"
#include "consumers/keys/ends.h"
#include "consumers/keys/writer.h"

/* One operand behind the command's name, no more. */
static int
one_operand(const struct onr_settings *s, const char *what, const char **ret, struct onr_error *err)
{
    if (onr_settings_argc(s) != 2)
        return onr_fail(err, ONR_EUSAGE, "name one %s: onrecord keys %s ... %s", what,
                        onr_settings_arg(s, 0), what);
    *ret = onr_settings_arg(s, 1);
    return 0;
}

/* Is this lane one that the key was added for? */
static bool
may_ever(const struct writer *w, const struct onr_keylog_key *key, const struct lane_end *l)
{
    enum onr_key_answer a = onr_keylog_may_sign(onr_keyring_log(w->ring), key->key.id,
                                                onr_span_z(l->origin), 1);

    return a != ONR_KEY_UNKNOWN && a != ONR_KEY_WRONG_ROLE && a != ONR_KEY_WRONG_LANE;
}

/* Every lane of the key with the size that its last COMMIT has. */
static int
take_reached(struct writer *w, const struct ends *e, const struct onr_keylog_key *key,
             struct onr_error *err)
{
    int rc;

    for (size_t i = 0; i < e->n; i++)
        if (e->lane[i].started && e->lane[i].size > 0 && may_ever(w, key, &e->lane[i])
            && (rc = writer_add_lane(w, onr_span_z(e->lane[i].origin), e->lane[i].size, err)) < 0)
            return rc;
    return 0;
}

/* LANE=SIZE, where LANE is a partition or an origin. */
static int
take_size(struct writer *w, const struct ends *e, struct onr_span text, struct onr_error *err)
{
    struct onr_span rest = text, lane;
    const struct lane_end *l;
    unsigned long long size;

    onr_span_next(&rest, '=', &lane);
    if (onr_span_u64(rest, &size) < 0)
        return onr_fail(err, ONR_EUSAGE,
                        "'" ONR_SPAN_FMT "' is not LANE=SIZE: 0=1500 is size 1500 of partition 0",
                        (int) (text.len < 200 ? text.len : 200), text.ptr ? text.ptr : "");
    if (!(l = ends_find(e, lane)))
        return onr_fail(err, ONR_EUSAGE, "the key log knows no lane '" ONR_SPAN_FMT "'",
                        (int) (lane.len < 200 ? lane.len : 200), lane.ptr ? lane.ptr : "");
    if (size > (l->started ? l->size : 0))
        return onr_fail(err, ONR_EUSAGE, "lane %s has %" PRIu64 " records, not %llu", l->origin,
                        l->started ? l->size : 0, size);
    for (size_t i = 0; i < w->n_lanes; i++)
        if (onr_span_eq_z(w->lane[i].origin, l->origin))
            return onr_fail(err, ONR_EUSAGE, "lane %s is named twice", l->origin);
    return writer_add_lane(w, onr_span_z(l->origin), size, err);
}

/* What --sizes says, as lanes of what is written. */
static int
take_sizes(struct writer *w, const struct ends *e, const struct onr_keylog_key *key,
           const char *sizes, struct onr_error *err)
{
    struct onr_span rest = onr_span_z(sizes), one;
    int rc;

    if (strcmp(sizes, "none") == 0)
        return 0;
    if (strcmp(sizes, "last") == 0)
        return take_reached(w, e, key, err);
    while (onr_span_next(&rest, ',', &one))
        if ((rc = take_size(w, e, onr_span_trim(one), err)) < 0) {
            onr_fail_in(err, "--sizes: ");
            return rc;
        }
    return 0;
}

/* What was written means for each lane, for whoever runs the command. */
static void
say_sizes(const struct writer *w, const struct ends *e, const struct onr_keylog_key *key)
{
    for (size_t i = 0; i < e->n; i++) {
        const struct lane_end *l = &e->lane[i];
        uint64_t size = 0;

        if (!l->started || !may_ever(w, key, l))
            continue;
        for (size_t j = 0; j < w->n_lanes; j++)
            if (onr_span_eq_z(w->lane[j].origin, l->origin))
                size = w->lane[j].size;
        fprintf(stderr, "%s: %s counts up to %" PRIu64 " of %" PRIu64 "\n", l->origin,
                key->key.name, size, l->size);
    }
}

/* What ends a key: filled anew for each try. */
struct end {
    const struct ends *ends;
    const struct onr_keylog_key *key; /* as it is in the key log of this try */
    uint8_t id[ONR_KEY_ID_LEN];
    const char *sizes, *reason;
};

/* The key of `d` in the key log as it is now: reading more of it may have moved it. */
static void
find_again(const struct writer *w, struct end *d)
{
    d->key = onr_keylog_find(onr_keyring_log(w->ring), d->id);
}

/* The key may have ended meanwhile. */
static int
fill_retire(struct writer *w, void *ctx, struct onr_error *err)
{
    struct end *d = ctx;

    find_again(w, d);
    if (d->key->retired || d->key->revoked) {
        writer_nothing_to_do(d->key->key.name);
        return 1;
    }
    w->entry.kind = ONR_KEYLOG_RETIRE;
    memcpy(w->entry.key_id, d->id, ONR_KEY_ID_LEN);
    return take_sizes(w, d->ends, d->key, d->sizes, err);
}

/* RETIRE a key of the key log, once it is quiet. */
static int
retire(struct writer *w, const struct onr_keylog_key *key, struct onr_error *err)
{
    const char *sizes = onr_set_text(w->settings, "sizes");
    const struct onr_public_key who = key->key;
    struct end d = { .sizes = sizes ? sizes : "last" };
    struct ends *e = NULL;
    int rc;

    if (key->retired || key->revoked) {
        writer_nothing_to_do(who.name);
        return 0;
    }
    memcpy(d.id, who.id, sizeof d.id);
    if ((rc = ends_open(&w->broker, w->ring, &e, err)) == 0 && !sizes)
        rc = ends_wait(e, &who, onr_set_int(w->settings, "quiet"), err);
    d.ends = e;
    if (rc == 0 && (rc = writer_put(w, fill_retire, &d, err)) == 0) {
        find_again(w, &d);
        say_sizes(w, e, d.key);
    }
    ends_close(e);
    return rc < 0 ? rc : 0;
}

int
onr_keys_retire(const struct onr_settings *s, struct onr_error *err)
{
    const struct onr_keylog_key *key;
    const char *name;
    struct writer *w;
    int rc;

    if ((rc = one_operand(s, "KEY", &name, err)) < 0 || (rc = writer_open(s, &w, err)) < 0)
        return rc;
    if ((rc = onr_keys_find(onr_keyring_log(w->ring), name, &key, err)) == 0)
        rc = retire(w, key, err);
    writer_close(w);
    return rc;
}

/* One more REVOKE of a key is never too many. */
static int
fill_revoke(struct writer *w, void *ctx, struct onr_error *err)
{
    struct end *d = ctx;

    find_again(w, d);
    w->entry.kind = ONR_KEYLOG_REVOKE;
    w->entry.reason = onr_span_z(d->reason);
    memcpy(w->entry.key_id, d->id, ONR_KEY_ID_LEN);
    return take_sizes(w, d->ends, d->key, d->sizes, err);
}

int
onr_keys_revoke(const struct onr_settings *s, struct onr_error *err)
{
    struct end d = { .ends = NULL };
    struct ends *e = NULL;
    const char *name;
    struct writer *w;
    int rc;

    if ((rc = one_operand(s, "KEY", &name, err)) < 0
        || (rc = onr_keys_need(s, "reason", "'laptop stolen on 3 May'", &d.reason, err)) < 0
        || (rc = onr_keys_need(s, "sizes", "0=1500,1=1480 (or last, or none)", &d.sizes, err)) < 0
        || (rc = writer_open(s, &w, err)) < 0)
        return rc;
    if ((rc = onr_keys_find(onr_keyring_log(w->ring), name, &d.key, err)) == 0
        && (rc = ends_open(&w->broker, w->ring, &e, err)) == 0) {
        d.ends = e;
        memcpy(d.id, d.key->key.id, sizeof d.id);
        if ((rc = writer_put(w, fill_revoke, &d, err)) == 0) {
            find_again(w, &d);
            say_sizes(w, e, d.key);
        }
    }
    ends_close(e);
    writer_close(w);
    return rc;
}

/* One LANE=SIZE of retention; what is given up stays given up. */
static int
take_retention(struct writer *w, const struct ends *e, const char *text, struct onr_error *err)
{
    const struct writer_lane *lane = &w->lane[w->n_lanes];
    uint64_t before;
    int rc = take_size(w, e, onr_span_z(text), err);

    if (rc < 0 || !onr_keylog_retention(onr_keyring_log(w->ring), lane->origin, &before))
        return rc;
    if (lane->size < before)
        return onr_fail(err, ONR_EUSAGE,
                        ONR_SPAN_FMT ": records before %" PRIu64
                                     " were given up already, they do not come back",
                        ONR_SPAN_ARG(lane->origin), before);
    if (lane->size == before)
        w->n_lanes--; /* the key log says so already */
    return 0;
}

/* `ctx` is how far the lanes are. */
static int
fill_retention(struct writer *w, void *ctx, struct onr_error *err)
{
    int rc = 0;

    w->entry.kind = ONR_KEYLOG_RETENTION;
    for (size_t i = 1; rc == 0 && i < onr_settings_argc(w->settings); i++)
        rc = take_retention(w, ctx, onr_settings_arg(w->settings, i), err);
    if (rc < 0 || w->n_lanes > 0)
        return rc;
    writer_nothing_to_do("retention");
    return 1;
}

int
onr_keys_retention(const struct onr_settings *s, struct onr_error *err)
{
    struct ends *e = NULL;
    struct writer *w;
    int rc;

    if (onr_settings_argc(s) < 2)
        return onr_fail(err, ONR_EUSAGE,
                        "name lanes and the first size that is kept: onrecord keys retention ... "
                        "0=1500 1=1480");
    if ((rc = writer_open(s, &w, err)) < 0)
        return rc;
    if ((rc = ends_open(&w->broker, w->ring, &e, err)) == 0)
        rc = writer_put(w, fill_retention, e, err);
    ends_close(e);
    writer_close(w);
    return rc < 0 ? rc : 0;
}

/* The patterns of every ADD of the key, each once. */
static int
take_patterns(struct writer *w, const struct onr_keylog_key *key, struct onr_error *err)
{
    const struct onr_keylog *log = onr_keyring_log(w->ring);
    int rc;

    for (uint64_t i = 0; i < onr_keylog_size(log); i++) {
        struct onr_keylog_entry e;

        if ((rc = onr_keylog_entry_parse(onr_keylog_text(log, i), &e, err)) < 0)
            return rc;
        if (e.kind != ONR_KEYLOG_ADD || memcmp(e.key.id, key->key.id, ONR_KEY_ID_LEN) != 0)
            continue;
        for (size_t j = 0; j < e.n_lanes; j++) {
            size_t k = 0;

            while (k < w->n_lanes && !onr_span_eq(w->lane[k].origin, e.lane[j].origin))
                k++;
            if (k == w->n_lanes && (rc = writer_add_lane(w, e.lane[j].origin, 0, err)) < 0)
                return rc;
        }
    }
    return 0;
}

struct change {
    const char *old;
    const struct onr_public_key *successor;
    char id[ONR_HEX_LEN(ONR_KEY_ID_LEN)]; /* the old key's, in case both have one name */
};

/* ADD the new key for what the old one was added for. */
static int
fill_successor(struct writer *w, void *ctx, struct onr_error *err)
{
    const struct onr_keylog_key *key;
    struct change *c = ctx;
    int rc;

    if ((rc = onr_keys_find(onr_keyring_log(w->ring), c->old, &key, err)) < 0)
        return rc;
    if (memcmp(key->key.id, c->successor->id, ONR_KEY_ID_LEN) == 0)
        return onr_fail(err, ONR_EUSAGE,
                        "old and new key are the same: name the old one by its id");
    if (key->revoked || key->retired)
        return onr_fail(err, ONR_EKEY, "%s was %s: nothing is left to rotate; add the new key",
                        key->key.name, key->revoked ? "revoked" : "retired");
    onr_hex(key->key.id, ONR_KEY_ID_LEN, c->id);
    w->entry.kind = ONR_KEYLOG_ADD;
    w->entry.key = *c->successor;
    w->entry.role = key->role;
    return (rc = take_patterns(w, key, err)) < 0 ? rc : writer_add_key(w, err);
}

/* Two entries with a pause in which the workers change keys; run again after a break, it goes on where it was. */
int
onr_keys_rotate(const struct onr_settings *s, struct onr_error *err)
{
    const struct onr_keylog_key *key;
    struct onr_public_key successor;
    struct change c = { .successor = &successor };
    struct writer *w;
    int rc;

    if (onr_settings_argc(s) != 3)
        return onr_fail(err, ONR_EUSAGE,
                        "name the old and the new key: onrecord keys rotate ... w0.news.example "
                        "w0-2.pub");
    c.old = onr_settings_arg(s, 1);
    if ((rc = onr_keys_verifier(onr_span_z(onr_settings_arg(s, 2)), &successor, err)) < 0
        || (rc = writer_open(s, &w, err)) < 0)
        return rc;
    rc = writer_put(w, fill_successor, &c, err);
    writer_close(w); /* others may write while this waits for the workers */
    if (rc < 0)
        return rc;
    fprintf(stderr, "%s may sign now: start the workers with it\n", successor.name);
    if ((rc = writer_open(s, &w, err)) < 0)
        return rc;
    if ((rc = onr_keys_find(onr_keyring_log(w->ring), c.id, &key, err)) == 0)
        rc = retire(w, key, err);
    writer_close(w);
    return rc;
}
