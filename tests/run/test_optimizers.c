/* Optimizers, schedules and clipping as experiment files spell them, and as recordings write them back. */
#include "base/linalg.h"
#include "base/text.h"
#include "run/recording_json.h"
#include "run/run.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>

#define OBJECTIVE "objective: {expression: 'x^2 + 3*y^2', variables: [x, y], domain: [[-2, 2], [-2, 2]]}\nsteps: 300\n"

static struct experiment *parse(const char *optimizer, struct error *error) {
    struct text yaml = {0};
    text_format(&yaml, OBJECTIVE "optimizers: [%s]\n", optimizer);
    struct experiment *experiment = experiment_parse(yaml.bytes, strlen(yaml.bytes), "f.yaml", error);
    text_clear(&yaml);
    return experiment;
}

static struct experiment *parse_good(const char *optimizer) {
    struct error error = {0};
    struct experiment *experiment = parse(optimizer, &error);
    if (!experiment) fail_msg("%s: %s", optimizer, error.message);
    return experiment;
}

/* What a recording writes of an optimizer, read again, is the same optimizer. */
static void recordings_keep_all_of_it(void **state) {
    static const char *const written[] = {
        "{name: sgd, clip_norm: 0.75}",
        "{name: adam, clip_value: 2, clip_norm: 3, schedule: {name: polynomial, total: 250, power: 2.5, warmup: 7}}",
        "{name: lion, schedule: {name: multistep, milestones: [10, 20, 250], gamma: 0.3}}",
        "{name: lamb, schedule: {name: cosine_restarts, period: 40, period_factor: 3, end: 0.125}}",
        "{name: muon, schedule: {name: one_cycle, total: 200, pct_start: 0.4, div_factor: 10, final_div_factor: 100, "
        "anneal_strategy: linear, three_phase: true}}",
        "{name: summary, use_m: false, schedule: {name: inverse_sqrt, warmup: 30}}",
        "{name: nadam, betas: [0.8, 0.9], schedule: one_cycle}",
        "{name: asgd, schedule: cosine_restarts}",
        "{name: adam, lr: 0.03, schedule: {name: plateau, factor: 0.3, patience: 7, threshold: 0.01, threshold_mode: "
        "abs, "
        "cooldown: 5, min_lr: 0.0017, eps: 1e-5, warmup: 4}}",
        "{name: sgd, schedule: plateau, lookahead: {k: 7, alpha: 0.3}, average: {name: ema, decay: 0.95, start: 3, "
        "every: 2}}",
        "{name: sgd, lookahead: {}, average: swa}",
        "{name: lbfgs, max_iter: 4, strong_wolfe: true, history_size: 7, average: {name: swa, start: 10}}",
        "{name: sam, rho: 0.1, adaptive: true, momentum: 0.9}",
        "{name: newton, damping: 0.25}",
        "{name: saddle_free, krylov: 12}",
    };
    for (size_t i = 0; i < sizeof written / sizeof *written; i++) {
        struct experiment *one = parse_good(written[i]);
        struct text json = {0}, again = {0};
        json_optimizer(&json, &one->optimizers[0]);
        struct experiment *two = parse_good(json.bytes);
        json_optimizer(&again, &two->optimizers[0]);
        assert_string_equal(json.bytes, again.bytes);
        const struct experiment_optimizer *a = &one->optimizers[0], *b = &two->optimizers[0];
        assert_ptr_equal(a->class, b->class);
        assert_true(a->clip_norm == b->clip_norm && a->clip_value == b->clip_value);
        assert_true(a->lookahead == b->lookahead && a->lookahead_alpha == b->lookahead_alpha);
        assert_true(a->average.kind == b->average.kind && a->average.decay == b->average.decay);
        assert_true(a->average.start == b->average.start && a->average.every == b->average.every);
        struct schedule_state first, second;
        schedule_begin(&a->schedule, &first);
        schedule_begin(&b->schedule, &second);
        for (int64_t step = 0; step < 300; step++) {
            double loss = 0.5 + 0.3 * sin(0.7 * (double)step);
            assert_true(schedule_next(&a->schedule, &first, step, loss) ==
                        schedule_next(&b->schedule, &second, step, loss));
        }
        text_clear(&json);
        text_clear(&again);
        experiment_destroy(&one);
        experiment_destroy(&two);
    }
}

