/* common/stmtlog/trust.h - the trust file: the only thing that a subscriber must get by another way than Kafka.
 *
 *   onrecord trust v1
 *   org news.example
 *   topics onrecord.attributions onrecord.statements      output and input of the lanes; repeatable
 *   k 2                                                   roots that must sign an entry of the key log
 *   root admin.news.example+1a2b3c4d+AZ...                verifier keys; repeatable
 *   witness w.example.org+5e6f7a8b+BA...                  repeatable, may be absent
 *
 * Blank lines and lines that begin with '#' are skipped; an unknown or repeated word is refused.
 */
#ifndef ONR_STMTLOG_TRUST_H
#define ONR_STMTLOG_TRUST_H

#include "common/stmtlog/lane.h"
#include "common/stmtlog/signer.h"

#define ONR_TRUST_MAX       (64 * 1024) /* bytes of the file */
#define ONR_TRUST_TOPICS    16
#define ONR_TRUST_ROOTS     16 /* as many as signatures are read in a note */
#define ONR_TRUST_WITNESSES 16

struct onr_trust {
    char org[ONR_KEY_NAME_MAX + 1];
    unsigned k;
    size_t n_topics;
    struct {
        char output[ONR_TOPIC_MAX + 1];
        char input[ONR_TOPIC_MAX + 1];
    } topic[ONR_TRUST_TOPICS];
    size_t n_roots;
    struct onr_public_key root[ONR_TRUST_ROOTS];
    size_t n_witnesses;
    struct onr_public_key witness[ONR_TRUST_WITNESSES];
};

/** Check and fill in. Errors: -ONR_ECONFIG or -ONR_EKEY with the line number. */
ONR_MUST_USE int onr_trust_parse(struct onr_span text, struct onr_trust *ret,
                                 struct onr_error *err);
/** Read the file; errors name the path. */
ONR_MUST_USE int onr_trust_read(const char *path, struct onr_trust *ret, struct onr_error *err);
/** Append the text of the file. Errors: -ONR_ENOMEM, -ONR_ELIMIT. */
ONR_MUST_USE int onr_trust_print(const struct onr_trust *t, struct onr_buf *out);
/** Same rules as parsing, for a struct filled in by hand. */
ONR_MUST_USE int onr_trust_check(const struct onr_trust *t, struct onr_error *err);

/** Input topic of an output topic; null when the file does not name it. Borrows. */
struct onr_span onr_trust_input(const struct onr_trust *t, struct onr_span output);

#endif
