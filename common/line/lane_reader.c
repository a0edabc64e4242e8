/* common/line/lane_reader.c - see lane_reader.h.
 *
 * Kept payloads lie in a ring of positions that begins at the first one not yet handed out: a torn attempt, its repetition and
 * a repair all write the same bytes for the same position, so the first copy serves, and what a lane can make us hold is
 * bounded by positions and bytes, not by how often somebody writes.
 */
#include "common/line/lane_reader.h"

#include <stdlib.h>

#define KEEP_POSITIONS ((size_t) 2 * ONR_BLOCK_LEAVES) /* a damaged block and the one behind it */
#define KEEP_BYTES     ((size_t) 2 * ONR_BLOCK_BYTES)
#define DECODE_ARENA   ((size_t) 16 * 1024 * 1024) /* one result or COMMIT decoded */
#define COMMIT_KEY_AT  24                          /* key id in a COMMIT's body (docs/stmtlog.md) */
#define SIG_KEY_AT     4                           /* key id in an onr-sig header */

struct kept {
    bool used;
    uint8_t leaf[ONR_SHA256_LEN];
    uint8_t key_id[ONR_KEY_ID_LEN];
    uint32_t schema_id;
    enum onr_record_type type;
    size_t at, len; /* payload in `bytes` */
};

/* Without `signatures`: a record that waits for its COMMIT, unchecked as long as nothing is in doubt. */
struct pending {
    struct onr_range_record rec;
    uint8_t sig[ONR_RECORD_SIG_LEN];
};
#define PENDING_MAX ((size_t) 2 * ONR_BLOCK_LEAVES) /* a torn block and its repetition */

struct onr_lane_reader {
    struct onr_lane_reader_spec spec;
    struct onr_record_expect expect;
    struct onr_range range;
    struct onr_arena arena;
    uint64_t base;     /* position of kept[0] */
    struct kept *kept; /* n_kept of cap may be used */
    size_t n_kept, cap;
    struct onr_buf bytes;
    struct pending *pending;
    size_t n_pending, pending_cap;
    uint64_t next_seq;            /* position that the next record has when nothing is odd */
    struct onr_range_block block; /* the last one handed out */
    bool handed_out;              /* and with it all that was kept for it */
};

int
onr_lane_reader_new(const struct onr_lane_reader_spec *spec, struct onr_lane_reader **ret,
                    struct onr_error *err)
{
    struct onr_lane_reader *r = calloc(1, sizeof *r);

    if (!r)
        return onr_fail(err, ONR_ENOMEM, "no memory for reading a lane");
    r->spec = *spec;
    r->arena = (struct onr_arena) ONR_ARENA_INIT(DECODE_ARENA);
    onr_buf_init(&r->bytes, KEEP_BYTES);
    onr_range_init(&r->range, spec->head, spec->keylog, spec->report, spec->ctx);
    if (spec->anywhere)
        onr_range_anywhere(&r->range);
    r->expect = (struct onr_record_expect){ .origin = onr_span_z(r->range.head.origin),
                                            .keylog = spec->signatures ? spec->keylog : NULL,
                                            .schema_ok = onr_lane_schema_ok,
                                            .ctx = spec->codec };
    onr_lane_id(r->expect.origin, r->expect.lane_id);
    r->base = r->next_seq = r->range.head.tree.size;
    r->spec.head = NULL;
    *ret = r;
    return 0;
}

void
onr_lane_reader_free(struct onr_lane_reader *r)
{
    if (!r)
        return;
    onr_range_release(&r->range);
    onr_arena_release(&r->arena);
    onr_buf_release(&r->bytes);
    free(r->kept);
    free(r->pending);
    free(r);
}

struct onr_range *
onr_lane_reader_range(struct onr_lane_reader *r)
{
    return &r->range;
}

const uint64_t *
onr_lane_reader_refused(const struct onr_lane_reader *r)
{
    return r->range.refused;
}

/* Position n of the ring, grown when needed; NULL without memory. */
static struct kept *
kept_at(struct onr_lane_reader *r, size_t n)
{
    if (n >= r->cap) {
        size_t cap = r->cap ? r->cap : 256;
        struct kept *grown;

        while (cap <= n)
            cap *= 2;
        grown = realloc(r->kept, cap * sizeof *grown);
        if (!grown)
            return NULL;
        r->kept = grown;
        r->cap = cap;
    }
    while (r->n_kept <= n)
        r->kept[r->n_kept++].used = false;
    return &r->kept[n];
}

