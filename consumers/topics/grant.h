/* consumers/topics/grant.h - `onrecord topics list --acl` and `create --acl`. */
#ifndef ONR_TOPICS_GRANT_H
#define ONR_TOPICS_GRANT_H

#include "common/base/settings.h"

/** Show the rights that the holders behind the command need, or grant them: what librdkafka cannot grant goes to standard output as
 *  a file of commands for Kafka's own kafka-acls.sh. -ONR_EUSAGE, -ONR_ECONFIG, -ONR_EBROKER. */
ONR_MUST_USE int onr_topics_acl(const struct onr_settings *s, const char *command,
                                struct onr_error *err);

#endif
