/* torch.optim.NAdam, in the form of its foreach implementation and of every version from 2.0 on; the single-tensor form
 * of 1.x multiplied one factor too many into the product for the next step. */
#include "optimize/optimizer_class.h"

#include <math.h>

enum { LR, BETA1, BETA2, EPS, WEIGHT_DECAY, MOMENTUM_DECAY, COUNT };
enum { EXP_AVG, EXP_AVG_SQ, VECTORS };
enum { MU_PRODUCT };

static const struct optimizer_parameter parameters[COUNT] = {
    [LR] = PARAMETER_LR(2e-3),
    [BETA1] = PARAMETER_BETA1(0.9),
    [BETA2] = PARAMETER_BETA2(0.999),
    [EPS] = PARAMETER_EPS(1e-8),
    [WEIGHT_DECAY] = PARAMETER_WEIGHT_DECAY(0, "λ: adds λθ to the gradient, before the moments"),
    [MOMENTUM_DECAY] = {.name = "momentum_decay",
                        .initial = 4e-3,
                        .low = 0,
                        .high = 1e6,
                        .slider_low = 0,
                        .slider_high = 0.1,
                        .help = "ψ: how fast the momentum warms up from β₁/2 to β₁"},
};

static void reset(struct optimizer *optimizer) {
    optimizer->scalars[MU_PRODUCT] = 1;
}

static double momentum_at(const double *values, double step) {
    return values[BETA1] * (1 - 0.5 * pow(0.96, step * values[MOMENTUM_DECAY]));
}

static void step(struct optimizer *optimizer, double *theta, const double *gradient, double rate) {
    const double *v = optimizer->values;
    double *mean = optimizer_state(optimizer, EXP_AVG), *square = optimizer_state(optimizer, EXP_AVG_SQ);
    double lr = v[LR] * rate, beta1 = v[BETA1], beta2 = v[BETA2], eps = v[EPS], decay = v[WEIGHT_DECAY];
    double t = (double)optimizer->steps, mu = momentum_at(v, t), mu_next = momentum_at(v, t + 1);
    double product = optimizer->scalars[MU_PRODUCT] *= mu;
    double correction2 = sqrt(1 - pow(beta2, t));
    double of_gradient = -lr * (1 - mu) / (1 - product), of_mean = -lr * mu_next / (1 - product * mu_next);
    for (int i = 0; i < optimizer->n; i++) {
        double g = gradient[i];
        if (decay != 0) g += decay * theta[i];
        mean[i] = mean[i] * beta1 + (1 - beta1) * g;
        square[i] = square[i] * beta2 + (1 - beta2) * g * g;
        double root = sqrt(square[i]) / correction2 + eps;
        theta[i] += of_gradient * g / root;
        theta[i] += of_mean * mean[i] / root;
    }
}

/* What multiplies the gradient and the mean of them, over the root. */
static void factors(const struct optimizer *optimizer, double *of_gradient, double *of_mean) {
    double t = (double)optimizer->steps, mu_next = momentum_at(optimizer->values, t + 1);
    double product = optimizer->scalars[MU_PRODUCT];
    *of_gradient = (1 - momentum_at(optimizer->values, t)) / (1 - product);
    *of_mean = mu_next / (1 - product * mu_next);
}

static void explain(const struct optimizer *optimizer, int i, struct optimizer_share *share) {
    const struct optimizer_insides *insides = optimizer->insides;
    const double *v = optimizer->values;
    double of_gradient, of_mean;
    factors(optimizer, &of_gradient, &of_mean);
    double correction2 = sqrt(1 - pow(v[BETA2], (double)optimizer->steps));
    share->rate = optimizer_rate(optimizer) / (sqrt(optimizer->vectors[EXP_AVG_SQ].values[i]) / correction2 + v[EPS]);
    double fresh = share->rate * (of_gradient + of_mean * (1 - v[BETA1]));
    share->moves[ROLE_GRADIENT] = -fresh * insides->gradient[i];
    share->moves[ROLE_DECAY] = -fresh * v[WEIGHT_DECAY] * insides->before[i];
    share->moves[ROLE_MOMENTUM] = -share->rate * of_mean * v[BETA1] * optimizer_before(optimizer, EXP_AVG, i);
}

static void formula(const struct optimizer *optimizer, int i, struct text *out) {
    const double *v = optimizer->values;
    double of_gradient, of_mean;
    factors(optimizer, &of_gradient, &of_mean);
    OPTIMIZER_WRITE(out, "− #·(#·# + #·", optimizer_rate(optimizer), of_mean, optimizer->vectors[EXP_AVG].values[i],
                    of_gradient);
    optimizer_write_gradient(optimizer, i, v[WEIGHT_DECAY], out);
    OPTIMIZER_WRITE(out, ")/(√(#/#) + #)", optimizer->vectors[EXP_AVG_SQ].values[i],
                    1 - pow(v[BETA2], (double)optimizer->steps), v[EPS]);
}

const struct optimizer_class optimizer_nadam = {
    .name = "nadam",
    .title = "NAdam",
    .rule = "θ ← θ − η(μₜ₊₁m/(1 − ∏ᵗ⁺¹μ) + (1 − μₜ)g/(1 − ∏ᵗμ)) / (√v̂ + ε),  μₜ = β₁(1 − ½·0.96^{tψ})",
    .source = "Dozat 2016, Incorporating Nesterov momentum into Adam",
    .parameters = parameters,
    .parameter_count = COUNT,
    .vectors = {"exp_avg", "exp_avg_sq"},
    .vector_count = VECTORS,
    .reset = reset,
    .elementwise = true,
    .step = step,
    .terms = {[ROLE_GRADIENT] = "gradient", [ROLE_MOMENTUM] = "remembered mean", [ROLE_DECAY] = "weight decay"},
    .explain = explain,
    .squares = SQUARES_MEAN,
    .squares_vector = EXP_AVG_SQ,
    .formula = formula,
};
