#include "test.h"

#include "base/file.h"
#include "base/random.h"
#include "lesson/lesson.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A bowl L = x² + 10y² whose every figure has a closed form: gradient descent with rate η multiplies x by 1 − 2η and y
 * by 1 − 20η each step. */
static const char head[] = "section: \"4.0b\"\n"                          /* 1 */
                           "title: {en: Bowl, zh: 碗}\n"                  /* 2 */
                           "experiments:\n"                               /* 3 */
                           "  bowl: |\n"                                  /* 4 */
                           "    objective:\n"                             /* 5 */
                           "      expression: x^2 + 10*y^2\n"             /* 6 */
                           "      variables: [x, y]\n"                    /* 7 */
                           "      domain: [[-2, 2], [-2, 2]]\n"           /* 8 */
                           "    start: [1, 1]\n"                          /* 9 */
                           "    steps: 40\n"                              /* 10 */
                           "    optimizers:\n"                            /* 11 */
                           "      - {name: sgd, lr: 0.08}\n"              /* 12 */
                           "      - {name: sgd, lr: 0.2, label: large}\n" /* 13 */
                           "measure:\n";                                  /* 14 */

static struct lesson *parse(const char *measures, const char *steps, struct error *error) {
    char text[8192];
    snprintf(text, sizeof text, "%s%s%s", head, measures, steps);
    return lesson_parse(text, strlen(text), "bowl.yaml", error);
}

/* Parses, checks, and says what was measured for the first step's claims. */
static void check_claims(const char *measures, const char *const *claims, const bool *hold, int count) {
    char steps[4096];
    int used = snprintf(steps, sizeof steps, "steps:\n  - text: {en: a, zh: b}\n    claims:\n");
    for (int i = 0; i < count; i++)
        used += snprintf(steps + used, sizeof steps - (size_t)used, "      - \"%s\"\n", claims[i]);
    struct error error = {0};
    struct lesson *lesson = parse(measures, steps, &error);
    if (!lesson) fail_msg("%s", error.message);
    for (int threads = 1; threads <= 2; threads++) {
        struct lesson_check *check = lesson_check_create(lesson, &(struct lesson_check_params){.threads = threads});
        if (!job_wait(lesson_check_job(check), &error)) fail_msg("%s", error.message);
        for (int i = 0; i < count; i++) {
            struct claim_result result = lesson_check_claim(check, 0, i);
            assert_true(result.done);
            if (result.holds != hold[i]) fail_msg("%s: %s", claims[i], result.measured);
        }
        lesson_check_destroy(&check);
    }
    lesson_destroy(&lesson);
}

static void test_measures_against_closed_forms(void **state) {
    /* x after 40 steps of 0.84, y of −0.6; with rate 0.2 y is multiplied by −3: it diverges in size, not to infinity.
     */
    static const char measures[] = "  loss: {loss: end, run: SGD}\n"
                                   "  first: {loss: 1, run: SGD}\n"
                                   "  gradient: {gradient: start, run: SGD}\n"
                                   "  x: {theta: 3, axis: x, run: SGD}\n"
                                   "  y_most: {theta: {max: [1, end]}, axis: y, run: SGD}\n"
                                   "  y_least: {theta: {min: [0, 5]}, axis: 1, run: SGD}\n"
                                   "  mean: {theta: {mean: [0, 2]}, axis: x, run: SGD}\n"
                                   "  span: {theta: {range: [0, 1]}, axis: y, run: SGD}\n"
                                   "  turns: {turns: [0, 10], axis: y, run: SGD}\n"
                                   "  turns_x: {turns: [0, 10], axis: x, run: SGD}\n"
                                   "  to_one: {steps_to: 1, run: SGD}\n"
                                   "  never: {steps_to: -1, run: SGD}\n"
                                   "  high: {eigenvalue: highest, at: [0.3, 0.1]}\n"
                                   "  second: {eigenvalue: 2, at: end}\n"
                                   "  low: {eigenvalue: lowest, at: start}\n"
                                   "  condition: {condition: end}\n"
                                   "  sharp: {sharpness: [1, 1]}\n"
                                   "  index: {index: [0, 0]}\n"
                                   "  there: {point_loss: [1, 2]}\n"
                                   "  steep: {point_gradient: [1, 0]}\n"
                                   "  evaluations: {evaluations: end, run: SGD}\n"
                                   "  large: {loss: end, run: large}\n"
                                   "  step: {movement: start, run: SGD}\n"
                                   "  rate: {rate: end, run: large}\n";
    static const char *const claims[] = {
        "loss = 0.84^80 + 10*0.6^80 ± 1e-15",
        "first = 0.84^2 + 10*0.6^2 ± 1e-12",
        "gradient = sqrt(4 + 400) ± 1e-12",
        "x = 0.84^3 ± 1e-14",
        "y_most = 0.36 ± 1e-12",
        "y_least = -0.6 ± 1e-12",
        "mean = (1 + 0.84 + 0.84^2)/3 ± 1e-12",
        "span = 1.6 ± 1e-12",
        "turns = 9 ± 0",
        "turns_x = 0 ± 0",
        "to_one = 3 ± 0",
        "never > 1e300",
        "low < high",
        "high = 20 ± 1e-9",
        "second = 20 ± 1e-9",
        "low = 2 ± 1e-9",
        "condition = 10 ± 1e-9",
        "sharp = 20 ± 1e-3",
        "index = 0 ± 0",
        "there = 41 ± 1e-12",
        "steep = 2 ± 1e-12",
        "evaluations = 41 ± 0",
        "large > 1e30",
        "step = sqrt(0.16^2 + 1.6^2) ± 1e-12",
        "rate = 0.2 ± 1e-15",
        "1 < first < 5 <= there",
        "loss > first",
        "loss >= first",
        "high = 20.1 ± 0.01",
        "1 < first < 2",
    };
    bool hold[sizeof claims / sizeof *claims];
    int count = (int)(sizeof claims / sizeof *claims);
    for (int i = 0; i < count; i++) hold[i] = i < count - 4;
    check_claims(measures, claims, hold, 15);
    check_claims(measures, claims + 15, hold + 15, count - 15);
}

