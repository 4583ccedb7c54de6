/* Newton's method and its saddle-free kin: both go along the Hessian's eigenvectors, by the slope along each over its
 * curvature λ, or over |λ|. With λ itself a saddle attracts, being where the slope is 0; with |λ| it repels. The step
 * is not bounded: where a curvature is nearly 0, damping alone holds it back. */
#include "base/linalg.h"
#include "optimize/optimizer_class.h"

#include <math.h>
#include <string.h>

enum { LR, DAMPING, KRYLOV, COUNT };
enum {
    FULL_MOST = 256,  /* parameters up to which all eigenvectors are found, when nothing else is asked for … */
    KRYLOV_USUAL = 30 /* … and how many directions are taken beyond */
};

#define PARAMETERS(damping)                                                                                            \
    {                                                                                                                  \
        [LR] = PARAMETER_LR(1),                                                                                        \
        [DAMPING] = {.name = "damping",                                                                                \
                     .initial = (damping),                                                                             \
                     .low = 0,                                                                                         \
                     .high = 1e6,                                                                                      \
                     .slider_low = 1e-6,                                                                               \
                     .slider_high = 10,                                                                                \
                     .logarithmic = true,                                                                              \
                     .help = "added to every curvature: the larger, the shorter the step"},                            \
        [KRYLOV] = {.name = "krylov",                                                                                  \
                    .initial = 0,                                                                                      \
                    .low = 0,                                                                                          \
                    .high = 1000,                                                                                      \
                    .slider_low = 0,                                                                                   \
                    .slider_high = 100,                                                                                \
                    .whole = true,                                                                                     \
                    .help = "directions g, Hg, H²g, … to find curvatures in; 0: all up to 256 parameters, else 30"},   \
    }

static const struct optimizer_parameter newton_parameters[COUNT] = PARAMETERS(0);
static const struct optimizer_parameter saddle_free_parameters[COUNT] = PARAMETERS(1e-3);

/* How many directions; 0: the whole space by the full Hessian. */
static int directions(const struct optimizer *optimizer) {
    int asked = (int)optimizer->values[KRYLOV], n = optimizer->n;
    if (asked == 0) return n <= FULL_MOST ? 0 : KRYLOV_USUAL;
    return asked < n ? asked : n;
}

static size_t scratch(const struct optimizer *optimizer) {
    size_t n = (size_t)optimizer->n, k = (size_t)directions(optimizer);
    return k == 0 ? 3 * n * n + n : (k + 2) * n + k * k + 4 * k;
}

static double signed_or_not(double curvature, double damping, bool saddle_free) {
    return (saddle_free ? fabs(curvature) : curvature) + damping;
}

/* One direction's share of the step: theta −= along · unit. No slope, no move, however flat. */
static void go(struct optimizer *optimizer, double *theta, const double *unit, double slope, double lr, double divisor,
               bool up) {
    if (slope == 0) return;
    double along = lr * (slope / divisor);
    for (int i = 0; i < optimizer->n; i++) {
        theta[i] -= along * unit[i];
        optimizer_note(optimizer, up ? ROLE_GRADIENT : ROLE_OTHER, (size_t)i, -along * unit[i]);
    }
}

/* What cannot be decomposed is not finite, and the run that gets this says so. */
static void give_up(const struct optimizer *optimizer, double *theta) {
    for (int i = 0; i < optimizer->n; i++) theta[i] = NAN;
}

static void step_full(struct optimizer *optimizer, const struct optimizer_problem *problem, double *theta,
                      const double *gradient, double lr, bool saddle_free) {
    int n = optimizer->n;
    size_t square = (size_t)n * (size_t)n;
    double *unit = optimizer->scratch, *hessian = unit + square, *vectors = hessian + square,
           *curvatures = vectors + square;
    memset(unit, 0, square * sizeof *unit);
    for (int i = 0; i < n; i++) unit[(size_t)i * (size_t)n + (size_t)i] = 1;
    evaluator_hvp(problem->evaluator, theta, problem->batch, n, unit, hessian);
    optimizer->evaluations += 2 * (int64_t)n;
    if (!linalg_eigen_symmetric(n, hessian, curvatures, vectors, NULL)) {
        give_up(optimizer, theta);
        return;
    }
    for (int k = 0; k < n; k++) {
        const double *along = vectors + (size_t)k * (size_t)n;
        go(optimizer, theta, along, linalg_dot(n, along, gradient), lr,
           signed_or_not(curvatures[k], optimizer->values[DAMPING], saddle_free), curvatures[k] >= 0);
    }
}

