/* producers/split/sender.c - see sender.h.
 *
 * An article's life: judge (is it new?) -> load (copy and cut it in the free slot) -> settle the one in flight -> send (begin,
 * produce) -> in flight. settle() commits; when that fails it undoes, looks at the articles topic if the outcome is unclear, and
 * sends again until it holds. That is the only way back, whatever failed.
 */
#include "producers/split/sender.h"

#include <stdlib.h>

#include "common/base/failpoint.h"
#include "common/base/file.h"
#include "common/base/log.h"
#include "common/event/codec.h"
#include "common/line/cut.h"
#include "common/line/program.h"
#include "common/stream/kafka_error.h"
#include "common/stream/txn.h"

#define SLOT_ARENA   (2 * ONR_ARTICLE_MAX) /* body and metadata of one article */
#define HEADER_ARENA (64 * 1024) /* headers and keys of one record: an id, some times over */
#define READ_MS      1000        /* one wait for the articles topic */
#define SAY_MS       60000       /* between two lines that say what is waited for */

/* An article on its way: everything that is needed to send it again. */
struct slot {
    struct onr_arena arena;
    struct onr_article_text article;
    struct onr_cut *cut;
};

struct onr_sender {
    const struct onr_broker *broker;
    char id[ONR_TOPIC_NAME_MAX + 160]; /* transactional.id */
    const char *outputs[3];
    struct onr_codec *codec;
    struct onr_reader *reader;
    struct onr_txn *txn;
    struct onr_sent *sent;
    struct onr_topic_range *range; /* of the articles topic: from = what was read so far */
    size_t n_ranges;
    struct onr_arena arena; /* of one record */
    struct onr_buf buf;
    struct slot slot[2];
    struct slot *flying; /* NULL or one of the two */
    bool look; /* a transaction's outcome is unclear until the articles topic was read again */
    struct onr_sender_counts counts;
};

static const char *
topic(const struct onr_sender *s, enum onr_topic t)
{
    return s->broker->settings.topics.name[t];
}

/* --- the articles topic --- */

/* Take one record into the table. Null values are what a compacted topic leaves of a record that was taken out; what is no
 * Article at all is a stranger's. But an Article that we cannot read may be one that was sent: nothing is sent then. */
static int
take_record(struct onr_sender *s, const struct onr_message *m, struct onr_error *err)
{
    struct onr_article a;
    enum onr_record_type type;
    struct onr_span payload;
    uint32_t id;
    int rc;

    if (!m->value.ptr)
        return 0;
    onr_arena_reset(&s->arena);
    rc = onr_frame_open(s->codec, m->value, &id, &type, &payload, err);
    if (rc == -ONR_EINPUT || (rc == 0 && type != ONR_REC_ARTICLE)) {
        onr_log(ONR_LOG_WARN, "split.foreign", "topic=%s partition=%d offset=%lld why=%s", m->topic,
                (int) m->partition, (long long) m->offset,
                "\"not an Article record: no split wrote it\"");
        return 0;
    }
    if (rc == 0)
        rc = onr_article_decode(s->codec, id, payload, &s->arena, &a, NULL, err);
    if (rc == 0)
        rc = onr_sent_add(s->sent, &a, err);
    if (rc == 0 || rc == -ONR_ENOMEM || rc == -ONR_ELIMIT)
        return rc;
    (void) onr_fail_in(err,
                       "%s partition %d offset %lld cannot be read, so it is not known what was "
                       "sent: ",
                       m->topic, m->partition, (long long) m->offset);
    if (err)
        err->code = ONR_ESTATE;
    return -ONR_ESTATE;
}

/* Where the articles topic ends, records of open transactions included. */
static int
find_ends(struct onr_sender *s, struct onr_error *err)
{
    struct onr_reader *all = NULL;
    int64_t low;
    size_t i;
    int rc = onr_reader_open(&s->broker->kafka, true, &all, err);

    for (i = 0; rc == 0 && i < s->n_ranges; i++)
        rc = onr_reader_bounds(all, s->range[i].topic, s->range[i].partition,
                               s->broker->settings.timeout_ms, &low, &s->range[i].to, err);
    onr_reader_close(all);
    return rc;
}

/* Read the articles topic from where we are to its end. What stands behind somebody's open transaction is committed but not
 * visible yet, and could be ours: so the end is that of all records, and the reader waits until it is decided. */
