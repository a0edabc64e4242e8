/* common/stream/ledger.c - which input offsets were processed, and which of them for good (ledger.h). */
#include "common/stream/ledger.h"

#include <stdlib.h>
#include <string.h>

void
onr_ledger_release(struct onr_ledger *l)
{
    free(l->entry);
    *l = (struct onr_ledger){ NULL, 0, 0 };
}

/* Index of the first entry whose partition is not smaller. */
static size_t
place(const struct onr_ledger *l, int32_t partition)
{
    size_t low = 0, high = l->n;

    while (low < high) {
        size_t mid = low + (high - low) / 2;

        if (l->entry[mid].partition < partition)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

struct onr_ledger_entry *
onr_ledger_find(const struct onr_ledger *l, int32_t partition)
{
    size_t i = place(l, partition);

    return i < l->n && l->entry[i].partition == partition ? &l->entry[i] : NULL;
}

int
onr_ledger_add(struct onr_ledger *l, int32_t partition, int64_t next)
{
    size_t i = place(l, partition);

    if (i < l->n && l->entry[i].partition == partition)
        return -ONR_ESTATE;
    if (l->n == ONR_LEDGER_MAX)
        return -ONR_ELIMIT;
    if (l->n == l->cap) {
        size_t cap = l->cap ? 2 * l->cap : 8;
        struct onr_ledger_entry *e = realloc(l->entry, cap * sizeof *e);

        if (!e)
            return -ONR_ENOMEM;
        l->entry = e;
        l->cap = cap;
    }
    memmove(&l->entry[i + 1], &l->entry[i], (l->n - i) * sizeof *l->entry);
    l->entry[i] = (struct onr_ledger_entry){
        .partition = partition, .committed = next, .next = next, .first = -1, .must = -1
    };
    l->n++;
    return 0;
}

void
onr_ledger_remove(struct onr_ledger *l, int32_t partition)
{
    size_t i = place(l, partition);

    if (i == l->n || l->entry[i].partition != partition)
        return;
    l->n--;
    memmove(&l->entry[i], &l->entry[i + 1], (l->n - i) * sizeof *l->entry);
}

enum onr_ledger_answer
onr_ledger_ask(const struct onr_ledger_entry *e, int64_t offset)
{
    if (offset < e->next)
        return ONR_LEDGER_SEEN;
    return e->must >= 0 && offset > e->must ? ONR_LEDGER_GAP : ONR_LEDGER_TAKE;
}

void
onr_ledger_took(struct onr_ledger_entry *e, int64_t offset)
{
    if (e->first < 0)
        e->first = offset;
    e->next = offset + 1;
    if (e->must < e->next)
        e->must = -1;
    e->taken++;
}

void
onr_ledger_owes(struct onr_ledger_entry *e, int64_t offset)
{
    if (offset >= e->next && (e->must < 0 || offset < e->must))
        e->must = offset;
}

void
onr_ledger_reached(struct onr_ledger_entry *e, int64_t offset)
{
    if (offset > e->next && (e->must < 0 || offset <= e->must))
        e->next = offset;
}

void
onr_ledger_commit(struct onr_ledger_entry *e)
{
    e->committed = e->next;
    e->first = -1;
    e->taken = 0;
}

void
onr_ledger_rollback(struct onr_ledger_entry *e)
{
    if (e->first >= 0)
        e->must = e->first;
    e->next = e->committed;
    e->first = -1;
    e->taken = 0;
}
