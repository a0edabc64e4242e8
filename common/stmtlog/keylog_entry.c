/* common/stmtlog/keylog_entry.c - the text of one key-log entry, see keylog.h.
 *
 *   onrecord key log v1
 *   entry 3
 *   prev <base64 of the hash of entry 2>
 *   ADD
 *   key w0.news.example+5f14e86a+ATz5...
 *   role worker
 *   lane news.example/onrecord.attributions/v1/onrecord.statements/ * / *     (without the blanks)
 *
 * Lines in this order, each once, `lane` once or more; one way to write an entry, so that text and meaning are one.
 */
#include <inttypes.h>

#include "common/base/utf8.h"
#include "common/stmtlog/base64.h"
#include "common/stmtlog/keylog.h"

#define FIRST_LINE "onrecord key log v1"

/* Which lines an entry of a kind has. */
static const struct {
    const char *name;
    bool key, id, config, reason, pattern, size;
} kinds[ONR_KEYLOG_KINDS] = {
    [ONR_KEYLOG_GENESIS] = { .name = "GENESIS" },
    [ONR_KEYLOG_ADD] = { .name = "ADD", .key = true, .pattern = true },
    [ONR_KEYLOG_RETIRE] = { .name = "RETIRE", .id = true, .size = true },
    [ONR_KEYLOG_REVOKE] = { .name = "REVOKE", .id = true, .reason = true, .size = true },
    [ONR_KEYLOG_CONFIG] = { .name = "CONFIG", .config = true, .pattern = true },
    [ONR_KEYLOG_RETENTION] = { .name = "RETENTION", .size = true },
};

static const char *const roles[] = { [ONR_ROLE_WORKER] = "worker", [ONR_ROLE_WITNESS] = "witness" };

const char *
onr_keylog_kind_name(enum onr_keylog_kind k)
{
    return (unsigned) k < ONR_KEYLOG_KINDS ? kinds[k].name : "unknown";
}

const char *
onr_key_role_name(enum onr_key_role r)
{
    return r == ONR_ROLE_WORKER || r == ONR_ROLE_WITNESS ? roles[r] : "unknown";
}

int
onr_key_role_parse(struct onr_span name, enum onr_key_role *ret)
{
    for (unsigned i = 0; i < sizeof roles / sizeof *roles; i++)
        if (onr_span_eq_z(name, roles[i])) {
            *ret = (enum onr_key_role) i;
            return 0;
        }
    return -ONR_EINPUT;
}

void
onr_keylog_hash(struct onr_span text, uint8_t ret[ONR_SHA256_LEN])
{
    static const char tag[16] = "stmtlog/key/v1\n"; /* with its NUL */
    struct onr_span parts[] = { onr_span_of(tag, sizeof tag), text };

    onr_sha256_parts(parts, 2, ret);
}

/* One line of text: a newline in it would make an entry that nobody understands. */
static bool
reason_ok(struct onr_span reason)
{
    if (reason.len == 0 || reason.len > ONR_KEYLOG_REASON_MAX || !onr_utf8_check(reason, NULL))
        return false;
    for (size_t i = 0; i < reason.len; i++)
        if ((unsigned char) reason.ptr[i] < 0x20 || reason.ptr[i] == 0x7f)
            return false;
    return true;
}