/* What a rule divides by, and a gradient against differences: g = (2x, 20y), x and y from 1. */
static void test_sigma_and_gradient_error(void **state) {
    static const char text[] =
        "section: \"4.1\"\ntitle: {en: a, zh: b}\nexperiments:\n  bowl: |\n    objective:\n      expression: x^2 + "
        "10*y^2\n"
        "      variables: [x, y]\n    start: [1, 1]\n    steps: 4\n    optimizers:\n      - {name: rms_adagrad, lr: "
        "0.1}\n"
        "      - {name: adagrad, lr: 0.1}\n      - {name: lecture_rmsprop, lr: 0.1, alpha: 0.75}\n      - {name: sgd, "
        "lr: 0.01}\n"
        "  net: |\n    objective:\n      network: {layers: [2, 5, 2], activation: tanh, norm: batch}\n"
        "      data: {name: moons, samples: 24}\n      loss: cross_entropy\n    start: {seed: 1}\n    steps: 3\n"
        "    optimizers: [{name: sgd, lr: 0.1}]\n"
        "measure:\n  mean_0: {sigma: 0, axis: x, of: bowl, run: rms_adagrad}\n"
        "  mean_1: {sigma: 1, axis: x, of: bowl, run: rms_adagrad}\n  sum_1: {sigma: 1, axis: x, of: bowl, run: "
        "adagrad}\n"
        "  fading_1: {sigma: 1, axis: x, of: bowl, run: lecture_rmsprop}\n"
        "  most: {sigma: {max: [0, end]}, axis: y, of: bowl, run: rms_adagrad}\n"
        "  none: {sigma: 1, axis: x, of: bowl, run: sgd}\n  bowl_off: {gradient_error: start, of: bowl}\n"
        "  net_off: {gradient_error: end, of: net}\n"
        "  company: {batch_dependence: end, of: net}\n  alone: {evaluation_dependence: end, of: net}\n"
        "steps:\n  - text: {en: a, zh: b}\n    claims:\n      - mean_0 = 2 ± 1e-12\n"
        "      - mean_1 = sqrt((4 + 3.24)/2) ± 1e-12\n      - sum_1 = sqrt(4 + 3.24) ± 1e-9\n"
        "      - fading_1 = sqrt(0.75*4 + 0.25*3.24) ± 1e-12\n      - most = 20 ± 1e-12\n      - bowl_off < 1e-8\n"
        "      - net_off < 1e-7\n      - company > 1e-3\n      - alone < 1e-14\n      - none = 1 ± 1e300\n";
    struct error error = {0};
    struct lesson *lesson = lesson_parse(text, strlen(text), "sigma.yaml", &error);
    if (!lesson) fail_msg("%s", error.message);
    struct lesson_check *check = lesson_check_create(lesson, &(struct lesson_check_params){.threads = 2});
    if (!job_wait(lesson_check_job(check), &error)) fail_msg("%s", error.message);
    for (int i = 0; i < 10; i++) {
        struct claim_result result = lesson_check_claim(check, 0, i);
        if (result.holds != (i < 9)) fail_msg("%s: %s", lesson->steps[0].claims[i].text, result.measured);
    }
    lesson_check_destroy(&check);
    lesson_destroy(&lesson);
}

