/* tests/unit/test_line_source.c - articles from files, pipes and folders: all of them, in order, the bad ones with their place.
 */
#define _XOPEN_SOURCE 700 /* mkdtemp, nftw */
#include "tests/unit/cmocka_all.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/limits.h"
#include "common/line/source.h"
#include "common/line/source_input.h"

static char folder[64];

static int
make_folder(void **state)
{
    (void) state;
    strcpy(folder, "/tmp/onr-source-XXXXXX");
    return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void) st, (void) type, (void) ftw;
    return remove(path);
}

static int
remove_folder(void **state)
{
    (void) state;
    return chdir("/") < 0 || nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS) < 0 ? -1 : 0;
}

static void
write_file(const char *name, const char *content, size_t len)
{
    FILE *f = fopen(name, "wb");

    assert_non_null(f);
    assert_int_equal(fwrite(content, 1, len, f), len);
    assert_int_equal(fclose(f), 0);
}

static void
write_z(const char *name, const char *content)
{
    write_file(name, content, strlen(content));
}

static struct onr_source *
open_source(const char *const *paths, size_t n, enum onr_source_format format, bool watch)
{
    struct onr_source_spec spec = {
        .paths = paths, .n_paths = n, .format = format, .watch = watch, .stop_fd = -1
    };
    struct onr_source *s;

    assert_int_equal(onr_source_open(&spec, &s, NULL), 0);
    return s;
}

/* One expected article (body) or refusal (reason). */
struct want {
    const char *origin, *body, *reason;
};

static void
gives_next(struct onr_source *s, const struct want *want)
{
    struct onr_source_item item;
    struct onr_error err = ONR_ERROR_INIT;
    int got = onr_source_next(s, 0, &item, &err);

    if (got != (want->body ? ONR_SOURCE_ARTICLE : ONR_SOURCE_BAD))
        print_error("got %d where %s was due: %s %s\n", got, want->origin, err.text, item.why.text);
    assert_int_equal(got, want->body ? ONR_SOURCE_ARTICLE : ONR_SOURCE_BAD);
    assert_string_equal(item.origin, want->origin);
    if (want->body) {
        assert_span_equal(item.article.body, onr_span_z(want->body));
    } else {
        assert_string_equal(item.reason, want->reason);
        assert_true(item.why.text[0] != 0);
    }
}

/* All of it and then the end. */
static void
gives(struct onr_source *s, const struct want *want, size_t n)
{
    struct onr_source_item item;

    for (size_t i = 0; i < n; i++)
        gives_next(s, &want[i]);
    assert_int_equal(onr_source_next(s, 0, &item, NULL), ONR_SOURCE_END);
    assert_int_equal(onr_source_next(s, 0, &item, NULL), ONR_SOURCE_END);
    onr_source_close(s);
}

#define GIVES(source, ...)                                                                         \
    gives(source, (const struct want[]){ __VA_ARGS__ },                                            \
          sizeof((const struct want[]){ __VA_ARGS__ }) / sizeof(struct want))

static void
name_and_first_byte_tell_the_format(void **state)
{
    static const char *const paths[] = { "a.txt",     "b.jsonl", "c.json", "d.json",
                                         "e.article", "f",       "g.txt",  "h.ndjson" };

    (void) state;
    write_z("a.txt", "Plain.\nTwo lines.\n");
    write_z("b.jsonl", "{\"text\":\"B1.\"}\n\n  \n{\"text\":\"B2.\"}");
    write_z("c.json", "{\n  \"text\": \"C.\"\n}\n");
    write_z("d.json", "\xef\xbb\xbf{\"text\":\"D1.\"}\r\n{\"text\":\"D2.\"}\r\n");
    write_z("e.article", " \n {\"text\":\"E.\"}\n");
    write_z("f", "{\"text\":\"F.\"}\n");
    write_z("g.txt", "{curly} brackets begin this one.");
    write_z("h.ndjson", "{\"text\":\"H, cut o\n{\"text\":\"H2.\"}\n");
    GIVES(open_source(paths, 8, ONR_FORMAT_AUTO, false), { "a.txt", "Plain.\nTwo lines.\n", NULL },
          { "b.jsonl line 1", "B1.", NULL }, { "b.jsonl line 4", "B2.", NULL },
          { "c.json", "C.", NULL }, { "d.json line 1", "D1.", NULL },
          { "d.json line 2", "D2.", NULL }, { "e.article line 2", "E.", NULL },
          { "f line 1", "F.", NULL }, { "g.txt", "{curly} brackets begin this one.", NULL },
          { "h.ndjson line 1", NULL, "json" }, { "h.ndjson line 2", "H2.", NULL });
}

