/* common/stmtlog/minisign.h - public keys and detached signatures as minisign (and OpenBSD's signify, for keys) writes them.
 *
 * For what leaves the line as a file: a head, an evidence file, a release. Whoever gets it checks it with a tool that was not
 * written here. Only the prehashed form "ED" is made: Ed25519 over BLAKE2b-512 of the file. The older form signs the file's own
 * bytes, and a file could be chosen so that its signature is one of a COMMIT or a key-log entry.
 */
#ifndef ONR_STMTLOG_MINISIGN_H
#define ONR_STMTLOG_MINISIGN_H

#include "common/stmtlog/signer.h"

#define ONR_MINISIGN_HASH_LEN    64
#define ONR_MINISIGN_COMMENT_MAX 1024 /* bytes of a trusted comment; minisign reads 8 KiB */
#define ONR_MINISIGN_MAX         2048 /* bytes of a key or signature as text */

/** Append the public key as a file's text. Its key id is ours: the first 8 bytes, shown by minisign as a number, last byte first.
 *  -ONR_EKEY: a cosigner's key, which signs nothing but cosignatures; -ONR_ENOMEM. */
ONR_MUST_USE int onr_minisign_key(const struct onr_public_key *k, struct onr_buf *out,
                                  struct onr_error *err);

/** BLAKE2b-512 of all that fd still holds. -ONR_EIO. */
ONR_MUST_USE int onr_minisign_hash(int fd, const char *name, uint8_t ret[ONR_MINISIGN_HASH_LEN],
                                   struct onr_error *err);

/** Append the text of a .minisig file for what has this hash. `comment` is signed along: one line of UTF-8.
 *  -ONR_EKEY, -ONR_EINPUT (comment), -ONR_ENOMEM. */
ONR_MUST_USE int onr_minisign_sign(const struct onr_signer *s,
                                   const uint8_t hash[ONR_MINISIGN_HASH_LEN],
                                   struct onr_span comment, struct onr_buf *out,
                                   struct onr_error *err);

#endif
