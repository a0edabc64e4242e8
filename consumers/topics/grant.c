/* consumers/topics/grant.c - see grant.h. */
#include "consumers/topics/grant.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/line/broker.h"
#include "common/line/table.h"
#include "consumers/topics/admin.h"

#define REPORT_MAX                                                                                 \
    (ONR_RIGHTS_MAX * 2048) /* a command of a right has its name, principal and brokers */

static int
show(const struct onr_settings *s, const struct onr_right *r, size_t n, struct onr_buf *out,
     struct onr_error *err)
{
    if (onr_set_flag(s, "json"))
        return onr_rights_json(r, n, out, err);
    return onr_rights_table(r, n, isatty(STDOUT_FILENO) ? onr_terminal_width(STDOUT_FILENO) : 0,
                            out, err);
}

/* What is left to another tool, as commands. */
static int
left_over(const struct onr_right *r, size_t n, const bool *given, const char *brokers,
          struct onr_buf *out, struct onr_error *err)
{
    size_t left = 0;
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < n; i++)
        if (!given[i]) {
            rc = onr_right_command(&r[i], brokers, out);
            left++;
        }
    if (rc < 0)
        return onr_fail(err, ONR_ENOMEM, "no memory for the commands");
    fprintf(stderr, "%zu rights granted%s\n", n - left,
            left ? "; librdkafka cannot grant those on transactional ids: run the commands on "
                   "standard output, with the kafka-acls.sh of your Kafka"
                 : "");
    return 0;
}

static int
grant(const struct onr_settings *s, const struct onr_right *r, size_t n, struct onr_buf *out,
      struct onr_error *err)
{
    struct onr_admin admin = { .rk = NULL };
    struct onr_broker broker;
    bool *given = calloc(n ? n : 1, sizeof *given);
    int rc;

    if (!given)
        return onr_fail(err, ONR_ENOMEM, "no memory for %zu rights", n);
    if ((rc = onr_broker_init(&broker, s, "topics", err)) == 0
        && (rc = onr_admin_open(&admin, &broker.kafka, broker.settings.timeout_ms, err)) == 0
        && (rc = onr_admin_grant(&admin, r, n, given, err)) == 0)
        rc = left_over(r, n, given, broker.settings.brokers, out, err);
    onr_admin_close(&admin);
    free(given);
    return rc;
}

int
onr_topics_acl(const struct onr_settings *s, const char *command, struct onr_error *err)
{
    struct onr_buf out = ONR_BUF_INIT(REPORT_MAX);
    size_t n = onr_settings_argc(s), holders = n > 1 ? n - 1 : 0;
    const char **holder = calloc(holders + 1, sizeof *holder);
    struct onr_right *r = NULL;
    int rc;

    if (!holder)
        return onr_fail(err, ONR_ENOMEM, "no memory for %zu holders", holders);
    for (size_t i = 0; i < holders; i++)
        holder[i] = onr_settings_arg(s, i + 1);
    if (strcmp(command, "create") == 0 && holders == 0)
        rc = onr_fail(
            err, ONR_EUSAGE,
            "say who gets the rights: create --acl split=User:desk classify/1=User:w1 ...");
    else
        rc = onr_rights_make(onr_set_text(s, "prefix"), holder, holders, &r, &n, err);
    if (rc == 0 && strcmp(command, "create") == 0)
        rc = grant(s, r, n, &out, err);
    else if (rc == 0)
        rc = show(s, r, n, &out, err);
    if (rc == 0)
        rc = onr_fd_write(STDOUT_FILENO, onr_buf_span(&out), "standard output", err);
    onr_buf_release(&out);
    free(holder);
    free(r);
    return rc;
}
