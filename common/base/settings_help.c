/* common/base/settings_help.c - the help of a program, generated from its table, and "did you mean". See settings.h.
 *
 * 80 columns whatever the terminal: help is also read in files and pages.
 */
#include <stdio.h>

#include "common/base/settings.h"

#define HELP_COLUMNS 80
#define HELP_INDENT  28 /* where the explanation of an option begins */
#define WORD_MAX     32

/* --- paragraphs ----------------------------------------------------------------------------------------------------- */

struct wrap {
    unsigned indent;
    unsigned column;
};

static void
wrap_word(struct wrap *w, struct onr_span word)
{
    unsigned width = 0;

    for (size_t i = 0; i < word.len; i++)
        width += ((unsigned char) word.ptr[i] & 0xc0) != 0x80;
    if (w->column > w->indent && w->column + 1 + width > HELP_COLUMNS) {
        printf("\n%*s", (int) w->indent, "");
        w->column = w->indent;
    } else if (w->column > w->indent) {
        putchar(' ');
        w->column++;
    }
    fwrite(word.ptr, 1, word.len, stdout);
    w->column += width;
}

static void
wrap_text(struct wrap *w, const char *text)
{
    struct onr_span rest = onr_span_z(text), word;

    while (onr_span_next(&rest, ' ', &word))
        if (word.len > 0)
            wrap_word(w, word);
}

/* Lines of a paragraph run together; an empty line ends it, a line that begins with a blank stays as it is. */
static void
print_paragraphs(const char *text)
{
    struct onr_span rest = onr_span_z(text), line, word;
    struct wrap w = { 0, 0 };

    while (onr_span_next(&rest, '\n', &line)) {
        if (line.len > 0 && line.ptr[0] != ' ') {
            while (onr_span_next(&line, ' ', &word))
                if (word.len > 0)
                    wrap_word(&w, word);
            continue;
        }
        if (w.column > 0)
            putchar('\n');
        w.column = 0;
        if (line.len > 0)
            printf(ONR_SPAN_FMT "\n", ONR_SPAN_ARG(line));
        else if (rest.ptr && rest.len > 0)
            putchar('\n');
    }
    if (w.column > 0)
        putchar('\n');
}

/* --- options -------------------------------------------------------------------------------------------------------- */

static void
print_explained(const char *left, const char *help, const char *fallback)
{
    struct wrap w = { HELP_INDENT, HELP_INDENT };
    int used = printf("  %s", left);

    if (used > HELP_INDENT - 2)
        printf("\n%*s", HELP_INDENT, "");
    else
        printf("%*s", HELP_INDENT - used, "");
    wrap_text(&w, help);
    if (fallback) {
        char text[256];

        snprintf(text, sizeof text, "(default: %s)", fallback);
        wrap_word(&w, onr_span_z(text));
    }
    putchar('\n');
}

static void
print_option(const struct onr_setting *d)
{
    char left[128];
    const char *arg = d->type == ONR_SET_FLAG ? NULL : d->arg ? d->arg : "VALUE";

    if (d->letter)
        snprintf(left, sizeof left, "-%c, --%s%s%s", d->letter, d->name, arg ? " " : "",
                 arg ? arg : "");
    else
        snprintf(left, sizeof left, "    --%s%s%s", d->name, arg ? " " : "", arg ? arg : "");
    print_explained(left, d->help, d->type == ONR_SET_FLAG ? NULL : d->fallback);
}

/* The pass-through stands where the other settings of Kafka stand: at the end of the group of that name. */
#define KAFKA_GROUP "Kafka"

static void
print_pass_through(void)
{
    print_explained("-X NAME=VALUE",
                    "any librdkafka property, as often as needed (kafka.NAME in the file, "
                    "ONRECORD_KAFKA=\"NAME=VALUE ...\")",
                    NULL);
}

