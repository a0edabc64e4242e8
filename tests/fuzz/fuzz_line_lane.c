/* tests/fuzz/fuzz_line_lane.c - a byte string as a program over the Kafka messages of an honest lane, read as follow and audit do:
 * no message is an error, and no block is handed out that the lane's worker did not sign.
 * Payloads are kept where signatures are checked, as in follow.
 *
 * The first byte sets up the reader; each further one is an operation with its operands behind it.
 */
#include "tests/fuzz/fuzz.h"

#include "tests/line_lane.h"

#define HEADS 16

enum { SIGNATURES = 1, HINTS = 2, KEEP = 4, ANYWHERE = 8 };
enum { NEXT = 4, SEEK = 5, PICK = 6, CHANGE = 7, HEADER = 8, INVENT = 9, OPERATIONS = 10 };

static struct test_lane *lane;
static uint8_t honest[HEADS][ONR_SHA256_LEN]; /* roots after each block */
static size_t n_honest;

static void
remember(void)
{
    memcpy(honest[n_honest++], lane->lane.head.root, ONR_SHA256_LEN);
}

static void
start(void)
{
    lane = lane_new();
    lane_block(lane, 4);
    remember();
    lane_torn(lane, 2);
    lane_block(lane, 3);
    remember();
    lane_block(lane, 0);
    remember();
    lane_damaged(lane, 3, 1);
    remember();
    lane_repair(lane, 3);
    remember();
    lane_block(lane, 1);
    remember();
}

static void
records_are_what_was_signed(struct onr_lane_reader *r, const struct onr_range_block *b,
                            unsigned how)
{
    bool known = false;

    for (size_t i = 0; i < n_honest; i++)
        known |= memcmp(honest[i], b->commit.root_after, ONR_SHA256_LEN) == 0;
    HOLDS(known && b->accepted);
    for (size_t i = 0; i < b->n; i++) {
        struct onr_arena arena = ONR_ARENA_INIT(ONR_DECODE_ARENA_MAX);
        struct onr_lane_payload p;
        struct onr_lane_record rec;

        if (onr_lane_reader_at(r, i, &rec, NULL) < 0) {
            /* Payloads are held for the repair of a damaged block, not for one after which the lane is invalid. */
            HOLDS(b->repair && onr_range_verdict(onr_lane_reader_range(r)) == ONR_VERDICT_INVALID);
            continue;
        }
        HOLDS(rec.leaf->seq == b->seq + i);
        if ((how & KEEP) && (how & SIGNATURES)) {
            HOLDS(memcmp(rec.key_id, lane->worker.key.id, sizeof rec.key_id) == 0);
            HOLDS(onr_lane_payload_decode(lane->codec, rec.schema_id, rec.type, rec.payload, &arena,
                                          &p, NULL)
                  == 0);
        }
        onr_arena_release(&arena);
    }
}

static void
feed(struct onr_lane_reader *r, struct onr_message *m, int64_t at, unsigned how)
{
    const struct onr_range_block *b = NULL;
    struct onr_error err = ONR_ERROR_INIT;
    int rc;

    m->offset = at;
    rc = onr_lane_reader_feed(r, m, false, &b, &err);
    HOLDS(rc == 0 || (rc == -ONR_EKEY && err.text[0]));
    if (rc < 0)
        HOLDS(onr_lane_reader_feed(r, m, true, &b, NULL) == 0);
    HOLDS(rc == 0 || !b);
    if (b)
        records_are_what_was_signed(r, b, how);
    (void) onr_lane_reader_is_head(lane->codec, m, &lane->lane.head);
}

