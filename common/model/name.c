/* common/model/name.c - see name.h. */
#include "common/model/name.h"

#include "common/model/tokens.h"

struct onr_span
onr_name_first(struct onr_span name)
{
    struct onr_span w = { name.ptr, 0 };

    while (w.len < name.len && name.ptr[w.len] != ' ')
        w.len++;
    return w;
}

struct onr_span
onr_name_last(struct onr_span name)
{
    static const char suffixes[] = "Jr. Jr Sr. Sr II III IV";
    size_t begin = name.len;
    struct onr_span last;

    while (begin > 0 && name.ptr[begin - 1] != ' ')
        begin--;
    last = onr_span_sub(name, begin, name.len);
    if (begin > 1 && onr_word_listed(suffixes, last)) {
        size_t comma = begin > 2 && name.ptr[begin - 2] == ',';

        return onr_name_last(onr_span_sub(name, 0, begin - 1 - comma));
    }
    return last;
}

uint32_t
onr_name_gender(struct onr_span w)
{
    char lower[ONR_WORD_MAX + 1];
    size_t n = 0;

    for (; n < w.len && n < ONR_WORD_MAX; n++)
        lower[n] = w.ptr[n] >= 'A' && w.ptr[n] <= 'Z' ? (char) (w.ptr[n] - 'A' + 'a') : w.ptr[n];
    return onr_word_classes(onr_span_of(lower, n)) & (ONR_W_MALE | ONR_W_FEMALE);
}
