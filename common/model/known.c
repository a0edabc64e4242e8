/* common/model/known.c - see known.h. */
#include "common/model/known.h"

#include "common/base/limits.h"
#include "common/base/utf8.h"

/* The next line; false behind the last, or when it is none. */
static bool
next_line(struct onr_span lines, size_t *at, struct onr_span *ret_alias, struct onr_span *ret_name)
{
    size_t begin = *at, tab = begin, end;

    while (tab < lines.len && lines.ptr[tab] != '\t' && lines.ptr[tab] != '\n')
        tab++;
    if (tab == lines.len || lines.ptr[tab] != '\t' || tab == begin)
        return false;
    for (end = tab + 1; end < lines.len && lines.ptr[end] != '\n' && lines.ptr[end] != '\t';)
        end++;
    if (end == lines.len || lines.ptr[end] != '\n' || end == tab + 1)
        return false;
    *ret_alias = onr_span_sub(lines, begin, tab);
    *ret_name = onr_span_sub(lines, tab + 1, end);
    *at = end + 1;
    return true;
}

int
onr_known_init(struct onr_known *ret, const struct onr_model_file *f, struct onr_error *err)
{
    struct onr_span lines, alias, name, before = ONR_SPAN("");
    const void *bytes = NULL;
    uint32_t rows, len;
    size_t at = 0;
    int rc = onr_model_file_shape(f, "names.known", ONR_MODEL_U8, &rows, &len, err);

    if (rc < 0
        || (rc = onr_model_file_array(f, "names.known", ONR_MODEL_U8, 1, len, &bytes, err)) < 0)
        return rc;
    lines = onr_span_of(bytes, len);
    if (!onr_utf8_check(lines, NULL))
        return onr_fail(err, ONR_ECONFIG, "the model's names are not UTF-8");
    while (at < lines.len) {
        if (!next_line(lines, &at, &alias, &name) || name.len > ONR_NAME_MAX
            || onr_span_cmp(before, alias) >= 0)
            return onr_fail(err, ONR_ECONFIG,
                            "the model's names are no ascending lines of alias, tab, name");
        before = alias;
    }
    ret->lines = lines;
    return 0;
}

/* Binary search by bytes: the middle's line begins behind the line feed before it. */
struct onr_span
onr_known_name(const struct onr_known *k, struct onr_span alias)
{
    struct onr_span known, name;
    size_t low = 0, high = k->lines.len;

    while (low < high) {
        size_t at = low + (high - low) / 2, next;
        int order;

        while (at > low && k->lines.ptr[at - 1] != '\n')
            at--;
        next = at;
        if (!next_line(k->lines, &next, &known, &name))
            return alias;
        if ((order = onr_span_cmp(alias, known)) == 0)
            return name;
        if (order < 0)
            high = at;
        else
            low = next;
    }
    return alias;
}
