/* common/stmtlog/keylog.c - the state of the key log, see keylog.h.
 *
 * Every taken entry is kept as its text and as the parsed struct that borrows from it. Keys are found through an array
 * sorted by id; each key knows the entries that speak of it. The other questions come once a lane and walk the entries.
 */
#include "common/stmtlog/keylog.h"

#include <inttypes.h>
#include <stdlib.h>

#define FAMILY "onrecord key log " /* what k roots sign beginning like this must be understood */

struct entry {
    struct onr_keylog_entry e; /* borrows from text */
    char *text;                /* owned */
    size_t len;
};

struct key {
    struct onr_keylog_key pub;
    size_t n_about, cap_about;
    size_t *about; /* owned: entries that name this key, in order */
};

struct onr_keylog {
    struct onr_trust trust;
    struct entry **entry; /* owned */
    size_t n, cap;
    size_t n_lanes;
    struct key *key; /* owned, in the order of their ADD */
    size_t n_keys, cap_keys;
    size_t *by_id; /* owned: indices into key, sorted by id */
    size_t cap_by_id;
    uint8_t head[ONR_SHA256_LEN];
    uint64_t stale, foreign;
};

int
onr_keylog_new(const struct onr_trust *trust, struct onr_keylog **ret, struct onr_error *err)
{
    struct onr_keylog *k;
    int rc;

    if ((rc = onr_trust_check(trust, err)) < 0)
        return rc;
    if (!(k = calloc(1, sizeof *k)))
        return onr_fail(err, ONR_ENOMEM, "no memory for the key log");
    k->trust = *trust;
    *ret = k;
    return 0;
}

static void
free_entry(struct entry *e)
{
    if (e)
        free(e->text);
    free(e);
}

void
onr_keylog_free(struct onr_keylog *k)
{
    if (!k)
        return;
    for (size_t i = 0; i < k->n; i++)
        free_entry(k->entry[i]);
    for (size_t i = 0; i < k->n_keys; i++)
        free(k->key[i].about);
    free(k->entry);
    free(k->key);
    free(k->by_id);
    free(k);
}

/* Make room for one more item of an array. */
static int
grow(void *array_ptr, size_t n, size_t *cap, size_t size)
{
    size_t want = *cap ? *cap * 2 : 8;
    void *old, *new;

    if (n < *cap)
        return 0;
    memcpy(&old, array_ptr, sizeof old);
    if (!(new = realloc(old, want * size)))
        return -ONR_ENOMEM;
    memcpy(array_ptr, &new, sizeof new);
    *cap = want;
    return 0;
}

