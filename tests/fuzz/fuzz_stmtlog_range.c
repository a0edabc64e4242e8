/* tests/fuzz/fuzz_stmtlog_range.c - a byte string as a program over the messages of an honest lane: whatever it replays, drops,
 * reorders, changes or invents, nothing is final but what the lane's workers signed.
 *
 * The lane has blocks of several sizes, a torn attempt, a heartbeat, a damaged block and its repair. The first byte sets up the
 * range, each further one is an operation with its operands behind it.
 */
#include "tests/fuzz/fuzz.h"

#include "tests/property/stmtlog_world.h"

#define HEADS    32
#define MESSAGES 64

enum { NO_KEYS = 1, ANYWHERE = 2, EXPECT_END = 4, FROM_HEAD = 8 };
enum {
    NEXT = 4,
    SEEK = 5,
    PICK = 6,
    CHANGE = 7,
    INVENT = 8,
    FOREIGN = 9,
    COMMIT = 10,
    OPERATIONS = 11
};

static struct world *world;
static struct onr_head honest[HEADS]; /* after each block */
static size_t n_honest;

/* A record looked at alone; for those of the lane once, because signatures are what takes time. */
struct judged {
    enum onr_check check;
    struct onr_range_record rec;
};
static struct judged known[2][MESSAGES]; /* without and with keys */

static void
block(size_t n, size_t visible)
{
    struct onr_signer *s = &world->signer[n_honest % WORLD_SIGNERS];
    int64_t next = n ? world->input[world->done + n - 1] + 1 : onr_lane_in_next(&world->lane);

    must(onr_lane_begin(&world->lane, NULL));
    world_records(world, &world->lane, s, world->done, n, visible, (int) n_honest);
    world_commit(world, &world->lane, s, next, 0, (int) n_honest);
    must(onr_lane_promote(&world->lane, (int64_t) world->n - 1, NULL));
    world->done += n;
    honest[n_honest++] = world->lane.head;
}

static void
torn(size_t n)
{
    must(onr_lane_begin(&world->lane, NULL));
    world_records(world, &world->lane, &world->signer[0], world->done, n, n, -1);
    onr_lane_drop(&world->lane);
}

static void
repair(size_t n)
{
    must(onr_lane_begin_repair(&world->lane, NULL));
    world_records(world, &world->lane, &world->signer[1], world->done - n, n, n, (int) n_honest);
    world_commit(world, &world->lane, &world->signer[1], onr_lane_in_next(&world->lane), 0,
                 (int) n_honest);
    must(onr_lane_promote(&world->lane, (int64_t) world->n - 1, NULL));
    honest[n_honest++] = world->lane.head;
}

static void
judge(bool keys, const struct msg *m, struct judged *ret)
{
    struct onr_record_expect e = { .origin = ONR_SPAN(WORLD_ORIGIN),
                                   .keylog = keys ? world->keys : NULL };
    struct onr_leaf leaf;

    memset(ret, 0, sizeof *ret);
    onr_lane_id(e.origin, e.lane_id);
    ret->check = onr_record_check(&e,
                                  onr_span_of(m->payload, strnlen(m->payload, sizeof m->payload)),
                                  onr_span_of(m->leaf, ONR_LEAF_LEN),
                                  onr_span_of(m->sig, ONR_RECORD_SIG_LEN), &leaf, ret->rec.leaf);
    if (ret->check != ONR_CHECK_OK)
        return;
    ret->rec.seq = leaf.seq;
    ret->rec.in_offset = leaf.in_offset;
    ret->rec.type = leaf.type;
    memcpy(ret->rec.in_hash, leaf.in_hash, ONR_SHA256_LEN);
}

static void
start(void)
{
    world = world_new();
    world_reset(world, 1);
    block(3, 3);
    block(1, 1);
    torn(2);
    block(5, 5);
    block(0, 0);
    world_config_of(1, world->config); /* a change that the key log allows */
    block(2, 2);
    block(4, 2);
    repair(4);
    block(3, 3);
    HOLDS(world->n <= MESSAGES && n_honest <= HEADS);
    for (size_t i = 0; i < world->n; i++)
        for (int keys = 0; keys < 2; keys++)
            judge(keys, &world->msg[i], &known[keys][i]);
}

static bool
signed_by_the_lane(uint64_t size, const uint8_t root[ONR_SHA256_LEN])
{
    for (size_t i = 0; i < n_honest; i++)
        if (honest[i].tree.size == size && memcmp(honest[i].root, root, ONR_SHA256_LEN) == 0)
            return true;
    return false;
}

static void
feed_commit(struct onr_range *r, int64_t at, const struct msg *m)
{
    struct onr_range_block b;

    must(onr_range_commit(r, at, onr_span_of(m->body, ONR_COMMIT_LEN),
                          onr_span_of(m->csig, ONR_SIG_LEN), m->frontier, m->n_frontier, &b));
    if (!b.accepted)
        return;
    for (size_t i = 0; i < b.n; i++)
        HOLDS(onr_range_at(r, i)->seq == b.seq + i);
    if (r->keylog)
        HOLDS(signed_by_the_lane(b.commit.size_after, b.commit.root_after));
}