/* Hold the payload of a record until its COMMIT. Beyond the limits nothing is held: no honest lane goes there. */
static int
keep(struct onr_lane_reader *r, const struct onr_lane_message *l,
     const struct onr_range_record *rec, struct onr_error *err)
{
    struct kept *k;

    if (rec->seq < r->base || rec->seq - r->base >= KEEP_POSITIONS
        || l->payload.len > KEEP_BYTES - r->bytes.len)
        return 0;
    k = kept_at(r, (size_t) (rec->seq - r->base));
    if (!k)
        return onr_fail(err, ONR_ENOMEM, "no memory to hold a block of %s", r->range.head.origin);
    if (k->used && memcmp(k->leaf, rec->leaf, sizeof k->leaf) == 0)
        return 0;
    *k = (struct kept){ .used = true,
                        .schema_id = l->schema_id,
                        .type = l->type,
                        .at = r->bytes.len,
                        .len = l->payload.len };
    memcpy(k->leaf, rec->leaf, sizeof k->leaf);
    memcpy(k->key_id, l->sig.ptr + SIG_KEY_AT, sizeof k->key_id);
    if (onr_buf_add_span(&r->bytes, l->payload) < 0) {
        k->used = false;
        return onr_fail(err, ONR_ENOMEM, "no memory to hold a block of %s", r->range.head.origin);
    }
    return 0;
}

static bool
known_key(const struct onr_lane_reader *r, struct onr_span bytes, size_t at, size_t len)
{
    return bytes.len != len || !r->spec.keylog
           || onr_keylog_find(r->spec.keylog, (const uint8_t *) bytes.ptr + at);
}

static int
unknown_key(const struct onr_message *m, struct onr_error *err)
{
    return onr_fail(err, ONR_EKEY, "offset %lld is signed by a key that is not in the key log",
                    (long long) m->offset);
}

/* 0, or the machine's failure; what is wrong with the message is in *ret. */
static int
check_hints(struct onr_lane_reader *r, const struct onr_message *m,
            const struct onr_lane_message *l, enum onr_check *ret, struct onr_error *err)
{
    struct onr_lane_payload p;
    int rc = onr_lane_payload_decode(r->spec.codec, l->schema_id, l->type, l->payload, &r->arena,
                                     &p, NULL);

    if (rc == 0)
        rc = onr_lane_hints_check(m, &p, &r->arena, NULL);
    if (rc == -ONR_ENOMEM)
        return onr_fail(err, ONR_ENOMEM, "no memory to look into a record");
    *ret = rc == 0 ? ONR_CHECK_OK : ONR_CHECK_HINTS;
    return 0;
}

/* Does the worker's key stand behind this waiting record? */
static enum onr_check
check_signature(const struct onr_lane_reader *r, const struct pending *p)
{
    struct onr_span sig = onr_span_of(p->sig, sizeof p->sig);
    const struct onr_keylog_key *key;

    if (!r->spec.keylog) /* nobody asked who signed anything */
        return ONR_CHECK_OK;
    if (!(key = onr_keylog_find(r->spec.keylog, p->sig + SIG_KEY_AT)))
        return ONR_CHECK_UNKNOWN_KEY;
    if (onr_keylog_may_sign(r->spec.keylog, key->key.id, r->expect.origin, p->rec.seq + 1)
        != ONR_KEY_OK)
        return ONR_CHECK_NOT_ALLOWED;
    return onr_record_verify(&key->key, p->rec.leaf, sig, NULL) == 0 ? ONR_CHECK_OK
                                                                     : ONR_CHECK_FORGED;
}

/* Hand the waiting records on, in order; `doubt`: only those that a worker signed. */
static int
settle_pending(struct onr_lane_reader *r, bool doubt)
{
    int rc = 0;

    for (size_t i = 0; i < r->n_pending && rc == 0; i++) {
        const struct pending *p = &r->pending[i];
        enum onr_check why = doubt ? check_signature(r, p) : ONR_CHECK_OK;

        if (why == ONR_CHECK_OK)
            rc = onr_range_data(&r->range, &p->rec);
        else
            onr_range_foreign(&r->range, p->rec.out_offset, why, p->rec.seq);
    }
    r->n_pending = 0;
    return rc;
}

static int
add_pending(struct onr_lane_reader *r, const struct onr_range_record *rec, struct onr_span sig,
            struct onr_error *err)
{
    int rc;

