/* common/line/dead_letter.c - see dead_letter.h. */
#include "common/line/dead_letter.h"

#include <inttypes.h>
#include <stdio.h>

/* Beside ours, the headers by which Kafka Connect's tools know a dead letter. */
#define CONNECT_TOPIC     "__connect.errors.topic"
#define CONNECT_PARTITION "__connect.errors.partition"
#define CONNECT_OFFSET    "__connect.errors.offset"
#define CONNECT_MESSAGE   "__connect.errors.exception.message"
#define HEADER_OVERHEAD   10 /* two lengths as varints */

_Static_assert(ONR_LETTER_HEADERS < ONR_MESSAGE_HEADERS, "a reader sees our headers, too");

static void
add(struct onr_dead_letter *l, const char *name, struct onr_span value)
{
    l->header[l->n_headers++] = (struct onr_kafka_header){ name, value };
}

static struct onr_span
number(struct onr_dead_letter *l, size_t i, uint64_t value)
{
    int len = snprintf(l->number[i], sizeof l->number[i], "%" PRIu64, value);

    return onr_span_of(l->number[i], (size_t) len);
}

static size_t
headers_size(const struct onr_kafka_header *h, size_t n)
{
    size_t size = 0;

    for (size_t i = 0; i < n; i++)
        size += strlen(h[i].name) + h[i].value.len + HEADER_OVERHEAD;
    return size;
}

/* Leave the largest part out until the rest can be sent. Returns how many of the original headers stay. */
static size_t
cut(const struct onr_message *m, struct onr_dead_letter *l, size_t kept)
{
    size_t headers = headers_size(l->header, kept);

    while (l->value.len + l->key.len + headers > ONR_LETTER_MAX) {
        if (l->value.len >= l->key.len && l->value.len >= headers) {
            l->value = ONR_SPAN_NULL;
        } else if (l->key.len >= headers) {
            l->key = ONR_SPAN_NULL;
        } else {
            kept = 0;
            headers = 0;
        }
    }
    l->n_headers = kept;
    if (m->value.ptr && !l->value.ptr)
        add(l, ONR_HEADER_VALUE_CUT, number(l, 0, m->value.len));
    if (m->key.ptr && !l->key.ptr)
        add(l, ONR_HEADER_KEY_CUT, number(l, 1, m->key.len));
    return kept;
}

void
onr_dead_letter_make(const struct onr_message *m, enum onr_reject_code code, uint64_t seq,
                     struct onr_dead_letter *ret)
{
    struct onr_span topic = onr_span_z(m->topic), partition, offset;
    const size_t room = ONR_MESSAGE_HEADERS - ONR_LETTER_HEADERS;
    size_t all, kept;

    ret->key = m->key;
    ret->value = m->value;
    onr_message_load_headers(m, &all, ret->header);
    kept = cut(m, ret, all < room ? all : room);
    partition = number(ret, 2, (uint64_t) m->partition);
    offset = number(ret, 3, (uint64_t) m->offset);
    add(ret, ONR_HEADER_REASON, onr_span_z(onr_reject_name(code)));
    add(ret, ONR_HEADER_TOPIC, topic);
    add(ret, ONR_HEADER_PARTITION, partition);
    add(ret, ONR_HEADER_OFFSET, offset);
    add(ret, ONR_HEADER_SEQ, number(ret, 4, seq));
    add(ret, CONNECT_TOPIC, topic);
    add(ret, CONNECT_PARTITION, partition);
    add(ret, CONNECT_OFFSET, offset);
    add(ret, CONNECT_MESSAGE, onr_span_z(onr_reject_sentence(code)));
    if (all > kept)
        add(ret, ONR_HEADER_HEADERS_CUT, number(ret, 5, all - kept));
}

static bool
cut_part(const struct onr_message *letter, struct onr_span part, const char *name)
{
    unsigned long long size;

    return !part.ptr && onr_span_u64(onr_message_header(letter, name, NULL), &size) == 0
           && size >= ONR_LETTER_CUT_MIN;
}

bool
onr_dead_letter_cut(const struct onr_message *letter)
{
    return cut_part(letter, letter->value, ONR_HEADER_VALUE_CUT)
           || cut_part(letter, letter->key, ONR_HEADER_KEY_CUT);
}
