/* tests/simulation/worker.h - one worker of the simulation: the real engine and all of consumers/classify over a broker in memory.
 *
 * What librdkafka would do stands in worker.c (transactions and the group, by the rule of certainty in common/stream/txn.h) and in
 * kafka.c (reading and producing, under the names that classify calls). A crash is a count of calls to Kafka: behind the last of them none
 * has an effect any more, which is all that the others see of a kill -9.
 */
#ifndef ONR_TESTS_SIMULATION_WORKER_H
#define ONR_TESTS_SIMULATION_WORKER_H

#include "consumers/classify/classify.h"
#include "tests/simulation/broker.h"

struct onr_txn {
    int id, epoch;
    bool open;
    bool unclear; /* only a new producer helps */
    bool announced[SIM_TOPICS][SIM_PARTITIONS];
};

struct onr_worker {
    int id;
    struct classify c;
    struct onr_engine *engine;
    struct onr_txn txn;
    bool crashed;
    int64_t calls_left;   /* to Kafka, until it crashes; -1: it does not */
    int64_t asleep_until; /* its process is stopped */
    int generation;
    int64_t position[SIM_PARTITIONS]; /* of the input; -1: does not flow */
};

/* What outlives a worker's process, made once: codec, keys, trust. */
struct sim_office;
struct sim_office *sim_office_new(void);
void sim_office_free(struct sim_office *o);
struct onr_codec *sim_office_codec(struct sim_office *o);
struct onr_outcome_maker *sim_office_maker(struct sim_office *o);
const struct onr_keylog *sim_office_keylog(struct sim_office *o);
/** The key log becomes a topic of the broker. Before a worker starts. */
void sim_office_publish(struct sim_office *o, struct sim_broker *b);

/** Whose code runs: its calls to Kafka count. NULL: the harness's own. */
extern struct onr_worker *sim_caller;
/** One call to Kafka by whoever runs: false when it crashed, now or before. */
bool sim_alive(void);

void sim_worker_start(struct onr_worker *w, int id, struct sim_office *o);
/** The process is gone, whatever it had open. */
void sim_worker_free(struct onr_worker *w);
/** The group gives it the partitions that are its own by the broker, in the current generation. */
ONR_MUST_USE int sim_worker_give(struct onr_worker *w, struct onr_error *err);
/** The group takes all away. */
void sim_worker_take(struct onr_worker *w);
/** The next record of partition p, or its end, if it flows. */
ONR_MUST_USE int sim_worker_hear(struct onr_worker *w, int p, struct onr_error *err);
/** What the program's loop does besides. */
ONR_MUST_USE int sim_worker_step(struct onr_worker *w, struct onr_error *err);

#endif