    if (r->n_pending == PENDING_MAX && (rc = settle_pending(r, true)) < 0)
        return onr_fail(err, -rc, "no memory for the records before a COMMIT");
    if (r->n_pending == r->pending_cap) {
        size_t cap = r->pending_cap ? 2 * r->pending_cap : 256;
        struct pending *grown = realloc(r->pending, cap * sizeof *grown);

        if (!grown)
            return onr_fail(err, ONR_ENOMEM, "no memory for the records before a COMMIT");
        r->pending = grown;
        r->pending_cap = cap;
    }
    r->pending[r->n_pending].rec = *rec;
    memcpy(r->pending[r->n_pending].sig, sig.ptr, ONR_RECORD_SIG_LEN);
    r->n_pending++;
    return 0;
}

/* Are the waiting records just those of the block that this COMMIT ends? Only a worker's COMMIT may vouch for them: a stranger can
 * write a record and something that looks like its COMMIT. */
static bool
just_the_block(const struct onr_lane_reader *r, const struct onr_commit_record *record)
{
    struct onr_commit c;

    if (onr_commit_decode(record->body, &c, NULL) < 0 || c.n_leaves != r->n_pending
        || onr_range_commit_check(&r->range, record->body, record->signature) != ONR_CHECK_OK)
        return false;
    for (size_t i = 0; i < r->n_pending; i++)
        if (r->pending[i].rec.seq != c.size_before + i)
            return false;
    return true;
}

/* All that can be said about a record alone. Fills rec on ONR_CHECK_OK; *ret_seq is the place that its leaf claims. */
static int
check_record(struct onr_lane_reader *r, const struct onr_message *m,
             const struct onr_lane_message *l, struct onr_range_record *rec, uint64_t *ret_seq,
             enum onr_check *ret, struct onr_error *err)
{
    enum onr_check why = l->fault;
    struct onr_leaf leaf;
    bool placed;
    int rc;

    if (why == ONR_CHECK_OK)
        why = onr_record_check(&r->expect, l->payload, l->leaf, l->sig, &leaf, rec->leaf);
    if (why == ONR_CHECK_OK)
        why = onr_lane_frame_check(r->spec.codec, l, &leaf);
    if (why == ONR_CHECK_OK && l->sig.len != ONR_RECORD_SIG_LEN)
        why = ONR_CHECK_MALFORMED;
    if (why == ONR_CHECK_OK && (r->spec.hints || leaf.seq != r->next_seq)
        && (rc = check_hints(r, m, l, &why, err)) < 0)
        return rc;
    *ret = why;
    if (why != ONR_CHECK_OK) {
        /* What its leaf says about its place may be a lie, but tells a changed record from a lost one. */
        placed = onr_leaf_decode(l->leaf, &leaf, NULL) == 0
                 && memcmp(leaf.lane_id, r->expect.lane_id, ONR_SHA256_LEN) == 0;
        *ret_seq = placed ? leaf.seq : UINT64_MAX;
        return 0;
    }
    rec->out_offset = m->offset;
    rec->seq = leaf.seq;
    rec->in_offset = leaf.in_offset;
    rec->type = leaf.type;
    memcpy(rec->in_hash, leaf.in_hash, sizeof rec->in_hash);
    return 0;
}

static int
feed_record(struct onr_lane_reader *r, const struct onr_message *m,
            const struct onr_lane_message *l, bool stranger, struct onr_error *err)
{
    struct onr_range_record rec;
    enum onr_check why;
    uint64_t seq;
    int rc;

    if (r->spec.signatures && !stranger && !known_key(r, l->sig, SIG_KEY_AT, ONR_RECORD_SIG_LEN))
        return unknown_key(m, err);
    if ((rc = check_record(r, m, l, &rec, &seq, &why, err)) < 0)
        return rc;
    if (why != ONR_CHECK_OK) {
        onr_range_foreign(&r->range, m->offset, why, seq);
        return 0;
    }
    if (r->spec.keep && (rc = keep(r, l, &rec, err)) < 0)
        return rc;
    r->next_seq = rec.seq + 1;
    return r->spec.signatures ? onr_range_data(&r->range, &rec) : add_pending(r, &rec, l->sig, err);
}

static int
feed_commit(struct onr_lane_reader *r, const struct onr_message *m,
            const struct onr_lane_message *l, bool stranger, struct onr_range_block *ret,
            struct onr_error *err)
{
    int rc;

