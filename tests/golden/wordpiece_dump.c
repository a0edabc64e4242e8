/* tests/golden/wordpiece_dump.c - what the tokenizer makes of texts, for test_wordpiece.py to compare.
 *
 *   wordpiece_dump VOCABULARY < TEXTS
 *
 * VOCABULARY: a piece a line. TEXTS: 32-bit length, bytes, and again. Written for each text: 32-bit number of pieces, then
 * id, begin, end, word, case class of each.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/limits.h"
#include "common/model/wordpiece.h"

#define VOCABULARY_BYTES (4 << 20)

static struct onr_vocab *
read_vocabulary(const char *path)
{
    static char bytes[VOCABULARY_BYTES];
    static uint32_t offset[ONR_VOCAB_MAX + 1];
    FILE *f = fopen(path, "r");
    struct onr_error err = ONR_ERROR_INIT;
    struct onr_vocab *v = NULL;
    char line[ONR_PIECE_BYTES + 2];
    size_t n = 0, len = 0;

    while (f && n < ONR_VOCAB_MAX && fgets(line, sizeof line, f)) {
        size_t piece = strcspn(line, "\n");

        if (len + piece > sizeof bytes)
            break;
        memcpy(bytes + len, line, piece);
        offset[++n] = (uint32_t) (len += piece);
    }
    if (!f || onr_vocab_new(onr_span_of(bytes, len), offset, n, &v, &err) < 0)
        fprintf(stderr, "%s: %s\n", path, f ? err.text : "cannot be read");
    if (f)
        fclose(f);
    return v;
}

int
main(int argc, char **argv)
{
    static char text[ONR_ARTICLE_MAX];
    static struct onr_piece piece[ONR_ARTICLE_MAX];
    struct onr_vocab *v = argc == 2 ? read_vocabulary(argv[1]) : NULL;
    uint32_t len;

    if (!v)
        return 2;
    while (fread(&len, sizeof len, 1, stdin) == 1 && len <= sizeof text
           && fread(text, 1, len, stdin) == len) {
        int64_t n = onr_wordpiece_read(v, onr_span_of(text, len), piece, len);
        uint32_t count = (uint32_t) n;

        if (n < 0)
            return 1;
        fwrite(&count, sizeof count, 1, stdout);
        for (int64_t i = 0; i < n; i++) {
            const struct onr_piece *p = &piece[i];
            uint32_t row[5] = { p->id, p->begin, p->end, p->word, (uint32_t) p->case_class };

            fwrite(row, sizeof row, 1, stdout);
        }
    }
    onr_vocab_free(v);
    return 0;
}