static int
catch_up(struct onr_sender *s, struct onr_error *err)
{
    const struct onr_message *m;
    int64_t say = onr_now_ms() + READ_MS;
    size_t i;
    int rc = find_ends(s, err);

    if (rc == 0)
        rc = onr_reader_assign(s->reader, s->range, s->n_ranges, err);
    while (rc == 0) {
        int got = onr_reader_next(s->reader, READ_MS, &m, err);

        if (onr_program_stopping())
            return onr_fail(err, ONR_ESTOP, "stopped while reading %s",
                            topic(s, ONR_TOPIC_ARTICLES));
        if (got == ONR_READ_END)
            break;
        if (got == ONR_READ_MESSAGE)
            rc = take_record(s, m, err);
        else if (got < 0)
            rc = got;
        else if (onr_now_ms() >= say) {
            onr_log(
                ONR_LOG_INFO, "split.wait",
                "topic=%s why=\"the end of an open transaction: a dead sender's is aborted when "
                "its time is over; one that stays hangs in the broker "
                "(kafka-transactions.sh find-hanging)\"",
                topic(s, ONR_TOPIC_ARTICLES));
            say = onr_now_ms() + SAY_MS;
        }
    }
    for (i = 0; rc == 0 && i < s->n_ranges; i++)
        s->range[i].from = onr_reader_position(s->reader, i);
    return rc;
}

static int
prepare_ranges(struct onr_sender *s, int32_t partitions, struct onr_error *err)
{
    int32_t p;

    if (!(s->range = calloc((size_t) partitions, sizeof(*s->range))))
        return onr_fail(err, ONR_ENOMEM, "no memory for %d partitions", partitions);
    s->n_ranges = (size_t) partitions;
    for (p = 0; p < partitions; p++)
        s->range[p] = (struct onr_topic_range){ topic(s, ONR_TOPIC_ARTICLES), p, ONR_RANGE_BEGIN,
                                                0 };
    return 0;
}

/* --- open and close --- */

static int
connect_all(struct onr_sender *s, struct onr_error *err)
{
    struct onr_txn_spec spec = { .kafka = &s->broker->kafka,
                                 .transactional_id = s->id,
                                 .init_timeout_ms = s->broker->settings.timeout_ms,
                                 .topics = s->outputs };
    int32_t partitions = 0;
    int rc;

    if ((rc = onr_reader_open(&s->broker->kafka, false, &s->reader, err)) < 0)
        return rc;
    rc = onr_broker_wait(s->broker, s->reader, topic(s, ONR_TOPIC_STATEMENTS), NULL, err);
    if (rc == 0)
        rc = onr_broker_wait(s->broker, s->reader, topic(s, ONR_TOPIC_ARTICLES), &partitions, err);
    if (rc == 0) /* settles what an earlier run left open, before we read */
        rc = onr_txn_open(&spec, &s->txn, err);
    if (rc == 0)
        rc = prepare_ranges(s, partitions, err);
    return rc < 0 ? rc : catch_up(s, err);
}

int
onr_sender_open(const struct onr_broker *b, const char *instance, struct onr_sender **ret,
                struct onr_error *err)
{
    struct onr_sender *s = calloc(1, sizeof(*s));
    int rc, i;

    if (!s)
        return onr_fail(err, ONR_ENOMEM, "no memory for the sender");
    s->broker = b;
    s->outputs[0] = topic(s, ONR_TOPIC_STATEMENTS);
    s->outputs[1] = topic(s, ONR_TOPIC_ARTICLES);
    s->arena = (struct onr_arena) ONR_ARENA_INIT(HEADER_ARENA);
    onr_buf_init(&s->buf, ONR_STATEMENT_RECORD_MAX + ONR_FRAME_LEN);
    /* Another line on the same brokers has another prefix: its splits do not fence ours. */
    snprintf(s->id, sizeof(s->id), "%ssplit.%s", b->settings.prefix, instance);
    for (i = 0; i < 2; i++) {
        s->slot[i].arena = (struct onr_arena) ONR_ARENA_INIT(SLOT_ARENA);
        if ((rc = onr_cut_new(&s->slot[i].cut, err)) < 0)
            goto out;
    }
    if ((rc = onr_codec_new(&s->codec, err)) < 0 || (rc = onr_sent_new(&s->sent, err)) < 0)
        goto out;
    if ((rc = connect_all(s, err)) == 0) {
        *ret = s;
        s = NULL;
    }
out:
    onr_sender_close(s);
    return rc;
}

void
onr_sender_close(struct onr_sender *s)
{
    int i;

    if (!s)
        return;
    onr_txn_close(s->txn);
    onr_reader_close(s->reader);
    for (i = 0; i < 2; i++) {
        onr_cut_free(s->slot[i].cut);
        onr_arena_release(&s->slot[i].arena);
    }
    onr_codec_free(s->codec);
    onr_sent_free(s->sent);
    onr_arena_release(&s->arena);
    onr_buf_release(&s->buf);
    free(s->range);
    free(s);
}

