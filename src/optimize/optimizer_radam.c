/* torch.optim.RAdam: Adam that divides by the root mean square only once that has settled, a warm-up of its own. */
#include "optimize/optimizer_class.h"

#include <math.h>

enum { LR, BETA1, BETA2, EPS, WEIGHT_DECAY, COUNT };
enum { EXP_AVG, EXP_AVG_SQ, VECTORS };

static const struct optimizer_parameter parameters[COUNT] = {
    [LR] = PARAMETER_LR(1e-3),
    [BETA1] = PARAMETER_BETA1(0.9),
    [BETA2] = PARAMETER_BETA2(0.999),
    [EPS] = PARAMETER_EPS(1e-8),
    [WEIGHT_DECAY] = PARAMETER_WEIGHT_DECAY(0, "λ: adds λθ to the gradient, before the moments"),
};

/* r of the paper's algorithm 2, or 0 while the mean square's length ρ is 5 or less: too few squares to trust. */
static double rectification(double beta2, double t) {
    double longest = 2 / (1 - beta2) - 1, power = pow(beta2, t);
    double length = longest - 2 * t * power / (1 - power);
    if (!(length > 5)) return 0;
    return sqrt((length - 4) * (length - 2) * longest / ((longest - 4) * (longest - 2) * length));
}

static void step(struct optimizer *optimizer, double *theta, const double *gradient, double rate) {
    const double *v = optimizer->values;
    double *mean = optimizer_state(optimizer, EXP_AVG), *square = optimizer_state(optimizer, EXP_AVG_SQ);
    double lr = v[LR] * rate, beta1 = v[BETA1], beta2 = v[BETA2], eps = v[EPS], decay = v[WEIGHT_DECAY];
    double t = (double)optimizer->steps, correction1 = 1 - pow(beta1, t), correction2 = sqrt(1 - pow(beta2, t));
    double rectified = rectification(beta2, t);
    for (int i = 0; i < optimizer->n; i++) {
        double g = gradient[i];
        if (decay != 0) g += decay * theta[i];
        mean[i] = mean[i] * beta1 + (1 - beta1) * g;
        square[i] = square[i] * beta2 + (1 - beta2) * g * g;
        double move = mean[i] / correction1 * lr;
        if (rectified > 0) move *= correction2 / (sqrt(square[i]) + eps) * rectified;
        theta[i] += -move;
    }
}

static void explain(const struct optimizer *optimizer, int i, struct optimizer_share *share) {
    const struct optimizer_insides *insides = optimizer->insides;
    const double *v = optimizer->values;
    double t = (double)optimizer->steps, rectified = rectification(v[BETA2], t);
    share->rate = optimizer_rate(optimizer);
    if (rectified > 0)
        share->rate *=
            sqrt(1 - pow(v[BETA2], t)) / (sqrt(optimizer->vectors[EXP_AVG_SQ].values[i]) + v[EPS]) * rectified;
    double unbiased = share->rate / (1 - pow(v[BETA1], t)), fresh = unbiased * (1 - v[BETA1]);
    share->moves[ROLE_GRADIENT] = -fresh * insides->gradient[i];
    share->moves[ROLE_DECAY] = -fresh * v[WEIGHT_DECAY] * insides->before[i];
    share->moves[ROLE_MOMENTUM] = -unbiased * v[BETA1] * optimizer_before(optimizer, EXP_AVG, i);
}

static void formula(const struct optimizer *optimizer, int i, struct text *out) {
    const double *v = optimizer->values;
    double t = (double)optimizer->steps, rectified = rectification(v[BETA2], t);
    OPTIMIZER_WRITE(out, "− #·(#·# + #·", optimizer_rate(optimizer), v[BETA1], optimizer_before(optimizer, EXP_AVG, i),
                    1 - v[BETA1]);
    optimizer_write_gradient(optimizer, i, v[WEIGHT_DECAY], out);
    OPTIMIZER_WRITE(out, ")/#", 1 - pow(v[BETA1], t));
    if (rectified > 0)
        OPTIMIZER_WRITE(out, "·#·√(#)/(√(#) + #)", rectified, 1 - pow(v[BETA2], t),
                        optimizer->vectors[EXP_AVG_SQ].values[i], v[EPS]);
}

const struct optimizer_class optimizer_radam = {
    .name = "radam",
    .title = "RAdam",
    .rule = "θ ← θ − ηr m̂ / √v̂ once ρₜ > 5, till then θ ← θ − ηm̂;  ρₜ = ρ∞ − 2tβ₂ᵗ/(1 − β₂ᵗ),  ρ∞ = 2/(1 − β₂) − 1",
    .source = "Liu et al. 2020, On the variance of the adaptive learning rate and beyond, algorithm 2",
    .parameters = parameters,
    .parameter_count = COUNT,
    .vectors = {"exp_avg", "exp_avg_sq"},
    .vector_count = VECTORS,
    .elementwise = true,
    .step = step,
    .terms = {[ROLE_GRADIENT] = "gradient", [ROLE_MOMENTUM] = "remembered mean", [ROLE_DECAY] = "weight decay"},
    .explain = explain,
    .squares = SQUARES_MEAN,
    .squares_vector = EXP_AVG_SQ,
    .formula = formula,
};
