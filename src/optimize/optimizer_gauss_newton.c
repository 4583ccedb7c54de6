/* Damped Gauss–Newton (Levenberg–Marquardt): Newton's step with JᵀHJ for the Hessian, never negative, found by
 * conjugate gradients from products with it alone. */
#include "base/linalg.h"
#include "optimize/optimizer_class.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum { LR, DAMPING, ADAPT, CG_ITERATIONS, CG_TOLERANCE, COUNT };
enum { SOLUTION, VECTORS };
enum { ADAPTED }; /* the damping after the last update; 0: as given */

static const struct optimizer_parameter parameters[COUNT] = {
    [LR] = PARAMETER_LR(1),
    [DAMPING] = {.name = "damping",
                 .initial = 0.01,
                 .low = 1e-12,
                 .high = 1e12,
                 .slider_low = 1e-6,
                 .slider_high = 100,
                 .logarithmic = true,
                 .help = "λ, at first: the larger, the shorter the step and the more along −g"},
    [ADAPT] = PARAMETER_FLAG("adapt", 1, "change λ by how true the step's promise was, and take no step upwards"),
    [CG_ITERATIONS] = {.name = "cg_iterations",
                       .initial = 50,
                       .low = 1,
                       .high = 10000,
                       .slider_low = 1,
                       .slider_high = 200,
                       .whole = true,
                       .help = "products with JᵀHJ in one update, at most"},
    [CG_TOLERANCE] = {.name = "cg_tolerance",
                      .initial = 1e-6,
                      .low = 0,
                      .high = 1,
                      .slider_low = 1e-12,
                      .slider_high = 0.5,
                      .logarithmic = true,
                      .help = "the step is found when so little of g is left"},
};

static bool suits(const struct objective *objective, struct error *error) {
    if (objective_has_gauss_newton(objective)) return true;
    return error_set(error, ERROR_INPUT,
                     "gauss_newton needs a loss that is made of residuals, which this formula is not; a network, a sum "
                     "of squares such as (x - 1)^2 + (x*y)^2, or saddle_free is right");
}

static size_t scratch(const struct optimizer *optimizer) {
    return 4 * (size_t)optimizer->n;
}

/* p with (G + λI)p = −g, from p = 0 (Hestenes & Stiefel 1952); returns pᵀGp. */
static double solve(struct optimizer *optimizer, const struct optimizer_problem *problem, const double *theta,
                    const double *gradient, double damping, double *p) {
    int n = optimizer->n;
    double *residual = optimizer->scratch, *along = residual + n, *product = along + n, *curved = product + n;
    size_t size = (size_t)n * sizeof *p;
    memset(p, 0, size);
    memset(curved, 0, size); /* Gp, put together from the products */
    for (int i = 0; i < n; i++) residual[i] = along[i] = -gradient[i];
    double left = linalg_dot(n, residual, residual);
    double goal = fmax(optimizer->values[CG_TOLERANCE], DBL_EPSILON) * sqrt(left);
    for (int k = 0; k < (int)optimizer->values[CG_ITERATIONS] && sqrt(left) > goal; k++) {
        evaluator_gauss_newton(problem->evaluator, theta, problem->batch, 1, along, product);
        optimizer->evaluations += 2;
        double damped = linalg_dot(n, along, product) + damping * linalg_dot(n, along, along), share = left / damped;
        if (!(damped > 0)) break; /* too small for its square to be a number above 0 */
        linalg_axpy(n, share, along, p);
        linalg_axpy(n, share, product, curved);
        linalg_axpy(n, -share, product, residual);
        linalg_axpy(n, -share * damping, along, residual);
        double now = linalg_dot(n, residual, residual), keep = now / left;
        for (int i = 0; i < n; i++) along[i] = residual[i] + keep * along[i];
        left = now;
    }
    return linalg_dot(n, p, curved);
}

static void step_on(struct optimizer *optimizer, const struct optimizer_problem *problem, double *theta,
                    const double *gradient, double rate) {
    const double *v = optimizer->values;
    int n = optimizer->n;
    double lr = v[LR] * rate, *p = optimizer_state(optimizer, SOLUTION), *point = optimizer->scratch;
    bool adapt = v[ADAPT] != 0;
    double damping = adapt && optimizer->scalars[ADAPTED] > 0 ? optimizer->scalars[ADAPTED] : v[DAMPING];
    double bend = solve(optimizer, problem, theta, gradient, damping, p), slope = linalg_dot(n, p, gradient);
    for (int i = 0; i < n; i++) point[i] = theta[i] + lr * p[i];
    if (adapt) {
        double promised = lr * slope + lr * lr / 2 * bend;
        double fell = evaluator_loss(problem->evaluator, point, problem->batch) - problem->loss;
        double truth = promised < 0 ? fell / promised : 0;
        optimizer->evaluations++;
        optimizer->scalars[ADAPTED] = fmax(1e-12, truth > 0.75                       ? damping / 3
                                                  : truth < 0.25 || !isfinite(truth) ? damping * 2
                                                                                     : damping);
        if (!(truth > 0)) return;
    }
    memcpy(theta, point, (size_t)n * sizeof *theta);
}

const struct optimizer_class optimizer_gauss_newton = {
    .name = "gauss_newton",
    .title = "Gauss–Newton (damped)",
    .rule = "θ ← θ − η(JᵀHJ + λI)⁻¹g,  J = ∂outputs/∂θ, H = ∂²ℓ/∂outputs²",
    .source =
        "Levenberg 1944, Marquardt 1963; λ as Madsen, Nielsen & Tingleff 2004, Non-linear least squares, eq. 2.20",
    .parameters = parameters,
    .parameter_count = COUNT,
    .vectors = {"solution"},
    .vector_count = VECTORS,
    .scratch = scratch,
    .suits = suits,
    .step_on = step_on,
    .terms = {[ROLE_OTHER] = "Gauss–Newton"},
};
