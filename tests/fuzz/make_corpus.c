/* tests/fuzz/make_corpus.c - writes the seeds of every fuzz target: make_corpus FOLDER (make fuzz-corpus).
 *
 * Run by hand when a format changes; the files are checked in. Records come from the project's own encoders, texts were written
 * for this repository. Files that fuzzing found (found-*) are left alone.
 */
#include <errno.h>
#include <sys/stat.h>

#include "common/base/file.h"
#include "common/line/evidence.h"
#include "common/stmtlog/base64.h"
#include "common/stmtlog/offsetmeta.h"
#include "tests/event_avro.h"
#include "tests/event_random.h"
#include "tests/event_zoo.h"
#include "tests/line_lane.h"

static const char *folder;

static void
seed(const char *target, const char *name, struct onr_span content)
{
    struct onr_error err = ONR_ERROR_INIT;
    char path[512];

    snprintf(path, sizeof path, "%s/%s", folder, target);
    MUST(mkdir(path, 0777) == 0 || errno == EEXIST);
    snprintf(path, sizeof path, "%s/%s/%s", folder, target, name);
    if (onr_file_replace(path, content, 0644, &err) < 0) {
        fprintf(stderr, "%s\n", err.text);
        exit(1);
    }
}

/* A byte before the content: targets that do several things read there which. */
static void
seed_as(const char *target, const char *name, uint8_t first, struct onr_span content)
{
    struct onr_buf b = ONR_BUF_INIT(ONR_MESSAGE_MAX);

    MUST(onr_buf_add_byte(&b, first) == 0 && onr_buf_add_span(&b, content) == 0);
    seed(target, name, onr_buf_span(&b));
    onr_buf_release(&b);
}

static void
texts(void)
{
    const struct {
        const char *name;
        struct onr_span text;
    } text[] = {
        { "sample",
          { SAMPLE_BEFORE SAMPLE_TEXT SAMPLE_AFTER,
            sizeof(SAMPLE_BEFORE SAMPLE_TEXT SAMPLE_AFTER) - 1 } },
        { "wrapped",
          ONR_SPAN(
              "The council of Port Ellery met on Monday evening to\nhear from Mayor Tom Berg, who "
              "said the ferry\nwould not wait. \"Not a day,\" he told reporters. "
              "\"Not\none.\"\n") },
        { "british",
          ONR_SPAN(
              "Mr. J. K. Lind, the players' union's No. 5, said: \xe2\x80\x98We\xe2\x80\x99re out "
              "by 5 p.m. \xe2\x80\x93 or sooner.\xe2\x80\x99 (\xe2\x80\x98Sooner,\xe2\x80\x99 said "
              "Ada.) Dr. O\xe2\x80\x99"
              "Dowd denied it...\n\n- First, the U.S.\n- Second, item 3.5\n") },
        { "scripts",
          ONR_SPAN(
              "\xe4\xbb\x96\xe8\xaf\xb4\xe3\x80\x8c\xe4\xb8\x8d\xe3\x80\x82\xe3\x80\x8d\xe4\xbb\x96"
              "\xe8"
              "\xb5\xb0\xe3\x80\x82 \xc2\xab Non \xc2\xbb, dit \xc3\x89mile. \xe2\x80\x9eNein\xe2"
              "\x80\x9c, sagte er.\xe2\x80\xa9"
              "ABC \xef\xbb\xbf\xc2\xa0\xf0\x9f\x98\x80!") },
        { "marks", ONR_SPAN("``A'' \"B 'C' D\" (\"E. \xe2\x80\x9c"
                            "F) G\xe2\x80\x9d H\n\n\xe2\x80\x9cI said.\n\n"
                            "\xe2\x80\x9cJ went on,\xe2\x80\x9d K added?! [1] L\xe2\x80\xa6 M") },
        { "verbs",
          ONR_SPAN(
              "According to the ministry, talks failed. Ada Lind, Trade Minister, neither "
              "confirmed "
              "nor denied that Norland plans to leave. Berg: \"We support the plan.\" He rejected "
              "claims, adding it was \"a disgrace\", and wants no vote. Critics did not praise "
              "her.") },
    };

    for (size_t i = 0; i < sizeof text / sizeof *text; i++) {
        seed("fuzz_text_split", text[i].name, text[i].text);
        seed("fuzz_line_classify", text[i].name, text[i].text);
    }
    seed("fuzz_base_utf8", "scripts", text[3].text);
    seed("fuzz_base_utf8", "broken",
         ONR_SPAN("ok \xc3\xa9 \xed\xa0\x80 \xc0\xaf \xf4\x90\x80\x80 \xff"));
    seed("fuzz_base_utf8", "edges",
         ONR_SPAN("\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf"
                  "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\"\\\b\f\x01\x05"));
}

