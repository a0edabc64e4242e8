/* tests/event_records.h - realistic records for tests and benchmarks of common/event: written for this repository. */
#ifndef ONR_TESTS_EVENT_RECORDS_H
#define ONR_TESTS_EVENT_RECORDS_H

#include <string.h>

#include "common/base/sha256.h"
#include "common/base/utf8.h"
#include "common/event/record.h"

/* A window of about 1 KB; the statement in it begins at STATEMENT_AT. */
#define SAMPLE_BEFORE                                                                              \
    "The harbour authority of Port Ellery said on Tuesday that the new ferry terminal would open " \
    "two months late, after tests of the loading ramps found cracks in three of the twelve "       \
    "hinges. Work on the ramps will begin next week. "
#define SAMPLE_TEXT                                                                                \
    "\xe2\x80\x9cWe will not put a single passenger on a ramp that we do not trust,\xe2\x80\x9d "  \
    "Harbour Master Ines Calloway told reporters, adding that the builder had agreed to pay. "
#define SAMPLE_AFTER                                                                               \
    "Shipowners were less patient. Tomas Brandvold, who runs two of the four lines that use the "  \
    "port, called the delay \xe2\x80\x9c"                                                          \
    "a summer thrown away\xe2\x80\x9d and said he opposed any "                                    \
    "rise in berth fees to cover it.\n\nCity Councillor Amara Diallo said she supported the "      \
    "authority. According to a report by the transport ministry, traffic through the port has "    \
    "grown by a fifth since 2019, and both the old terminal and the road that leads to it are at " \
    "their limits. The union of dock workers has asked for talks. \xe2\x80\x9cNobody asked us,"    \
    "\xe2\x80\x9d said its secretary, Piet Hallman. A spokeswoman for the builder declined to "    \
    "comment.\n"

#define SAMPLE_WINDOW_AT    2048 /* bytes into an imagined body, all ASCII before */
#define SAMPLE_STATEMENT_AT (SAMPLE_WINDOW_AT + sizeof(SAMPLE_BEFORE) - 1)

static inline void
sample_article(struct onr_article *a)
{
    *a = (struct onr_article){
        .id = ONR_SPAN("https://news.example/2031/05/port-ellery-ferry-terminal"),
        .version = 1,
        .state = ONR_PUBLISHED,
        .headline = ONR_SPAN("Ferry terminal opens two months late after cracks are found"),
        .outlet = ONR_SPAN("The Ellery Courier"),
        .url = ONR_SPAN("https://news.example/2031/05/port-ellery-ferry-terminal"),
        .published = ONR_SPAN("2031-05-06T07:30:00Z"),
        .language = ONR_SPAN("en"),
        .body_bytes = 6000,
        .statements = 40,
    };
    memset(a->body_sha256, 0xb0, sizeof a->body_sha256);
    memset(a->splitter_fp, 0x5f, sizeof a->splitter_fp);
}

static inline const struct onr_cast_entry *
sample_cast(size_t *ret_n)
{
    static const struct onr_cast_entry cast[] = {
        { { "Ines Calloway", sizeof("Ines Calloway") - 1 },
          { "Harbour Master", sizeof("Harbour Master") - 1 },
          ONR_PERSON,
          3,
          { 310, 1200, 2380 } },
        { { "Tomas Brandvold", sizeof("Tomas Brandvold") - 1 },
          { "", sizeof("") - 1 },
          ONR_PERSON,
          2,
          { 900, 2520 } },
        { { "Amara Diallo", sizeof("Amara Diallo") - 1 },
          { "City Councillor", sizeof("City Councillor") - 1 },
          ONR_PERSON,
          1,
          { 2700 } },
        { { "Piet Hallman", sizeof("Piet Hallman") - 1 },
          { "secretary", sizeof("secretary") - 1 },
          ONR_PERSON,
          1,
          { 3050 } },
        { { "harbour authority of Port Ellery", sizeof("harbour authority of Port Ellery") - 1 },
          { "", sizeof("") - 1 },
          ONR_ORGANISATION,
          4,
          { 4, 700, 2052, 2760 } },
        { { "transport ministry", sizeof("transport ministry") - 1 },
          { "", sizeof("") - 1 },
          ONR_ORGANISATION,
          1,
          { 2810 } },
        { { "union of dock workers", sizeof("union of dock workers") - 1 },
          { "", sizeof("") - 1 },
          ONR_GROUP,
          1,
          { 2990 } },
        { { "Port Ellery", sizeof("Port Ellery") - 1 },
          { "", sizeof("") - 1 },
          ONR_ORGANISATION,
          2,
          { 25, 2073 } },
    };

    *ret_n = sizeof cast / sizeof cast[0];
    return cast;
}

