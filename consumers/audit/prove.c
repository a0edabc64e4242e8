/* consumers/audit/prove.c - everything that proves one answer, gathered from Kafka into one file. See evidence.h.
 *
 * Reads a lane from its beginning and keeps the hash of every leaf (32 bytes a record), for the proof; then the checkpoints that
 * witnesses cosigned, the input and the key log. What was gathered is checked as the file's reader will check it, before it is
 * written.
 */
#include "consumers/audit/evidence.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/file.h"
#include "common/line/evidence.h"
#include "common/line/lane_feed.h"
#include "common/line/lane_note.h"
#include "consumers/audit/checkpoints.h"
#include "consumers/audit/scan.h"

#define LEAVES_MAX ((size_t) 1 << 25) /* 1 GiB of hashes */

/* The record asked for, as it came. */
struct candidate {
    bool used;
    int64_t out_offset, in_offset, version;
    uint64_t seq;
    struct onr_buf leaf, sig, payload;
};

struct prove {
    struct onr_audit *a;
    const struct onr_audit_claim *claim;
    struct onr_arena arena, file; /* one message; all that the file holds */
    int32_t partition;
    char origin[ONR_ORIGIN_MAX + 1];
    struct onr_lane_reader *reader;
    uint8_t (*leaf)[ONR_SHA256_LEN];
    size_t n, cap;
    struct candidate seen, chosen; /* not yet committed; committed */
    struct onr_buf note;           /* the worker's, of the lane's end */
    uint64_t note_size;
    char why[256]; /* the last finding that weighs */
    struct onr_checkpoints *points;
    struct onr_evidence evidence;
};

/* --- the lane --------------------------------------------------------------------------------------------------------- */

static int
copy(struct onr_buf *to, struct onr_span s, struct onr_error *err)
{
    int rc;

    onr_buf_clear(to);
    rc = onr_buf_add_span(to, s);
    return rc < 0 ? onr_fail(err, -rc, "no memory for the evidence") : 0;
}

/* Is this the record asked for? The key is a hint that spares decoding all the others. */
static int
look_at(struct prove *p, const struct onr_message *m, struct onr_error *err)
{
    struct candidate *c = &p->seen;
    struct onr_lane_message l;
    struct onr_lane_payload payload;
    struct onr_leaf leaf;
    int rc;

    if (!onr_span_eq_z(m->key, p->claim->article))
        return 0;
    onr_arena_reset(&p->arena);
    if ((rc = onr_lane_message_open(p->a->codec, m, &p->arena, &l, err)) < 0)
        return rc;
    if (l.commit || !l.readable || onr_leaf_decode(l.leaf, &leaf, NULL) < 0)
        return 0;
    rc = onr_lane_payload_decode(p->a->codec, l.schema_id, l.type, l.payload, &p->arena, &payload,
                                 NULL);
    if (rc == -ONR_ENOMEM)
        return onr_fail(err, ONR_ENOMEM, "no memory to look into a record");
    if (rc < 0 || payload.rejected || payload.result.index != p->claim->index
        || !onr_span_eq_z(payload.result.article.id, p->claim->article))
        return 0;
    c->used = true;
    c->out_offset = m->offset;
    c->in_offset = leaf.in_offset;
    c->seq = leaf.seq;
    c->version = payload.result.article.version;
    if ((rc = copy(&c->leaf, l.leaf, err)) < 0 || (rc = copy(&c->sig, l.sig, err)) < 0)
        return rc;
    return copy(&c->payload, l.payload, err);
}

static int
add_leaf(struct prove *p, const uint8_t leaf[ONR_SHA256_LEN], struct onr_error *err)
{
    if (p->n == LEAVES_MAX)
        return onr_fail(err, ONR_ELIMIT, "%s has more than %zu records", p->origin, LEAVES_MAX);
    if (p->n == p->cap) {
        size_t cap = p->cap ? 2 * p->cap : 4096;
        void *grown = realloc(p->leaf, cap * sizeof *p->leaf);

        if (!grown)
            return onr_fail(err, ONR_ENOMEM, "no memory for the hashes of %s", p->origin);
        p->leaf = grown;
        p->cap = cap;
    }
    memcpy(p->leaf[p->n++], leaf, ONR_SHA256_LEN);
    return 0;
}

