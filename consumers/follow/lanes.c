/* consumers/follow/lanes.c - see lanes.h. */
#include "consumers/follow/lanes.h"

#include <inttypes.h>
#include <stdlib.h>
#include <strings.h>

#include "common/base/file.h"
#include "common/base/log.h"
#include "common/line/lane_feed.h"
#include "common/line/program.h"

#define WAIT_MS    100   /* between two looks at the stop flag */
#define KEYS_MS    1000  /* what is printed was checked against a key log at most this old */
#define SUMMARY_MS 10000 /* a log line with rate and counts, when anything came */
#define FOREIGN_LINES                                                                              \
    20 /* log lines about single foreign records of a lane between two summaries */
#define RECORD_ARENA ((size_t) 16 * 1024 * 1024)

struct lane {
    int32_t partition;
    char origin[ONR_ORIGIN_MAX + 1];
    struct onr_lane_reader *reader;
    enum onr_verdict verdict; /* of a stopped lane */
    bool stopped;
    bool anchored;        /* began at the kept head: its COMMIT must still stand there */
    struct onr_head good; /* last head whose blocks are all whole */
    int64_t quiet_to;     /* blocks whose COMMIT stands before it are verified but not printed */
    uint64_t print_from;  /* position of the first record not yet printed */
    bool dirty;           /* its head is ahead of the store */
    unsigned foreign_lines;
    uint64_t printed;
};

struct run {
    struct onr_follow *f;
    struct lane *lane;
    size_t n, n_stopped;
    struct onr_topic_range *range;
    struct onr_arena arena;
    int64_t keys_ms; /* when the key log was last looked at */
    uint64_t
        keys_size; /* at the start: has it grown, what was checked before may not count any more */
    int64_t summary_ms;
    uint64_t printed, summarised;
    enum onr_verdict lacking; /* lanes that should be there */
};

/* --- reports ---------------------------------------------------------------------------------------------------------- */

static void
report(void *ctx, const struct onr_note_found *n)
{
    struct lane *l = ctx;
    enum onr_level level = onr_finding_verdict(n->finding) == ONR_VERDICT_VALID ? ONR_LOG_WARN
                                                                                : ONR_LOG_ERROR;

    if (n->finding == ONR_FOUND_FOREIGN) {
        if (l->foreign_lines++ < FOREIGN_LINES)
            onr_log(level, "follow.refused", "partition=%d offset=%" PRId64 " reason=%s text=%s",
                    (int) l->partition, n->out_offset, onr_check_name(n->check),
                    onr_log_q(n->text));
        return;
    }
    onr_log(level, "follow.found", "partition=%d offset=%" PRId64 " finding=%s text=%s",
            (int) l->partition, n->out_offset, onr_finding_name(n->finding), onr_log_q(n->text));
}

static void
stop_lane(struct run *run, struct lane *l, enum onr_verdict v, const char *why)
{
    if (l->stopped)
        return;
    l->stopped = true;
    l->verdict = v;
    run->n_stopped++;
    onr_log(ONR_LOG_ERROR, "follow.stopped",
            "partition=%d lane=%s verdict=%s size=%" PRIu64 " text=%s", (int) l->partition,
            onr_log_q(l->origin), onr_log_q(onr_verdict_name(v)),
            onr_lane_reader_range(l->reader)->head.tree.size, onr_log_q(why));
}

static uint64_t
refused(const struct lane *l)
{
    const uint64_t *by_reason = onr_lane_reader_refused(l->reader);
    uint64_t n = 0;

    for (int i = 0; i < ONR_CHECKS; i++)
        n += by_reason[i];
    return n;
}

static void
summary(struct run *run, bool end)
{
    int64_t now = onr_now_ms();
    uint64_t n_refused = 0;

    if (!end && now - run->summary_ms < SUMMARY_MS)
        return;
    for (size_t i = 0; i < run->n; i++) {
        n_refused += refused(&run->lane[i]);
        run->lane[i].foreign_lines = 0;
    }
    if (end || run->printed > run->summarised)
        onr_log(ONR_LOG_INFO, end ? "follow.end" : "follow.progress",
                "records=%" PRIu64 " rate=%" PRIu64 " refused=%" PRIu64 " lanes=%zu stopped=%zu",
                run->printed,
                (run->printed - run->summarised) * 1000
                    / (uint64_t) (now > run->summary_ms ? now - run->summary_ms : 1),
                n_refused, run->n, run->n_stopped);
    run->summarised = run->printed;
    run->summary_ms = now;
}

/* --- where a lane begins ---------------------------------------------------------------------------------------------- */

