/* torch.optim.Adam and AdamW: the same moments; they differ in where the weight decay enters. */
#include "optimize/optimizer_class.h"

#include <math.h>

enum { LR, BETA1, BETA2, EPS, WEIGHT_DECAY, AMSGRAD, COUNT };
enum { EXP_AVG, EXP_AVG_SQ, MAX_EXP_AVG_SQ, VECTORS };

#define PARAMETERS(decay, decay_help)                                                                                  \
    {                                                                                                                  \
        [LR] = PARAMETER_LR(1e-3), [BETA1] = PARAMETER_BETA1(0.9), [BETA2] = PARAMETER_BETA2(0.999),                   \
        [EPS] = PARAMETER_EPS(1e-8), [WEIGHT_DECAY] = PARAMETER_WEIGHT_DECAY(decay, decay_help),                       \
        [AMSGRAD] = PARAMETER_FLAG("amsgrad", 0, "divide by the largest v so far, so that steps cannot grow again"),   \
    }

static const struct optimizer_parameter adam_parameters[COUNT] =
    PARAMETERS(0, "λ: adds λθ to the gradient, before the moments");
static const struct optimizer_parameter adamw_parameters[COUNT] =
    PARAMETERS(0.01, "λ: shrinks θ by ηλθ each update, apart from the moments");

/* Divisions and their order are those of PyTorch's single-tensor form, so that rounding agrees with it. */
static void descend(struct optimizer *optimizer, double *theta, const double *gradient, double rate, bool decoupled) {
    const double *v = optimizer->values;
    double *mean = optimizer_state(optimizer, EXP_AVG), *square = optimizer_state(optimizer, EXP_AVG_SQ),
           *largest = optimizer_state(optimizer, MAX_EXP_AVG_SQ);
    double lr = v[LR] * rate, beta1 = v[BETA1], beta2 = v[BETA2], eps = v[EPS], decay = v[WEIGHT_DECAY];
    bool amsgrad = v[AMSGRAD] != 0;
    double step_size = lr / (1 - pow(beta1, (double)optimizer->steps));
    double correction2 = sqrt(1 - pow(beta2, (double)optimizer->steps));
    double shrink = 1 - lr * decay;
    for (int i = 0; i < optimizer->n; i++) {
        double g = gradient[i];
        if (decoupled)
            theta[i] *= shrink;
        else if (decay != 0)
            g += decay * theta[i];
        mean[i] = mean[i] * beta1 + (1 - beta1) * g;
        square[i] = square[i] * beta2 + (1 - beta2) * g * g;
        double second = square[i];
        if (amsgrad) second = largest[i] = fmax(largest[i], square[i]);
        double root = sqrt(second) / correction2 + eps;
        theta[i] += -step_size * mean[i] / root;
    }
}

/* √v̂ + ε as the last step had it. */
static double divisor(const struct optimizer *optimizer, int i) {
    const double *v = optimizer->values;
    double second = optimizer->vectors[v[AMSGRAD] != 0 ? MAX_EXP_AVG_SQ : EXP_AVG_SQ].values[i];
    return sqrt(second) / sqrt(1 - pow(v[BETA2], (double)optimizer->steps)) + v[EPS];
}

static void explain_descent(const struct optimizer *optimizer, int i, bool decoupled, struct optimizer_share *share) {
    const struct optimizer_insides *insides = optimizer->insides;
    const double *v = optimizer->values;
    double lr = optimizer_rate(optimizer), theta = insides->before[i];
    share->rate = lr / divisor(optimizer, i);
    double unbiased = share->rate / (1 - pow(v[BETA1], (double)optimizer->steps)), fresh = unbiased * (1 - v[BETA1]);
    share->moves[ROLE_GRADIENT] = -fresh * insides->gradient[i];
    share->moves[ROLE_MOMENTUM] = -unbiased * v[BETA1] * optimizer_before(optimizer, EXP_AVG, i);
    share->moves[ROLE_DECAY] = -(decoupled ? lr : fresh) * v[WEIGHT_DECAY] * theta;
}

