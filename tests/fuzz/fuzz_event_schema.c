/* tests/fuzz/fuzz_event_schema.c - any schema from a registry: refused, or what is walked by it stays within bounds.
 *
 * Input: the schema's JSON, a NUL, a datum.
 */
#include "tests/fuzz/fuzz.h"

#include "common/event/avro_walk.h"

static void
walk_as(const struct onr_avro_schema *s, const struct onr_bind_record *to, struct onr_span datum)
{
    struct onr_arena arena = ONR_ARENA_INIT(ONR_DECODE_ARENA_MAX);
    enum onr_reject_code reject = ONR_REJECT_CODES;
    struct onr_avro_program *p;
    void *record = NULL;
    int rc = onr_avro_compile(s, to, &p, NULL);

    HOLDS(rc == 0 || rc == -ONR_ECONFIG || rc == -ONR_ELIMIT);
    if (rc < 0)
        return;
    if (to)
        HOLDS(record = calloc(1, to->size));
    rc = onr_avro_walk(p, datum, record, &arena, &reject, NULL);
    HOLDS(rc == 0 || rc == -ONR_EINPUT || rc == -ONR_ELIMIT || rc == -ONR_ENOMEM);
    HOLDS((rc == 0 || rc == -ONR_ENOMEM) == (reject == ONR_REJECT_CODES));
    onr_avro_program_free(p);
    onr_arena_release(&arena);
    free(record);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct onr_span datum = onr_span_of(size ? (const char *) data : "", size), json;
    struct onr_error err = ONR_ERROR_INIT;
    struct onr_avro_schema s;
    int rc;

    (void) onr_span_next(&datum, '\0', &json);
    if (!datum.ptr)
        datum = ONR_SPAN("");
    rc = onr_avro_schema_parse(json, &s, &err);
    HOLDS(rc == 0 || ((rc == -ONR_ECONFIG || rc == -ONR_ELIMIT) && err.text[0]));
    if (rc < 0)
        return 0;
    HOLDS(s.root->height <= ONR_AVRO_DEPTH);
    walk_as(&s, NULL, datum);
    for (int type = 0; type < ONR_REC_TYPES; type++)
        walk_as(&s, onr_bind_of((enum onr_record_type) type), datum);
    onr_avro_schema_release(&s);
    return 0;
}
