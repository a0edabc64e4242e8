/* consumers/topics/admin.c - see admin.h. */
#include "consumers/topics/admin.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/file.h"
#include "common/line/program.h"
#include "common/stream/access.h"
#include "common/stream/kafka_error.h"

#define ASK_MS    1000 /* for one question to all partitions of a topic */
#define SETTLE_MS 20   /* between two looks at partitions that have no leader yet */
#define SLICE_MS  100  /* between two looks at the stop flag */

int
onr_admin_open(struct onr_admin *a, const struct onr_kafka *k, int timeout_ms,
               struct onr_error *err)
{
    struct onr_client_spec spec = { .client = ONR_CLIENT_ADMIN, .opaque = a };
    rd_kafka_conf_t *conf;
    int rc;

    memset(a, 0, sizeof(*a));
    a->kafka = k;
    a->timeout_ms = timeout_ms;
    if ((rc = onr_conf_new(k, &spec, &conf, err)) < 0)
        return rc;
    if ((rc = onr_client_new(RD_KAFKA_PRODUCER, conf, &a->rk, err)) < 0)
        return rc;
    a->queue = rd_kafka_queue_new(a->rk);
    return 0;
}

void
onr_admin_close(struct onr_admin *a)
{
    if (a->queue)
        rd_kafka_queue_destroy(a->queue);
    if (a->rk)
        rd_kafka_destroy(a->rk);
    a->queue = NULL;
    a->rk = NULL;
}

static rd_kafka_AdminOptions_t *
options_new(struct onr_admin *a, rd_kafka_admin_op_t op)
{
    rd_kafka_AdminOptions_t *o = rd_kafka_AdminOptions_new(a->rk, op);
    char text[256];

    /* Both calls fail for values out of range only, and the setting's range is narrower. */
    (void) rd_kafka_AdminOptions_set_request_timeout(o, a->timeout_ms, text, sizeof(text));
    if (op == RD_KAFKA_ADMIN_OP_CREATETOPICS)
        (void) rd_kafka_AdminOptions_set_operation_timeout(o, a->timeout_ms, text, sizeof(text));
    return o;
}

/* Wait for the answer of one request: an event, owned by the caller. */
static int
answer(struct onr_admin *a, rd_kafka_event_type_t type, rd_kafka_event_t **ret_ev,
       struct onr_error *err)
{
    int64_t until = onr_now_ms() + a->timeout_ms + 1000; /* the request itself ends before */

    while (onr_now_ms() < until) {
        rd_kafka_event_t *ev = rd_kafka_queue_poll(a->queue, SLICE_MS);

        if (ev && rd_kafka_event_type(ev) == type) {
            *ret_ev = ev;
            return 0;
        }
        if (ev)
            rd_kafka_event_destroy(ev);
        if (onr_program_stopping())
            return onr_fail(err, ONR_ESTOP, "stopped while waiting for the broker");
    }
    return onr_fail(err, ONR_EBROKER, "the broker did not answer in time (--timeout)");
}

int
onr_admin_brokers(struct onr_admin *a, int *ret_n, struct onr_error *err)
{
    const struct rd_kafka_metadata *md;
    rd_kafka_resp_err_t e = rd_kafka_metadata(a->rk, 0, NULL, &md, a->timeout_ms);

    if (e)
        return onr_kafka_fail(err, e, "asking for the brokers");
    *ret_n = md->broker_cnt;
    rd_kafka_metadata_destroy(md);
    return 0;
}

/* Partitions and replicas of every topic of the line that is there. */
static void
take_shape(const struct rd_kafka_metadata *md, const struct onr_topic_names *names,
           struct onr_topic_state *state)
{
    int i, t, p;

    for (i = 0; i < md->topic_cnt; i++) {
        const struct rd_kafka_metadata_topic *mt = &md->topics[i];

        for (t = 0; t < ONR_TOPICS && strcmp(mt->topic, names->name[t]) != 0; t++)
            ;
        if (t == ONR_TOPICS || mt->err)
            continue;
        state[t].exists = true;
        state[t].partitions = mt->partition_cnt;
        state[t].replication = mt->partition_cnt ? mt->partitions[0].replica_cnt : 0;
        for (p = 1; p < mt->partition_cnt; p++)
            if (mt->partitions[p].replica_cnt < state[t].replication)
                state[t].replication = mt->partitions[p].replica_cnt;
    }
}

