/* common/event/fingerprint.h - Parsing Canonical Form of an Avro schema and its SHA-256.
 *
 * What is signed names its schema by this fingerprint, never by a registry's number: numbers differ between registries.
 * Docs, defaults and spelling of names do not change it; names, order and types of fields do (Avro 1.11, "Transforming
 * into Parsing Canonical Form").
 */
#ifndef ONR_EVENT_FINGERPRINT_H
#define ONR_EVENT_FINGERPRINT_H

#include "common/base/buf.h"
#include "common/event/avro_schema.h"

/** Append the canonical form. Errors: -ONR_ENOMEM, -ONR_ELIMIT. */
ONR_MUST_USE int onr_avro_canonical(const struct onr_avro_schema *s, struct onr_buf *out,
                                    struct onr_error *err);

/** SHA-256 of the canonical form. */
ONR_MUST_USE int onr_avro_fingerprint(const struct onr_avro_schema *s, uint8_t ret[32],
                                      struct onr_error *err);

#endif
