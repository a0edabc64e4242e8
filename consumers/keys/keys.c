/* consumers/keys/keys.c - `onrecord keys`: make signing keys, keep the key log and the trust file.
 *
 * Root keys sign entries of the key log; worker keys sign records. A root key is needed on this command line only, so it can
 * live on a machine that is off the rest of the time. See keys.h for the parts.
 */
#include "consumers/keys/keys.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/line/key.h"
#include "common/line/program.h"
#include "common/line/topics.h"
#include "common/stmtlog/trust.h"

#define PUBLIC_FILE_MAX 4096 /* bytes of a file that holds a verifier key */

static const struct onr_setting settings[] = {
    { .name = "", .type = ONR_SET_GROUP, .help = "Keys" },
    { .name = "name",
      .type = ONR_SET_TEXT,
      .arg = "NAME",
      .help = "generate: name of the new key, as w0.news.example" },
    { .name = "out",
      .letter = 'o',
      .type = ONR_SET_TEXT,
      .arg = "FILE",
      .help = "generate: the secret key; trust: the trust file; sign: the signature; never over an "
              "existing file" },
    { .name = "role",
      .type = ONR_SET_CHOICE,
      .choices = "worker|witness|root",
      .fallback = "worker",
      .arg = "ROLE",
      .help = "generate and add: what the key is for: worker, witness or root" },
    { .name = "encrypt",
      .type = ONR_SET_FLAG,
      .help = "generate: put the secret key under a passphrase (Argon2id, XChaCha20-Poly1305)" },
    { .name = "root",
      .type = ONR_SET_TEXT,
      .arg = "KEY,...",
      .help = "trust: verifier keys of the roots, or files that hold them" },
    { .name = "witness",
      .type = ONR_SET_TEXT,
      .arg = "KEY,...",
      .help = "trust: verifier keys of witnesses, or files that hold them" },
    { .name = "k",
      .type = ONR_SET_INT,
      .arg = "N",
      .fallback = "2",
      .min = 1,
      .max = ONR_TRUST_ROOTS,
      .help = "trust: how many roots must sign an entry of the key log; 1 is for trying out" },
    { .name = "root-key",
      .type = ONR_SET_TEXT,
      .arg = "FILE,...",
      .help = "what is written to the key log: secret keys of the roots that sign, as many as the "
              "trust file asks for" },
    { .name = "lanes",
      .type = ONR_SET_TEXT,
      .arg = "ORIGIN,...",
      .help
      = "add, config: lanes it is for, * for any partition or epoch; every lane of --prefix if "
        "not given" },
    { .name = "partitions",
      .letter = 'n',
      .type = ONR_SET_INT,
      .arg = "N",
      .min = 1,
      .max = ONR_TOPIC_PARTITIONS_MAX,
      .help = "genesis: number of lanes; as many as the topic has partitions if not given" },
    { .name = "epoch",
      .type = ONR_SET_INT,
      .arg = "N",
      .fallback = "1",
      .min = 1,
      .max = UINT32_MAX,
      .help = "genesis: epoch of the lanes; the next one after a lane was sealed" },
    { .name = "sizes",
      .type = ONR_SET_TEXT,
      .arg = "LANE=SIZE,...",
      .help
      = "revoke, retire: up to which size of each lane (partition or origin) the key's "
        "signatures count; on lanes not named nothing counts; \"last\": as far as the lanes are "
        "now, \"none\": nothing. retire without it takes the lanes' last COMMITs once the key "
        "is quiet" },
    { .name = "reason",
      .type = ONR_SET_TEXT,
      .arg = "TEXT",
      .help = "revoke: why, for everybody to read" },
    { .name = "quiet",
      .type = ONR_SET_MS,
      .arg = "TIME",
      .fallback = "70s",
      .min = 0,
      .max = 24 * 3600 * 1000,
      .help
      = "retire, rotate: a key that signed a lane's last COMMIT is taken for stopped after this "
        "time without another one; a worker that lives signs one every 60 s at least" },
    { .name = "key",
      .letter = 'k',
      .type = ONR_SET_TEXT,
      .arg = "FILE",
      .help = "sign: the secret key that signs" },
    { .name = "minisign",
      .type = ONR_SET_FLAG,
      .help = "export and sign: in the format of minisign" },
    { .name = "comment",
      .type = ONR_SET_TEXT,
      .arg = "TEXT",
      .help = "sign: the comment that is signed along; time and file's name if not given" },
    { .name = "json", .type = ONR_SET_FLAG, .help = "list: JSON on standard output" },
    { .name = NULL },
};