static void keys_arrive(void **state) {
    struct experiment *e = parse_good("{name: adam, clip_norm: 0.5, schedule: {name: multistep, milestones: [5, 9], "
                                      "gamma: 0.5, warmup: 2}}");
    const struct experiment_optimizer *o = &e->optimizers[0];
    assert_true(o->clip_norm == 0.5 && o->clip_value == 0);
    assert_near(schedule_factor(&o->schedule, 0), 0.5, 0);
    assert_near(schedule_factor(&o->schedule, 6), 1, 0); /* counted from the end of the warm-up */
    assert_near(schedule_factor(&o->schedule, 7), 0.5, 0);
    assert_near(schedule_factor(&o->schedule, 11), 0.25, 0);
    experiment_destroy(&e);

    e = parse_good("{name: sgd, lr: 1, lookahead: {k: 2, alpha: 0.25}, average: {name: ema, decay: 0.5}}");
    struct optimizer *optimizer = experiment_create_optimizer(e, &e->optimizers[0], NULL, NULL);
    double theta[2] = {8, 0};
    optimizer_step(optimizer, theta, (double[]){1, 0}, 1);
    assert_true(theta[0] == 7 && optimizer_average(optimizer)[0] == 7);
    optimizer_step(optimizer, theta, (double[]){3, 0}, 1);
    assert_true(theta[0] == 7 && optimizer_average(optimizer)[0] == 7); /* 8 + ¼ (4 − 8) */
    optimizer_step(optimizer, theta, (double[]){3, 0}, 1);
    assert_true(theta[0] == 4 && optimizer_average(optimizer)[0] == 5.5);
    optimizer_destroy(&optimizer);
    experiment_destroy(&e);

    e = parse_good("{name: sgd, lr: 0.5, schedule: {name: plateau, patience: 0, factor: 0.5, min_lr: 0.2}}");
    struct schedule_state state_of_it;
    const struct schedule *schedule = &e->optimizers[0].schedule;
    schedule_begin(schedule, &state_of_it);
    static const double expected[] = {1, 1, 0.5, 0.4, 0.4};
    for (int step = 0; step < 5; step++)
        assert_near(schedule_next(schedule, &state_of_it, step, 3), expected[step], 1e-15);
    experiment_destroy(&e);
}

