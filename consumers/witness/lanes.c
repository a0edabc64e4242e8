/* consumers/witness/lanes.c - every lane from the head kept last to its end, and on. See witness.h.
 *
 * A pass reads what is there now. Where the COMMIT of the kept head is still in its place, what follows it is verified. Where it
 * is not (the lane was cut, written anew or moved), a second pass reads the lane from its beginning and compares trees at the size
 * that was kept: a longer lane of the same tree is the same lane, everything else is a rewind or a fork. Only then it follows.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/file.h"
#include "common/base/log.h"
#include "common/line/lane_feed.h"
#include "common/line/lane_note.h"
#include "common/line/program.h"
#include "consumers/witness/witness.h"

#define WAIT_MS 100 /* between two looks at the stop flag */

static void
report(void *ctx, const struct onr_note_found *n)
{
    struct onr_witness_lane *l = ctx;
    bool weighs = onr_finding_verdict(n->finding) != ONR_VERDICT_VALID;

    if (weighs)
        snprintf(l->why, sizeof l->why, "%s", n->text);
    onr_log(weighs ? ONR_LOG_ERROR : ONR_LOG_DEBUG, "witness.found",
            "partition=%d offset=%" PRId64 " finding=%s text=%s", (int) l->partition, n->out_offset,
            onr_finding_name(n->finding), onr_log_q(n->text));
}

int
onr_witness_refuse(struct onr_witness *w, struct onr_witness_lane *l, enum onr_verdict v,
                   const char *why, struct onr_error *err)
{
    char path[ONR_WITNESS_PATH_MAX];
    int rc;

    if (l->refused)
        return 0;
    l->refused = true;
    l->due = false;
    l->verdict = v;
    w->n_refused++;
    if (why != l->why)
        snprintf(l->why, sizeof l->why, "%s", why);
    if ((rc = onr_witness_store_evidence(w, l, path, err)) < 0)
        return rc;
    onr_log(ONR_LOG_ERROR, "witness.refused",
            "alarm=yes partition=%d lane=%s verdict=%s kept=%" PRIu64 " evidence=%s text=%s",
            (int) l->partition, onr_log_q(l->origin), onr_log_q(onr_verdict_name(v)), l->kept_size,
            onr_log_q(path), onr_log_q(l->why));
    return 0;
}

/* --- messages --------------------------------------------------------------------------------------------------------- */

/* Hold note and value of a COMMIT: cosigned if it is good, evidence if it is not. */
static int
hold_commit(struct onr_witness *w, struct onr_witness_lane *l, const struct onr_message *m,
            struct onr_error *err)
{
    struct onr_arena arena = ONR_ARENA_INIT(ONR_MESSAGE_MAX);
    struct onr_lane_message parts;
    struct onr_commit commit;
    int rc = 0;

    if (!onr_span_eq_z(onr_message_header(m, ONR_HEADER_TYPE, NULL), ONR_TYPE_COMMIT))
        return 0;
    if ((rc = onr_lane_message_open(w->codec, m, &arena, &parts, err)) < 0)
        goto out;
    onr_buf_clear(&l->seen_note);
    onr_buf_clear(&l->seen_commit);
    memset(l->seen_key, 0, sizeof l->seen_key);
    if (parts.readable && onr_commit_decode(parts.record.body, &commit, NULL) == 0)
        memcpy(l->seen_key, commit.key_id, sizeof l->seen_key);
    if ((parts.note.len <= ONR_NOTE_MAX && (rc = onr_buf_add_span(&l->seen_note, parts.note)) < 0)
        || (rc = onr_buf_add_span(&l->seen_commit, m->value)) < 0)
        onr_fail(err, -rc, "no memory to hold a COMMIT");
out:
    onr_arena_release(&arena);
    return rc;
}

/* The COMMIT just seen was verified and stands for this head: cosign it, if its note says the same. */
static int
take_head(struct onr_witness *w, struct onr_witness_lane *l, const struct onr_head *head,
          struct onr_error *err)
{
    int rc;

