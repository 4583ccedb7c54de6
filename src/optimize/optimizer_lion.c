/* Lion: every parameter moves by the rate, one way or the other. */
#include "optimize/optimizer_class.h"

enum { LR, BETA1, BETA2, WEIGHT_DECAY, COUNT };

static const struct optimizer_parameter parameters[COUNT] = {
    [LR] = PARAMETER_LR(1e-4),
    [BETA1] = {.name = "beta1",
               .initial = 0.9,
               .low = 0,
               .high = BELOW_ONE,
               .slider_low = 0,
               .slider_high = 0.99,
               .help = "β₁: the share of the mean gradient m in the direction"},
    [BETA2] = {.name = "beta2",
               .initial = 0.99,
               .low = 0,
               .high = BELOW_ONE,
               .slider_low = 0.5,
               .slider_high = 0.999,
               .help = "β₂: how much of the mean gradient m is kept"},
    [WEIGHT_DECAY] = PARAMETER_WEIGHT_DECAY(0, "λ: shrinks θ by ηλθ each update"),
};

static void step(struct optimizer *optimizer, double *theta, const double *gradient, double rate) {
    const double *v = optimizer->values;
    double *mean = optimizer_state(optimizer, 0);
    double lr = v[LR] * rate, beta1 = v[BETA1], beta2 = v[BETA2], decay = v[WEIGHT_DECAY];
    for (int i = 0; i < optimizer->n; i++) {
        double g = gradient[i], direction = beta1 * mean[i] + (1 - beta1) * g;
        double sign = (direction > 0) - (direction < 0);
        theta[i] -= lr * (sign + decay * theta[i]);
        mean[i] = beta2 * mean[i] + (1 - beta2) * g;
    }
}

static double sign_of_step(const struct optimizer *optimizer, int i) {
    double beta1 = optimizer->values[BETA1];
    double direction = beta1 * optimizer_before(optimizer, 0, i) + (1 - beta1) * optimizer->insides->gradient[i];
    return (direction > 0) - (direction < 0);
}

static void explain(const struct optimizer *optimizer, int i, struct optimizer_share *share) {
    double lr = optimizer_rate(optimizer);
    share->moves[ROLE_GRADIENT] = -lr * sign_of_step(optimizer, i);
    share->moves[ROLE_DECAY] = -lr * optimizer->values[WEIGHT_DECAY] * optimizer->insides->before[i];
}

static void formula(const struct optimizer *optimizer, int i, struct text *out) {
    double lr = optimizer_rate(optimizer), decay = optimizer->values[WEIGHT_DECAY];
    OPTIMIZER_WRITE(out, "− #·#", lr, sign_of_step(optimizer, i));
    if (decay != 0) OPTIMIZER_WRITE(out, " − #·#·#", lr, decay, optimizer->insides->before[i]);
}

const struct optimizer_class optimizer_lion = {
    .name = "lion",
    .title = "Lion",
    .rule = "θ ← θ − η(sign(β₁m + (1 − β₁)g) + λθ),  m ← β₂m + (1 − β₂)g",
    .source = "Chen et al. 2023, Symbolic discovery of optimization algorithms, algorithm 2",
    .parameters = parameters,
    .parameter_count = COUNT,
    .vectors = {"exp_avg"},
    .vector_count = 1,
    .elementwise = true,
    .step = step,
    .terms = {[ROLE_GRADIENT] = "the mean gradient's sign", [ROLE_DECAY] = "weight decay"},
    .explain = explain,
    .formula = formula,
};
