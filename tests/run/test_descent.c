/* One run without a thread: its bits, its batches, what is held back, and batch norm's moving averages. */
#include "run/run.h"

#include "base/memory.h"
#include "run/experiment_parts.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>

static const char NET[] = "objective:\n"
                          "  network: {layers: [2, 8, 2], activation: tanh, dropout: 0.2}\n"
                          "  data: {name: moons, samples: 50, seed: 2, validation: 0.2, test: 0.2}\n"
                          "start: {seed: 4}\n"
                          "batch: 8\n"
                          "steps: 60\n"
                          "seed: 9\n"
                          "optimizers:\n"
                          "  - {name: sgd, lr: 0.1, schedule: {name: cosine, warmup: 5}}\n"
                          "  - {name: adam, lr: 0.01}\n";

static struct experiment *parse(const char *text) {
    struct error error = {0};
    struct experiment *experiment = experiment_parse(text, strlen(text), "test.yaml", &error);
    if (!experiment) fail_msg("%s", error.message);
    return experiment;
}

static struct descent *begin(const struct descent_params *params) {
    struct error error = {0};
    struct descent *descent = descent_create(params, &error);
    if (!descent) fail_msg("%s", error.message);
    return descent;
}

/* ---- the same as a trainer's run ----------------------------------------------------------------------------------
 */

/* Asked for anew, of an evaluator of its own: on all the training data, whatever the batch was, and on what is held back. */
static void accuracies_are_the_networks(const struct descent *descent, const struct sample *sample) {
    const struct objective *objective = evaluator_objective(descent_evaluator((struct descent *)(uintptr_t)descent));
    const struct data *data = objective_data(objective);
    struct evaluator *evaluator = evaluator_create(objective);
    double validation, test;
    assert_true(sample->accuracy == evaluator_accuracy(evaluator, descent_point(descent)));
    evaluator_test(evaluator, descent_point(descent), data->validation, NULL, &validation);
    evaluator_test(evaluator, descent_point(descent), data->test, NULL, &test);
    assert_true(sample->validation_accuracy == validation && sample->test_accuracy == test);
    assert_true(sample->accuracy >= 0 && sample->accuracy <= 1);
    evaluator_destroy(&evaluator);
}

static void equals_the_trainer(void **state) {
    struct experiment *experiment = parse(NET);
    int n = objective_dimension(experiment->objective);
    struct timeline *timeline = timeline_create(2, n, SIZE_MAX);
    struct error error = {0};
    struct trainer *trainer =
        trainer_create(&(struct trainer_params){.experiment = experiment, .timeline = timeline}, &error);
    if (!trainer) fail_msg("%s", error.message);
    trainer_set_goal(trainer, 60);
    trainer_wait(trainer);
    double *theta = MEM_NEW(double, n);
    for (int run = 0; run < 2; run++) {
        struct descent *descent =
            begin(&(struct descent_params){.experiment = experiment, .optimizer = &experiment->optimizers[run]});
        for (int64_t step = 0; step <= 60; step++) {
            struct sample sample;
            assert_null(descent_take(descent, step > 0));
            assert_int_equal(timeline_read(timeline, run, (size_t)step, 1, &sample, theta, NULL), 1);
            assert_memory_equal(descent_sample(descent), &sample, sizeof sample);
            assert_memory_equal(descent_theta(descent), theta, (size_t)n * sizeof *theta);
            assert_int_equal(sample.evaluations, step + 1);
            assert_true(isfinite(sample.validation_loss) && isfinite(sample.test_loss));
            accuracies_are_the_networks(descent, &sample);
        }
        /* Anew from where it started, it goes the same way. */
        descent_start(descent, experiment->starts);
        assert_null(descent_take(descent, 60));
        assert_memory_equal(descent_theta(descent), theta, (size_t)n * sizeof *theta);
        descent_destroy(&descent);
    }
    free(theta);
    trainer_destroy(&trainer);
    timeline_destroy(&timeline);
    experiment_destroy(&experiment);
}