static void
articles(void)
{
    struct onr_buf b = ONR_BUF_INIT(ONR_ARTICLE_MAX);

    MUST(onr_buf_printf(&b, "{\"id\":\"https://news.example/1\",\"version\":2,\"headline\":\"Ferry "
                            "waits\",\"outlet\":"
                            "\"Courier\",\"published\":\"2031-05-06T07:30:00Z\",\"language\":"
                            "\"en\",\"body\":\"Mayor "
                            "Tom Berg said: \\u201cNo.\\u201d\\n\\nHe left.\",\"unknown\":[1,{}]}")
         == 0);
    seed("fuzz_event_article", "json", onr_buf_span(&b));
    seed("fuzz_line_classify", "json", onr_buf_span(&b));
    seed("fuzz_event_article", "withdrawn",
         ONR_SPAN("{\"id\":\"urn:x\",\"version\":3,\"state\":\"withdrawn\",\"text\":\"\",\"url\":"
                  "\"https://x.example\"}"));
    seed("fuzz_line_classify", "withdrawn",
         ONR_SPAN("{\"id\":\"urn:x\",\"version\":3,\"state\":\"withdrawn\"}"));
    seed("fuzz_event_article", "text", ONR_SPAN(SAMPLE_BEFORE));
    onr_buf_release(&b);
}

static void
pairs(void)
{
    seed("fuzz_model_stance", "pair",
         ONR_SPAN("{\"id\":\"1\",\"text\":\"Ada Lind said she opposed the "
                  "\\u201cplan\\u201d.\",\"speaker\":{\"name\":"
                  "\"Ada Lind\",\"span\":[0,8]},\"target\":{\"name\":\"the "
                  "plan\",\"span\":[27,37]},\"choices\":"
                  "[\"support\",\"oppose\"]}"));
    seed("fuzz_model_stance", "author",
         ONR_SPAN("{\"id\":\"2\",\"text\":\"I praise the new "
                  "ferry.\",\"speaker\":{\"name\":null,\"span\":null},"
                  "\"target\":{\"name\":\"ferry\",\"span\":null}}"));
}

static void
settings(void)
{
    seed("fuzz_base_settings", "file",
         ONR_SPAN("# all\nkafka.linger.ms = 5\ncommit-ms = 250ms # often\nbrokers = "
                  "x:9092\n[classify]\ncount = -3\n"
                  "form = bc\nkey = \"a # b\"\ndry-run = yes\n[follow]\nwhatever = 1\n"));
    seed("fuzz_base_settings", "arguments",
         ONR_SPAN("form = a\n\0-dc\0"
                  "10s\0--count=7\0-Xacks=all\0-k\0file\0--\0-x\0"));
    seed("fuzz_base_settings", "near", ONR_SPAN("[classify]\nkommit-ms = 1\n\0--fomr\0a"));
    seed("fuzz_base_settings", "bounds",
         ONR_SPAN("commit-ms = 2h\ncount = 99999999999999999999\n\0--count\0-6"));
}

