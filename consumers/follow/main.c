/* consumers/follow/main.c - `onrecord follow`: verified results for people and programs. What it does is in lanes.h. */
#include "common/line/program.h"
#include "common/line/schema_folder.h"
#include "consumers/follow/lanes.h"

#include <stdio.h>

static const struct onr_setting settings[] = {
    { .name = "", .type = ONR_SET_GROUP, .help = "Follow" },
    { .name = "state",
      .type = ONR_SET_TEXT,
      .arg = "FILE",
      .help
      = "keep the last verified head of each lane here: go on from it next time, refuse a lane "
        "that ends before it" },
    { .name = "from",
      .type = ONR_SET_CHOICE,
      .arg = "WHERE",
      .choices = "beginning|state|end",
      .help = "print from the lanes' beginning, from the state file's heads, or only what comes "
              "after now; whatever is not printed is verified all the same (default: state where "
              "the file exists, else beginning)" },
    { .name = "format",
      .type = ONR_SET_CHOICE,
      .arg = "FORMAT",
      .choices = "json|table",
      .fallback = "json",
      .help = "JSON Lines for programs, a table for people" },
    { .name = "partition",
      .type = ONR_SET_INT,
      .arg = "N",
      .min = 0,
      .max = ONR_TOPIC_PARTITIONS_MAX - 1,
      .help = "follow this partition's lane only" },
    { .name = "once", .type = ONR_SET_FLAG, .help = "stop at what is the end when it begins" },
    { .name = "", .type = ONR_SET_GROUP, .help = "Print only records with" },
    { .name = "speaker", .type = ONR_SET_TEXT, .arg = "NAME", .help = "this speaker" },
    { .name = "stance",
      .type = ONR_SET_CHOICE,
      .arg = "STANCE",
      .choices = "support|oppose|neutral",
      .help = "this stance" },
    { .name = "target", .type = ONR_SET_TEXT, .arg = "NAME", .help = "this target" },
    { .name = "outlet", .type = ONR_SET_TEXT, .arg = "NAME", .help = "this outlet" },
    { .name = NULL },
};

static const struct onr_setting *const tables[] = { onr_settings_kafka_common, onr_settings_schemas,
                                                    settings, NULL };

static const struct onr_program program = {
    .verb = "follow",
    .summary = "print verified results as they come",
    .usage = "[OPTIONS]",
    .description
    = "Reads the lanes of the topic of attributions, checks every record's signature, place and "
      "schema, and prints a record once the signed COMMIT of its block was verified; never "
      "before. Records that somebody stripped, altered, forged or signed with a key that the key "
      "log does not know are refused with a line on standard error. A lane that is not what was "
      "signed stops with its verdict.\n"
      "\n"
      "Exit codes: 0 all lanes valid; 3 a lane is invalid, 4 has a gap, 5 is shorter than the head "
      "kept in the state file, or its beginning or partition is gone; 6 nothing of a lane is left "
      "but a signed entry that gave it up.\n"
      "\n"
      "The state file is written after the output it stands for. A crash between the two prints "
      "that output again: lane and seq in every JSON line tell a repetition.",
    .examples = "  onrecord follow --brokers localhost:9092 --trust trust.txt --state heads.txt\n"
                "  onrecord follow --brokers localhost:9092 --trust trust.txt --once "
                "--format table\n",
    .tables = tables,
    .kafka = true,
};

static int
read_from(const struct onr_settings *s, bool state_exists, enum onr_follow_from *ret,
          struct onr_error *err)
{
    const char *from = onr_set_text(s, "from");

    if (!from)
        *ret = state_exists ? ONR_FOLLOW_STATE : ONR_FOLLOW_BEGINNING;
    else if (strcmp(from, "beginning") == 0)
        *ret = ONR_FOLLOW_BEGINNING;
    else if (strcmp(from, "end") == 0)
        *ret = ONR_FOLLOW_END;
    else if (!onr_set_is(s, "state"))
        return onr_fail(err, ONR_EUSAGE, "--from state needs a --state file to begin from");
    else
        *ret = ONR_FOLLOW_STATE;
    return 0;
}

static int
load_state(struct onr_follow *f, bool *ret_exists, struct onr_error *err)
{
    int rc;

    *ret_exists = false;
    if ((rc = onr_head_store_new(&f->heads, err)) < 0 || !f->state_path)
        return rc;
    rc = onr_head_store_load(f->heads, f->state_path, err);
    *ret_exists = rc == 0;
    if (rc < 0 && rc != -ONR_ENOTFOUND)
        return rc;
    /* Whether it can be written is better known now than after the first records. */
    return onr_head_store_save(f->heads, f->state_path, err);
}

static int
run(const struct onr_settings *s, struct onr_error *err)
{
    bool json = strcmp(onr_set_text(s, "format"), "json") == 0, exists;
    struct onr_follow f = { .state_path = onr_set_text(s, "state"),
                            .once = onr_set_flag(s, "once"),
                            .partition = onr_set_is(s, "partition")
                                             ? (int32_t) onr_set_int(s, "partition")
                                             : -1,
                            .filter = { .speaker = onr_set_text(s, "speaker"),
                                        .stance = onr_set_text(s, "stance"),
                                        .target = onr_set_text(s, "target"),
                                        .outlet = onr_set_text(s, "outlet") } };
    struct onr_broker broker;
    int rc;

    if (onr_settings_argc(s))
        return onr_fail(err, ONR_EUSAGE, "follow takes no arguments, but got \"%s\"",
                        onr_settings_arg(s, 0));
    if (!onr_set_is(s, "trust"))
        return onr_fail(err, ONR_EUSAGE,
                        "nothing can be verified without a trust file: --trust FILE");
    f.broker = &broker;
    if ((rc = onr_broker_init(&broker, s, "follow", err)) < 0
        || (rc = load_state(&f, &exists, err)) < 0 || (rc = read_from(s, exists, &f.from, err)) < 0
        || (rc = onr_codec_new(&f.codec, err)) < 0
        || (rc = onr_schema_folder_load(f.codec, s, err)) < 0
        || (rc = onr_printer_new(json, !f.once, &f.printer, err)) < 0
        || (rc = onr_reader_open(&broker.kafka, false, &f.reader, err)) < 0
        || (rc = onr_keyring_open(&broker, onr_set_text(s, "trust"), &f.keyring, err)) < 0
        || (rc = onr_keyring_reaches(f.keyring, f.heads, f.state_path, err)) < 0)
        goto out;
    rc = onr_follow_run(&f, err);
out:
    onr_keyring_close(f.keyring);
    onr_reader_close(f.reader);
    onr_printer_free(f.printer);
    onr_codec_free(f.codec);
    onr_head_store_free(f.heads);
    return rc;
}

int
main(int argc, char **argv)
{
    return onr_program_main(&program, run, argc, argv);
}