static void
a_format_that_is_given_holds(void **state)
{
    static const char *const paths[] = { "a.jsonl" };

    (void) state;
    write_z("a.jsonl", "{\"text\":\"A.\"}\n");
    GIVES(open_source(paths, 1, ONR_FORMAT_TEXT, false),
          { "a.jsonl", "{\"text\":\"A.\"}\n", NULL });
    write_z("a.jsonl", "plain\n");
    GIVES(open_source(paths, 1, ONR_FORMAT_JSONL, false), { "a.jsonl line 1", NULL, "json" });
}

static void
plain_text_with_metadata_keeps_its_bytes(void **state)
{
    static const char *const paths[] = { "m.txt" };
    static const char body[]
        = "\"Quoted\" \\ back\ttab\r\nline \xe2\x80\x9cx\xe2\x80\x9d \xf0\x9f\x98\x80\n";
    const struct onr_article meta = { .url = ONR_SPAN("https://news.example/m"),
                                      .outlet = ONR_SPAN("The \"Daily\"") };
    struct onr_source_spec spec = {
        .paths = paths, .n_paths = 1, .text_meta = &meta, .stop_fd = -1
    };
    struct onr_source_item item;
    struct onr_source *s;

    (void) state;
    write_z("m.txt", body);
    assert_int_equal(onr_source_open(&spec, &s, NULL), 0);
    assert_int_equal(onr_source_next(s, 0, &item, NULL), ONR_SOURCE_ARTICLE);
    assert_span_equal(item.article.body, onr_span_z(body));
    assert_span_equal(item.article.meta.id, meta.url);
    assert_span_equal(item.article.meta.outlet, meta.outlet);
    onr_source_close(s);
}

static void
metadata_that_break_a_rule_are_refused_at_once(void **state)
{
    static const char *const paths[] = { "m.txt" };
    const struct onr_article meta = { .published = ONR_SPAN("yesterday") };
    struct onr_source_spec spec = {
        .paths = paths, .n_paths = 1, .text_meta = &meta, .stop_fd = -1
    };
    struct onr_error err = ONR_ERROR_INIT;
    struct onr_source *s = NULL;

    (void) state;
    write_z("m.txt", "A.");
    assert_int_equal(onr_source_open(&spec, &s, &err), -ONR_EUSAGE);
    assert_non_null(strstr(err.text, "yesterday"));
    assert_null(s);
}

static void
bodies_are_taken_up_to_the_limit_and_no_further(void **state)
{
    static const char *const paths[] = { "max.txt", "over.txt", "empty.txt", "nul.txt",
                                         "latin.txt" };
    char *big = malloc(ONR_ARTICLE_MAX + 2);

    (void) state;
    assert_non_null(big);
    memset(big, 'a', ONR_ARTICLE_MAX + 1);
    write_file("max.txt", big, ONR_ARTICLE_MAX);
    write_file("over.txt", big, ONR_ARTICLE_MAX + 1);
    big[ONR_ARTICLE_MAX] = 0;
    write_file("empty.txt", "", 0);
    write_file("nul.txt", "a\0b", 3);
    write_file("latin.txt", "caf\xe9", 4);
    GIVES(open_source(paths, 5, ONR_FORMAT_AUTO, false), { "max.txt", big, NULL },
          { "over.txt", NULL, "limit" }, { "empty.txt", NULL, "empty" }, { "nul.txt", NULL, "nul" },
          { "latin.txt", NULL, "utf8" });
    free(big);
}

static void
a_line_over_the_limit_is_skipped_to_its_end(void **state)
{
    static const char *const paths[] = { "long.jsonl" };
    size_t len = ONR_SOURCE_LINE_MAX + 300000;
    char *line = malloc(len);
    FILE *f = fopen("long.jsonl", "wb");

    (void) state;
    assert_non_null(line);
    assert_non_null(f);
    memset(line, 'x', len);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(fwrite(line, 1, len, f), len);
        fputs("\n{\"text\":\"After.\"}\n", f);
    }
    assert_int_equal(fwrite(line, 1, len, f), len); /* the last line has no end */
    assert_int_equal(fclose(f), 0);
    free(line);
    GIVES(open_source(paths, 1, ONR_FORMAT_AUTO, false), { "long.jsonl line 1", NULL, "limit" },
          { "long.jsonl line 2", "After.", NULL }, { "long.jsonl line 3", NULL, "limit" },
          { "long.jsonl line 4", "After.", NULL }, { "long.jsonl line 5", NULL, "limit" });
}

