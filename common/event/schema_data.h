/* common/event/schema_data.h - the files of schemas/, byte for byte, inside the program.
 *
 * Avro C's avro_schema_to_json drops defaults and docs, so the files themselves are kept: what is shown or registered
 * elsewhere is what stands in schemas/.
 */
#ifndef ONR_EVENT_SCHEMA_DATA_H
#define ONR_EVENT_SCHEMA_DATA_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/error.h"
#include "common/base/span.h"

#define ONR_SCHEMA_FILES 5

struct onr_schema_file {
    const char *name; /* "Article.avsc" */
    struct onr_span json;
};

/** Built-in schema files, in no particular order; i < ONR_SCHEMA_FILES. */
struct onr_schema_file onr_schema_file(size_t i);

/** The built-in id of a file, from schemas/registry.tsv. -ONR_ENOTFOUND when the table has no line for it. */
ONR_MUST_USE int onr_schema_builtin_id(const char *file, uint32_t *ret_id);

#endif