static void
feed(struct onr_range *r, int64_t at, const struct msg *m)
{
    struct judged j;

    if (m->commit) {
        feed_commit(r, at, m);
        return;
    }
    if (m >= world->msg && m < world->msg + world->n)
        j = known[r->keylog != NULL][m - world->msg];
    else
        judge(r->keylog != NULL, m, &j);
    if (j.check != ONR_CHECK_OK) {
        onr_range_foreign(r, at, j.check, UINT64_MAX);
        return;
    }
    j.rec.out_offset = at;
    must(onr_range_data(r, &j.rec));
}

/* One byte of a message changed, wherever in it. */
static void
feed_changed(struct onr_range *r, int64_t at, struct tape *t)
{
    struct msg m = world->msg[tape_byte(t) % world->n];
    struct {
        void *ptr;
        size_t len;
    } part[] = { { m.leaf, sizeof m.leaf },       { m.sig, sizeof m.sig },
                 { m.payload, sizeof m.payload }, { m.body, sizeof m.body },
                 { m.csig, sizeof m.csig },       { m.frontier, sizeof m.frontier } };
    unsigned which = (m.commit ? 3 : 0) + tape_byte(t) % 3;
    size_t where = (size_t) tape_number(t, 2) % part[which].len;

    ((uint8_t *) part[which].ptr)[where] ^= tape_byte(t);
    if (which == 5)
        m.n_frontier = tape_byte(t) % (ONR_FRONTIER_MAX + 1);
    feed(r, at, &m);
}

/* A record that claims to have passed its check: a COMMIT's root must still find it out. */
static void
feed_invented(struct onr_range *r, int64_t at, struct tape *t)
{
    struct onr_range_record rec = { .out_offset = at };
    unsigned wide = tape_byte(t);

    rec.seq = tape_number(t, wide & 1 ? 8 : 1);
    rec.in_offset = (int64_t) tape_number(t, wide & 2 ? 8 : 1);
    rec.type = wide & 4 ? ONR_LEAF_REJECT : ONR_LEAF_RESULT;
    rec.leaf[0] = tape_byte(t);
    must(onr_range_data(r, &rec));
}

static void
operate(struct onr_range *r, struct tape t)
{
    size_t next = 0;

    for (int64_t at = 0; t.left > 0; at++) {
        struct msg m;
        unsigned op = tape_byte(&t) % OPERATIONS;

        if (op <= NEXT) {
            feed(r, at, &world->msg[next]);
            next = (next + 1) % world->n;
        } else if (op == SEEK) {
            next = tape_byte(&t) % world->n;
        } else if (op == PICK) {
            feed(r, at, &world->msg[tape_byte(&t) % world->n]);
        } else if (op == CHANGE) {
            feed_changed(r, at, &t);
        } else if (op == INVENT) {
            feed_invented(r, at, &t);
        } else if (op == FOREIGN) {
            onr_range_foreign(r, at, (enum onr_check)(1 + tape_byte(&t) % (ONR_CHECKS - 1)),
                              tape_number(&t, 2));
        } else {
            struct onr_span body = tape_span(&t, ONR_COMMIT_LEN);

            memset(&m, 0, sizeof m);
            m.commit = true;
            memcpy(m.body, body.ptr, body.len);
            m.n_frontier = tape_byte(&t) % (ONR_FRONTIER_MAX + 1);
            feed(r, at, &m);
        }
    }
}

static enum onr_verdict
run(struct tape t, struct onr_range *r)
{
    unsigned how = tape_byte(&t);
    struct onr_head head;

    must(onr_head_init(&head, ONR_SPAN(WORLD_ORIGIN), NULL));
    if (how & FROM_HEAD)
        head = honest[tape_byte(&t) % n_honest];
    onr_range_init(r, &head, how & NO_KEYS ? NULL : world->keys, NULL, NULL);
    if (how & ANYWHERE)
        onr_range_anywhere(r);
    if (how & EXPECT_END)
        onr_range_expect(r, honest[n_honest - 1].tree.size, honest[n_honest - 1].root);
    operate(r, t);
    return onr_range_finish(r);
}

static void
head_is_whole(const struct onr_range *r)
{
    struct onr_buf line = ONR_BUF_INIT(ONR_HEAD_TEXT_MAX);
    struct onr_head back;

    HOLDS(onr_head_print(&r->head, &line) == 0);
    HOLDS(onr_head_parse(onr_buf_span(&line), &back, NULL) == 0);
    HOLDS(onr_frontier_equal(&back.tree, &r->head.tree));
    onr_buf_release(&line);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tape t = { data, size };
    struct onr_range one, two;
    enum onr_verdict v;

    if (!world)
        start();
    v = run(t, &one);
    HOLDS(v == onr_range_verdict(&one) && run(t, &two) == v);
    HOLDS(memcmp(one.counts, two.counts, sizeof one.counts) == 0);
    head_is_whole(&one);
    if (v == ONR_VERDICT_VALID && one.keylog && one.head.started)
        HOLDS(signed_by_the_lane(one.head.tree.size, one.head.root));
    if (v == ONR_VERDICT_VALID && one.has_expected)
        HOLDS(one.head.tree.size >= one.expected_size);
    onr_range_release(&one);
    onr_range_release(&two);
    return 0;
}
