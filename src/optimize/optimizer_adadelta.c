/* torch.optim.Adadelta. */
#include "optimize/optimizer_class.h"

#include <math.h>

enum { LR, RHO, EPS, WEIGHT_DECAY, COUNT };
enum { SQUARE_AVG, ACC_DELTA, VECTORS };

static const struct optimizer_parameter parameters[COUNT] = {
    [LR] = PARAMETER_LR(1),
    [RHO] = {.name = "rho",
             .initial = 0.9,
             .low = 0,
             .high = 1,
             .slider_low = 0.5,
             .slider_high = 0.999,
             .help = "ρ: how much of the mean squares, of gradients and of moves, is kept"},
    [EPS] = PARAMETER_EPS(1e-6),
    [WEIGHT_DECAY] = PARAMETER_WEIGHT_DECAY(0, "λ: adds λθ to the gradient, a pull towards zero"),
};

static void step(struct optimizer *optimizer, double *theta, const double *gradient, double rate) {
    const double *v = optimizer->values;
    double *square = optimizer_state(optimizer, SQUARE_AVG), *moved = optimizer_state(optimizer, ACC_DELTA);
    double lr = v[LR] * rate, rho = v[RHO], eps = v[EPS], decay = v[WEIGHT_DECAY];
    for (int i = 0; i < optimizer->n; i++) {
        double g = gradient[i];
        if (decay != 0) g += decay * theta[i];
        square[i] = square[i] * rho + (1 - rho) * g * g;
        double delta = sqrt(moved[i] + eps) / sqrt(square[i] + eps) * g;
        moved[i] = moved[i] * rho + (1 - rho) * delta * delta;
        theta[i] += -lr * delta;
    }
}

static void explain(const struct optimizer *optimizer, int i, struct optimizer_share *share) {
    const struct optimizer_insides *insides = optimizer->insides;
    double eps = optimizer->values[EPS], moved = optimizer_before(optimizer, ACC_DELTA, i);
    share->rate = optimizer_rate(optimizer) * sqrt(moved + eps) / sqrt(optimizer->vectors[SQUARE_AVG].values[i] + eps);
    share->moves[ROLE_GRADIENT] = -share->rate * insides->gradient[i];
    share->moves[ROLE_DECAY] = -share->rate * optimizer->values[WEIGHT_DECAY] * insides->before[i];
}

static void formula(const struct optimizer *optimizer, int i, struct text *out) {
    double eps = optimizer->values[EPS];
    OPTIMIZER_WRITE(out, "− #·√(# + #)/√(# + #)·", optimizer_rate(optimizer), optimizer_before(optimizer, ACC_DELTA, i),
                    eps, optimizer->vectors[SQUARE_AVG].values[i], eps);
    optimizer_write_gradient(optimizer, i, optimizer->values[WEIGHT_DECAY], out);
}

const struct optimizer_class optimizer_adadelta = {
    .name = "adadelta",
    .title = "Adadelta",
    .rule = "v ← ρv + (1 − ρ)g²,  Δ = √(u + ε) / √(v + ε) · g,  u ← ρu + (1 − ρ)Δ²,  θ ← θ − ηΔ",
    .source = "Zeiler 2012, ADADELTA, algorithm 1",
    .parameters = parameters,
    .parameter_count = COUNT,
    .vectors = {"square_avg", "acc_delta"},
    .vector_count = VECTORS,
    .elementwise = true,
    .step = step,
    .terms = {[ROLE_GRADIENT] = "gradient", [ROLE_DECAY] = "weight decay"},
    .explain = explain,
    .squares = SQUARES_MEAN,
    .squares_vector = SQUARE_AVG,
    .formula = formula,
};