/* True when the pass-through was printed. */
static bool
print_table(const struct onr_setting *table, bool kafka)
{
    bool in_kafka = false, printed = false;

    if (table->name && table->type != ONR_SET_GROUP)
        printf("\nOptions:\n");
    for (const struct onr_setting *d = table; d->name; d++) {
        if (d->type == ONR_SET_GROUP) {
            if (in_kafka)
                print_pass_through();
            printed = printed || in_kafka;
            in_kafka = kafka && strcmp(d->help, KAFKA_GROUP) == 0;
            printf("\n%s:\n", d->help);
        } else {
            print_option(d);
        }
    }
    if (in_kafka)
        print_pass_through();
    return printed || in_kafka;
}

/* The first setting with a value serves as the example of its three places. */
static const struct onr_setting *
example_setting(const struct onr_program *p)
{
    for (size_t t = 0; p->tables && p->tables[t]; t++)
        for (const struct onr_setting *d = p->tables[t]; d->name; d++)
            if (d->type != ONR_SET_GROUP && d->type != ONR_SET_FLAG && d->fallback)
                return d;
    return &onr_settings_common[2];
}

static void
print_places(const struct onr_program *p)
{
    const struct onr_setting *d = example_setting(p);
    char variable[64] = "ONRECORD_";
    size_t n = strlen(variable);

    for (const char *c = d->name; *c && n + 1 < sizeof variable; c++)
        variable[n++] = *c == '-' ? '_' : *c >= 'a' && *c <= 'z' ? (char) (*c - 'a' + 'A') : *c;
    variable[n] = '\0';
    printf("\nEach setting can stand in three places; the first of them wins:\n"
           "  command line             --%s %s\n"
           "  environment              %s=%s\n"
           "  file (--config FILE)     %s = %s\n",
           d->name, d->fallback, variable, d->fallback, d->name, d->fallback);
}

void
onr_settings_help(const struct onr_program *p)
{
    bool pass_through_due = p->kafka;

    printf("Usage: onrecord %s %s\n\n", p->verb, p->usage);
    print_paragraphs(p->summary);
    if (p->description) {
        putchar('\n');
        print_paragraphs(p->description);
    }
    for (size_t t = 0; p->tables && p->tables[t]; t++)
        if (p->tables[t] != onr_settings_common)
            pass_through_due = !print_table(p->tables[t], pass_through_due) && pass_through_due;
    if (pass_through_due) {
        puts("\n" KAFKA_GROUP ":");
        print_pass_through();
    }
    print_table(onr_settings_common, false);
    print_places(p);
    if (p->examples)
        printf("\nExamples:\n%s", p->examples);
}

/* --- did you mean --------------------------------------------------------------------------------------------------- */

unsigned
onr_word_distance(struct onr_span a, struct onr_span b)
{
    unsigned before[WORD_MAX + 1], row[WORD_MAX + 1], next[WORD_MAX + 1];

    if (a.len > WORD_MAX || b.len > WORD_MAX)
        return 99;
    for (unsigned j = 0; j <= b.len; j++)
        before[j] = row[j] = j;
    for (size_t i = 1; i <= a.len; i++) {
        next[0] = (unsigned) i;
        for (size_t j = 1; j <= b.len; j++) {
            unsigned best = row[j - 1] + (a.ptr[i - 1] != b.ptr[j - 1]);

            best = row[j] + 1 < best ? row[j] + 1 : best;
            best = next[j - 1] + 1 < best ? next[j - 1] + 1 : best;
            if (i > 1 && j > 1 && a.ptr[i - 1] == b.ptr[j - 2] && a.ptr[i - 2] == b.ptr[j - 1]
                && before[j - 2] + 1 < best)
                best = before[j - 2] + 1;
            next[j] = best;
        }
        memcpy(before, row, sizeof before);
        memcpy(row, next, sizeof row);
    }
    return row[b.len];
}

unsigned
onr_word_near(struct onr_span word)
{
    return word.len < 6 ? 1 : (unsigned) (word.len / 3);
}