static int
describe_shape(struct onr_admin *a, const struct onr_topic_names *names,
               struct onr_topic_state *state, struct onr_error *err)
{
    const struct rd_kafka_metadata *md;
    rd_kafka_resp_err_t e = rd_kafka_metadata(a->rk, 1, NULL, &md, a->timeout_ms);
    int rc;

    rd_kafka_poll(a->rk, 0); /* what the brokers said besides */
    if (e && (rc = onr_access_refused(a->rk, err)) < 0)
        return rc;
    if (e)
        return onr_kafka_fail(err, e, "asking for the topics");
    take_shape(md, names, state);
    rd_kafka_metadata_destroy(md);
    return 0;
}

/* Keep the settings that we know. */
static void
take_configs(struct onr_topic_state *state, const rd_kafka_ConfigResource_t *res)
{
    size_t n, i;
    const rd_kafka_ConfigEntry_t **entry = rd_kafka_ConfigResource_configs(res, &n);
    int c;

    for (i = 0; i < n; i++)
        for (c = 0; c < ONR_TOPIC_CONFIGS; c++) {
            const char *value = rd_kafka_ConfigEntry_value(entry[i]);

            if (value
                && strcmp(rd_kafka_ConfigEntry_name(entry[i]),
                          onr_topic_config_name((enum onr_topic_config) c))
                       == 0)
                snprintf(state->config[c], sizeof(state->config[c]), "%s", value);
        }
}

static int
take_answer(rd_kafka_event_t *ev, const struct onr_topic_names *names,
            struct onr_topic_state *state, struct onr_error *err)
{
    const rd_kafka_ConfigResource_t **res;
    size_t n, i;
    int t;

    if (rd_kafka_event_error(ev))
        return onr_kafka_fail(err, rd_kafka_event_error(ev), "asking how the topics are set");
    res = rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(ev), &n);
    for (i = 0; i < n; i++) {
        if (rd_kafka_ConfigResource_error(res[i]))
            return onr_kafka_fail(err, rd_kafka_ConfigResource_error(res[i]),
                                  "asking how topic %s is set",
                                  rd_kafka_ConfigResource_name(res[i]));
        for (t = 0; t < ONR_TOPICS; t++)
            if (strcmp(rd_kafka_ConfigResource_name(res[i]), names->name[t]) == 0)
                take_configs(&state[t], res[i]);
    }
    return 0;
}

static int
describe_configs(struct onr_admin *a, const struct onr_topic_names *names,
                 struct onr_topic_state *state, struct onr_error *err)
{
    rd_kafka_ConfigResource_t *res[ONR_TOPICS];
    rd_kafka_AdminOptions_t *opt = NULL;
    rd_kafka_event_t *ev = NULL;
    size_t n = 0;
    int rc = 0, t;

    for (t = 0; t < ONR_TOPICS; t++)
        if (state[t].exists)
            res[n++] = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, names->name[t]);
    if (n == 0)
        return 0;
    opt = options_new(a, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS);
    rd_kafka_DescribeConfigs(a->rk, res, n, opt, a->queue);
    rc = answer(a, RD_KAFKA_EVENT_DESCRIBECONFIGS_RESULT, &ev, err);
    if (rc == 0)
        rc = take_answer(ev, names, state, err);
    if (ev)
        rd_kafka_event_destroy(ev);
    rd_kafka_AdminOptions_destroy(opt);
    rd_kafka_ConfigResource_destroy_array(res, n);
    return rc;
}

int
onr_admin_describe(struct onr_admin *a, const struct onr_topic_names *names,
                   struct onr_topic_state ret[ONR_TOPICS], struct onr_error *err)
{
    int rc;

    memset(ret, 0, ONR_TOPICS * sizeof(*ret));
    if ((rc = describe_shape(a, names, ret, err)) < 0)
        return rc;
    return describe_configs(a, names, ret, err);
}

