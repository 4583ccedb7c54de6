/* Many points at once must be what each of them alone would be, to the bit. */
#include "base/linalg.h"
#include "base/memory.h"
#include "base/text.h"
#include "run/run.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>

static struct experiment *parse(const char *formula, const char *optimizer) {
    struct text yaml = {0};
    text_format(&yaml,
                "objective: {expression: '%s', variables: [x, y], domain: [[-4, 4], [-4, 4]]}\nsteps: 60\n"
                "optimizers: [%s]\n",
                formula, optimizer);
    struct error error = {0};
    struct experiment *experiment = experiment_parse(yaml.bytes, strlen(yaml.bytes), "f.yaml", &error);
    if (!experiment) fail_msg("%s: %s", optimizer, error.message);
    text_clear(&yaml);
    return experiment;
}

static struct flock *make(const struct experiment *experiment, int capacity) {
    struct error error = {0};
    struct flock *flock = flock_create(
        &(struct flock_params){.experiment = experiment, .optimizer = experiment->optimizers, .capacity = capacity},
        &error);
    if (!flock) fail_msg("%s", error.message);
    return flock;
}

static double *random_starts(int count, uint64_t seed) {
    double *starts = MEM_NEW(double, 2 * count);
    struct random random = random_seeded(seed, 0);
    for (int i = 0; i < 2 * count; i++) starts[i] = random_uniform(&random, -4, 4);
    return starts;
}

/* Every point of the flock against a descent of its own. Returns how many diverged. */
static int compare(const char *formula, const char *optimizer, int capacity, int count, int steps) {
    struct experiment *experiment = parse(formula, optimizer);
    struct flock *flock = make(experiment, capacity);
    double *starts = random_starts(count, 5);
    flock_start(flock, count, starts);
    struct error error = {0};
    struct descent *descent = descent_create(&(struct descent_params){.experiment = experiment}, &error);
    assert_non_null(descent);
    for (int i = 0; i < steps; i++) flock_step(flock);
    assert_true(flock_at(flock) == steps && flock_count(flock) == count);
    int diverged = 0;
    for (int p = 0; p < count; p++) {
        descent_start(descent, starts + 2 * p);
        const char *wrong = descent_take(descent, steps);
        int64_t lost = flock_diverged(flock)[p];
        if (wrong ? lost != descent_at(descent) : lost >= 0)
            fail_msg("%s on %s, point %d: diverged at %d, alone %s at %d", optimizer, formula, p, (int)lost,
                     wrong ? wrong : "nothing", (int)descent_at(descent));
        diverged += lost >= 0;
        if (wrong) continue;
        const double *theta = descent_point(descent);
        if (memcmp(flock_thetas(flock) + 2 * p, theta, 2 * sizeof *theta) != 0 ||
            memcmp(flock_gradients(flock) + 2 * p, descent_gradient(descent), 2 * sizeof *theta) != 0 ||
            flock_losses(flock)[p] != descent_sample(descent)->loss)
            fail_msg("%s on %s, point %d: (%.17g, %.17g) in the flock, (%.17g, %.17g) alone", optimizer, formula, p,
                     flock_thetas(flock)[2 * p], flock_thetas(flock)[2 * p + 1], theta[0], theta[1]);
    }
    descent_destroy(&descent);
    flock_destroy(&flock);
    experiment_destroy(&experiment);
    free(starts);
    return diverged;
}

static const char HIMMELBLAU[] = "(x^2 + y - 11)^2 + (x + y^2 - 7)^2";

static void compare_if_suited(const char *formula, const struct optimizer_class *class, int quick_count) {
    struct experiment *experiment = parse(formula, "sgd"); /* gauss_newton takes sums of squares only */
    bool suited = optimizer_class_suits(class, experiment->objective, NULL);
    experiment_destroy(&experiment);
    struct text optimizer = {0};
    text_format(&optimizer, "{name: %s, lr: 0.01}", optimizer_class_name(class));
    if (suited) compare(formula, optimizer.bytes, 64, optimizer_class_is_elementwise(class) ? quick_count : 7, 40);
    text_clear(&optimizer);
}

static void every_optimizer_steps_a_flock_as_it_steps_one(void **state) {
    for (size_t i = 0; i < optimizer_count(); i++) {
        compare_if_suited(HIMMELBLAU, optimizer_at(i), 61);
        compare_if_suited("sin(3*x)*y + abs(x - y)^1.5 + 0.1*(x^2 + y^2)", optimizer_at(i), 64);
    }
}

