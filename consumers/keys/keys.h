/* consumers/keys/keys.h - the parts of `onrecord keys`.
 *
 *   keys.c     settings, help, and the commands that need no Kafka: generate, trust
 *   log.c      entries that allow: genesis, add, config
 *   stop.c     entries that end: retire, revoke, retention; and rotate, which does both
 *   writer.c   how an entry gets into the key log
 *   ends.c     how far the lanes are on Kafka
 *   list.c     what the key log holds, for people and as JSON
 *   export.c   public keys and signatures for tools of others
 */
#ifndef ONR_KEYS_KEYS_H
#define ONR_KEYS_KEYS_H

#include "common/base/settings.h"
#include "common/line/keyring.h"
#include "common/stmtlog/signer.h"

/** Value of a setting that this command cannot do without. -ONR_EUSAGE: says which and shows `example`. */
ONR_MUST_USE int onr_keys_need(const struct onr_settings *s, const char *name, const char *example,
                               const char **ret, struct onr_error *err);

/** A verifier key given as itself or as the name of a file whose first line it is. -ONR_EKEY. */
ONR_MUST_USE int onr_keys_verifier(struct onr_span text, struct onr_public_key *ret,
                                   struct onr_error *err);

/** onr_keyring_open with patience for a topic that was made a moment ago. */
ONR_MUST_USE int onr_keys_open_ring(const struct onr_broker *b, const char *path,
                                    struct onr_keyring **ret, struct onr_error *err);

/** The key of the key log that `text` means: its name, its id in hex, its verifier key or a file that holds one. -ONR_EKEY. */
ONR_MUST_USE int onr_keys_find(const struct onr_keylog *log, const char *text,
                               const struct onr_keylog_key **ret, struct onr_error *err);

/* The commands. Operands begin with the command's own name. */
ONR_MUST_USE int onr_keys_genesis(const struct onr_settings *s, struct onr_error *err);
ONR_MUST_USE int onr_keys_add(const struct onr_settings *s, struct onr_error *err);
ONR_MUST_USE int onr_keys_config(const struct onr_settings *s, struct onr_error *err);
ONR_MUST_USE int onr_keys_retire(const struct onr_settings *s, struct onr_error *err);
ONR_MUST_USE int onr_keys_revoke(const struct onr_settings *s, struct onr_error *err);
ONR_MUST_USE int onr_keys_rotate(const struct onr_settings *s, struct onr_error *err);
ONR_MUST_USE int onr_keys_retention(const struct onr_settings *s, struct onr_error *err);
ONR_MUST_USE int onr_keys_list(const struct onr_settings *s, struct onr_error *err);
ONR_MUST_USE int onr_keys_export(const struct onr_settings *s, struct onr_error *err);
ONR_MUST_USE int onr_keys_sign(const struct onr_settings *s, struct onr_error *err);

#endif
