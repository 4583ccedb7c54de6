#include "analyze/analyze.h"

#include "base/linalg.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/threads.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const point_kind_names[] = {"minimum", "maximum", "saddle", "degenerate", "not critical"};

enum { RESIDUAL_BLOCK = 32, PRODUCT_BLOCK = 32 }; /* vectors multiplied at once: bounds the memory at 32 n */
enum { AT_ONCE = 256 };                           /* the largest n whose Hessian takes no time worth watching */
/* For telling how much of the work is what: seconds that LAPACK takes for n³ = 1, and products in units of gradients.
 */
static const double SOLVING_SECONDS = 4e-10, PRODUCT_COST = 2.5;

void eigen_report_destroy(struct eigen_report **report) {
    if (!report || !*report) return;
    free((*report)->at);
    free((*report)->eigenvalues);
    free((*report)->eigenvectors);
    free((*report)->residuals);
    free(*report);
    *report = NULL;
}

static bool all_finite(size_t count, const double *x, size_t *where) {
    for (size_t i = 0; i < count; i++)
        if (!isfinite(x[i])) {
            *where = i;
            return false;
        }
    return true;
}

static bool measure_residuals(struct evaluator *evaluator, struct eigen_report *report, struct job *part,
                              struct error *error) {
    size_t n = (size_t)report->n;
    bool going = true;
    double *products = MEM_NEW(double, RESIDUAL_BLOCK *n);
    for (int first = 0; going && first < report->n; first += RESIDUAL_BLOCK) {
        int count = report->n - first < RESIDUAL_BLOCK ? report->n - first : RESIDUAL_BLOCK;
        const double *vectors = report->eigenvectors + (size_t)first * n;
        evaluator_hvp(evaluator, report->at, NULL, count, vectors, products);
        for (int k = 0; k < count; k++) {
            double *product = products + (size_t)k * n;
            linalg_axpy(report->n, -report->eigenvalues[first + k], vectors + (size_t)k * n, product);
            report->residuals[first + k] = linalg_norm(report->n, product);
        }
        job_note(part, (double)(first + count) / report->n);
        going = job_going(part, error);
    }
    free(products);
    return going;
}

static void classify(struct eigen_report *report) {
    double largest = fmax(fabs(report->eigenvalues[0]), fabs(report->eigenvalues[report->n - 1]));
    report->tolerance = HESSIAN_DEGENERATE * fmax(1, largest);
    for (int i = 0; i < report->n; i++) {
        report->index += report->eigenvalues[i] < -report->tolerance;
        report->degenerate += fabs(report->eigenvalues[i]) <= report->tolerance;
    }
    if (!(report->gradient_norm <= HESSIAN_CRITICAL * fmax(1, largest)))
        report->kind = POINT_NOT_CRITICAL;
    else if (report->degenerate > 0)
        report->kind = POINT_DEGENERATE;
    else if (report->index == 0)
        report->kind = POINT_MINIMUM;
    else
        report->kind = report->index == report->n ? POINT_MAXIMUM : POINT_SADDLE;
}

/* The Hessian at report->at, by blocks of products so that it can be watched and stopped. False: cancelled. */
static bool fill(struct evaluator *evaluator, const struct eigen_report *report, double *hessian, struct job *part,
                 struct error *error) {
    size_t n = (size_t)report->n;
    if (report->n <= AT_ONCE) {
        evaluator_hessian(evaluator, report->at, NULL, hessian);
        return job_going(part, error);
    }
    double *units = MEM_NEW(double, PRODUCT_BLOCK *n);
    bool going = true;
    for (size_t first = 0; going && first < n; first += PRODUCT_BLOCK) {
        size_t count = n - first < PRODUCT_BLOCK ? n - first : PRODUCT_BLOCK;
        memset(units, 0, PRODUCT_BLOCK * n * sizeof *units);
        for (size_t k = 0; k < count; k++) units[k * n + first + k] = 1;
        evaluator_hvp(evaluator, report->at, NULL, (int)count, units, hessian + first * n);
        job_note(part, (double)(first + count) / (double)n);
        going = job_going(part, error);
    }
    free(units);
    return going;
}

static bool watch(void *context, double done) {
    job_note(context, done);
    return job_going(context, NULL);
}

