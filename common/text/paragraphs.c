/* common/text/paragraphs.c - see paragraphs.h. */
#include "common/text/paragraphs.h"

#include "common/base/utf8.h"
#include "common/text/chars.h"

/* No typewriter, mail program or wire wraps wider; anything wider is a paragraph on one line. */
#define WIDTH_MAX 100
#define WIDTH_MIN 40

static size_t
line_end(struct onr_span s, size_t pos)
{
    const char *nl = pos < s.len ? memchr(s.ptr + pos, '\n', s.len - pos) : NULL;

    return nl ? (size_t) (nl - s.ptr) : s.len;
}

/* The line that begins at pos is empty, indented or a list item (a dash may stand there because it was wrapped). */
static bool
starts_anew(struct onr_span s, size_t pos)
{
    uint32_t cp = onr_cp_at(s, pos);

    if (cp == 0 || onr_cp_is_space(cp))
        return true;
    return cp != 0x2013 && cp != 0x2014 && onr_bullet_len(s, pos) > 0;
}

/* The first word of the next line (at `next`) would not have fitted behind a line of this length. */
static bool
was_full(struct onr_span s, size_t length, size_t next, size_t width)
{
    size_t word = next;

    while (word < s.len && word - next <= width && !onr_ch_is(s.ptr[word], ONR_CH_SPACE))
        word++;
    return length + 1 + (word - next) > width;
}

void
onr_paragraphs_init(struct onr_paragraphs *p, struct onr_span text)
{
    size_t pos, end, width = 0, n_single = 0, n_full = 0;

    *p = (struct onr_paragraphs){ text, 0 };
    for (pos = 0; pos < text.len; pos = end + 1) {
        end = line_end(text, pos);
        if (end - pos > WIDTH_MAX)
            return;
        if (end - pos > width)
            width = end - pos;
    }
    if (width < WIDTH_MIN)
        return;
    for (pos = 0; pos < text.len; pos = end + 1) {
        end = line_end(text, pos);
        if (end == pos || starts_anew(text, end + 1))
            continue;
        n_single++;
        n_full += was_full(text, end - pos, end + 1, width);
    }
    if (n_full >= 2 && n_full * 3 >= n_single * 2)
        p->width = width;
}

/* Line breaks in the white space at *pos, two being enough; *pos moves behind it. "\r\n" is one. */
static size_t
skip_breaks(struct onr_span s, size_t *pos)
{
    size_t n = 0, next;

    for (; *pos < s.len; *pos = next) {
        uint32_t cp = onr_cp_at(s, *pos);

        if (!onr_cp_is_space(cp))
            break;
        next = *pos + onr_utf8_len((uint8_t) s.ptr[*pos]);
        if (cp == '\n' || (cp == '\r' && !(next < s.len && s.ptr[next] == '\n')) || cp == 0x2028)
            n++;
        else if (cp == '\f' || cp == 0x2029)
            n += 2;
    }
    return n;
}

bool
onr_paragraph_break(const struct onr_paragraphs *p, size_t *pos)
{
    size_t begin = *pos, line = begin;
    size_t n = skip_breaks(p->text, pos);

    if (n == 0)
        return false;
    if (n > 1 || p->width == 0 || *pos == p->text.len)
        return true;
    while (line > 0 && begin - line <= p->width && p->text.ptr[line - 1] != '\n')
        line--;
    return starts_anew(p->text, *pos) || !was_full(p->text, begin - line, *pos, p->width);
}

size_t
onr_paragraph_end(const struct onr_paragraphs *p, size_t pos)
{
    for (;;) {
        size_t end = line_end(p->text, pos);

        if (end == p->text.len)
            return end;
        pos = end;
        if (onr_paragraph_break(p, &pos))
            return end;
    }
}

size_t
onr_bullet_len(struct onr_span s, size_t pos)
{
    uint32_t cp = onr_cp_at(s, pos);
    size_t after, end;

    if (cp != '-' && cp != '*' && cp != 0xb7 && cp != 0x2013 && cp != 0x2014 && cp != 0x2022
        && cp != 0x2023 && cp != 0x25a0 && cp != 0x25aa && cp != 0x25cf && cp != 0x25e6)
        return 0;
    after = pos + onr_utf8_len((uint8_t) s.ptr[pos]);
    end = onr_skip_space(s, after);
    return end > after ? end - pos : 0;
}
