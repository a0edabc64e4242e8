/* consumers/classify/output.c - records, dead letters and COMMITs as Kafka messages (classify.h). */
#include "consumers/classify/classify.h"

#include "common/line/dead_letter.h"
#include "common/stmtlog/note.h"

/* The original record, and where it came from. */
static int
send_dead_letter(struct classify *c, const struct onr_message *m, enum onr_reject_code code,
                 uint64_t seq, struct onr_error *err)
{
    struct onr_dead_letter l;

    onr_dead_letter_make(m, code, seq, &l);
    return onr_txn_produce_at(c->txn, c->rejects, m->partition,
                              m->timestamp_ms > 0 ? m->timestamp_ms : 0, l.key, l.value, l.header,
                              l.n_headers, err);
}

int
send_record(struct classify *c, struct lane *l, const struct onr_message *m,
            const struct onr_outcome *o, const uint8_t leaf[ONR_LEAF_LEN],
            const uint8_t sig[ONR_RECORD_SIG_LEN], uint64_t seq, struct onr_error *err)
{
    struct onr_kafka_header h[ONR_LANE_HEADERS];
    size_t n = onr_lane_record_headers(onr_span_of(leaf, ONR_LEAF_LEN),
                                       onr_span_of(sig, ONR_RECORD_SIG_LEN), o, h);
    int rc = onr_txn_produce(c->txn, c->attributions, l->partition, o->key, o->message, h, n, err);

    if (rc < 0 || !o->rejected)
        return rc;
    c->rejected++;
    return send_dead_letter(c, m, o->reject, seq, err);
}

/* The head as a C2SP checkpoint, signed by the same key: what witnesses cosign. */
static int
make_note(struct classify *c, const struct lane *l, struct onr_error *err)
{
    const struct onr_head *h = &l->state.next;
    struct onr_checkpoint point = { .origin = onr_span_z(l->origin), .size = h->tree.size };
    const struct onr_signer *signer = &c->signer;
    int rc;

    memcpy(point.root, h->root, sizeof point.root);
    onr_buf_clear(&c->text);
    onr_buf_clear(&c->note);
    if ((rc = onr_checkpoint_print(&point, &c->text)) < 0)
        return onr_fail(err, -rc, "no room for a checkpoint");
    return onr_note_sign(onr_buf_span(&c->text), &signer, 1, &c->note, err);
}

int
send_commit(struct classify *c, struct lane *l, const uint8_t body[ONR_COMMIT_LEN],
            const uint8_t sig[ONR_SIG_LEN], struct onr_error *err)
{
    struct onr_commit_record r = { .body = onr_span_of(body, ONR_COMMIT_LEN),
                                   .signature = onr_span_of(sig, ONR_SIG_LEN) };
    struct onr_kafka_header h[ONR_COMMIT_HEADERS];
    const struct onr_frontier *tree = &l->state.next.tree;
    size_t n;
    int rc;

    r.n_frontier = onr_frontier_count(tree->size);
    memcpy(r.frontier, tree->node, r.n_frontier * sizeof r.frontier[0]);
    onr_buf_clear(&c->commit);
    if ((rc = make_note(c, l, err)) < 0
        || (rc = onr_commit_record_encode(c->codec, &r, true, &c->commit, err)) < 0)
        return rc;
    n = onr_lane_commit_headers(onr_buf_span(&c->note), h);
    l->commit_offset = -1;
    return onr_txn_produce_mark(c->txn, c->attributions, l->partition, ONR_SPAN_NULL,
                                onr_buf_span(&c->commit), h, n, &l->commit_offset, err);
}
