/* torch.optim.Adagrad. */
#include "optimize/optimizer_class.h"

#include <math.h>

enum { LR, LR_DECAY, WEIGHT_DECAY, INITIAL_ACCUMULATOR, EPS, COUNT };

static const struct optimizer_parameter parameters[COUNT] = {
    [LR] = PARAMETER_LR(0.01),
    [LR_DECAY] = {.name = "lr_decay",
                  .initial = 0,
                  .low = 0,
                  .high = 1e6,
                  .slider_low = 0,
                  .slider_high = 0.1,
                  .help = "δ: the rate at update t is η / (1 + (t − 1)δ)"},
    [WEIGHT_DECAY] = PARAMETER_WEIGHT_DECAY(0, "λ: adds λθ to the gradient, a pull towards zero"),
    [INITIAL_ACCUMULATOR] = {.name = "initial_accumulator_value",
                             .initial = 0,
                             .low = 0,
                             .high = 1e6,
                             .slider_low = 0,
                             .slider_high = 1,
                             .help = "what the sum s of squares starts from"},
    [EPS] = PARAMETER_EPS(1e-10),
};

static void reset(struct optimizer *optimizer) {
    double *sum = optimizer_state(optimizer, 0);
    for (int i = 0; i < optimizer->n; i++) sum[i] = optimizer->values[INITIAL_ACCUMULATOR];
}

static void step(struct optimizer *optimizer, double *theta, const double *gradient, double rate) {
    const double *v = optimizer->values;
    double *sum = optimizer_state(optimizer, 0);
    double lr = v[LR] * rate / (1 + (double)(optimizer->steps - 1) * v[LR_DECAY]);
    double decay = v[WEIGHT_DECAY], eps = v[EPS];
    for (int i = 0; i < optimizer->n; i++) {
        double g = gradient[i];
        if (decay != 0) g += decay * theta[i];
        sum[i] += g * g;
        theta[i] += -lr * g / (sqrt(sum[i]) + eps);
    }
}

static double rate_now(const struct optimizer *optimizer) {
    return optimizer_rate(optimizer) / (1 + (double)(optimizer->steps - 1) * optimizer->values[LR_DECAY]);
}

static void explain(const struct optimizer *optimizer, int i, struct optimizer_share *share) {
    const struct optimizer_insides *insides = optimizer->insides;
    share->rate = rate_now(optimizer) / (sqrt(optimizer->vectors[0].values[i]) + optimizer->values[EPS]);
    share->moves[ROLE_GRADIENT] = -share->rate * insides->gradient[i];
    share->moves[ROLE_DECAY] = -share->rate * optimizer->values[WEIGHT_DECAY] * insides->before[i];
}

static void formula(const struct optimizer *optimizer, int i, struct text *out) {
    OPTIMIZER_WRITE(out, "− #·", rate_now(optimizer));
    optimizer_write_gradient(optimizer, i, optimizer->values[WEIGHT_DECAY], out);
    OPTIMIZER_WRITE(out, "/(√(#) + #)", optimizer->vectors[0].values[i], optimizer->values[EPS]);
}

const struct optimizer_class optimizer_adagrad = {
    .name = "adagrad",
    .title = "Adagrad",
    .rule = "s ← s + g²,  θ ← θ − ηg / (√s + ε)",
    .source = "Duchi, Hazan & Singer 2011, Adaptive subgradient methods for online learning",
    .parameters = parameters,
    .parameter_count = COUNT,
    .vectors = {"sum"},
    .vector_count = 1,
    .reset = reset,
    .elementwise = true,
    .step = step,
    .terms = {[ROLE_GRADIENT] = "gradient", [ROLE_DECAY] = "weight decay"},
    .explain = explain,
    .squares = SQUARES_SUM,
    .squares_vector = 0,
    .formula = formula,
};
