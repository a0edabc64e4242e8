/* tests/fuzz/fuzz_line_heads.c - a file of lane heads of any bytes: what is read is written and read as the same. */
#include "tests/fuzz/fuzz.h"

#include "common/line/head_store.h"

/* One line alone. */
static void
check_line(struct onr_span line)
{
    struct onr_buf one = ONR_BUF_INIT(ONR_HEAD_TEXT_MAX), two = one;
    struct onr_head h, back;
    int rc = onr_head_parse(line, &h, NULL);

    HOLDS(rc == 0 || rc == -ONR_EINPUT || rc == -ONR_EVERIFY);
    if (rc == 0) {
        HOLDS(onr_head_print(&h, &one) == 0);
        HOLDS(onr_head_parse(onr_buf_span(&one), &back, NULL) == 0);
        HOLDS(onr_head_print(&back, &two) == 0);
        HOLDS(onr_span_eq(onr_buf_span(&one), onr_buf_span(&two)));
    }
    onr_buf_release(&one);
    onr_buf_release(&two);
}

static void
check_store(struct onr_span text)
{
    struct onr_error err = ONR_ERROR_INIT;
    struct onr_head_store *s;
    int rc;

    HOLDS(onr_head_store_new(&s, NULL) == 0);
    rc = onr_head_store_load(s, file_of(text), &err);
    HOLDS(rc == 0 || (rc == -ONR_ESTATE && err.text[0]));
    for (size_t i = 0; i < onr_head_store_count(s); i++) {
        const struct onr_head *h = onr_head_store_at(s, i);

        HOLDS(onr_head_store_get(s, h->origin) == h);
        HOLDS(i == 0 || strcmp(onr_head_store_at(s, i - 1)->origin, h->origin) < 0);
        HOLDS(onr_head_store_put(s, h, NULL) == 0); /* the same again is no step back */
    }
    onr_head_store_free(s);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct onr_span text = onr_span_of(size ? (const char *) data : "", size), rest = text, line;

    check_store(text);
    for (int i = 0; i < 4 && onr_span_next(&rest, '\n', &line); i++)
        check_line(line);
    return 0;
}