static void
a_folder_gives_its_files_in_order_and_others_not(void **state)
{
    static const char *const paths[] = { "d", "z.txt" };

    (void) state;
    assert_int_equal(mkdir("d", 0700), 0);
    assert_int_equal(mkdir("d/sub.txt", 0700), 0);
    write_z("d/b.txt", "B.");
    write_z("d/a.jsonl", "{\"text\":\"A.\"}\n");
    write_z("d/.c.txt", "hidden");
    write_z("d/e.pdf", "other");
    write_z("z.txt", "Z.");
    GIVES(open_source(paths, 2, ONR_FORMAT_AUTO, false), { "d/a.jsonl line 1", "A.", NULL },
          { "d/b.txt", "B.", NULL }, { "z.txt", "Z.", NULL });
}

static void
what_is_not_there_is_refused_before_anything_is_read(void **state)
{
    static const char *const paths[] = { "a.txt", "nowhere.txt" };
    struct onr_source_spec spec = { .paths = paths, .n_paths = 2, .stop_fd = -1 };
    struct onr_error err = ONR_ERROR_INIT;
    struct onr_source *s = NULL;

    (void) state;
    write_z("a.txt", "A.");
    assert_int_equal(onr_source_open(&spec, &s, &err), -ONR_ENOTFOUND);
    assert_non_null(strstr(err.text, "nowhere.txt"));
    spec.watch = true;
    spec.n_paths = 1;
    assert_int_equal(onr_source_open(&spec, &s, &err), -ONR_EUSAGE);
    assert_null(s);
}

static void
a_watched_folder_gives_what_is_moved_in_and_written(void **state)
{
    static const char *const paths[] = { "w" };
    struct onr_source_item item;
    struct onr_source *s;

    (void) state;
    assert_int_equal(mkdir("w", 0700), 0);
    write_z("w/1.txt", "One.");
    s = open_source(paths, 1, ONR_FORMAT_AUTO, true);
    gives_next(s, &(struct want){ "w/1.txt", "One.", NULL });
    assert_int_equal(onr_source_next(s, 0, &item, NULL), ONR_SOURCE_WAIT);
    write_z("outside.txt", "Two.");
    assert_int_equal(rename("outside.txt", "w/2.txt"), 0);
    write_z("w/.part", "Three.");
    assert_int_equal(rename("w/.part", "w/3.txt"), 0);
    write_z("w/1.txt", "One again.");
    gives_next(s, &(struct want){ "w/2.txt", "Two.", NULL });
    gives_next(s, &(struct want){ "w/3.txt", "Three.", NULL });
    gives_next(s, &(struct want){ "w/1.txt", "One again.", NULL });
    assert_int_equal(onr_source_next(s, 20, &item, NULL), ONR_SOURCE_WAIT);
    assert_int_equal(unlink("w/1.txt") + unlink("w/2.txt") + unlink("w/3.txt") + rmdir("w"), 0);
    assert_int_equal(onr_source_next(s, 1000, &item, NULL), -ONR_EIO);
    onr_source_close(s);
}

static void
a_file_that_goes_before_it_is_read_is_named(void **state)
{
    static const char *const paths[] = { "a.txt", "b.txt" };
    struct onr_source *s;

    (void) state;
    write_z("a.txt", "A.");
    write_z("b.txt", "B.");
    s = open_source(paths, 2, ONR_FORMAT_AUTO, false);
    assert_int_equal(unlink("a.txt"), 0);
    gives_next(s, &(struct want){ "a.txt", NULL, "file" });
    gives_next(s, &(struct want){ "b.txt", "B.", NULL });
    onr_source_close(s);
}

/* --- a pipe, piece by piece --- */

static void
put(int fd, const char *z)
{
    assert_int_equal(write(fd, z, strlen(z)), (ssize_t) strlen(z));
}

