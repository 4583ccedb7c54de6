/* The data of an experiment file, end to end: what is held back, folded, moved and augmented reaches a run. */
#include "base/linalg.h"
#include "base/memory.h"
#include "run/run.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>

static struct experiment *parse_good(const char *yaml) {
    struct error error = {0};
    struct experiment *experiment = experiment_parse(yaml, strlen(yaml), "f.yaml", &error);
    if (!experiment) fail_msg("refused: %s\n%s", error.message, yaml);
    return experiment;
}

static struct experiment *parse_data(const char *data) {
    char yaml[400];
    snprintf(yaml, sizeof yaml,
             "objective:\n  network: {layers: [64, 6, 10], activation: tanh}\n  data: {%s}\n"
             "start: {seed: 3}\nsteps: 20\noptimizers: [{name: sgd, lr: 0.5}]\n",
             data);
    return parse_good(yaml);
}

static struct descent *begin(const struct experiment *experiment) {
    struct error error = {0};
    struct descent *descent = descent_create(&(struct descent_params){.experiment = experiment}, &error);
    if (!descent) fail_msg("%s", error.message);
    return descent;
}

/* The sample after `steps` steps, and where that is unless NULL. */
static struct sample sample_after(const struct experiment *experiment, int64_t steps, double *theta) {
    struct descent *descent = begin(experiment);
    const char *wrong = descent_take(descent, steps);
    if (wrong) fail_msg("%s is not finite", wrong);
    struct sample sample = *descent_sample(descent);
    size_t n = (size_t)objective_dimension(experiment->objective);
    if (theta) memcpy(theta, descent_theta(descent), n * sizeof *theta);
    descent_destroy(&descent);
    return sample;
}

/* ---- held back -----------------------------------------------------------------------------------------------------
 */

static void data_are_held_back_and_augmented(void **state) {
    struct experiment *e = parse_good(
        "objective:\n"
        "  network: {layers: [64, 8, 10]}\n"
        "  data: {name: digits, samples: 200, validation: 0.25, test: 0.15, shift: {offset: 2},\n"
        "         augment: {rotate: 10, zoom: 0.1, shift: 1, mirror: true, upside_down: false, noise: 0.01}}\n");
    const struct data *data = objective_data(e->objective);
    assert_int_equal(data->samples, 120);
    assert_int_equal(data->validation->samples, 50);
    assert_int_equal(data->test->samples, 30);
    for (int i = 0; i < 64; i++) assert_true(data->test->x[i] >= 2);
    assert_true(objective_is_noisy(e->objective));
    experiment_destroy(&e);
}

/* The losses of a run are those of a network whose training data is what was held back. */
static double loss_of(const struct data *data, const double *theta) {
    int *all = MEM_NEW(int, data->samples);
    for (int i = 0; i < data->samples; i++) all[i] = i;
    const int layers[] = {64, 6, 10};
    const struct network_params params = {
        .layers = layers, .layer_count = 3, .activation = ACTIVATION_TANH, .loss = LOSS_CROSS_ENTROPY};
    struct error error = {0};
    struct objective *objective = objective_create_network(&params, data_select(data, all, data->samples), &error);
    if (!objective) fail_msg("%s", error.message);
    struct evaluator *evaluator = evaluator_create(objective);
    double loss = evaluator_loss(evaluator, theta, NULL);
    evaluator_destroy(&evaluator);
    objective_destroy(&objective);
    free(all);
    return loss;
}

static void held_back_losses_are_the_networks(void **state) {
    struct experiment *plain = parse_data("name: digits, samples: 200, validation: 0.25, test: 0.15");
    struct experiment *moved =
        parse_data("name: digits, samples: 200, validation: 0.25, test: 0.15, shift: {offset: 1}");
    double *theta = MEM_NEW(double, objective_dimension(plain->objective));
    struct sample one = sample_after(plain, 20, theta), other = sample_after(moved, 20, NULL);
    const struct data *data = objective_data(plain->objective);
    assert_near(one.validation_loss, loss_of(data->validation, theta), 1e-12);
    assert_near(one.test_loss, loss_of(data->test, theta), 1e-12);
    assert_true(one.loss == other.loss && one.validation_loss == other.validation_loss);
    assert_near(other.test_loss, loss_of(objective_data(moved->objective)->test, theta), 1e-12);
    assert_true(other.test_loss > one.test_loss + 0.01);
    free(theta);
    experiment_destroy(&plain);
    experiment_destroy(&moved);
}

static void folds_validate_in_turn(void **state) {
    enum { FOLDS = 4 };
    double sum = 0, other = 0;
    int validated = 0;
    struct experiment *whole = parse_data("name: digits, samples: 90");
    for (int fold = 0; fold < FOLDS; fold++) {
        char keys[100];
        snprintf(keys, sizeof keys, "name: digits, samples: 90, folds: %d, fold: %d, test: 0.2", FOLDS, fold);
        struct experiment *e = parse_data(keys);
        const struct data *data = objective_data(e->objective);
        assert_int_equal(data->test->samples, 18);
        assert_int_equal(data->samples + data->validation->samples, 72);
        assert_int_equal(data->validation->samples, 18);
        struct sample sample = sample_after(e, 20, NULL);
        assert_true(isfinite(sample.loss) && isfinite(sample.validation_loss) && isfinite(sample.test_loss));
        assert_true(sample.loss != sample.validation_loss);
        validated += data->validation->samples;
        for (int i = 0; i < data->validation->samples * data->features; i++) sum += data->validation->x[i];
        for (int i = 0; fold == 0 && i < data->test->samples * data->features; i++) sum += data->test->x[i];
        experiment_destroy(&e);
    }
    const struct data *all = objective_data(whole->objective);
    for (int i = 0; i < all->samples * all->features; i++) other += all->x[i];
    assert_int_equal(validated, 72);
    assert_near(sum, other, 1e-12); /* each sample was in exactly one */
    experiment_destroy(&whole);
}