/* L = (1 − xy)² at the origin along (1, ±1)/√2: 1 ∓ t² + t⁴/4, so the patch is off by t⁴/4. */
static void test_patch_and_updates_are_measured(void **state) {
    static const char lesson_text[] =
        "section: \"2.2\"\ntitle: {en: a, zh: b}\nexperiments:\n  saddle: |\n    objective:\n"
        "      expression: (1 - x*y)^2\n      variables: [x, y]\n      domain: [[-2, 2], [-2, 2]]\n    start: [1, 1]\n"
        "    optimizers: [{name: sgd, lr: 0.1}]\n"
        "  net: |\n    objective:\n      network: {layers: [2, 64, 2], activation: tanh}\n"
        "      data: {name: moons, samples: 400}\n      loss: cross_entropy\n    start: {seed: 1}\n"
        "    optimizers: [{name: sgd, lr: 0.1}]\n"
        "measure:\n  near: {taylor_error: 0.1, at: [0, 0], of: saddle}\n"
        "  far: {taylor_error: 0.2, at: [0, 0], of: saddle}\n  one: {update_seconds: 1, of: net}\n"
        "  all: {update_seconds: 400, of: net}\n"
        "steps:\n  - text: {en: a, zh: b}\n    claims: [near = 0.1^4/4 ± 1e-12, far = 0.2^4/4 ± 1e-12, 0 < one < "
        "all]\n";
    struct error error = {0};
    struct lesson *lesson = lesson_parse(lesson_text, strlen(lesson_text), "patch.yaml", &error);
    if (!lesson) fail_msg("%s", error.message);
    struct lesson_check *check = lesson_check_create(lesson, &(struct lesson_check_params){.threads = 1});
    if (!job_wait(lesson_check_job(check), &error)) fail_msg("%s", error.message);
    for (int i = 0; i < 3; i++) {
        struct claim_result result = lesson_check_claim(check, 0, i);
        if (!result.holds) fail_msg("%s: %s", lesson->steps[0].claims[i].text, result.measured);
    }
    lesson_check_destroy(&check);
    lesson_destroy(&lesson);
}

/* Two wells, a bowl and a saddle that are known all over. */
static void test_measures_that_take_a_study(void **state) {
    static const char text[] =
        "section: beyond\ntitle: {en: a, zh: b}\nexperiments:\n"
        "  wells: |\n    objective:\n      expression: (x^2 - 1)^2 + y^2\n      variables: [x, y]\n"
        "      domain: [[-2, 2], [-1, 1]]\n    start: [0.5, 0.5]\n    steps: 120\n    optimizers:\n"
        "      - {name: sgd, lr: 0.03}\n      - {name: sgd, lr: 1e-9, label: still}\n"
        "  bowl: |\n    objective:\n      expression: x^2 + 2*y^2 + 3*z^2\n      variables: [x, y, z]\n"
        "    start: [0, 0, 0]\n    steps: 1\n    optimizers: [{name: sgd, lr: 0.1}]\n"
        "  saddle: |\n    objective:\n      expression: x^2 + 2*y^2 - 3*z^2 + z^4\n      variables: [x, y, z]\n"
        "    start: [0.1, 0.1, 0.05]\n    steps: 1\n    optimizers: [{name: sgd, lr: 0.1}]\n"
        "measure:\n"
        "  right: {basin_share: [1, 0.1], of: wells, run: sgd}\n"
        "  stays: {basin_share: [1, 0.1], of: wells, run: still}\n"
        "  apart: {basin_difference: still, of: wells, run: sgd}\n"
        "  same: {basin_difference: sgd, of: wells, run: sgd}\n"
        "  turns: {line_turns: start, of: bowl, planes: 5}\n"
        "  none: {random_falls: start, of: bowl, planes: 30}\n"
        "  up: {hessian_falls: start, of: bowl}\n"
        "  some: {random_falls: start, of: saddle, planes: 30}\n"
        "  down: {hessian_falls: start, of: saddle}\n"
        "  index: {saddle_index: [0.1, 0.1, 0.05], of: saddle}\n"
        "  there: {saddle_gradient: start, of: saddle}\n"
        "steps:\n  - text: {en: a, zh: b}\n    claims:\n"
        "      - right = 0.5 ± 1e-12\n      - stays < 0.01\n      - apart > 0.95\n      - same = 0 ± 0\n"
        "      - turns = 1 ± 0\n      - none = 0 ± 0\n      - up = 0 ± 0\n      - 0 < some < 1\n"
        "      - down = 1 ± 0\n      - index = 1 ± 0\n      - there < 1e-8\n";
    struct error error = {0};
    struct lesson *lesson = lesson_parse(text, strlen(text), "study.yaml", &error);
    if (!lesson) fail_msg("%s", error.message);
    struct lesson_check *check = lesson_check_create(lesson, &(struct lesson_check_params){.threads = 2});
    if (!job_wait(lesson_check_job(check), &error)) fail_msg("%s", error.message);
    for (int i = 0; i < lesson->steps[0].claim_count; i++) {
        struct claim_result result = lesson_check_claim(check, 0, i);
        if (!result.holds) fail_msg("%s: %s", lesson->steps[0].claims[i].text, result.measured);
    }
    lesson_check_destroy(&check);
    lesson_destroy(&lesson);
}

