/* consumers/keys/list.c - the key log, verified against the trust file, as a table or as JSON Lines. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/json.h"
#include "common/line/keyring.h"
#include "common/line/program.h"
#include "common/line/table.h"
#include "consumers/keys/keys.h"

#define REPORT_MAX (64 * 1024 * 1024) /* bytes of the whole list */

static const struct onr_column columns[] = {
    { .title = "ENTRY", .right = true },
    { .title = "KIND" },
    { .title = "NAME", .width = 40 },
    { .title = "ID" },
    { .title = "STATE" },
    { .title = "LANES", .stretch = true, .wrap = true },
};

static bool
has_sizes(const struct onr_keylog_entry *e)
{
    return e->kind == ONR_KEYLOG_RETIRE || e->kind == ONR_KEYLOG_REVOKE
           || e->kind == ONR_KEYLOG_RETENTION;
}

/* What became of the key that an entry speaks of. */
static const char *
key_state(const struct onr_keylog *log, const struct onr_keylog_entry *e)
{
    const struct onr_keylog_key *k = onr_keylog_find(log, e->kind == ONR_KEYLOG_ADD ? e->key.id
                                                                                    : e->key_id);

    if (e->kind != ONR_KEYLOG_ADD)
        return "";
    return !k ? "" : k->revoked ? "revoked" : k->retired ? "retired" : onr_key_role_name(k->role);
}

/* How many lanes from i on are one after the other by partition, and nothing else. */
static size_t
run_length(const struct onr_keylog_entry *e, size_t i)
{
    struct onr_lane_name first, n;
    size_t k = 1;

    if (onr_origin_parse(e->lane[i].origin, &first, NULL) < 0)
        return 1;
    while (i + k < e->n_lanes && onr_origin_parse(e->lane[i + k].origin, &n, NULL) == 0
           && n.partition == first.partition + (int32_t) k && n.epoch == first.epoch
           && onr_span_eq(n.org, first.org) && onr_span_eq(n.output, first.output)
           && onr_span_eq(n.input, first.input))
        k++;
    return k;
}

/* The lanes of an entry; partitions in a row as 0-3, sizes in brackets. */
static int
print_lanes(const struct onr_keylog_entry *e, struct onr_buf *out)
{
    bool sizes = has_sizes(e);
    int rc = 0;

    onr_buf_clear(out);
    for (size_t i = 0; rc == 0 && i < e->n_lanes;) {
        size_t k = sizes ? 1 : run_length(e, i);
        struct onr_lane_name n;

        if (k > 1 && onr_origin_parse(e->lane[i].origin, &n, NULL) == 0)
            rc = onr_buf_printf(out,
                                "%s" ONR_SPAN_FMT "/" ONR_SPAN_FMT "/v1/" ONR_SPAN_FMT "/%" PRId32
                                "-%" PRId32 "/%" PRIu32,
                                i ? " " : "", ONR_SPAN_ARG(n.org), ONR_SPAN_ARG(n.output),
                                ONR_SPAN_ARG(n.input), n.partition, n.partition + (int32_t) k - 1,
                                n.epoch);
        else
            rc = onr_buf_printf(out, "%s" ONR_SPAN_FMT, i ? " " : "",
                                ONR_SPAN_ARG(e->lane[i].origin));
        if (rc == 0 && sizes)
            rc = onr_buf_printf(out, " (%" PRIu64 ")", e->lane[i].size);
        i += k;
    }
    return rc;
}

static int
add_row(const struct onr_keylog *log, const struct onr_keylog_entry *e, struct onr_table *table,
        struct onr_buf *lanes, struct onr_error *err)
{
    char no[24], id[ONR_HEX_LEN(ONR_SHA256_LEN)] = "";
    int rc = print_lanes(e, lanes);

    if (rc < 0)
        return onr_fail(err, -rc, "no memory for the list");
    snprintf(no, sizeof no, "%" PRIu64, e->no);
    if (e->kind == ONR_KEYLOG_ADD)
        onr_hex(e->key.id, ONR_KEY_ID_LEN, id);
    else if (e->kind == ONR_KEYLOG_RETIRE || e->kind == ONR_KEYLOG_REVOKE)
        onr_hex(e->key_id, ONR_KEY_ID_LEN, id);
    else if (e->kind == ONR_KEYLOG_CONFIG)
        onr_hex(e->config_hash, ONR_SHA256_LEN, id);
    const struct onr_span cells[] = { onr_span_z(no),
                                      onr_span_z(onr_keylog_kind_name(e->kind)),
                                      onr_span_z(e->key.name),
                                      onr_span_z(id),
                                      onr_span_z(key_state(log, e)),
                                      onr_buf_span(lanes) };

    return onr_table_add(table, cells, err);
}