int
onr_keys_need(const struct onr_settings *s, const char *name, const char *example, const char **ret,
              struct onr_error *err)
{
    const char *value = onr_set_text(s, name);

    if (!value || !*value)
        return onr_fail(err, ONR_EUSAGE, "--%s is missing: onrecord keys %s --%s %s", name,
                        onr_settings_arg(s, 0), name, example);
    *ret = value;
    return 0;
}

static int
read_verifier(const char *path, struct onr_public_key *ret, struct onr_error *err)
{
    struct onr_buf content = ONR_BUF_INIT(PUBLIC_FILE_MAX);
    struct onr_span rest, line = { NULL, 0 };
    int rc = onr_file_read(path, &content, err);

    if (rc == 0) {
        rest = onr_buf_span(&content);
        onr_span_next(&rest, '\n', &line);
        if ((rc = onr_verifier_parse(onr_span_trim(line), ret, err)) < 0)
            onr_fail_in(err, "%s: ", path);
    }
    onr_buf_release(&content);
    return rc;
}

int
onr_keys_verifier(struct onr_span text, struct onr_public_key *ret, struct onr_error *err)
{
    char path[4096];

    if (text.len == 0 || text.len >= sizeof path)
        return onr_fail(err, ONR_EKEY, "a verifier key is missing, or it is too long");
    memcpy(path, text.ptr, text.len);
    path[text.len] = '\0';
    if (access(path, F_OK) == 0)
        return read_verifier(path, ret, err);
    if (!strchr(path, '+'))
        return onr_fail(err, ONR_EKEY,
                        "'%.200s' is neither a verifier key (name+8 hex digits+base64, as keys "
                        "generate prints it) nor a file that holds one",
                        path);
    return onr_verifier_parse(text, ret, err);
}

static int
print_line(const char *line, struct onr_error *err)
{
    struct onr_buf out = ONR_BUF_INIT(4096);
    int rc = onr_buf_printf(&out, "%s\n", line);

    rc = rc < 0 ? onr_fail(err, -rc, "no memory")
                : onr_fd_write(STDOUT_FILENO, onr_buf_span(&out), "standard output", err);
    onr_buf_release(&out);
    return rc;
}

static int
generate(const struct onr_settings *s, struct onr_error *err)
{
    bool witness = strcmp(onr_set_text(s, "role"), "witness") == 0;
    struct onr_signer signer = { .secret = NULL };
    char verifier[ONR_VERIFIER_MAX + 1];
    const char *name, *path;
    int rc;

    if ((rc = onr_keys_need(s, "name", "w0.news.example", &name, err)) < 0
        || (rc = onr_keys_need(s, "out", "w0.key", &path, err)) < 0)
        return rc;
    if ((rc = onr_key_create(s, path, onr_span_z(name),
                             witness ? ONR_KEY_COSIGNER : ONR_KEY_ED25519,
                             onr_set_flag(s, "encrypt"), &signer, err))
        < 0)
        return rc;
    rc = print_line(onr_verifier_print(&signer.key, verifier), err);
    if (rc == 0)
        fprintf(stderr, "%s holds the secret key: keep it where it signs, and nowhere else\n",
                path);
    onr_signer_release(&signer);
    return rc;
}

