/* torch.optim.Rprop: each parameter has a step of its own that grows while the gradient keeps its sign. */
#include "optimize/optimizer_class.h"

#include <math.h>

enum { LR, ETAMINUS, ETAPLUS, STEP_SIZE_MIN, STEP_SIZE_MAX, COUNT };
enum { PREV, STEP_SIZE, VECTORS };

static const struct optimizer_parameter parameters[COUNT] = {
    [LR] = {.name = "lr",
            .initial = 0.01,
            .low = 0,
            .high = 1e6,
            .slider_low = 1e-5,
            .slider_high = 1,
            .logarithmic = true,
            .help = "η: the step every parameter starts with"},
    [ETAMINUS] = {.name = "etaminus",
                  .initial = 0.5,
                  .low = 1e-6,
                  .high = BELOW_ONE,
                  .slider_low = 0.1,
                  .slider_high = 0.95,
                  .help = "η⁻: the step times this where the gradient changes sign"},
    [ETAPLUS] = {.name = "etaplus",
                 .initial = 1.2,
                 .low = 1,
                 .high = 1e6,
                 .slider_low = 1.01,
                 .slider_high = 2,
                 .help = "η⁺: the step times this where it keeps its sign"},
    [STEP_SIZE_MIN] = {.name = "step_size_min",
                       .initial = 1e-6,
                       .low = 0,
                       .high = 1e6,
                       .slider_low = 1e-9,
                       .slider_high = 1e-2,
                       .logarithmic = true,
                       .help = "no step is shorter"},
    [STEP_SIZE_MAX] = {.name = "step_size_max",
                       .initial = 50,
                       .low = 0,
                       .high = 1e6,
                       .slider_low = 1e-2,
                       .slider_high = 100,
                       .logarithmic = true,
                       .help = "no step is longer"},
};

static bool check(const double *values, struct error *error) {
    if (!(values[ETAPLUS] > 1))
        return error_set(error, ERROR_INPUT, "etaplus of rprop is %g; it must be above 1", values[ETAPLUS]);
    if (values[STEP_SIZE_MIN] <= values[STEP_SIZE_MAX]) return true;
    return error_set(error, ERROR_INPUT, "step_size_min of rprop must be at most step_size_max; they are %g and %g",
                     values[STEP_SIZE_MIN], values[STEP_SIZE_MAX]);
}

static void step(struct optimizer *optimizer, double *theta, const double *gradient, double rate) {
    const double *v = optimizer->values;
    double *before = optimizer_state(optimizer, PREV), *size = optimizer_state(optimizer, STEP_SIZE);
    for (int i = 0; i < optimizer->n; i++) {
        double g = gradient[i], agreement = g * before[i];
        if (!optimizer->buffered) size[i] = v[LR] * rate;
        double factor = agreement > 0 ? v[ETAPLUS] : agreement < 0 ? v[ETAMINUS] : 1;
        size[i] = fmin(fmax(size[i] * factor, v[STEP_SIZE_MIN]), v[STEP_SIZE_MAX]);
        if (agreement < 0) g = 0; /* it went too far: stay, and do not shrink again next time */
        theta[i] -= (g > 0) * size[i] - (g < 0) * size[i];
        before[i] = g;
    }
    optimizer->buffered = true;
}

/* `prev` is the gradient the step went by, 0 where it stayed. */
static void explain(const struct optimizer *optimizer, int i, struct optimizer_share *share) {
    double g = optimizer->vectors[PREV].values[i], size = optimizer->vectors[STEP_SIZE].values[i];
    share->moves[ROLE_GRADIENT] = g > 0 ? -size : g < 0 ? size : 0;
}

const struct optimizer_class optimizer_rprop = {
    .name = "rprop",
    .title = "Rprop",
    .rule = "s ← η⁺s where g keeps its sign, η⁻s and g ← 0 where it changes,  θ ← θ − s·sign(g)",
    .source = "Riedmiller & Braun 1993, A direct adaptive method for faster backpropagation learning",
    .parameters = parameters,
    .parameter_count = COUNT,
    .vectors = {"prev", "step_size"},
    .vector_count = VECTORS,
    .check = check,
    .rate_once = true,
    .elementwise = true,
    .step = step,
    .terms = {[ROLE_GRADIENT] = "the gradient's sign"},
    .explain = explain,
};