    if (!l->seen_note.len) {
        if (!l->noteless)
            onr_log(ONR_LOG_WARN, "witness.noteless", "partition=%d commit=%" PRIu64,
                    (int) l->partition, head->commit_no);
        l->noteless = true;
        return 0;
    }
    if (!onr_lane_note_ok(onr_keyring_log(w->keyring), onr_buf_span(&l->seen_note), head,
                          l->seen_key)) {
        snprintf(l->why, sizeof l->why,
                 "the signed note of COMMIT %" PRIu64
                 " is not its worker's, or says something else than the COMMIT",
                 head->commit_no);
        return onr_witness_refuse(w, l, ONR_VERDICT_INVALID, l->why, err);
    }
    onr_buf_clear(&l->note);
    if ((rc = onr_buf_add_span(&l->note, onr_buf_span(&l->seen_note))) < 0)
        return onr_fail(err, -rc, "no memory to hold a note");
    l->good = *head;
    memcpy(l->good_key, l->seen_key, sizeof l->good_key);
    l->due = true;
    return 0;
}

static int
take_block(struct onr_witness *w, struct onr_witness_lane *l, struct onr_error *err)
{
    const struct onr_range *range = onr_lane_reader_range(l->reader);
    const struct onr_head *head = &range->head;

    if (l->has_kept && head->commit_no == l->kept_no
        && memcmp(head->body_hash, l->kept_hash, sizeof l->kept_hash) != 0) {
        snprintf(l->why, sizeof l->why,
                 "COMMIT %" PRIu64 " is another one than the one kept: two histories", l->kept_no);
        return onr_witness_refuse(w, l, ONR_VERDICT_INVALID, l->why, err);
    }
    if (range->damaged)
        return 0;
    if (l->has_kept && (head->tree.size < l->kept_size || head->commit_no < l->kept_no))
        return 0;
    return take_head(w, l, head, err);
}

static int
take(struct onr_witness *w, struct onr_witness_lane *l, const struct onr_message *m,
     struct onr_error *err)
{
    const struct onr_range *range = onr_lane_reader_range(l->reader);
    const struct onr_range_block *block = NULL;
    int rc;

    if (l->again)
        return 0;
    if ((rc = hold_commit(w, l, m, err)) < 0)
        return rc;
    if (l->anchored) {
        l->anchored = false;
        l->again = !onr_lane_reader_is_head(w->codec, m, &range->head);
        return l->again ? 0 : take_head(w, l, &range->head, err); /* may not have been sent */
    }
    if ((rc = onr_lane_feed(w->keyring, l->reader, m, &block, err)) < 0)
        return rc;
    if (range->verdict != ONR_VERDICT_VALID)
        return onr_witness_refuse(w, l, range->verdict, l->why, err);
    return block ? take_block(w, l, err) : 0;
}

/* --- passes ----------------------------------------------------------------------------------------------------------- */

/* `head`: verify from there on; NULL: from the lane's beginning, comparing trees at the size that was kept. */
static int
open_lane(struct onr_witness *w, struct onr_witness_lane *l, const struct onr_head *head,
          struct onr_error *err)
{
    struct onr_head fresh;
    int rc;

    onr_lane_reader_free(l->reader);
    l->reader = NULL;
    if ((rc = onr_head_init(&fresh, onr_span_z(l->origin), err)) < 0)
        return rc;

    struct onr_lane_reader_spec spec = { .codec = w->codec,
                                         .keylog = onr_keyring_log(w->keyring),
                                         .head = head ? head : &fresh,
                                         .report = report,
                                         .ctx = l };
    if ((rc = onr_lane_reader_new(&spec, &l->reader, err)) < 0)
        return rc;
    if (!head && l->has_kept) {
        head = onr_head_store_get(w->heads, l->origin);
        onr_range_expect(onr_lane_reader_range(l->reader), head->tree.size, head->root);
    }
    return 0;
}

