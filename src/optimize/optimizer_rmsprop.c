/* torch.optim.RMSprop. */
#include "optimize/optimizer_class.h"

#include <math.h>

enum { LR, ALPHA, EPS, WEIGHT_DECAY, MOMENTUM, CENTERED, COUNT };
enum { SQUARE_AVG, GRAD_AVG, MOMENTUM_BUFFER, VECTORS };

static const struct optimizer_parameter parameters[COUNT] = {
    [LR] = PARAMETER_LR(0.01),
    [ALPHA] = {.name = "alpha",
               .initial = 0.99,
               .low = 0,
               .high = 1,
               .slider_low = 0.5,
               .slider_high = 0.999,
               .help = "α: how much of the mean square is kept"},
    [EPS] = PARAMETER_EPS(1e-8),
    [WEIGHT_DECAY] = PARAMETER_WEIGHT_DECAY(0, "λ: adds λθ to the gradient, a pull towards zero"),
    [MOMENTUM] = PARAMETER_MOMENTUM(0),
    [CENTERED] = {.name = "centered",
                  .high = 1,
                  .slider_high = 1,
                  .flag = true,
                  .help = "divide by the standard deviation of the gradient, not its root mean square"},
};

static void step(struct optimizer *optimizer, double *theta, const double *gradient, double rate) {
    const double *v = optimizer->values;
    double *square = optimizer_state(optimizer, SQUARE_AVG), *mean = optimizer_state(optimizer, GRAD_AVG),
           *buffer = optimizer_state(optimizer, MOMENTUM_BUFFER);
    double lr = v[LR] * rate, alpha = v[ALPHA], eps = v[EPS], decay = v[WEIGHT_DECAY], momentum = v[MOMENTUM];
    bool centered = v[CENTERED] != 0;
    for (int i = 0; i < optimizer->n; i++) {
        double g = gradient[i];
        if (decay != 0) g += decay * theta[i];
        square[i] = square[i] * alpha + (1 - alpha) * g * g;
        double variance = square[i];
        if (centered) {
            mean[i] = mean[i] * alpha + (1 - alpha) * g;
            variance -= mean[i] * mean[i];
        }
        double root = sqrt(variance) + eps;
        if (momentum > 0) {
            buffer[i] = buffer[i] * momentum + g / root;
            theta[i] += -lr * buffer[i];
        } else {
            theta[i] += -lr * g / root;
        }
    }
}

static double variance_now(const struct optimizer *optimizer, int i) {
    double mean = optimizer->vectors[GRAD_AVG].values[i], square = optimizer->vectors[SQUARE_AVG].values[i];
    return optimizer->values[CENTERED] != 0 ? square - mean * mean : square;
}

static void explain(const struct optimizer *optimizer, int i, struct optimizer_share *share) {
    const struct optimizer_insides *insides = optimizer->insides;
    const double *v = optimizer->values;
    double lr = optimizer_rate(optimizer);
    share->rate = lr / (sqrt(variance_now(optimizer, i)) + v[EPS]);
    share->moves[ROLE_GRADIENT] = -share->rate * insides->gradient[i];
    share->moves[ROLE_DECAY] = -share->rate * v[WEIGHT_DECAY] * insides->before[i];
    if (v[MOMENTUM] > 0)
        share->moves[ROLE_MOMENTUM] = -lr * v[MOMENTUM] * optimizer_before(optimizer, MOMENTUM_BUFFER, i);
}

static void formula(const struct optimizer *optimizer, int i, struct text *out) {
    const double *v = optimizer->values;
    bool momentum = v[MOMENTUM] > 0;
    OPTIMIZER_WRITE(out, "− #·", optimizer_rate(optimizer));
    if (momentum) OPTIMIZER_WRITE(out, "(#·# + ", v[MOMENTUM], optimizer_before(optimizer, MOMENTUM_BUFFER, i));
    optimizer_write_gradient(optimizer, i, v[WEIGHT_DECAY], out);
    OPTIMIZER_WRITE(out, "/(√(#) + #)", variance_now(optimizer, i), v[EPS]);
    if (momentum) OPTIMIZER_WRITE(out, ")");
}

const struct optimizer_class optimizer_rmsprop = {
    .name = "rmsprop",
    .title = "RMSProp",
    .rule = "v ← αv + (1 − α)g²,  θ ← θ − ηg / (√v + ε)",
    .source = "Tieleman & Hinton 2012, Lecture 6.5; centered: Graves 2013, Generating sequences, eq. 38–45",
    .parameters = parameters,
    .parameter_count = COUNT,
    .vectors = {"square_avg", "grad_avg", "momentum_buffer"},
    .vector_count = VECTORS,
    .elementwise = true,
    .step = step,
    .terms = {[ROLE_GRADIENT] = "gradient", [ROLE_MOMENTUM] = "last movement", [ROLE_DECAY] = "weight decay"},
    .explain = explain,
    .squares = SQUARES_MEAN,
    .squares_vector = SQUARE_AVG,
    .formula = formula,
};
