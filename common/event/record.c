/* common/event/record.c - names of the enumerations, as they stand in schemas/. */
#include "common/event/record.h"

#define NAME_OF(table, v) ((unsigned) (v) < sizeof(table) / sizeof(table)[0] ? table[v] : "unknown")

static const char *const states[] = { "published", "corrected", "withdrawn" };
static const char *const quoted[] = { "none", "part", "whole" };
static const char *const kinds[] = { "direct", "mixed", "indirect", "narration" };
static const char *const acts[] = { "said", "believed", "intended" };
static const char *const stances[] = { "support", "oppose", "neutral" };
static const char *const speakers[] = { "person", "group", "organisation", "unnamed", "author" };
static const char *const hows[] = { "named",   "last_name", "role",  "pronoun",
                                    "carried", "register",  "nobody" };
static const char *const rejects[ONR_REJECT_CODES][2] = {
    { "empty", "The record has no value." },
    { "frame",
      "The value does not begin with a Confluent frame (0x00 and a four-byte schema id)." },
    { "avro", "The value is not what its schema says." },
    { "utf8", "A text in the record is not UTF-8 or holds a NUL." },
    { "limit", "A part of the record is larger than the limit for it." },
    { "fields", "The fields of the record contradict each other." },
    { "schema", "The schema of the value belongs to another type of record." },
    { "output", "The result for this record would be larger than a message may be." },
};

const char *
onr_state_name(enum onr_state v)
{
    return NAME_OF(states, v);
}

const char *
onr_quoted_name(enum onr_quoted v)
{
    return NAME_OF(quoted, v);
}

const char *
onr_kind_name(enum onr_kind v)
{
    return NAME_OF(kinds, v);
}

const char *
onr_act_name(enum onr_act v)
{
    return NAME_OF(acts, v);
}

const char *
onr_stance_name(enum onr_stance v)
{
    return NAME_OF(stances, v);
}

const char *
onr_speaker_type_name(enum onr_speaker_type v)
{
    return NAME_OF(speakers, v);
}

const char *
onr_how_name(enum onr_how v)
{
    return NAME_OF(hows, v);
}

const char *
onr_reject_name(enum onr_reject_code code)
{
    return (unsigned) code < ONR_REJECT_CODES ? rejects[code][0] : "unknown";
}

const char *
onr_reject_sentence(enum onr_reject_code code)
{
    return (unsigned) code < ONR_REJECT_CODES ? rejects[code][1]
                                              : "The record was refused for a reason unknown here.";
}
