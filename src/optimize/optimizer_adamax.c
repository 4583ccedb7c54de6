/* torch.optim.Adamax: Adam with the largest gradient, slowly forgotten, in place of the root mean square. */
#include "optimize/optimizer_class.h"

#include <math.h>

enum { LR, BETA1, BETA2, EPS, WEIGHT_DECAY, COUNT };
enum { EXP_AVG, EXP_INF, VECTORS };

static const struct optimizer_parameter parameters[COUNT] = {
    [LR] = PARAMETER_LR(2e-3),
    [BETA1] = PARAMETER_BETA1(0.9),
    [BETA2] = {.name = "beta2",
               .initial = 0.999,
               .low = 0,
               .high = BELOW_ONE,
               .slider_low = 0.5,
               .slider_high = 0.9999,
               .help = "β₂: how much of the largest gradient u is kept"},
    [EPS] = {.name = "eps",
             .initial = 1e-8,
             .low = 0,
             .high = 1e6,
             .slider_low = 1e-12,
             .slider_high = 1e-1,
             .logarithmic = true,
             .help = "ε: added to |g| so that nothing is divided by zero"},
    [WEIGHT_DECAY] = PARAMETER_WEIGHT_DECAY(0, "λ: adds λθ to the gradient, before the moments"),
};

static void step(struct optimizer *optimizer, double *theta, const double *gradient, double rate) {
    const double *v = optimizer->values;
    double *mean = optimizer_state(optimizer, EXP_AVG), *largest = optimizer_state(optimizer, EXP_INF);
    double beta1 = v[BETA1], beta2 = v[BETA2], eps = v[EPS], decay = v[WEIGHT_DECAY];
    double step_size = v[LR] * rate / (1 - pow(beta1, (double)optimizer->steps));
    for (int i = 0; i < optimizer->n; i++) {
        double g = gradient[i];
        if (decay != 0) g += decay * theta[i];
        mean[i] = mean[i] * beta1 + (1 - beta1) * g;
        largest[i] = fmax(largest[i] * beta2, fabs(g) + eps);
        theta[i] += -step_size * mean[i] / largest[i];
    }
}

static void explain(const struct optimizer *optimizer, int i, struct optimizer_share *share) {
    const struct optimizer_insides *insides = optimizer->insides;
    const double *v = optimizer->values;
    share->rate = optimizer_rate(optimizer) / optimizer->vectors[EXP_INF].values[i];
    double unbiased = share->rate / (1 - pow(v[BETA1], (double)optimizer->steps)), fresh = unbiased * (1 - v[BETA1]);
    share->moves[ROLE_GRADIENT] = -fresh * insides->gradient[i];
    share->moves[ROLE_DECAY] = -fresh * v[WEIGHT_DECAY] * insides->before[i];
    share->moves[ROLE_MOMENTUM] = -unbiased * v[BETA1] * optimizer_before(optimizer, EXP_AVG, i);
}

static void formula(const struct optimizer *optimizer, int i, struct text *out) {
    const double *v = optimizer->values;
    OPTIMIZER_WRITE(out, "− #·(#·# + #·", optimizer_rate(optimizer), v[BETA1], optimizer_before(optimizer, EXP_AVG, i),
                    1 - v[BETA1]);
    optimizer_write_gradient(optimizer, i, v[WEIGHT_DECAY], out);
    OPTIMIZER_WRITE(out, ")/#/#", 1 - pow(v[BETA1], (double)optimizer->steps), optimizer->vectors[EXP_INF].values[i]);
}

const struct optimizer_class optimizer_adamax = {
    .name = "adamax",
    .title = "AdaMax",
    .rule = "m ← β₁m + (1 − β₁)g,  u ← max(β₂u, |g| + ε),  θ ← θ − ηm̂ / u,  m̂ = m/(1 − β₁ᵗ)",
    .source = "Kingma & Ba 2015, Adam, algorithm 2",
    .parameters = parameters,
    .parameter_count = COUNT,
    .vectors = {"exp_avg", "exp_inf"},
    .vector_count = VECTORS,
    .elementwise = true,
    .step = step,
    .terms = {[ROLE_GRADIENT] = "gradient", [ROLE_MOMENTUM] = "remembered mean", [ROLE_DECAY] = "weight decay"},
    .explain = explain,
    .formula = formula,
};
