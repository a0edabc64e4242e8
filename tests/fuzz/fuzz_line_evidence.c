/* tests/fuzz/fuzz_line_evidence.c - an evidence file of any bytes: what is read is written and read as the same, and nothing that no
 * root, worker and witness signed is ever valid.
 */
#include "tests/fuzz/fuzz.h"

#include "common/line/evidence.h"
#include "tests/property/stmtlog_world.h"

static struct onr_codec *codec;
static struct onr_trust trust;

static void
start(void)
{
    struct onr_signer s;

    must(sodium_init());
    HOLDS(onr_codec_new(&codec, NULL) == 0);
    trust = (struct onr_trust){ .k = 1, .n_topics = 1, .n_roots = 1 };
    snprintf(trust.org, sizeof trust.org, "news.example");
    snprintf(trust.topic[0].output, sizeof trust.topic[0].output, "stance");
    snprintf(trust.topic[0].input, sizeof trust.topic[0].input, "statements");
    world_signer(&s, "root.news.example");
    trust.root[0] = s.key;
    onr_signer_release(&s);
}

static void
reads_back(const struct onr_evidence *e)
{
    struct onr_buf one = ONR_BUF_INIT(1 << 20), two = one;
    struct onr_arena arena = ONR_ARENA_INIT(1 << 21);
    struct onr_evidence back;

    HOLDS(onr_evidence_print(e, &one, NULL) == 0);
    HOLDS(onr_evidence_parse(onr_buf_span(&one), &arena, &back, NULL) == 0);
    HOLDS(onr_evidence_print(&back, &two, NULL) == 0);
    HOLDS(onr_span_eq(onr_buf_span(&one), onr_buf_span(&two)));
    onr_buf_release(&one);
    onr_buf_release(&two);
    onr_arena_release(&arena);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct onr_arena arena = ONR_ARENA_INIT(1 << 20);
    struct onr_error err = ONR_ERROR_INIT;
    struct onr_evidence_report report;
    struct onr_evidence e;
    int rc;

    if (!codec)
        start();
    rc = onr_evidence_parse(onr_span_of(size ? (const char *) data : "", size), &arena, &e, &err);
    HOLDS(rc == 0 || (rc == -ONR_EINPUT && err.text[0]));
    if (rc == 0) {
        reads_back(&e);
        HOLDS(onr_evidence_check(&e, &trust, codec, &arena, &report, &err) == 0);
        HOLDS(report.verdict != ONR_VERDICT_VALID && report.name[0] && report.why[0]);
    }
    onr_arena_release(&arena);
    return 0;
}
