#include "study/sharpness_bound.h"

#include <math.h>
#include <string.h>

static double given(const struct experiment_optimizer *from, const double *values, const char *name) {
    int index = optimizer_class_parameter_index(from->class, name);
    return index >= 0 ? values[index] : 0;
}

static double value_of(const struct optimizer *optimizer, const struct experiment_optimizer *from, const char *name) {
    int index = optimizer_class_parameter_index(from->class, name);
    return index >= 0 ? optimizer_value(optimizer, index) : 0;
}

static const double *vector_of(const struct optimizer *optimizer, const char *name) {
    const struct optimizer_vector *vectors;
    size_t count = optimizer_vectors(optimizer, &vectors);
    for (size_t i = 0; i < count; i++)
        if (strcmp(vectors[i].name, name) == 0) return vectors[i].values;
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
static const double *find_squares(const struct optimizer *optimizer, const struct experiment_optimizer *from,
                                  int64_t steps, double *correction, double *mean) {
    const double *squares = NULL;
    *correction = *mean = 1;
    if (value_of(optimizer, from, "amsgrad") != 0) squares = vector_of(optimizer, "max_exp_avg_sq");
    if (!squares) squares = vector_of(optimizer, "exp_avg_sq");
    if (squares) {
        *correction = 1 - pow(value_of(optimizer, from, "beta2"), (double)steps);
        *mean = 1 - pow(value_of(optimizer, from, "beta1"), (double)steps);
        return squares;
    }
    squares = vector_of(optimizer, "square_avg");
    return squares ? squares : vector_of(optimizer, "sum");
}

bool sharpness_scale(const struct optimizer *optimizer, const struct experiment_optimizer *from, int64_t steps, int n,
                     double *scale) {
    /* Those whose step is no division by a root of squares alone: a rectified, trusted or orthogonalised one. */
    static const char *const others[] = {"radam", "lamb", "muon", "adadelta"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (strcmp(optimizer_class_name(from->class), others[i]) == 0) return false;
    double correction, mean, eps = value_of(optimizer, from, "eps");
    const double *squares = steps > 0 ? find_squares(optimizer, from, steps, &correction, &mean) : NULL;
    if (!squares) return false;
    const double *centre = value_of(optimizer, from, "centered") != 0 ? vector_of(optimizer, "grad_avg") : NULL;
    for (int i = 0; i < n; i++) {
        double square = squares[i] - (centre ? centre[i] * centre[i] : 0);
        double p = mean * (sqrt(fmax(0, square) / correction) + eps);
        if (!(p > 0)) return false;
        scale[i] = 1 / sqrt(p);
    }
    return true;
}
