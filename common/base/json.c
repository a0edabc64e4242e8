/* common/base/json.c - see json.h. */
#include "common/base/json.h"

#include <inttypes.h>
#include <stdio.h>

#include "common/base/sha256.h"
#include "common/base/utf8.h"

static void
put(struct onr_json *j, const void *ptr, size_t len)
{
    if (j->rc == 0)
        j->rc = onr_buf_add(j->out, ptr, len);
}

static void
before_value(struct onr_json *j)
{
    if (j->comma)
        put(j, ",", 1);
    j->comma = true;
}

void
onr_json_open(struct onr_json *j, char bracket)
{
    before_value(j);
    put(j, &bracket, 1);
    j->comma = false;
}

void
onr_json_close(struct onr_json *j, char bracket)
{
    put(j, &bracket, 1);
    j->comma = true;
}

static void
put_escaped(struct onr_json *j, uint8_t c)
{
    static const char letters[32] = {
        ['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r'
    };
    char text[8];

    if (c == '"' || c == '\\')
        put(j, (char[]){ '\\', (char) c }, 2);
    else if (c < 32 && letters[c])
        put(j, (char[]){ '\\', letters[c] }, 2);
    else
        put(j, text, (size_t) snprintf(text, sizeof text, "\\u%04x", c));
}

static void
put_string(struct onr_json *j, struct onr_span s)
{
    size_t from = 0, i;

    put(j, "\"", 1);
    for (i = 0; i < s.len; i++) {
        uint8_t c = (uint8_t) s.ptr[i];

        if (c >= 32 && c != '"' && c != '\\' && c != 127)
            continue;
        put(j, s.ptr + from, i - from);
        put_escaped(j, c);
        from = i + 1;
    }
    if (s.len)
        put(j, s.ptr + from, i - from);
    put(j, "\"", 1);
}

/* Bytes that are no UTF-8 (a NUL is escaped, not replaced) become U+FFFD one by one. */
static void
put_repaired(struct onr_json *j, struct onr_span s)
{
    struct onr_buf clean = ONR_BUF_INIT(3 * s.len);
    size_t bad;

    while (j->rc == 0 && !onr_utf8_check(s, &bad)) {
        struct onr_span wrong = onr_span_sub(s, bad, bad + 1);

        if ((j->rc = onr_buf_add(&clean, s.ptr, bad)) == 0)
            j->rc = onr_buf_add_span(&clean, s.ptr[bad] ? ONR_SPAN("\xef\xbf\xbd") : wrong);
        s = onr_span_sub(s, bad + 1, s.len);
    }
    if (j->rc == 0 && (j->rc = onr_buf_add_span(&clean, s)) == 0)
        put_string(j, onr_buf_span(&clean));
    onr_buf_release(&clean);
}

void
onr_json_str(struct onr_json *j, struct onr_span s)
{
    before_value(j);
    if (onr_utf8_check(s, NULL))
        put_string(j, s);
    else
        put_repaired(j, s);
}

void
onr_json_key(struct onr_json *j, const char *key)
{
    before_value(j);
    put_string(j, onr_span_z(key));
    put(j, ":", 1);
    j->comma = false;
}

void
onr_json_z(struct onr_json *j, const char *z)
{
    onr_json_str(j, onr_span_z(z));
}

static void
put_word(struct onr_json *j, const char *word)
{
    before_value(j);
    put(j, word, strlen(word));
}

void
onr_json_int(struct onr_json *j, int64_t v)
{
    char text[24];

    snprintf(text, sizeof text, "%" PRId64, v);
    put_word(j, text);
}

void
onr_json_bool(struct onr_json *j, bool v)
{
    put_word(j, v ? "true" : "false");
}

void
onr_json_null(struct onr_json *j)
{
    put_word(j, "null");
}

void
onr_json_thousandths(struct onr_json *j, int v)
{
    char text[24];
    int n = snprintf(text, sizeof text, "%s%d.%03d", v < 0 ? "-" : "", (v < 0 ? -v : v) / 1000,
                     (v < 0 ? -v : v) % 1000);

    while (text[n - 1] == '0')
        text[--n] = '\0';
    if (text[n - 1] == '.')
        text[--n] = '\0';
    put_word(j, text);
}

void
onr_json_hex(struct onr_json *j, const uint8_t *ptr, size_t len)
{
    char hex[ONR_HEX_LEN(1)];

    before_value(j);
    put(j, "\"", 1);
    for (size_t i = 0; i < len; i++)
        put(j, onr_hex(ptr + i, 1, hex), 2);
    put(j, "\"", 1);
}

int
onr_json_end_line(struct onr_json *j)
{
    int rc;

    put(j, "\n", 1);
    rc = j->rc;
    j->comma = false;
    j->rc = 0;
    return rc;
}
