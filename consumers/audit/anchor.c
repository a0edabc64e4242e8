/* consumers/audit/anchor.c - see anchor.h.
 *
 * Two readings: what witnesses cosigned of this lane, as pairs of size and root; then the COMMITs that are left, until one of them is
 * among those. Its own frontier, which must hash to its root, lets the audit go on behind it.
 */
#include "consumers/audit/anchor.h"

#include <inttypes.h>
#include <stdlib.h>

#include "common/stmtlog/note.h"
#include "consumers/audit/scan.h"

#define SEEN_MAX ((size_t) 1 << 22) /* 160 MiB of trees */

struct tree {
    uint64_t size;
    uint8_t root[ONR_SHA256_LEN];
};

struct anchor {
    struct onr_audit *a;
    struct onr_audit_lane *l;
    struct onr_arena arena;
    uint8_t lane_id[ONR_SHA256_LEN];
    struct tree *seen; /* cosigned; in order once they are all there */
    size_t n, cap;
    bool found;
    struct onr_head head;
};

static int
compare(const void *a, const void *b)
{
    const struct tree *x = a, *y = b;

    if (x->size != y->size)
        return x->size < y->size ? -1 : 1;
    return memcmp(x->root, y->root, sizeof x->root);
}

static int
add(struct anchor *c, const struct tree *t, struct onr_error *err)
{
    if (c->n == SEEN_MAX)
        return onr_fail(err, ONR_ELIMIT, "more than %zu cosigned trees of one lane", SEEN_MAX);
    if (c->n == c->cap) {
        size_t cap = c->cap ? 2 * c->cap : 256;
        struct tree *grown = realloc(c->seen, cap * sizeof *grown);

        if (!grown)
            return onr_fail(err, ONR_ENOMEM, "no memory for what witnesses cosigned");
        c->seen = grown;
        c->cap = cap;
    }
    c->seen[c->n++] = *t;
    return 0;
}

/* Only what a witness of the trust file cosigned counts; the topic is open to others. */
static int
take_note(void *ctx, const struct onr_message *m, struct onr_error *err)
{
    struct anchor *c = ctx;
    const struct onr_trust *trust = onr_keyring_trust(c->a->keyring);
    struct onr_checkpoint point;
    struct onr_note note;
    struct tree t;

    if (!onr_span_eq_z(m->key, c->l->origin) || onr_note_parse(m->value, &note, NULL) < 0
        || onr_checkpoint_parse(note.text, &point, NULL) < 0
        || !onr_span_eq_z(point.origin, c->l->origin))
        return 0;
    t.size = point.size;
    memcpy(t.root, point.root, sizeof t.root);
    if (c->n && compare(&c->seen[c->n - 1], &t) == 0)
        return 0;
    if (onr_note_verify(&note, trust->witness, trust->n_witnesses, NULL, NULL) < 1)
        return 0;
    return add(c, &t, err);
}

/* A COMMIT of this lane, signed by a key that may: else nothing of it counts. */
static bool
commit_ok(const struct anchor *c, const struct onr_lane_message *m, struct onr_commit *ret)
{
    const struct onr_keylog *keys = onr_keyring_log(c->a->keyring);
    struct onr_span origin = onr_span_z(c->l->origin);

    return m->commit && m->readable && onr_commit_decode(m->record.body, ret, NULL) == 0
           && memcmp(ret->lane_id, c->lane_id, ONR_SHA256_LEN) == 0
           && onr_keylog_may_sign(keys, ret->key_id, origin, ret->size_after) == ONR_KEY_OK
           && onr_commit_verify(&onr_keylog_find(keys, ret->key_id)->key, m->record.body,
                                m->record.signature, NULL)
                  == 0;
}

static int
take_commit(void *ctx, const struct onr_message *m, struct onr_error *err)
{
    struct anchor *c = ctx;
    struct onr_lane_message parts;
    struct onr_commit commit;
    struct tree t;
    int rc;

    if (!onr_span_eq_z(onr_message_header(m, ONR_HEADER_TYPE, NULL), ONR_TYPE_COMMIT))
        return 0;
    onr_arena_reset(&c->arena);
    if ((rc = onr_lane_message_open(c->a->codec, m, &c->arena, &parts, err)) < 0)
        return rc;
    if (!commit_ok(c, &parts, &commit))
        return 0;
    if (commit.commit_no == 0)
        return 1;
    t.size = commit.size_after;
    memcpy(t.root, commit.root_after, sizeof t.root);
    if (!bsearch(&t, c->seen, c->n, sizeof t, compare)
        || onr_head_from_commit(&c->head, onr_span_z(c->l->origin), parts.record.body,
                                ONR_HASHES(parts.record.frontier), parts.record.n_frontier,
                                m->offset, NULL)
               < 0)
        return 0;
    c->found = true;
    return 1;
}

int
onr_audit_anchor(struct onr_audit *a, struct onr_audit_lane *l, int64_t low, int64_t end,
                 struct onr_head *ret, bool *ret_found, struct onr_error *err)
{
    struct anchor c = { .a = a, .l = l, .arena = ONR_ARENA_INIT(ONR_MESSAGE_MAX) };
    struct onr_topic_range range = { a->broker->settings.topics.name[ONR_TOPIC_ATTRIBUTIONS],
                                     l->partition, low, end };
    int rc;

    *ret_found = false;
    if (onr_keyring_trust(a->keyring)->n_witnesses == 0)
        return 0;
    onr_lane_id(onr_span_z(l->origin), c.lane_id);
    if ((rc = onr_audit_scan_all(a, ONR_TOPIC_WITNESS, 0, take_note, &c, err)) < 0 || c.n == 0)
        goto out;
    qsort(c.seen, c.n, sizeof *c.seen, compare);
    if ((rc = onr_audit_scan(a, &range, take_commit, &c, err)) < 0 || !c.found)
        goto out;
    *ret = c.head;
    *ret_found = true;
    onr_audit_note(l, ONR_VERDICT_VALID, "anchor", "lane", c.head.out_offset, UINT64_MAX,
                   "the beginning is not kept any more: goes on from COMMIT %" PRIu64
                   ", the first one left that a witness cosigned; the %" PRIu64
                   " records up to it are not looked at",
                   c.head.commit_no, c.head.tree.size);
out:
    free(c.seen);
    onr_arena_release(&c.arena);
    return rc < 0 ? rc : 0;
}
