/* Sharpness-aware minimization: SGD with the gradient at the worst of the near neighbours. */
#include "base/linalg.h"
#include "optimize/optimizer_class.h"

#include <math.h>

enum { LR, RHO, MOMENTUM, WEIGHT_DECAY, ADAPTIVE, ETA, COUNT };
enum { MOMENTUM_BUFFER, PERTURBATION, NEIGHBOUR_GRADIENT, VECTORS };

static const struct optimizer_parameter parameters[COUNT] = {
    [LR] = PARAMETER_LR(0.01),
    [RHO] = {.name = "rho",
             .initial = 0.05,
             .low = 0,
             .high = 1e6,
             .slider_low = 1e-3,
             .slider_high = 1,
             .logarithmic = true,
             .help = "ρ: how far away the worst neighbour is"},
    [MOMENTUM] = PARAMETER_MOMENTUM(0),
    [WEIGHT_DECAY] = PARAMETER_WEIGHT_DECAY(0, "λ: adds λθ to the gradient, a pull towards zero"),
    [ADAPTIVE] = PARAMETER_FLAG("adaptive", 0, "measure ρ in shares of each parameter's own size (ASAM)"),
    [ETA] = {.name = "eta",
             .initial = 0.01,
             .low = 0,
             .high = 1e6,
             .slider_low = 0,
             .slider_high = 1,
             .help = "added to |θ| in ASAM, so that a parameter at 0 has a neighbour too"},
};

static size_t scratch(const struct optimizer *optimizer) {
    return (size_t)optimizer->n;
}

/* ε = ρ T²g / ‖Tg‖ with T = 1, or |θ| + η: the paper's eq. 2 for the 2-norm, and ASAM's eq. 8. */
static void find_neighbour(struct optimizer *optimizer, const double *theta, const double *gradient) {
    const double *v = optimizer->values;
    double *ahead = optimizer_state(optimizer, PERTURBATION), *point = optimizer->scratch;
    bool adaptive = v[ADAPTIVE] != 0;
    for (int i = 0; i < optimizer->n; i++) ahead[i] = gradient[i] * (adaptive ? fabs(theta[i]) + v[ETA] : 1);
    double length = linalg_norm(optimizer->n, ahead), scale = length > 0 ? v[RHO] / length : 0;
    for (int i = 0; i < optimizer->n; i++) {
        ahead[i] *= scale * (adaptive ? fabs(theta[i]) + v[ETA] : 1);
        point[i] = theta[i] + ahead[i];
    }
}

static void step_on(struct optimizer *optimizer, const struct optimizer_problem *problem, double *theta,
                    const double *gradient, double rate) {
    const double *v = optimizer->values;
    double *buffer = optimizer_state(optimizer, MOMENTUM_BUFFER),
           *slope = optimizer_state(optimizer, NEIGHBOUR_GRADIENT);
    double lr = v[LR] * rate, momentum = v[MOMENTUM], decay = v[WEIGHT_DECAY];
    find_neighbour(optimizer, theta, gradient);
    optimizer_look(optimizer, problem, optimizer->scratch, slope);
    for (int i = 0; i < optimizer->n; i++) {
        optimizer_note(optimizer, ROLE_GRADIENT, i, -lr * slope[i]);
        optimizer_note(optimizer, ROLE_DECAY, i, -lr * decay * theta[i]);
        optimizer_note(optimizer, ROLE_MOMENTUM, i, -lr * momentum * buffer[i]);
        buffer[i] = momentum * buffer[i] + (slope[i] + decay * theta[i]);
        theta[i] -= lr * buffer[i];
    }
}

static void formula(const struct optimizer *optimizer, int i, struct text *out) {
    const double *v = optimizer->values;
    const struct optimizer_insides *insides = optimizer->insides;
    OPTIMIZER_WRITE(out, "− #·(#", optimizer_rate(optimizer), optimizer->vectors[NEIGHBOUR_GRADIENT].values[i]);
    if (v[WEIGHT_DECAY] != 0) OPTIMIZER_WRITE(out, " + #·#", v[WEIGHT_DECAY], insides->before[i]);
    if (v[MOMENTUM] != 0) OPTIMIZER_WRITE(out, " + #·#", v[MOMENTUM], optimizer_before(optimizer, MOMENTUM_BUFFER, i));
    OPTIMIZER_WRITE(out, ")");
}

const struct optimizer_class optimizer_sam = {
    .name = "sam",
    .title = "SAM",
    .rule = "ε = ρg/‖g‖,  b ← μb + ∇L(θ + ε),  θ ← θ − ηb",
    .source = "Foret et al. 2021, Sharpness-aware minimization, algorithm 1; adaptive: Kwon et al. 2021, ASAM",
    .parameters = parameters,
    .parameter_count = COUNT,
    .vectors = {"momentum_buffer", "perturbation", "neighbour_gradient"},
    .vector_count = VECTORS,
    .scratch = scratch,
    .step_on = step_on,
    .terms = {[ROLE_GRADIENT] = "gradient at the worst neighbour",
              [ROLE_MOMENTUM] = "last movement",
              [ROLE_DECAY] = "weight decay"},
    .formula = formula,
};
