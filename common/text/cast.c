/* common/text/cast.c - mentions become people, groups and organisations.
 *
 * Each mention is looked up by key: a person by last name (then first name), everybody else by the whole name or its
 * acronym. What is found joins; a full name joins the bare last name that came before it; anything else begins a new
 * entity. Words that no list knows count as a person only if they are written large inside a sentence too, and either said
 * something, have a title, or come twice. All mentions are kept in the order of the text, so that the cast up to any
 * place is a count, not a search. The keys live in one hash table; how many entities there may be is limited, so that no
 * text makes this slow.
 */
#include "common/text/cast.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/limits.h"
#include "common/text/chars.h"
#include "common/text/mentions.h"

#define ENTITIES_MAX 1024 /* in an article: whoever comes later is in no cast */
#define FORMS_MAX    3    /* ever fuller names: Reed, Donald J. Reed, Donald Reed */
#define BUCKETS      2048 /* power of two, twice the entities */
#define CHAIN_MAX    64   /* entities of one last name that are looked at */
#define INITIALS_MIN 3    /* two letters are anybody's */
#define INITIALS_MAX 6
#define NOBODY       UINT32_MAX

enum key_kind { KEY_LAST, KEY_FIRST, KEY_NAME, KEY_KINDS };

struct form {
    struct onr_span name;
    uint32_t end; /* body offset behind it: known from there on; 0 in the headline */
};

struct entity {
    struct form form[FORMS_MAX]; /* fullest last */
    unsigned n_forms;
    struct form role;
    enum onr_name_type type;
    struct onr_span first, last;
    struct onr_span key[KEY_KINDS]; /* empty: not found by it */
    uint32_t next[KEY_KINDS];       /* chains of the table */
    uint32_t begin_mentions, n_mentions;
    uint32_t n_inside; /* mentions that do not begin a sentence */
    bool sure, in_headline, unknown, junior;
};

struct place {
    uint32_t entity, at;
};

struct onr_names {
    struct entity *entity;
    size_t n, cap;
    struct place *place; /* in the order of the text */
    size_t n_places, cap_places;
    uint32_t *mention; /* the same, entity by entity */
    uint32_t bucket[KEY_KINDS][BUCKETS];
};

static uint32_t
hash(struct onr_span key)
{
    uint32_t h = 2166136261u; /* FNV-1a */
    size_t i;

    for (i = 0; i < key.len; i++)
        h = (h ^ (uint8_t) key.ptr[i]) * 16777619u;
    return (h ^ (h >> 15)) & (BUCKETS - 1);
}

static void
link_key(struct onr_names *n, uint32_t e, enum key_kind kind, struct onr_span key)
{
    struct entity *entity = &n->entity[e];
    uint32_t *bucket = &n->bucket[kind][hash(key)];

    if (key.len == 0 || entity->key[kind].len > 0)
        return;
    entity->key[kind] = key;
    entity->next[kind] = *bucket;
    *bucket = e;
}

static struct onr_span
without_dot(struct onr_span w)
{
    if (w.len > 1 && w.ptr[w.len - 1] == '.')
        w.len--;
    return w;
}

/* Bill and B. go together, and a name goes with itself. */
static bool
first_names_agree(struct onr_span a, struct onr_span b)
{
    a = without_dot(a);
    b = without_dot(b);
    if (a.len == 1 || b.len == 1)
        return a.ptr[0] == b.ptr[0];
    return onr_span_eq(a, b);
}

/* The person of this last name whom the mention means: with a first name the one who agrees, else the most named. */
static uint32_t
find_person(const struct onr_names *n, const struct onr_mention *m)
{
    bool full = m->n_words > 1;
    uint32_t e, found = NOBODY, seen = 0;

    for (e = n->bucket[KEY_LAST][hash(m->last)]; e != NOBODY && seen < CHAIN_MAX;
         e = n->entity[e].next[KEY_LAST], seen++) {
        const struct entity *entity = &n->entity[e];

        if (!onr_span_eq(entity->last, m->last))
            continue;
        if (full && entity->first.len > 0
            && (entity->junior != m->junior || !first_names_agree(entity->first, m->first)))
            continue;
        if (found == NOBODY || entity->n_mentions >= n->entity[found].n_mentions)
            found = e; /* the chain begins with the newest: the earliest among equals */
    }
    if (found != NOBODY || full)
        return found;
    for (e = n->bucket[KEY_FIRST][hash(m->first)], seen = 0; e != NOBODY && seen < CHAIN_MAX;
         e = n->entity[e].next[KEY_FIRST], seen++) {
        if (onr_span_eq(n->entity[e].key[KEY_FIRST], m->first)
            && (found == NOBODY || n->entity[e].n_mentions > n->entity[found].n_mentions))
            found = e;
    }
    return found;
}

