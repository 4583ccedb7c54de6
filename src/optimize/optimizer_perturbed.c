/* Perturbed gradient descent: where the gradient is nearly 0, a small random push, in case it is a saddle. */
#include "base/linalg.h"
#include "optimize/optimizer_class.h"

#include <math.h>

enum { LR, RADIUS, THRESHOLD, INTERVAL, SEED, COUNT };
enum { LAST_PUSH }; /* 0: none yet */

static const struct optimizer_parameter parameters[COUNT] = {
    [LR] = PARAMETER_LR(0.01),
    [RADIUS] = {.name = "radius",
                .initial = 0.01,
                .low = 0,
                .high = 1e6,
                .slider_low = 1e-6,
                .slider_high = 1,
                .logarithmic = true,
                .help = "r: a push is uniform in a ball so large"},
    [THRESHOLD] = {.name = "threshold",
                   .initial = 1e-3,
                   .low = 0,
                   .high = 1e6,
                   .slider_low = 1e-8,
                   .slider_high = 1,
                   .logarithmic = true,
                   .help = "a gradient no longer than this calls for a push"},
    [INTERVAL] = {.name = "interval",
                  .initial = 50,
                  .low = 0,
                  .high = 1e12,
                  .slider_low = 0,
                  .slider_high = 500,
                  .help = "more updates than this lie between two pushes"},
    [SEED] = {.name = "seed",
              .initial = 0,
              .low = 0,
              .high = 9007199254740992.0,
              .slider_low = 0,
              .slider_high = 100,
              .whole = true,
              .help = "the same seed gives the same pushes"},
};

static void reset(struct optimizer *optimizer) {
    optimizer->random = random_seeded((uint64_t)optimizer->values[SEED], 0);
}

/* Uniform in the ball: a normal direction, and the n-th root of a uniform number as the share of the radius. */
static void push(struct optimizer *optimizer, double *theta) {
    double *along = optimizer_state(optimizer, 0);
    int n = optimizer->n;
    for (int i = 0; i < n; i++) along[i] = random_normal(&optimizer->random);
    double share = pow(random_uniform(&optimizer->random, 0, 1), 1 / (double)n);
    double length = linalg_norm(n, along);
    linalg_scale(n, length > 0 ? optimizer->values[RADIUS] * share / length : 0, along);
    for (int i = 0; i < n; i++) {
        optimizer_note(optimizer, ROLE_NOISE, (size_t)i, along[i]);
        theta[i] += along[i];
    }
}

/* The paper pushes and descends from the pushed point in one update. Its gradient is not known until the next update,
 * so that a push takes an update of its own here; the points are the same. */
static void step(struct optimizer *optimizer, double *theta, const double *gradient, double rate) {
    const double *v = optimizer->values;
    double since = (double)optimizer->steps - optimizer->scalars[LAST_PUSH];
    bool due = optimizer->scalars[LAST_PUSH] == 0 || since > v[INTERVAL];
    if (due && linalg_norm(optimizer->n, gradient) <= v[THRESHOLD]) {
        optimizer->scalars[LAST_PUSH] = (double)optimizer->steps;
        push(optimizer, theta);
        return;
    }
    for (int i = 0; i < optimizer->n; i++) {
        optimizer_note(optimizer, ROLE_GRADIENT, (size_t)i, -v[LR] * rate * gradient[i]);
        theta[i] += -v[LR] * rate * gradient[i];
    }
}

static void formula(const struct optimizer *optimizer, int i, struct text *out) {
    const struct optimizer_insides *insides = optimizer->insides;
    if (optimizer->scalars[LAST_PUSH] == (double)optimizer->steps)
        OPTIMIZER_WRITE(out, "+ #", insides->parts[ROLE_NOISE][i]);
    else
        OPTIMIZER_WRITE(out, "− #·#", optimizer_rate(optimizer), insides->gradient[i]);
}

const struct optimizer_class optimizer_perturbed = {
    .name = "perturbed",
    .title = "Perturbed GD",
    .rule = "θ ← θ + ξ, ξ uniform in a ball of radius r, where ‖g‖ ≤ threshold;  else θ ← θ − ηg",
    .source = "Jin et al. 2017, How to escape saddle points efficiently, algorithm 2",
    .parameters = parameters,
    .parameter_count = COUNT,
    .vectors = {"perturbation"},
    .vector_count = 1,
    .reset = reset,
    .step = step,
    .terms = {[ROLE_GRADIENT] = "gradient", [ROLE_NOISE] = "random push"},
    .formula = formula,
};
