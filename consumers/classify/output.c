/* consumers/classify/output.c - records, dead letters and COMMITs as Kafka messages (classify.h). */
#include "consumers/classify/classify.h"

#include <inttypes.h>
#include <stdio.h>

#include "common/stmtlog/note.h"

/* Beside ours, the headers by which Kafka Connect's tools know a dead letter. */
#define HEADER_CONNECT_TOPIC     "__connect.errors.topic"
#define HEADER_CONNECT_PARTITION "__connect.errors.partition"
#define HEADER_CONNECT_OFFSET    "__connect.errors.offset"
#define HEADER_CONNECT_MESSAGE   "__connect.errors.exception.message"
#define HEADER_CUT               "onr-headers-cut" /* original headers beyond ONR_MESSAGE_HEADERS, left out */
#define OUR_HEADERS              10
#define NUMBER_MAX               24

struct number {
    char text[NUMBER_MAX];
};

static struct onr_span
number(struct number *n, int64_t value)
{
    int len = snprintf(n->text, sizeof n->text, "%" PRId64, value);

    return onr_span_of(n->text, (size_t) len);
}

/* The original record, untouched, and where it came from. */
static int
send_dead_letter(struct classify *c, const struct onr_message *m, enum onr_reject_code code,
                 uint64_t seq, struct onr_error *err)
{
    struct onr_kafka_header h[ONR_MESSAGE_HEADERS + OUR_HEADERS];
    size_t all, kept, n;
    struct number partition, offset, place, cut;
    struct onr_span topic = onr_span_z(m->topic), p = number(&partition, m->partition);
    struct onr_span o = number(&offset, m->offset);

    onr_message_load_headers(m, &all, h);
    n = kept = all < ONR_MESSAGE_HEADERS ? all : ONR_MESSAGE_HEADERS;
    h[n++] = (struct onr_kafka_header){ ONR_HEADER_REASON, onr_span_z(onr_reject_name(code)) };
    h[n++] = (struct onr_kafka_header){ ONR_HEADER_TOPIC, topic };
    h[n++] = (struct onr_kafka_header){ ONR_HEADER_PARTITION, p };
    h[n++] = (struct onr_kafka_header){ ONR_HEADER_OFFSET, o };
    h[n++] = (struct onr_kafka_header){ ONR_HEADER_SEQ, number(&place, (int64_t) seq) };
    h[n++] = (struct onr_kafka_header){ HEADER_CONNECT_TOPIC, topic };
    h[n++] = (struct onr_kafka_header){ HEADER_CONNECT_PARTITION, p };
    h[n++] = (struct onr_kafka_header){ HEADER_CONNECT_OFFSET, o };
    h[n++] = (struct onr_kafka_header){ HEADER_CONNECT_MESSAGE,
                                        onr_span_z(onr_reject_sentence(code)) };
    if (all > kept)
        h[n++] = (struct onr_kafka_header){ HEADER_CUT, number(&cut, (int64_t) (all - kept)) };
    return onr_txn_produce_at(c->txn, c->rejects, m->partition,
                              m->timestamp_ms > 0 ? m->timestamp_ms : 0, m->key, m->value, h, n,
                              err);
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
