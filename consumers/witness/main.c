/* consumers/witness/main.c - `onrecord witness`: vouch for lanes from outside. What it does is in witness.h. */
#include "common/base/log.h"
#include "common/line/key.h"
#include "common/line/program.h"
#include "consumers/witness/witness.h"

#include <stdio.h>

static const struct onr_setting settings[] = {
    { .name = "", .type = ONR_SET_GROUP, .help = "Witness" },
    { .name = "key",
      .letter = 'k',
      .type = ONR_SET_TEXT,
      .arg = "FILE",
      .help = "this witness's secret key (keys generate --role witness), used for nothing else" },
    { .name = "state",
      .type = ONR_SET_TEXT,
      .arg = "FOLDER",
      .help = "what this witness must never forget: the head of each lane that it cosigned last, "
              "and evidence against lanes that it refused; made if it is not there" },
    { .name = "interval",
      .type = ONR_SET_MS,
      .arg = "TIME",
      .fallback = "10s",
      .min = 10,
      .max = 3600000,
      .help = "cosign the newest head of a lane at most this often" },
    { .name = "partition",
      .type = ONR_SET_INT,
      .arg = "N",
      .min = 0,
      .max = ONR_TOPIC_PARTITIONS_MAX - 1,
      .help = "watch this partition's lane only" },
    { .name = "once", .type = ONR_SET_FLAG, .help = "stop at what is the end when it begins" },
    { .name = NULL },
};

static const struct onr_setting *const tables[] = { onr_settings_kafka_common, settings,
                                                    onr_settings_key, NULL };

static const struct onr_program program = {
    .verb = "witness",
    .summary = "cosign lanes that only grow, from outside; refuse all others",
    .usage = "[OPTIONS]",
    .description
    = "Follows the lanes of the topic of attributions, verifies every COMMIT and root from the "
      "head that it cosigned last, keeps each new head on its own disk, and then writes the "
      "worker's signed checkpoint with a cosignature (C2SP cosignature/v1) to the topic witness, "
      "under the lane's name as key. Whoever holds a cosigned checkpoint knows that the lane "
      "was never shown shorter or otherwise to this witness. Run it where the newsroom's operator "
      "cannot reach; it needs to read the topics, and to write one.\n"
      "\n"
      "A lane that was cut, that was written anew with other records, or that is not what was "
      "signed is never cosigned again: an alarm goes to the log, both heads with the signed notes "
      "to a file refused-*.txt in the state folder. The other lanes go on.\n"
      "\n"
      "Exit codes: 0 all lanes valid; 3 a lane is invalid or forked, 4 has a gap, 5 is shorter "
      "than "
      "the head cosigned last.",
    .examples = "  onrecord keys generate --role witness --name w.example.org --out witness.key\n"
                "  onrecord witness --brokers localhost:9092 --trust trust.txt --key witness.key "
                "--state witness.d\n",
    .tables = tables,
    .kafka = true,
};

static int
need(const struct onr_settings *s, const char *name, const char *why, struct onr_error *err)
{
    return onr_set_text(s, name) ? 0 : onr_fail(err, ONR_EUSAGE, "%s: --%s is missing", why, name);
}

static int
read_key(struct onr_witness *w, const struct onr_settings *s, struct onr_error *err)
{
    const char *path = onr_set_text(s, "key");
    int rc = onr_key_read(s, path, &w->signer, err);

    if (rc == 0 && w->signer.key.type != ONR_KEY_COSIGNER)
        rc = onr_fail(err, ONR_EKEY,
                      "%s is not a witness's key: make one with: onrecord keys generate --role "
                      "witness --name NAME --out FILE",
                      path);
    return rc;
}

/* Cosignatures count for those whose trust file names the witness; that of this program need not. */
static void
look_for_key(const struct onr_witness *w)
{
    const struct onr_trust *t = onr_keyring_trust(w->keyring);

    for (size_t i = 0; i < t->n_witnesses; i++)
        if (memcmp(t->witness[i].id, w->signer.key.id, ONR_KEY_ID_LEN) == 0)
            return;
    onr_log(ONR_LOG_WARN, "witness.unnamed", "key=%s text=%s", onr_log_q(w->signer.key.name),
            onr_log_q("the trust file does not name this witness: who uses it will not count its "
                      "cosignatures"));
}

static int
open_txn(struct onr_witness *w, struct onr_error *err)
{
    struct onr_txn_spec spec = { .kafka = &w->broker->kafka,
                                 .transactional_id = w->txn_id,
                                 .init_timeout_ms = w->broker->settings.timeout_ms,
                                 .topics = w->topics };
    char hex[ONR_HEX_LEN(ONR_KEY_ID_LEN)];

    w->topics[0] = w->broker->settings.topics.name[ONR_TOPIC_WITNESS];
    snprintf(w->txn_id, sizeof w->txn_id, "%s-%s", w->topics[0],
             onr_hex(w->signer.key.id, ONR_KEY_ID_LEN, hex));
    return onr_txn_open(&spec, &w->txn, err);
}

static int
open_all(struct onr_witness *w, const struct onr_settings *s, struct onr_broker *b,
         struct onr_error *err)
{
    int rc;

    w->broker = b;
    if ((rc = need(s, "trust", "nothing can be verified without a trust file", err)) < 0
        || (rc = need(s, "key", "nothing can be cosigned without a witness's key", err)) < 0
        || (rc = need(s, "state", "a witness that forgets is none", err)) < 0
        || (rc = read_key(w, s, err)) < 0 || (rc = onr_broker_init(b, s, "witness", err)) < 0
        || (rc = onr_witness_store_open(w, err)) < 0 || (rc = onr_codec_new(&w->codec, err)) < 0
        || (rc = onr_reader_open(&b->kafka, false, &w->reader, err)) < 0
        || (rc = onr_keyring_open(b, onr_set_text(s, "trust"), &w->keyring, err)) < 0)
        return rc;
    look_for_key(w);
    return open_txn(w, err);
}

static int
run(const struct onr_settings *s, struct onr_error *err)
{
    struct onr_witness w = { .folder = onr_set_text(s, "state"),
                             .lock = -1,
                             .interval_ms = onr_set_int(s, "interval"),
                             .once = onr_set_flag(s, "once"),
                             .partition = onr_set_is(s, "partition")
                                              ? (int32_t) onr_set_int(s, "partition")
                                              : -1 };
    struct onr_broker broker;
    int rc;

    if (onr_settings_argc(s))
        return onr_fail(err, ONR_EUSAGE, "witness takes no arguments, but got \"%s\"",
                        onr_settings_arg(s, 0));
    if ((rc = open_all(&w, s, &broker, err)) == 0)
        rc = onr_witness_run(&w, err);
    onr_txn_close(w.txn);
    onr_keyring_close(w.keyring);
    if (w.reader)
        onr_reader_close(w.reader);
    onr_codec_free(w.codec);
    onr_witness_store_close(&w);
    onr_signer_release(&w.signer);
    return rc;
}

int
main(int argc, char **argv)
{
    return onr_program_main(&program, run, argc, argv);
}
