/* common/stmtlog/head.c - see head.h.
 *
 * The line: head1 <origin> <state> <commit_no> <size> <root> <body hash> <config hash> <in_from> <in_next> <out offset>
 * <nodes> <size before> <nodes before>; hashes in hex, nodes one after the other, '-' for none; state is new, open or sealed.
 */
#include "common/stmtlog/head.h"

#include <inttypes.h>

#define LEN   ONR_SHA256_LEN
#define PARTS 14

int
onr_head_init(struct onr_head *h, struct onr_span origin, struct onr_error *err)
{
    struct onr_lane_name name;
    int rc;

    if ((rc = onr_origin_parse(origin, &name, err)) < 0)
        return rc;
    memset(h, 0, sizeof *h);
    memcpy(h->origin, origin.ptr, origin.len);
    h->out_offset = -1;
    return 0;
}

int
onr_head_from_commit(struct onr_head *h, struct onr_span origin, struct onr_span body,
                     const uint8_t (*frontier)[LEN], size_t n, int64_t out_offset,
                     struct onr_error *err)
{
    struct onr_head new;
    struct onr_commit c;
    int rc;

    if ((rc = onr_head_init(&new, origin, err)) < 0 || (rc = onr_commit_decode(body, &c, err)) < 0
        || (rc = onr_frontier_from_nodes(&new.tree, c.size_after, frontier, n, c.root_after, err))
               < 0)
        return rc;
    new.started = true;
    new.sealed = c.flags &ONR_COMMIT_SEALED;
    new.commit_no = c.commit_no;
    onr_commit_hash((const uint8_t *) body.ptr, new.body_hash);
    memcpy(new.root, c.root_after, LEN);
    memcpy(new.config_hash, c.config_hash, LEN);
    new.in_from = c.in_from;
    new.in_next = c.in_next;
    new.out_offset = out_offset;
    new.has_before = c.size_before == 0; /* the empty tree is known */
    *h = new;
    return 0;
}

static int
print_nodes(const struct onr_frontier *f, char sep, struct onr_buf *out)
{
    char hex[ONR_HEX_LEN(LEN)];
    size_t n = onr_frontier_count(f->size);
    int rc = n == 0 ? onr_buf_add_z(out, "-") : 0;

    for (size_t i = 0; rc == 0 && i < n; i++)
        rc = onr_buf_add_z(out, onr_hex(f->node[i], LEN, hex));
    return rc < 0 ? rc : onr_buf_add_byte(out, (uint8_t) sep);
}

int
onr_head_print(const struct onr_head *h, struct onr_buf *out)
{
    char root[ONR_HEX_LEN(LEN)], body[ONR_HEX_LEN(LEN)], config[ONR_HEX_LEN(LEN)];
    size_t before = out->len;
    int rc;

    rc = onr_buf_printf(
        out, "head1 %s %s %" PRIu64 " %" PRIu64 " %s %s %s %" PRId64 " %" PRId64 " %" PRId64 " ",
        h->origin,
        !h->started ? "new"
        : h->sealed ? "sealed"
                    : "open",
        h->commit_no, h->tree.size, onr_hex(h->root, LEN, root), onr_hex(h->body_hash, LEN, body),
        onr_hex(h->config_hash, LEN, config), h->in_from, h->in_next, h->out_offset);
    if (rc == 0)
        rc = print_nodes(&h->tree, ' ', out);
    if (rc == 0 && h->has_before)
        rc = onr_buf_printf(out, "%" PRIu64 " ", h->before.size);
    else if (rc == 0)
        rc = onr_buf_add_z(out, "- -\n");
    if (rc == 0 && h->has_before)
        rc = print_nodes(&h->before, '\n', out);
    if (rc < 0)
        out->len = before;
    return rc;
}

static bool
parse_offset(struct onr_span s, int64_t least, int64_t *ret)
{
    unsigned long long v;

    if (least < 0 && onr_span_eq_z(s, "-1")) {
        *ret = -1;
        return true;
    }
    if (onr_span_u64(s, &v) < 0 || v > INT64_MAX)
        return false;
    *ret = (int64_t) v;
    return true;
}

static bool
parse_u64(struct onr_span s, uint64_t *ret)
{
    unsigned long long v;

    if (onr_span_u64(s, &v) < 0)
        return false;
    *ret = v;
    return true;
}

static bool
parse_nodes(struct onr_span s, struct onr_frontier *f)
{
    size_t n = onr_frontier_count(f->size);

    if (n == 0)
        return onr_span_eq_z(s, "-");
    return onr_unhex(s, f->node[0], n * LEN) == 0;
}

static bool
parse_parts(const struct onr_span p[PARTS], struct onr_head *h)
{
    h->started = !onr_span_eq_z(p[2], "new");
    h->sealed = onr_span_eq_z(p[2], "sealed");
    h->has_before = !onr_span_eq_z(p[12], "-");
    return (!h->started || h->sealed || onr_span_eq_z(p[2], "open"))
           && parse_u64(p[3], &h->commit_no) && parse_u64(p[4], &h->tree.size)
           && onr_unhex(p[5], h->root, LEN) == 0 && onr_unhex(p[6], h->body_hash, LEN) == 0
           && onr_unhex(p[7], h->config_hash, LEN) == 0 && parse_offset(p[8], 0, &h->in_from)
           && parse_offset(p[9], 0, &h->in_next) && parse_offset(p[10], -1, &h->out_offset)
           && parse_nodes(p[11], &h->tree)
           && (h->has_before ? parse_u64(p[12], &h->before.size) && parse_nodes(p[13], &h->before)
                             : onr_span_eq_z(p[13], "-"))
           && (h->started || (h->commit_no == 0 && h->tree.size == 0));
}

int
onr_head_parse(struct onr_span line, struct onr_head *ret, struct onr_error *err)
{
    struct onr_span rest, part[PARTS];
    uint8_t root[LEN];
    struct onr_head h;
    size_t n = 0;
    int rc;

    if (line.len > 0 && line.ptr[line.len - 1] == '\n')
        line.len--;
    rest = line;
    while (n < PARTS && onr_span_next(&rest, ' ', &part[n]))
        n++;
    if (n != PARTS || rest.ptr || !onr_span_eq_z(part[0], "head1"))
        return onr_fail(err, ONR_EINPUT, "not the head of a lane: a line 'head1 <origin> ...'");
    if ((rc = onr_head_init(&h, part[1], err)) < 0)
        return rc;
    if (!parse_parts(part, &h))
        return onr_fail(err, ONR_EINPUT, "damaged head of lane %s", h.origin);
    onr_frontier_root(&h.tree, root);
    if (h.started && memcmp(root, h.root, LEN) != 0)
        return onr_fail(err, ONR_EVERIFY,
                        "damaged head of lane %s: its nodes do not hash to its root", h.origin);
    *ret = h;
    return 0;
}