/* The worker's own checkpoint of the lane's end: for when no witness cosigned one. */
static int
keep_note(struct prove *p, const struct onr_message *m, const struct onr_range_block *b,
          struct onr_error *err)
{
    const struct onr_head *head = &onr_lane_reader_range(p->reader)->head;
    struct onr_span note = onr_message_header(m, ONR_HEADER_NOTE, NULL);

    if (!note.ptr || note.len > ONR_NOTE_MAX
        || !onr_lane_note_ok(onr_keyring_log(p->a->keyring), note, head, b->commit.key_id))
        return 0;
    p->note_size = head->tree.size;
    return copy(&p->note, note, err);
}

static int
take_lane(void *ctx, const struct onr_message *m, struct onr_error *err)
{
    struct prove *p = ctx;
    const struct onr_range_block *b;
    int rc;

    if ((rc = look_at(p, m, err)) < 0
        || (rc = onr_lane_feed(p->a->keyring, p->reader, m, &b, err)) < 0 || !b)
        return rc;
    for (size_t i = 0; i < b->n; i++) {
        const struct onr_range_record *rec = onr_range_at(onr_lane_reader_range(p->reader), i);
        struct candidate swap = p->chosen;

        if (rec->seq == p->n && (rc = add_leaf(p, rec->leaf, err)) < 0)
            return rc;
        if (!p->seen.used || p->seen.seq != rec->seq || p->seen.out_offset != rec->out_offset)
            continue;
        p->chosen = p->seen;
        p->seen = swap;
        p->seen.used = false;
    }
    return keep_note(p, m, b, err);
}

static void
report(void *ctx, const struct onr_note_found *n)
{
    struct prove *p = ctx;

    if (onr_finding_verdict(n->finding) != ONR_VERDICT_VALID)
        snprintf(p->why, sizeof p->why, "%s", n->text);
}

/* Returns the lane's verdict. */
static int
read_lane(struct prove *p, int32_t partition, struct onr_error *err)
{
    struct onr_audit *a = p->a;
    enum onr_verdict v;
    struct onr_head head;
    int rc;

    p->partition = partition;
    p->n = 0;
    onr_lane_reader_free(p->reader);
    p->reader = NULL;
    if ((rc = onr_keyring_origin(a->keyring, partition, p->origin, err)) < 0
        || (rc = onr_head_init(&head, onr_span_z(p->origin), err)) < 0)
        return rc;

    struct onr_lane_reader_spec spec = { .codec = a->codec,
                                         .keylog = onr_keyring_log(a->keyring),
                                         .head = &head,
                                         .report = report,
                                         .ctx = p };
    if ((rc = onr_lane_reader_new(&spec, &p->reader, err)) < 0
        || (rc = onr_audit_scan_all(a, ONR_TOPIC_ATTRIBUTIONS, partition, take_lane, p, err)) < 0
        || (rc = onr_lane_reader_finish(p->reader, &v, err)) < 0)
        return rc;
    if (v == ONR_VERDICT_VALID && p->n != onr_lane_reader_range(p->reader)->head.tree.size)
        return onr_fail(err, ONR_ENOTFOUND,
                        "the beginning of %s is not kept any more: a proof needs the hashes of all "
                        "its records",
                        p->origin);
    return (int) v;
}

/* --- the rest --------------------------------------------------------------------------------------------------------- */

static int
take_witness(void *ctx, const struct onr_message *m, struct onr_error *err)
{
    struct prove *p = ctx;

    return onr_span_eq_z(m->key, p->origin) ? onr_checkpoints_take(p->points, m->value, err) : 0;
}

static int
take_input(void *ctx, const struct onr_message *m, struct onr_error *err)
{
    struct prove *p = ctx;
    struct onr_evidence *e = &p->evidence;

    if (m->offset != p->chosen.in_offset)
        return 0;
    e->input_key = onr_arena_span(&p->file, m->key);
    e->input_value = onr_arena_span(&p->file, m->value);
    if ((m->key.ptr && !e->input_key.ptr) || (m->value.ptr && !e->input_value.ptr))
        return onr_fail(err, ONR_ENOMEM, "no memory for the input");
    p->seen.used = true;
    return 0;
}

