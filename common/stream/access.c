/* common/stream/access.c - plaintext to this machine only, and refusals that are heard (access.h). */
#include "common/stream/access.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#define ASK_MS   2000
#define HOST_MAX 256

static const char *const secrets[] = { "sasl.password",
                                       "ssl.key.password",
                                       "ssl.key.pem",
                                       "ssl.keystore.password",
                                       "sasl.oauthbearer.client.secret",
                                       NULL };

bool
onr_access_is_secret(const char *property)
{
    for (size_t i = 0; secrets[i]; i++)
        if (strcmp(secrets[i], property) == 0)
            return true;
    return false;
}

/* --- plaintext --- */

bool
onr_access_is_loopback(const struct sockaddr *to)
{
    if (to->sa_family == AF_INET) {
        struct sockaddr_in in;

        memcpy(&in, to, sizeof in);
        return ntohl(in.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
    }
    if (to->sa_family == AF_INET6) {
        struct sockaddr_in6 in6;

        memcpy(&in6, to, sizeof in6);
        return IN6_IS_ADDR_LOOPBACK(&in6.sin6_addr);
    }
    return false;
}

static bool
host_is_local(const char *host)
{
    struct sockaddr_in in = { .sin_family = AF_INET };
    struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };

    if (strcmp(host, "localhost") == 0)
        return true;
    if (inet_pton(AF_INET, host, &in.sin_addr) == 1)
        return onr_access_is_loopback((const struct sockaddr *) &in);
    return inet_pton(AF_INET6, host, &in6.sin6_addr) == 1
           && onr_access_is_loopback((const struct sockaddr *) &in6);
}

/* The host of "PROTOCOL://host:port", "host" or "[::1]:port". False when it is too long to be one. */
static bool
host_of(struct onr_span broker, char ret[HOST_MAX])
{
    size_t from = 0, to = 0;

    for (size_t i = 0; i + 2 < broker.len; i++)
        if (memcmp(broker.ptr + i, "://", 3) == 0)
            from = i + 3;
    if (from < broker.len && broker.ptr[from] == '[') {
        for (to = ++from; to < broker.len && broker.ptr[to] != ']';)
            to++;
    } else {
        for (to = from; to < broker.len && broker.ptr[to] != ':';)
            to++;
    }
    if (to - from >= HOST_MAX)
        return false;
    memcpy(ret, broker.ptr + from, to - from);
    ret[to - from] = '\0';
    return true;
}

bool
onr_access_is_local(const char *brokers)
{
    struct onr_span rest = onr_span_z(brokers), one;
    char host[HOST_MAX];

    while (onr_span_next(&rest, ',', &one)) {
        one = onr_span_trim(one);
        if (one.len > 0 && (!host_of(one, host) || !host_is_local(host)))
            return false;
    }
    return true;
}

static void
note(const struct onr_kafka *k, bool final, const char *text)
{
    struct onr_refusal *r = k->refusal;

    if (!r)
        return;
    pthread_mutex_lock(&r->lock);
    if (!r->final)
        snprintf(r->text, sizeof r->text, "%s", text);
    r->noted = true;
    r->final |= final;
    pthread_mutex_unlock(&r->lock);
}

/* Instead of connect(2), on librdkafka's threads. */
static int
connect_local(int fd, const struct sockaddr *to, int len, const char *id, void *opaque)
{
    const struct onr_kafka *const *k = opaque;
    char text[ONR_ERROR_TEXT_MAX];

    if (!onr_access_is_loopback(to)) {
        snprintf(text, sizeof text,
                 "Kafka sends its clients on to %.200s, which is not this machine, and nothing "
                 "protects the way there: set -X security.protocol=ssl (or sasl_ssl), or say "
                 "--insecure-plaintext when the network between can be trusted",
                 id);
        if (k)
            note(*k, true, text);
        return EACCES;
    }
    return connect(fd, to, (socklen_t) len) == 0 || errno == EINPROGRESS ? 0 : errno;
}

static bool
is_set(rd_kafka_conf_t *c, const char *property, const char *value)
{
    char now[64] = "";
    size_t len = sizeof now;

    return rd_kafka_conf_get(c, property, now, &len) == RD_KAFKA_CONF_OK && strcmp(now, value) == 0;
}

int
onr_access_check(const struct onr_kafka *k, rd_kafka_conf_t *c, struct onr_error *err)
{
    if (is_set(c, "enable.ssl.certificate.verification", "false"))
        return onr_fail(err, ONR_ECONFIG,
                        "property enable.ssl.certificate.verification=false is refused: anybody "
                        "could be the broker; set ssl.ca.location to the authority of its "
                        "certificate");
    if (is_set(c, "ssl.endpoint.identification.algorithm", "none"))
        return onr_fail(err, ONR_ECONFIG,
                        "property ssl.endpoint.identification.algorithm=none is refused: whoever "
                        "has any certificate could be the broker; put the broker's name into its "
                        "certificate");
    if (k->insecure_plaintext
        || !(is_set(c, "security.protocol", "plaintext")
             || is_set(c, "security.protocol", "sasl_plaintext")))
        return 0;
    if (!onr_access_is_local(k->brokers))
        return onr_fail(err, ONR_ECONFIG,
                        "%s is not this machine alone, and nothing protects the way there: set "
                        "-X security.protocol=ssl (or sasl_ssl), or say --insecure-plaintext when "
                        "the network between can be trusted",
                        k->brokers);
    rd_kafka_conf_set_connect_cb(c, connect_local);
    return 0;
}

/* --- refusals --- */

void
onr_access_note(rd_kafka_t *rk, int e, const char *reason)
{
    const struct onr_kafka *const *k = rd_kafka_opaque(rk);
    bool refused
        = e == RD_KAFKA_RESP_ERR__AUTHENTICATION
          || e == RD_KAFKA_RESP_ERR__SSL
          /* TLS 1.3: a client hears that its certificate is not wanted when it reads the first answer */
          || (e == RD_KAFKA_RESP_ERR__TRANSPORT && strstr(reason, "SSL alert number"));

    if (k && refused)
        note(*k, false, reason);
}

int
onr_access_refused(rd_kafka_t *rk, struct onr_error *err)
{
    const struct onr_kafka *const *k = rd_kafka_opaque(rk);
    struct onr_refusal *r = k ? (*k)->refusal : NULL;
    const struct rd_kafka_metadata *md;
    char text[sizeof r->text];
    bool noted, final;

    if (!r)
        return 0;
    pthread_mutex_lock(&r->lock);
    noted = r->noted;
    final = r->final;
    r->noted = final; /* for ever: the address will not change */
    memcpy(text, r->text, sizeof text);
    pthread_mutex_unlock(&r->lock);
    if (!noted)
        return 0;
    if (final)
        return onr_fail(err, ONR_ECONFIG, "%s", text);
    if (rd_kafka_metadata(rk, 0, NULL, &md, ASK_MS) == RD_KAFKA_RESP_ERR_NO_ERROR) {
        rd_kafka_metadata_destroy(md);
        return 0;
    }
    return onr_fail(err, ONR_ECONFIG,
                    "Kafka at %s does not let this client in: look at its certificate, user and "
                    "password: %s",
                    (*k)->brokers, text);
}