/* What an entry of its kind may say. RETIRE and REVOKE may name no lane: then nothing the key signed counts. */
static int
check(const struct onr_keylog_entry *e, struct onr_error *err)
{
    struct onr_lane_name name;
    bool none_ok = kinds[e->kind].id;

    if ((e->n_lanes == 0 && !none_ok && e->role != ONR_ROLE_WITNESS)
        || e->n_lanes > ONR_KEYLOG_ENTRY_LANES)
        return onr_fail(err, ONR_EINPUT, "a %s entry names 1 to %d lanes", kinds[e->kind].name,
                        ONR_KEYLOG_ENTRY_LANES);
    for (size_t i = 0; i < e->n_lanes; i++) {
        struct onr_span o = e->lane[i].origin;

        if (kinds[e->kind].pattern ? !onr_origin_pattern_ok(o)
                                   : onr_origin_parse(o, &name, NULL) < 0)
            return onr_fail(err, ONR_EINPUT, "'" ONR_SPAN_FMT "' is not a lane in a %s entry",
                            (int) (o.len < 200 ? o.len : 200), o.ptr ? o.ptr : "",
                            kinds[e->kind].name);
    }
    if (kinds[e->kind].key && (e->key.type == ONR_KEY_COSIGNER) != (e->role == ONR_ROLE_WITNESS))
        return onr_fail(err, ONR_EINPUT,
                        "key '%s': a witness signs with a cosigner's key, a worker never does",
                        e->key.name);
    if (e->part == 1 || (e->part > 1 && (!kinds[e->kind].id || e->n_lanes == 0)))
        return onr_fail(err, ONR_EINPUT,
                        "only RETIRE and REVOKE have parts, and parts that go on name lanes");
    if (kinds[e->kind].reason && !reason_ok(e->reason))
        return onr_fail(err, ONR_EINPUT,
                        "a REVOKE entry gives a reason: 1 to %d bytes of text in one line",
                        ONR_KEYLOG_REASON_MAX);
    return 0;
}

int
onr_keylog_entry_print(const struct onr_keylog_entry *e, struct onr_buf *out, struct onr_error *err)
{
    char b64[ONR_BASE64_LEN(ONR_SHA256_LEN)], hex[ONR_HEX_LEN(ONR_SHA256_LEN)];
    char verifier[ONR_VERIFIER_MAX + 1];
    size_t before = out->len;
    int rc;

    if ((rc = check(e, err)) < 0)
        return rc;
    rc = onr_buf_printf(out, FIRST_LINE "\nentry %" PRIu64 "\nprev %s\n%s\n", e->no,
                        onr_base64(e->prev, ONR_SHA256_LEN, b64), kinds[e->kind].name);
    if (rc == 0 && kinds[e->kind].key)
        rc = onr_buf_printf(out, "key %s\nrole %s\n", onr_verifier_print(&e->key, verifier),
                            roles[e->role]);
    if (rc == 0 && kinds[e->kind].id)
        rc = onr_buf_printf(out, "id %s\n", onr_hex(e->key_id, ONR_KEY_ID_LEN, hex));
    if (rc == 0 && kinds[e->kind].reason)
        rc = onr_buf_printf(out, "reason " ONR_SPAN_FMT "\n", ONR_SPAN_ARG(e->reason));
    if (rc == 0 && e->part > 0)
        rc = onr_buf_printf(out, "part %" PRIu64 "\n", e->part);
    if (rc == 0 && kinds[e->kind].config)
        rc = onr_buf_printf(out, "config %s\n", onr_hex(e->config_hash, ONR_SHA256_LEN, hex));
    for (size_t i = 0; rc == 0 && i < e->n_lanes; i++) {
        rc = onr_buf_printf(out, "lane " ONR_SPAN_FMT, ONR_SPAN_ARG(e->lane[i].origin));
        if (rc == 0 && kinds[e->kind].size)
            rc = onr_buf_printf(out, " %" PRIu64, e->lane[i].size);
        if (rc == 0)
            rc = onr_buf_add_byte(out, '\n');
    }
    if (rc < 0) {
        out->len = before;
        return onr_fail(err, -rc, "no room for an entry of the key log");
    }
    return 0;
}

/* Take the line "word value" off *rest. */
static bool
take(struct onr_span *rest, const char *word, struct onr_span *ret_value)
{
    struct onr_span line, copy = *rest;
    size_t n = strlen(word);

    if (!onr_span_next(&copy, '\n', &line) || line.len <= n + 1 || memcmp(line.ptr, word, n) != 0
        || line.ptr[n] != ' ')
        return false;
    *ret_value = onr_span_sub(line, n + 1, line.len);
    *rest = copy;
    return true;
}

static bool
parse_kind(struct onr_span name, enum onr_keylog_kind *ret)
{
    for (unsigned i = 0; i < ONR_KEYLOG_KINDS; i++)
        if (onr_span_eq_z(name, kinds[i].name)) {
            *ret = (enum onr_keylog_kind) i;
            return true;
        }
    return false;
}