static int
find_input(struct prove *p, struct onr_error *err)
{
    struct onr_topic_range range = { p->a->broker->settings.topics.name[ONR_TOPIC_STATEMENTS],
                                     p->partition, p->chosen.in_offset, p->chosen.in_offset + 1 };
    int rc;

    p->seen.used = false;
    rc = onr_audit_scan(p->a, &range, take_input, p, err);
    if (rc == -ONR_ENOTFOUND || (rc == 0 && !p->seen.used))
        return onr_fail(err, ONR_ENOTFOUND,
                        "the statement that it answers, offset %" PRId64
                        " of partition %d of %s, is not kept any more: without it there is no "
                        "evidence of what was asked",
                        p->chosen.in_offset, (int) p->partition, range.topic);
    return rc;
}

/* Every record of the topic of keys that a reader takes: with its signatures. */
static int
take_key(void *ctx, const struct onr_message *m, struct onr_error *err)
{
    struct prove *p = ctx;
    struct onr_evidence *e = &p->evidence;
    uint64_t want = onr_keylog_size(onr_keyring_log(p->a->keyring));
    struct onr_note note;

    if (e->n_entries >= want || onr_note_parse(m->value, &note, NULL) < 0
        || !onr_span_eq(note.text, onr_keylog_text(onr_keyring_log(p->a->keyring), e->n_entries))
        || onr_note_verify(&note, onr_keyring_trust(p->a->keyring)->root,
                           onr_keyring_trust(p->a->keyring)->n_roots, NULL, NULL)
               < (int) onr_keyring_trust(p->a->keyring)->k)
        return 0;
    e->entry[e->n_entries] = onr_arena_span(&p->file, m->value);
    if (!e->entry[e->n_entries].ptr)
        return onr_fail(err, ONR_ENOMEM, "no memory for the key log");
    e->n_entries++;
    return 0;
}

static int
find_keys(struct prove *p, struct onr_error *err)
{
    size_t n = (size_t) onr_keylog_size(onr_keyring_log(p->a->keyring));

    p->evidence.entry = onr_arena_array(&p->file, n + 1, sizeof *p->evidence.entry);
    if (!p->evidence.entry)
        return onr_fail(err, ONR_ENOMEM, "no memory for the key log");
    return onr_audit_scan_all(p->a, ONR_TOPIC_KEYS, 0, take_key, p, err);
}

/* The checkpoint that most witnesses cosigned, of a tree that holds the record; else the worker's. */
static int
find_checkpoint(struct prove *p, struct onr_error *err)
{
    struct onr_span best;
    uint64_t size;
    int rc;

    if ((rc = onr_checkpoints_new(onr_keyring_trust(p->a->keyring), p->chosen.seq + 1, p->n,
                                  &p->points, err))
            < 0
        || (rc = onr_audit_scan_all(p->a, ONR_TOPIC_WITNESS, 0, take_witness, p, err)) < 0)
        return rc;
    rc = onr_checkpoints_best(p->points, ONR_HASHES(p->leaf), &best, &size, err);
    if (rc == -ONR_ENOTFOUND) {
        best = onr_buf_span(&p->note);
        size = p->note_size;
        if (size <= p->chosen.seq)
            return onr_fail(err, ONR_ENOTFOUND, "%s has no signed checkpoint yet", p->origin);
    } else if (rc < 0) {
        return rc;
    }
    p->evidence.checkpoint = best;
    return onr_inclusion_prove(ONR_HASHES(p->leaf), size, p->chosen.seq, &p->evidence.proof);
}

