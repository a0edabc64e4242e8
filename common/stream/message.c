/* common/stream/message.c - headers of a record (message.h), and librdkafka's message as ours (message_in.h). */
#include "common/stream/message.h"

#include "common/stream/message_in.h"

struct onr_span
onr_message_header(const struct onr_message *m, const char *name, size_t *ret_n)
{
    size_t n = m->n_headers < ONR_MESSAGE_HEADERS ? m->n_headers : ONR_MESSAGE_HEADERS, found = 0;
    struct onr_span value = ONR_SPAN_NULL;

    for (size_t i = 0; i < n; i++) {
        if (strcmp(m->header[i].name, name) != 0)
            continue;
        value = m->header[i].value;
        found++;
    }
    if (ret_n)
        *ret_n = found;
    return value;
}

static size_t
read_headers(const rd_kafka_message_t *k, struct onr_kafka_header ret[ONR_MESSAGE_HEADERS])
{
    rd_kafka_headers_t *headers;
    const char *name;
    const void *value;
    size_t n = 0, len;

    if (rd_kafka_message_headers(k, &headers))
        return 0;
    for (; !rd_kafka_header_get_all(headers, n, &name, &value, &len); n++)
        if (n < ONR_MESSAGE_HEADERS)
            ret[n] = (struct onr_kafka_header){ name, onr_span_of(value, value ? len : 0) };
    return n;
}

void
onr_message_in(const rd_kafka_message_t *k, bool headers, struct onr_message *ret)
{
    rd_kafka_timestamp_type_t type;

    ret->topic = rd_kafka_topic_name(k->rkt);
    ret->partition = k->partition;
    ret->offset = k->offset;
    ret->timestamp_ms = rd_kafka_message_timestamp(k, &type);
    ret->key = onr_span_of(k->key, k->key_len);
    ret->value = onr_span_of(k->payload, k->len);
    ret->n_headers = headers ? read_headers(k, ret->header) : 0;
    ret->raw = headers ? NULL : k;
}

void
onr_message_load_headers(const struct onr_message *m, size_t *ret_n,
                         struct onr_kafka_header ret[ONR_MESSAGE_HEADERS])
{
    size_t kept = m->n_headers < ONR_MESSAGE_HEADERS ? m->n_headers : ONR_MESSAGE_HEADERS;

    if (m->raw) {
        *ret_n = read_headers(m->raw, ret);
        return;
    }
    if (kept)
        memcpy(ret, m->header, kept * sizeof *ret);
    *ret_n = m->n_headers;
}