static void augmentation_reaches_the_batches(void **state) {
    struct experiment *plain = parse_data("name: digits, samples: 100");
    struct experiment *turned = parse_data("name: digits, samples: 100, augment: {rotate: 30, shift: 1}");
    struct sample one = sample_after(plain, 0, NULL), other = sample_after(turned, 0, NULL);
    assert_true(one.loss == other.loss); /* of the data as they are */
    assert_true(one.batch_loss == one.loss && other.batch_loss != other.loss);
    assert_true(sample_after(plain, 20, NULL).loss != sample_after(turned, 20, NULL).loss);
    assert_true(sample_after(turned, 20, NULL).loss == sample_after(turned, 20, NULL).loss);
    experiment_destroy(&plain);
    experiment_destroy(&turned);
}

static void mistakes_are_placed(void **state) {
    static const char *const wrong[][2] = {
        {"folds: 5, fold: 5", "fold is 5; a whole number from 0 to 4"},
        {"folds: 1", "folds is 1"},
        {"fold: 2", "{folds: 5, fold: 0}"},
        {"folds: 5, validation: 0.2", "leave one out"},
        {"samples: 20, folds: 30", "cannot be parted into 30 folds"},
        {"test: 1", "test is 1"},
        {"test: 0.99", "cannot be parted"},
        {"shift: {rotate: 10}", "write a share for test"},
        {"test: 0.2, shift: {rotat: 10}", "\"rotate\"?"},
        {"augment: {zoom: 1}", "zoom is 1"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char yaml[300];
        snprintf(yaml, sizeof yaml,
                 "objective:\n  network: {layers: [2, 4, 2]}\n  data: {name: moons, samples: 40, %s}\n", wrong[i][0]);
        if (strstr(wrong[i][0], "samples"))
            snprintf(yaml, sizeof yaml, "objective:\n  network: {layers: [2, 4, 2]}\n  data: {name: moons, %s}\n",
                     wrong[i][0]);
        struct error error = {0};
        assert_null(experiment_parse(yaml, strlen(yaml), "f.yaml", &error));
        if (strncmp(error.message, "f.yaml:3:", 9) != 0 || !strstr(error.message, wrong[i][1]))
            fail_msg("%s: %s", wrong[i][0], error.message);
    }
}

/* ---- what the built-in experiments show ----------------------------------------------------------------------------
 */

/* Adam's run, with the least of each curve. */
static struct sample follow(const char *name, int64_t steps, struct sample *least) {
    struct error error = {0};
    struct experiment *experiment = experiment_load(name, &error);
    if (!experiment) fail_msg("%s", error.message);
    int adam = 0;
    while (strcmp(optimizer_class_name(experiment->optimizers[adam].class), "adam") != 0) adam++;
    struct descent *descent = descent_create(
        &(struct descent_params){.experiment = experiment, .optimizer = &experiment->optimizers[adam]}, &error);
    assert_null(descent_take(descent, 0));
    *least = *descent_sample(descent);
    for (int64_t step = 0; step < steps; step++) {
        assert_null(descent_take(descent, 1));
        const struct sample *sample = descent_sample(descent);
        least->loss = fmin(least->loss, sample->loss);
        least->validation_loss = fmin(least->validation_loss, sample->validation_loss);
        least->test_loss = fmin(least->test_loss, sample->test_loss);
    }
    struct sample last = *descent_sample(descent);
    descent_destroy(&descent);
    experiment_destroy(&experiment);
    return last;
}

static void builtin_experiments_keep_their_word(void **state) {
    struct sample least, last = follow("overfitting", 800, &least);
    assert_true(last.loss < 0.01 && least.validation_loss < 0.5 && last.validation_loss > 1);
    last = follow("mismatch", 300, &least);
    assert_true(last.loss < 0.01 && last.validation_loss < 0.01 && last.test_loss > 1.3 * least.test_loss);
    last = follow("augmentation", 100, &least);
    assert_true(isnan(last.validation_loss) && last.test_loss < 0.3 && last.loss > 0.03);
}

int main(void) {
    linalg_init();
    setenv("SADDLESCOPE_ASSETS", ASSETS, 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(data_are_held_back_and_augmented),
        cmocka_unit_test(held_back_losses_are_the_networks),
        cmocka_unit_test(folds_validate_in_turn),
        cmocka_unit_test(augmentation_reaches_the_batches),
        cmocka_unit_test(mistakes_are_placed),
        cmocka_unit_test(builtin_experiments_keep_their_word),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
