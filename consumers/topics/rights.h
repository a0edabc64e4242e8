/* consumers/topics/rights.h - what each program of the line must be allowed on a cluster with an authorizer, and nothing else.
 *
 * One table of rules, filled in for those who hold the roles: ROLE[/INSTANCE]=PRINCIPAL. Each worker should be a principal of its
 * own: its rights end at its own transactional id, so that a stolen one fences nobody else. Read and Write bring Describe with
 * them, so Describe stands only where neither is needed. Nothing here talks to Kafka.
 */
#ifndef ONR_TOPICS_RIGHTS_H
#define ONR_TOPICS_RIGHTS_H

#include "common/base/buf.h"
#include "common/line/topics.h"

#define ONR_RIGHTS_MAX          4096 /* of one call: hundreds of workers */
#define ONR_RIGHT_NAME_MAX      700  /* transactional ids hold the prefix twice, and the instance */
#define ONR_RIGHT_PRINCIPAL_MAX 256

enum onr_resource {
    ONR_RESOURCE_TOPIC,
    ONR_RESOURCE_GROUP,
    ONR_RESOURCE_TRANSACTIONAL_ID,
    ONR_RESOURCES
};

enum onr_operation {
    ONR_OPERATION_READ,
    ONR_OPERATION_WRITE,
    ONR_OPERATION_DESCRIBE,
    ONR_OPERATION_DESCRIBE_CONFIGS,
    ONR_OPERATION_CREATE,
    ONR_OPERATIONS
};

struct onr_right {
    const char *role; /* "classify" */
    char principal[ONR_RIGHT_PRINCIPAL_MAX];
    enum onr_resource resource;
    char name[ONR_RIGHT_NAME_MAX];
    bool prefixed; /* all names that begin so */
    enum onr_operation operation;
};

/** "topic", "group", "transactional-id"; "Read", ...: as kafka-acls names them. */
const char *onr_resource_name(enum onr_resource r);
const char *onr_operation_name(enum onr_operation o);

/** The rights of the line with this prefix for n holders "classify/2=User:w2"; no holder: one of each role, a principal of the
 *  same name. Returns owned (free) in *ret. -ONR_EUSAGE for a holder that cannot be read, -ONR_ECONFIG for a bad prefix. */
ONR_MUST_USE int onr_rights_make(const char *prefix, const char *const *holder, size_t n,
                                 struct onr_right **ret, size_t *ret_n, struct onr_error *err);

/** One line that grants r, for a shell; `brokers` may be NULL. -ONR_ENOMEM. */
ONR_MUST_USE int onr_right_command(const struct onr_right *r, const char *brokers,
                                   struct onr_buf *out);

/** All of them as a table for people, or one JSON object a line. */
ONR_MUST_USE int onr_rights_table(const struct onr_right *r, size_t n, unsigned width,
                                  struct onr_buf *out, struct onr_error *err);
ONR_MUST_USE int onr_rights_json(const struct onr_right *r, size_t n, struct onr_buf *out,
                                 struct onr_error *err);

#endif
