/* common/model/wordpiece.c - see wordpiece.h.
 *
 * One pass: each code point is dropped, ends a word, is a word, or adds its mapped form to the word at hand. Each mapped code point
 * remembers the bytes it came from. A finished word is cut greedily into the longest pieces of the vocabulary, a hash table over the
 * model file's bytes; the hash of a prefix grows with the prefix, so that a word costs one look-up for each code point and piece.
 */
#include "common/model/wordpiece.h"

#include <stdlib.h>

#include "common/base/utf8.h"
#include "common/model/wordpiece_table.h"

#define PROBES_MAX  512 /* of one look-up; a vocabulary that needs more was made to be slow */
#define HASH_BEGIN  2166136261u
#define HASH_FACTOR 16777619u

struct onr_vocab {
    struct onr_span bytes;
    const uint32_t *offset;
    size_t n;
    uint32_t *slot; /* id + 1; 0 is empty */
    size_t mask;
    int32_t unknown;
};

/* -- vocabulary */

static uint32_t
hash_more(uint32_t h, const char *ptr, size_t len)
{
    for (size_t i = 0; i < len; i++)
        h = (h ^ (uint8_t) ptr[i]) * HASH_FACTOR;
    return h;
}

static struct onr_span
piece_of(const struct onr_vocab *v, size_t id)
{
    return onr_span_sub(v->bytes, v->offset[id], v->offset[id + 1]);
}

/* Slot of `head` and `tail` written one after the other, or the empty slot for it; SIZE_MAX after too many probes. */
static size_t
slot_of(const struct onr_vocab *v, uint32_t hash, struct onr_span head, struct onr_span tail)
{
    size_t at = (hash ^ hash >> 15) & v->mask;

    for (int probe = 0; probe < PROBES_MAX; probe++, at = (at + 1) & v->mask) {
        struct onr_span p;

        if (v->slot[at] == 0)
            return at;
        p = piece_of(v, v->slot[at] - 1);
        if (p.len == head.len + tail.len && onr_span_starts(p, head)
            && onr_span_eq(onr_span_sub(p, head.len, p.len), tail))
            return at;
    }
    return SIZE_MAX;
}

int32_t
onr_vocab_find(const struct onr_vocab *v, struct onr_span piece)
{
    size_t at = slot_of(v, hash_more(HASH_BEGIN, piece.ptr, piece.len), ONR_SPAN(""), piece);

    return at == SIZE_MAX ? -1 : (int32_t) v->slot[at] - 1;
}

static int
check_offsets(struct onr_span bytes, const uint32_t *offset, size_t n, struct onr_error *err)
{
    if (n == 0 || n > ONR_VOCAB_MAX || offset[0] != 0 || offset[n] != bytes.len)
        return onr_fail(err, ONR_ECONFIG, "vocabulary of %zu pieces does not cover its bytes", n);
    for (size_t i = 0; i < n; i++) {
        if (offset[i] >= offset[i + 1] || offset[i + 1] > bytes.len
            || offset[i + 1] - offset[i] > ONR_PIECE_BYTES)
            return onr_fail(err, ONR_ECONFIG, "vocabulary: piece %zu has no length, or too much",
                            i);
        if (!onr_utf8_check(onr_span_sub(bytes, offset[i], offset[i + 1]), NULL))
            return onr_fail(err, ONR_ECONFIG, "vocabulary: piece %zu is not UTF-8", i);
    }
    return 0;
}

static int
fill(struct onr_vocab *v, struct onr_error *err)
{
    for (size_t id = 0; id < v->n; id++) {
        struct onr_span p = piece_of(v, id);
        size_t at = slot_of(v, hash_more(HASH_BEGIN, p.ptr, p.len), ONR_SPAN(""), p);

        if (at == SIZE_MAX || v->slot[at])
            return onr_fail(err, ONR_ECONFIG,
                            "vocabulary: piece %zu is there twice or cannot be looked up", id);
        v->slot[at] = (uint32_t) id + 1;
    }
    v->unknown = onr_vocab_find(v, ONR_SPAN("[UNK]"));
    if (v->unknown < 0)
        return onr_fail(err, ONR_ECONFIG, "vocabulary has no piece [UNK]");
    return 0;
}