/* A straight line's loss is a parabola on every slice: the shift is the same whatever the reach. */
static void test_test_shift(void **state) {
    static const char lesson_text[] =
        "section: \"3.1c\"\ntitle: {en: a, zh: b}\nexperiments:\n"
        "  line: |\n    objective:\n      network: {layers: [1, 1], activation: tanh}\n"
        "      data: {name: sine, samples: 60, noise: 0.3, test: 0.5}\n      loss: mse\n    start: [1, 0.5]\n"
        "    optimizers: [{name: sgd, lr: 0.1}]\n"
        "  whole: |\n    objective:\n      network: {layers: [1, 1], activation: tanh}\n"
        "      data: {name: sine, samples: 60}\n      loss: mse\n    start: [1, 0.5]\n"
        "    optimizers: [{name: sgd, lr: 0.1}]\n"
        "measure:\n  near: {test_shift: 0.1, at: start, of: line}\n  far: {test_shift: 2, at: start, of: line}\n"
        "  none: {test_shift: 1, at: start, of: whole}\n"
        "  s0: {slice_loss: 0, at: start, of: line}\n  s1: {slice_loss: 0.5, at: start, of: line}\n"
        "  s2: {slice_loss: 1, at: start, of: line}\n  here: {loss: start, of: line}\n"
        "  bend: {sharpness: start, of: line}\n"
        "  t1: {slice_test: 0.5, at: end, of: line}\n"
        "steps:\n  - text: {en: a, zh: b}\n    show:\n      plot:\n        across: {en: a, zh: b}\n"
        "        up: {en: a, zh: b}\n        at: [-0.5, 0.5]\n        scale: linear\n        lines:\n"
        "          - {name: {en: a, zh: b}, slice: {of: line, loss: test}, times: [1, 2]}\n"
        "          - {name: {en: a, zh: b}, slice: {of: whole, run: sgd}}\n"
        "          - {name: {en: a, zh: b}, slice: {of: line}, mark: least}\n"
        "    claims: [near = far ± 1e-9, 1e-3 < near < 1, none > 0, s0 = here ± 1e-12, "
        "(s2 - 2*s1 + s0)/0.25 = bend ± 1e-9]\n";
    struct error error = {0};
    struct lesson *lesson = lesson_parse(lesson_text, strlen(lesson_text), "shift.yaml", &error);
    if (!lesson) fail_msg("%s", error.message);
    struct lesson_check *check = lesson_check_create(lesson, &(struct lesson_check_params){.threads = 1});
    if (!job_wait(lesson_check_job(check), &error)) fail_msg("%s", error.message);
    for (int i = 0; i < 5; i++) {
        struct claim_result result = lesson_check_claim(check, 0, i);
        if (result.holds != (i != 2)) fail_msg("%s: %s", lesson->steps[0].claims[i].text, result.measured);
        if (i == 2) assert_non_null(strstr(result.measured, "test_shift needs data held back"));
    }
    const struct lesson_plot *plot = lesson->steps[0].show.plot;
    const struct lesson_plot_line *lines = plot->lines;
    assert_int_equal(lesson->measure_count, 9 + 6); /* a plot's slices are measured like all else */
    assert_true(plot->linear && lines[0].dashed && !lines[1].dashed && lines[2].marked && lines[0].times[1] == 2);
    assert_true(lines[0].shade == lines[2].shade && lines[0].shade != lines[1].shade);
    struct lesson_figure named, drawn;
    assert_true(lesson_check_figure(check, 8, &named));
    assert_true(lesson_check_figure(check, lines[0].points[1].measures[0], &drawn));
    assert_true(named.median == drawn.median);
    lesson_check_destroy(&check);
    lesson_destroy(&lesson);
}

