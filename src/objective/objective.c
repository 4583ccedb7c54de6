#include "objective/objective_class.h"

#include <assert.h>
#include <math.h>

void objective_destroy(struct objective **objective) {
    if (!objective || !*objective) return;
    (*objective)->class->destroy(*objective);
    *objective = NULL;
}

int objective_dimension(const struct objective *objective) {
    return objective->n;
}

int objective_samples(const struct objective *objective) {
    return objective->samples;
}

int objective_least_batch(const struct objective *objective) {
    return objective->pairs ? 2 : 1;
}

bool objective_is_expression(const struct objective *objective) {
    return objective->data == NULL;
}

const struct data *objective_data(const struct objective *objective) {
    return objective->data;
}

const struct objective *objective_exact(const struct objective *objective) {
    return objective->exact ? objective->exact : objective;
}

size_t objective_layout(const struct objective *objective, const struct layout_entry **entries) {
    *entries = objective->layout;
    return objective->layout_count;
}

void objective_initialise(const struct objective *objective, uint64_t seed, double *theta) {
    objective->class->initialise(objective, seed, theta);
}

struct evaluator *evaluator_create(const struct objective *objective) {
    return objective->class->evaluator_create(objective);
}

void evaluator_destroy(struct evaluator **evaluator) {
    if (!evaluator || !*evaluator) return;
    (*evaluator)->objective->class->evaluator_destroy(*evaluator);
    *evaluator = NULL;
}

const struct objective *evaluator_objective(const struct evaluator *evaluator) {
    return evaluator->objective;
}

double evaluator_loss(struct evaluator *evaluator, const double *theta, const struct batch *batch) {
    return evaluator->objective->class->loss(evaluator, theta, batch);
}

double evaluator_gradient(struct evaluator *evaluator, const double *theta, const struct batch *batch,
                          double *gradient) {
    return evaluator->objective->class->gradient(evaluator, theta, batch, gradient);
}

void evaluator_losses(struct evaluator *evaluator, int count, const double *thetas, double *losses) {
    evaluator->objective->class->losses(evaluator, count, thetas, losses);
}

void evaluator_gradients(struct evaluator *evaluator, int count, const double *thetas, double *losses,
                         double *gradients) {
    const struct objective_class *class = evaluator->objective->class;
    size_t n = (size_t)evaluator->objective->n;
    if (class->gradients) {
        class->gradients(evaluator, count, thetas, losses, gradients);
        return;
    }
    for (size_t p = 0; p < (size_t)count; p++)
        losses[p] = class->gradient(evaluator, thetas + p * n, NULL, gradients + p * n);
}

void evaluator_hvp(struct evaluator *evaluator, const double *theta, const struct batch *batch, int count,
                   const double *v, double *hv) {
    evaluator->objective->class->hvp(evaluator, theta, batch, count, v, hv);
}

double evaluator_hessian(struct evaluator *evaluator, const double *theta, double *gradient, double *hessian) {
    return evaluator->objective->class->hessian(evaluator, theta, gradient, hessian);
}

bool objective_has_gauss_newton(const struct objective *objective) {
    return objective->squares;
}

void evaluator_gauss_newton(struct evaluator *evaluator, const double *theta, const struct batch *batch, int count,
                            const double *v, double *gv) {
    assert(evaluator->objective->squares && count >= 0);
    evaluator->objective->class->gauss_newton(evaluator, theta, batch, count, v, gv);
}

double evaluator_accuracy(struct evaluator *evaluator, const double *theta) {
    const struct objective_class *class = evaluator->objective->class;
    return class->accuracy ? class->accuracy(evaluator, theta) : NAN;
}

double evaluator_last_accuracy(const struct evaluator *evaluator) {
    const struct objective_class *class = evaluator->objective->class;
    return class->last_accuracy ? class->last_accuracy(evaluator) : NAN;
}

bool objective_is_noisy(const struct objective *objective) {
    return objective->noisy;
}

int objective_statistics(const struct objective *objective) {
    return objective->statistics;
}

void objective_start_statistics(const struct objective *objective, double *statistics) {
    if (objective->class->start_statistics) objective->class->start_statistics(objective, statistics);
}

void evaluator_track(struct evaluator *evaluator, double *statistics) {
    const struct objective_class *class = evaluator->objective->class;
    if (class->track) class->track(evaluator, statistics);
}

double evaluator_test(struct evaluator *evaluator, const double *theta, const struct data *data,
                      const double *statistics, double *accuracy) {
    const struct objective_class *class = evaluator->objective->class;
    if (accuracy) *accuracy = NAN;
    return class->test ? class->test(evaluator, theta, data, statistics, accuracy) : NAN;
}

int objective_outputs(const struct objective *objective) {
    return objective->outputs;
}

enum loss_kind objective_loss_kind(const struct objective *objective) {
    assert(objective->outputs > 0);
    return objective->loss;
}

void evaluator_outputs(struct evaluator *evaluator, const double *theta, int count, const double *x,
                       const double *statistics, double *outputs) {
    assert(evaluator->objective->class->outputs);
    evaluator->objective->class->outputs(evaluator, theta, count, x, statistics, outputs);
}