/* The kept head must still be a part of the lane: the topic reaches beyond it, and its COMMIT stands where it stood. */
static int64_t
begin_at_head(struct run *run, struct lane *l, const struct onr_head *head, int64_t low,
              int64_t end)
{
    char why[200];

    if (end <= head->out_offset) {
        snprintf(why, sizeof why,
                 "the topic ends at offset %" PRId64 ", but %" PRIu64
                 " records up to offset %" PRId64 " were verified before: its end was cut off",
                 end, head->tree.size, head->out_offset);
        stop_lane(run, l, ONR_VERDICT_MISSING, why);
    }
    l->anchored = low <= head->out_offset;
    l->good = *head;
    l->print_from = head->tree.size;
    return l->anchored ? head->out_offset : low;
}

static int
begin_lane(struct run *run, struct lane *l, struct onr_topic_range *range, struct onr_error *err)
{
    struct onr_follow *f = run->f;
    const char *topic = f->broker->settings.topics.name[ONR_TOPIC_ATTRIBUTIONS];
    const struct onr_head *kept;
    struct onr_head start;
    int64_t low, end;
    int rc;

    if ((rc = onr_keyring_origin(f->keyring, l->partition, l->origin, err)) < 0
        || (rc = onr_head_init(&start, onr_span_z(l->origin), err)) < 0
        || (rc = onr_reader_bounds(f->reader, topic, l->partition, f->broker->settings.timeout_ms,
                                   &low, &end, err))
               < 0)
        return rc;
    kept = onr_head_store_get(f->heads, l->origin);
    if (kept && f->from != ONR_FOLLOW_BEGINNING)
        start = *kept;

    struct onr_lane_reader_spec spec = { .codec = f->codec,
                                         .keylog = onr_keyring_log(f->keyring),
                                         .head = &start,
                                         .signatures = true,
                                         .hints = true,
                                         .keep = true,
                                         .report = report,
                                         .ctx = l };
    if ((rc = onr_lane_reader_new(&spec, &l->reader, err)) < 0)
        return rc;
    if (low > 0)
        onr_range_cut(onr_lane_reader_range(l->reader));
    *range = (struct onr_topic_range){ topic, l->partition, low, f->once ? end : ONR_RANGE_FOLLOW };
    if (start.started)
        range->from = begin_at_head(run, l, &start, low, end);
    else if (kept)
        onr_range_expect(onr_lane_reader_range(l->reader), kept->tree.size, kept->root);
    if (f->from == ONR_FOLLOW_END)
        l->quiet_to = end;
    return rc;
}

/* Lanes of the key log that have no partition to be in. */
static void
look_for_lacking(struct run *run, int32_t partitions)
{
    int32_t known = onr_keyring_partitions(run->f->keyring);

    for (int32_t p = partitions; p < known && run->f->partition < 0; p++) {
        run->lacking = ONR_VERDICT_MISSING;
        onr_log(ONR_LOG_ERROR, "follow.missing", "partition=%d text=%s", (int) p,
                onr_log_q("the key log has a lane for this partition, but the topic of "
                          "attributions has no such partition"));
    }
}

static int
begin(struct run *run, struct onr_error *err)
{
    struct onr_follow *f = run->f;
    const char *topic = f->broker->settings.topics.name[ONR_TOPIC_ATTRIBUTIONS];
    int32_t n, first = 0;
    size_t n_ranges = 0;
    int rc;

    if ((rc = onr_broker_wait(f->broker, f->reader, topic, &n, err)) < 0)
        return rc;
    if (f->partition >= n)
        return onr_fail(err, ONR_ECONFIG, "%s has %d partitions: there is no partition %d", topic,
                        (int) n, (int) f->partition);
    look_for_lacking(run, n);
    if (f->partition >= 0) {
        first = f->partition;
        n = 1;
    }
    run->lane = calloc((size_t) n, sizeof *run->lane);
    run->range = calloc((size_t) n, sizeof *run->range);
    if (!run->lane || !run->range)
        return onr_fail(err, ONR_ENOMEM, "no memory for %d lanes", (int) n);
    for (run->n = 0; run->n < (size_t) n; run->n++) {
        struct lane *l = &run->lane[run->n];

        l->partition = first + (int32_t) run->n;
        if ((rc = begin_lane(run, l, &run->range[n_ranges], err)) < 0) {
            run->n += l->reader ? 1 : 0;
            return rc;
        }
        n_ranges += l->stopped ? 0 : 1;
    }
    onr_log(ONR_LOG_INFO, "follow.ready", "lanes=%zu topic=%s", run->n - run->n_stopped, topic);
    return onr_reader_assign(f->reader, run->range, n_ranges, err);
}

/* --- records ---------------------------------------------------------------------------------------------------------- */