/* One byte of key, value or a header. */
static void
feed_changed(struct onr_lane_reader *r, struct tape *t, int64_t at, unsigned how)
{
    struct onr_message m = lane->m[tape_byte(t) % lane->n];
    unsigned which = tape_byte(t);
    struct onr_span *s = which % 3 == 0 ? &m.value
                         : which % 3 == 1 || !m.n_headers
                             ? &m.key
                             : &m.header[which / 3 % m.n_headers].value;
    size_t where = (size_t) tape_number(t, 2);
    uint8_t with = tape_byte(t);
    char *copy = malloc(s->len ? s->len : 1);

    HOLDS(copy);
    if (s->len) {
        memcpy(copy, s->ptr, s->len);
        copy[where % s->len] = (char) (copy[where % s->len] ^ with);
        *s = onr_span_of(copy, with ? s->len : where % s->len);
    }
    feed(r, &m, at, how);
    free(copy);
}

/* A header dropped, doubled or with another's name. */
static void
feed_headers(struct onr_lane_reader *r, struct tape *t, int64_t at, unsigned how)
{
    struct onr_message m = lane->m[tape_byte(t) % lane->n];
    unsigned what = tape_byte(t) % 3;
    size_t i = m.n_headers ? tape_byte(t) % m.n_headers : 0, k = tape_byte(t) % (m.n_headers + 1);

    if (m.n_headers == 0)
        return;
    if (what == 0)
        m.header[i] = m.header[--m.n_headers];
    else if (what == 1)
        m.header[m.n_headers++] = m.header[i];
    else
        m.header[i].name = m.header[k % m.n_headers].name;
    feed(r, &m, at, how);
}

/* A message of nothing but input. */
static void
feed_invented(struct onr_lane_reader *r, struct tape *t, int64_t at, unsigned how)
{
    static const char *const name[] = { ONR_HEADER_LEAF, ONR_HEADER_SIG, ONR_HEADER_TYPE,
                                        ONR_HEADER_NOTE, "ce_id",        "x" };
    struct onr_message m = { .topic = "stance", .partition = 7, .timestamp_ms = -1 };
    char type[] = ONR_TYPE_COMMIT;

    m.n_headers = tape_byte(t) % 5;
    for (size_t i = 0; i < m.n_headers; i++) {
        m.header[i].name = name[tape_byte(t) % (sizeof name / sizeof *name)];
        m.header[i].value = tape_span(t, tape_byte(t));
        if (m.header[i].name == name[2])
            m.header[i].value = onr_span_z(type);
    }
    m.key = tape_span(t, tape_byte(t));
    m.value = tape_span(t, (size_t) tape_number(t, 2));
    feed(r, &m, at, how);
}

static enum onr_verdict
run(struct tape t)
{
    unsigned how = tape_byte(&t);
    struct onr_lane_reader_spec spec = { .codec = lane->codec,
                                         .keylog = lane->keys,
                                         .signatures = how & SIGNATURES,
                                         .hints = how & HINTS,
                                         .keep = (how & KEEP) && (how & SIGNATURES),
                                         .anywhere = how & ANYWHERE };
    struct onr_lane_reader *r;
    struct onr_head head;
    enum onr_verdict v;
    size_t next = 0;

    must(onr_head_init(&head, ONR_SPAN(LANE_ORIGIN), NULL));
    spec.head = &head;
    must(onr_lane_reader_new(&spec, &r, NULL));
    for (int64_t at = 0; t.left > 0; at++) {
        unsigned op = tape_byte(&t) % OPERATIONS;
        struct onr_message m;

        if (op <= NEXT) {
            m = lane->m[next];
            feed(r, &m, at, how);
            next = (next + 1) % lane->n;
        } else if (op == SEEK) {
            next = tape_byte(&t) % lane->n;
        } else if (op == PICK) {
            m = lane->m[tape_byte(&t) % lane->n];
            feed(r, &m, at, how);
        } else if (op == CHANGE) {
            feed_changed(r, &t, at, how);
        } else if (op == HEADER) {
            feed_headers(r, &t, at, how);
        } else {
            feed_invented(r, &t, at, how);
        }
    }
    HOLDS(onr_lane_reader_finish(r, &v, NULL) == 0);
    onr_lane_reader_free(r);
    return v;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tape t = { data, size };

    if (!lane)
        start();
    HOLDS(run(t) == run(t));
    return 0;
}