static int
begin_lane(struct onr_witness *w, struct onr_witness_lane *l, struct onr_error *err)
{
    const char *topic = w->broker->settings.topics.name[ONR_TOPIC_ATTRIBUTIONS];
    const struct onr_head *kept;
    int rc;

    onr_buf_init(&l->note, ONR_NOTE_MAX);
    onr_buf_init(&l->seen_note, ONR_NOTE_MAX);
    onr_buf_init(&l->seen_commit, ONR_MESSAGE_MAX);
    if ((rc = onr_keyring_origin(w->keyring, l->partition, l->origin, err)) < 0
        || (rc = onr_reader_bounds(w->reader, topic, l->partition, w->broker->settings.timeout_ms,
                                   &l->low, &l->end, err))
               < 0)
        return rc;
    kept = onr_head_store_get(w->heads, l->origin);
    if (kept) {
        l->has_kept = true;
        l->kept_size = kept->tree.size;
        l->kept_no = kept->commit_no;
        l->kept_offset = kept->out_offset;
        memcpy(l->kept_hash, kept->body_hash, sizeof l->kept_hash);
        l->anchored = l->low <= kept->out_offset && kept->out_offset < l->end;
        l->again = kept->out_offset >= l->end;
    }
    return open_lane(w, l, kept, err);
}

/* Read on until every range is at its end (ranges that follow have none), a stop was asked for or no lane is left. */
static int
read_ranges(struct onr_witness *w, const struct onr_topic_range *range, size_t n, bool follow,
            struct onr_error *err)
{
    int64_t published = onr_now_ms();
    const struct onr_message *m;
    int rc;

    if ((rc = onr_reader_assign(w->reader, range, n, err)) < 0)
        return rc;
    while (!onr_program_stopping() && w->n_refused < w->n) {
        if ((rc = onr_reader_next(w->reader, WAIT_MS, &m, err)) < 0)
            return rc;
        if (rc == ONR_READ_END)
            return 0;
        if (rc == ONR_READ_MESSAGE) {
            struct onr_witness_lane *l = &w->lane[m->partition - w->lane[0].partition];

            if (!l->refused && (rc = take(w, l, m, err)) < 0)
                return rc;
        }
        if (!follow || onr_now_ms() - published < w->interval_ms)
            continue;
        if ((rc = onr_witness_publish(w, false, err)) < 0)
            return rc;
        published = onr_now_ms();
    }
    return 0;
}

/* What is there now, or with `follow` what comes after it, of all lanes that can go on from where they stand. */
static int
run_pass(struct onr_witness *w, bool follow, struct onr_error *err)
{
    const char *topic = w->broker->settings.topics.name[ONR_TOPIC_ATTRIBUTIONS];
    struct onr_topic_range *range = calloc(w->n, sizeof *range);
    size_t n = 0;
    int rc;

    if (!range)
        return onr_fail(err, ONR_ENOMEM, "no memory for %zu lanes", w->n);
    for (size_t i = 0; i < w->n; i++) {
        const struct onr_witness_lane *l = &w->lane[i];

        if (l->refused || l->again)
            continue;
        range[n++] = (struct onr_topic_range){ topic, l->partition,
                                               follow        ? l->end
                                               : l->anchored ? l->kept_offset
                                                             : l->low,
                                               follow ? ONR_RANGE_FOLLOW : l->end };
    }
    rc = n ? read_ranges(w, range, n, follow, err) : 0;
    free(range);
    return rc;
}

/* Lanes whose kept head is not in its place, once more from their beginning. */
static int
compare_again(struct onr_witness *w, struct onr_error *err)
{
    const char *topic = w->broker->settings.topics.name[ONR_TOPIC_ATTRIBUTIONS];
    int rc = 0;

    for (size_t i = 0; i < w->n && rc == 0; i++) {
        struct onr_witness_lane *l = &w->lane[i];
        struct onr_topic_range range = { topic, l->partition, l->low, l->end };
        const struct onr_head *head;

        if (l->refused || !(l->again || l->anchored))
            continue;
        l->again = l->anchored = false;
        if ((rc = open_lane(w, l, NULL, err)) < 0
            || (rc = read_ranges(w, &range, 1, false, err)) < 0 || onr_program_stopping()
            || l->refused)
            continue;
        head = &onr_lane_reader_range(l->reader)->head;
        if (head->tree.size < l->kept_size || head->commit_no < l->kept_no) {
            snprintf(l->why, sizeof l->why,
                     "the lane ends at %" PRIu64 " records (COMMIT %" PRIu64 "), but %" PRIu64
                     " (COMMIT %" PRIu64 ") were there before: its end was cut off",
                     head->tree.size, head->commit_no, l->kept_size, l->kept_no);
            rc = onr_witness_refuse(w, l, ONR_VERDICT_MISSING, l->why, err);
        } else {
            onr_log(ONR_LOG_WARN, "witness.moved", "partition=%d text=%s", (int) l->partition,
                    onr_log_q("the same lane, at other offsets than before"));
        }
    }
    return rc;
}

