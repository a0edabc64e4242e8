/* common/line/keyring.c - see keyring.h. */
#include "common/line/keyring.h"

#include <stdlib.h>

#include "common/base/log.h"

struct onr_keyring {
    const struct onr_broker *broker;
    struct onr_trust trust;
    struct onr_keylog *log;
    struct onr_reader *reader;
    int64_t next; /* offset in the keys topic up to which the log was read */
};

static const char *
keys_topic(const struct onr_keyring *k)
{
    return k->broker->settings.topics.name[ONR_TOPIC_KEYS];
}

/* The trust file must speak of the topics that the settings name: else every record would be foreign without a reason. */
static int
check_topics(const struct onr_keyring *k, const char *path, struct onr_error *err)
{
    const struct onr_topic_names *names = &k->broker->settings.topics;
    const char *output = names->name[ONR_TOPIC_ATTRIBUTIONS];
    const char *org = onr_set_text(k->broker->kafka.settings, "org");
    struct onr_span input = onr_trust_input(&k->trust, onr_span_z(output));

    if (org && strcmp(org, k->trust.org) != 0)
        return onr_fail(err, ONR_ECONFIG, "%s: %s is not the organisation of %s, %s",
                        onr_set_where(k->broker->kafka.settings, "org"), org, path, k->trust.org);
    if (!input.ptr)
        return onr_fail(err, ONR_ECONFIG,
                        "%s does not name the topic %s: is it the trust file of another line, or "
                        "--prefix wrong?",
                        path, output);
    if (!onr_span_eq_z(input, names->name[ONR_TOPIC_STATEMENTS]))
        return onr_fail(err, ONR_ECONFIG, "%s says that %s is made from " ONR_SPAN_FMT ", not %s",
                        path, output, ONR_SPAN_ARG(input), names->name[ONR_TOPIC_STATEMENTS]);
    return 0;
}

int
onr_keyring_open(const struct onr_broker *b, const char *path, struct onr_keyring **ret,
                 struct onr_error *err)
{
    struct onr_keyring *k = calloc(1, sizeof *k);
    bool grew;
    int rc;

    if (!k)
        return onr_fail(err, ONR_ENOMEM, "no memory for keys");
    k->broker = b;
    if ((rc = onr_trust_read(path, &k->trust, err)) < 0 || (rc = check_topics(k, path, err)) < 0
        || (rc = onr_keylog_new(&k->trust, &k->log, err)) < 0
        || (rc = onr_reader_open(&b->kafka, false, &k->reader, err)) < 0
        || (rc = onr_broker_wait(b, k->reader, keys_topic(k), NULL, err)) < 0
        || (rc = onr_keyring_refresh(k, &grew, err)) < 0) {
        onr_keyring_close(k);
        return rc;
    }
    *ret = k;
    return 0;
}

void
onr_keyring_close(struct onr_keyring *k)
{
    if (!k)
        return;
    if (k->reader)
        onr_reader_close(k->reader);
    onr_keylog_free(k->log);
    free(k);
}

static int
feed(struct onr_keyring *k, const struct onr_message *m, struct onr_error *err)
{
    struct onr_error why = ONR_ERROR_INIT;
    enum onr_keylog_outcome outcome;
    int rc = onr_keylog_feed(k->log, m->value, &outcome, &why);

    if (rc < 0)
        return onr_fail(err, why.code, "%s offset %lld: %s", m->topic, (long long) m->offset,
                        why.text);
    if (outcome != ONR_KEYLOG_TAKEN)
        onr_log(ONR_LOG_WARN, "keys.ignored", "offset=%lld kind=%s reason=%s",
                (long long) m->offset, outcome == ONR_KEYLOG_STALE ? "stale" : "foreign",
                onr_log_q(why.text));
    return 0;
}

