/* common/text/measure.h - how many words and code points a stretch of text has.
 *
 * Words are runs without ASCII white space; a Han character or a syllable of kana counts as a word of its own.
 */
#ifndef ONR_TEXT_MEASURE_H
#define ONR_TEXT_MEASURE_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/span.h"

void onr_measure(struct onr_span s, size_t begin, size_t end, uint32_t *ret_words,
                 uint32_t *ret_cps);

#endif