/* --- one article --- */

/* Copy the article and cut it. */
static int
load(struct slot *slot, const struct onr_article_text *a, struct onr_error *err)
{
    struct onr_article *m = &slot->article.meta;
    struct onr_span *spans[] = { &m->id,        &m->headline, &m->outlet,         &m->url,
                                 &m->published, &m->language, &slot->article.body };
    size_t i;

    onr_arena_reset(&slot->arena);
    slot->article = *a;
    for (i = 0; i < sizeof(spans) / sizeof(*spans); i++) {
        if (!spans[i]->ptr)
            continue;
        *spans[i] = onr_arena_span(&slot->arena, *spans[i]);
        if (!spans[i]->ptr)
            return onr_fail(err, ONR_ENOMEM, "no memory for an article");
    }
    return onr_cut_article(slot->cut, &slot->article, err);
}

/* Queue the encoded record in s->buf. */
static int
produce(struct onr_sender *s, enum onr_topic t, struct onr_span key,
        const struct onr_header *header, struct onr_error *err)
{
    struct onr_kafka_header headers[ONR_CE_HEADERS];
    int i;

    for (i = 0; i < ONR_CE_HEADERS; i++)
        headers[i] = (struct onr_kafka_header){ header[i].name, header[i].value };
    return onr_txn_produce(s->txn, topic(s, t), -1, key, onr_buf_span(&s->buf), headers,
                           ONR_CE_HEADERS, err);
}

static int
produce_statement(struct onr_sender *s, struct slot *slot, int32_t i, struct onr_error *err)
{
    struct onr_header headers[ONR_CE_HEADERS];
    struct onr_statement st;
    int rc;

    onr_arena_reset(&s->arena);
    onr_buf_clear(&s->buf);
    if ((rc = onr_cut_statement(slot->cut, i, &st, err)) < 0
        || (rc = onr_statement_encode(s->codec, &st, true, &s->buf, err)) < 0
        || (rc = onr_statement_headers(&st, &s->arena, headers, err)) < 0)
        return rc;
    return produce(s, ONR_TOPIC_STATEMENTS, st.article.id, headers, err);
}

static int
produce_article(struct onr_sender *s, const struct slot *slot, struct onr_error *err)
{
    const struct onr_article *a = &slot->article.meta;
    struct onr_header headers[ONR_CE_HEADERS];
    struct onr_span key;
    int rc;

    onr_arena_reset(&s->arena);
    onr_buf_clear(&s->buf);
    if ((rc = onr_article_encode(s->codec, a, true, &s->buf, err)) < 0
        || (rc = onr_article_headers(a, &s->arena, headers, err)) < 0)
        return rc;
    key = onr_article_key(a, &s->arena);
    if (!key.ptr)
        return onr_fail(err, ONR_ENOMEM, "no memory for the key of an article");
    return produce(s, ONR_TOPIC_ARTICLES, key, headers, err);
}

/* Begin the article's transaction and queue all its records. A withdrawal is one record, with index and count 0. */
static int
send_article(struct onr_sender *s, struct slot *slot, struct onr_error *err)
{
    int32_t n = slot->article.meta.statements, i;
    int rc = onr_txn_begin(s->txn, err);

    if (slot->article.meta.state == ONR_WITHDRAWN)
        n = 1;
    for (i = 0; rc == 0 && i < n; i++)
        rc = produce_statement(s, slot, i, err);
    if (rc == 0)
        rc = produce_article(s, slot, err);
    if (rc == 0)
        onr_failpoint("split-produced");
    return rc;
}

/* --- when something fails --- */

/* Leave no transaction open, and know what became of it: afterwards the table is right. */
static int
recover(struct onr_sender *s, struct onr_error *err)
{
    int rc;

    if (onr_txn_unclear(s->txn) && !s->look) {
        s->look = true;
        s->counts.unclear++;
    }
    if ((rc = onr_txn_undo(s->txn, err)) < 0)
        return rc;
    if (s->look && (rc = catch_up(s, err)) < 0)
        return rc;
    s->look = false;
    return 0;
}

static int
undo(struct onr_sender *s, struct onr_error *err)
{
    struct onr_error why = ONR_ERROR_INIT;
    int64_t said = 0;
    int rc;

    while ((rc = recover(s, &why)) == -ONR_EBROKER)
        if ((rc = onr_broker_patience(&said, "split.retry", &why, err)) < 0)
            return rc;
    return rc < 0 ? onr_fail(err, -rc, "%s", why.text) : 0;
}