static int
take_keys(const char *list, struct onr_public_key *keys, size_t max, size_t *n,
          struct onr_error *err)
{
    struct onr_span rest = onr_span_z(list), one;
    int rc;

    while (onr_span_next(&rest, ',', &one)) {
        if (*n == max)
            return onr_fail(err, ONR_EUSAGE, "more than %zu keys of one kind", max);
        if ((rc = onr_keys_verifier(onr_span_trim(one), &keys[*n], err)) < 0)
            return rc;
        (*n)++;
    }
    return 0;
}

/* What the options say, as a trust file. */
static int
fill_trust(const struct onr_settings *s, struct onr_trust *t, struct onr_error *err)
{
    struct onr_topic_names names;
    const char *org, *roots;
    int rc;

    memset(t, 0, sizeof *t);
    if ((rc = onr_keys_need(s, "org", "news.example", &org, err)) < 0
        || (rc = onr_keys_need(s, "root", "admin.news.example+1a2b3c4d+AZ...", &roots, err)) < 0
        || (rc = onr_topic_names_make(onr_set_text(s, "prefix"), &names, err)) < 0)
        return rc;
    if (!onr_name_part_ok(onr_span_z(org), ONR_KEY_NAME_MAX))
        return onr_fail(err, ONR_EUSAGE,
                        "--org %s: use 1 to %d letters, digits, '.', '_' or '-'; a domain name is "
                        "usual",
                        org, ONR_KEY_NAME_MAX);
    snprintf(t->org, sizeof t->org, "%s", org);
    snprintf(t->topic[0].output, sizeof t->topic[0].output, "%s",
             names.name[ONR_TOPIC_ATTRIBUTIONS]);
    snprintf(t->topic[0].input, sizeof t->topic[0].input, "%s", names.name[ONR_TOPIC_STATEMENTS]);
    t->n_topics = 1;
    t->k = (unsigned) onr_set_int(s, "k");
    if ((rc = take_keys(roots, t->root, ONR_TRUST_ROOTS, &t->n_roots, err)) < 0
        || (rc = take_keys(onr_set_text(s, "witness"), t->witness, ONR_TRUST_WITNESSES,
                           &t->n_witnesses, err))
               < 0)
        return rc;
    if (t->k > t->n_roots)
        return onr_fail(err, ONR_EUSAGE,
                        "%u roots must sign (--k), but --root names %zu: name more, or say --k %zu "
                        "for trying out",
                        t->k, t->n_roots, t->n_roots);
    return onr_trust_check(t, err);
}

static int
trust(const struct onr_settings *s, struct onr_error *err)
{
    struct onr_buf text = ONR_BUF_INIT(ONR_TRUST_MAX);
    struct onr_trust t;
    const char *path;
    int rc;

    if ((rc = onr_keys_need(s, "out", "trust.txt", &path, err)) < 0
        || (rc = fill_trust(s, &t, err)) < 0)
        return rc;
    if (access(path, F_OK) == 0)
        return onr_fail(err, ONR_ECONFIG,
                        "%s exists: a trust file is not replaced; move it away if you mean to",
                        path);
    if ((rc = onr_trust_print(&t, &text)) < 0)
        onr_fail(err, -rc, "no memory for the trust file");
    else if ((rc = onr_file_replace(path, onr_buf_span(&text), 0644, err)) == 0)
        fprintf(stderr,
                "%s: %u of %zu roots must sign; give it to subscribers and auditors by a way that "
                "they trust\n",
                path, t.k, t.n_roots);
    onr_buf_release(&text);
    return rc;
}

static const struct {
    const char *name;
    int (*run)(const struct onr_settings *s, struct onr_error *err);
    bool operands;
} commands[] = {
    { "generate", generate, false },           { "trust", trust, false },
    { "genesis", onr_keys_genesis, false },    { "add", onr_keys_add, true },
    { "retire", onr_keys_retire, true },       { "rotate", onr_keys_rotate, true },
    { "revoke", onr_keys_revoke, true },       { "config", onr_keys_config, true },
    { "retention", onr_keys_retention, true }, { "list", onr_keys_list, false },
    { "export", onr_keys_export, true },       { "sign", onr_keys_sign, true },
};