static uint32_t
find_name(const struct onr_names *n, struct onr_span name)
{
    uint32_t e, seen = 0;

    name = without_dot(name);
    for (e = n->bucket[KEY_NAME][hash(name)]; e != NOBODY && seen < CHAIN_MAX;
         e = n->entity[e].next[KEY_NAME], seen++) {
        if (onr_span_eq(n->entity[e].key[KEY_NAME], name))
            return e;
    }
    /* A second name, mostly an acronym, is kept as a last name: no organisation has one. */
    for (e = n->bucket[KEY_LAST][hash(name)], seen = 0; e != NOBODY && seen < CHAIN_MAX;
         e = n->entity[e].next[KEY_LAST], seen++) {
        if (n->entity[e].type != ONR_NAME_PERSON && onr_span_eq(n->entity[e].key[KEY_LAST], name))
            return e;
    }
    return NOBODY;
}

/* First letters of the large words: "International Monetary Fund" is IMF. Returns how many; 0 when too many or too few. */
static size_t
initials(struct onr_span name, char ret[INITIALS_MAX])
{
    size_t i, n = 0;

    for (i = 0; i < name.len; i++) {
        if (!onr_ch_is(name.ptr[i], ONR_CH_UPPER) || (i > 0 && name.ptr[i - 1] != ' '))
            continue;
        if (n == INITIALS_MAX)
            return 0;
        ret[n++] = name.ptr[i];
    }
    return n >= INITIALS_MIN ? n : 0;
}

/* The organisation whose initials the acronym is, or whose acronym the initials of the name are. */
static uint32_t
find_by_initials(const struct onr_names *n, struct onr_span name)
{
    char letters[INITIALS_MAX];
    size_t len = initials(name, letters);
    uint32_t e;

    if (len > 0)
        return find_name(n, onr_span_of(letters, len));
    if (name.len < INITIALS_MIN || name.len > INITIALS_MAX)
        return NOBODY;
    for (e = 0; e < n->n; e++) {
        if (n->entity[e].type == ONR_NAME_ORGANISATION
            && onr_span_eq(onr_span_of(letters, initials(n->entity[e].key[KEY_NAME], letters)),
                           name))
            return e;
    }
    return NOBODY;
}

static uint32_t
find(const struct onr_names *n, const struct onr_mention *m)
{
    uint32_t e;

    if (m->type == ONR_NAME_PERSON)
        return find_person(n, m);
    e = find_name(n, m->name);
    if (e == NOBODY && m->alias.len > 0)
        e = find_name(n, m->alias);
    if (e == NOBODY && m->type == ONR_NAME_ORGANISATION && n->n < ENTITIES_MAX)
        e = find_by_initials(n, m->name);
    return e;
}

static int
new_entity(struct onr_names *n, const struct onr_mention *m, uint32_t *ret, struct onr_error *err)
{
    if (n->n == n->cap) {
        size_t cap = n->cap ? n->cap * 2 : 32;
        struct entity *grown = realloc(n->entity, cap * sizeof *grown);

        if (!grown)
            return onr_fail(err, ONR_ENOMEM, "no memory for the cast of an article");
        n->entity = grown;
        n->cap = cap;
    }
    n->entity[n->n] = (struct entity){ .type = m->type, .unknown = m->unknown };
    *ret = (uint32_t) n->n++;
    return 0;
}

/* Words of a name without lone initials, and how many of those there are. */
static unsigned
count_words(struct onr_span name, unsigned *ret_initials)
{
    struct onr_span word;
    unsigned n = 0;

    *ret_initials = 0;
    while (onr_span_next(&name, ' ', &word)) {
        word = without_dot(word);
        if (word.len > 1)
            n++;
        else
            ++*ret_initials;
    }
    return n;
}

/* Donald Reed is fuller than Reed. Donald J. Reed is no fuller than that: once it is known, the plain name stays. */
static bool
is_fuller(struct onr_span a, struct onr_span b)
{
    unsigned a_initials, b_initials;
    unsigned a_words = count_words(a, &a_initials), b_words = count_words(b, &b_initials);

    return a_words > b_words || (a_words == b_words && a_words > 1 && a_initials < b_initials);
}

