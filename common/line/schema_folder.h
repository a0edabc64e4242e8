/* common/line/schema_folder.h - schemas that came after this release: a folder like schemas/, read at start.
 *
 * A message names its writer's schema by an id. One that nobody here knows pauses its partition, because what it says cannot be
 * judged; the operator gives the schema to every program that reads and starts it again. An id means the same schema for
 * ever and everywhere on a line: those that are built in cannot be given another one.
 */
#ifndef ONR_LINE_SCHEMA_FOLDER_H
#define ONR_LINE_SCHEMA_FOLDER_H

#include "common/base/settings.h"
#include "common/event/codec.h"

/* The setting `schemas`, for the tables of programs that decode what others wrote. */
extern const struct onr_setting onr_settings_schemas[];

/** Make the codec know the schemas of the folder in the setting `schemas`: registry.tsv and the files that it names. Without the
 *  setting nothing happens. Errors: -ONR_ECONFIG with file and line: not there, not a schema of ours, an id that stands for
 *  another schema; -ONR_ENOMEM. */
ONR_MUST_USE int onr_schema_folder_load(struct onr_codec *codec, const struct onr_settings *s,
                                        struct onr_error *err);

#endif