static void mistakes_are_told(void **state) {
    static const char *const bad[][3] = {
        {"{name: rprop, schedule: cosine}", "rprop takes no schedule", "none is right"},
        {"{name: rprop, schedule: {name: constant, warmup: 5}}", "rprop takes no schedule", "lr"},
        {"{name: sgd, schedule: multistep}", "needs \"milestones\"", "[100, 200]"},
        {"{name: sgd, schedule: {name: multistep, milestones: [9, 9]}}", "not after the one before", "rising"},
        {"{name: sgd, schedule: {name: multistep, milestones: [0]}}", "milestone", "1"},
        {"{name: sgd, schedule: {name: polynomial, power: -1}}", "power", "0.001 to 100"},
        {"{name: sgd, schedule: {name: polynomial, gamma: 0.5}}", "gamma", "power"},
        {"{name: sgd, schedule: {name: cosine_restarts, period: 0}}", "period", "1"},
        {"{name: sgd, schedule: {name: one_cycle, anneal_strategy: cosine}}", "anneal_strategy", "cos"},
        {"{name: sgd, schedule: {name: one_cycle, pct_start: 0.6, three_phase: true}}", "three_phase", "0.5"},
        {"{name: sgd, clip_norm: -1}", "clip_norm", "a number from"},
        {"{name: sgd, clip_value: 0}", "clip_value", "a number from"},
        {"{name: muon, ns_steps: 2.5}", "ns_steps", "whole"},
        {"{name: lars, trust: 0.1}", "trust", "trust_coefficient"},
        {"{name: adamm}", "adamm", "adam"},
        {"{lr: 0.1}", "no \"name\"", "{name: adam, lr: 0.01}"},
        {"{name: sgd, lr: -0.1}", "lr of sgd", "0 to 1000000"},
        {"{name: sgd, lr: fast}", "lr of sgd", "a number"},
        {"{name: sgd, momentum: 1.5}", "momentum of sgd", "0 to 1"},
        {"{name: sgd, nesterov: true}", "nesterov", "momentum above 0"},
        {"{name: sgd, beta1: 0.9}", "beta1", "momentum"},
        {"{name: adam, beta1: 1}", "beta1 of adam", "below 1"},
        {"{name: adam, betas: [0.9, 1.0]}", "beta2 of adam", "below 1"},
        {"{name: adam, betas: [0.9]}", "betas", "[0.9, 0.999]"},
        {"{name: adam, eps: -1}", "eps of adam", "0 to 1000000"},
        {"{name: adam, weight_decay: -1}", "weight_decay of adam", "0 to 1000000"},
        {"{name: adam, amsgrad: 2}", "amsgrad of adam", "true or false"},
        {"{name: rmsprop, alpha: 1.1}", "alpha of rmsprop", "0 to 1"},
        {"{name: rprop, etaplus: 0.9}", "etaplus of rprop", "1"},
        {"{name: rprop, step_size_min: 60}", "step_size_min", "step_size_max"},
        {"{name: lbfgs, max_iter: 0}", "max_iter of lbfgs", "1 to 10000"},
        {"{name: lbfgs, max_iter: 2.5}", "max_iter of lbfgs", "whole"},
        {"{name: lbfgs, history_size: 0}", "history_size of lbfgs", "1 to 1000"},
        {"{name: lbfgs, strong_wolfe: strong_wolfe}", "strong_wolfe of lbfgs", "true or false"},
        {"{name: sam, rho: -0.1}", "rho of sam", "0 to 1000000"},
        {"{name: newton, damping: -1}", "damping of newton", "0 to 1000000"},
        {"{name: saddle_free, krylov: 0.5}", "krylov of saddle_free", "whole"},
        {"{name: sgd, lookahead: {k: 0}}", "k is 0", "from 1"},
        {"{name: sgd, lookahead: {k: 5, alpha: 1.5}}", "alpha", "0 to 1"},
        {"{name: sgd, lookahead: {steps: 5}}", "steps", "k"},
        {"{name: sgd, lookahead: 5}", "lookahead", "mapping"},
        {"{name: sgd, average: mean}", "average", "swa"},
        {"{name: sgd, average: {decay: 0.9}}", "no \"name\"", "ema"},
        {"{name: sgd, average: {name: ema, decay: 1}}", "decay", "below 1"},
        {"{name: sgd, average: {name: swa, decay: 0.9}}", "decay", "every"},
        {"{name: sgd, average: {name: swa, every: 0}}", "every", "from 1"},
        {"{name: sgd, average: {name: swa, start: -1}}", "start", "from 0"},
        {"{name: sgd, schedule: plato}", "plato", "plateau"},
        {"{name: sgd, schedule: {name: plateau, factor: 1}}", "factor", "below 1"},
        {"{name: sgd, schedule: {name: plateau, patience: -1}}", "patience", "from 0"},
        {"{name: sgd, schedule: {name: plateau, threshold_mode: relative}}", "threshold_mode", "rel"},
        {"{name: sgd, schedule: {name: plateau, gamma: 0.1}}", "gamma", "factor"},
        {"{name: sgd, schedule: {name: plateau, min_lr: -1}}", "min_lr", "0 to 1000000"},
        {"{name: sgd, schedule: {name: exponential}}", "needs \"gamma\"", "0.99"},
        {"{name: sgd, schedule: {warmup: 3}}", "no \"name\"", "cosine"},
        {"{name: rprop, schedule: plateau}", "rprop takes no schedule", "none is right"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct error error = {0};
        struct experiment *experiment = parse(bad[i][0], &error);
        if (experiment) fail_msg("taken: %s", bad[i][0]);
        assert_int_equal(error.kind, ERROR_INPUT);
        assert_non_null(strstr(error.message, "f.yaml:3:"));
        for (int k = 1; k < 3; k++)
            if (!strstr(error.message, bad[i][k])) fail_msg("\"%s\" does not say \"%s\"", error.message, bad[i][k]);
    }
}

/* Of a network the weights are matrices of their own: muon moves each by an orthogonal one, however small the gradient.
 */
static void networks_tell_their_layers(void **state) {
    static const char YAML[] = "objective: {network: {layers: [2, 6, 2], activation: tanh}, data: {name: moons, "
                               "samples: 40}, loss: cross_entropy}\nsteps: 5\noptimizers: [{name: muon, lr: 0.5}]\n";
    struct error error = {0};
    struct experiment *e = experiment_parse(YAML, strlen(YAML), "f.yaml", &error);
    if (!e) fail_msg("%s", error.message);
    int n = objective_dimension(e->objective);
    const struct layout_entry *entries;
    assert_true(objective_layout(e->objective, &entries) == 4 && entries[0].rank == 2 && entries[0].size == 12);
    struct optimizer *muon = experiment_create_optimizer(e, &e->optimizers[0], NULL, &error);
    double *theta = calloc((size_t)n, sizeof(double)), *g = calloc((size_t)n, sizeof(double));
    for (int i = 0; i < n; i++) g[i] = 1e-5 * sin(1 + 7.0 * i);
    optimizer_step(muon, theta, g, 1);
    double norm = linalg_norm(12, theta + entries[0].offset); /* two singular values near 1 × √3 × lr */
    assert_true(norm > 0.7 * 0.5 * sqrt(3) * sqrt(2) && norm < 1.3 * 0.5 * sqrt(3) * sqrt(2));
    free(theta);
    free(g);
    optimizer_destroy(&muon);
    experiment_destroy(&e);
}

int main(void) {
    linalg_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(recordings_keep_all_of_it),
        cmocka_unit_test(keys_arrive),
        cmocka_unit_test(mistakes_are_told),
        cmocka_unit_test(networks_tell_their_layers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