static bool
is_name(const char *want, struct onr_span have)
{
    return !want || (strlen(want) == have.len && strncasecmp(want, have.ptr, have.len) == 0);
}

static bool
wanted(const struct onr_filter *w, const struct onr_lane_payload *p)
{
    const struct onr_result *r = &p->result;

    if (!w->speaker && !w->stance && !w->outlet && !w->target)
        return true;
    if (p->rejected || !is_name(w->outlet, r->article.outlet))
        return false;
    if (!w->speaker && !w->stance && !w->target)
        return true;
    for (size_t i = 0; i < r->n_attributions; i++) {
        const struct onr_attribution *a = &r->attributions[i];

        if (is_name(w->speaker, a->speaker.name)
            && (!w->stance || strcmp(w->stance, onr_stance_name(a->stance)) == 0)
            && (!w->target || (a->has_target && is_name(w->target, a->target.name))))
            return true;
    }
    return false;
}

static int
print_record(struct run *run, struct lane *l, const struct onr_range_block *b, size_t i,
             struct onr_error *err)
{
    struct onr_follow *f = run->f;
    struct onr_lane_record rec;
    struct onr_printed out = { .origin = l->origin,
                               .partition = l->partition,
                               .commit_no = b->commit.commit_no };
    const struct onr_keylog_key *key;
    int rc;

    if ((rc = onr_lane_reader_at(l->reader, i, &rec, err)) < 0)
        return rc;
    onr_arena_reset(&run->arena);
    rc = onr_lane_payload_decode(f->codec, rec.schema_id, rec.type, rec.payload, &run->arena,
                                 &out.payload, err);
    if (rc < 0 || !wanted(&f->filter, &out.payload))
        return rc;
    key = onr_keylog_find(onr_keyring_log(f->keyring), rec.key_id);
    out.seq = rec.leaf->seq;
    out.offset = rec.leaf->out_offset;
    out.in_offset = rec.leaf->in_offset;
    out.key_id = rec.key_id;
    out.signer = key ? key->key.name : "";
    l->printed++;
    run->printed++;
    return onr_printer_add(f->printer, &out, err);
}

/* Records wait for their COMMIT; a key that was good when they came may have been revoked since. */
static int
still_count(struct run *run, struct lane *l, const struct onr_range_block *b, struct onr_error *err)
{
    const struct onr_keylog *keys = onr_keyring_log(run->f->keyring);
    struct onr_lane_record rec;
    int rc;

    if (onr_keylog_size(keys) == run->keys_size)
        return 0;
    for (size_t i = 0; i < b->n && !l->stopped; i++) {
        if ((rc = onr_lane_reader_at(l->reader, i, &rec, err)) < 0)
            return rc;
        if (onr_keylog_may_sign(keys, rec.key_id, onr_span_z(l->origin), rec.leaf->seq + 1)
            != ONR_KEY_OK)
            stop_lane(run, l, ONR_VERDICT_INVALID,
                      "a record's key was revoked or retired while its block was read: its "
                      "signature does not count any more");
    }
    return 0;
}

static int
print_block(struct run *run, struct lane *l, const struct onr_range_block *b, struct onr_error *err)
{
    bool quiet = b->out_offset < l->quiet_to;
    int rc = still_count(run, l, b, err);

    if (rc < 0 || l->stopped)
        return rc;

    for (size_t i = 0; i < b->n && !quiet; i++) {
        if (b->seq + i < l->print_from) /* a repair repeats what was printed */
            continue;
        if ((rc = print_record(run, l, b, i, err)) < 0)
            return rc;
    }
    if (b->seq + b->n > l->print_from)
        l->print_from = b->seq + b->n;
    if (!onr_lane_reader_range(l->reader)->damaged) {
        l->good = onr_lane_reader_range(l->reader)->head;
        l->dirty = true;
    }
    return 0;
}

/* Everything printed leaves the program, then the heads that stand for it are kept. */
static int
flush(struct run *run, bool end, struct onr_error *err)
{
    struct onr_follow *f = run->f;
    bool all, save = false;
    int rc;

    if ((rc = onr_printer_flush(f->printer, end, &all, err)) < 0 || !all)
        return rc;
    for (size_t i = 0; i < run->n; i++) {
        struct lane *l = &run->lane[i];
        const struct onr_head *kept = onr_head_store_get(f->heads, l->origin);

        if (!l->dirty)
            continue;
        l->dirty = false;
        if (kept && l->good.commit_no <= kept->commit_no) /* read again from the beginning */
            continue;
        if ((rc = onr_head_store_put(f->heads, &l->good, err)) < 0)
            return rc;
        save = true;
    }
    onr_keyring_keep(f->keyring, f->heads);
    return save && f->state_path ? onr_head_store_save(f->heads, f->state_path, err) : 0;
}

