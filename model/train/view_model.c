/* model/train/view_model.c - texts in, what the encoder sees of them out: the eyes of training (inputs.py).
 *
 *   view_model MODEL < texts > views
 *
 * A text is its length (32 bits) and its bytes, which must be UTF-8. A view is its number of pieces, markers included, then for each
 * piece: id, begin, end, word, paragraph (32 bits each), class, flags (8 bits each; 1 first of its word, 2 a break). Little-endian
 * machines only, like training itself.
 */
#include <stdio.h>
#include <stdlib.h>

#include "common/base/utf8.h"
#include "common/model/model_parts.h"
#include "common/model/view.h"

#define TEXT_MAX (1u << 20)

static struct onr_token tokens[TEXT_MAX];
static struct onr_piece pieces[TEXT_MAX];
static char text[TEXT_MAX];

static void
put(const struct onr_view *v)
{
    uint32_t n = (uint32_t) v->n;

    fwrite(&n, sizeof n, 1, stdout);
    for (size_t i = 0; i < v->n; i++) {
        uint32_t words[] = { v->id[i], v->begin[i], v->end[i], v->word[i], v->paragraph[i] };
        uint8_t bytes[] = { v->place_case[i], (uint8_t) (v->starts[i] + 2 * v->breaks[i]) };

        fwrite(words, sizeof words, 1, stdout);
        fwrite(bytes, sizeof bytes, 1, stdout);
    }
}

static int
read_all(const struct onr_vocab *vocabulary, struct onr_error *err)
{
    static struct onr_view view;
    struct onr_view_markers markers;
    uint32_t len;
    int rc = onr_view_markers(vocabulary, &markers, err);

    while (rc == 0 && fread(&len, sizeof len, 1, stdin) == 1) {
        struct onr_span s = onr_span_of(text, len);

        if (len > TEXT_MAX || fread(text, 1, len, stdin) != len)
            return onr_fail(err, ONR_EINPUT, "a text is cut short or longer than %u bytes",
                            TEXT_MAX);
        if (!onr_utf8_check(s, NULL))
            return onr_fail(err, ONR_EINPUT, "a text is not UTF-8");
        onr_view_read(vocabulary, &markers, s, tokens, onr_tokens_read(s, tokens, TEXT_MAX), 0, 0,
                      pieces, &view);
        put(&view);
    }
    return rc;
}

int
main(int argc, char **argv)
{
    struct onr_error err = ONR_ERROR_INIT;
    struct onr_model_file *file = NULL;
    struct onr_model_parts parts = { .vocabulary = NULL };
    int rc;

    if (argc != 2) {
        fputs("usage: view_model MODEL < texts > views\n", stderr);
        return 2;
    }
    if ((rc = onr_model_file_open(argv[1], &file, &err)) == 0
        && (rc = onr_model_parts_init(&parts, file, &err)) == 0)
        rc = read_all(parts.vocabulary, &err);
    if (rc < 0)
        fprintf(stderr, "view_model: %s\n", err.text);
    onr_model_parts_release(&parts);
    onr_model_file_free(file);
    return rc < 0 || fflush(stdout) != 0 ? 1 : 0;
}
