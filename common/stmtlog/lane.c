/* common/stmtlog/lane.c - see lane.h. */
#include "common/stmtlog/lane.h"

#include <inttypes.h>
#include <stdio.h>

bool
onr_name_part_ok(struct onr_span s, size_t max)
{
    if (s.len == 0 || s.len > max)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];

        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.'
              || c == '_' || c == '-'))
            return false;
    }
    return true;
}

int
onr_origin_print(const struct onr_lane_name *n, char ret[ONR_ORIGIN_MAX + 1], struct onr_error *err)
{
    if (!onr_name_part_ok(n->org, ONR_KEY_NAME_MAX))
        return onr_fail(err, ONR_ECONFIG,
                        "organisation '" ONR_SPAN_FMT
                        "': use 1 to %d letters, digits, '.', '_' or '-' (a domain name is usual)",
                        ONR_SPAN_ARG(n->org), ONR_KEY_NAME_MAX);
    if (!onr_name_part_ok(n->output, ONR_TOPIC_MAX))
        return onr_fail(err, ONR_ECONFIG, "'" ONR_SPAN_FMT "' is not the name of a Kafka topic",
                        ONR_SPAN_ARG(n->output));
    if (!onr_name_part_ok(n->input, ONR_TOPIC_MAX))
        return onr_fail(err, ONR_ECONFIG, "'" ONR_SPAN_FMT "' is not the name of a Kafka topic",
                        ONR_SPAN_ARG(n->input));
    if (n->partition < 0 || n->epoch == 0)
        return onr_fail(err, ONR_ECONFIG,
                        "lane %" PRId32 "/%" PRIu32 ": partitions count from 0, epochs from 1",
                        n->partition, n->epoch);
    snprintf(ret, ONR_ORIGIN_MAX + 1,
             ONR_SPAN_FMT "/" ONR_SPAN_FMT "/v1/" ONR_SPAN_FMT "/%" PRId32 "/%" PRIu32,
             ONR_SPAN_ARG(n->org), ONR_SPAN_ARG(n->output), ONR_SPAN_ARG(n->input), n->partition,
             n->epoch);
    return 0;
}

/* The six parts between slashes. */
static bool
split(struct onr_span origin, struct onr_span ret[6])
{
    struct onr_span rest = origin;

    if (!origin.ptr || origin.len > ONR_ORIGIN_MAX)
        return false;
    for (size_t i = 0; i < 6; i++)
        if (!onr_span_next(&rest, '/', &ret[i]))
            return false;
    return rest.ptr == NULL;
}

int
onr_origin_parse(struct onr_span origin, struct onr_lane_name *ret, struct onr_error *err)
{
    struct onr_span part[6];
    unsigned long long partition, epoch;

    if (!split(origin, part) || !onr_name_part_ok(part[0], ONR_KEY_NAME_MAX)
        || !onr_name_part_ok(part[1], ONR_TOPIC_MAX) || !onr_span_eq_z(part[2], "v1")
        || !onr_name_part_ok(part[3], ONR_TOPIC_MAX) || onr_span_u64(part[4], &partition) < 0
        || onr_span_u64(part[5], &epoch) < 0 || partition > INT32_MAX || epoch == 0
        || epoch > UINT32_MAX)
        return onr_fail(err, ONR_EINPUT,
                        "'" ONR_SPAN_FMT "' is not a lane's origin: it reads "
                        "<org>/<output topic>/v1/<input topic>/<partition>/<epoch>",
                        (int) (origin.len < 200 ? origin.len : 200), origin.ptr ? origin.ptr : "");
    *ret = (struct onr_lane_name){ part[0], part[1], part[3], (int32_t) partition,
                                   (uint32_t) epoch };
    return 0;
}

bool
onr_origin_pattern_ok(struct onr_span s)
{
    struct onr_span p[6];
    unsigned long long v;

    return split(s, p) && onr_name_part_ok(p[0], ONR_KEY_NAME_MAX)
           && onr_name_part_ok(p[1], ONR_TOPIC_MAX) && onr_span_eq_z(p[2], "v1")
           && onr_name_part_ok(p[3], ONR_TOPIC_MAX)
           && (onr_span_eq_z(p[4], "*") || (onr_span_u64(p[4], &v) == 0 && v <= INT32_MAX))
           && (onr_span_eq_z(p[5], "*")
               || (onr_span_u64(p[5], &v) == 0 && v > 0 && v <= UINT32_MAX));
}

void
onr_lane_id(struct onr_span origin, uint8_t ret[ONR_SHA256_LEN])
{
    static const char tag[17] = "stmtlog/lane/v1\n"; /* the final NUL is part of it */
    struct onr_span parts[] = { onr_span_of(tag, sizeof tag), origin };

    onr_sha256_parts(parts, 2, ret);
}

bool
onr_origin_match(struct onr_span pattern, struct onr_span origin)
{
    struct onr_span p[6], o[6];

    if (onr_span_eq(pattern, origin))
        return true;
    if (!split(pattern, p) || !split(origin, o))
        return false;
    for (size_t i = 0; i < 6; i++)
        if (!(i >= 4 && onr_span_eq_z(p[i], "*")) && !onr_span_eq(p[i], o[i]))
            return false;
    return true;
}