static void schedules_clipping_and_noise_are_those_of_one(void **state) {
    static const char *const written[] = {
        "{name: adam, lr: 0.1, schedule: {name: cosine, warmup: 10}}",
        "{name: sgd, lr: 0.01, momentum: 0.9, nesterov: true, schedule: one_cycle}",
        "{name: momentum, lr: 0.01, clip_value: 2}",
        "{name: momentum, lr: 0.01, clip_norm: 3}",
        "{name: perturbed, lr: 0.01, radius: 0.5, threshold: 1, interval: 5, seed: 9}",
        "{name: rmsprop, lr: 0.02, centered: true, momentum: 0.5}",
        "{name: adamw, lr: 0.1, amsgrad: true, schedule: {name: cosine_restarts, period: 7}}",
        "{name: adam, lr: 0.1, lookahead: {k: 5, alpha: 0.5}}",
        "{name: sgd, lr: 0.01, average: {name: ema, decay: 0.9}}",
        "{name: sgd, lr: 0.01, schedule: {name: plateau, patience: 2}}",
        "{name: adagrad, lr: 0.5, lr_decay: 0.1, initial_accumulator_value: 0.1}",
    };
    for (size_t i = 0; i < sizeof written / sizeof *written; i++) compare(HIMMELBLAU, written[i], 40, 40, 60);
}

static void points_that_diverge_stop_and_leave_the_others_alone(void **state) {
    int some = compare(HIMMELBLAU, "{name: sgd, lr: 0.035}", 200, 200, 60);
    assert_true(some > 0 && some < 200);
    some = compare("log(x)^2 + (y - 1)^2", "{name: adam, lr: 0.2}", 200, 200, 60);
    assert_true(some > 50 && some < 200); /* many start where the loss is no number */
    struct experiment *experiment = parse("log(x)^2 + (y - 1)^2", "sgd");
    struct flock *flock = make(experiment, 2);
    flock_start(flock, 2, (double[]){-1, 0, -2, 0});
    flock_step(flock);
    assert_true(flock_diverged(flock)[0] == 0 && flock_diverged(flock)[1] == 0);
    flock_destroy(&flock);
    experiment_destroy(&experiment);
    some = compare("log(x)^2 + (y - 1)^2", "{name: sgd, lr: 0.1, clip_norm: 1e9}", 100, 100, 60); /* one descent each */
    assert_true(some > 0 && some < 100);
}

static void a_flock_starts_anew_without_a_trace(void **state) {
    struct experiment *experiment = parse(HIMMELBLAU, "{name: adam, lr: 0.1}");
    struct flock *used = make(experiment, 50), *fresh = make(experiment, 50);
    double *first = random_starts(50, 1), *second = random_starts(20, 2);
    flock_start(used, 50, first);
    for (int i = 0; i < 30; i++) flock_step(used);
    flock_start(used, 20, second);
    flock_start(fresh, 20, second);
    for (int i = 0; i < 30; i++) {
        flock_step(used);
        flock_step(fresh);
    }
    assert_memory_equal(flock_thetas(used), flock_thetas(fresh), 40 * sizeof(double));
    free(first);
    free(second);
    flock_destroy(&used);
    flock_destroy(&fresh);
    experiment_destroy(&experiment);
}

/* evaluator_gradients on what ships: 2 variables or more, each formula's own domain. */
static void every_built_in_formula_has_the_same_gradients_in_columns(void **state) {
    enum { POINTS = 300, MOST = 16 };
    size_t count;
    int formulas = 0;
    struct error error = {0};
    struct experiment_listing *listing = experiment_list(&count, &error);
    if (!listing) fail_msg("%s", error.message);
    static double thetas[POINTS * MOST], losses[POINTS], gradients[POINTS * MOST];
    for (size_t i = 0; i < count; i++) {
        if (listing[i].network) continue;
        struct experiment *experiment = experiment_load(listing[i].name, &error);
        if (!experiment) fail_msg("%s", error.message);
        int n = objective_dimension(experiment->objective);
        struct random random = random_seeded(3, i);
        for (int k = 0; k < POINTS * n; k++)
            thetas[k] = k < n ? 0 : random_uniform(&random, experiment->domain[k % n][0], experiment->domain[k % n][1]);
        struct evaluator *evaluator = evaluator_create(experiment->objective);
        evaluator_gradients(evaluator, POINTS, thetas, losses, gradients);
        for (int p = 0; p < POINTS; p++) {
            double gradient[MOST], loss = evaluator_gradient(evaluator, thetas + p * n, NULL, gradient);
            if (loss != losses[p] || memcmp(gradient, gradients + p * n, (size_t)n * sizeof *gradient) != 0)
                fail_msg("%s: another gradient in columns at point %d", listing[i].name, p);
        }
        formulas++;
        evaluator_destroy(&evaluator);
        experiment_destroy(&experiment);
    }
    assert_true(formulas >= 15);
    experiment_listing_destroy(&listing, count);
}

int main(void) {
    linalg_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_optimizer_steps_a_flock_as_it_steps_one),
        cmocka_unit_test(schedules_clipping_and_noise_are_those_of_one),
        cmocka_unit_test(points_that_diverge_stop_and_leave_the_others_alone),
        cmocka_unit_test(a_flock_starts_anew_without_a_trace),
        cmocka_unit_test(every_built_in_formula_has_the_same_gradients_in_columns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
