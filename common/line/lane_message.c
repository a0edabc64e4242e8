/* common/line/lane_message.c - see lane_message.h.
 *
 * Each of our headers may stand once: a second one is what an attacker adds so that two readers see two records.
 */
#include "common/line/lane_message.h"

#include <strings.h>

static const struct onr_span ce_prefix = { "ce_", 3 };

/* One of our headers: *ret is null when it is not there. False when it stands twice. */
static bool
single_header(const struct onr_message *m, const char *name, struct onr_span *ret)
{
    size_t n;

    *ret = onr_message_header(m, name, &n);
    return n <= 1;
}

/* A frame of any record type we know. Unknown ids and broken frames are the message's fault here: a lane is written with
 * schemas on the list, or it is not of this lane. */
static enum onr_check
open_frame(const struct onr_codec *codec, struct onr_span value, struct onr_lane_message *l)
{
    switch (onr_frame_open(codec, value, &l->schema_id, &l->type, &l->payload, NULL)) {
    case 0:
        return ONR_CHECK_OK;
    case -ONR_ENOTFOUND:
        return ONR_CHECK_SCHEMA;
    default:
        return ONR_CHECK_MALFORMED;
    }
}

static int
open_commit(struct onr_codec *codec, struct onr_arena *arena, struct onr_lane_message *l,
            struct onr_error *err)
{
    int rc;

    if (l->type != ONR_REC_COMMIT) {
        l->fault = ONR_CHECK_SCHEMA;
        return 0;
    }
    rc = onr_commit_record_decode(codec, l->schema_id, l->payload, arena, &l->record, NULL);
    if (rc == -ONR_ENOMEM)
        return onr_fail(err, ONR_ENOMEM, "no memory to look into a COMMIT");
    l->readable = rc == 0;
    l->fault = rc == 0 ? ONR_CHECK_OK : ONR_CHECK_MALFORMED;
    return 0;
}

int
onr_lane_message_open(struct onr_codec *codec, const struct onr_message *m, struct onr_arena *arena,
                      struct onr_lane_message *ret, struct onr_error *err)
{
    struct onr_lane_message l = { .readable = false };
    struct onr_span type;
    int rc = 0;

    bool single = single_header(m, ONR_HEADER_TYPE, &type)
                  && single_header(m, ONR_HEADER_LEAF, &l.leaf)
                  && single_header(m, ONR_HEADER_SIG, &l.sig)
                  && single_header(m, ONR_HEADER_NOTE, &l.note)
                  && m->n_headers <= ONR_MESSAGE_HEADERS;

    l.commit = onr_span_eq_z(type, ONR_TYPE_COMMIT);
    if (!single || (type.ptr && !l.commit))
        l.fault = ONR_CHECK_MALFORMED;
    else if (!l.commit && (!l.leaf.ptr || !l.sig.ptr))
        l.fault = ONR_CHECK_STRIPPED;
    else
        l.fault = open_frame(codec, m->value, &l);

    if (l.fault == ONR_CHECK_OK && l.commit)
        rc = open_commit(codec, arena, &l, err);
    else if (l.fault == ONR_CHECK_OK)
        l.readable = true;
    if (rc == 0)
        *ret = l;
    return rc;
}

bool
onr_lane_schema_ok(void *codec, enum onr_leaf_type type, const uint8_t fp[ONR_SHA256_LEN])
{
    return onr_codec_knows_fp(codec, type == ONR_LEAF_RESULT ? ONR_REC_RESULT : ONR_REC_REJECT, fp);
}

enum onr_check
onr_lane_frame_check(const struct onr_codec *codec, const struct onr_lane_message *l,
                     const struct onr_leaf *leaf)
{
    enum onr_record_type want = leaf->type == ONR_LEAF_RESULT ? ONR_REC_RESULT : ONR_REC_REJECT;
    bool ours = l->schema_id == onr_codec_schema_id(codec, want);
    bool signed_ours = memcmp(leaf->schema_fp, onr_codec_schema_fp(codec, want), ONR_SHA256_LEN)
                       == 0;

    return l->type == want && ours == signed_ours ? ONR_CHECK_OK : ONR_CHECK_SCHEMA;
}

