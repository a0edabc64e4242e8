/* common/line/broker.c - see broker.h. */
#include "common/line/broker.h"

#include <poll.h>
#include <stdio.h>

#include "common/base/file.h"
#include "common/base/log.h"
#include "common/line/program.h"
#include "common/stream/slices.h"

#define RETRY_MS      200   /* between two tries at a broker that refuses at once */
#define FIRST_MS      1000  /* longest first wait for an answer */
#define SAID_AGAIN_MS 10000 /* a line that librdkafka repeats is shown this often */

int
onr_broker_init(struct onr_broker *b, const struct onr_settings *s, const char *verb,
                struct onr_error *err)
{
    int rc;

    memset(b, 0, sizeof(*b));
    pthread_mutex_init(&b->said.lock, NULL);
    pthread_mutex_init(&b->refusal.lock, NULL);
    if ((rc = onr_kafka_settings_get(s, &b->settings, err)) < 0)
        return rc;
    snprintf(b->client_id, sizeof(b->client_id), "onrecord-%s", verb);
    b->kafka.brokers = b->settings.brokers;
    b->kafka.client_id = b->client_id;
    b->kafka.settings = s;
    b->kafka.log = onr_broker_log;
    b->kafka.log_arg = &b->said;
    b->kafka.insecure_plaintext = onr_set_flag(s, "insecure-plaintext");
    b->kafka.refusal = &b->refusal;
    b->kafka.stopping = onr_program_stopping;
    return 0;
}

static int
no_topic(const struct onr_broker *b, const char *topic, struct onr_error *err)
{
    size_t len = strlen(b->settings.prefix);

    if (strncmp(topic, b->settings.prefix, len) == 0)
        return onr_fail(err, ONR_ECONFIG,
                        "there is no topic %s at %s; make the topics of the line with: onrecord "
                        "topics create --brokers %s --prefix %s",
                        topic, b->settings.brokers, b->settings.brokers, b->settings.prefix);
    return onr_fail(err, ONR_ECONFIG, "there is no topic %s at %s", topic, b->settings.brokers);
}

int
onr_broker_wait(const struct onr_broker *b, struct onr_reader *r, const char *topic, int32_t *ret_n,
                struct onr_error *err)
{
    struct onr_slices slices = onr_slices_of(b->settings.timeout_ms, FIRST_MS);
    bool said = false;

    for (;;) {
        struct onr_error why = ONR_ERROR_INIT;
        int32_t n;
        int rc = onr_reader_partitions(r, topic, onr_slices_take(&slices), &n, &why);

        if (rc == 0) {
            if (ret_n)
                *ret_n = n;
            return 0;
        }
        if (rc == -ONR_ENOTFOUND)
            return no_topic(b, topic, err);
        if (rc != -ONR_EBROKER)
            return onr_fail(err, -rc, "%s", why.text);
        if (onr_program_stopping())
            return onr_fail(err, ONR_ESTOP, "stopped while waiting for a broker");
        if (onr_slices_over(&slices))
            return onr_fail(err, ONR_EBROKER,
                            "no broker answered at %s within %d s; is Kafka running there? "
                            "(--brokers, --timeout)",
                            b->settings.brokers, b->settings.timeout_ms / 1000);
        if (!said)
            onr_log(ONR_LOG_WARN, "broker.wait", "brokers=%s timeout_ms=%d",
                    onr_log_q(b->settings.brokers), b->settings.timeout_ms);
        said = true;
    }
}

int
onr_broker_patience(int64_t *said_ms, const char *event, const struct onr_error *why,
                    struct onr_error *err)
{
    struct pollfd stop = { .fd = onr_program_stop_fd(), .events = POLLIN };
    bool first = *said_ms == 0;
    int64_t now = onr_now_ms();

    if (first || now - *said_ms >= SAID_AGAIN_MS) {
        onr_log(ONR_LOG_WARN, event, "why=%s", onr_log_q(why->text));
        *said_ms = now;
    }
    if (onr_program_stopping() || (!first && poll(&stop, 1, RETRY_MS) > 0))
        return onr_fail(err, ONR_ESTOP, "stopped while Kafka did not answer: %s", why->text);
    return 0;
}

/* Was this line shown a moment ago? Called from any thread. */
static bool
said_lately(struct onr_broker_said *said, const char *text)
{
    int64_t now = onr_now_ms();
    size_t i, slot = 0;
    bool lately = false;

    pthread_mutex_lock(&said->lock);
    for (i = 0; i < ONR_BROKER_LINES; i++) {
        if (said->line[i].at_ms && strncmp(said->line[i].head, text, ONR_BROKER_HEAD - 1) == 0) {
            slot = i;
            lately = now - said->line[i].at_ms < SAID_AGAIN_MS;
            break;
        }
        if (said->line[i].at_ms < said->line[slot].at_ms)
            slot = i;
    }
    if (!lately) {
        snprintf(said->line[slot].head, ONR_BROKER_HEAD, "%s", text);
        said->line[slot].at_ms = now;
    }
    pthread_mutex_unlock(&said->lock);
    return lately;
}

void
onr_broker_log(void *arg, int level, const char *facility, const char *text)
{
    char event[48];
    size_t i;

    if (arg && said_lately(arg, text))
        return;
    snprintf(event, sizeof(event), "kafka.%s", facility);
    for (i = 6; event[i]; i++)
        event[i] = (char) (event[i] >= 'A' && event[i] <= 'Z' ? event[i] + ('a' - 'A') : event[i]);
    onr_log(level <= 3   ? ONR_LOG_WARN
            : level <= 5 ? ONR_LOG_INFO
                         : ONR_LOG_DEBUG,
            event, "text=%s", onr_log_q(text));
}
