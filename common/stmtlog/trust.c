/* common/stmtlog/trust.c - see trust.h. */
#include "common/stmtlog/trust.h"

#include "common/base/file.h"

#define FIRST_LINE "onrecord trust v1"

static int
take_name(struct onr_span value, size_t max, char *ret, const char *what, struct onr_error *err)
{
    if (!onr_name_part_ok(value, max))
        return onr_fail(err, ONR_ECONFIG,
                        "'" ONR_SPAN_FMT "' cannot be %s: use 1 to %zu letters, digits, '.', '_' "
                        "or '-'",
                        (int) (value.len < 200 ? value.len : 200), value.ptr, what, max);
    memcpy(ret, value.ptr, value.len);
    ret[value.len] = '\0';
    return 0;
}

static int
take_topics(struct onr_span value, struct onr_trust *t, struct onr_error *err)
{
    struct onr_span rest = value, output, input;
    int rc;

    if (t->n_topics == ONR_TRUST_TOPICS)
        return onr_fail(err, ONR_ECONFIG, "more than %d lines 'topics'", ONR_TRUST_TOPICS);
    if (!onr_span_next(&rest, ' ', &output) || !onr_span_next(&rest, ' ', &input) || rest.ptr)
        return onr_fail(err, ONR_ECONFIG,
                        "'topics' takes two names, output and input: topics "
                        "onrecord.attributions onrecord.statements");
    if ((rc = take_name(output, ONR_TOPIC_MAX, t->topic[t->n_topics].output, "a topic", err)) < 0
        || (rc = take_name(input, ONR_TOPIC_MAX, t->topic[t->n_topics].input, "a topic", err)) < 0)
        return rc;
    t->n_topics++;
    return 0;
}

static int
take_key(struct onr_span value, struct onr_public_key *keys, size_t *n, size_t max,
         struct onr_error *err)
{
    int rc;

    if (*n == max)
        return onr_fail(err, ONR_ECONFIG, "more than %zu keys of this kind", max);
    if ((rc = onr_verifier_parse(value, &keys[*n], err)) < 0)
        return rc;
    (*n)++;
    return 0;
}

static int
take_line(struct onr_span line, struct onr_trust *t, struct onr_error *err)
{
    struct onr_span rest = line, word;
    unsigned long long k;

    if (!onr_span_next(&rest, ' ', &word) || !rest.ptr)
        return onr_fail(err, ONR_ECONFIG, "'" ONR_SPAN_FMT "' says nothing",
                        (int) (line.len < 80 ? line.len : 80), line.ptr);
    rest = onr_span_trim(rest);
    if (onr_span_eq_z(word, "org") && !t->org[0])
        return take_name(rest, ONR_KEY_NAME_MAX, t->org, "an organisation", err);
    if (onr_span_eq_z(word, "topics"))
        return take_topics(rest, t, err);
    if (onr_span_eq_z(word, "root"))
        return take_key(rest, t->root, &t->n_roots, ONR_TRUST_ROOTS, err);
    if (onr_span_eq_z(word, "witness"))
        return take_key(rest, t->witness, &t->n_witnesses, ONR_TRUST_WITNESSES, err);
    if (onr_span_eq_z(word, "k") && t->k == 0) {
        if (onr_span_u64(rest, &k) < 0 || k == 0 || k > ONR_TRUST_ROOTS)
            return onr_fail(err, ONR_ECONFIG, "k is the number of roots that must sign: 1 to %d",
                            ONR_TRUST_ROOTS);
        t->k = (unsigned) k;
        return 0;
    }
    return onr_fail(err, ONR_ECONFIG,
                    "'" ONR_SPAN_FMT
                    "' is unknown here or stands twice: the words are org, topics, "
                    "k, root, witness",
                    (int) (word.len < 80 ? word.len : 80), word.ptr);
}

static int
check_keys(const struct onr_public_key *keys, size_t n, uint8_t type, const char *what,
           struct onr_error *err)
{
    for (size_t i = 0; i < n; i++) {
        if (keys[i].type != type)
            return onr_fail(err, ONR_EKEY, "%s '%s' has a key of type 0x%02x, 0x%02x is due", what,
                            keys[i].name, keys[i].type, type);
        for (size_t j = 0; j < i; j++)
            if (memcmp(keys[i].pk, keys[j].pk, ONR_PK_LEN) == 0)
                return onr_fail(err, ONR_EKEY, "%ss '%s' and '%s' are one key", what, keys[j].name,
                                keys[i].name);
    }
    return 0;
}

