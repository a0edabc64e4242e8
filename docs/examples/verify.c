/* docs/examples/verify.c - verify one record that came from anywhere, and say what is in it. See docs/subscriber.md.
 *
 * The caller ran sodium_init, read the trust file (onr_trust_read) and fed the records of the keys topic, in order, to a key
 * log (onr_keylog_feed). A record that passes is what a worker signed for this place of this lane; it is final once the
 * COMMIT of its block was verified too (common/stmtlog/range.h).
 */
#include <inttypes.h>
#include <stdio.h>

#include "common/onrecord.h"

static bool
schema_ok(void *codec, enum onr_leaf_type type, const uint8_t fp[ONR_SHA256_LEN])
{
    return onr_codec_knows_fp(codec, type == ONR_LEAF_RESULT ? ONR_REC_RESULT : ONR_REC_REJECT, fp);
}

/* value, leaf, sig: the Kafka record's value and its headers onr-leaf and onr-sig. True when it may be believed. */
static bool
verify_record(struct onr_codec *codec, const struct onr_keylog *keys, const char *origin,
              struct onr_span value, struct onr_span leaf_header, struct onr_span sig_header)
{
    struct onr_record_expect expect = { onr_span_z(origin), { 0 }, keys, schema_ok, codec };
    struct onr_arena arena = ONR_ARENA_INIT(1024 * 1024);
    uint8_t hash[ONR_SHA256_LEN];
    enum onr_record_type type;
    struct onr_span payload;
    struct onr_result r;
    struct onr_leaf leaf;
    enum onr_check check = ONR_CHECK_MALFORMED;
    uint32_t schema;

    onr_lane_id(expect.origin, expect.lane_id);
    if (onr_frame_open(codec, value, &schema, &type, &payload, NULL) == 0)
        check = onr_record_check(&expect, payload, leaf_header, sig_header, &leaf, hash);
    if (check != ONR_CHECK_OK)
        printf("refused: %s\n", onr_check_sentence(check));
    else if (leaf.type == ONR_LEAF_RESULT
             && onr_result_decode(codec, onr_codec_schema_id(codec, ONR_REC_RESULT), payload,
                                  &arena, &r, NULL, NULL)
                    == 0)
        for (size_t i = 0; i < r.n_attributions; i++)
            printf("record %" PRIu64 ": " ONR_SPAN_FMT " (%s)\n", leaf.seq,
                   ONR_SPAN_ARG(r.attributions[i].speaker.name),
                   onr_stance_name(r.attributions[i].stance));
    onr_arena_release(&arena);
    return check == ONR_CHECK_OK;
}
