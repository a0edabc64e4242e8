/* common/stmtlog/offsetmeta.c - see offsetmeta.h. */
#include "common/stmtlog/offsetmeta.h"

#include <inttypes.h>
#include <stdio.h>

char *
onr_offsetmeta_print(const struct onr_offsetmeta *m, char ret[ONR_OFFSETMETA_MAX])
{
    char hex[ONR_HEX_LEN(8)];

    snprintf(ret, ONR_OFFSETMETA_MAX, "onr1;%" PRIu64 ";%" PRIu64 ";%s;%" PRId64, m->commit_no,
             m->size, onr_hex(m->body_hash, 8, hex), m->out_offset);
    return ret;
}

int
onr_offsetmeta_parse(struct onr_span text, struct onr_offsetmeta *ret, struct onr_error *err)
{
    struct onr_span rest = text, part[5];
    unsigned long long no, size, offset;
    struct onr_offsetmeta m;
    size_t n = 0;

    if (text.len == 0)
        return onr_fail(err, ONR_ENOTFOUND, "the group's offset carries no metadata");
    while (n < 5 && onr_span_next(&rest, ';', &part[n]))
        n++;
    if (n != 5 || rest.ptr || !onr_span_eq_z(part[0], "onr1") || onr_span_u64(part[1], &no) < 0
        || onr_span_u64(part[2], &size) < 0 || onr_unhex(part[3], m.body_hash, 8) < 0
        || onr_span_u64(part[4], &offset) < 0 || offset > INT64_MAX)
        return onr_fail(err, ONR_EINPUT,
                        "the group's offset carries '" ONR_SPAN_FMT
                        "', not onr1;<commit>;<size>;<hash>;<offset>: "
                        "another program commits offsets for this group",
                        (int) (text.len < 100 ? text.len : 100), text.ptr);
    m.commit_no = no;
    m.size = size;
    m.out_offset = (int64_t) offset;
    *ret = m;
    return 0;
}