/* The lines between the kind and the lanes. */
static int
parse_fields(struct onr_span *rest, struct onr_keylog_entry *e, struct onr_error *err)
{
    struct onr_error why = ONR_ERROR_INIT;
    unsigned long long part;
    struct onr_span v;

    if (kinds[e->kind].key) {
        if (!take(rest, "key", &v))
            return onr_fail(err, ONR_EINPUT, "its line 'key' is missing");
        if (onr_verifier_parse(v, &e->key, &why) < 0)
            return onr_fail(err, ONR_EINPUT, "its line 'key': %s", why.text);
        if (!take(rest, "role", &v) || onr_key_role_parse(v, &e->role) < 0)
            return onr_fail(err, ONR_EINPUT, "its line 'role' is missing or unknown");
    }
    if (kinds[e->kind].id && (!take(rest, "id", &v) || onr_unhex(v, e->key_id, ONR_KEY_ID_LEN) < 0))
        return onr_fail(err, ONR_EINPUT, "its line 'id' is missing or damaged");
    if (kinds[e->kind].reason && !take(rest, "reason", &e->reason))
        return onr_fail(err, ONR_EINPUT, "its line 'reason' is missing");
    if (kinds[e->kind].id && take(rest, "part", &v)) {
        if (onr_span_u64(v, &part) < 0 || part < 2)
            return onr_fail(err, ONR_EINPUT, "its line 'part' is no number from 2 on");
        e->part = part;
    }
    if (kinds[e->kind].config
        && (!take(rest, "config", &v) || onr_unhex(v, e->config_hash, ONR_SHA256_LEN) < 0))
        return onr_fail(err, ONR_EINPUT, "its line 'config' is missing or damaged");
    return 0;
}

static int
parse_lanes(struct onr_span *rest, struct onr_keylog_entry *e, struct onr_error *err)
{
    struct onr_span v, origin;
    unsigned long long size;

    while (take(rest, "lane", &v)) {
        if (e->n_lanes == ONR_KEYLOG_ENTRY_LANES)
            return onr_fail(err, ONR_EINPUT, "it names more than %d lanes", ONR_KEYLOG_ENTRY_LANES);
        onr_span_next(&v, ' ', &origin);
        e->lane[e->n_lanes].origin = origin;
        if (kinds[e->kind].size) {
            if (onr_span_u64(v, &size) < 0)
                return onr_fail(err, ONR_EINPUT, "a line 'lane' has no size");
            e->lane[e->n_lanes].size = size;
        } else if (v.ptr) {
            return onr_fail(err, ONR_EINPUT, "a line 'lane' is too long");
        }
        e->n_lanes++;
    }
    if (rest->len != 0)
        return onr_fail(err, ONR_EINPUT, "it has a line that does not belong there");
    return 0;
}

int
onr_keylog_entry_parse(struct onr_span text, struct onr_keylog_entry *ret, struct onr_error *err)
{
    struct onr_span rest = text, line, v;
    struct onr_keylog_entry e;
    unsigned long long no;
    int rc;

    memset(&e, 0, sizeof e);
    if (!onr_span_next(&rest, '\n', &line) || !onr_span_eq_z(line, FIRST_LINE))
        return onr_fail(err, ONR_EINPUT, "its first line is not '%s'", FIRST_LINE);
    if (!take(&rest, "entry", &v) || onr_span_u64(v, &no) < 0 || !take(&rest, "prev", &v)
        || onr_unbase64_exact(v, e.prev, ONR_SHA256_LEN) < 0)
        return onr_fail(err, ONR_EINPUT, "its lines 'entry' and 'prev' are missing or damaged");
    e.no = no;
    if (!onr_span_next(&rest, '\n', &line) || !parse_kind(line, &e.kind))
        return onr_fail(err, ONR_EINPUT, "it is of a kind that this program does not know");
    if ((rc = parse_fields(&rest, &e, err)) < 0 || (rc = parse_lanes(&rest, &e, err)) < 0
        || (rc = check(&e, err)) < 0)
        return rc;
    *ret = e;
    return 0;
}
