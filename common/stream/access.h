/* common/stream/access.h - how a client may talk to Kafka, and what it means when Kafka will not talk to it.
 *
 * Without TLS whoever sits between reads the articles, drops records and holds them back; signatures show that afterwards and
 * do not prevent it. So plaintext goes to this machine only: what is named by --brokers is looked at before the start, and every
 * address that a broker sends a client on to at the moment of connecting. Settings that would make TLS a show are refused too.
 *
 * librdkafka tries for ever to log in with a wrong password or a certificate that nobody trusts any more, and tells it on the side.
 * Here it is kept (onr_access_note, from error callbacks) until somebody asks whether that was the reason why nothing comes:
 * a client that no broker lets in fails, one that another broker serves goes on.
 */
#ifndef ONR_STREAM_ACCESS_H
#define ONR_STREAM_ACCESS_H

#include <sys/socket.h>

#include "common/stream/conf.h"

/** True when every broker of a list "host:port,[::1]:port" is this machine by its name: loopback addresses and "localhost". */
bool onr_access_is_local(const char *brokers);

/** True for an address of the loopback interface. */
bool onr_access_is_loopback(const struct sockaddr *to);

/** Refuse a configuration that would talk in plaintext to other machines, or that takes any certificate for the broker's, and
 *  make the client watch where it connects. -ONR_ECONFIG with what to set. */
ONR_MUST_USE int onr_access_check(const struct onr_kafka *k, rd_kafka_conf_t *c,
                                  struct onr_error *err);

/** For properties that hold a secret: it would be on the command line, where every user of the machine reads it. */
bool onr_access_is_secret(const char *property);

/** Keep what an error callback was told, if it says that a broker refused this client. The client's opaque is as conf.h says. */
void onr_access_note(rd_kafka_t *rk, int e, const char *reason);

/** 0 while nobody refused this client or another broker answers it; -ONR_ECONFIG with the reason when it is let in nowhere.
 *  Cheap when nothing was noted; else asks the brokers, for two seconds at most. */
ONR_MUST_USE int onr_access_refused(rd_kafka_t *rk, struct onr_error *err);

#endif
