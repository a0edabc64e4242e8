/* common/event/article.h - an article as newsrooms hand it over: one JSON object, or plain text.
 *
 * JSON fields: text (required); id, headline, date, outlet, url, language, version, state (optional). Unknown fields are
 * ignored. A missing id becomes the url, else "sha256:" and the body's hash. What breaks a rule is refused with a sentence
 * that names the field, what was found and what would be right.
 */
#ifndef ONR_EVENT_ARTICLE_H
#define ONR_EVENT_ARTICLE_H

#include "common/base/arena.h"
#include "common/event/record.h"

/* An article with its body: what a source yields and the splitter eats. */
struct onr_article_text {
    struct onr_article
        meta; /* statements and splitter_fp are not set yet; version 0 = the source did not say */
    struct onr_span body;
};

/** Read one JSON object. Spans live in the arena. Errors: -ONR_EINPUT, -ONR_ELIMIT, -ONR_ENOMEM; err holds the sentence
 *  and ret_reason (may be NULL) a stable word: "json", "utf8", "nul", "empty", "field", "date", "limit". */
ONR_MUST_USE int onr_article_from_json(struct onr_span json, struct onr_arena *arena,
                                       struct onr_article_text *ret, const char **ret_reason,
                                       struct onr_error *err);

/** Plain text: the body is all of it, byte for byte; id is the hash. Same errors. */
ONR_MUST_USE int onr_article_from_text(struct onr_span text, struct onr_arena *arena,
                                       struct onr_article_text *ret, const char **ret_reason,
                                       struct onr_error *err);

#endif
