/* Portraits against networks worked out here by hand from the layout of their parameters, plain loops in float64. */
#include "study/portrait.h"
#include "study_test.h"

#include <math.h>
#include <stdlib.h>
#include <time.h>

static const char moons[] =
    "objective:\n  network: {layers: [2, 6, 2], activation: tanh}\n"
    "  data: {name: moons, samples: 60, noise: 0.1, seed: 1}\n  loss: cross_entropy\n"
    "start: {seed: 1}\nsteps: 30\noptimizers:\n  - {name: sgd, lr: 0.5}\n  - {name: adam, lr: 0.02}\n";
static const char sine[] = "objective:\n  network: {layers: [1, 5, 4, 1], activation: tanh}\n"
                           "  data: {name: sine, samples: 20, noise: 0.05, seed: 1}\n  loss: mse\n"
                           "start: {seed: 1}\nsteps: 30\noptimizers:\n  - sgd\n";
static const char normed[] =
    "objective:\n  network: {layers: [2, 6, 3], activation: relu, norm: batch}\n"
    "  data: {name: blobs, samples: 90, classes: 3, test: 0.3, seed: 2}\n  loss: cross_entropy\n"
    "start: {seed: 3}\nsteps: 30\noptimizers:\n  - sgd\n";

/* Dense layers with tanh between, as PyTorch lays them out: weight (out × in), bias (out). */
static void by_hand(const int *widths, int count, const double *theta, const double *x, double *out) {
    double from[16] = {0}, to[16] = {0};
    memcpy(from, x, (size_t)widths[0] * sizeof *x);
    for (int l = 0; l + 1 < count; l++) {
        const double *weight = theta, *bias = theta + widths[l] * widths[l + 1];
        for (int o = 0; o < widths[l + 1]; o++) {
            to[o] = bias[o];
            for (int i = 0; i < widths[l]; i++) to[o] += weight[o * widths[l] + i] * from[i];
            if (l + 2 < count) to[o] = tanh(to[o]);
        }
        theta = bias + widths[l + 1];
        memcpy(from, to, sizeof from);
    }
    memcpy(out, from, (size_t)widths[count - 1] * sizeof *out);
}

static double *start_of(const struct experiment *experiment, uint64_t seed) {
    double *theta = calloc((size_t)objective_dimension(experiment->objective), sizeof *theta);
    objective_initialise(experiment->objective, seed, theta);
    return theta;
}

static void reads_outputs_as_the_loss_does(void **state) {
    uint8_t best;
    float sure;
    portrait_answer(LOSS_CROSS_ENTROPY, 3, (double[]){1, 3, 2}, &best, &sure);
    assert_int_equal(best, 1);
    assert_true(fabs(sure - exp(3) / (exp(1) + exp(2) + exp(3))) < 1e-6);
    portrait_answer(LOSS_CROSS_ENTROPY, 2, (double[]){-800, 900}, &best, &sure); /* nothing overflows */
    assert_true(best == 1 && sure == 1);
    portrait_answer(LOSS_BCE, 1, (double[]){-2}, &best, &sure);
    assert_int_equal(best, 0);
    assert_true(fabs(sure - 1 / (1 + exp(-2))) < 1e-6);
    portrait_answer(LOSS_BCE, 1, (double[]){2}, &best, &sure);
    assert_true(best == 1 && fabs(sure - 1 / (1 + exp(-2))) < 1e-6);
    portrait_answer(LOSS_MSE, 2, (double[]){0.25, -0.5}, &best, &sure);
    assert_true(best == 0 && fabs(sure - 0.25) < 1e-6);
    portrait_answer(LOSS_MSE, 2, (double[]){1.5, 7}, &best, &sure);
    assert_true(best == 1 && sure == 1);
    portrait_answer(LOSS_CROSS_ENTROPY, 2, (double[]){NAN, 1}, &best, &sure);
    assert_true(best == 0 && sure == 0);
}