/* Place of id in by_id, or where it would stand. */
static size_t
find_place(const struct onr_keylog *k, const uint8_t id[ONR_KEY_ID_LEN], bool *ret_there)
{
    size_t lo = 0, hi = k->n_keys;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        int c = memcmp(k->key[k->by_id[mid]].pub.key.id, id, ONR_KEY_ID_LEN);

        if (c == 0) {
            *ret_there = true;
            return mid;
        }
        if (c < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    *ret_there = false;
    return lo;
}

static struct key *
find_key(const struct onr_keylog *k, const uint8_t id[ONR_KEY_ID_LEN])
{
    bool there;
    size_t at = find_place(k, id, &there);

    return there ? &k->key[k->by_id[at]] : NULL;
}

/* The key of an ADD, new or known. */
static int
add_key(struct onr_keylog *k, const struct onr_keylog_entry *e, struct key **ret,
        struct onr_error *err)
{
    bool there;
    size_t at = find_place(k, e->key.id, &there);
    struct key *key;

    if (there) {
        key = &k->key[k->by_id[at]];
        if (memcmp(key->pub.key.pk, e->key.pk, ONR_PK_LEN) != 0 || key->pub.role != e->role)
            return onr_fail(err, ONR_ESTATE, "key '%s' is added again as another key or role",
                            e->key.name);
        *ret = key;
        return 0;
    }
    if (k->n_keys == ONR_KEYS_MAX)
        return onr_fail(err, ONR_ELIMIT, "the key log holds more than %d keys", ONR_KEYS_MAX);
    if (grow(&k->key, k->n_keys, &k->cap_keys, sizeof *k->key) < 0
        || grow(&k->by_id, k->n_keys, &k->cap_by_id, sizeof *k->by_id) < 0)
        return onr_fail(err, ONR_ENOMEM, "no memory for the key log");
    memmove(&k->by_id[at + 1], &k->by_id[at], (k->n_keys - at) * sizeof *k->by_id);
    k->by_id[at] = k->n_keys;
    key = &k->key[k->n_keys++];
    memset(key, 0, sizeof *key);
    key->pub.key = e->key;
    key->pub.role = e->role;
    key->pub.added_no = e->no;
    *ret = key;
    return 0;
}

/* Tell the key that an entry speaks of about it. A RETIRE or REVOKE of an unknown key changes nothing. */
static int
note_key(struct onr_keylog *k, const struct onr_keylog_entry *e, struct onr_error *err)
{
    struct key *key = NULL;
    int rc;

    if (e->kind == ONR_KEYLOG_ADD) {
        if ((rc = add_key(k, e, &key, err)) < 0)
            return rc;
    } else if (e->kind == ONR_KEYLOG_RETIRE || e->kind == ONR_KEYLOG_REVOKE) {
        key = find_key(k, e->key_id);
    }
    if (!key)
        return 0;
    if (grow(&key->about, key->n_about, &key->cap_about, sizeof *key->about) < 0)
        return onr_fail(err, ONR_ENOMEM, "no memory for the key log");
    key->about[key->n_about++] = k->n;
    key->pub.retired |= e->kind == ONR_KEYLOG_RETIRE;
    key->pub.revoked |= e->kind == ONR_KEYLOG_REVOKE;
    return 0;
}

/* A part goes on with the entry before it, or k roots signed what cannot be. */
static int
check_part(const struct onr_keylog *k, const struct onr_keylog_entry *e, struct onr_error *err)
{
    const struct onr_keylog_entry *before = k->n > 0 ? &k->entry[k->n - 1]->e : NULL;
    uint64_t expected = !before ? 0 : before->part ? before->part + 1 : 2;

    if (e->part == 0
        || (before && e->part == expected && e->kind == before->kind
            && memcmp(e->key_id, before->key_id, ONR_KEY_ID_LEN) == 0
            && onr_span_eq(e->reason, before->reason)))
        return 0;
    return onr_fail(err, ONR_ESTATE,
                    "entry %" PRIu64 " is part %" PRIu64
                    " of something that entry before it is not",
                    e->no, e->part);
}

/* Append an entry that continues the chain. */
static int
take_entry(struct onr_keylog *k, struct onr_span text, struct onr_error *err)
{
    struct entry *e = NULL;
    int rc = -ONR_ENOMEM;

    if (k->n >= ONR_KEYLOG_ENTRIES_MAX)
        return onr_fail(err, ONR_ELIMIT, "the key log holds more than %d entries",
                        ONR_KEYLOG_ENTRIES_MAX);
    if (grow(&k->entry, k->n, &k->cap, sizeof(struct entry *)) < 0 || !(e = calloc(1, sizeof *e))
        || !(e->text = malloc(text.len))) {
        onr_fail(err, ONR_ENOMEM, "no memory for the key log");
        goto fail;
    }
    memcpy(e->text, text.ptr, text.len);
    e->len = text.len;
    if ((rc = onr_keylog_entry_parse(onr_span_of(e->text, e->len), &e->e, err)) < 0)
        goto fail;
    if ((rc = check_part(k, &e->e, err)) < 0)
        goto fail;
    if (k->n_lanes + e->e.n_lanes > ONR_KEYLOG_LANES_MAX) {
        rc = onr_fail(err, ONR_ELIMIT, "the key log names more than %d lanes",
                      ONR_KEYLOG_LANES_MAX);
        goto fail;
    }
    if ((rc = note_key(k, &e->e, err)) < 0)
        goto fail;
    k->n_lanes += e->e.n_lanes;
    k->entry[k->n++] = e;
    onr_keylog_hash(text, k->head);
    return 0;
fail:
    free_entry(e);
    return rc;
}

int
onr_keylog_feed(struct onr_keylog *k, struct onr_span bytes, enum onr_keylog_outcome *ret_outcome,
                struct onr_error *err)
{
    struct onr_keylog_entry e;
    struct onr_note note;
    int rc;

    if (onr_note_parse(bytes, &note, err) < 0 || !onr_span_starts(note.text, ONR_SPAN(FAMILY)))
        goto foreign;
    rc = onr_note_verify(&note, k->trust.root, k->trust.n_roots, NULL, err);
    if (rc == -ONR_ENOMEM)
        return rc;
    if (rc < (int) k->trust.k) {
        if (rc > 0)
            onr_fail(err, ONR_EVERIFY, "signed by %d roots, %u must sign", rc, k->trust.k);
        goto foreign;
    }
    if (onr_keylog_entry_parse(note.text, &e, err) < 0) {
        onr_fail_in(err,
                    "the roots signed a key-log entry that this program does not understand: ");
        if (err)
            err->code = ONR_ESTATE;
        return -ONR_ESTATE;
    }
    if (e.no != k->n || memcmp(e.prev, k->head, ONR_SHA256_LEN) != 0) {
        onr_fail(err, ONR_ESTATE, "entry %" PRIu64 " does not follow entry %zu", e.no, k->n);
        k->stale++;
        *ret_outcome = ONR_KEYLOG_STALE;
        return 0;
    }
    if ((rc = take_entry(k, note.text, err)) < 0)
        return rc;
    *ret_outcome = ONR_KEYLOG_TAKEN;
    return 0;
foreign:
    k->foreign++;
    *ret_outcome = ONR_KEYLOG_FOREIGN;
    return 0;
}

uint64_t
onr_keylog_size(const struct onr_keylog *k)
{
    return k->n;
}

void
onr_keylog_head(const struct onr_keylog *k, uint8_t ret_prev[ONR_SHA256_LEN])
{
    memcpy(ret_prev, k->head, ONR_SHA256_LEN);
}

uint64_t
onr_keylog_stale(const struct onr_keylog *k)
{
    return k->stale;
}

uint64_t
onr_keylog_foreign(const struct onr_keylog *k)
{
    return k->foreign;
}

const struct onr_trust *
onr_keylog_trust(const struct onr_keylog *k)
{
    return &k->trust;
}

size_t
onr_keylog_keys(const struct onr_keylog *k)
{
    return k->n_keys;
}

const struct onr_keylog_key *
onr_keylog_key(const struct onr_keylog *k, size_t i)
{
    return &k->key[i].pub;
}

const struct onr_keylog_key *
onr_keylog_find(const struct onr_keylog *k, const uint8_t id[ONR_KEY_ID_LEN])
{
    const struct key *key = find_key(k, id);

    return key ? &key->pub : NULL;
}

struct onr_span
onr_keylog_text(const struct onr_keylog *k, uint64_t i)
{
    return onr_span_of(k->entry[i]->text, k->entry[i]->len);
}

static bool
names_lane(const struct onr_keylog_entry *e, struct onr_span origin, uint64_t *ret_size)
{
    for (size_t i = 0; i < e->n_lanes; i++)
        if (onr_origin_match(e->lane[i].origin, origin)) {
            *ret_size = e->lane[i].size;
            return true;
        }
    return false;
}

/* Is the i-th entry about a key not the last part of what it says? */
static bool
goes_on(const struct onr_keylog *k, const struct key *key, size_t i)
{
    return i + 1 < key->n_about && k->entry[key->about[i + 1]]->e.part > 0;
}

enum onr_key_answer
onr_keylog_may_sign(const struct onr_keylog *k, const uint8_t id[ONR_KEY_ID_LEN],
                    struct onr_span origin, uint64_t size)
{
    const struct key *key = find_key(k, id);
    enum onr_key_answer end = ONR_KEY_OK;
    bool lane = false, named = false;
    uint64_t last = 0;

    if (!key)
        return ONR_KEY_UNKNOWN;
    if (key->pub.role != ONR_ROLE_WORKER)
        return ONR_KEY_WRONG_ROLE;
    for (size_t i = 0; i < key->n_about; i++) {
        const struct onr_keylog_entry *e = &k->entry[key->about[i]]->e;

        if (e->part == 0) {
            named = false;
            last = 0; /* a lane that a RETIRE or REVOKE does not name was never signed */
        }
        named = named || names_lane(e, origin, &last);
        if (e->kind == ONR_KEYLOG_ADD)
            lane |= named;
        else if (!goes_on(k, key, i) && size > last && end != ONR_KEY_REVOKED)
            end = e->kind == ONR_KEYLOG_REVOKE ? ONR_KEY_REVOKED : ONR_KEY_RETIRED;
    }
    return !lane ? ONR_KEY_WRONG_LANE : end;
}

bool
onr_keylog_genesis(const struct onr_keylog *k, struct onr_span origin)
{
    uint64_t size;

    for (size_t i = 0; i < k->n; i++)
        if (k->entry[i]->e.kind == ONR_KEYLOG_GENESIS && names_lane(&k->entry[i]->e, origin, &size))
            return true;
    return false;
}

/* What the GENESIS entries say of the lanes between two topics. */
struct lanes {
    struct onr_span org, output, input;
    int32_t partition;        /* asked for; -1: any */
    uint32_t after;           /* epochs up to this one do not count */
    uint32_t lowest, highest; /* epoch; 0: none */
    int64_t partitions;
};

static void
look_for_lanes(const struct onr_keylog *k, struct lanes *l)
{
    for (size_t i = 0; i < k->n; i++) {
        const struct onr_keylog_entry *e = &k->entry[i]->e;

        for (size_t j = 0; e->kind == ONR_KEYLOG_GENESIS && j < e->n_lanes; j++) {
            struct onr_lane_name n;

            if (onr_origin_parse(e->lane[j].origin, &n, NULL) < 0
                || (l->partition >= 0 && n.partition != l->partition) || n.epoch <= l->after
                || !onr_span_eq(n.org, l->org) || !onr_span_eq(n.output, l->output)
                || !onr_span_eq(n.input, l->input))
                continue;
            if (n.epoch > l->highest)
                l->highest = n.epoch;
            if (n.epoch < l->lowest || l->lowest == 0)
                l->lowest = n.epoch;
            if (n.partition >= l->partitions)
                l->partitions = (int64_t) n.partition + 1;
        }
    }
}

uint32_t
onr_keylog_epoch(const struct onr_keylog *k, struct onr_span org, struct onr_span output,
                 struct onr_span input, int32_t partition)
{
    struct lanes l = { .org = org, .output = output, .input = input, .partition = partition };

    look_for_lanes(k, &l);
    return l.highest;
}

uint32_t
onr_keylog_epoch_after(const struct onr_keylog *k, struct onr_span org, struct onr_span output,
                       struct onr_span input, int32_t partition, uint32_t after)
{
    struct lanes l = {
        .org = org, .output = output, .input = input, .partition = partition, .after = after
    };

    look_for_lanes(k, &l);
    return l.lowest;
}

int64_t
onr_keylog_partitions(const struct onr_keylog *k, struct onr_span org, struct onr_span output,
                      struct onr_span input)
{
    struct lanes l = { .org = org, .output = output, .input = input, .partition = -1 };

    look_for_lanes(k, &l);
    return l.partitions;
}

bool
onr_keylog_config_allowed(const struct onr_keylog *k, struct onr_span origin,
                          const uint8_t config_hash[ONR_SHA256_LEN])
{
    uint64_t size;

    for (size_t i = 0; i < k->n; i++) {
        const struct onr_keylog_entry *e = &k->entry[i]->e;

        if (e->kind == ONR_KEYLOG_CONFIG && memcmp(e->config_hash, config_hash, ONR_SHA256_LEN) == 0
            && names_lane(e, origin, &size))
            return true;
    }
    return false;
}

bool
onr_keylog_retention(const struct onr_keylog *k, struct onr_span origin, uint64_t *ret_first)
{
    bool found = false;

    for (size_t i = 0; i < k->n; i++) {
        uint64_t size;

        if (k->entry[i]->e.kind == ONR_KEYLOG_RETENTION
            && names_lane(&k->entry[i]->e, origin, &size)) {
            *ret_first = size; /* the last one says what holds */
            found = true;
        }
    }
    return found;
}
