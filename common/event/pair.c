/* common/event/pair.c - see pair.h. */
#include "common/event/pair.h"

#include "common/base/utf8.h"
#include "common/event/json_read.h"

static int
no_memory(struct onr_error *err)
{
    return onr_fail(err, ONR_ENOMEM, "no memory for a pair");
}

/* A string in the arena, of at most `max` bytes and at least `least`. */
static int
read_text(const json_t *j, const char *field, size_t least, size_t max, struct onr_arena *arena,
          struct onr_span *ret, struct onr_error *err)
{
    if (!json_is_string(j))
        return onr_fail(err, ONR_EINPUT, "\"%s\" is missing or not a string", field);
    if (json_string_length(j) < least || json_string_length(j) > max)
        return onr_fail(err, ONR_EINPUT, "\"%s\" has %zu bytes; %zu to %zu are taken", field,
                        json_string_length(j), least, max);
    *ret = onr_arena_span(arena, onr_span_of(json_string_value(j), json_string_length(j)));
    return ret->ptr ? 0 : no_memory(err);
}

/* Byte offset of a code point; false when the text is shorter. */
static bool
byte_offset(struct onr_span text, const json_t *j, uint32_t *ret)
{
    json_int_t points = json_is_integer(j) ? json_integer_value(j) : -1;
    size_t pos = 0;

    for (; points > 0 && pos < text.len; points--)
        (void) onr_utf8_next(text, &pos);
    *ret = (uint32_t) pos;
    return points == 0;
}

static int
read_party(const json_t *j, const char *field, struct onr_span text, struct onr_arena *arena,
           struct onr_party *ret, struct onr_error *err)
{
    const json_t *name = json_object_get(j, "name"), *span = json_object_get(j, "span");
    int rc;

    if (!json_is_object(j))
        return onr_fail(err, ONR_EINPUT, "\"%s\" is missing or not an object with name and span",
                        field);
    if (name && !json_is_null(name)
        && (rc = read_text(name, "name", 0, ONR_URL_MAX, arena, &ret->name, err)) < 0)
        return onr_fail_in(err, "\"%s\": ", field);
    if (!span || json_is_null(span))
        return 0;
    if (json_array_size(span) != 2 || !byte_offset(text, json_array_get(span, 0), &ret->begin)
        || !byte_offset(text, json_array_get(span, 1), &ret->end) || ret->begin >= ret->end)
        return onr_fail(err, ONR_EINPUT,
                        "\"%s\": \"span\" is not [begin, end) in code points of the text", field);
    ret->has_span = true;
    return 0;
}

static int
read_choices(const json_t *j, unsigned *ret, struct onr_error *err)
{
    static const enum onr_stance all[] = { ONR_SUPPORT, ONR_OPPOSE, ONR_NEUTRAL };
    bool known = json_array_size(j) > 0;

    if (!j || json_is_null(j))
        return 0;
    for (size_t i = 0; i < json_array_size(j) && known; i++) {
        const char *word = json_string_value(json_array_get(j, i));

        known = false;
        for (size_t k = 0; word && k < 3; k++)
            if (strcmp(word, onr_stance_name(all[k])) == 0) {
                *ret |= 1u << all[k];
                known = true;
            }
    }
    return known ? 0
                 : onr_fail(err, ONR_EINPUT,
                            "\"choices\" is not a list of \"support\", \"oppose\" and \"neutral\"");
}

static int
read_pair(const json_t *root, struct onr_arena *arena, struct onr_pair *p, struct onr_error *err)
{
    int rc;

    if (!json_is_object(root))
        return onr_fail(err, ONR_EINPUT, "the JSON is not an object {...}");
    if ((rc = read_text(json_object_get(root, "id"), "id", 0, ONR_URL_MAX, arena, &p->id, err)) < 0
        || (rc = read_text(json_object_get(root, "text"), "text", 1, ONR_ARTICLE_MAX, arena,
                           &p->text, err))
               < 0
        || (rc = read_party(json_object_get(root, "speaker"), "speaker", p->text, arena,
                            &p->speaker, err))
               < 0
        || (rc = read_party(json_object_get(root, "target"), "target", p->text, arena, &p->target,
                            err))
               < 0)
        return rc;
    return read_choices(json_object_get(root, "choices"), &p->choices, err);
}

int
onr_pair_from_json(struct onr_span json, struct onr_arena *arena, struct onr_pair *ret,
                   struct onr_error *err)
{
    struct onr_pair p = { .id = ONR_SPAN("") };
    json_error_t why;
    json_t *root;
    int rc = onr_json_read(json, &root, &why);

    if (rc == -ONR_ENOMEM)
        return no_memory(err);
    if (rc < 0)
        return onr_fail(err, ONR_EINPUT, "not JSON: column %d: %s", why.column, why.text);
    rc = read_pair(root, arena, &p, err);
    json_decref(root);
    if (rc == 0)
        *ret = p;
    return rc;
}
