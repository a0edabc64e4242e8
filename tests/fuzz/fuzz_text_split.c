/* tests/fuzz/fuzz_text_split.c - statements tile any text, windows hold whole ones, the cast keeps its limits. */
#include "tests/fuzz/fuzz.h"

#include "tests/text_promises.h"

/* The first line as a headline: names in it come before those of the body. */
static void
names_of_headline_and_body(struct onr_span text)
{
    struct onr_span body = text, headline;
    struct onr_name name[ONR_CAST_MAX];
    struct onr_names *names;
    size_t n, bytes = 0;

    if (!onr_span_next(&body, '\n', &headline) || !body.ptr || headline.len > ONR_HEADLINE_MAX)
        return;
    HOLDS(onr_names_collect(headline, body, &names, NULL) == 0);
    n = onr_names_cast(names, (uint32_t) body.len, name);
    HOLDS(n <= ONR_CAST_MAX);
    for (size_t i = 0; i < n; i++) {
        bytes += name[i].name.len + name[i].role.len;
        HOLDS(name[i].name.len > 0 && lies_in(name[i].name, text) && lies_in(name[i].role, text));
        HOLDS(onr_utf8_check(name[i].name, NULL) && onr_utf8_check(name[i].role, NULL));
    }
    HOLDS(bytes <= ONR_CAST_BYTES);
    onr_names_free(names);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct onr_span text = valid_text(data, size);

    if (text.len > 0) {
        check_text(text);
        names_of_headline_and_body(text);
    }
    free((void *) (uintptr_t) text.ptr);
    return 0;
}
