/* common/stream/ledger.h - which input offsets were processed, and which of them for good.
 *
 * librdkafka's own position is where it handed records out, not what became of them; only this book decides what is committed
 * and where to go on after an abort. For every partition committed <= next, and both move forward only, but for rollback,
 * which sets next back to committed. Offsets are sparse, so a record that was passed over cannot be told from one that was
 * never there; but after a rollback the record that has to come first is known, and nothing behind it is taken before it.
 * Pure: no librdkafka, no clock, no I/O.
 */
#ifndef ONR_STREAM_LEDGER_H
#define ONR_STREAM_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/error.h"

struct onr_ledger_entry {
    int32_t partition;
    int64_t committed; /* next offset to read if everything since were forgotten */
    int64_t next;      /* next offset to read now */
    int64_t first;     /* first record processed since committed, -1 = none */
    int64_t must;      /* this record is known to be there and has to come first, -1 = not known */
    uint32_t taken;    /* records processed since committed */
};

struct onr_ledger {
    struct onr_ledger_entry *entry; /* owned; in the order of partitions */
    size_t n, cap;
};

#define ONR_LEDGER_MAX 4096 /* partitions of one worker */

void onr_ledger_release(struct onr_ledger *l);

/** Enter a partition that continues at `next`. Errors: -ONR_ESTATE (already there), -ONR_ELIMIT, -ONR_ENOMEM. */
ONR_MUST_USE int onr_ledger_add(struct onr_ledger *l, int32_t partition, int64_t next);
void onr_ledger_remove(struct onr_ledger *l, int32_t partition);

/** NULL when the partition is not ours. Valid until the next add or remove. */
struct onr_ledger_entry *onr_ledger_find(const struct onr_ledger *l, int32_t partition);

enum onr_ledger_answer {
    ONR_LEDGER_TAKE,
    ONR_LEDGER_SEEN, /* was processed before: librdkafka 2.0.2 can deliver twice */
    ONR_LEDGER_GAP /* a record before it is missing: it comes from an older position, do not take it */
};

/** May the record at this offset be processed now? */
enum onr_ledger_answer onr_ledger_ask(const struct onr_ledger_entry *e, int64_t offset);
/** The record at this offset was processed; onr_ledger_ask said ONR_LEDGER_TAKE. */
void onr_ledger_took(struct onr_ledger_entry *e, int64_t offset);
/** The record at this offset was seen and not processed: it has to come again. */
void onr_ledger_owes(struct onr_ledger_entry *e, int64_t offset);
/** The end of the partition was met at this offset: no visible record lies between next and it. */
void onr_ledger_reached(struct onr_ledger_entry *e, int64_t offset);
/** What was processed counts for good. */
void onr_ledger_commit(struct onr_ledger_entry *e);
/** What was processed since the last commit never happened. */
void onr_ledger_rollback(struct onr_ledger_entry *e);

#endif