/* --- the whole -------------------------------------------------------------------------------------------------------- */

static int
begin(struct onr_witness *w, struct onr_error *err)
{
    const char *topic = w->broker->settings.topics.name[ONR_TOPIC_ATTRIBUTIONS];
    int32_t n, first = 0;
    int rc;

    if ((rc = onr_broker_wait(w->broker, w->reader, topic, &n, err)) < 0)
        return rc;
    if (w->partition >= n)
        return onr_fail(err, ONR_ECONFIG, "%s has %d partitions: there is no partition %d", topic,
                        (int) n, (int) w->partition);
    if (w->partition >= 0) {
        first = w->partition;
        n = 1;
    }
    w->lane = calloc((size_t) n, sizeof *w->lane);
    if (!w->lane)
        return onr_fail(err, ONR_ENOMEM, "no memory for %d lanes", (int) n);
    for (w->n = 0; w->n < (size_t) n; w->n++) {
        w->lane[w->n].partition = first + (int32_t) w->n;
        if ((rc = begin_lane(w, &w->lane[w->n], err)) < 0) {
            w->n++;
            return rc;
        }
    }
    return 0;
}

/* What is left over at the end of a lane weighs too. */
static int
finish(struct onr_witness *w, struct onr_error *err)
{
    enum onr_verdict v;
    int rc;

    for (size_t i = 0; i < w->n; i++) {
        struct onr_witness_lane *l = &w->lane[i];

        if (l->refused)
            continue;
        if ((rc = onr_lane_reader_finish(l->reader, &v, err)) < 0
            || (v != ONR_VERDICT_VALID && (rc = onr_witness_refuse(w, l, v, l->why, err)) < 0))
            return rc;
    }
    return 0;
}

static int
work(struct onr_witness *w, struct onr_error *err)
{
    int rc;

    if ((rc = begin(w, err)) < 0 || (rc = run_pass(w, false, err)) < 0
        || (rc = compare_again(w, err)) < 0)
        return rc;
    if (onr_program_stopping())
        return 0;
    if (w->once && (rc = finish(w, err)) < 0)
        return rc;
    if ((rc = onr_witness_publish(w, true, err)) < 0 || w->once)
        return rc;
    onr_log(ONR_LOG_INFO, "witness.ready", "lanes=%zu refused=%zu", w->n, w->n_refused);
    if ((rc = run_pass(w, true, err)) < 0)
        return rc;
    return onr_witness_publish(w, true, err);
}

int
onr_witness_run(struct onr_witness *w, struct onr_error *err)
{
    enum onr_verdict worst = ONR_VERDICT_VALID;
    uint64_t cosigned = 0;
    int rc = work(w, err);

    for (size_t i = 0; i < w->n; i++) {
        struct onr_witness_lane *l = &w->lane[i];

        cosigned += l->cosigned;
        worst = onr_verdict_worse(worst, l->refused ? l->verdict : ONR_VERDICT_VALID);
        onr_lane_reader_free(l->reader);
        onr_buf_release(&l->note);
        onr_buf_release(&l->seen_note);
        onr_buf_release(&l->seen_commit);
    }
    if (rc == 0)
        onr_log(ONR_LOG_INFO, "witness.end", "lanes=%zu refused=%zu cosigned=%" PRIu64, w->n,
                w->n_refused, cosigned);
    free(w->lane);
    return rc < 0 ? rc : (int) worst;
}
