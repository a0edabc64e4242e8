/* common/model/people.h - what the newsroom's register of people says of the names in a text.
 *
 * The register knows for certain; the article's own rules and the network guess. So a mention whose own words are a name or alias of the
 * register means that person, whatever else the article says, and so does a description that is the role of one person only, unless
 * a name stands in the mention or the article gives that very role to somebody else. Where the article's rules find
 * the register's name by themselves, how it was found stays.
 * Without a register nothing here changes anything.
 */
#ifndef ONR_MODEL_PEOPLE_H
#define ONR_MODEL_PEOPLE_H

#include "common/model/speaker.h"

/** Look the cast up: fills n->entry, and n->gender where the register's name tells more. */
void onr_people_know_cast(struct onr_naming *n);

/** The one of the cast that stands for all with the register entry of k: who has the register's name, else the first. */
size_t onr_people_one(const struct onr_naming *n, size_t k);

/** Whom the words of mention m mean by the register; *who is what the article's own rules found. False, and *who as it was, where the register does not know. */
bool onr_people_mentioned(const struct onr_naming *n, struct onr_tokens_range m,
                          struct onr_speaker *who);

/** The entry behind a pronoun of this gender (ONR_W_MALE, ONR_W_FEMALE, 0 for either); false where e is NULL or of the other one. */
bool onr_people_answer(const struct onr_naming *n, const struct onr_register_entry *e,
                       uint32_t gender, int16_t confidence, struct onr_speaker *who);

/** The register's name and id for the name that was found for mention m, by whatever rule. False where the register does not know it, or a
 *  title in m tells a man from a woman. */
bool onr_people_named(const struct onr_naming *n, struct onr_tokens_range m,
                      struct onr_speaker *who);

/** The name of a target whose tokens are r and whose text is `text`; cast: who it is, or ONR_NOBODY. Register first, then the cast, then
 *  what the model knows, at last the text itself. */
struct onr_span onr_people_target(const struct onr_naming *n, struct onr_tokens_range r, int cast,
                                  struct onr_span text);

#endif