static int
new_topic(enum onr_topic t, const struct onr_topic_names *names, const struct onr_topic_plan *plan,
          rd_kafka_NewTopic_t **ret, struct onr_error *err)
{
    int partitions = onr_topic_rules[t].width == ONR_WIDTH_ONE ? 1 : plan->partitions;
    char text[256], value[64];
    rd_kafka_NewTopic_t *nt = rd_kafka_NewTopic_new(names->name[t], partitions, plan->replication,
                                                    text, sizeof(text));
    int c;

    if (!nt)
        return onr_fail(err, ONR_ECONFIG, "topic %s: %s", names->name[t], text);
    for (c = 0; c < ONR_TOPIC_CONFIGS; c++) {
        rd_kafka_resp_err_t e = rd_kafka_NewTopic_set_config(
            nt, onr_topic_config_name((enum onr_topic_config) c),
            onr_topic_config_value(t, (enum onr_topic_config) c, plan, plan->replication, value));

        if (e) {
            rd_kafka_NewTopic_destroy(nt);
            return onr_kafka_fail(err, e, "topic %s", names->name[t]);
        }
    }
    *ret = nt;
    return 0;
}

/* Which were made, and the first reason why one was not. */
static int
take_created(rd_kafka_event_t *ev, const struct onr_topic_names *names, bool *made,
             struct onr_error *err)
{
    const rd_kafka_topic_result_t **res;
    size_t n, i;
    int t;

    if (rd_kafka_event_error(ev))
        return onr_kafka_fail(err, rd_kafka_event_error(ev), "creating topics");
    res = rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(ev), &n);
    for (i = 0; i < n; i++) {
        rd_kafka_resp_err_t e = rd_kafka_topic_result_error(res[i]);

        for (t = 0; t < ONR_TOPICS; t++)
            if (!e && strcmp(rd_kafka_topic_result_name(res[i]), names->name[t]) == 0)
                made[t] = true;
        if (e && e != RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
            return onr_fail(err, ONR_ECONFIG, "topic %s could not be made: %s",
                            rd_kafka_topic_result_name(res[i]),
                            rd_kafka_topic_result_error_string(res[i])
                                ? rd_kafka_topic_result_error_string(res[i])
                                : rd_kafka_err2str(e));
    }
    return 0;
}

int
onr_admin_create(struct onr_admin *a, const struct onr_topic_names *names,
                 const struct onr_topic_plan *plan, const bool wanted[ONR_TOPICS],
                 bool ret_made[ONR_TOPICS], struct onr_error *err)
{
    rd_kafka_NewTopic_t *topics[ONR_TOPICS];
    rd_kafka_AdminOptions_t *opt = NULL;
    rd_kafka_event_t *ev = NULL;
    size_t n = 0;
    int rc = 0, t;

    memset(ret_made, 0, ONR_TOPICS * sizeof(*ret_made));
    for (t = 0; t < ONR_TOPICS; t++)
        if (wanted[t]) {
            if ((rc = new_topic((enum onr_topic) t, names, plan, &topics[n], err)) < 0)
                goto out;
            n++;
        }
    if (n == 0)
        return 0;
    opt = options_new(a, RD_KAFKA_ADMIN_OP_CREATETOPICS);
    rd_kafka_CreateTopics(a->rk, topics, n, opt, a->queue);
    rc = answer(a, RD_KAFKA_EVENT_CREATETOPICS_RESULT, &ev, err);
    if (rc == 0)
        rc = take_created(ev, names, ret_made, err);
out:
    if (ev)
        rd_kafka_event_destroy(ev);
    if (opt)
        rd_kafka_AdminOptions_destroy(opt);
    rd_kafka_NewTopic_destroy_array(topics, n);
    return rc;
}

/* First offset of every partition, as one question. 0 when all of them answered. */
static rd_kafka_resp_err_t
ask_partitions(struct onr_admin *a, const char *topic, int32_t partitions)
{
    rd_kafka_topic_partition_list_t *l = rd_kafka_topic_partition_list_new(partitions);
    rd_kafka_resp_err_t e;
    int32_t p;
    int i;

    for (p = 0; p < partitions; p++)
        rd_kafka_topic_partition_list_add(l, topic, p)->offset = 0; /* a time: since 1970 */
    e = rd_kafka_offsets_for_times(a->rk, l, ASK_MS);
    for (i = 0; !e && i < l->cnt; i++)
        e = l->elems[i].err;
    rd_kafka_topic_partition_list_destroy(l);
    return e;
}

