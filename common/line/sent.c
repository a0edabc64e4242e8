/* common/line/sent.c - see sent.h. Open addressing with linear probing; the versions of one article stand in one probe
 * sequence, so all of them are found on the way to the first free place. Nothing is ever taken out.
 */
#include "common/line/sent.h"

#include <inttypes.h>
#include <stdlib.h>

#include "common/base/sha256.h"

#define ID_HASH     16   /* bytes of the id's SHA-256: nobody finds two ids that share them */
#define FIRST_SLOTS 1024 /* a power of two */
/* An id in a sentence: enough of it to be found. */
#define ID_SHOWN(id) (int) ((id).len < 200 ? (id).len : 200), (id).ptr

struct entry {
    uint8_t id[ID_HASH];
    int64_t version; /* 0 = free */
    uint8_t body[32];
    uint8_t withdrawn;
};

struct onr_sent {
    struct entry *slot;
    size_t slots; /* a power of two */
    size_t n;
};

int
onr_sent_new(struct onr_sent **ret, struct onr_error *err)
{
    struct onr_sent *s = calloc(1, sizeof(*s));

    if (s && !(s->slot = calloc(FIRST_SLOTS, sizeof(*s->slot)))) {
        free(s);
        s = NULL;
    }
    if (!s)
        return onr_fail(err, ONR_ENOMEM, "no memory for the table of sent articles");
    s->slots = FIRST_SLOTS;
    *ret = s;
    return 0;
}

void
onr_sent_free(struct onr_sent *s)
{
    if (s)
        free(s->slot);
    free(s);
}

static size_t
home_of(const uint8_t id[ID_HASH], size_t slots)
{
    uint64_t h;

    memcpy(&h, id, sizeof(h));
    return (size_t) h & (slots - 1);
}

static void
hash_id(const struct onr_article *a, uint8_t ret[ID_HASH])
{
    uint8_t full[32];

    onr_sha256(a->id.ptr, a->id.len, full);
    memcpy(ret, full, ID_HASH);
}

/* The slot of this version, or the free one where it belongs. */
static struct entry *
find(struct entry *slot, size_t slots, const uint8_t id[ID_HASH], int64_t version)
{
    size_t i = home_of(id, slots);

    while (slot[i].version && (slot[i].version != version || memcmp(slot[i].id, id, ID_HASH) != 0))
        i = (i + 1) & (slots - 1);
    return &slot[i];
}

static int
grow(struct onr_sent *s, struct onr_error *err)
{
    size_t slots = 2 * s->slots, i;
    struct entry *slot = calloc(slots, sizeof(*slot));

    if (!slot)
        return onr_fail(err, ONR_ENOMEM, "no memory to remember %zu sent articles", s->n);
    for (i = 0; i < s->slots; i++)
        if (s->slot[i].version)
            *find(slot, slots, s->slot[i].id, s->slot[i].version) = s->slot[i];
    free(s->slot);
    s->slot = slot;
    s->slots = slots;
    return 0;
}

int
onr_sent_add(struct onr_sent *s, const struct onr_article *a, struct onr_error *err)
{
    uint8_t id[ID_HASH];
    struct entry *e;
    int rc;

    if (a->version < 1)
        return onr_fail(err, ONR_EINPUT, "an article version below 1");
    if (s->n >= ONR_SENT_MAX)
        return onr_fail(err, ONR_ELIMIT,
                        "the articles topic holds more than %d article versions; begin a new line "
                        "with another --prefix",
                        ONR_SENT_MAX);
    if (4 * s->n >= 3 * s->slots && (rc = grow(s, err)) < 0)
        return rc;
    hash_id(a, id);
    e = find(s->slot, s->slots, id, a->version);
    s->n += e->version == 0;
    memcpy(e->id, id, ID_HASH);
    memcpy(e->body, a->body_sha256, sizeof(e->body));
    e->version = a->version;
    e->withdrawn = a->state == ONR_WITHDRAWN;
    return 0;
}

size_t
onr_sent_count(const struct onr_sent *s)
{
    return s->n;
}

static bool
same(const struct entry *e, const struct onr_article *a)
{
    return e->withdrawn == (a->state == ONR_WITHDRAWN)
           && memcmp(e->body, a->body_sha256, sizeof(e->body)) == 0;
}

bool
onr_sent_has(const struct onr_sent *s, const struct onr_article *a)
{
    uint8_t id[ID_HASH];
    const struct entry *e;

    hash_id(a, id);
    e = find(s->slot, s->slots, id, a->version);
    return e->version != 0 && same(e, a);
}

/* What is known of an article. */
struct known {
    const struct entry *latest;  /* NULL = nothing */
    const struct entry *version; /* the version asked for */
    bool body;                   /* some version has this body */
};

static struct known
look(const struct onr_sent *s, const struct onr_article *a)
{
    struct known k = { NULL, NULL, false };
    uint8_t id[ID_HASH];
    size_t i;

    hash_id(a, id);
    for (i = home_of(id, s->slots); s->slot[i].version; i = (i + 1) & (s->slots - 1)) {
        const struct entry *e = &s->slot[i];

        if (memcmp(e->id, id, ID_HASH) != 0)
            continue;
        if (!k.latest || e->version > k.latest->version)
            k.latest = e;
        if (e->version == a->version)
            k.version = e;
        k.body = k.body || same(e, a);
    }
    return k;
}

/* The source named a version. */
static enum onr_sent_verdict
judge_version(const struct known *k, const struct onr_article *a, const char **ret_reason,
              struct onr_error *err)
{
    if (k->version && same(k->version, a))
        return ONR_SENT_BEFORE;
    if (k->version) {
        (void) onr_fail(err, ONR_EINPUT,
                        "version %" PRId64 " of %.*s was sent with another body; a changed article "
                        "needs a higher version, or none",
                        a->version, ID_SHOWN(a->id));
        *ret_reason = "duplicate";
        return ONR_SENT_REFUSED;
    }
    if (k->latest && a->version < k->latest->version) {
        (void) onr_fail(err, ONR_EINPUT,
                        "version %" PRId64 " of %.*s comes after version %" PRId64
                        ", which was sent already; versions must rise",
                        a->version, ID_SHOWN(a->id), k->latest->version);
        *ret_reason = "version";
        return ONR_SENT_REFUSED;
    }
    return ONR_SENT_NEW;
}

enum onr_sent_verdict
onr_sent_judge(const struct onr_sent *s, struct onr_article *a, const char **ret_reason,
               struct onr_error *err)
{
    struct known k = look(s, a);
    bool withdrawal = a->state == ONR_WITHDRAWN;
    enum onr_sent_verdict v = ONR_SENT_NEW;

    if (withdrawal && !k.latest) {
        (void) onr_fail(err, ONR_EINPUT,
                        "nothing to withdraw: no version of %.*s was sent to this line",
                        ID_SHOWN(a->id));
        *ret_reason = "unknown";
        return ONR_SENT_REFUSED;
    }
    if (a->version > 0)
        v = judge_version(&k, a, ret_reason, err);
    else if (withdrawal ? k.latest->withdrawn : k.body)
        v = ONR_SENT_BEFORE;
    if (v != ONR_SENT_NEW)
        return v;
    if (a->version == 0)
        a->version = k.latest ? k.latest->version + 1 : 1;
    if (k.latest && a->state == ONR_PUBLISHED)
        a->state = ONR_CORRECTED;
    return ONR_SENT_NEW;
}
