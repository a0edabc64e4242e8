/* common/line/outcome.h - what one input message becomes: the pure function that classify signs and audit repeats.
 *
 * message -> frame -> walk -> decode -> model -> Avro bytes, or a reject with a fixed reason where the message's bytes make that
 * impossible. Depends on key and value and the model only; no topic, offset, clock or attempt has a say in it, so that anybody
 * who repeats it gets the same bytes and the same leaf.
 */
#ifndef ONR_LINE_OUTCOME_H
#define ONR_LINE_OUTCOME_H

#include <stdbool.h>
#include <stdint.h>

#include "common/event/codec.h"
#include "common/model/model.h"

struct onr_outcome {
    bool rejected;
    enum onr_reject_code reject; /* when rejected */
    struct onr_result result;    /* when not */
    struct onr_statement input;  /* when the statement could be decoded */
    const uint8_t *schema_fp;    /* 32 bytes, of the schema that payload is written with */
    struct onr_span message;     /* frame and payload: the value of the lane record */
    struct onr_span payload;     /* the part of it that is signed */
    struct onr_span key;         /* key of the lane record: the article's id; null for a reject */
    size_t n_headers;            /* ONR_CE_HEADERS for a result, 0 for a reject */
    struct onr_header header[ONR_CE_HEADERS];
};

/* Working memory of one thread, reused from message to message. */
struct onr_outcome_maker;

/** Borrows codec and model: they must outlive the maker. model NULL = a no-op classifier (measurements only). */
ONR_MUST_USE int onr_outcome_maker_new(struct onr_codec *codec, struct onr_model *model,
                                       struct onr_outcome_maker **ret, struct onr_error *err);
void onr_outcome_maker_free(struct onr_outcome_maker *m);

/** Outcome of one input message (value as it came, null allowed). *ret is valid until the next call, or as long as value is,
 *  whichever ends first. Errors are never the message's fault, so never a reject: -ONR_ENOTFOUND (unknown schema id: pause and
 *  alarm), -ONR_ENOMEM, -ONR_ELIMIT (working memory). */
ONR_MUST_USE int onr_outcome_make(struct onr_outcome_maker *m, struct onr_span value,
                                  struct onr_outcome *ret, struct onr_error *err);

#endif
