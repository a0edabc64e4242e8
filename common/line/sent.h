/* common/line/sent.h - what was sent of every article, and what an arriving one is to it: new, sent before, or refused.
 *
 * Filled from the articles topic, which holds one record for each article version; 64 bytes an entry, because only hashes of
 * id and body are kept. Pure: no Kafka here.
 *
 * The rules. The same body of an article is never sent twice, unless the source names a version above every earlier one.
 * A new body without a version is the next version, corrected. A version that was sent with another body is a duplicate; one
 * below the latest comes too late. Only what was sent can be withdrawn.
 */
#ifndef ONR_LINE_SENT_H
#define ONR_LINE_SENT_H

#include <stdbool.h>

#include "common/base/error.h"
#include "common/event/record.h"

#define ONR_SENT_MAX                                                                               \
    16000000 /* article versions: a thousand a day for forty years, 2 GiB at most */

struct onr_sent;

ONR_MUST_USE int onr_sent_new(struct onr_sent **ret, struct onr_error *err);
void onr_sent_free(struct onr_sent *s);

/** Remember an article version (id, version, state and body hash of *a). Known ones are replaced. -ONR_ENOMEM, -ONR_ELIMIT. */
ONR_MUST_USE int onr_sent_add(struct onr_sent *s, const struct onr_article *a,
                              struct onr_error *err);

/** Number of article versions remembered. */
size_t onr_sent_count(const struct onr_sent *s);

/** True when exactly this version with this body is remembered. */
bool onr_sent_has(const struct onr_sent *s, const struct onr_article *a);

enum onr_sent_verdict { ONR_SENT_NEW, ONR_SENT_BEFORE, ONR_SENT_REFUSED };

/** What to do with an article as its source gave it (version 0 = not said). NEW: a->version and a->state are set to what is to be
 *  sent. REFUSED: *ret_reason is "duplicate", "version" or "unknown", the sentence is in err. */
enum onr_sent_verdict onr_sent_judge(const struct onr_sent *s, struct onr_article *a,
                                     const char **ret_reason, struct onr_error *err);

#endif
