/* common/event/codec.c - the schemas a codec knows, frames, and decoding. Encoding is in encode.c.
 *
 * A message names its writer's schema by an id; each known id has a program (avro_walk.h) that checks the bytes and fills
 * the struct in one pass. What no schema can say - offsets that fit the text, an index below the count - is checked after it
 * (check.c). A record that fails either never leaves this file.
 */
#include "common/event/codec.h"

#include <stdlib.h>

#include "common/event/codec_impl.h"
#include "common/event/fingerprint.h"
#include "common/event/schema_data.h"

static const struct onr_codec_schema *
find_schema(const struct onr_codec *c, uint32_t id)
{
    for (size_t i = 0; i < c->n_schemas; i++)
        if (c->schema[i].id == id)
            return &c->schema[i];
    return NULL;
}

static int
type_of(const struct onr_avro_schema *s, enum onr_record_type *ret, struct onr_error *err)
{
    for (int t = 0; s->root->name && t < ONR_REC_TYPES; t++) {
        if (strcmp(onr_bind_of((enum onr_record_type) t)->name, s->root->name) != 0)
            continue;
        *ret = (enum onr_record_type) t;
        return 0;
    }
    return onr_fail(err, ONR_ECONFIG, "the schema is of %s, not one of onrecord's record types",
                    s->root->name ? s->root->name : "no record");
}

static int
read_schema(struct onr_codec_schema *s, uint32_t id, struct onr_span json, struct onr_error *err)
{
    struct onr_avro_schema tree;
    int rc;

    if ((rc = onr_avro_schema_parse(json, &tree, err)) < 0)
        return rc;
    *s = (struct onr_codec_schema){ .id = id };
    if ((rc = type_of(&tree, &s->type, err)) == 0
        && (rc = onr_avro_fingerprint(&tree, s->fp, err)) == 0)
        rc = onr_avro_compile(&tree, onr_bind_of(s->type), &s->prog, err);
    onr_avro_schema_release(&tree);
    return rc;
}

int
onr_codec_add_schema(struct onr_codec *c, uint32_t id, struct onr_span json, struct onr_error *err)
{
    const struct onr_codec_schema *known = find_schema(c, id);
    struct onr_codec_schema s = { 0 };
    int rc;

    if ((rc = read_schema(&s, id, json, err)) < 0) {
        onr_fail_in(err, "schema id %lu: ", (unsigned long) id);
        return rc;
    }
    if (known && memcmp(known->fp, s.fp, sizeof s.fp) != 0)
        rc = onr_fail(err, ONR_ECONFIG, "schema id %lu already stands for another schema",
                      (unsigned long) id);
    else if (!known && c->n_schemas == ONR_SCHEMAS_MAX)
        rc = onr_fail(err, ONR_ELIMIT, "more than %d schemas", ONR_SCHEMAS_MAX);
    else if (!known) {
        c->schema[c->n_schemas++] = s;
        return 0;
    }
    onr_avro_program_free(s.prog);
    return rc;
}

static int
add_builtin(struct onr_codec *c, struct onr_schema_file file, struct onr_error *err)
{
    struct onr_codec_writer *w;
    enum onr_record_type type;
    uint32_t id;
    int rc;

    if ((rc = onr_schema_builtin_id(file.name, &id)) < 0)
        return onr_fail(err, ONR_ECONFIG, "schemas/registry.tsv has no id for %s", file.name);
    if ((rc = onr_codec_add_schema(c, id, file.json, err)) < 0)
        goto out;
    type = c->schema[c->n_schemas - 1].type;
    w = &c->writer[type];
    w->schema = c->n_schemas - 1;
    rc = onr_codec_writer_init(w, type, file.json, err);
out:
    if (rc < 0)
        onr_fail_in(err, "schemas/%s: ", file.name);
    return rc;
}

int
onr_codec_new(struct onr_codec **ret_codec, struct onr_error *err)
{
    struct onr_codec *c = calloc(1, sizeof *c);
    int rc = 0;

    if (!c || !(c->out = avro_writer_memory("", 0))) {
        rc = onr_fail(err, ONR_ENOMEM, "no memory for the codec");
        goto out;
    }
    for (size_t i = 0; i < ONR_SCHEMA_FILES; i++)
        if ((rc = add_builtin(c, onr_schema_file(i), err)) < 0)
            goto out;
    *ret_codec = c;
    c = NULL;
out:
    onr_codec_free(c);
    return rc;
}

void
onr_codec_free(struct onr_codec *c)
{
    if (!c)
        return;
    for (size_t i = 0; i < c->n_schemas; i++)
        onr_avro_program_free(c->schema[i].prog);
    for (size_t i = 0; i < ONR_REC_TYPES; i++)
        onr_codec_writer_release(&c->writer[i]);
    if (c->out)
        avro_writer_free(c->out);
    free(c);
}

uint32_t
onr_codec_schema_id(const struct onr_codec *c, enum onr_record_type type)
{
    return c->schema[c->writer[type].schema].id;
}

const uint8_t *
onr_codec_schema_fp(const struct onr_codec *c, enum onr_record_type type)
{
    return c->schema[c->writer[type].schema].fp;
}

bool
onr_codec_knows_fp(const struct onr_codec *c, enum onr_record_type type, const uint8_t fp[32])
{
    for (size_t i = 0; i < c->n_schemas; i++)
        if (c->schema[i].type == type && memcmp(c->schema[i].fp, fp, 32) == 0)
            return true;
    return false;
}

int
onr_frame_open(const struct onr_codec *c, struct onr_span message, uint32_t *ret_id,
               enum onr_record_type *ret_type, struct onr_span *ret_payload, struct onr_error *err)
{
    const uint8_t *p = (const uint8_t *) message.ptr;
    const struct onr_codec_schema *s;
    uint32_t id;