static void test_several_seeds_are_judged_together(void **state) {
    static const char lesson_text[] =
        "section: \"3.1a\"\ntitle: {en: a, zh: b}\nexperiments:\n  moons: |\n    objective:\n"
        "      network: {layers: [2, 4, 2], activation: tanh}\n      data: {name: moons, samples: 40}\n"
        "      loss: cross_entropy\n    start: {seed: 1}\n    steps: 30\n    batch: 10\n    optimizers: [{name: sgd, "
        "lr: 0.1}]\n"
        "measure:\n  one: {loss: end, seeds: 1}\n  many: {loss: end, seeds: 5}\n  start: {loss: start, seeds: 5}\n"
        "steps:\n  - text: {en: \"{many} and {{x}\", zh: b}\n    claims:\n      - many < start\n"
        "      - {claim: many < one, judge: all}\n      - {claim: many < 100, judge: median}\n"
        "      - {claim: many > 100, judge: most}\n";
    struct error error = {0};
    struct lesson *lesson = lesson_parse(lesson_text, strlen(lesson_text), "seeds.yaml", &error);
    if (!lesson) fail_msg("%s", error.message);
    char *before = lesson_fill(lesson, NULL, lesson->steps[0].text.en);
    assert_string_equal(before, "… and {x}");
    free(before);
    struct lesson_check *check = lesson_check_create(lesson, &(struct lesson_check_params){.threads = 2});
    if (!job_wait(lesson_check_job(check), &error)) fail_msg("%s", error.message);
    static const bool holds[] = {true, false, true, false};
    for (int i = 0; i < 4; i++) {
        struct claim_result result = lesson_check_claim(check, 0, i);
        if (result.holds != holds[i]) fail_msg("%s: %s", lesson->steps[0].claims[i].text, result.measured);
        assert_int_equal(result.seeds, 5);
        assert_non_null(strstr(result.measured, " … "));
    }
    char *after = lesson_fill(lesson, check, lesson->steps[0].text.en);
    assert_null(strstr(after, "{many}"));
    assert_non_null(strstr(after, " and {x}"));
    free(after);
    lesson_check_destroy(&check);
    lesson_destroy(&lesson);
}

static void replace(char *text, const char *from, const char *to) {
    char *at = strstr(text, from);
    memmove(at + strlen(to), at + strlen(from), strlen(at + strlen(from)) + 1);
    memcpy(at, to, strlen(to));
}

/* What the only file of a folder holds; its path into `path`. */
static char *only_file(const char *folder, char path[512]) {
    DIR *listing = opendir(folder);
    char *text = NULL;
    size_t length;
    int count = 0;
    for (struct dirent *entry; listing && (entry = readdir(listing));) {
        if (entry->d_name[0] == '.') continue;
        snprintf(path, 512, "%s/%.300s", folder, entry->d_name);
        free(text);
        text = file_read(path, 1 << 20, &length, NULL);
        count++;
    }
    if (listing) closedir(listing);
    assert_int_equal(count, 1);
    return text;
}

static void assert_claims(const char *measures, const char *folder, bool remembers, const char *measured) {
    struct error error = {0};
    struct lesson *lesson =
        parse(measures, "steps:\n  - text: {en: a, zh: b}\n    claims: [there < 9, took > 0]\n", &error);
    if (!lesson) fail_msg("%s", error.message);
    struct lesson_check *check = lesson_check_create(lesson, &(struct lesson_check_params){.kept = folder});
    assert_int_equal(lesson_check_remembers(check), remembers);
    if (!job_wait(lesson_check_job(check), &error)) fail_msg("%s", error.message);
    struct lesson_figure figure;
    assert_true(lesson_check_figure(check, 0, &figure) && figure.median == figure.least && figure.most == figure.least);
    assert_true(lesson_check_share(check, 0) == 1);
    assert_string_equal(lesson_check_claim(check, 0, 0).measured, measured);
    assert_true(lesson_check_claim(check, 0, 1).holds);
    lesson_check_destroy(&check);
    lesson_destroy(&lesson);
}