/* Check what was gathered as its reader will, and write it. Returns the verdict. */
static int
write_file(struct prove *p, struct onr_error *err)
{
    struct onr_buf text = ONR_BUF_INIT(ONR_EVIDENCE_MAX);
    struct onr_evidence_report *r = onr_arena_alloc(&p->file, sizeof *r);
    struct onr_evidence again;
    int rc;

    if (!r)
        return onr_fail(err, ONR_ENOMEM, "no memory for the evidence");
    if ((rc = onr_evidence_print(&p->evidence, &text, err)) < 0
        || (rc = onr_evidence_parse(onr_buf_span(&text), &p->file, &again, err)) < 0
        || (rc = onr_evidence_check(&again, onr_keyring_trust(p->a->keyring), p->a->codec, &p->file,
                                    r, err))
               < 0)
        goto out;
    rc = (int) r->verdict;
    if (r->verdict != ONR_VERDICT_VALID)
        onr_fail(err, ONR_EVERIFY, "%s", r->why);
    if (r->verdict != ONR_VERDICT_VALID && r->verdict != ONR_VERDICT_NOT_COVERED)
        goto out;
    if (onr_file_replace(p->claim->out, onr_buf_span(&text), 0644, err) < 0) {
        rc = -err->code;
        goto out;
    }
    printf("%s: statement %" PRId32 " of %s, version %" PRId64 ", record %" PRIu64 " of %" PRIu64
           " in %s, cosigned by %zu\n",
           p->claim->out, p->claim->index, p->claim->article, p->chosen.version, r->leaf.seq,
           r->size, p->origin, r->n_cosigned);
out:
    onr_buf_release(&text);
    return rc;
}

/* The lane that holds the record, read to its end. What is wrong with others is their own matter, as long as it is not there. */
static int
find_record(struct prove *p, int32_t first, int32_t n, struct onr_error *err)
{
    int rc, other = 0;

    for (int32_t i = first; i < first + n; i++) {
        struct onr_error why = ONR_ERROR_INIT;

        if ((rc = read_lane(p, i, &why)) == 0 && p->chosen.used)
            return 0;
        if (rc < 0 && (rc != -ONR_ENOTFOUND || p->chosen.used))
            return onr_fail(err, why.code, "%s", why.text);
        if (rc == 0)
            continue;
        other = rc;
        onr_fail(err, rc < 0 ? ONR_ENOTFOUND : ONR_EVERIFY, "the lane %s cannot prove it: %s",
                 p->origin, rc < 0 ? why.text : p->why);
        if (p->chosen.used)
            return rc;
    }
    if (other)
        return other;
    return onr_fail(err, ONR_ENOTFOUND,
                    "no lane holds a committed answer to statement %" PRId32 " of the article %s",
                    p->claim->index, p->claim->article);
}

static int
prove(struct prove *p, int32_t first, int32_t n, struct onr_error *err)
{
    int rc;

    if ((rc = find_record(p, first, n, err)) != 0)
        return rc;
    p->evidence.leaf = onr_buf_span(&p->chosen.leaf);
    p->evidence.signature = onr_buf_span(&p->chosen.sig);
    p->evidence.payload = onr_buf_span(&p->chosen.payload);
    p->evidence.index = p->chosen.seq;
    if ((rc = find_checkpoint(p, err)) < 0 || (rc = find_input(p, err)) < 0
        || (rc = find_keys(p, err)) < 0)
        return rc;
    return write_file(p, err);
}

static void
init_candidate(struct candidate *c)
{
    onr_buf_init(&c->leaf, ONR_LEAF_LEN);
    onr_buf_init(&c->sig, ONR_MESSAGE_MAX);
    onr_buf_init(&c->payload, ONR_MESSAGE_MAX);
}

static void
release_candidate(struct candidate *c)
{
    onr_buf_release(&c->leaf);
    onr_buf_release(&c->sig);
    onr_buf_release(&c->payload);
}

int
onr_audit_prove(struct onr_audit *a, int32_t first, int32_t n, const struct onr_audit_claim *claim,
                struct onr_error *err)
{
    struct prove p = { .a = a,
                       .claim = claim,
                       .arena = ONR_ARENA_INIT((size_t) 16 * 1024 * 1024),
                       .file = ONR_ARENA_INIT(4 * ONR_EVIDENCE_MAX) };
    int rc;

    init_candidate(&p.seen);
    init_candidate(&p.chosen);
    onr_buf_init(&p.note, ONR_NOTE_MAX);
    rc = prove(&p, first, n, err);
    onr_lane_reader_free(p.reader);
    onr_checkpoints_free(p.points);
    release_candidate(&p.seen);
    release_candidate(&p.chosen);
    onr_buf_release(&p.note);
    onr_arena_release(&p.arena);
    onr_arena_release(&p.file);
    free(p.leaf);
    return rc;
}
