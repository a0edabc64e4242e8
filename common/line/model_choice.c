/* common/line/model_choice.c - see model_choice.h. */
#include "common/line/model_choice.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FOLDERS_UP 5 /* from build/KIND/tests/unit/test to the root of the source tree */

const struct onr_setting onr_settings_model[] = {
    { .name = "model",
      .letter = 'm',
      .type = ONR_SET_TEXT,
      .arg = "FILE",
      .help = "model file to use instead of the released one; \"noop\" finds nothing in any "
              "statement and is for measurements: its results say narration and are signed like "
              "all others" },
    { .name = "kernel",
      .type = ONR_SET_TEXT,
      .arg = "NAME",
      .help = "instructions to compute the model with: amx, avx512-vnni, avx-vnni, avx512, avx2, "
              "neon or portable; the best here if not given, and the same answers from all" },
    { .name = "register",
      .type = ONR_SET_TEXT,
      .arg = "FILE",
      .help = "the newsroom's own register of people, a CSV file with the columns name, aliases, "
              "role, external_id (several aliases or roles with ; between them): its names win "
              "over what article and model say" },
    { .name = NULL }
};

static bool
is_there(const char *folder, const char *below, char *path)
{
    int n = snprintf(path, PATH_MAX, "%s/%s/" ONR_MODEL_FILE_NAME, folder, below);

    return n > 0 && n < PATH_MAX && access(path, R_OK) == 0;
}

/* Up from the folder of this program, step by step. */
static int
find_released(char path[PATH_MAX], struct onr_error *err)
{
    char folder[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", folder, sizeof folder - 1);

    if (n < 0)
        return onr_fail(err, ONR_ECONFIG, "cannot tell where this program stands: set --model");
    folder[n] = '\0';
    for (int i = 0; i < FOLDERS_UP; i++) {
        char *slash = strrchr(folder, '/');

        if (!slash || slash == folder)
            break;
        *slash = '\0';
        if (is_there(folder, "share/onrecord", path) || is_there(folder, "model", path))
            return 0;
    }
    return onr_fail(err, ONR_ECONFIG,
                    "no " ONR_MODEL_FILE_NAME " in share/onrecord or model of any folder above "
                    "this program: install it, or name one with --model");
}

static int
choose_model(const struct onr_settings *s, struct onr_model **ret, struct onr_error *err)
{
    const char *chosen = onr_set_text(s, "model");
    struct onr_error why = ONR_ERROR_INIT;
    char path[PATH_MAX];
    int rc;

    if (chosen && strcmp(chosen, ONR_MODEL_NOOP) == 0) {
        *ret = NULL;
        return 0;
    }
    if (!chosen && (rc = find_released(path, err)) < 0)
        return rc;
    rc = onr_model_open(chosen ? chosen : path, onr_set_text(s, "kernel"), ret, &why);
    if (rc < 0) /* a file or instructions that are not there are a wrong setting */
        return onr_fail(err, rc == -ONR_ENOTFOUND ? ONR_ECONFIG : -rc, "%s", why.text);
    return 0;
}

static int
choose_register(const struct onr_settings *s, struct onr_register **ret, struct onr_error *err)
{
    int rc;

    if (!onr_set_text(s, "register"))
        return 0;
    if ((rc = onr_register_open(onr_set_text(s, "register"), ret, err)) < 0)
        (void) onr_fail_in(err, "%.100s: ", onr_set_where(s, "register"));
    return rc;
}

int
onr_model_choose(const struct onr_settings *s, struct onr_chosen *ret, struct onr_error *err)
{
    struct onr_chosen c = { NULL, NULL };
    int rc;

    if ((rc = choose_register(s, &c.people, err)) < 0
        || (rc = choose_model(s, &c.model, err)) < 0) {
        onr_chosen_release(&c);
        return rc;
    }
    if (c.model)
        onr_model_set_people(c.model, c.people);
    *ret = c;
    return 0;
}

void
onr_chosen_release(struct onr_chosen *c)
{
    onr_model_free(c->model);
    onr_register_free(c->people);
    *c = (struct onr_chosen){ NULL, NULL };
}
