/* Values written into an experiment's text: only they change, wherever they stand; what has no place is refused. */
#include "base/linalg.h"
#include "base/memory.h"
#include "base/random.h"
#include "run/run.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>

static struct experiment *parse(const char *text) {
    struct error error = {0};
    struct experiment *experiment = experiment_parse(text, strlen(text), "edit.yaml", &error);
    if (!experiment) fail_msg("%s", error.message);
    return experiment;
}

static void check_applied(const char *source, const char *wanted) {
    struct experiment *experiment = parse(source);
    struct experiment_change changes[8];
    size_t count = 0;
    for (int o = 0; o < experiment->optimizer_count; o++) {
        changes[count++] = (struct experiment_change){o, 0, 0.125 * (o + 1)};
        int beta = optimizer_class_parameter_index(experiment->optimizers[o].class, "beta2");
        if (beta > 0) changes[count++] = (struct experiment_change){o, beta, 0.75};
    }
    struct error error = {0};
    char *text = experiment_with_values(experiment, changes, count, &error);
    if (!text) fail_msg("%s: %s", source, error.message);
    if (wanted && strcmp(text, wanted) != 0) fail_msg("not\n%s\nbut\n%s", wanted, text);
    free(text);
    experiment_destroy(&experiment);
}

#define HEAD "# über alles\nobjective: {expression: x^2 + y^2, variables: [x, y]} # π\nstart: [1, 1]\n"

static void values_are_written_where_they_stand(void **state) {
    check_applied(
        HEAD
        "optimizers:\n  - {name: sgd, lr: 0.02} # slow\n  - {name: adam, lr: 1e-3, betas: [0.9, 0.999]}\nseed: 3\n",
        HEAD
        "optimizers:\n  - {name: sgd, lr: 0.125} # slow\n  - {name: adam, lr: 0.25, betas: [0.9, 0.75]}\nseed: 3\n");
    check_applied(HEAD "optimizers:\n  - name: sgd   # no rate\n    label: 鞍\n  - lr: 0.5\n    name: adam",
                  HEAD "optimizers:\n  - name: sgd   # no rate\n    lr: 0.125\n    label: 鞍\n  - lr: 0.25\n    name: "
                       "adam\n    beta2: 0.75");
    check_applied(HEAD "optimizers: [sgd, {name: adam, label: a}] # two\n",
                  HEAD "optimizers: [{name: sgd, lr: 0.125}, {name: adam, lr: 0.25, beta2: 0.75, label: a}] # two\n");
    check_applied("\xEF\xBB\xBF" HEAD "optimizers:\r\n- name: sgd\r\n  label: b\r\n",
                  "\xEF\xBB\xBF" HEAD "optimizers:\r\n- name: sgd\r\n  lr: 0.125\r\n  label: b\r\n");
    /* A list of its own where the file names none, whatever comes last. */
    check_applied(HEAD, NULL);
    check_applied("{objective: {expression: x^2 + y^2, variables: [x, y]}, start: [1, 1]}", NULL);
    check_applied(HEAD "about: |\n  the end\n# really\n", NULL);
    /* Anchors and aliases of numbers go; an alias for a whole optimizer is refused. */
    check_applied(HEAD "optimizers: [{name: sgd, lr: &r 0.1}, {name: momentum, lr: 0.2}]\n",
                  HEAD "optimizers: [{name: sgd, lr: &r 0.125}, {name: momentum, lr: 0.25}]\n");
    check_applied(HEAD "seed: &r 1\noptimizers:\n- {name: sgd, lr: *r}\n- name: momentum\n  lr: *r\n  momentum: 0.5\n",
                  HEAD
                  "seed: &r 1\noptimizers:\n- {name: sgd, lr: 0.125}\n- name: momentum\n  lr: 0.25\n  momentum: 0.5\n");
}

static void what_has_no_place_is_refused(void **state) {
    static const char *const texts[] = {
        HEAD "optimizers: [&a {name: sgd, lr: 0.1}, *a]\n",
        HEAD "optimizers: [{name: sgd, lr: &r 0.1}, {name: momentum, lr: 0.1, dampening: *r}]\n",
    };
    for (size_t i = 0; i < 2; i++) {
        struct experiment *experiment = parse(texts[i]);
        const struct experiment_change change = {0, 0, 0.125};
        struct error error = {0};
        assert_null(experiment_with_values(experiment, &change, 1, &error));
        assert_int_equal(error.kind, ERROR_INPUT);
        assert_true(strlen(error.message) > 20);
        experiment_destroy(&experiment);
    }
}