static int
commit(struct onr_sender *s, struct onr_error *err)
{
    int rc = onr_txn_commit(s->txn, err);

    if (rc == -ONR_ELIMIT && err) {
        err->code = ONR_ECONFIG;
        (void) onr_fail_in(err, "a topic takes smaller records than it must (see: onrecord topics "
                                "check): ");
        return -ONR_ECONFIG;
    }
    return rc;
}

/* Bring the article in flight home. rc and why are what its last step ended with: 0 = it waits for its commit. */
static int
settle(struct onr_sender *s, int rc, struct onr_error *why, struct onr_error *err)
{
    struct slot *slot = s->flying;
    int64_t said = 0;

    if (rc == 0)
        rc = commit(s, why);
    while (rc == -ONR_EBROKER) {
        if ((rc = onr_broker_patience(&said, "split.retry", why, err)) < 0)
            return rc;
        s->counts.retried++;
        rc = recover(s, why);
        if (rc == 0 && onr_sent_has(s->sent, &slot->article.meta))
            break;
        if (rc == 0)
            rc = send_article(s, slot, why);
        if (rc == 0)
            rc = commit(s, why);
    }
    if (rc < 0)
        return onr_fail(err, -rc, "%s", why->text);
    onr_log(ONR_LOG_DEBUG, "split.article", "id=%s version=%lld state=%s statements=%d",
            onr_log_q(slot->article.meta.id.ptr), (long long) slot->article.meta.version,
            onr_state_name(slot->article.meta.state), slot->article.meta.statements);
    s->flying = NULL;
    s->counts.articles++;
    s->counts.statements += (uint64_t) slot->article.meta.statements;
    return onr_sent_add(s->sent, &slot->article.meta, err);
}

/* --- the calls --- */

int
onr_sender_finish(struct onr_sender *s, struct onr_error *err)
{
    struct onr_error why = ONR_ERROR_INIT;

    return s->flying ? settle(s, 0, &why, err) : 0;
}

/* Is the fault the article's own? Then it is refused and the next one has its turn. */
static bool
its_fault(int rc)
{
    return rc == -ONR_ELIMIT || rc == -ONR_EINPUT;
}

static int
refuse(int rc, const char **ret_reason)
{
    *ret_reason = rc == -ONR_ELIMIT ? "limit" : "field";
    return ONR_SENDER_REFUSED;
}

/* The loaded article takes off. */
static int
take_off(struct onr_sender *s, struct slot *slot, const char **ret_reason,
         struct onr_error *ret_why, struct onr_error *err)
{
    int undone, rc = send_article(s, slot, ret_why);

    s->flying = slot;
    if (rc == -ONR_EBROKER)
        rc = settle(s, rc, ret_why, err);
    if (rc == 0)
        return ONR_SENDER_TAKEN;
    s->flying = NULL;
    if (!its_fault(rc))
        return onr_fail(err, -rc, "%s", ret_why->text);
    undone = undo(s, err);
    return undone < 0 ? undone : refuse(rc, ret_reason);
}

int
onr_sender_put(struct onr_sender *s, const struct onr_article_text *a, const char **ret_reason,
               struct onr_error *ret_why, struct onr_error *err)
{
    struct slot *slot = s->flying == &s->slot[0] ? &s->slot[1] : &s->slot[0];
    struct onr_article_text article = *a;
    int rc;

    /* Two versions of one article in a row: the first has to be in the table before the second is judged. */
    if (s->flying && onr_span_eq(s->flying->article.meta.id, a->meta.id)
        && (rc = onr_sender_finish(s, err)) < 0)
        return rc;
    switch (onr_sent_judge(s->sent, &article.meta, ret_reason, ret_why)) {
    case ONR_SENT_BEFORE:
        s->counts.before++;
        return ONR_SENDER_BEFORE;
    case ONR_SENT_REFUSED:
        return ONR_SENDER_REFUSED;
    case ONR_SENT_NEW:
        break;
    }
    rc = load(slot, &article, ret_why);
    if (its_fault(rc))
        return refuse(rc, ret_reason);
    if (rc < 0)
        return onr_fail(err, -rc, "%s", ret_why->text);
    if ((rc = onr_sender_finish(s, err)) < 0)
        return rc;
    return take_off(s, slot, ret_reason, ret_why, err);
}

const struct onr_sender_counts *
onr_sender_counts(const struct onr_sender *s)
{
    return &s->counts;
}

size_t
onr_sender_known(const struct onr_sender *s)
{
    return onr_sent_count(s->sent);
}