static void
records(void)
{
    struct onr_arena arena = ONR_ARENA_INIT(1 << 22);
    struct onr_buf b = ONR_BUF_INIT(ONR_MESSAGE_MAX);
    struct onr_attribution attributions[2];
    struct onr_text_span content[2];
    struct onr_article a;
    struct onr_statement s;
    struct onr_result q;
    struct onr_codec *c;
    char name[32];

    MUST(onr_codec_new(&c, NULL) == 0);
    sample_article(&a);
    MUST(onr_article_encode(c, &a, false, &b, NULL) == 0);
    seed_as("fuzz_event_walk", "article", ONR_REC_ARTICLE, onr_buf_span(&b));
    onr_buf_clear(&b);
    sample_statement(&s);
    MUST(onr_statement_encode(c, &s, true, &b, NULL) == 0);
    seed("fuzz_line_outcome", "statement", onr_buf_span(&b));
    seed_as("fuzz_event_walk", "statement", ONR_REC_STATEMENT,
            onr_span_sub(onr_buf_span(&b), ONR_FRAME_LEN, b.len));
    b.ptr[4] = 99;
    seed("fuzz_line_outcome", "unknown-id", onr_buf_span(&b));
    onr_buf_clear(&b);
    sample_result(&q, attributions, content);
    MUST(onr_result_encode(c, &q, true, &b, NULL) == 0);
    seed("fuzz_line_outcome", "result", onr_buf_span(&b));
    seed_as("fuzz_event_walk", "result", ONR_REC_RESULT,
            onr_span_sub(onr_buf_span(&b), ONR_FRAME_LEN, b.len));
    onr_buf_clear(&b);
    MUST(onr_reject_encode(c, ONR_REJECT_UTF8, true, &b, NULL) == 0);
    seed("fuzz_line_outcome", "reject", onr_buf_span(&b));
    seed_as("fuzz_event_walk", "reject", ONR_REC_REJECT,
            onr_span_sub(onr_buf_span(&b), ONR_FRAME_LEN, b.len));
    seed_as("fuzz_event_walk", "zoo", ONR_REC_TYPES, onr_span_of(zoo_bytes, sizeof zoo_bytes - 1));
    for (uint64_t i = 0, made = 0; made < 4; i++) {
        struct rng r = { i };

        onr_buf_clear(&b);
        random_statement(&r, &arena, &s);
        if (onr_statement_encode(c, &s, true, &b, NULL) < 0 || b.len > 1500)
            continue;
        snprintf(name, sizeof name, "random-%d", (int) made++);
        seed("fuzz_line_outcome", name, onr_buf_span(&b));
    }
    for (size_t i = 0; i < ONR_SCHEMA_FILES; i++) {
        struct onr_schema_file f = onr_schema_file(i);

        seed("fuzz_event_schema", f.name, f.json);
    }
    onr_buf_clear(&b);
    MUST(onr_buf_add(&b, zoo, sizeof zoo) == 0
         && onr_buf_add(&b, zoo_bytes, sizeof zoo_bytes - 1) == 0);
    seed("fuzz_event_schema", "zoo", onr_buf_span(&b));
    onr_buf_release(&b);
    onr_arena_release(&arena);
    onr_codec_free(c);
}

