/* common/line/evidence.h - one answer and everything that proves it, in one file, checked without Kafka.
 *
 * A text: the record and its input as they were in Kafka, the key log, then a C2SP tlog-proof@v1 as it is: index, inclusion proof
 * and the checkpoint with the signatures of the worker and of witnesses. What is trusted comes from outside: the trust file. The
 * format is written down in docs/evidence.md. Reading borrows from the text and an arena; nothing here does I/O.
 */
#ifndef ONR_LINE_EVIDENCE_H
#define ONR_LINE_EVIDENCE_H

#include "common/line/lane_message.h"
#include "common/stmtlog/merkle.h"
#include "common/stmtlog/note.h"
#include "common/stmtlog/range.h"

#define ONR_EVIDENCE_MAX ((size_t) 64 * 1024 * 1024) /* bytes of a file; nearly all of it key log */

struct onr_evidence {
    struct onr_span leaf;                   /* header onr-leaf */
    struct onr_span signature;              /* header onr-sig */
    struct onr_span payload;                /* Avro bytes without their frame */
    struct onr_span input_key, input_value; /* of the record it was made from; may be null */
    size_t n_entries;
    struct onr_span *entry; /* notes of the key log, from its first one */
    uint64_t index;
    struct onr_proof proof;
    struct onr_span checkpoint; /* signed note */
};

/** Append the file's text. Errors: -ONR_ENOMEM, -ONR_ELIMIT. */
ONR_MUST_USE int onr_evidence_print(const struct onr_evidence *e, struct onr_buf *out,
                                    struct onr_error *err);

/** Take a file apart; spans borrow from text and arena. Errors: -ONR_EINPUT with the line, -ONR_ENOMEM (arena too small: twice the
 *  text is enough). */
ONR_MUST_USE int onr_evidence_parse(struct onr_span text, struct onr_arena *arena,
                                    struct onr_evidence *ret, struct onr_error *err);

/* What a file proves to whoever trusts a trust file. */
struct onr_evidence_report {
    enum onr_verdict verdict;
    char name
        [24]; /* what failed, stable: "record", "input", "proof", "checkpoint", "cosignature", "key-log", "lane", "no-witness" */
    char why[320]; /* a sentence; empty when valid */
    char origin[ONR_ORIGIN_MAX + 1];
    struct onr_leaf leaf;
    uint64_t size; /* of the tree of the checkpoint */
    uint8_t root[ONR_SHA256_LEN];
    struct onr_public_key signer; /* of the record */
    size_t n_cosigned;
    struct {
        struct onr_public_key key;
        uint64_t seconds;
    } cosigned[ONR_TRUST_WITNESSES];
    bool decoded; /* payload is there: its schema is one that this program knows */
    struct onr_lane_payload payload;
};

/** Check everything, from the trust file up. What is wrong is in *ret, an error is the machine's: -ONR_ENOMEM. ret->payload lives as
 *  long as the evidence and the arena. */
ONR_MUST_USE int onr_evidence_check(const struct onr_evidence *e, const struct onr_trust *trust,
                                    struct onr_codec *codec, struct onr_arena *arena,
                                    struct onr_evidence_report *ret, struct onr_error *err);

#endif
