/* What the optimizers are tried on, and how the oracles write an optimizer down. */
#pragma once

#include "objective/objective.h"
#include "optimize/optimize.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>

/* What two orders of rounding may differ by after 200 steps; no path compared is chaotic. */
#define TOLERANCE 1e-10

static inline struct objective *formula_create(const char *text) {
    static const char *const variables[] = {"x", "y"};
    const struct expression_params params = {.text = text, .variables = variables, .variable_count = 2};
    struct error error = {0};
    struct objective *objective = objective_create_expression(&params, NULL, &error);
    if (!objective) fail_msg("%s: %s", text, error.message);
    return objective;
}

static inline struct objective *function_create(const char *name) {
    static const char *const formulas[][2] = {
        {"beale", "(1.5 - x + x*y)^2 + (2.25 - x + x*y^2)^2 + (2.625 - x + x*y^3)^2"},
        {"rosenbrock", "(1 - x)^2 + 100*(y - x^2)^2"},
        {"himmelblau", "(x^2 + y - 11)^2 + (x + y^2 - 7)^2"},
        {"mixed", "40*(x - 0.3*sin(y))^2 + 0.05*(y - 2)^2 + 0.1*x*y"},
        {"saddle", "(1 - x*y)^2"},
    };
    for (size_t i = 0; i < sizeof formulas / sizeof *formulas; i++)
        if (strcmp(formulas[i][0], name) == 0) return formula_create(formulas[i][1]);
    fail_msg("there is no function %s", name);
    return NULL;
}

static inline void default_values(const struct optimizer_class *class, double *values) {
    size_t count;
    const struct optimizer_parameter *parameters = optimizer_class_parameters(class, &count);
    for (size_t i = 0; i < count; i++) values[i] = parameters[i].initial;
}

/* "NAME=VALUE" into `values`. */
static inline void read_value(const struct optimizer_class *class, char *option, double *values) {
    char *equals = strchr(option, '=');
    assert_non_null(equals);
    *equals = '\0';
    int index = optimizer_class_parameter_index(class, option);
    if (index < 0) fail_msg("%s has no parameter %s", optimizer_class_name(class), option);
    values[index] = strtod(equals + 1, NULL);
}

/* One update on all samples, for any class; returns the loss before it. */
static inline double step_down(struct optimizer *optimizer, struct evaluator *evaluator, double *theta,
                               double *gradient, double rate) {
    struct optimizer_problem problem = {.evaluator = evaluator};
    problem.loss = evaluator_gradient(evaluator, theta, NULL, gradient);
    optimizer_step_on(optimizer, &problem, theta, gradient, rate);
    return problem.loss;
}