    if (message.len < ONR_FRAME_LEN || p[0] != 0)
        return onr_fail(err, ONR_EINPUT,
                        "%zu bytes that do not begin with 0x00 and a four-byte schema id",
                        message.len);
    id = (uint32_t) p[1] << 24 | (uint32_t) p[2] << 16 | (uint32_t) p[3] << 8 | p[4];
    if (!(s = find_schema(c, id)))
        return onr_fail(err, ONR_ENOTFOUND,
                        "schema id %lu is not known here: give its schema with --schemas",
                        (unsigned long) id);
    *ret_id = id;
    *ret_type = s->type;
    *ret_payload = onr_span_sub(message, ONR_FRAME_LEN, message.len);
    return 0;
}

/* Walk the payload into *to, a zeroed struct of this type. */
static int
decode(struct onr_codec *c, enum onr_record_type type, uint32_t id, struct onr_span payload,
       size_t max, struct onr_arena *arena, void *to, enum onr_reject_code *ret_reject,
       struct onr_error *err)
{
    const struct onr_codec_schema *s = find_schema(c, id);
    const char *name = onr_bind_of(type)->name;
    int rc;

    if (!s)
        return onr_fail(err, ONR_ENOTFOUND, "schema id %lu is not known here", (unsigned long) id);
    if (s->type != type) {
        *ret_reject = ONR_REJECT_SCHEMA;
        return onr_fail(err, ONR_EINPUT, "schema id %lu is that of %s, not of %s",
                        (unsigned long) id, onr_bind_of(s->type)->name, name);
    }
    if (payload.len > max) {
        *ret_reject = ONR_REJECT_LIMIT;
        return onr_fail(err, ONR_ELIMIT, "a %s of %zu bytes, more than the limit of %zu", name,
                        payload.len, max);
    }
    if ((rc = onr_avro_walk(s->prog, payload, to, arena, ret_reject, err)) < 0)
        onr_fail_in(err, "cannot decode a %s: ", name);
    return rc;
}

/* Hand the reject of a failed decode to a caller who asked for it; running out of memory is none. */
static int
failed(int rc, enum onr_reject_code reject, enum onr_reject_code *ret_reject)
{
    if (ret_reject && rc != -ONR_ENOMEM && rc != -ONR_ENOTFOUND)
        *ret_reject = rc == -ONR_ELIMIT ? ONR_REJECT_LIMIT : reject;
    return rc;
}

int
onr_article_decode(struct onr_codec *c, uint32_t id, struct onr_span payload,
                   struct onr_arena *arena, struct onr_article *ret,
                   enum onr_reject_code *ret_reject, struct onr_error *err)
{
    enum onr_reject_code reject = ONR_REJECT_FIELDS;
    struct onr_article a = { 0 };
    int rc;

    if ((rc = decode(c, ONR_REC_ARTICLE, id, payload, ONR_MESSAGE_MAX, arena, &a, &reject, err)) < 0
        || (rc = onr_article_check(&a, err)) < 0)
        return failed(rc, reject, ret_reject);
    *ret = a;
    return 0;
}

int
onr_statement_decode(struct onr_codec *c, uint32_t id, struct onr_span payload,
                     struct onr_arena *arena, struct onr_statement *ret,
                     enum onr_reject_code *ret_reject, struct onr_error *err)
{
    enum onr_reject_code reject = ONR_REJECT_FIELDS;
    struct onr_statement s = { 0 };
    int rc;

    if ((rc = decode(c, ONR_REC_STATEMENT, id, payload, ONR_STATEMENT_RECORD_MAX, arena, &s,
                     &reject, err))
            < 0
        || (rc = onr_statement_check(&s, err)) < 0)
        return failed(rc, reject, ret_reject);
    *ret = s;
    return 0;
}

int
onr_result_decode(struct onr_codec *c, uint32_t id, struct onr_span payload,
                  struct onr_arena *arena, struct onr_result *ret, enum onr_reject_code *ret_reject,
                  struct onr_error *err)
{
    enum onr_reject_code reject = ONR_REJECT_FIELDS;
    struct onr_result r = { 0 };
    int rc;

    if ((rc = decode(c, ONR_REC_RESULT, id, payload, ONR_RESULT_RECORD_MAX, arena, &r, &reject,
                     err))
            < 0
        || (rc = onr_result_check(&r, err)) < 0)
        return failed(rc, reject, ret_reject);
    *ret = r;
    return 0;
}

int
onr_reject_decode(struct onr_codec *c, uint32_t id, struct onr_span payload,
                  enum onr_reject_code *ret_code, struct onr_error *err)
{
    enum onr_reject_code reject;
    struct onr_reject_record r = { 0 };
    int rc;

    if ((rc = decode(c, ONR_REC_REJECT, id, payload, ONR_MESSAGE_MAX, NULL, &r, &reject, err)) < 0)
        return rc;
    if (!onr_span_eq_z(r.sentence, onr_reject_sentence(r.code)))
        return onr_fail(err, ONR_EINPUT, "the sentence of a reject is not that of its code \"%s\"",
                        onr_reject_name(r.code));
    *ret_code = r.code;
    return 0;
}

int
onr_commit_record_decode(struct onr_codec *c, uint32_t id, struct onr_span payload,
                         struct onr_arena *arena, struct onr_commit_record *ret,
                         struct onr_error *err)
{
    enum onr_reject_code reject;
    struct onr_commit_record r = { 0 };
    int rc;

    if ((rc = decode(c, ONR_REC_COMMIT, id, payload, ONR_MESSAGE_MAX, arena, &r, &reject, err)) < 0)
        return rc;
    *ret = r;
    return 0;
}