int
onr_keyring_refresh(struct onr_keyring *k, bool *ret_grew, struct onr_error *err)
{
    int timeout = k->broker->settings.timeout_ms;
    uint64_t before = onr_keylog_size(k->log);
    const struct onr_message *m;
    int64_t low, end;
    int rc;

    rc = onr_reader_bounds(k->reader, keys_topic(k), 0, timeout, &low, &end, err);
    if (rc == -ONR_ENOTFOUND) /* it was there at the start: a restarted broker knows nothing yet */
        return onr_fail(err, ONR_EBROKER, "%s is not known to the broker right now", keys_topic(k));
    if (rc < 0)
        return rc;
    if (k->next == 0 && low > 0)
        return onr_fail(err, ONR_ESTATE,
                        "%s begins at offset %lld: the beginning of the key log is gone, nothing "
                        "can be trusted",
                        keys_topic(k), (long long) low);
    if (end < k->next)
        return onr_fail(err, ONR_ESTATE,
                        "%s ends at offset %lld, but was read up to %lld: its end was cut off, or "
                        "it was made anew; nothing can be trusted",
                        keys_topic(k), (long long) end, (long long) k->next);
    if (end > k->next) {
        struct onr_topic_range range = { keys_topic(k), 0, k->next, end };

        if ((rc = onr_reader_assign(k->reader, &range, 1, err)) < 0)
            return rc;
        while ((rc = onr_reader_next(k->reader, timeout, &m, err)) == ONR_READ_MESSAGE)
            if ((rc = feed(k, m, err)) < 0)
                return rc;
        if (rc < 0)
            return rc;
        if (rc == ONR_READ_WAIT)
            return onr_fail(err, ONR_EBROKER, "%s: the broker stopped answering", keys_topic(k));
        k->next = end;
    }
    *ret_grew = onr_keylog_size(k->log) > before;
    return 0;
}

int
onr_keyring_reaches(const struct onr_keyring *k, const struct onr_head_store *heads,
                    const char *path, struct onr_error *err)
{
    uint8_t known[ONR_SHA256_LEN], here[ONR_SHA256_LEN];
    uint64_t n = onr_head_store_keys(heads, known);

    if (n == 0)
        return 0;
    if (n > onr_keylog_size(k->log))
        return onr_fail(
            err, ONR_ESTATE,
            "%s holds %llu entries, but the heads in %s were verified with %llu: the end "
            "of the key log was cut off",
            keys_topic(k), (unsigned long long) onr_keylog_size(k->log), path,
            (unsigned long long) n);
    onr_keylog_hash(onr_keylog_text(k->log, n - 1), here);
    if (memcmp(here, known, sizeof here) != 0)
        return onr_fail(
            err, ONR_ESTATE,
            "entry %llu of %s is not the one that the heads in %s were verified with: this "
            "is another key log",
            (unsigned long long) n - 1, keys_topic(k), path);
    return 0;
}

void
onr_keyring_keep(const struct onr_keyring *k, struct onr_head_store *heads)
{
    uint8_t hash[ONR_SHA256_LEN];

    onr_keylog_head(k->log, hash);
    onr_head_store_put_keys(heads, onr_keylog_size(k->log), hash);
}

const struct onr_keylog *
onr_keyring_log(const struct onr_keyring *k)
{
    return k->log;
}

const struct onr_trust *
onr_keyring_trust(const struct onr_keyring *k)
{
    return &k->trust;
}

static struct onr_lane_name
lane_name(const struct onr_keyring *k, int32_t partition)
{
    const struct onr_topic_names *names = &k->broker->settings.topics;

    return (struct onr_lane_name){ .org = onr_span_z(k->trust.org),
                                   .output = onr_span_z(names->name[ONR_TOPIC_ATTRIBUTIONS]),
                                   .input = onr_span_z(names->name[ONR_TOPIC_STATEMENTS]),
                                   .partition = partition };
}

int32_t
onr_keyring_partitions(const struct onr_keyring *k)
{
    struct onr_lane_name n = lane_name(k, 0);
    int64_t partitions = onr_keylog_partitions(k->log, n.org, n.output, n.input);

    return partitions < ONR_TOPIC_PARTITIONS_MAX ? (int32_t) partitions : ONR_TOPIC_PARTITIONS_MAX;
}

int
onr_keyring_next_epoch(const struct onr_keyring *k, int32_t partition, uint32_t *epoch,
                       char ret[ONR_ORIGIN_MAX + 1], struct onr_error *err)
{
    struct onr_lane_name n = lane_name(k, partition);

    *epoch = n.epoch = onr_keylog_epoch_after(k->log, n.org, n.output, n.input, partition, *epoch);
    return n.epoch ? onr_origin_print(&n, ret, err) : 0;
}

int
onr_keyring_origin(const struct onr_keyring *k, int32_t partition, char ret[ONR_ORIGIN_MAX + 1],
                   struct onr_error *err)
{
    const struct onr_topic_names *names = &k->broker->settings.topics;
    struct onr_lane_name n = lane_name(k, partition);

    n.epoch = onr_keylog_epoch(k->log, n.org, n.output, n.input, partition);
    if (n.epoch == 0)
        return onr_fail(err, ONR_EKEY,
                        "the key log has no GENESIS entry for partition %d of %s: nothing in it is "
                        "trusted; make one with: onrecord keys genesis",
                        partition, names->name[ONR_TOPIC_ATTRIBUTIONS]);
    return onr_origin_print(&n, ret, err);
}
