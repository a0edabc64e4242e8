/* producers/split/sender.h - one article, one transaction: its statements and its record in `articles`.
 *
 * The sender keeps the table of what was sent (filled from the articles topic at start), and two places for articles, so that
 * the next one is read and cut while the broker works on the one before. Whatever goes wrong between, an article is sent
 * wholly and once: a failed transaction is undone and tried again; where its outcome is unclear, the articles topic tells.
 */
#ifndef ONR_SPLIT_SENDER_H
#define ONR_SPLIT_SENDER_H

#include "common/event/article.h"
#include "common/line/broker.h"
#include "common/line/sent.h"

struct onr_sender;

struct onr_sender_counts {
    uint64_t articles, statements, before;
    uint64_t retried,
        unclear; /* transactions tried again; of them those whose outcome had to be looked up */
};

/** Connect, settle what an earlier run left, read the articles topic to its end. Returns owned.
 *  Errors: those of onr_broker_wait, -ONR_ESTATE (a record in the articles topic that cannot be read). */
ONR_MUST_USE int onr_sender_open(const struct onr_broker *b, const char *instance,
                                 struct onr_sender **ret, struct onr_error *err);
/** What is in flight is aborted. */
void onr_sender_close(struct onr_sender *s);

enum onr_sender_verdict {
    ONR_SENDER_TAKEN,  /* on its way; it is sent for sure when the next put or finish returned */
    ONR_SENDER_BEFORE, /* was sent before */
    ONR_SENDER_REFUSED /* ret_reason and ret_why say why */
};

/** Send an article; first finish the one before. The article is copied. Returns enum onr_sender_verdict, or an error that ends
 *  the program: -ONR_ESTOP, -ONR_EFENCED (another split has this instance), -ONR_ECONFIG, -ONR_ENOMEM. A broker that is away
 *  is waited for, with a log line. */
ONR_MUST_USE int onr_sender_put(struct onr_sender *s, const struct onr_article_text *a,
                                const char **ret_reason, struct onr_error *ret_why,
                                struct onr_error *err);

/** Commit the article in flight, if there is one. */
ONR_MUST_USE int onr_sender_finish(struct onr_sender *s, struct onr_error *err);

const struct onr_sender_counts *onr_sender_counts(const struct onr_sender *s);
/** Article versions known. */
size_t onr_sender_known(const struct onr_sender *s);

#endif