/* The formats of a real lane: leaf, signature, COMMIT, head. */
static void
lane_formats(void)
{
    struct test_lane *t = lane_new();
    struct onr_offsetmeta meta = { 3, 9, { 1, 2, 3 }, 42 };
    struct onr_buf b = ONR_BUF_INIT(ONR_MESSAGE_MAX);
    struct onr_arena arena = ONR_ARENA_INIT(ONR_DECODE_ARENA_MAX);
    char text[ONR_VERIFIER_MAX + 1], metadata[ONR_OFFSETMETA_MAX];
    struct onr_lane_message m;
    struct onr_span leaf, sig;

    lane_block(t, 5);
    leaf = lane_header(&t->m[0], ONR_HEADER_LEAF)->value;
    sig = lane_header(&t->m[0], ONR_HEADER_SIG)->value;
    seed_as("fuzz_stmtlog_formats", "leaf", 0, leaf);
    must(onr_lane_message_open(t->codec, &t->m[5], &arena, &m, NULL));
    MUST(onr_buf_add_byte(&b, 1) == 0 && onr_buf_add_span(&b, m.record.body) == 0
         && onr_buf_add(&b, m.record.frontier, m.record.n_frontier * ONR_SHA256_LEN) == 0);
    seed("fuzz_stmtlog_formats", "commit", onr_buf_span(&b));
    seed_as("fuzz_event_walk", "commit", ONR_REC_COMMIT, m.payload);
    seed_as("fuzz_stmtlog_formats", "signature", 2, sig);
    seed_as("fuzz_stmtlog_formats", "offsetmeta", 3,
            onr_span_z(onr_offsetmeta_print(&meta, metadata)));
    seed_as("fuzz_stmtlog_formats", "origin", 4, ONR_SPAN(LANE_ORIGIN));
    seed_as("fuzz_stmtlog_formats", "verifier", 5,
            onr_span_z(onr_verifier_print(&t->worker.key, text)));
    seed_as("fuzz_stmtlog_formats", "base64", 6, ONR_SPAN("c3RhdGVtZW50cw=="));
    seed_as("fuzz_stmtlog_formats", "frontier", 7,
            ONR_SPAN("\0\0\0\0\0\0\0\5"
                     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaabbbb"));
    onr_buf_clear(&b);
    MUST(onr_buf_add(&b, "\0\0", 2) == 0 && onr_buf_add_span(&b, leaf) == 0
         && onr_buf_add_span(&b, sig) == 0 && onr_buf_add_span(&b, m.payload) == 0);
    for (unsigned fix = 0; fix < 16; fix += 5) {
        b.ptr[0] = (char) fix;
        snprintf(text, sizeof text, "repaired-%u", fix);
        seed("fuzz_stmtlog_record", text, onr_buf_span(&b));
    }
    onr_buf_clear(&b);
    MUST(onr_buf_add_z(&b, "onrecord heads v1\n") == 0 && onr_head_print(&t->lane.head, &b) == 0);
    seed("fuzz_line_heads", "one", onr_buf_span(&b));
    lane_block(t, 2);
    MUST(onr_head_print(&t->lane.head, &b) == 0);
    seed("fuzz_line_heads", "forward", onr_buf_span(&b));
    onr_buf_release(&b);
    onr_arena_release(&arena);
    lane_free(t);
}

/* Programs over lanes: what each byte does stands in the target. */
static void
lane_programs(void)
{
    const struct {
        const char *name;
        struct onr_span bytes;
    } range[] = {
        { "all",
          ONR_SPAN("\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0") },
        { "no-keys",
          ONR_SPAN("\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0") },
        { "from-head", ONR_SPAN("\10\2\5\12\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0") },
        { "anywhere", ONR_SPAN("\2\5\15\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0") },
        { "changed", ONR_SPAN("\0\0\0\7\3\0\0\5\1\0\0\0\0\7\3\0\0\11\200\5\3\0\0\0") },
        { "invented", ONR_SPAN("\0\10\0\1\1\7\0\0\0\0\11\3\0\2\0\10\3\0\0\0\0\0\0\377\0\0\0\0\0\0\0"
                               "\0\7\6\0\0\0\0") },
        { "replayed", ONR_SPAN("\0\0\0\0\0\6\0\6\3\6\2\6\1\0\0\6\3") },
    };
    const struct {
        const char *name;
        struct onr_span bytes;
    } lane[] = {
        { "all", ONR_SPAN("\5\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0") },
        { "hints", ONR_SPAN("\7\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0") },
        { "anywhere", ONR_SPAN("\14\5\7\0\0\0\0\0\0\0\0\0\0\0\0\0\0") },
        { "changed", ONR_SPAN("\7\0\7\1\0\0\7\1\0\7\1\2\0\3\4\7\2\1\0\1\20\0\0\0\0\0\0") },
        { "headers", ONR_SPAN("\5\10\0\0\1\0\10\1\1\1\1\10\2\2\1\3\0\0\0\0\0") },
        { "invented", ONR_SPAN("\4\11\1\2\5\0\0\5\0\0\0\0\4xxxx\0\0\0\0\0\0") },
    };

    for (size_t i = 0; i < sizeof range / sizeof *range; i++)
        seed("fuzz_stmtlog_range", range[i].name, range[i].bytes);
    for (size_t i = 0; i < sizeof lane / sizeof *lane; i++)
        seed("fuzz_line_lane", lane[i].name, lane[i].bytes);
}

static void
notes(const struct onr_signer *s)
{
    struct onr_checkpoint c = { .origin = ONR_SPAN(LANE_ORIGIN), .size = 5 };
    struct onr_buf text = ONR_BUF_INIT(ONR_NOTE_MAX), note = ONR_BUF_INIT(ONR_NOTE_MAX), b = note;

    memset(c.root, 0xa5, sizeof c.root);
    MUST(onr_checkpoint_print(&c, &text) == 0
         && onr_note_sign(onr_buf_span(&text), &s, 1, &note, NULL) == 0);
    seed_as("fuzz_stmtlog_note", "signed", 0, onr_buf_span(&note));
    MUST(onr_buf_add(&b, "\1\0\3\1", 4) == 0 && onr_buf_add_span(&b, onr_buf_span(&text)) == 0);
    seed("fuzz_stmtlog_note", "to-sign", onr_buf_span(&b));
    onr_buf_release(&text);
    onr_buf_release(&note);
    onr_buf_release(&b);
}

static void
add_entry(struct onr_buf *out, struct onr_keylog_entry e)
{
    MUST(out->len == 1 || onr_buf_add_byte(out, 0) == 0);
    MUST(onr_keylog_entry_print(&e, out, NULL) == 0);
}

static void
key_log(const struct onr_signer *worker)
{
    struct onr_keylog_entry e = { .kind = ONR_KEYLOG_GENESIS, .n_lanes = 1 };
    struct onr_buf b = ONR_BUF_INIT(ONR_NOTE_MAX);

    MUST(onr_buf_add_byte(&b, 0) == 0);
    e.lane[0].origin = ONR_SPAN(WORLD_ORIGIN);
    add_entry(&b, e);
    e.kind = ONR_KEYLOG_ADD;
    e.key = worker->key;
    e.lane[0].origin = ONR_SPAN("news.example/stance/v1/statements/*/*");
    add_entry(&b, e);
    e.kind = ONR_KEYLOG_CONFIG;
    add_entry(&b, e);
    e.lane[0].origin = ONR_SPAN(WORLD_ORIGIN);
    e.kind = ONR_KEYLOG_RETENTION;
    e.lane[0].size = 2;
    add_entry(&b, e);
    e.kind = ONR_KEYLOG_RETIRE;
    memcpy(e.key_id, worker->key.id, sizeof e.key_id);
    add_entry(&b, e);
    e.kind = ONR_KEYLOG_REVOKE;
    e.reason = ONR_SPAN("stolen");
    add_entry(&b, e);
    seed("fuzz_stmtlog_keylog", "all-kinds", onr_buf_span(&b));
    for (uint8_t how = 1; how <= 4; how = (uint8_t) (2 * how)) {
        char name[16];

        snprintf(name, sizeof name, "how-%d", how);
        b.ptr[0] = (char) how;
        seed("fuzz_stmtlog_keylog", name, onr_buf_span(&b));
    }
    onr_buf_release(&b);
}

static void
keys_and_trust(void)
{
    struct onr_trust t = { .k = 1, .n_topics = 1, .n_roots = 2, .org = "news.example" };
    char verifier[ONR_VERIFIER_MAX + 1], secret[ONR_BASE64_LEN(ONR_SEED_LEN)];
    struct onr_buf b = ONR_BUF_INIT(ONR_TRUST_MAX);
    struct onr_signer s, root;
    uint8_t bytes[ONR_SEED_LEN];

    world_signer(&s, "w0.news.example");
    world_signer(&root, "root.news.example");
    notes(&s);
    key_log(&s);
    onr_sha256("w0.news.example", 15, bytes);
    MUST(onr_buf_printf(&b, "onrecord secret key v1\ncipher none\nkey %s\nsecret %s\n",
                        onr_verifier_print(&s.key, verifier),
                        onr_base64(bytes, sizeof bytes, secret))
         == 0);
    seed("fuzz_stmtlog_keyfile", "key", onr_buf_span(&b));
    b.ptr[b.len - 5] ^= 1;
    seed("fuzz_stmtlog_keyfile", "damaged", onr_buf_span(&b));
    seed("fuzz_stmtlog_keyfile", "newer", ONR_SPAN("onrecord secret key v1\ncipher argon2id\n"));
    snprintf(t.topic[0].output, sizeof t.topic[0].output, "stance");
    snprintf(t.topic[0].input, sizeof t.topic[0].input, "statements");
    t.root[0] = root.key;
    t.root[1] = s.key;
    onr_buf_clear(&b);
    MUST(onr_trust_print(&t, &b) == 0);
    seed("fuzz_stmtlog_trust", "two-roots", onr_buf_span(&b));
    MUST(onr_buf_printf(&b, "# a comment\n\n") == 0);
    seed("fuzz_stmtlog_trust", "comment", onr_buf_span(&b));
    onr_buf_release(&b);
    onr_signer_release(&s);
    onr_signer_release(&root);
}

/* Well formed, but signed by nobody whom the target trusts. */
static void
evidence(void)
{
    struct test_lane *t = lane_new();
    struct onr_buf b = ONR_BUF_INIT(ONR_MESSAGE_MAX);
    struct onr_span entry = ONR_SPAN("a note\n\n\xe2\x80\x94 root.example c3RhdGVtZW50cw==\n");
    struct onr_evidence e = { .n_entries = 1, .entry = &entry, .checkpoint = entry, .index = 2 };

    lane_block(t, 3);
    e.leaf = lane_header(&t->m[2], ONR_HEADER_LEAF)->value;
    e.signature = lane_header(&t->m[2], ONR_HEADER_SIG)->value;
    e.payload = onr_span_sub(t->m[2].value, ONR_FRAME_LEN, t->m[2].value.len);
    e.input_value = ONR_SPAN("input");
    e.proof.n = 1;
    MUST(onr_evidence_print(&e, &b, NULL) == 0);
    seed("fuzz_line_evidence", "one", onr_buf_span(&b));
    onr_buf_release(&b);
    lane_free(t);
}

/* A model file of two arrays; its hash is put right by the target. */
static void
model_file(void)
{
    static const char *const name[] = { "emb.word", "bias" };
    static const uint8_t shape[][3] = { { 2, 8, 16 }, { 4, 4, 4 } }; /* type, rows, columns */
    uint8_t file[1 + 64 + 2 * 64 + 128 + 64] = { 3 }, *f = file + 1;

    memcpy(f, "onrmodel\1\0\0\0\2", 13);
    f[16] = (uint8_t) ((sizeof file - 1) & 255);
    f[17] = (uint8_t) ((sizeof file - 1) >> 8);
    for (size_t i = 0; i < 2; i++) {
        uint8_t *at = f + 64 + 64 * i;

        memcpy(at, name[i], strlen(name[i]));
        at[32] = shape[i][0];
        at[36] = shape[i][1];
        at[40] = shape[i][2];
        at[48] = i ? 64 : 192;
        at[49] = i ? 1 : 0;
        at[56] = i ? 64 : 128;
    }
    seed("fuzz_model_file", "two-arrays", onr_span_of(file, sizeof file));
    file[0] = 0;
    seed("fuzz_model_file", "wrong-hash", onr_span_of(file, sizeof file));
}

static void
registers(void)
{
    static const struct {
        const char *name, *text;
    } file[] = {
        { "plain", "name,aliases,role,external_id\nAda Lind,Lind;the Iron Lady,Trade "
                   "Minister,Q1\nTom Berg,,Mayor,https://people.example/2\n" },
        { "quoted", "\xef\xbb\xbf"
                    "external_id, name\r\n\r\nQ7,\"Lind, Ada \"\"Iron\"\"\"\r\nQ8,O\xe2\x80\x99"
                    "Dowd" },
        { "open-quote", "name,role\nAda Lind,\"mayor\n" },
        { "twice", "name,aliases\nTom Berg,Berg\nMary Berg,the Berg\n" },
        { "unknown-column", "name,alias\nAda Lind,Lind\n" },
    };

    for (size_t i = 0; i < sizeof file / sizeof *file; i++)
        seed("fuzz_model_register", file[i].name, onr_span_z(file[i].text));
}

int
main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: make_corpus FOLDER\n");
        return 2;
    }
    folder = argv[1];
    MUST(sodium_init() >= 0);
    texts();
    articles();
    pairs();
    settings();
    records();
    lane_formats();
    lane_programs();
    keys_and_trust();
    evidence();
    model_file();
    registers();
    return 0;
}