    ret->accepted = false;
    if (!l->readable) {
        onr_range_foreign(&r->range, m->offset, l->fault, UINT64_MAX);
        return 0;
    }
    if (!stranger && !known_key(r, l->record.body, COMMIT_KEY_AT, ONR_COMMIT_LEN))
        return unknown_key(m, err);
    rc = settle_pending(r, !just_the_block(r, &l->record));
    if (rc == 0)
        rc = onr_range_commit(&r->range, m->offset, l->record.body, l->record.signature,
                              (const uint8_t(*)[ONR_SHA256_LEN]) l->record.frontier,
                              l->record.n_frontier, ret);
    r->next_seq = r->range.head.tree.size;
    return rc;
}

/* What was handed out before this message is gone now, and what lies behind it begins the next block; but a damaged block
 * stays until it is repaired. */
static void
start_block(struct onr_lane_reader *r)
{
    if (r->range.damaged)
        return;
    r->base = r->range.head.tree.size;
    r->n_kept = 0;
    onr_buf_clear(&r->bytes);
}

int
onr_lane_reader_feed(struct onr_lane_reader *r, const struct onr_message *m, bool stranger,
                     const struct onr_range_block **ret_block, struct onr_error *err)
{
    struct onr_lane_message l;
    bool damaged;
    uint64_t size;
    int rc;

    *ret_block = NULL;
    if (r->handed_out)
        start_block(r);
    r->handed_out = false;
    size = r->range.head.tree.size;
    damaged = r->range.damaged;
    onr_arena_reset(&r->arena);
    if ((rc = onr_lane_message_open(r->spec.codec, m, &r->arena, &l, err)) < 0)
        return rc;
    if (!l.commit)
        return feed_record(r, m, &l, stranger, err);
    if ((rc = feed_commit(r, m, &l, stranger, &r->block, err)) < 0)
        return rc;
    if (r->block.accepted) {
        if (r->block.repair && !damaged) /* a copy had filled the gap: all of it was handed out */
            r->block.n = 0;
        r->handed_out = true;
        *ret_block = &r->block;
    } else if (r->range.head.tree.size != size) {
        start_block(r); /* a COMMIT further on was taken over without its records */
    }
    return 0;
}

int
onr_lane_reader_at(struct onr_lane_reader *r, size_t i, struct onr_lane_record *ret,
                   struct onr_error *err)
{
    struct onr_lane_record rec = { .leaf = onr_range_at(&r->range, i) };
    const struct kept *k;

    if (r->spec.keep) {
        uint64_t n = rec.leaf->seq
                     - r->base; /* wraps, and is then too large, for what lies before */

        k = n < r->n_kept ? &r->kept[n] : NULL;
        if (!k || !k->used || memcmp(k->leaf, rec.leaf->leaf, sizeof k->leaf) != 0)
            return onr_fail(err, ONR_ESTATE,
                            "the payload of position %llu was not held until its COMMIT: the block "
                            "is larger than a block may be",
                            (unsigned long long) rec.leaf->seq);
        memcpy(rec.key_id, k->key_id, sizeof rec.key_id);
        rec.schema_id = k->schema_id;
        rec.type = k->type;
        rec.payload = onr_span_sub(onr_buf_span(&r->bytes), k->at, k->at + k->len);
    }
    *ret = rec;
    return 0;
}

int
onr_lane_reader_finish(struct onr_lane_reader *r, enum onr_verdict *ret, struct onr_error *err)
{
    if (settle_pending(r, true) < 0)
        return onr_fail(err, ONR_ENOMEM, "no memory for the records before a COMMIT");
    *ret = onr_range_finish(&r->range);
    return 0;
}

bool
onr_lane_reader_is_head(struct onr_codec *codec, const struct onr_message *m,
                        const struct onr_head *head)
{
    struct onr_arena arena = ONR_ARENA_INIT(DECODE_ARENA);
    uint8_t hash[ONR_SHA256_LEN];
    struct onr_lane_message l;
    bool same = false;

    if (m->offset == head->out_offset && onr_lane_message_open(codec, m, &arena, &l, NULL) == 0
        && l.commit && l.readable && l.record.body.len == ONR_COMMIT_LEN) {
        onr_commit_hash((const uint8_t *) l.record.body.ptr, hash);
        same = memcmp(hash, head->body_hash, sizeof hash) == 0;
    }
    onr_arena_release(&arena);
    return same;
}