/* Every built-in experiment can be written with other values, and reads back with them (experiment_with_values checks).
 */
static void every_built_in_experiment_takes_values(void **state) {
    size_t count;
    struct error error = {0};
    struct experiment_listing *list = experiment_list(&count, &error);
    assert_true(list && count > 20);
    for (size_t i = 0; i < count; i++) {
        struct experiment *experiment = experiment_load(list[i].path, &error);
        if (!experiment) fail_msg("%s", error.message);
        struct experiment_change changes[EXPERIMENT_MAX_OPTIMIZERS];
        for (int o = 0; o < experiment->optimizer_count; o++) changes[o] = (struct experiment_change){o, 0, 0.0625};
        char *text = experiment_with_values(experiment, changes, (size_t)experiment->optimizer_count, &error);
        if (!text) fail_msg("%s: %s", list[i].path, error.message);
        free(text);
        experiment_destroy(&experiment);
    }
    experiment_listing_destroy(&list, count);
}

/* Whatever can be loaded takes new values and reads back with them, or is refused with words. */
static void mangled_files_are_edited_or_refused(void **state) {
    static const char text[] =
        "# two\ntitle: {en: a, zh: \"\xe9\x9e\x8d\"}\nobjective:\n  expression: x^2 + y^2\n  variables: [x, y]\nstart: "
        "[1, 1]\n"
        "optimizers:\n  - {name: sgd, lr: &r 0.1}   # a\n  - name: adam\n    betas: [0.9, 0.99]\n  - momentum\n"
        "  - {name: rmsprop, lr: 0.1, label: 'b # c'}\nseed: 3\n";
    static const char pieces[][8] = {"*r", "&r ", "  ",  "\n", ", ",       "- ", "{", "}",
                                     "#",  "\"",  "|\n", "? ", "!!float ", "[",  "]", "\r\n"};
    struct random random = random_seeded(11, 0);
    int edited = 0, refused = 0;
    for (int round = 0; round < 4000; round++) {
        char mangled[sizeof text + 64];
        size_t length = sizeof text - 1;
        memcpy(mangled, text, sizeof text);
        for (size_t k = 1 + random_below(&random, 3); k > 0; k--) {
            size_t at = random_below(&random, length);
            if (random_below(&random, 3) == 0) {
                memmove(mangled + at, mangled + at + 1, length - at); /* with the NUL */
                length--;
            } else {
                const char *piece = pieces[random_below(&random, sizeof pieces / sizeof *pieces)];
                size_t size = strlen(piece);
                memmove(mangled + at + size, mangled + at, length - at + 1);
                memcpy(mangled + at, piece, size);
                length += size;
            }
        }
        struct experiment *experiment = experiment_parse(mangled, length, "edit.yaml", NULL);
        if (!experiment) continue;
        struct experiment_change changes[2 * EXPERIMENT_MAX_OPTIMIZERS];
        size_t count = 0;
        for (int o = 0; o < experiment->optimizer_count; o++) {
            int beta = optimizer_class_parameter_index(experiment->optimizers[o].class, "beta2");
            changes[count++] = (struct experiment_change){o, 0, 0.0625};
            if (beta > 0) changes[count++] = (struct experiment_change){o, beta, 0.5};
        }
        struct error error = {0};
        char *result = experiment_with_values(experiment, changes, count, &error); /* which reads it back */
        if (result)
            edited++;
        else
            refused++;
        assert_true(result || (error.kind == ERROR_INPUT && strlen(error.message) > 20));
        free(result);
        experiment_destroy(&experiment);
    }
    assert_true(edited > 150 && refused < edited);
}

int main(void) {
    linalg_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_written_where_they_stand),
        cmocka_unit_test(what_has_no_place_is_refused),
        cmocka_unit_test(every_built_in_experiment_takes_values),
        cmocka_unit_test(mangled_files_are_edited_or_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