static void a_seed_of_its_own_changes_the_batches(void **state) {
    struct experiment *experiment = parse(NET);
    uint64_t same = 9, other = 10;
    const uint64_t *const seeds[] = {NULL, &same, &other};
    double losses[3];
    for (int i = 0; i < 3; i++) {
        struct descent *descent = begin(&(struct descent_params){.experiment = experiment, .seed = seeds[i]});
        assert_null(descent_take(descent, 20));
        losses[i] = descent_sample(descent)->loss;
        descent_destroy(&descent);
    }
    assert_true(losses[0] == losses[1]);
    assert_true(losses[0] != losses[2]);
    experiment_destroy(&experiment);
}

static void values_and_starts_are_checked_and_taken(void **state) {
    struct experiment *experiment = parse("objective: {expression: x^2 + y^2, variables: [x, y]}\n"
                                          "start: [1, 1]\noptimizers: [{name: sgd, lr: 0.1}]\n");
    double values[OPTIMIZER_MAX_PARAMETERS];
    memcpy(values, experiment->optimizers[0].values, sizeof values);
    values[0] = 0.25;
    const double start[] = {4, -2};
    struct descent_params params = {.experiment = experiment, .values = values, .start = start};
    struct descent *descent = begin(&params);
    assert_null(descent_take(descent, 1)); /* x ← (1 − 2·0.25) x */
    assert_true(descent_theta(descent)[0] == 2 && descent_theta(descent)[1] == -1);
    assert_true(descent_sample(descent)->rate == 0.25 && descent_sample(descent)->loss == 5);
    assert_true(isnan(descent_sample(descent)->validation_loss) && isnan(descent_sample(descent)->test_loss));
    assert_true(isnan(descent_sample(descent)->accuracy) && isnan(descent_sample(descent)->validation_accuracy));
    assert_null(descent_statistics(descent));
    descent_destroy(&descent);
    values[0] = -1;
    struct error error = {0};
    assert_null(descent_create(&params, &error));
    assert_int_equal(error.kind, ERROR_INPUT);
    experiment_destroy(&experiment);
}

static void what_is_not_finite_is_named(void **state) {
    struct experiment *experiment = parse("objective: {expression: x^4 + y^4, variables: [x, y]}\n"
                                          "start: [3, 3]\noptimizers: [{name: sgd, lr: 10}]\n");
    struct descent *descent = begin(&(struct descent_params){.experiment = experiment});
    const char *wrong = descent_take(descent, 100);
    assert_non_null(wrong);
    assert_string_equal(wrong, "loss");
    assert_true(descent_at(descent) > 1 && descent_at(descent) < 10);
    assert_int_equal(descent_sample(descent)->step, descent_at(descent) - 1); /* the last good one */
    const double nowhere[] = {NAN, 0};
    descent_start(descent, nowhere);
    assert_string_equal(descent_evaluate(descent), "a parameter");
    descent_destroy(&descent);
    experiment_destroy(&experiment);
}

/* ---- insides -------------------------------------------------------------------------------------------------------
 */

static const double *find_row(const struct inside *inside, enum inside_kind kind, const char *name) {
    for (int row = 0; row < inside->count; row++)
        if (inside->rows[row].kind == kind && strcmp(inside->rows[row].name, name) == 0)
            return inside->values + (size_t)row * (size_t)inside->n;
    return NULL;
}