static void test_figures_are_kept_for_the_very_same_lesson(void **state) {
    (void)state;
    static const char measures[] = "  there: {loss: 1}\n  took: {seconds_per_step: true}\n";
    char folder[] = "figures-XXXXXX", path[512];
    assert_non_null(mkdtemp(folder));
    /* 0.84² + 10·0.6² */
    assert_claims(measures, folder, false, "there 4.3056");
    char *text = only_file(folder, path);
    assert_non_null(strstr(text, "\nthere 0x1."));
    assert_null(strstr(text, "took")); /* a time is another one each time */
    assert_claims(measures, folder, true, "there 4.3056");
    /* What stands in the file is what is said … */
    char *at = strstr(text, "\nthere ");
    FILE *stream = fopen(path, "w");
    fprintf(stream, "%.*s\nthere 0x1p-1\n", (int)(at - text), text);
    fclose(stream);
    assert_claims(measures, folder, true, "there 0.5");
    /* … but not from a damaged file, nor for another lesson. */
    static const char *const damaged[] = {"there", "there 0x1p-1 0x1p-1", "there zero", "hare 0x1p-1"};
    for (size_t i = 0; i < sizeof damaged / sizeof *damaged; i++) {
        stream = fopen(path, "w");
        fprintf(stream, "%.*s\n%s\n", (int)(at - text), text, damaged[i]);
        fclose(stream);
        assert_claims(measures, folder, false, "there 4.3056");
    }
    assert_claims("  there: {loss: 2}\n  took: {seconds_per_step: true}\n", folder, false, "there 1.79387");
    free(text);
    DIR *listing = opendir(folder);
    for (struct dirent *entry; (entry = readdir(listing));) {
        snprintf(path, sizeof path, "%s/%.300s", folder, entry->d_name);
        unlink(path);
    }
    closedir(listing);
    rmdir(folder);
}

static void test_endless_runs_are_refused_and_long_ones_cancelled(void **state) {
    char text[2048];
    snprintf(text, sizeof text,
             "%s  far: {loss: end, run: SGD}\nsteps:\n  - text: {en: a, zh: b}\n    claims: [far < 1]\n", head);
    replace(text, "steps: 40", "steps: 400000000");
    struct error error = {0};
    assert_null(lesson_parse(text, strlen(text), "far.yaml", &error));
    assert_non_null(strstr(error.message, "far.yaml:4:9: bowl trains for 400000000 steps; a lesson's run has at most"));
    replace(text, "steps: 400000000", "steps: 1000000");
    error = (struct error){0};
    struct lesson *lesson = lesson_parse(text, strlen(text), "far.yaml", &error);
    if (!lesson) fail_msg("%s", error.message);
    struct lesson_check *check = lesson_check_create(lesson, &(struct lesson_check_params){.threads = 1});
    job_cancel(lesson_check_job(check));
    assert_false(job_wait(lesson_check_job(check), &error));
    assert_int_equal(error.kind, ERROR_CANCELLED);
    assert_false(lesson_check_claim(check, 0, 0).done);
    lesson_check_destroy(&check);
    lesson_destroy(&lesson);
}

