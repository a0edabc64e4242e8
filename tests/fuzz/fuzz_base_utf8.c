/* tests/fuzz/fuzz_base_utf8.c - UTF-8 against a decoder written another way, and the JSON writer against jansson. */
#include "tests/fuzz/fuzz.h"

#include <jansson.h>

#include "common/base/json.h"

/* Bytes of the code point at p by counting leading ones; 0 when there is none that is allowed. */
static size_t
reference(const uint8_t *p, size_t left, uint32_t *ret)
{
    static const uint32_t least[] = { 0, 1, 0x80, 0x800, 0x10000 };
    size_t n = 0;
    uint32_t v;

    while (n < 8 && p[0] & 0x80 >> n)
        n++;
    if (n == 1 || n > 4)
        return 0;
    v = n ? p[0] & (0x7fu >> n) : p[0];
    n = n ? n : 1;
    if (n > left)
        return 0;
    for (size_t i = 1; i < n; i++) {
        if (p[i] >> 6 != 2)
            return 0;
        v = v << 6 | (p[i] & 63);
    }
    *ret = v;
    return v >= least[n] && v < 0x110000 && v >> 11 != 0xd800 >> 11 ? n : 0;
}

static void
walks_both_ways(struct onr_span s)
{
    size_t pos = 0, back, cps = 0, n;
    uint32_t cp, want;

    while (pos < s.len) {
        n = reference((const uint8_t *) s.ptr + pos, s.len - pos, &want);
        HOLDS(onr_utf8_len((uint8_t) s.ptr[pos]) == n);
        back = pos;
        cp = onr_utf8_next(s, &pos);
        HOLDS(cp == want && pos == back + n);
        n = pos;
        HOLDS(onr_utf8_prev(s, &n) == want && n == back);
        cps++;
    }
    HOLDS(pos == s.len && onr_utf8_count(s) == cps);
}

/* What the writer makes of any bytes is JSON; of valid text, the same text. */
static void
written_as_json(struct onr_span s, bool valid)
{
    struct onr_buf out = ONR_BUF_INIT(16 * 1024 * 1024);
    struct onr_json j = ONR_JSON_INIT(&out);
    json_t *back;

    onr_json_open(&j, '[');
    onr_json_str(&j, s);
    onr_json_close(&j, ']');
    HOLDS(j.rc == 0);
    back = json_loadb(out.ptr, out.len, JSON_ALLOW_NUL, NULL);
    HOLDS(back);
    if (valid)
        HOLDS(onr_span_eq(s, onr_span_of(json_string_value(json_array_get(back, 0)),
                                         json_string_length(json_array_get(back, 0)))));
    json_decref(back);
    onr_buf_release(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct onr_span s = onr_span_of(size ? (const char *) data : "", size);
    size_t good = 0, n, bad = SIZE_MAX, max, cut;
    uint32_t cp;
    bool valid;

    while (good < size && (n = reference(data + good, size - good, &cp)) > 0)
        good += n;
    valid = onr_utf8_check(s, &bad);
    HOLDS(valid == (good == size) && (valid || bad == good));
    written_as_json(s, valid);
    s.len = good;
    walks_both_ways(s);
    max = size ? data[size - 1] : 0;
    cut = onr_utf8_cut(s, max);
    HOLDS(cut <= max && cut <= s.len && onr_utf8_check(onr_span_sub(s, 0, cut), NULL));
    HOLDS(cut == s.len || max - cut < 4);
    return 0;
}
