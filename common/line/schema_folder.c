/* common/line/schema_folder.c - see schema_folder.h. */
#include "common/line/schema_folder.h"

#include <limits.h>
#include <stdio.h>

#include "common/base/file.h"

#define REGISTRY   "registry.tsv"
#define FILE_BYTES (256 * 1024) /* of registry or schema: ours have a few thousand */

const struct onr_setting onr_settings_schemas[] = {
    { .name = "schemas",
      .type = ONR_SET_TEXT,
      .arg = "FOLDER",
      .help = "further schemas, for messages written by later releases: registry.tsv and the "
              "files it names, as in schemas/ of the source" },
    { .name = NULL }
};

static int
read_file(const char *folder, struct onr_span name, struct onr_buf *out, struct onr_error *err)
{
    char path[PATH_MAX];
    int n = snprintf(path, sizeof path, "%s/" ONR_SPAN_FMT, folder, ONR_SPAN_ARG(name)), rc;

    if (n < 0 || (size_t) n >= sizeof path)
        return onr_fail(err, ONR_ECONFIG, "%s: the path is too long", folder);
    onr_buf_clear(out);
    rc = onr_file_read(path, out, err);
    return rc < 0 && rc != -ONR_ENOMEM ? -ONR_ECONFIG : rc;
}

/* One line of the registry: an id, a tab, a file of the same folder. */
static int
add_line(struct onr_codec *codec, const char *folder, struct onr_span line, struct onr_buf *json,
         struct onr_error *err)
{
    unsigned long long value;
    struct onr_span id;
    int rc;

    if (line.len == 0 || line.ptr[0] == '#')
        return 0;
    if (!onr_span_next(&line, '\t', &id) || onr_span_u64(id, &value) < 0 || value > UINT32_MAX
        || line.len == 0 || memchr(line.ptr, '/', line.len))
        return onr_fail(err, ONR_ECONFIG,
                        "not an id, a tab and the name of a file in the same folder");
    if ((rc = read_file(folder, line, json, err)) < 0)
        return rc;
    rc = onr_codec_add_schema(codec, (uint32_t) value, onr_buf_span(json), err);
    if (rc < 0)
        onr_fail_in(err, ONR_SPAN_FMT ": ", ONR_SPAN_ARG(line));
    return rc < 0 && rc != -ONR_ENOMEM ? -ONR_ECONFIG : rc;
}

static int
load(struct onr_codec *codec, const char *folder, struct onr_buf *registry, struct onr_buf *json,
     struct onr_error *err)
{
    struct onr_span rest, line;
    unsigned number = 0;
    int rc = read_file(folder, ONR_SPAN(REGISTRY), registry, err);

    if (rc < 0)
        return rc;
    for (rest = onr_buf_span(registry); onr_span_next(&rest, '\n', &line);) {
        number++;
        if ((rc = add_line(codec, folder, line, json, err)) < 0) {
            onr_fail_in(err, "%s/" REGISTRY " line %u: ", folder, number);
            return rc;
        }
    }
    return 0;
}

int
onr_schema_folder_load(struct onr_codec *codec, const struct onr_settings *s, struct onr_error *err)
{
    const char *folder = onr_set_text(s, "schemas");
    struct onr_buf registry = ONR_BUF_INIT(FILE_BYTES), json = ONR_BUF_INIT(FILE_BYTES);
    int rc;

    if (!folder)
        return 0;
    if ((rc = load(codec, folder, &registry, &json, err)) < 0) {
        onr_fail_in(err, "%s: ", onr_set_where(s, "schemas"));
        if (err)
            err->code = -rc;
    }
    onr_buf_release(&registry);
    onr_buf_release(&json);
    return rc;
}