int
onr_admin_wait_usable(struct onr_admin *a, const struct onr_topic_names *names,
                      const struct onr_topic_state state[ONR_TOPICS], const bool made[ONR_TOPICS],
                      struct onr_error *err)
{
    struct pollfd stop = { .fd = onr_program_stop_fd(), .events = POLLIN };
    int64_t until = onr_now_ms() + a->timeout_ms;
    int t;

    for (t = 0; t < ONR_TOPICS; t++) {
        rd_kafka_resp_err_t e;

        while (made[t] && (e = ask_partitions(a, names->name[t], state[t].partitions)) != 0) {
            if (onr_now_ms() >= until || onr_kafka_class_code(e) == ONR_KAFKA_DENIED)
                return onr_kafka_fail(err, e, "topic %s was made and cannot be used yet",
                                      names->name[t]);
            if (poll(&stop, 1, SETTLE_MS) > 0)
                return onr_fail(err, ONR_ESTOP, "stopped before the new topics could be used");
        }
    }
    return 0;
}

/* NULL where this librdkafka has no name for the resource. */
static rd_kafka_AclBinding_t *
binding(const struct onr_right *r)
{
    /* The protocol's numbers, also of what librdkafka 2.0.2 does not know yet. */
    static const int resource[ONR_RESOURCES] = { RD_KAFKA_RESOURCE_TOPIC, RD_KAFKA_RESOURCE_GROUP,
                                                 5 };
    static const rd_kafka_AclOperation_t operation[ONR_OPERATIONS] = {
        RD_KAFKA_ACL_OPERATION_READ, RD_KAFKA_ACL_OPERATION_WRITE, RD_KAFKA_ACL_OPERATION_DESCRIBE,
        RD_KAFKA_ACL_OPERATION_DESCRIBE_CONFIGS, RD_KAFKA_ACL_OPERATION_CREATE
    };
    char why[256];

    return rd_kafka_AclBinding_new((rd_kafka_ResourceType_t) resource[r->resource], r->name,
                                   r->prefixed ? RD_KAFKA_RESOURCE_PATTERN_PREFIXED
                                               : RD_KAFKA_RESOURCE_PATTERN_LITERAL,
                                   r->principal, "*", operation[r->operation],
                                   RD_KAFKA_ACL_PERMISSION_TYPE_ALLOW, why, sizeof why);
}

static int
take_granted(rd_kafka_event_t *ev, struct onr_error *err)
{
    const rd_kafka_acl_result_t **res;
    size_t n;

    if (rd_kafka_event_error(ev))
        return onr_kafka_fail(err, rd_kafka_event_error(ev), "granting rights");
    res = rd_kafka_CreateAcls_result_acls(rd_kafka_event_CreateAcls_result(ev), &n);
    for (size_t i = 0; i < n; i++) {
        const rd_kafka_error_t *e = rd_kafka_acl_result_error(res[i]);

        if (e)
            return onr_kafka_fail(err, rd_kafka_error_code(e), "granting rights");
    }
    return 0;
}

int
onr_admin_grant(struct onr_admin *a, const struct onr_right *right, size_t n, bool *ret_given,
                struct onr_error *err)
{
    rd_kafka_AclBinding_t **all = calloc(n ? n : 1, sizeof *all);
    rd_kafka_AdminOptions_t *opt = NULL;
    rd_kafka_event_t *ev = NULL;
    size_t used = 0;
    int rc = 0;

    if (!all)
        return onr_fail(err, ONR_ENOMEM, "no memory for %zu rights", n);
    for (size_t i = 0; i < n; i++) {
        ret_given[i] = (all[used] = binding(&right[i])) != NULL;
        used += ret_given[i];
    }
    if (used) {
        opt = options_new(a, RD_KAFKA_ADMIN_OP_CREATEACLS);
        rd_kafka_CreateAcls(a->rk, all, used, opt, a->queue);
        rc = answer(a, RD_KAFKA_EVENT_CREATEACLS_RESULT, &ev, err);
    }
    if (ev)
        rc = take_granted(ev, err);
    if (ev)
        rd_kafka_event_destroy(ev);
    if (opt)
        rd_kafka_AdminOptions_destroy(opt);
    rd_kafka_AclBinding_destroy_array(all, used);
    free(all);
    return rc;
}