int
onr_trust_check(const struct onr_trust *t, struct onr_error *err)
{
    int rc;

    if (!t->org[0])
        return onr_fail(err, ONR_ECONFIG, "the line 'org' is missing");
    if (t->n_topics == 0)
        return onr_fail(err, ONR_ECONFIG, "the line 'topics' is missing");
    for (size_t i = 0; i < t->n_topics; i++)
        for (size_t j = 0; j < i; j++)
            if (strcmp(t->topic[i].output, t->topic[j].output) == 0)
                return onr_fail(err, ONR_ECONFIG, "output topic '%s' stands twice",
                                t->topic[i].output);
    if (t->n_roots == 0)
        return onr_fail(err, ONR_ECONFIG, "the line 'root' is missing: nobody could sign keys");
    if (t->k == 0)
        return onr_fail(err, ONR_ECONFIG, "the line 'k' is missing: how many roots must sign");
    if (t->k > t->n_roots)
        return onr_fail(err, ONR_ECONFIG, "k is %u, but there are only %zu roots", t->k,
                        t->n_roots);
    if ((rc = check_keys(t->root, t->n_roots, ONR_KEY_ED25519, "root", err)) < 0)
        return rc;
    return check_keys(t->witness, t->n_witnesses, ONR_KEY_COSIGNER, "witness", err);
}

int
onr_trust_parse(struct onr_span text, struct onr_trust *ret, struct onr_error *err)
{
    struct onr_trust t;
    struct onr_span line;
    size_t no = 0;
    int rc;

    memset(&t, 0, sizeof t);
    while (onr_span_next(&text, '\n', &line)) {
        line = onr_span_trim(line);
        no++;
        if (no == 1 && !onr_span_eq_z(line, FIRST_LINE))
            return onr_fail(err, ONR_ECONFIG, "not a trust file: its first line is '%s'",
                            FIRST_LINE);
        if (no == 1 || line.len == 0 || line.ptr[0] == '#')
            continue;
        if ((rc = take_line(line, &t, err)) < 0) {
            onr_fail_in(err, "line %zu: ", no);
            return rc;
        }
    }
    if ((rc = onr_trust_check(&t, err)) < 0)
        return rc;
    *ret = t;
    return 0;
}

int
onr_trust_read(const char *path, struct onr_trust *ret, struct onr_error *err)
{
    struct onr_buf text = ONR_BUF_INIT(ONR_TRUST_MAX);
    int rc = onr_file_read(path, &text, err);

    if (rc == -ONR_ENOTFOUND)
        rc = onr_fail(err, ONR_ECONFIG,
                      "there is no trust file %s: get it from the newsroom, or make one with "
                      "onrecord keys trust",
                      path);
    else if (rc == 0 && (rc = onr_trust_parse(onr_buf_span(&text), ret, err)) < 0)
        onr_fail_in(err, "%s: ", path);
    onr_buf_release(&text);
    return rc;
}

int
onr_trust_print(const struct onr_trust *t, struct onr_buf *out)
{
    char verifier[ONR_VERIFIER_MAX + 1];
    int rc = onr_buf_printf(out, FIRST_LINE "\norg %s\n", t->org);

    for (size_t i = 0; rc == 0 && i < t->n_topics; i++)
        rc = onr_buf_printf(out, "topics %s %s\n", t->topic[i].output, t->topic[i].input);
    if (rc == 0)
        rc = onr_buf_printf(out, "k %u\n", t->k);
    for (size_t i = 0; rc == 0 && i < t->n_roots; i++)
        rc = onr_buf_printf(out, "root %s\n", onr_verifier_print(&t->root[i], verifier));
    for (size_t i = 0; rc == 0 && i < t->n_witnesses; i++)
        rc = onr_buf_printf(out, "witness %s\n", onr_verifier_print(&t->witness[i], verifier));
    return rc;
}

struct onr_span
onr_trust_input(const struct onr_trust *t, struct onr_span output)
{
    for (size_t i = 0; i < t->n_topics; i++)
        if (onr_span_eq_z(output, t->topic[i].output))
            return onr_span_z(t->topic[i].input);
    return ONR_SPAN_NULL;
}
