#include "analyze/analyze.h"

#include "base/linalg.h"
#include "base/memory.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Below so many parameters, or where more than a quarter of all eigenpairs is wanted, all of them are cheaper. */
enum { DENSE_MAX = 256, DENSE_SHARE = 4, RESIDUAL_BLOCK = 16 };
static const double RITZ_TOLERANCE = 1e-9; /* of ‖H‖: well inside the 1e-6 that is promised */

void eigen_ends_destroy(struct eigen_ends **ends) {
    if (!ends || !*ends) return;
    free((*ends)->at);
    free((*ends)->eigenvalues);
    free((*ends)->eigenvectors);
    free((*ends)->residuals);
    free(*ends);
    *ends = NULL;
}

static bool finite_all(int n, const double *x) {
    for (int i = 0; i < n; i++)
        if (!isfinite(x[i])) return false;
    return true;
}

/* ---- the products ARPACK asks for --------------------------------------------------------------------------------- */

struct source {
    struct evaluator *evaluator;
    const double *theta;
    int n;
    int64_t products, expected;
    struct job *job;
    struct error *error;
};

static bool multiply(void *context, const double *x, double *y) {
    struct source *source = context;
    if (!job_going(source->job, source->error)) return false;
    evaluator_hvp(source->evaluator, source->theta, NULL, 1, x, y);
    source->products++;
    /* How many it takes is not known before: the share creeps up on 1. */
    job_note(source->job, 1 - exp(-(double)source->products / (double)source->expected));
    return isfinite(linalg_norm(source->n, y)) ||
           error_set(source->error, ERROR_INPUT, "the Hessian does not exist at this point; choose one where it does");
}

static bool stopped(void *context) {
    struct source *source = context;
    return !job_going(source->job, source->error);
}

/* ---- the report --------------------------------------------------------------------------------------------------- */

/* λ = vᵀHv and ‖Hv − λv‖ from fresh products. */
static bool measure(struct source *source, struct eigen_ends *ends) {
    size_t n = (size_t)ends->n;
    int total = ends->low + ends->high;
    double *products = MEM_NEW(double, RESIDUAL_BLOCK *n);
    bool ok = true;
    for (int first = 0; ok && first < total; first += RESIDUAL_BLOCK) {
        int count = total - first < RESIDUAL_BLOCK ? total - first : RESIDUAL_BLOCK;
        ok = job_going(source->job, source->error);
        const double *vectors = ends->eigenvectors + (size_t)first * n;
        if (ok) evaluator_hvp(source->evaluator, ends->at, NULL, count, vectors, products);
        source->products += ok ? count : 0;
        for (int k = 0; ok && k < count; k++) {
            double *product = products + (size_t)k * n;
            ends->eigenvalues[first + k] = linalg_dot(ends->n, vectors + (size_t)k * n, product);
            linalg_axpy(ends->n, -ends->eigenvalues[first + k], vectors + (size_t)k * n, product);
            ends->residuals[first + k] = linalg_norm(ends->n, product);
        }
    }
    free(products);
    return ok;
}

static void classify(struct eigen_ends *ends) {
    int total = ends->low + ends->high;
    double least = ends->eigenvalues[0], most = ends->eigenvalues[total - 1], largest = fmax(fabs(least), fabs(most));
    ends->tolerance = HESSIAN_DEGENERATE * fmax(1, largest);
    for (int i = 0; i < total; i++) {
        ends->index += ends->eigenvalues[i] < -ends->tolerance;
        ends->degenerate += fabs(ends->eigenvalues[i]) <= ends->tolerance;
    }
    /* What lies between the ends is at least the low end's last. */
    ends->index_exact = total == ends->n || ends->eigenvalues[ends->low - 1] >= -ends->tolerance;
    if (!(ends->gradient_norm <= HESSIAN_CRITICAL * fmax(1, largest)))
        ends->kind = POINT_NOT_CRITICAL;
    else if (ends->degenerate > 0)
        ends->kind = POINT_DEGENERATE;
    else if (least > 0)
        ends->kind = POINT_MINIMUM;
    else
        ends->kind = most < 0 ? POINT_MAXIMUM : POINT_SADDLE;
}

static bool from_all(const struct objective *objective, struct eigen_ends *ends, struct error *error) {
    struct eigen_report *report = hessian_analyze(objective, ends->at, error);
    if (!report) return false;
    int n = ends->n, total = ends->low + ends->high;
    for (int k = 0; k < total; k++) {
        int from = k < ends->low ? k : n - total + k;
        ends->eigenvalues[k] = report->eigenvalues[from];
        ends->residuals[k] = report->residuals[from];
        memcpy(ends->eigenvectors + (size_t)k * (size_t)n, report->eigenvectors + (size_t)from * (size_t)n,
               (size_t)n * sizeof(double));
    }
    ends->products = n + n;
    eigen_report_destroy(&report);
    return true;
}

static bool from_products(struct source *source, struct eigen_ends *ends) {
    const struct linalg_operator operator= {.apply = multiply, .stopped = stopped, .context = source};
    return linalg_eigen_extreme(ends->n, LINALG_BOTH_ENDS, ends->low + ends->high, &operator, RITZ_TOLERANCE, 1,
                                ends->eigenvalues, ends->eigenvectors, source->error) &&
           measure(source, ends);
}

struct eigen_ends *hessian_ends(const struct objective *objective, const double *theta, int count, struct job *job,
                                struct error *error) {
    assert(count >= 1);
    int n = objective_dimension(objective);
    struct error own = {0};
    if (!finite_all(n, theta)) {
        error_set(error, ERROR_INPUT, "a coordinate of the point is not finite; give finite numbers");
        return NULL;
    }
    bool dense = n <= DENSE_MAX || (2 * (int64_t)count > n / DENSE_SHARE && n <= HESSIAN_MAX);
    if (count > n / 2) count = n / 2;
    struct eigen_ends *ends = MEM_NEW(struct eigen_ends, 1);
    ends->n = n;
    ends->low = ends->high = count;
    if (n < 2) ends->low = 1;
    ends->at = MEM_NEW(double, n);
    ends->eigenvalues = MEM_NEW(double, 2 * count + 1);
    ends->eigenvectors = MEM_NEW(double, (2 * (size_t)count + 1) * (size_t)n);
    ends->residuals = MEM_NEW(double, 2 * count + 1);
    memcpy(ends->at, theta, (size_t)n * sizeof *theta);
    double *gradient = MEM_NEW(double, n);
    struct source source = {.evaluator = evaluator_create(objective_exact(objective)),
                            .theta = ends->at,
                            .n = n,
                            .expected = 60 + 8 * (int64_t)count,
                            .job = job,
                            .error = &own};
    ends->loss = evaluator_gradient(source.evaluator, theta, NULL, gradient);
    ends->gradient_norm = linalg_norm(n, gradient);
    bool ok = true;
    if (!isfinite(ends->loss))
        ok = error_set(&own, ERROR_INPUT, "the loss is not finite at this point; choose one where it is");
    else if (!finite_all(n, gradient))
        ok = error_set(&own, ERROR_INPUT, "the gradient is not finite at this point; choose one where it is");
    ok = ok && job_going(job, &own);
    if (ok && dense) ok = from_all(objective, ends, &own);
    else if (ok) ok = from_products(&source, ends);
    if (ok && !dense) ends->products = source.products;
    if (ok) classify(ends);
    else error_set(error, own.kind, "%s", own.message);
    evaluator_destroy(&source.evaluator);
    free(gradient);
    if (!ok) eigen_ends_destroy(&ends);
    return ends;
}
