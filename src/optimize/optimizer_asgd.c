/* torch.optim.ASGD: gradient descent with a falling rate, and beside it the mean of the points it went through. */
#include "optimize/optimizer_class.h"

#include <math.h>

enum { LR, LAMBD, ALPHA, T0, WEIGHT_DECAY, COUNT };
enum { ETA, MU };

static const struct optimizer_parameter parameters[COUNT] = {
    [LR] = PARAMETER_LR(0.01),
    [LAMBD] = {.name = "lambd",
               .initial = 1e-4,
               .low = 0,
               .high = 1e6,
               .slider_low = 0,
               .slider_high = 0.1,
               .help = "λ: shrinks θ by ηₜλθ each update, and makes ηₜ fall"},
    [ALPHA] = {.name = "alpha",
               .initial = 0.75,
               .low = 0,
               .high = 10,
               .slider_low = 0.5,
               .slider_high = 1,
               .help = "α: the power with which the rate ηₜ falls"},
    [T0] = {.name = "t0",
            .initial = 1e6,
            .low = 0,
            .high = 1e12,
            .slider_low = 0,
            .slider_high = 1000,
            .help = "t₀: the mean begins after so many updates"},
    [WEIGHT_DECAY] = PARAMETER_WEIGHT_DECAY(0, "adds so much of θ to the gradient, a pull towards zero"),
};

/* As PyTorch: an update goes by the rate that the update before left, so a schedule's factor acts one update later. */
static void step(struct optimizer *optimizer, double *theta, const double *gradient, double rate) {
    const double *v = optimizer->values;
    double *mean = optimizer_state(optimizer, 0);
    double *scalars = optimizer->scalars;
    double lr = v[LR] * rate, lambd = v[LAMBD], decay = v[WEIGHT_DECAY], t = (double)optimizer->steps;
    if (!optimizer->buffered) scalars[ETA] = lr, scalars[MU] = 1;
    optimizer->buffered = true;
    double eta = scalars[ETA], mu = scalars[MU], shrink = 1 - lambd * eta;
    for (int i = 0; i < optimizer->n; i++) {
        double g = gradient[i];
        if (decay != 0) g += decay * theta[i];
        theta[i] = theta[i] * shrink + -eta * g;
        mean[i] = mu == 1 ? theta[i] : mean[i] + (theta[i] - mean[i]) * mu;
    }
    scalars[ETA] = lr / pow(1 + lambd * lr * t, v[ALPHA]);
    scalars[MU] = 1 / fmax(1, t - v[T0]);
}

static double eta_of_step(const struct optimizer *optimizer) {
    return optimizer->steps == 1 ? optimizer_rate(optimizer) : optimizer->insides->scalars[ETA];
}

static void explain(const struct optimizer *optimizer, int i, struct optimizer_share *share) {
    const struct optimizer_insides *insides = optimizer->insides;
    double eta = eta_of_step(optimizer);
    share->moves[ROLE_GRADIENT] = -eta * insides->gradient[i];
    share->moves[ROLE_DECAY] = -eta * (optimizer->values[LAMBD] + optimizer->values[WEIGHT_DECAY]) * insides->before[i];
}

static void formula(const struct optimizer *optimizer, int i, struct text *out) {
    OPTIMIZER_WRITE(out, "− #·(# + #·#)", eta_of_step(optimizer), optimizer->insides->gradient[i],
                    optimizer->values[LAMBD] + optimizer->values[WEIGHT_DECAY], optimizer->insides->before[i]);
}

const struct optimizer_class optimizer_asgd = {
    .name = "asgd",
    .title = "ASGD",
    .rule = "θ ← (1 − ληₜ)θ − ηₜg,  ηₜ = η/(1 + ληt)^α;  beside it ax, the mean of θ since t₀",
    .source = "Polyak & Juditsky 1992, Acceleration of stochastic approximation by averaging",
    .parameters = parameters,
    .parameter_count = COUNT,
    .vectors = {"ax"},
    .vector_count = 1,
    .elementwise = true,
    .step = step,
    .terms = {[ROLE_GRADIENT] = "gradient", [ROLE_DECAY] = "weight decay"},
    .explain = explain,
    .formula = formula,
};