/* The same within the span of g, Hg, H²g, …, in which g lies: Lanczos with every vector made orthogonal to all before.
 */
static void step_krylov(struct optimizer *optimizer, const struct optimizer_problem *problem, double *theta,
                        const double *gradient, double lr, bool saddle_free) {
    int n = optimizer->n, most = directions(optimizer), found = 0;
    size_t width = (size_t)n;
    double *basis = optimizer->scratch, *product = basis + (size_t)most * width, *unit = product + width;
    double *vectors = unit + width, *diagonal = vectors + (size_t)most * (size_t)most, *off = diagonal + most,
           *curvatures = off + most;
    double length = linalg_norm(n, gradient), left = length;
    if (length == 0) return;
    memcpy(product, gradient, width * sizeof *product);
    while (found < most) {
        double *newest = basis + (size_t)found * width;
        for (int i = 0; i < n; i++) newest[i] = product[i] / left;
        evaluator_hvp(problem->evaluator, theta, problem->batch, 1, newest, product);
        optimizer->evaluations += 2;
        diagonal[found] = linalg_dot(n, newest, product);
        double size = linalg_norm(n, product);
        found++;
        for (int pass = 0; pass < 2; pass++)
            for (int k = 0; k < found; k++)
                linalg_axpy(n, -linalg_dot(n, basis + (size_t)k * width, product), basis + (size_t)k * width, product);
        left = linalg_norm(n, product);
        if (!(left > 1e-12 * size)) break; /* the span is closed: nothing is left outside */
        if (found < most) off[found - 1] = left;
    }
    if (!isfinite(left) || !linalg_eigen_tridiagonal(found, diagonal, off, curvatures, vectors, NULL)) {
        give_up(optimizer, theta);
        return;
    }
    for (int k = 0; k < found; k++) {
        const double *weights = vectors + (size_t)k * (size_t)found;
        linalg_gemv(true, found, n, 1, basis, n, weights, 0, unit);
        go(optimizer, theta, unit, weights[0] * length, lr,
           signed_or_not(curvatures[k], optimizer->values[DAMPING], saddle_free), curvatures[k] >= 0);
    }
}

static void step_either(struct optimizer *optimizer, const struct optimizer_problem *problem, double *theta,
                        const double *gradient, double rate, bool saddle_free) {
    double lr = optimizer->values[LR] * rate;
    if (directions(optimizer) == 0)
        step_full(optimizer, problem, theta, gradient, lr, saddle_free);
    else
        step_krylov(optimizer, problem, theta, gradient, lr, saddle_free);
}

static void newton_step(struct optimizer *optimizer, const struct optimizer_problem *problem, double *theta,
                        const double *gradient, double rate) {
    step_either(optimizer, problem, theta, gradient, rate, false);
}

static void saddle_free_step(struct optimizer *optimizer, const struct optimizer_problem *problem, double *theta,
                             const double *gradient, double rate) {
    step_either(optimizer, problem, theta, gradient, rate, true);
}

const struct optimizer_class optimizer_newton = {
    .name = "newton",
    .title = "Newton",
    .rule = "θ ← θ − η(H + λI)⁻¹g",
    .source = "Nocedal & Wright 2006, Numerical optimization, eq. 3.6, with λ ≥ 0 of one's choosing",
    .parameters = newton_parameters,
    .parameter_count = COUNT,
    .scratch = scratch,
    .step_on = newton_step,
    .terms = {[ROLE_GRADIENT] = "where it curves up", [ROLE_OTHER] = "where it curves down"},
};

const struct optimizer_class optimizer_saddle_free = {
    .name = "saddle_free",
    .title = "Saddle-free Newton",
    .rule = "θ ← θ − η(|H| + λI)⁻¹g,  |H| = H with its eigenvalues made positive",
    .source = "Dauphin et al. 2014, Identifying and attacking the saddle point problem, eq. 14 and algorithm 1",
    .parameters = saddle_free_parameters,
    .parameter_count = COUNT,
    .scratch = scratch,
    .step_on = saddle_free_step,
    .terms = {[ROLE_GRADIENT] = "where it curves up", [ROLE_OTHER] = "where it curves down"},
};
