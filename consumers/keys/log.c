/* consumers/keys/log.c - the entries that allow something: lanes may begin, keys may sign, configurations may change. */
#include <string.h>

#include "common/stream/ask.h"
#include "consumers/keys/writer.h"

static int
genesis_width(struct writer *w, int32_t *ret, struct onr_error *err)
{
    const char *topic = w->broker.settings.topics.name[ONR_TOPIC_ATTRIBUTIONS];

    if (onr_set_is(w->settings, "partitions")) {
        *ret = (int32_t) onr_set_int(w->settings, "partitions");
        return 0;
    }
    return onr_client_partitions(onr_txn_handle(w->txn), topic, w->broker.settings.timeout_ms, ret,
                                 err);
}

/* Every lane of the line that may not begin yet. */
static int
fill_genesis(struct writer *w, void *ctx, struct onr_error *err)
{
    struct onr_lane_name name;
    int32_t n;
    int rc;

    (void) ctx;
    if ((rc = genesis_width(w, &n, err)) < 0)
        return rc;
    w->entry.kind = ONR_KEYLOG_GENESIS;
    name.org = onr_span_z(onr_keyring_trust(w->ring)->org);
    name.output = onr_span_z(w->broker.settings.topics.name[ONR_TOPIC_ATTRIBUTIONS]);
    name.input = onr_span_z(w->broker.settings.topics.name[ONR_TOPIC_STATEMENTS]);
    name.epoch = (uint32_t) onr_set_int(w->settings, "epoch");
    for (name.partition = 0; name.partition < n; name.partition++) {
        char origin[ONR_ORIGIN_MAX + 1];

        if ((rc = onr_origin_print(&name, origin, err)) < 0
            || (!onr_keylog_genesis(onr_keyring_log(w->ring), onr_span_z(origin))
                && (rc = writer_add_lane(w, onr_span_z(origin), 0, err)) < 0))
            return rc;
    }
    if (w->n_lanes > 0)
        return 0;
    writer_nothing_to_do("every lane may begin");
    return 1;
}

int
onr_keys_genesis(const struct onr_settings *s, struct onr_error *err)
{
    struct writer *w;
    int rc;

    if ((rc = writer_open(s, &w, err)) < 0)
        return rc;
    rc = writer_put(w, fill_genesis, NULL, err);
    writer_close(w);
    return rc < 0 ? rc : 0;
}

/* The lanes of --lanes; all lanes of the prefix without it. */
static int
take_lanes(struct writer *w, struct onr_error *err)
{
    const char *lanes = onr_set_text(w->settings, "lanes");
    struct onr_span rest = onr_span_z(lanes ? lanes : w->all), one;
    int rc;

    while (onr_span_next(&rest, ',', &one)) {
        one = onr_span_trim(one);
        if (!onr_origin_pattern_ok(one))
            return onr_fail(err, ONR_EUSAGE,
                            "--lanes: '" ONR_SPAN_FMT "' is not a lane; every lane is %s",
                            (int) (one.len < 200 ? one.len : 200), one.ptr, w->all);
        if ((rc = writer_add_lane(w, one, 0, err)) < 0) {
            onr_fail_in(err, "--lanes: ");
            return rc;
        }
    }
    return 0;
}

/* `ctx` is the key, as --role and --lanes say. */
static int
fill_add(struct writer *w, void *ctx, struct onr_error *err)
{
    int rc;

    w->entry.kind = ONR_KEYLOG_ADD;
    w->entry.key = *(const struct onr_public_key *) ctx;
    if ((rc = onr_key_role_parse(onr_span_z(onr_set_text(w->settings, "role")), &w->entry.role)) < 0
        || (rc = take_lanes(w, err)) < 0)
        return rc;
    return writer_add_key(w, err);
}

int
onr_keys_add(const struct onr_settings *s, struct onr_error *err)
{
    struct onr_public_key key;
    struct writer *w;
    int rc;

    if (onr_settings_argc(s) < 2)
        return onr_fail(
            err, ONR_EUSAGE,
            "name the keys to add, as keys generate printed them: onrecord keys add ... "
            "w0.pub");
    if (strcmp(onr_set_text(s, "role"), "root") == 0)
        return onr_fail(err, ONR_EUSAGE, "roots stand in the trust file, not in the key log");
    if ((rc = writer_open(s, &w, err)) < 0)
        return rc;
    for (size_t i = 1; rc >= 0 && i < onr_settings_argc(s); i++)
        if ((rc = onr_keys_verifier(onr_span_z(onr_settings_arg(s, i)), &key, err)) == 0)
            rc = writer_put(w, fill_add, &key, err);
    writer_close(w);
    return rc < 0 ? rc : 0;
}

/* `ctx` is the hash. */
static int
fill_config(struct writer *w, void *ctx, struct onr_error *err)
{
    int rc;

    w->entry.kind = ONR_KEYLOG_CONFIG;
    memcpy(w->entry.config_hash, ctx, sizeof w->entry.config_hash);
    if ((rc = take_lanes(w, err)) < 0 || !writer_there_already(w))
        return rc;
    writer_nothing_to_do("configuration");
    return 1;
}

int
onr_keys_config(const struct onr_settings *s, struct onr_error *err)
{
    struct writer *w;
    uint8_t hash[ONR_SHA256_LEN];
    int rc;

    if (onr_settings_argc(s) != 2
        || onr_unhex(onr_span_z(onr_settings_arg(s, 1)), hash, sizeof hash) < 0)
        return onr_fail(err, ONR_EUSAGE,
                        "name the configuration to allow by its hash of 64 hex digits, as classify "
                        "prints it when it refuses to start");
    if ((rc = writer_open(s, &w, err)) < 0)
        return rc;
    rc = writer_put(w, fill_config, hash, err);
    writer_close(w);
    return rc < 0 ? rc : 0;
}