int
onr_vocab_new(struct onr_span bytes, const uint32_t *offset, size_t n, struct onr_vocab **ret,
              struct onr_error *err)
{
    struct onr_vocab *v = NULL;
    size_t slots = 4;
    int rc = check_offsets(bytes, offset, n, err);

    if (rc < 0)
        return rc;
    while (slots < 2 * n)
        slots *= 2;
    v = calloc(1, sizeof *v);
    if (v)
        *v = (struct onr_vocab){ bytes, offset, n, calloc(slots, sizeof *v->slot), slots - 1, -1 };
    if (!v || !v->slot)
        rc = onr_fail(err, ONR_ENOMEM, "no memory for a vocabulary of %zu pieces", n);
    else
        rc = fill(v, err);
    if (rc < 0)
        onr_vocab_free(v);
    else
        *ret = v;
    return rc;
}

void
onr_vocab_free(struct onr_vocab *v)
{
    if (v)
        free(v->slot);
    free(v);
}

/* -- words */

/* A mapped code point of the word at hand, and where it came from. */
struct letter {
    char utf8[4];
    uint8_t len;
    uint32_t begin, end;
};

struct reader {
    const struct onr_vocab *v;
    struct onr_span text;
    struct letter letter[ONR_PIECE_WORD_MAX];
    size_t n_letters;    /* of the word; more than ONR_PIECE_WORD_MAX are counted, not kept */
    uint32_t begin, end; /* of the word */
    uint32_t n_words;
    struct onr_piece *piece;
    size_t n, max;
};

static uint8_t
utf8_write(uint32_t c, char *ret)
{
    if (c < 0x80) {
        ret[0] = (char) c;
        return 1;
    }
    if (c < 0x800) {
        ret[0] = (char) (0xc0 | c >> 6);
        ret[1] = (char) (0x80 | (c & 63));
        return 2;
    }
    if (c < 0x10000) {
        ret[0] = (char) (0xe0 | c >> 12);
        ret[1] = (char) (0x80 | (c >> 6 & 63));
        ret[2] = (char) (0x80 | (c & 63));
        return 3;
    }
    ret[0] = (char) (0xf0 | c >> 18);
    ret[1] = (char) (0x80 | (c >> 12 & 63));
    ret[2] = (char) (0x80 | (c >> 6 & 63));
    ret[3] = (char) (0x80 | (c & 63));
    return 4;
}

/* As the word stands in the text, dropped characters and accents inside it too. */
static enum onr_case
case_of(struct onr_span word)
{
    size_t pos = 0;
    unsigned first = onr_wp_flags_of(onr_utf8_next(word, &pos)), any = first;

    if (!(first & ONR_WP_UPPER))
        return first & ONR_WP_DIGIT ? ONR_CASE_DIGIT : ONR_CASE_LOWER;
    if (pos == word.len)
        return ONR_CASE_FIRST;
    while (pos < word.len)
        any |= onr_wp_flags_of(onr_utf8_next(word, &pos));
    return any & ONR_WP_LOWER ? ONR_CASE_FIRST : ONR_CASE_UPPER;
}

/* Longest piece that starts at letter `from`; *ret_to is the letter behind it. -1 when there is none. */
static int32_t
longest(const struct reader *r, size_t from, size_t *ret_to)
{
    struct onr_span head = from ? ONR_SPAN("##") : ONR_SPAN("");
    uint32_t hash = hash_more(HASH_BEGIN, head.ptr, head.len);
    char tail[4 * ONR_PIECE_WORD_MAX];
    size_t len = 0;
    int32_t id = -1;

    for (size_t i = from; i < r->n_letters; i++) {
        const struct letter *l = &r->letter[i];
        size_t at;

        memcpy(tail + len, l->utf8, l->len);
        len += l->len;
        if (len > ONR_PIECE_BYTES)
            break;
        hash = hash_more(hash, l->utf8, l->len);
        at = slot_of(r->v, hash, head, onr_span_of(tail, len));
        if (at != SIZE_MAX && r->v->slot[at]) {
            id = (int32_t) r->v->slot[at] - 1;
            *ret_to = i + 1;
        }
    }
    return id;
}

