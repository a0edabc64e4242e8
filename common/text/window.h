/* common/text/window.h - the piece of body around a statement that the classifier may look at.
 *
 * Windows are made of whole statements, up to ONR_WINDOW_WORDS words, overlap by a quarter, and are shared: a statement takes
 * the one in which it has most room on both sides. Neighbours share a window byte for byte.
 */
#ifndef ONR_TEXT_WINDOW_H
#define ONR_TEXT_WINDOW_H

#include "common/text/split.h"

struct onr_window {
    uint32_t first, last; /* statements [first, last) */
};

struct onr_windows {
    struct onr_window *window; /* owned */
    size_t n, cap;
    uint32_t *of; /* owned; of[i] is the window of statement i */
    size_t of_cap;
};

ONR_MUST_USE int onr_windows_make(const struct onr_pieces *p, struct onr_windows *ret,
                                  struct onr_error *err);
void onr_windows_release(struct onr_windows *w);

#endif