static bool check_finite(const struct eigen_report *report, const double *gradient, const double *hessian,
                         struct error *error) {
    size_t n = (size_t)report->n, where;
    if (!isfinite(report->loss))
        return error_set(error, ERROR_INPUT, "the loss is not finite at this point; choose one where it is");
    if (!all_finite(n, gradient, &where))
        return error_set(error, ERROR_INPUT, "the gradient does not exist at this point (entry %zu is not finite)",
                         where + 1);
    if (!all_finite(n * n, hessian, &where))
        return error_set(error, ERROR_INPUT,
                         "the Hessian does not exist at this point (row %zu, column %zu is not finite)", where / n + 1,
                         where % n + 1);
    return true;
}

struct eigen_report *hessian_report(const struct objective *objective, const double *theta, struct job *job,
                                    struct error *error) {
    int n = objective_dimension(objective);
    size_t size = (size_t)n, where;
    if (n > HESSIAN_MAX) {
        error_set(error, ERROR_INPUT, "all eigenpairs of %d parameters are too many; at most %d would be right", n,
                  HESSIAN_MAX);
        return NULL;
    }
    if (!all_finite(size, theta, &where)) {
        error_set(error, ERROR_INPUT, "coordinate %zu of the point is not finite; give finite numbers", where + 1);
        return NULL;
    }
    struct eigen_report *report = MEM_NEW(struct eigen_report, 1);
    report->n = n;
    report->at = MEM_NEW(double, size);
    report->eigenvalues = MEM_NEW(double, size);
    report->eigenvectors = MEM_NEW(double, size *size);
    report->residuals = MEM_NEW(double, size);
    memcpy(report->at, theta, size * sizeof *theta);

    double *gradient = MEM_NEW(double, size), *hessian = MEM_NEW(double, size *size);
    struct evaluator *evaluator = evaluator_create(objective_exact(objective));
    double began = clock_seconds();
    report->loss = evaluator_gradient(evaluator, theta, NULL, gradient);
    double products = PRODUCT_COST * n * (clock_seconds() - began), solving = SOLVING_SECONDS * n * n * n;
    double share = products / (2 * products + solving); /* of the Hessian, and again of the residuals */
    struct job *part = job ? job_create_part(job, share) : NULL;
    bool ok = fill(evaluator, report, hessian, part, error) && check_finite(report, gradient, hessian, error);
    job_destroy(&part);
    if (ok) report->gradient_norm = linalg_norm(n, gradient);
    part = job ? job_create_part(job, 1 - 2 * share) : NULL;
    const struct linalg_watch watching = {.going = watch, .context = part};
    ok = ok && linalg_eigen_symmetric_watched(n, hessian, report->eigenvalues, report->eigenvectors,
                                              part ? &watching : NULL, error);
    job_destroy(&part);
    part = job ? job_create_part(job, share) : NULL;
    if (ok) {
        classify(report);
        ok = measure_residuals(evaluator, report, part, error);
    }
    job_destroy(&part);
    evaluator_destroy(&evaluator);
    free(gradient);
    free(hessian);
    if (!ok) eigen_report_destroy(&report);
    return report;
}

struct eigen_report *hessian_analyze(const struct objective *objective, const double *theta, struct error *error) {
    return hessian_report(objective, theta, NULL, error);
}

const char *eigen_report_verdict(const struct eigen_report *report, char *out, size_t size) {
    char number[NUMBER_TEXT];
    int n = report->n, up = n - report->index - report->degenerate;
    switch (report->kind) {
    case POINT_MINIMUM: snprintf(out, size, "minimum: the loss rises in all %d directions", n); break;
    case POINT_MAXIMUM: snprintf(out, size, "maximum: the loss falls in all %d directions", n); break;
    case POINT_SADDLE:
        snprintf(out, size, "saddle point, index %d: %d of %d directions lead%s down", report->index, report->index, n,
                 report->index == 1 ? "s" : "");
        break;
    case POINT_DEGENERATE:
        snprintf(
            out, size,
            "degenerate: %d of %d eigenvalues %s zero within ±%s, so the Hessian alone cannot tell; %d down, %d up",
            report->degenerate, n, report->degenerate == 1 ? "is" : "are", number_text(report->tolerance, 0, number),
            report->index, up);
        break;
    case POINT_NOT_CRITICAL:
        snprintf(out, size, "not a critical point: the gradient's norm is %s; curvature: %d down, %d flat, %d up",
                 number_text(report->gradient_norm, 0, number), report->index, report->degenerate, up);
        break;
    }
    return out;
}
