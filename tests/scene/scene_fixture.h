/* Exhibits for tests: an experiment from text, and a timeline filled as its runs would have. */
#pragma once

#include "base/linalg.h"
#include "base/memory.h"
#include "scene/exhibit.h"
#include "scene/scene.h"
#include "test.h"

#include <cglm/cglm.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct fixture {
    struct experiment *experiment;
    struct timeline *timeline;
    struct exhibit *exhibit;
};

static inline void fixture_exhibit(struct fixture *fixture) {
    struct error error = {0};
    struct exhibit_params params = {.experiment = fixture->experiment, .timeline = fixture->timeline, .threads = 2};
    fixture->exhibit = exhibit_create(&params, &error);
    if (!fixture->exhibit) fail_msg("%s", error.message);
}

static inline struct fixture fixture_open(const char *yaml) {
    linalg_init();
    struct error error = {0};
    struct fixture fixture = {0};
    fixture.experiment = experiment_parse(yaml, strlen(yaml), "test.yaml", &error);
    if (!fixture.experiment) fail_msg("%s", error.message);
    int n = objective_dimension(fixture.experiment->objective);
    fixture.timeline = timeline_create(experiment_run_count(fixture.experiment), n, (size_t)64 << 20);
    fixture_exhibit(&fixture);
    return fixture;
}

static inline void fixture_close(struct fixture *fixture) {
    exhibit_destroy(&fixture->exhibit);
    timeline_destroy(&fixture->timeline);
    experiment_destroy(&fixture->experiment);
}

/* Trains every run for `steps` more steps from where its track ends. */
static inline void fixture_train(struct fixture *fixture, int64_t steps) {
    const struct experiment *experiment = fixture->experiment;
    int n = objective_dimension(experiment->objective);
    struct evaluator *evaluator = evaluator_create(experiment->objective);
    double *theta = MEM_NEW(double, n), *gradient = MEM_NEW(double, n);
    for (int r = 0; r < experiment_run_count(experiment); r++) {
        const struct experiment_optimizer *chosen = &experiment->optimizers[r / experiment->start_count];
        struct error error = {0};
        struct optimizer *optimizer = optimizer_create(chosen->class, n, chosen->values, &error);
        assert_non_null(optimizer);
        memcpy(theta, experiment->starts + (size_t)(r % experiment->start_count) * (size_t)n,
               (size_t)n * sizeof *theta);
        int64_t have = (int64_t)timeline_count(fixture->timeline, r);
        for (int64_t step = 0; step < have + steps; step++) {
            struct sample sample = {.step = step, .rate = chosen->values[0]};
            sample.loss = sample.batch_loss = evaluator_gradient(evaluator, theta, NULL, gradient);
            sample.gradient_norm = linalg_norm(n, gradient);
            if (step >= have) timeline_append(fixture->timeline, r, &sample, theta);
            if (!isfinite(sample.loss)) break;
            optimizer_step(optimizer, theta, gradient, 1);
        }
        optimizer_destroy(&optimizer);
    }
    free(theta);
    free(gradient);
    evaluator_destroy(&evaluator);
}

static inline void fixture_finish(struct fixture *fixture) {
    struct error error = {0};
    if (!exhibit_finish(fixture->exhibit, &error)) fail_msg("%s", error.message);
}

static const char *const saddle_yaml = "title: The saddle at the origin\n"
                                       "objective:\n"
                                       "  expression: (1 - w1*w2)^2\n"
                                       "  variables: [w1, w2]\n"
                                       "  domain: [[-2, 2], [-2, 2]]\n"
                                       "start: [0.4, -0.2]\n"
                                       "steps: 120\n"
                                       "grid: [81, 65]\n"
                                       "optimizers:\n"
                                       "  - {name: sgd, lr: 0.05}\n"
                                       "  - {name: momentum, lr: 0.02, momentum: 0.9}\n"
                                       "  - {name: rmsprop, lr: 0.02}\n"
                                       "  - {name: adam, lr: 0.05}\n";

static inline double saddle_loss(double w1, double w2) {
    return (1 - w1 * w2) * (1 - w1 * w2);
}
