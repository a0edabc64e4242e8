/* tests/fuzz/fuzz_model_register.c - a register of people of any bytes: refused with a sentence, or whoever is found in it is found again
 * under their own name.
 */
#include "tests/fuzz/fuzz.h"

#include "common/model/register.h"

static void
entry_keeps_its_promises(const struct onr_register *r, const struct onr_register_entry *e)
{
    if (!e)
        return;
    HOLDS(e->name.len > 0 && e->name.len <= ONR_NAME_MAX && onr_utf8_check(e->name, NULL));
    HOLDS(e->external_id.len <= ONR_URL_MAX && onr_utf8_check(e->external_id, NULL));
    HOLDS(onr_register_named(r, e->name, NULL) == e);
}

/* Every word of the text, asked for as a name and as a role. */
static void
ask(const struct onr_register *r, struct onr_span text)
{
    size_t begin = 0;

    for (size_t i = 0; i <= text.len; i++) {
        struct onr_span word;

        if (i < text.len && text.ptr[i] != ',' && text.ptr[i] != ';' && text.ptr[i] != '\n')
            continue;
        word = onr_span_sub(text, begin, i);
        entry_keeps_its_promises(r, onr_register_named(r, word, NULL));
        entry_keeps_its_promises(r, onr_register_in_role(r, word));
        HOLDS(onr_register_same_role(word, word) || word.len == 0 || word.len > ONR_NAME_MAX
              || !onr_register_in_role(r, word));
        begin = i + 1;
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct onr_span bytes = onr_span_of(size ? (const char *) data : "", size);
    struct onr_error err = ONR_ERROR_INIT;
    struct onr_register *r = NULL;
    int rc = onr_register_read(bytes, &r, &err);

    HOLDS(rc == 0 || (rc == -ONR_ECONFIG && err.text[0] && !r));
    HOLDS(onr_utf8_check(onr_span_z(err.text), NULL));
    if (rc == 0)
        ask(r, bytes);
    onr_register_free(r);
    return 0;
}
