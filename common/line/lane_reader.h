/* common/line/lane_reader.h - the messages of one lane's partition in, verified blocks out.
 *
 * Puts together what the layers below know apart: lane_message takes a message apart, stmtlog's record_check judges it alone,
 * stmtlog's range judges the block. follow, audit and a worker's read-back all read lanes through this, so that they cannot
 * disagree. A block is handed out only when its COMMIT was verified; a follower never sees a record before.
 *
 * Without `signatures` a COMMIT's signature and the root in it stand for the records below it. But anybody may put records
 * between them that look right and are signed by nobody: where the records before a COMMIT are not just those of its block, their
 * signatures are checked after all, so that strangers cannot make a lane look invalid.
 *
 * Memory: with `keep`, payloads of one block (ONR_BLOCK_BYTES) are held until its COMMIT, once for each position however
 * often a torn transaction wrote them.
 */
#ifndef ONR_LINE_LANE_READER_H
#define ONR_LINE_LANE_READER_H

#include "common/line/lane_message.h"
#include "common/stmtlog/range.h"

struct onr_lane_reader;

/* How much to check and what to keep. Everything is borrowed for the life of the reader, head only until init returns. */
struct onr_lane_reader_spec {
    struct onr_codec *codec;
    const struct onr_keylog *keylog; /* COMMIT signatures are always checked */
    const struct onr_head *head;     /* go on after it; unstarted: from the lane's beginning */
    bool signatures;                 /* check every record's signature, not only where in doubt */
    bool hints;                      /* decode every payload, recompute and compare key and ce_* */
    bool keep;                       /* hold payloads until their COMMIT */
    bool anywhere;                   /* take the first COMMIT met as the beginning */
    onr_range_report *report;        /* may be NULL */
    void *ctx;
};

ONR_MUST_USE int onr_lane_reader_new(const struct onr_lane_reader_spec *spec,
                                     struct onr_lane_reader **ret, struct onr_error *err);
void onr_lane_reader_free(struct onr_lane_reader *r);

/* One record of an accepted block. */
struct onr_lane_record {
    const struct onr_range_record *leaf; /* seq, offsets, type, hashes */
    uint8_t key_id[ONR_KEY_ID_LEN];      /* with `keep`: who signed it */
    uint32_t schema_id;                  /* with `keep` */
    enum onr_record_type type;           /* with `keep` */
    struct onr_span payload;             /* with `keep` */
};

/** Take the next message of the partition. *ret_block is set when the message was a COMMIT that made a block final (also one
 *  without records: a heartbeat), else NULL; valid until the next feed. What is wrong with lane or message is reported, counted
 *  and in the verdict, never an error. Errors: -ONR_ENOMEM; -ONR_EKEY: signed by a key the key log does not know: refresh it
 *  and feed the message again, or feed it with `stranger` set to have it counted as foreign. */
ONR_MUST_USE int onr_lane_reader_feed(struct onr_lane_reader *r, const struct onr_message *m,
                                      bool stranger, const struct onr_range_block **ret_block,
                                      struct onr_error *err);

/** Record i of the block just handed out. -ONR_ESTATE when its payload was not kept (the lane broke the block's limits). */
ONR_MUST_USE int onr_lane_reader_at(struct onr_lane_reader *r, size_t i,
                                    struct onr_lane_record *ret, struct onr_error *err);

/** Is this message the COMMIT that a kept head stands for? Whoever goes on from a head reads from head->out_offset, asks this
 *  about the first message instead of feeding it, and knows that it is still the same lane. */
bool onr_lane_reader_is_head(struct onr_codec *codec, const struct onr_message *m,
                             const struct onr_head *head);

/** No more messages: what the lane is worth (onr_range_finish). Once. Errors: -ONR_ENOMEM. */
ONR_MUST_USE int onr_lane_reader_finish(struct onr_lane_reader *r, enum onr_verdict *ret,
                                        struct onr_error *err);

/** The verification behind it: head, verdict, counts; onr_range_expect may be called on it, before the first message. */
struct onr_range *onr_lane_reader_range(struct onr_lane_reader *r);

/** Messages refused so far by reason (enum onr_check), COMMITs included: what counts as foreign. */
const uint64_t *onr_lane_reader_refused(const struct onr_lane_reader *r);

#endif