/* What the mention adds to the entity: a fuller name, a role, keys. `end` is the body offset behind it. */
static void
learn(struct onr_names *n, uint32_t e, const struct onr_mention *m, uint32_t end)
{
    struct entity *entity = &n->entity[e];
    struct form *fullest = entity->n_forms > 0 ? &entity->form[entity->n_forms - 1] : NULL;
    size_t i;

    if ((!fullest || (!m->weak && is_fuller(m->name, fullest->name)))
        && entity->n_forms < FORMS_MAX)
        entity->form[entity->n_forms++] = (struct form){ m->name, end };
    if (entity->role.name.len == 0 && m->role.len > 0) {
        /* A role behind the name ends after it: it is known only from there on. */
        i = m->role.ptr > m->name.ptr
                ? end + (size_t) (m->role.ptr + m->role.len - (m->name.ptr + m->name.len))
                : end;
        entity->role = (struct form){ m->role, end ? (uint32_t) i : 0 };
    }
    entity->sure |= m->sure;
    if (m->type != ONR_NAME_PERSON) {
        link_key(n, e, KEY_NAME, without_dot(m->name));
        /* A second name is found by the key that only people need otherwise. */
        if (!onr_span_eq(entity->key[KEY_NAME], without_dot(m->name)))
            link_key(n, e, KEY_LAST, without_dot(m->name));
        link_key(n, e, KEY_LAST, m->alias);
        return;
    }
    entity->unknown &= m->unknown;
    if (entity->last.len == 0)
        entity->last = m->last;
    link_key(n, e, KEY_LAST, m->last);
    if (m->n_words > 1 && entity->first.len == 0) {
        entity->first = m->first;
        entity->junior = m->junior;
        link_key(n, e, KEY_FIRST, m->first);
    }
}

static int
add_place(struct onr_names *n, uint32_t e, uint32_t at, struct onr_error *err)
{
    if (n->n_places == n->cap_places) {
        size_t cap = n->cap_places ? n->cap_places * 2 : 128;
        struct place *grown = realloc(n->place, cap * sizeof *grown);

        if (!grown)
            return onr_fail(err, ONR_ENOMEM, "no memory for the mentions of an article");
        n->place = grown;
        n->cap_places = cap;
    }
    n->place[n->n_places++] = (struct place){ e, at };
    n->entity[e].n_mentions++;
    return 0;
}

/* "Crooked Hillary Clinton" is Hillary Clinton and "Angry Trump" is Trump, if they are known without that word. */
static void
drop_strange_first_word(const struct onr_names *n, struct onr_mention *m)
{
    struct onr_mention bare = *m;

    if (m->rest.len == 0 || find_person(n, m) != NOBODY)
        return;
    bare.name = m->rest;
    bare.first = m->rest_first;
    bare.n_words--;
    if ((bare.n_words > 1 || m->fresh) && find_person(n, &bare) != NOBODY)
        *m = bare;
}

static int
take(struct onr_names *n, struct onr_span text, struct onr_mention *m, bool headline,
     struct onr_error *err)
{
    uint32_t e, at;
    int rc;

    if (m->type == ONR_NAME_PERSON)
        drop_strange_first_word(n, m);
    at = (uint32_t) (m->name.ptr - text.ptr);
    e = find(n, m);
    if (e == NOBODY) {
        if (m->weak || n->n == ENTITIES_MAX)
            return 0;
        if ((rc = new_entity(n, m, &e, err)) < 0)
            return rc;
    }
    learn(n, e, m, headline ? 0 : at + (uint32_t) m->name.len);
    n->entity[e].n_inside += !m->fresh && !m->weak;
    if (headline) {
        n->entity[e].in_headline = true;
        return 0;
    }
    return add_place(n, e, at, err);
}

static int
read_text(struct onr_names *n, struct onr_span text, bool headline, struct onr_error *err)
{
    struct onr_mention_reader reader;
    struct onr_mention m;
    int rc;

    onr_mentions_init(&reader, text);
    while (onr_mentions_next(&reader, &m)) {
        if ((rc = take(n, text, &m, headline, err)) < 0)
            return rc;
    }
    return 0;
}

