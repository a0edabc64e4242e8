/* tests/golden/heads_dump.c - what the network says of texts, for test_network.py to compare.
 *
 *   heads_dump MODEL [PATH] < questions > answers
 *
 * All numbers have 32 bits. A question is a text (its length and bytes), a number of links (link, query, number of candidates,
 * candidates) and a number of pairs (speaker, target, reach, pieces of the speaker's name, of the target's). A span is its first piece
 * and its end, none where they are equal; pieces are their number and their ids. An answer is the number of pieces, their states, tags
 * and how sure those are, then the probabilities of each link and the four of each pair.
 */
#include <stdio.h>
#include <stdlib.h>

#include "common/base/utf8.h"
#include "common/model/heads.h"
#include "common/model/model_parts.h"

#define TEXT_MAX 65536

static struct {
    struct onr_model_file *file;
    struct onr_model_parts parts;
    struct onr_view_markers markers;
    struct onr_encoder *encoder;
    struct onr_heads *heads;
    struct onr_view view;
    const float *states;
} m;

static uint32_t
number(void)
{
    uint32_t n;

    if (fread(&n, sizeof n, 1, stdin) != 1)
        exit(feof(stdin) ? 0 : 1);
    return n;
}

static struct onr_piece_span
span(void)
{
    uint32_t first = number(), end = number();

    if (first > end || end > m.view.n)
        exit(3);
    return (struct onr_piece_span){ (uint16_t) first, (uint16_t) end };
}

static void
put(const float *x, size_t n)
{
    fwrite(x, sizeof *x, n, stdout);
}

static int
read_text(struct onr_error *err)
{
    static char text[TEXT_MAX];
    static struct onr_token token[TEXT_MAX];
    static struct onr_piece piece[TEXT_MAX];
    static uint8_t tag[ONR_VIEW_MAX];
    static float sure[ONR_VIEW_MAX];
    uint32_t len = number();
    struct onr_span s = onr_span_of(text, len);
    int rc;

    if (len > TEXT_MAX || fread(text, 1, len, stdin) != len || !onr_utf8_check(s, NULL))
        return onr_fail(err, ONR_EINPUT, "a text is too long, cut short or not UTF-8");
    onr_view_read(m.parts.vocabulary, &m.markers, s, token, onr_tokens_read(s, token, TEXT_MAX), 0,
                  0, piece, &m.view);
    if ((rc = onr_encode(m.encoder, m.view.id, m.view.place_case, m.view.n, &m.states, err)) < 0)
        return rc;
    onr_heads_tags(m.heads, m.states, &m.view, tag, sure);
    fwrite(&(uint32_t){ (uint32_t) m.view.n }, 4, 1, stdout);
    put(m.states, m.view.n * m.parts.encoder.width);
    for (size_t i = 0; i < m.view.n; i++)
        fwrite(&(uint32_t){ tag[i] }, 4, 1, stdout);
    put(sure, m.view.n);
    return 0;
}

static void
read_link(void)
{
    struct onr_piece_span candidate[ONR_LINK_SPANS_MAX];
    float score[ONR_LINK_SPANS_MAX + 1];
    uint32_t link = number();
    struct onr_piece_span query = span();
    uint32_t n = number();

    if (link >= ONR_LINKS || n > ONR_LINK_SPANS_MAX)
        exit(3);
    for (uint32_t i = 0; i < n; i++)
        candidate[i] = span();
    onr_heads_link(m.heads, (enum onr_link) link, m.states, &m.view, query, candidate, n, score);
    put(score, 1 + n);
}

static size_t
name(uint32_t piece[ONR_NAME_PIECES_MAX])
{
    uint32_t n = number();

    if (n > ONR_NAME_PIECES_MAX)
        exit(3);
    for (uint32_t i = 0; i < n; i++)
        if ((piece[i] = number()) >= m.parts.encoder.n_pieces)
            exit(3);
    return n;
}

static void
read_pair(void)
{
    uint32_t speaker[ONR_NAME_PIECES_MAX], target[ONR_NAME_PIECES_MAX];
    struct onr_stance_pair p = { .speaker_name = speaker, .target_name = target };
    struct onr_stance_scores scores;

    p.speaker = span();
    p.target = span();
    p.reach = span();
    p.has_speaker = p.speaker.end > p.speaker.first;
    p.has_target = p.target.end > p.target.first;
    p.n_speaker_name = name(speaker);
    p.n_target_name = name(target);
    onr_heads_stance(m.heads, m.states, &p, &scores);
    put(scores.probability, 3);
    put(&scores.is_target, 1);
}

int
main(int argc, char **argv)
{
    struct onr_error err = ONR_ERROR_INIT;
    const struct onr_kernel *kernel = NULL;
    int rc = 0;

    if (argc < 2 || onr_kernel_find(argc > 2 ? argv[2] : NULL, &kernel, &err) < 0
        || onr_model_file_open(argv[1], &m.file, &err) < 0
        || onr_model_parts_init(&m.parts, m.file, &err) < 0
        || onr_view_markers(m.parts.vocabulary, &m.markers, &err) < 0
        || onr_encoder_new(&m.parts.encoder, kernel, &m.encoder, &err) < 0
        || onr_heads_new(m.file, &m.parts.encoder, kernel, &m.heads, &err) < 0) {
        fprintf(stderr, "%s\n", argc > 1 ? err.text : "usage: heads_dump MODEL [PATH]");
        return 2;
    }
    while (rc == 0 && (rc = read_text(&err)) == 0) {
        for (uint32_t n = number(); n > 0; n--)
            read_link();
        for (uint32_t n = number(); n > 0; n--)
            read_pair();
    }
    fprintf(stderr, "%s\n", err.text);
    return 1;
}