int
onr_lane_payload_decode(struct onr_codec *codec, uint32_t schema_id, enum onr_record_type type,
                        struct onr_span payload, struct onr_arena *arena,
                        struct onr_lane_payload *ret, struct onr_error *err)
{
    struct onr_lane_payload p = { .rejected = type == ONR_REC_REJECT };
    int rc;

    if (type == ONR_REC_REJECT)
        rc = onr_reject_decode(codec, schema_id, payload, &p.reject, err);
    else if (type == ONR_REC_RESULT)
        rc = onr_result_decode(codec, schema_id, payload, arena, &p.result, NULL, err);
    else
        rc = onr_fail(err, ONR_EINPUT, "neither a result nor a reject");
    if (rc == 0)
        *ret = p;
    return rc;
}

static int
check_key(const struct onr_message *m, struct onr_span want, struct onr_error *err)
{
    if ((m->key.ptr == NULL) == (want.ptr == NULL) && onr_span_eq(m->key, want))
        return 0;
    return onr_fail(err, ONR_EVERIFY, "its key is not the id of the article in its payload");
}

static bool
is_hint(const char *name)
{
    return strncasecmp(name, ce_prefix.ptr, ce_prefix.len) == 0
           || strcasecmp(name, "content-type") == 0;
}

/* Every hint must be one of `want`, once, with that value. */
int
onr_lane_hints_check(const struct onr_message *m, const struct onr_lane_payload *p,
                     struct onr_arena *arena, struct onr_error *err)
{
    struct onr_header want[ONR_CE_HEADERS];
    size_t n_want = p->rejected ? 0 : ONR_CE_HEADERS;
    unsigned seen = 0; /* bit k: want[k] was found */
    int rc;

    if (!p->rejected && (rc = onr_result_headers(&p->result, arena, want, err)) < 0)
        return rc;
    if ((rc = check_key(m, p->rejected ? ONR_SPAN_NULL : p->result.article.id, err)) < 0)
        return rc;
    for (size_t i = 0; i < m->n_headers && i < ONR_MESSAGE_HEADERS; i++) {
        const struct onr_kafka_header *h = &m->header[i];
        size_t k = 0;

        if (!is_hint(h->name))
            continue;
        while (k < n_want && strcmp(h->name, want[k].name) != 0)
            k++;
        if (k == n_want || (seen >> k & 1) || !onr_span_eq(h->value, want[k].value))
            return onr_fail(err, ONR_EVERIFY, "its header %.40s is not what its payload says",
                            h->name);
        seen |= 1u << k;
    }
    if (seen + 1 != 1u << n_want)
        return onr_fail(err, ONR_EVERIFY, "not all headers that its payload gives are there");
    return 0;
}

size_t
onr_lane_record_headers(struct onr_span leaf, struct onr_span sig, const struct onr_outcome *o,
                        struct onr_kafka_header *ret)
{
    size_t n = 0;

    ret[n++] = (struct onr_kafka_header){ ONR_HEADER_LEAF, leaf };
    ret[n++] = (struct onr_kafka_header){ ONR_HEADER_SIG, sig };
    for (size_t i = 0; i < o->n_headers; i++)
        ret[n++] = (struct onr_kafka_header){ o->header[i].name, o->header[i].value };
    return n;
}

size_t
onr_lane_commit_headers(struct onr_span note, struct onr_kafka_header *ret)
{
    size_t n = 0;

    ret[n++] = (struct onr_kafka_header){ ONR_HEADER_TYPE, ONR_SPAN(ONR_TYPE_COMMIT) };
    if (note.ptr)
        ret[n++] = (struct onr_kafka_header){ ONR_HEADER_NOTE, note };
    return n;
}