/* Whatever the rule: the terms of an update add up to it, and looking changes no bit. */
static void terms_add_up_to_the_step(void **state) {
    static const char *const optimizers[] = {"{name: sgd, lr: 0.1, weight_decay: 0.01}",
                                             "{name: nesterov, lr: 0.05, schedule: {name: cosine, warmup: 4}}",
                                             "{name: adam, lr: 0.02, weight_decay: 0.1}",
                                             "{name: adamw, lr: 0.02, weight_decay: 0.1, clip_norm: 0.1}",
                                             "{name: adagrad, lr: 0.1}",
                                             "{name: rmsprop, lr: 0.01, momentum: 0.9}",
                                             "adadelta",
                                             "rprop",
                                             "asgd",
                                             "nadam",
                                             "{name: lamb, lr: 0.01}",
                                             "{name: muon, lr: 0.01}"};
    for (size_t i = 0; i < sizeof optimizers / sizeof *optimizers; i++) {
        char yaml[400];
        snprintf(yaml, sizeof yaml,
                 "objective:\n  network: {layers: [2, 5, 2], activation: tanh}\n"
                 "  data: {name: moons, samples: 30}\nbatch: 8\nsteps: 40\noptimizers: [%s]\n",
                 optimizers[i]);
        struct experiment *experiment = parse(yaml);
        size_t n = (size_t)objective_dimension(experiment->objective);
        struct descent *watched = begin(&(struct descent_params){.experiment = experiment});
        struct descent *plain = begin(&(struct descent_params){.experiment = experiment});
        descent_keep_insides(watched, true);
        double *before = MEM_NEW(double, n), *gradient = MEM_NEW(double, n);
        assert_null(descent_take(watched, 0));
        assert_null(descent_take_inside(watched));
        for (int step = 0; step < 25; step++) {
            memcpy(before, descent_theta(watched), n * sizeof *before);
            memcpy(gradient, descent_gradient(watched), n * sizeof *gradient);
            assert_null(descent_take(watched, 1));
            assert_null(descent_take(plain, 1));
            struct inside *inside = descent_take_inside(watched);
            assert_non_null(inside);
            assert_int_equal(inside->n, n);
            assert_memory_equal(find_row(inside, INSIDE_GRADIENT, "gradient"), gradient, n * sizeof *gradient);
            for (size_t j = 0; j < n; j++) {
                double sum = 0;
                for (int row = 0; row < inside->count; row++)
                    if (inside->rows[row].kind == INSIDE_TERM) sum += inside->values[(size_t)row * n + j];
                assert_near(sum, descent_theta(watched)[j] - before[j], 1e-12);
            }
            const struct optimizer_vector *vectors;
            size_t count = optimizer_vectors(descent_optimizer(watched), &vectors);
            for (size_t v = 0; v < count; v++)
                assert_memory_equal(find_row(inside, INSIDE_VECTOR, vectors[v].name), vectors[v].values,
                                    n * sizeof(double));
            free(inside);
        }
        assert_memory_equal(descent_theta(watched), descent_theta(plain), n * sizeof *before);
        descent_destroy(&watched);
        descent_destroy(&plain);
        experiment_destroy(&experiment);
        free(before);
        free(gradient);
    }
}

/* What is shown is the average; what walks is θ. */
static void an_average_is_what_is_shown(void **state) {
    struct experiment *experiment = parse("objective: {expression: x^2 + 3*y^2, variables: [x, y]}\n"
                                          "start: [2, 1]\noptimizers: [{name: sgd, lr: 0.1}]\n");
    struct descent *descent = begin(&(struct descent_params){.experiment = experiment});
    optimizer_set_average(descent_optimizer(descent), &(struct average_params){.kind = AVERAGE_SWA});
    double sum[2] = {0}, theta[2] = {2, 1};
    assert_null(descent_take(descent, 0));
    for (int step = 1; step <= 20; step++) {
        assert_null(descent_take(descent, 1));
        theta[0] *= 0.8, theta[1] *= 0.4;
        for (int i = 0; i < 2; i++) {
            sum[i] += theta[i];
            assert_near(descent_theta(descent)[i], theta[i], 1e-12);
            assert_near(descent_point(descent)[i], sum[i] / step, 1e-12);
        }
        double x = sum[0] / step, y = sum[1] / step;
        assert_near(descent_sample(descent)->loss, x * x + 3 * y * y, 1e-12);
        assert_near(descent_sample(descent)->batch_loss, theta[0] * theta[0] + 3 * theta[1] * theta[1], 1e-12);
        assert_near(descent_sample(descent)->gradient_norm, hypot(2 * theta[0], 6 * theta[1]), 1e-12);
    }
    descent_destroy(&descent);
    experiment_destroy(&experiment);
}