/* --- the loop --------------------------------------------------------------------------------------------------------- */

static struct lane *
lane_of(struct run *run, int32_t partition)
{
    size_t i = (size_t) (partition - run->lane[0].partition);

    return i < run->n ? &run->lane[i] : NULL;
}

/* A revoked key must not go on being printed as good: as long as nobody can say, nothing is printed. */
static int
fresh_keys(struct run *run, struct onr_error *err)
{
    int64_t said_ms = 0;
    bool grew;
    int rc = 0;

    while (rc == 0 && onr_now_ms() - run->keys_ms >= KEYS_MS) {
        struct onr_error why = ONR_ERROR_INIT;

        rc = onr_keyring_refresh(run->f->keyring, &grew, &why);
        if (rc == 0)
            run->keys_ms = onr_now_ms();
        else if (rc == -ONR_EBROKER)
            rc = onr_broker_patience(&said_ms, "follow.keys", &why, err);
        else
            onr_fail(err, why.code, "%s", why.text);
    }
    return rc;
}

static int
take(struct run *run, struct lane *l, const struct onr_message *m, struct onr_error *err)
{
    const struct onr_range_block *block = NULL;
    struct onr_range *range = onr_lane_reader_range(l->reader);
    int rc;

    if (l->anchored) {
        l->anchored = false;
        if (!onr_lane_reader_is_head(run->f->codec, m, &l->good))
            stop_lane(run, l, ONR_VERDICT_MISSING,
                      "the COMMIT verified last is not at its place any more: this is another "
                      "lane, or it was cut and written anew");
        return 0;
    }
    if ((rc = fresh_keys(run, err)) < 0
        || (rc = onr_lane_feed(run->f->keyring, l->reader, m, &block, err)) < 0)
        return rc;
    if (range->verdict != ONR_VERDICT_VALID) {
        stop_lane(run, l, range->verdict, "nothing from here on is acted on");
        return 0;
    }
    return block ? print_block(run, l, block, err) : 0;
}

static int
loop(struct run *run, struct onr_error *err)
{
    struct onr_follow *f = run->f;
    const struct onr_message *m;
    int rc, wait = 0;

    while (!onr_program_stopping() && run->n_stopped < run->n) {
        rc = onr_reader_next(f->reader, wait, &m, err);
        wait = 0;
        if (rc < 0)
            return rc;
        if (rc == ONR_READ_END)
            return 0;
        if (rc == ONR_READ_MESSAGE) {
            struct lane *l = lane_of(run, m->partition);

            if (l && !l->stopped && (rc = take(run, l, m, err)) < 0)
                return rc == -ONR_ESTOP ? 0 : rc;
            if (!onr_printer_full(f->printer))
                continue;
        } else {
            wait = WAIT_MS;
        }
        if ((rc = flush(run, false, err)) < 0)
            return rc;
        summary(run, false);
    }
    return 0;
}

/* The worst verdict of all lanes, or -ONR_E...; at the end of a lane, what was left over counts too. */
static int
verdict(struct run *run, struct onr_error *err)
{
    bool at_end = run->f->once && !onr_program_stopping();
    enum onr_verdict worst = run->lacking, v;
    int rc;

    for (size_t i = 0; i < run->n; i++) {
        struct lane *l = &run->lane[i];

        v = onr_range_verdict(onr_lane_reader_range(l->reader));
        if (!l->stopped && at_end) {
            if ((rc = onr_lane_reader_finish(l->reader, &v, err)) < 0)
                return rc;
            if (l->anchored)
                stop_lane(run, l, ONR_VERDICT_MISSING, "the COMMIT verified last is gone");
            else if (v != ONR_VERDICT_VALID)
                stop_lane(run, l, v, "found at the end of the lane");
        }
        worst = onr_verdict_worse(worst, l->stopped ? l->verdict : v);
    }
    return (int) worst;
}

int
onr_follow_run(struct onr_follow *f, struct onr_error *err)
{
    struct run run = { .f = f, .summary_ms = onr_now_ms(), .arena = ONR_ARENA_INIT(RECORD_ARENA) };
    int rc;

    run.keys_ms = run.summary_ms;
    run.keys_size = onr_keylog_size(onr_keyring_log(f->keyring));
    rc = begin(&run, err);

    if (rc == 0)
        rc = loop(&run, err);
    if (rc == 0)
        rc = flush(&run, true, err);
    if (rc == 0) {
        rc = verdict(&run, err);
        summary(&run, true);
    }
    for (size_t i = 0; i < run.n; i++)
        onr_lane_reader_free(run.lane[i].reader);
    free(run.lane);
    free(run.range);
    onr_arena_release(&run.arena);
    return rc;
}