static void maps_what_the_network_answers(void **state) {
    static const int widths[] = {2, 6, 2};
    struct experiment *experiment = experiment_of(moons);
    const struct data *data = objective_data(experiment->objective);
    double *theta = start_of(experiment, 5), z[2];
    struct portrait_point point = {.run = 1, .step = 7, .theta = theta};
    enum { SIDE = 9 };
    struct portrait_set *set = portrait_compute(experiment->objective, &point, 1, SIDE, NULL, NULL);
    assert_int_equal(set->kind, PORTRAIT_MAP);
    assert_true(set->side == SIDE && set->classes == 2 && set->samples == 60 && set->count == 1);
    const struct portrait *portrait = &set->portraits[0];
    assert_true(portrait->run == 1 && portrait->step == 7 && portrait->known);
    int ones = 0;
    for (int i = 0; i < SIDE * SIDE; i++) {
        double share[2] = {(i % SIDE + 0.5) / SIDE, (i / SIDE + 0.5) / SIDE}, x[2];
        for (int a = 0; a < 2; a++) x[a] = set->low[a] + share[a] * (set->high[a] - set->low[a]);
        by_hand(widths, 3, theta, x, z);
        assert_int_equal(portrait->map_best[i], z[1] > z[0]);
        assert_true(fabs(portrait->map_sure[i] - 1 / (1 + exp(-fabs(z[1] - z[0])))) < 1e-6);
        ones += portrait->map_best[i];
    }
    assert_true(ones > 0 && ones < SIDE * SIDE); /* it tells something apart */
    int right = 0, confusion[4] = {0};
    for (int i = 0; i < 60; i++) {
        by_hand(widths, 3, theta, data->x + 2 * i, z);
        right += (z[1] > z[0]) == data->labels[i];
        confusion[2 * data->labels[i] + (z[1] > z[0])]++;
        assert_int_equal(portrait->best[i], z[1] > z[0]);
        for (int a = 0; a < 2; a++) assert_true(data->x[2 * i + a] > set->low[a] && data->x[2 * i + a] < set->high[a]);
    }
    assert_true(fabs(portrait->accuracy - right / 60.0) < 1e-12);
    assert_memory_equal(portrait->confusion, confusion, sizeof confusion);
    portrait_set_destroy(&set);
    free(theta);
    experiment_destroy(&experiment);
}

static void fits_the_curve(void **state) {
    static const int widths[] = {1, 5, 4, 1};
    struct experiment *experiment = experiment_of(sine);
    double *theta = start_of(experiment, 2), y;
    struct portrait_point point = {.theta = theta};
    struct portrait_set *set = portrait_compute(experiment->objective, &point, 1, 24, NULL, NULL);
    assert_int_equal(set->kind, PORTRAIT_CURVE);
    assert_true(set->side == 0 && isnan(set->portraits[0].accuracy) && !set->portraits[0].best);
    for (int i = 0; i < PORTRAIT_CURVE_POINTS; i++) {
        double x = set->low[0] + (set->high[0] - set->low[0]) * i / (PORTRAIT_CURVE_POINTS - 1);
        by_hand(widths, 4, theta, &x, &y);
        assert_true(fabs(set->portraits[0].curve[i] - y) < 1e-6 * (1 + fabs(y)));
    }
    portrait_set_destroy(&set);
    free(theta);
    experiment_destroy(&experiment);
}

static void measures_layer_by_layer(void **state) {
    struct experiment *experiment = experiment_of(sine);
    int n = objective_dimension(experiment->objective);
    assert_int_equal(n, 10 + 24 + 5);
    double *theta = start_of(experiment, 2), *before = start_of(experiment, 3),
           *gradient = calloc((size_t)n, sizeof *gradient);
    struct portrait_point points[2] = {{.theta = theta, .before = before}, {.run = 1, .theta = before}};
    struct portrait_set *set = portrait_compute(experiment->objective, points, 2, 24, NULL, NULL);
    static const int offsets[] = {0, 10, 34, 39};
    assert_int_equal(set->layer_count, 3);
    for (int i = 0; i < n; i++) { /* central differences of the loss */
        struct evaluator *evaluator = evaluator_create(experiment->objective);
        double kept = theta[i], up, down;
        theta[i] = kept + 1e-5;
        up = evaluator_loss(evaluator, theta, NULL);
        theta[i] = kept - 1e-5;
        down = evaluator_loss(evaluator, theta, NULL);
        theta[i] = kept;
        gradient[i] = (up - down) / 2e-5;
        evaluator_destroy(&evaluator);
    }
    for (int l = 0; l < 3; l++) {
        double squares[3] = {0}, most = 0;
        assert_true(set->layers[l].offset == offsets[l] && set->layers[l].size == offsets[l + 1] - offsets[l]);
        for (int i = offsets[l]; i < offsets[l + 1]; i++) {
            squares[0] += theta[i] * theta[i];
            squares[1] += gradient[i] * gradient[i];
            squares[2] += (theta[i] - before[i]) * (theta[i] - before[i]);
            most = fmax(most, fmax(fabs(theta[i]), fabs(before[i])));
        }
        const double *norms = set->portraits[0].norms + l * PORTRAIT_NORMS;
        for (int k = 0; k < 3; k++) assert_true(fabs(norms[k] - sqrt(squares[k])) < 1e-7 * (1 + norms[k]));
        assert_true(set->reach[l] >= most && set->reach[l] <= 2.5001 * most); /* the next 1, 2 or 5 */
        assert_true(isnan(set->portraits[1].norms[l * PORTRAIT_NORMS + PORTRAIT_STEP]));
    }
    for (int k = 0; k < 2; k++)
        for (int row = 0; row <= 3; row++) {
            int from = row < 3 ? offsets[row] : 0, to = row < 3 ? offsets[row + 1] : n;
            for (int bin = 0; bin < PORTRAIT_BINS; bin++) {
                int count = 0;
                double low = set->reach[row] * (2.0 * bin / PORTRAIT_BINS - 1),
                       high = low + 2 * set->reach[row] / PORTRAIT_BINS;
                for (int i = from; i < to; i++) count += points[k].theta[i] >= low && points[k].theta[i] < high;
                assert_true(fabs(set->portraits[k].spread[row * PORTRAIT_BINS + bin] - (double)count / (to - from)) <
                            1e-5);
            }
        }
    portrait_set_destroy(&set);
    free(theta);
    free(before);
    free(gradient);
    experiment_destroy(&experiment);
}

