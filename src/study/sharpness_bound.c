#include "study/sharpness_bound.h"

#include <math.h>
#include <string.h>

static double given(const struct experiment_optimizer *from, const double *values, const char *name) {
    int index = optimizer_class_parameter_index(from->class, name);
    return index >= 0 ? values[index] : 0;
}

struct state_vectors state_of_optimizer(const struct optimizer *optimizer) {
    const struct optimizer_vector *vectors;
    size_t count = optimizer_vectors(optimizer, &vectors);
    struct state_vectors state = {0};
    for (size_t i = 0; i < count && state.count < STATE_MOST; i++) {
        state.names[state.count] = vectors[i].name;
        state.values[state.count++] = vectors[i].values;
    }
    return state;
}

struct state_vectors state_of_inside(const struct inside *inside) {
    struct state_vectors state = {0};
    for (int i = 0; i < inside->count && state.count < STATE_MOST; i++) {
        if (inside->rows[i].kind != INSIDE_VECTOR) continue;
        state.names[state.count] = inside->rows[i].name;
        state.values[state.count++] = inside->values + (size_t)i * (size_t)inside->n;
    }
    return state;
}

static const double *vector_of(const struct state_vectors *state, const char *name) {
    for (int i = 0; i < state->count; i++)
        if (strcmp(state->names[i], name) == 0) return state->values[i];
    return NULL;
}

/* By heavy-ball momentum μ it is 2 (1 + μ) / η (Polyak 1964), with Nesterov's look-ahead 2 (1 + μ) / ((1 + 2μ) η);
 * momentum as a mean, as Adam's, has η (1 − β₁) for η (Cohen et al. 2021, 2022). */
double sharpness_bound(const struct experiment_optimizer *from, const double *values, double rate) {
    double momentum = given(from, values, "momentum"), beta = given(from, values, "beta1");
    bool nesterov = strcmp(optimizer_class_name(from->class), "nesterov") == 0 || given(from, values, "nesterov") != 0;
    if (momentum > 0) rate *= 1 - given(from, values, "dampening");
    if (nesterov && momentum > 0) return 2 * (1 + momentum) / ((1 + 2 * momentum) * rate);
    if (beta > 0) return 2 * (1 + beta) / ((1 - beta) * rate);
    return 2 * (1 + momentum) / rate;
}

bool sharpness_divides(const struct experiment_optimizer *from) {
    return optimizer_class_parameter_index(from->class, "eps") >= 0;
}

/* A mean of squares, a sum of squares, or nothing, and by what it is to be divided first. */
static const double *find_squares(const struct state_vectors *state, const struct experiment_optimizer *from,
                                  const double *values, int64_t steps, double *correction, double *mean) {
    const double *squares = NULL;
    *correction = *mean = 1;
    if (given(from, values, "amsgrad") != 0) squares = vector_of(state, "max_exp_avg_sq");
    if (!squares) squares = vector_of(state, "exp_avg_sq");
    if (squares) {
        *correction = 1 - pow(given(from, values, "beta2"), (double)steps);
        *mean = 1 - pow(given(from, values, "beta1"), (double)steps);
        return squares;
    }
    squares = vector_of(state, "square_avg");
    return squares ? squares : vector_of(state, "sum");
}

bool sharpness_scale(const struct state_vectors *state, const struct experiment_optimizer *from, const double *values,
                     int64_t steps, int n, double *scale) {
    /* Those whose step is no division by a root of squares alone: a rectified, trusted or orthogonalised one. */
    static const char *const others[] = {"radam", "lamb", "muon", "adadelta"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (strcmp(optimizer_class_name(from->class), others[i]) == 0) return false;
    double correction, mean, eps = given(from, values, "eps");
    const double *squares = steps > 0 ? find_squares(state, from, values, steps, &correction, &mean) : NULL;
    if (!squares) return false;
    const double *centre = given(from, values, "centered") != 0 ? vector_of(state, "grad_avg") : NULL;
    for (int i = 0; i < n; i++) {
        double square = squares[i] - (centre ? centre[i] * centre[i] : 0);
        double p = mean * (sqrt(fmax(0, square) / correction) + eps);
        if (!(p > 0)) return false;
        scale[i] = 1 / sqrt(p);
    }
    return true;
}
