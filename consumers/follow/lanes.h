/* consumers/follow/lanes.h - the lanes that are followed: read, verified, printed, remembered.
 *
 * Order of things for each block: its COMMIT is verified, its records go to the printer, the printer's bytes leave the
 * program, then the head goes into the state file. A crash between the last two prints a block again on the next start, never
 * loses one; lane and seq in the output tell a repetition.
 */
#ifndef ONR_FOLLOW_LANES_H
#define ONR_FOLLOW_LANES_H

#include "common/line/head_store.h"
#include "common/line/keyring.h"
#include "common/line/lane_reader.h"
#include "consumers/follow/print.h"

enum onr_follow_from { ONR_FOLLOW_BEGINNING, ONR_FOLLOW_STATE, ONR_FOLLOW_END };

struct onr_filter {
    const char *speaker, *stance, *outlet, *target; /* NULL = any */
};

struct onr_follow {
    const struct onr_broker *broker;
    struct onr_keyring *keyring;
    struct onr_reader *reader;
    struct onr_codec *codec;
    struct onr_printer *printer;
    struct onr_head_store *heads;
    const char *state_path; /* NULL = heads are not kept */
    enum onr_follow_from from;
    bool once;
    struct onr_filter filter;
    int32_t partition; /* -1 = all */
};

/** Follow until asked to stop, or with `once` to the end. Returns the worst verdict (enum onr_verdict: an exit code), or
 *  -ONR_E.... */
int onr_follow_run(struct onr_follow *f, struct onr_error *err);

#endif