static bool never(void *context) {
    return false;
}

static void shows_the_test_samples(void **state) {
    struct experiment *experiment = experiment_of(normed);
    const struct data *test = objective_data(experiment->objective)->test;
    double *theta = start_of(experiment, 4), accuracy;
    double *statistics = calloc((size_t)objective_statistics(experiment->objective), sizeof *statistics);
    struct portrait_point points[2] = {{.theta = theta}, {.run = 1, .step = 3}};
    struct portrait_set *set = portrait_compute(experiment->objective, points, 2, 8, NULL, NULL);
    assert_true(set->samples == test->samples && set->classes == 3 && !set->portraits[1].known);
    /* batch norm by the means and variances of the training data: moving averages moved often enough arrive there */
    struct evaluator *evaluator = evaluator_create(experiment->objective);
    objective_start_statistics(experiment->objective, statistics);
    evaluator_loss(evaluator, theta, NULL);
    for (int i = 0; i < 400; i++) evaluator_track(evaluator, statistics);
    evaluator_test(evaluator, theta, test, statistics, &accuracy);
    assert_true(fabs(set->portraits[0].accuracy - accuracy) < 1e-12);
    evaluator_destroy(&evaluator);
    portrait_set_destroy(&set);
    assert_null(portrait_compute(experiment->objective, points, 2, 8, never, NULL));
    free(statistics);
    free(theta);
    experiment_destroy(&experiment);
}

static const struct portrait_set *wait_for(struct portraits *portraits, int64_t step, int side) {
    for (int i = 0; i < 20000; i++) {
        const struct portrait_set *set = portraits_take(portraits);
        if (set && set->step == step && set->side == side) return set;
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    fail_msg("no portraits of step %d", (int)step);
    return NULL;
}

static void follows_the_step_asked_for(void **state) {
    struct experiment *experiment = experiment_of(moons);
    int n = objective_dimension(experiment->objective);
    struct timeline *timeline = timeline_create(2, n, SIZE_MAX);
    double *theta = start_of(experiment, 1);
    for (int step = 0; step < 4; step++)
        for (int run = 0; run < 2; run++) {
            theta[0] = 1 + step + 10 * run;
            timeline_append(timeline, run, &(struct sample){.step = step, .loss = 1}, theta);
        }
    struct portraits *portraits =
        portraits_create(&(struct portraits_params){.experiment = experiment, .timeline = timeline});
    assert_null(portraits_take(portraits));
    portraits_ask(portraits, 2, 0);
    const struct portrait_set *set = wait_for(portraits, 2, 112);
    assert_true(set->count == 2 && set->portraits[1].run == 1 && set->portraits[1].step == 2);
    theta[0] = 13;
    struct portrait_point point = {.theta = theta};
    struct portrait_set *alone = portrait_compute(experiment->objective, &point, 1, 112, NULL, NULL);
    assert_memory_equal(alone->portraits[0].map_sure, set->portraits[1].map_sure, 112 * 112 * sizeof(float));
    assert_true(fabs(set->portraits[1].norms[PORTRAIT_STEP] - 1) < 1e-12);
    uint64_t revision = set->revision;
    portraits_ask(portraits, 2, 0); /* known: nothing is done */
    assert_true(!portraits_fresh(portraits) && portraits_take(portraits)->revision == revision);
    portraits_ask(portraits, 0, 2);
    set = wait_for(portraits, 0, 112);
    assert_true(set->count == 1 && set->portraits[0].run == 0 && isnan(set->portraits[0].norms[PORTRAIT_STEP]));
    for (int step = 0; step < 4; step++) portraits_ask(portraits, step, 0); /* the last one counts */
    wait_for(portraits, 3, 112);
    portraits_ask(portraits, 1, 0);
    portraits_destroy(&portraits);
    portrait_set_destroy(&alone);
    timeline_destroy(&timeline);
    free(theta);
    experiment_destroy(&experiment);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_outputs_as_the_loss_does),
        cmocka_unit_test(maps_what_the_network_answers),
        cmocka_unit_test(fits_the_curve),
        cmocka_unit_test(measures_layer_by_layer),
        cmocka_unit_test(shows_the_test_samples),
        cmocka_unit_test(follows_the_step_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