/* Unknown words: see the head of this file. */
static bool
is_somebody(const struct entity *e)
{
    return !e->unknown || (e->n_inside > 0 && (e->sure || e->n_mentions + e->in_headline > 1));
}

/* Sort the mentions by entity; drop what turned out to be nobody. */
static int
settle(struct onr_names *n, struct onr_error *err)
{
    uint32_t at = 0;
    size_t i;

    n->mention = malloc((n->n_places + 1) * sizeof *n->mention);
    if (!n->mention)
        return onr_fail(err, ONR_ENOMEM, "no memory for the mentions of an article");
    for (i = 0; i < n->n; i++) {
        n->entity[i].begin_mentions = at;
        at += n->entity[i].n_mentions;
        n->entity[i].n_mentions = is_somebody(&n->entity[i]) ? 0 : NOBODY;
    }
    for (i = 0; i < n->n_places; i++) {
        struct entity *e = &n->entity[n->place[i].entity];

        if (e->n_mentions != NOBODY)
            n->mention[e->begin_mentions + e->n_mentions++] = n->place[i].at;
    }
    return 0;
}

int
onr_names_collect(struct onr_span headline, struct onr_span body, struct onr_names **ret,
                  struct onr_error *err)
{
    struct onr_names *n = calloc(1, sizeof *n);
    int rc;

    if (!n)
        return onr_fail(err, ONR_ENOMEM, "no memory for the cast of an article");
    memset(n->bucket, 0xff, sizeof n->bucket);
    /* The body first: a headline's capitals say little until it is known who the article is about. */
    if ((rc = read_text(n, body, false, err)) < 0 || (rc = read_text(n, headline, true, err)) < 0
        || (rc = settle(n, err)) < 0) {
        onr_names_free(n);
        return rc;
    }
    *ret = n;
    return 0;
}

void
onr_names_free(struct onr_names *n)
{
    if (!n)
        return;
    free(n->entity);
    free(n->place);
    free(n->mention);
    free(n);
}

static size_t
mentions_before(const struct onr_names *n, const struct entity *e, uint32_t end)
{
    const uint32_t *m = n->mention + e->begin_mentions;
    size_t low = 0, high = e->n_mentions;

    while (low < high) {
        size_t mid = low + (high - low) / 2;

        if (m[mid] < end)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

/* The entity as it is known up to `end`; false when it is not named yet. */
static bool
view(const struct onr_names *n, const struct entity *e, uint32_t end, struct onr_name *ret)
{
    unsigned i;

    if (e->n_mentions == NOBODY)
        return false;
    *ret = (struct onr_name){ .role = ONR_SPAN(""), .type = e->type };
    ret->mention = n->mention + e->begin_mentions;
    ret->n_mentions = (uint32_t) mentions_before(n, e, end);
    for (i = 0; i < e->n_forms; i++) {
        if (e->form[i].end <= end)
            ret->name = e->form[i].name;
    }
    if (ret->name.len == 0)
        return false;
    if (e->role.end <= end && e->role.name.len > 0)
        ret->role = e->role.name;
    ret->first = e->in_headline || ret->n_mentions == 0 ? 0 : ret->mention[0];
    return ret->n_mentions > 0 || e->in_headline;
}

/* Most named first, earliest first among equals. Every entity has its own first place, but for those of the headline. */
static bool
goes_before(const struct onr_name *a, const struct onr_name *b)
{
    if (a->n_mentions != b->n_mentions)
        return a->n_mentions > b->n_mentions;
    return a->first < b->first;
}

size_t
onr_names_cast(const struct onr_names *n, uint32_t end, struct onr_name *ret)
{
    size_t i, k, kept = 0, bytes = 0, count = 0;

    for (i = 0; i < n->n; i++) {
        struct onr_name name;

        if (!view(n, &n->entity[i], end, &name))
            continue;
        if (count == ONR_CAST_MAX && !goes_before(&name, &ret[count - 1]))
            continue;
        k = count < ONR_CAST_MAX ? count++ : count - 1;
        for (; k > 0 && goes_before(&name, &ret[k - 1]); k--)
            ret[k] = ret[k - 1];
        ret[k] = name;
    }
    for (i = 0; i < count; i++) {
        if (bytes + ret[i].name.len + ret[i].role.len > ONR_CAST_BYTES)
            continue;
        bytes += ret[i].name.len + ret[i].role.len;
        ret[kept++] = ret[i];
    }
    return kept;
}
