/* common/model/register.h - a newsroom's own register of people: what it knows for certain of whom its articles name.
 *
 * A CSV file (csv.h). Its first row names the columns, in any order: name, and if there are any aliases, role, external_id; several
 * aliases or roles of one person are separated by semicolons. Words are compared without a "the" in front, with any apostrophe and any
 * white space; roles also without regard to capitals. A name or alias belongs to one person; a role that several have says nothing.
 * Read once at start; nothing is allocated afterwards.
 */
#ifndef ONR_MODEL_REGISTER_H
#define ONR_MODEL_REGISTER_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/error.h"
#include "common/base/limits.h"
#include "common/base/span.h"

struct onr_register;

struct onr_register_entry {
    struct onr_span name;        /* at most ONR_NAME_MAX bytes */
    struct onr_span external_id; /* at most ONR_URL_MAX bytes, "" if none */
    bool is_person;              /* has a role, or a given name in front */
    unsigned line;               /* of the file */
};

/** Read the register in the file at path. Returns owned. Errors: -ONR_ECONFIG (cannot be read, is none, or larger than a limit of
 *  limits.h; the sentence names file, line, text, reason and what to do), -ONR_ENOMEM. */
ONR_MUST_USE int onr_register_open(const char *path, struct onr_register **ret,
                                   struct onr_error *err);

/** The same from bytes, of which nothing is kept; sentences name no file. */
ONR_MUST_USE int onr_register_read(struct onr_span bytes, struct onr_register **ret,
                                   struct onr_error *err);
void onr_register_free(struct onr_register *r);

/** SHA-256 of the file's bytes; of no bytes where r is NULL. */
void onr_register_fingerprint(const struct onr_register *r, uint8_t ret[32]);

/** How many people are in it; 0 where r is NULL. */
size_t onr_register_size(const struct onr_register *r);

/** Whose name or alias the words are; NULL for nobody, or where r is NULL. *ret_alias (may be NULL): an alias, not the name. Valid while r is. */
const struct onr_register_entry *onr_register_named(const struct onr_register *r,
                                                    struct onr_span words, bool *ret_alias);

/** The one person who has this role; NULL for nobody, several, or where r is NULL. Valid while r is. */
const struct onr_register_entry *onr_register_in_role(const struct onr_register *r,
                                                      struct onr_span words);

/** Are the two the same words, as roles are compared? */
bool onr_register_same_role(struct onr_span a, struct onr_span b);

#endif