static void
lines_of_a_pipe_come_when_they_are_whole(void **state)
{
    struct onr_input in;
    struct onr_span line;
    int fds[2];

    (void) state;
    assert_int_equal(pipe(fds), 0);
    onr_input_init(&in, fds[0], -1, 64);
    assert_int_equal(onr_input_line(&in, 0, "p", &line, NULL), ONR_INPUT_WAIT);
    put(fds[1], "on");
    assert_int_equal(onr_input_line(&in, 0, "p", &line, NULL), ONR_INPUT_WAIT);
    assert_int_equal(onr_input_peek(&in, 0, "p", &line, NULL), ONR_INPUT_WAIT);
    put(fds[1], "e\n\ntwo");
    assert_int_equal(onr_input_peek(&in, 0, "p", &line, NULL), ONR_INPUT_DATA);
    assert_span_equal(line, ONR_SPAN("one"));
    assert_int_equal(onr_input_line(&in, 0, "p", &line, NULL), ONR_INPUT_DATA);
    assert_span_equal(line, ONR_SPAN("one"));
    assert_int_equal(onr_input_line(&in, 0, "p", &line, NULL), ONR_INPUT_DATA);
    assert_span_equal(line, ONR_SPAN(""));
    assert_int_equal(onr_input_line(&in, 0, "p", &line, NULL), ONR_INPUT_WAIT);
    close(fds[1]);
    assert_int_equal(onr_input_line(&in, 0, "p", &line, NULL), ONR_INPUT_DATA);
    assert_span_equal(line, ONR_SPAN("two"));
    assert_int_equal(in.line, 3);
    assert_int_equal(onr_input_line(&in, 0, "p", &line, NULL), ONR_INPUT_END);
    onr_input_release(&in);
}

static void
a_stop_ends_every_wait(void **state)
{
    struct onr_input in;
    struct onr_span line;
    int fds[2], stop[2];

    (void) state;
    assert_int_equal(pipe(fds) + pipe(stop), 0);
    onr_input_init(&in, fds[0], stop[0], 64);
    put(stop[1], "x");
    assert_int_equal(onr_input_line(&in, -1, "p", &line, NULL), -ONR_ESTOP);
    onr_input_release(&in);
    close(fds[1]);
    close(stop[0]);
    close(stop[1]);
}

/* Lines of every length around the limit, written in pieces of every size. */
static void
lines_around_the_limit_are_told_apart_at_every_chunk_size(void **state)
{
    (void) state;
    for (size_t piece = 1; piece <= 9; piece++) {
        static const char text[] = "1234567\n12345678\n123456789\n1234567890123456\nab\n123456789";
        static const int want[] = { ONR_INPUT_DATA,     ONR_INPUT_DATA, ONR_INPUT_TOO_LONG,
                                    ONR_INPUT_TOO_LONG, ONR_INPUT_DATA, ONR_INPUT_TOO_LONG };
        size_t sent = 0, len = sizeof(text) - 1, n = 0;
        struct onr_input in;
        struct onr_span line;
        int fds[2];

        assert_int_equal(pipe(fds), 0);
        onr_input_init(&in, fds[0], -1, 8);
        while (n < sizeof(want) / sizeof(*want)) {
            int got = onr_input_line(&in, 0, "p", &line, NULL);

            if (got == ONR_INPUT_WAIT && sent < len) {
                size_t now = len - sent < piece ? len - sent : piece;

                assert_int_equal(write(fds[1], text + sent, now), (ssize_t) now);
                if ((sent += now) == len)
                    close(fds[1]);
                continue;
            }
            assert_int_equal(got, want[n++]);
        }
        assert_int_equal(onr_input_line(&in, 0, "p", &line, NULL), ONR_INPUT_END);
        onr_input_release(&in);
    }
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(name_and_first_byte_tell_the_format),
        IN_FOLDER(a_format_that_is_given_holds),
        IN_FOLDER(plain_text_with_metadata_keeps_its_bytes),
        IN_FOLDER(metadata_that_break_a_rule_are_refused_at_once),
        IN_FOLDER(bodies_are_taken_up_to_the_limit_and_no_further),
        IN_FOLDER(a_line_over_the_limit_is_skipped_to_its_end),
        IN_FOLDER(a_folder_gives_its_files_in_order_and_others_not),
        IN_FOLDER(what_is_not_there_is_refused_before_anything_is_read),
        IN_FOLDER(a_watched_folder_gives_what_is_moved_in_and_written),
        IN_FOLDER(a_file_that_goes_before_it_is_read_is_named),
        cmocka_unit_test(lines_of_a_pipe_come_when_they_are_whole),
        cmocka_unit_test(a_stop_ends_every_wait),
        cmocka_unit_test(lines_around_the_limit_are_told_apart_at_every_chunk_size),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