static void test_errors_say_where_and_what(void **state) {
    static const struct {
        const char *measures, *steps, *expected;
    } cases[] = {
        {"  a: {loss: end, rnu: SGD}\n", "",
         "bowl.yaml:15:18: unknown key of a measure \"rnu\"; did you mean \"run\"?"},
        {"  a: {loss: end, run: sdg}\n", "", "bowl.yaml:15:23: unknown optimizer \"sdg\""},
        {"  a: {loss: {middle: [0, 1]}}\n", "", "bowl.yaml:15:14: unknown key of a moment \"middle\""},
        {"  a: {loss: {max: [5, 5]}}\n", "", "bowl.yaml:15:19: this range of steps does not go forward"},
        {"  a: {of: bowl}\n", "", "bowl.yaml:15:6: this measure does not say of what"},
        {"  a: {loss: end, gradient: end}\n", "", "a measure is of one thing"},
        {"  a: {theta: end}\n", "", "theta of which parameter? axis: 0 is right"},
        {"  a: {theta: end, axis: 2}\n", "", "bowl.yaml:15:25: axis is 2"},
        {"  a: {theta: end, axis: z}\n", "", "there is no parameter \"z\""},
        {"  a: {eigenvalue: lowest}\n", "", "an eigenvalue where?"},
        {"  a: {taylor_error: 0.1}\n", "", "where?"},
        {"  a: {update_seconds: 3}\n", "", "bowl is a formula, which has no batches"},
        {"  a: {eigenvalue: 3, at: start}\n", "", "eigenvalue is 3"},
        {"  a: {index: [0, 0, 0]}\n", "", "bowl.yaml:15:14: a place has 3"},
        {"  2a: {loss: end}\n", "", "bowl.yaml:15:3: a measure's name is letters"},
        {"  a: {loss: end}\n  a: {loss: end}\n", "", "bowl.yaml:16:3: "},
        {"  a: {loss: end}\n", "steps:\n  - text: {en: a}\n", "bowl.yaml:17:11: text has no Chinese (zh)"},
        {"  a: {loss: end}\n", "steps:\n  - text: one\n", "bowl.yaml:17:11: text is in one language"},
        {"  a: {loss: end}\n", "steps:\n  - text: {en: \"{b}\", zh: b}\n",
         "bowl.yaml:17:17: there is no measure \"b\""},
        {"  a: {loss: end}\n", "steps:\n  - text: {en: \"{a\", zh: b}\n", "this { has no }"},
        {"  a: {loss: end}\n", "steps:\n  - text: {en: a, zh: b}\n    question: {en: a, zh: b}\n",
         "a question needs its answer"},
        {"  a: {loss: end}\n", "steps:\n  - text: {en: a, zh: b}\n    claims: [a]\n",
         "bowl.yaml:18:14: this claims nothing"},
        {"  a: {loss: end}\n", "steps:\n  - text: {en: a, zh: b}\n    claims: [a = 1]\n", "needs to say how nearly"},
        {"  a: {loss: end}\n", "steps:\n  - text: {en: a, zh: b}\n    claims: [a < b]\n",
         "bowl.yaml:18:18: there is no measure \"b\""},
        {"  a: {loss: end}\n", "steps:\n  - text: {en: a, zh: b}\n    claims: [a < ]\n",
         "a side of this claim is empty"},
        {"  a: {loss: end}\n", "steps:\n  - text: {en: a, zh: b}\n    claims: [a < 1 ± 2]\n", "± belongs to ="},
        {"  a: {loss: end}\n", "steps:\n  - text: {en: a, zh: b}\n    claims: [a = 1 ± b]\n",
         "± is followed by no number"},
        {"  a: {loss: end}\n", "steps:\n  - text: {en: a, zh: b}\n    claims: [a < 1 < 2 < 3 < 4]\n",
         "at most 4 sides"},
        {"  a: {loss: end}\n", "steps:\n  - text: {en: a, zh: b}\n    show: {runs: [sgdd]}\n",
         "bowl.yaml:18:19: unknown optimizer"},
        {"  a: {loss: end}\n", "steps:\n  - text: {en: a, zh: b}\n    show: {touch: [nose]}\n",
         "unknown thing to touch \"nose\""},
        {"  a: {loss: end}\n", "steps:\n  - text: {en: a, zh: b}\n    show: {compare: bow}\n",
         "bowl.yaml:18:21: unknown experiment \"bow\""},
        {"  a: {loss: end}\n", "steps:\n  - text: {en: a, zh: b}\n    show: {compare: bowl}\n",
         "bowl.yaml:18:21: bowl is what the step shows"},
        {"  a: {loss: end}\n", "steps:\n  - text: {en: a, zh: b}\n    show: {compare: {heights: own}}\n",
         "this does not say with what"},
        {"  a: {loss: end}\n", "steps:\n  - text: {en: a, zh: b}\n    show: {compare: bowl, view: contour}\n",
         "`compare` is a view of its own"},
        {"  a: {basin_share: end}\n", "", "basin_share is of a point"},
        {"  a: {basin_difference: sdg}\n", "", "unknown optimizer \"sdg\""},
        {"  a: {line_turns: end, planes: 0}\n", "", "planes is 0"},
        {"  a: {loss: end}\n", "steps: []\n", "steps"},
        {"  a: {loss: end}\n", "", "there are no `steps:`"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error error = {0};
        struct lesson *lesson = parse(cases[i].measures,
                                      *cases[i].steps                        ? cases[i].steps
                                      : strstr(cases[i].expected, "steps:`") ? ""
                                                                             : "steps: [{text: {en: a, zh: b}}]\n",
                                      &error);
        if (lesson) fail_msg("case %zu was taken: %s", i, cases[i].expected);
        assert_int_equal(error.kind, ERROR_INPUT);
        if (!strstr(error.message, cases[i].expected)) fail_msg("case %zu says: %s", i, error.message);
    }
    /* An experiment's own errors carry the lesson's lines. */
    char text[4096];
    snprintf(text, sizeof text, "%s  a: {loss: end}\nsteps: [{text: {en: a, zh: b}}]\n", head);
    memcpy(strstr(text, "lr: 0.08"), "lr: -0.8", 8);
    struct error error = {0};
    assert_null(lesson_parse(text, strlen(text), "bowl.yaml", &error));
    if (!strstr(error.message, "bowl.yaml:12:25: ")) fail_msg("%s", error.message);
}

/* Damaged files are refused or read, never worse. */
static void test_damage(void **state) {
    static const char tail[] =
        "  a: {loss: {max: [0, end]}, of: bowl, run: SGD}\n  b: {eigenvalue: lowest, of: bowl, at: [0, 0]}\n"
        "steps:\n  - text: {en: \"{a} {{\", zh: b}\n    show: {camera: [10, 20], runs: [SGD], touch: []}\n"
        "  - text: {en: a, zh: b}\n    show: {compare: {with: other, heights: own}}\n"
        "    question: {en: a, zh: b}\n    answer: {en: a, zh: b}\n    claims: [a < 1 <= b, {claim: a = b ± 1, judge: "
        "most}]\n";
    char whole[4096], text[4096];
    int used = snprintf(whole, sizeof whole, "%.*s  other: saddle\n", (int)(strstr(head, "measure:") - head), head);
    snprintf(whole + used, sizeof whole - (size_t)used, "measure:\n%s", tail);
    size_t length = strlen(whole);
    struct random random = random_seeded(7, 0);
    static const char letters[] = "{}[]:,\"'|-±<>= \n0aé\t#&*!%";
    int taken = 0;
    for (int i = 0; i < 1500; i++) {
        memcpy(text, whole, length + 1);
        int damages = 1 + (int)(random_u64(&random) % 3);
        for (int k = 0; k < damages; k++) {
            size_t at = (size_t)(random_u64(&random) % length);
            text[at] = letters[random_u64(&random) % (sizeof letters - 1)];
        }
        struct error error = {0};
        struct lesson *lesson = lesson_parse(text, length, "damaged.yaml", &error);
        if (lesson)
            taken++;
        else
            assert_true(error.kind != ERROR_NONE && error.message[0]);
        lesson_destroy(&lesson);
    }
    assert_in_range(taken, 1, 1499);
}

static void test_built_in_lessons_load(void **state) {
    struct error error = {0};
    size_t count;
    struct lesson_listing *listing = lesson_list(&count, &error);
    if (!listing) fail_msg("%s", error.message);
    assert_true(count > 0);
    for (size_t i = 0; i < count; i++)
        if (!listing[i].lesson) fail_msg("%s", listing[i].error.message);
    lesson_listing_destroy(&listing, count);
    assert_null(lesson_load("sadle-points", &error));
    assert_non_null(strstr(error.message, "did you mean saddle-points?"));
}

int main(void) {
    setenv("SADDLESCOPE_ASSETS", ASSETS, 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_measures_against_closed_forms),
        cmocka_unit_test(test_sigma_and_gradient_error),
        cmocka_unit_test(test_patch_and_updates_are_measured),
        cmocka_unit_test(test_measures_that_take_a_study),
        cmocka_unit_test(test_test_shift),
        cmocka_unit_test(test_several_seeds_are_judged_together),
        cmocka_unit_test(test_figures_are_kept_for_the_very_same_lesson),
        cmocka_unit_test(test_endless_runs_are_refused_and_long_ones_cancelled),
        cmocka_unit_test(test_errors_say_where_and_what),
        cmocka_unit_test(test_damage),
        cmocka_unit_test(test_built_in_lessons_load),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
