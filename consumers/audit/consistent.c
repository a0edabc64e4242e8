/* consumers/audit/consistent.c - two files of heads compared, as far as that goes without the lanes. See evidence.h.
 *
 * A smaller tree, or another one of the same size, is a contradiction whatever the lanes hold; equal heads agree. Whether a larger
 * tree begins with the smaller one only the records between them can tell.
 */
#include <inttypes.h>
#include <stdio.h>

#include "consumers/audit/evidence.h"

/* What NEW says of one head of OLD. *ret_grew: it is larger, which proves nothing yet. */
static enum onr_verdict
compare(const struct onr_head *old, const struct onr_head *new, bool *ret_grew)
{
    if (!new) {
        printf("missing   %s: NEW has no head of it, OLD one of %" PRIu64 " records\n", old->origin,
               old->tree.size);
        return ONR_VERDICT_MISSING;
    }
    if (new->tree.size < old->tree.size || new->commit_no < old->commit_no) {
        printf("missing   %s: %" PRIu64 " records (COMMIT %" PRIu64 ") in NEW, %" PRIu64
               " (COMMIT %" PRIu64 ") in OLD: its end was cut off\n",
               old->origin, new->tree.size, new->commit_no, old->tree.size, old->commit_no);
        return ONR_VERDICT_MISSING;
    }
    if ((new->tree.size == old->tree.size &&memcmp(new->root, old->root, ONR_SHA256_LEN) != 0)
        || (new->commit_no
            == old->commit_no &&memcmp(new->body_hash, old->body_hash, ONR_SHA256_LEN) != 0)) {
        printf("invalid   %s: of %" PRIu64 " records (COMMIT %" PRIu64
               ") there are two: the lane was forked\n",
               old->origin, new->tree.size, new->commit_no);
        return ONR_VERDICT_INVALID;
    }
    *ret_grew = *ret_grew || new->tree.size > old->tree.size || new->commit_no > old->commit_no;
    return ONR_VERDICT_VALID;
}

bool
onr_audit_consistent(const struct onr_head_store *old, const struct onr_head_store *new,
                     enum onr_verdict *ret)
{
    bool grew = false;

    *ret = ONR_VERDICT_VALID;
    for (size_t i = 0; i < onr_head_store_count(old); i++) {
        const struct onr_head *head = onr_head_store_at(old, i);

        *ret = onr_verdict_worse(*ret, compare(head, onr_head_store_get(new, head->origin), &grew));
    }
    if (*ret == ONR_VERDICT_VALID && grew)
        return false;
    printf("heads: %s (%zu lane%s)\n", onr_verdict_name(*ret), onr_head_store_count(old),
           onr_head_store_count(old) == 1 ? "" : "s");
    return true;
}