/* ---- batch norm, against PyTorch ----------------------------------------------------------------------------------
 */

static void read_bytes(FILE *file, void *into, size_t bytes) {
    assert_int_equal(fread(into, 1, bytes, file), bytes);
}

static struct data *read_set(FILE *file, int features, int classes, int samples) {
    struct data *data = MEM_NEW(struct data, 1);
    *data = (struct data){.kind = DATA_CLASSES, .samples = samples, .features = features, .classes = classes};
    data->name = mem_copy_text("given");
    data->x = MEM_NEW(double, samples *features);
    data->labels = MEM_NEW(int32_t, samples);
    read_bytes(file, data->x, (size_t)(samples * features) * sizeof(double));
    read_bytes(file, data->labels, (size_t)samples * sizeof(int32_t));
    return data;
}

static void batch_norm_equals_pytorch(void **state) {
    static const char text[] = "objective:\n"
                               "  network: {layers: [4, 8, 6, 3], activation: tanh, norm: batch}\n"
                               "  data: {name: blobs}\n" /* in whose place comes what the file holds */
                               "batch: 16\nsteps: 30\nseed: 11\n"
                               "optimizers: [{name: momentum, lr: 0.1, momentum: 0.9}]\n";
    FILE *file = fopen(FIXTURES "/run/descent_norm.bin", "rb");
    assert_non_null(file);
    char magic[4];
    uint32_t head[6], n, count;
    read_bytes(file, magic, sizeof magic);
    assert_memory_equal(magic, "SLT2", 4);
    read_bytes(file, head, sizeof head);
    int features = (int)head[0], classes = (int)head[1], steps = (int)head[5];
    struct data *data = read_set(file, features, classes, (int)head[2]);
    data->validation = read_set(file, features, classes, (int)head[3]);
    data->test = read_set(file, features, classes, (int)head[4]);
    read_bytes(file, &n, sizeof n);
    double *start = MEM_NEW(double, n), *end = MEM_NEW(double, n);
    read_bytes(file, start, n * sizeof *start);

    struct experiment_stored stored = {.data = data};
    struct error error = {0};
    struct experiment *experiment = experiment_parse_stored(text, strlen(text), "test.yaml", &stored, NULL, &error);
    if (!experiment) fail_msg("%s", error.message);
    assert_int_equal(objective_dimension(experiment->objective), n);
    struct descent *descent = begin(&(struct descent_params){.experiment = experiment, .start = start});
    for (int step = 0; step <= steps; step++) {
        double expected[4];
        read_bytes(file, expected, sizeof expected);
        assert_null(descent_take(descent, step > 0));
        const struct sample *sample = descent_sample(descent);
        assert_near(sample->batch_loss, expected[0], 1e-10);
        assert_near(sample->loss, expected[1], 1e-10);
        assert_near(sample->validation_loss, expected[2], 1e-10);
        assert_near(sample->test_loss, expected[3], 1e-10);
    }
    read_bytes(file, end, n * sizeof *end);
    for (uint32_t i = 0; i < n; i++) assert_near(descent_theta(descent)[i], end[i], 1e-10);
    read_bytes(file, &count, sizeof count);
    assert_int_equal(objective_statistics(experiment->objective), count);
    for (uint32_t i = 0; i < count; i++) {
        double expected;
        read_bytes(file, &expected, sizeof expected);
        assert_near(descent_statistics(descent)[i], expected, 1e-10);
    }
    descent_destroy(&descent);
    experiment_destroy(&experiment);
    free(start);
    free(end);
    fclose(file);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equals_the_trainer),
        cmocka_unit_test(a_seed_of_its_own_changes_the_batches),
        cmocka_unit_test(values_and_starts_are_checked_and_taken),
        cmocka_unit_test(what_is_not_finite_is_named),
        cmocka_unit_test(terms_add_up_to_the_step),
        cmocka_unit_test(an_average_is_what_is_shown),
        cmocka_unit_test(batch_norm_equals_pytorch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