static int
show_table(const struct onr_keylog *log, struct onr_buf *out, struct onr_error *err)
{
    struct onr_buf lanes = ONR_BUF_INIT(REPORT_MAX);
    struct onr_table *table = NULL;
    int rc;

    if ((rc = onr_table_new(columns, sizeof columns / sizeof *columns,
                            isatty(STDOUT_FILENO) ? onr_terminal_width(STDOUT_FILENO) : 0, false,
                            &table, err))
        < 0)
        return rc;
    for (uint64_t i = 0; rc == 0 && i < onr_keylog_size(log); i++) {
        struct onr_keylog_entry e;

        if ((rc = onr_keylog_entry_parse(onr_keylog_text(log, i), &e, err)) == 0)
            rc = add_row(log, &e, table, &lanes, err);
    }
    if (rc == 0)
        rc = onr_table_flush(table, onr_colour(STDOUT_FILENO), out, err);
    onr_table_free(table);
    onr_buf_release(&lanes);
    return rc;
}

static int
add_json(const struct onr_keylog *log, const struct onr_keylog_entry *e, struct onr_buf *out)
{
    struct onr_json j = ONR_JSON_INIT(out);
    char verifier[ONR_VERIFIER_MAX + 1];

    onr_json_open(&j, '{');
    onr_json_key(&j, "entry");
    onr_json_int(&j, (int64_t) e->no);
    onr_json_key(&j, "kind");
    onr_json_z(&j, onr_keylog_kind_name(e->kind));
    if (e->kind == ONR_KEYLOG_ADD) {
        onr_json_key(&j, "key");
        onr_json_z(&j, onr_verifier_print(&e->key, verifier));
        onr_json_key(&j, "role");
        onr_json_z(&j, onr_key_role_name(e->role));
        onr_json_key(&j, "state");
        onr_json_z(&j, key_state(log, e));
    }
    if (e->kind == ONR_KEYLOG_ADD || e->kind == ONR_KEYLOG_RETIRE || e->kind == ONR_KEYLOG_REVOKE) {
        onr_json_key(&j, "id");
        onr_json_hex(&j, e->kind == ONR_KEYLOG_ADD ? e->key.id : e->key_id, ONR_KEY_ID_LEN);
    }
    if (e->kind == ONR_KEYLOG_REVOKE) {
        onr_json_key(&j, "reason");
        onr_json_str(&j, e->reason);
    }
    if (e->part > 0) {
        onr_json_key(&j, "part");
        onr_json_int(&j, (int64_t) e->part);
    }
    if (e->kind == ONR_KEYLOG_CONFIG) {
        onr_json_key(&j, "config");
        onr_json_hex(&j, e->config_hash, ONR_SHA256_LEN);
    }
    onr_json_key(&j, "lanes");
    onr_json_open(&j, '[');
    for (size_t i = 0; i < e->n_lanes; i++) {
        onr_json_open(&j, '{');
        onr_json_key(&j, "origin");
        onr_json_str(&j, e->lane[i].origin);
        if (has_sizes(e)) {
            onr_json_key(&j, "size");
            onr_json_int(&j, (int64_t) e->lane[i].size);
        }
        onr_json_close(&j, '}');
    }
    onr_json_close(&j, ']');
    onr_json_close(&j, '}');
    return onr_json_end_line(&j);
}

static int
show_json(const struct onr_keylog *log, struct onr_buf *out, struct onr_error *err)
{
    int rc = 0;

    for (uint64_t i = 0; rc == 0 && i < onr_keylog_size(log); i++) {
        struct onr_keylog_entry e;

        if ((rc = onr_keylog_entry_parse(onr_keylog_text(log, i), &e, err)) < 0)
            return rc;
        if ((rc = add_json(log, &e, out)) < 0)
            return onr_fail(err, -rc, "no memory for the list");
    }
    return rc;
}

static void
show_summary(const struct onr_keylog *log, const char *path)
{
    char hex[ONR_HEX_LEN(ONR_SHA256_LEN)];
    uint8_t head[ONR_SHA256_LEN];

    onr_keylog_head(log, head);
    fprintf(stderr,
            "%" PRIu64 " entries, each signed by %u of the %zu roots of %s; head %s; %" PRIu64
            " stale, %" PRIu64 " foreign records ignored\n",
            onr_keylog_size(log), onr_keylog_trust(log)->k, onr_keylog_trust(log)->n_roots, path,
            onr_hex(head, sizeof head, hex), onr_keylog_stale(log), onr_keylog_foreign(log));
}

int
onr_keys_list(const struct onr_settings *s, struct onr_error *err)
{
    struct onr_buf out = ONR_BUF_INIT(REPORT_MAX);
    struct onr_keyring *ring = NULL;
    struct onr_broker broker;
    const char *path;
    int rc;

    if ((rc = onr_keys_need(s, "trust", "trust.txt", &path, err)) < 0
        || (rc = onr_broker_init(&broker, s, "keys", err)) < 0
        || (rc = onr_keys_open_ring(&broker, path, &ring, err)) < 0)
        return rc;
    rc = onr_set_flag(s, "json") ? show_json(onr_keyring_log(ring), &out, err)
                                 : show_table(onr_keyring_log(ring), &out, err);
    if (rc == 0)
        rc = onr_fd_write(STDOUT_FILENO, onr_buf_span(&out), "standard output", err);
    if (rc == 0)
        show_summary(onr_keyring_log(ring), path);
    onr_keyring_close(ring);
    onr_buf_release(&out);
    return rc;
}