static int
add(struct reader *r, int32_t id, uint32_t begin, uint32_t end, enum onr_case c)
{
    if (r->n == r->max)
        return -ONR_ELIMIT;
    r->piece[r->n++] = (struct onr_piece){ (uint32_t) id, begin, end, r->n_words, c };
    return 0;
}

/* Cut the word at hand into pieces; a word that cannot be cut whole is one unknown piece. */
static int
end_word(struct reader *r)
{
    size_t first_piece = r->n, from = 0, to = 0;
    enum onr_case c;
    int rc = 0;

    if (r->n_letters == 0)
        return 0;
    c = case_of(onr_span_sub(r->text, r->begin, r->end));
    while (r->n_letters <= ONR_PIECE_WORD_MAX && from < r->n_letters) {
        int32_t id = longest(r, from, &to);

        if (id < 0)
            break;
        if ((rc = add(r, id, r->letter[from].begin, r->letter[to - 1].end, c)) < 0)
            return rc;
        from = to;
    }
    if (from < r->n_letters) {
        r->n = first_piece;
        rc = add(r, r->v->unknown, r->begin, r->end, c);
    }
    r->n_words++;
    r->n_letters = 0;
    return rc;
}

static void
add_letter(struct reader *r, uint32_t c, uint32_t begin, uint32_t end)
{
    if (r->n_letters == 0)
        r->begin = begin;
    r->end = end;
    if (r->n_letters < ONR_PIECE_WORD_MAX) {
        struct letter *l = &r->letter[r->n_letters];

        l->len = utf8_write(c, l->utf8);
        l->begin = begin;
        l->end = end;
    }
    r->n_letters++;
}

static int
compare_map(const void *key, const void *entry)
{
    uint32_t c = *(const uint32_t *) key, from = ((const struct onr_wp_map *) entry)->from;

    return (c > from) - (c < from);
}

/* What c becomes: up to ONR_WP_MAP_MAX code points. Hangul syllables come apart by the Unicode Standard's section 3.12. */
static size_t
map(uint32_t c, unsigned flags, uint32_t ret[ONR_WP_MAP_MAX])
{
    size_t n = 0;

    if (c >= 0xac00 && c <= 0xd7a3) {
        c -= 0xac00;
        ret[0] = 0x1100 + c / 588;
        ret[1] = 0x1161 + c % 588 / 28;
        ret[2] = 0x11a7 + c % 28;
        return c % 28 ? 3 : 2;
    }
    if (flags & ONR_WP_MAPS) {
        const struct onr_wp_map *m = bsearch(&c, onr_wp_maps, onr_wp_maps_n, sizeof *onr_wp_maps,
                                             compare_map);

        while (m && n < ONR_WP_MAP_MAX && m->to[n]) {
            ret[n] = m->to[n];
            n++;
        }
        return n;
    }
    ret[0] = c;
    return 1;
}

static int
read_char(struct reader *r, uint32_t c, uint32_t begin, uint32_t end)
{
    unsigned flags = onr_wp_flags_of(c);
    bool apart = flags & ONR_WP_CJK;
    uint32_t to[ONR_WP_MAP_MAX];
    size_t n;
    int rc;

    if (flags & ONR_WP_DROP)
        return 0;
    if (flags & ONR_WP_SPACE)
        return end_word(r);
    n = map(c, flags, to);
    if (apart && (rc = end_word(r)) < 0)
        return rc;
    for (size_t i = 0; i < n; i++) {
        bool alone = onr_wp_flags_of(to[i]) & ONR_WP_PUNCT;

        if (alone && (rc = end_word(r)) < 0)
            return rc;
        add_letter(r, to[i], begin, end);
        if (alone && (rc = end_word(r)) < 0)
            return rc;
    }
    return apart ? end_word(r) : 0;
}

int64_t
onr_wordpiece_read(const struct onr_vocab *v, struct onr_span text, struct onr_piece *ret,
                   size_t max)
{
    struct reader r = { .v = v, .text = text, .piece = ret, .max = max };
    size_t pos = 0;
    int rc;

    while (pos < text.len) {
        uint32_t begin = (uint32_t) pos, c = onr_utf8_next(text, &pos);

        if ((rc = read_char(&r, c, begin, (uint32_t) pos)) < 0)
            return rc;
    }
    if ((rc = end_word(&r)) < 0)
        return rc;
    return (int64_t) r.n;
}
