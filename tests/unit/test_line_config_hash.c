/* tests/unit/test_line_config_hash.c - the one hash of all that decides an answer. */
#include "tests/unit/cmocka_all.h"

#include "common/base/sha256.h"
#include "common/line/config_hash.h"
#include "tests/released_model.h"

static void
hash_with(const struct onr_codec *codec, const struct onr_model *model, const char *people,
          uint8_t ret[ONR_SHA256_LEN])
{
    struct onr_register *r = NULL;

    if (people)
        assert_int_equal(onr_register_read(onr_span_z(people), &r, NULL), 0);
    onr_line_config_hash(codec, model, r, ret);
    onr_register_free(r);
}

static void
model_and_register_both_count(void **state)
{
    static const char *const people[] = { NULL, "name\nAda Lind\n", "name\nAda Lind \n" };
    uint8_t hash[6][ONR_SHA256_LEN], again[ONR_SHA256_LEN];
    struct onr_codec *codec;
    struct onr_model *model;

    (void) state;
    assert_int_equal(onr_codec_new(&codec, NULL), 0);
    assert_int_equal(onr_model_open(RELEASED_MODEL, NULL, &model, NULL), 0);
    for (size_t i = 0; i < 6; i++) {
        hash_with(codec, i % 2 ? model : NULL, people[i / 2], hash[i]);
        hash_with(codec, i % 2 ? model : NULL, people[i / 2], again);
        assert_memory_equal(hash[i], again, sizeof again);
        for (size_t k = 0; k < i; k++)
            assert_memory_not_equal(hash[i], hash[k], sizeof again);
    }
    onr_model_free(model);
    onr_codec_free(codec);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(model_and_register_both_count),
    };

    return cmocka_run_group_tests_name("config_hash", tests, NULL, NULL);
}
