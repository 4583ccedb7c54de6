/* What the optimizers are tried on, and how the oracles write an optimizer down. */
#pragma once

#include "objective/objective.h"
#include "optimize/optimize.h"
#include "test.h"

#include <stdio.h>
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

/* ---- a 64-32-10 tanh network on the digits, and the start that PyTorch drew for it --------------------------------
 */

enum { DIGITS_N = 2410 };

static inline struct objective *digits_network(void) {
    struct error error = {0};
    struct data *data = data_create(&(struct data_params){.name = "digits", .raw = true}, &error);
    if (!data) fail_msg("%s", error.message);
    for (int i = 0; i < data->samples * data->features; i++) data->x[i] /= 16;
    static const int layers[] = {64, 32, 10};
    const struct network_params params = {.layers = layers, .layer_count = 3, .loss = LOSS_CROSS_ENTROPY};
    struct objective *objective = objective_create_network(&params, data, &error);
    if (!objective) fail_msg("%s", error.message);
    assert_int_equal(objective_dimension(objective), DIGITS_N);
    return objective;
}

static inline void digits_start(double *theta) {
    FILE *file = fopen(FIXTURES "/objective/training_digits.bin", "rb");
    assert_non_null(file);
    assert_int_equal(fseek(file, 16, SEEK_SET), 0);
    assert_int_equal(fread(theta, sizeof *theta, DIGITS_N, file), DIGITS_N);
    fclose(file);
}