static inline void
sample_statement(struct onr_statement *s)
{
    *s = (struct onr_statement){
        .index = 7,
        .begin = SAMPLE_STATEMENT_AT,
        .end = SAMPLE_STATEMENT_AT + sizeof(SAMPLE_TEXT) - 1,
        .cp_begin = SAMPLE_STATEMENT_AT,
        .quoted = ONR_QUOTED_PART,
        .text = ONR_SPAN(SAMPLE_TEXT),
        .window = ONR_SPAN(SAMPLE_BEFORE SAMPLE_TEXT SAMPLE_AFTER),
        .window_begin = SAMPLE_WINDOW_AT,
        .window_cp_begin = SAMPLE_WINDOW_AT,
    };
    s->cp_end = s->cp_begin + (uint32_t) onr_utf8_count(s->text);
    sample_article(&s->article);
    s->cast = sample_cast(&s->n_cast);
}

/* Span over `words`, which must stand in the statement. */
static inline struct onr_text_span
sample_span(const char *words)
{
    const char *at = strstr(SAMPLE_TEXT, words);
    uint32_t begin = (uint32_t) (SAMPLE_STATEMENT_AT + (size_t) (at - SAMPLE_TEXT));

    return (struct onr_text_span){ begin, begin + (uint32_t) strlen(words), onr_span_z(words) };
}

/* attributions: room for two, content: for two; both must outlive the result. */
static inline void
sample_result(struct onr_result *r, struct onr_attribution attributions[2],
              struct onr_text_span content[2])
{
    struct onr_statement s;

    sample_statement(&s);
    *r = (struct onr_result){ .article = s.article,
                              .index = s.index,
                              .begin = s.begin,
                              .end = s.end,
                              .cp_begin = s.cp_begin,
                              .cp_end = s.cp_end,
                              .text = s.text,
                              .kind = ONR_MIXED,
                              .n_attributions = 2,
                              .attributions = attributions };
    onr_sha256(s.text.ptr, s.text.len, r->text_sha256);
    content[0] = sample_span("We will not put a single passenger on a ramp that we do not trust,");
    content[1] = sample_span("the builder had agreed to pay");
    for (int i = 0; i < 2; i++) {
        struct onr_attribution *a = &attributions[i];

        *a = (struct onr_attribution){ .act = ONR_SAID,
                                       .has_cue = true,
                                       .cue = sample_span(i ? "adding" : "told"),
                                       .n_content = 1,
                                       .content = &content[i],
                                       .stance = i ? ONR_NEUTRAL : ONR_OPPOSE,
                                       .conf_speaker = 912,
                                       .conf_content = 875,
                                       .conf_target = 640,
                                       .conf_stance = 701 };
        a->speaker.name = ONR_SPAN("Ines Calloway");
        a->speaker.type = ONR_PERSON;
        a->speaker.has_mention = true;
        a->speaker.mention = sample_span("Harbour Master Ines Calloway");
        a->speaker.how = ONR_HOW_NAMED;
        a->has_target = i == 0;
        a->target.name = i == 0 ? ONR_SPAN("a ramp that we do not trust") : ONR_SPAN("");
        a->target.has_span = i == 0;
        if (i == 0)
            a->target.span = sample_span("a ramp that we do not trust");
        else
            a->target.name = ONR_SPAN_NULL;
    }
}

#endif