static int
run(const struct onr_settings *s, struct onr_error *err)
{
    const char *name = onr_settings_argc(s) > 0 ? onr_settings_arg(s, 0) : "";

    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        if (strcmp(name, commands[i].name) != 0)
            continue;
        if (!commands[i].operands && onr_settings_argc(s) > 1)
            return onr_fail(err, ONR_EUSAGE, "keys %s takes no operand '%s'", name,
                            onr_settings_arg(s, 1));
        return commands[i].run(s, err);
    }
    return onr_fail(
        err, ONR_EUSAGE,
        "say what to do: onrecord keys generate, trust, genesis, add, retire, rotate, revoke, "
        "config, retention, list, export or sign");
}

static const struct onr_setting *const tables[] = { settings, onr_settings_key,
                                                    onr_settings_kafka_common, NULL };

static const struct onr_program program = {
    .verb = "keys",
    .summary = "make signing keys, keep the key log and the trust file",
    .usage = "[OPTIONS] COMMAND [KEY ...]",
    .description
    = "Commands that need no Kafka:\n"
      "  generate     make a secret key in a file of its own, print its verifier key\n"
      "  trust        write the trust file: the only thing that subscribers must get by\n"
      "               another way than Kafka\n"
      "\n"
      "Commands that append to the key log, signed by roots; what stands there already is not "
      "written again, and who is overtaken by another writer tries again until --timeout is over:\n"
      "  genesis      the lanes of the line may begin\n"
      "  add KEY ...  keys may sign lanes\n"
      "  rotate OLD NEW    add NEW for the lanes of OLD, wait until the workers sign with it\n"
      "               and OLD is quiet, then retire OLD at the lanes' last COMMITs\n"
      "  retire KEY   what the key signed so far counts, nothing more\n"
      "  revoke KEY   what the key signed counts up to --sizes, for good\n"
      "  config HASH  lanes may change to this model and these rules (classify prints the hash)\n"
      "  retention LANE=SIZE ...   records before that size of the lane may be gone\n"
      "\n"
      "Commands that read:\n"
      "  list         the key log, checked against the trust file\n"
      "  export [KEY ...]   verifier keys: those named, or all that are neither retired nor "
      "revoked\n"
      "\n"
      "KEY is a verifier key, a file that holds one or, once it is in the key log, its name or id. "
      "Keep "
      "root keys off the machines that classify: only the entries of the key log need them.",
    .examples
    = "  onrecord keys generate --role root --name admin.news.example --out root.key > root.pub\n"
      "  onrecord keys generate --encrypt --name w0.news.example --out w0.key > w0.pub\n"
      "  onrecord keys trust --org news.example --root root.pub --k 1 --out trust.txt\n"
      "  onrecord keys genesis --brokers localhost:9092 --trust trust.txt --root-key root.key\n"
      "  onrecord keys add --brokers localhost:9092 --trust trust.txt --root-key root.key w0.pub\n"
      "  onrecord keys rotate -b localhost:9092 --trust trust.txt --root-key root.key "
      "w0.news.example w0-2.pub\n"
      "  onrecord keys revoke -b localhost:9092 --trust trust.txt --root-key root.key "
      "w0.news.example \\\n"
      "      --reason 'laptop stolen on 3 May' --sizes 0=1500,1=1480\n"
      "  onrecord keys export --minisign w0.pub > w0.minisign\n"
      "  onrecord keys sign --minisign --key w0.key heads.txt\n"
      "  onrecord keys list --brokers localhost:9092 --trust trust.txt\n",
    .tables = tables,
    .kafka = true,
};

int
main(int argc, char **argv)
{
    return onr_program_main(&program, run, argc, argv);
}
