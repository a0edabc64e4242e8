/* consumers/audit/rejects.c - is the dead letter of each reject there, with the input's own bytes?
 *
 * A dead letter is not signed; the reject's leaf binds it by the hash of the input's key and value. What lies in the topic of
 * rejects beside the letters looked for is not the lane's, and nobody's concern here. A letter whose largest part had to be left
 * out cannot be compared: it counts, and is noted.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "common/base/file.h"
#include "common/line/dead_letter.h"
#include "common/line/program.h"
#include "consumers/audit/audit.h"

#define WAIT_MS     200
#define LETTERS_MAX ((size_t) 1 << 22) /* 160 MiB of places and hashes */

struct letter {
    uint64_t seq;
    uint8_t in_hash[ONR_SHA256_LEN];
    bool cut; /* without key or value, which were too large */
};

struct onr_audit_letters {
    struct onr_audit *a;
    struct onr_audit_lane *lane;
    bool loaded;
    int64_t low; /* first offset still there */
    struct letter *letter;
    size_t n, cap;
};

int
onr_audit_letters_open(struct onr_audit *a, struct onr_audit_lane *l,
                       struct onr_audit_letters **ret, struct onr_error *err)
{
    struct onr_audit_letters *d = calloc(1, sizeof *d);

    if (!d)
        return onr_fail(err, ONR_ENOMEM, "no memory for dead letters");
    d->a = a;
    d->lane = l;
    *ret = d;
    return 0;
}

void
onr_audit_letters_close(struct onr_audit_letters *d)
{
    if (!d)
        return;
    free(d->letter);
    free(d);
}

static int
add(struct onr_audit_letters *d, const struct onr_message *m, struct onr_error *err)
{
    unsigned long long seq;

    if (onr_span_u64(onr_message_header(m, ONR_HEADER_SEQ, NULL), &seq) < 0)
        return 0;
    if (d->n == LETTERS_MAX)
        return onr_fail(err, ONR_ELIMIT, "more than %zu dead letters on one partition",
                        LETTERS_MAX);
    if (d->n == d->cap) {
        size_t cap = d->cap ? 2 * d->cap : 64;
        struct letter *grown = realloc(d->letter, cap * sizeof *grown);

        if (!grown)
            return onr_fail(err, ONR_ENOMEM, "no memory for dead letters");
        d->letter = grown;
        d->cap = cap;
    }
    d->letter[d->n].seq = seq;
    onr_input_hash(m->key, m->value, d->letter[d->n].in_hash);
    d->letter[d->n].cut = onr_dead_letter_cut(m);
    d->n++;
    return 0;
}

static int
by_seq(const void *a, const void *b)
{
    uint64_t x = ((const struct letter *) a)->seq, y = ((const struct letter *) b)->seq;

    return (x > y) - (x < y);
}

static int
read_all(struct onr_audit_letters *d, struct onr_reader *r, struct onr_error *err)
{
    const struct onr_broker *b = d->a->broker;
    struct onr_topic_range range = { b->settings.topics.name[ONR_TOPIC_REJECTS], d->lane->partition,
                                     0, 0 };
    int64_t quiet_since = onr_now_ms();
    const struct onr_message *m;
    int rc;

    if ((rc = onr_reader_bounds(r, range.topic, range.partition, b->settings.timeout_ms,
                                &range.from, &range.to, err))
            < 0
        || (rc = onr_reader_assign(r, &range, 1, err)) < 0)
        return rc;
    d->low = range.from;
    while ((rc = onr_reader_next(r, WAIT_MS, &m, err)) != ONR_READ_END) {
        if (rc < 0)
            return rc;
        if (onr_program_stopping())
            return onr_fail(err, ONR_ESTOP, "stopped before the end of the audit");
        if (rc == ONR_READ_WAIT && onr_now_ms() - quiet_since > b->settings.timeout_ms)
            return onr_fail(err, ONR_EBROKER, "%s: the broker stopped answering", range.topic);
        if (rc != ONR_READ_MESSAGE)
            continue;
        quiet_since = onr_now_ms();
        if ((rc = add(d, m, err)) < 0)
            return rc;
    }
    if (d->n)
        qsort(d->letter, d->n, sizeof *d->letter, by_seq);
    d->loaded = true;
    return 0;
}

static int
load(struct onr_audit_letters *d, struct onr_error *err)
{
    struct onr_reader *r;
    int rc;

    if ((rc = onr_reader_open(&d->a->broker->kafka, false, &r, err)) < 0)
        return rc;
    rc = read_all(d, r, err);
    onr_reader_close(r);
    return rc;
}

int
onr_audit_letters_check(struct onr_audit_letters *d, const struct onr_range_record *rec,
                        struct onr_error *err)
{
    size_t lo = 0, hi;
    bool any = false, cut = false;
    int rc;

    if (!d->loaded && (rc = load(d, err)) < 0)
        return rc;
    for (hi = d->n; lo < hi;) {
        size_t mid = lo + (hi - lo) / 2;

        if (d->letter[mid].seq < rec->seq)
            lo = mid + 1;
        else
            hi = mid;
    }
    for (; lo < d->n && d->letter[lo].seq == rec->seq; lo++) {
        any = true;
        cut |= d->letter[lo].cut;
        if (memcmp(d->letter[lo].in_hash, rec->in_hash, ONR_SHA256_LEN) == 0) {
            d->lane->dead_letters++;
            return 0;
        }
    }
    if (cut) {
        d->lane->dead_letters++;
        onr_audit_note(d->lane, ONR_VERDICT_VALID, "letter-cut", "rejects", -1, rec->seq,
                       "the dead letter of the reject at position %" PRIu64
                       " is without what was too large to send: input offset %" PRId64 " holds it",
                       rec->seq, rec->in_offset);
    } else if (any)
        onr_audit_note(d->lane, ONR_VERDICT_INVALID, "letter-changed", "rejects", -1, rec->seq,
                       "the dead letter of the reject at position %" PRIu64
                       " does not hold the bytes of input offset %" PRId64,
                       rec->seq, rec->in_offset);
    else if (d->low > 0)
        onr_audit_note(d->lane, ONR_VERDICT_NOT_COVERED, "letter-expired", "rejects", -1, rec->seq,
                       "the dead letter of the reject at position %" PRIu64
                       " is not kept any more (the topic begins at offset %" PRId64 ")",
                       rec->seq, d->low);
    else
        onr_audit_note(d->lane, ONR_VERDICT_GAP, "letter-gone", "rejects", -1, rec->seq,
                       "the dead letter of the reject at position %" PRIu64 " is not there",
                       rec->seq);
    return 0;
}