static void write_descent(const struct optimizer *optimizer, int i, bool decoupled, struct text *out) {
    const double *v = optimizer->values;
    double lr = optimizer_rate(optimizer), t = (double)optimizer->steps;
    double second = optimizer->vectors[v[AMSGRAD] != 0 ? MAX_EXP_AVG_SQ : EXP_AVG_SQ].values[i];
    if (decoupled) OPTIMIZER_WRITE(out, "− #·#·# ", lr, v[WEIGHT_DECAY], optimizer->insides->before[i]);
    OPTIMIZER_WRITE(out, "− #·(#·# + #·", lr, v[BETA1], optimizer_before(optimizer, EXP_AVG, i), 1 - v[BETA1]);
    optimizer_write_gradient(optimizer, i, decoupled ? 0 : v[WEIGHT_DECAY], out);
    OPTIMIZER_WRITE(out, ")/#/(√(#/#) + #)", 1 - pow(v[BETA1], t), second, 1 - pow(v[BETA2], t), v[EPS]);
}

static void adam_explain(const struct optimizer *optimizer, int i, struct optimizer_share *share) {
    explain_descent(optimizer, i, false, share);
}

static void adamw_explain(const struct optimizer *optimizer, int i, struct optimizer_share *share) {
    explain_descent(optimizer, i, true, share);
}

static void adam_formula(const struct optimizer *optimizer, int i, struct text *out) {
    write_descent(optimizer, i, false, out);
}

static void adamw_formula(const struct optimizer *optimizer, int i, struct text *out) {
    write_descent(optimizer, i, true, out);
}

static void adam_step(struct optimizer *optimizer, double *theta, const double *gradient, double rate) {
    descend(optimizer, theta, gradient, rate, false);
}

static void adamw_step(struct optimizer *optimizer, double *theta, const double *gradient, double rate) {
    descend(optimizer, theta, gradient, rate, true);
}

const struct optimizer_class optimizer_adam = {
    .name = "adam",
    .title = "Adam",
    .rule = "m ← β₁m + (1 − β₁)g,  v ← β₂v + (1 − β₂)g²,  θ ← θ − ηm̂ / (√v̂ + ε),  m̂ = m/(1 − β₁ᵗ),  v̂ = v/(1 − β₂ᵗ)",
    .source = "Kingma & Ba 2015, Adam, algorithm 1; amsgrad: Reddi, Kale & Kumar 2018",
    .parameters = adam_parameters,
    .parameter_count = COUNT,
    .vectors = {"exp_avg", "exp_avg_sq", "max_exp_avg_sq"},
    .vector_count = VECTORS,
    .elementwise = true,
    .step = adam_step,
    .terms = {[ROLE_GRADIENT] = "gradient", [ROLE_MOMENTUM] = "remembered mean", [ROLE_DECAY] = "weight decay"},
    .explain = adam_explain,
    .squares = SQUARES_MEAN,
    .squares_vector = EXP_AVG_SQ,
    .formula = adam_formula,
};

const struct optimizer_class optimizer_adamw = {
    .name = "adamw",
    .title = "AdamW",
    .rule = "θ ← (1 − ηλ)θ,  m ← β₁m + (1 − β₁)g,  v ← β₂v + (1 − β₂)g²,  θ ← θ − ηm̂ / (√v̂ + ε)",
    .source = "Loshchilov & Hutter 2019, Decoupled weight decay regularization, algorithm 2",
    .parameters = adamw_parameters,
    .parameter_count = COUNT,
    .vectors = {"exp_avg", "exp_avg_sq", "max_exp_avg_sq"},
    .vector_count = VECTORS,
    .elementwise = true,
    .step = adamw_step,
    .terms = {[ROLE_GRADIENT] = "gradient", [ROLE_MOMENTUM] = "remembered mean", [ROLE_DECAY] = "weight decay"},
    .explain = adamw_explain,
    .squares = SQUARES_MEAN,
    .squares_vector = EXP_AVG_SQ,
    .formula = adamw_formula,
};
